"""The same bits: whatever number of ranks, threads, chunk size and SIMD target computes a job, its answer is the same
to the last character.

    FANFOLD=build/release/fanfold PYTHONPATH=tests/support tests/mpi/same_bits_test.py RANKS

RANKS is 0 for the bare program, without mpirun.
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from processes import PROGRAM, Start, results_text
from same_bits_jobs import FAILED, JOBS, write_jobs

THREADS = ["1", "2", "5"]
CHUNKS = ["1", "7", None]
# These differ from others in how tasks are retrieved, not in what computes them.
BRIEF = {"command", "sleep"}
# The targets of Highway that multiply and add with one rounding; the others promise no common bits.
FUSED = {"AVX2", "AVX3", "AVX3_DL", "AVX3_ZEN4", "NEON", "SVE", "SVE2", "SVE_256", "SVE2_128"}


def fused_targets(folder):
    """The SIMD targets with FMA of this build and CPU, as the program's refusal of an unknown one lists them."""
    refusal = subprocess.run(
        [PROGRAM, "run", "pi.toml", "--simd", "nonsense"], cwd=folder, capture_output=True, text=True, timeout=60
    )
    if refusal.returncode != 2 or "SIMD targets of this build and CPU" not in refusal.stderr:
        raise AssertionError(f"status {refusal.returncode}: {refusal.stderr}")
    return [word for word in re.findall(r"[A-Z][A-Z0-9_]+", refusal.stderr) if word in FUSED]


class SameBits(unittest.TestCase):
    ranks = None

    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory(prefix="fanfold-same-bits-")
        cls.addClassCleanup(cls.scratch.cleanup)
        cls.folder = pathlib.Path(cls.scratch.name)
        write_jobs(cls.folder)
        cls.targets = fused_targets(cls.folder)
        cls.references = {}

    def answer(self, job, *flags, ranks, environment=None):
        """The results of one fresh run, as text. Checks its status and counts."""
        start = Start(
            [f"{job}.toml", "--json", "--quiet", "--fresh", *flags],
            ranks=ranks,
            folder=self.folder,
            environment=environment,
        )
        status, output, errors = start.wait()
        said = f"{start}\nstatus {status}\n{output}\n{errors}"
        self.assertEqual(status, 1 if FAILED[job] else 0, said)
        text, answer = results_text(output)
        self.assertEqual(answer["failed"], FAILED[job], said)
        self.assertEqual(answer["succeeded"] + answer["failed"], answer["tasks"], said)
        return text

    def reference(self, job):
        """The answer of one thread of one process that takes one task at a time."""
        if job not in self.references:
            flags = ["--compute-threads", "1", "--io-threads", "1", "--chunk", "1"]
            if self.targets:
                flags += ["--simd", self.targets[-1]]
            self.references[job] = self.answer(job, *flags, ranks=None)
        return self.references[job]

    def check(self, job):
        """Every number of threads with every chunk size (of brief jobs: each once); the targets take turns, so that
        each meets each of both, and then each has the program's own choice of them."""
        reference = self.reference(job)
        targets = self.targets or [None]
        for row, threads in enumerate(THREADS):
            for column, chunk in enumerate(CHUNKS):
                if job in BRIEF and row != column:
                    continue
                target = targets[(row + column) % len(targets)]
                flags = ["--compute-threads", threads, "--io-threads", threads]
                flags += ["--chunk", chunk] if chunk else []
                flags += ["--simd", target] if target else []
                self.expect_same(job, reference, flags)
        for target in targets:
            self.expect_same(job, reference, [], {"FANFOLD_SIMD": target} if target else None)

    def expect_same(self, job, reference, flags, environment=None):
        with self.subTest(job=job, flags=" ".join(flags), environment=environment):
            self.assertEqual(self.answer(job, *flags, ranks=self.ranks, environment=environment), reference)


def add_test(job):
    setattr(SameBits, f"test_{job}", lambda self: self.check(job))


for name in JOBS:
    add_test(name)

if __name__ == "__main__":
    SameBits.ranks = int(sys.argv[1]) or None
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2)
