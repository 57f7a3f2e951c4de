// The kernel `ep`: a part of the benchmark EP ("embarrassingly parallel") of the NAS Parallel Benchmarks.
//
// The benchmark draws r(j) = s·a^j mod 2^46, a = 5^13, s = 271828183, j = 1, 2 … Pair i is the point
// (2·r(2i + 1)/2^46 - 1, 2·r(2i + 2)/2^46 - 1) of a square. Those in the unit circle, t = x² + y² <= 1,
// become two independent normal deviates X = x·sqrt(-2·log(t)/t) and Y likewise (Marsaglia's polar method).
// The answer is the sums of X and Y, and the counts of pairs in square annuli: l <= max(|X|, |Y|) < l + 1.
//
// The same bits on every target with a fused multiply-add, and for every split into parts: a deviate depends
// on its pair alone, and is rounded to a multiple of 2^-47 before it is added, as an integer. (Those
// roundings disturb the sums of class E, 10^5 and more, by 2·10^-9 or so in all.)
#include <fanfold/kernel.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What all targets share: Highway includes this file once for each.
#ifndef FANFOLD_KERNEL_EP_SHARED
#define FANFOLD_KERNEL_EP_SHARED
namespace fanfold::ep {

constexpr std::uint64_t multiplier = 1'220'703'125;  // 5^13
constexpr std::uint64_t seed = 271'828'183;
constexpr std::size_t block_pairs = std::size_t{1} << 16;
constexpr int annuli = 10;

/// Numbers r are kept as r·2^18: then a product modulo 2^46 is one modulo 2^64, without its lowest bits.
constexpr int unused_bits = 18;

/// base^exponent modulo 2^64.
constexpr std::uint64_t power(std::uint64_t base, std::uint64_t exponent) {
  std::uint64_t result = 1;
  for (; exponent != 0; exponent >>= 1, base *= base) {
    if (exponent % 2 != 0) result *= base;
  }
  return result;
}

/// What blocks of pairs come to. The sums are in units of 2^-47.
struct Tally {
  std::int64_t sum_x = 0;
  std::int64_t sum_y = 0;
  std::array<std::int64_t, annuli> counts{};
};

}  // namespace fanfold::ep
#endif  // FANFOLD_KERNEL_EP_SHARED

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel/ep.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "core/simd_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fanfold {
namespace {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
namespace math = fanfold::HWY_NAMESPACE;

using Reals = hn::CappedTag<double, 8>;
using Words = hn::RebindToUnsigned<Reals>;
using Integers = hn::RebindToSigned<Reals>;
using Real = hn::Vec<Reals>;
using Word = hn::Vec<Words>;
using Integer = hn::Vec<Integers>;

/// Pairs between two looks at what was accepted: their points stay in the first-level cache.
constexpr std::size_t stretch_pairs = 1024;
constexpr std::size_t most_lanes = 8;

/// Points in the unit circle that wait for their deviates.
struct Accepted {
  std::size_t size = 0;
  HWY_ALIGN double x[stretch_pairs + 2 * most_lanes];
  HWY_ALIGN double y[stretch_pairs + 2 * most_lanes];
};

/// 2·r/2^46 - 1, exactly. The upper 46 bits of the word become the fraction of a double from 2 to 4.
HWY_INLINE Real coordinate(Word random) {
  const Reals d;
  const Words du;
  const auto bits = hn::Or(hn::ShiftRight<12>(random), hn::Set(du, 0x4000000000000000ULL));
  return hn::Sub(hn::BitCast(d, bits), hn::Set(d, 3.0));
}

/// Without a fused multiply-add, so that it is the same everywhere.
HWY_INLINE Real squared_norm(Real x, Real y) { return hn::Add(hn::Mul(x, x), hn::Mul(y, y)); }

HWY_INLINE void accept(Word random_x, Word random_y, Accepted& accepted) {
  const Reals d;
  const Real x = coordinate(random_x), y = coordinate(random_y);
  const auto inside = hn::Le(squared_norm(x, y), hn::Set(d, 1.0));
  hn::StoreU(hn::Compress(x, inside), d, accepted.x + accepted.size);
  hn::StoreU(hn::Compress(y, inside), d, accepted.y + accepted.size);
  accepted.size += hn::CountTrue(d, inside);
}

/// The numbers of the pairs at hand: two vectors of pairs, lane i of which follow one another.
struct Generator {
  Word x0, y0, x1, y1;
  Word step;

  explicit Generator(std::uint64_t state) {
    const Words d;
    const std::size_t lanes = hn::Lanes(d);
    HWY_ALIGN std::uint64_t first[2 * most_lanes];
    std::uint64_t power = ep::multiplier;
    for (std::size_t pair = 0; pair < 2 * lanes; ++pair) {
      first[pair] = (state * power) << ep::unused_bits;
      power *= ep::multiplier * ep::multiplier;
    }
    const Word a = hn::Set(d, ep::multiplier);
    x0 = hn::Load(d, first);
    x1 = hn::LoadU(d, first + lanes);
    y0 = hn::Mul(x0, a);
    y1 = hn::Mul(x1, a);
    step = hn::Set(d, ep::power(ep::multiplier, 4 * lanes));
  }

  HWY_INLINE void advance() {
    x0 = hn::Mul(x0, step);
    y0 = hn::Mul(y0, step);
    x1 = hn::Mul(x1, step);
    y1 = hn::Mul(y1, step);
  }
};

/// Adds the deviates of points, a vector at a time.
class Sums {
 public:
  Sums() : x_(hn::Zero(Integers())), y_(hn::Zero(Integers())), packed_(hn::Zero(Words())) {}

  HWY_INLINE void add(const double* at_x, const double* at_y) {
    const Reals d;
    const Integers di;
    const Real x = hn::Load(d, at_x), y = hn::Load(d, at_y);
    const Real t = squared_norm(x, y);
    const Real scale = hn::Sqrt(hn::Div(hn::Mul(hn::Set(d, -2.0), math::Log(d, t)), t));
    const Real deviate_x = hn::Mul(x, scale), deviate_y = hn::Mul(y, scale);
    // Adding 48 leaves a double with 47 bits after the point; the words of such doubles count in units of it.
    x_ = hn::Add(x_, hn::BitCast(di, hn::Add(deviate_x, hn::Set(d, rounding))));
    y_ = hn::Add(y_, hn::BitCast(di, hn::Add(deviate_y, hn::Set(d, rounding))));
    ++vectors_;
    count(hn::Max(hn::Abs(deviate_x), hn::Abs(deviate_y)));
  }

  void finish(ep::Tally& tally) {
    flush();
    const Integers di;
    const std::int64_t values = vectors_ * static_cast<std::int64_t>(hn::Lanes(di));
    // In wrapping arithmetic: the word of `rounding` is large.
    const auto total = [&](Integer words) {
      const auto sum = static_cast<std::uint64_t>(hn::GetLane(hn::SumOfLanes(di, words)));
      return static_cast<std::int64_t>(sum - static_cast<std::uint64_t>(values) * rounding_word);
    };
    tally.sum_x += total(x_);
    tally.sum_y += total(y_);
    for (int annulus = 0; annulus < ep::annuli; ++annulus) tally.counts[annulus] += counts_[annulus];
  }

 private:
  static constexpr double rounding = 48.0;  // 1.5·2^5
  static constexpr std::uint64_t rounding_word = 0x4048000000000000ULL;

  /// Eight counts of 8 bits in a word of each lane; they are emptied before one overflows.
  HWY_INLINE void count(Real norm) {
    const Reals d;
    const Words du;
    if (HWY_UNLIKELY(!hn::AllTrue(d, hn::Lt(norm, hn::Set(d, 8.0))))) return count_each(norm);
    const auto annulus = hn::BitCast(du, hn::ConvertTo(Integers(), norm));
    packed_ = hn::Add(packed_, hn::Shl(hn::Set(du, 1), hn::ShiftLeft<3>(annulus)));
    if (HWY_UNLIKELY(++unflushed_ == 255)) flush();
  }

  HWY_NOINLINE void count_each(Real norm) {
    const Reals d;
    HWY_ALIGN double values[most_lanes];
    hn::Store(norm, d, values);
    for (std::size_t lane = 0; lane < hn::Lanes(d); ++lane) {
      ++counts_[std::min(static_cast<int>(values[lane]), ep::annuli - 1)];
    }
  }

  HWY_NOINLINE void flush() {
    const Words du;
    HWY_ALIGN std::uint64_t words[most_lanes];
    hn::Store(packed_, du, words);
    for (std::size_t lane = 0; lane < hn::Lanes(du); ++lane) {
      for (int annulus = 0; annulus < 8; ++annulus) {
        counts_[annulus] += static_cast<std::int64_t>(words[lane] >> (8 * annulus) & 0xFF);
      }
    }
    packed_ = hn::Zero(du);
    unflushed_ = 0;
  }

  Integer x_;
  Integer y_;
  Word packed_;
  int unflushed_ = 0;
  std::int64_t vectors_ = 0;
  std::array<std::int64_t, ep::annuli> counts_{};
};

/// The deviates of all whole vectors of accepted points; what is left moves to the front.
HWY_INLINE void add_whole_vectors(Accepted& accepted, Sums& sums) {
  const Reals d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t done = 0;
  for (; done + lanes <= accepted.size; done += lanes) sums.add(accepted.x + done, accepted.y + done);
  hn::Store(hn::Load(d, accepted.x + done), d, accepted.x);
  hn::Store(hn::Load(d, accepted.y + done), d, accepted.y);
  accepted.size -= done;
}

/// Adds what one block comes to, which begins at r(0) = `state`.
void add_block(std::uint64_t state, ep::Tally& tally) {
  const std::size_t lanes = hn::Lanes(Words());
  Generator generator(state);
  Accepted accepted;
  Sums sums;
  for (std::size_t pair = 0; pair < ep::block_pairs; pair += stretch_pairs) {
    for (std::size_t i = 0; i < stretch_pairs; i += 2 * lanes) {
      accept(generator.x0, generator.y0, accepted);
      accept(generator.x1, generator.y1, accepted);
      generator.advance();
    }
    add_whole_vectors(accepted, sums);
  }
  // The last vector is filled up with the point (1, 0), whose deviates are 0.
  const auto padding = static_cast<std::int64_t>((lanes - accepted.size) % lanes);
  for (; accepted.size % lanes != 0; ++accepted.size) {
    accepted.x[accepted.size] = 1;
    accepted.y[accepted.size] = 0;
  }
  if (accepted.size != 0) sums.add(accepted.x, accepted.y);
  sums.finish(tally);
  tally.counts[0] -= padding;
}

}  // namespace HWY_NAMESPACE
}  // namespace
}  // namespace fanfold
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fanfold {
namespace {

HWY_EXPORT(add_block);

__extension__ using Int128 = __int128;

/// A problem size of the specification, and the sums of X and Y that it publishes.
struct ProblemClass {
  std::string_view name;
  int blocks_log2;
  double sum_x;
  double sum_y;
};
constexpr ProblemClass classes[] = {
    {"S", 8, -3247.834652034740, -6958.407078382297},  {"W", 9, -2863.319731645753, -6320.053679109499},
    {"A", 12, -4295.875165629892, -15807.32573678431}, {"B", 14, 40338.15542441498, -26606.69192809235},
    {"C", 16, 47643.67927995374, -80840.72988043731},  {"D", 20, 198248.1200946593, -102059.6636361769},
    {"E", 24, -531971.7441530, -368883.4557731}};

const ProblemClass* find_class(std::string_view name) {
  const auto found = std::find_if(std::begin(classes), std::end(classes),
                                  [&](const ProblemClass& each) { return each.name == name; });
  return found == std::end(classes) ? nullptr : found;
}

class Ep final : public Kernel {
 public:
  const KernelInfo& info() const override { return info_; }

  void run(const Batch& batch, Results& results) const override {
    const auto names = batch.texts(0);
    const auto parts = batch.integers(1);
    const auto part_counts = batch.integers(2);
    for (std::size_t task = 0; task < batch.size(); ++task) {
      const ProblemClass* const problem = find_class(names[task]);
      if (problem == nullptr) {
        results.fail(task, "class = \"" + std::string(names[task]) + "\" is none of S, W, A, B, C, D, E");
      } else if (parts[task] >= part_counts[task]) {
        results.fail(task, "part = " + std::to_string(parts[task]) +
                               " is not below parts = " + std::to_string(part_counts[task]));
      } else {
        run_part(batch, task, *problem, Int128{parts[task]}, Int128{part_counts[task]}, results);
      }
      if (batch.stop_requested()) return;
    }
  }

 private:
  static void run_part(const Batch& batch, std::size_t task, const ProblemClass& problem, Int128 part,
                       Int128 parts, Results& results) {
    const Int128 blocks = Int128{1} << problem.blocks_log2;
    const auto first = static_cast<std::uint64_t>(blocks * part / parts);
    const auto end = static_cast<std::uint64_t>(blocks * (part + 1) / parts);
    const std::uint64_t block_power = ep::power(ep::multiplier, 2 * ep::block_pairs);
    std::uint64_t state = ep::seed * ep::power(block_power, first);
    Int128 sum_x = 0, sum_y = 0;
    ep::Tally total;
    for (std::uint64_t block = first; block < end && !batch.stop_requested(); ++block) {
      HWY_DYNAMIC_DISPATCH(add_block)(state, total);
      // A block's sums fit: 2^16 deviates of less than 2^3 each on average, in units of 2^-47, cannot but.
      sum_x += std::exchange(total.sum_x, 0);
      sum_y += std::exchange(total.sum_y, 0);
      state *= block_power;
    }
    results.reals(0)[task] = std::ldexp(static_cast<double>(sum_x), -47);
    results.reals(1)[task] = std::ldexp(static_cast<double>(sum_y), -47);
    results.integers(2)[task] = static_cast<std::int64_t>((end - first) * ep::block_pairs);
    results.integers(3)[task] = std::accumulate(total.counts.begin(), total.counts.end(), std::int64_t{0});
    results.reals(4)[task] = problem.sum_x;
    results.reals(5)[task] = problem.sum_y;
    for (std::size_t annulus = 0; annulus < total.counts.size(); ++annulus) {
      results.integers(6 + annulus)[task] = total.counts[annulus];
    }
  }

  static std::vector<Result> result_list() {
    std::vector<Result> list{{"sx", Type::real, "sum of the deviates X of the part"},
                             {"sy", Type::real, "sum of the deviates Y"},
                             {"pairs", Type::integer, "pairs that were drawn"},
                             {"accepted", Type::integer, "pairs in the unit circle"},
                             {"published_sx", Type::real, "the published sum of X of the whole class"},
                             {"published_sy", Type::real, "the published sum of Y"}};
    for (int annulus = 0; annulus < ep::annuli; ++annulus) {
      const std::string from = std::to_string(annulus);
      list.push_back({"q" + from, Type::integer,
                      "accepted pairs with " + from + " <= max(|X|, |Y|)" +
                          (annulus + 1 < ep::annuli ? " < " + std::to_string(annulus + 1) : "")});
    }
    return list;
  }

  const KernelInfo info_{
      .name = "ep",
      .summary = "a part of the NAS benchmark EP: normal deviates by the polar method, their sums and counts",
      .source =
          "Bailey et al.: The NAS parallel benchmarks, 1994, and NPB 3.4: EP. A deviate is "
          "within 4 ULP of that of its t, and rounded to a multiple of 2^-47; the sums of those are exact",
      .takes_input = false,
      .draws_random = false,
      .parameters =
          {{"class", Type::text, "the problem size: S, W, A, B, C, D or E", Value{std::string("S")}, {}},
           {"part", Type::integer, "which part of the class, from 0 on", {}, 0.0},
           {"parts", Type::integer, "how many parts the class is cut into (blocks of 2^16 pairs)",
            Value{std::int64_t{256}}, 1.0}},
      .results = result_list()};
};

}  // namespace

const Kernel& ep_kernel() {
  static const Ep kernel;
  return kernel;
}

}  // namespace fanfold
#endif  // HWY_ONCE
