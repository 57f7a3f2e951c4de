// Children that behave, and children that do not.
#include "exec/child_process.hpp"
#include "core/captured_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <thread>
#include <vector>

#include "exec/cpu_affinity.hpp"
#include "exec/short_command.hpp"
#include "exec_job.hpp"

namespace fanfold {
namespace {

using std::chrono::steady_clock;
using test::open_files;
using test::seconds_since;

ChildProgram program(std::vector<std::string> arguments) {
  ChildProgram program;
  program.arguments = std::move(arguments);
  program.environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "WORD=from outside"};
  program.folder = "/";
  return program;
}
ChildProgram shell(const std::string& script) { return program({"/bin/sh", "-c", script}); }

ChildEnd run(const ChildProgram& program) {
  ChildGroups groups;
  return run_child(program, groups);
}

/// The state letter of proc(5); "gone" of a process that is not there any more.
std::string process_state(pid_t process) {
  std::ifstream stat("/proc/" + std::to_string(process) + "/stat");
  std::string skipped;
  std::string state = "gone";
  stat >> skipped >> skipped >> state;
  return state;
}

/// Whether it is gone, or a zombie that init has not collected yet, before so much time has passed: a process
/// that was killed still takes a moment to die.
bool ends_within(std::chrono::seconds time, pid_t process) {
  const auto start = steady_clock::now();
  for (;;) {
    const std::string state = process_state(process);
    if (state == "gone" || state == "Z" || state == "X") return true;
    if (steady_clock::now() - start > time) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

TEST(ChildProcess, GivesItsExitCodeAndWhatItWrote) {
  const ChildEnd end = run(shell("echo out; echo err >&2; exit 3"));
  EXPECT_EQ(end.not_started, "");
  EXPECT_EQ(end.exit_code, 3);
  EXPECT_EQ(end.signal, 0);
  EXPECT_EQ(end.output, "out\n");
  EXPECT_EQ(end.errors, "err\n");
}

TEST(ChildProcess, RunsInItsFolderWithItsEnvironmentAndArgumentsAsTheyAre) {
  ChildProgram child = program({"sh", "-c", R"(pwd; echo "$WORD"; printf '%s\n' "$0" "$1")", "a b", "*"});
  child.folder = "/usr";
  EXPECT_EQ(run(child).output, "/usr\nfrom outside\na b\n*\n");
}

TEST(ChildProcess, ReadsItsInputOrNothing) {
  EXPECT_EQ(run(program({"cat"})).output, "");
  ChildProgram child = program({"cat"});
  child.input = std::string(1 << 20, 'x') + '\0' + "end";
  EXPECT_EQ(run(child).output, *child.input);
}

TEST(ChildProcess, MayLeaveItsInputUnread) {
  ChildProgram child = program({"true"});
  child.input = std::string(8 << 20, 'x');
  EXPECT_EQ(run(child).exit_code, 0);
}

TEST(ChildProcess, SaysWhyItCannotBeStarted) {
  EXPECT_EQ(run(program({"no-such-program"})).not_started,
            "cannot start 'no-such-program': No such file or directory");
  EXPECT_EQ(run(program({"/no/such/program"})).not_started,
            "cannot start '/no/such/program': No such file or directory");
  EXPECT_EQ(run(program({""})).not_started, "cannot start '': No such file or directory");
  EXPECT_EQ(run(program({"/etc/passwd"})).not_started, "cannot start '/etc/passwd': Permission denied");
  ChildProgram lost = program({"true"});
  lost.folder = "/no/such/folder";
  EXPECT_EQ(run(lost).not_started,
            "cannot change to the folder '/no/such/folder': No such file or directory");
  EXPECT_EQ(run(program({"echo", std::string("a\0b", 3)})).not_started,
            "cannot start 'echo': an argument has a zero byte in it");
}

TEST(ChildProcess, SaysThatItsLimitsCannotBeSet) {
  ChildProgram child = program({"true"});
  // Root may do what others may not; in both cases it is not started with a nice value that it has not got.
  child.nice = -5;
  const ChildEnd end = run(child);
  if (geteuid() == 0) {
    EXPECT_EQ(end.exit_code, 0);
  } else {
    EXPECT_EQ(end.not_started, "cannot start 'true' with nice -5: Permission denied");
  }
}

TEST(ChildProcess, IsFoundOnItsOwnPathAndRelativeToItsOwnFolder) {
  const test::Folder folder;
  const std::string path = folder.write("tool", "#!/bin/sh\necho tool\n");
  chmod(path.c_str(), 0755);
  ChildProgram child = program({"tool"});
  child.environment = {"PATH=/bin:" + folder.path()};
  EXPECT_EQ(run(child).output, "tool\n");
  child.environment = {"PATH=/bin:."};
  child.folder = folder.path();
  EXPECT_EQ(run(child).output, "tool\n");
  child.environment = {"PATH=/bin"};
  child.arguments = {"./tool"};
  EXPECT_EQ(run(child).output, "tool\n");
}

TEST(ChildProcess, SaysWhichSignalEndedIt) {
  const ChildEnd end = run(shell("kill -9 $$"));
  EXPECT_EQ(end.signal, SIGKILL);
  EXPECT_EQ(end.exit_code, -1);
  EXPECT_FALSE(end.timed_out);
  EXPECT_EQ(name_of_signal(9), "SIGKILL");
  EXPECT_EQ(name_of_signal(99), "signal 99");
}

TEST(ChildProcess, HasDefaultSignalsAndAGroupOfItsOwn) {
  // Given a thread that blocks signals in a process that ignores SIGPIPE …
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  sigset_t all;
  sigset_t mask;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &mask);
  // … then its child neither blocks nor ignores any.
  const ChildEnd end = run(shell("grep -E '^Sig(Blk|Ign)' /proc/self/status; ps -o pgid= -p $$; echo $$"));
  pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  std::signal(SIGPIPE, before);
  std::istringstream words(end.output);
  std::string name;
  std::uint64_t blocked = 1;
  std::uint64_t ignored = 1;
  int group = 0;
  int pid = -1;
  words >> name >> std::hex >> blocked >> name >> ignored >> std::dec >> group >> pid;
  constexpr std::uint64_t of_the_c_library = 0x180000000;  // 32 and 33: nobody can set those
  EXPECT_EQ(blocked, 0U);
  EXPECT_EQ(ignored & ~of_the_c_library, 0U);
  EXPECT_EQ(group, pid);
}

TEST(ChildProcess, RunsOnTheCpusThatItIsGivenNotOnThoseOfItsThread) {
  const std::optional<cpu_set_t> cpus = cpus_for_children();
  ASSERT_TRUE(cpus);
  std::jthread([&] {
    bind_this_thread(*cpus, 1);
    ChildProgram child = program({"nproc"});
    EXPECT_EQ(run(child).output, "1\n");
    child.cpus = cpus;
    EXPECT_EQ(run(child).output, std::to_string(CPU_COUNT(&*cpus)) + "\n");
  });
}

TEST(ChildProcess, IsFreedFromTheCoreThatTheLauncherBoundUsTo) {
  const std::optional<cpu_set_t> cpus = cpus_for_children();
  std::jthread([&] {
    bind_this_thread(*cpus, 0);
    const std::optional<cpu_set_t> taskset = cpus_for_children();
    EXPECT_EQ(CPU_COUNT(&*taskset), 1);
    setenv("OMPI_MCA_orte_bound_at_launch", "1", 1);
    const std::optional<cpu_set_t> launched = cpus_for_children();
    unsetenv("OMPI_MCA_orte_bound_at_launch");
    EXPECT_GE(CPU_COUNT(&*launched), CPU_COUNT(&*cpus));
    cpu_set_t unchanged;
    sched_getaffinity(0, sizeof unchanged, &unchanged);
    EXPECT_EQ(CPU_COUNT(&unchanged), 1);
  });
}

TEST(ChildProcess, HasNoOpenFileButItsOwnThree) {
  std::vector<std::jthread> others;
  for (int thread = 0; thread < 4; ++thread) {
    others.emplace_back([] {
      for (int i = 0; i < 10; ++i) EXPECT_EQ(run(program({"ls", "/proc/self/fd"})).output, "0\n1\n2\n3\n");
    });
  }
}

TEST(ChildProcess, KeepsTheBeginningAndTheEndOfWhatIsLong) {
  ChildProgram child = shell("seq 100000; seq 100000 >&2");
  child.output_limit = 14;
  child.errors_limit = 1;
  const ChildEnd end = run(child);
  EXPECT_EQ(end.output, "1\n2\n3\n4\n[588881 bytes left out]\n100000\n");
  EXPECT_EQ(end.left_out, 588881U);
  EXPECT_EQ(end.errors, "1\n[588894 bytes left out]\n");
}

TEST(CapturedText, KnowsHowLongItWas) {
  for (const std::size_t size : {0, 9, 10, 11, 12, 100, 12345}) {
    CapturedEnds ends(11);
    ends.add(std::string(size, 'x'));
    EXPECT_EQ(size_before(ends.take(), 11), size);
  }
  EXPECT_EQ(size_before("123456\n[5 bytes]\n", 11), 17U) << "what only looks so";
  EXPECT_EQ(size_before("12345\n[5 bytes left out]\n12345", 11), 30U) << "what stands elsewhere";
}

TEST(ChildProcess, MayWriteFiftyMegabytesOfAnyBytes) {
  const ChildEnd end = run(shell("head -c 52428800 /dev/zero; printf '\\377\\000\\n'"));
  EXPECT_EQ(end.exit_code, 0);
  ASSERT_EQ(end.output.size(), 52428803U);
  EXPECT_EQ(end.output.substr(52428800), std::string("\377\0\n", 3));
}

TEST(ChildProcess, MayCloseItsOutputAndGoOn) {
  const auto start = steady_clock::now();
  const ChildEnd end = run(shell("echo early; exec >&- 2>&-; sleep 0.3; exit 4"));
  EXPECT_EQ(end.output, "early\n");
  EXPECT_EQ(end.exit_code, 4);
  EXPECT_GE(seconds_since(start), 0.3);
}

TEST(ChildProcess, MayLeaveAProcessBehindThatHoldsItsPipes) {
  const auto start = steady_clock::now();
  const ChildEnd end = run(shell("sleep 30 & echo $!"));
  EXPECT_EQ(end.exit_code, 0);
  EXPECT_LT(seconds_since(start), 5);
  const pid_t left_behind = std::stoi(end.output);
  EXPECT_EQ(kill(left_behind, SIGKILL), 0) << "it was to be let be";
}

TEST(ChildProcess, MayLeaveAProcessBehindThatWritesForEver) {
  const auto start = steady_clock::now();
  const ChildEnd end = run(shell("yes > /dev/stdout & echo $! >&2"));
  EXPECT_EQ(end.exit_code, 0);
  EXPECT_LT(seconds_since(start), 5);
  kill(std::stoi(end.errors), SIGKILL);
}

TEST(ChildProcess, IsEndedWhenItsTimeIsOver) {
  ChildProgram child = shell("echo begun; sleep 30");
  child.timeout = std::chrono::duration<double>(0.2);
  const auto start = steady_clock::now();
  const ChildEnd end = run(child);
  EXPECT_TRUE(end.timed_out);
  EXPECT_EQ(end.signal, SIGTERM);
  EXPECT_EQ(end.output, "begun\n");
  EXPECT_LT(seconds_since(start), 1.5);
}

TEST(ChildProcess, IsKilledIfItIgnoresTheRequestToEnd) {
  ChildProgram child = shell("trap '' TERM; sleep 30 & echo $!; while :; do sleep 0.1; done");
  child.timeout = std::chrono::duration<double>(0.2);
  child.grace = std::chrono::duration<double>(0.4);
  const auto start = steady_clock::now();
  const ChildEnd end = run(child);
  EXPECT_TRUE(end.timed_out);
  EXPECT_EQ(end.signal, SIGKILL);
  EXPECT_GE(seconds_since(start), 0.6);
  EXPECT_LT(seconds_since(start), 6);
  EXPECT_TRUE(ends_within(std::chrono::seconds(5), std::stoi(end.output))) << "with all that it had started";
}

TEST(ChildProcess, TakesAlongWhatItStartedWhenItsTimeIsOver) {
  ChildProgram child = shell("(trap '' TERM; sleep 30) & echo $!; wait");
  child.timeout = std::chrono::duration<double>(0.2);
  const auto start = steady_clock::now();
  EXPECT_TRUE(run(child).timed_out);
  EXPECT_LT(seconds_since(start), 2);
}

TEST(ChildProcess, EndsAtOnceWhenAllGroupsAreKilled) {
  ChildGroups groups;
  const auto start = steady_clock::now();
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 3; ++thread) {
      threads.emplace_back(
          [&] { EXPECT_EQ(run_child(shell("trap '' TERM; sleep 30"), groups).signal, SIGKILL); });
    }
    groups.kill_all();  // whether they have started or not
  }
  EXPECT_LT(seconds_since(start), 5);
}

TEST(ChildProcess, IsWatchedWithoutADescriptorForItToo) {
  // Given a process that can open no more files than the pipes take …
  rlimit before = {};
  getrlimit(RLIMIT_NOFILE, &before);
  const int next = dup(0);
  close(next);
  rlimit tight = before;
  tight.rlim_cur = static_cast<rlim_t>(next) + 5;
  setrlimit(RLIMIT_NOFILE, &tight);
  // … then timeouts and left-behind processes are seen to all the same.
  ChildProgram slow = program({"sleep", "30"});
  slow.timeout = std::chrono::duration<double>(0.2);
  const auto start = steady_clock::now();
  const ChildEnd late = run(slow);
  const ChildEnd left = run(shell("sleep 2 & echo left"));
  tight.rlim_cur = static_cast<rlim_t>(next) + 4;
  setrlimit(RLIMIT_NOFILE, &tight);
  const ChildEnd refused = run(program({"true"}));
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_TRUE(late.timed_out);
  EXPECT_EQ(left.output, "left\n");
  EXPECT_LT(seconds_since(start), 1.8);
  EXPECT_EQ(refused.not_started, "cannot start 'true': Too many open files");
}

TEST(ChildProcess, LeavesNoFileOpenAndNoZombie) {
  const auto files = open_files();
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([] {
        for (int i = 0; i < 50; ++i) run(i % 5 == 0 ? program({"no-such-program"}) : program({"true"}));
      });
    }
  }
  EXPECT_EQ(open_files(), files);
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(ShortCommand, GivesWhatAProgramPrintsAndHowItEnds) {
  setenv("FANFOLD_TEST_WORD", "found", 1);
  const ChildEnd said = run_short_command({"sh", "-c", "echo $FANFOLD_TEST_WORD in $(pwd)"});
  EXPECT_EQ(said.output, "found in /\n");
  EXPECT_EQ(said.exit_code, 0);
  EXPECT_EQ(environment_text("FANFOLD_TEST_WORD"), "found");
  unsetenv("FANFOLD_TEST_WORD");
  EXPECT_EQ(environment_text("FANFOLD_TEST_WORD"), "");
  EXPECT_EQ(run_short_command({"sh", "-c", "exit 3"}).exit_code, 3);
}

TEST(ShortCommand, FailsWhereThereIsNoSuchProgram) {
  const ChildEnd end = run_short_command({"no-such-program"});
  EXPECT_EQ(end.not_started, "cannot start 'no-such-program': No such file or directory");
  EXPECT_NE(end.exit_code, 0);
}

}  // namespace
}  // namespace fanfold
