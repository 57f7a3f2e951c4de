// How many tasks fit beside one another.
#include "exec/demand.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "exec_job.hpp"

namespace fanfold {
namespace {

DemandKeys keys_of(const Job& job) { return DemandKeys(*job.source); }

std::uint32_t tasks_at_once(const std::string& keys, const Capacity& capacity) {
  const auto job = test::job_of("params.i = { count = 4 }\ntask.command = ['true']\n" + keys);
  return keys_of(*job).tasks_at_once(capacity);
}

TEST(Demand, LeavesAsManyTasksAsTheScarcestResourceAllows) {
  const Capacity capacity{8, 1000 << 20, {"0", "1", "2"}};
  EXPECT_EQ(tasks_at_once("", capacity), 8U);
  EXPECT_EQ(tasks_at_once("task.cores = 3", capacity), 2U);
  EXPECT_EQ(tasks_at_once("task.cores = 9", capacity), 1U);
  EXPECT_EQ(tasks_at_once("task.memory = '300MiB'", capacity), 3U);
  EXPECT_EQ(tasks_at_once("task.gpus = 2", capacity), 1U);
  EXPECT_EQ(tasks_at_once("task.gpus = 0", capacity), 8U);
  EXPECT_EQ(tasks_at_once("task.cores = 2\ntask.memory = '300MiB'\ntask.gpus = 1", capacity), 3U);
  EXPECT_EQ(tasks_at_once("task.cores = 'i + 1'", capacity), 8U) << "it depends on the task";
}

TEST(Demand, IsThatOfEachTask) {
  const auto job = test::job_of(
      "params.i = { count = 4 }\ntask.command = ['true']\ntask.nice = 1\ntask.cores = 'i'\ntask.memory = "
      "'1MiB'");
  const DemandKeys keys = keys_of(*job);
  // The numbers are in the order of the source's keys: cores, memory, nice.
  const std::vector<double> numbers{3, 1 << 20, 1};
  const Demand demand = keys.of(numbers, {8, 1 << 30, {}});
  EXPECT_EQ(demand.cores, 3U);
  EXPECT_EQ(demand.memory, 1U << 20);
  EXPECT_EQ(demand.gpus, 0U);
}

TEST(Demand, IsAWholeNumber) {
  const auto job = test::job_of("params.i = { count = 4 }\ntask.command = ['true']\ntask.cores = 'i / 4'");
  const std::vector<double> numbers{0.25};
  EXPECT_THROW(keys_of(*job).of(numbers, {8, 0, {}}), std::runtime_error);
}

}  // namespace
}  // namespace fanfold
