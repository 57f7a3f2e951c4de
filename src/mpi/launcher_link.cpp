#include "mpi/launcher_link.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "core/error.hpp"

namespace fanfold {

std::optional<LauncherLink> LauncherLink::connect() {
  const char* name = std::getenv(launcher_variable);
  const char* rank = std::getenv("OMPI_COMM_WORLD_RANK");
  if (name == nullptr || rank == nullptr || std::string_view(rank) != "0") return std::nullopt;
  LauncherLink link(connect_to_launcher(name));
  Welcome welcome = receive_welcome(link.socket_.get());
  link.facts_ = welcome.facts;
  dup2(welcome.input.get(), STDIN_FILENO);
  dup2(welcome.output.get(), STDOUT_FILENO);
  dup2(welcome.errors.get(), STDERR_FILENO);
  return link;
}

void LauncherLink::say_ready() { say("ready\n"); }

void LauncherLink::say_goodbye(const Goodbye& goodbye) {
  say(fmt::format("goodbye {} {:d} {:d}\n", goodbye.status, goodbye.nobody_left, goodbye.ranks_lost));
}

bool LauncherLink::is_cut() const {
  // The launcher says nothing after its welcome: what can be read is its end.
  pollfd look{socket_.get(), POLLIN, 0};
  return poll(&look, 1, 0) > 0;
}

void LauncherLink::say(const std::string& line) {
  // If nobody listens any more, there is nobody to tell.
  [[maybe_unused]] const ssize_t sent = send(socket_.get(), line.data(), line.size(), MSG_NOSIGNAL);
}

}  // namespace fanfold
