// The built-in kernels, through run_kernel, one thread. Items are points of pi, ranges of range_sum, steps of
// count_down, random numbers of ep (items per second are its Mop/s), numbers that are sorted or of which
// there are moments, options or paths of black_scholes, samples of integrate, iterations of mandelbrot; and
// there are bytes per second for words and moments. The environment variable FANFOLD_SIMD chooses the SIMD
// target.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
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

void ep(benchmark::State& state) {
  const std::vector<std::string_view> problem{"S"};
  const std::vector<std::int64_t> part{3}, parts{64};
  run_again(state, "ep", 1,
            {ConstColumn(std::span(problem)), ConstColumn(std::span(part)), ConstColumn(std::span(parts))});
  state.SetItemsProcessed(state.iterations() * (std::int64_t{1} << 25) / 64);
}
BENCHMARK(ep);

void sort(benchmark::State& state) {
  const std::vector<std::int64_t> numbers{state.range(0)};
  run_again(state, "sort", 1, {ConstColumn(std::span(numbers))});
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(sort)->ArgName("numbers")->Arg(1000)->Arg(1'000'000);

/// A mebibyte of numbers, each in the given form.
void moments(benchmark::State& state, const char* form) {
  std::string text;
  std::int64_t count = 0;
  std::uint64_t bits = 1;
  for (; text.size() < (1 << 20); ++count) {
    bits = bits * 6364136223846793005 + 1442695040888963407;
    char number[64] = {};
    std::snprintf(number, sizeof number, form, static_cast<double>(bits >> 11) * 0x1p-53 * 1000);
    text += number;
    text += '\n';
  }
  const std::vector<std::string_view> format{"text"};
  run_again(state, "moments", 1, {ConstColumn(std::span(format))}, {text});
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
  state.SetItemsProcessed(state.iterations() * count);
}
BENCHMARK_CAPTURE(moments, two_decimals, "%.2f");
BENCHMARK_CAPTURE(moments, six_decimals, "%.6f");
BENCHMARK_CAPTURE(moments, all_digits, "%.15f");
BENCHMARK_CAPTURE(moments, exponents, "%.16e");

void moments_of_doubles(benchmark::State& state) {
  std::string bytes(std::size_t{1} << 20, '\x3f');
  const std::vector<std::string_view> format{"doubles"};
  run_again(state, "moments", 1, {ConstColumn(std::span(format))}, {bytes});
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size() / 8));
}
BENCHMARK(moments_of_doubles);

/// Many options by the closed form, or one by paths.
void black_scholes(benchmark::State& state) {
  const auto options = static_cast<std::size_t>(state.range(0));
  const std::vector<double> spot(options, 100), strike(options, 95), rate(options, 0.03);
  const std::vector<double> volatility(options, 0.2), years(options, 0.5);
  const std::vector<std::int64_t> paths(options, state.range(1));
  run_again(
      state, "black_scholes", options,
      {ConstColumn(std::span(spot)), ConstColumn(std::span(strike)), ConstColumn(std::span(rate)),
       ConstColumn(std::span(volatility)), ConstColumn(std::span(years)), ConstColumn(std::span(paths))});
  state.SetItemsProcessed(state.iterations() * std::max<std::int64_t>(state.range(0), state.range(1)));
}
BENCHMARK(black_scholes)->ArgNames({"options", "paths"})->Args({4096, 0})->Args({1, 1'000'000});

void integrate(benchmark::State& state, std::string_view f, std::int64_t count) {
  const std::vector<std::string_view> text{f};
  const std::vector<double> zero{0}, one{1}, tolerance{1e-10};
  const std::vector<std::int64_t> samples{count};
  run_again(state, "integrate", 1,
            {ConstColumn(std::span(text)), ConstColumn(std::span(zero)), ConstColumn(std::span(one)),
             ConstColumn(std::span(samples)), ConstColumn(std::span(tolerance)), ConstColumn(std::span(zero)),
             ConstColumn(std::span(zero)), ConstColumn(std::span(zero))});
  state.SetItemsProcessed(state.iterations() * std::max<std::int64_t>(count, 1));
}
BENCHMARK_CAPTURE(integrate, rule, "exp(-x^2)", 0);
BENCHMARK_CAPTURE(integrate, samples_in_3, "x1^2 + x2^2 + x3^2 <= 1", 1'000'000);

void mandelbrot(benchmark::State& state) {
  const std::vector<std::int64_t> column{2}, row{2}, side{128}, width{1024}, height{768}, limit{1000};
  const std::vector<double> center_x{-0.5}, center_y{0}, span{3.5};
  ColumnBuffer results[3];
  RowFailures failures;
  failures.reset(1);
  const std::vector<ConstColumn> columns{
      ConstColumn(std::span(column)),   ConstColumn(std::span(row)),    ConstColumn(std::span(side)),
      ConstColumn(std::span(width)),    ConstColumn(std::span(height)), ConstColumn(std::span(center_x)),
      ConstColumn(std::span(center_y)), ConstColumn(std::span(span)),   ConstColumn(std::span(limit))};
  const std::vector<std::uint64_t> streams{0};
  run_kernel(*find_kernel("mandelbrot"), Batch(1, columns, {}, {1, 2}, streams, nullptr), results, failures);
  run_again(state, "mandelbrot", 1, columns);
  state.SetItemsProcessed(state.iterations() * results[0].integers()[0]);
}
BENCHMARK(mandelbrot);

}  // namespace
}  // namespace fanfold
