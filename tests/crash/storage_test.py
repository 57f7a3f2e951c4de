"""Run files on storage that is not a local disk: a network file system without locks and shared memory maps, and a disk
that takes ten seconds for a sync. A library that is loaded before the C library plays them (storage_shim.cpp)."""

import os
import re
import sqlite3
import subprocess
import sys
import time
import unittest

from fanfold_cli import CliTest, PROGRAM, environment, main, normalised

SHIM = os.environ.get("STORAGE_SHIM", "")

# 40 tasks on two threads; each leaves a line. Half of them wait until there is a file `go`.
JOB = """\
[params]
i = { count = 40 }

[task]
shell = "echo {i} >> {env.RAN}; test {i} -lt 20 || until test -e go; do sleep 0.02; done; test {i} -ne 13 && echo {i}.5"

[reduce]
total = "sum(value)"
codes = "count() by status"
"""

ANSWER = """\
total = 786.5  (39 of 40 tasks)
status     codes  tasks
failed     1      1
succeeded  39     39
"""


class StorageTest(CliTest):
    def setUp(self):
        super().setUp()
        self.assertTrue(os.path.exists(SHIM), "set the environment variable STORAGE_SHIM to the library")
        self.settings = {"LD_PRELOAD": SHIM, "RAN": self.path("ran")}
        self.write("job.toml", JOB)
        self.write("ran", "")

    def run_on(self, *arguments):
        """A command on that storage, to its end."""
        ended = subprocess.run([PROGRAM, *arguments], cwd=self.folder, env=environment(**self.settings), text=True,
                               capture_output=True, timeout=60, check=False)
        ended.stderr = normalised(ended.stderr)
        return ended

    def begin(self, *arguments):
        return self.start("run", "job.toml", "--io-threads", "2", *arguments, env=environment(**self.settings))

    def ran(self):
        return self.read("ran").split()

    def recorded(self, run_file):
        status = self.run_on("status", run_file).stdout
        found = re.search(r"recorded: (\d+) of 40", status)
        return int(found[1]) if found else None


class NetworkFileSystem(StorageTest):
    def setUp(self):
        super().setUp()
        os.mkdir(self.path("share"))
        self.settings["STORAGE_NETWORK"] = os.path.realpath(self.path("share"))

    def test_the_shim_breaks_what_trusts_locks_and_maps(self):
        program = "import sqlite3; sqlite3.connect('share/other.db').execute('PRAGMA journal_mode = WAL')"
        broken = subprocess.run([sys.executable, "-c", program], cwd=self.folder, env=environment(**self.settings),
                                capture_output=True, text=True, check=False)
        self.assertIn("sqlite3.OperationalError", broken.stderr)
        subprocess.run([sys.executable, "-c", program.replace("share/", "")], cwd=self.folder,
                       env=environment(**self.settings), check=True)

    def test_a_run_and_what_reads_it(self):
        self.write("go", "")
        for flags in ([], ["-n", "2"]):
            with self.subTest(flags=flags):
                ended = self.run_on("run", *flags, "job.toml", "--run", "share/job.run", "--fresh", "--quiet")
                self.assertEqual((ended.stdout, ended.returncode), (ANSWER, 1), ended.stderr)
                self.assertEqual(os.listdir(self.path("share")), ["job.run"])
                self.assertEqual(self.run_on("results", "share/job.run").stdout, ANSWER)
                self.assertEqual(self.run_on("output", "share/job.run", "3").stdout, "3.5\n")
                verified = self.run_on("verify", "share/job.run")
                self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)

    def begin_and_wait_for_half(self):
        """A run of which 20 tasks have ended, as it says itself, and two wait."""
        process = self.begin("--run", "share/job.run")
        self.wait_until(lambda: "20 of 40 tasks finished" in self.run_on("status", "share/job.run").stdout, process,
                        "half of the tasks have ended")
        return process

    def test_while_it_is_written_only_its_writer_says_how_far_it_is(self):
        process = self.begin_and_wait_for_half()
        self.assertNotIn("job.run-shm", os.listdir(self.path("share")))
        status = self.run_on("status", "share/job.run")
        self.assertEqual(status.returncode, 0, status.stderr)
        self.assertIn(f"running on {os.uname().nodename} (pid {process.pid}", status.stdout)
        results = self.run_on("results", "share/job.run")
        self.assertEqual((results.returncode, results.stderr), (2, (
            "fanfold: run file 'share/job.run' is being written by pid PID on host HOST and cannot be shared from where it is "
            "(a network file system, or a folder without write permission): wait for the run to end; fanfold status says how "
            "far it is\n")))
        second = self.run_on("run", "job.toml", "--run", "share/job.run")
        self.assertEqual((second.returncode, second.stderr), (2, (
            "fanfold: run file 'share/job.run' is being written by pid PID on host HOST (since TIME); wait for it, or choose "
            "another with --run FILE\n")))
        self.write("go", "")
        out, err = process.communicate(timeout=60)
        self.assertEqual((out, process.returncode), (ANSWER, 1), err)

    def test_a_writer_that_was_killed(self):
        process = self.begin_and_wait_for_half()
        log = self.path("share/job.run-wal")
        self.wait_until(lambda: time.time() - os.stat(log).st_mtime > 1, process, "what has ended is committed")
        process.kill()
        process.communicate()
        self.assertIn("job.run-wal", os.listdir(self.path("share")))
        recorded = self.recorded("share/job.run")
        self.assertEqual(recorded, 20)
        rows = self.run_on("results", "share/job.run", "--csv").stdout.splitlines()
        self.assertEqual(len(rows), recorded + 1)
        self.assertEqual(self.run_on("verify", "share/job.run").returncode, 0)

        self.write("go", "")
        self.write("ran", "")
        ended = self.run_on("run", "job.toml", "--run", "share/job.run")
        self.assertEqual((ended.stdout, ended.returncode), (ANSWER, 1))
        self.assertIn(f"going on: {recorded} of 40 tasks are in the run file\n", ended.stderr)
        self.assertEqual(len(self.ran()), 40 - recorded)
        self.assertEqual(os.listdir(self.path("share")), ["job.run"])

        # What was made there is a run file like any other.
        with sqlite3.connect(self.path("share/job.run")) as database:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])

    def test_doctor_and_run_say_where_it_is(self):
        ended = self.run_on("doctor", "job.toml", "--run", "share/job.run")
        self.assertIn("network file system", ended.stdout)


class SlowDisk(StorageTest):
    def test_a_sync_of_ten_seconds(self):
        """Rank zero is heard of and hands out work all the time; only what is acknowledged waits."""
        self.write("go", "")
        self.write("job.toml", JOB.replace("count = 40", "count = 400").replace("test {i} -ne 13", "sleep 0.05; test {i} -ne 13"))
        mark = self.path("slow")
        self.settings |= {"STORAGE_SLOW": "-wal", "STORAGE_SLOW_SECONDS": "10", "STORAGE_SLOW_CALLS": "4:5",
                          "STORAGE_SLOW_MARK": mark}
        process = self.begin("-n", "3", "--run", "job.run")
        self.wait_until(lambda: os.path.exists(mark + ".begun"), process, "a slow sync has begun")
        before = len(self.ran())
        heard = set()

        def is_over():
            # Where all tasks run within the ten seconds, the run is over soon after the sync.
            if os.path.exists(self.path("job.run.live")):
                with open(self.path("job.run.live"), encoding="utf-8") as file:
                    heard.add(re.search(r'"heartbeat":(\d+)', file.read())[1])
            return os.path.exists(mark + ".ended")

        self.wait_until(is_over, process, "the slow sync has ended")
        during = len(self.ran()) - before
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1, err)
        self.assertIn("total = 79986.5  (399 of 400 tasks)\n", out)
        self.assertNotIn("lost", err)
        self.assertGreaterEqual(len(heard), 4, "RUN.live was not renewed")
        self.assertGreater(during, 50, "nothing ran while the disk was slow")
        self.assertEqual(len(self.ran()), 400, "a task ran twice")

    @unittest.skipUnless(os.environ.get("FANFOLD_LONG_TESTS"), "takes more than a minute")
    def test_every_sync_takes_ten_seconds(self):
        self.write("go", "")
        self.settings |= {"STORAGE_SLOW": "-wal", "STORAGE_SLOW_SECONDS": "10"}
        process = self.begin("-n", "3", "--run", "job.run")
        out, err = process.communicate(timeout=200)
        self.assertEqual((out, process.returncode), (ANSWER, 1), err)
        self.assertNotIn("lost", err)
        self.assertEqual(len(self.ran()), 40, "a task ran twice")


if __name__ == "__main__":
    main()
