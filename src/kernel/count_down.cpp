// The kernel `count_down`: work that is proportional to x, and then x². It stands for a long computation
// wherever the scheduling is what matters: the countdown is executed, step by step, and uses no memory.
#include <fanfold/kernel.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

namespace fanfold {
namespace {

/// Counts down `steps` times. The empty assembly keeps the compiler from knowing where the countdown ends.
void count_down(std::int64_t steps) {
  while (steps > 0) {
    --steps;
    asm volatile("" : "+r"(steps));
  }
}

class CountDown final : public Kernel {
 public:
  const KernelInfo& info() const override { return info_; }

  void run(const Batch& batch, Results& results) const override {
    const auto x = batch.reals(0);
    const auto steps_per_unit = batch.integers(1);
    const auto steps = results.integers(0);
    const auto squares = results.reals(1);
    for (std::size_t task = 0; task < batch.size() && !batch.stop_requested(); ++task) {
      const double wanted = std::ceil(x[task] * static_cast<double>(steps_per_unit[task]));
      if (!(wanted < 0x1p63)) {
        results.fail(task, "x·steps_per_unit is not a number below 2^63");
        continue;
      }
      steps[task] = std::max(std::int64_t{0}, static_cast<std::int64_t>(std::max(wanted, 0.0)));
      squares[task] = x[task] * x[task];
      count_down_in_stretches(batch, steps[task]);
    }
  }

 private:
  /// After each stretch, of a millisecond or so, the run can be stopped.
  static void count_down_in_stretches(const Batch& batch, std::int64_t steps) {
    constexpr std::int64_t stretch = 1 << 21;
    for (; steps > 0 && !batch.stop_requested(); steps -= stretch) count_down(std::min(steps, stretch));
  }

  const KernelInfo info_{
      .name = "count_down",
      .summary = "counts down from x·steps_per_unit, then squares x: work in proportion to x",
      .source = "a loop of n steps, which no one shortens",
      .takes_input = false,
      .draws_random = false,
      .parameters = {{"x", Type::real, "units of work; nothing is counted below 0", {}, {}},
                     {"steps_per_unit", Type::integer, "steps of the countdown for each unit of x",
                      Value{std::int64_t{20'000'000}}, 0.0}},
      .results = {{"steps", Type::integer, "the steps that were counted: x·steps_per_unit, rounded up"},
                  {"square", Type::real, "x²"}}};
};

}  // namespace

const Kernel& count_down_kernel() {
  static const CountDown kernel;
  return kernel;
}

}  // namespace fanfold
