// [reduce]: what is aggregated, and the mergeable state of it.
#pragma once

#include <fanfold/column.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "core/ids.hpp"
#include "core/row_failures.hpp"
#include "core/status.hpp"
#include "expr/program.hpp"

namespace fanfold::reduce {

struct Answer;  // answer.hpp, apart: integers of any size are costly to compile

/// An entry has as many groups at most. Of more it gives Nothing, in a single row without keys.
inline constexpr std::size_t most_groups = 1'000'000;

/// What the reductions see of a batch of tasks that ended.
struct FinishedBatch {
  std::span<const ConstColumn> columns;  ///< by slot of the scope
  std::span<const TaskIndex> tasks;      ///< the index of each row
  std::span<const Status> statuses;      ///< of each row; empty: all succeeded
};

/// The aggregates of one [reduce] table, compiled. Immutable; shared by all threads.
///
/// An entry is arithmetic over aggregates of expressions, "4 * sum(hits) / sum(samples)", optionally `by`
/// names. Where the scope has no name `status`, `status` is how the task ended, as text (name_of(Status)). An
/// entry that uses it, or is grouped by it, sees failed tasks too, with `status` and params only (any other
/// name there is an error); every other entry sees tasks that succeeded only.
class Plan {
 public:
  Plan();
  ~Plan();
  Plan(Plan&&) noexcept;
  Plan& operator=(Plan&&) noexcept;

  /// Adds an entry. Throws expr::ExpressionError with the offset in `text`. `scope` has the params,
  /// constants, results and values; its first `param_slots` slots are params. It must outlive the call only.
  /// After an entry that threw, others can be added: so all errors are found at once. `constants` are the
  /// columns that have the same value for all tasks: options of aggregates can use them, and the constants of
  /// the scope.
  void add(std::string name, std::string_view text, const expr::Scope& scope, std::size_t param_slots,
           const expr::Scope& constants = {});

  bool empty() const;
  /// The slots of the params that the entry added last is grouped by, besides whatever else it is grouped by.
  std::vector<std::size_t> last_param_keys() const;
  /// The slots that the aggregates read, sorted.
  const std::vector<std::size_t>& slots() const;
  /// True if some aggregate is a picture.
  bool has_picture() const;
  /// True if some aggregate sees failed tasks.
  bool sees_failures() const;

  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

/// The mergeable state of a plan's aggregates: an exact commutative monoid. The Partial of a plan that
/// nothing was added to is the identity; add and merge commute and associate bit for bit. One thread at a
/// time.
class Partial {
 public:
  explicit Partial(const Plan& plan);  ///< keeps a reference to the plan
  ~Partial();
  Partial(Partial&&) noexcept;
  Partial& operator=(Partial&&) noexcept;

  /// Adds tasks that ended. `failures` has the batch's rows; a row in it on entry counts as failed (its
  /// `status` is that of `statuses`, or "failed" if that says succeeded). The expressions inside the
  /// aggregates are evaluated here; a row on which one fails (integer overflow) is added to `failures`,
  /// counts as failed and contributes to no aggregate of succeeded tasks.
  void add(const FinishedBatch& batch, RowFailures& failures, expr::Scratch& scratch);
  void merge(const Partial& other);
  void clear();
  bool empty() const;
  /// Bytes of memory, about.
  std::size_t memory() const;

  /// What failed tasks contributed is kept apart from the rest: it is taken back when they are run again.
  void forget_failures();

  void encode(ByteWriter& out) const;
  /// Merges what another Partial of the same plan encoded. Throws DecodeError; this object is unchanged then.
  void merge_encoded(ByteReader& in);

  /// The answers, in the order of the entries.
  std::vector<Answer> finish() const;

 private:
  struct State;
  const Plan* plan_;
  std::unique_ptr<State> state_;
};

}  // namespace fanfold::reduce
