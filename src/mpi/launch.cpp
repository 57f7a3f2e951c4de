#include "mpi/launch.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <optional>
#include <string_view>

#include "core/overloaded.hpp"
#include "exec/child_process.hpp"
#include "job/read_file.hpp"
#include "mpi/launcher_link.hpp"
#include "mpi/launcher_socket.hpp"
#include "mpi/mpirun_command.hpp"
#include "mpi/mpirun_process.hpp"
#include "run/clock.hpp"

namespace fanfold {
namespace {

constexpr std::array run_signals{SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};

/// The signals of a run and the ends of children as a descriptor that can be waited for, from construction to
/// destruction.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    for (const int signal : run_signals) sigaddset(&set_, signal);
    sigaddset(&set_, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set_, &before_);
    descriptor_ = FileDescriptor(signalfd(-1, &set_, SFD_CLOEXEC | SFD_NONBLOCK));
  }
  ~Signals() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  int descriptor() const { return descriptor_.get(); }
  std::optional<int> next() {
    signalfd_siginfo info{};
    if (read(descriptor_.get(), &info, sizeof info) != sizeof info) return std::nullopt;
    return static_cast<int>(info.ssi_signo);
  }

 private:
  sigset_t set_{};
  sigset_t before_{};
  FileDescriptor descriptor_;
};

/// What rank zero is to read: a copy of a job that comes from standard input, for it may be read several
/// times; nothing from a terminal, which a process group in the background may not read.
FileDescriptor input_for(const std::vector<std::string>& command) {
  if (std::ranges::find(command, "-") != command.end()) {
    const std::string text = read_standard_input();
    FileDescriptor file(memfd_create("standard input", MFD_CLOEXEC));
    for (std::size_t written = 0; written < text.size();) {
      const ssize_t count = write(file.get(), text.data() + written, text.size() - written);
      if (count < 0 && errno != EINTR)
        throw RunError(fmt::format("cannot keep standard input: {}", std::strerror(errno)));
      if (count > 0) written += static_cast<std::size_t>(count);
    }
    return file;
  }
  if (isatty(STDIN_FILENO) == 1) return FileDescriptor(open("/dev/null", O_RDONLY | O_CLOEXEC));
  return FileDescriptor(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
}

/// What Open MPI says of ranks that leave without MPI_Finalize, as ours do.
bool is_noise(std::string_view line) { return line.find("] PMIX ERROR: ") != std::string_view::npos; }

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) return name_of_signal(WTERMSIG(status));
  return fmt::format("exit status {}", WEXITSTATUS(status));
}

/// Makes the plan's decisions true, and tells it what happens.
class Launcher {
 public:
  explicit Launcher(const LaunchRequest& request)
      : request_(request),
        hosts_(request.hosts),
        input_(input_for(request.command)),
        socket_(open_launcher_socket()),
        plan_(request.limits, clock_.now()) {
    adopt_orphans();
  }

  ExitStatus run() {
    while (true) {
      for (const LaunchPlan::Decision& decision : plan_.take_decisions()) carry_out(decision);
      if (exit_) return *exit_;
      wait();
      heed_signals();
      if (!connection_.is_open()) welcome();
      listen_to_rank_zero();
      pass_on_messages();
      if (const ChildStatus ended = reap_children(mpirun_.pid); ended.ended) on_mpirun_ended(ended.status);
      plan_.on_time_passed(clock_.now());
    }
  }

 private:
  void carry_out(const LaunchPlan::Decision& decision) {
    std::visit(
        Overloaded{
            [this](const LaunchPlan::Start& start) { start_mpirun_again(start); },
            [this](const LaunchPlan::SignalRankZero& send) {
              if (rank_zero_ > 0) kill(rank_zero_, send.signal);
            },
            [this](const LaunchPlan::EndMpirun& end) {
              quiet_ = true;
              if (mpirun_.pid > 0) kill(mpirun_.pid, end.at_once ? SIGKILL : SIGTERM);
            },
            [](const LaunchPlan::KillLeftovers& leftovers) { kill_descendants(leftovers.tasks); },
            [](const LaunchPlan::Warn& warn) { std::fprintf(stderr, "fanfold: %s\n", warn.message.c_str()); },
            [this](const LaunchPlan::Exit& exit) { exit_ = static_cast<ExitStatus>(exit.status); },
        },
        decision);
  }

  void start_mpirun_again(const LaunchPlan::Start& start) {
    facts_.starts_again = start.attempt < request_.limits.restarts;
    facts_.restarted = start.attempt > 0;
    if (start.attempt > 0) leave_out_silent_hosts();
    const bool one_host = hosts_.empty() ? !has_allocation() : hosts_.size() == 1;
    MpirunStart mpirun;
    mpirun.words = mpirun_words(
        ranks(), hosts_,
        start.attempt == 0 ? request_.command
                           : command_to_go_on(request_.command, start.rank_zero_works || ranks() == 1));
    mpirun.environment = mpirun_settings(one_host);
    mpirun.environment.emplace_back(launcher_variable, socket_.name);
    lseek(input_.get(), 0, SEEK_SET);  // a pipe cannot, and has been read
    connection_.close();
    heard_.clear();
    rank_zero_ = -1;
    quiet_ = false;
    mpirun_ = start_mpirun(mpirun);
    fcntl(mpirun_.messages.get(), F_SETFL, O_NONBLOCK);
  }

  /// As many as were asked for, unless hosts are missing.
  int ranks() const {
    const int slots = static_cast<int>(std::min(slots_of(hosts_), 1U << 30));
    if (request_.ranks == 0) return slots;
    if (hosts_.empty() || all_hosts_) return request_.ranks;
    return std::max(1, std::min(request_.ranks, slots));
  }

  /// The hosts that do not answer are left out from now on.
  void leave_out_silent_hosts() {
    const std::vector<Host> before = hosts_.empty() ? allocated_hosts() : hosts_;
    if (before.size() < 2) return;
    std::vector<Host> there = answering(before);
    if (there.size() == before.size()) return;
    for (const Host& host : before) {
      if (std::ranges::find(there, host) == there.end())
        std::fprintf(stderr, "fanfold: host %s does not answer and is left out\n", host.name.c_str());
    }
    hosts_ = std::move(there);
    all_hosts_ = false;
  }

  void wait() {
    std::array<pollfd, 3> looks{
        pollfd{signals_.descriptor(), POLLIN, 0},
        pollfd{connection_.is_open() ? connection_.get() : socket_.listening.get(), POLLIN, 0},
        pollfd{mpirun_.messages.is_open() ? mpirun_.messages.get() : -1, POLLIN, 0}};
    int timeout = -1;
    if (const std::optional<double> deadline = plan_.deadline()) {
      timeout = static_cast<int>(std::ceil(std::max(0.0, *deadline - clock_.now()) * 1000));
    }
    poll(looks.data(), looks.size(), timeout);
  }

  void heed_signals() {
    while (const std::optional<int> signal = signals_.next()) {
      if (*signal != SIGCHLD) plan_.on_signal(*signal, clock_.now());
    }
  }

  void welcome() {
    pollfd look{socket_.listening.get(), POLLIN, 0};
    if (poll(&look, 1, 0) <= 0) return;
    connection_ = welcome_rank_zero(socket_.listening.get(), facts_, input_.get(), rank_zero_);
    if (connection_.is_open()) fcntl(connection_.get(), F_SETFL, O_NONBLOCK);
  }

  void listen_to_rank_zero() {
    if (!connection_.is_open()) return;
    std::array<char, 256> piece{};
    ssize_t count = 0;
    while ((count = recv(connection_.get(), piece.data(), piece.size(), 0)) > 0)
      heard_.append(piece.data(), static_cast<std::size_t>(count));
    for (std::size_t end = 0; (end = heard_.find('\n')) != std::string::npos; heard_.erase(0, end + 1))
      on_line(std::string_view(heard_).substr(0, end));
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) {
      connection_.close();
      rank_zero_ = -1;
      plan_.on_rank_zero_gone(clock_.now());
    }
  }

  void on_line(std::string_view line) {
    constexpr std::string_view goodbye = "goodbye ";
    if (line == "ready") {
      plan_.on_ready(clock_.now());
    } else if (line.starts_with(goodbye)) {
      Goodbye said;
      said.status = static_cast<int>(ExitStatus::resumable);
      const auto [rest, error] =
          std::from_chars(line.data() + goodbye.size(), line.data() + line.size(), said.status);
      const std::string_view truths(rest, static_cast<std::size_t>(line.data() + line.size() - rest));
      said.nobody_left = truths.starts_with(" 1");
      said.ranks_lost = truths.ends_with(" 1");
      quiet_ = true;
      plan_.on_goodbye(said, clock_.now());
    }
  }

  /// What ranks say on standard error, and mpirun. Once the run is over, mpirun has nothing to say that
  /// anybody wants to know.
  void pass_on_messages() {
    if (!mpirun_.messages.is_open()) return;
    std::array<char, 4096> piece{};
    ssize_t count = 0;
    while ((count = read(mpirun_.messages.get(), piece.data(), piece.size())) > 0)
      messages_.append(piece.data(), static_cast<std::size_t>(count));
    if (count == 0) {
      mpirun_.messages.close();
      if (!messages_.empty()) messages_ += '\n';
    }
    for (std::size_t end = 0; (end = messages_.find('\n')) != std::string::npos;
         messages_.erase(0, end + 1)) {
      const std::string_view line = std::string_view(messages_).substr(0, end + 1);
      if (!quiet_ && !is_noise(line)) std::fwrite(line.data(), 1, line.size(), stderr);
    }
    std::fflush(stderr);
  }

  void on_mpirun_ended(int status) {
    pass_on_messages();
    mpirun_.messages.close();
    mpirun_.pid = -1;
    const bool accident = WIFSIGNALED(status) || connection_.is_open() || hosts_are_missing();
    plan_.on_mpirun_ended(how_it_ended(status), !accident, clock_.now());
  }

  bool hosts_are_missing() const {
    if (quiet_) return false;  // it does not matter any more
    const std::vector<Host> hosts = hosts_.empty() ? allocated_hosts() : hosts_;
    return hosts.size() > 1 && answering(hosts).size() < hosts.size();
  }

  const LaunchRequest& request_;
  std::vector<Host> hosts_;
  bool all_hosts_ = true;
  FileDescriptor input_;
  LauncherSocket socket_;
  Signals signals_;
  RunClock clock_;
  LaunchPlan plan_;
  Mpirun mpirun_;
  FileDescriptor connection_;
  pid_t rank_zero_ = -1;
  std::string heard_;
  std::string messages_;  // of mpirun and of ranks but zero, not passed on yet
  LaunchFacts facts_{std::time(nullptr), false, false};
  bool quiet_ = false;
  std::optional<ExitStatus> exit_;
};

}  // namespace

ExitStatus launch(const LaunchRequest& request) { return Launcher(request).run(); }

}  // namespace fanfold
