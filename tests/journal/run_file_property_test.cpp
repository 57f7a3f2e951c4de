// Whatever is committed, in whatever order, with checkpoints and reopenings between: the file equals a plain
// model.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <optional>

#include "journal/run_file.hpp"
#include "run_builder.hpp"

namespace fanfold {
namespace {

constexpr std::uint64_t all_tasks = 600;

// What is expected of a task that is finished.
struct Expected {
  std::string error;          // of one that failed
  std::vector<Value> values;  // of one that did not
  std::optional<std::string> output;
  std::uint32_t attempts = 1;
  bool failed() const { return !error.empty(); }
};
using Model = std::map<std::uint64_t, Expected>;

Expected add_computed(std::uint64_t task, JournalEntry& entry) {
  entry.columns.push_back(columns_of({task, task + 1}, 7));
  if (*rc::gen::inRange(0, 4) != 0) {
    return {"", {static_cast<std::int64_t>(task) + 7, static_cast<double>(task) / 8}, std::nullopt};
  }
  const std::string reason = "reason " + std::to_string(*rc::gen::inRange(0, 3));
  entry.failures.push_back(failed_of(reason, TaskSet({task, task + 1})));
  return {reason, {}, std::nullopt};
}

Expected add_with_source(std::uint64_t task, JournalEntry& entry) {
  const auto attempts = *rc::gen::inRange<std::uint32_t>(1, 4);
  for (std::uint32_t attempt = 1; attempt < attempts; ++attempt) {
    entry.outcomes.push_back(failed_outcome_of(task, attempt));
  }
  const bool fails = *rc::gen::inRange(0, 3) == 0;
  Outcome last = fails ? failed_outcome_of(task, attempts) : outcome_of(task);
  last.attempt = Attempt(attempts);
  last.output.resize(*rc::gen::inRange<std::size_t>(0, 400), 'o');
  entry.outcomes.push_back(last);
  return {last.error, last.values, last.output, attempts};
}

JournalEntry random_entry(TaskSet& left, Model& model) {
  JournalEntry entry;
  for (int i = *rc::gen::inRange(1, 25); i > 0 && !left.empty(); --i) {
    const std::vector<TaskRange> ranges = left.ranges();
    const TaskRange range = ranges[*rc::gen::inRange<std::size_t>(0, ranges.size())];
    const auto task = *rc::gen::inRange(range.begin, range.end);
    left.erase({task, task + 1});
    const Expected expected = task % 3 == 0 ? add_with_source(task, entry) : add_computed(task, entry);
    entry.finished.insert(TaskIndex(task));
    entry.failed += expected.failed() ? 1 : 0;
    model[task] = expected;
  }
  entry.partial = partial_of(entry.finished.size());
  return entry;
}

void check_state(const RunState& state, const Model& model) {
  TaskSet finished;
  std::uint64_t failed = 0;
  for (const auto& [task, expected] : model) {
    finished.insert(TaskIndex(task));
    failed += expected.failed() ? 1 : 0;
  }
  RC_ASSERT(state.finished == finished);
  RC_ASSERT(state.failed == failed);
  RC_ASSERT(number_in(state.partial) == finished.size());
  RC_ASSERT(state.ended == (finished.size() == all_tasks));
}

void check_rows(const RunFileReader& reader, const Model& model, bool failed_only) {
  auto next = model.begin();
  const auto skip = [&] {
    while (failed_only && next != model.end() && !next->second.failed()) ++next;
  };
  skip();
  reader.for_each_row(failed_only, [&](const TaskRow& row) {
    RC_ASSERT(next != model.end());
    RC_ASSERT(row.task.value() == next->first);
    RC_ASSERT(row.error == next->second.error);
    RC_ASSERT((row.status == Status::failed) == next->second.failed());
    RC_ASSERT(row.values == next->second.values);
    RC_ASSERT(row.attempts == next->second.attempts);
    const auto captured = reader.captured(row.task);
    RC_ASSERT(captured.has_value() == next->second.output.has_value());
    if (captured) RC_ASSERT(captured->output == *next->second.output);
    ++next;
    skip();
  });
  RC_ASSERT(next == model.end());
}

// A part of the rows, and one alone, are as in all of them.
void check_selections(const RunFileReader& reader, const Model& model) {
  const std::uint64_t begin = *rc::gen::inRange<std::uint64_t>(0, all_tasks);
  const std::uint64_t end = *rc::gen::inRange<std::uint64_t>(begin, all_tasks + 1);
  std::vector<std::uint64_t> expected;
  for (const auto& [task, row] : model) {
    if (task >= begin && task < end) expected.push_back(task);
  }
  for (const bool failed_only : {false, true}) {
    std::vector<std::uint64_t> seen;
    RowVisitor visitor;
    visitor.row = [&](const TaskRow& row) { seen.push_back(row.task.value()); };
    visitor.block = [&](TaskRange range, std::span<const ConstColumn> values) {
      for (std::uint64_t task = range.begin; task < range.end; ++task) {
        seen.push_back(task);
        for (std::size_t i = 0; i < values.size(); ++i) {
          RC_ASSERT(values[i].size() == range.size());
          RC_ASSERT(values[i].value(task - range.begin) == model.at(task).values[i]);
        }
      }
    };
    reader.visit_rows({failed_only, {begin, end}}, visitor);
    if (failed_only) std::erase_if(expected, [&](std::uint64_t task) { return !model.at(task).failed(); });
    RC_ASSERT(seen == expected);
  }
  const std::optional<TaskRow> row = reader.row(TaskIndex(begin));
  RC_ASSERT(row.has_value() == model.contains(begin));
  if (row) RC_ASSERT(row->values == model.at(begin).values && row->error == model.at(begin).error);
  std::uint64_t failed = 0;
  reader.for_each_failure([&](const AttemptRecord&) { ++failed; },
                          [&](TaskRange range, const std::string&) { failed += range.size(); });
  RC_ASSERT(failed == reader.load(add_partials).failed);
}

RC_GTEST_PROP(RunFileProperty, equals_a_plain_model, ()) {
  const RunFolder folder;
  const std::filesystem::path path = folder / "pi.run";
  auto file = RunFileWriter::create(path, header_of(all_tasks));
  file->begin_execution("nodea", 1, 1);
  TaskSet left({0, all_tasks});
  Model model;
  for (int step = *rc::gen::inRange(1, 12); step > 0; --step) {
    switch (*rc::gen::inRange(0, 6)) {
      case 0:
        file->checkpoint(file->load(add_partials));
        break;
      case 1:
        file.reset();
        file = RunFileWriter::open(path);
        file->begin_execution("nodea", 1, 1);
        break;
      case 2: {
        TaskSet failed;
        for (const auto& [task, expected] : model) {
          if (expected.failed()) failed.insert(TaskIndex(task));
        }
        RC_ASSERT(file->forget_failed(file->load(add_partials), partial_of(model.size() - failed.size())) ==
                  failed);
        std::erase_if(model, [](const auto& entry) { return entry.second.failed(); });
        left.insert(failed);
        break;
      }
      default:
        file->commit(random_entry(left, model));
    }
    check_state(file->load(add_partials), model);
  }
  const RunFileReader reader(path);  // while the writer has it open
  check_state(reader.load(add_partials), model);
  check_rows(reader, model, false);
  check_rows(reader, model, true);
  check_selections(reader, model);
}

}  // namespace
}  // namespace fanfold
