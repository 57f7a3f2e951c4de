"""fanfold completion bash: what a real bash completes."""

import os
import subprocess

from fanfold_cli import TIMEOUT_SECONDS, CliTest, environment, main

# Prints what is completed for the words, of which the last is under the cursor.
COMPLETE = """\
source completion
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
COMPREPLY=(left over)
_fanfold
printf '%s\\n' "${COMPREPLY[@]}"
"""


class CompletionTest(CliTest):
    def setUp(self):
        super().setUp()
        self.write("completion", self.fanfold("completion", "bash").out)
        for name in ["pi.toml", "two words.toml", "pi.run", "notes.txt"]:
            self.write(name, "")
        os.mkdir(self.path("jobs"))

    def completed(self, *words):
        ended = subprocess.run(["bash", "--norc", "-c", COMPLETE, "bash", "fanfold", *words], cwd=self.folder,
                               env=environment(), capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False)
        self.assertEqual((ended.stderr, ended.returncode), ("", 0))
        return sorted(line for line in ended.stdout.splitlines() if line)

    def test_commands(self):
        self.assertEqual(self.completed("che"), ["check"])
        self.assertLessEqual({"run", "check", "status", "results", "kernels", "init", "help", "--version", "--help"},
                             set(self.completed("")))
        self.assertEqual(self.completed("help", "ker"), ["kernels"])

    def test_files(self):
        self.assertEqual(self.completed("run", ""), ["jobs", "pi.toml", "two words.toml"])
        self.assertEqual(self.completed("check", "pi"), ["pi.toml"])
        self.assertEqual(self.completed("status", "p"), ["pi.run"])
        self.assertEqual(self.completed("merge", "p"), ["pi.run"])
        self.assertEqual(self.completed("submit", "p"), ["pi.toml"])
        self.assertEqual(self.completed("run", "pi.toml", "--run", "p"), ["pi.run"])
        self.assertEqual(self.completed("run", "--run", "p"), ["pi.run"])

    def test_options(self):
        self.assertEqual(self.completed("run", "--fre"), ["--fresh"])
        self.assertEqual(self.completed("run", "pi.toml", "--retr"), ["--retries", "--retry-failed"])
        self.assertNotIn("--fresh", self.completed("check", "--"))
        self.assertEqual(self.completed("kernels", "--ex"), ["--example"])

    def test_values_of_options(self):
        self.assertEqual(self.completed("run", "--keep", ""), ["all", "auto", "none"])
        self.assertEqual(self.completed("run", "--keep", "=", "a"), ["all", "auto"])
        self.assertEqual(self.completed("run", "--keep", "="), ["all", "auto", "none"])
        self.assertEqual(self.completed("init", "--kind", "sh"), ["shell"])
        self.assertEqual(self.completed("run", "--seed", ""), [])
        self.assertEqual(self.completed("submit", "--scheduler", "s"), ["sge", "slurm"])

    def test_names(self):
        self.assertEqual(self.completed("kernels", "p"), ["pi"])
        self.assertIn("read", self.completed("kernels", ""))
        self.assertEqual(self.completed("completion", ""), ["bash"])

    def test_every_command_and_option_is_in_it(self):
        """The script follows the help: what a command accepts can be completed."""
        for command in ["run", "check", "submit", "status", "doctor", "results", "kernels", "init"]:
            help_text = self.fanfold("help", command).out
            listed = {line.split("--", 1)[1].split()[0].split("[")[0] for line in help_text.splitlines()
                      if line.startswith("  -")}
            self.assertTrue(listed, help_text)
            for name in listed:
                self.assertIn(f"--{name}", self.completed(command, f"--{name}"))

    def test_other_shells(self):
        self.expect(["completion", "fish"], status=2,
                    err="fanfold: there is completion for bash only, not for 'fish'\n")
        self.expect(["completion"], status=2, err="fanfold: shell is required\ntry: fanfold completion --help\n")


if __name__ == "__main__":
    main()
