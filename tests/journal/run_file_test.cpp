// What a run file gives back, in the order in which a run's life goes.
#include "journal/run_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "run_builder.hpp"

namespace fanfold {
namespace {

class RunFile : public ::testing::TestWithParam<Sharing> {
 protected:
  std::unique_ptr<RunFileWriter> create(std::uint64_t tasks) {
    return RunFileWriter::create(path_, header_of(tasks), GetParam());
  }
  std::unique_ptr<RunFileWriter> open() { return RunFileWriter::open(path_, GetParam()); }
  RunFileReader read() { return RunFileReader(path_, GetParam()); }

  RunFolder folder_;
  std::filesystem::path path_ = folder_ / "a run # of 100%?.run";
};

INSTANTIATE_TEST_SUITE_P(Shared, RunFile, ::testing::Values(Sharing::shared, Sharing::exclusive),
                         [](const auto& about) {
                           return about.param == Sharing::shared ? "locally" : "on_a_network";
                         });

TEST_P(RunFile, keeps_the_header_with_the_job_and_its_inputs) {
  RunHeader header = header_of(10);
  header.job.inputs.push_back({"params.big", std::string(40'000'000, 'x') + "end"});
  header.job.inputs.push_back({"params.bytes", std::string("a\0b\xFF", 4)});
  RunFileWriter::create(path_, header, GetParam());

  const RunHeader read_back = open()->header();
  EXPECT_EQ(read_back.version, 2);
  EXPECT_EQ(read_back.fanfold_version, "0.1.0");
  EXPECT_EQ(read_back.job_name, "pi");
  EXPECT_EQ(read_back.job.file, header.job.file);
  EXPECT_EQ(read_back.job.folder, header.job.folder);
  EXPECT_EQ(read_back.job.text, header.job.text);
  EXPECT_EQ(read_back.job.overrides.seed, header.job.overrides.seed);
  EXPECT_EQ(read_back.job.overrides.run, header.job.overrides.run);
  EXPECT_EQ(read_back.job.overrides.set, header.job.overrides.set);
  ASSERT_EQ(read_back.job.inputs.size(), header.job.inputs.size());
  for (std::size_t i = 0; i < header.job.inputs.size(); ++i) {
    EXPECT_EQ(read_back.job.inputs[i].key, header.job.inputs[i].key);
    EXPECT_TRUE(*read_back.job.inputs[i].data == *header.job.inputs[i].data) << i;
  }
  EXPECT_EQ(read_back.fingerprint, header.fingerprint);
  EXPECT_EQ(read_back.tasks, 10u);
  EXPECT_TRUE(read_back.keeps_values);
  EXPECT_EQ(read_back.created, header.created);
  EXPECT_EQ(read_back.host, "nodea");
}

TEST_P(RunFile, is_one_file_when_it_is_closed) {
  create(10)->commit(entry_of({0, 5}));
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    names.push_back(entry.path().filename().string());
  }
  EXPECT_THAT(names, ::testing::ElementsAre(path_.filename().string()));
}

TEST_P(RunFile, a_new_one_holds_nothing) {
  create(10);
  const RunState state = open()->load(add_partials);
  EXPECT_TRUE(state.finished.empty());
  EXPECT_EQ(state.executions, 0u);
  EXPECT_FALSE(state.ended);
}

TEST_P(RunFile, a_run_without_tasks_has_ended) { EXPECT_TRUE(create(0)->load(add_partials).ended); }

TEST_P(RunFile, adds_up_reports_over_executions_and_checkpoints) {
  {
    auto file = create(100);
    EXPECT_EQ(file->begin_execution("nodea", 1, 4), 1u);
    file->commit(entry_of({0, 10}, 1.5));
    JournalEntry failing = entry_of({20, 30}, 2.5);
    failing.failed = 3;
    file->commit(failing);
  }
  auto file = open();
  RunState state = file->load(add_partials);
  EXPECT_EQ(state.finished, set_of({{0, 10}, {20, 30}}));
  EXPECT_EQ(state.failed, 3u);
  EXPECT_EQ(number_in(state.partial), 20u);
  EXPECT_EQ(state.seconds, 2.5);

  file->checkpoint(state);
  EXPECT_EQ(file->begin_execution("nodeb", 2, 8), 2u);
  file->commit(entry_of({10, 20}, 1));
  file->commit(entry_of({30, 100}, 4));
  file.reset();

  state = read().load(add_partials);
  EXPECT_EQ(state.finished, set_of({{0, 100}}));
  EXPECT_EQ(state.failed, 3u);
  EXPECT_EQ(number_in(state.partial), 100u);
  EXPECT_EQ(state.seconds, 6.5);
  EXPECT_EQ(state.executions, 2u);
  EXPECT_TRUE(state.ended);
}

TEST_P(RunFile, wants_a_checkpoint_when_the_reports_outweigh_it) {
  auto file = create(1'000'000);
  for (std::uint64_t i = 0; i <= 1'000; ++i) {
    ASSERT_FALSE(file->wants_checkpoint()) << i;
    file->commit(entry_of({2 * i, 2 * i + 1}));
  }
  EXPECT_TRUE(file->wants_checkpoint());
  file.reset();
  file = open();
  EXPECT_TRUE(file->wants_checkpoint());
  file->checkpoint(file->load(add_partials));
  EXPECT_FALSE(file->wants_checkpoint());
  EXPECT_EQ(file->load(add_partials).finished.size(), 1001u);
}

TEST_P(RunFile, merges_many_large_partials_in_bounded_memory) {
  auto file = create(100);
  for (std::uint64_t i = 0; i < 40; ++i) {
    JournalEntry entry = entry_of({i, i + 1});
    entry.partial = Bytes(1 << 20, static_cast<std::byte>(1));
    file->commit(entry);
  }
  std::size_t most = 0, seen = 0;
  const RunState state = file->load([&](const std::vector<Bytes>& partials) {
    std::size_t bytes = 0;
    for (const Bytes& partial : partials) {
      bytes += partial.size();
      for (const std::byte b : partial) seen += b == std::byte{2} ? 0 : 1;
      if (partial.size() > 1000) continue;
    }
    most = std::max(most, bytes);
    return Bytes(100, std::byte{2});
  });
  EXPECT_EQ(seen, 40u << 20);  // each once
  EXPECT_LE(most, 20u << 20);
  EXPECT_EQ(state.partial, Bytes(100, std::byte{2}));
}

TEST_P(RunFile, keeps_a_row_and_the_output_of_each_task_with_a_source) {
  auto file = create(1'000'000);
  file->begin_execution("nodea", 1, 2);
  JournalEntry entry;
  entry.finished = set_of({{3, 4}, {999'999, 1'000'000}});
  entry.failed = 1;
  entry.outcomes = {failed_outcome_of(999'999), outcome_of(3)};
  entry.outcomes[1].output = std::string(5'000, 'o');
  entry.outcomes[1].errors = std::string("\0\xFF", 2);
  file->commit(entry);
  file.reset();

  const RunFileReader reader = read();
  const std::vector<TaskRow> rows = rows_of(reader);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].task, TaskIndex(3));
  EXPECT_EQ(rows[0].status, Status::succeeded);
  EXPECT_EQ(rows[0].error, "");
  EXPECT_EQ(rows[0].start, 3.0);
  EXPECT_EQ(rows[0].duration, 0.25);
  EXPECT_THAT(rows[0].values,
              ::testing::ElementsAre(Value(std::int64_t{3}), Value(0.5), Value(std::string("text"))));
  EXPECT_EQ(rows[1].task, TaskIndex(999'999));
  EXPECT_EQ(rows[1].status, Status::failed);
  EXPECT_EQ(rows[1].error, "exit code 7");
  EXPECT_EQ(rows[1].exit_code, 7);
  EXPECT_TRUE(rows[1].values.empty());

  EXPECT_EQ(reader.captured(TaskIndex(3))->output, std::string(5'000, 'o'));
  EXPECT_EQ(reader.captured(TaskIndex(3))->errors, std::string("\0\xFF", 2));
  EXPECT_EQ(reader.captured(TaskIndex(999'999))->errors, "error of attempt 1");
  EXPECT_FALSE(reader.captured(TaskIndex(4)).has_value());
}

TEST_P(RunFile, the_last_attempt_is_the_row_of_a_task_that_was_retried) {
  auto file = create(10);
  JournalEntry first;  // one attempt failed, the task goes on
  first.outcomes = {failed_outcome_of(5, 1)};
  file->commit(first);
  JournalEntry second = entry_of({5, 6});  // two more in one commit
  second.outcomes = {failed_outcome_of(5, 2), outcome_of(5)};
  second.outcomes[1].attempt = Attempt(3);
  file->commit(second);
  file.reset();

  const RunFileReader reader = read();
  const std::vector<TaskRow> rows = rows_of(reader);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].status, Status::succeeded);
  EXPECT_EQ(rows[0].attempts, 3u);
  EXPECT_EQ(reader.captured(TaskIndex(5))->output, "out 5");
  EXPECT_EQ(reader.captured(TaskIndex(5))->errors, "");

  const std::vector<AttemptRecord> attempts = reader.attempts(TaskIndex(5));
  ASSERT_EQ(attempts.size(), 3u);
  for (std::uint32_t i = 0; i < 3; ++i) EXPECT_EQ(attempts[i].outcome.attempt, Attempt(i + 1));
  EXPECT_EQ(attempts[0].outcome.status, Status::failed);
  EXPECT_EQ(attempts[1].outcome.errors, failed_outcome_of(5, 2).errors);
  EXPECT_EQ(attempts[2].outcome.output, "out 5");
  EXPECT_EQ(attempts[2].outcome.values, outcome_of(5).values);
  EXPECT_TRUE(reader.attempts(TaskIndex(4)).empty());
}

TEST_P(RunFile, rows_come_in_ascending_order_from_rows_columns_and_failures) {
  auto file = create(100);
  JournalEntry late = entry_of({50, 60});
  late.columns = {columns_of({55, 60}), columns_of({50, 55})};
  late.failures = {failed_of("overflow", set_of({{52, 53}, {58, 60}}))};
  late.failed = 3;
  JournalEntry early = entry_of({10, 20});
  early.columns = {columns_of({10, 20})};
  JournalEntry with_source = entry_of({30, 32});
  with_source.outcomes = {outcome_of(31), failed_outcome_of(30)};
  with_source.failed = 1;
  for (const JournalEntry& entry : {late, early, with_source}) file->commit(entry);
  file.reset();

  const RunFileReader reader = read();
  std::vector<std::uint64_t> tasks, failed;
  for (const TaskRow& row : rows_of(reader)) {
    tasks.push_back(row.task.value());
    if (row.status != Status::succeeded) {
      failed.push_back(row.task.value());
      EXPECT_TRUE(row.values.empty());
    } else {
      EXPECT_EQ(row.values.at(0), Value(static_cast<std::int64_t>(row.task.value())));
    }
  }
  std::vector<std::uint64_t> expected(22);
  std::iota(expected.begin(), expected.begin() + 10, 10);
  std::iota(expected.begin() + 10, expected.begin() + 12, 30);
  std::iota(expected.begin() + 12, expected.end(), 50);
  EXPECT_EQ(tasks, expected);
  EXPECT_THAT(failed, ::testing::ElementsAre(30, 52, 58, 59));

  failed.clear();
  for (const TaskRow& row : rows_of(reader, true)) failed.push_back(row.task.value());
  EXPECT_THAT(failed, ::testing::ElementsAre(30, 52, 58, 59));
}

TEST_P(RunFile, tasks_without_kept_values_have_rows_without_values) {
  auto file = create(10);
  file->commit(entry_of({2, 5}));
  file.reset();
  const std::vector<TaskRow> rows = rows_of(read());
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].task, TaskIndex(2));
  EXPECT_TRUE(rows[0].values.empty());
}

TEST_P(RunFile, forgets_failed_tasks_so_that_they_run_again) {
  auto file = create(40);
  JournalEntry computed = entry_of({0, 20});
  computed.columns = {columns_of({0, 20})};
  computed.failures = {failed_of("overflow", set_of({{0, 1}, {7, 9}}))};
  computed.failed = 3;
  JournalEntry with_source = entry_of({30, 32});
  with_source.outcomes = {failed_outcome_of(30), outcome_of(31)};
  with_source.failed = 1;
  file->commit(computed);
  file->commit(with_source);

  EXPECT_EQ(file->forget_failed(file->load(add_partials), partial_of(5)), set_of({{0, 1}, {7, 9}, {30, 31}}));
  const RunState state = file->load(add_partials);
  EXPECT_EQ(state.finished, set_of({{1, 7}, {9, 20}, {31, 32}}));
  EXPECT_EQ(state.failed, 0u);
  EXPECT_EQ(number_in(state.partial), 5u);

  JournalEntry again = entry_of({0, 1});  // of the same task as the first block's first: both stay
  again.columns = {columns_of({0, 1}, 1000)};
  again.finished.insert({7, 9});
  again.columns.push_back(columns_of({7, 9}, 1000));
  file->commit(again);
  file.reset();
  const RunFileReader reader = read();
  EXPECT_TRUE(rows_of(reader, true).empty());
  EXPECT_FALSE(reader.captured(TaskIndex(30)).has_value());
  for (const TaskRow& row : rows_of(reader)) {
    const std::uint64_t task = row.task.value();
    const bool ran_again = task == 0 || task == 7 || task == 8;
    EXPECT_EQ(row.values.at(0), Value(static_cast<std::int64_t>(task + (ran_again ? 1000 : 0)))) << task;
  }
}

TEST_P(RunFile, replaces_the_reductions_and_the_job_at_once) {
  auto file = create(40);
  file->commit(entry_of({0, 20}));
  RunHeader header = header_of(40);
  header.job.text = "name = \"other\"";
  header.fingerprint = {{"seed", "1"}};
  RunState state = file->load([](const std::vector<Bytes>&) { return Bytes(); });
  state.partial = partial_of(77);
  file->replace_reductions(header, state);
  EXPECT_EQ(file->header().job.text, "name = \"other\"");
  file.reset();

  const RunFileReader reader = read();
  EXPECT_EQ(reader.header().job.text, "name = \"other\"");
  EXPECT_EQ(reader.header().job.inputs.size(), 2u);
  EXPECT_EQ(reader.header().fingerprint.size(), 1u);
  EXPECT_EQ(number_in(reader.load(add_partials).partial), 77u);
  EXPECT_EQ(reader.load(add_partials).finished, set_of({{0, 20}}));
}

TEST_P(RunFile, keeps_events_with_their_execution) {
  auto file = create(10);
  std::vector<Event> first = {event_of(Event::Kind::chunk_sent, 1, {0, 5}, 0.5),
                              event_of(Event::Kind::chunk_sent, 2, {5, 10}, 0.75)};
  first[0].detail = "nodea";
  JournalEntry entry;
  entry.events = first;
  file->begin_execution("nodea", 1, 2);
  file->commit(entry);
  entry.events = {event_of(Event::Kind::run_ended, 0, {0, 0}, 9)};
  file->begin_execution("nodeb", 1, 2);
  file->commit(entry);
  file.reset();

  std::vector<Event> events;
  std::vector<std::uint32_t> executions;
  read().for_each_event([&](std::uint32_t execution, const Event& event) {
    executions.push_back(execution);
    events.push_back(event);
  });
  first.push_back(entry.events[0]);
  EXPECT_EQ(events, first);
  EXPECT_THAT(executions, ::testing::ElementsAre(1, 1, 2));
}

TEST_P(RunFile, a_callback_may_ask_the_reader_for_more) {
  auto file = create(10);
  JournalEntry entry = entry_of({1, 2});
  entry.outcomes = {outcome_of(1)};
  file->commit(entry);
  file.reset();
  const RunFileReader reader = read();
  int rows = 0;
  reader.for_each_row(false, [&](const TaskRow& row) {
    ++rows;
    EXPECT_EQ(reader.captured(row.task)->output, "out 1");
  });
  EXPECT_EQ(rows, 1);
}

TEST_P(RunFile, failed_tasks_take_about_a_byte_each) {
  // One in a hundred of 10^7 tasks, at random, in reports of 10^5 tasks that come in any order.
  constexpr std::uint64_t tasks = 10'000'000, report = 100'000;
  auto file = create(tasks);
  std::mt19937_64 random(3);
  std::vector<std::uint64_t> reports(tasks / report);
  std::iota(reports.begin(), reports.end(), 0);
  std::shuffle(reports.begin(), reports.end(), random);
  std::uint64_t failed = 0;
  TaskSet expected;
  const auto before = std::filesystem::file_size(path_);
  for (std::size_t i = 0; i < reports.size(); i += 10) {
    JournalEntry entry;
    for (std::size_t j = i; j < i + 10; ++j) {
      TaskSet set;
      for (std::uint64_t task = reports[j] * report; task < (reports[j] + 1) * report; ++task) {
        if (random() % 100 == 0) set.insert(TaskIndex(task));
      }
      entry.finished.insert({reports[j] * report, (reports[j] + 1) * report});
      entry.failed += set.size();
      expected.insert(set);
      entry.failures.push_back(failed_of("integer overflow", set));
    }
    failed += entry.failed;
    file->commit(entry);
  }
  file.reset();
  const double bytes = static_cast<double>(std::filesystem::file_size(path_) - before);
  EXPECT_LT(bytes / static_cast<double>(failed), 1.5);
  RecordProperty("bytes_per_failed_task", std::to_string(bytes / static_cast<double>(failed)));

  TaskSet rows;
  std::uint64_t previous = 0;
  read().for_each_row(true, [&](const TaskRow& row) {
    ASSERT_LE(previous, row.task.value());
    previous = row.task.value() + 1;
    rows.insert(row.task);
  });
  EXPECT_EQ(rows, expected);
}

TEST_P(RunFile, kept_values_of_single_tasks_share_blocks) {
  constexpr std::uint64_t tasks = 20'000;
  auto file = create(tasks);
  JournalEntry entry = entry_of({0, tasks});
  for (std::uint64_t task = 0; task < tasks; ++task) entry.columns.push_back(columns_of({task, task + 1}));
  std::shuffle(entry.columns.begin(), entry.columns.end(), std::mt19937_64(1));
  file->commit(entry);
  file.reset();
  EXPECT_LT(std::filesystem::file_size(path_),
            tasks * 16 / 2);  // two values of eight bytes each, and they compress
  std::uint64_t next = 0;
  for (const TaskRow& row : rows_of(read())) {
    ASSERT_EQ(row.values.at(0), Value(static_cast<std::int64_t>(next)));
    ASSERT_EQ(row.values.at(1), Value(static_cast<double>(next) / 8));
    ++next;
  }
  EXPECT_EQ(next, tasks);
}

}  // namespace
}  // namespace fanfold
