// The kernel `mandelbrot` against a scalar loop, on every target the same bits.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/tile.hpp"
#include "kernel/kernel_run.hpp"

namespace fanfold {
namespace {

struct View {
  std::int64_t side, width, height;
  double center_x, center_y, span;
  std::int64_t limit;
};

KernelRun drawn(const std::vector<std::int64_t>& columns, const std::vector<std::int64_t>& rows,
                const View& view) {
  KernelRun run("mandelbrot");
  const auto integers = [&](std::int64_t value) { run.integers(std::vector(columns.size(), value)); };
  const auto reals = [&](double value) { run.reals(std::vector(columns.size(), value)); };
  run.integers(columns).integers(rows);
  integers(view.side), integers(view.width), integers(view.height);
  reals(view.center_x), reals(view.center_y), reals(view.span);
  integers(view.limit);
  run.run();
  return run;
}

std::int64_t iterations_of(double x, double y, std::int64_t limit) {
  double zx = x, zy = y;
  std::int64_t count = 0;
  for (; count < limit && zx * zx + zy * zy <= 4; ++count) {
    const double next = zx * zx - zy * zy + x;
    zy = 2 * (zx * zy) + y;
    zx = next;
  }
  return count;
}

void expect_tile(KernelRun& run, std::size_t task, std::int64_t column, std::int64_t row, const View& view) {
  const auto tile = parse_tile(run.results[2].texts()[task]);
  ASSERT_TRUE(tile);
  EXPECT_EQ(tile->left, column * view.side);
  EXPECT_EQ(tile->top, row * view.side);
  std::int64_t total = 0, inside = 0;
  std::vector<std::uint8_t> shades;
  const double pixel = view.span / static_cast<double>(view.width);
  for (std::int64_t v = tile->top; v < tile->top + tile->height; ++v) {
    for (std::int64_t u = tile->left; u < tile->left + tile->width; ++u) {
      const double x =
          view.center_x + (static_cast<double>(u) + 0.5 - 0.5 * static_cast<double>(view.width)) * pixel;
      const double y =
          view.center_y - (static_cast<double>(v) + 0.5 - 0.5 * static_cast<double>(view.height)) * pixel;
      const std::int64_t count = iterations_of(x, y, view.limit);
      total += count;
      inside += count == view.limit ? 1 : 0;
      shades.push_back(count == view.limit ? 0 : static_cast<std::uint8_t>(1 + count % 255));
    }
  }
  EXPECT_EQ(tile->shades, shades);
  EXPECT_EQ(run.results[0].integers()[task], total);
  EXPECT_EQ(run.results[1].integers()[task], inside);
}

TEST(Mandelbrot, IsThatOfTheScalarLoop) {
  on_every_target([] {
    // Widths around those of vectors; the last tile of a row and of a column is cut off.
    for (const std::int64_t side : {1, 7, 8, 9, 31, 32, 33, 64}) {
      const View view{side, 70, 50, -0.5, 0.1, 3.0, 300};
      const std::int64_t last_column = (70 + side - 1) / side - 1, last_row = (50 + side - 1) / side - 1;
      const std::vector<std::int64_t> columns{0, last_column / 2, last_column},
          rows{0, last_row / 2, last_row};
      KernelRun run = drawn(columns, rows, view);
      ASSERT_FALSE(run.failures.any());
      for (std::size_t task = 0; task < 3; ++task) expect_tile(run, task, columns[task], rows[task], view);
    }
  });
}

TEST(Mandelbrot, GivesTheStoredAnswers) {
  on_every_target([] {
    KernelRun run = drawn({1}, {1}, {64, 256, 192, -0.5, 0.0, 3.5, 1000});
    EXPECT_EQ(run.results[1].integers()[0], 2124);
    run = drawn({0}, {0}, {16, 16, 16, 3.0, 3.0, 0.5, 1000});
    EXPECT_EQ(run.results[0].integers()[0], 0) << "all escape at once";
  });
}

TEST(Mandelbrot, FailsTilesThatAreBeyondThePicture) {
  KernelRun run = drawn({2, 0, -1, 1}, {0, 2, 0, 1}, {32, 64, 64, 0, 0, 4, 10});
  ASSERT_EQ(run.failures.failures().size(), 3U);
  EXPECT_TRUE(run.failures.failed(0));
  EXPECT_TRUE(run.failures.failed(1));
  EXPECT_TRUE(run.failures.failed(2));
  KernelRun large = drawn({0}, {0}, {32, 20'000, 64, 0, 0, 4, 10});
  EXPECT_EQ(large.failures.failures()[0].reason, "side, width and height can be 16384 at most");
}

TEST(Tile, IsReadBackAsItWasWritten) {
  for (std::uint32_t width = 0; width < 6; ++width) {
    Tile tile{3, 1, width, 2, 10, 3, {}};
    for (std::uint32_t i = 0; i < 2 * width; ++i)
      tile.shades.push_back(static_cast<std::uint8_t>(37 * i + 200));
    EXPECT_EQ(parse_tile(tile_text(tile)), tile);
  }
  EXPECT_EQ(tile_text({0, 0, 3, 1, 3, 1, {77, 97, 110}}), "0 0 3 1 3 1 TWFu");
}

TEST(Tile, IsRefusedIfItIsNone) {
  for (const char* text :
       {"", "1", "0 0 3 1 3 1 TWF", "0 0 3 1 3 1 TWFuA", "0 0 3 1 3 1 TW!u", "0 0 3 1 2 1 TWFu",
        "1 0 3 1 3 1 TWFu", "0 1 3 1 3 1 TWFu", "0 0 3 1 3 1", "-1 0 3 1 3 1 TWFu", "0 0 1 1 1 1 Tx",
        "0 0 0 0 4294967295 4294967295 ", "4294967295 0 2 1 3 1 TWE"}) {
    EXPECT_FALSE(parse_tile(text)) << text;
  }
}

}  // namespace
}  // namespace fanfold
