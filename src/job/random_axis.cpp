// The random axes. Reals come from the functions of expressions, which have the same bits on every SIMD
// target with FMA; libm's differ between machines.
#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <limits>
#include <string>
#include <utility>

#include "job/task_space.hpp"

namespace fanfold {
namespace {

/// A multiple of 2^-53 in [0, 1).
double unit_real(std::uint32_t low, std::uint32_t high) {
  return static_cast<double>(((std::uint64_t{high} << 32) | low) >> 11) * 0x1p-53;
}

/// An expression of u and v, which are uniform in [0, 1), and of the constants a and b; held between two
/// ends.
class RandomRealAxis final : public Axis {
 public:
  RandomRealAxis(const std::string& expression, double a, double b, double least, double most,
                 std::uint64_t count, RandomStream random)
      : program_(compile(expression, a, b)), least_(least), most_(most), count_(count), random_(random) {}

  Type type() const override { return Type::real; }
  std::uint64_t size() const override { return count_; }

  void fill(std::uint64_t first, std::size_t count, ColumnBuffer& out, std::size_t row) const override {
    ColumnBuffer u;
    ColumnBuffer v;
    u.reset(Type::real, count);
    v.reset(Type::real, count);
    for (std::size_t i = 0; i < count; ++i) {
      const RandomBlock words = random_.block(first + i);
      u.reals()[i] = unit_real(words[0], words[1]);
      v.reals()[i] = unit_real(words[2], words[3]);
    }
    const ConstColumn columns[] = {u.view(), v.view()};
    ColumnBuffer values;
    RowFailures failures;
    failures.reset(count);
    expr::Scratch scratch;
    program_.evaluate(columns, count, values, failures, scratch);
    const std::span<double> rows = out.reals().subspan(row, count);
    for (std::size_t i = 0; i < count; ++i) rows[i] = std::clamp(values.reals()[i], least_, most_);
  }

 private:
  static expr::Program compile(const std::string& expression, double a, double b) {
    expr::Scope scope;
    scope.add_column("u", Type::real);
    scope.add_column("v", Type::real);
    scope.add_constant("a", a);
    scope.add_constant("b", b);
    return expr::Program::compile(expr::parse(expression), scope);
  }

  expr::Program program_;
  double least_;
  double most_;
  std::uint64_t count_;
  RandomStream random_;
};

constexpr double infinity = std::numeric_limits<double>::infinity();

/// A permutation of 0 … last with a key: a balanced Feistel network over the smallest even number of bits
/// that holds them, applied again while its value is beyond (fewer than four times on average).
class Permutation {
 public:
  Permutation(std::uint64_t last, RandomStream random)
      : last_(last),
        half_bits_(std::max(1U, (static_cast<unsigned>(std::bit_width(last)) + 1) / 2)),
        random_(random) {}

  std::uint64_t at(std::uint64_t position) const {
    do {
      position = encrypt(position);
    } while (position > last_);
    return position;
  }

 private:
  /// Four rounds are enough for a good function; small halves want more.
  static constexpr std::uint32_t rounds = 10;

  std::uint64_t encrypt(std::uint64_t value) const {
    const std::uint64_t mask = (std::uint64_t{1} << half_bits_) - 1;
    std::uint64_t left = value >> half_bits_;
    std::uint64_t right = value & mask;
    for (std::uint32_t round = 0; round < rounds; ++round) {
      const RandomBlock words = random_.block((std::uint64_t{round} << 32) | right);
      left = std::exchange(right, left ^ (words[0] & mask));
    }
    return (left << half_bits_) | right;
  }

  std::uint64_t last_;
  unsigned half_bits_;  // 1 … 32
  RandomStream random_;
};

class SampleAxis final : public Axis {
 public:
  SampleAxis(std::int64_t from, std::int64_t to, std::uint64_t count, RandomStream random)
      : from_(static_cast<std::uint64_t>(from)),
        count_(count),
        permutation_(static_cast<std::uint64_t>(to) - from_, random) {}

  Type type() const override { return Type::integer; }
  std::uint64_t size() const override { return count_; }
  void fill(std::uint64_t first, std::size_t count, ColumnBuffer& out, std::size_t row) const override {
    const std::span<std::int64_t> rows = out.integers().subspan(row, count);
    for (std::size_t i = 0; i < count; ++i)
      rows[i] = static_cast<std::int64_t>(from_ + permutation_.at(first + i));
  }

 private:
  std::uint64_t from_;
  std::uint64_t count_;
  Permutation permutation_;
};

}  // namespace

std::unique_ptr<Axis> make_uniform_axis(double low, double high, std::uint64_t count, RandomStream random) {
  return std::make_unique<RandomRealAxis>("a * (1 - u) + b * u", low, high, low, high, count, random);
}

std::unique_ptr<Axis> make_log_uniform_axis(double low, double high, std::uint64_t count,
                                            RandomStream random) {
  return std::make_unique<RandomRealAxis>("10.0 ^ (log10(a) * (1 - u) + log10(b) * u)", low, high, low, high,
                                          count, random);
}

std::unique_ptr<Axis> make_normal_axis(double mean, double deviation, std::uint64_t count,
                                       RandomStream random) {
  // 1 − u is never 0.
  return std::make_unique<RandomRealAxis>("a + b * sqrt(-2 * log(1 - u)) * cos(2 * pi * v)", mean, deviation,
                                          -infinity, infinity, count, random);
}

std::unique_ptr<Axis> make_sample_axis(std::int64_t from, std::int64_t to, std::uint64_t count,
                                       RandomStream random) {
  return std::make_unique<SampleAxis>(from, to, count, random);
}

}  // namespace fanfold
