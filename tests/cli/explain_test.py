"""fanfold explain: the story of a task."""

import os
import re

from fanfold_cli import CliTest, main

FLAKY = """\
[params]
i = { count = 3 }
word = ["it's"]

[task]
shell = '''
test {attempt} = 2 || {{ echo no paper in tray {i} >&2; exit 3; }}
echo {i} {word}'''
env = { TRAY = "{i}" }

[values]
tray = { regex = '\\d', type = "integer" }

[run]
retries = 1
io_threads = 1
"""

TIMES = [(re.compile(r"^ +\d+\.\d{3} s  ", re.MULTILINE), "  S  "), (re.compile(r"after \d+\.\d{3} s"), "after S")]


class ExplainTest(CliTest):
    def story(self, *arguments):
        ended = self.fanfold("explain", *arguments)
        self.assertEqual((ended.err, ended.status), ("", 0))
        for pattern, replacement in TIMES:
            ended.out = pattern.sub(replacement, ended.out)
        return ended.out

    def test_a_task_that_was_repeated(self):
        self.write("flaky.toml", FLAKY)
        self.fanfold("run", "flaky.toml", "--chunk", "1")
        story = self.story("flaky.run", "1")
        # When the repetition is sent, tasks that waited may have come before it.
        self.assertRegex(story, r"""\Atask 1 \(i=1 word="it's"\): succeeded \(attempt 2\)
  shell: test 2 = 2 \|\| { echo no paper in tray 1 >&2; exit 3; }
         echo 1 'it'\\''s'
  env: TRAY=1
execution 1: TIME on HOST, 1 rank
  S  sent to rank 0 on HOST in chunk 2 alone: chunk = 1
  S  attempt 1 began on rank 0, slot 0
  S  attempt 1 ended after S: exit code 3
             \| no paper in tray 1
  S  attempt 1 is to be repeated
  S  sent to rank 0 on HOST in chunk \d alone: chunk = 1
  S  attempt 2 began on rank 0, slot 0
  S  attempt 2 ended after S: succeeded; standard output: 7 bytes
  S  reported by rank 0 on HOST
values:
  value = nan
  tray = 1
again: fanfold run flaky.toml --task 1 --run task-1.run
\Z""")

    def test_a_task_that_failed_and_ran_again_later(self):
        self.write("curable.toml", "[task]\nshell = 'cat good'\n[run]\nretries = 1\nio_threads = 1\n")
        self.fanfold("run", "curable.toml", "--timeout", "9s")
        self.write("good", "")
        self.assertEqual(self.fanfold("run", "curable.toml", "--retry-failed").status, 0)
        self.assertEqual(self.story("curable.run", "0"), """\
task 0: succeeded
  shell: cat good
execution 1: TIME on HOST, 1 rank
  S  sent to rank 0 on HOST in chunk 1 alone: nothing was measured yet
  S  attempt 1 began on rank 0, slot 0
  S  attempt 1 ended after S: exit code 1
             | cat: good: No such file or directory
  S  attempt 1 is to be repeated
  S  sent to rank 0 on HOST in chunk 2 alone: as many as their measured cost suggests
  S  reported by rank 0 on HOST
execution 2: TIME on HOST, 1 rank
  S  sent to rank 0 on HOST in chunk 1 alone: nothing was measured yet
  S  attempt 1 began on rank 0, slot 0
  S  attempt 1 ended after S: succeeded
  S  reported by rank 0 on HOST
values:
  value = nan
again: fanfold run curable.toml --timeout 9s --task 0 --run task-0.run
""")

    def test_a_task_that_failed(self):
        self.write("flaky.toml", FLAKY)
        self.fanfold("run", "flaky.toml", "--retries", "0")
        story = self.story("flaky.run", "0")
        self.assertTrue(story.startswith("task 0 (i=0 word=\"it's\"): failed: exit code 3\n"), story)
        self.assertIn(": nothing was measured yet\n", story)
        self.assertIn("ended after S: exit code 3\n             | no paper in tray 0\n", story)
        self.assertNotIn("values:", story)

    def test_a_task_of_a_kernel(self):
        self.write("sums.toml", "[params]\nto = { from = 1, to = 100, step = 1 }\n[task]\nkernel = 'range_sum'\n")
        self.fanfold("run", "sums.toml", "--chunk", "10")
        self.assertEqual(self.story("sums.run", "25"), """\
task 25 (to=26): succeeded
  kernel: range_sum from=0 to=26
execution 1: TIME on HOST, 1 rank
  S  sent to rank 0 on HOST in chunk 3 with 9 others: chunk = 10
  S  reported by rank 0 on HOST with 9 others
values:
  sum = 325
again: fanfold run sums.toml --task 25 --run task-25.run
""")

    def test_values_that_were_not_kept_and_failures_of_values(self):
        self.write("values.toml", "[params]\ni = { count = 5 }\n[values]\nx = '10 % (i - 3)'\n")
        self.fanfold("run", "values.toml", "--keep", "none", "--chunk", "5")
        begin = "execution 1: TIME on HOST, 1 rank\n  S  sent to rank 0 on HOST in chunk 1 with 4 others: chunk = 5\n"
        self.assertRegex(self.story("values.run", "1"), re.escape("task 1 (i=1): succeeded\n" + begin)
                         + r"  S  reported by rank 0 on HOST.*\nvalues: not kept\nagain: ")
        self.assertRegex(self.story("values.run", "3"),
                         re.escape("task 3 (i=3): failed: division by zero in '10 % (i - 3)'\n" + begin)
                         + r"  S  reported by rank 0 on HOST.*\nagain: ")

    def test_a_task_that_was_not_handed_out(self):
        self.write("values.toml", "[params]\ni = { count = 5 }\n[values]\nx = 'i'\n")
        self.fanfold("run", "values.toml", "--task", "1")
        self.assertEqual(self.story("values.run", "2"), """\
task 2 (i=2): has not ended
nothing is recorded of it being handed out
again: fanfold run values.toml --task 2 --run task-2.run
""")

    def test_a_task_that_runs(self):
        self.write("gated.toml", "[task]\nshell = ': >started; until test -e go; do sleep 0.02; done'\n")
        process = self.start("run", "gated.toml")
        self.addCleanup(lambda: os.path.isdir(self.folder) and self.write("go", ""))
        self.wait_until(lambda: os.path.exists(self.path("started")), process, "the start")
        self.wait_until(lambda: "sent to" in self.story("gated.run", "0"), process, "the recording of the start")
        self.assertTrue(self.story("gated.run", "0").startswith("task 0: has not ended\n"))
        process.kill()
        process.communicate()
        self.write("go", "")
        self.fanfold("run", "gated.toml")
        self.assertRegex(self.story("gated.run", "0"), r"""execution 1: TIME on HOST, 1 rank
  S  sent to rank 0 on HOST in chunk 1 alone: nothing was measured yet
execution 2: TIME on HOST, 1 rank
  S  sent to rank 0 on HOST in chunk 1 alone: nothing was measured yet
  S  attempt 1 began""")

    def test_task_numbers(self):
        self.write("values.toml", "[values]\nx = '1'\n")
        self.fanfold("run", "values.toml")
        self.expect(["explain", "values.run", "1"], status=2, err="fanfold: task: expected an index from 0 to 0, not '1'\n")


if __name__ == "__main__":
    main()
