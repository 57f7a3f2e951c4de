#include "mpi/launcher_socket.hpp"

#include <fmt/format.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

#include "core/error.hpp"

namespace fanfold {
namespace {

constexpr std::size_t welcome_files = 3;

struct Address {
  sockaddr_un value{};
  socklen_t size = 0;
};

/// In the abstract namespace: nothing is left in a file system, however the launcher ends.
Address address_of(const std::string& name) {
  Address address;
  address.value.sun_family = AF_UNIX;
  const std::size_t size = std::min(name.size(), sizeof address.value.sun_path - 1);
  std::memcpy(address.value.sun_path + 1, name.data(), size);
  address.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + size);
  return address;
}

const sockaddr* plain(const Address& address) { return reinterpret_cast<const sockaddr*>(&address.value); }

[[noreturn]] void fail(const char* what) {
  throw RunError(fmt::format("launcher: {}: {}", what, std::strerror(errno)));
}

/// The process at the other end, if it is the same user's.
std::optional<pid_t> peer_of(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.uid != geteuid())
    return std::nullopt;
  return peer.pid;
}

/// The facts, as they are in memory (both sides are one program), with room for descriptors.
struct MessageOfFiles {
  LaunchFacts facts;
  iovec data{&facts, sizeof facts};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(welcome_files * sizeof(int))> control{};
  msghdr header{};
  MessageOfFiles() {
    header.msg_iov = &data;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
  }
  MessageOfFiles(const MessageOfFiles&) = delete;
  MessageOfFiles& operator=(const MessageOfFiles&) = delete;
};

}  // namespace

LauncherSocket open_launcher_socket() {
  std::array<std::uint64_t, 2> random{};
  if (getrandom(random.data(), sizeof random, 0) != sizeof random) fail("no random name");
  LauncherSocket socket;
  socket.name = fmt::format("fanfold-{}-{:016x}{:016x}", getpid(), random[0], random[1]);
  socket.listening = FileDescriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const Address address = address_of(socket.name);
  if (!socket.listening.is_open() || bind(socket.listening.get(), plain(address), address.size) != 0 ||
      listen(socket.listening.get(), 8) != 0) {
    fail("cannot open a socket");
  }
  return socket;
}

FileDescriptor welcome_rank_zero(int listening, const LaunchFacts& facts, int input, pid_t& pid) {
  FileDescriptor connection(accept4(listening, nullptr, nullptr, SOCK_CLOEXEC));
  if (!connection.is_open()) return connection;
  const std::optional<pid_t> peer = peer_of(connection.get());
  if (!peer) return {};
  pid = *peer;
  MessageOfFiles message;
  message.facts = facts;
  cmsghdr* const control = CMSG_FIRSTHDR(&message.header);
  control->cmsg_level = SOL_SOCKET;
  control->cmsg_type = SCM_RIGHTS;
  control->cmsg_len = CMSG_LEN(welcome_files * sizeof(int));
  const std::array<int, welcome_files> files{input, STDOUT_FILENO, STDERR_FILENO};
  std::memcpy(CMSG_DATA(control), files.data(), sizeof files);
  if (sendmsg(connection.get(), &message.header, MSG_NOSIGNAL) != sizeof facts) return {};
  return connection;
}

FileDescriptor connect_to_launcher(const std::string& name) {
  FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const Address address = address_of(name);
  if (!socket.is_open() || connect(socket.get(), plain(address), address.size) != 0 || !peer_of(socket.get()))
    fail("cannot be reached");
  return socket;
}

Welcome receive_welcome(int socket) {
  const timeval limit{10, 0};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  MessageOfFiles message;
  if (recvmsg(socket, &message.header, MSG_CMSG_CLOEXEC) != sizeof message.facts) fail("says nothing");
  const cmsghdr* const control = CMSG_FIRSTHDR(&message.header);
  if (control == nullptr || control->cmsg_type != SCM_RIGHTS ||
      control->cmsg_len != CMSG_LEN(welcome_files * sizeof(int)))
    throw RunError("launcher: its welcome cannot be understood");
  std::array<int, welcome_files> files{};
  std::memcpy(files.data(), CMSG_DATA(control), sizeof files);
  Welcome welcome;
  welcome.facts = message.facts;
  welcome.input = FileDescriptor(files[0]);
  welcome.output = FileDescriptor(files[1]);
  welcome.errors = FileDescriptor(files[2]);
  return welcome;
}

}  // namespace fanfold
