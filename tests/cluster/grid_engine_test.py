"""fanfold submit on a real Grid Engine: a run that its walltime interrupts, a job that is deleted, an array."""

import batch_jobs
from batch_cluster import main


class GridEngineTest(batch_jobs.NapsTest):
    SCHEDULER = "sge"
    START = ["ge-up", "8"]
    STOP = "ge-down"

    def test_a_run_goes_on_after_its_walltime(self):
        told = self.submit(100, "--ranks-per-node", "2", "--time", "20s")
        self.assertRegex(told, r"\AGrid Engine job \d+: job.run, script job.run.sh, log job.run.log\n")
        self.wait_for_tasks(1)
        self.assertEqual(list(self.queue().values()), ["r"])
        self.wait_for_end()
        self.assertGreaterEqual(len(self.executions()), 2)
        self.assertEqual({execution["ranks"] for execution in self.executions()}, {2})
        self.assertIn("queued again", self.read("job.run.log"))
        self.expect_the_answer()

    def test_a_deleted_job_is_not_queued_again_and_can_go_on(self):
        self.submit(40)
        self.wait_for_tasks()
        self.assertRegex(self.fanfold("cancel", "job.run"), r"\Acancelled: Grid Engine job \d+\n\Z")
        self.wait_until(lambda: not self.queue(), "the end of the job")
        self.wait_until(lambda: self.status()["state"] in ("stopped", "interrupted"), "the end of the run")
        self.assertLess(self.finished(), 40)
        self.submit(40)
        self.wait_for_end()
        self.expect_the_answer()

    def test_an_array_is_merged_to_the_answer_of_one_run(self):
        self.submit(20, "--array", "2")
        parts = ["job.part1.run", "job.part2.run"]
        self.wait_until(lambda: all(self.finished(part) == 10 for part in parts), "the end of the parts")
        self.fanfold("merge", "job.run", *parts)
        self.expect_the_answer()


if __name__ == "__main__":
    main()
