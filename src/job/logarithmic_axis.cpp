// The logarithmic range. Its points come from the functions of expressions, which have the same bits on every
// SIMD target with FMA; libm's differ between machines.
#include <algorithm>
#include <cassert>

#include "core/row_failures.hpp"
#include "expr/program.hpp"
#include "job/task_space.hpp"

namespace fanfold {
namespace {

double logarithm(double value) {
  expr::Scope constants;
  constants.add_constant("value", value);
  return std::get<double>(expr::evaluate_constant(expr::parse("log10(value)"), constants));
}

/// Point i is 10 ^ (a + (b − a)·i / (steps − 1)) with a = log10(from) and b = log10(to), held between the
/// ends; the first and the last are `from` and `to` themselves. Powers of ten, so that decades are met
/// exactly.
expr::Program points_program(double from, double to, std::uint64_t steps) {
  expr::Scope scope;
  scope.add_column("i", Type::real);
  scope.add_constant("a", logarithm(from));
  scope.add_constant("width", logarithm(to) - logarithm(from));
  scope.add_constant("intervals", static_cast<double>(std::max<std::uint64_t>(steps - 1, 1)));
  return expr::Program::compile(expr::parse("10.0 ^ (a + width * i / intervals)"), scope);
}

class LogarithmicAxis final : public Axis {
 public:
  LogarithmicAxis(double from, double to, std::uint64_t steps)
      : from_(from), to_(to), steps_(steps), points_(points_program(from, to, steps)) {
    assert(from > 0 && to > 0 && steps > 0);
  }

  Type type() const override { return Type::real; }
  std::uint64_t size() const override { return steps_; }

  void fill(std::uint64_t first, std::size_t count, ColumnBuffer& out, std::size_t row) const override {
    ColumnBuffer positions;
    ColumnBuffer points;
    RowFailures failures;
    expr::Scratch scratch;
    positions.reset(Type::real, count);
    for (std::size_t i = 0; i < count; ++i) {
      positions.reals()[i] = static_cast<double>(static_cast<std::int64_t>(first + i));
    }
    failures.reset(count);
    const ConstColumn columns[] = {positions.view()};
    points_.evaluate(columns, count, points, failures, scratch);
    const double low = std::min(from_, to_);
    const double high = std::max(from_, to_);
    const std::span<const double> computed = points.view().reals();
    const std::span<double> rows = out.reals().subspan(row, count);
    for (std::size_t i = 0; i < count; ++i) rows[i] = std::clamp(computed[i], low, high);
    if (count > 0 && first == 0) rows.front() = from_;
    if (count > 0 && first + count == steps_ && steps_ > 1) rows.back() = to_;
  }

 private:
  double from_;
  double to_;
  std::uint64_t steps_;
  expr::Program points_;
};

}  // namespace

std::unique_ptr<Axis> make_logarithmic_axis(double from, double to, std::uint64_t steps) {
  return std::make_unique<LogarithmicAxis>(from, to, steps);
}

}  // namespace fanfold
