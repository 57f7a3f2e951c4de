// The source `worker`: tasks in line, and workers that do not do what they should.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <set>
#include <thread>

#include "core/file_descriptor.hpp"
#include "exec/worker_messages.hpp"
#include "exec_job.hpp"
#include "reduce/answer.hpp"

namespace fanfold {
namespace {

using test::Bench;
using test::Folder;
using test::job_of;
using test::open_files;
using test::Reported;
using test::run_all;
using test::seconds_since;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

ExecutorOptions worker_threads(std::uint32_t io) {
  ExecutorOptions options;
  options.io_threads = io;
  options.rank = Rank(2);
  return options;
}

/// A worker that answers twice the index, but does `fault` for task 150.
std::string worker_with(const std::string& fault) {
  return "import json, os, sys, time\n"
         "def answer(text):\n"
         "    sys.stdout.write(text + '\\n')\n"
         "    sys.stdout.flush()\n"
         "for line in sys.stdin:\n"
         "    task = json.loads(line)\n"
         "    i = task['index']\n"
         "    if i == 150:\n" +
         fault + "    answer(json.dumps({'values': 2 * i}))\n";
}

constexpr const char* three_hundred = R"toml(
params.i = { count = 300 }
task.worker = ["python3", "worker.py"]
reduce.sum = "sum(value)"
)toml";

/// Runs 300 tasks, of which all but 150 must succeed, and returns the outcome of that one.
Outcome outcome_of_fault(const std::string& fault, const std::string& more = "") {
  const Folder folder;
  folder.write("worker.py", worker_with(fault));
  const auto job = job_of(three_hundred + more, folder.path());
  const Reported reported = run_all(*job, worker_threads(2));
  EXPECT_EQ(reported.finished_count, 300U);
  for (const Outcome& outcome : reported.outcomes) {
    if (outcome.task.value() == 150) continue;
    EXPECT_EQ(outcome.status, Status::succeeded) << outcome.task.value() << ": " << outcome.error;
    EXPECT_THAT(outcome.values, ElementsAre(Value(2.0 * static_cast<double>(outcome.task.value()))));
  }
  EXPECT_EQ(std::get<double>(reported.partial->finish()[0].rows[0].value), 300.0 * 299.0 - 300.0);
  return reported.outcome(150);
}

TEST(Worker, AnswersOneTaskAfterTheOther) {
  const Folder folder;
  folder.write("worker.py", worker_with("        pass\n"));
  const auto job = job_of(three_hundred, folder.path());
  const Reported reported = run_all(*job, worker_threads(2));
  EXPECT_EQ(reported.finished_count, 300U);
  EXPECT_EQ(std::get<double>(reported.partial->finish()[0].rows[0].value), 300.0 * 299.0);
  const Outcome& outcome = reported.outcome(7);
  EXPECT_THAT(outcome.values, ElementsAre(Value(14.0)));
  EXPECT_EQ(outcome.output, "") << "a number is recorded as a value";
  EXPECT_EQ(outcome.exit_code, -1);
  EXPECT_GT(outcome.duration, 0);
}

TEST(Worker, IsStartedOncePerSlot) {
  const Folder folder;
  folder.write("worker.py",
               "import json, os, sys\n"
               "for line in sys.stdin:\n"
               "    print(json.dumps({'values': {'pid': os.getpid(), 'where': sys.argv[1:], 'task': "
               "json.loads(line)}}), flush=True)\n");
  const auto job = job_of(R"toml(
seed = 7
params.i = { count = 100 }
params.x = [1.0, 2.0]
params.name = ["a \"quoted\"\n"]
task.worker = ["python3", "worker.py", "{rank}", "{slot}"]
values.pid = { json = "/pid", type = "integer" }
values.slot = { json = "/where/1", type = "integer" }
values.task = { json = "/task", type = "text" }
)toml",
                          folder.path());
  const Reported reported = run_all(*job, worker_threads(3));
  std::set<std::int64_t> pids;
  for (const Outcome& outcome : reported.outcomes) {
    ASSERT_EQ(outcome.status, Status::succeeded) << outcome.error;
    pids.insert(std::get<std::int64_t>(outcome.values[1]));
    EXPECT_EQ(outcome.values[2], Value(std::int64_t{outcome.slot}));
  }
  EXPECT_LE(pids.size(), 3U);
  EXPECT_EQ(std::get<std::string>(reported.outcome(2).values[3]),
            R"({"attempt":1,"index":2,"params":{"i":1,"name":"a \"quoted\"\n","x":1.0},"seed":)" +
                std::to_string(job->seed_of(TaskIndex(2))) + "}");
}

TEST(Worker, IsNotStartedMoreOftenThanThereAreSlotsAtFirst) {
  const Folder folder;
  folder.write("worker.py",
               "import sys, time\nfor line in sys.stdin:\n    time.sleep(0.01)\n"
               "    print('{\"values\": 1}', flush=True)\n");
  const auto job = job_of("params.i = { count = 60 }\ntask.worker = ['python3', 'worker.py']", folder.path());
  ExecutorOptions options = worker_threads(2);
  options.most_io_threads = 32;
  Bench bench(*job, options);
  bench.submit({{0, 60}});
  bench.finish();
  EXPECT_EQ(bench.executor.slots(), 2U);
}

TEST(Worker, FailsTheTaskAtWhichItEnds) {
  const Outcome outcome = outcome_of_fault("        print('oh no', file=sys.stderr)\n        os._exit(3)\n");
  EXPECT_EQ(outcome.status, Status::failed);
  EXPECT_EQ(outcome.error, "the worker did not answer: it ended with exit code 3");
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.errors, EndsWith("oh no\n"));
}

TEST(Worker, FailsTheTaskAtWhichASignalEndsItInTheMiddleOfALine) {
  const Outcome outcome = outcome_of_fault(
      "        sys.stdout.write('{\"values\": 1')\n        sys.stdout.flush()\n        os.kill(os.getpid(), "
      "9)\n");
  EXPECT_EQ(outcome.error, "the worker did not answer: it was killed by signal 9 (SIGKILL)");
  EXPECT_EQ(outcome.signal, 9);
}

TEST(Worker, FailsTheTaskToWhichItAnswersGarbage) {
  const Outcome outcome = outcome_of_fault("        answer('loading the model …')\n");
  EXPECT_EQ(outcome.error,
            "the worker's answer is no JSON object with 'values' or 'error': 'loading the model …'");
}

TEST(Worker, FailsTheTaskThatItAnswersTwice) {
  // Both lines come in one piece, when nobody waits behind the task.
  const Folder folder;
  folder.write("worker.py", worker_with("        sys.stdout.write('{\"values\": 1}\\n')\n"));
  const auto job = job_of(three_hundred, folder.path());
  Bench bench(*job, worker_threads(1));
  for (const TaskList& tasks : {TaskList{{0, 151}}, TaskList{{151, 300}}}) {
    bench.submit(tasks);
    bench.finish();
  }
  EXPECT_EQ(bench.reported.outcome(150).error, "the worker answered more than once for task 150");
  EXPECT_EQ(std::get<double>(bench.reported.partial->finish()[0].rows[0].value), 300.0 * 299.0 - 300.0);
}

TEST(Worker, GivesNoTaskALateAnswerToTheOneBeforeIt) {
  // The second answer comes when the first has been taken, and before the next task is sent.
  const Folder folder;
  folder.write("worker.py", worker_with("        answer('{\"values\": 1}')\n        time.sleep(0.2)\n"));
  const auto job = job_of(three_hundred, folder.path());
  Bench bench(*job, worker_threads(1));
  bench.submit({{0, 151}});
  bench.finish();
  std::this_thread::sleep_for(std::chrono::seconds(1));
  bench.submit({{151, 300}});
  bench.finish();
  EXPECT_EQ(bench.reported.outcome(150).values[0], Value(1.0));
  EXPECT_EQ(bench.reported.outcome(151).error, "the worker answered more than once for task 150");
  EXPECT_EQ(bench.reported.outcome(152).values[0], Value(304.0)) << "by another worker";
}

TEST(Worker, FailsTheTaskThatGetsTheAnswerOfAnother) {
  const Folder folder;
  folder.write("worker.py",
               "import json, sys\n"
               "for line in sys.stdin:\n"
               "    i = json.loads(line)['index']\n"
               "    twice = 2 if i == 100 else 1\n"
               "    said = 7 if i == 200 else i\n"
               "    sys.stdout.write((json.dumps({'index': said, 'values': i}) + '\\n') * twice)\n"
               "    sys.stdout.flush()\n");
  const auto job = job_of(three_hundred, folder.path());
  const Reported reported = run_all(*job, worker_threads(1));
  std::vector<std::string> errors;
  for (const Outcome& outcome : reported.outcomes) {
    if (outcome.status == Status::succeeded) {
      EXPECT_EQ(outcome.values[0], Value(static_cast<double>(outcome.task.value())));
    } else {
      errors.push_back(outcome.error);
    }
  }
  EXPECT_THAT(errors, testing::UnorderedElementsAre(
                          "the worker answered more than once for task 100",
                          "the worker's answer is for task 7, but it was asked for task 200"));
}

TEST(Worker, FailsTheTaskThatItSaysFailed) {
  const Outcome outcome = outcome_of_fault(
      "        print('why', file=sys.stderr, flush=True)\n        answer(json.dumps({'error': 'no such "
      "model\\nat "
      "all'}))\n        continue\n");
  EXPECT_EQ(outcome.status, Status::failed);
  EXPECT_EQ(outcome.error, "no such model");
  EXPECT_EQ(outcome.errors, "why\n");
}

TEST(Worker, FailsTheTaskWhoseValuesAreNoNumberWhereOneIsNeeded) {
  EXPECT_EQ(outcome_of_fault("        answer('{\"values\": [1, 2]}')\n        continue\n").error,
            "the worker's values are not one number: '[1,2]'");
}

TEST(Worker, FailsTheTaskThatTakesTooLong) {
  const auto start = std::chrono::steady_clock::now();
  const Outcome outcome = outcome_of_fault("        time.sleep(60)\n", "run.timeout = '0.3s'\n");
  EXPECT_EQ(outcome.status, Status::timed_out);
  EXPECT_EQ(outcome.error, "timed out after 0.3 s");
  EXPECT_GE(outcome.duration, 0.25);
  EXPECT_LT(seconds_since(start), 20);
}

TEST(Worker, FailsTheTaskAtWhichItClosesItsOutput) {
  EXPECT_EQ(outcome_of_fault("        os.close(1)\n        time.sleep(60)\n").error,
            "the worker did not answer: it closed its standard output");
}

TEST(Worker, IsOverWhenItEndsEvenIfAChildOfItHoldsItsPipes) {
  const auto start = std::chrono::steady_clock::now();
  const Outcome outcome = outcome_of_fault(
      "        import subprocess\n        subprocess.Popen(['sleep', '60'])\n        os._exit(1)\n");
  EXPECT_EQ(outcome.error, "the worker did not answer: it ended with exit code 1");
  EXPECT_LT(seconds_since(start), 30);
}

TEST(Worker, FailsTheTaskWhoseAnswerHasNoEnd) {
  const Outcome outcome =
      outcome_of_fault("        while True:\n            sys.stdout.write('x' * (1 << 20))\n");
  EXPECT_EQ(outcome.error, "the worker's answer is longer than 64 MiB");
}

TEST(Worker, TakesLongTextsAndGivesThemBack) {
  const Folder folder;
  folder.write("worker.py",
               "import json, sys\nfor line in sys.stdin:\n"
               "    print(json.dumps({'values': json.loads(line)['params']['text'] * 5000}), flush=True)\n");
  const auto job = job_of(R"toml(
params.i = { count = 30 }
params.text = "0123456789 0123456789 0123456789"
task.worker = ["python3", "worker.py"]
task.kernel = "words"
reduce.words = "sum(words)"
reduce.characters = "sum(characters)"
)toml",
                          folder.path());
  const Reported reported = run_all(*job, worker_threads(2));
  const auto answers = reported.partial->finish();
  EXPECT_EQ(answers[1].rows[0].tasks, 30U);
  EXPECT_EQ(reported.outcome(3).output.size(), 32U * 5000U);
}

TEST(Worker, MayEndBetweenTwoTasks) {
  const Folder folder;
  folder.write("worker.sh",
               "for i in 1 2 3; do read -r line || exit 0; echo '{\"values\": 1}'; done\nexit 1\n");
  const auto job = job_of(R"toml(
params.i = { count = 50 }
task.worker = ["bash", "worker.sh"]
reduce.sum = "sum(value)"
)toml",
                          folder.path());
  const Reported reported = run_all(*job, worker_threads(2));
  EXPECT_EQ(std::get<double>(reported.partial->finish()[0].rows[0].value), 50.0);
}

TEST(Worker, FailsTaskAfterTaskIfItCannotBeStarted) {
  const auto unknown = job_of("params.i = { count = 3 }\ntask.worker = ['no-such-program']");
  for (const Outcome& outcome : run_all(*unknown).outcomes)
    EXPECT_EQ(outcome.error, "cannot start 'no-such-program': No such file or directory");
  const auto broken = job_of(
      "params.i = { count = 3 }\ntask.worker = ['python3', '-c', 'import no_such_module']\nrun.timeout = 60");
  const Reported reported = run_all(*broken);
  EXPECT_EQ(reported.finished_count, 3U);
  for (const Outcome& outcome : reported.outcomes) {
    EXPECT_EQ(outcome.error, "the worker did not answer: it ended with exit code 1");
    EXPECT_THAT(outcome.errors, HasSubstr("No module named 'no_such_module'"));
  }
}

TEST(Worker, IsTriedAgainLaterIfItCannotBeStarted) {
  const Folder folder;
  const auto job = job_of("params.i = { count = 12 }\ntask.worker = ['./worker']", folder.path());
  Bench bench(*job, worker_threads(1));
  const auto start = std::chrono::steady_clock::now();
  const auto run = [&](TaskRange tasks) {
    bench.submit({tasks});
    bench.finish();
    return bench.reported.outcomes.back().error;
  };
  EXPECT_EQ(run({0, 1}), "cannot start './worker': No such file or directory");
  const std::string path =
      folder.write("worker", "#!/bin/sh\nwhile read -r task; do echo '{\"values\":1}'; done\n");
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  EXPECT_EQ(run({1, 11}), "cannot start './worker': No such file or directory") << "it was not looked for";
  EXPECT_LT(seconds_since(start), 1) << "a slow machine: what was to be shown was not";
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  EXPECT_EQ(run({11, 12}), "");
}

TEST(Worker, IsRetriedLikeOthers) {
  const Folder folder;
  folder.write("worker.py", worker_with("        if task['attempt'] == 1: os._exit(1)\n"));
  const auto job = job_of(three_hundred + std::string("run.retries = 1\n"), folder.path());
  Bench bench(*job, worker_threads(2));
  bench.submit({{0, 300}});
  bench.finish();
  EXPECT_EQ(bench.reported.to_retry, (TaskList{{150, 151}}));
  bench.submit({{150, 151}}, 2);
  bench.finish();
  EXPECT_EQ(bench.reported.outcomes.back().status, Status::succeeded);
  EXPECT_EQ(std::get<double>(bench.reported.partial->finish()[0].rows[0].value), 300.0 * 299.0);
}

TEST(Worker, SeesNothingOfMpiAndOfSingleTasks) {
  setenv("OMPI_COMM_WORLD_RANK", "1", 1);
  setenv("FANFOLD_INDEX", "1", 1);
  const Folder folder;
  folder.write(
      "worker.py",
      "import json, os, sys\nfor line in sys.stdin:\n"
      "    print(json.dumps({'values': ' '.join(sorted(k + '=' + v for k, v in os.environ.items() if "
      "k.startswith(('OMPI_COMM', 'FANFOLD', 'MINE'))))}), flush=True)\n");
  const auto job = job_of(R"toml(
task.worker = ["python3", "worker.py"]
task.env = { MINE = "{slot} {rank}" }
values.variables = { regex = ".*", type = "text" }
)toml",
                          folder.path());
  const Reported reported = run_all(*job, worker_threads(1));
  EXPECT_EQ(reported.outcome(0).output, "FANFOLD_RANK=2 FANFOLD_SLOT=0 MINE=0 2");
  unsetenv("OMPI_COMM_WORLD_RANK");
  unsetenv("FANFOLD_INDEX");
}

/// Whether a process, which was killed, is still there after a long time. Its parent may have to be asked to
/// reap it.
bool lives(pid_t pid) {
  const FileDescriptor process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!process.is_open()) return false;
  pollfd end{process.get(), POLLIN, 0};
  return poll(&end, 1, 10'000) == 0;
}

TEST(Worker, EndsWithTheRunAndLeavesNothing) {
  const auto files = open_files();
  const Folder folder;
  // The first ends at the end of its input; the second ignores that and ends by SIGTERM; so does its child.
  folder.write("worker.py",
               "import json, os, subprocess, sys, time\n"
               "child = subprocess.Popen(['sleep', '1000']).pid\n"
               "for line in sys.stdin:\n"
               "    print(json.dumps({'values': {'pid': os.getpid(), 'child': child}}), flush=True)\n"
               "if sys.argv[1] == '1': time.sleep(1000)\n");
  const auto job = job_of(R"toml(
params.i = { count = 100 }
task.worker = ["python3", "worker.py", "{slot}"]
values.pid = { json = "/pid", type = "integer" }
values.child = { json = "/child", type = "integer" }
)toml",
                          folder.path());
  const Reported reported = run_all(*job, worker_threads(2));
  for (const Outcome& outcome : reported.outcomes) {
    ASSERT_EQ(outcome.status, Status::succeeded) << outcome.error;
    EXPECT_FALSE(lives(static_cast<pid_t>(std::get<std::int64_t>(outcome.values[1]))));
    EXPECT_FALSE(lives(static_cast<pid_t>(std::get<std::int64_t>(outcome.values[2]))));
  }
  EXPECT_EQ(open_files(), files);
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
}

TEST(Worker, EndsAtOnceWhenTheRunIsAbandoned) {
  const auto start = std::chrono::steady_clock::now();
  const auto job = job_of("params.i = { count = 10 }\ntask.worker = ['sleep', '1000']");
  {
    Bench bench(*job, worker_threads(2));
    bench.submit({{0, 10}});
    while (bench.executor.running() < 2) bench.take();
    bench.executor.abandon();
    bench.finish();
    EXPECT_TRUE(bench.reported.outcomes.empty());
  }
  EXPECT_LT(seconds_since(start), 1.5);
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
}

std::string request_of(const std::string& params, std::uint64_t task) {
  const auto job = job_of("params.i = { count = 3 }\ntask.worker = ['x']\n" + params);
  TemplateContext context;
  context.task = TaskIndex(task);
  context.seed = 5;
  context.attempt = Attempt(2);
  context.params = job->space.params_of(context.task);
  return worker_request(*job, context);
}

TEST(WorkerRequest, IsOneLineOfJson) {
  EXPECT_EQ(request_of("", 1), "{\"index\":1,\"seed\":5,\"attempt\":2,\"params\":{\"i\":1}}\n");
  EXPECT_EQ(
      request_of("params.x = 2.0\nparams.y = 1e300\nparams.z = { expr = '0.0 * i - 1.0' }", 0),
      "{\"index\":0,\"seed\":5,\"attempt\":2,\"params\":{\"i\":0,\"x\":2.0,\"y\":1e+300,\"z\":-1.0}}\n");
  EXPECT_EQ(
      request_of("params.s = \"é \\\"b\\\\ \\n\\u0001\"", 0),
      "{\"index\":0,\"seed\":5,\"attempt\":2,\"params\":{\"i\":0,\"s\":\"é \\\"b\\\\ \\u000a\\u0001\"}}\n");
}

TEST(WorkerAnswer, IsValuesOrAnError) {
  EXPECT_EQ(worker_answer("{\"values\":4}")->number, 4.0);
  EXPECT_EQ(worker_answer("{\"values\": 4.5 }")->values, "4.5");
  EXPECT_TRUE(std::isnan(*worker_answer("{\"values\":NaN}")->number));
  EXPECT_EQ(worker_answer("{\"values\":-Infinity}")->number, -std::numeric_limits<double>::infinity());
  EXPECT_EQ(worker_answer("{\"time\": 3, \"values\": 1e3}")->number, 1000.0);
  EXPECT_EQ(worker_answer("{\"values\":{\"loss\": 1, \"note\": \"a\"}}")->values, R"({"loss":1,"note":"a"})");
  EXPECT_EQ(worker_answer("{\"values\":\"a b\"}")->values, "a b");
  EXPECT_FALSE(worker_answer("{\"values\":\"a b\"}")->number.has_value());
  EXPECT_EQ(worker_answer("{\"values\":true}")->number, 1.0);
  EXPECT_EQ(worker_answer("{\"values\":4}")->index, "");
  EXPECT_EQ(worker_answer("{\"index\":7,\"values\":4}")->index, "7");
  EXPECT_EQ(worker_answer("{\"index\":7,\"values\":4}")->number, 4.0);
  EXPECT_EQ(worker_answer("{\"index\": 7, \"values\": [4]}")->index, "7");
  EXPECT_EQ(worker_answer("{\"error\":\"bad\",\"index\":\"7\"}")->index, "\"7\"");
  EXPECT_FALSE(worker_answer("{\"values\":null}")->number.has_value());
  EXPECT_EQ(worker_answer("{\"error\":\"bad\\nvery\"}")->error, "bad");
  EXPECT_EQ(worker_answer("{\"error\":\"\"}")->error, "it says no more than that there was an error");
  EXPECT_EQ(worker_answer("{\"error\":{\"code\":1}}")->error, "{\"code\":1}");
  for (const char* garbage : {"", "4", "[]", "{\"index\":7}", "{\"index\":,\"values\":4}", "{}",
                              "{\"values\":4}}", "{\"values\":}", "{\"value\":4}", "{\"values\":4", "\xff"}) {
    EXPECT_FALSE(worker_answer(garbage).has_value()) << garbage;
  }
}

}  // namespace
}  // namespace fanfold
