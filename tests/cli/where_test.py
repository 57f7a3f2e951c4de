"""where: tasks that do not meet it are not run and not counted, in every command, execution and kind of task."""

import csv
import json

from fanfold_cli import CliTest, main

PAIRS = """\
where = "x < y"
[params]
x = { count = 10 }
y = { count = 10 }
"""
VALUES = PAIRS + """\
[values]
area = "x * y * 1.0"
[reduce]
pairs = "count()"
total = "sum(area)"
"""
SHELL = PAIRS + """\
[task]
shell = "test {x} -lt {y} && echo $(({x} * {y}))"
[reduce]
pairs = "count()"
total = "sum(value)"
"""
MET = [(x, y) for x in range(10) for y in range(10) if x < y]
ANSWER = f"""\
pairs = 45  (45 of 45 tasks)
total = {sum(x * y for x, y in MET)}.0  (45 of 45 tasks)
"""


class WhereTest(CliTest):
    def test_leaves_tasks_of_values_and_of_programs_out(self):
        self.write("values.toml", VALUES)
        self.write("shell.toml", SHELL)
        for job in ("values", "shell"):
            for ranks in ([], ["-n", "2"]):
                with self.subTest(job=job, ranks=ranks):
                    self.expect(["run", *ranks, f"{job}.toml", "--fresh"], out=ANSWER, err=(
                        f"45 of 45 tasks succeeded, 55 left out by where; N s; run file {job}.run\n"))

    def test_rows_are_those_of_tasks_that_ran(self):
        self.write("values.toml", VALUES)
        self.write("shell.toml", SHELL)
        for job, name in (("values", "area"), ("shell", "value")):
            self.fanfold("run", f"{job}.toml")
            rows = list(csv.DictReader(self.fanfold("results", f"{job}.run", "--csv").out.splitlines()))
            self.assertEqual([(int(row["x"]), int(row["y"]), float(row[name])) for row in rows],
                             [(x, y, x * y) for x, y in MET])

    def test_counts_over_several_executions(self):
        self.write("values.toml", VALUES)
        part = self.fanfold("run", "values.toml", "--tasks", "0:37", "--json", "--quiet")
        self.assertEqual(json.loads(part.out.replace(":N", ":0"))["succeeded"], sum(10 * x + y < 37 for x, y in MET))
        self.expect(["run", "values.toml"], out=ANSWER, err=(
            "TIME info: going on: 37 of 100 tasks are in the run file\n"
            "45 of 45 tasks succeeded, 55 left out by where; N s; run file values.run\n"))
        self.expect(["run", "values.toml"], out=ANSWER, err=(
            "TIME info: nothing left to run: all 100 tasks are in the run file\n"
            "45 of 45 tasks succeeded, 55 left out by where; run file values.run\n"))
        self.expect(["results", "values.run"], out=ANSWER)

    def test_another_reduction_is_of_the_tasks_that_ran(self):
        self.write("values.toml", VALUES)
        self.fanfold("run", "values.toml")
        self.write("values.toml", VALUES + 'smallest = "min(y - x)"\n')
        self.assertEqual(self.fanfold("run", "values.toml", "--quiet").out,
                         ANSWER.replace("pairs ", "pairs    ").replace("total ", "total    ")
                         + "smallest = 1  (45 of 45 tasks)\n")

    def test_another_where_is_another_job(self):
        self.write("values.toml", VALUES)
        self.fanfold("run", "values.toml")
        self.write("values.toml", VALUES.replace("x < y", "x <= y"))
        ended = self.fanfold("run", "values.toml")
        self.assertEqual(ended.status, 2)
        self.assertIn('where was "x < y", is "x <= y"', ended.err)

    def test_tasks_on_which_it_fails_fail(self):
        for work in ('[values]\nv = "x"', '[task]\nshell = "true"'):
            self.write("job.toml", 'where = "x * x > 4"\n[params]\nx = [1, 3, 9223372036854775807]\n' + work + "\n")
            ended = self.fanfold("run", "job.toml", "--fresh")
            self.assertEqual(ended.status, 1)
            self.assertIn("1 task: where: integer overflow in 'x * x'", ended.err)
            self.assertIn("1 of 2 tasks succeeded, 1 failed, 1 left out by where", ended.err)

    def test_check_status_and_explain_know_of_it(self):
        self.write("values.toml", VALUES)
        checked = self.fanfold("check", "values.toml", "--tasks", "0:2").out
        self.assertIn("where: 45 of 100 tasks meet it\n", checked)
        self.assertIn("task 0: x=0 y=0\n  left out: it does not meet where\n", checked)
        self.fanfold("run", "values.toml")
        self.assertIn("45 of 45 tasks finished (100%), 0 failed, 55 left out by where;",
                      self.fanfold("status", "values.run").out)
        self.assertTrue(self.fanfold("explain", "values.run", "11").out.startswith(
            "task 11 (x=1 y=1): left out: it does not meet where\n"))

    def test_a_task_that_was_left_out_has_no_output(self):
        self.write("shell.toml", SHELL)
        self.fanfold("run", "shell.toml")
        self.expect(["output", "shell.run", "1"], out="0\n")
        self.expect(["output", "shell.run", "11"], status=2,
                    err="fanfold: task 11 was left out: it does not meet where\n")

    def test_a_computed_param_that_fails_fails_the_task(self):
        self.write("job.toml", '[params]\nx = [1, 9223372036854775807]\ny = { expr = "2 * x" }\n'
                   '[task]\nshell = "echo {y}"\n[reduce]\nall = "collect(y)"\n')
        ended = self.fanfold("run", "job.toml")
        self.assertEqual((ended.out, ended.status), ("all = [2]  (1 of 2 tasks)\n", 1))
        self.assertIn("1 task: integer overflow in '2 * x'", ended.err)

    def test_tasks_of_one_replica_share_their_random_numbers(self):
        self.write("pi.toml", '[params]\nmodel = ["a", "b"]\nreplica = { count = 3 }\n[task]\nkernel = "pi"\n'
                   'samples = 1000\nseed_by = ["replica"]\n')
        self.fanfold("run", "pi.toml")
        rows = list(csv.DictReader(self.fanfold("results", "pi.run", "--csv").out.splitlines()))
        hits = {model: [row["hits"] for row in rows if row["model"] == model] for model in ("a", "b")}
        self.assertEqual(hits["a"], hits["b"])
        self.assertEqual(len(set(hits["a"])), 3)

    def test_values_of_all_sorts_reach_programs_as_they_are(self):
        values = ["two words", "it's", 'a "quote"', "{brace}", "$HOME", "`date`", "a\\nb", "ünïcödé", "*", "-n", ";", ""]
        self.write("texts.toml", "[params]\ntext = " + json.dumps(values, ensure_ascii=False) + "\n"
                   '[task]\nshell = "printf %s. {text} | od -An -tx1 | tr -d \' \\n\'"\n'
                   "[values]\nhex = { regex = '^.*$', type = \"text\" }\n[reduce]\nall = \"collect(hex)\"\n")
        ended = self.fanfold("run", "texts.toml", "--json", "--quiet")
        self.assertEqual(ended.err, "")
        found = json.loads(ended.out.replace(":N", ":0"))["results"]["all"]
        self.assertEqual([bytes.fromhex(text).decode() for text in found], [value + "." for value in values])
        self.write("command.toml", self.read("texts.toml").replace(
            'shell = "printf %s. {text} | od -An -tx1 | tr -d \' \\n\'"',
            'command = ["sh", "-c", "printf %s. \\"$1\\" | od -An -tx1 | tr -d \' \\\\n\'", "sh", "{text}"]'))
        same = self.fanfold("run", "command.toml", "--json", "--quiet")
        self.assertEqual(json.loads(same.out.replace(":N", ":0"))["results"]["all"], found)


if __name__ == "__main__":
    main()
