// What a task takes of its rank while it runs: cores, memory, GPUs.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "job/job.hpp"

namespace fanfold {

/// What one attempt takes.
struct Demand {
  std::uint32_t cores = 1;  ///< as many slots
  std::uint64_t memory = 0;
  std::uint32_t gpus = 0;
};

/// What a rank has to give.
struct Capacity {
  std::uint32_t cores = 1;        ///< slots
  std::uint64_t memory = 0;       ///< bytes
  std::vector<std::string> gpus;  ///< as CUDA_VISIBLE_DEVICES names them
};

/// What a task may use, as its program is told.
struct TaskShare {
  std::uint32_t cores = 1;                         ///< for its threads
  const std::vector<std::string>* gpus = nullptr;  ///< that it was given; null: the job has no `gpus`
};

/// "64 MiB", for messages.
std::string in_mebibytes(std::uint64_t bytes);

/// A number argument of a source, for each task.
class NumberKey {
 public:
  NumberKey() = default;
  NumberKey(const SourceSpec& spec, std::string_view name);

  bool given() const { return given_; }
  /// The same for each task; none if it is computed.
  const std::optional<double>& constant() const { return constant_; }
  /// Of a task; `numbers` are those of all number arguments. Precondition: given.
  double of(std::span<const double> numbers) const { return numbers[place_]; }

 private:
  bool given_ = false;
  std::size_t place_ = 0;
  std::optional<double> constant_;
};

/// The keys `cores`, `memory` and `gpus` of [task]. Immutable; for many threads.
class DemandKeys {
 public:
  explicit DemandKeys(const SourceSpec& spec);

  bool any() const { return cores_.given() || memory_.given() || gpus_.given(); }
  bool has_cores() const { return cores_.given(); }
  bool has_gpus() const { return gpus_.given(); }

  /// Of a task. More cores than there are means all of them. Throws std::runtime_error if a number is no such
  /// quantity, or more than the capacity.
  Demand of(std::span<const double> numbers, const Capacity& capacity) const;

  /// `cores`, if they are the same for all tasks, and more than there are.
  std::optional<double> excessive_cores(const Capacity& capacity) const;

  /// How many tasks run at once, as far as that is the same for all. Throws UsageError if none can.
  std::uint32_t tasks_at_once(const Capacity& capacity) const;

 private:
  NumberKey cores_;
  NumberKey memory_;
  NumberKey gpus_;
};

}  // namespace fanfold
