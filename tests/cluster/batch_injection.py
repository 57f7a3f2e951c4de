"""Faults of a run that was handed to a batch system: Slurm or Grid Engine, which is started for it."""

import json
import os
import subprocess
import threading
import time
from dataclasses import dataclass
from functools import partial
from typing import Callable

from batch_system import BatchSystem
from disturbed_run import END_SECONDS, Lines
from fault_jobs import TASKS
from host_faults import Missed
from injection import Injection
from processes import PROGRAM

# How Slurm calls a job that is over. Grid Engine knows it no more.
OVER = {"CANCELLED", "COMPLETED", "FAILED", "TIMEOUT", "NODE_FAIL"}


class BatchRun(Lines):
    """A submitted run, whose log is kept with the times at which its lines came."""

    def __init__(self, injection, system, flags):
        super().__init__()
        self.system, self.folder = system, injection.place.folder
        self.run_file = injection.run_file
        name, value = injection.place.mark.split("=")
        self.environment = {**system.variables, name: value}
        self.submission = ["submit", *injection.arguments, "--ranks-per-node", "2", "--nodes", "2", "--time", "10", *flags]
        self.follower = threading.Thread(target=self.follow)
        self.closed = False

    def submit(self):
        self.command(PROGRAM, *self.submission)
        if not self.follower.is_alive():
            self.follower.start()

    def command(self, *words):
        ended = subprocess.run(
            words, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert ended.returncode == 0, f"{words}: {ended.stdout}{ended.stderr}"
        return ended.stdout

    def end(self, command, job):
        """By a command of the batch system, which may refuse if the job has just ended by itself."""
        try:
            self.command(command, job)
        except AssertionError:
            if self.is_over():
                raise Missed from None
            raise

    def follow(self):
        log = self.folder / f"{self.run_file}.log"
        position = 0
        while not self.closed:
            if log.exists():
                new = log.read_bytes()[position:]
                whole = new[: new.rfind(b"\n") + 1]
                position += len(whole)
                for line in whole.decode(errors="replace").splitlines(keepends=True):
                    self.lines.append((time.monotonic(), line))
            time.sleep(0.05)

    def close(self):
        self.closed = True
        if self.follower.is_alive():
            self.follower.join()

    def status(self):
        return json.loads(self.command(PROGRAM, "status", self.run_file, "--json"))

    def job(self):
        return self.status()["scheduler"]["ids"][-1]

    def states(self):
        """What the batch system says of the job: nothing if it does not know it."""
        scheduler = self.status()["scheduler"]
        assert not scheduler["obstacle"], scheduler
        return {job["state"] for job in scheduler["jobs"]}

    def is_running(self):
        return self.states() & {"RUNNING", "r"}

    def has_begun(self):
        return self.status()["recorded"]

    def finished(self):
        """How many tasks are in the run file."""
        recorded = self.status()["recorded"]
        return recorded["finished"] if recorded else 0

    def is_over(self):
        return self.states() <= OVER

    def has_ended(self):
        return self.status()["state"] == "ended"

    def nodes(self):
        """The names of its nodes, the first first: n[1-2] are two."""
        job = self.status()["scheduler"]["jobs"][0]
        if job["state"] != "RUNNING":
            raise Missed
        return self.command("scontrol", "show", "hostnames", job["reason"]).split()

    def wait_until(self, condition):
        """Waits for what a batch system does in its own time, of which there is no event."""
        deadline = time.monotonic() + END_SECONDS
        while not condition():
            assert time.monotonic() < deadline, f"{condition} did not come: {self.status()}\n{self.errors()}"
            time.sleep(0.3)


@dataclass
class BatchFault:
    start: list  # the script that starts the batch system, and its arguments
    stop: str
    scheduler: str
    inject: Callable
    cancels: bool = False  # who does it does not want the job to go on by itself
    begin: Callable = BatchRun.is_running  # from then on it may come
    shares: tuple = (-0.2, 0.9)  # of the tasks that are done when it comes; below 0: while the ranks start


SLURM = (["slurm-up", "3", "2"], "slurm-down", "slurm")
GRID_ENGINE = (["ge-up", "8"], "ge-down", "sge")

BATCH_FAULTS = {
    "scancel": BatchFault(*SLURM, lambda job, _nodes, run: run.end("scancel", job), cancels=True),
    "qdel": BatchFault(*GRID_ENGINE, lambda job, _nodes, run: run.end("qdel", job), cancels=True),
    "other node dies": BatchFault(*SLURM, lambda _job, nodes, run: run.system.kill_node(nodes[1])),
    # For a second or so, until the script has started what watches over its node, and when that has ended, nobody else would
    # go on.
    "first node dies": BatchFault(
        *SLURM, lambda _job, nodes, run: run.system.kill_node(nodes[0]), begin=BatchRun.has_begun, shares=(0.15, 0.6)
    ),
}


class BatchInjection(Injection):
    """A fault under `fanfold submit`. After a cancelling, the job is submitted again, or the run goes on elsewhere."""

    def disturb(self, _seconds):
        fault = BATCH_FAULTS[self.fault]
        system = BatchSystem(fault.start, fault.stop, {"GE_UP_GIDS": self.group_ids()})
        run = BatchRun(self, system, ["--scheduler", fault.scheduler])
        try:
            run.submit()
            run.wait_until(partial(fault.begin, run))
            job, nodes = run.job(), run.nodes() if fault.scheduler == "slurm" else []
            share = self.chance.uniform(*fault.shares)
            self.said += f", submitted, after {max(share, 0):.0%}"
            if share > 0:
                run.wait_until(lambda: run.finished() >= share * TASKS[self.job])
            before = self.place.recorded(self.run_file)
            injected = time.monotonic()
            fault.inject(job, nodes, run)
            run.wait_until(run.is_over)
            if fault.cancels and run.has_ended():
                raise Missed
            self.said += f":\n{run.errors()}"
            self.detected = run.detected(injected)
            self.went_on = run.went_on(injected)
            self.count_lost(before)
            self.survived = run.has_ended()
            assert self.survived != fault.cancels, self.said
            if fault.cancels:
                self.go_on(run, injected)
        finally:
            run.close()
            system.down()
        return self.run_again()

    def go_on(self, run, injected):
        self.went_on = time.monotonic() - injected
        self.resumed = True
        if self.chance.random() < 0.5:
            run.submit()
            run.wait_until(run.is_over)
            assert run.has_ended(), self.said + run.errors()
            assert not self.place.wait_until_gone(), self.said + run.errors()

    def group_ids(self):
        """Grid Engine tells the processes of a job by a group, which those of another cell must not have."""
        first = 64000 + 200 * self.matrix.places.index(self.place)
        return f"{first}-{first + 199}"


def obstacle_to(fault):
    """Why a fault cannot be injected here; empty if it can."""
    needs_root = BATCH_FAULTS[fault].scheduler == "sge"
    return "Grid Engine needs root" if needs_root and os.geteuid() != 0 else ""
