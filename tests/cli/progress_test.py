"""What is seen of a run while it is under way: one line redrawn on a terminal, a few dated lines in a log file."""

import re

from fanfold_cli import PROGRAM, CliTest, main, normalised
from processes import mpirun

NUMBER = r"\d+(\.\d+)?( [kMGT])?"
LINE = rf"\d of 8 tasks \(\d+%\)(, \d failed)?; {NUMBER}/s; \d+\.\d+ s(, \d+\.\d+ s left)?; load \d+%"

# Tasks 0 and 1 end at once, the others once there is a file `go`.
GATED = """\
[params]
i = { count = 8 }

[task]
shell = "test {i} -lt 2 || until test -e go; do sleep 0.02; done"

[run]
io_threads = 2
"""


class ProgressTest(CliTest):
    def test_a_log_file_gets_dated_lines(self):
        self.write("gated.toml", GATED)
        process = self.start("run", "gated.toml")
        first = process.stderr.readline()  # a second after the start
        self.write("go", "")
        out, rest = process.communicate()
        lines = normalised(rest).splitlines()
        dated = [first.rstrip("\n"), *rest.splitlines()[:-1]]
        for line in dated:
            self.assertRegex(line, rf"\A\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d info: {LINE}\Z")
        self.assertTrue(first.split("info: ")[1].startswith("2 of 8 tasks (25%); "), first)
        self.assertLessEqual(len(dated), 3)
        self.assertEqual((lines[-1], out, process.returncode),
                         ("8 of 8 tasks succeeded; N s; run file gated.run", "", 0))

    def test_a_short_run_shows_no_progress_in_a_log_file(self):
        self.write("short.toml", "[values]\nx = '1'\n")
        self.expect(["run", "short.toml"], err="1 of 1 task succeeded; N s; run file short.run\n")

    def test_a_terminal_shows_one_line(self):
        self.write("naps.toml", "[params]\ni = { count = 8 }\n[task]\nsleep = 0.1\n[run]\nio_threads = 2\n[reduce]\nn = 'count()'\n")
        ended, drawn = self.on_terminal("run", "naps.toml")
        self.assertEqual((ended.out, ended.status), ("n = 8  (8 of 8 tasks)\n", 0))
        *progress, summary = drawn.split("\r\x1b[K")
        self.assertGreater(len(progress), 2)
        for line in progress:
            self.assertRegex(line, rf"\A({LINE})?\Z")
        self.assertEqual(normalised(summary), "8 of 8 tasks succeeded; N s; run file naps.run\r\n")

    def test_a_terminal_shows_one_line_of_a_run_on_ranks(self):
        self.write("naps.toml", "[params]\ni = { count = 8 }\n[task]\nsleep = 0.1\n[run]\nio_threads = 1\n")
        for ranks in ([PROGRAM, "run", "-n", "2"], [*mpirun(2), PROGRAM, "run"]):
            ended, drawn = self.on_terminal("naps.toml", "--fresh", command=ranks)
            self.assertEqual((ended.out, ended.status), ("", 0))
            *progress, summary = drawn.split("\r\x1b[K")
            self.assertGreater(len(progress), 2)
            for line in progress:
                self.assertRegex(line, rf"\A({LINE}( \d+%)?)?\Z")
            self.assertEqual(normalised(summary), "8 of 8 tasks succeeded; N s; run file naps.run\r\n")

    def test_the_log_of_ranks_gets_dated_lines(self):
        self.write("gated.toml", GATED)
        process = self.start("run", "-n", "2", "gated.toml", "--io-threads", "1")
        first = process.stderr.readline()  # a second after the start
        self.write("go", "")
        process.communicate()
        self.assertRegex(first, rf"\A\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d rank 0 info: {LINE}( \d+%)?\n\Z")

    def test_a_line_fits_a_narrow_terminal(self):
        self.write("naps.toml", "[params]\ni = { count = 4 }\n[task]\nsleep = 0.1\n[run]\nio_threads = 2\n")
        _, drawn = self.on_terminal("run", "naps.toml", columns=20)
        progress = drawn.split("\r\x1b[K")[:-1]
        self.assertEqual(max(map(len, progress)), 19)

    def test_log_lines_stand_above_the_line_of_a_terminal(self):
        self.write("gated.toml", GATED)
        self.write("go", "")
        self.fanfold("run", "gated.toml", "--tasks", "0:3")
        _, drawn = self.on_terminal("run", "gated.toml")
        self.assertTrue(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d info: going on: 3 of 8 tasks are in the run file\r\n", drawn), drawn)

    def test_quiet_shows_nothing(self):
        self.write("naps.toml", "[params]\ni = { count = 4 }\n[task]\nsleep = 0.1\n[run]\nio_threads = 2\n")
        _, drawn = self.on_terminal("run", "naps.toml", "--quiet")
        self.assertEqual(drawn, "")


if __name__ == "__main__":
    main()
