"""Requests with their answers, and handshakes, put together from the items of a trace.

A trace is messages. Rules are about requests: what was asked, how often it was repeated, what came
back. An answer belongs to the request with its token, from the same peer in the same session. A
request that comes again with the same octets is the same one (RFC 7252 4.2); in another lifetime of
its message id it is a new one.

A handshake begins with a ClientHello that answers no HelloVerifyRequest. One peer address has one
at a time, as a new one from there takes the place of the session before it (RFC 6347 4.2.8).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from onboardee.device.trace import items
from onboardee.device.trace.items import Ends, Item, Way
from onboardee.wire.coap.blocks import Block
from onboardee.wire.dtls.numbers import HandshakeType

BLOCK1: Final = 27
"""The option with the place of a part of the request (RFC 7959 2.1)."""
BLOCK2: Final = 23
"""The same for the answer."""
EXCHANGE_LIFETIME: Final = 247.0
"""Seconds within which a message id is not used for another message (RFC 7252 4.8.2)."""
_EMPTY: Final = "0.00"
"""The code of a message that is neither request nor answer (RFC 7252 4.1)."""
_CLOSE_NOTIFY: Final = 0
"""The description of the alert that ends a session in order (RFC 5246 7.2.1)."""


@dataclass(slots=True)
class Exchange:
    """A request of the tool, what it repeated of it, and the answer that it got."""

    request: items.Message
    content: Any
    """What the request carries; of one that came in blocks the whole."""
    repeats: list[items.Message] = field(default_factory=list)
    """The same octets once more, as the tool saw no answer."""
    response: items.Message | None = None
    """The first answer with its token; None if none was seen."""
    is_last_block: bool = True
    """Whether it completes what it carries: only such a request asks for something."""

    @property
    def method(self) -> str:
        """GET, POST, PUT or DELETE."""
        return self.request.code

    @property
    def path(self) -> str:
        """Of the resource."""
        return self.request.path

    @property
    def over(self) -> str:
        """The suite of the session, "" in the clear."""
        return self.request.over

    @property
    def ends(self) -> Ends:
        """Who asked."""
        return self.request.ends

    @property
    def number(self) -> int:
        """The place of the request in the trace."""
        return self.request.number

    @property
    def is_accepted(self) -> bool:
        """Tell whether the answer is one of success."""
        return self.response is not None and self.response.code.startswith("2.")

    @property
    def answer(self) -> Any:
        """What the answer carries, None if there is none."""
        return None if self.response is None else self.response.content

    def get(self, name: str) -> Any:
        """Return a property of the request's payload, None if it has none of this name."""
        return self.content.get(name) if isinstance(self.content, dict) else None

    def has(self, name: str) -> bool:
        """Tell whether the request writes a property."""
        return isinstance(self.content, dict) and name in self.content


@dataclass(slots=True)
class Handshake:
    """A DTLS handshake, as far as it got."""

    ends: Ends
    hellos: list[items.HandshakeMessage] = field(default_factory=list)
    """Every ClientHello: the first, the one with the cookie, and repeated ones."""
    verify_request: items.HandshakeMessage | None = None
    """HelloVerifyRequest, with the cookie."""
    server_hello: items.HandshakeMessage | None = None
    """ServerHello, which names the suite."""
    key_exchange: items.HandshakeMessage | None = None
    """ClientKeyExchange, which names the PSK identity."""
    has_certificate: bool = False
    """Whether the tool showed a certificate; the device's own is not meant."""
    finished: set[Way] = field(default_factory=set)
    """Which sides have sent Finished."""
    last: Item | None = None
    """The last message of the handshake, by which a report shows how far it got."""
    alert: items.Alert | None = None
    """What ended it, or the session that came of it."""
    closed_by: Way | None = None
    """Who sent close_notify first."""

    @property
    def number(self) -> int:
        """The place of its first message in the trace."""
        return self.hellos[0].number

    @property
    def suite(self) -> str:
        """What the device chose, "" if it did not get so far."""
        return "" if self.server_hello is None else str(self.server_hello.fields.get("suite", ""))

    @property
    def is_established(self) -> bool:
        """Tell whether both sides finished."""
        return self.finished == {Way.IN, Way.OUT}

    @property
    def identity(self) -> bytes:
        """The PSK identity that the tool named, empty if none."""
        if self.key_exchange is None:
            return b""
        return bytes.fromhex(str(self.key_exchange.fields.get("identity", "")))


def exchanges(trace: Iterable[Item]) -> Iterator[Exchange]:
    """Put the tool's requests together with what they got, in their order."""
    found: list[Exchange] = []
    by_mid: dict[tuple[Ends, int], Exchange] = {}
    by_token: dict[tuple[Ends, bytes], Exchange] = {}
    for item in trace:
        if not isinstance(item, items.Message) or item.code == _EMPTY:
            continue
        if item.way is Way.OUT:
            asked = by_token.get((_both(item.ends), item.token))
            if asked is not None and asked.response is None and not item.is_request:
                asked.response = item
            continue
        if not item.is_request:
            continue
        key = (item.ends, item.mid)
        first = by_mid.get(key)
        if first is not None and _is_repeat(item, first.request):
            first.repeats.append(item)
            continue
        exchange = _begun(item)
        by_mid[key] = exchange
        by_token[_both(item.ends), item.token] = exchange
        found.append(exchange)
    yield from found


def _is_repeat(message: items.Message, first: items.Message) -> bool:
    """Tell whether a message is the first one once more, not a new one with its id."""
    return message.octets == first.octets and message.at - first.at < EXCHANGE_LIFETIME


def _both(ends: Ends) -> Ends:
    """Return the ends as an answer has them: a request to a group is answered by unicast."""
    return Ends(ends.peer, ("", 0), ends.secured)


def _begun(request: items.Message) -> Exchange:
    """Return an exchange that a request begins; a part of a payload is not its content."""
    block = block_of(request, BLOCK1)
    is_last = block is None or not block.more
    return Exchange(request, request.content if is_last else None, is_last_block=is_last)


def block_of(message: items.Message, option: int) -> Block | None:
    """Return a block option of a message, None if it has none (RFC 7959 2.2)."""
    for number, value in message.options:
        if number == option:
            raw = int.from_bytes(value)
            return Block(raw >> 4, bool(raw & 8), raw & 7)
    return None


def handshakes(trace: Iterable[Item]) -> Iterator[Handshake]:
    """Put the messages of each handshake together, in the order of their beginnings."""
    found: list[Handshake] = []
    open_: dict[tuple[str, int], Handshake] = {}
    for item in trace:
        if isinstance(item, items.HandshakeMessage):
            handshake = open_.get(item.ends.peer)
            if item.kind == HandshakeType.CLIENT_HELLO and _begins(handshake):
                handshake = open_[item.ends.peer] = Handshake(item.ends)
                found.append(handshake)
            if handshake is not None:
                _add(handshake, item)
        elif isinstance(item, items.Alert) and item.ends.peer in open_:
            handshake = open_[item.ends.peer]
            handshake.alert = handshake.alert or item
            if item.description == _CLOSE_NOTIFY and handshake.closed_by is None:
                handshake.closed_by = item.way
    yield from found


def _begins(handshake: Handshake | None) -> bool:
    """Tell whether a ClientHello is the first of a handshake, not the one with the cookie."""
    return handshake is None or handshake.server_hello is not None or handshake.alert is not None


def _add(handshake: Handshake, message: items.HandshakeMessage) -> None:
    """Take the next message of a handshake, of either side."""
    handshake.last = message
    match message.kind:
        case HandshakeType.CLIENT_HELLO:
            handshake.hellos.append(message)
        case HandshakeType.HELLO_VERIFY_REQUEST:
            # a client whose second hello is wrong is asked again, and judged by its first answer
            handshake.verify_request = handshake.verify_request or message
        case HandshakeType.SERVER_HELLO:
            handshake.server_hello = message
        case HandshakeType.CLIENT_KEY_EXCHANGE:
            handshake.key_exchange = message
        case HandshakeType.CERTIFICATE if message.way is Way.IN:
            handshake.has_certificate = True
        case HandshakeType.FINISHED:
            handshake.finished.add(message.way)
