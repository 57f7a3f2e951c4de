#include "job/warnings.hpp"

#include <gtest/gtest.h>

#include "job_builder.hpp"

namespace fanfold::test {
namespace {

std::string job_warnings_of(const std::string& text) {
  const JobSource source = source_of(text);
  return diagnostic_lines("job.toml", job_warnings(*open(source), source));
}

TEST(JobWarnings, of_a_where_that_no_task_meets) {
  const std::string rest = "[params]\nx = { count = 10_000 }\n[values]\ny = \"x\"\n";
  EXPECT_EQ(job_warnings_of("where = \"x > 9_999\"\n" + rest),
            "job.toml:1:1: where = \"x > 9_999\" is met by no task: nothing would run");
  EXPECT_EQ(job_warnings_of("where = \"x == 9_999\"\n" + rest), "");
  EXPECT_EQ(job_warnings_of("where = \"1 % (x - x) > 0\"\n" + rest), "")
      << "tasks on which it fails run, and fail";
}

TEST(JobWarnings, do_not_wait_for_the_last_of_very_many_tasks) {
  EXPECT_EQ(job_warnings_of(
                "where = \"x < 0\"\n[params]\nx = { count = 1_000_000_000_000 }\n[values]\ny = \"x\"\n"),
            "");
}

TEST(JobWarnings, are_all_of_a_job_in_its_order) {
  EXPECT_EQ(
      job_warnings_of(R"([params]
x = [1, 2]
idle = "a"
[task]
shell = "echo {x}"
creates = "out.txt"
[run]
keep = "all"
)"),
      "job.toml:3:1: the param 'idle' is never used\n"
      "job.toml:6:1: tasks that differ in 'x' have the same 'creates', and the last of them has it alone; "
      "put {x} or {index} in its name\n"
      "job.toml:8:1: 'keep' has no effect: the task has a source");
}

}  // namespace
}  // namespace fanfold::test
