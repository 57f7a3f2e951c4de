"""A server of HTTP on a loopback port that the kernel chooses, which does what its paths say and notes what it is asked."""

import gzip
import json
import socket
import ssl
import struct
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Nothing waits longer, whatever a client does.
LONGEST_WAIT_SECONDS = 50


class Server(ThreadingHTTPServer):
    """As a context: serves until its end. `crowd`: requests to /crowd are held until so many are there."""

    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, crowd=0, certificate=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests = []  # (time, path)
        self.under_way = 0
        self.most_under_way = 0
        self.crowd = crowd
        self.closing = threading.Event()
        self.changed = threading.Condition()
        self.scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)
            self.scheme = "https"

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.server_port}"

    def __enter__(self):
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.closing.set()
        with self.changed:
            self.changed.notify_all()
        self.shutdown()
        self.thread.join()
        self.server_close()

    def handle_error(self, request, client_address):
        pass  # clients that leave, and handshakes that they refuse, are what the tests are about

    def paths(self):
        return [path for _, path in self.requests]

    def times(self, path):
        return [when for when, asked in self.requests if asked.startswith(path)]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_request(self):
        server = self.server
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with server.changed:
            server.requests.append((time.monotonic(), self.path))
            server.under_way += 1
            server.most_under_way = max(server.most_under_way, server.under_way)
            server.changed.notify_all()
        try:
            parts = urllib.parse.urlsplit(self.path)
            query = dict(urllib.parse.parse_qsl(parts.query))
            name, *arguments = parts.path.strip("/").split("/")
            getattr(self, "do_" + name)(*arguments, **query)
        finally:
            with server.changed:
                server.under_way -= 1

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = handle_request

    def log_message(self, *_):
        pass

    def answer(self, body=b"", status=200, **headers):
        if isinstance(body, str):
            body = body.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_text(self, text):
        self.answer(urllib.parse.unquote(text))

    def do_echo(self, **query):
        self.answer(json.dumps({"method": self.command, "body": self.body.decode(), "query": query,
                                "headers": {name.lower(): value for name, value in self.headers.items()}}))

    def do_status(self, status, **_):
        self.answer("" if status == "204" else f"this is {status}\n", int(status))

    def do_redirect(self, to, code="302"):
        self.answer("", int(code), Location=to)

    def do_later(self, seconds):
        """Refuses the first request to this path, and says when to come again."""
        first = self.server.paths().count(self.path) == 1
        self.answer("come again" if first else "welcome", 429 if first else 200,
                    **({"Retry_After": seconds} if first else {}))

    def do_gzip(self, text):
        self.answer(gzip.compress(urllib.parse.unquote(text).encode()), Content_Encoding="gzip")

    def do_zeros(self, count):
        self.answer(b"0" * int(count))

    def do_chunks(self, count):
        """So many bytes whose number is not said before."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for _ in range(int(count) // 1000):
            self.wfile.write(b"3e8\r\n" + b"0" * 1000 + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")

    def do_garbage(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\n")
        self.close_connection = True

    def do_reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def do_hang(self):
        self.server.closing.wait(LONGEST_WAIT_SECONDS)
        self.close_connection = True

    def do_slow(self, seconds):
        self.server.closing.wait(float(seconds))
        self.answer("slow")

    def do_crowd(self, _):
        with self.server.changed:
            self.server.changed.wait_for(
                lambda: self.server.most_under_way >= self.server.crowd or self.server.closing.is_set(),
                LONGEST_WAIT_SECONDS)
        self.answer("1")
