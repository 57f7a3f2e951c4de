"""`fanfold run -n`: signals, exit statuses, and what the run loses with a rank, with rank zero, with the launcher.

    FANFOLD=build/release/fanfold PYTHONPATH=tests/support tests/mpi/launch_test.py

The tasks wait for a file, so that the tests decide when they end.
"""

import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import unittest

from processes import PROGRAM, Start, kill, results_text

# Task i ends once there is a file `go`; the first two end by themselves.
GATED = """
[params]
i = { count = 12 }

[task]
shell = "test {i} -lt 2 && sleep 0.1 || {{ : >started.{i}; until test -e go; do sleep 0.02; done; }}; echo {i}.25"

[reduce]
total = "sum(value)"

[run]
io_threads = 2
"""
TOTAL = 66 + 12 * 0.25

# Task 5 kills its rank, whatever rank it is on.
POISON = """
[params]
i = { count = 40 }

[task]
shell = "if [ {i} -eq 5 ]; then kill -9 $PPID; sleep 9; fi; sleep 0.1; echo {i}"

[reduce]
total = "sum(value)"
codes = "count() by status"
"""


class Launch(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        # The launcher's own settings are what is tested.
        for name in ("OMPI_MCA_btl", "OMPI_MCA_pml"):
            os.environ.pop(name, None)

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="fanfold-launch-")
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        (self.folder / "gated.toml").write_text(GATED, encoding="utf-8")
        (self.folder / "poison.toml").write_text(POISON, encoding="utf-8")

    def start(self, *arguments):
        start = Start(arguments, folder=self.folder)
        self.addCleanup(start.kill_all)
        self.addCleanup(self.open_gate)
        return start

    def start_gated(self, *flags, ranks=3):
        """A run that has begun a task on each thread of each rank."""
        start = self.start("gated.toml", "--json", "-n", str(ranks), *flags)
        self.wait_for(lambda: len(list(self.folder.glob("started.*"))) == 2 * ranks, start)
        return start

    def wait_for(self, condition, start):
        end = time.monotonic() + 60
        while not condition():
            self.assertIsNone(start.process.poll(), "the program has ended")
            self.assertLess(time.monotonic(), end)
            time.sleep(0.02)

    def open_gate(self):
        if self.folder.is_dir():
            (self.folder / "go").touch()

    def close_gate(self):
        (self.folder / "go").unlink()

    def lines_until(self, start, words):
        text = ""
        for line in start.process.stderr:
            text += line
            if re.search(words, line):
                return text
        self.fail(f"the program ended without '{words}': {text}")

    def expect(self, start, status, total=TOTAL):
        code, output, errors = start.wait(60)
        self.assertEqual(code, status, errors)
        self.assertIsNone(start.wait_until_gone())
        if total is not None:
            self.assertEqual(results_text(output)[1]["results"]["total"], total, errors)
        return errors

    def test_the_exit_status_is_that_of_the_run(self):
        (self.folder / "fails.toml").write_text("[task]\nshell = 'exit 3'\n", encoding="utf-8")
        (self.folder / "wrong.toml").write_text("[tusk]\n", encoding="utf-8")
        for job, status, said in (("fails", 1, "1 failed"), ("wrong", 2, r"wrong.toml:1:2: unknown key 'tusk'")):
            with self.subTest(job=job):
                self.assertRegex(self.expect(self.start(f"{job}.toml", "-n", "2"), status, None), said)

    def test_what_is_wrong_with_hosts_is_said(self):
        for flags, said in (
            (("--hosts", "nodea:x"), "fanfold: --hosts: 'nodea:x' is not a host, or a host and its ranks such as nodea:2\n"),
            (("--hosts", "192.0.2.77"), "fanfold: the first host must be this one, "),
            (("--hostfile", "none"), "fanfold: cannot read host file 'none': No such file or directory\n"),
        ):
            with self.subTest(flags=flags):
                self.assertIn(said, self.expect(self.start("gated.toml", *flags), 2, None))

    def test_ctrl_c_lets_running_tasks_end(self):
        start = self.start_gated()
        os.kill(start.process.pid, signal.SIGINT)
        self.lines_until(start, "stopped by SIGINT: running tasks may end")
        self.open_gate()
        self.assertIn("stopped early (SIGINT); the same command goes on\n", self.expect(start, 75, None))
        self.expect(self.start("gated.toml", "--json", "-n", "2"), 0)

    def test_ctrl_c_twice_ends_running_tasks(self):
        start = self.start_gated()
        start.process.send_signal(signal.SIGINT)
        self.lines_until(start, "stopped by SIGINT")
        start.process.send_signal(signal.SIGINT)
        self.expect(start, 75, None)
        self.open_gate()
        self.expect(self.start("gated.toml", "--json"), 0)

    def test_a_signal_ends_ranks_that_do_not_find_together(self):
        # An mpirun that starts nothing, and says so.
        folder = self.folder
        (folder / "bin").mkdir()
        fake = folder / "bin" / "mpirun"
        fake.write_text("#!/bin/sh\n: > started\nexec sleep 100\n", encoding="utf-8")
        fake.chmod(0o755)
        process = subprocess.Popen([PROGRAM, "run", "-n", "2", "gated.toml"], cwd=folder, stderr=subprocess.PIPE, text=True,
                                   env={**os.environ, "PATH": f"{folder}/bin:{os.environ['PATH']}"})
        self.addCleanup(process.kill)
        while not (folder / "started").exists():
            time.sleep(0.01)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)
        self.assertEqual((process.returncode, errors), (
            75, "fanfold: stopped by a signal while the ranks started; the same command goes on\n"))
        self.assertLess(time.monotonic() - began, 10)

    def test_ranks_that_no_host_has_a_use_for(self):
        cpus = os.cpu_count()
        ranks = 128 * cpus + 1
        counted = "the one CPU" if cpus == 1 else f"the {cpus} CPUs"
        ended = subprocess.run([PROGRAM, "run", "-n", str(ranks), "gated.toml"], cwd=self.folder, capture_output=True,
                               text=True, timeout=20, check=False)
        self.assertEqual((ended.returncode, ended.stderr), (
            2, f"fanfold: -n {ranks}: that is more than 128 ranks for each of {counted} of this host; ranks are for CPUs and "
            "hosts: --io-threads is for tasks that wait\n"))

    def test_a_killed_rank_costs_its_unfinished_tasks_only(self):
        start = self.start_gated()
        kill(start.rank_processes()[2], signal.SIGKILL)
        errors = self.lines_until(start, r"rank 2 on .* is lost \(its process has ended\); its tasks go to others")
        self.open_gate()
        errors += self.expect(start, 0)
        self.assertRegex(errors, r"(?m)^lost: rank 2 on .* after .* \(its process has ended\); \d tasks went to others$")

    def test_all_ranks_but_zero_can_be_lost(self):
        start = self.start_gated()
        for rank in (1, 2):
            kill(start.rank_processes()[rank], signal.SIGKILL)
        self.open_gate()
        self.assertIn("2 ranks lost", self.expect(start, 0))

    def test_the_run_goes_on_when_rank_zero_dies(self):
        start = self.start_gated("--fresh")
        kill(start.rank_processes()[0], signal.SIGKILL)
        self.open_gate()
        errors = self.expect(start, 0)
        self.assertIn("fanfold: rank zero has died\nfanfold: going on from the run file in 1 s (restart 1 of 3)\n", errors)

    def test_without_restarts_the_same_command_goes_on(self):
        start = self.start_gated("--restarts", "0")
        kill(start.rank_processes()[0], signal.SIGKILL)
        self.assertIn("the same command goes on", self.expect(start, 75, None))
        self.open_gate()
        self.expect(self.start("gated.toml", "--json", "-n", "2"), 0)

    def test_nothing_is_left_of_a_launcher_that_is_killed(self):
        start = self.start_gated()
        start.process.kill()
        self.assertIsNone(start.wait_until_gone())
        start.wait()
        self.open_gate()
        self.expect(self.start("gated.toml", "--json", "-n", "2"), 0)

    def test_a_job_from_standard_input_can_start_again(self):
        words = [PROGRAM, "run", "-", "-n", "2", "--json", "--fresh"]
        with open(self.folder / "gated.toml", "rb") as job:
            ended = subprocess.run(
                [*words, "--tasks", "0:2"], cwd=self.folder, stdin=job, capture_output=True, text=True, timeout=60, check=False
            )
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertEqual(results_text(ended.stdout)[1]["results"]["total"], 1.5)

    def test_a_task_that_kills_its_rank_is_set_aside(self):
        start = self.start("poison.toml", "--json", "-n", "4", "--io-threads", "2")
        code, output, errors = start.wait(100)
        self.assertEqual(code, 1, errors)
        self.assertNotIn("; its task go to others", errors)
        self.assertIsNone(start.wait_until_gone())
        answer = results_text(output)[1]
        self.assertEqual((answer["succeeded"], answer["failed"]), (39, 1), errors)
        self.assertEqual(answer["results"]["total"], 780 - 5, errors)
        failed = subprocess.run(
            [PROGRAM, "results", "poison.run", "--failed"], cwd=self.folder, capture_output=True, text=True, timeout=60, check=False
        )
        self.assertEqual(failed.stdout, "task 5 (i=5): failed: killed its rank 2 times\n")


if __name__ == "__main__":
    unittest.main(verbosity=2)
