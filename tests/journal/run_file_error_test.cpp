// What is said about files that cannot be read, and about disks that take no more.
#include <SQLiteCpp/Database.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "core/host.hpp"
#include "file_size_limit.hpp"
#include "journal/connection.hpp"
#include "journal/live_file.hpp"
#include "journal/run_file.hpp"
#include "run_builder.hpp"

namespace fanfold {
namespace {

using ::testing::HasSubstr;

class RunFileErrors : public ::testing::Test {
 protected:
  // The messages of a reader and of a writer, which must be the same.
  std::string message() {
    std::string of_reader = "(no error)", of_writer = "(no error)";
    try {
      RunFileReader reader(path_, Sharing::shared);
    } catch (const RunFileError& error) {
      EXPECT_EQ(error.status(), ExitStatus::usage);
      of_reader = error.what();
    }
    try {
      RunFileWriter::open(path_, Sharing::shared);
    } catch (const RunFileError& error) {
      EXPECT_EQ(error.status(), ExitStatus::usage);
      of_writer = error.what();
    }
    EXPECT_EQ(of_reader, of_writer);
    return of_reader;
  }
  std::string named(const std::string& rest) { return "run file '" + path_.string() + "' " + rest; }

  RunFolder folder_;
  std::filesystem::path path_ = folder_ / "pi.run";
};

TEST_F(RunFileErrors, no_file) { EXPECT_EQ(message(), named("does not exist")); }

TEST_F(RunFileErrors, a_folder) {
  std::filesystem::create_directory(path_);
  EXPECT_EQ(message(), named("is not a file"));
}

TEST_F(RunFileErrors, an_empty_file) {
  std::ofstream(path_).flush();
  EXPECT_EQ(message(), named("is empty: it is no run file; remove it, or start afresh with --fresh"));
}

TEST_F(RunFileErrors, some_other_file) {
  std::ofstream(path_) << "task,value\n0,1\n";
  EXPECT_EQ(message(), named("is not a run file of fanfold"));
}

TEST_F(RunFileErrors, some_other_database) {
  SQLite::Database(path_.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec("CREATE TABLE mine(x)");
  EXPECT_EQ(message(), "'" + path_.string() + "' is an SQLite database, but not a run file of fanfold");
}

TEST_F(RunFileErrors, a_newer_version) {
  RunFileWriter::create(path_, header_of(10));
  SQLite::Database(path_.string(), SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 7");
  EXPECT_EQ(message(), named("was written by a newer fanfold (schema 7; this one reads up to 2)"));
}

TEST_F(RunFileErrors, a_missing_header) {
  RunFileWriter::create(path_, header_of(10));
  SQLite::Database(path_.string(), SQLite::OPEN_READWRITE).exec("DELETE FROM meta WHERE key = 'tasks'");
  EXPECT_EQ(message(),
            named("is damaged (it has no tasks); start afresh with --fresh, or restore it from a copy"));
}

TEST_F(RunFileErrors, a_missing_table) {
  RunFileWriter::create(path_, header_of(10));
  SQLite::Database(path_.string(), SQLite::OPEN_READWRITE).exec("DROP TABLE overrides");
  EXPECT_THAT(message(), HasSubstr("is damaged (no such table: overrides)"));
}

TEST_F(RunFileErrors, damage_anywhere_is_an_error_or_goes_unnoticed_but_never_a_crash) {
  {
    auto file = RunFileWriter::create(path_, header_of(100));
    JournalEntry entry = entry_of({0, 50});
    entry.outcomes = {outcome_of(1), failed_outcome_of(2)};
    entry.columns = {columns_of({10, 40})};
    entry.failures = {failed_of("overflow", set_of({{40, 50}}))};
    entry.events = {event_of(Event::Kind::chunk_sent, 1, {0, 50}, 1)};
    file->commit(entry);
  }
  std::ifstream in(path_, std::ios::binary);
  const std::string good{std::istreambuf_iterator<char>(in), {}};
  std::size_t errors = 0;
  for (std::size_t position = 100; position < good.size(); position += 61) {
    std::string bad = good;
    bad[position] = static_cast<char>(~bad[position]);
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << bad;
    try {
      const RunFileReader reader(path_);
      reader.load(add_partials);
      reader.for_each_row(false, [](const TaskRow&) {});
      reader.for_each_event([](std::uint32_t, const Event&) {});
      reader.captured(TaskIndex(1));
    } catch (const RunFileError& error) {
      EXPECT_THAT(error.what(), HasSubstr("pi.run"));
      ++errors;
    }
  }
  EXPECT_GT(errors, 10u);
}

TEST_F(RunFileErrors, a_report_that_cannot_be_decoded) {
  RunFileWriter::create(path_, header_of(10));
  SQLite::Database(path_.string(), SQLite::OPEN_READWRITE)
      .exec(
          "INSERT INTO reports(execution, finished, failed, left_out, partial) VALUES(1, x'09', 0, 0, "
          "x'00')");
  try {
    RunFileReader(path_).load(add_partials);
    FAIL();
  } catch (const RunFileError& error) {
    EXPECT_EQ(std::string(error.what()),
              named("is damaged (a blob is compressed in an unknown way); start afresh with "
                    "--fresh, or restore it from a copy"));
  }
}

TEST_F(RunFileErrors, a_second_file_of_the_name_is_refused) {
  RunFileWriter::create(path_, header_of(10));
  try {
    RunFileWriter::create(path_, header_of(20));
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_EQ(std::string(error.what()), named("exists already"));
  }
  EXPECT_EQ(RunFileReader(path_).header().tasks, 10u);
}

TEST_F(RunFileErrors, a_folder_that_does_not_exist) {
  EXPECT_THROW(RunFileWriter::create(folder_ / "none/pi.run", header_of(10)), RunError);
}

TEST_F(RunFileErrors, a_file_that_is_open_exclusively_is_locked) {
  const auto writer = RunFileWriter::create(path_, header_of(10), Sharing::exclusive);
  writer->commit(entry_of({0, 1}));
  SQLite::Database other(path_.string(), SQLite::OPEN_READONLY);
  EXPECT_THROW(other.execAndGet("SELECT count(*) FROM reports"), SQLite::Exception);
  EXPECT_FALSE(std::filesystem::exists(path_.string() + "-shm")) << "a memory map that processes share";
}

TEST_F(RunFileErrors, a_file_that_is_being_written_where_nothing_can_be_shared) {
  RunFileWriter::create(path_, header_of(10), Sharing::exclusive)->commit(entry_of({0, 1}));
  const std::string pid = std::to_string(::getppid());
  std::ofstream(live_path(path_)) << "{\"host\": \"" << host_name() << "\", \"pid\": " << pid
                                  << ", \"heartbeat\": 1}";
  try {
    const RunFileReader reader(path_, Sharing::exclusive);
    FAIL() << "pages could change while they are read";
  } catch (const RunFileError& error) {
    EXPECT_EQ(
        std::string(error.what()),
        named("is being written by pid " + pid + " on host " + host_name() +
              " and cannot be shared from where it is (a network file system, or a folder without write "
              "permission): wait for the run to end; fanfold status says how far it is"));
  }
  std::filesystem::remove(live_path(path_));
  const LiveFile ours(path_, {});
  EXPECT_EQ(RunFileReader(path_, Sharing::exclusive).load(add_partials).finished.size(), 1u);
}

TEST_F(RunFileErrors, this_folder_is_local) {
  EXPECT_FALSE(exclusive(Sharing::shared, path_));
  EXPECT_TRUE(exclusive(Sharing::exclusive, path_));
  EXPECT_EQ(exclusive(Sharing::automatic, path_), on_network_file_system(path_));
}

// Commits until the disk takes no more; returns how many were taken and what was said.
struct Full {
  std::uint64_t commits = 0;
  std::string message = "(no error)";
};
Full fill(RunFileWriter& file, std::uint64_t from) {
  Full full;
  try {
    for (; full.commits < 10'000; ++full.commits) {
      JournalEntry entry = entry_of({from + full.commits, from + full.commits + 1});
      entry.outcomes = {outcome_of(from + full.commits)};
      entry.failures = {
          failed_of("reason " + std::to_string(from + full.commits), set_of({{90'000, 90'001}}))};
      std::uint64_t x = full.commits;
      for (int i = 0; i < 4'000; ++i) {
        entry.outcomes[0].output +=
            static_cast<char>((x = x * 6364136223846793005ULL + 1442695040888963407ULL) >> 56);
      }
      file.commit(entry);
    }
  } catch (const RunError& error) {
    full.message = error.what();
  }
  return full;
}

TEST_F(RunFileErrors, at_the_limit_of_file_sizes_what_was_recorded_is_intact_and_the_run_goes_on_afterwards) {
  for (const Sharing sharing : {Sharing::shared, Sharing::exclusive}) {
    std::filesystem::remove(path_);
    auto file = RunFileWriter::create(path_, header_of(100'000), sharing);
    Full full;
    {
      const FileSizeLimit limit(1 << 20);
      full = fill(*file, 0);
    }
    EXPECT_EQ(full.message,
              "cannot write " + path_.string() +
                  ": the limit on the size of files is reached; what was recorded before is intact; "
                  "raise it (ulimit -f) and run the same command again");
    EXPECT_GT(full.commits, 10u);
    EXPECT_EQ(file->load(add_partials).finished.size(), full.commits);
    file->commit(entry_of({50'000, 50'001}));
    file.reset();
    EXPECT_EQ(RunFileReader(path_, sharing).load(add_partials).finished.size(), full.commits + 1);
    EXPECT_EQ(rows_of(RunFileReader(path_, sharing)).size(), full.commits + 1);
  }
}

TEST_F(RunFileErrors, on_a_full_disk_what_was_recorded_is_intact_and_the_run_goes_on_afterwards) {
  const std::filesystem::path disk = folder_ / "disk";
  std::filesystem::create_directory(disk);
  if (::mount("none", disk.c_str(), "tmpfs", 0, "size=2m") != 0)
    GTEST_SKIP() << "no right to mount a small disk";
  const std::filesystem::path path = disk / "pi.run";
  auto file = RunFileWriter::create(path, header_of(100'000));
  const Full full = fill(*file, 0);
  EXPECT_EQ(full.message,
            "cannot write " + path.string() +
                ": disk is full; what was recorded before is intact; free some space and run the same "
                "command again");
  file.reset();  // cannot move its log into the file, either
  EXPECT_EQ(::mount("none", disk.c_str(), "tmpfs", MS_REMOUNT, "size=64m"), 0);
  auto again = RunFileWriter::open(path);
  EXPECT_EQ(again->load(add_partials).finished.size(), full.commits);
  again->commit(entry_of({50'000, 50'001}));
  again.reset();
  EXPECT_EQ(RunFileReader(path).load(add_partials).finished.size(), full.commits + 1);
  EXPECT_EQ(::umount2(disk.c_str(), MNT_DETACH), 0);
}

TEST_F(RunFileErrors, creating_on_a_full_disk_leaves_nothing) {
  const FileSizeLimit limit(8 << 10);
  EXPECT_THROW(RunFileWriter::create(path_, header_of(10)), RunError);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

// Reads as a user who can write nothing there. Prints what went wrong and exits with 1, or exits with 0.
[[noreturn]] void read_without_rights(const std::filesystem::path& path, std::uint64_t expected) {
  if (::geteuid() == 0 && (::setresgid(65534, 65534, 65534) != 0 || ::setresuid(65534, 65534, 65534) != 0))
    ::_exit(2);
  try {
    const std::uint64_t finished = RunFileReader(path, Sharing::shared).load(add_partials).finished.size();
    if (finished == expected) ::_exit(0);
    std::fprintf(stderr, "%llu tasks are finished\n", static_cast<unsigned long long>(finished));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
  }
  ::_exit(1);
}

class ReadOnlyFolder : public RunFileErrors {
 protected:
  ~ReadOnlyFolder() override { ::chmod(folder_.path().c_str(), 0755); }
  void make_read_only() {
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      ::chmod(entry.path().c_str(), 0444);
    }
    ::chmod(folder_.path().c_str(), 0555);
  }
};

TEST_F(ReadOnlyFolder, a_closed_file) {
  RunFileWriter::create(path_, header_of(10))->commit(entry_of({0, 3}));
  make_read_only();
  EXPECT_EXIT(read_without_rights(path_, 3), ::testing::ExitedWithCode(0), "");
}

TEST_F(ReadOnlyFolder, a_live_file) {
  auto writer = RunFileWriter::create(path_, header_of(10), Sharing::shared);
  writer->commit(entry_of({0, 3}));
  make_read_only();
  EXPECT_EXIT(read_without_rights(path_, 3), ::testing::ExitedWithCode(0), "");
}

TEST_F(ReadOnlyFolder, a_file_whose_writer_was_killed) {
  RunFolder elsewhere;
  auto writer = RunFileWriter::create(elsewhere / "pi.run", header_of(10), Sharing::exclusive);
  writer->commit(entry_of({0, 3}));
  for (const char* suffix : {"", "-wal"}) {
    std::filesystem::copy_file((elsewhere / "pi.run").string() + suffix, path_.string() + suffix);
  }
  make_read_only();
  EXPECT_EXIT(read_without_rights(path_, 3), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace fanfold
