"""A peer for the tests: messages made and read by aiocoap, which knows nothing of ours."""

from collections.abc import Callable, Iterable
from typing import Any

from aiocoap.message import Message
from aiocoap.numbers.optionnumbers import OptionNumber
from aiocoap.numbers.types import ACK, CON, NON, RST, Type
from aiocoap.optiontypes import OpaqueOption

from onboardee.device.testing.handler_server import HandlerServer as CoapServer
from onboardee.wire.coap import Code, Limits, Remote, Request, Response
from onboardee.wire.entropy import SeededEntropy

__all__ = ["ACK", "CON", "NON", "RST", "Type"]

GET, POST, PUT, DELETE = 1, 2, 3, 4


def message(
    kind: int = CON,
    code: int = GET,
    mid: int = 0x1234,
    *,
    token: bytes = b"tok",
    path: str = "oic/d",
    payload: bytes = b"",
    raw: Iterable[tuple[int, bytes]] = (),
    **options: Any,
) -> bytes:
    """Encode a message; `raw` are further options as number and value."""
    made = Message(code=code, payload=payload, **options)
    made.mtype, made.mid, made.token = Type(kind), mid, token
    if path and code < 32:
        made.opt.uri_path = path.split("/")
    for number, value in raw:
        made.opt.add_option(OpaqueOption(OptionNumber(number), value))
    return made.encode()


def empty(kind: int, mid: int) -> bytes:
    """Encode an empty message."""
    return bytes((0x40 | kind << 4, 0, mid >> 8, mid & 255))


def read(datagram: bytes) -> Message:
    """Decode a message that came from us."""
    return Message.decode(datagram)


class World:
    """A server, what its handler was asked, and a clock to set."""

    def __init__(
        self,
        answer: Response | Callable[[Request], Response | None] | None = None,
        *,
        limits: Limits | None = None,
        **kwargs: Any,
    ) -> None:
        self.answer = answer if answer is not None else Response(Code.CONTENT, b"state", 60)
        self.asked: list[Request] = []
        self.now = 1000.0
        self.server = CoapServer(
            self._handle, entropy=SeededEntropy(1), limits=limits or Limits(), **kwargs
        )

    def _handle(self, request: Request, remote: Remote, now: float) -> Response | None:
        self.asked.append(request)
        return self.answer(request) if callable(self.answer) else self.answer

    def send(
        self, datagram: bytes, remote: Remote = "peer", *, multicast: bool = False
    ) -> list[Message]:
        """Deliver a datagram; return what the server sends, decoded."""
        self.server.receive(datagram, remote, self.now, multicast=multicast)
        return self.sent()

    def ask(self, *args: Any, remote: Remote = "peer", **kwargs: Any) -> Message:
        """Deliver a request; return the one message that answers it."""
        (answer,) = self.send(message(*args, **kwargs), remote)
        return answer

    def sent(self) -> list[Message]:
        """Return what the server sends, decoded."""
        return [read(datagram) for _, datagram in self.server.take_outgoing()]

    def pass_time(self, seconds: float) -> list[Message]:
        """Let time pass, waking the server at each of its deadlines; return what it sends."""
        end = self.now + seconds
        while (due := self.server.next_deadline()) is not None and due <= end:
            self.now = max(self.now, due)
            self.server.tick(self.now)
        self.now = end
        return self.sent()
