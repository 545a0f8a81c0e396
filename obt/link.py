"""One way to one device: plain CoAP, or CoAP in a DTLS session.

A link joins two machines that know nothing of each other, a CoAP client and a DTLS client, and puts
what comes out of one into the other until both are at rest (`_settle`). What is waited for is a
`Mailbox` each; when a session ends, all that wait are told the reason, and tokens and message IDs
of before are never met again (RFC 7252 9.1).
"""

from dataclasses import dataclass
from typing import Final

from onboardee.obt.address import Address
from onboardee.obt.errors import HandshakeRefusedError, LinkError, NoAnswerError, SessionEndedError
from onboardee.obt.mailbox import Mailbox
from onboardee.wire.coap import (
    ClientResponse,
    ExchangeFailed,
    FailureReason,
    Method,
    ResponseReceived,
)
from onboardee.wire.coap.client import CoapClient
from onboardee.wire.dtls import (
    ClientConfig,
    DataReceived,
    Event,
    HandshakeFailed,
    Session,
    SessionClosed,
    SessionEstablished,
)
from onboardee.wire.dtls.client import ClientConnection
from onboardee.wire.entropy import Entropy
from onboardee.wire.path import Path


@dataclass(frozen=True, slots=True)
class Ask:
    """A request, complete but for its token and message ID.

    `query` are the parts between `&`, not encoded. Content formats and versions are CoAP option
    numbers' values; None leaves the option out (OCF Core 12.2.5). With `observe` the answers are
    those of an observation (RFC 7641).
    """

    method: Method
    path: str
    query: tuple[str, ...] = ()
    payload: bytes = b""
    content_format: int | None = None
    content_version: int | None = None
    accept: int | None = None
    accept_version: int | None = None
    observe: bool = False


class Link:
    """A path to a device with the exchanges that are under way on it.

    A secured link carries nothing until a `handshake` succeeded. A further handshake may follow on
    the same path: the server then takes it as a new start of the same client.
    """

    def __init__(self, path: Path, *, is_secured: bool, entropy: Entropy) -> None:
        self.path = path
        self.address: Final = Address.of_peer(path)
        """The device's end."""
        self.is_secured = is_secured
        self._entropy = entropy
        self._client = CoapClient(entropy=entropy)
        self._connection: ClientConnection | None = None
        self._handshake: Mailbox[Session] | None = None
        self._signs: Mailbox[Link] | None = None
        self.is_closed = False
        """The link was ended for good, see `ObtEngine.close`."""
        self.has_answered = False
        """The device reacted to the handshake, in whatever way."""
        self._exchanges: dict[int, Mailbox[ClientResponse]] = {}
        self._outbox: list[bytes] = []

    @property
    def session(self) -> Session | None:
        """The session, None on a plain link and before the first handshake."""
        return None if self._connection is None else self._connection.session

    @property
    def is_usable(self) -> bool:
        """Tell whether a request can be sent now."""
        return not self.is_secured or (self.session is not None and self.session.alive)

    def start_handshake(
        self, config: ClientConfig, now: float, *, signs: "Mailbox[Link] | None" = None
    ) -> Mailbox[Session]:
        """Begin a handshake in place of whatever there was.

        The link puts itself into `signs` when it first hears from the device, or gives it up.
        """
        self.close(now)
        self._signs, self.has_answered = signs, False
        self._connection = ClientConnection(config, self.path, entropy=self._entropy)
        self._connection.start(now)
        self._handshake = Mailbox()
        mailbox = self._handshake
        self._settle(now)
        return mailbox

    def request(self, ask: Ask, now: float) -> Mailbox[ClientResponse]:
        """Send a request; with `observe` the mailbox gets the notifications too.

        The mailbox fails with a `LinkError`: at once if there is no session, else when
        retransmissions are used up (RFC 7252 4.2) or the session ends.
        """
        mailbox: Mailbox[ClientResponse] = Mailbox()
        if not self.is_usable:
            mailbox.fail(LinkError("there is no session"))
            return mailbox
        exchange = self._client.request(
            ask.method,
            ask.path,
            query=ask.query,
            payload=ask.payload,
            content_format=ask.content_format,
            content_version=ask.content_version,
            accept=ask.accept,
            accept_version=ask.accept_version,
            observe=ask.observe,
            now=now,
        )
        self._exchanges[exchange] = mailbox
        self._settle(now)
        return mailbox

    def stop_observing(self, mailbox: Mailbox[ClientResponse], now: float) -> None:
        """Tell the device that notifications are no longer wanted."""
        for exchange, known in self._exchanges.items():
            if known is mailbox:
                self._client.cancel_observe(exchange, now)
        self._settle(now)

    def close(self, now: float) -> None:
        """End the session, or the attempt to get one; what waits for answers fails."""
        if self._connection is not None:
            self._connection.close(now)
            self._settle(now)
        self._drop(LinkError("the link was closed"))

    def fail(self, failure: LinkError, now: float) -> None:
        """End everything for a reason that lies outside."""
        self._drop(failure)
        self.close(now)

    def receive(self, datagram: bytes, now: float) -> None:
        """Take a datagram that came along the path."""
        if self._connection is not None:
            self.has_answered = True
            self._signal()
            self._connection.receive(datagram, now)
        elif not self.is_secured:
            self._client.receive(datagram, now)
        self._settle(now)

    def tick(self, now: float) -> None:
        """Do what is due."""
        if self._connection is not None:
            self._connection.tick(now)
        self._client.tick(now)
        self._settle(now)

    def next_deadline(self) -> float | None:
        """Return when `tick` has something to do."""
        asked = self._client.next_deadline()
        shaking = None if self._connection is None else self._connection.next_deadline()
        if asked is None or shaking is None:
            return shaking if asked is None else asked
        return min(asked, shaking)

    def take_datagrams(self) -> list[bytes]:
        """Return and forget what is to be sent."""
        datagrams, self._outbox = self._outbox, []
        return datagrams

    def _settle(self, now: float) -> None:
        """Carry what one layer produced to the next until all are at rest.

        A datagram may bring several messages, an end of the session what waits for answers to its
        failure; so nothing is left inside between two calls, and there is no order in which callers
        have to ask.
        """
        connection = self._connection
        if connection is not None:
            for event in connection.take_events():
                self._on_event(event, now)
        self._deliver()
        for message in self._client.take_outgoing():
            if connection is None:
                self._outbox.append(message)
            elif connection.session is not None and connection.session.alive:
                connection.send(message, now)
        if connection is not None:
            self._outbox += connection.take_datagrams()

    def _on_event(self, event: Event, now: float) -> None:
        """Take what became of the DTLS session: it stands, brought data, or ended."""
        match event:
            case SessionEstablished(session):
                if self._handshake is not None:
                    self._handshake.put(session)
                    self._handshake = None
            case DataReceived(_, data):
                self._client.receive(data, now)
            case SessionClosed(_, reason):
                self._deliver()
                why = reason.value.replace("_", " ")
                self._drop(SessionEndedError(f"the session ended: {why}"))
            case HandshakeFailed(_, _, alert, reason):
                refused = alert is not None
                kind = HandshakeRefusedError if refused else NoAnswerError
                self._drop(kind(f"the handshake failed: {reason}"))

    def _deliver(self) -> None:
        """Put what the CoAP client has received into the mailboxes of those who asked.

        An answer without the observe option is the last one of its request (RFC 7641 3.2).
        """
        for event in self._client.take_events():
            mailbox = self._exchanges.get(event.exchange)
            if mailbox is None:
                continue
            match event:
                case ResponseReceived(exchange, response):
                    mailbox.put(response)
                    if response.observe is None:
                        del self._exchanges[exchange]
                case ExchangeFailed(exchange, reason):
                    del self._exchanges[exchange]
                    kind = NoAnswerError if reason is FailureReason.TIMEOUT else LinkError
                    mailbox.fail(kind(reason.value))

    def _signal(self) -> None:
        """Tell whoever races addresses that this one was heard, or was given up."""
        signs, self._signs = self._signs, None
        if signs is not None:
            signs.put(self)

    def _drop(self, failure: LinkError) -> None:
        """Fail all that waits; tokens and message IDs do not outlive a session."""
        self._signal()
        waiting = [*self._exchanges.values()]
        self._exchanges.clear()
        self._client = CoapClient(entropy=self._entropy)
        handshake, self._handshake = self._handshake, None
        if handshake is not None:
            handshake.fail(failure)
        for mailbox in waiting:
            mailbox.fail(failure)
