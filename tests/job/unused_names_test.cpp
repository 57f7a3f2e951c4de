#include "job/unused_names.hpp"

#include <gtest/gtest.h>

#include "job_builder.hpp"

namespace fanfold::test {
namespace {

std::string warnings_of(const JobSource& source) {
  return diagnostic_lines("job.toml", unused_names(*open(source), source, TomlDocument(source.text).root()));
}
std::string warnings_of(const std::string& text) { return warnings_of(source_of(text)); }

TEST(UnusedNames, params_that_nothing_uses) {
  EXPECT_EQ(warnings_of(R"([params]
used = [1, 2]
idle = [0.5, 1.5]
[params.also_idle]
from = 1
to = 3
step = 1
[values]
y = "2 * used"
)"),
            "job.toml:3:1: the param 'idle' is never used\n"
            "job.toml:4:9: the param 'also_idle' is never used");
}

TEST(UnusedNames, parts_of_a_zip) {
  EXPECT_EQ(warnings_of("[params]\n"
                        "case = { zip = { a = [1.5, 2.5], b = [3.5, 4.5] } }\n"
                        "[values]\n"
                        "y = \"2 * a\"\n"),
            "job.toml:2:34: the param 'b' is never used");
}

TEST(UnusedNames, a_table_of_which_nothing_is_used) {
  JobSource source = source_of(R"([params]
y = { expr = "1.5" }
row = { csv = "sites.csv" }
[values]
z = "y"
)");
  source.inputs = {{"params.row", "site,height\n1.5,2.5\n"}};
  EXPECT_EQ(warnings_of(source), "job.toml:3:1: no column of the table 'row' is ever used");
  source.text += "h = \"height\"\n";
  EXPECT_EQ(warnings_of(source), "") << "a table may have columns that a job does not use";
}

TEST(UnusedNames, everything_that_uses_a_param) {
  const std::string params = "[params]\na = [\"x\", \"y\"]\nb = [1.5, 2.5]\n";
  EXPECT_EQ(warnings_of(params + "[task]\nshell = \"echo {a:>4} {b}\"\n"), "");
  EXPECT_EQ(warnings_of(params + "[task]\nshell = \"echo {a.stem}\"\ncost = \"b\"\n"), "");
  EXPECT_EQ(warnings_of(params + "[task]\ncommand = [\"{a}\"]\nenv = { B = \"{b}\" }\n"), "");
  EXPECT_EQ(warnings_of(params + "[task]\nshell = \"true\"\ncwd = \"{a}\"\nstdin = \"{b}\"\n"), "");
  EXPECT_EQ(warnings_of(params + "[task]\nsleep = \"b\"\n[reduce]\nn = \"count() by a\"\n"), "");
  EXPECT_EQ(warnings_of(params + "[values]\nl = \"length(a)\"\n[reduce]\ns = \"sum(b * l)\"\n"), "");
  EXPECT_EQ(warnings_of("[params]\nto = [1, 2]\nx = [3, 4]\n[task]\nkernel = \"range_sum\"\nfrom = \"-x\"\n"),
            "");
}

TEST(UnusedNames, a_param_that_a_script_reads_from_its_environment_is_used) {
  EXPECT_EQ(warnings_of("[params]\na = [1.5, 2.5]\n[task]\nshell = \"echo $FANFOLD_PARAM_a\"\n"), "");
}

TEST(UnusedNames, a_param_with_the_name_of_a_parameter_is_used) {
  EXPECT_EQ(warnings_of("[params]\nsamples = [1, 2]\n[task]\nkernel = \"pi\"\n"), "");
}

TEST(UnusedNames, the_input_of_a_kernel_is_used) {
  EXPECT_EQ(warnings_of("[params]\ninput = [\"a b\", \"c\"]\n[task]\nkernel = \"words\"\n"), "");
}

TEST(UnusedNames, repetition_is_no_mistake) {
  const std::string params = "[params]\ni = { count = 5 }\n";
  EXPECT_EQ(warnings_of(params + "[task]\nkernel = \"pi\"\nsamples = 10\n"), "");
  EXPECT_EQ(warnings_of(params + "[task]\nsleep = 0.1\n"), "");
  EXPECT_EQ(warnings_of(params + "[task]\nshell = \"./simulate {seed31}\"\n"), "");
  EXPECT_EQ(warnings_of(params + "[task]\nshell = \"./part {index:05d}\"\n"), "");
  EXPECT_EQ(warnings_of(params + "[task]\nshell = \"./part $FANFOLD_INDEX\"\n"), "");
  EXPECT_EQ(warnings_of("[params]\ni = [0, 1, 2]\n[task]\nsleep = 0.1\n"), "");
}

TEST(UnusedNames, programs_that_cannot_know_which_task_they_are) {
  EXPECT_EQ(warnings_of("[params]\ni = { count = 5 }\n[task]\nshell = \"./simulate {rank}\"\n"),
            "job.toml:2:1: the param 'i' is never used");
  EXPECT_EQ(warnings_of("[params]\ni = { from = 1, to = 5, step = 1 }\n[task]\nshell = \"echo {index}\"\n"),
            "job.toml:2:1: the param 'i' is never used");
}

TEST(UnusedNames, policy_without_effect) {
  EXPECT_EQ(
      warnings_of("[values]\nx = \"1\"\n[run]\nkeep = \"all\"\nretries = 2\ntimeout = 3\nio_threads = 2\n"),
      "job.toml:5:1: 'retries' has no effect: the task has no source\n"
      "job.toml:6:1: 'timeout' has no effect: the task has no source\n"
      "job.toml:7:1: 'io_threads' has no effect: the task has no source");
  EXPECT_EQ(warnings_of("[task]\nshell = \"true\"\n[run]\nkeep = \"all\"\nretries = 2\n"),
            "job.toml:4:1: 'keep' has no effect: the task has a source");
  EXPECT_EQ(warnings_of("[task]\nkernel = \"range_sum\"\nto = 9\nisolate = true\n[run]\ntimeout = 3\n"), "");
  EXPECT_EQ(warnings_of("[task]\nkernel = \"range_sum\"\nto = 9\n[run]\ntimeout = 3\n"),
            "job.toml:5:1: 'timeout' has no effect: the task has no source");
  JobSource source = source_of("[values]\nx = \"1\"\n");
  source.overrides.run = {{"retries", "3"}, {"io_threads", "2"}};
  EXPECT_EQ(warnings_of(source), "job.toml: 'retries' has no effect: the task has no source");
}

}  // namespace
}  // namespace fanfold::test
