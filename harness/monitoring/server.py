"""Serves the page that follows a folder, to this machine alone: the page, its assets, the status and the report, nothing else."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from threading import Event, Thread
from urllib.parse import urlsplit

from nasbed.engines.opening import open_engine
from nasbed.errors import OptionError, shown
from nasbed.monitoring.folders import kind_of
from nasbed.monitoring.following import EVERY, Following
from nasbed.numeric import real, require_whole

ADDRESS = "127.0.0.1"
"""The only address that is listened at."""

_HOSTS = (ADDRESS, "localhost")
"""Names under which a browser of this machine asks. Another is a page of elsewhere whose name was bent to this address."""

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self'; img-src data:; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'"
)
_ASSETS = {
    "/": ("nasbed.monitoring", "watch.html", "text/html; charset=utf-8"),
    "/watch.js": ("nasbed.monitoring", "watch.js", "text/javascript; charset=utf-8"),
    "/watch.css": ("nasbed.monitoring", "watch.css", "text/css; charset=utf-8"),
    "/report.css": ("nasbed.reports", "report.css", "text/css; charset=utf-8"),
}


class WatchServer(ThreadingHTTPServer):
    """A server of one page; each request is a thread of its own, of which none outlives the server."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = os.name != "nt"  # there a port in use could be taken
    allow_reuse_port = False

    def __init__(self, port: int, following: Following) -> None:
        self.following = following
        super().__init__((ADDRESS, port), _Handler)

    @property
    def address(self) -> str:
        """The address of the page, for a browser of this machine."""
        return f"http://{ADDRESS}:{self.server_address[1]}/"


class _Handler(BaseHTTPRequestHandler):
    server: WatchServer
    server_version, sys_version = "nasbed", ""
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:  # the name that the server asks for
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def _answer(self, with_body: bool) -> None:
        if not _is_ours(self.headers.get_all("Host", [])):
            self._send(403, "text/plain", b"expected the host 127.0.0.1 or localhost\n", with_body)
        elif (found := self._content(urlsplit(self.path).path)) is None:
            self._send(404, "text/plain", b"there is nothing here\n", with_body)
        else:
            self._send(200, *found, with_body)

    def _content(self, path: str) -> tuple[str, bytes] | None:
        """What is served under a path: one of a few names, of which none is looked up as a file."""
        following = self.server.following
        if path == "/status.json":
            return "application/json", following.status
        if path == "/report":
            return "text/html; charset=utf-8", following.report.page.encode()
        if path in _ASSETS:
            package, name, kind = _ASSETS[path]
            return kind, (files(package) / "page" / name).read_bytes()
        return None

    def _send(self, code: int, kind: str, content: bytes, with_body: bool) -> None:
        self.send_response(code)
        policy = "frame-ancestors 'self'" if urlsplit(self.path).path == "/report" else _POLICY
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(content)),
            "Content-Security-Policy": policy,
            "Cross-Origin-Resource-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
        }.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            with suppress(OSError):  # the browser has gone
                self.wfile.write(content)

    def log_message(self, format: str, *words: object) -> None:
        """Say nothing of requests."""


def _is_ours(hosts: list[str]) -> bool:
    """Whether a request asks for this machine by one of its own names."""
    if len(hosts) != 1:
        return False
    try:
        return urlsplit(f"//{hosts[0]}").hostname in _HOSTS and "@" not in hosts[0]
    except ValueError:
        return False


@contextmanager
def serving(folder: Path | str, port: int = 0, every: float = EVERY) -> Iterator[WatchServer]:
    """A server of the page that follows a folder, to be run by ``serve_forever`` in the block; ``port`` 0 is any that is free.

    ``every`` is the least number of seconds between two makings of the report. Raises :class:`~nasbed.errors.OptionError` for a
    port that is out of range or in use, :class:`~nasbed.errors.StoreError` for a folder that holds nothing of ours.
    """
    number = require_whole("port", port, 0, 65_535)
    seconds = real(every)
    if seconds is None or not 0 < seconds < 1e9:
        raise OptionError(f"every = {shown(every)}; expected seconds above 0")
    kind_of(folder)
    with open_engine("local:1") as engine:
        following = Following(folder, engine, float(seconds))
        try:
            server = WatchServer(number, following)
        except OSError as error:
            why = {errno.EADDRINUSE: "it is in use", errno.EACCES: "it is kept for the system"}
            raise OptionError(
                f"port = {number}: {why.get(error.errno or 0, error.strerror)}; give another, or leave it out for one that is free"
            ) from None
        over = Event()
        thread = Thread(target=following.follow, args=(over,), daemon=True)
        thread.start()
        try:
            with server:
                yield server
        finally:
            over.set()
            engine.shutdown(wait=True, cancel_futures=True)


def watch(
    folder: Path | str,
    port: int = 0,
    every: float = EVERY,
    announce: Callable[[str], None] = print,
) -> None:
    """Serve the page until this process is interrupted; ``announce`` is told its address."""
    with serving(folder, port, every) as server:
        announce(server.address)
        server.serve_forever(poll_interval=0.2)
