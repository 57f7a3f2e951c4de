// Exact sums beside an inexact sum in eight lanes, and batches added to reductions. One item is one number,
// or one task.
#include <benchmark/benchmark.h>

#include <cmath>
#include <random>

#include "core/exact_sum.hpp"
#include "expr/program.hpp"
#include "reduce/reduction.hpp"

namespace fanfold {
namespace {

enum Kind { ordinary, wild };

std::vector<double> numbers(Kind kind, std::int64_t count) {
  std::mt19937_64 random(1);
  std::vector<double> values(static_cast<std::size_t>(count));
  for (double& value : values) {
    value = std::generate_canonical<double, 53>(random);
    if (kind == wild) value = std::ldexp(value, static_cast<int>(random() % 1200) - 600);
  }
  return values;
}

void count_items(benchmark::State& state) { state.SetItemsProcessed(state.iterations() * state.range(0)); }

void inexact_sum(benchmark::State& state) {
  const std::vector<double> values = numbers(ordinary, state.range(0));
  for (auto _ : state) {
    double lanes[8] = {};
    for (std::size_t i = 0; i + 8 <= values.size(); i += 8) {
      for (std::size_t lane = 0; lane < 8; ++lane) lanes[lane] += values[i + lane];
    }
    benchmark::DoNotOptimize(lanes);
  }
  count_items(state);
}

void exact_sum(benchmark::State& state, Kind kind) {
  const std::vector<double> values = numbers(kind, state.range(0));
  for (auto _ : state) {
    ExactSum sum;
    sum.add(std::span<const double>(values));
    benchmark::DoNotOptimize(sum);
  }
  count_items(state);
}

void exact_sum_of_squares(benchmark::State& state) {
  const std::vector<double> values = numbers(ordinary, state.range(0));
  for (auto _ : state) {
    ExactSum sum;
    sum.add_squares(values);
    benchmark::DoNotOptimize(sum);
  }
  count_items(state);
}

void exact_sum_one_by_one(benchmark::State& state) {
  const std::vector<double> values = numbers(ordinary, state.range(0));
  for (auto _ : state) {
    ExactSum sum;
    for (const double value : values) sum.add(value);
    benchmark::DoNotOptimize(sum);
  }
  count_items(state);
}

void merge_and_round(benchmark::State& state) {
  ExactSum one;
  one.add(std::span<const double>(numbers(ordinary, 1000)));
  ExactSum sum;
  for (auto _ : state) {
    sum.merge(one);
    benchmark::DoNotOptimize(sum.rounded());
  }
}

/// A batch of 4,096 tasks with a real x, an integer n, a key that changes slowly and one that changes at
/// random.
class Tasks {
 public:
  static constexpr std::size_t count = 4096;
  explicit Tasks(const char* entry) : x_(numbers(ordinary, count)) {
    expr::Scope scope;
    for (const char* name : {"x"}) scope.add_column(name, Type::real);
    for (const char* name : {"n", "slow", "fast"}) scope.add_column(name, Type::integer);
    plan_.add("entry", entry, scope, 0);
    std::mt19937_64 random(1);
    for (std::size_t i = 0; i < count; ++i) {
      n_.push_back(static_cast<std::int64_t>(i));
      slow_.push_back(static_cast<std::int64_t>(i / 500));
      fast_.push_back(static_cast<std::int64_t>(random() % 1000));
      tasks_.emplace_back(i);
    }
    columns_ = {ConstColumn(std::span<const double>(x_)), ConstColumn(std::span<const std::int64_t>(n_)),
                ConstColumn(std::span<const std::int64_t>(slow_)),
                ConstColumn(std::span<const std::int64_t>(fast_))};
  }
  const reduce::Plan& plan() const { return plan_; }
  reduce::FinishedBatch batch() const { return {columns_, tasks_, {}}; }

 private:
  std::vector<double> x_;
  std::vector<std::int64_t> n_;
  std::vector<std::int64_t> slow_;
  std::vector<std::int64_t> fast_;
  std::vector<TaskIndex> tasks_;
  std::vector<ConstColumn> columns_;
  reduce::Plan plan_;
};

void reduce_batch(benchmark::State& state, const char* entry) {
  const Tasks tasks(entry);
  reduce::Partial partial(tasks.plan());
  RowFailures failures;
  expr::Scratch scratch;
  for (auto _ : state) {
    failures.reset(Tasks::count);
    partial.add(tasks.batch(), failures, scratch);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(Tasks::count));
}

void merge_encoded(benchmark::State& state, const char* entry) {
  const Tasks tasks(entry);
  reduce::Partial partial(tasks.plan());
  RowFailures failures;
  failures.reset(Tasks::count);
  expr::Scratch scratch;
  partial.add(tasks.batch(), failures, scratch);
  ByteWriter out;
  partial.encode(out);
  for (auto _ : state) {
    ByteReader in(out.bytes());
    partial.merge_encoded(in);
  }
}

BENCHMARK(inexact_sum)->Arg(64)->Arg(4096)->Arg(8'000'000)->Arg(1 << 27);
BENCHMARK_CAPTURE(exact_sum, ordinary, ordinary)->Arg(64)->Arg(256)->Arg(4096)->Arg(8'000'000)->Arg(1 << 27);
BENCHMARK_CAPTURE(exact_sum, wild, wild)->Arg(4096)->Arg(8'000'000);
BENCHMARK(exact_sum_of_squares)->Arg(4096)->Arg(8'000'000);
BENCHMARK(exact_sum_one_by_one)->Arg(4096);
BENCHMARK(merge_and_round);
BENCHMARK_CAPTURE(reduce_batch, sum_of_reals, "sum(x)");
BENCHMARK_CAPTURE(reduce_batch, sum_of_integers, "sum(n)");
BENCHMARK_CAPTURE(reduce_batch, variance_of_reals, "var(x)");
BENCHMARK_CAPTURE(reduce_batch, variance_of_integers, "var(n)");
BENCHMARK_CAPTURE(reduce_batch, argmin_of_reals, "argmin(x)");
BENCHMARK_CAPTURE(reduce_batch, sum_by_a_slow_axis, "sum(x) by slow");
BENCHMARK_CAPTURE(reduce_batch, sum_by_1000_random_keys, "sum(x) by fast");
BENCHMARK_CAPTURE(merge_encoded, one_sum, "sum(x)");
BENCHMARK_CAPTURE(merge_encoded, thousand_sums, "sum(x) by fast");

}  // namespace
}  // namespace fanfold
