"""fanfold check, and what is said about job files that are wrong."""

import csv
import io
import json
import os
import re
import subprocess

from fanfold_cli import PROGRAM, CliTest, environment, main

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
five.toml:13:14: 'on_failure' must be "continue" or "stop", not 'contineu'; did you mean 'continue'?
"""


class CheckTest(CliTest):
    def test_shows_what_would_run_and_runs_nothing(self):
        self.write("grid.toml", """\
[params]
model = ["linear", "a \\"b\\" c"]
rate = { from = 0.0, to = 1.0, steps = 3 }
k = 3

[task]
command = ["touch", "ran.{index}", "{model}", "{rate}", "{k}"]
""")
        self.expect(["check", "grid.toml"], out="""\
grid.toml: 6 tasks, source command
  model: 2 texts: linear, 'a "b" c'
  rate: 3 reals: 0.0, 0.5, 1.0
  k: 1 integer: 3
results: exit_code (integer), value (real)
task 0: model=linear rate=0.0 k=3
  command: touch ran.0 linear 0.0 3
task 1: model=linear rate=0.5 k=3
  command: touch ran.1 linear 0.5 3
task 2: model=linear rate=1.0 k=3
  command: touch ran.2 linear 1.0 3
chunks: a task for each thread at first, then about 0.25 s of work
run file: grid.run, about 86 kB and what programs print; grid.run.live while it runs
""")
        self.assertEqual(os.listdir(self.folder), ["grid.toml"])

    def test_one_task_without_params(self):
        self.write("one.toml", "[values]\nx = '1 + 1'\n")
        self.expect(["check", "one.toml"], out="""\
one.toml: 1 task, values only
results: x (integer)
task 0
chunks: a task for each thread at first, then about 0.25 s of work
run file: one.run, about 86 kB; one.run.live while it runs
""")

    def test_a_pipeline_over_a_glob(self):
        for name in ["b.txt", "a.txt"]:
            self.write(name, "")
        self.write("pipe.toml", '[params]\nfile = { glob = "*.txt" }\n[task]\nread = "{file}"\nkernel = "words"\n')
        self.expect(["check", "pipe.toml"], out="""\
pipe.toml: 2 tasks, source read → kernel words
  file: 2 texts: a.txt, b.txt
results: bytes (integer), words (integer), lines (integer), characters (integer)
task 0: file=a.txt
  read: a.txt
  kernel: words
task 1: file=b.txt
  read: b.txt
  kernel: words
chunks: a task for each thread at first, then about 0.25 s of work
run file: pipe.run, about 86 kB; pipe.run.live while it runs
""")

    def test_a_million_million_tasks(self):
        self.write("huge.toml", "[params]\na = { count = 1_000_000 }\nb = { count = 1_000_000 }\n[values]\nx = 'a * b'\n")
        self.expect(["check", "huge.toml"], out="""\
huge.toml: 1,000,000,000,000 tasks, values only
  a: 1,000,000 integers: 0, 1, 2 … 999999
  b: 1,000,000 integers: 0, 1, 2 … 999999
results: x (integer)
task 0: a=0 b=0
task 1: a=0 b=1
task 2: a=0 b=2
chunks: a task for each thread at first, then about 0.25 s of work
run file: huge.run, about 86 kB; huge.run.live while it runs
""")
        ended = self.fanfold("check", "huge.toml", "--task", "999999999999")
        self.assertIn("\ntask 999999999999: a=999999 b=999999\nchunks: ", ended.out)

    def test_tasks_that_are_asked_for(self):
        self.write("grid.toml", """\
[params]
x = { from = 1, to = 10, step = 1 }
[task]
shell = "echo {x} > {tmp}/{rank}-{slot}"
env = { A = "{x} b" }
stdin = "{seed31}"
[run]
chunk = 4
""")
        seeds = [re.search("stdin: (.*)", self.fanfold("check", "grid.toml", "--task", str(task)).out).group(1)
                 for task in [5, 6]]
        self.assertNotEqual(*seeds)
        self.expect(["check", "grid.toml", "--tasks", "5:7"], out=f"""\
grid.toml: 10 tasks, source shell
  x: 10 integers: 1, 2, 3 … 10
results: exit_code (integer), value (real)
task 5: x=6
  shell: echo 6 > {{tmp}}/{{rank}}-{{slot}}
  env: A='6 b'
  stdin: {seeds[0]}
task 6: x=7
  shell: echo 7 > {{tmp}}/{{rank}}-{{slot}}
  env: A='7 b'
  stdin: {seeds[1]}
chunks: 3, 4 tasks in each
run file: grid.run, about 87 kB and what programs print; grid.run.live while it runs
""")
        ended = self.fanfold("check", "grid.toml", "--chunk", "3", "--task", "0")
        self.assertIn("\nchunks: 4, 3 tasks in each\n", ended.out)
        self.expect(["check", "grid.toml", "--task", "10"], status=2,
                    err="fanfold: --task: expected an index from 0 to 9, not '10'\n")
        self.expect(["check", "grid.toml", "--chunk", "0"], status=2, err="fanfold: --chunk: must be at least 1, not 0\n")

    def test_a_script_of_several_lines(self):
        self.write("script.toml", "[params]\nx = [1]\n[task]\nshell = '''\nfor i in {x} 2\ndo echo $i\ndone\n'''\n")
        ended = self.fanfold("check", "script.toml")
        self.assertIn("task 0: x=1\n  shell:\n    for i in 1 2\n    do echo $i\n    done\nchunks", ended.out)

    def test_commands_can_be_pasted(self):
        """What is shown, run by a shell, does what the task does."""
        self.write("paste.toml", """\
[params]
text = ["plain", "two words", "it's", "a\\nb", "$HOME `id` \\"q\\" \\\\", "é"]
[task]
command = ["printf", "<%s>", "{text}", "", "*"]
[values]
shown = { regex = '(?s)^.*$', type = "text" }
""")
        shown = self.fanfold("check", "paste.toml", "--tasks", "0:6").out
        commands = re.findall("^  command: (.*)$", shown, re.MULTILINE)
        self.fanfold("run", "paste.toml", "--quiet")
        rows = list(csv.DictReader(io.StringIO(self.fanfold("results", "paste.run", "--csv").out, newline="")))
        pasted = [subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True).stdout
                  for command in commands]
        self.assertEqual([row["shown"] for row in rows], pasted)
        self.assertEqual(rows[0]["shown"], "<plain><><*>")

    def test_what_would_fail(self):
        self.write("lost.toml", "[params]\nf = ['a.txt', 'b.txt']\n[task]\nread = '{f}'\nkernel = 'words'\n")
        self.write("a.txt", "")
        self.expect(["check", "lost.toml"], out="""\
lost.toml: 2 tasks, source read → kernel words
  f: 2 texts: a.txt, b.txt
results: bytes (integer), words (integer), lines (integer), characters (integer)
task 0: f=a.txt
  read: a.txt
  kernel: words
task 1: f=b.txt
  read: b.txt
  would fail: cannot read 'b.txt': No such file or directory
  kernel: words
chunks: a task for each thread at first, then about 0.25 s of work
run file: lost.run, about 86 kB; lost.run.live while it runs
""")
        self.write("lost.toml", "[task]\ncommand = ['no-such-program']\n")
        self.assertIn("  would fail: cannot start 'no-such-program': No such file or directory\n",
                      self.fanfold("check", "lost.toml").out)

    def test_names_of_files_that_are_no_utf_8(self):
        """Such a name is a file as any other; in JSON and in quotes what is no character is replaced."""
        for name in [b"caf\xe9.dat", b"caf\xe9 b.dat"]:
            with open(os.path.join(self.folder.encode(), name), "wb"):
                pass
        self.write("files.toml", "[params]\nf = { glob = '*.dat' }\n[task]\nread = '{f}'\n")
        ended = subprocess.run([PROGRAM, "check", "files.toml"], cwd=self.folder, capture_output=True, check=False)
        self.assertEqual((ended.returncode, ended.stderr), (0, b""))
        self.assertIn(b"\n  f: 2 texts: 'caf\xe9 b.dat', 'caf\xe9.dat'\n", ended.stdout)
        self.assertIn(b"\ntask 0: f=\"caf\xef\xbf\xbd b.dat\"\n  read: 'caf\xe9 b.dat'\n", ended.stdout)
        checked = json.loads(self.fanfold("check", "files.toml", "--json").out)
        self.assertEqual(checked["params"][0]["first"], ["caf\ufffd b.dat", "caf\ufffd.dat"])

    def test_names_that_are_never_used(self):
        self.write("idle.toml", """\
[params]
x = [1, 2]
idle = ["a", "b"]
[values]
y = "x"
[run]
retries = 3
""")
        ended = self.fanfold("check", "idle.toml")
        self.assertEqual((ended.status, ended.err), (0, """\
idle.toml:3:1: warning: the param 'idle' is never used
idle.toml:7:1: warning: 'retries' has no effect: the task has no source
"""))
        self.assertEqual(json.loads(self.fanfold("check", "idle.toml", "--json").out)["warnings"], [
            {"message": "the param 'idle' is never used", "line": 3, "column": 1},
            {"message": "'retries' has no effect: the task has no source", "line": 7, "column": 1}])

    def test_files_that_tasks_would_take_from_each_other(self):
        job = "[params]\nx = [1, 2]\ny = [3, 4]\nk = 5\nz = {{ expr = '10 * x + y' }}\n[task]\nshell = 'echo'\nstdout = 'out/{}.txt'\n"
        for name in ("{x}{y}", "{index}", "{seed}", "{z}"):
            self.write("own.toml", job.format(name))
            self.assertNotIn("stdout", self.fanfold("check", "own.toml").err)
        self.write("shared.toml", job.format("{x}"))
        warning = "tasks that differ in 'y' have the same 'stdout', and the last of them has it alone; put {y} or {index} in its name"
        self.assertIn(f"shared.toml:8:1: warning: {warning}\n", self.fanfold("check", "shared.toml").err)
        self.assertIn(f"warning: {warning}\n", self.fanfold("run", "shared.toml").err)

    def test_json(self):
        self.write("both.toml", """\
seed = 7
[params]
x = [1, 2, 3, 4, 5]
[task]
shell = "echo {x}"
[values]
twice = "2 * value"
[reduce]
total = "sum(twice)"
by_x = "mean(twice) by x"
""")
        ended = self.fanfold("check", "both.toml", "--json", "--task", "4")
        self.assertEqual((ended.status, ended.err), (0, ""))
        checked = json.loads(ended.out)
        self.assertGreater(checked["run_file"].pop("bytes"), 50_000)
        self.assertEqual(checked, {
            "job": "both", "tasks": 5, "seed": 7, "source": "shell",
            "params": [{"name": "x", "type": "integer", "size": 5, "first": [1, 2, 3], "last": 5}],
            "results": [{"name": "exit_code", "type": "integer"}, {"name": "value", "type": "real"},
                        {"name": "twice", "type": "real"}],
            "answers": ["total", "by_x"],
            "shown": [{"task": 4, "params": {"x": 5}, "runs": {"shell": "echo 5"}}],
            "chunks": {"seconds_per_thread": 0.25},
            "run_file": {"path": "both.run", "grows_with_output": True, "exists": False},
            "files": ["both.run", "both.run.live"],
            "warnings": [],
        })

    def test_a_run_file_that_is_there(self):
        self.write("one.toml", "[values]\nx = '1 + 1'\n")
        self.fanfold("run", "one.toml")
        self.assertIn("run file: one.run, about 86 kB (it exists); one.run.live while it runs\n",
                      self.fanfold("check", "one.toml").out)

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

    def test_other_files(self):
        self.write("one.toml", "[values]\nx = '1 + 1'\n")
        self.fanfold("run", "one.toml")
        self.expect(["run", "one.run"], status=2,
                    err="fanfold: 'one.run' is a run file: give the job file, and the run goes on\n")
        self.write("my list.txt", "echo 1\n")
        self.expect(["run", "my list.txt"], status=2,
                    err="my list.txt:1:6: syntax error in key-value pair: expected '=', saw '1'; a list of commands is given as "
                        "--commands 'my list.txt'\n")

    def test_a_glob_that_finds_nothing(self):
        self.write("glob.toml", '[params]\nfile = { glob = "data/*.csv" }\n[task]\nread = "{file}"\n')
        self.expect(["check", "glob.toml"], status=2, err=(
            f"glob.toml:2:17: no file matches 'data/*.csv' in the folder '{self.folder}'\n"))

    def test_syntax(self):
        self.write("syntax.toml", "[task]\nkernel = \"pi\nsamples = 3\n")
        self.expect(["check", "syntax.toml"], status=2, err=(
            "syntax.toml:2:13: syntax error in string: it does not end on its line, or has a control character that is "
            "not escaped\n"))

    def test_a_target_that_has_other_bits_is_said(self):
        self.write("e.toml", '[params]\nx = [1.0]\n[values]\ny = "exp(x)"\n[reduce]\ns = "sum(y)"\n')
        process = self.start("check", "e.toml", env=environment(FANFOLD_SIMD="SSE4"))
        _, err = process.communicate(timeout=60)
        self.assertEqual((process.returncode, err), (0, (
            "e.toml: warning: the SIMD target SSE4 has no fused multiply-add: functions such as exp and sin may differ in their "
            "last bits from those of other machines\n")))


if __name__ == "__main__":
    main()
