#!/usr/bin/env python3
"""A trivial Python function on two slots: fanfold's workers, multiprocessing and mpi4py.futures, in turns.

    tests/bench/workers.py [--fanfold build/release/fanfold] [--rounds 5] [--tasks 400000]

Tasks a second, medians of several rounds, one task at a time everywhere (chunk size 1; fanfold chooses its own), start-up
left out for the pools, which are warm, and counted for fanfold. Without mpi4py (Debian: python3-mpi4py) that row is left out.
"""

import argparse
import importlib.util
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ENVIRONMENT = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
                   OMPI_MCA_rmaps_base_oversubscribe="1", OMPI_MCA_hwloc_base_binding_policy="none")

JOB = """[params]
x = {{ count = {tasks} }}
[task]
worker = ["python3", "square.py"]
[reduce]
total = "sum(value)"
[run]
io_threads = 2
"""

PEER = """import sys, time
def square(x): return x * x
def measure(pool, tasks):
    list(pool(square, range(1000), chunksize=1))
    start = time.perf_counter()
    total = sum(pool(square, range(tasks), chunksize=1))
    assert total == (tasks - 1) * tasks * (2 * tasks - 1) // 6
    print(tasks / (time.perf_counter() - start))
if __name__ == "__main__":
    if sys.argv[1] == "multiprocessing":
        import multiprocessing
        with multiprocessing.Pool(2) as pool: measure(pool.map, int(sys.argv[2]))
    else:
        from mpi4py.futures import MPIPoolExecutor
        with MPIPoolExecutor(2) as pool: measure(pool.map, int(sys.argv[2]))
"""


class Bench:
    def __init__(self, options, folder):
        self.options = options
        self.folder = pathlib.Path(folder)
        (self.folder / "square.py").write_text("from fanfold_worker import serve\nserve(lambda x: x * x)\n")
        (self.folder / "peer.py").write_text(PEER)
        (self.folder / "job.toml").write_text(JOB.format(tasks=options.tasks))

    def run(self, *words):
        return subprocess.run(words, cwd=self.folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=600,
                              check=True).stdout

    def fanfold(self):
        program = str(pathlib.Path(self.options.fanfold).resolve())
        answer = json.loads(self.run(program, "run", "job.toml", "--fresh", "--json", "--quiet"))
        return answer["tasks"] / answer["seconds"]

    def multiprocessing(self):
        return float(self.run(sys.executable, "peer.py", "multiprocessing", "50000"))

    def mpi4py(self):
        return float(self.run("mpirun", "-n", "3", sys.executable, "-m", "mpi4py.futures", "peer.py", "mpi4py", "10000"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fanfold", default="build/release/fanfold")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tasks", type=int, default=400_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options, folder)
        ways = {"fanfold, worker": bench.fanfold, "multiprocessing.Pool(2), chunksize 1": bench.multiprocessing}
        if importlib.util.find_spec("mpi4py"):
            ways["mpi4py.futures, 2 workers, chunksize 1"] = bench.mpi4py
        rates = {name: [] for name in ways}
        for _ in range(options.rounds):
            for name, measure in ways.items():
                rates[name].append(measure())
    medians = {name: statistics.median(values) for name, values in rates.items()}
    for name, rate in medians.items():
        print(f"{name:40} {rate:12,.0f} tasks/s   fanfold is {medians['fanfold, worker'] / rate:5.1f} x")


if __name__ == "__main__":
    main()
