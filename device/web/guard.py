"""Who may ask the dashboard: the door in front of all of its paths.

A browser is a confused deputy: any page that it shows may let it ask an address on this machine. So
each request has to name a host that this server has (which a page behind a rebound DNS name does
not), and must not come from a page of another origin. There are no cookies that a browser could add
by itself, and no answer lets another origin read it.

At an address that others reach, the paths below /api need the token that was printed with the
address, in `Authorization: Bearer`; the page has it in the fragment of its address, which no
browser sends. The pages themselves are open: they are the same in every installation, and a link
that stands elsewhere leads to them.

What strangers can make grow has bounds: the body of a request, the requests of an address in a
second, the addresses that are counted. Connections have theirs in `http_server`, which is told
of a connection on which somebody asks who may.
"""

import asyncio
import hmac
import ipaddress
import socket
import time
from collections.abc import Callable
from typing import Final

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY: Final = 64 << 10
"""Octets of a request."""
BODY_TIME: Final = 10.0
"""Seconds within which the body of a request has to come."""
RATE: Final = 50.0
"""Requests a second that an address may make for long."""
BURST: Final = 200.0
"""Requests that it may make at once."""
ADDRESSES: Final = 1024
"""That are counted at a time."""
PASSED: Final = "passed"
"""Where the state of a request has what is called once it may pass."""

_SENTENCES: Final = {
    404: "there is nothing at this path; /api/v1/openapi.json has all of them",
    405: "this path does not take the method; /api/v1/openapi.json says which it takes",
}

HEADERS: Final = (
    (
        b"content-security-policy",
        (
            b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
            b"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
            b"require-trusted-types-for 'script'"
        ),
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
"""With every answer."""


class Refused(Exception):  # noqa: N818 - it is an answer, not an error of the program
    """A request that is not served, with the status of its answer."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Guard:
    """Lets through what may pass, and adds the headers of `HEADERS` to all answers."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        port: int,
        token: str | None,
        clock: Callable[[], float] = time.monotonic,
        counts: bool = True,
    ) -> None:
        """Stand before `app`, which is served at `port`; without a `token` on loopback only.

        It counts requests unless somebody before it has done so.
        """
        self._app = app
        self._port = port
        self._token = token
        self._rates = Rates(clock) if counts else None
        name = socket.gethostname().lower()
        self._names = {"localhost"} | ({name, f"{name}.local"} if token else set())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it. Raises nothing but that the client went away."""
        if scope["type"] != "http":
            return
        began = False

        async def answer(message: Message) -> None:
            nonlocal began
            if message["type"] == "http.response.start":
                began = True
                message["headers"] = [*message.get("headers", ()), *HEADERS]
            await send(message)

        try:
            self._check(scope)
            body = await _body(scope, receive)
            # with an application Starlette raises what it would answer as plain text without
            await self._app({**scope, "app": self}, _again(body, receive), answer)
        except Refused as refusal:
            response = JSONResponse({"error": str(refusal)}, refusal.status)
            if refusal.status in {408, 413}:
                response.headers["connection"] = "close"  # what is left of the body is not read
            await response(scope, receive, answer)
        except HTTPException as refusal:
            said = {"error": _SENTENCES.get(refusal.status_code, refusal.detail)}
            await JSONResponse(said, refusal.status_code, refusal.headers)(scope, receive, answer)
        except Exception as error:  # noqa: BLE001 - a fault of ours, which costs no more than this
            context = {"message": "a request to the dashboard failed", "exception": error}
            asyncio.get_running_loop().call_exception_handler(context)
            if not began:
                said = {"error": "the dashboard failed at it, and its log says where"}
                await JSONResponse(said, 500)(scope, receive, answer)

    def _check(self, scope: Scope) -> None:
        """Raise `Refused` for a request that is not to be served."""
        client = scope.get("client") or ("", 0)
        if self._rates is not None and not self._rates.is_within(client[0]):
            raise Refused(429, "too many requests; wait a second")
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get(b"host", "")
        if not self._is_ours(host):
            raise Refused(421, "this server has no such name")
        origin = headers.get(b"origin")
        if origin is not None and origin.lower() != f"http://{host}".lower():
            raise Refused(403, "requests of other origins are not served")
        is_page = not scope["path"].startswith("/api/")
        is_from_here = headers.get(b"sec-fetch-site", "none") in {"same-origin", "none"}
        if not is_from_here and not (is_page and _is_link(headers)):
            raise Refused(403, "requests of other sites are not served")
        if not is_page and not self._has_token(headers):
            raise Refused(401, "the token is missing or wrong: open the address that `run` printed")
        if not is_page or self._token is None:
            scope.get("state", {}).get(PASSED, _nothing)()

    def _is_ours(self, host: str) -> bool:
        """Tell whether a name is one of this server: an address, or the name of this machine."""
        name, port = _split(host.lower())
        if port != str(self._port):
            return False
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return name in self._names
        return self._token is not None or address.is_loopback

    def _has_token(self, headers: dict[bytes, str]) -> bool:
        if self._token is None:
            return True
        scheme, _, given = headers.get(b"authorization", "").partition(" ")
        is_right = hmac.compare_digest(given.encode("latin-1"), self._token.encode())
        return scheme.lower() == "bearer" and is_right


class Rates:
    """How often each address asks: `RATE` a second, and `BURST` at once."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._now = clock
        self._left: dict[str, tuple[float, float]] = {}

    def is_within(self, address: str) -> bool:
        """Count a request, and tell whether it is within the rate."""
        now = self._now()
        left, then = self._left.pop(address, (BURST, now))
        left = min(BURST, left + (now - then) * RATE)
        if len(self._left) >= ADDRESSES:
            self._left.pop(next(iter(self._left)))  # who has asked for the longest time no more
        self._left[address] = (max(left - 1.0, 0.0), now)
        return left >= 1.0


def _split(host: str) -> tuple[str, str]:
    """Return the name and the port of a `Host`; an IPv6 address stands in brackets."""
    if host.startswith("["):
        name, _, rest = host[1:].partition("]")
        return name, rest.removeprefix(":") or "80"
    name, _, port = host.partition(":")
    return name, port or "80"


def _is_link(headers: dict[bytes, str]) -> bool:
    """Tell whether a person follows a link: the browser goes there, and embeds nothing."""
    way, place = headers.get(b"sec-fetch-mode"), headers.get(b"sec-fetch-dest")
    return way == "navigate" and place == "document"


def _nothing() -> None:
    """Be called where nobody wants to know."""


async def _body(scope: Scope, receive: Receive) -> bytes:
    """Read the body of a request. Raises `Refused` for one that is too long or too slow."""
    given = dict(scope["headers"]).get(b"content-length", b"0")
    if given.isdigit() and int(given) > MAX_BODY:
        raise Refused(413, f"a request has at most {MAX_BODY} octets")
    found = bytearray()
    try:
        async with asyncio.timeout(BODY_TIME):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    raise Refused(400, "the request ended before its body")
                found += message.get("body", b"")
                if len(found) > MAX_BODY:
                    raise Refused(413, f"a request has at most {MAX_BODY} octets")
                if not message.get("more_body", False):
                    return bytes(found)
    except TimeoutError:
        raise Refused(408, "the body of the request did not come in time") from None


def _again(body: bytes, receive: Receive) -> Receive:
    """Return what gives the body, which was read, once, and then what comes after it."""
    given = False

    async def next_message() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return next_message
