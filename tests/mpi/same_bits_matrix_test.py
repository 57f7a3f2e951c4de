"""The same bits, of every job of jobs/ and every kernel: whatever number of ranks and threads, batch size and SIMD target
computes it, all that the run file answers is the same, the values of each task included.

    FANFOLD=build/release/fanfold PYTHONPATH=tests/support tests/mpi/same_bits_matrix_test.py

By default each job meets every number of ranks, of threads, every batch size and every target, and over all jobs each of
them meets each of the others. With FANFOLD_LONG_TESTS=1 in the environment every job meets all combinations.
"""

import csv
import itertools
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from processes import PROGRAM, Start, results_text
from same_bits_test import fused_targets

JOBS = pathlib.Path(__file__).resolve().parents[2] / "jobs"
RANKS = [1, 2, 3]
THREADS = [1, 2, 5]
# A batch has at most the tasks of its chunk.
BATCHES = [1, 7, 4096]

# What makes a job small enough to be run many times.
SMALL_JOBS = {
    "pi": ["samples=20000", "replica.count=60"],
    "range_sum": ["block.count=100"],
    "square_roots": ["i.count=3000"],
    "count_down": ["steps_per_unit=1000", "x=[1, 8, 1.5, 2, 3, 4, 5, 6, 7]"],
    "product": ["number.sample=500"],
    "sort": ["numbers=2000"],
    "heat": ["cells=20"],
    "ep": ["part.count=12"],
    "mandelbrot": ["limit=100", "side=32"],
    "options": ["paths=500"],
}
SMALL_KERNELS = {
    "count_down": ["steps_per_unit=1000"],
    "sort": ["numbers=1000"],
}
LEFT_OUT = {
    "naps": "it waits",
    "queries": "it waits",
    "simulate": "awk computes it",
    "hyperparameters": "Python computes it",
    "hyperparameters_command": "Python computes it",
    "ensemble": "awk computes it",
    "scrape": "it needs a server",
    "sql": "it needs a database",
}
# Columns of rows that say how a task was run, not what came of it.
ACCOUNTS = ["attempts", "rank", "start", "duration"]


def changes(settings):
    return [word for setting in settings for word in ("--set", setting)]


class SameBitsMatrix(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory(prefix="fanfold-matrix-")
        cls.addClassCleanup(scratch.cleanup)
        cls.folder = pathlib.Path(scratch.name)
        (cls.folder / "pi.toml").write_text((JOBS / "pi.toml").read_text())
        cls.targets = fused_targets(cls.folder) or [None]
        for name in ["first.txt", "second.txt"]:
            (cls.folder / name).write_text("1 2 3\n4 5 6\n")

    def fanfold(self, *words):
        return subprocess.run([PROGRAM, *words], cwd=self.folder, capture_output=True, text=True, timeout=60, check=True).stdout

    def jobs(self):
        """name → the words that run it"""
        for path in sorted(JOBS.glob("*.toml")):
            if path.stem not in LEFT_OUT:
                yield path.stem, [str(path), *changes(SMALL_JOBS.get(path.stem, []))]
        for kernel in json.loads(self.fanfold("kernels", "--json"))["kernels"]:
            name = f"kernel_{kernel['name']}"
            (self.folder / f"{name}.toml").write_text(kernel["example"])
            yield name, [f"{name}.toml", *changes(SMALL_KERNELS.get(kernel["name"], []))]

    def combinations(self, number):
        """(ranks, threads, batch, target) that the job of this number meets."""
        if os.environ.get("FANFOLD_LONG_TESTS"):
            return itertools.product(RANKS, THREADS, BATCHES, self.targets)
        count = max(3, len(self.targets))
        return [(RANKS[(i + number // 9) % 3], THREADS[(i + number) % 3], BATCHES[(2 * i + number) % 3],
                 self.targets[(i + number // 3) % len(self.targets)]) for i in range(count)]

    def answers(self, words, ranks, threads, batch, target):
        """The results as text, and the rows without what differs between runs."""
        flags = ["--compute-threads", str(threads), "--io-threads", str(threads), "--chunk", str(batch)]
        flags += ["--simd", target] if target else []
        start = Start([*words, "--json", "--quiet", "--fresh", "--keep", "all", "--run", "it.run", *flags],
                      ranks=ranks if ranks > 1 else None, folder=self.folder)
        status, output, errors = start.wait()
        self.assertEqual((status, errors), (0, ""), str(start))
        rows = list(csv.DictReader(self.fanfold("results", "it.run", "--csv").splitlines()))
        for row in rows:
            for name in ACCOUNTS:
                row.pop(name, None)
        self.assertGreater(len(rows), 0)
        return results_text(output)[0], rows

    def test_every_job_in_every_way(self):
        met = 0
        for number, (name, words) in enumerate(self.jobs()):
            with self.subTest(job=name):
                reference = self.answers(words, 1, 1, 1, self.targets[-1])
                for ranks, threads, batch, target in self.combinations(number):
                    with self.subTest(ranks=ranks, threads=threads, batch=batch, target=target):
                        self.assertEqual(self.answers(words, ranks, threads, batch, target), reference)
                        met += 1
        self.assertGreater(met, 50)

    def test_what_is_left_out_is_there(self):
        self.assertLessEqual(set(LEFT_OUT), {path.stem for path in JOBS.glob("*.toml")})


if __name__ == "__main__":
    unittest.main(verbosity=2)
