// The sources of the program, as a job names them: what they retrieve, and how they say that they could not.
#include "exec/source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cmath>
#include <cstdlib>
#include <thread>

#include "exec/child_environment.hpp"
#include "exec/program_source.hpp"
#include "exec_job.hpp"

namespace fanfold {
namespace {

using test::Folder;
using test::job_of;
using test::seconds_since;
using testing::ElementsAre;
using testing::HasSubstr;

/// The context of a task on its first attempt.
TemplateContext context_of(const Job& job, std::uint64_t task) {
  TemplateContext context;
  context.task = TaskIndex(task);
  context.seed = job.seed_of(context.task);
  context.attempt = Attempt(1);
  context.rank = Rank(3);
  context.slot = 5;
  context.params = job.space.params_of(context.task);
  return context;
}

Retrieved retrieve(const std::string& text, const std::string& folder = "/",
                   std::vector<double> numbers = {}) {
  const auto job = job_of(text, folder);
  return make_source(*job)->retrieve({context_of(*job, 0), numbers, job->run.timeout});
}

TEST(Sources, AreListedInOrder) {
  std::vector<std::string> names;
  for (const SourceInfo* info : source_registry()) names.push_back(info->name);
  EXPECT_THAT(names, ElementsAre("command", "shell", "read", "sleep"));
}

TEST(Command, GivesItsExitCodeAndTheNumberThatItWrote) {
  const Retrieved retrieved = retrieve(R"(task.command = ["echo", " 42.5"])");
  EXPECT_EQ(retrieved.status, Status::succeeded);
  EXPECT_EQ(retrieved.output, " 42.5\n");
  EXPECT_THAT(retrieved.results, ElementsAre(Value(std::int64_t{0}), Value(42.5)));
}

TEST(Command, FailsByItsExitCodeItsSignalOrItsStart) {
  const Retrieved failed = retrieve(R"(task.command = ["sh", "-c", "echo no >&2; exit 3"])");
  EXPECT_EQ(failed.status, Status::failed);
  EXPECT_EQ(failed.error, "exit code 3");
  EXPECT_EQ(failed.exit_code, 3);
  EXPECT_EQ(failed.errors, "no\n");
  EXPECT_TRUE(failed.results.empty());

  const Retrieved killed = retrieve(R"(task.command = ["sh", "-c", "kill -9 $$"])");
  EXPECT_EQ(killed.error, "killed by signal 9 (SIGKILL)");
  EXPECT_EQ(killed.signal, 9);
  EXPECT_EQ(killed.exit_code, -1);

  EXPECT_EQ(retrieve(R"(task.command = ["foo"])").error, "cannot start 'foo': No such file or directory");
}

TEST(Command, SucceedsWithTheExitCodesThatTheJobNames) {
  const std::string job =
      "[task]\nsuccess = [0, 3]\ncommand = ['sh', '-c', 'exit {code}']\n[params]\ncode = ";
  EXPECT_EQ(retrieve(job + "3").status, Status::succeeded);
  EXPECT_EQ(retrieve(job + "3").results.front(), Value(std::int64_t{3}));
  EXPECT_EQ(retrieve(job + "4").error, "exit code 4");
}

TEST(Command, TimesOut) {
  const Retrieved retrieved = retrieve("task.command = ['sleep', '30']\nrun.timeout = '0.2s'");
  EXPECT_EQ(retrieved.status, Status::timed_out);
  EXPECT_EQ(retrieved.error, "timed out after 0.2 s");
  EXPECT_EQ(retrieved.exit_code, -1);
}

TEST(Command, RunsInTheJobsFolderOrRelativeToIt) {
  const Folder folder;
  std::filesystem::create_directory(folder.path() + "/sub");
  EXPECT_EQ(retrieve("task.command = ['pwd']", folder.path()).output, folder.path() + "\n");
  EXPECT_EQ(retrieve("task.command = ['pwd']\ntask.cwd = 'sub'", folder.path()).output,
            folder.path() + "/sub\n");
  EXPECT_EQ(retrieve("task.command = ['pwd']\ntask.cwd = '/usr'", folder.path()).output, "/usr\n");
}

TEST(Command, GetsItsInputAndItsVariables) {
  EXPECT_EQ(retrieve("task.command = ['cat']\ntask.stdin = 'x = {x}'\nparams.x = 7").output, "x = 7");
  const Retrieved retrieved = retrieve(
      "task.command = ['sh', '-c', 'echo $NAME $FANFOLD_INDEX $FANFOLD_ATTEMPT $FANFOLD_RANK "
      "$FANFOLD_SLOT']\n"
      "task.env = { NAME = 'n{x}' }\nparams.x = 7");
  EXPECT_EQ(retrieved.output, "n7 0 1 3 5\n");
}

TEST(Command, IsNoRankOfOurOwnLauncher) {
  setenv("OMPI_COMM_WORLD_RANK", "0", 1);
  setenv("PMIX_NAMESPACE", "x", 1);
  setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
  const std::string variables = retrieve("task.command = ['env']").output;
  unsetenv("OMPI_COMM_WORLD_RANK");
  unsetenv("PMIX_NAMESPACE");
  unsetenv("OMPI_ALLOW_RUN_AS_ROOT");
  EXPECT_THAT(variables, testing::Not(HasSubstr("OMPI_COMM_WORLD_RANK")));
  EXPECT_THAT(variables, testing::Not(HasSubstr("PMIX_NAMESPACE")));
  EXPECT_THAT(variables, HasSubstr("OMPI_ALLOW_RUN_AS_ROOT=1"));
  EXPECT_THAT(variables, HasSubstr("PATH="));
}

TEST(Command, NeedsANumberOnlyWhereSomethingUsesIt) {
  const Retrieved unused = retrieve("task.command = ['echo', 'hello']");
  EXPECT_EQ(unused.status, Status::succeeded);
  EXPECT_TRUE(std::isnan(std::get<double>(unused.results[1])));
  const Retrieved used = retrieve("task.command = ['echo', 'hello']\nreduce.s = 'sum(value)'");
  EXPECT_EQ(used.status, Status::failed);
  EXPECT_EQ(used.error, "its standard output is not one number: 'hello'");
}

TEST(Command, FailsRatherThanHandOnHalfOfItsOutput) {
  const std::string job = "task.command = ['head', '-c', '67108865', '/dev/zero']\n";
  const Retrieved unread = retrieve(job);
  EXPECT_EQ(unread.status, Status::succeeded);
  EXPECT_THAT(unread.output.substr(64 << 20), "\n[1 bytes left out]\n");
  const Retrieved read = retrieve(job + "values.x = { regex = 'x' }");
  EXPECT_EQ(read.error, "its standard output is longer than 64 MiB");
}

TEST(Shell, RunsALineWithQuotedValues) {
  EXPECT_EQ(retrieve("task.shell = 'echo {name} | tr a-z A-Z'\nparams.name = \"a b; exit 3\"").output,
            "A B; EXIT 3\n");
}

TEST(Shell, IsInterrupted) {
  const auto job = job_of("task.shell = 'sleep 30 & wait'");
  const auto source = make_source(*job);
  const auto start = std::chrono::steady_clock::now();
  {
    const std::jthread thread([&] {
      EXPECT_EQ(source->retrieve({context_of(*job, 0), {}, std::nullopt}).status, Status::failed);
    });
    source->interrupt();
  }
  EXPECT_LT(seconds_since(start), 5);
}

TEST(Read, GivesTheBytesOfAFile) {
  const Folder folder;
  const std::string bytes = std::string("a\0b\377", 4) + std::string(3 << 20, 'x');
  folder.write("7.bin", bytes);
  folder.write("empty", "");
  const Retrieved retrieved = retrieve("task.read = '{i}.bin'\nparams.i = 7", folder.path());
  EXPECT_EQ(retrieved.status, Status::succeeded);
  EXPECT_EQ(retrieved.output, bytes);
  EXPECT_THAT(retrieved.results, ElementsAre(Value(static_cast<std::int64_t>(bytes.size()))));
  EXPECT_THAT(retrieve("task.read = 'empty'", folder.path()).results, ElementsAre(Value(std::int64_t{0})));
  EXPECT_THAT(retrieve("task.read = '/proc/self/status'").output, HasSubstr("Pid:"));  // its size says 0
}

TEST(Read, SaysWhichFileItCannotReadAndWhy) {
  const Folder folder;
  mkfifo((folder.path() + "/pipe").c_str(), 0600);
  const auto error_of = [&](const std::string& path) {
    const Retrieved retrieved = retrieve("task.read = '" + path + "'", folder.path());
    EXPECT_EQ(retrieved.status, Status::failed);
    return retrieved.error;
  };
  EXPECT_EQ(error_of("none"), "cannot read 'none': No such file or directory");
  EXPECT_EQ(error_of("."), "cannot read '.': Is a directory");
  EXPECT_EQ(error_of("pipe"), "cannot read 'pipe': not a regular file");
}

TEST(Sleep, SleepsForItsTimeOrUntilItsTimeIsOver) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(retrieve("task.sleep = 0.1", "/", {0.1}).status, Status::succeeded);
  EXPECT_GE(seconds_since(start), 0.1);
  const Retrieved late = retrieve("task.sleep = 30\nrun.timeout = '0.1s'", "/", {30});
  EXPECT_EQ(late.status, Status::timed_out);
  EXPECT_EQ(late.error, "timed out after 0.1 s");
  EXPECT_EQ(retrieve("task.sleep = 1", "/", {-1}).error, "cannot sleep for -1 seconds");
  EXPECT_LT(seconds_since(start), 5);
}

TEST(Sleep, IsInterrupted) {
  const auto job = job_of("task.sleep = 1e300");
  const auto source = make_source(*job);
  const double seconds = 1e300;
  const auto start = std::chrono::steady_clock::now();
  {
    const std::jthread thread([&] {
      EXPECT_EQ(source->retrieve({context_of(*job, 0), {&seconds, 1}, std::nullopt}).error, "interrupted");
    });
    source->interrupt();
  }
  EXPECT_LT(seconds_since(start), 5);
}

TEST(NumberIn, TakesOneNumberAndWhiteSpace) {
  EXPECT_EQ(number_in("42"), 42.0);
  EXPECT_EQ(number_in(" \n+1e3\n"), 1000.0);
  EXPECT_EQ(number_in("-0.5"), -0.5);
  EXPECT_EQ(number_in("inf"), INFINITY);
  EXPECT_EQ(number_in("1e999"), INFINITY);
  EXPECT_EQ(number_in("1e-999"), 0.0);
  EXPECT_TRUE(std::isnan(number_in("nan").value()));
  for (const char* text : {"", " ", "4 2", "42x", "+", "+-1", "0x10", "one"})
    EXPECT_EQ(number_in(text), std::nullopt) << text;
}

TEST(Excerpt, IsOneShortLine) {
  EXPECT_EQ(excerpt("a\nb\n"), "a b");
  EXPECT_EQ(excerpt(std::string("\1\0", 2)), "??");
  EXPECT_EQ(excerpt(std::string(59, 'x') + "éz"), std::string(59, 'x') + "…");
}

}  // namespace
}  // namespace fanfold
