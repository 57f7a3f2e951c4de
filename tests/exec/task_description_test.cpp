#include "exec/task_description.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "exec_job.hpp"

namespace fanfold::test {
namespace {

/// "name: text" of each detail, with its obstacle in brackets.
std::vector<std::string> described(const Job& job, std::uint64_t task,
                                   const std::optional<TaskPlace>& place = {}) {
  std::vector<std::string> lines;
  for (const TaskDetail& detail : task_description(job, TaskIndex(task), place)) {
    lines.push_back(detail.name + ": " + detail.text +
                    (detail.obstacle.empty() ? "" : " [" + detail.obstacle + "]"));
  }
  return lines;
}

using testing::ElementsAre;

TEST(TaskDescription, quotes_a_command_for_a_shell) {
  const auto job = job_of(R"(
[params]
name = ["plain", "it's two words", "a\nb"]
[task]
command = ["echo", "--name={name}", "", "$HOME"]
)");
  EXPECT_THAT(described(*job, 0), ElementsAre("command: echo --name=plain '' '$HOME'"));
  EXPECT_THAT(described(*job, 1), ElementsAre(R"(command: echo '--name=it'\''s two words' '' '$HOME')"));
  EXPECT_THAT(described(*job, 2), ElementsAre(R"(command: echo $'--name=a\nb' '' '$HOME')"));
}

TEST(TaskDescription, keeps_the_values_of_a_shell_command_on_one_line) {
  const auto job = job_of(R"(
[params]
name = ["plain", "line 1\nline 2"]
[task]
shell = "printf %s {name}"
)");
  EXPECT_THAT(described(*job, 0), ElementsAre("shell: printf %s plain"));
  EXPECT_THAT(described(*job, 1), ElementsAre(R"(shell: printf %s $'line 1\nline 2')"));
}

TEST(TaskDescription, shows_all_keys_of_a_program) {
  const auto job = job_of(R"(
[params]
x = [1, 2]
[task]
shell = "cat | sort > {tmp}/{x}.{rank}.{slot}.{attempt}; echo {env.FANFOLD_NO_SUCH}"
cwd = "."
stdin = "x={x}\n"
env = { A = "1", B = "{x} y" }
success = [0, 3]
)",
                          "/tmp");
  EXPECT_THAT(described(*job, 1),
              ElementsAre("shell: cat | sort > {tmp}/2.{rank}.{slot}.1; echo {env.FANFOLD_NO_SUCH}"
                          " [the environment variable FANFOLD_NO_SUCH is not set]",
                          "cwd: .", "env: A=1 B='2 y'", R"(stdin: $'x=2\n')", "success: [0, 3]"));
}

TEST(TaskDescription, knows_the_place_of_a_task_that_has_run) {
  const auto job = job_of("[task]\nshell = \"echo {rank} {slot} {attempt} {tmp}\"\n");
  EXPECT_THAT(described(*job, 0), ElementsAre("shell: echo {rank} {slot} 1 {tmp}"));
  EXPECT_THAT(described(*job, 0, TaskPlace{Attempt(2), Rank(3), 4}), ElementsAre("shell: echo 3 4 2 {tmp}"));
}

TEST(TaskDescription, says_which_file_is_not_there) {
  const Folder folder;
  folder.write("a.txt", "words");
  const auto job =
      job_of("[params]\nf = [\"a.txt\", \"b.txt\", \".\"]\n[task]\nread = \"{f}\"\nkernel = \"words\"\n",
             folder.path());
  EXPECT_THAT(described(*job, 0), ElementsAre("read: a.txt", "kernel: words"));
  EXPECT_THAT(described(*job, 1),
              ElementsAre("read: b.txt [cannot read 'b.txt': No such file or directory]", "kernel: words"));
  EXPECT_THAT(described(*job, 2), ElementsAre("read: . [cannot read '.': Is a directory]", "kernel: words"));
}

TEST(TaskDescription, says_which_program_or_folder_is_not_there) {
  const Folder folder;
  folder.write("data", "not a program");
  const std::string path = folder.path();
  EXPECT_THAT(
      described(*job_of("[task]\ncommand = [\"no-such-program\"]\n", path), 0),
      ElementsAre("command: no-such-program [cannot start 'no-such-program': No such file or directory]"));
  EXPECT_THAT(described(*job_of("[task]\ncommand = [\"./data\"]\n", path), 0),
              ElementsAre("command: ./data [cannot start './data': Permission denied]"));
  EXPECT_THAT(described(*job_of("[task]\ncommand = [\"true\"]\ncwd = \"runs\"\n", path), 0),
              ElementsAre("command: true [cannot change to the folder '" + path +
                              "/runs': No such file or directory]",
                          "cwd: runs"));
  EXPECT_THAT(described(*job_of("[task]\ncommand = [\"true\", \"{tmp}\"]\n", path), 0),
              ElementsAre("command: true '{tmp}'"));
  EXPECT_THAT(described(*job_of("[task]\ncommand = [\"{tmp}/made\"]\n", path), 0),
              ElementsAre("command: '{tmp}/made'"));
}

TEST(TaskDescription, computes_numbers_and_parameters) {
  const auto nap = job_of("[params]\ni = [1, 2]\n[task]\nsleep = \"0.1 * i\"\n");
  EXPECT_THAT(described(*nap, 1), ElementsAre("sleep: 0.2"));
  const auto sum = job_of(R"(
[params]
to = [10, 9223372036854775807]
[task]
kernel = "range_sum"
from = "to + 1 - 5"
)");
  EXPECT_THAT(described(*sum, 0), ElementsAre("kernel: range_sum from=6 to=10"));
  EXPECT_THAT(described(*sum, 1)[0], testing::StartsWith("kernel: range_sum from=(integer overflow"));
  EXPECT_THAT(described(*job_of("[params]\ninput = [\"two words\"]\n[task]\nkernel = \"words\"\n"), 0),
              ElementsAre("kernel: words input='two words'"));
  EXPECT_THAT(described(*job_of("[values]\nx = \"1\"\n"), 0), ElementsAre());
}

/// What bash makes of a word.
std::string read_by_bash(const std::string& word) {
  const Folder folder;
  const std::string script = folder.write("script", "printf %s " + word + "\n");
  FILE* const pipe = popen(("bash " + script).c_str(), "r");
  std::string text;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) text += static_cast<char>(c);
  EXPECT_EQ(pclose(pipe), 0);
  return text;
}

RC_GTEST_PROP(TaskDescription, quoted_texts_mean_themselves_on_one_line, ()) {
  const auto bytes = *rc::gen::container<std::string>(
      rc::gen::oneOf(rc::gen::element('\'', '"', '\\', '\n', '\t', '$', '`', ' ', '{', '0', 'n'),
                     rc::gen::inRange('\1', '\x7F')));
  const std::string quoted = quote_for_paste(bytes);
  RC_ASSERT(quoted.find('\n') == std::string::npos);
  RC_ASSERT(read_by_bash(quoted) == bytes);
}

}  // namespace
}  // namespace fanfold::test
