// The kernel `sort`: each task draws an array of its own random numbers, sorts it and gives order statistics.
#include <hwy/contrib/sort/vqsort.h>
#include <fanfold/kernel.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "kernel/uniform_numbers.hpp"

namespace fanfold {
namespace {

/// More would take 32 GiB for one task.
constexpr std::int64_t most_numbers = std::int64_t{1} << 32;

/// Numbers between two looks at whether the run is being stopped: less than a millisecond.
constexpr std::size_t stretch = std::size_t{1} << 18;

/// Uniform numbers in [0, 1): 2p and 2p + 1 are made of the halves of block p of the stream. False: the run
/// is being stopped.
bool draw(const Batch& batch, const RandomStream& random, std::vector<double>& numbers) {
  for (std::size_t first = 0; first < numbers.size(); first += stretch) {
    if (batch.stop_requested()) return false;
    const std::size_t count = std::min(stretch, numbers.size() - first);
    fill_uniform(random, first / 2, std::span(numbers).subspan(first, count));
  }
  return true;
}

/// The quantile of sorted numbers by linear interpolation between the two nearest (Hyndman, Fan: Sample
/// quantiles in statistical packages. The American Statistician 50, 1996: type 7).
double quantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  if (below + 1 >= sorted.size()) return sorted.back();
  return std::fma(place - std::floor(place), sorted[below + 1] - sorted[below], sorted[below]);
}

class Sort final : public Kernel {
 public:
  const KernelInfo& info() const override { return info_; }

  void run(const Batch& batch, Results& results) const override {
    const auto sizes = batch.integers(0);
    std::vector<double> numbers;
    const hwy::Sorter sorter;
    for (std::size_t task = 0; task < batch.size(); ++task) {
      if (sizes[task] > most_numbers) {
        results.fail(task, "numbers is over 2^32");
        continue;
      }
      numbers.resize(static_cast<std::size_t>(sizes[task]));
      if (!draw(batch, batch.random(task), numbers)) return;
      sorter(numbers.data(), numbers.size(), hwy::SortAscending());
      constexpr double shares[] = {0, 0.25, 0.5, 0.75, 1};
      for (std::size_t result = 0; result < std::size(shares); ++result) {
        results.reals(result)[task] = quantile(numbers, shares[result]);
      }
    }
  }

 private:
  const KernelInfo info_{
      .name = "sort",
      .summary = "draws uniform random numbers of [0, 1), sorts them and gives their quartiles",
      .source =
          "Blacher, Giesen, Sanders, Wassenberg: Vectorized and performance-portable quicksort, 2022; "
          "quartiles as Hyndman and Fan, 1996, type 7",
      .takes_input = false,
      .draws_random = true,
      .parameters = {{"numbers", Type::integer, "how many numbers a task draws and sorts (8 bytes each)",
                      Value{std::int64_t{1'000'000}}, 1.0}},
      .results = {{"lowest", Type::real, "the smallest number"},
                  {"lower_quartile", Type::real, "a quarter of the numbers are below"},
                  {"middle", Type::real, "the median"},
                  {"upper_quartile", Type::real, "a quarter of the numbers are above"},
                  {"highest", Type::real, "the largest number"}}};
};

}  // namespace

const Kernel& sort_kernel() {
  static const Sort kernel;
  return kernel;
}

}  // namespace fanfold
