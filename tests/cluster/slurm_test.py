"""fanfold submit on a real Slurm: a run over two nodes that its walltime interrupts, a node that dies, a cancelled job, an
array, a run that makes no progress."""

import batch_jobs
from batch_cluster import main


class SlurmTest(batch_jobs.SlurmTest):
    START = ["slurm-up", "6", "2"]

    def test_a_run_over_two_nodes_goes_on_after_its_walltime(self):
        told = self.submit(260, "--nodes", "2", "--time", "1", "--", "--comment=two words")
        self.assertRegex(told, r"\ASlurm job \d+: job.run, script job.run.sh, log job.run.log\nnext: fanfold status job.run\n\Z")
        self.submit(260, "--nodes", "2", status=2)  # it is in the queue already
        self.wait_for_tasks()
        self.assertEqual(list(self.queue().values()), ["RUNNING"])
        self.assertRegex(self.fanfold("status", "job.run"), r"Slurm job \d+, submitted \S+: RUNNING \(n\[\d[-,]\d\]\)\n")
        self.wait_for_end(300)
        self.assertGreaterEqual(len(self.executions()), 2)
        self.assertEqual({execution["ranks"] for execution in self.executions()}, {2})
        self.assertIn("queued again", self.read("job.run.log"))
        self.expect_the_answer()

    def test_a_job_whose_node_dies_starts_again_elsewhere(self):
        self.submit(60)
        self.wait_for_tasks()
        self.system.kill_node(self.nodes()[0])
        self.wait_for_end()
        self.assertEqual(len(self.executions()), 2)
        self.expect_the_answer()

    def test_where_only_srun_works_the_script_starts_the_run_again(self):
        self.submit(120, "--nodes", "2", "--time", "10", "--launcher", "srun")
        self.wait_for_tasks()
        self.kill_rank_zero()
        self.wait_for_end()
        self.assertEqual([execution["ranks"] for execution in self.executions()], [2, 2])
        self.assertRegex(self.read("job.run.log"), r"job.run: it has died \(exit status \d+\): going on from the run file in 1 s\n")
        self.assertNotIn("queued again", self.read("job.run.log"))
        self.expect_the_answer()

    def test_a_cancelled_job_is_not_queued_again_and_can_go_on(self):
        self.submit(60, "--cpus-per-rank", "1", "--time", "10")
        self.wait_for_tasks()
        self.assertRegex(self.fanfold("cancel", "job.run"), r"\Acancelled: Slurm job \d+\n\Z")
        self.wait_until(lambda: list(self.queue().values()) == ["CANCELLED"], "the end of the job")
        self.wait_until(lambda: self.status()["state"] in ("stopped", "interrupted"), "the end of the run")
        self.assertLess(self.finished(), 60)
        self.submit(60, "--cpus-per-rank", "1")
        self.wait_for_end()
        self.expect_the_answer()

    def test_an_array_is_merged_to_the_answer_of_one_run(self):
        told = self.submit(30, "--array", "3", "--cpus-per-rank", "1")
        self.assertIn("; in the end: fanfold merge job.run job.part*.run\n", told)
        parts = [f"job.part{part}.run" for part in (1, 2, 3)]
        self.wait_until(lambda: all(self.finished(part) == 10 for part in parts), "the end of the parts")
        self.assertIn("  job.part3.run: 10 of 30 tasks finished, 0 failed\n", self.fanfold("status", "job.run"))
        self.assertIn("(30 of 30 tasks)", self.fanfold("merge", "job.run", *parts))
        self.expect_the_answer()

    def test_a_run_that_makes_no_progress_is_not_queued_again(self):
        self.write("job.toml", "[task]\nshell = \"kill -9 $PPID; sleep 1\"\n")
        self.fanfold("submit", "job.toml", "--scheduler", "slurm", "--cpus-per-rank", "1")
        self.wait_until(lambda: "not queued again" in self.read("job.run.log"), "the end of the job")
        self.wait_until(lambda: list(self.queue().values()) == ["FAILED"], "Slurm's word for it")


if __name__ == "__main__":
    main()
