"""Help, version, and what is said about command lines that are wrong. Nothing runs then: the exit status is 2."""

import os

from fanfold_cli import CliTest, main


class UsageTest(CliTest):
    def expect_help(self, arguments, first_line, words):
        ended = self.fanfold(*arguments)
        self.assertEqual((ended.status, ended.err), (0, ""))
        self.assertEqual(ended.out.splitlines()[0], first_line)
        for word in words:
            self.assertIn(word, ended.out)

    def expect_error(self, arguments, message, command=""):
        self.expect(arguments, status=2, err=f"fanfold: {message}\ntry: fanfold {command}--help\n")

    def test_help(self):
        self.expect_help(["--help"], "fanfold runs many independent tasks, defined in one file, over MPI ranks and threads.",
                         ["  run ", "  check ", "  status ", "  results ", "  output ", "  explain ", "  kernels ", "  init ",
                          "  completion ", "  man "])
        self.expect_help(["run", "--help"], "Run a job, or go on with a run that was stopped",
                         ["--ranks", "--hosts", "--hostfile", "--restarts", "--run", "--fresh", "--retry-failed", "--tasks", "--task", "--seed", "--retries",
                          "--timeout", "--on-failure", "--max-failures", "--keep", "--io-threads", "--compute-threads",
                          "--chunk", "--walltime", "--simd", "--coordinate-only", "--json", "--quiet", "--verbose",
                          "Example: fanfold run"])
        self.expect_help(["check", "--help"], "Check a job file and show what it would run", ["Example: fanfold check"])
        self.expect_help(["status", "--help"], "Show how far a run is", ["--json", "--watch", "Example: fanfold status"])
        self.expect_help(["submit", "--help"], "Hand a job to a batch system: Slurm, Grid Engine, PBS or LSF",
                         ["--scheduler", "--nodes", "--ranks-per-node", "--cpus-per-rank", "--time", "--partition", "--queue",
                          "--account", "--array", "--dry-run", "--set", "--retries", "Example: fanfold submit"])
        self.expect_help(["cancel", "--help"], "End the batch job of a run that was submitted", ["Example: fanfold cancel"])
        self.expect_help(["merge", "--help"], "Make one run file of several of the same job", ["OUT RUN", "Example: fanfold merge"])
        self.expect_help(["doctor", "--help"], "Look for what makes runs slow or fail here", ["Example: mpirun"])
        self.expect_help(["results", "--help"], "Show the answer of a run, or a row for each task",
                         ["--csv", "--jsonl", "--npy", "--failed", "--digest", "--where", "--tasks", "Example: fanfold results"])
        self.expect_help(["output", "--help"], "Print what a task wrote to standard output",
                         ["--stderr", "--all", "--attempt", "Example: fanfold output"])
        self.expect_help(["explain", "--help"], "Tell what a task ran, where and when, and what came of it",
                         ["Example: fanfold explain"])
        self.expect_help(["verify", "--help"], "Check a run file from end to end",
                         ["--json", "Example: fanfold verify"])
        self.expect_help(["kernels", "--help"], "List what a task can run: kernels and sources",
                         ["[NAME]", "--example", "--json", "Example: fanfold kernels"])
        self.expect_help(["init", "--help"], "Write a commented job file to start from",
                         ["[FILE]", "--kind", "(default: shell)", "(default: job.toml)", "Example: fanfold init"])
        self.expect_help(["completion", "--help"], "Print the script by which a shell completes commands",
                         ["SHELL", "Example: source <(fanfold completion bash)"])
        self.expect_help(["man", "--help"], "Print the manual page, for man or groff", ["Example: fanfold man"])

    def test_the_whole_help_of_a_command(self):
        self.expect(["kernels", "--help"], out="""\
List what a task can run: kernels and sources

Usage: fanfold kernels [options] [NAME]

Arguments:
  NAME  A kernel or source, to see its parameters, results and an example; or one of your own:
        ./libheat.so, heat.cpp

Options:
  --example   Print a job file that runs the kernel, and nothing else
  --json      Print one JSON object
  -h, --help  Show this help

Example: fanfold kernels pi --example > job.toml
""")

    def test_options_are_grouped_and_their_values_have_names(self):
        ended = self.fanfold("run", "--help")
        titles = [line for line in ended.out.splitlines() if line.endswith(":") and not line.startswith(" ")]
        self.assertEqual(titles, ["Arguments:", "The job:", "Ranks, threads, instructions:",
                                  "Which tasks, and where they are recorded:", "Policy, instead of the job's [run]:",
                                  "Other options:"])
        for command in ["run", "check", "status", "results", "output", "kernels", "init"]:
            for line in self.fanfold("help", command).out.splitlines():
                self.assertNotRegex(line, r"^ +-[-, \w]* (TEXT|INT|UINT)\b", "a value has no name")

    def test_help_of_a_command(self):
        for command in ["run", "check", "status", "results", "kernels", "init", "help"]:
            self.assertEqual(self.fanfold("help", command).out, self.fanfold(command, "--help").out)
        self.assertEqual(self.fanfold("help").out, self.fanfold("--help").out)
        self.expect(["help", "rnu"], status=2,
                    err="fanfold: unknown command 'rnu'; did you mean 'run'?\ntry: fanfold --help\n")

    def test_lines_of_help_are_not_too_long(self):
        for command in ["", "run", "check", "status", "results", "kernels", "init", "help", "completion", "man"]:
            for line in self.fanfold(*command.split(), "--help").out.splitlines():
                self.assertLessEqual(len(line), 100)

    def test_version(self):
        ended = self.fanfold("--version")
        self.assertEqual((ended.status, ended.err), (0, ""))
        self.assertRegex(ended.out, r"\Afanfold \d+\.\d+\.\d+\n")
        versions = dict(line.split(None, 1) for line in ended.out.splitlines())
        self.assertRegex(versions["SIMD"], r"^\w+ in use; of \w+(, \w+)* on this CPU; \w+(, \w+)* compiled$")
        self.assertRegex(versions["MPI"], r"^[\w ]+ v?\d+\.\d+")
        for library in ["Highway", "SQLite", "zstd", "libcurl", "SOCI", "Boost", "nlohmann-json", "toml++", "CLI11", "spdlog", "fmt"]:
            self.assertRegex(versions[library], r"^\d+\.\d+", library)
        self.assertRegex(versions["RE2"], r"\d")
        self.assertRegex(versions["compiler"], r"^(Clang|GCC) \d+")

    def test_no_command(self):
        self.expect([], status=2, err="""\
fanfold runs many independent tasks, defined in one file, over MPI ranks and threads.

  fanfold init             write a job file, job.toml, to start from
  fanfold check job.toml   say what it would run
  fanfold run job.toml     run it, or go on where it stopped
  fanfold status job.run   say how far it is
  fanfold results job.run  show its answer again

fanfold --help lists all commands, fanfold help COMMAND the options of one.
""")

    def test_unknown_command(self):
        self.expect_error(["rnu", "job.toml"], "unknown command 'rnu'; did you mean 'run'?")
        self.expect_error(["frobnicate"], "unknown command 'frobnicate'")

    def test_unknown_option(self):
        self.expect_error(["--versoin"], "unknown option '--versoin'; did you mean '--version'?")
        self.expect_error(["run", "job.toml", "--fersh"], "unknown option '--fersh'; did you mean '--fresh'?", "run ")
        self.expect_error(["run", "job.toml", "--io-thread=3"],
                          "unknown option '--io-thread'; did you mean '--io-threads'?", "run ")
        self.expect_error(["results", "a.run", "-x"], "unknown option '-x'", "results ")

    def test_missing_and_superfluous_arguments(self):
        self.expect(["run"], status=2, err="fanfold: which job? Give a job file, or --commands FILE\n")
        self.expect(["check"], status=2, err="fanfold: which job? Give a job file, or --commands FILE\n")
        self.expect_error(["status"], "run is required", "status ")
        self.expect_error(["results"], "run is required", "results ")
        self.expect_error(["output", "a.run"], "task is required", "output ")
        self.expect_error(["check", "a.toml", "b.toml"], "unexpected argument 'b.toml'", "check ")

    def test_options_without_a_value(self):
        """What a script with a variable that is not set gives."""
        for option in ["--run", "--chunk", "--retries", "--io-threads", "--tasks", "--picture", "--walltime"]:
            self.expect_error(["run", "job.toml", option, ""], f"{option}: its value is empty", "run ")
        self.expect_error(["run", "job.toml", "--run", "a.run", "--chunk", ""], "--chunk: its value is empty", "run ")
        self.expect_error(["results", "a.run", "--npy", ""], "--npy: its value is empty", "results ")

    def test_numbers_that_no_type_can_hold(self):
        self.write("job.toml", "[params]\ni = { count = 3 }\n[values]\nx = \"i\"\n")
        for option, text in [("--chunk", "18446744073709551615"), ("--retries", "99999999999999999999"),
                             ("--retries", "-99999999999999999999"), ("--timeout", "1e999"), ("--max-failures", "1" * 30)]:
            self.expect(["run", "job.toml", f"{option}={text}"], status=2,
                        err=f"fanfold: {option}: the number {text} is out of range\n")
        self.expect(["run", "job.toml", "--chunk", "9223372036854775807", "--quiet"])

    def test_options_that_exclude_each_other(self):
        self.expect_error(["results", "a.run", "--csv", "--jsonl"], "--csv excludes --jsonl", "results ")

    def test_numbers_of_options(self):
        for text in ["0", "-1", "two", "1.5"]:
            self.expect_error(["run", "job.toml", "-n", text],
                              f"--ranks: must be an integer from 1 to 1000000, not '{text}'", "run ")
        for text in ["-3", "9223372036854775808", "x"]:
            self.expect_error(["run", "job.toml", "--seed", text],
                              f"--seed: must be an integer from 0 to 9223372036854775807, not '{text}'", "run ")

    def test_policy_on_the_command_line_is_checked_as_in_the_file(self):
        self.write("job.toml", "[params]\ni = { count = 3 }\n[values]\nx = 'i'\n")
        self.expect(["run", "job.toml", "--retries", "x", "--timeout", "3x", "--on-failure", "stp", "--max-failures",
                     "200%", "--keep", "some", "--io-threads", "0", "--compute-threads", "-1", "--chunk", "0",
                     "--walltime", "0"], status=2, err="""\
fanfold: --retries: must be an integer, not 'x'
fanfold: --timeout: must be a duration ("250ms", "30s", "5m", "1.5h", "2d" or a number of seconds), not '3x'
fanfold: --on-failure: must be "continue" or "stop", not 'stp'; did you mean 'stop'?
fanfold: --max-failures: must be a count of tasks or a share of them ("0%" to "100%"), not '200%'
fanfold: --keep: must be "auto", "all" or "none", not 'some'
fanfold: --io-threads: must be at least 1, not 0
fanfold: --compute-threads: must be at least 1, not -1
fanfold: --chunk: must be at least 1, not 0
fanfold: --walltime: must be longer than 0 seconds
""")

    def test_selections(self):
        self.write("job.toml", "[params]\ni = { count = 3 }\n[values]\nx = 'i'\n")
        for text in ["2:1", "1:1", "0:4", "x", "1", "0x1:2", ":0", "-1:2"]:
            self.expect(["run", "job.toml", f"--tasks={text}"], status=2,
                        err=f"fanfold: --tasks: expected FIRST:END with 0 <= FIRST < END <= 3, not '{text}'\n")
        for text in ["3", "-1", "x", "0:1"]:
            self.expect(["run", "job.toml", f"--task={text}"], status=2,
                        err=f"fanfold: --task: expected an index from 0 to 2, not '{text}'\n")
        self.expect(["run", "job.toml", "--task", "1", "--tasks", "0:2"], status=2,
                    err="fanfold: give --tasks or --task, not both\n")
        self.assertEqual(os.listdir(self.folder), ["job.toml"], "a run file was made")

    def test_unknown_simd_target(self):
        self.write("job.toml", "[values]\nx = '1'\n")
        ended = self.fanfold("run", "job.toml", "--simd", "ABACUS")
        self.assertEqual((ended.status, ended.out), (2, ""))
        self.assertRegex(ended.err, r"\Afanfold: SIMD target 'ABACUS' is not one of the SIMD targets of this build and CPU, \w+(, \w+)*\n\Z")


if __name__ == "__main__":
    main()
