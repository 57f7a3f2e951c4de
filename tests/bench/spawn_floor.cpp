// The floor of running commands on this machine: two threads, each bound to a CPU, that start a program with
// clone(CLONE_VM | CLONE_VFORK), let it run on any CPU, and wait for it; nothing else.
//
//     spawn_floor COUNT [--pipes] PROGRAM [ARGUMENT…]
//
// Prints commands per second. With --pipes, standard output and standard error are read to their ends.
#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

namespace {

constexpr std::size_t stack_bytes = 64 << 10;
constexpr int threads = 2;

struct Start {
  char** arguments;
  const cpu_set_t* cpus;
  int output = -1;
  int errors = -1;
};

int child(void* argument) {
  const Start& start = *static_cast<Start*>(argument);
  sched_setaffinity(0, sizeof *start.cpus, start.cpus);
  if (start.output >= 0) {
    dup2(start.output, 1);
    dup2(start.errors, 2);
  }
  execv(start.arguments[0], start.arguments);
  _exit(127);
}

void read_to_end(int pipe) {
  std::array<char, 65536> bytes;
  while (read(pipe, bytes.data(), bytes.size()) > 0) {
  }
  close(pipe);
}

void run(Start start, bool with_pipes, std::byte* stack) {
  int output[2] = {-1, -1};
  int errors[2] = {-1, -1};
  if (with_pipes && (pipe2(output, O_CLOEXEC) != 0 || pipe2(errors, O_CLOEXEC) != 0)) std::abort();
  start.output = output[1];
  start.errors = errors[1];
  const pid_t pid = clone(child, stack + stack_bytes, CLONE_VM | CLONE_VFORK | SIGCHLD, &start);
  if (pid < 0) std::abort();
  if (with_pipes) {
    close(output[1]);
    close(errors[1]);
    read_to_end(output[0]);
    read_to_end(errors[0]);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  if (status != 0) std::abort();
}

}  // namespace

int main(int count, char** words) {
  const bool with_pipes = count > 2 && std::strcmp(words[2], "--pipes") == 0;
  if (count < (with_pipes ? 4 : 3)) return 2;
  const long commands = std::atol(words[1]);
  cpu_set_t cpus;
  sched_getaffinity(0, sizeof cpus, &cpus);
  std::atomic<long> next = 0;
  const auto begin = std::chrono::steady_clock::now();
  {
    std::vector<std::jthread> spawners;
    for (int thread = 0; thread < threads; ++thread) {
      spawners.emplace_back([&, thread] {
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(thread % CPU_COUNT(&cpus), &one);
        sched_setaffinity(0, sizeof one, &one);
        const std::unique_ptr<std::byte[]> stack(new std::byte[stack_bytes]);
        const Start start{words + (with_pipes ? 3 : 2), &cpus};
        while (next++ < commands) run(start, with_pipes, stack.get());
      });
    }
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  std::printf("%.0f\n", static_cast<double>(commands) / seconds.count());
  return 0;
}
