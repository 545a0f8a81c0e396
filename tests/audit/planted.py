"""Tools with one bad habit each, which is below the order of their messages: in CoAP or DTLS."""

from collections.abc import Callable
from typing import Any

from onboardee.obt import ObtEngine
from onboardee.obt.engine import _key
from onboardee.obt.link import Link
from onboardee.wire.coap.client import CoapClient
from onboardee.wire.coap.message import Frame, build, parse
from onboardee.wire.dtls.hello import ClientHello
from onboardee.wire.entropy import Entropy, SeededEntropy
from onboardee.wire.path import Outgoing, Path

Habit = Callable[[Frame], list[bytes] | None]
"""What is sent in the place of a message; None: what it is."""
Datagrams = Callable[[bytes, Path], bytes]
"""What is sent in the place of a datagram."""


def _same(datagram: bytes, _path: Path) -> bytes:
    return datagram


class PlantedClient:
    """A CoAP client with a habit."""

    def __init__(self, inner: CoapClient, habit: Habit, asks: dict[str, Any]) -> None:
        self._inner = inner
        self._habit = habit
        self._asks = asks

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def request(self, method: Any, path: str, **fields: Any) -> int:
        """Ask, with some fields of the first request with a payload different."""
        if fields["payload"] and self._asks:
            fields |= self._asks
            self._asks.clear()
        return self._inner.request(method, path, **fields)

    def take_outgoing(self) -> list[bytes]:
        """Hand over what the habit makes of the messages."""
        found: list[bytes] = []
        for datagram in self._inner.take_outgoing():
            instead = self._habit(parse(datagram))
            found += [datagram] if instead is None else instead
        return found


class PlantedLink(Link):
    """A secured link whose client has a habit, whichever session it is in."""

    def __init__(self, path: Path, entropy: Entropy, habit: Habit, asks: dict[str, Any]) -> None:
        self._habit, self._asks = habit, asks
        super().__init__(path, is_secured=True, entropy=entropy)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "_client":
            value = PlantedClient(value, self._habit, self._asks)
        super().__setattr__(name, value)


class PlantedEngine(ObtEngine):
    """A tool with a habit in its sessions (or, if it has none, in the clear), or below them."""

    def __init__(
        self,
        habit: Habit = lambda _frame: None,
        *,
        datagrams: Datagrams = _same,
        asks: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(entropy=SeededEntropy("planted"))
        self._habit = habit
        self._asks = asks or {}
        self._datagrams = datagrams

    def open(self, path: Path, *, is_secured: bool) -> Link:
        """Return a link; a secured one has the habit."""
        if _key(path) not in self._links and is_secured:
            self._links[_key(path)] = PlantedLink(path, self.entropy, self._habit, self._asks)
        return super().open(path, is_secured=is_secured)

    def take_outgoing(self) -> list[Outgoing]:
        """Return what is to be sent."""
        return [
            Outgoing(self._datagrams(each.datagram, each.path), each.path)
            for each in super().take_outgoing()
        ]


def confirmable_search(datagram: bytes, path: Path) -> bytes:
    """Make a message to a group confirmable."""
    is_group = path.peer_host.startswith("224.")
    return bytes((datagram[0] & 0xCF,)) + datagram[1:] if is_group else datagram


def other_second_hello(change: Callable[[ClientHello], ClientHello]) -> Datagrams:
    """Change the ClientHello that brings the cookie."""

    def changed(datagram: bytes, _path: Path) -> bytes:
        # a record has 13 octets before its content, a handshake message 12 before its body
        if len(datagram) < 25 or datagram[0] != 22 or datagram[13] != 1:
            return datagram
        hello = ClientHello.decode(datagram[25:])
        if not hello.cookie:
            return datagram
        body = change(hello).encode()
        assert len(body) == len(datagram) - 25, "the length stays, which is in front of it"
        return datagram[:25] + body

    return changed


def repeats(times: int) -> Habit:
    """Send every request so many times more, without waiting."""

    def habit(frame: Frame) -> list[bytes] | None:
        return [_again(frame, frame.mid)] * (times + 1) if 1 <= frame.code <= 4 else None

    return habit


def reuses_message_id() -> Habit:
    """Give the second request of each session the message id of its first."""
    before: list[int] = []

    def habit(frame: Frame) -> list[bytes] | None:
        if not 1 <= frame.code <= 4:
            return None
        before.append(frame.mid)
        return [_again(frame, before[0])]

    return habit


def _again(frame: Frame, mid: int) -> bytes:
    return build(frame.type, frame.code, mid, frame.token, frame.options, frame.payload)
