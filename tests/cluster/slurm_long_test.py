"""fanfold submit on a real Slurm, what takes longer: a walltime that comes again and again, and nodes that die under a run
over several."""

import batch_jobs
from batch_cluster import main


class SlurmLongTest(batch_jobs.SlurmTest):
    START = ["slurm-up", "8", "2"]

    def test_a_run_goes_on_through_many_walltimes(self):
        self.submit(640, "--nodes", "2", "--time", "1")
        self.wait_for_end(600)
        self.assertGreaterEqual(len(self.executions()), 3)
        self.expect_the_answer()

    def test_the_death_of_a_node_without_rank_zero(self):
        self.submit(200, "--nodes", "2", "--time", "10")
        self.wait_for_tasks()
        self.system.kill_node(self.nodes()[1])
        self.wait_for_end(400)
        self.expect_the_answer()

    def test_the_death_of_the_node_of_rank_zero(self):
        self.submit(200, "--nodes", "2", "--time", "10")
        self.wait_for_tasks()
        self.system.kill_node(self.nodes()[0])
        # Under --no-kill, Slurm keeps the job on the node that is left, which notices that.
        self.wait_for_end(400)
        self.assertEqual(len(self.executions()), 2)
        self.assertRegex(self.read("job.run.log"), r"job.run: node n\d has died, which ran this script: queued again\n")
        self.expect_the_answer()


if __name__ == "__main__":
    main()
