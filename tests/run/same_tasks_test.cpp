// Which tasks of a changed job are those of the job before: by what would run, never by their numbers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "exec/source.hpp"
#include "run/same_tasks.hpp"

namespace fanfold {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::unique_ptr<const Job> job_of(const std::string& text) {
  JobSource source;
  source.file = "job.toml";
  source.folder = "/data";
  source.text = text;
  return open_job(source, source_registry());
}

TaskSet all_of(const Job& job) { return TaskSet(TaskRange{0, job.size()}); }

MovedList same(const std::string& before, const std::string& after) {
  const auto old_job = job_of(before);
  const auto job = job_of(after);
  return same_tasks(*old_job, all_of(*old_job), *job, {0, job->size()});
}

MovedTasks moved(std::uint64_t from, std::uint64_t count, std::uint64_t to) {
  return {{from, from + count}, TaskIndex(to)};
}

const std::string task = "[task]\ncommand = [\"./sim\", \"{x}\"]\n";

TEST(SameTasks, ValuesThatWereAddedMoveTheOthers) {
  EXPECT_THAT(same("[params]\nx = [1, 2, 4]\n" + task, "[params]\nx = [1, 2, 3, 4]\n" + task),
              ElementsAre(moved(0, 2, 0), moved(2, 1, 3)));
}

TEST(SameTasks, ANumberIsNotTheSameAsAnother) {
  EXPECT_THAT(same("[params]\nx = [1, 2]\n" + task, "[params]\nx = [1.0, 2.0]\n" + task), IsEmpty());
  EXPECT_THAT(same("[params]\nx = [0.0]\n" + task, "[params]\nx = [-0.0]\n" + task), IsEmpty());
}

TEST(SameTasks, EqualTasksAreTakenInTheirOrder) {
  EXPECT_THAT(same("[params]\nx = [7, 7, 8]\n" + task, "[params]\nx = [8, 7, 7, 7]\n" + task),
              ElementsAre(moved(0, 2, 1), moved(2, 1, 0)));
}

TEST(SameTasks, OnlyTheCandidatesCount) {
  const auto job = job_of("[params]\nx = { count = 6 }\n" + task);
  TaskSet candidates;
  candidates.insert({1, 3});
  candidates.insert({5, 6});
  EXPECT_THAT(same_tasks(*job, candidates, *job, {2, 6}), ElementsAre(moved(2, 1, 2), moved(5, 1, 5)));
}

TEST(SameTasks, KeysOfTheSourceBelongToTheContent) {
  const std::string params = "[params]\nx = [1]\nfolder = [\"a\"]\n";
  const std::string plain = params + task;
  for (const std::string key :
       {"cwd = \"{folder}\"", "stdin = \"1\"", "success = [0, 1]", "env = { A = \"1\" }", "creates = \"f\""})
    EXPECT_THAT(same(plain, plain + key + "\n"), IsEmpty()) << key;
  for (const std::string key : {"timeout = 3", "cores = 2", "memory = \"1GiB\"", "nice = 1"})
    EXPECT_THAT(same(plain, plain + key + "\n"), ElementsAre(moved(0, 1, 0))) << key;
  EXPECT_THAT(same(plain + "env = { A = \"1\", B = \"2\" }\n", plain + "env = { B = \"2\", A = \"1\" }\n"),
              ElementsAre(moved(0, 1, 0)));
  EXPECT_THAT(same(plain, plain + "[run]\nretries = 3\n[reduce]\nn = \"count()\"\n"),
              ElementsAre(moved(0, 1, 0)));
}

TEST(SameTasks, WhatIsReadIsTheSameWhateverElseIsInParams) {
  const std::string before = "[params]\nname = [\"a\", \"b\"]\n[task]\nread = \"{name}.txt\"\n";
  const std::string after =
      "[params]\nk = [1]\nfile = [\"b.txt\", \"c.txt\", \"a.txt\"]\n[task]\nread = \"{file}\"\n";
  EXPECT_THAT(same(before, after), ElementsAre(moved(0, 1, 2), moved(1, 1, 0)));
  EXPECT_THAT(same(before, after + "bytes = [0, 9]\n"), IsEmpty());
}

TEST(SameTasks, ValuesBringTheirParams) {
  const auto with = [](const std::string& params) {
    return "[params]\n" + params + "[task]\nread = \"a.txt\"\n[values]\ny = \"bytes * k\"\n";
  };
  EXPECT_THAT(same(with("k = [2, 3]\n"), with("other = [9]\nk = [3, 5, 2]\n")),
              ElementsAre(moved(0, 1, 2), moved(1, 1, 0)));
}

TEST(SameTasks, StreamsOfKernels) {
  const auto with = [](const std::string& replicas, const std::string& seed_by) {
    return "[params]\nsamples = " + replicas + "\nr = [5, 6]\n[task]\nkernel = \"pi\"\n" + seed_by;
  };
  EXPECT_THAT(same(with("[10, 20]", ""), with("[10, 15, 20]", "")), ElementsAre(moved(0, 2, 0)));
  const std::string by = "seed_by = [\"r\"]\n";
  EXPECT_THAT(same(with("[10, 20]", by), with("[10, 15, 20]", by)),
              ElementsAre(moved(0, 2, 0), moved(2, 2, 4)));
  // Tasks 0 and 1 have streams 0 and 1 both ways.
  EXPECT_THAT(same(with("[10, 20]", ""), with("[10, 20]", by)), ElementsAre(moved(0, 2, 0)));
}

TEST(SameTasks, WorkersAreGivenASeed) {
  const auto with = [](const std::string& xs) {
    return "[params]\nx = " + xs + "\n[task]\nworker = [\"./model\"]\n";
  };
  EXPECT_THAT(same(with("[1, 2]"), with("[1, 2, 3]")), ElementsAre(moved(0, 2, 0)));
  EXPECT_THAT(same(with("[1, 2]"), with("[3, 1, 2]")), IsEmpty());
}

TEST(SameTasks, TasksThatWouldFailBeforeTheyRunAreNone) {
  const std::string job = "[params]\nx = [1, 9223372036854775807]\ny = { expr = \"x + 1\" }\n" + task;
  EXPECT_THAT(same(job, job), ElementsAre(moved(0, 1, 0)));
  const std::string where = "where = \"x + 1 > 0\"\n[params]\nx = [1, 9223372036854775807]\n" + task;
  EXPECT_THAT(same(where, where), ElementsAre(moved(0, 1, 0)));
}

/// Axes of few values, many of them equal, in any order, with a condition now and then.
std::string random_job(std::mt19937_64& random) {
  const auto below = [&random](std::uint64_t end) { return random() % end; };
  std::vector<std::string> axes;
  for (const std::string name : {"a", "b", "c"}) {
    std::string values;
    for (std::uint64_t count = 1 + below(5); count > 0; --count)
      values += (values.empty() ? "" : ", ") + std::to_string(below(6));
    axes.push_back(name + " = [" + values + "]\n");
  }
  std::shuffle(axes.begin(), axes.end(), random);
  std::string text = below(3) == 0 ? "where = \"a != b\"\n" : "";
  text += "[params]\n";
  for (const std::string& axis : axes) text += axis;
  return text + "[task]\ncommand = [\"./sim\", \"{a} {b} {c}\"]\n";
}

/// What a task would run, as the template has it.
std::string words_of(const Job& job, std::uint64_t index) {
  TemplateContext context;
  context.params = job.space.params_of(TaskIndex(index));
  return job.source->arguments.front().templates.back().second.render(context);
}

bool is_task(const Job& job, std::uint64_t index) {
  if (!job.where) return true;
  const auto params = job.space.params_of(TaskIndex(index));
  const auto param = [&](const std::string& name) { return params[job.scope.find(name)->slot]; };
  return param("a") != param("b");
}

TEST(SameTasks, AnyChangeKeepsAsManyAsThereAreOfEachContent) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 300; ++round) {
    SCOPED_TRACE(round);
    const auto before = job_of(random_job(random));
    const auto after = job_of(random_job(random));
    std::map<std::string, std::uint64_t> left;
    for (std::uint64_t index = 0; index < before->size(); ++index)
      if (is_task(*before, index)) ++left[words_of(*before, index)];
    std::uint64_t expected = 0;
    for (std::uint64_t index = 0; index < after->size(); ++index) {
      if (!is_task(*after, index)) continue;
      std::uint64_t& count = left[words_of(*after, index)];
      if (count == 0) continue;
      --count;
      ++expected;
    }
    TaskSet from, to;
    std::uint64_t found = 0, last = 0;
    for (const MovedTasks& each : same_tasks(*before, all_of(*before), *after, {0, after->size()})) {
      EXPECT_GE(each.from.begin, last) << "not ascending";
      last = each.from.end;
      for (std::uint64_t i = 0; i < each.from.size(); ++i, ++found)
        EXPECT_EQ(words_of(*before, each.from.begin + i), words_of(*after, each.to.value() + i));
      from.insert(each.from);
      to.insert(each.target());
    }
    EXPECT_EQ(found, expected);
    EXPECT_EQ(from.size(), found) << "a task was taken twice";
    EXPECT_EQ(to.size(), found) << "a task was given twice";
  }
}

}  // namespace
}  // namespace fanfold
