"""fanfold run --adopt: a job that has changed takes over what an earlier run has found."""

import os

from fanfold_cli import CliTest, main

# Each task leaves a line in the file `ran`.
SHELL = """\
[params]
x = [1, 2, 4]
y = ["a", "b"]

[task]
shell = "echo {x}{y} >> ran; echo {x}"

[reduce]
total = "sum(value) by y"
first = "first(value)"
"""

PI = """\
[params]
samples = [1000, 2000, 4000]
replica = { count = 2 }

[task]
kernel = "pi"

[reduce]
pi = "4 * sum(hits) / sum(samples)"
best = "argmax(hits)"
"""


class AdoptTest(CliTest):
    def ran(self):
        """What has run since the last call, in order."""
        lines = sorted(self.read("ran").split()) if os.path.exists(self.path("ran")) else []
        self.write("ran", "")
        return lines

    def adopt(self, before, after, status=0, flags=()):
        """Runs a job, changes it, and adopts: its answer and its rows are those of a fresh run, and the file is right."""
        self.write("job.toml", before)
        self.fanfold("run", "job.toml", "--run", "old.run", "--fresh", "--quiet")
        self.write("job.toml", after)
        fresh = self.fanfold("run", "job.toml", "--run", "fresh.run", "--fresh", "--quiet", *flags)
        self.ran()
        ended = self.fanfold("run", "job.toml", "--run", "new.run", "--adopt", "old.run", "--fresh", *flags)
        self.assertEqual((fresh.out, fresh.status), (ended.out, ended.status))
        self.assertEqual(status, ended.status, ended.err)
        rows = self.fanfold("results", "fresh.run", "--csv")
        if rows.status == 0:
            self.assertEqual(rows.out, self.fanfold("results", "new.run", "--csv").out)
        verified = self.fanfold("verify", "new.run")
        self.assertEqual((verified.status, verified.err), (0, ""), verified.out)
        return ended.err

    def test_a_value_in_the_middle_of_a_list(self):
        err = self.adopt(SHELL, SHELL.replace("[1, 2, 4]", "[1, 2, 3, 4]"))
        self.assertEqual(self.ran(), ["3a", "3b"])
        self.assertEqual(err, (
            "TIME info: adopted 6 of 8 tasks from 'old.run'\n"
            "TIME info: going on: 6 of 8 tasks are in the run file\n"
            "8 of 8 tasks succeeded (6 adopted); N s; run file new.run\n"))

    def test_other_orders_of_values_and_of_axes(self):
        reordered = SHELL.replace("[1, 2, 4]", "[4, 1, 2]").replace('y = ["a", "b"]\n', "")
        err = self.adopt(SHELL, reordered.replace("[params]\n", '[params]\ny = ["b", "a"]\n'))
        self.assertEqual(self.ran(), [])
        self.assertEqual(err, (
            "TIME info: adopted 6 of 6 tasks from 'old.run'\n"
            "TIME info: nothing left to run: all 6 tasks are in the run file\n"
            "6 of 6 tasks succeeded (6 adopted); run file new.run\n"))

    def test_values_that_are_gone_and_a_condition(self):
        err = self.adopt(SHELL, 'where = "x > 1 or y == \'b\'"\n' + SHELL.replace("[1, 2, 4]", "[1, 4, 5]"))
        self.assertEqual(self.ran(), ["5a", "5b"])
        self.assertIn("5 of 5 tasks succeeded (3 adopted), 1 left out by where", err)

    def test_a_constant_of_a_kernel_that_becomes_an_axis(self):
        before = PI.replace("samples = [1000, 2000, 4000]\n", "").replace('"pi"\n', '"pi"\nsamples = 2000\nseed_by = ["replica"]\n')
        err = self.adopt(before, PI.replace('"pi"\n', '"pi"\nseed_by = ["replica"]\n'))
        self.assertIn("adopted 2 of 6 tasks", err)
        self.assertIn("6 of 6 tasks succeeded (2 adopted)", err)

    def test_a_param_that_nothing_sees(self):
        self.assertIn("adopted 6 of 6 tasks", self.adopt(PI, PI.replace("[task]", "scale = 2\n[task]").replace("sum(samples)", "sum(samples * scale)")))

    def test_programs_see_all_params(self):
        err = self.adopt(SHELL, SHELL.replace("[task]", "scale = 2\n[task]"))
        self.assertEqual(self.ran(), ["1a", "1b", "2a", "2b", "4a", "4b"])
        self.assertEqual(err, (
            "TIME warning: the param 'scale' is never used\n"
            "TIME warning: nothing is adopted: none of the tasks in 'old.run' is the same: params.scale is new; "
            "params was x, y, is x, y, scale\n"
            "6 of 6 tasks succeeded (0 adopted); N s; run file new.run\n"))

    def test_another_command(self):
        err = self.adopt(SHELL, SHELL.replace("; echo {x}", "; expr {x} + 1"))
        self.assertEqual(len(self.ran()), 6)
        self.assertEqual(err, (
            "TIME warning: nothing is adopted: none of the tasks in 'old.run' is the same: "
            'task.shell was "echo {x}{y} >> ran; echo {x}", is "echo {x}{y} >> ran; expr {x} + 1"\n'
            "6 of 6 tasks succeeded (0 adopted); N s; run file new.run\n"))

    def test_other_samples(self):
        err = self.adopt(PI, PI.replace("[1000, 2000, 4000]", "[1000, 2001, 4000]"))
        self.assertIn("adopted 4 of 6 tasks", err)

    def test_random_numbers_of_the_same_stream_only(self):
        more = ("[1000, 2000, 4000]", "[1000, 2000, 3000, 4000]")
        err = self.adopt(PI, PI.replace(*more))
        self.assertEqual(err, (
            "TIME info: adopted 4 of 8 tasks from 'old.run'\n"
            "TIME info: tasks that draw random numbers are the same only if their numbers are: see seed_by\n"
            "TIME info: going on: 4 of 8 tasks are in the run file\n"
            "8 of 8 tasks succeeded (4 adopted); N s; run file new.run\n"))
        by_replica = PI.replace('"pi"\n', '"pi"\nseed_by = ["replica"]\n')
        self.assertIn("adopted 6 of 8 tasks", self.adopt(by_replica, by_replica.replace(*more)))
        self.assertIn("none of the tasks in 'old.run' is the same: seed was 0, is 1", self.adopt(PI, "seed = 1\n" + PI))

    def test_seeds_of_programs(self):
        seeded = SHELL.replace("; echo {x}", "; echo {seed31}")
        more = ("[1, 2, 4]", "[1, 3, 2, 4]")
        self.assertIn("adopted 2 of 8 tasks", self.adopt(seeded, seeded.replace(*more)))
        seeded = SHELL.replace("; echo {x}", "; echo $FANFOLD_SEED")
        self.assertIn("adopted 2 of 8 tasks", self.adopt(seeded, seeded.replace(*more)))
        numbered = SHELL.replace("; echo {x}", "; echo {index}")
        self.assertIn("adopted 2 of 8 tasks", self.adopt(numbered, numbered.replace(*more)))

    def test_another_reduce(self):
        err = self.adopt(SHELL, SHELL[:SHELL.index("[reduce]")] + '[reduce]\nmost = "argmax(value)"\nn = "count() by status"\n')
        self.assertEqual(self.ran(), [])
        self.assertIn("6 of 6 tasks succeeded (6 adopted)", err)

    def test_other_values(self):
        values = SHELL.replace("[reduce]", '[values]\ntwice = "2 * value"\n[reduce]\ntwice = "sum(twice)"')
        err = self.adopt(values, values.replace("2 * value", "3 * value"))
        self.assertEqual(len(self.ran()), 6)
        self.assertIn('is the same: values.twice was "2 * value", is "3 * value"\n', err)

    def test_failed_tasks_run_again(self):
        flaky = SHELL.replace("; echo {x}", "; test {x} -ne 2 && echo {x}")
        err = self.adopt(flaky, flaky.replace("[1, 2, 4]", "[1, 2, 3, 4]"), status=1)
        self.assertEqual(self.ran(), ["2a", "2b", "3a", "3b"])
        self.assertIn("6 of 8 tasks succeeded (4 adopted), 2 failed", err)

    def test_what_printed_no_number_fails_once_the_number_is_used(self):
        prints = SHELL[:SHELL.index("[reduce]")].replace("; echo {x}", "; test {x} -eq 1 && echo nothing || echo {x}")
        err = self.adopt(prints, prints + '[reduce]\ntotal = "sum(value)"\n', status=1)
        self.assertEqual(self.ran(), ["1a", "1b"])
        self.assertIn("4 of 6 tasks succeeded (4 adopted), 2 failed", err)

    def test_output_and_attempts_come_along(self):
        twice = SHELL.replace("; echo {x}", "; test {attempt} -eq 2 || {{ echo once more >&2; exit 1; }}; echo {x}")
        twice += "[run]\nretries = 1\nbackoff = 0.001\n"
        self.adopt(twice, twice.replace("[1, 2, 4]", "[0, 1, 2, 4]"))
        self.assertEqual(self.ran(), ["0a", "0a", "0b", "0b"])
        self.assertEqual(self.fanfold("output", "new.run", "7").out, "4\n")
        self.assertEqual(self.fanfold("output", "new.run", "7", "--attempt", "1", "--stderr").out, "once more\n")
        story = self.fanfold("explain", "new.run", "7").out
        self.assertIn(f"adopted from {os.path.realpath(self.path('old.run'))}:\n", story)
        self.assertEqual(story.count("began on rank 0"), 2, story)
        self.assertIn("execution 1: ", self.fanfold("explain", "new.run", "0").out)
        status = self.fanfold("status", "new.run").out
        self.assertIn(f"  6 tasks adopted from {os.path.realpath(self.path('old.run'))}\n", status)

    def test_a_run_that_was_adopted_is_adopted(self):
        self.adopt(SHELL, SHELL.replace("[1, 2, 4]", "[1, 2, 3, 4]"))
        self.write("job.toml", SHELL.replace("[1, 2, 4]", "[3, 4]"))
        os.remove(self.path("old.run"))
        self.ran()
        self.assertIn("adopted 4 of 4 tasks", self.fanfold("run", "job.toml", "--run", "third.run", "--adopt", "new.run").err)
        self.assertEqual(self.ran(), [])

    def test_equal_tasks_are_adopted_once_each(self):
        equal = SHELL.replace("[1, 2, 4]", "[1, 1, 1]")
        self.assertIn("adopted 6 of 8 tasks", self.adopt(equal, equal.replace("[1, 1, 1]", "[1, 1, 1, 1]")))
        self.assertEqual(self.ran(), ["1a", "1b"])

    def test_the_same_command_goes_on(self):
        self.write("job.toml", SHELL)
        self.fanfold("run", "job.toml", "--run", "old.run", "--quiet")
        self.write("job.toml", SHELL.replace("[1, 2, 4]", "[1, 2, 3, 4, 5]"))
        self.ran()
        arguments = ["run", "job.toml", "--run", "new.run", "--adopt", "old.run"]
        self.fanfold(*arguments, "--tasks", "0:5")
        self.assertEqual(self.ran(), ["3a"])
        os.remove(self.path("old.run"))  # it is not needed any more
        err = self.fanfold(*arguments).err
        self.assertEqual(self.ran(), ["3b", "5a", "5b"])
        self.assertEqual(err, (
            "TIME info: going on: 7 of 10 tasks are in the run file\n"
            "10 of 10 tasks succeeded (6 adopted); N s; run file new.run\n"))

    def test_the_parts_of_an_array_adopt_their_share(self):
        self.write("job.toml", SHELL)
        self.fanfold("run", "job.toml", "--run", "old.run", "--quiet")
        self.write("job.toml", SHELL.replace("[1, 2, 4]", "[1, 2, 3, 4]"))
        self.ran()
        for part in (1, 2):
            err = self.fanfold("run", "job.toml", "--part", f"{part}/2", "--run", f"{part}.run", "--adopt", "old.run").err
            self.assertIn(f"adopted {4 if part == 1 else 2} of 4 tasks", err)
        self.assertEqual(self.ran(), ["3a", "3b"])
        merged = self.fanfold("merge", "new.run", "1.run", "2.run")
        self.assertEqual(merged.err, "new.run: 8 of 8 tasks finished, 0 failed, from 2 run files\n")
        self.assertIn("  6 tasks adopted from ", self.fanfold("status", "new.run").out)
        self.assertEqual(self.fanfold("verify", "new.run").status, 0)

    def test_on_two_ranks(self):
        self.write("job.toml", SHELL)
        self.fanfold("run", "job.toml", "--run", "old.run", "--quiet")
        self.write("job.toml", SHELL.replace("[1, 2, 4]", "[1, 2, 3, 4]"))
        self.ran()
        ended = self.fanfold("run", "-n", "2", "job.toml", "--run", "new.run", "--adopt", "old.run", "--json", "--quiet")
        self.assertEqual(ended.status, 0, ended.err)
        self.assertIn('"adopted":6', ended.out)
        self.assertEqual(self.ran(), ["3a", "3b"])

    def test_mistakes(self):
        self.write("job.toml", PI + '[run]\nkeep = "none"\n')
        self.fanfold("run", "job.toml", "--quiet")
        self.expect(["run", "job.toml", "--adopt", "job.run"], status=2,
                    err="fanfold: --adopt: 'job.run' is the run file of this run, too: give this one another with --run FILE\n")
        self.expect(["run", "job.toml", "--run", "new.run", "--adopt", "job.run"], status=2,
                    err="fanfold: 'job.run' cannot be adopted: it has not the values of each task, of which the answer would be "
                        "made (keep = \"all\" keeps them)\n")
        self.assertFalse(os.path.exists(self.path("new.run")))
        self.expect(["run", "job.toml", "--fresh", "--adopt", "none.run"], status=2,
                    err="fanfold: run file 'none.run' does not exist\n")
        self.assertTrue(os.path.exists(self.path("job.run")))
        self.fanfold("run", "job.toml", "--run", "other.run", "--quiet")
        self.expect(["run", "job.toml", "--adopt", "other.run"], status=2,
                    err="fanfold: run file 'job.run' is there already, and did not begin with what 'other.run' has: replace it "
                        "with --fresh, or name another with --run FILE\n")
        self.write("job.toml", PI.replace("count = 2", "count = 5_000_000") + '[run]\nkeep = "all"\n')
        self.expect(["run", "job.toml", "--run", "new.run", "--adopt", "job.run"], status=2,
                    err="fanfold: --adopt compares up to 10000000 tasks one by one; this job has 15000000 tasks\n")


if __name__ == "__main__":
    main()
