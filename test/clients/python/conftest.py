"""What our own tests share: where the emulator is, and a target for tasks."""

import os
import queue
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

HOST = os.environ["CLOUD_TASKS_EMULATOR_HOST"]


@pytest.fixture
def emulator_host():
    return HOST


class Target:
    """An HTTP server that answers 200. `received` has each request as (method, path, headers, body)."""

    def __init__(self):
        self.received = queue.Queue()
        received = self.received

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                received.put((self.command, self.path, self.headers, body))
                self.send_response(200)
                self.end_headers()

            do_POST = do_PUT = do_GET = handle_any

            def log_message(self, *args):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def next(self):
        return self.received.get(timeout=10)


@pytest.fixture
def target():
    target = Target()
    yield target
    target.server.shutdown()
    target.server.server_close()
