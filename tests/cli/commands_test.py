"""What the keys of commands do, as users see it: files instead of the run file, skipped tasks, limits, outputs that are
printed, and tasks that are tried again."""

import json
import os
import signal
import subprocess

from fanfold_cli import PROGRAM, CliTest, environment, main

# The first tasks end last: each of the others waits for the file of the one after it.
BACKWARDS = """\
[params]
i = { count = 4 }

[task]
shell = '''
  if [ {i} -lt 3 ]; then until test -e ended.$(({i} + 1)); do sleep 0.01; done; fi
  echo "task {i} line 1"; echo "task {i} line 2"; echo "task {i} warns" >&2; : >ended.{i}'''

[run]
io_threads = 4
"""


class CommandsTest(CliTest):
    def printed(self, *arguments, ranks=None):
        """Runs with --print; returns the lines of standard output, and of standard error those of tasks."""
        launcher = [] if ranks is None else [os.environ.get("MPIRUN", "mpirun"), "-n", str(ranks), "--bind-to", "none",
                                             "--oversubscribe", "-q"]
        ended = subprocess.run([*launcher, PROGRAM, "run", *arguments], cwd=self.folder, env=environment(), text=True,
                               capture_output=True, timeout=60, check=True)
        return ended.stdout.splitlines(), [line for line in ended.stderr.splitlines() if "warns" in line]

    def lines_of(self, tasks):
        return [f"task {task} line {line}" for task in tasks for line in (1, 2)]

    def test_print_as_tasks_end(self):
        self.write("backwards.toml", BACKWARDS)
        out, err = self.printed("backwards.toml", "--print")
        self.assertEqual(out[:2], self.lines_of([3]))
        self.assertEqual(err[0], "task 3 warns")
        # The others end within milliseconds, and are reported together: in any order, but each of them whole.
        order = [int(line.split()[1]) for line in out[::2]]
        self.assertEqual(sorted(order), [0, 1, 2, 3])
        self.assertEqual(out, self.lines_of(order))

    def test_print_in_order(self):
        self.write("backwards.toml", BACKWARDS)
        out, err = self.printed("backwards.toml", "--print=order")
        self.assertEqual(out, self.lines_of([0, 1, 2, 3]))
        self.assertEqual(err, [f"task {task} warns" for task in (0, 1, 2, 3)])

    def test_print_with_several_ranks(self):
        self.write("pages.toml", "[params]\ni = { count = 40 }\n[task]\nshell = 'seq {i}000 {i}999'\n")
        out, _ = self.printed("pages.toml", "--print=order", ranks=3)
        self.assertEqual(out, [str(number) for i in range(40) for number in range(int(f"{i}000"), int(f"{i}999") + 1)])
        out, _ = self.printed("pages.toml", "--print", "--fresh", ranks=3)
        pages = [out[at:at + 1000] for at in range(0, len(out), 1000)] if len(out) % 1000 == 0 else []
        first = {f"{i}000": i for i in range(1, 40)}
        for page in pages[1:]:
            self.assertEqual(len(page), 1000)
            self.assertIn(page[0], [*first, *(str(n) for n in range(1000))])
        self.assertEqual(sorted(out, key=int), sorted((str(n) for i in range(40)
                                                       for n in range(int(f"{i}000"), int(f"{i}999") + 1)), key=int))

    def test_print_is_whole_and_the_run_file_has_both_ends(self):
        self.write("long.toml", "[task]\nshell = 'seq 100000'\n[run]\noutput_limit = '20'\n")
        out, _ = self.printed("long.toml", "--print")
        self.assertEqual(len(out), 100000)
        self.expect(["output", "long.run", "0"], out="1\n2\n3\n4\n5\n\n[588875 bytes left out]\n99\n100000\n")

    def test_print_only_what_ran_now(self):
        self.write("three.toml", "[params]\ni = { count = 3 }\n[task]\nshell = 'echo {i}'\n")
        self.assertEqual(self.printed("three.toml", "--print", "--task", "1")[0], ["1"])
        self.assertEqual(self.printed("three.toml", "--print=order")[0], ["0", "2"])

    def test_print_and_json(self):
        self.write("one.toml", "[task]\nshell = 'echo 1'\n")
        self.expect(["run", "one.toml", "--print", "--json"], status=2, err=(
            "fanfold: --print and --json both write to standard output: leave out one of them\n"))
        self.expect(["run", "one.toml", "--print=now"], status=2, err=(
            "fanfold: --print: must be \"ended\", \"order\" or \"none\", not 'now'\n"))

    def test_outputs_in_files(self):
        self.write("files.toml", "[params]\ni = { count = 3 }\n[task]\n"
                   "shell = 'echo out {i}; echo err {i} >&2'\nstdout = 'out/{index}.txt'\nstderr = 'out/{index}.err'\n")
        self.expect(["run", "files.toml"], err="3 of 3 tasks succeeded; N s; run file files.run\n")
        self.assertEqual(sorted(os.listdir(self.path("out"))), [f"{i}.{end}" for i in range(3) for end in ("err", "txt")])
        self.assertEqual(self.read("out/2.txt") + self.read("out/2.err"), "out 2\nerr 2\n")
        self.expect(["output", "files.run", "2"], status=2, err=(
            "fanfold: standard output of task 2 went to out/2.txt\n"))
        self.expect(["output", "files.run", "2", "--stderr"], status=2, err=(
            "fanfold: standard error of task 2 went to out/2.err\n"))

    def test_tasks_whose_file_is_there_are_skipped(self):
        self.write("make.toml", "[params]\ni = { count = 4 }\n[task]\n"
                   "shell = 'echo ran {i}; test {i} != 3 && echo new > out.{i}'\ncreates = 'out.{index}'\nsuccess = [0, 1]\n")
        self.write("out.1", "old\n")
        ended = self.fanfold("run", "make.toml", "--print=order")
        self.assertEqual((ended.out, ended.status), ("ran 0\nran 2\nran 3\n", 1))
        self.assertIn("it did not make '", ended.err)
        self.assertEqual(self.read("out.1"), "old\n")
        self.expect(["output", "make.run", "1"], status=2, err=(
            "fanfold: task 1 was skipped: out.1 was there\n"))
        story = self.fanfold("explain", "make.run", "1").out
        self.assertIn("skipped", story)

    def test_skipping_and_reading_do_not_go_together(self):
        self.write("both.toml", "[task]\nshell = 'echo 1'\ncreates = 'x'\n[reduce]\ns = 'sum(value)'\n")
        self.expect(["check", "both.toml"], status=2, err=(
            "both.toml:3:1: 'creates' skips tasks, but the result 'value' needs the output of each\n"))

    def test_out_of_memory(self):
        self.write("hungry.toml", "[params]\nmib = [1, 500]\n[task]\nmemory = '100MiB'\n"
                   "command = ['python3', '-c', 'x = bytearray({mib} << 20); print(len(x))']\n")
        ended = self.fanfold("run", "hungry.toml")
        self.assertEqual(ended.status, 1)
        self.assertIn("exit code 1, out of memory: it may have 100 MiB", ended.err)
        self.assertIn("1 of 2 tasks succeeded, 1 failed", ended.err)

    def test_ends_of_children_that_are_ignored_where_it_is_started(self):
        self.write("fails.toml", "[task]\ncommand = ['sh', '-c', 'exit 3']\n")
        ended = subprocess.run([PROGRAM, "run", "fails.toml"], cwd=self.folder, env=environment(), text=True, timeout=60,
                               capture_output=True, check=False,
                               preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
        self.assertEqual(ended.returncode, 1, ended.stderr)
        self.assertIn("exit code 3", ended.stderr)

    def test_a_task_that_no_rank_can_run(self):
        self.write("large.toml", "[task]\ncommand = ['true']\nmemory = '2GiB'\n[run]\nmemory = '1GiB'\n")
        self.expect(["run", "large.toml"], status=2, err=(
            "fanfold: a task needs 2048 MiB of memory, and this rank has 1024 MiB to give\n"))

    def test_gpus(self):
        self.write("gpus.toml", "[params]\ni = { count = 8 }\n[task]\n"
                   "shell = 'echo $CUDA_VISIBLE_DEVICES; sleep 0.02'\ngpus = 1\n[reduce]\nleast = 'min(value)'\nmost = 'max(value)'\n")
        ended = subprocess.run([PROGRAM, "run", "gpus.toml", "--io-threads", "4", "--json"], cwd=self.folder, text=True,
                               env=environment(CUDA_VISIBLE_DEVICES="5,2"), capture_output=True, timeout=60, check=True)
        self.assertEqual(json.loads(ended.stdout)["results"], {"least": 2.0, "most": 5.0})

    def test_retries_rest(self):
        self.write("flaky.toml", "[params]\ni = { count = 2 }\n[task]\n"
                   "shell = 'test {attempt} -gt 2 && echo {attempt}'\n[reduce]\ns = 'sum(value)'\n")
        ended = self.fanfold("run", "flaky.toml", "--retries", "2", "--backoff", "50ms", "--json")
        self.assertEqual(ended.status, 0)
        self.assertIn('"results":{"s":6.0}', ended.out)
        self.assertEqual(self.fanfold("results", "flaky.run", "--jsonl").out.count('"attempts":3,'), 2)

    def test_input_from_a_file(self):
        self.write("a.txt", "1\n2\n")
        self.write("b.txt", "3\n")
        self.write("lines.toml", "[params]\nname = ['a', 'b']\n[task]\ncommand = ['wc', '-l']\n"
                   "stdin = { file = '{name}.txt' }\n[reduce]\nlines = 'sum(value)'\n")
        self.expect(["run", "lines.toml"], out="lines = 3.0  (2 of 2 tasks)\n",
                    err="2 of 2 tasks succeeded; N s; run file lines.run\n")
        self.write("wrong.toml", "[task]\ncommand = ['wc']\nstdin = { fiel = 'x' }\ntimeout = '5 parsecs'\nmemory = '2 GB'\n"
                   "cores = true\n")
        ended = self.fanfold("check", "wrong.toml")
        self.assertEqual((ended.status, ended.err), (2, """\
wrong.toml:3:11: unknown key 'fiel' at 'stdin'; did you mean 'file'?
wrong.toml:4:11: 'timeout' must be a duration ("250ms", "30s", "5m", "1.5h", "2d" or a number of seconds), not '5 parsecs'
wrong.toml:6:9: 'cores' must be a number, not a boolean
"""))


if __name__ == "__main__":
    main()
