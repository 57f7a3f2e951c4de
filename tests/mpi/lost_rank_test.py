"""When a rank is lost or cannot go on, all ranks end, soon and with a status that says so, and the work that was
recorded is kept.

    FANFOLD=build/release/fanfold PYTHONPATH=tests/support tests/mpi/lost_rank_test.py
"""

import csv
import io
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

from processes import PROGRAM, Start, kill, mpirun, results_text

# mpirun ends what is left within 2 s. The rest is for machines with other things to do.
BOUND_SECONDS = 15

NAPS = """
name = "naps"

[params]
i = { count = 400 }

[task]
sleep = 0.01

[values]
y = "cbrt(i) / 3"

[reduce]
total   = "sum(y)"
spread  = "std(y)"
largest = "argmax(sin(i))"
"""

# Large enough to outgrow the limit on the size of files below.
KEPT = """
name = "kept"

[params]
i = { count = 100_000 }

[values]
y = "sin(i)"

[reduce]
total = "sum(y)"

[run]
keep  = "all"
chunk = 1000
"""


class LostRank(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="fanfold-lost-rank-")
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        (self.folder / "naps.toml").write_text(NAPS, encoding="utf-8")
        (self.folder / "kept.toml").write_text(KEPT, encoding="utf-8")

    def start(self, *arguments, ranks):
        start = Start(arguments, ranks=ranks, folder=self.folder)
        self.addCleanup(start.kill_all)
        return start

    def reference(self):
        status, output, errors = self.start("naps.toml", "--json", "--run", "reference.run", ranks=None).wait()
        self.assertEqual(status, 0, errors)
        return results_text(output)[0]

    def finished_tasks(self, run_file):
        """How many tasks a run file has, while the run goes on or after it."""
        rows = subprocess.run(
            [PROGRAM, "results", run_file, "--csv"], cwd=self.folder, capture_output=True, text=True, timeout=60
        )
        return max(0, len(rows.stdout.splitlines()) - 1)

    def run_ranks(self, first, others, count):
        """mpirun with a command for rank zero and another for `count` more: status, standard error."""
        words = [*mpirun(1), *first, ":", *mpirun(count)[1:3], *others]
        begin = time.monotonic()
        ended = subprocess.run(words, cwd=self.folder, capture_output=True, text=True, timeout=60, check=False)
        self.assertLess(time.monotonic() - begin, BOUND_SECONDS, ended.stderr)
        return ended.returncode, ended.stderr

    def test_a_killed_rank_ends_all_and_the_same_command_goes_on(self):
        for victim in (1, 0):
            with self.subTest(victim=victim):
                reference = self.reference()
                run = f"naps-{victim}.run"
                command = ["naps.toml", "--json", "--io-threads", "1", "--run", run]
                start = self.start(*command, ranks=3)
                self.wait_for(lambda: self.finished_tasks(run) >= 20, "the first tasks are recorded")
                self.assertTrue(kill(start.rank_processes()[victim], signal.SIGKILL))

                begin = time.monotonic()
                status, output, errors = start.wait(BOUND_SECONDS)
                self.assertNotEqual(status, 0)
                if victim == 0:
                    self.assertEqual(output, "")
                    self.assertRegex(errors, "fanfold: rank zero has died; what was recorded is kept, and the same command "
                                             r"goes on: \S*mpi(run|exec) -n 3 .* naps.toml ")
                elif output:  # there may be time for it
                    self.assertLess(results_text(output)[1]["succeeded"], 400)
                self.assertIsNone(start.wait_until_gone(BOUND_SECONDS - (time.monotonic() - begin)))
                self.assertIn(self.finished_tasks(run), range(20, 400))

                status, output, errors = self.start(*command, ranks=3).wait()
                self.assertEqual(status, 0, errors)
                self.assertRegex(errors, r"going on: \d+ of 400 tasks are in the run file")
                self.assertEqual(results_text(output)[0], reference)

    def wait_for(self, condition, what):
        end = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), end, f"this does not come true: {what}")
            time.sleep(0.02)

    def test_a_rank_that_cannot_run_the_job_is_named_and_nothing_runs(self):
        # A thousand threads need eight gigabytes of addresses for their stacks.
        limited = "ulimit -s 8192; ulimit -v 1000000; exec \"$@\""
        tried = subprocess.run(
            ["sh", "-c", limited, "sh", PROGRAM, "--version"], capture_output=True, check=False, timeout=60
        )
        if tried.returncode != 0:
            self.skipTest("a program with sanitizers cannot start with so little memory")
        command = [PROGRAM, "run", "naps.toml", "--coordinate-only", "--io-threads", "1000"]
        status, errors = self.run_ranks(command, ["sh", "-c", limited, "sh", *command], 1)
        self.assertEqual(status, 2, errors)
        self.assertRegex(errors, "fanfold: rank 1 on .* cannot run the job: ")
        self.assertEqual(self.finished_tasks("naps.run"), 0)

    def test_a_rank_without_the_simd_target_is_named_and_nothing_runs(self):
        command = [PROGRAM, "run", "naps.toml", "--coordinate-only"]
        for other in (["env", "FANFOLD_SIMD=SX9", *command], [*command, "--simd", "SX9"]):
            status, errors = self.run_ranks(command, other, 1)
            self.assertEqual(status, 2, errors)
            self.assertRegex(errors, "fanfold: rank 1 on .* cannot run the job: .*'SX9' is not one of the SIMD targets")
            self.assertEqual(self.finished_tasks("naps.run"), 0)

    def test_an_error_of_rank_zero_ends_all_and_the_same_command_goes_on(self):
        # Rank zero cannot write more than 200 KiB into a file. (Shared memory would be such a file too.)
        limited = "trap '' XFSZ; ulimit -f 400; exec \"$@\""
        command = [PROGRAM, "run", "kept.toml", "--json", "--quiet"]
        environment = ["env", "OMPI_MCA_btl=self,tcp"]
        status, errors = self.run_ranks(
            [*environment, "sh", "-c", limited, "sh", *command], [*environment, *command], 2
        )
        self.assertEqual(status, 75, errors)
        self.assertIn("fanfold: rank 0: cannot write kept.run: the limit on the size of files is reached", errors)

        status, output, errors = self.start(*command[2:], ranks=3).wait()
        self.assertEqual(status, 0, errors)
        status, undisturbed, errors = self.start(*command[2:], "--run", "reference.run", ranks=None).wait()
        self.assertEqual(status, 0, errors)
        self.assertEqual(results_text(output)[0], results_text(undisturbed)[0])

    def test_coordinate_only_runs_no_task_on_rank_zero(self):
        status, output, errors = self.start("naps.toml", "--json", "--coordinate-only", ranks=2).wait()
        self.assertEqual(status, 0, errors)
        self.assertEqual(results_text(output)[0], self.reference())
        rows = subprocess.run(
            [PROGRAM, "results", "naps.run", "--csv"], cwd=self.folder, capture_output=True, text=True, timeout=60
        )
        ranks = [row["rank"] for row in csv.DictReader(io.StringIO(rows.stdout))]
        self.assertEqual(ranks, ["1"] * 400)


if __name__ == "__main__":
    unittest.main(verbosity=2)
