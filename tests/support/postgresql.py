"""A PostgreSQL of the test's own: a new cluster in a temporary folder, on a socket there and a loopback port."""

import glob
import os
import pwd
import shutil
import socket
import subprocess
import tempfile

USER = "tester"
PASSWORD = "pa55word-of-the-test"


def programs_folder():
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
    return os.path.dirname(found[-1]) if found else os.path.dirname(shutil.which("initdb") or "")


class Cluster:
    """As a context: runs until its end. The server refuses root; the user of Debian's package runs it then."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="fanfold-pg-")
        self.user = pwd.getpwnam("postgres") if os.getuid() == 0 else None
        if self.user:
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        try:
            with open(os.path.join(self.folder, "password"), "w", encoding="ascii") as file:
                file.write(PASSWORD)
            os.chmod(file.name, 0o644)
            self.run("initdb", "-D", self.data, "-U", USER, "--auth=scram-sha-256", "--pwfile", file.name, "-E", "UTF8",
                     "--no-sync", "--locale=C")
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    @property
    def data(self):
        return os.path.join(self.folder, "data")

    def start(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.run("pg_ctl", "-D", self.data, "-w", "-l", os.path.join(self.folder, "log"), "-o",
                 f"-c listen_addresses=127.0.0.1 -c port={self.port} -k {self.folder} -c fsync=off", "start")

    def run(self, program, *arguments):
        options = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if self.user else {}
        ended = subprocess.run([os.path.join(programs_folder(), program), *arguments], cwd=self.folder, timeout=60,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False, text=True, **options)
        if ended.returncode:
            raise RuntimeError(f"{program}: {ended.stderr}")

    def sql(self, statements):
        """What the statements print."""
        return subprocess.run(["psql", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(self.port), "-U", USER, "postgres"],
                              input=statements, env={**os.environ, "PGPASSWORD": PASSWORD}, text=True, check=True, timeout=60,
                              stdout=subprocess.PIPE).stdout

    @property
    def url(self):
        return f"postgresql://{USER}@127.0.0.1:{self.port}/postgres"

    def __exit__(self, *_):
        if os.path.exists(os.path.join(self.data, "postmaster.pid")):
            self.run("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.folder)
