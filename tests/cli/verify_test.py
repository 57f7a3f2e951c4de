"""fanfold verify: a sound run file, and each way in which one may not be sound."""

import json
import os
import re
import sqlite3
import struct
import zlib

from fanfold_cli import CliTest, main

COMMANDS = """\
where = "i != 5"
[params]
i = { count = 8 }
[task]
shell = "test {i} -ne 3 && echo {i}"
[reduce]
total = "sum(value)"
codes = "count() by status"
"""

VALUES = """\
[params]
i = { count = 1000 }
[values]
group = "i % 3"
x = "sqrt(i)"
y = "i % 7 == 1 ? 9223372036854775807 + i : i"
[reduce]
mean   = "mean(x)"
spread = "std(x) by group"
half   = "median(x)"
best   = "top(3, x)"
codes  = "count() by status"
[run]
keep = "all"
"""


def row_checksum(*values):
    """As src/journal/README.md describes it, written anew."""
    checksum = 0
    for value in values:
        if value is None:
            data = b"\x05"
        elif isinstance(value, int):
            data = b"\x01" + struct.pack("<q", value)
        elif isinstance(value, float):
            data = b"\x02" + struct.pack("<d", value)
        else:
            is_text = isinstance(value, str)
            content = value.encode() if is_text else value
            data = (b"\x03" if is_text else b"\x04") + struct.pack("<Q", len(content)) + content
        checksum = zlib.crc32(data, checksum)
    return checksum


class VerifyTest(CliTest):
    def run_job(self, text, status):
        self.write("job.toml", text)
        self.assertEqual(self.fanfold("run", "job.toml", "--quiet").status, status)

    def change(self, *statements):
        """Changes the run file behind the program's back."""
        database = sqlite3.connect(self.path("job.run"))
        database.create_function("row_checksum", -1, row_checksum)
        for statement in statements:
            database.execute(statement)
        database.commit()
        database.close()

    def verify(self):
        """Its status and its lines; how many rows there are depends on when was committed."""
        ended = self.fanfold("verify", "job.run")
        return ended.status, re.sub(r"rows: [1-9]\d* rows", "rows: N rows", ended.out)

    def problems(self):
        ended = self.fanfold("verify", "job.run", "--json")
        found = json.loads(ended.out)
        self.assertEqual((ended.status, found["verified"]), (1 if found["problems"] else 0, not found["problems"]))
        return found["problems"]

    def test_a_run_of_commands(self):
        self.run_job(COMMANDS, 1)
        self.assertEqual(self.verify(), (0, """\
job.run: verified
rows: N rows as written
tasks: 7 of 7 finished, 1 failed, 1 left out by where
answer: what the recorded values give
"""))

    def test_a_run_of_values_that_was_stopped_in_the_middle(self):
        self.write("job.toml", VALUES)
        self.fanfold("run", "job.toml", "--quiet", "--tasks", "10:600")
        found = json.loads(self.fanfold("verify", "job.run", "--json").out)
        self.assertEqual((found["verified"], found["tasks"], found["finished"], found["reduced_again"]), (True, 1000, 590, True))
        self.fanfold("run", "job.toml", "--quiet")
        self.assertEqual(self.problems(), [])

    def test_values_that_are_not_kept(self):
        self.run_job(VALUES.replace('"all"', '"none"'), 1)
        self.assertEqual(self.fanfold("verify", "job.run").out.splitlines()[0::3],
                         ["job.run: verified", "answer: not made again, for no values are kept, or nothing is reduced"])

    def test_a_row_that_has_changed(self):
        self.run_job(COMMANDS, 1)
        self.change("UPDATE tasks SET exit_code = 1 WHERE task = 4")
        self.assertEqual(self.verify(), (1, """\
job.run: NOT sound
  table tasks, row 4: it is not what was written
rows: N rows as written
tasks: 7 of 7 finished, 1 failed, 1 left out by where
"""))

    def test_a_byte_that_has_changed_on_the_disk(self):
        self.run_job(COMMANDS, 1)
        with open(self.path("job.run"), "r+b") as file:
            data = file.read()
            at = data.index(b"exit code 1")
            file.seek(at + 10)
            file.write(b"7")
        self.assertEqual(self.problems(), ["table tasks, row 3: it is not what was written"])

    def test_nothing_is_taken_from_a_file_that_has_changed(self):
        self.run_job(COMMANDS, 1)
        self.change("UPDATE tasks SET exit_code = 1 WHERE task = 4")
        refused = ("fanfold: run file 'job.run' is damaged: table tasks, row 4: it is not what was written; "
                   "nothing is taken from it (fanfold verify job.run)\n")
        self.expect(["merge", "merged.run", "job.run"], status=2, err=refused)
        self.expect(["run", "job.toml", "--run", "new.run", "--adopt", "job.run"], status=2, err=refused)
        self.assertFalse(os.path.exists(self.path("merged.run")) or os.path.exists(self.path("new.run")))

    def test_a_state_that_cannot_be_read(self):
        self.run_job(COMMANDS, 1)
        self.change("UPDATE checkpoint SET partial = x'01ffffff'")
        status, out = self.verify()
        self.assertEqual((status, out.splitlines()[:2]),
                         (1, ["job.run: NOT sound", "  table checkpoint, row 1: it is not what was written"]))
        self.assertIn("run file 'job.run' is damaged", out.splitlines()[2])
        self.assertEqual(len(self.problems()), 2)

    def test_rows_that_are_not_as_written_do_not_count_as_such(self):
        self.run_job(COMMANDS, 1)
        before = json.loads(self.fanfold("verify", "job.run", "--json").out)["checked_rows"]
        self.change("UPDATE tasks SET exit_code = 1 WHERE task = 4")
        self.assertEqual(json.loads(self.fanfold("verify", "job.run", "--json").out)["checked_rows"], before - 1)

    def test_rows_that_are_missing_or_too_many(self):
        self.run_job(COMMANDS, 1)
        self.change("DELETE FROM tasks WHERE task IN (2, 3)")
        self.assertEqual(self.problems(), ["tasks 2 to 3 are recorded as finished, without a row",
                                           "it has 0 failed tasks, where 1 are recorded",
                                           "the answer is not what the recorded values give"])
        self.fanfold("run", "job.toml", "--quiet", "--fresh", "--tasks", "0:2")
        self.change("INSERT INTO tasks SELECT 6, execution, status, error, attempts, rank, slot, start, duration, exit_code, "
                    "signal, results, row_checksum(6, execution, status, error, attempts, rank, slot, start, duration, "
                    "exit_code, signal, results) FROM tasks WHERE task = 1")
        self.assertEqual(self.problems(), ["it has 3 rows of tasks, where 2 are recorded"])

    def test_kept_values_that_are_missing(self):
        self.run_job(VALUES, 1)
        self.change("DELETE FROM columns WHERE id = (SELECT max(id) FROM columns)")
        self.assertIn("recorded as finished, without values", self.problems()[0])

    def test_an_answer_that_others_gave(self):
        self.run_job(COMMANDS, 1)
        other = self.path("other.run")
        self.write("other.toml", COMMANDS.replace("&& echo {i}", "&& echo 1{i}"))
        self.fanfold("run", "other.toml", "--quiet")
        self.change(f"ATTACH '{other}' AS other", "DELETE FROM checkpoint",
                    "INSERT INTO checkpoint SELECT * FROM other.checkpoint")
        self.assertEqual(self.problems(), ["the answer is not what the recorded values give"])

    def test_a_file_of_an_earlier_version_can_be_read_and_goes_on(self):
        self.write("job.toml", COMMANDS)
        self.fanfold("run", "job.toml", "--quiet", "--tasks", "0:2")
        tables = ["input_pieces", "checkpoint", "reports", "tasks", "outputs", "attempts", "columns", "failures", "events"]
        self.change(*[f"ALTER TABLE {table} DROP COLUMN checksum" for table in tables], "PRAGMA user_version = 1")
        found = json.loads(self.fanfold("verify", "job.run", "--json").out)
        self.assertEqual((found["verified"], found["checked_rows"]), (True, 0))
        self.assertIn("rows: 0 rows as written, ", self.fanfold("verify", "job.run").out)
        self.assertEqual(self.fanfold("run", "job.toml", "--quiet").status, 1)
        found = json.loads(self.fanfold("verify", "job.run", "--json").out)
        self.assertEqual((found["verified"], found["finished"]), (True, 8))
        self.assertGreater(found["checked_rows"], 5)
        self.assertGreater(found["unchecked_rows"], 2)

    def test_a_file_that_cannot_be_opened_is_not_sound(self):
        self.run_job(COMMANDS, 1)
        with open(self.path("job.run"), "rb") as file:
            good = file.read()
        for damage, problem in [
                (good[:5000], "is damaged (database disk image is malformed); start afresh with --fresh, or restore it from "
                              "a copy"),
                (good[:16] + b"\xff" * 8 + good[24:], "is not a run file of fanfold, or is damaged at its beginning"),
                (good[:100] + b"\xff" * 20 + good[120:], "is damaged (database disk image is malformed); start afresh with "
                                                         "--fresh, or restore it from a copy")]:
            with open(self.path("job.run"), "wb") as file:
                file.write(damage)
            self.expect(["verify", "job.run"], status=1, out=f"""\
job.run: NOT sound
  run file 'job.run' {problem}
rows: 0 rows as written
tasks: 0 of 0 finished, 0 failed
""")
            self.assertEqual(self.problems(), [f"run file 'job.run' {problem}"])

    def test_no_run_file(self):
        self.expect(["verify", "job.run"], status=2, err="fanfold: run file 'job.run' does not exist\n")
        self.write("job.run", "precious\n")
        self.expect(["verify", "job.run"], status=2, err="fanfold: run file 'job.run' is not a run file of fanfold\n")
        database = sqlite3.connect(self.path("mine.db"))
        database.execute("CREATE TABLE mine(x)")
        database.commit()
        database.close()
        self.expect(["verify", "mine.db"], status=2,
                    err="fanfold: 'mine.db' is an SQLite database, but not a run file of fanfold\n")


if __name__ == "__main__":
    main()
