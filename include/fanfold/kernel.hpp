// What a kernel is: a compute function over a batch of tasks. All that its author needs; see also per_task
// and FANFOLD_KERNELS in the headers at the end.
#pragma once

#include <fanfold/column.hpp>
#include <fanfold/random.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace fanfold {

/// A named input of a kernel. A job gives it as a key of [task], or as an axis of [params].
struct Parameter {
  std::string name;
  Type type = Type::integer;
  std::string description;             ///< one line
  std::optional<Value> default_value;  ///< none: the job must give it
  std::optional<double> minimum;       ///< inclusive; a task whose value is below it fails
  std::string unit = {};               ///< "m/s²"; empty: a pure number, or a text
};

/// A named output of a kernel: one value for each task.
struct Result {
  std::string name;
  Type type = Type::integer;
  std::string description;  ///< one line
  std::string unit = {};    ///< "m/s²"; empty: a pure number, or a text
};

/// What a kernel declares of itself. Checked against the job before any task runs.
struct KernelInfo {
  std::string name;
  std::string summary;        ///< one line
  std::string source;         ///< the paper or standard of what it computes
  bool takes_input = false;   ///< true: it needs the bytes that the task's source retrieved
  bool draws_random = false;  ///< true: it uses Batch::random
  std::vector<Parameter> parameters;
  std::vector<Result> results;
};

/// The inputs of a batch of tasks: one column for each parameter, in the order of KernelInfo::parameters,
/// each with one value for each task. Valid during the call of Kernel::run only.
class Batch {
 public:
  /// `streams` has the random stream of each task; `inputs` the bytes of each, or nothing without a source.
  Batch(std::size_t size, std::span<const ConstColumn> parameters, std::span<const std::string_view> inputs,
        RandomKey key, std::span<const std::uint64_t> streams, const bool* stop)
      : size_(size), parameters_(parameters), inputs_(inputs), key_(key), streams_(streams), stop_(stop) {}

  /// The number of tasks, at least 1.
  std::size_t size() const { return size_; }

  /// The values of a parameter, one for each task. Precondition: the parameter has this type.
  std::span<const std::int64_t> integers(std::size_t parameter) const {
    return parameters_[parameter].integers().subspan(first_, size_);
  }
  std::span<const double> reals(std::size_t parameter) const {
    return parameters_[parameter].reals().subspan(first_, size_);
  }
  std::span<const std::string_view> texts(std::size_t parameter) const {
    return parameters_[parameter].texts().subspan(first_, size_);
  }

  /// The bytes that the source of a task retrieved. Precondition: the kernel declares `takes_input`.
  std::string_view input(std::size_t task) const { return inputs_[first_ + task]; }

  /// The random numbers of a task: the same whatever the batch, attempt, thread, rank or SIMD target.
  RandomStream random(std::size_t task) const { return RandomStream(key_, streams_[first_ + task]); }

  /// The tasks [first, first + count) of this batch as a batch: their results are the same.
  Batch rows(std::size_t first, std::size_t count) const {
    Batch part = *this;
    part.first_ += first;
    part.size_ = count;
    return part;
  }

  /// What `random` is made of, and what `stop_requested` looks at.
  RandomKey random_key() const { return key_; }
  std::span<const std::uint64_t> random_streams() const { return streams_.subspan(first_, size_); }
  const bool* stop() const { return stop_; }

  /// True when the run is being stopped: a long kernel may return at once, its results are then dropped.
  bool stop_requested() const { return stop_ != nullptr && __atomic_load_n(stop_, __ATOMIC_RELAXED); }

 private:
  std::size_t first_ = 0;  // the row of the columns in which the batch begins
  std::size_t size_;
  std::span<const ConstColumn> parameters_;
  std::span<const std::string_view> inputs_;
  RandomKey key_;
  std::span<const std::uint64_t> streams_;
  const bool* stop_;
};

/// Where a kernel writes the results of a batch: one column for each result, in the order of
/// KernelInfo::results. Every row is to be written, but for the rows of tasks that failed.
class Results {
 public:
  virtual ~Results() = default;
  /// The rows of a result, one for each task. Precondition: the result has this type.
  virtual std::span<std::int64_t> integers(std::size_t result) = 0;
  virtual std::span<double> reals(std::size_t result) = 0;
  /// Writes (copies) a text.
  virtual void text(std::size_t result, std::size_t task, std::string_view value) = 0;
  /// Marks one task of the batch as failed, for a reason that the user is shown. It affects no other task.
  virtual void fail(std::size_t task, std::string_view reason) = 0;
};

/// A kernel. Objects are immutable: many threads call run at the same time on the same object.
class Kernel {
 public:
  virtual ~Kernel() = default;
  virtual const KernelInfo& info() const = 0;
  /// Computes the results of each task of the batch. A task's results may depend on its own parameters, input
  /// and random numbers only. If an exception leaves run, it is called for each task of the
  /// batch alone: an exception fails the task that throws, with its message.
  virtual void run(const Batch& batch, Results& results) const = 0;
};

}  // namespace fanfold

// How kernels of one's own are written with less, and how they become a library.
#include <fanfold/library.hpp>
#include <fanfold/per_task.hpp>
