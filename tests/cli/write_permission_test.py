"""Run files that cannot be written, or are none: nothing runs, with one rank and with several, and the reason is said."""

import os
import subprocess

from fanfold_cli import PROGRAM, TIMEOUT_SECONDS, CliTest, Ended, environment, main, normalised

SMALL = '[params]\ni = { count = 10 }\n[values]\nx = "i"\n[reduce]\ntotal = "sum(x)"\n'
ANSWER = "total = 45  (10 of 10 tasks)\n"
NOBODY = 65534
RANKS = [[], ["-n", "2"]]


class NoPermissionTest(CliTest):
    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest("only root can be somebody else")
        self.write("ok.toml", SMALL)
        os.chmod(self.folder, 0o755)
        self.scratch = self.path("scratch")  # for Open MPI
        os.mkdir(self.scratch)
        os.chmod(self.scratch, 0o777)

    def as_nobody(self, *arguments, command=(PROGRAM,)):
        ended = subprocess.run([*command, *arguments], cwd=self.folder, user=NOBODY, group=NOBODY, extra_groups=[],
                               env=environment(TMPDIR=self.scratch, HOME=self.scratch), text=True, capture_output=True,
                               timeout=TIMEOUT_SECONDS, check=False)
        return Ended(ended.returncode, normalised(ended.stdout), normalised(ended.stderr))

    def expect_refusal(self, name, why, *options):
        files = sorted(os.listdir(self.folder))
        for ranks in RANKS:
            self.assertEqual(self.as_nobody("run", *ranks, "ok.toml", "--run", name, "--quiet", *options), Ended(
                2, "", f"fanfold: run file '{name}' cannot be written: {why}; choose another place for it with --run "
                "FILE\n"))
        self.assertEqual(sorted(os.listdir(self.folder)), files)

    def test_a_new_run_file_in_a_folder_of_somebody_else(self):
        self.expect_refusal("new.run", f"Permission denied in the folder '{self.folder}'")

    def test_an_unfinished_one(self):
        self.fanfold("run", "ok.toml", "--tasks", "0:5")
        self.expect_refusal("ok.run", f"Permission denied in the folder '{self.folder}'")

    def test_a_file_of_somebody_else_in_a_folder_of_ours(self):
        self.fanfold("run", "ok.toml", "--tasks", "0:5", "--run", "scratch/ok.run")
        self.expect_refusal("scratch/ok.run", "Permission denied")

    def test_a_finished_one_has_its_answer(self):
        self.fanfold("run", "ok.toml")
        for ranks in RANKS:
            self.assertEqual(self.as_nobody("run", *ranks, "ok.toml"), Ended(
                0, ANSWER, "TIME info: nothing left to run: all 10 tasks are in the run file\n"
                "10 of 10 tasks succeeded; run file ok.run\n" if not ranks else
                "TIME rank 0 info: nothing left to run: all 10 tasks are in the run file\n"
                "10 of 10 tasks succeeded; run file ok.run\n"))
        self.expect_refusal("ok.run", f"Permission denied in the folder '{self.folder}'", "--fresh")

    def test_a_merge(self):
        self.fanfold("run", "ok.toml")
        self.assertEqual(self.as_nobody("merge", "all.run", "ok.run").status, 2)


class NoRunFileTest(CliTest):
    """What one process says of a file that is no run file, several ranks say too."""

    def expect_refusal(self, name, why):
        self.write("ok.toml", SMALL)
        for command in [[PROGRAM, "run"], [PROGRAM, "run", "-n", "2"],
                        [os.environ["MPIRUN"], "-n", "2", "--oversubscribe", PROGRAM, "run"]]:
            process = self.start("ok.toml", "--run", name, command=command, env=environment())
            out, err = process.communicate(timeout=TIMEOUT_SECONDS)
            # mpirun adds that a process ended with an error.
            ours = "".join(line for line in err.splitlines(True) if line.startswith("fanfold"))
            self.assertEqual((process.returncode, out, ours), (2, "", f"fanfold: run file '{name}' {why}\n"), err)
            self.assertNotIn("MPI_ABORT", err)
        self.assertEqual(sorted(os.listdir(self.folder)), sorted(["ok.toml", name]))

    def test_an_empty_file(self):
        self.write("zero.run", "")
        self.expect_refusal("zero.run", "is empty: it is no run file; remove it, or start afresh with --fresh")

    def test_a_text(self):
        self.write("notes.txt", "precious\n")
        self.expect_refusal("notes.txt", "is not a run file of fanfold")

    def test_a_file_that_was_cut(self):
        self.write("ok.toml", SMALL)
        self.fanfold("run", "ok.toml")
        os.truncate(self.path("ok.run"), 5000)
        self.expect_refusal("ok.run", "is damaged (database disk image is malformed); start afresh with --fresh, or "
                            "restore it from a copy")


if __name__ == "__main__":
    main()
