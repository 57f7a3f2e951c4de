"""The README does what it says: its commands are run, in their order; its job files are checked; its outputs are compared.

A `sh` block is run by bash from the root of a copy of what it needs; a line that ends with `# exits with N` has that exit
status, all others 0. A `text` block that follows one is its standard output. A `toml` block is a job file, and begins with a
comment that is its name."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest
from dataclasses import dataclass

from fanfold_cli import PROGRAM, REPOSITORY, environment, main, normalised

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXPECTED_STATUS = re.compile(r"^(.*?) +# exits with (\d+)$", re.MULTILINE)
SET_UP = ["scripts/quickstart", "scripts/test"]
# What the reader has and the jobs run: a program that prints a number.
PROGRAMS = ["sim", "simulate"]
ELSEWHERE = ["pages.toml", "pipeline.toml"]  # they need the Internet; tests/cli/http_test.py has such jobs


@dataclass
class Block:
    language: str
    text: str
    line: int
    output: str | None = None  # of a sh block


def blocks_of(readme):
    blocks = []
    for match in FENCE.finditer(readme):
        language, text = match.groups()
        follows = blocks and blocks[-1].language == "sh" and readme[blocks_end:match.start()].strip() == ""
        if language == "text" and follows:
            blocks[-1].output = text
        blocks.append(Block(language, text, readme.count("\n", 0, match.start()) + 1))
        blocks_end = match.end()
    return blocks


def script_of(block):
    """The block's commands, which end the shell with an error if one does not exit as it should."""
    return EXPECTED_STATUS.sub(r"if \1; then status=0; else status=$?; fi; [ $status = \2 ]", block.text)


class ReadmeTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        with open(os.path.join(REPOSITORY, "README.md"), encoding="utf-8") as file:
            cls.blocks = blocks_of(file.read())
        cls.folder = tempfile.mkdtemp(prefix="fanfold-readme-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        shutil.copytree(os.path.join(REPOSITORY, "jobs"), os.path.join(cls.folder, "jobs"))
        os.mkdir(os.path.join(cls.folder, "build"))
        os.symlink(os.path.dirname(os.path.abspath(PROGRAM)), os.path.join(cls.folder, "build", "release"))
        for name in PROGRAMS:
            with open(os.path.join(cls.folder, name), "w", encoding="utf-8") as file:
                file.write("#!/bin/sh\necho loss=0.$#\n")
            os.chmod(os.path.join(cls.folder, name), 0o755)
        for block in cls.of_language("toml"):
            with open(os.path.join(cls.folder, cls.name_of(block)), "w", encoding="utf-8") as file:
                file.write(block.text)

    @classmethod
    def of_language(cls, language):
        return [block for block in cls.blocks if block.language == language]

    @staticmethod
    def name_of(block):
        return re.match(r"# (\w+\.toml)\b", block.text).group(1)

    def test_there_are_two_set_up_commands_and_they_can_be_run(self):
        shown = [block.text.strip() for block in self.of_language("sh") if block.text.startswith("scripts/")]
        self.assertEqual(shown, SET_UP)
        for command in SET_UP:
            self.assertTrue(os.access(os.path.join(REPOSITORY, command), os.X_OK), command)

    def test_every_job_file_is_right(self):
        self.assertGreater(len(self.of_language("toml")), 5)
        for block in self.of_language("toml"):
            with self.subTest(line=block.line):
                check = subprocess.run([PROGRAM, "check", self.name_of(block)], cwd=self.folder, env=environment(),
                                       capture_output=True, text=True, check=False)
                self.assertEqual((check.stderr, check.returncode), ("", 0))

    def test_every_job_that_no_command_runs_can_be_run(self):
        """After test_every_command_does_what_is_shown, which makes the files that some of them read."""
        commands = "".join(block.text for block in self.of_language("sh"))
        names = [self.name_of(block) for block in self.of_language("toml")]
        for name in names:
            if name in ELSEWHERE or name in commands:
                continue
            with self.subTest(job=name):
                run = subprocess.run([PROGRAM, "run", name, "--run", name + ".alone.run", "--quiet"], cwd=self.folder,
                                     env=environment(), capture_output=True, text=True, timeout=100, check=False)
                self.assertEqual(run.returncode, 0, run.stderr)

    def test_every_command_does_what_is_shown(self):
        commands = [block for block in self.of_language("sh") if block.text.strip() not in SET_UP]
        self.assertGreater(len(commands), 10)
        script = "set -e\n" + "".join(
            f"{{\n{script_of(block)}}} >out.{block.line} 2>err.{block.line}\n" for block in commands)
        ended = subprocess.run(["bash", "-c", script], cwd=self.folder, env=environment(), check=False)
        reached = [block for block in commands if os.path.exists(self.path("out", block))]
        for block in reached:
            with self.subTest(line=block.line):
                if block.output is not None:
                    self.assertEqual(normalised(block.output), normalised(self.read("out", block)))
        last = reached[-1]
        self.assertEqual(ended.returncode, 0,
                         f"a command of line {last.line} exits as it should not:\n{self.read('err', last)}")
        self.assertEqual(len(reached), len(commands))

    def path(self, kind, block):
        return os.path.join(self.folder, f"{kind}.{block.line}")

    def read(self, kind, block):
        with open(self.path(kind, block), encoding="utf-8") as file:
            return file.read()


if __name__ == "__main__":
    main()
