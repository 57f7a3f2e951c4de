"""fanfold merge and run --part: a job in parts, and one run file of them."""

from fanfold_cli import CliTest, main

JOB = """\
[params]
i = { count = 10 }

[task]
shell = "test {i} -ne 7 && echo {i}"

[reduce]
total = "sum(value)"
codes = "count() by status"
"""

ANSWER = """\
total = 38.0  (9 of 10 tasks)
status     codes  tasks
failed     1      1
succeeded  9      9
"""


class MergeTest(CliTest):
    def setUp(self):
        super().setUp()
        self.write("job.toml", JOB)

    def test_parts_become_one(self):
        for part in (1, 2, 3):
            self.fanfold("run", "job.toml", "--part", f"{part}/3", "--run", f"{part}.run", "--quiet")
        self.expect(["merge", "all.run", "3.run", "1.run", "2.run"], out=ANSWER,
                    err="all.run: 10 of 10 tasks finished, 1 failed, from 3 run files\n")
        self.assertEqual(self.fanfold("results", "all.run").out, ANSWER)
        self.assertEqual(self.fanfold("output", "all.run", "9").out, "9\n")
        self.expect(["results", "all.run", "--failed"], out="task 7 (i=7): failed: exit code 1\n")

    def test_a_part_of_the_parts_can_go_on(self):
        self.fanfold("run", "job.toml", "--part", "1/2", "--run", "a.run")
        self.fanfold("run", "job.toml", "--tasks", "3:6", "--run", "b.run")
        self.expect(["merge", "job.run", "a.run", "b.run"], out="""\
total = 15.0  (6 of 10 tasks)
status     codes  tasks
succeeded  6      6
""", err="job.run: 6 of 10 tasks finished, 0 failed, from 2 run files; 2 in more than one of them, counted once\n")
        self.assertEqual(self.fanfold("run", "job.toml", "--quiet").out, ANSWER)

    def test_mistakes(self):
        self.fanfold("run", "job.toml", "--part", "1/2", "--run", "a.run")
        self.fanfold("run", "job.toml", "--set", "i.count=11", "--part", "2/2", "--run", "b.run")
        self.expect(["merge", "job.run", "a.run", "b.run"], status=2, err="""\
fanfold: 'a.run' and 'b.run' are runs of different jobs:
  params.i was {count = 10}, is {count = 11}
""")
        self.expect(["merge", "a.run", "b.run"], status=2, err="fanfold: 'a.run' is there already: name a new file first\n")
        for wrong in ["0/2", "3/2", "2", "a/b", "1/2/3", "/2"]:
            self.expect(["run", "job.toml", "--part", wrong], status=2,
                        err=f"fanfold: --part: expected K/N with 1 <= K <= N, as in 2/8, not '{wrong}'\n")
        self.expect(["run", "job.toml", "--part", "1/11"], status=2,
                    err="fanfold: --part: 10 tasks cannot be split into 11 parts\n")
        self.expect(["run", "job.toml", "--part", "1/2", "--task", "1"], status=2,
                    err="fanfold: give --part, --tasks or --task, not two of them\n")


if __name__ == "__main__":
    main()
