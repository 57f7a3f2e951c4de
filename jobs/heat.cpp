// The kernel of heat.toml: a rod of 1 m and 100 degrees, whose ends are held at 0 degrees, cools.
#include <fanfold/kernel.hpp>

#include <vector>

namespace {

/// The temperature in the middle, by explicit finite differences in so many cells.
double middle_of_rod(double diffusivity, double seconds, std::int64_t cells, fanfold::StopRequest stop) {
  const double width = 1.0 / static_cast<double>(cells);
  // Up to a factor of 1/2 the scheme is stable.
  const auto steps = static_cast<std::int64_t>(seconds * diffusivity / (0.4 * width * width)) + 1;
  const double factor = seconds / static_cast<double>(steps) * diffusivity / (width * width);
  std::vector<double> now(static_cast<std::size_t>(cells) + 1, 100.0);
  now.front() = now.back() = 0.0;
  std::vector<double> next = now;
  for (std::int64_t step = 0; step < steps && !stop.made(); ++step) {
    for (std::size_t i = 1; i + 1 < now.size(); ++i) {
      next[i] = now[i] + factor * (now[i - 1] - 2.0 * now[i] + now[i + 1]);
    }
    now.swap(next);
  }
  return now[now.size() / 2];
}

}  // namespace

FANFOLD_KERNELS(fanfold::per_task("heat", "a rod of 1 m and 100 °C, its ends held at 0 °C, cools",
                                  middle_of_rod)
                    .parameter("diffusivity", "thermal diffusivity of the rod")
                    .unit("m²/s")
                    .minimum(0)
                    .parameter("seconds", "for which it cools", 600.0)
                    .unit("s")
                    .minimum(0)
                    .parameter("cells", "of the finite differences", 200)
                    .minimum(2)
                    .result("middle", "temperature in the middle")
                    .unit("°C"))
