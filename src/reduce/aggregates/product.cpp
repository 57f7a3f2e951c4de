// product(x): of integers an integer of any size below 2^67,108,864 in magnitude (20 million digits; beyond
// it is Nothing); of reals the exact product, rounded once.
//
// Reals: the product is kept as its sign, a power of two, and the sum of the logarithms of the significands,
// each with an error below 2^-116. That sum is of integers, so the order does not matter. The error of the
// product of n factors is below n 2^-116, relative to it, before it is rounded to a double: so the result is
// the double nearest to the exact product, unless that is this close to the middle between two doubles.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "core/big_integer.hpp"
#include "reduce/aggregates/kinds.hpp"
#include "reduce/integer_sum.hpp"
#include "reduce/significand_logarithm.hpp"

namespace fanfold::reduce {
namespace {

constexpr std::size_t most_product_bits = std::size_t{1} << 26;
constexpr std::string_view too_large = "more than 67,108,864 bits";

class ProductOfIntegers {
 public:
  using Input = std::int64_t;

  void add(std::span<const std::int64_t> values, std::span<const TaskIndex>) {
    for (const std::int64_t value : values) {
      const auto bits = static_cast<std::uint64_t>(value);
      const std::uint64_t magnitude = value < 0 ? -bits : bits;
      negative_ = negative_ != (value < 0);
      std::uint64_t next = 0;
      if (__builtin_mul_overflow(word_, magnitude, &next)) {
        push(word_);
        next = magnitude;
      }
      word_ = next;
    }
  }

  void merge(const ProductOfIntegers& other) {
    negative_ = negative_ != other.negative_;
    too_large_ = too_large_ || other.too_large_;
    if (other.word_ == 0) word_ = 0;
    if (word_ != 0 && other.word_ != 1) push(other.word_);
    for (const BigInteger& factor : other.factors_) push(factor);
  }

  void encode(ByteWriter& out) const {
    const Whole whole = multiplied();
    out.u8(static_cast<std::uint8_t>(whole.size) | (whole.negative ? negative_flag : 0));
    if (whole.size != Size::kept) return;
    Bytes bytes;
    if (whole.magnitude > 1) {
      const auto* const limbs = reinterpret_cast<const std::byte*>(whole.magnitude.backend().limbs());
      bytes.assign(limbs, limbs + (bit_count(whole.magnitude) + 7) / 8);
    }
    out.blob(bytes);
  }

  static ProductOfIntegers decode(ByteReader& in) {
    ProductOfIntegers state;
    const std::uint8_t flags = in.u8();
    state.negative_ = (flags & negative_flag) != 0;
    const auto size = static_cast<Size>(flags & ~negative_flag);
    if (size > Size::too_large || (size == Size::zero && state.negative_))
      throw DecodeError("a product has unknown flags");
    if (size == Size::zero) state.word_ = 0;
    if (size == Size::too_large) state.too_large_ = true;
    if (size != Size::kept) return state;
    const std::span<const std::byte> bytes = in.blob();
    if (bytes.empty()) return state;
    if (bytes.size() * 8 > most_product_bits || bytes.back() == std::byte{0})
      throw DecodeError("a product has a wrong length");
    const auto* const first = reinterpret_cast<const std::uint8_t*>(bytes.data());
    BigInteger magnitude;
    import_bits(magnitude, first, first + bytes.size(), 8, false);
    if (magnitude == 1) throw DecodeError("a product is 1, which is not written");
    state.push(std::move(magnitude));
    return state;
  }

  AnswerValue finish() const {
    Whole whole = multiplied();
    if (whole.size == Size::too_large) return Nothing{too_large};
    return whole.negative ? BigInteger(-whole.magnitude) : std::move(whole.magnitude);
  }

  std::size_t heap_bytes() const {
    std::size_t bytes = factors_.capacity() * sizeof(BigInteger);
    for (const BigInteger& factor : factors_) bytes += factor.backend().size() * sizeof(std::uint64_t);
    return bytes;
  }

 private:
  enum class Size : std::uint8_t { kept, zero, too_large };
  static constexpr std::uint8_t negative_flag = 4;

  struct Whole {
    Size size;
    bool negative = false;
    BigInteger magnitude = 0;
  };

  Whole multiplied() const {
    if (word_ == 0) return {Size::zero};
    BigInteger whole = word_;
    for (auto factor = factors_.rbegin(); factor != factors_.rend(); ++factor)
      whole = product(whole, *factor);
    if (too_large_ || bit_count(whole) > most_product_bits) return {Size::too_large, negative_};
    return {Size::kept, negative_, std::move(whole)};
  }

  /// Multiplies factors of about the same length, so that all together take little longer than the last pair.
  void push(BigInteger factor) {
    bits_ += bit_count(factor) - 1;
    too_large_ = too_large_ || bits_ >= most_product_bits;
    if (too_large_) return factors_.clear();
    while (!factors_.empty() && factors_.back().backend().size() <= factor.backend().size()) {
      factor = product(factors_.back(), factor);
      factors_.pop_back();
    }
    factors_.push_back(std::move(factor));
  }

  std::uint64_t word_ = 1;           ///< what was multiplied last; 0 if the product is 0
  std::vector<BigInteger> factors_;  ///< the others, from long to short; without signs
  std::size_t bits_ = 0;             ///< the product of `factors_` is at least 2^bits_
  bool negative_ = false;            ///< how many were below zero: an odd number
  bool too_large_ = false;           ///< of what is not zero; then there are no factors
};

class ProductOfReals {
 public:
  using Input = double;

  void add(std::span<const double> values, std::span<const TaskIndex>) {
    for (const double value : values) {
      if (value != value) {
        specials_ |= nan;
        continue;
      }
      negative_ = negative_ != std::signbit(value);
      if (value == 0 || std::isinf(value)) {
        specials_ |= value == 0 ? zero : infinity;
      } else {
        multiply(value);
      }
    }
  }

  void merge(const ProductOfReals& other) {
    specials_ |= other.specials_;
    negative_ = negative_ != other.negative_;
    exponent_ += other.exponent_;
    add_logarithm(other.low_, other.high_);
  }

  void encode(ByteWriter& out) const {
    out.u8(static_cast<std::uint8_t>(specials_ | (negative_ ? negative_flag : 0)));
    out.zigzag(static_cast<std::int64_t>(exponent_));
    reduce::encode(out, low_);
    out.zigzag(static_cast<std::int64_t>(high_));
  }

  static ProductOfReals decode(ByteReader& in) {
    ProductOfReals state;
    const std::uint8_t flags = in.u8();
    if (flags >= 2 * negative_flag) throw DecodeError("a product has unknown flags");
    state.negative_ = (flags & negative_flag) != 0;
    state.specials_ = flags & (negative_flag - 1);
    state.exponent_ = static_cast<std::uint64_t>(in.zigzag());
    state.low_ = decode_unsigned128(in);
    state.high_ = static_cast<std::uint64_t>(in.zigzag());
    return state;
  }

  AnswerValue finish() const {
    if ((specials_ & nan) != 0 || specials_ == (zero | infinity))
      return std::numeric_limits<double>::quiet_NaN();
    const double sign = negative_ ? -1 : 1;
    if (specials_ == zero) return sign * 0.0;
    if (specials_ == infinity) return sign * std::numeric_limits<double>::infinity();
    const BigInteger logarithm = (BigInteger(static_cast<std::int64_t>(high_)) << 128) + to_big_integer(low_);
    return sign * exponential(logarithm, BigInteger(static_cast<std::int64_t>(exponent_)));
  }

 private:
  static constexpr std::uint8_t nan = 1;
  static constexpr std::uint8_t zero = 2;
  static constexpr std::uint8_t infinity = 4;
  static constexpr std::uint8_t negative_flag = 8;

  void multiply(double value) {
    constexpr std::uint64_t hidden = std::uint64_t{1} << 52;
    const auto bits = std::bit_cast<std::uint64_t>(value);
    std::uint64_t significand = bits & (hidden - 1);
    auto exponent = static_cast<int>(bits >> 52 & 0x7FF) - 1023;
    if (exponent == -1023) {  // subnormal
      const int shift = std::countl_zero(significand) - 11;
      significand <<= shift;
      exponent = -1022 - shift;
    } else {
      significand |= hidden;
    }
    exponent_ += static_cast<std::uint64_t>(std::int64_t{exponent});
    const __int128 logarithm = logarithm_of_significand(significand);
    add_logarithm(static_cast<Unsigned128>(logarithm), logarithm < 0 ? ~std::uint64_t{0} : 0);
  }

  void add_logarithm(Unsigned128 low, std::uint64_t high) {
    low_ += low;
    high_ += high + (low_ < low ? 1 : 0);
  }

  std::uint8_t specials_ = 0;  ///< a set of what there was besides numbers with a logarithm
  bool negative_ = false;      ///< how many were negative: an odd number
  // Two's complement; damaged bytes can make them wrap round.
  std::uint64_t exponent_ = 0;  ///< the sum of the exponents
  Unsigned128 low_ = 0;         ///< the sum of the logarithms of the significands, times 2^120
  std::uint64_t high_ = 0;
};

}  // namespace

const AggregateKind product_kind = {
    .name = "product",
    .usage = "product(x)",
    .least_arguments = 1,
    .most_arguments = 1,
    .needs = "a number",
    .takes = takes_numbers,
    .result = same_type,
    .make = [](std::optional<Type> argument, std::span<const Value>) -> std::unique_ptr<States> {
      if (argument == Type::integer) return std::make_unique<StateArray<ProductOfIntegers>>();
      return std::make_unique<StateArray<ProductOfReals>>();
    }};

}  // namespace fanfold::reduce
