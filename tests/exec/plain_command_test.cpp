// Which command lines run without a shell, and that nobody can tell the difference.
#include "exec/plain_command.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "exec/source.hpp"
#include "exec_job.hpp"

namespace fanfold {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(PlainCommand, is_split_at_its_blanks) {
  EXPECT_THAT(*plain_command("sort"), ElementsAre("sort"));
  EXPECT_THAT(*plain_command("  ./sim  --x=1.5\t-o out/é.txt "),
              ElementsAre("./sim", "--x=1.5", "-o", "out/é.txt"));
  EXPECT_THAT(*plain_command("gzip -9 100%"), ElementsAre("gzip", "-9", "100%"));
}

TEST(PlainCommand, is_none_if_a_shell_would_do_more) {
  for (const char* const line :
       {"",         "  ",           "a; b",      "a | b",   "a > b",     "a < b",  "a & b",
        "echo 'a'", "cat \"a\"",    "cat $x",    "cat `a`", "ls *.c",    "ls ?",   "ls [ab]",
        "ls ~",     "ls ~/a",       "cat a\\ b", "X=1 cat", "cat {a,b}", "(a)",    "a # b",
        "! a",      "cat a\ncat b", "cat !x",    "cd /",    "exit 3",    "test 1", "[ 1 ]",
        "echo a",   "true",         "if a",      "exec a",  ". a",       ": a",    "while a",
        "time a",   "kill 1",       "source a",  "}"}) {
    EXPECT_FALSE(plain_command(line).has_value()) << line;
  }
}

Retrieved run_line(const std::string& line, const std::string& folder = "/") {
  const auto job = test::job_of("task.shell = '''" + line + "'''", folder);
  TemplateContext context;
  return make_source(*job)->retrieve({context, {}, std::nullopt});
}

TEST(Shell, starts_no_shell_where_none_is_needed) {
  // $PPID of a program that a shell started would be the shell; here it is this process.
  const test::Folder folder;
  folder.write("parent", "#!/bin/sh\necho $PPID\n");
  chmod((folder.path() + "/parent").c_str(), 0755);
  EXPECT_EQ(run_line("./parent", folder.path()).output, std::to_string(getpid()) + "\n");
  EXPECT_NE(run_line("./parent; true", folder.path()).output, std::to_string(getpid()) + "\n");
}

TEST(Shell, says_what_sh_says_of_a_program_that_is_not_there) {
  const Retrieved direct = run_line("no-such-program 1 2");
  const Retrieved through_shell = run_line("no-such-program '1' 2");
  EXPECT_EQ(direct.error, "exit code 127");
  EXPECT_EQ(direct.exit_code, 127);
  EXPECT_THAT(direct.errors, HasSubstr("no-such-program: not found"));
  EXPECT_EQ(direct.errors, through_shell.errors);
}

TEST(Shell, runs_scripts_without_a_first_line_and_refuses_what_is_no_program) {
  const test::Folder folder;
  folder.write("script", "echo from a script\n");
  folder.write("text", "nothing to run\n");
  chmod((folder.path() + "/script").c_str(), 0755);
  EXPECT_EQ(run_line("./script", folder.path()).output, "from a script\n");
  EXPECT_EQ(run_line("./text", folder.path()).exit_code, 126);
}

}  // namespace
}  // namespace fanfold
