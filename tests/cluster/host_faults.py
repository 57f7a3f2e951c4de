"""Faults of processes, links and disks: each takes the place, the run, its run file and a source of chance, and returns an
undo, or None."""

import os
import signal
import subprocess
import threading

from processes import environment_of, kill

PAUSE_SECONDS = 15


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


HOST_FAULTS = {
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
