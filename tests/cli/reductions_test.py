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
    def answers(self, entries):
        """The text and the JSON answer of the job with these entries."""
        self.write("job.toml", JOB + entries)
        text = self.fanfold("run", "job.toml", "--fresh", "--quiet")
        self.assertEqual((text.status, text.err), (0, ""))
        out, err = self.start("run", "job.toml", "--json", "--quiet").communicate()
        self.assertEqual(err, "")
        return text.out, json.loads(out)["results"]

    def test_single_values(self):
        text, values = self.answers("""\
factorial = "product(i + 1)"
halves    = "product(0.5)"
vast      = "product(10_000_000_000 + i)"
some      = "any(i > 10)"
every     = "all(i > 10)"
start     = "first(i + 100)"
name      = "first(parity)"
root      = "mean(i + 0.75) ^ 0.5"
""")
        vast = 1
        for i in range(12):
            vast *= 10_000_000_000 + i
        self.assertEqual(text, f"""\
factorial = 479001600  (12 of 12 tasks)
halves    = 0.000244140625  (12 of 12 tasks)
vast      = {vast}  (12 of 12 tasks)
some      = true  (12 of 12 tasks)
every     = false  (12 of 12 tasks)
start     = 100  (12 of 12 tasks)
name      = even  (12 of 12 tasks)
root      = 2.5  (12 of 12 tasks)
""")
        self.assertEqual(values, {
            "factorial": 479001600, "halves": 0.5 ** 12, "vast": str(vast), "some": True, "every": False, "start": 100,
            "name": "even", "root": 2.5})

    def test_several_keys(self):
        text, values = self.answers("""\
large   = "any(i > 9) by parity, k"
product = "product(i) by parity"
""")
        self.assertEqual(text, """\
parity  k  large  tasks
even    4  true   6
odd     4  true   6
parity  product  tasks
even    0        6
odd     10395    6
""")
        self.assertEqual(values["large"], [{"parity": "even", "k": 4, "value": True},
                                           {"parity": "odd", "k": 4, "value": True}])


if __name__ == "__main__":
    main()
