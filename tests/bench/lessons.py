#!/usr/bin/env python3
"""Five jobs of jobs/ against NumPy, pandas and joblib, in turns, as one table.

    tests/bench/lessons.py [--fanfold build/release/fanfold] [--python /usr/bin/python3] [--rounds 7] [--factor 100]

Each is as large as where it is taught, times the factor. "process" is the time of a whole process, from its start to its
end; "work" is what it says of itself: for fanfold the seconds of the run, with its run file on disk; for Python the time
between the imports and the answer. Medians of the rounds. Needs Debian's python3-numpy, python3-pandas and python3-joblib.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

JOBS = pathlib.Path(__file__).resolve().parents[2] / "jobs"

PEERS = {
    "range_sum": """
import numpy as np
begin()
total = 0
for first in range(0, {size}, 10**7):
    total += int(np.arange(first, first + 10**7, dtype=np.int64).sum())
end(total)
""",
    "double": """
import numpy as np
begin()
x = np.arange({size}, dtype=np.int64)
twice = x * 2
end(int(twice.sum()))
""",
    "percent": """
import pandas as pd
begin()
df = pd.read_csv("percent.csv")
df["pct"] = 100 * (df["x"] / df["y"])
end(df["pct"].mean())
""",
    "sentences": """
import pandas as pd
begin()
with open("sentences.txt") as file:
    df = pd.DataFrame({{"sentence": file.read().splitlines()}})
df["len"] = df["sentence"].apply(lambda s: len(s.split()))
end(int(df["len"].sum()))
""",
    "square_roots": """
from math import sqrt
from joblib import Parallel, delayed
begin()
roots = Parallel(n_jobs=2)(delayed(sqrt)(i ** 2) for i in range({size}))
end(sum(roots))
""",
}

TIMED = """
import time
def begin():
    global start
    start = time.perf_counter()
def end(answer):
    print(time.perf_counter() - start, answer)
"""


class Lesson:
    """One job: its size, the flags that make it so large, and the name of the answer that the peer gives too."""

    def __init__(self, name, size, flags, answer, peer):
        self.name, self.size, self.flags, self.answer, self.peer = name, size, flags, answer, peer


def lessons(factor):
    return [
        Lesson("range_sum", 10**7 * factor, ["--set", f"size={10**4 * factor}"], "total", "NumPy"),
        Lesson("double", 100 * factor, ["--set", f"x={{count={100 * factor}}}"], "total", "NumPy"),
        Lesson("percent", 100 * factor, ["--set", "row={csv='percent.csv'}"], "mean", "pandas"),
        Lesson("sentences", 100 * factor, ["--set", "input={lines='sentences.txt'}"], "words", "pandas"),
        Lesson("square_roots", 10**5 * factor, ["--set", f"i={{count={10**5 * factor}}}", "--keep", "all"], "total",
               "joblib"),
    ]


def write_tables(folder, factor):
    with open(folder / "percent.csv", "w", encoding="utf-8") as file:
        file.write("x,y\n")
        file.writelines(f"{i * 37 % 101 + 0.5},{100 + i % 7 * 12.5}\n" for i in range(100 * factor))
    with open(folder / "sentences.txt", "w", encoding="utf-8") as file:
        file.writelines("hello world, this is sentence number %d of them\n" % i for i in range(100 * factor))


def timed(command, folder):
    start = time.perf_counter()
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if ended.returncode != 0:
        raise RuntimeError(f"{command}: exit {ended.returncode}\n{ended.stderr}")
    return seconds, ended.stdout


def run_job(fanfold, lesson, folder):
    (folder / f"{lesson.name}.toml").write_text((JOBS / f"{lesson.name}.toml").read_text())
    seconds, out = timed([fanfold, "run", f"{lesson.name}.toml", "--fresh", "--json", "--quiet", *lesson.flags], folder)
    answer = json.loads(out)
    return seconds, answer["seconds"], float(answer["results"][lesson.answer])


def run_peer(python, lesson, folder):
    script = TIMED + PEERS[lesson.name].format(size=lesson.size)
    seconds, out = timed([python, "-c", script], folder)
    work, answer = out.split()
    return seconds, float(work), float(answer)


def compare(fanfold, python, lesson, rounds, folder):
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(run_job(fanfold, lesson, folder))
        theirs.append(run_peer(python, lesson, folder))
    if abs(ours[0][2] - theirs[0][2]) > 1e-12 * abs(theirs[0][2]):
        raise RuntimeError(f"{lesson.name}: {ours[0][2]} is not {theirs[0][2]}")
    process, work = (statistics.median(run[i] for run in ours) for i in (0, 1))
    peer_process, peer_work = (statistics.median(run[i] for run in theirs) for i in (0, 1))
    print(f"| {lesson.name} | {lesson.size:,} | {lesson.peer} | {process * 1e3:.0f} ms, {peer_process * 1e3:.0f} ms | "
          f"{peer_process / process:.1f} × | {work * 1e3:.1f} ms, {peer_work * 1e3:.1f} ms | "
          f"{peer_work / work:.1f} × |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fanfold", default="build/release/fanfold")
    parser.add_argument("--python", default="/usr/bin/python3")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--factor", type=int, default=100)
    parser.add_argument("--only", help="the name of one job")
    options = parser.parse_args()
    fanfold = os.path.abspath(options.fanfold)
    print("| job | size | peer | process: fanfold, peer | ratio | work: fanfold, peer | ratio |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory(prefix="fanfold-lessons-") as name:
        folder = pathlib.Path(name)
        write_tables(folder, options.factor)
        for lesson in lessons(options.factor):
            if options.only in (None, lesson.name):
                compare(fanfold, options.python, lesson, options.rounds, folder)


if __name__ == "__main__":
    main()
