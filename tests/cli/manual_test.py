"""fanfold man: the manual page, as groff shows it."""

import shutil
import subprocess

from fanfold_cli import TIMEOUT_SECONDS, CliTest, environment, main


class ManualTest(CliTest):
    def page(self):
        ended = self.fanfold("man")
        self.assertEqual((ended.status, ended.err), (0, ""))
        return ended.out

    def rendered(self):
        if shutil.which("groff") is None:
            self.skipTest("groff is not installed")
        ended = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-P-cbou"], input=self.page(), env=environment(), text=True,
                               capture_output=True, timeout=TIMEOUT_SECONDS, check=False)
        self.assertEqual((ended.stderr, ended.returncode), ("", 0))
        return ended.stdout

    def test_it_is_ascii(self):
        self.assertTrue(self.page().isascii())

    def test_groff_has_nothing_to_warn_of(self):
        text = self.rendered()
        for heading in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "COMMANDS", "EXIT STATUS", "FILES", "ENVIRONMENT"]:
            self.assertIn(f"\n{heading}\n", text)

    def test_every_command_is_in_it(self):
        text = self.rendered()
        listed = self.fanfold("--help").out.partition("\nCommands:\n")[2].partition("\n\n")[0]
        commands = [line.split()[0] for line in listed.splitlines() if line.startswith("  ") and line[2] != " "]
        self.assertIn("run", commands)
        for command in commands:
            self.assertIn(f"\n   fanfold {command}\n", text)
            example = self.fanfold(command, "--help").out.strip().splitlines()[-1].replace("Example: ", "").strip()
            self.assertIn(example, text)

    def test_options_can_be_copied(self):
        text = self.rendered()
        self.assertIn("--retry-failed", text)
        self.assertIn("fanfold man | man -l -", text)

    def test_man_shows_it(self):
        if shutil.which("man") is None:
            self.skipTest("man is not installed")
        self.write("fanfold.1", self.page())
        ended = subprocess.run(["man", "-l", "--warnings", self.path("fanfold.1")], env=environment(MANWIDTH="80"), text=True,
                               capture_output=True, timeout=TIMEOUT_SECONDS, check=False)
        if "minimized" in ended.stdout or "No manual" in ended.stderr:
            self.skipTest("man is not a working one")
        self.assertEqual((ended.stderr, ended.returncode), ("", 0))
        self.assertIn("run many independent tasks", ended.stdout)


if __name__ == "__main__":
    main()
