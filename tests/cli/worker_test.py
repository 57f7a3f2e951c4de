"""Workers: Python functions that serve the tasks of a job, as users see them."""

import csv
import json
import os
import signal
import time

from fanfold_cli import CliTest, main

SQUARES = """\
[params]
x = { count = 1000 }

[task]
worker = ["python3", "model.py"]

[reduce]
total = "sum(value)"
"""

MODEL = """\
from fanfold_worker import serve

def model(%s):
    %s

serve(model)
"""


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class WorkerTest(CliTest):
    def write_model(self, parameters, body):
        self.write("model.py", MODEL % (parameters, body))

    def values(self, *jobs_lines, name="value"):
        """Runs a job with some more lines and returns a column of its rows."""
        self.write("values.toml", "[task]\nworker = ['python3', 'model.py']\n" + "\n".join(jobs_lines) + "\n")
        ended = self.fanfold("run", "values.toml", "--fresh", "--quiet")
        self.assertEqual((ended.err, ended.status), ("", 0))
        rows = csv.DictReader(self.fanfold("results", "values.run", "--csv").out.splitlines())
        return [row[name] for row in rows]

    def test_a_function_is_called_for_each_task(self):
        self.write("squares.toml", SQUARES)
        self.write_model("x", "return x * x")
        self.expect(["run", "squares.toml"], out=f"total = {sum(x * x for x in range(1000))}.0  (1,000 of 1,000 tasks)\n",
                    err="1,000 of 1,000 tasks succeeded; N s; run file squares.run\n")

    def test_what_a_function_prints_does_no_harm(self):
        self.write("squares.toml", SQUARES)
        self.write_model("x", "import os; print(x); os.system('echo from a child'); return x")
        ended = self.fanfold("run", "squares.toml", "--set", "params.x={count = 20}")
        self.assertEqual((ended.out, ended.status), ("total = 190.0  (20 of 20 tasks)\n", 0))

    def test_it_gets_index_seed_and_attempt_by_name_and_params_go_before(self):
        params = "[params]\nx = [5, 6]\n[values]\ntext = { regex = '^.*$', type = 'text' }\n"
        self.write_model("x, index, attempt", "return f'{x} {index} {attempt}'")
        self.assertEqual(self.values(params, name="text"), ["5 0 1", "6 1 1"])
        self.write_model("x, **others", "return f'{x} {others}'")
        self.assertEqual(self.values(params, name="text"), ["5 {}", "6 {}"])
        self.write_model("seed", "return seed")
        self.assertEqual(self.values("[params]\nseed = [5, 6]"), ["5.0", "6.0"])

    def test_values_of_all_kinds(self):
        self.write_model("i", "return [3, 0.1, True, float('nan'), float('inf'), {'a': float('nan'), 'b': float('-inf')}][i]")
        self.assertEqual(self.values("[params]\ni = { count = 5 }"), ["3.0", "0.1", "1.0", "nan", "inf"])
        named = "[params]\ni = [5]\n[values]\na = { json = '/a' }\nb = { json = '/b' }\n"
        self.assertEqual(self.values(named, name="a"), ["nan"])
        self.assertEqual(self.values(named, name="b"), ["-inf"])

    def test_file_names_that_are_no_utf_8_reach_the_function(self):
        with open(os.path.join(os.fsencode(self.folder), b"data-\xff"), "wb") as file:
            file.write(b"12345")
        self.write_model("file", "import os; return os.path.getsize(file)")
        self.write("sizes.toml", "[params]\nfile = { glob = 'data-*' }\n[task]\nworker = ['python3', 'model.py']\n"
                                 "[reduce]\nbytes = 'sum(value)'\n")
        self.expect(["run", "sizes.toml", "--quiet"], out="bytes = 5.0  (1 of 1 task)\n")

    def test_an_exception_fails_the_task_and_its_traceback_is_kept(self):
        self.write_model("x", "return 1 / (x - 2)")
        self.write("squares.toml", SQUARES)
        ended = self.fanfold("run", "squares.toml", "--set", "params.x={count = 4}", "--io-threads", "1")
        self.assertEqual((ended.out, ended.status), ("total = -0.5  (3 of 4 tasks)\n", 1))
        self.assertIn("ZeroDivisionError: division by zero", ended.err)
        self.assertIn("in model", ended.err)  # the traceback

    def test_a_function_that_returns_twice_gives_no_other_task_its_answer(self):
        # The child of the fork returns as well, and answers for the same task.
        self.write_model("x", "import os, time; child = x == 3 and os.fork() == 0; "
                              "time.sleep(0.05 if child else 0.3 * (x == 4)); return x + 100 * child")
        self.write("squares.toml", SQUARES)
        ended = self.fanfold("run", "squares.toml", "--set", "params.x={count = 9}", "--io-threads", "1", "--quiet")
        self.assertIn("the worker answered more than once for task 3", ended.err)
        self.assertEqual(ended.status, 1)
        rows = csv.DictReader(self.fanfold("results", "squares.run", "--csv").out.splitlines())
        for row in rows:
            self.assertIn(row["value"], ("", row["x"] + ".0"))

    def test_mistakes_are_found_before_anything_runs(self):
        self.write("bad.toml", "[params]\nx = [1]\n[task]\nworker = ['python3', 'm.py', '--x={x}']\ncwd = 'a/{index}'\n"
                               "env = { S = '{seed}' }\nstdin = 'a'\n[values]\nloss = { json = '/loss' }\n"
                               "[reduce]\nbest = 'argmin(los)'\n")
        started = ": the program is started once for many tasks, and gets params, index and seed with each\n"
        ended = self.fanfold("run", "bad.toml")
        self.assertEqual((ended.out, ended.status), ("", 2))
        self.assertEqual(ended.err, (
            "bad.toml:4:30: 'worker' cannot use {x}" + started +
            "bad.toml:5:7: 'cwd' cannot use {index}" + started +
            "bad.toml:6:13: 'env' cannot use {seed}" + started +
            "bad.toml:7:1: 'stdin' needs the source 'command' or 'shell'\n"
            "bad.toml:11:16: unknown name 'los'; did you mean 'loss'?\n"))

    def test_no_worker_survives_a_killed_fanfold(self):
        # One is at work and looks for no end of its input.
        self.write_model("x", "open(f'{x}.pid', 'w').write(f'{__import__(\"os\").getpid()}\\n'); "
                              "__import__('time').sleep(1000)")
        self.write("squares.toml", SQUARES + "[run]\nio_threads = 2\n")
        process = self.start("run", "squares.toml")
        written = lambda name: os.path.exists(self.path(name)) and self.read(name).endswith("\n")
        self.wait_until(lambda: written("0.pid") and written("1.pid"), process, "the start of two tasks")
        pids = [int(self.read(f"{task}.pid")) for task in range(2)]
        process.send_signal(signal.SIGKILL)
        process.wait()
        deadline = time.monotonic() + 10
        while any(map(is_running, pids)) and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertEqual([pid for pid in pids if is_running(pid)], [])

    def test_the_run_goes_on_with_the_rest_after_a_kill(self):
        self.write_model("x", "open('log', 'a').write(f'{x}\\n'); "
                              "__import__('time').sleep(1000 if x == 500 and not __import__('os').path.exists('go') else 0); "
                              "return x")
        self.write("squares.toml", SQUARES + "[run]\nio_threads = 1\n")
        process = self.start("run", "squares.toml")
        self.wait_until(lambda: "recorded: 500 of 1,000" in self.fanfold("status", "squares.run").out, process,
                        "the recording of 500 tasks")
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.write("go", "")
        ended = self.fanfold("run", "squares.toml", "--json")
        self.assertEqual(json.loads(ended.out.replace(":N", ":0"))["results"], {"total": float(sum(range(1000)))})
        self.assertEqual(len(self.read("log").splitlines()), 1001)  # only task 500 ran twice


if __name__ == "__main__":
    main()
