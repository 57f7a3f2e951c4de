"""A disk that is full under the run file: a clear error, nothing lost that was recorded, and the run goes on when there
is space again."""

import os
import subprocess
import sys
import time

from fanfold_cli import CliTest, main

# Each task writes 20 kB that cannot be compressed.
WRITING = """\
[params]
i = { count = 200 }

[task]
shell = "head -c 20000 /dev/urandom; echo {i} > {tmp}/x"

[reduce]
tasks = "count()"
"""

SMALL = """\
[params]
i = { count = 10 }

[values]
x = "i"

[reduce]
total = "sum(x)"
"""
SMALL_ANSWER = "total = 45  (10 of 10 tasks)\n"


def processes_of(session):
    """The processes of a session: number and state."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session:
            found.append((int(name), fields[0]))
    return found


def left_after(session, seconds):
    """Those that are still there after that time: what was killed takes a moment to die, and to be collected by init."""
    end = time.monotonic() + seconds
    while (left := processes_of(session)) and time.monotonic() < end:
        time.sleep(0.02)
    return left


class FullDiskTest(CliTest):
    def setUp(self):
        super().setUp()
        self.disk = self.path("disk")
        self.scratch = self.path("scratch")
        os.mkdir(self.disk)
        os.mkdir(self.scratch)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", self.disk], capture_output=True,
                                 text=True, check=False)
        if mounted.returncode != 0:
            self.skipTest(f"no file system can be mounted here: {mounted.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.disk], check=True)
        self.write("writing.toml", WRITING)

    def test_a_full_disk(self):
        command = ["run", "writing.toml", "--run", "disk/w.run", "--quiet"]
        process = self.start(*command, env={**os.environ, "TMPDIR": self.scratch}, start_new_session=True)
        out, err = process.communicate(timeout=60)
        self.assertEqual((process.returncode, out), (75, ""))
        self.assertEqual(err, "fanfold: cannot write disk/w.run: disk is full; what was recorded before is intact; free "
                         "some space and run the same command again\n")
        self.assertEqual(left_after(process.pid, 10), [])
        self.assertEqual(os.listdir(self.scratch), [])

        status = self.fanfold("status", "disk/w.run").out
        recorded = int(status.partition("recorded: ")[2].partition(" ")[0])
        self.assertTrue(0 < recorded < 200, status)
        subprocess.run(["mount", "-o", "remount,size=64m", self.disk], check=True)
        rows = self.fanfold("results", "disk/w.run", "--csv").out.splitlines()
        self.assertEqual(len(rows), recorded + 1)

        self.expect(command, out="tasks = 200  (200 of 200 tasks)\n")
        self.assertIn("recorded: 200 of 200 tasks finished", self.fanfold("status", "disk/w.run").out)

    def test_a_disk_that_is_full_when_the_run_begins(self):
        """Whatever room there is: the run file is whole or not there, and the run goes on when there is more room."""
        self.write("small.toml", SMALL)
        ends = set()
        for size in range(40, 400, 20):
            subprocess.run(["mount", "-o", f"remount,size={size}k", self.disk], check=True)
            ended = self.fanfold("run", "small.toml", "--run", "disk/s.run", "--quiet")
            with self.subTest(size=size):
                ends.add(ended.status)
                self.assertIn(ended.status, (0, 75), ended.err)
                if ended.status == 75:
                    self.assertRegex(ended.err, r"^fanfold: cannot write disk/s\.run(\.live)?: (disk is full|No space left on "
                                     r"device)")
                self.assertLessEqual(set(os.listdir(self.disk)), {"s.run"})
                subprocess.run(["mount", "-o", "remount,size=10m", self.disk], check=True)
                self.expect(["run", "small.toml", "--run", "disk/s.run", "--quiet"], out=SMALL_ANSWER)
            for name in os.listdir(self.disk):
                os.remove(os.path.join(self.disk, name))
        self.assertEqual(ends, {0, 75})

    def test_a_finished_run_is_not_lost_where_there_is_no_room_for_another(self):
        self.write("small.toml", SMALL)
        self.expect(["run", "small.toml", "--run", "disk/s.run", "--quiet"], out=SMALL_ANSWER)
        used = sum(os.stat(os.path.join(self.disk, name)).st_blocks for name in os.listdir(self.disk)) // 2
        for free in (8, 60, 100, 140, 180):
            subprocess.run(["mount", "-o", f"remount,size={used + free}k", self.disk], check=True)
            ended = self.fanfold("run", "small.toml", "--run", "disk/s.run", "--fresh", "--quiet")
            with self.subTest(free=free):
                self.assertEqual(ended.status, 75, ended.err)
                self.assertEqual(os.listdir(self.disk), ["s.run"])
                subprocess.run(["mount", "-o", "remount,size=10m", self.disk], check=True)
                self.expect(["results", "disk/s.run"], out=SMALL_ANSWER)


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("needs root to mount a file system", file=sys.stderr)
    main()
