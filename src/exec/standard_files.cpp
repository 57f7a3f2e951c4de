#include "exec/standard_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

#include "exec/child_process.hpp"

namespace fanfold {
namespace {

[[noreturn]] void refuse(const char* what, const std::string& path, int error) {
  throw SpawnError(fmt::format("cannot {} '{}': {}", what, path, std::generic_category().message(error)));
}

/// Without O_NONBLOCK the opening of a pipe without a writer would never return.
FileDescriptor open_input_file(const std::string& path) {
  const int number = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (number < 0) refuse("read", path, errno);
  FileDescriptor file = lifted(FileDescriptor(number));
  struct stat status = {};
  if (fstat(file.get(), &status) != 0) refuse("read", path, errno);
  if (S_ISDIR(status.st_mode)) refuse("read", path, EISDIR);
  if (S_ISFIFO(status.st_mode)) throw SpawnError(fmt::format("cannot read '{}': it is a pipe", path));
  fcntl(file.get(), F_SETFL, 0);
  return file;
}

/// A file in memory: it neither blocks the writer nor kills it with SIGPIPE when the child does not read.
FileDescriptor open_input(const ChildProgram& program) {
  if (!program.input_file.empty()) return open_input_file(program.input_file);
  if (!program.input) return open_null_device();
  FileDescriptor file = lifted(FileDescriptor(memfd_create("stdin", MFD_CLOEXEC)));
  std::size_t written = 0;
  while (written < program.input->size()) {
    const ssize_t count = pwrite(file.get(), program.input->data() + written, program.input->size() - written,
                                 static_cast<off_t>(written));
    if (count < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category());
    if (count > 0) written += static_cast<std::size_t>(count);
  }
  return file;
}

Pipe open_output(const std::string& path) {
  if (path.empty()) return open_pipe();
  constexpr int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY;
  int number = open(path.c_str(), flags, 0666);
  if (number < 0 && errno == ENOENT) {
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
    if (!error) number = open(path.c_str(), flags, 0666);
    if (error) errno = error.value();
  }
  if (number < 0) refuse("write", path, errno);
  return {FileDescriptor(), lifted(FileDescriptor(number))};
}

}  // namespace

FileDescriptor open_null_device() { return lifted(FileDescriptor(open("/dev/null", O_RDONLY | O_CLOEXEC))); }

OpenFiles open_standard_files(const ChildProgram& program) {
  OpenFiles files;
  files.output = open_output(program.output_file);
  files.errors_follow_output = !program.output_file.empty() && program.output_file == program.errors_file;
  if (!files.errors_follow_output) files.errors = open_output(program.errors_file);
  const bool reads_nothing = !program.input && program.input_file.empty();
  if (reads_nothing) files.shared_input = program.null_device;
  if (files.shared_input < 0) files.input = open_input(program);
  return files;
}

}  // namespace fanfold
