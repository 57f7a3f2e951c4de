"""Slips that a user makes with a job, and what every command that reads it says of them."""

import json

from fanfold_cli import CliTest, main

POINTS = '[params]\nrow = { csv = "points.csv" }\n'
NUMBERS = "[params]\nx = { count = 3 }\n[values]\ny = 'x'\n"


class JobFileTest(CliTest):
    def test_a_name_that_is_nearly_right(self):
        self.write("pi.toml", NUMBERS)
        for command in ("check", "run"):
            self.expect([command, "pi.tml"], status=2, err=(
                "fanfold: cannot read the job file 'pi.tml': No such file or directory; did you mean 'pi.toml'?\n"))

    def test_a_cell_that_is_no_number(self):
        self.write("points.csv", "id,x\n1,0.5\n2,1.5\n3,n/a?\n4,\n")
        self.write("job.toml", POINTS + '[values]\ny = "2 * x + id"\n')
        for command in ("check", "run"):
            self.expect([command, "job.toml"], status=2, err=(
                "job.toml:4:10: '*' takes numbers, but 'x' is text (because of 'n/a?' in line 4 of 'points.csv')\n"))
        self.write("job.toml", POINTS + '[task]\nshell = "echo {id} {x}"\n')
        self.assertIn("  id: 4 integers: 1, 2, 3, 4\n"
                      "  x: 4 texts: 0.5, 1.5, 'n/a?', '' (text because of 'n/a?' in line 4 of 'points.csv')\n",
                      self.fanfold("check", "job.toml").out)

    def test_names_in_a_table_are_no_mistake(self):
        self.write("points.csv", "name\nlake\nriver\n")
        self.write("job.toml", POINTS + '[task]\nshell = "echo {name}"\n')
        self.assertIn("  name: 2 texts: lake, river\n", self.fanfold("check", "job.toml").out)

    def test_sql_without_a_database(self):
        self.write("job.toml", '[task]\nsql = "select 1"\n')
        for command in ("check", "run"):
            self.expect([command, "job.toml"], status=2, err=(
                "job.toml:2:1: [task] with 'sql' needs 'database': \"sqlite:data.db\", or \"postgresql://user@host/name\"\n"))

    def test_no_database(self):
        for wrong in ("data.db", "mysql://x", "sqlit:{index}.db", "postgres:/x"):
            self.write("job.toml", f'[task]\nsql = "select 1"\ndatabase = "{wrong}"\n')
            self.expect(["check", "job.toml"], status=2, err=(
                f"job.toml:3:12: '{wrong}' is no database: it begins with sqlite: or postgresql://\n"))
        for right in ("sqlite:{index}.db", "postgresql://{env.HOME}", "{env.HOME}", "postgres{index}://x", "postgres://x"):
            self.write("job.toml", f'[task]\nsql = "select 1"\ndatabase = "{right}"\n')
            self.assertEqual(self.fanfold("check", "job.toml").status, 0, right)

    def test_a_kernel_whose_source_is_not_there(self):
        self.write("job.toml", '[task]\nkernel = "nosuch.cpp"\n')
        ended = self.fanfold("check", "job.toml")
        self.assertEqual(ended.status, 2)
        self.assertRegex(ended.err, r"\Ajob.toml:2:10: cannot read the kernel '/.*/nosuch.cpp': No such file or directory\n\Z")

    def test_output_over_the_job_file(self):
        job = "[task]\nshell = 'echo 1'\nstdout = 'job.toml'\n"
        self.write("job.toml", job)
        for command in ("check", "run"):
            self.expect([command, "job.toml"], status=2, err=(
                "job.toml:3:1: 'stdout' is the job file itself, which would be lost; name another\n"))
        self.write("ok.toml", "[task]\nshell = 'echo 1'\n")
        self.expect(["run", "ok.toml", "--set", "stdout=./ok.toml"], status=2, err=(
            "fanfold: --set stdout=./ok.toml: 'stdout' is the job file itself, which would be lost; name another\n"))
        self.write("list.txt", "echo 1\n")
        self.expect(["run", "--commands", "list.txt", "--set", "stdout=list.txt"], status=2, err=(
            "fanfold: --set stdout=list.txt: 'stdout' is the job file itself, which would be lost; name another\n"))
        self.assertEqual(self.read("job.toml"), job)


class WhereTest(CliTest):
    def test_that_no_task_meets(self):
        self.write("none.toml", 'where = "x > 5"\n' + NUMBERS)
        warning = 'where = "x > 5" is met by no task: nothing would run\n'
        checked = self.fanfold("check", "none.toml")
        self.assertEqual((checked.status, checked.err), (0, "none.toml:1:1: warning: " + warning))
        self.expect(["run", "none.toml"], err=(
            f"TIME warning: {warning}0 of 0 tasks succeeded, 3 left out by where; run file none.run\n"))
        self.expect(["run", "none.toml", "--fresh", "--quiet"])

    def test_that_the_one_task_does_not_meet(self):
        self.write("some.toml", 'where = "x > 1"\n' + NUMBERS)
        self.expect(["run", "some.toml", "--task", "1"], status=2, err=(
            'fanfold: --task 1: the task (x=1) is left out: it does not meet where = "x > 1"\n'))
        self.assertEqual(self.fanfold("run", "some.toml", "--task", "2").status, 0)


class CommandLineTest(CliTest):
    def test_settings_of_the_environment(self):
        self.write("job.toml", "[task]\nshell = 'echo $A$B'\n[reduce]\nsum = 'sum(value)'\n")
        self.expect(["run", "job.toml", "--quiet", "--set", "env.A=4", "--set", "env.B=2"], out="sum = 42.0  (1 of 1 task)\n")

    def test_settings_that_are_options(self):
        self.write("job.toml", NUMBERS)
        self.expect(["run", "job.toml", "--set", "retries=2"], status=2, err=(
            "fanfold: --set retries=2: it is no key of [task] or [params]; write --retries=2\n"))


class RunTest(CliTest):
    def test_more_cores_than_there_are(self):
        self.write("wide.toml", "[task]\nshell = 'true'\ncores = 64\n")
        self.expect(["run", "wide.toml", "--io-threads", "2"], err=(
            "TIME warning: 'cores' is 64, but rank zero has 2 slots (io_threads): a task gets no more there\n"
            "1 of 1 task succeeded; N s; run file wide.run\n"))
        self.expect(["run", "wide.toml", "--fresh", "--io-threads", "64"], err=(
            "1 of 1 task succeeded; N s; run file wide.run\n"))

    def test_what_is_never_used_is_said_by_run_too(self):
        self.write("idle.toml", NUMBERS + "[run]\nretries = 3\n")
        self.expect(["run", "idle.toml"], err=(
            "TIME warning: 'retries' has no effect: the task has no source\n"
            "3 of 3 tasks succeeded; N s; run file idle.run\n"))

    def test_skipped_tasks_are_counted(self):
        self.write("make.toml", "[params]\ni = { count = 4 }\n[task]\nshell = 'echo > out.{i}'\ncreates = 'out.{i}'\n")
        self.write("out.1", "")
        self.write("out.3", "")
        self.expect(["run", "make.toml"], err="4 of 4 tasks succeeded; N s; 2 tasks skipped; run file make.run\n")
        ended = self.fanfold("run", "make.toml", "--fresh", "--json")
        self.assertEqual(json.loads(ended.out.replace(":N", ":0"))["skipped"], 4)
        self.expect(["run", "make.toml"], err=(
            "TIME info: nothing left to run: all 4 tasks are in the run file\n4 of 4 tasks succeeded; run file make.run\n"))


if __name__ == "__main__":
    main()
