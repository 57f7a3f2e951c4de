// What the executor costs: computed tasks per second of one thread, commands per second of two I/O threads.
#include <benchmark/benchmark.h>

#include <string>

#include "core/task_set.hpp"
#include "exec/executor.hpp"
#include "exec/source.hpp"
#include "job/job.hpp"
#include "run/wakeup.hpp"

namespace fanfold {
namespace {

std::unique_ptr<const Job> open(const std::string& text) {
  JobSource source;
  source.file = "bench.toml";
  source.folder = "/";
  source.text = text;
  return open_job(source, source_registry());
}

/// Runs the tasks as one chunk and waits for all reports.
void run(const Job& job, Executor& executor, Wakeup& wakeup, ChunkId id) {
  executor.submit({id, Attempt{1}, {{0, job.size()}}});
  while (!executor.idle()) {
    wakeup.wait_for(std::chrono::milliseconds(100));
    benchmark::DoNotOptimize(executor.take_reports());
  }
}

void run_jobs(benchmark::State& state, const std::string& text, ExecutorOptions options) {
  const auto job = open(text);
  Wakeup wakeup;
  Executor executor(*job, options, [&] { wakeup.notify(); });
  std::uint64_t id = 0;
  for (auto _ : state) run(*job, executor, wakeup, ChunkId(id++));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(job->size()));
}

/// [values] with one sum.
void computed_tasks(benchmark::State& state) {
  ExecutorOptions options;
  options.compute_threads = static_cast<std::uint32_t>(state.range(0));
  run_jobs(state, R"toml(
[params]
i = { count = 200_000_000 }
[values]
y = "i * 0.5"
[reduce]
s = "sum(y)"
[run]
keep = "none"
)toml",
           options);
}
BENCHMARK(computed_tasks)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

/// The same with one failure in a hundred.
void computed_tasks_with_failures(benchmark::State& state) {
  run_jobs(state, R"toml(
[params]
i = { count = 20_000_000 }
[values]
y = "1 % (i % 100)"
[reduce]
s = "sum(y)"
[run]
keep = "none"
)toml",
           {});
}
BENCHMARK(computed_tasks_with_failures)->UseRealTime()->Unit(benchmark::kMillisecond);

void kept_tasks(benchmark::State& state) {
  run_jobs(state, R"toml(
[params]
i = { count = 20_000_000 }
[values]
y = "i * 0.5"
[reduce]
s = "sum(y)"
[run]
keep = "all"
)toml",
           {});
}
BENCHMARK(kept_tasks)->UseRealTime()->Unit(benchmark::kMillisecond);

void commands(benchmark::State& state, const std::string& task) {
  ExecutorOptions options;
  options.io_threads = static_cast<std::uint32_t>(state.range(0));
  run_jobs(state, "[params]\ni = { count = 2000 }\n[task]\n" + task + "\n", options);
}
BENCHMARK_CAPTURE(commands, true, R"(command = ["/bin/true"])")
    ->Arg(1)
    ->Arg(2)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(commands, echo, R"(command = ["echo", "{i}"])")
    ->Arg(1)
    ->Arg(2)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(commands, shell_echo, R"(shell = "echo {i}")")
    ->Arg(2)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace fanfold
