// Threads that compute the tasks of a job without a source.
#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "exec/pool.hpp"

namespace fanfold {

/// Each thread claims some tasks of the oldest chunk at a time, computes them as one batch and adds them to a
/// part of its own, which is merged into the chunk's when the thread leaves it, or when the pool is asked to
/// (`collect`).
class ComputePool final : public Pool {
 public:
  explicit ComputePool(PoolContext& context);
  ~ComputePool() override;

  void collect() override;
  std::uint64_t running() const override;
  void interrupt() override {}

 private:
  class Worker;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::jthread> threads_;
};

}  // namespace fanfold
