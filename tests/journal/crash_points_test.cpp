// Crashes at every point: the process dies at each write, sync, truncation or removal that SQLite asks the
// disk for, in turn, with the write done by half. A layer between SQLite and the files counts them.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <functional>

#include "journal/run_file.hpp"
#include "run_builder.hpp"

namespace fanfold {
namespace {

constexpr int crash_status = 77;

// How many operations are left until the crash; negative: none comes.
int operations_left = -1;

bool crashes_now() { return operations_left >= 0 && operations_left-- == 0; }

sqlite3_vfs* disk() {
  static sqlite3_vfs* const found = sqlite3_vfs_find("unix");
  return found;
}

// A file of SQLite's own kind, with the one below it behind it in memory.
struct CrashingFile {
  sqlite3_file base;
  sqlite3_io_methods methods;
  sqlite3_file* below() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  static sqlite3_file* below(sqlite3_file* file) { return reinterpret_cast<CrashingFile*>(file)->below(); }
};

int crashing_write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  sqlite3_file* const below = CrashingFile::below(file);
  if (crashes_now()) {
    below->pMethods->xWrite(below, data, size / 2, offset);
    ::_exit(crash_status);
  }
  return below->pMethods->xWrite(below, data, size, offset);
}

template <auto Method, typename... Arguments>
int crashing(sqlite3_file* file, Arguments... arguments) {
  if (crashes_now()) ::_exit(crash_status);
  sqlite3_file* const below = CrashingFile::below(file);
  return (below->pMethods->*Method)(below, arguments...);
}

template <auto Method, typename Result, typename... Arguments>
Result passing(sqlite3_file* file, Arguments... arguments) {
  sqlite3_file* const below = CrashingFile::below(file);
  return (below->pMethods->*Method)(below, arguments...);
}

using Methods = sqlite3_io_methods;

sqlite3_io_methods methods_over(const sqlite3_io_methods& below) {
  sqlite3_io_methods methods = below;
  methods.xClose = [](sqlite3_file* file) { return passing<&Methods::xClose, int>(file); };
  methods.xRead = passing<&Methods::xRead, int, void*, int, sqlite3_int64>;
  methods.xWrite = crashing_write;
  methods.xTruncate = crashing<&Methods::xTruncate, sqlite3_int64>;
  methods.xSync = crashing<&Methods::xSync, int>;
  methods.xFileSize = passing<&Methods::xFileSize, int, sqlite3_int64*>;
  methods.xLock = passing<&Methods::xLock, int, int>;
  methods.xUnlock = passing<&Methods::xUnlock, int, int>;
  methods.xCheckReservedLock = passing<&Methods::xCheckReservedLock, int, int*>;
  methods.xFileControl = passing<&Methods::xFileControl, int, int, void*>;
  methods.xSectorSize = passing<&Methods::xSectorSize, int>;
  methods.xDeviceCharacteristics = passing<&Methods::xDeviceCharacteristics, int>;
  methods.xShmMap = passing<&Methods::xShmMap, int, int, int, int, void volatile**>;
  methods.xShmLock = passing<&Methods::xShmLock, int, int, int, int>;
  methods.xShmBarrier = passing<&Methods::xShmBarrier, void>;
  methods.xShmUnmap = passing<&Methods::xShmUnmap, int, int>;
  methods.xFetch = passing<&Methods::xFetch, int, sqlite3_int64, int, void**>;
  methods.xUnfetch = passing<&Methods::xUnfetch, int, sqlite3_int64, void*>;
  return methods;
}

int crashing_open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  auto* const crashing_file = reinterpret_cast<CrashingFile*>(file);
  const int result = disk()->xOpen(disk(), name, crashing_file->below(), flags, flags_out);
  file->pMethods = nullptr;
  if (crashing_file->below()->pMethods == nullptr) return result;
  crashing_file->methods = methods_over(*crashing_file->below()->pMethods);
  file->pMethods = &crashing_file->methods;
  return result;
}

int crashing_delete(sqlite3_vfs*, const char* name, int sync) {
  if (crashes_now()) ::_exit(crash_status);
  return disk()->xDelete(disk(), name, sync);
}

void put_between_sqlite_and_the_disk() {
  static sqlite3_vfs layer;
  layer = *disk();
  layer.zName = "crashing";
  layer.szOsFile = static_cast<int>(sizeof(CrashingFile)) + disk()->szOsFile;
  layer.xOpen = crashing_open;
  layer.xDelete = crashing_delete;
  ASSERT_EQ(sqlite3_vfs_register(&layer, 1), SQLITE_OK);
}

JournalEntry entry_with_everything(std::uint64_t task) {
  JournalEntry entry = entry_of({task, task + 3});
  entry.failed = 1;
  entry.outcomes = {outcome_of(task)};
  entry.columns = {columns_of({task + 1, task + 2})};
  entry.failures = {failed_of("overflow", TaskSet({task + 2, task + 3}))};
  entry.events = {event_of(Event::Kind::chunk_done, task + 1, {task, task + 3}, 1)};
  return entry;
}

// A short life of a run file. Tells through the pipe how many tasks are durable.
void live(const std::filesystem::path& path, Sharing sharing, int acknowledged) {
  const auto file = RunFileWriter::open(path, sharing);
  file->begin_execution("nodea", 1, 1);
  for (std::uint64_t task = file->load(add_partials).finished.size(); task < 12; task += 3) {
    file->commit(entry_with_everything(task));
    const std::uint64_t durable = task + 3;
    if (::write(acknowledged, &durable, sizeof durable) != sizeof durable) ::_exit(3);
    if (task == 6) file->checkpoint(file->load(add_partials));
  }
}

struct End {
  int status = 0;
  std::uint64_t durable = 0;
};

// In a child process that crashes at the operation of this number.
End live_until(int operation, const std::filesystem::path& path, Sharing sharing) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::close(ends[0]);
    put_between_sqlite_and_the_disk();
    operations_left = operation;
    try {
      live(path, sharing, ends[1]);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n", error.what());
      ::_exit(3);
    }
    ::_exit(0);
  }
  ::close(ends[1]);
  End end;
  for (std::uint64_t next = 0; ::read(ends[0], &next, sizeof next) == sizeof next;) end.durable = next;
  ::close(ends[0]);
  int status = 0;
  ::waitpid(pid, &status, 0);
  end.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return end;
}

class CrashPoints : public ::testing::TestWithParam<Sharing> {
 protected:
  RunFolder folder_;
  std::filesystem::path path_ = folder_ / "pi.run";
};

INSTANTIATE_TEST_SUITE_P(Shared, CrashPoints, ::testing::Values(Sharing::shared, Sharing::exclusive),
                         [](const auto& about) {
                           return about.param == Sharing::shared ? "locally" : "on_a_network";
                         });

TEST_P(CrashPoints, nothing_that_was_acknowledged_is_lost_wherever_the_process_dies) {
  int operation = 0;
  for (;; ++operation) {
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path_.string() + suffix);
    RunFileWriter::create(path_, header_of(12), GetParam());
    const End end = live_until(operation, path_, GetParam());
    const bool survived = end.status == 0;
    ASSERT_TRUE(survived || end.status == crash_status) << operation << ": status " << end.status;
    {
      const RunFileReader reader(path_, GetParam());
      const RunState state = reader.load(add_partials);
      ASSERT_GE(state.finished.size(), end.durable) << "crash at operation " << operation;
      ASSERT_LE(state.finished.size(), end.durable + 3) << "crash at operation " << operation;
      ASSERT_EQ(number_in(state.partial), state.finished.size()) << "crash at operation " << operation;
      ASSERT_EQ(rows_of(reader).size(), state.finished.size());
      ASSERT_EQ(reader.integrity().damage, std::vector<std::string>()) << "crash at operation " << operation;
    }
    // The same command goes on, and ends where an undisturbed run ends.
    ASSERT_EQ(live_until(-1, path_, GetParam()).status, 0);
    const RunState state = RunFileReader(path_, GetParam()).load(add_partials);
    ASSERT_EQ(state.finished, TaskSet({0, 12}));
    ASSERT_EQ(number_in(state.partial), 12u);
    ASSERT_EQ(state.failed, 4u);
    if (survived) break;
  }
  EXPECT_GT(operation, 20);  // the layer has seen what it is to see
}

}  // namespace
}  // namespace fanfold
