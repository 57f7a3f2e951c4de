"""Runs that faults are injected into, and where they happen."""

import csv
import io
import os
import pathlib
import re
import signal
import subprocess
import threading
import time

from hosts import Hosts
from processes import PROGRAM, command_of, environment_of, kill, pids

END_SECONDS = 240
GONE_SECONDS = 20
DETECTED = re.compile(r"is lost \(|has died|has ended|does not answer|stopped by|cannot write|starts anew|stopped early|No space|full")
WENT_ON = re.compile(r"is lost \(|going on: |does not answer")


class Lines:
    """What a run says, with the times at which it did."""

    def __init__(self):
        self.lines = []

    def errors(self):
        return "".join(line for _, line in self.lines)

    def detected(self, injected):
        """Seconds until the run said that something is wrong; None if it did not."""
        return self.first(DETECTED, injected)

    def went_on(self, injected):
        """Seconds until it said that it goes on."""
        return self.first(WENT_ON, injected)

    def first(self, pattern, after):
        for moment, line in self.lines:
            if moment >= after and pattern.search(line):
                return moment - after
        return None


class Run(Lines):
    """One start of the program, whose standard error is kept with the times of its lines."""

    def __init__(self, place, arguments):
        super().__init__()
        self.place = place
        self.begin = time.monotonic()
        self.process = subprocess.Popen(
            place.launch(arguments),
            cwd=place.folder,
            env=place.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.output = ""
        self.readers = [threading.Thread(target=self.read_errors), threading.Thread(target=self.read_output)]
        for reader in self.readers:
            reader.start()

    def read_errors(self):
        for line in self.process.stderr:
            self.lines.append((time.monotonic(), line))

    def read_output(self):
        self.output = self.process.stdout.read()

    def wait(self):
        """The exit status; a run that hangs is killed, and is a fault of its own."""
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            said = self.errors()
            listing = "\n".join(f"{pid}: {command_of(pid)}" for pid in self.place.processes())
            self.place.kill_all()
            raise AssertionError(f"the run hangs:\n{said}\n{listing}") from None
        for reader in self.readers:
            reader.join()
        return self.process.returncode


class Place:
    """Where runs happen: two hosts with two ranks each, or one with four; and a folder."""

    def __init__(self, folder, with_hosts):
        self.folder = pathlib.Path(folder)
        self.hosts = Hosts(self.folder / "hosts") if with_hosts else None
        mark = self.hosts.mark if self.hosts else f"TEST_START=matrix-{os.getpid()}-{self.folder.name}"
        self.mark = mark
        self.environment = dict(self.hosts.environment if self.hosts else {**os.environ, "TEST_START": mark.split("=")[1]})
        for name in ("OMPI_MCA_btl", "OMPI_MCA_pml"):
            self.environment.pop(name, None)

    def launch(self, arguments):
        words = [os.path.abspath(PROGRAM), "run", "--io-threads", "2", "--compute-threads", "1", "--json", *arguments]
        if self.hosts is None:
            return [*words, "-n", "4"]
        return self.hosts.on("nodea", [*words, "--hosts", "nodea:2,nodeb:2"])

    def processes(self):
        return [pid for pid in pids() if self.mark in environment_of(pid)]

    def ranks(self):
        """rank → process id."""
        found = {}
        for pid in self.processes():
            for entry in environment_of(pid):
                if entry.startswith("OMPI_COMM_WORLD_RANK=") and " run " in command_of(pid):
                    found[int(entry.split("=")[1])] = pid
        return found

    def find(self, name):
        """A process by the name of its program."""
        for pid in self.processes():
            if os.path.basename(command_of(pid).split(" ")[0]) == name:
                return pid
        return None

    def wait_until_gone(self):
        end = time.monotonic() + GONE_SECONDS
        while left := self.processes():
            if time.monotonic() > end:
                listing = [f"{pid}: {command_of(pid)}" for pid in left]
                self.kill_all()
                return listing
            time.sleep(0.05)
        return []

    def kill_all(self):
        for pid in self.processes():
            kill(pid, signal.SIGKILL)

    def recorded(self, run_file):
        """The tasks that a run file has: what was acknowledged."""
        rows = subprocess.run(
            [PROGRAM, "results", run_file, "--csv"], cwd=self.folder, capture_output=True, text=True, timeout=60, check=False
        )
        return {int(row["task"]) for row in csv.DictReader(io.StringIO(rows.stdout))}

    def close(self):
        self.kill_all()
        if self.hosts:
            self.hosts.down()
