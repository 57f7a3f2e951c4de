// The kernel `mandelbrot`: a tile of a picture of the Mandelbrot set.
//
// The iterations of a point c are the number of k from 1 to `limit` with |z(k)| <= 2, where z(1) = c and
// z(k + 1) = z(k)² + c; all of them: the point counts as inside. No operation is fused, so that all targets
// agree. A shade is 0 inside, else 1 + iterations mod 255.
#include <fanfold/kernel.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "core/tile.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel/mandelbrot.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace fanfold {
namespace {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Reals = hn::CappedTag<double, 8>;
using Integers = hn::RebindToSigned<Reals>;
using Real = hn::Vec<Reals>;
using Integer = hn::Vec<Integers>;

/// A vector of points under way.
struct Orbits {
  Real c_x, c_y, x, y;
  Integer iterations;

  Orbits(Real at_x, Real at_y) : c_x(at_x), c_y(at_y), x(at_x), y(at_y), iterations(hn::Zero(Integers())) {}

  /// Counts those that have not escaped, and moves on; returns which. What has escaped never returns.
  HWY_INLINE hn::Mask<Reals> step() {
    const Reals d;
    const Integers di;
    const Real squared_x = hn::Mul(x, x), squared_y = hn::Mul(y, y), product = hn::Mul(x, y);
    const auto bounded = hn::Le(hn::Add(squared_x, squared_y), hn::Set(d, 4.0));
    iterations = hn::Sub(iterations, hn::VecFromMask(di, hn::RebindMask(di, bounded)));
    x = hn::Add(hn::Sub(squared_x, squared_y), c_x);
    y = hn::Add(hn::Add(product, product), c_y);
    return bounded;
  }
};

/// The iterations of points (xs[i], y). Precondition: their number is a multiple of 32.
void iterate(const double* xs, double y, std::size_t points, std::int64_t limit, std::int64_t* iterations) {
  const Reals d;
  const Integers di;
  const std::size_t lanes = hn::Lanes(d);
  const Real c_y = hn::Set(d, y);
  // Four at a time: each step of one has to wait for the step before.
  for (std::size_t at = 0; at < points; at += 4 * lanes) {
    Orbits o0(hn::LoadU(d, xs + at), c_y), o1(hn::LoadU(d, xs + at + lanes), c_y);
    Orbits o2(hn::LoadU(d, xs + at + 2 * lanes), c_y), o3(hn::LoadU(d, xs + at + 3 * lanes), c_y);
    for (std::int64_t k = 0; k < limit; ++k) {
      const auto bounded01 = hn::Or(o0.step(), o1.step());
      const auto bounded23 = hn::Or(o2.step(), o3.step());
      if (hn::AllFalse(d, hn::Or(bounded01, bounded23))) break;
    }
    hn::StoreU(o0.iterations, di, iterations + at);
    hn::StoreU(o1.iterations, di, iterations + at + lanes);
    hn::StoreU(o2.iterations, di, iterations + at + 2 * lanes);
    hn::StoreU(o3.iterations, di, iterations + at + 3 * lanes);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace
}  // namespace fanfold
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fanfold {
namespace {

HWY_EXPORT(iterate);

constexpr std::int64_t largest_side = 1 << 14;

/// The picture and the part of the plane that it shows.
struct View {
  std::int64_t width, height;
  double center_x, center_y, pixel;

  double x_of(std::int64_t column) const {
    return center_x + (static_cast<double>(column) + 0.5 - 0.5 * static_cast<double>(width)) * pixel;
  }
  double y_of(std::int64_t row) const {
    return center_y - (static_cast<double>(row) + 0.5 - 0.5 * static_cast<double>(height)) * pixel;
  }
};

class Mandelbrot final : public Kernel {
 public:
  const KernelInfo& info() const override { return info_; }

  void run(const Batch& batch, Results& results) const override {
    for (std::size_t task = 0; task < batch.size() && !batch.stop_requested(); ++task) {
      const std::int64_t column = batch.integers(0)[task], row = batch.integers(1)[task];
      const std::int64_t side = batch.integers(2)[task];
      const std::int64_t width = batch.integers(3)[task], height = batch.integers(4)[task];
      if (std::max({side, width, height}) > largest_side) {
        results.fail(task, "side, width and height can be 16384 at most");
      } else if (column >= (width + side - 1) / side || row >= (height + side - 1) / side) {
        results.fail(task, "the tile in column " + std::to_string(column) + " and row " +
                               std::to_string(row) + " is beyond the picture");
      } else {
        draw(batch, task, results);
      }
    }
  }

 private:
  static void draw(const Batch& batch, std::size_t task, Results& results) {
    const std::int64_t side = batch.integers(2)[task], limit = batch.integers(8)[task];
    const View view{batch.integers(3)[task], batch.integers(4)[task], batch.reals(5)[task],
                    batch.reals(6)[task],
                    batch.reals(7)[task] / static_cast<double>(batch.integers(3)[task])};
    const std::int64_t left = batch.integers(0)[task] * side, top = batch.integers(1)[task] * side;
    const std::int64_t columns = std::min(side, view.width - left), rows = std::min(side, view.height - top);
    Tile tile{static_cast<std::uint32_t>(left),
              static_cast<std::uint32_t>(top),
              static_cast<std::uint32_t>(columns),
              static_cast<std::uint32_t>(rows),
              static_cast<std::uint32_t>(view.width),
              static_cast<std::uint32_t>(view.height),
              {}};
    // Filled up with points that escape at once.
    std::vector<double> xs(static_cast<std::size_t>((columns + 31) / 32 * 32), 4.0);
    for (std::int64_t i = 0; i < columns; ++i) xs[static_cast<std::size_t>(i)] = view.x_of(left + i);
    std::vector<std::int64_t> iterations(xs.size());
    std::int64_t inside = 0, total = 0;
    for (std::int64_t row = 0; row < rows && !batch.stop_requested(); ++row) {
      HWY_DYNAMIC_DISPATCH(iterate)
      (xs.data(), view.y_of(top + row), xs.size(), limit, iterations.data());
      for (std::int64_t i = 0; i < columns; ++i) {
        const std::int64_t count = iterations[static_cast<std::size_t>(i)];
        total += count;
        inside += count == limit ? 1 : 0;
        tile.shades.push_back(count == limit ? 0 : static_cast<std::uint8_t>(1 + count % 255));
      }
    }
    results.integers(0)[task] = total;
    results.integers(1)[task] = inside;
    results.text(2, task, tile_text(tile));
  }

  const KernelInfo info_{
      .name = "mandelbrot",
      .summary = "a tile of a picture of the Mandelbrot set, which `picture(tile)` in [reduce] assembles",
      .source =
          "Brooks, Matelski: The dynamics of 2-generator subgroups of PSL(2, C), 1981; exact for the doubles "
          "that the iteration gives",
      .takes_input = false,
      .draws_random = false,
      .parameters = {{"column", Type::integer, "which tile of its row, from the left", {}, 0.0},
                     {"row", Type::integer, "in which row of tiles, from the top", {}, 0.0},
                     {"side", Type::integer, "width and height of a tile", Value{std::int64_t{32}}, 1.0,
                      "pixel"},
                     {"width", Type::integer, "of the picture", Value{std::int64_t{1024}}, 1.0, "pixel"},
                     {"height", Type::integer, "of the picture", Value{std::int64_t{768}}, 1.0, "pixel"},
                     {"center_x", Type::real, "real part of the point in the middle", Value{-0.5}, {}},
                     {"center_y", Type::real, "its imaginary part", Value{0.0}, {}},
                     {"span", Type::real, "width of the picture in the plane", Value{3.5}, 0.0},
                     {"limit", Type::integer, "iterations after which a point counts as inside",
                      Value{std::int64_t{1000}}, 1.0}},
      .results = {{"iterations", Type::integer, "of all pixels of the tile"},
                  {"inside", Type::integer, "how many pixels are inside"},
                  {"tile", Type::text, "the tile, for `picture(tile)`"}}};
};

}  // namespace

const Kernel& mandelbrot_kernel() {
  static const Mandelbrot kernel;
  return kernel;
}

}  // namespace fanfold
#endif  // HWY_ONCE
