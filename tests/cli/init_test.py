"""fanfold init: what it writes is right, runs, and is never written over something else."""

import os

from fanfold_cli import CliTest, main

KINDS = ["shell", "kernel", "values", "files", "commands"]


class InitTest(CliTest):
    def test_every_kind_can_be_checked_and_run(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                os.mkdir(self.path(kind))
                made = self.fanfold("init", "--kind", kind, f"{kind}/job.toml")
                self.assertEqual((made.status, made.err), (0, ""))
                self.assertTrue(made.out.endswith(
                    f"\nnext: fanfold check {kind}/job.toml; fanfold run {kind}/job.toml\n"), made.out)
                self.assertIn("\n# ", self.read(f"{kind}/job.toml"))
                checked = self.fanfold("check", f"{kind}/job.toml")
                self.assertEqual((checked.status, checked.err), (0, ""))
                ran = self.fanfold("run", f"{kind}/job.toml", "--quiet", "--run", f"{kind}.run")
                self.assertEqual((ran.status, ran.err), (0, ""))
                self.assertNotEqual(ran.out, "")

    def test_what_is_written_by_default(self):
        self.expect(["init"], out="""\
job.toml: a shell command for each point of a grid
next: fanfold check job.toml; fanfold run job.toml
""")
        self.assertEqual(self.read("job.toml"), self.fanfold("init", "--kind", "shell", "-").out)

    def test_nothing_is_overwritten(self):
        self.write("job.toml", "mine")
        self.expect(["init"], status=2, err="fanfold: cannot write 'job.toml': it exists; nothing is overwritten\n")
        self.assertEqual(self.read("job.toml"), "mine")
        self.expect(["init", "no/job.toml"], status=2,
                    err="fanfold: cannot write 'no/job.toml': No such file or directory\n")

    def test_standard_output(self):
        ended = self.fanfold("init", "--kind", "values", "-")
        self.assertEqual((ended.status, ended.err), (0, ""))
        self.assertEqual(os.listdir(self.folder), [])
        checked = self.fanfold("check", "-", stdin=ended.out)
        self.assertEqual((checked.status, checked.err), (0, ""))

    def test_unknown_kind(self):
        self.expect(["init", "--kind", "shel"], status=2, err=(
            "fanfold: --kind: 'shel' is not one of shell, kernel, values, files, commands; did you mean 'shell'?\n"))
        self.assertEqual(os.listdir(self.folder), [])


if __name__ == "__main__":
    main()
