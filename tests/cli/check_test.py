"""fanfold check, and what is said about job files that are wrong."""

import os

from fanfold_cli import CliTest, main

FIVE_MISTAKES = """\
[params]
x = [1, 2, "three"]
n = { count = 0 }

[task]
kernel = "pi"
sampels = 10

[reduce]
pi = "4 * sum(hit)"

[run]
on_failure = "contineu"
"""

WHAT_IS_WRONG = """\
five.toml:2:12: the list 'x' must have numbers only or strings only; its first is an integer, this is a string
five.toml:3:15: 'count' must be at least 1, not 0
five.toml:7:1: unknown key 'sampels' in [task]; did you mean 'samples'?
five.toml:10:15: unknown name 'hit'; did you mean 'hits'?
five.toml:13:14: 'on_failure' must be "continue" or "stop"; did you mean 'continue'?
"""


class CheckTest(CliTest):
    def test_shows_what_would_run_and_runs_nothing(self):
        self.write("grid.toml", """\
[params]
model = ["linear", "a \\"b\\" c"]
rate = { from = 0.0, to = 1.0, steps = 3 }
k = 3

[task]
command = ["touch", "ran.{index}"]
""")
        self.expect(["check", "grid.toml"], out="""\
grid.toml: 6 tasks, source command
  model: 2 × text
  rate: 3 × real
  k: 1 × integer
task 0: model=linear rate=0.0 k=3
task 1: model=linear rate=0.5 k=3
task 2: model=linear rate=1.0 k=3
""")
        self.assertEqual(os.listdir(self.folder), ["grid.toml"])

    def test_one_task_without_params(self):
        self.write("one.toml", "[values]\nx = '1 + 1'\n")
        self.expect(["check", "one.toml"], out="one.toml: 1 task, values only\ntask 0\n")

    def test_a_pipeline_over_a_glob(self):
        for name in ["b.txt", "a.txt"]:
            self.write(name, "")
        self.write("pipe.toml", '[params]\nfile = { glob = "*.txt" }\n[task]\nread = "{file}"\nkernel = "words"\n')
        self.expect(["check", "pipe.toml"], out="""\
pipe.toml: 2 tasks, source read → kernel words
  file: 2 × text
task 0: file=a.txt
task 1: file=b.txt
""")

    def test_a_million_million_tasks(self):
        self.write("huge.toml", "[params]\na = { count = 1_000_000 }\nb = { count = 1_000_000 }\n[values]\nx = 'a * b'\n")
        self.expect(["check", "huge.toml"], out="""\
huge.toml: 1,000,000,000,000 tasks, values only
  a: 1,000,000 × integer
  b: 1,000,000 × integer
task 0: a=0 b=0
task 1: a=0 b=1
task 2: a=0 b=2
""")

    def test_five_mistakes_are_named_at_once(self):
        self.write("five.toml", FIVE_MISTAKES)
        self.expect(["check", "five.toml"], status=2, err=WHAT_IS_WRONG)
        self.expect(["run", "five.toml"], status=2, err=WHAT_IS_WRONG)
        self.assertEqual(os.listdir(self.folder), ["five.toml"], "a run file was made")

    def test_five_mistakes_are_named_once_by_two_ranks(self):
        self.write("five.toml", FIVE_MISTAKES)
        self.expect(["run", "-n", "2", "five.toml"], status=2, err=WHAT_IS_WRONG)

    def test_files_that_cannot_be_read(self):
        self.expect(["check", "missing.toml"], status=2,
                    err="fanfold: cannot read the job file 'missing.toml': No such file or directory\n")
        self.expect(["run", "missing.toml"], status=2,
                    err="fanfold: cannot read the job file 'missing.toml': No such file or directory\n")
        self.expect(["check", "."], status=2, err="fanfold: cannot read the job file '.': it is a folder\n")

    def test_a_glob_that_finds_nothing(self):
        self.write("glob.toml", '[params]\nfile = { glob = "data/*.csv" }\n[task]\nread = "{file}"\n')
        self.expect(["check", "glob.toml"], status=2, err=(
            f"glob.toml:2:17: no file matches 'data/*.csv' in the folder '{self.folder}'\n"))

    def test_syntax(self):
        self.write("syntax.toml", "[task]\nkernel = \"pi\nsamples = 3\n")
        self.expect(["check", "syntax.toml"], status=2, err=(
            "syntax.toml:2:13: syntax error in string: it does not end on its line, or has a control character that is "
            "not escaped\n"))


if __name__ == "__main__":
    main()
