// Crashes: a writer that is killed with SIGKILL, and a log whose last transaction is cut off anywhere.
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <random>

#include "journal/journal.hpp"
#include "journal/run_file.hpp"
#include "run_builder.hpp"

namespace fanfold {
namespace {

// Everything that can be in an entry, for one task after the other. Odd tasks have a source, even ones a
// kernel.
JournalEntry full_entry(std::uint64_t task) {
  JournalEntry entry = entry_of({task, task + 1}, static_cast<double>(task));
  entry.failed = task % 4 >= 2 ? 1 : 0;
  if (task % 2 == 1) {
    entry.outcomes = {task % 4 == 3 ? failed_outcome_of(task) : outcome_of(task)};
  } else if (task % 4 == 2) {
    entry.failures = {failed_of("overflow", TaskSet({task, task + 1}))};
  } else {
    entry.columns = {columns_of({task, task + 1})};
  }
  entry.events = {event_of(Event::Kind::chunk_done, task + 1, {task, task + 1}, static_cast<double>(task))};
  return entry;
}

// The file holds the tasks 0 … n−1, all of each of them, and nothing else.
void expect_whole(const std::filesystem::path& path, std::uint64_t n, Sharing sharing) {
  const RunFileReader reader(path, sharing);
  const RunState state = reader.load(add_partials);
  ASSERT_EQ(state.finished, n == 0 ? TaskSet() : TaskSet({0, n}));
  EXPECT_EQ(number_in(state.partial), n);
  std::uint64_t failed = 0, next = 0, events = 0;
  reader.for_each_row(false, [&](const TaskRow& row) {
    ASSERT_EQ(row.task, TaskIndex(next++));
    const bool fails = row.task.value() % 4 >= 2;
    EXPECT_EQ(row.status != Status::succeeded, fails);
    EXPECT_EQ(row.values.empty(), fails);
    if (row.task.value() % 2 == 1) {
      EXPECT_EQ(reader.captured(row.task)->output, "out " + std::to_string(row.task.value()));
    }
    failed += fails ? 1 : 0;
  });
  reader.for_each_event([&](std::uint32_t, const Event& event) {
    EXPECT_EQ(event.task, TaskIndex(events));
    ++events;
  });
  EXPECT_EQ(next, n);
  EXPECT_EQ(events, n);
  EXPECT_EQ(state.failed, failed);
}

// A child process that runs `write`, which tells through the pipe how many tasks are durable, until it is
// killed.
struct Writer {
  pid_t pid = 0;
  int acknowledged = 0;
};
template <typename Write>
Writer start_writer(const Write& write) {
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
  const pid_t pid = ::fork();
  if (pid != 0) {
    ::close(ends[1]);
    return {pid, ends[0]};
  }
  ::close(ends[0]);
  try {
    write([end = ends[1]](std::uint64_t durable) {
      if (::write(end, &durable, sizeof durable) != sizeof durable) ::_exit(3);
    });
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
  }
  ::_exit(3);  // it is to be killed before
}

// Kills it after a time and returns what it had acknowledged last.
std::uint64_t kill_after(const Writer& writer, std::chrono::microseconds time) {
  pollfd first{writer.acknowledged, POLLIN, 0};
  ::poll(&first, 1, 10'000);  // its first commit
  ::usleep(static_cast<useconds_t>(time.count()));
  ::kill(writer.pid, SIGKILL);
  int status = 0;
  ::waitpid(writer.pid, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "it ended by itself with " << WEXITSTATUS(status);
  std::uint64_t durable = 0;
  for (std::uint64_t next = 0; ::read(writer.acknowledged, &next, sizeof next) == sizeof next;)
    durable = next;
  ::close(writer.acknowledged);
  return durable;
}

class Crash : public ::testing::TestWithParam<Sharing> {
 protected:
  RunFolder folder_;
  std::filesystem::path path_ = folder_ / "pi.run";
};

INSTANTIATE_TEST_SUITE_P(Shared, Crash, ::testing::Values(Sharing::shared, Sharing::exclusive),
                         [](const auto& about) {
                           return about.param == Sharing::shared ? "locally" : "on_a_network";
                         });

TEST_P(Crash, a_writer_that_is_killed_loses_nothing_that_was_committed) {
  RunFileWriter::create(path_, header_of(1'000'000), GetParam());
  std::mt19937_64 random(11);
  std::uint64_t durable = 0;
  for (int round = 0; round < 25; ++round) {
    const Writer writer = start_writer([this](const auto& acknowledge) {
      const auto file = RunFileWriter::open(path_, GetParam());
      file->begin_execution("nodea", ::getpid(), 1);
      for (std::uint64_t task = file->load(add_partials).finished.size();; ++task) {
        file->commit(full_entry(task));
        acknowledge(task + 1);
        if (task % 13 == 0) file->checkpoint(file->load(add_partials));
      }
    });
    const std::uint64_t acknowledged = kill_after(writer, std::chrono::microseconds(random() % 20'000));
    ASSERT_GT(acknowledged, durable);
    const std::uint64_t recovered = RunFileReader(path_, GetParam()).load(add_partials).finished.size();
    ASSERT_GE(recovered, acknowledged);
    ASSERT_LE(recovered, acknowledged + 1);  // it may have died between the commit and the acknowledgement
    expect_whole(path_, recovered, GetParam());
    durable = recovered;
  }
}

TEST_P(Crash, a_journal_whose_process_is_killed_loses_nothing_that_was_committed) {
  RunFileWriter::create(path_, header_of(1'000'000'000), GetParam());
  std::mt19937_64 random(12);
  std::uint64_t durable = 0;
  for (int round = 0; round < 5; ++round) {
    const Writer writer = start_writer([this](const auto& acknowledge) {
      auto file = RunFileWriter::open(path_, GetParam());
      file->begin_execution("nodea", ::getpid(), 1);
      RunState state = file->load(add_partials);
      const std::uint64_t before = state.finished.size();
      Journal journal(std::move(file), std::move(state), add_partials, [] {});
      std::uint64_t told = 0;
      for (std::uint64_t task = before;; ++task) {
        journal.append(full_entry(task));
        if (task % 64 == 0) ::usleep(1'000);
        if (journal.committed_tasks() > told) acknowledge(before + (told = journal.committed_tasks()));
      }
    });
    const std::uint64_t acknowledged = kill_after(writer, std::chrono::microseconds(random() % 250'000));
    ASSERT_GT(acknowledged, durable);
    durable = RunFileReader(path_, GetParam()).load(add_partials).finished.size();
    ASSERT_GE(durable, acknowledged);
    expect_whole(path_, durable, GetParam());
  }
}

TEST_P(Crash, a_creator_that_is_killed_leaves_the_whole_file_or_none) {
  std::mt19937_64 random(13);
  for (int round = 0; round < 30; ++round) {
    std::filesystem::remove(path_);
    const Writer writer = start_writer([this](const auto& acknowledge) {
      acknowledge(1);
      RunFileWriter::create(path_, header_of(1'000), GetParam());
      ::pause();
    });
    kill_after(writer, std::chrono::microseconds(random() % 4'000));
    if (std::filesystem::exists(path_)) expect_whole(path_, 0, GetParam());
  }
}

TEST(CrashLog, a_log_that_is_cut_anywhere_in_its_last_transaction_gives_the_state_before_it) {
  const RunFolder folder;
  const std::filesystem::path path = folder / "pi.run", copy = folder / "copy.run";
  auto file = RunFileWriter::create(path, header_of(100), Sharing::shared);
  file->begin_execution("nodea", 1, 1);
  for (std::uint64_t task = 0; task < 5; ++task) file->commit(full_entry(task));
  const auto before = std::filesystem::file_size(path.string() + "-wal");
  file->commit(entry_of({5, 6}));
  const auto after = std::filesystem::file_size(path.string() + "-wal");
  ASSERT_GT(after, before);
  std::filesystem::copy_file(path.string() + "-wal", copy.string() + "-wal");
  std::filesystem::copy_file(path, copy);
  EXPECT_EQ(RunFileReader(copy, Sharing::exclusive).load(add_partials).finished, TaskSet({0, 6}));
  // From the end, one byte less each time. Exclusively: the index of the log is made anew, as after a crash.
  for (auto size = after; size-- > before;) {
    std::filesystem::resize_file(copy.string() + "-wal", size);
    const RunState state = RunFileReader(copy, Sharing::exclusive).load(add_partials);
    ASSERT_EQ(state.finished, TaskSet({0, 5})) << size - before << " bytes of " << after - before;
    ASSERT_EQ(number_in(state.partial), 5u);
  }
  expect_whole(copy, 5, Sharing::exclusive);
  const auto writer = RunFileWriter::open(copy, Sharing::shared);  // and a writer goes on from there
  writer->commit(full_entry(5));
  EXPECT_EQ(writer->load(add_partials).finished, TaskSet({0, 6}));
}

}  // namespace
}  // namespace fanfold
