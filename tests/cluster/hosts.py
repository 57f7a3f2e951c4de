"""Several hosts on one machine: network namespaces with addresses and names of their own, by hosts-up."""

import os
import pathlib
import subprocess
import uuid

HERE = pathlib.Path(__file__).resolve().parent


class NotPermitted(Exception):
    """This machine does not let us make network namespaces."""


class Hosts:
    """nodea and nodeb, from construction to `down`. All processes of them carry a mark, see processes.py."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.mark = f"TEST_START={uuid.uuid4().hex}"
        name, value = self.mark.split("=")
        self.environment = {**os.environ, name: value}
        up = subprocess.run(
            [HERE / "hosts-up", self.folder, "nodea", "nodeb"],
            env={**os.environ, "HOSTS_UP_PASS": self.mark},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if up.returncode != 0:
            raise NotPermitted(up.stderr.strip() or up.stdout.strip())
        self.environment["PATH"] = f"{self.folder}:{os.environ['PATH']}"
        self.environment["OMPI_MCA_plm_rsh_agent"] = str(self.folder / "rsh-agent")
        # The hosts share the cores: Open MPI would bind a rank of each to the same one.
        self.environment["OMPI_MCA_hwloc_base_binding_policy"] = "none"

    def on(self, host, words):
        """The words of a command on a host. Its process is that of the command."""
        return [str(self.folder / "on"), host, *words]

    def link(self, host, state):
        """up, down; drop, undrop: silence without the host noticing."""
        subprocess.run([self.folder / "link", host, state], check=True, timeout=30)

    def down(self):
        subprocess.run([HERE / "hosts-down", self.folder], capture_output=True, timeout=60, check=False)
