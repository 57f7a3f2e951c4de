#include "journal/connection.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>

#include "core/host.hpp"
#include "journal/damaged_run_file.hpp"
#include "journal/live_file.hpp"
#include "journal/row_checksum.hpp"
#include "journal/schema.hpp"
#include "journal/write_permission.hpp"

namespace fanfold {
namespace {

namespace fs = std::filesystem;

// How long a connection waits for a lock that another one holds for moments (while it recovers or ends).
constexpr int busy_timeout_ms = 10'000;

RunFileError unusable(const fs::path& path, const std::string& why) {
  return RunFileError(ExitStatus::usage, fmt::format("run file '{}' {}", path.string(), why));
}

DamagedRunFile damaged(const fs::path& path, const std::string& how) {
  return DamagedRunFile(
      fmt::format("run file '{}' is damaged ({}); start afresh with --fresh, or restore it from a copy",
                  path.string(), how));
}

// Finds what SQLite would report in words of its own, or not at all: an empty file is a valid database to it.
void check_file(const fs::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) throw unusable(path, "does not exist");
    throw unusable(path, fmt::format("cannot be read: {}", std::strerror(errno)));
  }
  if (!S_ISREG(info.st_mode)) throw unusable(path, "is not a file");
  if (info.st_size == 0)
    throw unusable(path, "is empty: it is no run file; remove it, or start afresh with --fresh");
  std::array<char, 16> magic{};
  std::ifstream file(path, std::ios::binary);
  if (!file) throw unusable(path, fmt::format("cannot be read: {}", std::strerror(errno)));
  file.read(magic.data(), magic.size());
  if (std::memcmp(magic.data(), "SQLite format 3", 16) != 0)
    throw unusable(path, "is not a run file of fanfold");
}

std::string uri_of(const fs::path& path, const std::string& query) {
  std::string uri = "file:";
  for (const char c : fs::absolute(path).string()) {
    if (c == '%' || c == '?' || c == '#') {
      uri += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    } else {
      uri += c;
    }
  }
  return uri + "?" + query;
}

std::unique_ptr<SQLite::Database> connect(const fs::path& path, const std::string& query, int flags,
                                          bool alone) {
  auto database =
      std::make_unique<SQLite::Database>(uri_of(path, query), flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX);
  database->setBusyTimeout(busy_timeout_ms);
  // Before the first access: only then does SQLite keep the index of the write-ahead log in its own memory.
  if (alone) database->exec("PRAGMA locking_mode = EXCLUSIVE");
  check_schema(*database, path);
  add_row_checksum(*database);
  return database;
}

// Whether fcntl locks can be taken in the file's folder: some network file systems refuse them (NFS without
// its lock service, Lustre without -o flock), which SQLite takes for a lock of another program. Tried on a
// file of our own: closing the run file would drop the locks that a connection of this process has on it.
bool locks_work(const fs::path& path) {
  const fs::path tried = path.string() + fmt::format(".locks-{}", ::getpid());
  const int file = ::open(tried.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return true;  // what is wrong, SQLite finds as well
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  const bool work = ::fcntl(file, F_SETLK, &lock) == 0;
  ::close(file);
  ::unlink(tried.c_str());
  return work;
}

bool has_write_ahead_log(const fs::path& path) {
  std::error_code ignored;
  const std::uintmax_t size = fs::file_size(path.string() + "-wal", ignored);
  return !ignored && size > 0;
}

// Without locks, a writer could change pages while they are read.
void check_not_live(const fs::path& path) {
  const std::optional<LiveStatus> live = read_live(path);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  if (!live || is_stale(*live, std::chrono::duration_cast<std::chrono::seconds>(now).count())) return;
  if (live->host == host_name() && live->pid == ::getpid())
    return;  // we know when we have closed it ourselves
  throw unusable(
      path,
      fmt::format("is being written by pid {} on host {} and cannot be shared from where it is (a network "
                  "file system, or a folder without write permission): wait for the run to end; "
                  "fanfold status says how far it is",
                  live->pid, live->host));
}

// For places where SQLite can take no lock or make no file beside the database.
std::unique_ptr<SQLite::Database> connect_without_locks(const fs::path& path) {
  check_not_live(path);
  // Of the two, only this one reads a write-ahead log, and only the other does without one.
  if (has_write_ahead_log(path)) return connect(path, "vfs=unix-none&mode=ro", SQLITE_OPEN_READONLY, true);
  return connect(path, "mode=ro&immutable=1", SQLITE_OPEN_READONLY, false);
}

bool cannot_share(const SQLite::Exception& error) {
  const int code = error.getErrorCode() & 0xFF;
  return code == SQLITE_CANTOPEN || code == SQLITE_READONLY || code == SQLITE_PERM ||
         (code == SQLITE_IOERR && error.getExtendedErrorCode() != SQLITE_IOERR_READ);
}

// What the system said when a write failed. SQLite's own sqlite3_system_errno does not know of errors in a
// COMMIT: the files do, the write-ahead log (or journal) and the database.
int last_errno(const SQLite::Database& database) {
  for (const int which : {SQLITE_FCNTL_JOURNAL_POINTER, SQLITE_FCNTL_FILE_POINTER}) {
    sqlite3_file* file = nullptr;
    if (sqlite3_file_control(database.getHandle(), nullptr, which, static_cast<void*>(&file)) != SQLITE_OK)
      continue;
    int number = 0;
    if (file == nullptr || file->pMethods == nullptr) continue;
    if (file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &number) == SQLITE_OK && number != 0)
      return number;
  }
  return 0;
}

RunError cannot_write(const fs::path& path, const std::string& why, const char* advice) {
  return RunError(fmt::format(
      "cannot write {}: {}; what was recorded before is intact; {} and run the same command again",
      path.string(), why, advice));
}

// Whether opening failed for want of space: for the shared memory, say, which is a file too. Whoever opens
// has no connection yet that could be asked.
bool is_of_full_disk(const fs::path& path, const SQLite::Exception& error) {
  const int code = error.getErrorCode() & 0xFF;
  if (code == SQLITE_FULL) return true;
  constexpr std::uint64_t few_bytes = 64 * 1024;
  struct statvfs info {};
  return code == SQLITE_IOERR && error.getExtendedErrorCode() != SQLITE_IOERR_READ &&
         ::statvfs(path.c_str(), &info) == 0 && info.f_bavail * info.f_frsize < few_bytes;
}

}  // namespace

bool on_network_file_system(const fs::path& path) {
  struct statfs info {};
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  if (::statfs(path.c_str(), &info) != 0 && ::statfs(folder.c_str(), &info) != 0) return false;
  // From linux/magic.h and the sources of the file systems that are not in it.
  constexpr std::array<std::uint32_t, 14> network = {
      0x6969,      // NFS
      0x517B,      // SMB
      0xFF534D42,  // CIFS
      0xFE534D42,  // SMB2
      0x0BD00BD0,  // Lustre
      0x47504653,  // GPFS (Spectrum Scale)
      0x19830326,  // BeeGFS
      0x65735546,  // FUSE: sshfs, GlusterFS, CephFS-FUSE …
      0x00C36400,  // Ceph
      0x5346414F,  // AFS
      0x6B414653,  // kAFS
      0x73757245,  // Coda
      0x01021997,  // 9p
      0xAAD7AAEA,  // PanFS
  };
  const auto type = static_cast<std::uint32_t>(info.f_type);
  for (const std::uint32_t magic : network) {
    if (type == magic) return true;
  }
  return false;
}

bool exclusive(Sharing sharing, const fs::path& path) {
  return sharing == Sharing::exclusive || (sharing == Sharing::automatic && on_network_file_system(path));
}

std::unique_ptr<SQLite::Database> open_to_write(const fs::path& path, Sharing sharing) {
  check_file(path);
  if (const auto reason = obstacle_to_writing(path)) throw unwritable(path, *reason);
  try {
    const bool alone = exclusive(sharing, path);
    // Locks keep other programs away, where there are any; RUN.live is the right to write in any case.
    const char* const query = alone && !locks_work(path) ? "vfs=unix-none&mode=rw" : "mode=rw";
    auto database = connect(path, query, SQLITE_OPEN_READWRITE, alone);
    // Pages are rewritten by many small transactions, so small ones; what a commit touches fits into 4 MiB.
    database->exec(
        "PRAGMA synchronous = FULL; PRAGMA cache_size = -4096; PRAGMA journal_size_limit = 67108864");
    database->exec("PRAGMA journal_mode = WAL");
    upgrade_schema(*database);
    return database;
  } catch (const SQLite::Exception& error) {
    if (is_of_full_disk(path, error)) throw full_disk_error(path, ENOSPC);
    throw_read_error(path, error);
  }
}

std::unique_ptr<SQLite::Database> open_to_read(const fs::path& path, Sharing sharing) {
  check_file(path);
  try {
    if (exclusive(sharing, path)) return connect_without_locks(path);
    try {
      // Nothing is written; but only a connection that may write takes away the shared files that it had to
      // make.
      auto database = connect(path, "mode=rw", SQLITE_OPEN_READWRITE, false);
      database->exec("PRAGMA query_only = ON");
      return database;
    } catch (const SQLite::Exception& error) {
      if (!cannot_share(error)) throw;
      return connect_without_locks(path);
    }
  } catch (const SQLite::Exception& error) {
    throw_read_error(path, error);
  }
}

void throw_read_error(const fs::path& path, const SQLite::Exception& error) {
  switch (error.getErrorCode() & 0xFF) {
    case SQLITE_NOTADB:
      throw DamagedRunFile(fmt::format(
          "run file '{}' is not a run file of fanfold, or is damaged at its beginning", path.string()));
    case SQLITE_CORRUPT:
      throw damaged(path, error.what());
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw unusable(path, "is locked by another program");
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
      throw unusable(path, fmt::format("cannot be opened: {}", error.what()));
    case SQLITE_ERROR:
      throw damaged(path, error.what());  // a table is missing, say
    default:
      throw unusable(path, fmt::format("cannot be read: {}", error.what()));
  }
}

void throw_read_error(const fs::path& path, const DecodeError& error) { throw damaged(path, error.what()); }

RunError full_disk_error(const fs::path& path, int reason) {
  return cannot_write(path, reason == EDQUOT ? "disk quota is exceeded" : "disk is full", "free some space");
}

void throw_write_error(const fs::path& path, const SQLite::Database* database,
                       const SQLite::Exception& error) {
  const int code = error.getErrorCode() & 0xFF;
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) throw_read_error(path, error);
  if (code == SQLITE_FULL) throw full_disk_error(path, ENOSPC);
  const int reason = code == SQLITE_IOERR && database != nullptr ? last_errno(*database) : 0;
  if (reason == ENOSPC || reason == EDQUOT) throw full_disk_error(path, reason);
  if (reason == EFBIG)
    throw cannot_write(path, "the limit on the size of files is reached", "raise it (ulimit -f)");
  throw cannot_write(path,
                     reason == 0 ? error.what() : fmt::format("{}: {}", error.what(), std::strerror(reason)),
                     "see to the disk");
}

}  // namespace fanfold
