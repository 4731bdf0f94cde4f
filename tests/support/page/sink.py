"""A forward proxy that forwards nothing and records where a browser wanted to connect."""

import re
import socketserver
import threading

BROWSERS_OWN = re.compile(r"\.((google|googleapis|gvt1|mozilla)\.com|mozilla\.(org|net))\b")
"""Hosts that browsers themselves ask for updates and for data about forms (their structure, never their content)."""


class Sink:
    def __init__(self):
        self.recorded: list[str] = []
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

    def strangers(self):
        """The requests other than the browser's own."""
        return [line for line in self.recorded if not BROWSERS_OWN.search(line.split("?")[0])]

    def close(self):
        self._server.shutdown()
        self._server.server_close()


def _handler(sink):
    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            sink.recorded.append(self.rfile.readline(4096).decode("latin-1").strip())
            self.wfile.write(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")

    return Handler
