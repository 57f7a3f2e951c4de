"""A batch system of a test's own, started and ended by the scripts of tests/cluster."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from batch_system import BatchSystem
from fanfold_cli import PROGRAM


class BatchTest(unittest.TestCase):
    """The tests of one class share a batch system; each has a folder of its own."""

    maxDiff = None
    START = []  # the script that starts it, and its arguments but the folder
    STOP = ""

    @classmethod
    def setUpClass(cls):
        cls.system = BatchSystem(cls.START, cls.STOP)
        cls.addClassCleanup(cls.system.down)
        cls.variables = cls.system.variables

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="fanfold-batch-job-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, name):
        if not os.path.exists(self.path(name)):
            return ""
        with open(self.path(name), encoding="utf-8", errors="replace") as file:
            return file.read()

    def command(self, *words, status=0):
        """What a command prints to standard output."""
        ended = subprocess.run(words, cwd=self.folder, env=self.variables, text=True, capture_output=True, timeout=60,
                               check=False)
        self.assertEqual(ended.returncode, status, f"{words}: {ended.stdout}{ended.stderr}{self.log()}")
        return ended.stdout

    def fanfold(self, *arguments, status=0):
        return self.command(PROGRAM, *arguments, status=status)

    def log(self):
        return "".join(f"\n== {name}\n{self.read(name)}" for name in sorted(os.listdir(self.folder))
                       if name.endswith(".log"))

    def status(self, run="job.run"):
        """`fanfold status --json`; None while there is nothing to say."""
        ended = subprocess.run([PROGRAM, "status", run, "--json"], cwd=self.folder, env=self.variables, text=True,
                               capture_output=True, timeout=60, check=False)
        return json.loads(ended.stdout) if ended.returncode == 0 else None

    def queue(self, run="job.run"):
        """job → state, as the batch system says."""
        status = self.status(run)
        return {job["job"]: job["state"] for job in status["scheduler"]["jobs"]} if status else {}

    def finished(self, run="job.run"):
        status = self.status(run)
        return status["recorded"]["finished"] if status and status["recorded"] else 0

    def wait_until(self, condition, what, seconds=170):
        """Waits for what a batch system does in its own time, of which there is no event."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                self.fail(f"{what} did not happen in {seconds} s: {self.status()}{self.log()}")
            time.sleep(0.3)

    def expect_answer(self, run, job, *options):
        """The answer of the run has the bits of an undisturbed run on this machine."""
        undisturbed = self.fanfold("run", job, "--quiet", "--json", "--run", "undisturbed.run", *options)
        self.assertEqual(json.loads(self.fanfold("results", run, "--json")), json.loads(undisturbed)["results"])


class TogetherSuite(unittest.TestSuite):
    """Runs its tests at the same time: they wait for a batch system most of the time."""

    def run(self, result, debug=False):
        tests = [test for suite in self for test in suite]
        for owner in {type(test) for test in tests}:
            own = [test for test in tests if type(test) is owner]
            try:
                owner.setUpClass()
                threads = [threading.Thread(target=test, args=(result,)) for test in own]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
            finally:
                owner.doClassCleanups()
        return result


def main():
    """The tests of the script that is run, together."""
    tests = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    result = unittest.TextTestRunner(verbosity=1).run(TogetherSuite(tests))
    sys.exit(0 if result.wasSuccessful() and result.testsRun > 0 else 1)
