"""A small server of pages about the weather, for jobs/scrape.toml: `python3 serve.py COMMAND…` runs the command with the
server's URL in the environment variable SERVER and ends with it. Each page takes a tenth of a second; every fiftieth is
refused at first: 503, come again in a second."""

import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STATIONS = ["amber", "basalt", "cobalt", "dune"]
SECONDS_FOR_A_PAGE = 0.1
seen = set()


def page(number):
    return {"station": STATIONS[number % 4], "temperature": (number * 37 % 101) / 4 - 5}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        number = int(self.path.rsplit("/", 1)[1])
        refused = number % 50 == 49 and number not in seen
        seen.add(number)
        time.sleep(SECONDS_FOR_A_PAGE)
        body = b"" if refused else json.dumps(page(number)).encode()
        self.send_response(503 if refused else 200)
        if refused:
            self.send_header("Retry-After", "1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 1024
    daemon_threads = True


def main():
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    sys.exit(subprocess.call(sys.argv[1:], env={**os.environ, "SERVER": url}))


if __name__ == "__main__":
    main()
