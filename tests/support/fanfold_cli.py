"""Runs the program under test, which the environment variable FANFOLD names, as a user would: in a folder of its own."""

import fcntl
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest
import uuid
from dataclasses import dataclass

from processes import MARK, environment_of, kill, pids

PROGRAM = os.environ.get("FANFOLD", "")
REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# A command that takes longer hangs.
TIMEOUT_SECONDS = 60

# What differs between two runs of the same command, and what stands for it in expected outputs. Progress lines are left
# out: a slow machine shows one, a fast one none.
VARYING = [
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "TIME"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"), "TIME"),
    (re.compile(r"^TIME( rank \d+)? info: [\d,]+ of [\d,]+ tasks \(\d+%\).*\n", re.MULTILINE), ""),
    (re.compile(r"^TIME (rank 0 )?info: [\d to]+ I/O threads did best.*\n", re.MULTILINE), ""),
    (re.compile(r"\bpid \d+"), "pid PID"),
    (re.compile(r"(TIME|rank \d+|running|starting|PID) on (host )?[\w.-]+"), r"\1 on \2HOST"),
    (re.compile(r"(;|,| for) \d+\.\d+ s\b"), r"\1 N s"),
    (re.compile(r"heard of \d+ s ago"), "heard of N s ago"),
    (re.compile(r",\d+\.\d{6},\d+\.\d{6},"), ",N,N,"),
    (re.compile(r'"(seconds|start|duration)":[\d.e-]+'), r'"\1":N'),
]


def normalised(text):
    """The text with times, dates, pids and hosts replaced by what stands for them, and without progress."""
    for pattern, replacement in VARYING:
        text = pattern.sub(replacement, text)
    return text


@dataclass
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str


def environment(**extra):
    """Our environment without what would mark the program as a rank or change what it prints."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PMI", "OMPI_COMM", "FANFOLD_SIMD"))}
    return {**kept, "LC_ALL": "C.UTF-8", **extra}


class CliTest(unittest.TestCase):
    """A test in a folder of its own, in which job files are written and commands are run."""

    maxDiff = None

    def setUp(self):
        if not PROGRAM:
            self.fail("set the environment variable FANFOLD to the program")
        self.folder = tempfile.mkdtemp(prefix="fanfold-cli-")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def start(self, *arguments, **options):
        """Starts the program without waiting for its end. What still runs of it at the end of the test is killed."""
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": environment(), **options}
        mark = uuid.uuid4().hex
        options["env"][MARK] = mark
        command = options.pop("command", [PROGRAM])
        process = subprocess.Popen([*command, *arguments], cwd=self.folder, text=True, **options)
        process.mark = f"{MARK}={mark}"
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        """Ends the program and what its tasks have started, which may outlive it."""
        if process.poll() is None:
            process.kill()
        process.communicate()
        for pid in CliTest.left_of(process):
            kill(pid, signal.SIGKILL)

    @staticmethod
    def left_of(process):
        """The processes that it has started and that are alive, whoever their parent is now."""
        return [pid for pid in pids() if process.mark in environment_of(pid)]

    def fanfold(self, *arguments, stdin=None):
        """Runs the program to its end; its output comes normalised."""
        ended = subprocess.run([PROGRAM, *arguments], cwd=self.folder, env=environment(), input=stdin, text=True,
                               capture_output=True, timeout=TIMEOUT_SECONDS, check=False)
        return Ended(ended.returncode, normalised(ended.stdout), normalised(ended.stderr))

    def on_terminal(self, *arguments, columns=200, command=(PROGRAM,)):
        """Runs the program with standard error on a terminal. Returns the end and what the terminal got, as it is."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        process = self.start(*arguments, stderr=slave, env=environment(TERM="xterm"), command=command)
        os.close(slave)
        drawn = b""
        while True:
            try:
                piece = os.read(master, 65536)
            except OSError:  # Linux: nobody has the other side open any more
                break
            if not piece:
                break
            drawn += piece
        os.close(master)
        out, _ = process.communicate(timeout=TIMEOUT_SECONDS)
        return Ended(process.returncode, normalised(out), ""), drawn.decode()

    def wait_until(self, condition, process, what):
        """Waits for something that a running process does to the file system, of which there is no event."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while not condition():
            if process.poll() is not None:
                self.fail(f"the program ended before {what}: {process.communicate()}")
            if time.monotonic() > deadline:
                self.fail(f"{what} did not happen in {TIMEOUT_SECONDS} s")
            time.sleep(0.01)

    def expect(self, arguments, status=0, out="", err=""):
        """Runs a command and compares all that it gives."""
        ended = self.fanfold(*arguments)
        self.assertEqual((out, err, status), (ended.out, ended.err, ended.status))
        return ended


def main():
    sys.exit(0 if unittest.main(exit=False, verbosity=1).result.wasSuccessful() else 1)
