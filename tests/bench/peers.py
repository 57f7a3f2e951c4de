#!/usr/bin/env python3
"""fanfold against its peers and against what limits it, in turns, as one table.

    tests/bench/peers.py [--build build/release] [--python /usr/bin/python3] [--rounds 5] [--only pi] [--quick]

In each round the commands that are compared run one after the other; shown are medians. "work" is what a program measures
of itself, after it has warmed up (imports, compilation); "process" is from its start to its end. The peers are Debian's
python3-numpy, -numba, -dask, -numexpr, -pandas, -joblib and -mpi4py; one that is missing is skipped with a note. The limit
is measured in the same round where a number stands in its column.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import subprocess
import tempfile

from whole_runs import Bench

JOBS = pathlib.Path(__file__).resolve().parents[2] / "jobs"

# Each prints seconds and an answer. `size` is replaced.
PEERS = {
    ("pi", "numba, 1 thread"): ("numba", """
from numba import njit
import random
@njit
def hits(n):
    c = 0
    for i in range(n):
        x = random.random(); y = random.random()
        if x * x + y * y < 1.0: c += 1
    return c
hits(10)
begin(); end(4 * hits({size}) / {size})
"""),
    ("pi", "numba, 2 threads"): ("numba", """
import numba, random
from numba import njit, prange
numba.set_num_threads(min(2, numba.config.NUMBA_NUM_THREADS))
@njit(parallel=True)
def hits(n):
    c = 0
    for i in prange(n):
        x = random.random(); y = random.random()
        if x * x + y * y < 1.0: c += 1
    return c
hits(10)
begin(); end(4 * hits({size}) / {size})
"""),
    ("pi", "NumPy"): ("numpy", """
import numpy as np
rng = np.random.default_rng(1)
begin()
c = 0
for _ in range({size} // 10**6):
    x = rng.random(10**6); y = rng.random(10**6)
    c += int((x * x + y * y < 1).sum())
end(4 * c / {size})
"""),
    ("pi", "dask, 2 threads"): ("dask.array", """
import dask, dask.array as da
begin()
x = da.random.random({size}, chunks=10**6); y = da.random.random({size}, chunks=10**6)
with dask.config.set(scheduler="threads", num_workers=2):
    end(4 * float((x * x + y * y < 1).sum().compute()) / {size})
"""),
    ("range_sum", "NumPy"): ("numpy", """
import numpy as np
begin()
end(sum(int(np.arange(f, f + 10**7, dtype=np.int64).sum()) for f in range(0, {size}, 10**7)))
"""),
    ("double", "NumPy"): ("numpy", """
import numpy as np
x = np.arange({size}, dtype=np.int64); (x * 2).sum()
begin(); y = x * 2; end(int(y.sum()))
"""),
    ("double", "numexpr"): ("numexpr", """
import numpy as np, numexpr as ne
x = np.arange({size}, dtype=np.int64); ne.evaluate("x * 2")
begin(); y = ne.evaluate("x * 2"); end(int(y.sum()))
"""),
    ("percent", "pandas"): ("pandas", """
import numpy as np, pandas as pd
df = pd.DataFrame({{"x": np.arange({size}) % 101 + 0.5, "y": 100 + np.arange({size}) % 7 * 12.5}})
df["pct"] = 100 * (df["x"] / df["y"])
begin(); df["pct"] = 100 * (df["x"] / df["y"]); end(df["pct"].iloc[-1])
"""),
    ("percent", "NumPy"): ("numpy", """
import numpy as np
x = np.arange({size}) % 101 + 0.5; y = 100 + np.arange({size}) % 7 * 12.5
100 * (x / y)
begin(); p = 100 * (x / y); end(p[-1])
"""),
    ("percent", "numexpr"): ("numexpr", """
import numpy as np, numexpr as ne
x = np.arange({size}) % 101 + 0.5; y = 100 + np.arange({size}) % 7 * 12.5
ne.evaluate("100 * x / y")
begin(); p = ne.evaluate("100 * x / y"); end(p[-1])
"""),
    ("word_count", "Python split"): ("sys", """
text = open("long.txt").read()
begin(); end(len(text.split()))
"""),
    ("word_count", "pandas"): ("pandas", """
import pandas as pd
text = pd.Series(open("long.txt").read().splitlines())
begin(); end(int(text.str.split().str.len().sum()))
"""),
    ("square_roots", "joblib"): ("joblib", """
from math import sqrt
from joblib import Parallel, delayed
Parallel(n_jobs=2)(delayed(sqrt)(i) for i in range(10))
begin(); end(sum(Parallel(n_jobs=2)(delayed(sqrt)(i ** 2) for i in range({size}))))
"""),
    ("dispatch, in chunks", "multiprocessing.Pool"): ("multiprocessing", """
from multiprocessing import Pool
def half(i): return i * 0.5
with Pool(2) as pool:
    pool.map(half, range(100))
    begin(); end(sum(pool.map(half, range({size}))))
"""),
    ("dispatch, in chunks", "joblib"): ("joblib", """
from joblib import Parallel, delayed
def half(i): return i * 0.5
Parallel(n_jobs=2)(delayed(half)(i) for i in range(10))
begin(); end(sum(Parallel(n_jobs=2)(delayed(half)(i) for i in range({size}))))
"""),
    ("dispatch, one by one", "mpi4py.futures"): ("mpi4py.futures", """
from mpi4py.futures import MPIPoolExecutor
def half(i): return i * 0.5
if __name__ == "__main__":
    with MPIPoolExecutor(1) as pool:
        list(pool.map(half, range(100)))
        begin(); end(sum(pool.map(half, range({size}), chunksize=1)))
"""),
    ("exact sum", "NumPy, inexact"): ("numpy", """
import numpy as np
x = np.random.default_rng(1).random({size}); x.sum()
begin(); end(x.sum())
"""),
}

TIMED = """import time
def begin():
    global start
    start = time.perf_counter()
def end(answer):
    print(time.perf_counter() - start, answer)
"""


class Table:
    def __init__(self, bench, build, python, quick):
        self.bench, self.build, self.python, self.quick = bench, pathlib.Path(build).resolve(), python, quick
        self.notes = []

    def size(self, full):
        return max(10**6, full // 100) if self.quick else full

    def peer(self, work, name, size):
        """A function that gives the peer's seconds for each of `size` things; None if it is not installed."""
        module, script = PEERS[work, name]
        if subprocess.run([self.python, "-c", f"import {module}"], capture_output=True, check=False).returncode != 0:
            self.notes.append(f"{name}: skipped, python3 has no {module}")
            return None
        file = self.bench.write(f"{work}-{name}.py".replace(" ", "_"), TIMED + script.format(size=size))
        launcher = ["mpirun", "-n", "2", "--bind-to", "none"] if module.startswith("mpi4py") else []
        words = [*launcher, self.python, *(["-m", "mpi4py.futures"] if launcher else []), file]
        return lambda: float(self.bench.run(*words).split()[0]) / size

    def google(self, program, name, per="real_time", scale=1e-9):
        """A function that gives a Google Benchmark's number."""
        def measure():
            out = self.bench.run(str(self.build / "bench" / f"bench_{program}"), f"--benchmark_filter=^{name}$",
                                 "--benchmark_format=json", "--benchmark_min_time=0.2")
            return json.loads(out)["benchmarks"][0][per] * scale
        return measure

    def compare(self, work, unit, ours, peers, limit=None, scale=1e9):
        """Prints a row for each peer. All measure seconds for each thing; the unit is what `scale` makes of them."""
        measures = {"ours": ours, **{name: peer for name, peer in peers.items() if peer}}
        if limit:
            measures["limit"] = limit
        medians = self.bench.medians(**measures)
        mine = medians["ours"]
        bound = f"{medians['limit'] * scale:.3g} | {100 * medians['limit'] / mine:.0f}%" if limit else " | "
        for name in peers:
            if name in medians:
                print(f"| {work} | {mine * scale:.3g} {unit} | {name} {medians[name] * scale:.3g} | "
                      f"{medians[name] / mine:.3g} × | {bound} |", flush=True)


def seconds_of(bench, job, *flags, launcher=()):
    return bench.result(list(launcher), str(job), *flags)["seconds"]


def pi(table):
    bench, peers = table.bench, table.size(10**8)
    samples = table.size(10**9)
    flags = ["--set", f"samples={samples // 1000}", "--keep", "none"]
    for threads, names in (("1", ["numba, 1 thread", "NumPy"]), ("2", ["numba, 2 threads", "dask, 2 threads"])):
        table.compare(f"pi, {threads} thread{'s' * (threads != '1')}", "ns a sample",
                      lambda: seconds_of(bench, JOBS / "pi.toml", *flags, "--compute-threads", threads) / samples,
                      {name: table.peer("pi", name, peers) for name in names})
    process = [bench.fanfold, "run", str(JOBS / "pi.toml"), "--fresh", "--quiet", *flags]
    script = bench.write("pi_process.py", TIMED + PEERS["pi", "numba, 1 thread"][1].format(size=samples))
    table.compare("pi, 10⁹ samples, whole process", "s", lambda: bench.seconds(*process),
                  {"numba, 1 thread": lambda: bench.seconds(table.python, script)}, scale=1)


def range_sum(table):
    size = table.size(10**9)
    table.compare("range_sum, whole run", "ns an integer",
                  lambda: seconds_of(table.bench, JOBS / "range_sum.toml", "--set", f"size={size // 1000}") / size,
                  {"NumPy": table.peer("range_sum", "NumPy", size)})


def columns(table):
    rows = 10**7
    for work, names in (("double", ["NumPy", "numexpr"]), ("percent", ["pandas", "NumPy", "numexpr"])):
        if work == "double":
            toml = f'[params]\nx = {{ count = {rows} }}\n[values]\ny = "x * 2"\n[reduce]\ns = "sum(y)"\n'
            job = table.bench.write("double.toml", toml)
            ours = lambda: seconds_of(table.bench, job, "--keep", "none", "--compute-threads", "1") / rows
            table.compare("double, 10⁷ rows, summed", "ns a row", ours,
                          {name: table.peer(work, name, rows) for name in names})
        else:
            table.compare("percent, 10⁷ rows in memory", "ns a row",
                          table.google("expression", "evaluated/percent / many", scale=1e-9 / 10**7),
                          {name: table.peer(work, name, rows) for name in names},
                          limit=table.google("expression", "by_hand/percent / many_streamed", scale=1e-9 / 10**7))


def words(table):
    bench = table.bench
    lines = table.size(4 * 10**6)
    with open(bench.folder / "long.txt", "w", encoding="utf-8") as file:
        for _ in range(lines // 10**5):
            file.write("It was the best of times, it was the worst of times\n" * 10**5)
    size = os.path.getsize(bench.folder / "long.txt")
    job = bench.write("words.toml", '[params]\nfile = "long.txt"\n[task]\nread = "{file}"\nkernel = "words"\n'
                      '[reduce]\ntotal = "sum(words)"\n')
    run = lambda: bench.seconds(bench.fanfold, "run", job, "--fresh", "--quiet") / size
    peers = {name: table.peer("word_count", name, size) for name in ["Python split", "pandas"]}
    table.compare("word_count in memory, 1 thread", "ns a byte",
                  lambda: 1 / table.google("kernel", "words/english", "bytes_per_second", 1)(), peers)
    count = lambda: bench.seconds("wc", "-lwm", "long.txt") / size
    table.compare("word_count of a file, whole process", "ns a byte", run, {"wc -lwm": count})


def square_roots(table):
    size = 10**6
    table.compare("square_roots, kept", "ns a task",
                  lambda: seconds_of(table.bench, JOBS / "square_roots.toml", "--set", f"i.count={size}", "--keep", "all")
                  / size, {"joblib": table.peer("square_roots", "joblib", 10**5)})


def dispatch(table):
    bench = table.bench
    values = '[params]\ni = {{ count = {} }}\n[values]\ny = "i * 0.5"\n[reduce]\ns = "sum(y)"\n'
    many = table.size(10**9)
    chunks, ones = bench.write("chunks.toml", values.format(many)), bench.write("ones.toml", values.format(300_000))
    two = ["mpirun", "-n", "2", "--bind-to", "none"]
    table.compare("dispatch, in chunks, 2 ranks", "ns a task",
                  lambda: seconds_of(bench, chunks, "--keep", "none", launcher=two) / many,
                  {name: table.peer("dispatch, in chunks", name, size)
                   for name, size in (("multiprocessing.Pool", 10**6), ("joblib", 10**5))})
    flags = ["--chunk", "1", "--coordinate-only", "--keep", "none"]
    table.compare("dispatch, one by one to a remote rank", "µs a task",
                  lambda: seconds_of(bench, ones, *flags, launcher=two) / 300_000,
                  {"mpi4py.futures": table.peer("dispatch, one by one", "mpi4py.futures", 20_000)}, scale=1e6)


def exact_sum(table):
    numbers = 1 << 27
    table.compare("exact sum from memory, 1 GiB", "ns a number",
                  table.google("exact_sum", f"exact_sum/ordinary/{numbers}", scale=1e-9 / numbers),
                  {"NumPy, inexact": table.peer("exact sum", "NumPy, inexact", numbers)},
                  limit=table.google("exact_sum", f"inexact_sum/{numbers}", scale=1e-9 / numbers))


def isolation(table):
    """What a batch costs that goes to another process: as many batches of one cheap task as there are tasks."""
    tasks = 20_000
    job = table.bench.write("isolated.toml", f'[params]\nto = {{ count = {tasks} }}\n[task]\nkernel = "range_sum"\n'
                            '[reduce]\ns = "sum(sum)"\n')
    flags = ["--keep", "none", "--compute-threads", "1", "--chunk", "1"]
    inside = lambda: seconds_of(table.bench, job, *flags) / tasks
    outside = lambda: seconds_of(table.bench, job, *flags, "--set", "isolate=true") / tasks
    table.compare("a batch of one task, in the process", "µs", inside, {"isolated": outside}, scale=1e6)


WORKS = {"pi": pi, "range_sum": range_sum, "columns": columns, "words": words, "square_roots": square_roots,
         "dispatch": dispatch, "exact_sum": exact_sum, "isolation": isolation}


def machine():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(": ")[1]
    return platform.machine()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--python", default="/usr/bin/python3")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=WORKS, action="append", help="any number of times")
    parser.add_argument("--quick", action="store_true", help="a hundredth of the work, to try the script")
    options = parser.parse_args()
    print(f"{machine()}, {os.cpu_count()} CPUs, {datetime.date.today():%B %Y}, medians of {options.rounds} rounds\n")
    print("| work | fanfold | peer | ratio | limit | share of the limit |\n| --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory(prefix="fanfold-peers-") as folder:
        table = Table(Bench(pathlib.Path(options.build) / "fanfold", options.rounds, folder), options.build, options.python,
                      options.quick)
        for name in options.only or WORKS:
            WORKS[name](table)
    for note in dict.fromkeys(table.notes):
        print(note)


if __name__ == "__main__":
    main()
