#include "journal/new_run_file.hpp"

#include <SQLiteCpp/Exception.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>

#include "core/file_descriptor.hpp"
#include "journal/connection.hpp"
#include "journal/row_checksum.hpp"
#include "journal/schema.hpp"
#include "journal/write_permission.hpp"

namespace fanfold {
namespace {

namespace fs = std::filesystem;

/// What the first connection needs beside the file: the memory that processes share, and a write-ahead log
/// with the first commits.
constexpr off_t room_for_first_use = 128 * 1024;

/// Removes what is left of a file that did not get its name.
struct RemoveAtEnd {
  fs::path path;
  ~RemoveAtEnd() {
    std::error_code ignored;
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) fs::remove(path.string() + suffix, ignored);
  }
};

[[noreturn]] void fail(const fs::path& path, int reason) {
  if (reason == ENOSPC || reason == EDQUOT) throw full_disk_error(path, reason);
  throw RunError(fmt::format("cannot write {}: {}", path.string(), std::strerror(reason)));
}

void sync(int file, const fs::path& path) {
  // A folder may be one that can be written but not read: its file system syncs it in its own time. EINVAL: a
  // file system that has nothing to sync in a folder.
  if (file >= 0 && ::fsync(file) != 0 && errno != EINVAL) fail(path, errno);
}

void sync_folder_of(const fs::path& path) {
  const FileDescriptor folder(::open((path.has_parent_path() ? path.parent_path() : fs::path(".")).c_str(),
                                     O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  sync(folder.get(), path);
}

/// Makes the file durable. A disk that would be full at once is found out while nothing has been replaced.
void finish(const fs::path& unfinished, const fs::path& path) {
  const FileDescriptor file(::open(unfinished.c_str(), O_RDWR | O_CLOEXEC));
  if (file.get() < 0) fail(path, errno);
  const off_t size = ::lseek(file.get(), 0, SEEK_END);
  // Not every file system can allocate; one that cannot says no when the time comes.
  if (::fallocate(file.get(), 0, size, room_for_first_use) == 0) {
    if (::ftruncate(file.get(), size) != 0) fail(path, errno);
  } else if (errno == ENOSPC || errno == EDQUOT) {
    fail(path, errno);
  }
  sync(file.get(), path);
}

/// Of a file that is gone: SQLite would take what it holds for the newest content of the new one.
void remove_orphaned_log(const fs::path& path) {
  for (const char* suffix : {"-wal", "-shm", "-journal"}) fs::remove(path.string() + suffix);
}

/// Gives a file a second name unless that is taken. False if it is.
bool rename_to_new(const fs::path& from, const fs::path& to) {
  if (::link(from.c_str(), to.c_str()) == 0) {
    ::unlink(from.c_str());
    return true;
  }
  if (errno == EEXIST) return false;
  // No hard links here (CIFS, some FUSE): the right to write the file, RUN.live, already keeps others away.
  if (fs::exists(to)) return false;
  fs::rename(from, to);
  return true;
}

/// Nobody sees this file before it is whole, and a crash throws it away: no journal, and one fsync at the
/// end. In a write-ahead log, what is in it would not be in the file that gets the name, if the disk is full.
void write_whole(const fs::path& unfinished, const fs::path& path,
                 const std::function<void(SQLite::Database&)>& fill) {
  std::unique_ptr<SQLite::Database> database;
  try {
    // No locks either: there may be none here.
    database = std::make_unique<SQLite::Database>(unfinished.string(),
                                                  SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, 0, "unix-none");
    database->exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA page_size = 4096; PRAGMA synchronous = OFF");
    database->exec("PRAGMA journal_mode = OFF; BEGIN");
    create_schema(*database);
    add_row_checksum(*database);
    fill(*database);
    database->exec("COMMIT; PRAGMA journal_mode = WAL");
  } catch (const SQLite::Exception& error) {
    throw_write_error(path, database.get(), error);
  }
}

[[noreturn]] void refuse(const fs::path& path, const std::string& why) {
  throw RunFileError(ExitStatus::usage,
                     fmt::format("'{}' {}; --fresh replaces run files only: choose another file with --run "
                                 "FILE, or remove this one yourself",
                                 path.string(), why));
}

}  // namespace

void create_run_file(const fs::path& path, const std::function<void(SQLite::Database&)>& fill) {
  const auto refuse_existing = [&path] {
    throw UsageError(fmt::format("run file '{}' exists already", path.string()));
  };
  if (fs::exists(path)) refuse_existing();
  if (const auto reason = obstacle_to_writing(path)) throw unwritable(path, *reason);
  const RemoveAtEnd unfinished{path.string() + fmt::format(".new-{}", ::getpid())};
  fs::remove(unfinished.path);
  write_whole(unfinished.path, path, fill);
  finish(unfinished.path, path);
  remove_orphaned_log(path);
  if (!rename_to_new(unfinished.path, path)) refuse_existing();
  sync_folder_of(path);
}

void check_replaceable(const fs::path& path) {
  if (!fs::exists(path)) return;
  if (!fs::is_regular_file(path)) refuse(path, "is not a file");
  if (fs::file_size(path) == 0) return;
  std::array<unsigned char, 72> begin{};
  std::ifstream file(path, std::ios::binary);
  if (!file) refuse(path, fmt::format("cannot be read ({})", std::strerror(errno)));
  file.read(reinterpret_cast<char*>(begin.data()), begin.size());
  if (std::memcmp(begin.data(), "SQLite format 3", 16) != 0) refuse(path, "is not a run file of fanfold");
  // Where SQLite keeps it, whatever else is damaged: other programs' databases have another, or none.
  std::uint32_t application = 0;
  for (std::size_t i = 68; i < 72; ++i) application = application << 8U | begin[i];
  if (application != static_cast<std::uint32_t>(run_file_application_id))
    refuse(path, "is an SQLite database, but not a run file of fanfold");
}

}  // namespace fanfold
