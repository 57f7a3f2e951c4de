// The kernel `integrate`: the integral of an expression over a cube [from, to]^n, n <= 10.
//
// Without samples, in one dimension: the 15-point rule of Kronrod on parts of the range. As long as the sum
// of the parts' errors is above the tolerance, the part with the largest is halved, the leftmost of equal
// ones. The error of a part is the distance to the 7-point rule of Gauss whose points are among the 15.
//
// With samples: the mean over random points, times the volume. Coordinate j of point i is number n·i + j of
// the task (kernel/uniform_numbers.hpp). Values are summed without rounding.
#include <fanfold/kernel.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "core/column_buffer.hpp"
#include "core/exact_sum.hpp"
#include "core/row_failures.hpp"
#include "expr/program.hpp"
#include "kernel/text_check.hpp"
#include "kernel/uniform_numbers.hpp"

namespace fanfold {
namespace {

constexpr std::size_t most_dimensions = 10;
constexpr std::size_t constants = 3;  // a, b, c

struct Integral {
  double value = 0;
  double error = 0;
  std::int64_t evaluations = 0;
};

/// What ends a task, with its reason.
struct Failure {
  std::string reason;
};

/// The expression of a task: of x1 … x10 (x is x1), and of the constants a, b, c.
class Integrand {
 public:
  /// Throws TextFault.
  explicit Integrand(std::string_view text) : text_(text), program_(compile(text)) {
    for (const std::size_t slot : program_.slots()) {
      if (slot <= most_dimensions) dimensions_ = std::max(dimensions_, std::max<std::size_t>(slot, 1));
    }
  }

  static std::optional<TextFault> fault_of(std::string_view text) {
    try {
      compile(text);
    } catch (const TextFault& fault) {
      return fault;
    }
    return std::nullopt;
  }

  const std::string& text() const { return text_; }
  std::size_t dimensions() const { return dimensions_; }

  void set_constants(const std::array<double, constants>& values) { constants_ = values; }

  /// The values at points, given by a column for each dimension. Valid until the next call. Throws Failure.
  std::span<const double> evaluate(std::span<const std::span<const double>> points) {
    const std::size_t rows = points[0].size();
    std::vector<ConstColumn> columns(1 + most_dimensions + constants);
    columns[0] = ConstColumn(points[0]);
    for (std::size_t j = 0; j < points.size(); ++j) columns[1 + j] = ConstColumn(points[j]);
    for (std::size_t i = 0; i < constants; ++i) {
      filled_[i].assign(std::max(filled_[i].size(), rows), constants_[i]);
      columns[1 + most_dimensions + i] = ConstColumn(std::span<const double>(filled_[i]).first(rows));
    }
    failures_.reset(rows);
    program_.evaluate(columns, rows, values_, failures_, scratch_);
    if (failures_.any()) throw Failure{failures_.failures().front().reason};
    if (program_.type() == Type::real) return values_.reals();
    reals_.resize(rows);
    std::ranges::copy(values_.integers(), reals_.begin());
    return reals_;
  }

 private:
  static const expr::Scope& scope() {
    static const expr::Scope names = [] {
      expr::Scope made;
      made.add_column("x", Type::real);
      for (std::size_t j = 1; j <= most_dimensions; ++j) made.add_column(fmt::format("x{}", j), Type::real);
      for (const char* name : {"a", "b", "c"}) made.add_column(name, Type::real);
      return made;
    }();
    return names;
  }

  /// Throws TextFault.
  static expr::Program compile(std::string_view text) {
    try {
      expr::Program program = expr::Program::compile(expr::parse(text), scope());
      if (program.type() != Type::text) return program;
    } catch (const expr::ExpressionError& error) {
      throw TextFault{error.offset(), error.what()};
    }
    throw TextFault{0, "a number is needed, not a text"};
  }

  std::string text_;
  expr::Program program_;
  std::size_t dimensions_ = 1;
  std::array<double, constants> constants_{};
  std::array<std::vector<double>, constants> filled_;
  ColumnBuffer values_;
  std::vector<double> reals_;
  RowFailures failures_;
  expr::Scratch scratch_;
};

// ---- one dimension

// The points of Kronrod's rule above 0, from the outermost on, and the weights of both rules (Piessens et
// al.: QUADPACK, 1983, there rounded to 33 digits).
constexpr std::array nodes = {0.991455371120812639206854697526329, 0.949107912342758524526189684047851,
                              0.864864423359769072789712788640926, 0.741531185599394439863864773280788,
                              0.586087235467691130294144838258730, 0.405845151377397166906606412076961,
                              0.207784955007898467600689403773245, 0.0};
constexpr std::array kronrod = {0.022935322010529224963732008058970, 0.063092092629978553290700663189204,
                                0.104790010322250183839876322541518, 0.140653259715525918745189590510238,
                                0.169004726639267902826583426598550, 0.190350578064785409913256402421014,
                                0.204432940075298892414161999234649, 0.209482141084727828012999174891714};
constexpr std::array gauss = {0.129484966168869693270611432679082, 0.279705391489276667901467771423780,
                              0.381830050505118944950369775488975, 0.417959183673469387755102040816327};

struct Part {
  double from, to;
  double value, error;
};

Part integrate_part(Integrand& integrand, double from, double to) {
  const double center = 0.5 * (from + to), half = 0.5 * (to - from);
  std::array<double, 2 * nodes.size() - 1> points;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    points[i] = center - half * nodes[i];
    points[points.size() - 1 - i] = center + half * nodes[i];
  }
  const std::span<const double> columns[] = {points};
  const std::span<const double> values = integrand.evaluate(columns);
  double by_kronrod = 0, by_gauss = 0;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const double pair = i + 1 < nodes.size() ? values[i] + values[points.size() - 1 - i] : values[i];
    by_kronrod += kronrod[i] * pair;
    if (i % 2 == 1) by_gauss += gauss[i / 2] * pair;
  }
  return {from, to, half * by_kronrod, std::abs(half * (by_kronrod - by_gauss))};
}

/// The sums over all parts, rounded once.
Integral sum_of(const std::vector<Part>& parts) {
  ExactSum value, error;
  for (const Part& part : parts) {
    value.add(part.value);
    error.add(part.error);
  }
  return {value.rounded(), error.rounded(), static_cast<std::int64_t>(15 * (2 * parts.size() - 1))};
}

Integral integrate_range(Integrand& integrand, double from, double to, double tolerance) {
  constexpr std::size_t most_parts = 2000;
  const auto smaller = [](const Part& left, const Part& right) {
    return left.error != right.error ? left.error < right.error : left.from > right.from;
  };
  std::vector<Part> parts{integrate_part(integrand, from, to)};  // a heap
  for (;;) {
    const Integral integral = sum_of(parts);
    if (!std::isfinite(integral.value)) throw Failure{"f is not finite in [from, to]"};
    if (integral.error <= tolerance || parts.size() == most_parts) return integral;
    std::pop_heap(parts.begin(), parts.end(), smaller);
    const Part worst = parts.back();
    const double middle = 0.5 * (worst.from + worst.to);
    // A part that cannot be halved stays: what is left is the error.
    if (!(worst.from < middle && middle < worst.to)) return integral;
    parts.back() = integrate_part(integrand, worst.from, middle);
    std::push_heap(parts.begin(), parts.end(), smaller);
    parts.push_back(integrate_part(integrand, middle, worst.to));
    std::push_heap(parts.begin(), parts.end(), smaller);
  }
}

// ---- random points

Integral sample_cube(Integrand& integrand, const Batch& batch, std::size_t task, double from, double to,
                     std::uint64_t samples) {
  constexpr std::size_t stretch = 1024;  // even: points begin with a block of the generator
  const std::size_t dimensions = integrand.dimensions();
  const RandomStream random = batch.random(task);
  std::vector<double> uniform(stretch * dimensions);
  std::vector<std::vector<double>> points(dimensions, std::vector<double>(stretch));
  ExactSum sum, squares;
  const auto width = to - from;
  for (std::uint64_t first = 0; first < samples && !batch.stop_requested(); first += stretch) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(stretch, samples - first));
    fill_uniform(random, first * dimensions / 2, std::span(uniform).first(count * dimensions));
    std::vector<std::span<const double>> columns;
    for (std::size_t j = 0; j < dimensions; ++j) {
      for (std::size_t i = 0; i < count; ++i) points[j][i] = from + width * uniform[i * dimensions + j];
      columns.emplace_back(std::span(points[j]).first(count));
    }
    const std::span<const double> values = integrand.evaluate(columns);
    sum.add(values);
    squares.add_squares(values);
  }
  double volume = 1;
  for (std::size_t j = 0; j < dimensions; ++j) volume *= width;
  const auto n = static_cast<double>(samples);
  const double mean = sum.rounded() / n;
  if (!std::isfinite(mean)) throw Failure{"f is not finite at every point"};
  const double variance = std::max(squares.rounded() / n - mean * mean, 0.0);
  const double error = samples < 2 ? std::numeric_limits<double>::quiet_NaN() : std::sqrt(variance / (n - 1));
  return {volume * mean, volume * error, static_cast<std::int64_t>(samples)};
}

class Integrate final : public Kernel, public ChecksTexts {
 public:
  const KernelInfo& info() const override { return info_; }

  std::optional<TextFault> fault_of(std::string_view parameter, std::string_view text) const override {
    return parameter == "f" ? Integrand::fault_of(text) : std::nullopt;
  }

  void run(const Batch& batch, Results& results) const override {
    std::optional<Integrand> integrand;  // kept while tasks have the same
    for (std::size_t task = 0; task < batch.size() && !batch.stop_requested(); ++task) {
      try {
        const std::string_view text = batch.texts(0)[task];
        if (!integrand || integrand->text() != text) integrand.emplace(text);
        integrand->set_constants({batch.reals(5)[task], batch.reals(6)[task], batch.reals(7)[task]});
        const Integral integral = integrate(*integrand, batch, task);
        results.reals(0)[task] = integral.value;
        results.reals(1)[task] = integral.error;
        results.integers(2)[task] = integral.evaluations;
      } catch (const TextFault& fault) {
        results.fail(task, fmt::format("f, column {}: {}", fault.offset + 1, fault.message));
      } catch (const Failure& failure) {
        results.fail(task, failure.reason);
      }
    }
  }

 private:
  static Integral integrate(Integrand& integrand, const Batch& batch, std::size_t task) {
    const double from = batch.reals(1)[task], to = batch.reals(2)[task];
    const auto samples = static_cast<std::uint64_t>(batch.integers(3)[task]);
    if (!(from <= to && std::isfinite(to - from)))
      throw Failure{"from and to must be finite, to not below from"};
    if (samples > 0) return sample_cube(integrand, batch, task, from, to, samples);
    if (integrand.dimensions() == 1) return integrate_range(integrand, from, to, batch.reals(4)[task]);
    throw Failure{fmt::format("f has {} dimensions: give `samples`", integrand.dimensions())};
  }

  const KernelInfo info_{
      .name = "integrate",
      .summary = "the integral of an expression over a range, or over a cube of up to ten dimensions",
      .source =
          "Kronrod's 15 points as in Piessens et al.: QUADPACK, 1983, on parts that are halved where the "
          "error "
          "is largest (2,000 at most); with samples Monte Carlo: Metropolis, Ulam, 1949",
      .takes_input = false,
      .draws_random = true,
      .parameters = {{"f",
                      Type::text,
                      "an expression of x, or of x1 … x10, and of a, b, c",
                      Value{std::string("exp(-x^2)")},
                      {}},
                     {"from", Type::real, "where each coordinate begins", Value{0.0}, {}},
                     {"to", Type::real, "where each coordinate ends", Value{1.0}, {}},
                     {"samples", Type::integer, "random points; 0: no chance, in one dimension only",
                      Value{std::int64_t{0}}, 0.0},
                     {"tolerance", Type::real, "absolute error at which halving ends", Value{1e-10}, 0.0},
                     {"a", Type::real, "a constant of f", Value{0.0}, {}},
                     {"b", Type::real, "a constant of f", Value{0.0}, {}},
                     {"c", Type::real, "a constant of f", Value{0.0}, {}}},
      .results = {{"integral", Type::real, "the integral"},
                  {"error", Type::real, "its estimated error: of chance, one standard deviation"},
                  {"evaluations", Type::integer, "how many values of f it took"}}};
};

}  // namespace

const Kernel& integrate_kernel() {
  static const Integrate kernel;
  return kernel;
}

}  // namespace fanfold
