// The state of a plan's aggregates: a table of groups for each grouping, and a second one for failed tasks
// where they are seen. How a batch is added: the arguments are evaluated, so that it is known which rows
// fail; the rows are cut into runs of one group; each aggregate takes the runs.
#include <algorithm>

#include "core/column_buffer.hpp"
#include "reduce/group_table.hpp"
#include "reduce/plan_impl.hpp"
#include "reduce/row_runs.hpp"

namespace fanfold::reduce {
namespace {

/// An argument's values in a batch, and where it has none.
struct EvaluatedArgument {
  ConstColumn column;
  ColumnBuffer buffer;
  RowFailures failures;  ///< of an argument that sees failed tasks
};

/// What the tables hold.
struct GroupTables {
  explicit GroupTables(const Plan::Impl& plan) {
    for (const Grouping& grouping : plan.groupings) {
      succeeded.emplace_back(grouping);
      failed.emplace_back(grouping);
    }
  }

  void merge(const GroupTables& other) {
    for (std::size_t i = 0; i < succeeded.size(); ++i) {
      succeeded[i].merge(other.succeeded[i]);
      failed[i].merge(other.failed[i]);
    }
  }
  void clear() {
    for (GroupTable& table : succeeded) table.clear();
    clear_failed();
  }
  void clear_failed() {
    for (GroupTable& table : failed) table.clear();
  }

  std::vector<GroupTable> succeeded;  ///< by grouping
  std::vector<GroupTable> failed;     ///< by grouping; empty for those that see no failed tasks
};

}  // namespace

struct Partial::State {
  explicit State(const Plan::Impl& the_plan)
      : plan(the_plan), tables(the_plan), arguments(the_plan.arguments.size()) {}

  void add(const FinishedBatch& batch, RowFailures& failures, expr::Scratch& scratch);

  const Plan::Impl& plan;
  GroupTables tables;
  std::unique_ptr<GroupTables> incoming;  ///< what merge_encoded reads, before it is merged

 private:
  void mark_failed_rows(const FinishedBatch& batch, const RowFailures& failures);
  void name_statuses(const FinishedBatch& batch);
  void evaluate(Population population, std::span<const ConstColumn> columns, RowFailures& failures,
                expr::Scratch& scratch);
  bool report_failures_of_arguments(RowFailures& failures) const;
  void add_rows(std::size_t grouping, GroupTable& table, std::span<const RowRange> ranges,
                const FinishedBatch& batch);
  ConstColumn column_of(const ColumnSource& source, std::span<const ConstColumn> columns) const;
  ConstColumn constant_column(const Value& value);

  // Memory that is kept from batch to batch.
  std::size_t rows_ = 0;
  std::vector<EvaluatedArgument> arguments;
  std::vector<std::uint8_t> failed_;              ///< by row
  std::vector<std::string_view> statuses_;        ///< by row; only if the plan sees failures
  std::vector<ConstColumn> columns_with_status_;  ///< likewise
  std::vector<RowRange> ranges_;
  std::vector<Run> runs_;
  std::vector<ConstColumn> key_columns_;
  std::vector<ColumnBuffer> constants_;
  RunFinder run_finder_;
};

void Partial::State::add(const FinishedBatch& batch, RowFailures& failures, expr::Scratch& scratch) {
  rows_ = batch.tasks.size();
  if (rows_ == 0) return;
  evaluate(Population::succeeded, batch.columns, failures, scratch);
  mark_failed_rows(batch, failures);
  if (plan.sees_failures) {
    name_statuses(batch);
    evaluate(Population::all, columns_with_status_, failures, scratch);
    if (report_failures_of_arguments(failures)) {
      // Those rows count as failed now, which the arguments may ask for.
      mark_failed_rows(batch, failures);
      name_statuses(batch);
      evaluate(Population::all, columns_with_status_, failures, scratch);
    }
  }
  select_rows(failed_, 0, ranges_);
  for (std::size_t i = 0; i < plan.groupings.size(); ++i) add_rows(i, tables.succeeded[i], ranges_, batch);
  if (!plan.sees_failures) return;
  select_rows(failed_, 1, ranges_);
  for (std::size_t i = 0; i < plan.groupings.size(); ++i) {
    if (plan.groupings[i].population == Population::all) add_rows(i, tables.failed[i], ranges_, batch);
  }
}

void Partial::State::mark_failed_rows(const FinishedBatch& batch, const RowFailures& failures) {
  failed_.assign(rows_, 0);
  if (failures.any()) std::copy_n(failures.mask().begin(), rows_, failed_.begin());
  for (std::size_t i = 0; i < batch.statuses.size(); ++i) {
    failed_[i] = static_cast<std::uint8_t>(failed_[i] |
                                           static_cast<std::uint8_t>(batch.statuses[i] != Status::succeeded));
  }
}

void Partial::State::name_statuses(const FinishedBatch& batch) {
  statuses_.resize(rows_);
  for (std::size_t i = 0; i < rows_; ++i) {
    const Status status = batch.statuses.empty() ? Status::succeeded : batch.statuses[i];
    statuses_[i] = name_of(failed_[i] != 0 && status == Status::succeeded ? Status::failed : status);
  }
  columns_with_status_.assign(batch.columns.begin(), batch.columns.end());
  columns_with_status_.resize(plan.status_slot);
  columns_with_status_.emplace_back(std::span<const std::string_view>(statuses_));
}

void Partial::State::evaluate(Population population, std::span<const ConstColumn> columns,
                              RowFailures& failures, expr::Scratch& scratch) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const Argument& argument = plan.arguments[i];
    EvaluatedArgument& evaluated = arguments[i];
    if (argument.population != population) continue;
    if (const ColumnSource* source = std::get_if<ColumnSource>(&argument.source)) {
      evaluated.column = column_of(*source, columns);
      continue;
    }
    // Failed tasks have params: their rows are evaluated like any other.
    if (population == Population::all) evaluated.failures.reset(rows_);
    RowFailures& reported = population == Population::all ? evaluated.failures : failures;
    std::get<expr::Program>(argument.source).evaluate(columns, rows_, evaluated.buffer, reported, scratch);
    evaluated.column = evaluated.buffer.view();
  }
}

/// True if a row that had not failed does now.
bool Partial::State::report_failures_of_arguments(RowFailures& failures) const {
  bool any = false;
  for (const EvaluatedArgument& argument : arguments) {
    for (const RowFailures::Failure& failure : argument.failures.failures()) {
      if (failed_[failure.row] != 0) continue;
      failures.fail(failure.row, failure.reason);
      any = true;
    }
  }
  return any;
}

void Partial::State::add_rows(std::size_t grouping_index, GroupTable& table, std::span<const RowRange> ranges,
                              const FinishedBatch& batch) {
  if (ranges.empty()) return;
  const Grouping& grouping = plan.groupings[grouping_index];
  key_columns_.clear();
  constants_.clear();
  constants_.reserve(grouping.keys.size());
  for (const Key& key : grouping.keys) {
    const ColumnSource* source = std::get_if<ColumnSource>(&key.source);
    key_columns_.push_back(source != nullptr ? column_of(*source, batch.columns)
                                             : constant_column(std::get<Value>(key.source)));
  }
  run_finder_.find(key_columns_, rows_, ranges, table.keys(), runs_);
  table.add_tasks(runs_);
  for (std::size_t i = 0; i < grouping.aggregates.size(); ++i) {
    const std::optional<std::size_t> argument = grouping.aggregates[i].argument;
    if (!argument) {
      table.add(i, runs_, ConstColumn(), batch.tasks);
    } else if (const EvaluatedArgument& evaluated = arguments[*argument]; evaluated.failures.any()) {
      table.add(i, without(runs_, evaluated.failures.mask()), evaluated.column, batch.tasks);
    } else {
      table.add(i, runs_, evaluated.column, batch.tasks);
    }
  }
}

ConstColumn Partial::State::column_of(const ColumnSource& source,
                                      std::span<const ConstColumn> columns) const {
  return source.is_status ? ConstColumn(std::span<const std::string_view>(statuses_)) : columns[source.slot];
}

ConstColumn Partial::State::constant_column(const Value& value) {
  ColumnBuffer& buffer = constants_.emplace_back();
  buffer.reset(type_of(value), rows_);
  switch (type_of(value)) {
    case Type::integer:
      std::ranges::fill(buffer.integers(), std::get<std::int64_t>(value));
      break;
    case Type::real:
      std::ranges::fill(buffer.reals(), std::get<double>(value));
      break;
    case Type::text:
      std::ranges::fill(buffer.texts(), std::string_view(std::get<std::string>(value)));
      break;
  }
  return buffer.view();
}

// ---- Partial
// -------------------------------------------------------------------------------------------------------

Partial::Partial(const Plan& plan) : plan_(&plan), state_(std::make_unique<State>(plan.impl())) {}
Partial::~Partial() = default;
Partial::Partial(Partial&&) noexcept = default;
Partial& Partial::operator=(Partial&&) noexcept = default;

void Partial::add(const FinishedBatch& batch, RowFailures& failures, expr::Scratch& scratch) {
  state_->add(batch, failures, scratch);
}

void Partial::merge(const Partial& other) { state_->tables.merge(other.state_->tables); }
void Partial::clear() { state_->tables.clear(); }
void Partial::forget_failures() { state_->tables.clear_failed(); }

bool Partial::empty() const {
  const auto no_groups = [](const GroupTable& table) { return table.empty(); };
  return std::ranges::all_of(state_->tables.succeeded, no_groups) &&
         std::ranges::all_of(state_->tables.failed, no_groups);
}

std::size_t Partial::memory() const {
  std::size_t bytes = sizeof(State);
  for (const GroupTable& table : state_->tables.succeeded) bytes += table.memory();
  for (const GroupTable& table : state_->tables.failed) bytes += table.memory();
  return bytes;
}

// How many groupings; for each its table, and the table of failed tasks if it sees them.
void Partial::encode(ByteWriter& out) const {
  const Plan::Impl& plan = state_->plan;
  out.varint(plan.groupings.size());
  for (std::size_t i = 0; i < plan.groupings.size(); ++i) {
    state_->tables.succeeded[i].encode(out);
    if (plan.groupings[i].population == Population::all) state_->tables.failed[i].encode(out);
  }
}

void Partial::merge_encoded(ByteReader& in) {
  const Plan::Impl& plan = state_->plan;
  if (in.varint() != plan.groupings.size()) throw DecodeError("a partial result is of another [reduce]");
  if (!state_->incoming) state_->incoming = std::make_unique<GroupTables>(plan);
  GroupTables& incoming = *state_->incoming;
  for (std::size_t i = 0; i < plan.groupings.size(); ++i) {
    incoming.succeeded[i].decode(in);
    if (plan.groupings[i].population == Population::all) incoming.failed[i].decode(in);
  }
  state_->tables.merge(incoming);
}

namespace {

constexpr std::string_view too_many_groups = "more than 1,000,000 groups";

AnswerValue with_canonical_nan(AnswerValue value) {
  double* real = std::get_if<double>(&value);
  if (real != nullptr && *real != *real) *real = std::numeric_limits<double>::quiet_NaN();
  return value;
}

AnswerRow answer_row(const Plan::Impl& plan, const Entry& entry, const GroupTable& table, std::size_t group) {
  AnswerRow row;
  row.keys = table.keys_of(group);
  row.tasks = table.tasks(group);
  std::vector<AnswerValue> values;
  std::vector<std::size_t> counted;  // arguments whose NaN are in `skipped` already
  for (const auto& [aggregate, options] : entry.operands) {
    const States& states = table.states(aggregate);
    values.push_back(states.finish(group, options));
    row.relative_error = std::max(row.relative_error, states.relative_error(group));
    const std::uint64_t skipped = states.skipped(group);
    const std::optional<std::size_t> argument = plan.groupings[entry.grouping].aggregates[aggregate].argument;
    if (skipped == 0 || std::ranges::find(counted, *argument) != counted.end()) continue;
    counted.push_back(*argument);
    row.skipped += skipped;
  }
  row.value = with_canonical_nan(entry.formula.evaluate(values));
  return row;
}

}  // namespace

std::vector<Answer> Partial::finish() const {
  const Plan::Impl& plan = state_->plan;
  std::vector<Answer> answers;
  for (const Entry& entry : plan.entries) {
    const Grouping& grouping = plan.groupings[entry.grouping];
    const GroupTable* table = &state_->tables.succeeded[entry.grouping];
    GroupTable together(grouping);
    if (grouping.population == Population::all || (grouping.keys.empty() && table->empty())) {
      together.merge(*table);
      together.merge(state_->tables.failed[entry.grouping]);
      if (grouping.keys.empty()) together.only_group();
      table = &together;
    }
    Answer answer{entry.name, {}, {}};
    if (table->gave_up()) {
      AnswerRow row;
      row.value = Nothing{too_many_groups};
      row.tasks = table->all_tasks();
      answer.rows.push_back(std::move(row));
      answers.push_back(std::move(answer));
      continue;
    }
    for (const Key& key : grouping.keys) answer.key_names.push_back(key.name);
    for (std::size_t group = 0; group < table->size(); ++group)
      answer.rows.push_back(answer_row(plan, entry, *table, group));
    std::ranges::sort(answer.rows, [](const AnswerRow& left, const AnswerRow& right) {
      return keys_before(left.keys, right.keys);
    });
    answers.push_back(std::move(answer));
  }
  return answers;
}

}  // namespace fanfold::reduce
