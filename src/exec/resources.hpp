// The cores, memory and GPUs of a rank, shared out among the tasks that run.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/annotated_mutex.hpp"
#include "exec/demand.hpp"

namespace fanfold {

/// For many threads. Whoever asks first is served first, so that large demands are not passed by for ever.
class Resources {
 public:
  explicit Resources(Capacity capacity) : capacity_(std::move(capacity)), free_(capacity_) {}

  /// What a task was given; it goes back with the object.
  class Grant {
   public:
    Grant() = default;
    Grant(Resources& resources, const Demand& demand, std::vector<std::string> gpus)
        : resources_(&resources), demand_(demand), gpus_(std::move(gpus)) {}
    Grant(Grant&& other) noexcept
        : resources_(std::exchange(other.resources_, nullptr)),
          demand_(other.demand_),
          gpus_(std::move(other.gpus_)) {}
    Grant& operator=(Grant&&) = delete;
    ~Grant() {
      if (resources_ != nullptr) resources_->take_back(demand_, std::move(gpus_));
    }

    const Demand& demand() const { return demand_; }
    const std::vector<std::string>& gpus() const { return gpus_; }

   private:
    Resources* resources_ = nullptr;
    Demand demand_;
    std::vector<std::string> gpus_;
  };

  const Capacity& capacity() const { return capacity_; }

  /// Waits until the demand fits beside what is granted. Throws std::runtime_error once closed. Precondition:
  /// it fits into the capacity.
  Grant acquire(const Demand& demand) FANFOLD_EXCLUDES(mutex_);
  void close() FANFOLD_EXCLUDES(mutex_);

  /// How many wait.
  std::uint64_t waiting() const FANFOLD_EXCLUDES(mutex_);

 private:
  bool fits(const Demand& demand) const FANFOLD_REQUIRES(mutex_);
  void take_back(const Demand& demand, std::vector<std::string> gpus) FANFOLD_EXCLUDES(mutex_);

  const Capacity capacity_;
  mutable Mutex mutex_;
  ConditionVariable changed_;
  Capacity free_ FANFOLD_GUARDED_BY(mutex_);
  std::uint64_t next_ticket_ FANFOLD_GUARDED_BY(mutex_) = 0;
  std::uint64_t now_served_ FANFOLD_GUARDED_BY(mutex_) = 0;
  bool closed_ FANFOLD_GUARDED_BY(mutex_) = false;
};

}  // namespace fanfold
