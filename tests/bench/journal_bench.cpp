// What the run file costs: commits, rows, kept values, failed tasks, events, and an append on the main
// thread.
#include <benchmark/benchmark.h>

#include <unistd.h>

#include <cmath>
#include <random>

#include "journal/journal.hpp"
#include "journal/run_builder.hpp"

namespace fanfold {
namespace {

// On a disk: fsync is part of what is measured.
struct RunOnDisk {
  std::filesystem::path path =
      std::filesystem::current_path() / ("fanfold-bench-" + std::to_string(::getpid()) + ".run");
  RunOnDisk() { remove(); }
  ~RunOnDisk() { remove(); }
  void remove() {
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path.string() + suffix);
  }
  std::unique_ptr<RunFileWriter> create() {
    remove();
    auto file = RunFileWriter::create(path, header_of(std::uint64_t{1} << 40));
    file->begin_execution("nodea", 1, 1);
    return file;
  }
  double bytes() { return static_cast<double>(std::filesystem::file_size(path)); }
};

void create_and_close(benchmark::State& state) {
  RunOnDisk run;
  for (auto _ : state) run.create();
}
BENCHMARK(create_and_close)->Unit(benchmark::kMillisecond)->UseRealTime();

void commit_small(benchmark::State& state) {
  RunOnDisk run;
  const auto file = run.create();
  std::uint64_t task = 0;
  for (auto _ : state) {
    file->commit(entry_of({task, task + 1}));
    ++task;
  }
  state.counters["commits"] =
      benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}
BENCHMARK(commit_small)->Unit(benchmark::kMillisecond)->UseRealTime();

// 10,000 tasks with a source in a commit, each with one value and no output.
void commit_rows(benchmark::State& state) {
  RunOnDisk run;
  auto file = run.create();
  std::uint64_t task = 0;
  for (auto _ : state) {
    state.PauseTiming();
    JournalEntry entry = entry_of({task, task + 10'000});
    for (std::uint64_t end = task + 10'000; task < end; ++task) {
      entry.outcomes.push_back(outcome_of(task));
      entry.outcomes.back().output.clear();
      entry.outcomes.back().values = {0.5};
    }
    state.ResumeTiming();
    file->commit(entry);
  }
  file.reset();
  state.counters["rows"] = benchmark::Counter(static_cast<double>(task), benchmark::Counter::kIsRate);
  state.counters["bytes/row"] = run.bytes() / static_cast<double>(task);
}
BENCHMARK(commit_rows)->Unit(benchmark::kMillisecond)->UseRealTime();

// A million kept doubles in a commit: uniform ones (0), whole numbers (1), or in pieces of one task (2).
void commit_kept_values(benchmark::State& state) {
  RunOnDisk run;
  auto file = run.create();
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> uniform(0, 1);
  const std::uint64_t rows = state.range(0) == 2 ? 15'000 : 1'000'000,
                      piece = state.range(0) == 2 ? 1 : 100'000;
  std::uint64_t task = 0;
  for (auto _ : state) {
    state.PauseTiming();
    JournalEntry entry = entry_of({task, task + rows});
    for (const std::uint64_t end = task + rows; task < end; task += piece) {
      std::vector<double> values(piece);
      for (double& value : values)
        value = state.range(0) == 1 ? std::floor(1000 * uniform(random)) : uniform(random);
      const ConstColumn columns[] = {ConstColumn(std::span<const double>(values))};
      entry.columns.push_back({{task, task + piece}, encode_columns(columns, values.size())});
    }
    state.ResumeTiming();
    file->commit(entry);
  }
  file.reset();
  state.counters["values"] = benchmark::Counter(static_cast<double>(task), benchmark::Counter::kIsRate);
  state.counters["bytes/value"] = run.bytes() / static_cast<double>(task);
}
BENCHMARK(commit_kept_values)->Arg(0)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();

// 10^7 tasks in a commit, of which one in `range(0)` failed, at random.
void commit_failures(benchmark::State& state) {
  RunOnDisk run;
  auto file = run.create();
  std::mt19937_64 random(1);
  std::uint64_t task = 0;
  double failed = 0;
  for (auto _ : state) {
    state.PauseTiming();
    JournalEntry entry = entry_of({task, task + 10'000'000});
    TaskList ranges;
    for (const std::uint64_t end = task + 10'000'000; task < end; ++task) {
      if (random() % static_cast<std::uint64_t>(state.range(0)) == 0) append(ranges, TaskIndex(task));
    }
    ByteWriter tasks;
    encode(tasks, ranges);
    entry.failures = {{"integer overflow", size_of(ranges), tasks.take()}};
    failed += static_cast<double>(entry.failures[0].count);
    state.ResumeTiming();
    file->commit(entry);
  }
  file.reset();
  state.counters["failed"] = benchmark::Counter(failed, benchmark::Counter::kIsRate);
  state.counters["bytes/failed"] = run.bytes() / failed;
}
BENCHMARK(commit_failures)->Arg(100)->Arg(2)->Arg(10'000)->Unit(benchmark::kMillisecond)->UseRealTime();

// A report of one task with its two events, as with --chunk 1: time on the calling thread.
void append_one_task(benchmark::State& state) {
  RunOnDisk run;
  std::uint64_t task = 0;
  {
    Journal journal(run.create(), {}, add_partials, [] {});
    for (auto _ : state) {
      state.PauseTiming();
      std::vector<JournalEntry> entries;
      for (int i = 0; i < 10'000; ++i, ++task) {
        entries.push_back(entry_of({task, task + 1}));
        const double now = static_cast<double>(task) / 150e3;
        entries.back().events = {event_of(Event::Kind::chunk_sent, task + 1, {task, task + 1}, now),
                                 event_of(Event::Kind::chunk_done, task + 1, {task, task + 1}, now)};
      }
      state.ResumeTiming();
      for (JournalEntry& entry : entries) journal.append(std::move(entry));
    }
    journal.close();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(task));
  state.counters["ns/append"] = benchmark::Counter(static_cast<double>(task) / 1e9,
                                                   benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["bytes/event"] = run.bytes() / (2.0 * static_cast<double>(task));
}
BENCHMARK(append_one_task)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace fanfold
