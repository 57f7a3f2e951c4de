#!/usr/bin/env python3
"""The number of I/O threads that is found while a job runs, against fixed ones, in turns.

    tests/bench/io_threads.py [--fanfold build/release/fanfold] [--rounds 3] [WORKLOAD…]

For each workload: tasks a second of whole runs (what finding the number costs is in it) with each fixed number and with the
default, medians of several rounds. Workloads: sleeps, limited_server (50 answers a second, each after 0.2 s at the earliest,
asked by curl), computing (shell loops), disk (files that are not in the page cache).
"""

import argparse
import http.server
import json
import os
import pathlib
import re
import socketserver
import statistics
import subprocess
import tempfile
import threading
import time

ENVIRONMENT = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")

FILES = 200
FILE_BYTES = 4 << 20


class LimitedServer(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """Answers so many requests a second."""

    daemon_threads = True
    request_queue_size = 1024
    rate = 50
    latency = 0.2

    def __init__(self):
        self.lock = threading.Lock()
        self.next_answer = 0.0
        super().__init__(("127.0.0.1", 0), LimitedServer.Handler)

    def wait(self):
        with self.lock:
            self.next_answer = max(self.next_answer + 1 / self.rate, time.monotonic())
            answer = max(self.next_answer, time.monotonic() + self.latency)
        time.sleep(max(0.0, answer - time.monotonic()))

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.wait()
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"1\n")

        def log_message(self, *arguments):
            pass


class Bench:
    def __init__(self, options, folder):
        self.options = options
        self.program = str(pathlib.Path(options.fanfold).resolve())
        self.folder = pathlib.Path(folder)
        self.server = LimitedServer()
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.files = []

    def make_files(self):
        (self.folder / "data").mkdir()
        for number in range(FILES):
            path = self.folder / "data" / f"{number}.txt"
            path.write_bytes(os.urandom(FILE_BYTES // 64).hex().encode() * 32)
            self.files.append(path)

    def forget_files(self):
        os.sync()
        for path in self.files:
            with open(path, "rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    def rate(self, job, threads):
        """Tasks a second of one run, and the number of threads in the end."""
        (self.folder / "job.toml").write_text(job)
        flags = [] if threads == "auto" else ["--io-threads", str(threads)]
        ended = subprocess.run([self.program, "run", "job.toml", "--fresh", "--json", *flags], cwd=self.folder,
                               env=ENVIRONMENT, capture_output=True, text=True, timeout=600, check=True)
        answer = json.loads(ended.stdout)
        found = re.search(r"(\d+) I/O threads did best", ended.stderr)
        return answer["tasks"] / answer["seconds"], int(found.group(1)) if found else None


def sleeps(bench):
    return "[params]\ni = { count = 40000 }\n[task]\nsleep = 0.2\n", [64, 256, 1024]


def limited_server(bench):
    url = f"http://127.0.0.1:{bench.server.server_port}/"
    return f"[params]\ni = {{ count = 400 }}\n[task]\ncommand = ['curl', '--silent', '{url}']\n", [2, 8, 16, 64]


def computing(bench):
    loop = "i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done"
    return f"[params]\ni = {{ count = 120 }}\n[task]\ncommand = ['sh', '-c', '{loop}']\n", [1, 2, 4, 8]


def disk(bench):
    if not bench.files:
        bench.make_files()
    bench.forget_files()
    return "[params]\nfile = { glob = 'data/*.txt' }\n[task]\nread = '{file}'\n", [1, 2, 4, 16]


def main():
    workloads = {each.__name__: each for each in (sleeps, limited_server, computing, disk)}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fanfold", default="build/release/fanfold")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options, folder)
        for name in options.workloads or workloads:
            rates = {}
            found = []
            for _ in range(options.rounds):
                for threads in [*workloads[name](bench)[1], "auto"]:
                    rate, size = bench.rate(workloads[name](bench)[0], threads)
                    rates.setdefault(threads, []).append(rate)
                    if threads == "auto":
                        found.append(size or 2)
            medians = {threads: statistics.median(values) for threads, values in rates.items()}
            best = max((rate, threads) for threads, rate in medians.items() if threads != "auto")
            print(f"{name:16} " + "  ".join(f"{threads}: {rate:,.0f}/s" for threads, rate in medians.items()) +
                  f"  found {statistics.median(found):.0f}, {medians['auto'] / best[0]:.0%} of the best ({best[1]})", flush=True)


if __name__ == "__main__":
    main()
