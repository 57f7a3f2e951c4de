"""The fault matrix: whatever dies, and whenever, the answer is that of a run that nobody disturbed, to the last character,
and no process is left. Prints a table.

    FANFOLD=$PWD/build/release/fanfold PYTHONPATH=tests/support tests/cluster/matrix.py [--runs N] [--faults rank,zero] [--at-once N]

Each run is a job of ranks on two hosts (network namespaces; without them on one, and faults of links are left out), or of
two nodes of a batch system that is started for it (tests/cluster/slurm-up, ge-up).
MATRIX_SEED in the environment repeats the moments and victims of an earlier execution, which printed it.
"""

import argparse
import os
import pathlib
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from batch_injection import BATCH_FAULTS, BatchInjection, obstacle_to
from disturbed_run import Place, Run
from fault_jobs import TASKS, write_jobs
from host_faults import HOST_FAULTS, NEEDS_HOSTS
from hosts import NotPermitted
from injection import ENDED_WITH_FAILURES, PACE, PACES, HostInjection
from processes import results_text

FAULTS = [*HOST_FAULTS, *BATCH_FAULTS]


class Matrix:
    def __init__(self, seed, at_once, minutes):
        self.seed = seed
        self.end = time.monotonic() + minutes * 60
        self.scratch = tempfile.TemporaryDirectory(prefix="fanfold-matrix-")
        self.references = {}
        self.lock = threading.Lock()
        self.rows = {}
        self.failures = []
        self.why_no_hosts = ""
        self.places = []
        for number in range(at_once):
            self.places.append(self.make_place(number))
        self.free = list(self.places)

    def make_place(self, number):
        folder = pathlib.Path(self.scratch.name) / f"place{number}"
        folder.mkdir()
        if not self.why_no_hosts:
            try:
                return Place(folder, with_hosts=True)
            except NotPermitted as error:
                self.why_no_hosts = str(error)
        return Place(folder, with_hosts=False)

    def reference(self, job, pace):
        """The results of an undisturbed run on these ranks, and how long it took."""
        with self.lock:
            return self.references[job, pace]

    def make_references(self, faults):
        place = self.places[0]
        for pace in {PACES.get(fault, PACE) for fault in faults}:
            write_jobs(place.folder, *pace)
            for job in TASKS if pace == PACE else ["pipeline"]:
                run = Run(place, [f"{job}.toml", "--run", "reference.run", "--fresh"])
                status = run.wait()
                assert status == ENDED_WITH_FAILURES, run.errors()
                self.references[job, pace] = results_text(run.output)[0], time.monotonic() - run.begin
                assert not place.wait_until_gone()

    def inject(self, fault, number):
        if time.monotonic() > self.end:
            return
        with self.lock:
            place = self.free.pop()
        injection = (BatchInjection if fault in BATCH_FAULTS else HostInjection)(self, place, fault, number)
        try:
            injection.inject_until_it_hits()
            problem = None
        except Exception as error:  # pylint: disable=broad-except
            problem = f"{fault}, run {number}: {type(error).__name__}: {error}"
        with self.lock:
            self.free.append(place)
            self.rows.setdefault(fault, []).append(injection)
            if problem:
                self.failures.append(problem)
                print(f"FAILED: {problem}", flush=True)
            else:
                seconds = seconds_text([injection.detected]), seconds_text([injection.went_on])
                print(f"{fault}, {injection.job}, run {number}: {seconds[0]} s to detect, {seconds[1]} s to go on", flush=True)

    def close(self):
        for place in self.places:
            place.close()
        self.scratch.cleanup()


def seconds_text(values):
    known = sorted(value for value in values if value is not None)
    if not known:
        return "–"
    return f"{known[len(known) // 2]:.1f}" + (f" ({known[-1]:.1f})" if len(known) > 1 else "")


def table(rows):
    lines = [f"{'fault':<18} {'hits':>4} {'missed':>6} {'survived':>8} {'resumed':>7} {'lost':>4}  {'s to detect':>12}  {'s to go on':>12}"]
    for fault in FAULTS:
        injections = rows.get(fault, [])
        if not injections:
            continue
        lines.append(
            f"{fault:<18} {len(injections):>4} {sum(each.missed for each in injections):>6} {sum(each.survived for each in injections):>8}"
            f" {sum(each.resumed for each in injections):>7} {sum(each.lost for each in injections):>4} "
            f" {seconds_text(each.detected for each in injections):>12}  {seconds_text(each.went_on for each in injections):>12}"
        )
    return "\n".join([*lines, "seconds: median (largest)"])


def is_left_out(fault, matrix):
    """Says so, and why."""
    why = obstacle_to(fault) if fault in BATCH_FAULTS else ""
    if fault in NEEDS_HOSTS and matrix.why_no_hosts:
        why = f"no network namespaces here: {matrix.why_no_hosts}"
    if why:
        print(f"SKIPPED: {fault}: {why}", flush=True)
    return bool(why)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--faults", help="names, or parts of them, with commas between")
    parser.add_argument("--at-once", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=600, help="after them, nothing is begun any more")
    options = parser.parse_args()
    seed = int(os.environ.get("MATRIX_SEED") or time.time_ns() % 1_000_000)
    print(f"MATRIX_SEED={seed}", flush=True)
    wanted = options.faults.split(",") if options.faults else [""]
    faults = [fault for fault in FAULTS if any(part in fault for part in wanted)]
    matrix = Matrix(seed, options.at_once, options.minutes)
    try:
        faults = [fault for fault in faults if not is_left_out(fault, matrix)]
        matrix.make_references(faults)
        with ThreadPoolExecutor(options.at_once) as pool:
            for number in range(options.runs):
                # In a short form, each fault meets one of the jobs; in a long one, both in turns.
                for place, fault in enumerate(faults):
                    pool.submit(matrix.inject, fault, number + place)
        print(table(matrix.rows), flush=True)
        return 1 if matrix.failures else 0
    finally:
        matrix.close()


if __name__ == "__main__":
    sys.exit(main())
