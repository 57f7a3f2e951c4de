"""One fault in one run, and what is asked of the run afterwards."""

import random
import shutil
import signal
import subprocess
import time

from disturbed_run import Run
from fault_jobs import FAILED, TASKS, write_jobs
from host_faults import HOST_FAULTS, Missed, link_down
from processes import PROGRAM, results_text

ENDED_WITH_FAILURES = 1
RESUMABLE = 75
MOST_MISSES = 10
# A paused rank is to wake up while the run goes on. So tasks take longer; but not those that take a CPU.
PACES = {"SIGSTOP 15 s": ("0.3", 4_000_000)}
PACE = ("0.06", 4_000_000)
ONLY_PIPELINE = ("SIGSTOP 15 s",)


class Injection:
    """What came of one fault in one run. `disturb` is of those who know the fault."""

    def __init__(self, matrix, place, fault, number):
        self.matrix, self.place, self.fault = matrix, place, fault
        self.chance = random.Random(f"{matrix.seed} {fault} {number}")
        self.job = ["pipeline", "kernel"][number % 2 if fault not in ONLY_PIPELINE else 0]
        self.pace = PACES.get(fault, PACE)
        self.run_file = "run/test.run"
        self.arguments = [f"{self.job}.toml", "--run", self.run_file]
        self.survived = self.resumed = False
        self.lost = self.missed = 0
        self.detected = self.went_on = None
        self.said = ""

    def inject_until_it_hits(self):
        for _ in range(MOST_MISSES):
            try:
                return self.inject()
            except Missed:
                self.missed += 1
        raise AssertionError(f"{self.fault} never met anything to disturb")

    def inject(self):
        write_jobs(self.place.folder, *self.pace)
        reference, seconds = self.matrix.reference(self.job, self.pace)
        folder = self.place.folder / "run"
        folder.mkdir()
        mounted = self.fault == "disk full"
        if mounted:
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", folder], check=True, timeout=30)
        try:
            self.said = f"{self.fault}, {self.job}"
            self.expect_the_answer(self.disturb(seconds), reference)
        finally:
            self.place.kill_all()
            if mounted:
                subprocess.run(["umount", "-l", folder], check=True, timeout=30)
            shutil.rmtree(folder, ignore_errors=True)

    def disturb(self, seconds):
        """Starts the run, which takes about so many seconds, injects the fault at a random moment, and sees to it that the
        run ends. Returns the answer as --json has it."""
        raise NotImplementedError

    def count_lost(self, before):
        """No process may be left, and no task that was recorded `before` be missing."""
        left = self.place.wait_until_gone()
        self.lost = len(before - self.place.recorded(self.run_file))
        assert not left, f"processes are left: {left}\n{self.said}"
        assert self.lost == 0, self.said

    def run_again(self):
        """The same command once more: it goes on, or shows the answer of a run that has ended."""
        again = Run(self.place, self.arguments)
        status = again.wait()
        self.said += f"\nonce more: status {status}\n{again.errors()}"
        assert status == ENDED_WITH_FAILURES, self.said
        assert not self.place.wait_until_gone(), self.said
        return again.output

    def expect_the_answer(self, output, reference):
        results, answer = results_text(output)
        assert (answer["tasks"], answer["failed"]) == (TASKS[self.job], FAILED[self.job]), self.said + output[:200]
        assert results == reference, f"other bits\n{self.said}\n{results[:2000]}\n{reference[:2000]}"
        assert self.place.recorded(self.run_file) == set(range(TASKS[self.job])), self.said
        verified = subprocess.run(
            [PROGRAM, "verify", self.run_file], cwd=self.place.folder, capture_output=True, text=True, timeout=60, check=False
        )
        assert verified.returncode == 0, self.said + verified.stdout + verified.stderr


class HostInjection(Injection):
    """A fault of processes, links or disks under `fanfold run -n`."""

    def disturb(self, seconds):
        moment = self.chance.uniform(0.2, 0.9 * seconds)
        self.said += f", after {moment:.2f} s"
        flags = ["--walltime", f"{max(moment, 1.0):.2f}s"] if self.fault == "walltime" else []
        undo = link_down(self.place, None, None, None) if self.fault == "down at the start" else None
        run = Run(self.place, [*self.arguments, *flags])
        time.sleep(0 if undo else moment)
        before = self.place.recorded(self.run_file)
        injected = time.monotonic()
        inject = HOST_FAULTS[self.fault]
        try:
            if run.process.poll() is not None and inject:
                raise Missed
            undo = inject(self.place, run, self.run_file, self.chance) if inject else undo
        except Missed:
            run.wait()
            raise
        status = run.wait()
        ended = time.monotonic()
        if undo:
            undo()
        self.said += f": status {status}\n{run.errors()}"
        self.detected = run.detected(injected)
        self.count_lost(before)
        if status == ENDED_WITH_FAILURES:
            self.survived = True
            self.went_on = run.went_on(injected)
            return run.output
        assert status in (RESUMABLE, -signal.SIGKILL), self.said
        self.went_on = ended - injected
        self.resumed = True
        return self.run_again()
