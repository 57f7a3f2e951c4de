"""Files that a slip on the command line must not cost: what is no run file is never replaced, and no output goes over the
run file or the job file."""

import os
import sqlite3
import struct

from fanfold_cli import CliTest, main

PICTURE = """\
[params]
row    = { count = 3 }
column = { count = 3 }

[task]
kernel = "mandelbrot"
side   = 4
width  = 12
height = 10
limit  = 100

[reduce]
image = "picture(tile)"
total = "sum(column)"

[run]
keep = "all"
"""

GATED = """\
[params]
i = { count = 3 }

[task]
shell = ": > started; until test -e go; do sleep 0.02; done; echo {i}"

[reduce]
total = "sum(value)"
"""

SMALL = '[params]\ni = { count = 10 }\n[values]\nx = "i"\n[reduce]\ntotal = "sum(x)"\n'
ANSWER = "total = 45  (10 of 10 tasks)\n"
ADVICE = "; --fresh replaces run files only: choose another file with --run FILE, or remove this one yourself\n"

# Where SQLite keeps application_id and user_version, of four bytes each, the highest first.
APPLICATION_AT, VERSION_AT = 68, 60


class FreshTest(CliTest):
    def setUp(self):
        super().setUp()
        self.write("ok.toml", SMALL)

    def bytes_of(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def change(self, name, at, data):
        with open(self.path(name), "r+b") as file:
            file.seek(at)
            file.write(data)

    def expect_kept(self, name, why, *ranks):
        """--fresh leaves the file alone, and everything beside it."""
        before, files = self.bytes_of(name), sorted(os.listdir(self.folder))
        self.expect(["run", *ranks, "ok.toml", "--run", name, "--fresh", "--quiet"], status=2,
                    err=f"fanfold: '{name}' {why}{ADVICE}")
        self.assertEqual(self.bytes_of(name), before)
        self.assertEqual(sorted(os.listdir(self.folder)), files)

    def expect_replaced(self, name):
        self.expect(["run", "ok.toml", "--run", name, "--fresh", "--quiet"], out=ANSWER)
        self.assertEqual(self.fanfold("verify", name).status, 0)
        self.assertEqual(sorted(os.listdir(self.folder)), sorted({"ok.toml", name}))

    def test_some_other_file(self):
        self.write("notes.txt", "precious\n")
        self.expect_kept("notes.txt", "is not a run file of fanfold")
        self.expect_kept("notes.txt", "is not a run file of fanfold", "-n", "2")

    def test_the_job_file(self):
        self.expect_kept("ok.toml", "is not a run file of fanfold")

    def test_a_database_of_another_program(self):
        database = sqlite3.connect(self.path("mine.db"))
        database.execute("CREATE TABLE mine(x)")
        database.commit()
        database.close()
        self.expect_kept("mine.db", "is an SQLite database, but not a run file of fanfold")

    def test_a_folder(self):
        os.mkdir(self.path("folder"))
        self.expect(["run", "ok.toml", "--run", "folder", "--fresh"], status=2,
                    err=f"fanfold: 'folder' is not a file{ADVICE}")
        self.assertEqual(os.listdir(self.path("folder")), [])

    def test_an_empty_file(self):
        self.write("x.run", "")
        self.expect_replaced("x.run")

    def test_run_files_that_are_finished_damaged_cut_or_newer(self):
        for damage in [lambda: None,
                       lambda: self.change("x.run", 4096, b"damage" * 1000),
                       lambda: os.truncate(self.path("x.run"), 100),
                       lambda: self.change("x.run", VERSION_AT, struct.pack(">I", 77))]:
            self.fanfold("run", "ok.toml", "--run", "x.run")
            self.assertNotEqual(struct.unpack(">I", self.bytes_of("x.run")[APPLICATION_AT:APPLICATION_AT + 4])[0], 0)
            damage()
            self.expect_replaced("x.run")
            os.remove(self.path("x.run"))

    def test_what_is_left_of_a_run_whose_file_was_removed_is_no_part_of_the_next(self):
        self.fanfold("run", "ok.toml", "--run", "x.run", "--tasks", "0:5")
        # A reader keeps the write-ahead log from being taken away.
        database = sqlite3.connect(self.path("x.run"))
        database.execute("DELETE FROM meta")
        database.commit()
        log = self.bytes_of("x.run-wal")
        database.close()
        os.remove(self.path("x.run"))
        with open(self.path("x.run-wal"), "wb") as file:
            file.write(log)
        self.expect(["run", "ok.toml", "--run", "x.run", "--quiet"], out=ANSWER)
        self.assertEqual(self.fanfold("verify", "x.run").status, 0)


class OutputTest(CliTest):
    def setUp(self):
        super().setUp()
        self.write("job.toml", PICTURE)
        self.fanfold("run", "job.toml", "--quiet")
        os.symlink("job.run", self.path("link"))
        self.before = self.fanfold("results", "job.run").out
        self.assertIn("total = 9", self.before)

    def test_over_the_run_file(self):
        for name in ["job.run", "./job.run", "link"]:
            for option in ["--npy", "--picture"]:
                self.expect(["results", "job.run", option, name], status=2,
                            err=f"fanfold: {option}: '{name}' is the run file, which would be lost; name another\n")
            self.expect(["run", "job.toml", "--picture", name], status=2,
                        err=f"fanfold: --picture: '{name}' is the run file, which would be lost; name another\n")
        self.expect(["results", "job.run"], out=self.before)

    def test_over_a_run_file_that_is_not_there_yet(self):
        self.expect(["run", "job.toml", "--run", "new.run", "--picture", self.path("new.run")], status=2,
                    err=f"fanfold: --picture: '{self.path('new.run')}' is the run file, which would be lost; name another\n")
        self.assertFalse(os.path.exists(self.path("new.run")))

    def test_over_the_job_file(self):
        for option in ["--npy", "--picture"]:
            self.expect(["results", "job.run", option, "job.toml"], status=2,
                        err=f"fanfold: {option}: 'job.toml' is the job file, which would be lost; name another\n")
        self.expect(["run", "job.toml", "--picture", "job.toml"], status=2,
                    err="fanfold: --picture: 'job.toml' is the job file, which would be lost; name another\n")
        self.assertEqual(self.read("job.toml"), PICTURE)

    def test_over_a_list_of_commands(self):
        self.write("list.txt", "echo 1\n")
        self.fanfold("run", "--commands", "list.txt", "--quiet")
        self.expect(["results", "list.run", "--npy", "list.txt"], status=2,
                    err="fanfold: --npy: 'list.txt' is the job file, which would be lost; name another\n")
        self.assertEqual(self.read("list.txt"), "echo 1\n")


class LostRunFileTest(CliTest):
    """A run file that goes while it is being written takes what was recorded along: that is no success."""

    def expect_noticed(self, take_away, how, *ranks):
        self.write("gated.toml", GATED)
        process = self.start("run", *ranks, "gated.toml", "--run", "d.run", "--quiet")
        self.wait_until(lambda: os.path.exists(self.path("started")), process, "the start of task 0")
        take_away()
        self.write("go", "")
        out, err = process.communicate(timeout=60)
        self.assertEqual((process.returncode, out), (75, ""), err)
        self.assertIn(f"run file 'd.run' was {how} while it was being written: what this run recorded is lost; leave it alone, "
                      "and run the same command again\n", err)

    def test_removed(self):
        self.expect_noticed(lambda: os.remove(self.path("d.run")), "removed")
        self.expect(["run", "gated.toml", "--run", "d.run", "--quiet"], out="total = 3.0  (3 of 3 tasks)\n")

    def test_replaced(self):
        def replace():
            self.write("other", "other\n")
            os.rename(self.path("other"), self.path("d.run"))
        self.expect_noticed(replace, "replaced")
        self.assertEqual(self.read("d.run"), "other\n")

    def test_on_several_ranks(self):
        self.expect_noticed(lambda: os.remove(self.path("d.run")), "removed", "-n", "2")


if __name__ == "__main__":
    main()
