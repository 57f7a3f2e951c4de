#include "exec/pipe.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace fanfold {

FileDescriptor lifted(FileDescriptor file, int lowest) {
  if (file.get() >= lowest) return file;
  if (file.is_open()) file = FileDescriptor(fcntl(file.get(), F_DUPFD_CLOEXEC, lowest));
  if (!file.is_open()) throw std::system_error(errno, std::generic_category());
  return file;
}

Pipe open_pipe(int lowest) {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category());
  FileDescriptor reading(ends[0]);
  FileDescriptor writing(ends[1]);
  return {lifted(std::move(reading), lowest), lifted(std::move(writing), lowest)};
}

}  // namespace fanfold
