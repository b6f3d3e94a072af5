"""nginx as it stands before the shop, with stand-ins for the roles that do as they are told."""

import contextlib
import http.client
import http.server
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path

from bookstore.serving import nginx

OPEN_SECONDS = 60
LOG_SECONDS = 60


@dataclass(frozen=True)
class Request:
    """What reached a role."""

    method: str
    path: str
    headers: "Message[str, str]"


@dataclass
class Said:
    """What a role answers."""

    status: int = 200
    body: bytes = b"from the role"
    headers: Mapping[str, str] = field(default_factory=dict)


def kept(body: bytes = b"a page", *, seconds: int = 60, **headers: str) -> Said:
    """What nginx keeps for so long; in the names of headers, _ stands for -."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Said(200, body, {"X-Accel-Expires": f"@{int(time.time()) + seconds}", **named})


class Role(http.server.ThreadingHTTPServer):
    """A role that remembers what it was asked, and answers what `says` says."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, says: Callable[[Request], Said] = lambda request: Said()) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.says = says
        self.seen: list[Request] = []

    @property
    def address(self) -> str:
        """As nginx writes it."""
        return f"127.0.0.1:{self.server_address[1]}"


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet for an answer, or the kernel waits between two
    server: Role

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        request = Request(self.command, self.path, self.headers)
        self.server.seen.append(request)
        said = self.server.says(request)
        if said.status == 0:  # breaks off
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(said.status)
        for name, value in {"Content-Type": "text/plain", **said.headers}.items():
            self.send_header(name, value)
        if said.status != http.HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(said.body)))
        self.end_headers()
        if self.command != "HEAD" and said.status != http.HTTPStatus.NOT_MODIFIED:
            self.wfile.write(said.body)

    do_GET = do_HEAD = do_POST = do_PUT = _answer

    def log_message(self, *args: object) -> None:
        """Be quiet."""


@dataclass(frozen=True)
class Answer:
    """What came through the door."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def header(self, name: str) -> str:
        """The header's value, which must be there once."""
        values = self.headers.get_all(name, [])
        assert len(values) == 1, (name, values)
        return values[0]


@dataclass
class Door:
    """A running nginx and the roles behind it."""

    port: int
    log: Path
    roles: Mapping[str, Role]

    def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request, and wait until nginx has done with it: until then nothing is cached."""
        already = self.log.stat().st_size
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        finally:
            connection.close()
        deadline = time.monotonic() + LOG_SECONDS
        while answer.header("X-Request-ID").encode() not in self.log.read_bytes()[already:]:
            assert time.monotonic() < deadline, "this request is not in the log"
            time.sleep(0.001)
        return answer

    def ask_often(self, path: str, *, method: str = "GET", times: int) -> list[Answer]:
        """Send the same request again and again, fast."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        answers = []
        for _time in range(times):
            connection.request(method, path)
            response = connection.getresponse()
            answers.append(Answer(response.status, response.headers, response.read()))
        connection.close()
        return answers

    def raw(self, text: bytes) -> bytes:
        """Send bytes as they stand; all that comes back."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            connection.sendall(text)
            return b"".join(iter(lambda: connection.recv(65_536), b""))


@contextlib.contextmanager
def opened(folder: Path, *, frontend: str = "", **variables: str) -> Iterator[Door]:
    """Run nginx with a stand-in for each role; `frontend` is an address to take for that one's."""
    roles = {name: Role() for name in ("rds", "redis", "frontend")}
    threads = [threading.Thread(target=role.serve_forever, args=(0.05,)) for role in roles.values()]
    for thread in threads:
        thread.start()
    addresses = {name: role.address for name, role in roles.items()}
    if frontend:
        addresses["frontend"] = frontend.format(addresses["frontend"])
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    log = folder / "access.log"
    command = nginx.configure(
        folder / "nginx",
        listen=f"127.0.0.1:{port}",
        upstreams=addresses,
        **{"NGINX_ACCESS_LOG": f'"{log}" without_query', **variables},
    )
    process = subprocess.Popen(command, stderr=(folder / "stderr").open("w"))
    try:
        _wait_until_open(port, process)
        yield Door(port, log, roles)
    finally:
        process.terminate()
        process.wait(timeout=30)
        for role in roles.values():
            role.shutdown()
            role.server_close()


def _wait_until_open(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + OPEN_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, "nginx did not start"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.02)
    raise AssertionError("nginx does not open")
