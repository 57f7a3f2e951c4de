"""The rows of fanfold results: which are shown, and that programs read them back bit by bit."""

import csv
import io
import json
import struct
import subprocess

from fanfold_cli import CliTest, PROGRAM, environment, main

# Debian's, which has the packages python3-numpy and python3-pandas.
PYTHON = "/usr/bin/python3"

# Integers to the last one, reals of every kind, texts that need care, in one column each.
VALUES = r'''
[params]
i = { count = 12 }
name = ["a, \"b\"", "two\nlines", "ü€🙂", "nan"]

[values]
whole = "i == 0 ? 9223372036854775807 : i == 1 ? -9223372036854775807 - 1 : 9007199254740993 + i"
number = "i == 0 ? nan : i == 1 ? inf : i == 2 ? -inf : i == 3 ? -0.0 : i == 4 ? 5e-324 : i == 5 ? 1.7976931348623157e308 : 1 / i"
words = "i == 7 ? '' : name"
'''


def bits(number):
    return struct.pack("<d", number)


class ReadBackTest(CliTest):
    def setUp(self):
        super().setUp()
        self.write("values.toml", VALUES)
        self.assertEqual(self.fanfold("run", "values.toml").status, 0)
        names = ['a, "b"', "two\nlines", "ü€🙂", "nan"]
        special = [float("nan"), float("inf"), float("-inf"), -0.0, 5e-324, 1.7976931348623157e308]
        self.rows = []
        for task in range(48):
            i, name = divmod(task, 4)
            self.rows.append({
                "task": task, "i": i, "name": names[name],
                "whole": 2**63 - 1 if i == 0 else -2**63 if i == 1 else 9007199254740993 + i,
                "number": special[i] if i < len(special) else 1 / i,
                "words": "" if i == 7 else names[name]})

    def raw(self, *arguments):
        return subprocess.run([PROGRAM, "results", "values.run", *arguments], cwd=self.folder, env=environment(),
                              capture_output=True, check=True).stdout

    def expect_rows(self, rows):
        """Rows of plain Python values."""
        self.assertEqual(len(rows), len(self.rows))
        for row, expected in zip(rows, self.rows):
            for name, value in expected.items():
                with self.subTest(task=expected["task"], column=name):
                    if isinstance(value, float):
                        self.assertEqual(bits(row[name]), bits(value))
                    else:
                        self.assertEqual(row[name], value)

    def python(self, script):
        """What Debian's Python prints, as JSON: integers and texts as they are, reals in hexadecimal."""
        ended = subprocess.run([PYTHON, "-c", script], cwd=self.folder, capture_output=True, text=True, check=False)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        rows = json.loads(ended.stdout)
        for row in rows:
            row["number"] = float.fromhex(row["number"])
        return rows

    def test_python_csv(self):
        rows = list(csv.DictReader(io.StringIO(self.raw("--csv").decode(), newline="")))
        kinds = {"task": int, "i": int, "whole": int, "number": float}
        self.expect_rows([{name: kinds.get(name, str)(cell) for name, cell in row.items()} for row in rows])
        self.assertEqual(list(rows[0]), ["task", "i", "name", "whole", "number", "words", "status", "attempts", "rank",
                                         "start", "duration", "error"])

    def test_json(self):
        lines = self.raw("--jsonl").decode().splitlines()
        for line in lines:
            self.assertRegex(line, r'"start":\d+\.\d{6},"duration":\d+\.\d{6}\W')
        rows = [json.loads(line) for line in lines]
        for row in rows:
            row["whole"] = int(row["whole"])  # beyond 2^53 a string
            row["number"] = float(row["number"])
        self.expect_rows(rows)

    def test_pandas(self):
        with open(self.path("values.csv"), "wb") as file:
            file.write(self.raw("--csv"))
        self.expect_rows(self.python("""
import json, pandas
table = pandas.read_csv("values.csv", float_precision="round_trip", keep_default_na=False,
                        na_values={"number": ["nan"]}, dtype={"whole": "int64"})
assert table["number"].dtype == "float64"
print(json.dumps([dict(task=int(r.task), i=int(r.i), name=r.name, whole=int(r.whole), number=r.number.hex(),
                       words=r.words) for r in table.itertuples(index=False)]))
"""))

    def test_numpy(self):
        self.raw("--npy", "values.npy")
        self.expect_rows(self.python("""
import json, numpy
rows = numpy.load("values.npy")
assert rows.shape == (48,), rows.shape
assert rows.dtype.descr == [("task", "<i8"), ("i", "<i8"), ("name", "<U9"), ("whole", "<i8"), ("number", "<f8"),
                            ("words", "<U9"), ("status", "<U9"), ("attempts", "<i8"), ("rank", "<i8"),
                            ("start", "<f8"), ("duration", "<f8"), ("error", "<U1")], rows.dtype.descr
assert open("values.npy", "rb").read(8) == b"\\x93NUMPY\\x01\\0"
print(json.dumps([dict(task=int(r["task"]), i=int(r["i"]), name=str(r["name"]), whole=int(r["whole"]),
                       number=float(r["number"]).hex(), words=str(r["words"])) for r in rows]))
"""))
        with open(self.path("values.npy"), "rb") as file:
            self.assertEqual(file.read(), self.raw("--npy", "-"))

    def test_numpy_of_no_row(self):
        self.raw("--npy", "none.npy", "--where", "i > 100")
        self.assertEqual(self.python("""
import numpy
rows = numpy.load("none.npy")
assert rows.shape == (0,) and rows["words"].size == 0
print("[]")
"""), [])

    def test_numpy_of_texts_that_are_not_utf8_and_of_failed_tasks(self):
        self.write("bytes.toml", """\
[params]
i = { count = 3 }
[task]
shell = "printf 'ab\\\\377c%d' {i}; exit $(({i} / 2))"
[values]
bytes = { regex = 'ab.*c.', type = "text" }
last = { regex = 'c(.)', type = "integer" }
""".replace("ab.*c.", r"(?s)ab\C*c\C"))
        self.fanfold("run", "bytes.toml", "--io-threads", "1")
        self.assertEqual(self.fanfold("results", "bytes.run", "--npy", "bytes.npy").status, 0)
        ended = subprocess.run([PYTHON, "-c", """
import numpy
rows = numpy.load("bytes.npy")
assert rows.dtype["bytes"] == "S5", rows.dtype
assert rows["bytes"].tolist() == [b"ab\\xffc0", b"ab\\xffc1", b""], rows
assert rows["last"].tolist() == [0, 1, 0] and numpy.isnan(rows["value"]).all()
assert rows["exit_code"].tolist() == [0, 0, 1] and rows["status"].tolist() == ["succeeded", "succeeded", "failed"]
assert rows["error"].tolist() == ["", "", "exit code 1"]
"""], cwd=self.folder, capture_output=True, text=True, check=False)
        self.assertEqual((ended.stderr, ended.returncode), ("", 0))

    def test_many_rows_in_every_format(self):
        self.write("many.toml", "[params]\ni = { count = 100_003 }\n[values]\nx = 'sqrt(i)'\nt = \"i % 2 == 0 ? 'even' : 'odd'\"\n")
        self.fanfold("run", "-n", "2", "many.toml", "--chunk", "777")
        self.fanfold("results", "many.run", "--npy", "many.npy")
        with open(self.path("many.csv"), "w", encoding="utf-8") as file:
            file.write(self.fanfold("results", "many.run", "--csv").out)
        ended = subprocess.run([PYTHON, "-c", """
import numpy, pandas
rows = numpy.load("many.npy")
table = pandas.read_csv("many.csv", float_precision="round_trip")
i = numpy.arange(100003)
for task, x, t in [(rows["task"], rows["x"], rows["t"]), (table["task"].values, table["x"].values, table["t"].values)]:
    assert (task == i).all()
    assert (x == numpy.sqrt(i)).all()
    assert (t == numpy.where(i % 2 == 0, "even", "odd")).all()
"""], cwd=self.folder, capture_output=True, text=True, check=False)
        self.assertEqual((ended.stderr, ended.returncode), ("", 0))


PARTLY_FAILING = """\
[params]
i = { count = 6 }
model = ["tree", "spline"]

[task]
shell = "test {i} != 2 || {{ echo no such {model} >&2; exit 3; }}; echo x={i}.5"

[values]
x = { regex = 'x=(.*)' }

[run]
io_threads = 1
"""


class SelectionTest(CliTest):
    def setUp(self):
        super().setUp()
        self.write("job.toml", PARTLY_FAILING)
        self.fanfold("run", "job.toml")

    def tasks(self, *arguments):
        ended = self.fanfold("results", "job.run", "--csv", *arguments)
        self.assertEqual((ended.err, ended.status), ("", 0))
        return [int(row["task"]) for row in csv.DictReader(io.StringIO(ended.out))]

    def test_where(self):
        self.assertEqual(self.tasks("--where", "i >= 4 and model == 'tree'"), [8, 10])
        self.assertEqual(self.tasks("--where", "x > 3"), [6, 7, 8, 9, 10, 11])
        self.assertEqual(self.tasks("--where", "status == 'failed'"), [4, 5])
        self.assertEqual(self.tasks("--where", "exit_code == 3"), [4, 5])
        self.assertEqual(self.tasks("--where", "task % 5 == 0"), [0, 5, 10])
        self.assertEqual(self.tasks("--where", "nan"), list(range(12)))
        self.assertEqual(self.tasks("--where", "0"), [])

    def test_a_task_without_values_meets_no_condition_on_them(self):
        self.assertEqual(self.tasks("--where", "x < 1 or x >= 1"), [0, 1, 2, 3, 6, 7, 8, 9, 10, 11])

    def test_where_together_with_others(self):
        self.assertEqual(self.tasks("--where", "model == 'tree'", "--failed"), [4])
        self.assertEqual(self.tasks("--where", "model == 'tree'", "--tasks", "3:9"), [4, 6, 8])
        self.assertEqual(self.tasks("--tasks", "10:"), [10, 11])
        self.expect(["results", "job.run", "--where", "i == 2"], out="""\
task 4 (i=2 model=tree): failed: exit code 3
task 5 (i=2 model=spline): failed: exit code 3
""")

    def test_mistakes_in_where(self):
        for condition, message in [
                ("modell == 'tree'", "--where:1: unknown name 'modell'; did you mean 'model'?"),
                ("i > 1 and statu == 'failed'", "--where:11: unknown name 'statu'; did you mean 'status'?"),
                ("model", "--where:1: must be a condition such as \"x > 1\", not a text"),
                ("1 % (i - 3) == 0", "--where: task 6: division by zero in '1 % (i - 3)'")]:
            self.expect(["results", "job.run", "--jsonl", "--where", condition, "--tasks", "6:"], status=2,
                        err=f"fanfold: {message}\n")
        ended = self.fanfold("results", "job.run", "--where", "i >")
        self.assertEqual((ended.status, ended.out), (2, ""))
        self.assertTrue(ended.err.startswith("fanfold: --where:4: "), ended.err)
        self.assertEqual(self.fanfold("results", "job.run", "--where", "").status, 2)

    def test_mistakes_in_tasks(self):
        self.expect(["results", "job.run", "--tasks", "5:13"], status=2,
                    err="fanfold: --tasks: expected FIRST:END with 0 <= FIRST < END <= 12, not '5:13'\n")

    def test_a_file_that_cannot_be_written(self):
        self.expect(["results", "job.run", "--npy", "missing/rows.npy"], status=2,
                    err="fanfold: cannot write 'missing/rows.npy': No such file or directory\n")
        ended = self.fanfold("results", "job.run", "--npy", "/dev/full")
        self.assertEqual((ended.status, ended.err), (75, "fanfold: cannot write '/dev/full': No space left on device\n"))

    def test_formats_exclude_each_other(self):
        for arguments in [["--npy", "-", "--csv"], ["--npy", "-", "--jsonl"], ["--csv", "--jsonl"],
                          ["--failed", "--digest", "--csv"], ["--failed", "--digest", "--where", "1"], ["--digest"]]:
            self.assertEqual(self.fanfold("results", "job.run", *arguments).status, 2, arguments)

    def test_digest_afterwards(self):
        self.expect(["results", "job.run", "--failed", "--digest"], out="""\
2 tasks failed:
  2 tasks: exit code 3: no such …
    first: task 4 (i=2 model=tree), rank 0 on HOST, attempt 1
    | no such tree
    again: fanfold run job.toml --task 4 --run task-4.run
  all of them: fanfold results job.run --failed
""")

    def test_digest_of_a_run_without_failures(self):
        self.write("fine.toml", "[values]\nx = '1'\n")
        self.fanfold("run", "fine.toml")
        self.expect(["results", "fine.run", "--failed", "--digest"])
        self.expect(["results", "fine.run", "--failed"])

    def test_values_that_were_not_kept(self):
        self.write("sums.toml", "[params]\ni = { count = 1000 }\n[values]\nx = '10 % (i - 3)'\n")
        self.fanfold("run", "sums.toml", "--keep", "none")
        refusal = ("fanfold: run file 'sums.run' has no values of its 1,000 tasks: they were not kept. Run the job with "
                   "--keep all (--fresh replaces the run file), or add --failed for the tasks that failed\n")
        for arguments in [["--csv"], ["--jsonl"], ["--npy", "-"], ["--where", "x > 1"]]:
            self.expect(["results", "sums.run", *arguments], status=2, err=refusal)
        self.expect(["results", "sums.run", "--failed"],
                    out="task 3 (i=3): failed: division by zero in '10 % (i - 3)'\n")
        self.expect(["results", "sums.run", "--failed", "--digest"], out="""\
1 task failed:
  1 task: division by zero in '10 % (i - 3)'
    first: task 3 (i=3)
    again: fanfold run sums.toml --task 3 --run task-3.run
  all of them: fanfold results sums.run --failed
""")


if __name__ == "__main__":
    main()
