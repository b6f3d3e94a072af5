"""Fetches a file from an address that somebody else has named, without trusting the address.

A publisher's feed may say anything, so each hop is looked at: only http and https, only their usual
ports, and only addresses on the public internet. The name is looked up once, and the connection
goes to the very address that was looked at: a second answer of the name server changes nothing.
"""

import contextlib
import http.client
import ipaddress
import socket
import ssl
import string
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from django.utils.translation import gettext as _

MOST_REDIRECTS = 3
REDIRECTS = frozenset({301, 302, 303, 307, 308})
BUSY = frozenset({408, 425, 429})
CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 20.0
CHUNK = 65_536
LONGEST_WAIT = 24 * 3600  # seconds that a server may ask us to stay away
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotFetched(Exception):
    """There is nothing to be had at the address; the message says why."""


class TryLater(NotFetched):
    """Not now: the server is away or busy. `after_seconds` is what it asked for, if anything."""

    def __init__(self, message: str, *, after_seconds: int = 0) -> None:
        super().__init__(message)
        self.after_seconds = after_seconds


@dataclass(frozen=True)
class Fetched:
    """What stood there."""

    content: bytes
    etag: str
    last_modified: str


class Unchanged(Exception):
    """What stands there is what was fetched before."""


def is_public(address: Address) -> bool:
    """Whether the address is somebody's on the internet, and nothing of ours or our host's."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address.teredo:
            inner = address.teredo[1]
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


@dataclass(frozen=True)
class Fetcher:
    """How files are fetched. Tests have one that may ask a server of their own."""

    user_agent: str
    largest: int
    """Bytes."""
    is_allowed: Callable[[Address], bool] = is_public
    ports: frozenset[int] = frozenset({80, 443})
    total_seconds: float = TOTAL_SECONDS

    def fetch(self, url: str, *, etag: str = "", last_modified: str = "") -> Fetched:
        """What stands there now. Raises Unchanged, TryLater or else NotFetched."""
        end = time.monotonic() + self.total_seconds
        headers = {
            "User-Agent": self.user_agent.encode("ascii", "ignore").decode(),
            "Accept": "image/avif,image/webp,image/jpeg,image/png,image/*;q=0.8",
            "Accept-Encoding": "identity",
            "Connection": "close",
            **({"If-None-Match": etag} if etag else {}),
            **({"If-Modified-Since": last_modified} if last_modified else {}),
        }
        for _hop in range(MOST_REDIRECTS + 1):
            with self._answer(self._checked(url), headers, end) as answer:
                if answer.status not in REDIRECTS:
                    return self._read(answer, end)
                url = _joined(url, answer.headers.get("Location", ""))
        raise NotFetched(_("The address leads from one to the next and never to a picture."))

    def _checked(self, url: str) -> SplitResult:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise NotFetched(_("The address is not written as one.")) from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise NotFetched(_("The address does not begin with http:// or https://."))
        if any(ord(sign) < 32 or ord(sign) == 127 for sign in url):
            raise NotFetched(_("The address is not written as one."))
        if parts.username is not None or parts.password is not None:
            raise NotFetched(_("The address holds a password, which we send nobody."))
        if (port or _usual_port(parts)) not in self.ports:
            raise NotFetched(_("The address names a port that no website has."))
        return parts

    @contextlib.contextmanager
    def _answer(
        self, parts: SplitResult, headers: dict[str, str], end: float
    ) -> Iterator[http.client.HTTPResponse]:
        """What the server says first. The socket is closed when time is up, whoever reads it."""
        with contextlib.ExitStack() as stack:
            try:
                sockets = [self._connected(parts, end)]
                # A server that sends a byte now and then outlives every timeout but this one.
                alarm = threading.Timer(_left(end), _cut, [sockets])
                alarm.daemon = True
                alarm.start()
                stack.callback(_close, sockets)
                stack.callback(alarm.cancel)
                if parts.scheme == "https":
                    _secure(sockets, parts)
                asked = http.client.HTTPConnection(parts.netloc)
                asked.sock = sockets[-1]
                asked.request("GET", _target(parts), headers=headers)
                answer = asked.getresponse()
                stack.callback(answer.close)
            except ssl.SSLCertVerificationError:
                raise TryLater(_("The server cannot prove who it is (its certificate).")) from None
            except (OSError, http.client.HTTPException) as error:
                raise TryLater(_said_by(error, end)) from None
            yield answer

    def _connected(self, parts: SplitResult, end: float) -> socket.socket:
        port = parts.port or _usual_port(parts)
        problem: OSError = OSError()
        for address in self._addresses(parts.hostname or "", port):
            try:
                seconds = min(CONNECT_SECONDS, _left(end))
                connected = socket.create_connection((str(address), port), timeout=seconds)
            except OSError as error:
                problem = error
            else:
                connected.settimeout(_left(end))
                return connected
        raise problem

    def _addresses(self, host: str, port: int) -> list[Address]:
        """Where the name leads. All must be allowed, or somebody plays with us."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except UnicodeError:
            raise NotFetched(_("The address is not written as one.")) from None
        except OSError:
            raise TryLater(_("There is no server of the name %(host)s.") % {"host": host}) from None
        texts = dict.fromkeys(str(each[4][0]).partition("%")[0] for each in found)
        addresses = [ipaddress.ip_address(text) for text in texts]
        if not all(self.is_allowed(address) for address in addresses):
            raise NotFetched(
                _("%(host)s is not on the public internet, so we ask nothing there.")
                % {"host": host}
            )
        return addresses[:3]

    def _read(self, answer: http.client.HTTPResponse, end: float) -> Fetched:
        _check_status(answer)
        self._check_headers(answer)
        content = bytearray()
        try:
            while chunk := answer.read(CHUNK):
                content += chunk
                if len(content) > self.largest:
                    raise NotFetched(self._too_large())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise TryLater(_said_by(error, end)) from None
        if time.monotonic() >= end or (answer.length or 0) > 0:  # cut off by the alarm, or by them
            raise TryLater(_said_by(TimeoutError() if time.monotonic() >= end else OSError(), end))
        told = answer.headers
        return Fetched(
            bytes(content), _header(told.get("ETag"), 300), _header(told.get("Last-Modified"), 100)
        )

    def _check_headers(self, answer: http.client.HTTPResponse) -> None:
        """Leave at once what says that it is no picture, or too large, before it is read."""
        kind = answer.headers.get_content_type()
        is_unsaid = "Content-Type" not in answer.headers
        is_bytes = kind in ("application/octet-stream", "binary/octet-stream")
        if kind == "image/svg+xml" or not (kind.startswith("image/") or is_unsaid or is_bytes):
            raise NotFetched(
                _("What stands there is no picture, but %(kind)s.") % {"kind": kind[:60]}
            )
        if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise NotFetched(_("The server packs its answer although we asked it not to."))
        if (answer.length or 0) > self.largest:
            raise NotFetched(self._too_large())

    def _too_large(self) -> str:
        megabytes = self.largest / 1024**2
        return _("The file is larger than %(n).3g MB.") % {"n": megabytes}


def _check_status(answer: http.client.HTTPResponse) -> None:
    status = answer.status
    if status == 304:
        raise Unchanged
    said = _("The server answers %(status)d (%(words)s).") % {
        "status": status,
        "words": answer.reason[:60] or "—",
    }
    if status in BUSY or status >= 500:
        after = answer.headers.get("Retry-After", "")
        seconds = int(after) if after.isascii() and after.isdigit() and len(after) < 10 else 0
        raise TryLater(said, after_seconds=min(seconds, LONGEST_WAIT))
    if status != 200:
        raise NotFetched(said)


def _usual_port(parts: SplitResult) -> int:
    return 443 if parts.scheme == "https" else 80


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        raise NotFetched(_("The address is not written as one.")) from None


def _target(parts: SplitResult) -> str:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    # Feeds write addresses as people read them; what is escaped already stays.
    return quote(target, safe="%" + string.punctuation)


def _header(value: str | None, longest: int) -> str:
    """A validator to be sent back later; one that could not be is as good as none."""
    is_fit = value is not None and value.isascii() and value.isprintable()
    return value if value is not None and is_fit and len(value) <= longest else ""


def _left(end: float) -> float:
    return max(0.01, end - time.monotonic())


def _secure(sockets: list[socket.socket], parts: SplitResult) -> None:
    """Add the connection that has proven to be the name's. It is known before its handshake ends,
    so that the alarm reaches it.
    """
    context = ssl.create_default_context()
    secured = context.wrap_socket(
        sockets[0], server_hostname=parts.hostname, do_handshake_on_connect=False
    )
    sockets.append(secured)
    secured.do_handshake()


def _close(sockets: list[socket.socket]) -> None:
    for each in sockets:
        each.close()


def _cut(sockets: list[socket.socket]) -> None:
    """Let nobody wait for these any longer, in whatever thread."""
    for each in sockets:
        with contextlib.suppress(OSError):
            socket.socket.shutdown(each, socket.SHUT_RDWR)


def _said_by(error: Exception, end: float) -> str:
    if isinstance(error, TimeoutError) or time.monotonic() >= end:
        return _("The server takes too long.")
    return _("The server cannot be reached, or breaks off.")
