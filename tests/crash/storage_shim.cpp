// Storage that is not what a local disk is, for tests of the real program: preloaded (LD_PRELOAD), it stands
// before the C library.
//
// STORAGE_NETWORK=FOLDER        files below it are on something like NFS without its lock service: statfs
// says
//                               NFS, locks by fcntl and flock fail with ENOLCK, and no memory map is shared.
// STORAGE_SLOW=SUFFIX           syncs of files whose path ends with it …
// STORAGE_SLOW_SECONDS=10       … take so long,
// STORAGE_SLOW_CALLS=5:6        from the one numbered 5 (of this process, from 0) to before the one numbered
// 6;
//                               without it all.
// STORAGE_SLOW_MARK=FILE        FILE.begun and FILE.ended are made when a slow sync begins and ends.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <string>

namespace {

constexpr auto nfs_magic = 0x6969;

template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

std::string setting(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string path_of(int file) {
  char path[PATH_MAX];
  const std::string link = "/proc/self/fd/" + std::to_string(file);
  const ssize_t size = readlink(link.c_str(), path, sizeof path);
  return size < 0 ? "" : std::string(path, static_cast<std::size_t>(size));
}

bool is_below(const std::string& path) {
  const std::string folder = setting("STORAGE_NETWORK");
  return !folder.empty() && (path == folder || path.starts_with(folder + "/"));
}

std::string absolute(const char* path) {
  char found[PATH_MAX];
  return realpath(path, found) == nullptr ? "" : found;
}

bool is_lock(int command) {
  return command == F_SETLK || command == F_SETLKW || command == F_GETLK || command == F_OFD_SETLK ||
         command == F_OFD_SETLKW || command == F_OFD_GETLK;
}

/// The place of a file, which there is nothing to be put into.
void mark(const std::string& end) {
  const std::string path = setting("STORAGE_SLOW_MARK");
  if (!path.empty()) close(open((path + end).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
}

bool is_slow(int file) {
  static std::atomic<int> calls{0};
  const std::string suffix = setting("STORAGE_SLOW");
  if (suffix.empty() || !path_of(file).ends_with(suffix)) return false;
  const int call = calls++;
  const std::string range = setting("STORAGE_SLOW_CALLS");
  if (range.empty()) return true;
  return call >= std::atoi(range.c_str()) && call < std::atoi(range.c_str() + range.find(':') + 1);
}

void wait_for_disk(int file) {
  if (!is_slow(file)) return;
  const int reason = errno;
  mark(".begun");
  timespec time{std::atoi(setting("STORAGE_SLOW_SECONDS").c_str()), 0};
  while (nanosleep(&time, &time) != 0) {
  }
  mark(".ended");
  errno = reason;
}

int control(const char* name, int file, int command, void* argument) {
  if (is_lock(command) && is_below(path_of(file))) {
    errno = ENOLCK;
    return -1;
  }
  return next<int(int, int, ...)>(name)(file, command, argument);
}

void* map(const char* name, void* address, std::size_t size, int protection, int flags, int file,
          off_t offset) {
  if ((flags & MAP_SHARED) != 0 && file >= 0 && is_below(path_of(file))) {
    errno = ENODEV;
    return MAP_FAILED;
  }
  return next<void*(void*, std::size_t, int, int, int, off_t)>(name)(address, size, protection, flags, file,
                                                                     offset);
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

int fcntl(int file, int command, ...) {
  va_list list;
  va_start(list, command);
  void* const argument = va_arg(list, void*);
  va_end(list);
  return control("fcntl", file, command, argument);
}

int fcntl64(int file, int command, ...) {
  va_list list;
  va_start(list, command);
  void* const argument = va_arg(list, void*);
  va_end(list);
  return control("fcntl64", file, command, argument);
}

int flock(int file, int operation) noexcept {
  if (is_below(path_of(file))) {
    errno = ENOLCK;
    return -1;
  }
  return next<int(int, int)>("flock")(file, operation);
}

void* mmap(void* address, std::size_t size, int protection, int flags, int file, off_t offset) noexcept {
  return map("mmap", address, size, protection, flags, file, offset);
}

void* mmap64(void* address, std::size_t size, int protection, int flags, int file, off_t offset) noexcept {
  return map("mmap64", address, size, protection, flags, file, offset);
}

int statfs(const char* path, struct statfs* info) noexcept {
  const int result = next<int(const char*, struct statfs*)>("statfs")(path, info);
  if (result == 0 && is_below(absolute(path))) info->f_type = nfs_magic;
  return result;
}

int statfs64(const char* path, struct statfs64* info) noexcept {
  const int result = next<int(const char*, struct statfs64*)>("statfs64")(path, info);
  if (result == 0 && is_below(absolute(path))) info->f_type = nfs_magic;
  return result;
}

int fsync(int file) {
  wait_for_disk(file);
  return next<int(int)>("fsync")(file);
}

int fdatasync(int file) {
  wait_for_disk(file);
  return next<int(int)>("fdatasync")(file);
}

}  // extern "C"
#pragma GCC visibility pop
