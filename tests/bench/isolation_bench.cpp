// What it costs to run a kernel in a process of its own: the time of a batch, which the same batch inside of
// this process is to be taken from.
//
//     build/release/bench/bench_isolation --benchmark_repetitions=5 --benchmark_report_aggregates_only
#include <benchmark/benchmark.h>

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "exec/isolated_kernel.hpp"
#include "kernel/registry.hpp"
#include "kernel/run_kernel.hpp"

namespace fanfold {
namespace {

/// Batches of sums of nothing: all that takes time is the way there and back.
void run_batches(benchmark::State& state, const Kernel& kernel) {
  const auto rows = static_cast<std::size_t>(state.range(0));
  const std::vector<std::int64_t> ends(rows, 0);
  const std::vector<ConstColumn> columns{ConstColumn(std::span(ends)), ConstColumn(std::span(ends))};
  const std::vector<std::uint64_t> streams(rows, 0);
  std::vector<ColumnBuffer> results(kernel.info().results.size());
  RowFailures failures;
  failures.reset(rows);
  for ([[maybe_unused]] auto _ : state) {
    run_kernel(kernel, Batch(rows, columns, {}, {1, 2}, streams, nullptr), results, failures);
    benchmark::ClobberMemory();
  }
  if (failures.any()) state.SkipWithError("tasks failed");
}

void batch_inside(benchmark::State& state) { run_batches(state, *find_kernel("range_sum")); }
BENCHMARK(batch_inside)->RangeMultiplier(16)->Range(1, 4096)->UseRealTime()->Unit(benchmark::kMicrosecond);

void batch_isolated(benchmark::State& state) {
  IsolatedKernelSpec spec;
  spec.info = &find_kernel("range_sum")->info();
  const IsolatedKernel kernel(spec);
  kernel.start();
  run_batches(state, kernel);
}
BENCHMARK(batch_isolated)->RangeMultiplier(16)->Range(1, 4096)->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace fanfold

int main(int argc, char** argv) {
  // The kernel's process is this program, started again.
  if (argc > 1 && std::string_view(argv[1]) == fanfold::isolated_kernel_command)
    return fanfold::serve_isolated_kernel(argc, argv);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
