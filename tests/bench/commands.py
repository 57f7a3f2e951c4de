#!/usr/bin/env python3
"""Commands per second: fanfold, its peers and the floor of the machine, in turns, as one table.

    tests/bench/commands.py [--fanfold build/release/fanfold] [--rounds 5] [--count 5000] [--soak N]

Medians of several rounds; in each round the programs run one after the other. Needs build/release/bench/spawn_floor,
xargs, and GNU parallel (Debian: parallel), which is left out without it. With --soak, one job of N tasks of /bin/true
instead: commands per second and the memory of rank zero at 10^3, 10^4 … N tasks.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time


class Bench:
    def __init__(self, arguments, folder):
        self.fanfold = str(pathlib.Path(arguments.fanfold).resolve())
        self.floor = str(pathlib.Path(arguments.fanfold).resolve().parent / "bench" / "spawn_floor")
        self.rounds = arguments.rounds
        self.folder = pathlib.Path(folder)

    def run(self, command, **options):
        result = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=3600, check=False,
                                **options)
        if result.returncode != 0:
            raise RuntimeError(f"{command}: exit {result.returncode}\n{result.stderr}")
        return result

    def rate(self, count, command, **options):
        """Whole-process commands per second."""
        start = time.perf_counter()
        self.run(command, **options)
        return count / (time.perf_counter() - start)

    def in_turns(self, measures):
        samples = {name: [] for name in measures}
        for _ in range(self.rounds):
            for name, measure in measures.items():
                samples[name].append(measure())
        return {name: statistics.median(values) for name, values in samples.items()}


def job(task, count):
    return f"[params]\ni = {{ count = {count} }}\n[task]\n{task}\n"


def table(title, rates, unit="commands/s"):
    ours = rates["fanfold"]
    print(f"\n{title}\n\n| | {unit} | fanfold is |\n| --- | --- | --- |")
    for name, rate in rates.items():
        print(f"| {name} | {rate:,.0f} | {'' if name == 'fanfold' else f'{ours / rate:.2f} x'} |")


def compare(bench, count):
    (bench.folder / "true.toml").write_text(job('command = ["/bin/true"]', count))
    (bench.folder / "echo.toml").write_text(job('command = ["/bin/echo", "x"]', count))
    (bench.folder / "numbers").write_text("".join(f"{i}\n" for i in range(count)))
    (bench.folder / "list.txt").write_text("".join(f"/bin/echo {i}\n" for i in range(count)))
    fanfold = [bench.fanfold, "run", "--fresh", "--quiet", "--io-threads", "2"]
    few = max(count // 20, 50)
    (bench.folder / "few_numbers").write_text("".join(f"{i}\n" for i in range(few)))
    (bench.folder / "few.txt").write_text("".join(f"/bin/echo {i}\n" for i in range(few)))
    has_parallel = shutil.which("parallel") is not None

    def parallel(arguments):
        # Its rate does not depend on the length of the list: a twentieth of it is enough.
        return lambda: bench.rate(few, f"parallel -j2 {arguments} > /dev/null", shell=True,
                                  env={**os.environ, "PARALLEL_HOME": str(bench.folder)})

    measures = {
        "floor: two pinned threads": lambda: float(bench.run([bench.floor, str(count), "/bin/true"]).stdout),
        "xargs -P2 -n1": lambda: bench.rate(count, "xargs -P2 -n1 /bin/true < numbers", shell=True),
        "fanfold": lambda: bench.rate(count, [*fanfold, "true.toml"]),
    }
    if has_parallel:
        measures["parallel -j2 -n1"] = parallel("-n1 /bin/true < few_numbers")
    table(f"/bin/true, {count} times, two at a time", bench.in_turns(measures))
    table(f"/bin/echo x, {count} times, its output captured", bench.in_turns({
        "floor: two pinned threads and pipes":
            lambda: float(bench.run([bench.floor, str(count), "--pipes", "/bin/echo", "x"]).stdout),
        "fanfold": lambda: bench.rate(count, [*fanfold, "echo.toml"]),
    }))
    measures = {
        "xargs -P2": lambda: bench.rate(count, "xargs -P2 -I{} sh -c '{}' < list.txt > /dev/null", shell=True),
        "fanfold": lambda: bench.rate(count, [*fanfold, "--commands", "list.txt"]),
    }
    if has_parallel:
        measures["parallel -j2 --joblog"] = parallel("--joblog joblog < few.txt")
    table(f"a list of {count} command lines", bench.in_turns(measures))


def soak(bench, most):
    """Whether the last task costs what the first did, in time and in memory."""
    print("| tasks | commands/s | peak memory of fanfold | run file |\n| --- | --- | --- | --- |")
    count = 1000
    while count <= most:
        (bench.folder / "soak.toml").write_text(job('command = ["/bin/true"]', count))
        # Through GNU time, which is small itself: a process starts with the peak of the one that started it.
        start = time.perf_counter()
        result = bench.run(["/usr/bin/time", "-f", "%M", bench.fanfold, "run", "soak.toml", "--fresh", "--quiet",
                            "--io-threads", "2"])
        seconds = time.perf_counter() - start
        kib = int(result.stderr.splitlines()[-1])
        size = (bench.folder / "soak.run").stat().st_size
        print(f"| {count:,} | {count / seconds:,.0f} | {kib / 1024:.1f} MiB | {size / count:.0f} bytes a task |", flush=True)
        count *= 10


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fanfold", default="build/release/fanfold")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--soak", type=int, default=0, metavar="N")
    arguments = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="fanfold-bench-")
    try:
        bench = Bench(arguments, folder)
        if arguments.soak:
            soak(bench, arguments.soak)
        else:
            compare(bench, arguments.count)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
