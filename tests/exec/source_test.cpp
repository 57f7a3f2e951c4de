// The sources of the program, as a job names them: what they retrieve, and how they say that they could not.
#include "exec/source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cmath>
#include <cstdlib>
#include <thread>

#include "exec/child_environment.hpp"
#include "exec/program_source.hpp"
#include "exec_job.hpp"

namespace fanfold {
namespace {

using namespace std::string_literals;
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
  EXPECT_THAT(names, ElementsAre("command", "shell", "worker", "read", "http", "sql", "sleep"));
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
  setenv("PSM2_DEVICES", "self,shm", 1);
  setenv("HFI_NO_BACKTRACE", "1", 1);
  setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
  const std::string variables = retrieve("task.command = ['env']").output;
  unsetenv("OMPI_COMM_WORLD_RANK");
  unsetenv("PMIX_NAMESPACE");
  unsetenv("PSM2_DEVICES");
  unsetenv("HFI_NO_BACKTRACE");
  unsetenv("OMPI_ALLOW_RUN_AS_ROOT");
  EXPECT_THAT(variables, testing::Not(HasSubstr("OMPI_COMM_WORLD_RANK")));
  EXPECT_THAT(variables, testing::Not(HasSubstr("PMIX_NAMESPACE")));
  EXPECT_THAT(variables, testing::Not(HasSubstr("PSM2_DEVICES")));
  EXPECT_THAT(variables, testing::Not(HasSubstr("_NO_BACKTRACE")));
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
  EXPECT_THAT(unread.output.substr(512 << 10, 31), "\n[66060289 bytes left out]\n\0\0\0\0"s);
  EXPECT_EQ(unread.output.size(), (1U << 20) + 27);
  const Retrieved read = retrieve(job + "values.x = { regex = 'x' }");
  EXPECT_EQ(read.error, "its standard output is longer than 64 MiB");
}

TEST(Command, ReadsItsInputFromAFile) {
  const Folder folder;
  folder.write("7.txt", "seven\n");
  const std::string job = "params.i = 7\ntask.command = ['cat']\ntask.stdin = { file = ";
  EXPECT_EQ(retrieve(job + "'{i}.txt' }", folder.path()).output, "seven\n");
  EXPECT_EQ(retrieve(job + "'8.txt' }", folder.path()).error,
            "cannot read '" + folder.path() + "/8.txt': No such file or directory");
  EXPECT_EQ(retrieve(job + "'.' }", folder.path()).error,
            "cannot read '" + folder.path() + "/.': Is a directory");
  mkfifo((folder.path() + "/pipe").c_str(), 0600);
  EXPECT_EQ(retrieve(job + "'pipe' }", folder.path()).error,
            "cannot read '" + folder.path() + "/pipe': it is a pipe");
}

TEST(Command, WritesItsOutputToFiles) {
  const Folder folder;
  const std::string job = "params.i = 7\ntask.shell = 'echo out; echo err >&2'\n";
  const Retrieved apart = retrieve(job + "task.stdout = 'new/{i}/out'\ntask.stderr = 'err'", folder.path());
  EXPECT_EQ(apart.status, Status::succeeded) << apart.error;
  EXPECT_EQ(apart.output + apart.errors, "");
  EXPECT_EQ(folder.read("new/7/out"), "out\n");
  EXPECT_EQ(folder.read("err"), "err\n");
  retrieve(job + "task.stdout = 'both'\ntask.stderr = 'both'", folder.path());
  EXPECT_EQ(folder.read("both"), "out\nerr\n");
  EXPECT_EQ(retrieve(job + "task.stdout = 'err/out'", folder.path()).error,
            "cannot write '" + folder.path() + "/err/out': Not a directory");
}

TEST(Command, IsReadFromTheFileThatTakesItsOutput) {
  const Folder folder;
  const std::string job = "task.command = ['echo', '7']\ntask.stdout = 'out'\n";
  EXPECT_EQ(retrieve(job + "reduce.s = 'sum(value)'", folder.path()).results[1], Value(7.0));
  EXPECT_EQ(retrieve(job + "values.x = { regex = '.*' }", folder.path()).output, "7\n");
}

TEST(Command, IsSkippedWhereItsFileIsThere) {
  const Folder folder;
  const std::string job = "params.i = 7\ntask.creates = '{i}.out'\ntask.shell = ";
  const Retrieved made = retrieve(job + "'echo made > {i}.out; echo ran'", folder.path());
  EXPECT_EQ(made.status, Status::succeeded);
  EXPECT_EQ(made.output, "ran\n");
  const Retrieved skipped = retrieve(job + "'echo again > {i}.out; exit 3'", folder.path());
  EXPECT_EQ(skipped.status, Status::succeeded);
  EXPECT_EQ(skipped.exit_code, -1);
  EXPECT_EQ(folder.read("7.out"), "made\n");
}

TEST(Command, FailsIfItDoesNotMakeItsFile) {
  const Folder folder;
  const std::string job = "task.creates = 'out'\ntask.shell = ";
  const std::string path = folder.path() + "/out";
  EXPECT_EQ(retrieve(job + "'true'", folder.path()).error,
            "it did not make '" + path + "', which 'creates' promises");
  EXPECT_EQ(retrieve(job + "'mkdir out'", folder.path()).error,
            "it did not make '" + path + "', which is no regular file");
}

TEST(Command, LeavesNoHalfMadeFileBehind) {
  const Folder folder;
  const std::string job = "task.creates = 'out'\ntask.shell = ";
  EXPECT_EQ(retrieve(job + "'echo half > out; exit 3'", folder.path()).error, "exit code 3");
  EXPECT_FALSE(std::filesystem::exists(folder.path() + "/out"));
}

TEST(Command, DiesAloneOfItsMemoryLimit) {
  const std::string job = "task.memory = '64MiB'\ntask.command = ";
  const std::vector<double> limit{64 << 20};
  const Retrieved python = retrieve(job + "['python3', '-c', 'x = bytearray(200 << 20)']", "/", limit);
  EXPECT_EQ(python.status, Status::failed);
  EXPECT_EQ(python.error, "exit code 1, out of memory: it may have 64 MiB");
  EXPECT_EQ(retrieve(job + "['python3', '-c', 'x = bytearray(20 << 20)']", "/", limit).status,
            Status::succeeded);
  const Retrieved other = retrieve(job + "['sh', '-c', 'exit 3']", "/", limit);
  EXPECT_EQ(other.error, "exit code 3") << "which has nothing to do with memory";
}

TEST(Command, StepsBack) {
  const int ours = static_cast<int>(getpriority(PRIO_PROCESS, 0));
  EXPECT_EQ(retrieve("task.command = ['nice']\ntask.nice = 3", "/", {3}).output,
            std::to_string(std::min(ours + 3, 19)) + "\n");
}

TEST(Command, IsToldItsParamsAndItsThreads) {
  setenv("MKL_NUM_THREADS", "9", 1);
  const std::string variables =
      retrieve(
          "task.command = ['env']\ntask.env = { OPENBLAS_NUM_THREADS = 'x' }\nparams.rate = 0.5\n"
          "params.file = 'a b'")
          .output;
  unsetenv("MKL_NUM_THREADS");
  for (const char* line :
       {"\nFANFOLD_PARAM_rate=0.5\n", "\nFANFOLD_PARAM_file=a b\n", "\nOMP_NUM_THREADS=1\n",
        "\nMKL_NUM_THREADS=9\n", "\nOPENBLAS_NUM_THREADS=x\n", "\nFANFOLD_SEED31="}) {
    EXPECT_THAT(variables, HasSubstr(line));
  }
}

TEST(Command, IsNoPartOfAStepOfSlurm) {
  const std::vector<const char*> of_step{"SLURM_STEP_ID", "SLURM_STEPID",         "SLURM_PROCID",
                                         "SLURM_LOCALID", "SLURM_SRUN_COMM_HOST", "PMI_RANK"};
  for (const char* name : of_step) setenv(name, "1", 1);
  setenv("SLURM_JOB_ID", "17", 1);
  const std::string variables = retrieve("task.command = ['env']").output;
  for (const char* name : of_step) unsetenv(name);
  unsetenv("SLURM_JOB_ID");
  for (const char* name : of_step) EXPECT_THAT(variables, testing::Not(HasSubstr(name)));
  EXPECT_THAT(variables, HasSubstr("SLURM_JOB_ID=17"));
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
