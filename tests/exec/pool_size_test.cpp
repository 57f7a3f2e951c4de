// How many I/O threads are found for workloads that are simulated: no clock, no threads.
#include "exec/pool_size.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

namespace fanfold {
namespace {

/// What a task is like when so many run at the same time.
struct Load {
  std::function<double(double size)> task_seconds;
  double cpu_share = 0.001;
  std::function<double(double size)> failed_share = [](double) { return 0.0; };
};

constexpr PoolSize::Limits two_cpus{2, 1024};

/// One period of it: each thread ends some tasks.
PoolSize::Period period_of(const Load& load, std::uint32_t size, double noise = 1) {
  const double each = load.task_seconds(size) * noise;
  PoolSize::Period period;
  period.tasks = std::max<std::uint64_t>({size, 4, static_cast<std::uint64_t>(0.04 * size / each)});
  const auto tasks = static_cast<double>(period.tasks);
  period.seconds = tasks * each / size;
  period.task_seconds = tasks * each;
  period.failed = static_cast<std::uint64_t>(tasks * load.failed_share(size));
  period.cpu_seconds = load.cpu_share * period.task_seconds;
  return period;
}

double rate_of(const Load& load, std::uint32_t size) {
  return size / load.task_seconds(size) * (1 - load.failed_share(size));
}

/// The tasks of some seconds, as a share of those that the best fixed size does in that time.
double share_of_best(PoolSize& pool, const Load& load, double seconds, double noise = 0) {
  std::mt19937 random(7);
  std::lognormal_distribution<double> factor(0, noise);
  double time = 0;
  double tasks = 0;
  while (time < seconds) {
    const std::uint32_t size = pool.size();
    const PoolSize::Period period = period_of(load, size, factor(random));
    time += period.tasks / rate_of(load, size);
    tasks += static_cast<double>(period.tasks) * (1 - load.failed_share(size));
    pool.on_period(period);
  }
  double best = 0;
  for (std::uint32_t size = 1; size <= two_cpus.most; ++size) best = std::max(best, rate_of(load, size));
  return tasks / time / best;
}

const Load sleeps{[](double) { return 0.2; }};
const Load short_sleeps{[](double) { return 0.002; }};
/// A server that answers 100 requests a second, each after 0.1 s at the earliest.
const Load limited_server{[](double size) { return std::max(0.1, size / 100); }};
const Load computing{[](double size) { return 0.1 * std::max(1.0, size / 2); }, 1.0};
/// A disk that serves four at a time, and the slower the more wait.
const Load disk{
    [](double size) { return 0.01 * std::max(1.0, size / 4) * (1 + 0.01 * std::max(0.0, size - 4)); }, 0.1};

TEST(PoolSize, ReachesAsManyThreadsAsItMayHaveInAFewPeriodsIfTasksOnlyWait) {
  PoolSize pool(two_cpus);
  EXPECT_EQ(pool.size(), 2U);
  int periods = 0;
  for (; pool.size() < 1024; ++periods) {
    ASSERT_LT(periods, 3);
    pool.on_period(period_of(sleeps, pool.size()));
  }
  for (; periods < 100; ++periods) pool.on_period(period_of(sleeps, pool.size()));
  EXPECT_EQ(pool.size(), 1024U);
}

TEST(PoolSize, IsWithinATenthOfTheBestFixedSize) {
  for (const Load* load : {&sleeps, &short_sleeps, &limited_server, &computing, &disk}) {
    PoolSize pool(two_cpus);
    EXPECT_GT(share_of_best(pool, *load, 30), 0.9);
    EXPECT_GT(share_of_best(pool, *load, 30), 0.95) << "once it is found";
  }
}

TEST(PoolSize, IsNearTheBestFixedSizeIfTimesVary) {
  for (const Load* load : {&sleeps, &short_sleeps, &limited_server, &computing, &disk}) {
    PoolSize pool(two_cpus);
    EXPECT_GT(share_of_best(pool, *load, 60, 0.1), 0.8);
  }
}

TEST(PoolSize, NeverComputesMoreThanThereAreCpusFor) {
  PoolSize pool(two_cpus);
  for (int period = 0; period < 1000; ++period) {
    ASSERT_EQ(pool.size(), 2U);
    pool.on_period(period_of(computing, pool.size()));
  }
  // Half of the time they wait: four keep two CPUs busy.
  Load half = computing;
  half.task_seconds = [](double size) { return 0.1 * std::max(1.0, size / 4); };
  half.cpu_share = 0.5;
  PoolSize other(two_cpus);
  for (int period = 0; period < 1000; ++period) {
    ASSERT_LE(other.size(), 4U);
    other.on_period(period_of(half, other.size()));
  }
  EXPECT_EQ(other.size(), 4U);
}

TEST(PoolSize, GoesBackWhenMoreTasksFail) {
  Load load = sleeps;
  load.failed_share = [](double size) { return size > 40 ? 0.5 : 0.0; };
  PoolSize pool(two_cpus);
  int above = 0;
  for (int period = 0; period < 200; ++period) {
    above += pool.size() > 40 ? 1 : 0;
    pool.on_period(period_of(load, pool.size()));
  }
  EXPECT_LE(above, 20);
  EXPECT_GE(pool.size(), 16U);
}

TEST(PoolSize, LetsTasksThatFailAnywayRunTogether) {
  Load load = sleeps;
  load.failed_share = [](double) { return 0.5; };
  PoolSize pool(two_cpus);
  for (int period = 0; period < 20; ++period) pool.on_period(period_of(load, pool.size()));
  EXPECT_EQ(pool.size(), 1024U);
}

TEST(PoolSize, DoesNotGrowWhileMemoryIsShort) {
  PoolSize pool(two_cpus);
  for (int period = 0; period < 3; ++period) pool.on_period(period_of(sleeps, pool.size()));
  const std::uint32_t size = pool.size();
  EXPECT_GT(size, 2U);
  for (int period = 0; period < 100; ++period) {
    PoolSize::Period now = period_of(sleeps, pool.size());
    now.memory_is_short = true;
    pool.on_period(now);
    ASSERT_LE(pool.size(), size);
  }
}

TEST(PoolSize, FindsAnotherSizeWhenTheTasksAreOthers) {
  PoolSize pool(two_cpus);
  share_of_best(pool, limited_server, 30);
  EXPECT_LE(pool.size(), 64U);
  share_of_best(pool, sleeps, 60);
  EXPECT_GE(pool.size(), 256U);
  for (int period = 0; period < 1000; ++period) pool.on_period(period_of(disk, pool.size()));
  EXPECT_LE(pool.size(), 16U);
}

}  // namespace
}  // namespace fanfold
