// The journal: entries that come fast become few commits, in order, and an error stops it.
#include "journal/journal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>

#include "file_size_limit.hpp"
#include "run_builder.hpp"

namespace fanfold {
namespace {

using std::chrono::steady_clock;

// Counts the journal's commits and lets a test wait for them.
class Commits {
 public:
  std::function<void()> callback() {
    return [this] {
      const std::lock_guard lock(mutex_);
      times_.push_back(steady_clock::now());
      changed_.notify_all();
    };
  }
  template <typename Condition>
  bool wait_for(const Condition& condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), condition);
  }
  std::vector<steady_clock::time_point> times() {
    const std::lock_guard lock(mutex_);
    return times_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<steady_clock::time_point> times_;
};

class JournalTest : public ::testing::Test {
 protected:
  std::unique_ptr<RunFileWriter> create(std::uint64_t tasks) {
    auto file = RunFileWriter::create(path_, header_of(tasks));
    file->begin_execution("nodea", 1, 1);
    return file;
  }
  RunState state() { return RunFileReader(path_).load(add_partials); }

  RunFolder folder_;
  std::filesystem::path path_ = folder_ / "pi.run";
  Commits commits_;
};

TEST_F(JournalTest, commits_an_entry_and_says_so) {
  Journal journal(create(10), {}, add_partials, commits_.callback());
  EXPECT_EQ(journal.committed_tasks(), 0u);
  journal.append(entry_of({0, 4}));
  ASSERT_TRUE(commits_.wait_for([&] { return journal.committed_tasks() == 4; }));
  EXPECT_EQ(journal.queued_bytes(), 0u);
  EXPECT_EQ(state().finished, TaskSet({0, 4})) << "a reader sees it while the run is live";
  EXPECT_FALSE(journal.error().has_value());
  journal.close();
}

TEST_F(JournalTest, merges_entries_that_wait_and_commits_at_most_ten_times_a_second) {
  Journal journal(create(100'000), {}, add_partials, commits_.callback());
  for (std::uint64_t task = 0; task < 2'000; ++task) {
    JournalEntry entry = entry_of({task, task + 1}, static_cast<double>(task));
    entry.failed = task % 10 == 0 ? 1 : 0;
    if (task % 10 == 0) entry.failures = {failed_of("overflow", TaskSet({task, task + 1}))};
    entry.columns = {columns_of({task, task + 1})};
    entry.events = {event_of(Event::Kind::chunk_done, task, {task, task + 1}, static_cast<double>(task))};
    journal.append(std::move(entry));
    if (task % 500 == 499) commits_.wait_for([&] { return journal.committed_tasks() == task + 1; });
  }
  journal.close();
  const auto times = commits_.times();
  EXPECT_GE(times.size(), 4u);
  EXPECT_LE(times.size(), 8u);
  for (std::size_t i = 2; i < times.size(); ++i) {
    EXPECT_GE(times[i] - times[i - 2], std::chrono::milliseconds(90)) << i;
  }

  const RunState read = state();
  EXPECT_EQ(read.finished, TaskSet({0, 2'000}));
  EXPECT_EQ(read.failed, 200u);
  EXPECT_EQ(number_in(read.partial), 2'000u);
  EXPECT_EQ(read.seconds, 1'999);
  std::uint64_t rows = 0, events = 0;
  const RunFileReader reader(path_);
  reader.for_each_row(false, [&](const TaskRow& row) {
    EXPECT_EQ(row.task, TaskIndex(rows));
    EXPECT_EQ(row.values.empty(), rows % 10 == 0);
    ++rows;
  });
  reader.for_each_event(
      [&](std::uint32_t, const Event& event) { EXPECT_EQ(event.task, TaskIndex(events++)); });
  EXPECT_EQ(rows, 2'000u);
  EXPECT_EQ(events, 2'000u);
}

TEST_F(JournalTest, closing_does_not_wait_for_the_next_commit) {
  Journal journal(create(10), {}, add_partials, commits_.callback());
  journal.append(entry_of({0, 1}));
  ASSERT_TRUE(commits_.wait_for([&] { return journal.committed_tasks() == 1; }));
  journal.append(entry_of({1, 2}));
  const auto begin = steady_clock::now();
  journal.close();
  EXPECT_LT(steady_clock::now() - begin, std::chrono::milliseconds(80));
  EXPECT_EQ(state().finished, TaskSet({0, 2}));
}

TEST_F(JournalTest, a_journal_that_goes_without_close_commits_what_is_queued) {
  {
    Journal journal(create(10), {}, add_partials, [] {});
    journal.append(entry_of({0, 3}));
  }
  EXPECT_EQ(state().finished, TaskSet({0, 3}));
}

TEST_F(JournalTest, goes_on_from_the_state_of_the_executions_before) {
  for (std::uint64_t execution = 0; execution < 3; ++execution) {
    auto file = execution == 0 ? create(300) : RunFileWriter::open(path_);
    RunState before = file->load(add_partials);
    Journal journal(std::move(file), std::move(before), add_partials, [] {});
    journal.append(entry_of({100 * execution, 100 * (execution + 1)}));
    journal.close();
  }
  EXPECT_TRUE(state().ended);
  EXPECT_EQ(number_in(state().partial), 300u);
}

TEST_F(JournalTest, counts_the_bytes_that_wait) {
  std::atomic<bool> hold{true};
  Journal journal(create(10), {}, add_partials, [&hold] { hold.wait(true); });
  journal.append(entry_of({0, 1}));
  while (journal.committed_tasks() == 0) std::this_thread::yield();  // the thread stands in on_commit now
  JournalEntry entry = entry_of({1, 2});
  entry.outcomes = {outcome_of(1)};
  entry.outcomes[0].output = std::string(1'000'000, 'x');
  journal.append(std::move(entry));
  EXPECT_GE(journal.queued_bytes(), 1'000'000u);
  EXPECT_LE(journal.queued_bytes(), 1'001'000u);
  hold = false;
  hold.notify_all();
  journal.close();
  EXPECT_EQ(journal.queued_bytes(), 0u);
}

TEST_F(JournalTest, an_error_of_the_disk_is_remembered_and_ends_the_commits) {
  const std::string message =
      "cannot write " + path_.string() +
      ": the limit on the size of files is reached; what was recorded before is intact; raise "
      "it (ulimit -f) and run the same command again";
  {
    Journal journal(create(100'000), {}, add_partials, commits_.callback());
    journal.append(entry_of({0, 1}));
    ASSERT_TRUE(commits_.wait_for([&] { return journal.committed_tasks() == 1; }));
    const FileSizeLimit limit(256 << 10);
    JournalEntry large = entry_of({1, 2});
    std::mt19937_64 random(1);
    for (int i = 0; i < 1 << 20; ++i) large.partial.push_back(static_cast<std::byte>(random()));
    journal.append(std::move(large));
    ASSERT_TRUE(commits_.wait_for([&] { return journal.error().has_value(); }));
    EXPECT_EQ(journal.error(), message);
    journal.append(entry_of({2, 3}));
    EXPECT_EQ(journal.queued_bytes(), 0u);
    EXPECT_EQ(journal.committed_tasks(), 1u);
    try {
      journal.close();
      FAIL() << "no error";
    } catch (const RunError& error) {
      EXPECT_EQ(std::string(error.what()), message);
    }
  }
  EXPECT_EQ(state().finished, TaskSet({0, 1}));
}

TEST_F(JournalTest, partials_that_cannot_be_merged_are_an_error) {
  Journal journal(
      create(10), {}, [](const std::vector<Bytes>&) -> Bytes { throw DecodeError("no partial"); },
      commits_.callback());
  journal.append(entry_of({0, 1}));
  journal.append(entry_of({1, 2}));
  journal.append(entry_of({2, 3}));
  EXPECT_THROW(journal.close(), RunError);
}

TEST_F(JournalTest, the_file_stays_small_however_many_reports_there_are) {
  auto file = create(1'000'000);
  RunState state = file->load(add_partials);
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    JournalEntry entry = entry_of({i, i + 1});
    state.finished.insert(entry.finished);
    state.partial = add_partials({state.partial, entry.partial});
    file->commit(entry);
    if (file->wants_checkpoint()) file->checkpoint(state);
  }
  file.reset();
  EXPECT_LT(std::filesystem::file_size(path_), 400u << 10);
  EXPECT_EQ(this->state().finished, TaskSet({0, 20'000}));
}

}  // namespace
}  // namespace fanfold
