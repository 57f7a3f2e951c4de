"""fanfold run: answers as text and JSON, parts of a run, run files, and what stands on which output."""

import json
import os
import shutil
import subprocess

from fanfold_cli import REPOSITORY, CliTest, main

SQUARES = """\
name = "squares"

[params]
i = { count = 10 }

[values]
square = "i * i"
parity = "i % 2"

[reduce]
total = "sum(square)"
most  = "argmax(square)"
by_parity = "sum(square) by parity"
"""

ANSWER = """\
total = 285  (10 of 10 tasks)
most  = task 9: i=9  (10 of 10 tasks)
parity  by_parity  tasks
0       120        5
1       165        5
"""
SUCCEEDED = "10 of 10 tasks succeeded; N s; run file squares.run\n"

# Answers that JSON has no numbers for.
ODD = """\
[params]
i = { count = 3 }

[values]
x    = "i == 0 ? nan : i == 1 ? inf : 1.5"
big  = "9007199254740991 + i"
huge = "9223372036854775807 - i"
name = "i == 0 ? 'plain' : 'c,\\"d'"

[reduce]
sum_x  = "sum(x)"
max_x  = "max(x)"
low    = "min(-x)"
big    = "min(big)"
bigger = "max(big)"
huge   = "sum(huge)"
best   = "argmin(x)"
word   = "min(name)"
third  = "sum(i) / 9"
none   = "sum(i) % 0"
by_name = "mean(x) by name"
"""


class RunTest(CliTest):
    def test_text(self):
        self.write("squares.toml", SQUARES)
        self.expect(["run", "squares.toml"], out=ANSWER, err=SUCCEEDED)
        self.assertEqual(sorted(os.listdir(self.folder)), ["squares.run", "squares.toml"])

    def test_quiet(self):
        self.write("squares.toml", SQUARES)
        self.expect(["run", "squares.toml", "--quiet"], out=ANSWER)

    def test_json(self):
        self.write("squares.toml", SQUARES)
        self.expect(["run", "squares.toml", "--json"], err=SUCCEEDED, out=(
            '{"job":"squares","tasks":10,"succeeded":10,"failed":0,"seconds":N,"results":{"total":285,'
            '"most":{"task":9,"params":{"i":9}},"by_parity":[{"parity":0,"value":120},{"parity":1,"value":165}]},'
            '"run_file":"squares.run"}\n'))

    def test_numbers_that_json_has_not(self):
        self.write("odd.toml", ODD)
        ended = self.fanfold("run", "odd.toml", "--json", "--quiet")
        self.assertEqual((ended.err, ended.status), ("", 0))
        self.assertEqual(ended.out, (
            '{"job":"odd","tasks":3,"succeeded":3,"failed":0,"seconds":N,"results":{"sum_x":"nan","max_x":"inf","low":"-inf",'
            '"big":9007199254740991,"bigger":"9007199254740993","huge":"27670116110564327418",'
            '"best":{"task":2,"params":{"i":2}},"word":"c,\\"d","third":0.3333333333333333,"none":null,'
            '"by_name":[{"name":"c,\\"d","value":"inf"},{"name":"plain","value":"nan"}]},"run_file":"odd.run"}\n'))
        self.expect(["run", "odd.toml", "--quiet"], out="""\
sum_x  = nan  (3 of 3 tasks)
max_x  = inf  (3 of 3 tasks, 1 NaN skipped)
low    = -inf  (3 of 3 tasks, 1 NaN skipped)
big    = 9007199254740991  (3 of 3 tasks)
bigger = 9007199254740993  (3 of 3 tasks)
huge   = 27670116110564327418  (3 of 3 tasks)
best   = task 2: i=2  (3 of 3 tasks, 1 NaN skipped)
word   = c,"d  (3 of 3 tasks)
third  = 0.3333333333333333  (3 of 3 tasks)
none   = none  (3 of 3 tasks)
name   by_name  tasks
c,"d   inf      2
plain  nan      1
""")

    def test_the_same_command_again_has_nothing_to_do(self):
        self.write("squares.toml", SQUARES)
        self.fanfold("run", "squares.toml")
        self.expect(["run", "squares.toml"], out=ANSWER, err=(
            "TIME info: nothing left to run: all 10 tasks are in the run file\n"
            "10 of 10 tasks succeeded; run file squares.run\n"))
        self.expect(["run", "squares.toml", "--fresh"], out=ANSWER, err=SUCCEEDED)

    def test_parts_of_a_run(self):
        self.write("squares.toml", SQUARES)
        self.expect(["run", "squares.toml", "--tasks", "2:5", "--run", "part.run"], out="""\
total = 29  (3 of 10 tasks)
most  = task 4: i=4  (3 of 10 tasks)
parity  by_parity  tasks
0       20         2
1       9          1
""", err="3 of 10 tasks succeeded, 7 not run; N s; run file part.run\n")
        self.expect(["run", "squares.toml", "--task", "9", "--run", "part.run"], out="""\
total = 110  (4 of 10 tasks)
most  = task 9: i=9  (4 of 10 tasks)
parity  by_parity  tasks
0       20         2
1       90         2
""", err="4 of 10 tasks succeeded, 6 not run; N s; run file part.run\n")
        self.expect(["run", "squares.toml", "--task", "9", "--run", "part.run", "--quiet"], out="""\
total = 110  (4 of 10 tasks)
most  = task 9: i=9  (4 of 10 tasks)
parity  by_parity  tasks
0       20         2
1       90         2
""")
        self.expect(["run", "squares.toml", "--run", "part.run"], out=ANSWER, err=(
            "TIME info: going on: 4 of 10 tasks are in the run file\n"
            "10 of 10 tasks succeeded; N s; run file part.run\n"))

    def test_open_ends_of_a_selection(self):
        self.write("squares.toml", SQUARES)
        self.assertIn("total = 5  (3 of 10 tasks)", self.fanfold("run", "squares.toml", "--tasks", ":3").out)
        self.assertIn("total = 255  (5 of 10 tasks)", self.fanfold("run", "squares.toml", "--tasks", "5:", "--fresh").out)

    def test_another_job_is_refused(self):
        self.write("squares.toml", SQUARES)
        self.fanfold("run", "squares.toml")
        before = self.fanfold("results", "squares.run").out
        self.write("other.toml", 'seed = 5\n[params]\ni = { count = 12 }\nj = [1.5]\n[task]\nkernel = "pi"\nsamples = 10\n')
        self.expect(["run", "other.toml", "--run", "squares.run"], status=2, err="""\
TIME warning: the param 'j' is never used
fanfold: run file 'squares.run' belongs to another job:
  seed was 0, is 5
  params.i was {count = 10}, is {count = 12}
  params.j is new
  params was i, is i, j
  task.kernel is new
  task.samples is new
  values.parity is gone
  values.square is gone
give this job a run file of its own with --run FILE (--adopt squares.run takes over the tasks that are the same), or replace the old one with --fresh
""")
        self.assertEqual(self.fanfold("results", "squares.run").out, before)

    def test_policy_and_name_may_change(self):
        self.write("squares.toml", SQUARES)
        self.fanfold("run", "squares.toml", "--tasks", "0:5")
        self.write("squares.toml", SQUARES.replace('"squares"', '"cubes"') + "[run]\ncompute_threads = 1\n")
        self.expect(["run", "squares.toml", "--quiet"], out=ANSWER)

    def test_reductions_may_change_where_values_are_kept(self):
        self.write("squares.toml", SQUARES)
        self.fanfold("run", "squares.toml")
        self.write("squares.toml", SQUARES[:SQUARES.index("[reduce]")] + '[reduce]\nmean = "mean(square)"\n')
        self.expect(["run", "squares.toml"], out="mean = 28.5  (10 of 10 tasks)\n", err=(
            "TIME info: [reduce] has changed: reducing the kept values of 10 tasks again\n"
            "TIME info: nothing left to run: all 10 tasks are in the run file\n"
            "10 of 10 tasks succeeded; run file squares.run\n"))

    def test_what_is_no_run_file_is_left_alone(self):
        self.write("squares.toml", SQUARES)
        self.write("notes.txt", "do not lose this\n")
        self.expect(["run", "squares.toml", "--run", "notes.txt"], status=2,
                    err="fanfold: run file 'notes.txt' is not a run file of fanfold\n")
        self.assertEqual(self.read("notes.txt"), "do not lose this\n")

    def test_a_run_file_in_no_folder(self):
        self.write("squares.toml", SQUARES)
        self.expect(["run", "squares.toml", "--run", "no/such/folder/a.run"], status=2,
                    err="fanfold: run file 'no/such/folder/a.run': there is no folder 'no/such/folder'\n")

    def test_a_job_from_standard_input(self):
        ended = self.fanfold("run", "-", stdin=SQUARES)
        self.assertEqual((ended.out, ended.err, ended.status),
                         (ANSWER, SUCCEEDED.replace("squares.run", "job.run"), 0))

    def test_the_seed_on_the_command_line(self):
        self.write("pi.toml", '[task]\nkernel = "pi"\nsamples = 1000\n[reduce]\nhits = "sum(hits)"\n')
        first = self.fanfold("run", "pi.toml", "--seed", "1", "--json", "--quiet", "--run", "1.run").out
        again = self.fanfold("run", "pi.toml", "--seed", "1", "--json", "--quiet", "--run", "1.run", "--fresh").out
        other = self.fanfold("run", "pi.toml", "--seed", "2", "--json", "--quiet", "--run", "2.run").out
        self.assertEqual(first, again)
        self.assertNotEqual(json.loads(first.replace(":N,", ":0,"))["results"], json.loads(other.replace(":N,", ":0,"))["results"])
        self.expect(["run", "pi.toml", "--run", "1.run"], status=2, err="""\
fanfold: run file '1.run' belongs to another job:
  seed was 1, is 0
give this job a run file of its own with --run FILE (--adopt 1.run takes over the tasks that are the same), or replace the old one with --fresh
""")

    def test_every_example_job_gives_the_same_on_two_ranks(self):
        shutil.copytree(os.path.join(REPOSITORY, "jobs"), self.path("jobs"))
        subprocess.run(["python3", self.path("jobs/data/stations.py")], check=True, timeout=60)
        jobs = {name for name in os.listdir(self.path("jobs")) if name.endswith(".toml")}
        jobs.remove("scrape.toml")  # needs a server: jobs_test.py has it on two ranks
        self.assertGreater(len(jobs), 1)
        for job in sorted(jobs):
            with self.subTest(job=job):
                alone = self.fanfold("run", f"jobs/{job}", "--tasks", "0:3", "--run", "alone.run", "--fresh")
                ranks = self.fanfold("run", "-n", "2", f"jobs/{job}", "--tasks", "0:3", "--run", "ranks.run", "--fresh")
                self.assertEqual((alone.out, alone.status), (ranks.out, ranks.status))
                self.assertEqual(alone.err.replace("alone.run", "ranks.run"), ranks.err)
                self.assertEqual(alone.status, 0)
                self.assertNotEqual(alone.out, "")

    def test_verbose_says_who_joined(self):
        self.write("squares.toml", SQUARES)
        ended = self.fanfold("run", "squares.toml", "--verbose", "--compute-threads", "1", "--io-threads", "3")
        self.assertRegex(ended.err, r"\ATIME debug: rank 0 joined: [\w.-]+ \(pid PID\), 1 compute and 3 I/O threads, \w+\n"
                         + SUCCEEDED.replace(".", r"\.") + r"\Z")
        self.assertEqual(ended.out, ANSWER)


if __name__ == "__main__":
    main()
