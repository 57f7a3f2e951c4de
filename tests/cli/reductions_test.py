"""[reduce]: every aggregate in a job whose answers are known, as text and as JSON."""

import json

from fanfold_cli import CliTest, main

JOB = """\
[params]
i = { count = 12 }
k = 4

[values]
x      = "i == 5 ? 0 / 0 : i / k"
parity = "i % 2 == 0 ? 'even' : 'odd'"

[reduce]
"""


class ReductionsTest(CliTest):
    def answers(self, entries, job=JOB):
        """The text and the JSON answer of the job with these entries."""
        self.write("job.toml", job + entries)
        text = self.fanfold("run", "job.toml", "--fresh", "--quiet")
        self.assertEqual((text.status, text.err), (0, ""))
        out, err = self.start("run", "job.toml", "--json", "--quiet").communicate()
        self.assertEqual(err, "")
        self.summary = json.loads(out)
        return text.out, self.summary["results"]

    def test_numbers_and_truths(self):
        text, values = self.answers("""\
tasks     = "count()"
odd       = "count(i % 2)"
total     = "sum(i)"
average   = "mean(i)"
variance  = "var(i)"
spread    = "std(2 * i)"
error     = "sem(i)"
least     = "min(x)"
greatest  = "max(i)"
word      = "max(parity)"
where     = "argmax(i % 7)"
factorial = "product(i + 1)"
halves    = "product(0.5)"
vast      = "product(10_000_000_000 + i)"
some      = "any(i > 10)"
every     = "all(i > 10)"
start     = "first(i + 100)"
name      = "first(parity)"
middle    = "median(i)"
most      = "quantile(x, 9 / 10)"
root      = "mean(i + 0.75) ^ 0.5"
""")
        self.assertNotIn("approximate", self.summary)
        vast = 1
        for i in range(12):
            vast *= 10_000_000_000 + i
        self.assertEqual(text, f"""\
tasks     = 12  (12 of 12 tasks)
odd       = 6  (12 of 12 tasks)
total     = 66  (12 of 12 tasks)
average   = 5.5  (12 of 12 tasks)
variance  = 13.0  (12 of 12 tasks)
spread    = 7.211102550927978  (12 of 12 tasks)
error     = 1.0408329997330663  (12 of 12 tasks)
least     = 0.0  (12 of 12 tasks, 1 NaN skipped)
greatest  = 11  (12 of 12 tasks)
word      = odd  (12 of 12 tasks)
where     = task 6: i=6 k=4  (12 of 12 tasks)
factorial = 479001600  (12 of 12 tasks)
halves    = 0.000244140625  (12 of 12 tasks)
vast      = {vast}  (12 of 12 tasks)
some      = true  (12 of 12 tasks)
every     = false  (12 of 12 tasks)
start     = 100  (12 of 12 tasks)
name      = even  (12 of 12 tasks)
middle    = 5.5  (12 of 12 tasks)
most      = 2.5  (12 of 12 tasks, 1 NaN skipped)
root      = 2.5  (12 of 12 tasks)
""")
        self.assertEqual(values, {
            "tasks": 12, "odd": 6, "total": 66, "average": 5.5, "variance": 13.0, "spread": 52 ** 0.5,
            "error": (13 / 12) ** 0.5, "least": 0.0, "greatest": 11, "word": "odd",
            "where": {"task": 6, "params": {"i": 6, "k": 4}}, "factorial": 479001600, "halves": 0.5 ** 12,
            "vast": str(vast), "some": True, "every": False, "start": 100, "name": "even", "middle": 5.5, "most": 2.5,
            "root": 2.5})

    def test_lists(self):
        text, values = self.answers("""\
bins  = "histogram(x, 0.5, 2.5, k / 2 == 2 ? 4 : 1)"
best  = "top(3, x)"
worst = "bottom(k / 4 == 1 ? 2 : 1, i % 3)"
all_x = "collect(x)"
words = "collect(parity)"
""")
        self.assertEqual(text, """\
bins  (12 of 12 tasks, 1 NaN skipped)
  from  to   count
  -inf  0.5  2      ###########################
  0.5   1.0  2      ###########################
  1.0   1.5  1      #############
  1.5   2.0  2      ###########################
  2.0   2.5  3      ########################################
  2.5   inf  1      #############
best  (12 of 12 tasks, 1 NaN skipped)
  task  value  params
  11    2.75   i=11 k=4
  10    2.5    i=10 k=4
  9     2.25   i=9 k=4
worst  (12 of 12 tasks)
  task  value  params
  0     0      i=0 k=4
  3     0      i=3 k=4
all_x = [0.0, 0.25, 0.5, 0.75, 1.0, nan, 1.5, 1.75, 2.0, 2.25, … and 2 more]  (12 of 12 tasks)
words = [even, odd, even, odd, even, odd, even, odd, even, odd, … and 2 more]  (12 of 12 tasks)
""")
        self.assertEqual(values, {
            "bins": {"edges": [0.5, 1.0, 1.5, 2.0, 2.5], "counts": [2, 1, 2, 3], "below": 2, "above": 1},
            "best": [{"task": i, "params": {"i": i, "k": 4}, "value": i / 4} for i in (11, 10, 9)],
            "worst": [{"task": i, "params": {"i": i, "k": 4}, "value": 0} for i in (0, 3)],
            "all_x": [i / 4 if i != 5 else "nan" for i in range(12)],
            "words": ["even", "odd"] * 6})

    def test_several_keys(self):
        text, values = self.answers("""\
large = "any(i > 9) by parity, k"
last  = "top(1, i) by parity, k"
parts = "collect(i) by parity"
""")
        self.assertEqual(text, """\
parity  k  large  tasks
even    4  true   6
odd     4  true   6
last parity=even k=4  (6 of 12 tasks)
  task  value  params
  10    10     i=10 k=4
last parity=odd k=4  (6 of 12 tasks)
  task  value  params
  11    11     i=11 k=4
parity  parts                tasks
even    [0, 2, 4, 6, 8, 10]  6
odd     [1, 3, 5, 7, 9, 11]  6
""")
        self.assertEqual(values["large"], [{"parity": "even", "k": 4, "value": True},
                                           {"parity": "odd", "k": 4, "value": True}])
        self.assertEqual(values["parts"][1], {"parity": "odd", "value": [1, 3, 5, 7, 9, 11]})

    def test_what_is_approximate_says_so(self):
        text, values = self.answers("""\
rough  = "quantile(i, 0.25)"
range  = "quantile(i, 0.75) - quantile(i, 0.25)"
groups = "median(i) by h"
""", job="[params]\ni = { count = 200_000 }\n[values]\nh = 'i % 2'\n[reduce]\n")
        lines = text.splitlines()
        self.assertRegex(lines[0], r"^rough = ≈\d+\.\d+ \(±0\.78%\)  \(200,000 of 200,000 tasks\)$")
        self.assertRegex(lines[1], r"^range = ≈\d+\.\d+ \(±0\.78%\)  \(200,000 of 200,000 tasks\)$")
        self.assertEqual(lines[2:], ["h  groups    tasks", "0  99999.0   100,000", "1  100000.0  100,000"])
        self.assertAlmostEqual(values["rough"] / 49999.75, 1, delta=1 / 128)
        self.assertAlmostEqual(values["range"] / 99999.5, 1, delta=1 / 64)
        self.assertEqual(self.summary["approximate"], {"rough": 1 / 128, "range": 1 / 128})

    def test_more_than_can_be_kept(self):
        text, values = self.answers("""\
groups = "count() by j"
values = "collect(i)"
total  = "sum(i)"
""", job="[params]\ni = { count = 1_000_001 }\n[values]\nj = 'i'\n[run]\nkeep = 'none'\n[reduce]\n")
        self.assertEqual(text, """\
groups = none: more than 1,000,000 groups  (1,000,001 of 1,000,001 tasks)
values = none: more than 1,000,000 values or 64 MiB of text  (1,000,001 of 1,000,001 tasks)
total  = 500000500000  (1,000,001 of 1,000,001 tasks)
""")
        self.assertEqual(values, {"groups": None, "values": None, "total": 500000500000})

    def test_no_values(self):
        text, values = self.answers("""\
average = "mean(x) + median(y)"
middle  = "median(y)"
best    = "top(3, y)"
bins    = "histogram(y, 0, 1, 1)"
""", job="[params]\ni = { count = 3 }\n[values]\nx = '1 / (i + 1)'\ny = '0 / 0'\n[reduce]\n")
        self.assertEqual(text, """\
average = none  (3 of 3 tasks, 3 NaN skipped)
middle  = none  (3 of 3 tasks, 3 NaN skipped)
best  (3 of 3 tasks, 3 NaN skipped)
  task  value  params
bins  (3 of 3 tasks, 3 NaN skipped)
  from  to   count
  0.0   1.0  0
""")
        self.assertEqual(values, {"average": None, "middle": None, "best": [],
                                  "bins": {"edges": [0.0, 1.0], "counts": [0], "below": 0, "above": 0}})


if __name__ == "__main__":
    main()
