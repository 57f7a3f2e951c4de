"""Runs that are stopped by a signal, killed, or met by a second writer; and status while they are live.

The tasks of these runs wait for a file, so that the tests decide when they end."""

import json
import os
import signal
import time

from fanfold_cli import PROGRAM, CliTest, main, normalised
from processes import command_of, mpirun

# Tasks 0 and 1 end at once, the others once there is a file `go`.
GATED = """\
[params]
i = { count = 6 }

[task]
shell = "test {i} -lt 2 || {{ : >started.{i}; until test -e go; do sleep 0.02; done; }}; echo {i}.25"

[reduce]
total = "sum(value)"
mean  = "mean(value)"

[run]
io_threads = 2
"""
ANSWER = "total = 16.5  (6 of 6 tasks)\nmean  = 2.75  (6 of 6 tasks)\n"


class InterruptTest(CliTest):
    def setUp(self):
        super().setUp()
        self.write("gated.toml", GATED)

    def start_ranks(self, *flags, command=(PROGRAM,)):
        """The same with two ranks of one slot each. The tasks that end by themselves take their time: no rank is given
        several of the others because tasks seem to be short."""
        self.write("gated.toml", GATED.replace("test {i} -lt 2 ||", "test {i} -lt 2 && sleep 0.1 ||"))
        return self.start_gated(*flags, "--io-threads", "1", command=command)

    def start_gated(self, *flags, command=(PROGRAM,)):
        """A run whose tasks 0 and 1 are recorded, and two others are running: 2 and 3, unless there are several ranks. It
        leads a group, as what a shell starts does."""
        process = self.start("run", "gated.toml", *flags, command=command, start_new_session=True)
        self.addCleanup(self.open_gate)  # before the process is waited for: its children wait for it
        self.wait_until(lambda: len(self.running_tasks()) == 2, process, "the start of two tasks")
        self.wait_until(lambda: "recorded: 2 of 6" in self.fanfold("status", "gated.run").out, process,
                        "the recording of tasks 0 and 1")
        return process

    def running_tasks(self):
        return [int(name.split(".")[1]) for name in os.listdir(self.folder) if name.startswith("started.")]

    def open_gate(self):
        if os.path.isdir(self.folder):
            self.write("go", "")

    def lines_until(self, process, words):
        """What the process writes to standard error up to the line with these words."""
        text = ""
        for line in process.stderr:
            text += line
            if words in line:
                return text
        self.fail(f"the program ended without '{words}': {text}")

    def expect_the_rest(self, recorded):
        self.expect(["run", "gated.toml"], out=ANSWER, err=(
            f"TIME info: going on: {recorded} of 6 tasks are in the run file\n"
            "6 of 6 tasks succeeded; N s; run file gated.run\n"))
        self.expect(["status", "gated.run"], out="""\
gated.run: job gated, created TIME on HOST
recorded: 6 of 6 tasks finished (100%), 0 failed; 2 executions, N s
  execution 1: TIME on HOST, 1 rank, N s
  execution 2: TIME on HOST, 1 rank, N s
ended
""")

    def test_sigint_lets_running_tasks_end_and_the_run_goes_on_later(self):
        process = self.start_gated()
        process.send_signal(signal.SIGINT)
        warning = self.lines_until(process, "; stopping, 2 running; ")  # tasks 4 and 5, which had not begun, are given back
        self.open_gate()
        out, err = process.communicate()
        self.assertEqual((out, normalised(warning + err), process.returncode), (
            "total = 7.0  (4 of 6 tasks)\nmean  = 1.75  (4 of 6 tasks)\n",
            "TIME warning: stopped by SIGINT: running tasks may end; once more to end them now\n"
            "4 of 6 tasks succeeded, 2 not run; N s; run file gated.run\n"
            "stopped early (SIGINT); the same command goes on\n  fanfold run gated.toml\n", 75))
        self.expect(["status", "gated.run"], out="""\
gated.run: job gated, created TIME on HOST
recorded: 4 of 6 tasks finished (66%), 0 failed; 1 execution, N s
stopped: the run can go on
""")
        self.expect_the_rest(4)

    def test_a_second_signal_ends_running_tasks(self):
        process = self.start_gated()
        process.send_signal(signal.SIGTERM)
        warning = self.lines_until(process, "stopped by SIGTERM")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
        self.assertEqual((out, normalised(warning + err), process.returncode), (
            "total = 1.5  (2 of 6 tasks)\nmean  = 0.75  (2 of 6 tasks)\n",
            "TIME warning: stopped by SIGTERM: running tasks may end; once more to end them now\n"
            "2 of 6 tasks succeeded, 4 not run; N s; run file gated.run\n"
            "stopped early (SIGTERM); the same command goes on\n  fanfold run gated.toml\n", 75))
        self.open_gate()
        self.expect_the_rest(2)

    def test_ctrl_c_with_several_ranks(self):
        """A terminal sends the signal to all of the group."""
        process = self.start_ranks("-n", "2")
        os.killpg(process.pid, signal.SIGINT)
        self.lines_until(process, "; stopping, 2 running; ")  # both ranks know, and have given back what had not begun
        self.open_gate()
        out, err = process.communicate()
        total = 2 + sum(self.running_tasks())
        self.assertEqual((out, process.returncode),
                         (f"total = {total}.0  (4 of 6 tasks)\nmean  = {total / 4}  (4 of 6 tasks)\n", 75))
        self.assertIn("stopped early (SIGINT); the same command goes on\n  fanfold run -n 2 gated.toml", err)
        self.expect_all_in_the_end(4)

    def test_ctrl_c_twice_with_several_ranks(self):
        process = self.start_ranks("-n", "2")
        os.killpg(process.pid, signal.SIGINT)
        self.lines_until(process, "stopped by SIGINT")
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate()
        self.assertEqual((out, process.returncode), ("total = 1.5  (2 of 6 tasks)\nmean  = 0.75  (2 of 6 tasks)\n", 75))
        self.assertIn("stopped early (SIGINT); the same command goes on\n  fanfold run -n 2 gated.toml", err)
        self.open_gate()
        self.expect_all_in_the_end(2)

    def test_ctrl_c_of_a_plain_mpirun(self):
        """It ends its ranks soon, once or twice: what is recorded stays, and the same command goes on."""
        for signals in ([signal.SIGINT], [signal.SIGINT, signal.SIGTERM]):  # not twice the same: two may come as one
            with self.subTest(signals=signals):
                process = self.start_ranks("--fresh", command=(*mpirun(2), PROGRAM))
                for number in signals:
                    os.killpg(process.pid, number)
                process.communicate()
                self.assertNotEqual(process.returncode, 0)
                self.wait_until_gone(process)
                self.open_gate()
                self.expect_all_in_the_end(2)
                for name in ("go", *(f"started.{task}" for task in self.running_tasks())):
                    os.remove(self.path(name))

    def wait_until_gone(self, process):
        """Ranks may outlive mpirun for a moment. (Programs of tasks outlive ranks that are killed.)"""
        deadline = time.monotonic() + 20
        while any(command_of(pid).startswith(PROGRAM) for pid in self.left_of(process)):
            self.assertLess(time.monotonic(), deadline, "something is left of the run")
            time.sleep(0.02)

    def expect_all_in_the_end(self, recorded):
        """The run goes on from so many recorded tasks."""
        ended = self.fanfold("run", "gated.toml")
        self.assertEqual((ended.out, ended.status), (ANSWER, 0), ended.err)
        self.assertIn(f"going on: {recorded} of 6 tasks are in the run file", ended.err)

    def test_kill_loses_nothing_that_was_recorded(self):
        process = self.start_gated()
        process.kill()
        process.communicate()
        self.assertEqual(process.returncode, -signal.SIGKILL)
        self.expect(["status", "gated.run"], out="""\
gated.run: job gated, created TIME on HOST
recorded: 2 of 6 tasks finished (33%), 0 failed; 1 execution, N s
interrupted: pid PID on HOST is gone (heard of N s ago); the run can go on
""")
        self.open_gate()
        self.expect_the_rest(2)

    def test_a_second_writer_is_refused_and_status_reads_meanwhile(self):
        process = self.start_gated()
        self.expect(["run", "gated.toml"], status=2, err=(
            "fanfold: run file 'gated.run' is being written by pid PID on host HOST (since TIME); wait for it, or choose "
            "another with --run FILE\n"))
        self.wait_until(lambda: json.loads(self.read("gated.run.live"))["ranks"] == 1, process, "the first heartbeat")
        status = self.fanfold("status", "gated.run")
        self.assertEqual((status.err, status.status), ("", 0))
        # Besides the two that are running, tasks wait at the rank; how many is the schedule's choice.
        self.assertRegex(status.out, r"""\Agated\.run: job gated, created TIME on HOST
recorded: 2 of 6 tasks finished \(33%\), 0 failed; 1 execution, N s
running on HOST \(pid PID, 1 rank, heard of N s ago\) for N s: 2 of 6 tasks finished \(33%\), 0 failed, [2-4] handed out; [\d.]+/s, [^,]+ left
rank 0 on HOST: load \d+% of 2 slots, [2-4] tasks
\Z""")
        self.expect(["results", "gated.run"], out="total = 1.5  (2 of 6 tasks)\nmean  = 0.75  (2 of 6 tasks)\n")
        self.open_gate()
        out, err = process.communicate()
        self.assertEqual((out, process.returncode), (ANSWER, 0))
        self.assertTrue(normalised(err).endswith("6 of 6 tasks succeeded; N s; run file gated.run\n"), err)

    def test_walltime(self):
        self.write("naps.toml", "[params]\ni = { count = 1000 }\n[task]\nsleep = 0.05\n[reduce]\ntasks = 'count()'\n")
        ended = self.fanfold("run", "naps.toml", "--walltime", "300ms", "--io-threads", "1")
        self.assertEqual(ended.status, 75)
        self.assertRegex(ended.out, r"\Atasks = \d  \(\d of 1,000 tasks\)\n\Z")
        self.assertRegex(ended.err, r"""\ATIME warning: stopped by the walltime: running tasks may end
\d of 1,000 tasks succeeded, (99\d|1,000) not run; N s; run file naps.run
stopped early \(the walltime\); the same command goes on
  fanfold run naps.toml --io-threads=1 --walltime=300ms
\Z""")


if __name__ == "__main__":
    main()
