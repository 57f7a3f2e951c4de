// What a task is by its content, whatever its number and whatever job file it stands in: what would run, with
// which values, and which random numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "core/column_buffer.hpp"
#include "core/row_failures.hpp"
#include "core/stable_hash.hpp"
#include "core/task_set.hpp"
#include "job/job.hpp"

namespace fanfold {

/// The contents of the tasks of one job. To the content belong
/// - the keys of the source as they are rendered for the task, but for those that are policy, and the
///   parameters of the kernel. {rank}, {slot}, {tmp} and {env.NAME} stand as they are written, {attempt} is
///   1;
/// - of programs and workers all params, for they are told them (FANFOLD_PARAM_x); of other tasks only the
///   params that [values] use;
/// - {index} and {seed} where they, or FANFOLD_INDEX and FANFOLD_SEED, stand in a key of the source; the seed
///   of workers, which are given it; seed and stream where the kernel draws random numbers.
/// One thread at a time; the job must outlive it.
class TaskContents {
 public:
  explicit TaskContents(const Job& job);

  /// What is the same for all tasks of the job: where two jobs differ in it, none of their tasks are the
  /// same. It has the names of all that makes a content, the kernel, [values] and the types of the results.
  const Bytes& frame() const { return frame_; }
  /// True if something draws random numbers: its stream belongs to the content.
  bool is_random() const { return kernel_draws_ || sees_seed_; }

  /// The content of each task of a range, in their order; none of a task that would fail for an expression
  /// before it runs. Holds memory for all of them: give some thousands. Valid until the next call.
  std::span<const std::optional<StableHash>> of(TaskRange tasks);

 private:
  /// A number or a text that is computed for each task.
  struct Computed {
    const Operand* operand;
    bool is_real;                          // for the source, which takes integers as reals
    ColumnBuffer column = ColumnBuffer();  // of a constant one row
    ConstColumn view = ConstColumn();
  };

  void find_templates();
  void find_numbers();
  void find_params();
  void write_frame();
  void fill(TaskRange tasks);
  void write(TaskIndex task, std::size_t row, ByteWriter& out);

  const Job& job_;
  Bytes frame_;
  std::vector<std::pair<std::string, const Template*>> templates_;  // by key and name
  std::vector<Computed> numbers_;                                   // of the source, then of the kernel
  std::vector<std::size_t> params_;  // the slots of those that belong to the content
  bool kernel_draws_ = false;
  bool sees_seed_ = false;
  bool sees_index_ = false;
  TemplateContext context_;
  std::vector<std::size_t> rendered_;  // the slots that templates use
  std::vector<ColumnBuffer> buffers_;  // by slot
  std::vector<ConstColumn> columns_;
  RowFailures failures_;
  expr::Scratch scratch_;
  std::vector<std::optional<StableHash>> contents_;
};

}  // namespace fanfold
