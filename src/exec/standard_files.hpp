// What a child process has for its standard input, output and error.
#pragma once

#include "core/file_descriptor.hpp"
#include "exec/pipe.hpp"
#include "exec/spawn.hpp"

namespace fanfold {

struct ChildProgram;

/// The parent's view of them. The reading ends are open where something is captured.
struct OpenFiles {
  FileDescriptor input;
  int shared_input = -1;  ///< that is not closed; instead of `input`
  Pipe output;
  Pipe errors;
  bool errors_follow_output = false;  ///< both go to one file

  StandardFiles numbers() const {
    const int to = output.writing.get();
    return {input.is_open() ? input.get() : shared_input, to,
            errors_follow_output ? to : errors.writing.get()};
  }
};

/// /dev/null for reading, above 2. Throws std::system_error.
FileDescriptor open_null_device();

/// Opens what the program asks for: files, pipes, /dev/null. Folders of files that are to be written are
/// made. Throws SpawnError where it names a file, std::system_error where the system has no more to give.
OpenFiles open_standard_files(const ChildProgram& program);

}  // namespace fanfold
