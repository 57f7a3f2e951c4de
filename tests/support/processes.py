"""Starts the program under test, which the environment variable FANFOLD names, with or without mpirun, and finds every
process that belongs to such a start.

A start is marked by an environment variable, which all processes inherit: mpirun, its ranks, and what the tasks run.
That holds where process groups do not, as both mpirun and the program give their children groups of their own.
A process that has ended but was not waited for yet (a zombie) has no environment any more, and counts as gone.
"""

import json
import os
import signal
import subprocess
import time
import uuid

PROGRAM = os.environ.get("FANFOLD", "")
MARK = "TEST_START"


class Start:
    """One start of the program: its main process, and whatever that starts."""

    def __init__(self, arguments, *, ranks=None, folder, environment=None):
        """`fanfold run` with these arguments: without `ranks`, the bare program; with them, mpirun with that many."""
        self.mark = f"{MARK}={uuid.uuid4().hex}"
        name, value = self.mark.split("=")
        self.ranks = ranks
        self.words = [*mpirun(ranks), PROGRAM, "run", *arguments]
        self.process = subprocess.Popen(
            self.words,
            cwd=folder,
            env={**os.environ, **(environment or {}), name: value},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait(self, seconds=120):
        """The exit status (negative: a signal), standard output and standard error of the ended program.

        If it does not end in time, all of its processes are killed, and an error is raised that shows what it said."""
        try:
            output, errors = self.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.kill_all()
            output, errors = self.process.communicate()
            raise AssertionError(f"{self} did not end within {seconds} s:\n{output}\n{errors}") from None
        return self.process.returncode, output, errors

    def processes(self):
        """The ids of all processes of this start that are alive."""
        return [pid for pid in pids() if self.mark in environment_of(pid)]

    def rank_processes(self):
        """rank → process id, of the ranks that mpirun has started so far."""
        found = {}
        for pid in pids():
            environment = environment_of(pid)
            # What a task runs has no variables of MPI.
            if self.mark not in environment:
                continue
            for entry in environment:
                if entry.startswith("OMPI_COMM_WORLD_RANK="):
                    found[int(entry.split("=")[1])] = pid
        return found

    def wait_until_gone(self, seconds=20):
        """Waits until no process of this start is alive: None, or what is left after that time."""
        end = time.monotonic() + seconds
        while left := self.processes():
            if time.monotonic() > end:
                return [f"{pid}: {command_of(pid)}" for pid in left]
            time.sleep(0.02)
        return None

    def kill_all(self):
        for pid in self.processes():
            kill(pid, signal.SIGKILL)

    def __str__(self):
        return " ".join(self.words)


def mpirun(ranks):
    """The beginning of a command line for this many ranks; nothing for None."""
    if ranks is None:
        return []
    return [os.environ.get("MPIRUN", "mpirun"), "-n", str(ranks), "--bind-to", "none", "--oversubscribe", "-q"]


def results_text(output):
    """The "results" of what `--json` printed, exactly as printed; and the whole object.

    They are compared as text: parsing would hide how a number is written, and the order of rows."""
    lines = output.strip().splitlines()
    if len(lines) != 1:
        raise AssertionError(f"expected one JSON object alone on standard output, got:\n{output}")
    answer = json.loads(lines[0])
    begin = lines[0].index('"results":') + len('"results":')
    end = lines[0].rindex(',"run_file":')
    text = lines[0][begin:end]
    if json.loads(text) != answer["results"]:
        raise AssertionError(f"the results are not where they are looked for in:\n{output}")
    return text, answer


def kill(pid, number):
    """False if the process has gone already."""
    try:
        os.kill(pid, number)
        return True
    except ProcessLookupError:
        return False


def pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def environment_of(pid):
    """The entries NAME=VALUE of a process; none if it has gone, or is another user's."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return file.read().decode(errors="replace").split("\0")
    except OSError:
        return []


def command_of(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return "gone"
