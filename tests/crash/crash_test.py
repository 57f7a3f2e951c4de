"""Nothing is lost: whatever process is killed, and whenever, the same command goes on, and its answer is that of a run
that nobody disturbed, to the last character.

    FANFOLD=build/release/fanfold PYTHONPATH=tests/support tests/crash/crash_test.py

CRASH_SEED in the environment repeats the moments and victims of an earlier execution, which printed it.
"""

import csv
import io
import os
import pathlib
import random
import re
import signal
import subprocess
import tempfile
import time
import unittest

from crash_jobs import FAILED, JOBS, TASKS, write_jobs
from processes import PROGRAM, Start, kill, results_text

ROUNDS = 30  # 20 of them under mpirun
RANKS = [None, 2, 3]  # None: the bare program
# As many tasks at a time however many ranks there are, so that a run always takes about as long.
IO_THREADS = {None: "6", 2: "3", 3: "2"}


class Crash(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory(prefix="fanfold-crash-")
        cls.addClassCleanup(scratch.cleanup)
        cls.folder = pathlib.Path(scratch.name)
        write_jobs(cls.folder)
        seed = int(os.environ.get("CRASH_SEED") or time.time_ns() % 1_000_000)
        print(f"CRASH_SEED={seed}", flush=True)
        cls.random = random.Random(seed)
        cls.references = {}

    def start(self, job, run_file, ranks=None, *flags):
        start = Start(
            [f"{job}.toml", "--json", "--run", run_file, "--io-threads", IO_THREADS[ranks], *flags],
            ranks=ranks,
            folder=self.folder,
        )
        self.addCleanup(start.kill_all)
        return start

    def finish(self, job, run_file, ranks=None, *flags):
        """Runs a job to its end: its results as text, and how many tasks were in the run file before."""
        start = self.start(job, run_file, ranks, *flags)
        status, output, errors = start.wait()
        said = f"{start}\nstatus {status}\n{output}\n{errors}"
        self.assertEqual(status, 1, said)
        text, answer = results_text(output)
        self.assertEqual((answer["tasks"], answer["failed"]), (TASKS[job], FAILED[job]), said)
        self.assertEqual(answer["succeeded"] + answer["failed"], TASKS[job], said)
        if "nothing left to run" in errors:
            return text, TASKS[job]
        going_on = re.search(r"going on: ([\d,]+) of ", errors)
        return text, int(going_on[1].replace(",", "")) if going_on else 0

    def reference(self, job):
        """The results of an undisturbed run, and how long it took, in seconds."""
        if job not in self.references:
            begin = time.monotonic()
            text, found = self.finish(job, f"{job}-reference.run")
            self.assertEqual(found, 0)
            self.references[job] = text, time.monotonic() - begin
        return self.references[job]

    def rows(self, run_file):
        """The row of each task that a run file has, while it is written or after."""
        output = subprocess.run(
            [PROGRAM, "results", run_file, "--csv"], cwd=self.folder, capture_output=True, text=True, timeout=60
        ).stdout
        return list(csv.DictReader(io.StringIO(output)))

    def kill_one(self, start):
        """Kills the bare program, or one of mpirun and its ranks; returns which, or None if it had ended before."""
        victims = {"main": start.process.pid, **start.rank_processes()}
        name = self.random.choice(list(victims))
        # Until it has been waited for, the number of an ended process is not given to another.
        return name if start.process.poll() is None and kill(victims[name], signal.SIGKILL) else None

    def expect_gone(self, start):
        self.assertIsNone(start.wait_until_gone(), f"processes are left of: {start}")
        start.wait()

    def test_killed_at_random_moments(self):
        went_on = {job: 0 for job in JOBS}
        for number in range(ROUNDS):
            ranks = RANKS[number % 3]
            job = list(JOBS)[number // 3 % 3]
            reference, seconds = self.reference(job)
            run_file = f"{job}-{number}.run"
            wait = self.random.uniform(0, 0.9 * seconds)

            start = self.start(job, run_file, ranks)
            time.sleep(wait)
            victim = self.kill_one(start)
            self.expect_gone(start)
            results, found = self.finish(job, run_file, ranks)

            print(f"round {number}: {job}, {ranks or 'no'} ranks, {victim} killed after {wait:.2f} s;"
                  f" {found} of {TASKS[job]} tasks were recorded", flush=True)
            with self.subTest(round=number, job=job, ranks=ranks, victim=victim, wait=wait):
                self.assertEqual(results, reference)
                if job == "source":
                    tasks = [int(row["task"]) for row in self.rows(run_file)]
                    self.assertEqual(sorted(tasks), list(range(TASKS[job])))
            if victim is not None and 0 < found < TASKS[job]:
                went_on[job] += 1
        self.assertGreaterEqual(sum(went_on.values()), 3, f"hardly ever was a run killed halfway: {went_on}")

    def test_killed_again_and_again(self):
        """Each execution gets further than the one before, until there is nothing left to kill."""
        reference, _ = self.reference("source")
        recorded = 0
        for number in range(4):
            start = self.start("source", "again.run", RANKS[number % 3])
            self.wait_for(lambda: len(self.rows("again.run")) > recorded, start)
            self.kill_one(start)
            self.expect_gone(start)
            now = len(self.rows("again.run"))
            self.assertGreater(now, recorded)
            recorded = now
        results, found = self.finish("source", "again.run")
        self.assertEqual(found, recorded)
        self.assertEqual(results, reference)

    def wait_for(self, condition, start):
        """Waits for something that a running program does to the file system, of which there is no event."""
        end = time.monotonic() + 60
        while not condition():
            self.assertIsNone(start.process.poll(), "the program has ended")
            self.assertLess(time.monotonic(), end)
            time.sleep(0.02)

    def test_a_signal_stops_early_and_the_same_command_goes_on(self):
        reference, _ = self.reference("source")
        for number, ranks in ((signal.SIGTERM, None), (signal.SIGINT, None), (signal.SIGUSR1, 2)):
            with self.subTest(signal=number.name, ranks=ranks):
                run_file = f"{number.name}.run"
                start = self.start("source", run_file, ranks)
                self.wait_for(lambda: len(self.rows(run_file)) > 20, start)
                start.process.send_signal(number)
                status, output, errors = start.wait(30)

                self.assertEqual(status, 75, errors)
                self.assertIn(f"stopped early ({number.name}); the same command goes on\n", errors)
                _, answer = results_text(output)
                recorded = answer["succeeded"] + answer["failed"]
                self.assertIn(recorded, range(21, TASKS["source"]))
                self.assertEqual(len(self.rows(run_file)), recorded)
                self.assertIsNone(start.wait_until_gone())

                results, found = self.finish("source", run_file, ranks)
                self.assertEqual(found, recorded)
                self.assertEqual(results, reference)

    def test_a_second_signal_does_not_wait_for_running_tasks(self):
        (self.folder / "long.toml").write_text('[params]\ni = { count = 4 }\n[task]\nshell = "sleep 600"\n')
        start = Start(["long.toml", "--io-threads", "2"], folder=self.folder)
        self.addCleanup(start.kill_all)
        self.wait_for(lambda: len(start.processes()) > 1, start)
        start.process.send_signal(signal.SIGTERM)
        with self.assertRaises(subprocess.TimeoutExpired, msg="it did not wait for the running tasks"):
            start.process.wait(1)
        start.process.send_signal(signal.SIGTERM)
        status, _, errors = start.wait(15)
        self.assertEqual(status, 75, errors)
        self.assertIn("0 of 4 tasks succeeded, 4 not run", errors)
        self.assertIsNone(start.wait_until_gone(5), "the programs of tasks are left")


if __name__ == "__main__":
    unittest.main(verbosity=2)
