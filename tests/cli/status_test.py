"""fanfold status: of finished, live and interrupted runs, for people, for programs, and redrawn."""

import json
import os
import signal
import socket
import subprocess
import time

from fanfold_cli import CliTest, PROGRAM, environment, main, normalised

# Tasks 0 and 1 end at once, the others once there is a file `go`.
GATED = """\
[params]
i = { count = 8 }

[task]
shell = "test {i} -lt 2 || until test -e go; do sleep 0.02; done"

[run]
io_threads = 2
"""

LIVE_LINE = r"2 of 8 tasks finished \(25%\), 0 failed, [2-6] handed out; [\d.]+/s, [\w. ]+ left"


class StatusTest(CliTest):
    def setUp(self):
        super().setUp()
        self.write("gated.toml", GATED)

    def status(self):
        return json.loads(subprocess.run([PROGRAM, "status", "gated.run", "--json"], cwd=self.folder, env=environment(),
                                         capture_output=True, text=True, check=True).stdout)

    def start_gated(self):
        """A run of which two tasks are recorded, and whose live file says so."""
        process = self.start("run", "gated.toml")
        self.addCleanup(lambda: os.path.isdir(self.folder) and self.write("go", ""))
        self.wait_until(lambda: os.path.exists(self.path("gated.run.live")), process, "the start")
        self.wait_until(lambda: json.loads(self.read("gated.run.live"))["finished"] == 2, process, "the end of two tasks")
        return process

    def on_terminal_until_end(self, process, master):
        drawn = b""
        while True:
            try:
                piece = os.read(master, 65536)
            except OSError:
                break
            if not piece:
                break
            drawn += piece
        os.close(master)
        process.wait()
        return drawn.decode()

    def test_json_of_a_finished_run(self):
        self.write("go", "")
        self.fanfold("run", "gated.toml")
        status = self.status()
        recorded = status["recorded"]
        self.assertEqual((status["run_file"], status["state"], status["live"]), ("gated.run", "ended", None))
        self.assertEqual((recorded["job"], recorded["tasks"], recorded["finished"], recorded["failed"]), ("gated", 8, 8, 0))
        self.assertEqual([(each["number"], each["ranks"]) for each in recorded["executions"]], [(1, 1)])

    def test_json_of_a_live_run(self):
        process = self.start_gated()
        status = self.status()
        live = status["live"]
        self.assertEqual((status["state"], live["pid"], live["ranks"], live["tasks"], live["finished"]),
                         ("running", process.pid, 1, 8, 2))
        self.assertLess(live["heartbeat_age"], 30)
        self.assertEqual([(rank["rank"], rank["slots"], rank["lost"]) for rank in live["loads"]], [(0, 2, False)])
        process.send_signal(signal.SIGINT)
        self.wait_until(lambda: self.status()["live"]["draining"], process, "the drain")
        self.write("go", "")
        process.communicate()
        self.assertEqual(self.status()["state"], "stopped")

    def test_watch_in_a_pipe_ends_with_the_run(self):
        run = self.start_gated()
        watch = self.start("status", "gated.run", "--watch")
        first = watch.stdout.readline()
        self.assertRegex(first, rf"\A{LIVE_LINE}\n\Z")
        self.write("go", "")
        run.communicate()
        out, err = watch.communicate(timeout=30)
        last = normalised(out).splitlines()[-3:]
        self.assertEqual((last, err, watch.returncode), ([
            "gated.run: job gated, created TIME on HOST",
            "recorded: 8 of 8 tasks finished (100%), 0 failed; 1 execution, N s",
            "ended"], "", 0))

    def test_watch_of_a_run_that_has_ended(self):
        self.write("go", "")
        self.fanfold("run", "gated.toml")
        self.expect(["status", "gated.run", "--watch"], out=self.fanfold("status", "gated.run").out)

    def test_watch_on_a_terminal_redraws(self):
        run = self.start_gated()
        master, slave = os.openpty()
        watch = subprocess.Popen([PROGRAM, "status", "gated.run", "--watch"], cwd=self.folder, stdout=slave,
                                 env=environment(TERM="xterm"))
        os.close(slave)
        self.addCleanup(watch.kill)
        time.sleep(1.5)  # it redraws every second: there is no event of it
        self.write("go", "")
        run.communicate()
        drawn = self.on_terminal_until_end(watch, master)
        frames = drawn.split("\x1b[J")[1:]
        self.assertGreaterEqual(len(frames), 3)
        # Each is drawn over the one before: as many lines up as that had.
        for before, frame in zip(frames, drawn.split("\x1b[J")[1:-1]):
            self.assertEqual(re_up(frame), before.count("\n"))
        self.assertIn("running on ", frames[0])
        self.assertTrue(frames[-1].endswith("ended\r\n\x1b[?7h"), frames[-1])
        self.assertEqual(watch.returncode, 0)

    def test_an_interrupted_watch_is_quiet(self):
        self.start_gated()
        watch = self.start("status", "gated.run", "--watch")
        watch.stdout.readline()
        watch.send_signal(signal.SIGINT)
        out, err = watch.communicate(timeout=30)
        self.assertEqual((out, err, watch.returncode), ("", "", 0))

    def fake_live(self, **changes):
        """A live file as a writer would leave it."""
        live = {"host": socket.gethostname(), "pid": os.getpid(), "heartbeat": int(time.time()), "tasks": 8, "finished": 3,
                "failed": 1, "running": 2, "ranks": 20, "seconds": 12.5, **changes}
        self.write("gated.run.live", json.dumps(live))

    def test_a_writer_of_another_host_that_is_silent(self):
        self.fanfold("run", "gated.toml", "--tasks", "0:2")
        self.fake_live(host="elsewhere", heartbeat=int(time.time()) - 100)
        self.assertRegex(self.fanfold("status", "gated.run").out,
                         r"\ninterrupted: pid PID on HOST is gone \(heard of N s ago\); the run can go on\n\Z")
        self.assertEqual(self.status()["state"], "interrupted")
        self.assertGreaterEqual(self.status()["live"]["heartbeat_age"], 100)

    def test_many_ranks_are_summed_up(self):
        self.fanfold("run", "gated.toml", "--tasks", "0:2")
        ranks = [{"rank": rank, "host": "node", "slots": 4, "running": 1, "load": rank / 20, "lost": False} for rank in range(20)]
        self.fake_live(loads=ranks, rate=2.5, remaining=3)
        self.assertTrue(self.fanfold("status", "gated.run").out.endswith(
            "for N s: 3 of 8 tasks finished (37%), 1 failed, 2 handed out; 2.50/s, N s left\nload: 0% to 95% on 20 ranks\n"))

    def test_a_run_file_that_is_not_shared(self):
        # As on a network file system, where the writer has the file for itself: what it says is all there is.
        self.write("gated.run", "")
        self.fake_live(ranks=0)
        ended = self.fanfold("status", "gated.run")
        self.assertEqual((ended.status, ended.err), (0, ""))
        self.assertTrue(ended.out.endswith("\nstarting on HOST (pid PID)\n"), ended.out)
        status = self.status()
        self.assertEqual((status["state"], status["recorded"]), ("starting", None))

    def test_a_live_file_of_an_earlier_version(self):
        self.fanfold("run", "gated.toml", "--tasks", "0:2")
        self.fake_live()
        self.assertTrue(self.fanfold("status", "gated.run").out.endswith(
            "for N s: 3 of 8 tasks finished (37%), 1 failed, 2 handed out; 0/s\n"))

    def test_executions(self):
        for task in "01":
            self.fanfold("run", "gated.toml", "--task", task)
        self.write("go", "")
        self.fanfold("run", "gated.toml", "-n", "2")
        self.expect(["status", "gated.run"], out="""\
gated.run: job gated, created TIME on HOST
recorded: 8 of 8 tasks finished (100%), 0 failed; 3 executions, N s
  execution 1: TIME on HOST, 1 rank, N s
  execution 2: TIME on HOST, 1 rank, N s
  execution 3: TIME on HOST, 2 ranks, N s
ended
""")


def re_up(frame):
    """How many lines the end of a frame moves up."""
    return int(frame.rsplit("\x1b[", 1)[1].removesuffix("A"))


class MistakesTest(CliTest):
    COMMANDS = [["status", "X"], ["status", "X", "--watch"], ["status", "X", "--json"], ["results", "X"],
                ["results", "X", "--csv"], ["results", "X", "--failed", "--digest"], ["output", "X", "0"], ["explain", "X", "0"]]

    def expect_refusal(self, run_file, message):
        for command in self.COMMANDS:
            self.expect([run_file if word == "X" else word for word in command], status=2, err=f"fanfold: {message}\n")

    def test_what_is_no_run_file(self):
        self.write("notes.txt", "nothing\n")
        self.write("empty.run", "")
        os.mkdir(self.path("folder.run"))
        self.expect_refusal("missing.run", "run file 'missing.run' does not exist")
        self.expect_refusal("notes.txt", "run file 'notes.txt' is not a run file of fanfold")
        self.expect_refusal("folder.run", "run file 'folder.run' is not a file")
        self.expect_refusal("empty.run", "run file 'empty.run' is empty: it is no run file; remove it, or start afresh with --fresh")

    def test_other_databases_and_newer_versions(self):
        subprocess.run(["sqlite3", self.path("other.db"), "CREATE TABLE t(x)"], check=True)
        self.expect_refusal("other.db", "'other.db' is an SQLite database, but not a run file of fanfold")
        self.write("job.toml", "[values]\nx = '1'\n")
        self.fanfold("run", "job.toml")
        subprocess.run(["sqlite3", self.path("job.run"), "PRAGMA user_version = 99"], check=True)
        self.expect_refusal("job.run", "run file 'job.run' was written by a newer fanfold (schema 99; this one reads up to 2)")


if __name__ == "__main__":
    main()
