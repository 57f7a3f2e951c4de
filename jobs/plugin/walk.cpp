// Kernels of walk.toml: random walks on the integers.
#include <fanfold/kernel.hpp>

#include <bit>
#include <memory>

namespace {

/// Where a walker is after so many steps: each step is one random bit.
std::int64_t place_after(std::int64_t steps, fanfold::RandomStream random) {
  std::int64_t place = 0;
  for (std::int64_t step = 0; step < steps; ++step) {
    const std::uint32_t word = random.block(static_cast<std::uint64_t>(step) / 128)[step / 32 % 4];
    place += (word >> (step % 32) & 1) != 0 ? 1 : -1;
  }
  return place;
}

/// The same, as a kernel of whole batches, which counts 128 bits at a time.
class FastWalk final : public fanfold::Kernel {
 public:
  FastWalk() {
    info_.name = "fast_walk";
    info_.summary = "a random walk on the integers, 128 steps at a time";
    info_.draws_random = true;
    info_.parameters.push_back({"blocks", fanfold::Type::integer, "of 128 steps", {}, 0.0});
    info_.results.push_back({"place", fanfold::Type::integer, "where the walk ends"});
  }
  const fanfold::KernelInfo& info() const override { return info_; }
  void run(const fanfold::Batch& batch, fanfold::Results& results) const override {
    const auto blocks = batch.integers(0);
    const auto place = results.integers(0);
    for (std::size_t task = 0; task < batch.size(); ++task) {
      const fanfold::RandomStream random = batch.random(task);
      std::int64_t ups = 0;
      for (std::int64_t block = 0; block < blocks[task]; ++block) {
        for (const std::uint32_t word : random.block(static_cast<std::uint64_t>(block)))
          ups += std::popcount(word);
      }
      place[task] = 2 * ups - 128 * blocks[task];
    }
  }

 private:
  fanfold::KernelInfo info_;
};

}  // namespace

FANFOLD_KERNELS(fanfold::per_task("walk", "a random walk on the integers", place_after)
                    .parameter("steps", "how many steps")
                    .minimum(0)
                    .result("place", "where the walk ends"),
                std::make_unique<FastWalk>())
