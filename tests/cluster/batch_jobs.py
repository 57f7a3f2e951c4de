"""What the tests of batch systems run: naps, so that time passes and the machine is idle."""

import os
import signal

from batch_cluster import BatchTest
from processes import command_of, environment_of, pids

# Two tasks a second and rank.
NAPS = """\
[params]
i = { count = %d }

[task]
shell = "sleep 0.5; echo {i}"

[reduce]
total = "sum(value)"
third = "mean(value / 3)"

[run]
io_threads = 1
"""


class NapsTest(BatchTest):
    SCHEDULER = ""

    def submit(self, tasks, *flags, status=0):
        self.write("job.toml", NAPS % tasks)
        return self.fanfold("submit", "job.toml", "--scheduler", self.SCHEDULER, *flags, status=status)

    def wait_for_tasks(self, count=3):
        self.wait_until(lambda: self.finished() >= count, f"the record of {count} tasks")

    def wait_for_end(self, seconds=170):
        self.wait_until(lambda: (self.status() or {}).get("state") == "ended", "the end of the run", seconds)

    def executions(self):
        return self.status()["recorded"]["executions"]

    def expect_the_answer(self):
        """The bits of an undisturbed run, which here takes as many threads as it likes."""
        self.expect_answer("job.run", "job.toml", "--io-threads", "60")


class SlurmTest(NapsTest):
    SCHEDULER = "slurm"
    STOP = "slurm-down"

    def nodes(self):
        """The names of the nodes on which the job of the run is: n[1-2] are two."""
        listed = self.status()["scheduler"]["jobs"][0]["reason"]
        return self.command("scontrol", "show", "hostnames", listed).split()

    def kill_rank_zero(self):
        """That of the run of this test, which srun has started."""
        for pid in pids():
            here = os.path.exists(f"/proc/{pid}/cwd") and os.path.realpath(f"/proc/{pid}/cwd") == os.path.realpath(self.folder)
            if here and "PMIX_RANK=0" in environment_of(pid) and " run " in command_of(pid):
                os.kill(pid, signal.SIGKILL)
                return
        self.fail("there is no rank zero")
