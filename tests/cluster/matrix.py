"""The fault matrix: whatever dies, and whenever, the answer is that of a run that nobody disturbed, to the last character,
and no process is left. Prints a table.

    FANFOLD=build/release/fanfold PYTHONPATH=tests/support tests/cluster/matrix.py [--runs N] [--faults rank,zero] [--at-once N]

Each run is a job of ranks on two hosts (network namespaces; without them on one, and faults of links are left out).
MATRIX_SEED in the environment repeats the moments and victims of an earlier execution, which printed it.
"""

import argparse
import csv
import io
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from fault_jobs import FAILED, TASKS, write_jobs
from hosts import Hosts, NotPermitted
from processes import PROGRAM, command_of, environment_of, kill, pids, results_text

ENDED_WITH_FAILURES = 1
RESUMABLE = 75
END_SECONDS = 240
GONE_SECONDS = 20
MOST_MISSES = 10
PAUSE_SECONDS = 15
DETECTED = re.compile(r"is lost \(|has died|has ended|does not answer|stopped by|cannot write|starts anew|stopped early|No space|full")
WENT_ON = re.compile(r"is lost \(|going on: |does not answer")


class Run:
    """One start of the program, whose standard error is kept with the times of its lines."""

    def __init__(self, place, arguments):
        self.place = place
        self.begin = time.monotonic()
        self.process = subprocess.Popen(
            place.launch(arguments),
            cwd=place.folder,
            env=place.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines = []
        self.output = ""
        self.readers = [threading.Thread(target=self.read_errors), threading.Thread(target=self.read_output)]
        for reader in self.readers:
            reader.start()

    def read_errors(self):
        for line in self.process.stderr:
            self.lines.append((time.monotonic(), line))

    def read_output(self):
        self.output = self.process.stdout.read()

    def wait(self):
        """The exit status; a run that hangs is killed, and is a fault of its own."""
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            said = self.errors()
            listing = "\n".join(f"{pid}: {command_of(pid)}" for pid in self.place.processes())
            self.place.kill_all()
            raise AssertionError(f"the run hangs:\n{said}\n{listing}") from None
        for reader in self.readers:
            reader.join()
        return self.process.returncode

    def errors(self):
        return "".join(line for _, line in self.lines)

    def first(self, pattern, after):
        """Seconds from `after` to the first line that matches."""
        for moment, line in self.lines:
            if moment >= after and pattern.search(line):
                return moment - after
        return None


class Place:
    """Where runs happen: two hosts with two ranks each, or one with four; and a folder."""

    def __init__(self, folder, with_hosts):
        self.folder = pathlib.Path(folder)
        self.hosts = Hosts(self.folder / "hosts") if with_hosts else None
        mark = self.hosts.mark if self.hosts else f"TEST_START=matrix-{os.getpid()}-{self.folder.name}"
        self.mark = mark
        self.environment = dict(self.hosts.environment if self.hosts else {**os.environ, "TEST_START": mark.split("=")[1]})
        for name in ("OMPI_MCA_btl", "OMPI_MCA_pml"):
            self.environment.pop(name, None)

    def launch(self, arguments):
        words = [os.path.abspath(PROGRAM), "run", "--io-threads", "2", "--compute-threads", "1", "--json", *arguments]
        if self.hosts is None:
            return [*words, "-n", "4"]
        return self.hosts.on("nodea", [*words, "--hosts", "nodea:2,nodeb:2"])

    def processes(self):
        return [pid for pid in pids() if self.mark in environment_of(pid)]

    def ranks(self):
        """rank → process id."""
        found = {}
        for pid in self.processes():
            for entry in environment_of(pid):
                if entry.startswith("OMPI_COMM_WORLD_RANK=") and " run " in command_of(pid):
                    found[int(entry.split("=")[1])] = pid
        return found

    def find(self, name):
        """A process by the name of its program."""
        for pid in self.processes():
            if os.path.basename(command_of(pid).split(" ")[0]) == name:
                return pid
        return None

    def wait_until_gone(self):
        end = time.monotonic() + GONE_SECONDS
        while left := self.processes():
            if time.monotonic() > end:
                listing = [f"{pid}: {command_of(pid)}" for pid in left]
                self.kill_all()
                return listing
            time.sleep(0.05)
        return []

    def kill_all(self):
        for pid in self.processes():
            kill(pid, signal.SIGKILL)

    def recorded(self, run_file):
        """The tasks that a run file has: what was acknowledged."""
        rows = subprocess.run(
            [PROGRAM, "results", run_file, "--csv"], cwd=self.folder, capture_output=True, text=True, timeout=60, check=False
        )
        return {int(row["task"]) for row in csv.DictReader(io.StringIO(rows.stdout))}

    def close(self):
        self.kill_all()
        if self.hosts:
            self.hosts.down()


# ---- the faults: each takes the place, the run, its run file and a source of chance, and returns an undo, or None ----------


class Missed(Exception):
    """The moment was one at which there was nothing to disturb: the victim had not started, or had ended."""


def send(pid, number):
    if pid is None or not kill(pid, number):
        raise Missed


def kill_a_rank(place, _run, _file, chance):
    victims = [pid for rank, pid in sorted(place.ranks().items()) if rank > 0]
    send(chance.choice(victims or [None]), signal.SIGKILL)


def kill_rank_zero(place, _run, _file, _chance):
    send(place.ranks().get(0), signal.SIGKILL)


def kill_mpirun(place, _run, _file, _chance):
    send(place.find("mpirun"), signal.SIGKILL)


def kill_orted(place, _run, _file, _chance):
    send(place.find("orted"), signal.SIGKILL)


def kill_launcher(_place, run, _file, _chance):
    run.process.kill()


def pause_a_rank(place, _run, _file, chance):
    pid = chance.choice([pid for _, pid in sorted(place.ranks().items())] or [None])
    send(pid, signal.SIGSTOP)
    wake = threading.Timer(PAUSE_SECONDS, lambda: place.mark in environment_of(pid) and kill(pid, signal.SIGCONT))
    wake.start()
    return wake.cancel


def terminate(_place, run, _file, _chance):
    run.process.terminate()


def link_down(place, _run, _file, _chance):
    place.hosts.link("nodeb", "down")
    return lambda: place.hosts.link("nodeb", "up")


def link_drop(place, _run, _file, _chance):
    place.hosts.link("nodeb", "drop")
    return lambda: place.hosts.link("nodeb", "undrop")


def fill_disk(place, _run, run_file, _chance):
    filler = (place.folder / run_file).parent / "filler"
    file = os.open(filler, os.O_WRONLY | os.O_CREAT)
    try:
        while os.write(file, bytes(4096)):
            pass
    except OSError:
        pass  # there is no room left: as it is to be
    finally:
        os.close(file)
    return lambda: filler.unlink(missing_ok=True)


FAULTS = {
    "kill -9 a rank": kill_a_rank,
    "kill -9 rank zero": kill_rank_zero,
    "kill -9 mpirun": kill_mpirun,
    "kill -9 orted": kill_orted,
    "kill -9 launcher": kill_launcher,
    "SIGSTOP 15 s": pause_a_rank,
    "SIGTERM": terminate,
    "link down": link_down,
    "link drop": link_drop,
    "disk full": fill_disk,
    "walltime": None,
    "down at the start": None,
}
NEEDS_HOSTS = ("kill -9 orted", "link down", "link drop", "down at the start")
# A paused rank is to wake up while the run goes on. So tasks take longer; but not those that take a CPU.
PACES = {"SIGSTOP 15 s": ("0.3", 4_000_000)}
PACE = ("0.06", 4_000_000)
ONLY_PIPELINE = ("SIGSTOP 15 s",)


class Injection:
    """One fault in one run, and what came of it."""

    def __init__(self, matrix, place, fault, number):
        self.matrix, self.place, self.fault = matrix, place, fault
        self.chance = random.Random(f"{matrix.seed} {fault} {number}")
        self.job = ["pipeline", "kernel"][number % 2 if fault not in ONLY_PIPELINE else 0]
        self.pace = PACES.get(fault, PACE)
        self.run_file = "run/test.run"
        self.survived = self.resumed = False
        self.lost = self.missed = 0
        self.detected = self.went_on = None

    def inject_until_it_hits(self):
        for _ in range(MOST_MISSES):
            try:
                return self.inject()
            except Missed:
                self.missed += 1
        raise AssertionError(f"{self.fault} never met anything to disturb")

    def inject(self):
        write_jobs(self.place.folder, *self.pace)
        reference, seconds = self.matrix.reference(self.job, self.pace)
        folder = self.place.folder / "run"
        folder.mkdir()
        mounted = self.fault == "disk full"
        if mounted:
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", folder], check=True, timeout=30)
        try:
            self.disturb_and_finish(reference, seconds)
        finally:
            self.place.kill_all()
            if mounted:
                subprocess.run(["umount", "-l", folder], check=True, timeout=30)
            shutil.rmtree(folder, ignore_errors=True)

    def disturb_and_finish(self, reference, seconds):
        arguments = [f"{self.job}.toml", "--run", self.run_file]
        moment = self.chance.uniform(0.2, 0.9 * seconds)
        self.said = f"{self.fault}, {self.job}, after {moment:.2f} s"
        flags = ["--walltime", f"{max(moment, 1.0):.2f}s"] if self.fault == "walltime" else []
        undo = link_down(self.place, None, None, None) if self.fault == "down at the start" else None
        run = Run(self.place, [*arguments, *flags])
        time.sleep(0 if undo else moment)
        before = self.place.recorded(self.run_file)
        injected = time.monotonic()
        inject = FAULTS[self.fault]
        try:
            if run.process.poll() is not None and inject:
                raise Missed
            undo = inject(self.place, run, self.run_file, self.chance) if inject else undo
        except Missed:
            run.wait()
            raise
        status = run.wait()
        ended = time.monotonic()
        if undo:
            undo()
        left = self.place.wait_until_gone()
        self.lost = len(before - self.place.recorded(self.run_file))
        self.detected = run.first(DETECTED, injected)
        self.went_on = run.first(WENT_ON, injected)
        self.survived = status == ENDED_WITH_FAILURES
        self.said += f": status {status}\n{run.errors()}"
        output = run.output
        if not self.survived:
            assert status in (RESUMABLE, -signal.SIGKILL), self.said
            self.went_on = ended - injected
            output = self.resume(arguments)
        assert not left, f"processes are left: {left}\n{self.said}"
        assert self.lost == 0, self.said
        results, answer = results_text(output)
        assert (answer["tasks"], answer["failed"]) == (TASKS[self.job], FAILED[self.job]), self.said + output[:200]
        assert results == reference, f"other bits\n{self.said}\n{results[:2000]}\n{reference[:2000]}"
        rows = self.place.recorded(self.run_file)
        assert rows == set(range(TASKS[self.job])), self.said
        self.verify()

    def resume(self, arguments):
        again = Run(self.place, arguments)
        status = again.wait()
        self.said += f"\nresumed: status {status}\n{again.errors()}"
        assert status == ENDED_WITH_FAILURES, self.said
        assert not self.place.wait_until_gone(), self.said
        self.resumed = True
        return again.output

    def verify(self):
        if self.matrix.can_verify:
            verified = subprocess.run(
                [PROGRAM, "verify", self.run_file], cwd=self.place.folder, capture_output=True, text=True, timeout=60, check=False
            )
            assert verified.returncode == 0, self.said + verified.stdout + verified.stderr


class Matrix:
    def __init__(self, seed, at_once):
        self.seed = seed
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
        known = subprocess.run([PROGRAM, "help", "verify"], capture_output=True, timeout=60, check=False)
        self.can_verify = known.returncode == 0

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
        with self.lock:
            place = self.free.pop()
        injection = Injection(self, place, fault, number)
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

    def close(self):
        for place in self.places:
            place.close()
        self.scratch.cleanup()


def seconds_text(values):
    known = sorted(value for value in values if value is not None)
    return f"{known[len(known) // 2]:.1f} ({known[-1]:.1f})" if known else "–"


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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--faults", help="names, or parts of them, with commas between")
    parser.add_argument("--at-once", type=int, default=3)
    options = parser.parse_args()
    seed = int(os.environ.get("MATRIX_SEED") or time.time_ns() % 1_000_000)
    print(f"MATRIX_SEED={seed}", flush=True)
    wanted = options.faults.split(",") if options.faults else [""]
    faults = [fault for fault in FAULTS if any(part in fault for part in wanted)]
    matrix = Matrix(seed, options.at_once)
    try:
        if matrix.why_no_hosts:
            left_out = [fault for fault in faults if fault in NEEDS_HOSTS]
            print(f"SKIPPED: {', '.join(left_out)}: no network namespaces here: {matrix.why_no_hosts}", flush=True)
            faults = [fault for fault in faults if fault not in NEEDS_HOSTS]
        matrix.make_references(faults)
        with ThreadPoolExecutor(options.at_once) as pool:
            for number in range(options.runs):
                # In a short form, each fault meets one of the jobs; in a long one, both in turns.
                for place, fault in enumerate(faults):
                    pool.submit(matrix.inject, fault, number + place)
        print(table(matrix.rows), flush=True)
        for problem in matrix.failures:
            print(f"FAILED: {problem}", flush=True)
        return 1 if matrix.failures else 0
    finally:
        matrix.close()


if __name__ == "__main__":
    sys.exit(main())
