// The kernel `black_scholes`: what European options are worth, by the closed form and by Monte Carlo.
//
// With d1 = (log(S/K) + (r + v²/2)·T) / (v·√T) and d2 = d1 - v·√T,
//   call = S·N(d1) - K·e^(-rT)·N(d2), put = K·e^(-rT)·N(-d2) - S·N(-d1), N(d) = erfc(-d/√2)/2.
// A path of the Monte Carlo method ends at S·e^((r - v²/2)·T + v·√T·z), z normal; a European option needs no
// more of it. Paths 2p and 2p + 1 take the two normals that Box and Muller's method makes of numbers 2p and
// 2p + 1 of the task (kernel/uniform_numbers.hpp): z = √(-2·log(1 - u))·cos(2πv) and the same with sin.
// Payoffs are summed without rounding, so that no order of the paths matters.
#include <fanfold/kernel.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>

#include "core/exact_sum.hpp"
#include "kernel/uniform_numbers.hpp"

#ifndef FANFOLD_KERNEL_BLACK_SCHOLES_SHARED
#define FANFOLD_KERNEL_BLACK_SCHOLES_SHARED
namespace fanfold::black_scholes {

/// The columns of a batch.
struct Options {
  std::span<const double> spot, strike, rate, volatility, years;
};

/// Paths are drawn so many at a time.
constexpr std::size_t stretch = 1024;

/// An option as its paths see it.
struct PathEnds {
  double spot;
  double strike;
  double drift;      ///< of the logarithm of the price, until the end
  double deviation;  ///< its standard deviation
  double discount;   ///< the logarithm of what a payoff at the end is worth today
};

}  // namespace fanfold::black_scholes
#endif  // FANFOLD_KERNEL_BLACK_SCHOLES_SHARED

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel/black_scholes.cpp"
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
using Real = hn::Vec<Reals>;

/// The distribution function of the normal distribution.
HWY_INLINE Real normal_below(Real d) {
  const Reals tag;
  return hn::Mul(hn::Set(tag, 0.5), math::Erfc(tag, hn::Mul(d, hn::Set(tag, -0x1.6a09e667f3bcdp-1))));
}

struct Prices {
  Real call;
  Real put;
};

HWY_INLINE Prices prices(Real spot, Real strike, Real rate, Real volatility, Real years) {
  const Reals d;
  const Real half = hn::Set(d, 0.5);
  const Real deviation = hn::Mul(volatility, hn::Sqrt(years));
  const Real growth = hn::Mul(hn::MulAdd(hn::Mul(volatility, volatility), half, rate), years);
  const Real d1 = hn::Div(hn::Add(math::Log(d, hn::Div(spot, strike)), growth), deviation);
  const Real d2 = hn::Sub(d1, deviation);
  const Real discounted = hn::Mul(strike, math::Exp(d, hn::Neg(hn::Mul(rate, years))));
  const Real call = hn::MulSub(spot, normal_below(d1), hn::Mul(discounted, normal_below(d2)));
  const Real put =
      hn::MulSub(discounted, normal_below(hn::Neg(d2)), hn::Mul(spot, normal_below(hn::Neg(d1))));
  // Without uncertainty an option is worth what it pays, discounted; there d1 is infinite or NaN.
  const auto certain = hn::Eq(deviation, hn::Zero(d));
  const Real difference = hn::Sub(spot, discounted);
  return {hn::IfThenElse(certain, hn::Max(difference, hn::Zero(d)), call),
          hn::IfThenElse(certain, hn::Max(hn::Neg(difference), hn::Zero(d)), put)};
}

void price_all(const black_scholes::Options& options, std::span<double> calls, std::span<double> puts) {
  const Reals d;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t rows = calls.size();
  std::size_t row = 0;
  for (; row + lanes <= rows; row += lanes) {
    const auto load = [&](std::span<const double> column) HWY_ATTR { return hn::LoadU(d, &column[row]); };
    const Prices found = prices(load(options.spot), load(options.strike), load(options.rate),
                                load(options.volatility), load(options.years));
    hn::StoreU(found.call, d, &calls[row]);
    hn::StoreU(found.put, d, &puts[row]);
  }
  for (; row < rows; ++row) {
    const auto set = [&](std::span<const double> column) HWY_ATTR { return hn::Set(d, column[row]); };
    const Prices found = prices(set(options.spot), set(options.strike), set(options.rate),
                                set(options.volatility), set(options.years));
    calls[row] = hn::GetLane(found.call);
    puts[row] = hn::GetLane(found.put);
  }
}

/// Turns uniform numbers into the discounted payoffs of a call and of a put, one path for each number.
/// Precondition: their number is a multiple of 16.
void payoffs(const black_scholes::PathEnds& ends, std::span<const double> uniform, std::span<double> calls,
             std::span<double> puts) {
  const Reals d;
  const std::size_t lanes = hn::Lanes(d);
  const Real spot = hn::Set(d, ends.spot), strike = hn::Set(d, ends.strike);
  const Real drift = hn::Set(d, ends.drift), deviation = hn::Set(d, ends.deviation);
  const Real discount = math::Exp(d, hn::Set(d, ends.discount));
  const auto end_of = [&](Real normal) HWY_ATTR {
    return hn::Mul(spot, math::Exp(d, hn::MulAdd(deviation, normal, drift)));
  };
  const auto payoff = [&](Real gain) HWY_ATTR { return hn::Mul(discount, hn::Max(gain, hn::Zero(d))); };
  for (std::size_t path = 0; path < uniform.size(); path += 2 * lanes) {
    Real u, v;
    hn::LoadInterleaved2(d, &uniform[path], u, v);
    const Real squared = hn::Mul(hn::Set(d, -2.0), math::Log(d, hn::Sub(hn::Set(d, 1.0), u)));
    const Real radius = hn::Sqrt(squared);
    const Real angle = hn::Mul(v, hn::Set(d, 0x1.921fb54442d18p+2));
    const Real even = end_of(hn::Mul(radius, math::Cos(d, angle)));
    const Real odd = end_of(hn::Mul(radius, math::Sin(d, angle)));
    hn::StoreInterleaved2(payoff(hn::Sub(even, strike)), payoff(hn::Sub(odd, strike)), d, &calls[path]);
    hn::StoreInterleaved2(payoff(hn::Sub(strike, even)), payoff(hn::Sub(strike, odd)), d, &puts[path]);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace
}  // namespace fanfold
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fanfold {
namespace {

HWY_EXPORT(price_all);
HWY_EXPORT(payoffs);

using black_scholes::Options;
using black_scholes::PathEnds;

/// The mean of payoffs, and its standard error.
class Mean {
 public:
  void add(std::span<const double> values) {
    count_ += static_cast<double>(values.size());
    sum_.add(values);
    squares_.add_squares(values);
  }
  double value() const { return sum_.rounded() / count_; }
  double error() const {
    if (count_ < 2) return std::numeric_limits<double>::quiet_NaN();
    const double variance = std::max(squares_.rounded() / count_ - value() * value(), 0.0);
    return std::sqrt(variance / (count_ - 1));
  }

 private:
  double count_ = 0;
  ExactSum sum_;
  ExactSum squares_;
};

class BlackScholes final : public Kernel {
 public:
  const KernelInfo& info() const override { return info_; }

  void run(const Batch& batch, Results& results) const override {
    const Options options{batch.reals(0), batch.reals(1), batch.reals(2), batch.reals(3), batch.reals(4)};
    HWY_DYNAMIC_DISPATCH(price_all)(options, results.reals(0), results.reals(1));
    for (std::size_t task = 0; task < batch.size() && !batch.stop_requested(); ++task) {
      if (!(options.spot[task] > 0) || !(options.strike[task] > 0)) {
        results.fail(task, "spot and strike must be above 0");
      } else {
        simulate(batch, task, options, results);
      }
    }
  }

 private:
  static void simulate(const Batch& batch, std::size_t task, const Options& options, Results& results) {
    const auto paths = static_cast<std::uint64_t>(batch.integers(5)[task]);
    const double rate = options.rate[task], years = options.years[task];
    const double volatility = options.volatility[task];
    const PathEnds ends{options.spot[task], options.strike[task],
                        (rate - 0.5 * volatility * volatility) * years, volatility * std::sqrt(years),
                        -rate * years};
    const RandomStream random = batch.random(task);
    Mean calls, puts;
    std::array<double, black_scholes::stretch> uniform, of_call, of_put;
    for (std::uint64_t first = 0; first < paths && !batch.stop_requested(); first += uniform.size()) {
      // A whole stretch is drawn; of the last one, so many as are wanted count.
      fill_uniform(random, first / 2, uniform);
      HWY_DYNAMIC_DISPATCH(payoffs)(ends, uniform, of_call, of_put);
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(uniform.size(), paths - first));
      calls.add(std::span(of_call).first(count));
      puts.add(std::span(of_put).first(count));
    }
    const double none = std::numeric_limits<double>::quiet_NaN();
    results.reals(2)[task] = paths == 0 ? none : calls.value();
    results.reals(3)[task] = paths == 0 ? none : calls.error();
    results.reals(4)[task] = paths == 0 ? none : puts.value();
    results.reals(5)[task] = paths == 0 ? none : puts.error();
  }

  const KernelInfo info_{
      .name = "black_scholes",
      .summary = "what European options without dividends are worth: closed form, and Monte Carlo paths",
      .source =
          "Black, Scholes: The pricing of options and corporate liabilities, 1973; Box, Muller: A note on "
          "the "
          "generation of random normal deviates, 1958; the closed form is within 4e-16 of the spot and "
          "strike "
          "together",
      .takes_input = false,
      .draws_random = true,
      .parameters =
          {{"spot", Type::real, "price of the share today", {}, 0.0, "currency"},
           {"strike", Type::real, "price at which the option buys or sells it", {}, 0.0, "currency"},
           {"rate",
            Type::real,
            "riskless interest, compounded continuously: 0.05 is 5%",
            Value{0.0},
            {},
            "1/year"},
           {"volatility", Type::real, "standard deviation of the share's logarithm in a year", Value{0.2},
            0.0, "1/√year"},
           {"years", Type::real, "time until the option ends", Value{1.0}, 0.0, "year"},
           {"paths", Type::integer, "Monte Carlo paths; without any, the closed form alone",
            Value{std::int64_t{0}}, 0.0}},
      .results = {
          {"call", Type::real, "value of the right to buy, by the closed form", "currency"},
          {"put", Type::real, "value of the right to sell", "currency"},
          {"simulated_call", Type::real, "value of the right to buy, by paths (NaN without)", "currency"},
          {"call_error", Type::real, "its standard error (NaN below two paths)", "currency"},
          {"simulated_put", Type::real, "value of the right to sell, by paths (NaN without)", "currency"},
          {"put_error", Type::real, "its standard error", "currency"}}};
};

}  // namespace

const Kernel& black_scholes_kernel() {
  static const BlackScholes kernel;
  return kernel;
}

}  // namespace fanfold
#endif  // HWY_ONCE
