// The socket between a launcher and rank zero, which are processes of one user on one host.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "core/file_descriptor.hpp"

namespace fanfold {

/// A socket that nobody else has, for rank zero to connect to.
struct LauncherSocket {
  FileDescriptor listening;
  std::string name;
};
LauncherSocket open_launcher_socket();

/// What a launcher tells rank zero.
struct LaunchFacts {
  std::int64_t began = 0;     ///< when the launcher was started: seconds since 1970
  bool starts_again = false;  ///< if rank zero dies, or is the only one that is left
  bool restarted = false;     ///< this is not the first start
};

/// The first message of the launcher, with what rank zero is to read and with its own standard output and
/// standard error.
struct Welcome {
  LaunchFacts facts;
  FileDescriptor input;
  FileDescriptor output;
  FileDescriptor errors;
};

/// Takes the next connection and welcomes it. Not open if it was another user's process. `pid` is the other
/// side's.
FileDescriptor welcome_rank_zero(int listening, const LaunchFacts& facts, int input, pid_t& pid);

/// Throws RunError.
FileDescriptor connect_to_launcher(const std::string& name);
Welcome receive_welcome(int socket);

}  // namespace fanfold
