"""A batch system on this machine, for a test: Slurm or Grid Engine, by the scripts of tests/cluster."""

import os
import shutil
import signal
import subprocess
import tempfile

from fanfold_cli import REPOSITORY, environment
from processes import environment_of, pids

SCRIPTS = os.path.join(REPOSITORY, "tests", "cluster")


class BatchSystem:
    """From construction to `down`. `variables`: an environment in which the commands of users mean this system."""

    def __init__(self, start, stop, settings=None):
        """`start`: the script that starts it, and its arguments but the folder; `settings`: variables for that."""
        self.folder = tempfile.mkdtemp(prefix="fanfold-batch-")
        self.stop = stop
        script, *arguments = start
        started = subprocess.run([os.path.join(SCRIPTS, script), self.folder, *arguments], text=True, capture_output=True,
                                 timeout=120, check=False, env={**os.environ, **(settings or {})})
        if started.returncode != 0:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise AssertionError(f"{script}: {started.stdout}{started.stderr}")
        self.variables = sourced(started.stdout.strip().splitlines()[-1])

    def down(self):
        subprocess.run([os.path.join(SCRIPTS, self.stop), self.folder], timeout=120, check=False, stdout=subprocess.DEVNULL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def kill_node(self, name):
        """What a power cut leaves of a node of Slurm: nothing."""
        with open(os.path.join(self.folder, "pids"), encoding="ascii") as file:
            daemons = dict(line.split()[:2] for line in file)
        log = os.path.join(self.folder, "log", f"slurmd.{name}.log")
        kill_tree(int(daemons[f"slurmd.{name}"]))
        for pid in pids():
            try:
                # A step daemon keeps its node's log open.
                if os.readlink(f"/proc/{pid}/fd/3") == log:
                    kill_tree(pid)
            except OSError:
                continue
        while left := self.processes_of(name):
            for pid in left:
                kill_tree(pid)

    def processes_of(self, node):
        """What jobs have started on a node of Slurm."""
        marks = {f"SLURMD_NODENAME={node}", f"SLURM_CONF={self.variables['SLURM_CONF']}"}
        return [pid for pid in pids() if marks <= set(environment_of(pid))]


def sourced(file):
    """The environment after the file was sourced, without what tests on one host say of transports."""
    ours = {name: value for name, value in environment().items() if name not in ("OMPI_MCA_pml", "OMPI_MCA_btl")}
    shown = subprocess.run(["bash", "-c", f". {file} && env -0"], env=ours, capture_output=True, text=True, check=True).stdout
    return dict(entry.split("=", 1) for entry in shown.split("\0") if entry)


def kill_tree(pid):
    """Kills a process and all that it has started, at once."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            children = file.read().split()
    except OSError:
        children = []
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    for child in children:
        kill_tree(int(child))
