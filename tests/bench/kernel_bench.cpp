// The built-in kernels, through run_kernel, one thread. Time is per item: per point of pi, range of
// range_sum, step of count_down; and bytes per second for words. The environment variable FANFOLD_SIMD
// chooses the SIMD target.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "core/simd_target.hpp"
#include "kernel/registry.hpp"
#include "kernel/run_kernel.hpp"

namespace fanfold {
namespace {

[[maybe_unused]] const bool target_chosen = [] {
  apply_simd_environment();
  return true;
}();

/// Runs one batch again and again; the result columns are reused, as the executor reuses them.
void run_again(benchmark::State& state, std::string_view name, std::size_t tasks,
               const std::vector<ConstColumn>& columns, const std::vector<std::string_view>& inputs = {}) {
  const Kernel& kernel = *find_kernel(name);
  std::vector<std::uint64_t> streams(tasks);
  for (std::size_t i = 0; i < tasks; ++i) streams[i] = i;
  std::vector<ColumnBuffer> results(kernel.info().results.size());
  RowFailures failures;
  failures.reset(tasks);
  for ([[maybe_unused]] auto _ : state) {
    run_kernel(kernel, Batch(tasks, columns, inputs, {1, 2}, streams, nullptr), results, failures);
    benchmark::ClobberMemory();
  }
  if (failures.any()) state.SkipWithError("tasks failed");
  state.SetLabel(simd_target());
}

void pi(benchmark::State& state) {
  const std::vector<std::int64_t> samples(static_cast<std::size_t>(state.range(0)), state.range(1));
  run_again(state, "pi", samples.size(), {ConstColumn(std::span(samples))});
  state.SetItemsProcessed(state.iterations() * state.range(0) * state.range(1));
}
BENCHMARK(pi)
    ->ArgNames({"tasks", "samples"})
    ->Args({1, 10'000'000})
    ->Args({10'000, 1000})
    ->Args({100'000, 1});

void range_sum(benchmark::State& state) {
  const std::vector<std::int64_t> from(static_cast<std::size_t>(state.range(0)), 0);
  const std::vector<std::int64_t> to(from.size(), 10'000'000);
  run_again(state, "range_sum", from.size(), {ConstColumn(std::span(from)), ConstColumn(std::span(to))});
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(range_sum)->ArgName("tasks")->Arg(1)->Arg(4096);

void count_down(benchmark::State& state) {
  const std::vector<double> x(1, 1);
  const std::vector<std::int64_t> steps(1, 10'000'000);
  run_again(state, "count_down", 1, {ConstColumn(std::span(x)), ConstColumn(std::span(steps))});
  state.SetItemsProcessed(state.iterations() * 10'000'000);
}
BENCHMARK(count_down);

/// One input of a mebibyte (a text that lies in the cache) or many of one sentence each.
void words(benchmark::State& state, const std::string& sentence, bool many) {
  std::string text;
  while (text.size() < (1 << 20)) text += sentence;
  std::vector<std::string_view> inputs{text};
  if (many) {
    inputs.clear();
    for (std::size_t at = 0; at < text.size(); at += sentence.size()) {
      inputs.push_back(std::string_view(text).substr(at, sentence.size()));
    }
  }
  run_again(state, "words", inputs.size(), {}, inputs);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(inputs.size()));
}
BENCHMARK_CAPTURE(words, english, "It was the best of times, it was the\n", false);
BENCHMARK_CAPTURE(words, english_sentences, "It was the best of times, it was the\n", true);
BENCHMARK_CAPTURE(words, french,
                  "Longtemps, je me suis couché de bonne heure. Parfois, à peine ma bougie éteinte\n", false);
BENCHMARK_CAPTURE(words, typographic, "“It’s the best of times”—it was…\n", false);
BENCHMARK_CAPTURE(words, russian, "Все счастливые семьи похожи друг на друга, каждая несчастливая семья\n",
                  false);
BENCHMARK_CAPTURE(words, greek, "Ἄνδρα μοι ἔννεπε, Μοῦσα, πολύτροπον, ὃς μάλα πολλὰ\n", false);
BENCHMARK_CAPTURE(words, chinese, "道可道，非常道。名可名，非常名。無名天地之始；有名萬物之母。\n", false);
BENCHMARK_CAPTURE(words, japanese, "吾輩は猫である。名前はまだ無い。どこで生れたか\n", false);
BENCHMARK_CAPTURE(words, emoji, "fine 😀 good 👍🏽 bad 😡 done ✅\n", false);

}  // namespace
}  // namespace fanfold
