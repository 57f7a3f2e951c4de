"""--set and --commands: jobs that are changed or made on the command line, by every subcommand that reads one."""

from fanfold_cli import CliTest, main

SUMS = """\
[params]
to = { from = 10, to = 40, step = 10 }

[task]
kernel = "range_sum"

[reduce]
total = "sum(sum)"
"""

FLAKY = """\
[params]
i = { count = 3 }

[task]
shell = "exit {i}"
"""

COMMANDS = """\
echo one

expr 1 + 1\r
cat < list.txt | head -n 1
echo '$HOME' "a  b"
   \t
"""


class SetTest(CliTest):
    def test_run(self):
        self.write("sums.toml", SUMS)
        self.expect(["run", "sums.toml", "--set", "to=[2, 3]", "--set", "task.from = 1", "--quiet"],
                    out="total = 4  (2 of 2 tasks)\n")
        # The run file has what was set: results opens the same job, and another job is refused.
        self.expect(["results", "sums.run"], out="total = 4  (2 of 2 tasks)\n")
        ended = self.fanfold("results", "sums.run", "--csv")
        self.assertEqual([line.split(",")[:2] for line in ended.out.splitlines()], [["task", "to"], ["0", "2"], ["1", "3"]])
        self.expect(["run", "sums.toml"], status=2, err="""\
fanfold: run file 'sums.run' belongs to another job:
  params.to was [2, 3], is {from = 10, step = 10, to = 40}
  task.from was 1, is 0
give this job a run file of its own with --run FILE (--adopt sums.run takes over the tasks that are the same), or replace the old one with --fresh
""")

    def test_on_several_ranks(self):
        self.write("sums.toml", SUMS)
        self.expect(["run", "-n", "2", "sums.toml", "--set", "to.to=1000", "--quiet"],
                    out="total = 16892250  (100 of 100 tasks)\n")

    def test_check(self):
        self.write("sums.toml", SUMS)
        ended = self.fanfold("check", "sums.toml", "--set", "to={ count = 3 }", "--seed", "3")
        self.assertEqual((ended.out.splitlines()[0], ended.status), ("sums.toml: 3 tasks, kernel range_sum", 0))
        before_the_job = self.fanfold("check", "--set", "to={ count = 3 }", "sums.toml", "--seed", "3")
        self.assertEqual((before_the_job.out, before_the_job.err), (ended.out, ended.err))

    def test_the_line_that_repeats_a_failed_task(self):
        self.write("flaky.toml", FLAKY)
        ended = self.fanfold("run", "flaky.toml", "--set", "i=[7, 0]", "--set", "env={ A = 'b c' }")
        self.assertIn("again: fanfold run flaky.toml --set 'i=[7, 0]' --set 'env={ A = '\\''b c'\\'' }' --task 0 "
                      "--run task-0.run\n", ended.err)

    def test_mistakes(self):
        self.write("sums.toml", SUMS)
        self.expect(["run", "sums.toml", "--set", "fro=3"], status=2,
                    err="fanfold: --set fro=3: unknown key 'fro'; did you mean 'from'?\n")
        self.expect(["check", "sums.toml", "--set", "from"], status=2,
                    err="fanfold: --set: expected KEY=VALUE, as in --set samples=100, not 'from'\n")
        self.expect(["check", "sums.toml", "--set", "=3"], status=2,
                    err="fanfold: --set: expected KEY=VALUE, as in --set samples=100, not '=3'\n")


class CommandsTest(CliTest):
    def test_something_else_in_place_of_the_lines(self):
        self.write("list.txt", "echo 1\necho 2\n")
        for setting, count in [("command=3", 1), ("params.command=echo 5", 1), ("command=['echo 3', 'echo 4', 'echo 5']", 3),
                               ("command={ count = 3 }", 3)]:
            ended = self.fanfold("check", "--commands", "list.txt", "--set", setting)
            self.assertEqual((ended.status, ended.err, ended.out.splitlines()[0]),
                             (0, "", f"--commands list.txt: {count} task{'s' if count > 1 else ''}, source shell"))
        self.expect(["run", "--commands", "list.txt", "--set", "command=['echo 3', 'echo 4']", "--quiet", "--print=order"],
                    out="3\n4\n")
        self.expect(["results", "list.run", "--csv", "--tasks", "0:1"],
                    out="task,command,value,status,attempts,rank,start,duration,exit_code,error\n"
                    "0,echo 3,3.0,succeeded,1,0,N,N,0,\n")

    def test_run(self):
        self.write("list.txt", COMMANDS)
        self.expect(["run", "--commands", "list.txt"], err="4 of 4 tasks succeeded; N s; run file list.run\n")
        rows = self.fanfold("results", "list.run", "--csv").out.splitlines()
        self.assertEqual(rows[0].split(",")[:3], ["task", "command", "value"])
        self.assertTrue(rows[2].startswith("1,expr 1 + 1,2.0,"), rows[2])

    def test_standard_input(self):
        ended = self.fanfold("run", "--commands", "-", stdin="true\nsh -c exit\\ 3\nno-such-program\n")
        self.assertEqual((ended.status, ended.out), (1, ""))
        self.assertIn("exit code 3\n    first: task 1 (command=\"sh -c exit\\\\ 3\")", ended.err)
        self.assertIn("exit code 127", ended.err)
        self.assertIn("run file commands.run\n", ended.err)

    def test_check(self):
        self.write("list.txt", "sleep 1\nsleep 2\n")
        ended = self.fanfold("check", "--commands", "list.txt")
        self.assertEqual(ended.out.splitlines()[0], "--commands list.txt: 2 tasks, source shell")

    def test_mistakes(self):
        self.write("empty.txt", "\n \t\r\n")
        self.write("sums.toml", SUMS)
        self.expect(["run", "--commands", "empty.txt"], status=2,
                    err="fanfold: --commands empty.txt: no line is a command\n")
        self.expect(["check", "--commands", "none.txt"], status=2,
                    err="fanfold: cannot read the command lines 'none.txt': No such file or directory\n")
        self.expect(["check", "sums.toml", "--commands", "empty.txt"], status=2,
                    err="fanfold: give a job file or --commands, not both: 'sums.toml' and 'empty.txt'\n")
        self.expect(["run"], status=2, err="fanfold: which job? Give a job file, or --commands FILE\n")


if __name__ == "__main__":
    main()
