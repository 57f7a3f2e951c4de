// The task space: the cartesian product of the axes of [params]. It is never materialised; N may be 10^18.
#pragma once

#include <fanfold/column.hpp>
#include <fanfold/random.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/column_buffer.hpp"
#include "core/ids.hpp"
#include "core/row_failures.hpp"
#include "expr/program.hpp"

namespace fanfold {

/// A file that is cut at line ends: block i has the lines that begin at bytes i·block_bytes …
/// (i+1)·block_bytes − 1.
struct FileBlocks {
  std::string file;  ///< relative to the job file's folder
  std::uint64_t block_bytes = 1;
  std::uint64_t file_bytes = 0;  ///< when the job was read
  bool has_header = false;       ///< the first line stands before those of each block
  std::uint64_t count() const { return (file_bytes + block_bytes - 1) / block_bytes; }
};

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
  /// If its values are blocks of a file: these, by position.
  virtual const FileBlocks* blocks() const { return nullptr; }
  /// Of the column of a table: what makes texts of its values, as messages say it, "'n/a' in line 17 of
  /// 'points.csv'". Empty if they are no texts, or could be nothing else.
  virtual std::string_view text_cause() const { return {}; }
};

std::unique_ptr<Axis> make_list_axis(std::vector<Value> values);           ///< all of one type, at least one
std::unique_ptr<Axis> make_number_axis(std::vector<std::int64_t> values);  ///< at least one
std::unique_ptr<Axis> make_number_axis(std::vector<double> values);        ///< at least one
/// Texts that view into `text`, or into what it owns, which the axis holds; at least one.
/// `cause`: see Axis::text_cause.
std::unique_ptr<Axis> make_text_axis(std::vector<std::string_view> values,
                                     std::shared_ptr<const std::string> text, std::string cause = {});
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

/// `count` numbers of [from, to], drawn by Philox4x32-10: value i from block i of the stream. `low` and
/// `high` are finite; low <= high, and positive where the logarithm is what is uniform.
std::unique_ptr<Axis> make_uniform_axis(double low, double high, std::uint64_t count, RandomStream random);
std::unique_ptr<Axis> make_log_uniform_axis(double low, double high, std::uint64_t count,
                                            RandomStream random);
/// Normally distributed (Box, Muller: A note on the generation of random normal deviates. Annals of
/// Mathematical Statistics 29, 1958). The same bits on every machine with FMA, as the functions of
/// expressions.
std::unique_ptr<Axis> make_normal_axis(double mean, double deviation, std::uint64_t count,
                                       RandomStream random);
/// `count` of the integers from … to, none twice, in random order: the first values of a permutation with a
/// key, never stored (Luby, Rackoff: How to construct pseudorandom permutations. SIAM Journal on Computing
/// 17, 1988; Black, Rogaway: Ciphers with arbitrary finite domains. CT-RSA 2002). Precondition: count <= to −
/// from + 1.
std::unique_ptr<Axis> make_sample_axis(std::int64_t from, std::int64_t to, std::uint64_t count,
                                       RandomStream random);

/// Named params over dimensions; the last dimension varies fastest. A dimension is one axis, or several of
/// the same size that advance together. A param may also be computed from others.
class TaskSpace {
 public:
  struct NamedAxis {
    std::string name;
    std::unique_ptr<Axis> axis;
  };
  /// Without axes there is one task. Throws std::overflow_error if the product of the sizes exceeds 2^63−1.
  void add(std::string name, std::unique_ptr<Axis> axis);
  /// Axes that advance together: at least one, all of one size.
  void add_together(std::vector<NamedAxis> axes);
  /// A param that is computed from params before it: slots are theirs.
  void add_computed(std::string name, expr::Program program);

  std::uint64_t size() const { return size_; }
  std::size_t param_count() const { return params_.size(); }
  const std::string& name(std::size_t slot) const { return params_[slot].name; }
  Type type(std::size_t slot) const {
    return params_[slot].axis ? params_[slot].axis->type() : params_[slot].program->type();
  }
  /// The expression of a computed param; null if it has an axis.
  const expr::Program* program(std::size_t slot) const { return params_[slot].program.get(); }
  /// Of a param with an axis: the axis; its dimension, the same for axes that advance together; the position
  /// of a task on it (mixed-radix decoding).
  const Axis& axis(std::size_t slot) const { return *params_[slot].axis; }
  std::size_t dimension(std::size_t slot) const { return params_[slot].dimension; }
  std::uint64_t position(TaskIndex task, std::size_t slot) const {
    const Dimension& dimension = dimensions_[params_[slot].dimension];
    return task.value() / dimension.stride % dimension.size;
  }
  std::size_t dimension_count() const { return dimensions_.size(); }
  /// The task with these positions, one for each dimension. Inverse of `position`.
  TaskIndex task_at(std::span<const std::uint64_t> positions) const;

  /// Writes one param of the tasks first … first+count−1 to `out`, from row `row` on. Where a computed param
  /// fails (integer overflow), its value is 0 or "", and `failures`, if given, is told of the row.
  void fill(std::size_t slot, TaskIndex first, std::size_t count, ColumnBuffer& out, std::size_t row = 0,
            RowFailures* failures = nullptr) const;
  /// All params of one task, by slot.
  std::vector<Value> params_of(TaskIndex task) const;

 private:
  struct Dimension {
    std::uint64_t size = 1;
    std::uint64_t stride = 1;  // tasks between neighbouring positions
  };
  struct Param {
    std::string name;
    std::shared_ptr<const Axis> axis;  // or:
    std::shared_ptr<const expr::Program> program;
    std::size_t dimension = 0;
  };
  void add_dimension(std::uint64_t size);
  void fill_computed(const Param& param, TaskIndex first, std::size_t count, ColumnBuffer& out,
                     std::size_t row, RowFailures* failures) const;

  std::vector<Dimension> dimensions_;
  std::vector<Param> params_;
  std::uint64_t size_ = 1;
};

}  // namespace fanfold
