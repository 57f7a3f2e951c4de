"""Tasks that fail: the digest on standard error, the exit status, and running them again."""

from fanfold_cli import CliTest, main

# Three reasons, of 3, 2 and 1 tasks.
FAILING = """\
[params]
i = { count = 8 }
word = ["it's"]

[task]
shell = \"\"\"
  for line in 1 2 3 4 5 6; do echo line $line of task {i} >&2; done
  case {i} in
    0|1) echo {i};;
    2|3|4) echo out of paper >&2; exit 3;;
    5|6) kill -9 $$;;
    7) echo {word};;
  esac\"\"\"

[reduce]
total = "sum(value)"
codes = "count() by status"

[run]
io_threads = 1
"""

ANSWER = """\
total = 1.0  (2 of 8 tasks)
status     codes  tasks
failed     6      6
succeeded  2      2
"""

DIGEST = """\
failed in this execution:
  3 tasks: exit code 3
    first: task 2 (i=2 word="it's"), rank 0 on HOST, attempt 1
    | line 3 of task 2
    | line 4 of task 2
    | line 5 of task 2
    | line 6 of task 2
    | out of paper
    again: fanfold run failing.toml --task 2 --run task-2.run
  2 tasks: killed by signal 9 (SIGKILL): line # of task #
    first: task 5 (i=5 word="it's"), rank 0 on HOST, attempt 1
    | line 2 of task 5
    | line 3 of task 5
    | line 4 of task 5
    | line 5 of task 5
    | line 6 of task 5
    again: fanfold run failing.toml --task 5 --run task-5.run
  1 task: its standard output is not one number: 'it's'
    first: task 7 (i=7 word="it's"), rank 0 on HOST, attempt 1
    | line 2 of task 7
    | line 3 of task 7
    | line 4 of task 7
    | line 5 of task 7
    | line 6 of task 7
    again: fanfold run failing.toml --task 7 --run task-7.run
  all of them: fanfold results failing.run --failed
2 of 8 tasks succeeded, 6 failed; N s; run file failing.run
add --retry-failed to the same command to run the failed tasks again
"""

# Fails while the file `good` is missing.
CURABLE = """\
[params]
i = { count = 4 }

[task]
shell = "test {i} -lt 2 || cat good >/dev/null && echo {i}"

[reduce]
total = "sum(value)"
"""


class FailuresTest(CliTest):
    def test_digest(self):
        self.write("failing.toml", FAILING)
        self.expect(["run", "failing.toml"], status=1, out=ANSWER, err=DIGEST)

    def test_digest_is_not_silenced(self):
        self.write("failing.toml", FAILING)
        self.expect(["run", "failing.toml", "--quiet"], status=1, out=ANSWER, err=DIGEST)

    def test_the_line_that_repeats_a_failure_does(self):
        self.write("failing.toml", FAILING)
        self.fanfold("run", "failing.toml")
        ended = self.fanfold("run", "failing.toml", "--task", "2", "--run", "task-2.run")
        self.assertEqual(ended.status, 1)
        self.assertIn("  1 task: exit code 3\n    first: task 2 (i=2 word=\"it's\")", ended.err)

    def test_the_line_that_repeats_a_failure_has_the_seed_and_the_timeout(self):
        self.write("a job.toml", '[task]\nsleep = 60\n')
        self.expect(["run", "a job.toml", "--seed", "7", "--timeout", "10ms"], status=1, err="""\
failed in this execution:
  1 task: timed out after 0.01 s
    first: task 0, rank 0 on HOST, attempt 1
    again: fanfold run 'a job.toml' --seed 7 --timeout 10ms --task 0 --run task-0.run
  all of them: fanfold results 'a job.run' --failed
0 of 1 task succeeded, 1 failed; N s; run file a job.run
add --retry-failed to the same command to run the failed tasks again
""")

    def test_what_differs_from_task_to_task_makes_no_reason_of_its_own(self):
        self.write("missing.toml", "[params]\ni = { count = 12 }\n[task]\nread = 'missing/{i}.txt'\n[run]\nio_threads = 1\n")
        self.expect(["run", "missing.toml"], status=1, err="""\
failed in this execution:
  12 tasks: cannot read '…': No such file or directory
    first: task 0 (i=0), rank 0 on HOST, attempt 1
    error: cannot read 'missing/0.txt': No such file or directory
    again: fanfold run missing.toml --task 0 --run task-0.run
  all of them: fanfold results missing.run --failed
0 of 12 tasks succeeded, 12 failed; N s; run file missing.run
add --retry-failed to the same command to run the failed tasks again
""")

    def test_commands_that_are_not_found_show_what_the_shell_says(self):
        self.write("paper.txt", "")
        self.write("list.txt", "nosuch1 a\nnosuch2 b\n./paper.txt c\n")
        ended = self.fanfold("run", "--commands", "list.txt", "--io-threads", "1")
        self.assertIn("  2 tasks: exit code 127: /bin/sh: #: nosuch#: not found\n"
                      "    first: task 0 (command=\"nosuch1 a\"), rank 0 on HOST, attempt 1\n"
                      "    | /bin/sh: 1: nosuch1: not found\n", ended.err)
        self.assertIn("  1 task: exit code 126\n"
                      "    first: task 2 (command=\"./paper.txt c\"), rank 0 on HOST, attempt 1\n"
                      "    | /bin/sh: 1: ./paper.txt: Permission denied\n", ended.err)

    def test_at_most_ten_reasons_are_shown(self):
        self.write("many.toml", "[params]\ni = { count = 13 }\n[task]\nshell = 'exit {i}'\n")
        ended = self.fanfold("run", "many.toml")
        self.assertEqual(ended.err.count("  1 task: exit code "), 10)
        self.assertIn("  2 tasks for other reasons\n  all of them: fanfold results many.run --failed\n", ended.err)

    def test_failed_tasks_stay_failed(self):
        self.write("failing.toml", FAILING)
        self.fanfold("run", "failing.toml")
        self.expect(["run", "failing.toml"], status=1, out=ANSWER, err="""\
TIME info: nothing left to run: all 8 tasks are in the run file
2 of 8 tasks succeeded, 6 failed; run file failing.run
add --retry-failed to the same command to run the failed tasks again
""")

    def test_retry_failed(self):
        self.write("curable.toml", CURABLE)
        first = self.fanfold("run", "curable.toml")
        self.assertEqual((first.out, first.status), ("total = 1.0  (2 of 4 tasks)\n", 1))
        self.assertIn("  2 tasks: exit code 1\n    first: task 2 (i=2), rank 0 on HOST, attempt 1\n"
                      "    | cat: good: No such file or directory\n", first.err)
        self.write("good", "")
        self.expect(["run", "curable.toml", "--retry-failed"], out="total = 6.0  (4 of 4 tasks)\n", err=(
            "TIME info: going on: 2 of 4 tasks are in the run file\n"
            "4 of 4 tasks succeeded; N s; run file curable.run\n"))

    def test_failures_of_kernels_and_values_have_no_attempt(self):
        self.write("values.toml", "[params]\ni = { count = 5 }\n[values]\nx = '10 % (i - 3)'\n[reduce]\ns = 'sum(x)'\n")
        self.expect(["run", "values.toml"], status=1, out="s = -2  (4 of 5 tasks)\n", err="""\
failed in this execution:
  1 task: division by zero in '10 % (i - 3)'
    first: task 3 (i=3), rank 0 on HOST
    again: fanfold run values.toml --task 3 --run task-3.run
  all of them: fanfold results values.run --failed
4 of 5 tasks succeeded, 1 failed; N s; run file values.run
add --retry-failed to the same command to run the failed tasks again
""")

    def test_retries(self):
        self.write("twice.toml", '[task]\nshell = "test {attempt} = 3 && echo {attempt}"\n[reduce]\nattempt = "sum(value)"\n')
        self.expect(["run", "twice.toml", "--retries", "2"], out="attempt = 3.0  (1 of 1 task)\n",
                    err="1 of 1 task succeeded; N s; 2 attempts repeated; run file twice.run\n")
        self.assertEqual(self.fanfold("run", "twice.toml", "--retries", "1", "--fresh").status, 1)

    def test_stop_on_failure(self):
        self.write("stop.toml", '[params]\ni = { count = 1000 }\n[task]\nshell = "exit 7"\n')
        for option in [["--on-failure", "stop"], ["--max-failures", "3"], ["--max-failures", "1%"]]:
            with self.subTest(option=option):
                ended = self.fanfold("run", "stop.toml", "--fresh", "--io-threads", "1", "--chunk", "1", *option)
                self.assertEqual((ended.status, ended.out), (1, ""))
                self.assertRegex(ended.err, r"\n0 of 1,000 tasks succeeded, \d+ failed, 9\d\d not run; N s; run file stop.run\n"
                                 rf"stopped by {option[0][2:].replace('-', '_')}; the same command goes on with the tasks that "
                                 "were not run\n")

    def test_the_exit_status_of_two_ranks(self):
        self.write("failing.toml", FAILING)
        ended = self.fanfold("run", "-n", "2", "failing.toml")
        self.assertEqual((ended.status, ended.out), (1, ANSWER))
        self.assertIn("  3 tasks: exit code 3\n", ended.err)
        self.assertTrue(ended.err.endswith("2 of 8 tasks succeeded, 6 failed; N s; run file failing.run\n"
                                           "add --retry-failed to the same command to run the failed tasks again\n"))


if __name__ == "__main__":
    main()
