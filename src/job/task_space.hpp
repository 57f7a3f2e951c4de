// The task space: the cartesian product of the axes of [params]. It is never materialised; N may be 10^18.
#pragma once

#include <fanfold/column.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/column_buffer.hpp"
#include "core/ids.hpp"

namespace fanfold {

/// One entry of [params]: `size()` values of one type, addressed by position. Immutable; many threads may
/// read it.
class Axis {
 public:
  virtual ~Axis() = default;
  virtual Type type() const = 0;
  virtual std::uint64_t size() const = 0;
  /// Writes the values at positions first … first+count−1 to `out`, from row `row` on. Texts view into the
  /// axis. Precondition: first + count <= size(), `out` has this type and the rows.
  virtual void fill(std::uint64_t first, std::size_t count, ColumnBuffer& out, std::size_t row) const = 0;
};

std::unique_ptr<Axis> make_list_axis(std::vector<Value> values);  ///< all of one type, at least one
/// Texts that view into `text`, which the axis holds; at least one.
std::unique_ptr<Axis> make_text_axis(std::vector<std::string_view> values,
                                     std::shared_ptr<const std::string> text);
std::unique_ptr<Axis> make_count_axis(std::uint64_t count);
/// `steps` points from `from` to `to`, both included and exact; the points never turn back. One point:
/// `from`. Preconditions: finite ends, steps > 0. The same bits on every machine, as all axes.
std::unique_ptr<Axis> make_linear_axis(double from, double to, std::uint64_t steps);
/// The same, evenly spaced in the logarithm; from and to positive.
std::unique_ptr<Axis> make_logarithmic_axis(double from, double to, std::uint64_t steps);
/// from + i·step for i = 0, 1 … while it does not pass `to` (reals: by more than rounding; then the point is
/// `to`). Preconditions: step is not zero and leads from `from` towards `to`; finite. A size beyond 64 bits
/// is the greatest 64-bit number, which TaskSpace::add refuses.
std::unique_ptr<Axis> make_step_axis(std::int64_t from, std::int64_t to, std::int64_t step);
std::unique_ptr<Axis> make_step_axis(double from, double to, double step);

/// Named axes; the last varies fastest.
class TaskSpace {
 public:
  /// Without axes there is one task. Throws std::overflow_error if the product of the sizes exceeds 2^63−1.
  void add(std::string name, std::unique_ptr<Axis> axis);

  std::uint64_t size() const { return size_; }
  std::size_t param_count() const { return params_.size(); }
  const std::string& name(std::size_t slot) const { return params_[slot].name; }
  Type type(std::size_t slot) const { return params_[slot].axis->type(); }
  const Axis& axis(std::size_t slot) const { return *params_[slot].axis; }

  /// Position of a task on an axis (mixed-radix decoding).
  std::uint64_t position(TaskIndex task, std::size_t slot) const {
    return task.value() / params_[slot].stride % params_[slot].axis->size();
  }
  /// The task with these positions, one for each slot. Inverse of `position`.
  TaskIndex task_at(std::span<const std::uint64_t> positions) const;

  /// Writes one param of the tasks first … first+count−1 to `out`, from row `row` on.
  void fill(std::size_t slot, TaskIndex first, std::size_t count, ColumnBuffer& out,
            std::size_t row = 0) const;
  /// All params of one task, by slot.
  std::vector<Value> params_of(TaskIndex task) const;

 private:
  struct Param {
    std::string name;
    std::shared_ptr<const Axis> axis;
    std::uint64_t stride = 1;  // tasks between neighbouring positions
  };
  std::vector<Param> params_;
  std::uint64_t size_ = 1;
};

}  // namespace fanfold
