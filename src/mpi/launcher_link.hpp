// Rank zero's line to the launcher that started mpirun. mpirun itself cannot be relied on for the exit
// status, nor for what is printed last.
#pragma once

#include <optional>
#include <string>

#include "core/file_descriptor.hpp"
#include "mpi/launch_plan.hpp"
#include "mpi/launcher_socket.hpp"

namespace fanfold {

/// The environment variable that names the launcher's socket (in Linux's abstract namespace).
inline constexpr const char* launcher_variable = "FANFOLD_LAUNCHER";

/// Only the main thread uses it.
class LauncherLink {
 public:
  /// Connects, if this is rank zero of a launcher. Standard input, output and error are the launcher's
  /// afterwards, not mpirun's. Throws RunError if the launcher does not answer.
  static std::optional<LauncherLink> connect();

  /// MPI works, and signals are heeded from now on.
  void say_ready();
  /// The last words, after everything was printed. The first ones count.
  void say_goodbye(const Goodbye& goodbye);

  const LaunchFacts& facts() const { return facts_; }
  /// True if the launcher has died.
  bool is_cut() const;

 private:
  explicit LauncherLink(FileDescriptor socket) : socket_(std::move(socket)) {}
  void say(const std::string& line);

  FileDescriptor socket_;
  LaunchFacts facts_;
};

}  // namespace fanfold
