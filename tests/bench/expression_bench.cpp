// Expressions against loops written by hand for one expression each: the same operations, fused, on the same
// SIMD target. "streamed" writes its result past the caches, as evaluation does where the result is larger
// than they are.
#include <benchmark/benchmark.h>
#include <hwy/cache_control.h>

#include <cstdint>

#include "core/column_buffer.hpp"
#include "expr/program.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "expression_bench.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace fanfold::expr {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using Reals = hn::ScalableTag<double>;
using Real = hn::Vec<Reals>;

struct Percent {
  HWY_INLINE Real operator()(Reals d, Real x, Real y) const {
    return hn::Div(hn::Mul(hn::Set(d, 100.0), x), y);
  }
};
struct FiveCheap {
  HWY_INLINE Real operator()(Reals d, Real x, Real y) const {
    return hn::Add(hn::Mul(hn::Add(x, y), hn::Sub(x, y)), hn::Mul(hn::Set(d, 0.5), x));
  }
};
struct FiveCostly {
  HWY_INLINE Real operator()(Reals d, Real x, Real y) const {
    return hn::Div(hn::Sqrt(hn::Add(hn::Mul(x, x), y)), hn::Add(x, hn::Set(d, 1.0)));
  }
};

template <class Function, bool streamed>
void fused(const double* x, const double* y, double* out, std::size_t rows) {
  const Reals d;
  const Function function;
  for (std::size_t row = 0; row < rows; row += hn::Lanes(d)) {
    const Real value = function(d, hn::LoadU(d, x + row), hn::LoadU(d, y + row));
    if constexpr (streamed) {
      hn::Stream(value, d, out + row);
    } else {
      hn::Store(value, d, out + row);
    }
  }
  if constexpr (streamed) hwy::FlushStream();
}

}  // namespace

void percent(const double* x, const double* y, double* out, std::size_t rows, bool streamed) {
  streamed ? fused<Percent, true>(x, y, out, rows) : fused<Percent, false>(x, y, out, rows);
}
void five_cheap(const double* x, const double* y, double* out, std::size_t rows, bool streamed) {
  streamed ? fused<FiveCheap, true>(x, y, out, rows) : fused<FiveCheap, false>(x, y, out, rows);
}
void five_costly(const double* x, const double* y, double* out, std::size_t rows, bool streamed) {
  streamed ? fused<FiveCostly, true>(x, y, out, rows) : fused<FiveCostly, false>(x, y, out, rows);
}

}  // namespace HWY_NAMESPACE
}  // namespace fanfold::expr
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fanfold::expr {
namespace {

HWY_EXPORT(percent);
HWY_EXPORT(five_cheap);
HWY_EXPORT(five_costly);

constexpr std::size_t many = 9'999'872;  // 10^7, whole blocks
constexpr std::size_t batch = 4096;
constexpr std::size_t few = 1;

/// Two columns of reals and two of integers.
struct Data {
  explicit Data(std::size_t rows) {
    for (ColumnBuffer* column : {&x, &y}) column->reset(Type::real, rows);
    for (ColumnBuffer* column : {&i, &j}) column->reset(Type::integer, rows);
    for (std::size_t row = 0; row < rows; ++row) {
      x.reals()[row] = static_cast<double>(row % 1000) + 0.25;
      y.reals()[row] = static_cast<double>(row % 777) + 1.5;
      i.integers()[row] = static_cast<std::int64_t>(row % 1000);
      j.integers()[row] = static_cast<std::int64_t>(row % 777) + 1;
    }
    for (const char* name : {"x", "y"}) scope.add_column(name, Type::real);
    for (const char* name : {"i", "j"}) scope.add_column(name, Type::integer);
  }
  ColumnBuffer x, y, i, j;
  Scope scope;
};

void set_rows(benchmark::State& state, std::size_t rows) {
  state.counters["ns/row"] =
      benchmark::Counter(static_cast<double>(rows) * 1e-9,
                         benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void evaluated(benchmark::State& state, const char* text, std::size_t rows) {
  Data data(rows);
  const Program program = Program::compile(parse(text), data.scope);
  const ConstColumn columns[] = {data.x.view(), data.y.view(), data.i.view(), data.j.view()};
  ColumnBuffer out;
  RowFailures failures;
  failures.reset(rows);
  Scratch scratch;
  program.evaluate(columns, rows, out, failures, scratch);  // touches the pages
  for (auto _ : state) {
    program.evaluate(columns, rows, out, failures, scratch);
    benchmark::ClobberMemory();
  }
  set_rows(state, rows);
}

template <typename Fused>
void by_hand(benchmark::State& state, Fused fused, std::size_t rows, bool streamed) {
  Data data(rows);
  ColumnBuffer out;
  out.reset(Type::real, rows);
  fused(data.x.reals().data(), data.y.reals().data(), out.reals().data(), rows, streamed);
  for (auto _ : state) {
    fused(data.x.reals().data(), data.y.reals().data(), out.reals().data(), rows, streamed);
    benchmark::ClobberMemory();
  }
  set_rows(state, rows);
}

#define FANFOLD_AGAINST_HAND(name, text)                                                    \
  BENCHMARK_CAPTURE(evaluated, name / many, text, many);                                    \
  BENCHMARK_CAPTURE(by_hand, name / many_streamed, HWY_DYNAMIC_DISPATCH(name), many, true); \
  BENCHMARK_CAPTURE(by_hand, name / many, HWY_DYNAMIC_DISPATCH(name), many, false);         \
  BENCHMARK_CAPTURE(evaluated, name / batch, text, batch);                                  \
  BENCHMARK_CAPTURE(by_hand, name / batch, HWY_DYNAMIC_DISPATCH(name), batch, false)

FANFOLD_AGAINST_HAND(percent, "100 * x / y");
FANFOLD_AGAINST_HAND(five_cheap, "(x + y) * (x - y) + 0.5 * x");
FANFOLD_AGAINST_HAND(five_costly, "sqrt(x * x + y) / (x + 1)");

BENCHMARK_CAPTURE(evaluated, percent / one_row, "100 * x / y", few);
BENCHMARK_CAPTURE(evaluated, integer_sum / batch, "i + j", batch);
BENCHMARK_CAPTURE(evaluated, integer_product / batch, "i * j", batch);
BENCHMARK_CAPTURE(evaluated, integer_quotient / batch, "i / j", batch);
BENCHMARK_CAPTURE(evaluated, condition / batch, "x < y and i != 3 ? x : y", batch);
BENCHMARK_CAPTURE(evaluated, modulo_with_failures_not_chosen / batch, "i == 0 ? 0 : j % i", batch);

}  // namespace
}  // namespace fanfold::expr
#endif
