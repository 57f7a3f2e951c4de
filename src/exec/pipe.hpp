// Pipes, and where descriptors stand.
#pragma once

#include "core/file_descriptor.hpp"

namespace fanfold {

/// The same file with a number that is not below `lowest`, closed by exec. Descriptors that a child is given
/// are moved onto 0, 1, 2 and so on, which may be free here: none of them may stand there before. Throws
/// std::system_error; where there is no file, with what the system call before it failed with.
FileDescriptor lifted(FileDescriptor file, int lowest = 3);

struct Pipe {
  FileDescriptor reading;
  FileDescriptor writing;
};

/// Closed by exec. Throws std::system_error.
Pipe open_pipe(int lowest = 3);

}  // namespace fanfold
