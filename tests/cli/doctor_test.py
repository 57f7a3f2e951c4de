"""fanfold doctor, alone and on two ranks, and what run warns of by itself."""

import os
import re
import socket
import subprocess
import tempfile

from fanfold_cli import PROGRAM, CliTest, environment, main

JOB = """\
[params]
i = { count = 100 }

[task]
shell = "sleep 0.01; echo {i}"
"""


class DoctorTest(CliTest):
    def setUp(self):
        super().setUp()
        self.write("job.toml", JOB)

    def examined(self, *words, before=(), **variables):
        """The lines, each beginning with its weight."""
        ended = subprocess.run([*before, PROGRAM, "doctor", *words], cwd=self.folder, env=environment(**variables),
                               text=True, capture_output=True, timeout=60, check=False)
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        return ended.stdout.splitlines()

    def line(self, lines, topic):
        found = [line for line in lines if line[9:].startswith(f"{topic}: ")]
        self.assertEqual(len(found), 1, lines)
        return found[0]

    def test_all_that_it_says(self):
        """Whole, with the numbers of this machine replaced."""
        said = "\n".join(self.examined("job.toml", OMP_NUM_THREADS="1", OMPI_MCA_pml="ob1", OMPI_MCA_btl="self,tcp")) + "\n"
        for what, name in ((r"[\d.]+ [kMGT]?B\b", "BYTES"), (r"\d+ are allowed", "N are allowed"),
                           (r"\d+ I/O and \d+ compute threads on \d+ of \d+ CPUs", "THREADS"),
                           (rf" of {re.escape(socket.gethostname())}\b", " of HOST"), (r"v4\.\d\S*", "VERSION"),
                           (re.escape(tempfile.gettempdir()), "TMP"), (r"on a (local|network) file", "on a KIND file")):
            said = re.sub(what, name, said)
        self.assertEqual(said, """\
1 rank on 1 host
ok       binding: no rank is held on one core while others are free
ok       threads: rank 0 has THREADS
ok       oversubscription: no host has more ranks or compute threads than CPUs
ok       OMP variables: OMP_NUM_THREADS=1
ok       open files: N are allowed
ok       temporary files: BYTES are free in TMP of HOST
ok       MPI: Open MPI VERSION
ok       transports: OMPI_MCA_pml=ob1, OMPI_MCA_btl=self,tcp
ok       run file: job.run is on a KIND file system
ok       files: 1 run file of about BYTES and what programs print, BYTES are free there
note     time: nothing is recorded to tell the run time from, and no walltime is known
         remedy: run a part first: --task 0, or --tasks 0:100; then ask again
""")

    def test_alone(self):
        lines = self.examined()
        self.assertEqual(lines[0], "1 rank on 1 host")
        self.assertRegex(self.line(lines, "MPI"), r"\Aok +MPI: Open MPI v4")
        self.assertFalse(any(" run file: " in line for line in lines))

    def test_a_job(self):
        lines = self.examined("job.toml")
        self.assertRegex(self.line(lines, "run file"), r"\A(ok|note) +run file: job.run is on a (local|network) file system")
        self.assertRegex(self.line(lines, "files"), r"files: 1 run file of about [\d.]+ kB and what programs print, .* are free there")
        self.assertRegex(self.line(lines, "time"), r"\Anote +time: nothing is recorded to tell the run time from, and no walltime")
        self.fanfold("run", "job.toml", "--tasks", "0:10")
        self.write("job.toml", JOB + "[run]\nwalltime = \"1h\"\n")
        self.assertRegex(self.line(self.examined("job.toml"), "time"), r"time: about \d+ s are left to run, .* walltime of 60 min")
        self.write("job.toml", JOB + "[run]\nwalltime = 0.001\n")
        self.assertRegex(self.line(self.examined("job.toml"), "time"), r"\Awarning +time: ")

    def test_programs_and_their_threads(self):
        many = JOB + "[run]\nio_threads = 64\n"
        self.write("job.toml", many)
        self.assertRegex(self.line(self.examined("job.toml", OMP_NUM_THREADS="3"), "OMP variables"),
                         r"\Awarning +OMP variables: OMP_NUM_THREADS=3: programs .* 3 threads each, 192 in all")
        self.write("job.toml", many.replace("[run]", "env = { OMP_NUM_THREADS = \"1\" }\n[run]"))
        self.assertRegex(self.line(self.examined("job.toml"), "OMP variables"), r"\Aok ")

    def test_two_ranks_and_what_each_sees(self):
        mpirun = [os.environ.get("MPIRUN", "mpirun"), "-n", "2", "--oversubscribe", "--bind-to", "none", "-q"]
        lines = self.examined("job.toml", before=mpirun)
        self.assertEqual(lines[0], "2 ranks on 1 host")
        self.assertRegex(self.line(lines, "binding"), r"\Aok ")

    def test_limits_of_open_files_and_what_run_warns_of(self):
        self.write("job.toml", JOB + "[run]\nio_threads = 40\n")
        limited = ["bash", "-c", "ulimit -n 200 && exec \"$@\"", "bash"]
        lines = self.examined("job.toml", before=limited)
        warning = "open files: rank 0 may open 200, and would need about 304"
        self.assertRegex(self.line(lines, "open files"), rf"\Aproblem +{warning}")
        self.assertIn("         remedy: ulimit -n 304, or fewer io_threads", lines)
        ran = subprocess.run([*limited, PROGRAM, "run", "job.toml", "--task", "0"], cwd=self.folder, env=environment(),
                             text=True, capture_output=True, timeout=60, check=True)
        self.assertIn(f"warning: {warning}; ulimit -n 304, or fewer io_threads\n", ran.stderr)
        quiet = subprocess.run([*limited, PROGRAM, "run", "job.toml", "--task", "1", "--quiet"], cwd=self.folder,
                               env=environment(), text=True, capture_output=True, timeout=60, check=True)
        self.assertEqual(quiet.stderr, "")

    def test_a_job_with_mistakes(self):
        self.expect(["doctor", "none.toml"], status=2,
                    err="fanfold: cannot read the job file 'none.toml': No such file or directory\n")


if __name__ == "__main__":
    main()
