#!/usr/bin/env python3
"""Whole runs against their peers and limits, in turns, as one table.

    tests/bench/whole_runs.py [--fanfold build/release/fanfold] [--rounds 5] [--quick]

Medians of several rounds; in each round the commands that are compared run one after the other. Needs mpirun,
mpicc and GNU time; mpi4py (Debian: python3-mpi4py) for the peer, which is left out without it.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

EMPTY_MPI_PROGRAM = """#include <mpi.h>
int main(int argc, char** argv) { MPI_Init(&argc, &argv); MPI_Finalize(); return 0; }
"""

POOL_PROGRAM = """import time
from mpi4py.futures import MPIPoolExecutor
def half(i): return i * 0.5
if __name__ == "__main__":
    with MPIPoolExecutor(1) as pool:
        list(pool.map(half, range(100)))
        start = time.perf_counter()
        sum(pool.map(half, range(20000), chunksize=1))
        print(20000 / (time.perf_counter() - start))
"""

ENVIRONMENT = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")


def job(count, values='y = "i * 0.5"', reduce='s = "sum(y)"'):
    return f"[params]\ni = {{ count = {count} }}\n[values]\n{values}\n[reduce]\n{reduce}\n"


class Bench:
    def __init__(self, fanfold, rounds, folder):
        self.fanfold = str(pathlib.Path(fanfold).resolve())
        self.rounds = rounds
        self.folder = pathlib.Path(folder)

    def run(self, *words):
        result = subprocess.run(words, cwd=self.folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=600)
        if result.returncode != 0:
            raise RuntimeError(f"{' '.join(words)}: exit {result.returncode}\n{result.stderr}")
        return result.stdout

    def seconds(self, *words):
        start = time.perf_counter()
        self.run(*words)
        return time.perf_counter() - start

    def write(self, name, text):
        (self.folder / name).write_text(text)
        return name

    def result(self, launcher, *options):
        return json.loads(self.run(*launcher, self.fanfold, "run", *options, "--fresh", "--json", "--quiet"))

    def medians(self, **measures):
        """Each measure is a function; they take turns. Returns the median of each."""
        samples = {name: [] for name in measures}
        for _ in range(self.rounds):
            for name, measure in measures.items():
                samples[name].append(measure())
        return {name: statistics.median(values) for name, values in samples.items()}


def row(what, measured, goal):
    print(f"| {what} | {measured} | {goal} |", flush=True)


def throughput(bench, tasks):
    two_ranks = ["mpirun", "-n", "2"]
    values = bench.write("values.toml", job(tasks))
    rate = bench.medians(rate=lambda: tasks / bench.result(two_ranks, values, "--keep", "none")["seconds"])["rate"]
    row("[values] tasks with one sum, not kept, 2 ranks", f"{rate:.3g} tasks/s", ">= 5e8")
    kept_tasks = tasks // 100
    kept = bench.write("kept.toml", job(kept_tasks))

    def kept_rate():
        seconds = bench.result(two_ranks, kept, "--keep", "all")["seconds"]
        return kept_tasks / seconds

    rate = bench.medians(rate=kept_rate)["rate"]
    size = (bench.folder / "kept.run").stat().st_size
    row("the same, kept", f"{rate:.3g} tasks/s, {8 * rate / 1e6:.0f} MB/s of values, run file {size / kept_tasks:.2f} "
        "bytes a task", "")


def dispatch(bench):
    chunks = bench.write("chunks.toml", job(300_000))
    pool = bench.write("pool.py", POOL_PROGRAM)
    python = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else "python3"

    def ours():
        options = [chunks, "--chunk", "1", "--coordinate-only", "--keep", "none"]
        return 300_000 / bench.result(["mpirun", "-n", "2", "--bind-to", "none"], *options)["seconds"]

    measures = {"ours": ours}
    if subprocess.run([python, "-c", "import mpi4py.futures"], capture_output=True).returncode == 0:
        measures["pool"] = lambda: float(
            bench.run("mpirun", "-n", "2", "--bind-to", "none", python, "-m", "mpi4py.futures", pool))
    medians = bench.medians(**measures)
    text = f"{medians['ours']:,.0f} tasks/s"
    if "pool" in medians:
        text += f"; mpi4py.futures {medians['pool']:,.0f}; {medians['ours'] / medians['pool']:.0f} x"
    row("--chunk 1, a remote rank, run file on", text, ">= 30 x")


def start_up(bench):
    bench.write("empty.c", EMPTY_MPI_PROGRAM)
    bench.run("mpicc", "-O2", "empty.c", "-o", "empty")
    trivial = bench.write("trivial.toml", job(10))
    run = [bench.fanfold, "run", trivial, "--fresh", "--quiet"]
    medians = bench.medians(
        empty=lambda: bench.seconds("mpirun", "-n", "2", "./empty"),
        mpirun=lambda: bench.seconds("mpirun", "-n", "2", *run),
        launched=lambda: bench.seconds(*run, "-n", "2"),
        bare=lambda: bench.seconds(*run),
        check=lambda: bench.seconds(bench.fanfold, "check", trivial))
    empty = medians["empty"]
    row("an empty MPI program, 2 ranks", f"{1000 * empty:.0f} ms", "")
    for name, goal in (("mpirun", "<= 1.3 x"), ("launched", "<= 1.0 x"), ("bare", "<= 0.3 x"), ("check", "no MPI")):
        what = {"mpirun": "mpirun -n 2 fanfold run", "launched": "fanfold run -n 2", "bare": "fanfold run",
                "check": "fanfold check"}[name]
        row(f"start to finish: {what}", f"{1000 * medians[name]:.0f} ms, {medians[name] / empty:.2f} x", goal)


def peak_kib(bench, *options):
    # Through GNU time, which is small itself: a process starts with the peak of the one that forked it.
    command = ["/usr/bin/time", "-f", "%M", bench.fanfold, "run", *options, "--fresh", "--json", "--quiet"]
    result = subprocess.run(command, cwd=bench.folder, capture_output=True, text=True)
    return int(result.stderr.splitlines()[-1])


def memory(bench, tasks):
    kinds = {
        "one sum": ('y = "i * 0.5"', 's = "sum(y)"'),
        "1% failures by an expression": ('y = "i % 100 == 7 ? 9223372036854775807 + i : i"', 's = "sum(y)"'),
        "1,000 groups": ('y = "i * 0.5"\ng = "i % 1000"', 's = "sum(y) by g"'),
    }
    for name, (values, reduce) in kinds.items():
        small = bench.write("small.toml", job(100_000, values, reduce))
        large = bench.write("large.toml", job(tasks, values, reduce))
        before = statistics.median(peak_kib(bench, small, "--keep", "none") for _ in range(3))
        after = peak_kib(bench, large, "--keep", "none")
        size = (bench.folder / "large.run").stat().st_size
        row(f"peak memory, {name}, 1e5 to {tasks:.0e} tasks",
            f"{before / 1024:.1f} to {after / 1024:.1f} MiB, run file {size / 1e6:.2f} MB", "< 5 MiB more")


def cpu_share(pid, seconds):
    def used():
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    start = used()
    time.sleep(seconds)
    return (used() - start) / seconds


def waiting(bench):
    naps = bench.write("naps.toml", "[params]\ni = { count = 20 }\n[task]\nsleep = 0.2\n")
    seconds = bench.medians(s=lambda: bench.result([], naps, "--io-threads", "12")["seconds"])["s"]
    row("20 naps of 0.2 s on 12 I/O threads", f"{seconds:.4f} s", "0.40 to 0.42 s")
    nap = bench.write("nap.toml", "[task]\nsleep = 12\n")
    process = subprocess.Popen(["mpirun", "-n", "2", bench.fanfold, "run", nap, "--fresh", "--quiet"],
                               cwd=bench.folder, env=ENVIRONMENT)
    time.sleep(2)
    children = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True).stdout.split()
    shares = [cpu_share(pid, 4) for pid in children]
    process.wait()
    row("CPU of a waiting rank zero and of an idle rank", ", ".join(f"{100 * share:.1f}%" for share in shares), "< 3%")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fanfold", default="build/release/fanfold")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="a hundredth of the tasks, to try the script")
    arguments = parser.parse_args()
    tasks = 10_000_000 if arguments.quick else 1_000_000_000
    folder = tempfile.mkdtemp(prefix="fanfold-bench-")
    try:
        bench = Bench(arguments.fanfold, arguments.rounds, folder)
        print("| what | measured | goal |\n| --- | --- | --- |")
        throughput(bench, tasks)
        dispatch(bench)
        start_up(bench)
        memory(bench, tasks)
        waiting(bench)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
