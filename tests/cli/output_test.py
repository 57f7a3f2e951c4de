"""fanfold output: what a task wrote, byte by byte."""

import os
import subprocess

from fanfold_cli import CliTest, PROGRAM, environment, main

WRITING = """\
[params]
i = { count = 5 }

[task]
shell = '''
  case {i} in
    0) printf 'plain\\n'; printf 'warned' >&2;;
    1) printf '\\0\\377\\r\\n';;
    2) printf 'only an error\\n' >&2; exit 3;;
    3) ;;
    4) printf 'attempt {attempt}\\n'; test {attempt} = 2;;
  esac'''

[run]
retries = 1
"""


class OutputTest(CliTest):
    def setUp(self):
        super().setUp()
        self.write("writing.toml", WRITING)

    def run_all(self):
        self.fanfold("run", "writing.toml")

    def test_standard_output(self):
        self.run_all()
        self.expect(["output", "writing.run", "0"], out="plain\n")
        self.expect(["output", "writing.run", "0", "--stderr"], out="warned")

    def test_bytes_are_not_changed(self):
        self.run_all()
        ended = subprocess.run([PROGRAM, "output", "writing.run", "1"], cwd=self.folder, env=environment(),
                               capture_output=True, check=True)
        self.assertEqual(ended.stdout, b"\0\377\r\n")

    def test_all(self):
        self.run_all()
        self.expect(["output", "writing.run", "0", "--all"], out="""\
==> task 0, attempt 1: standard output, 6 bytes <==
plain
==> task 0, attempt 1: standard error, 6 bytes <==
warned
""")
        self.expect(["output", "writing.run", "3", "--all"], out="""\
==> task 3, attempt 1: standard output, 0 bytes <==
==> task 3, attempt 1: standard error, 0 bytes <==
""")

    def test_what_was_too_long_says_how_long_it_was(self):
        self.write("long.toml", "[task]\nshell = 'seq 100000; seq 1000 >&2'\n[run]\noutput_limit = 20\n")
        self.fanfold("run", "long.toml")
        self.expect(["output", "long.run", "0", "--all"], out="""\
==> task 0, attempt 1: standard output, 588,895 bytes <==
1
2
3
4
5

[588875 bytes left out]
99
100000
==> task 0, attempt 1: standard error, 3,893 bytes <==
1
2
3
4
5

[3873 bytes left out]

999
1000
""")
        self.assertIn("standard output: 588,895 bytes", self.fanfold("explain", "long.run", "0").out)

    def test_attempts(self):
        self.run_all()
        self.expect(["output", "writing.run", "4"], out="attempt 2\n")
        self.expect(["output", "writing.run", "4", "--attempt", "1"], out="attempt 1\n")
        self.expect(["output", "writing.run", "4", "--attempt", "3"], status=2,
                    err="fanfold: task 4 has no attempt 3: 2 attempts are recorded\n")
        self.expect(["output", "writing.run", "0", "--attempt", "2"], status=2,
                    err="fanfold: task 0 has no attempt 2: 1 attempt is recorded\n")

    def test_a_task_that_wrote_nothing(self):
        self.run_all()
        self.expect(["output", "writing.run", "2"], status=2, err=(
            "fanfold: task 2 wrote nothing to standard output; to standard error it wrote 14 bytes: add --stderr\n"))
        self.expect(["output", "writing.run", "1", "--stderr"], status=2,
                    err="fanfold: task 1 wrote nothing to standard error; to standard output it wrote 4 bytes\n")
        self.expect(["output", "writing.run", "3"], status=2, err="fanfold: task 3 wrote nothing to standard output\n")

    def test_a_task_that_has_not_run(self):
        self.fanfold("run", "writing.toml", "--task", "0")
        self.expect(["output", "writing.run", "1"], status=2,
                    err="fanfold: task 1 has not ended: nothing of it is recorded\n")

    def test_while_the_run_is_live(self):
        self.write("gated.toml", "[params]\ni = { count = 2 }\n[task]\n"
                   "shell = 'echo out {i}; test {i} = 0 || until test -e go; do sleep 0.02; done'\n[run]\nio_threads = 2\n")
        process = self.start("run", "gated.toml")
        self.addCleanup(lambda: os.path.isdir(self.folder) and self.write("go", ""))
        self.wait_until(lambda: self.fanfold("output", "gated.run", "0").status == 0, process, "the recording of task 0")
        self.expect(["output", "gated.run", "0"], out="out 0\n")
        self.expect(["output", "gated.run", "1"], status=2,
                    err="fanfold: task 1 has not ended: nothing of it is recorded\n")
        self.expect(["results", "gated.run", "--csv"],
                    out="task,i,value,status,attempts,rank,start,duration,exit_code,error\n0,0,nan,succeeded,1,0,N,N,0,\n")
        self.assertIsNone(process.poll())

    def test_a_full_disk_is_no_success(self):
        self.fanfold("run", "writing.toml", "--task", "0")
        for command in [["output", "writing.run", "0"], ["explain", "writing.run", "0"], ["status", "writing.run"],
                        ["check", "writing.toml"], ["check", "writing.toml", "--json"], ["kernels"], ["kernels", "pi"], ["man"],
                        ["help"], ["help", "run"], ["run", "--help"], ["--help"], ["--version"], ["completion", "bash"],
                        ["verify", "writing.run"], ["init", "-"]]:
            with open("/dev/full", "wb") as full:
                ended = subprocess.run([PROGRAM, *command], cwd=self.folder, env=environment(), stdout=full,
                                       stderr=subprocess.PIPE, text=True, check=False)
            # What is more than a buffer has failed long before its end: then the reason is not known any more.
            self.assertRegex(ended.stderr, r"^fanfold: cannot write to standard output(: No space left on device)?\n$", command)
            self.assertEqual(ended.returncode, 75, command)

    def test_task_numbers(self):
        self.fanfold("run", "writing.toml", "--task", "0")
        for text in ["5", "-1", "x", "1.0", ""]:
            self.expect(["output", "writing.run", "--", text], status=2,
                        err=f"fanfold: task: expected an index from 0 to 4, not '{text}'\n")

    def test_jobs_whose_tasks_write_nothing(self):
        self.write("data.txt", "data\n")
        for task, why in [
                ("kernel = 'range_sum'\nto = 9", "its tasks are computed by the kernel range_sum, which writes nothing"),
                ("sleep = 0", "its tasks have the source 'sleep', which writes nothing"),
                ("read = 'data.txt'", "what the source 'read' retrieves is not copied into the run file")]:
            self.write("quiet.toml", f"[task]\n{task}\n")
            self.fanfold("run", "quiet.toml", "--fresh")
            self.expect(["output", "quiet.run", "0"], status=2, err=f"fanfold: run file 'quiet.run' has no output: {why}\n")
        self.write("quiet.toml", "[values]\nx = '1'\n")
        self.fanfold("run", "quiet.toml", "--fresh")
        self.expect(["output", "quiet.run", "0"], status=2, err=(
            "fanfold: run file 'quiet.run' has no output: its tasks are computed from [values], which write nothing\n"))


if __name__ == "__main__":
    main()
