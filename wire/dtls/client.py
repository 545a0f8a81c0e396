"""One DTLS session with one server, from the client's side."""

from collections.abc import Hashable

from onboardee.wire.dtls.client_handshake import ClientHandshake
from onboardee.wire.dtls.config import ClientConfig, HandshakeContext, KeyLog
from onboardee.wire.dtls.errors import Alert, AlertReceived, NoSessionError
from onboardee.wire.dtls.events import (
    CloseReason,
    DataReceived,
    Event,
    HandshakeFailed,
    SessionClosed,
    SessionEstablished,
)
from onboardee.wire.dtls.link import SessionLink
from onboardee.wire.dtls.numbers import AlertDescription, ContentType
from onboardee.wire.dtls.record import Record, split
from onboardee.wire.dtls.session import Session
from onboardee.wire.dtls.suites import SUITES, KeyExchange
from onboardee.wire.entropy import Entropy


class ClientConnection:
    """A handshake and the session it leads to, without sockets and clock.

    `start` once, then feed it with `receive` and `tick` and collect `take_datagrams` and
    `take_events`. After a failure or the end of the session it stays silent: make a new one.
    """

    def __init__(
        self,
        config: ClientConfig,
        address: Hashable,
        *,
        entropy: Entropy,
        keylog: KeyLog | None = None,
    ) -> None:
        """Check the configuration.

        Raises:
            ValueError: if it offers nothing, or certificate suites without `verify_server`.

        """
        if not config.suites:
            raise ValueError("a client must offer at least one suite")
        if config.verify_server is None and any(
            SUITES[suite].exchange is KeyExchange.ECDSA for suite in config.suites
        ):
            raise ValueError("certificate suites need verify_server")
        self.address = address
        self.session: Session | None = None
        """The session once it is established; it stays here after its end."""
        self._config = config
        self._context = HandshakeContext(config.limits, entropy, keylog)
        self._handshake: ClientHandshake | None = None
        self._link: SessionLink | None = None
        self._outbox: list[bytes] = []
        self._events: list[Event] = []

    def take_datagrams(self) -> list[bytes]:
        """Return and forget what is to be sent to the server, in order."""
        datagrams, self._outbox = self._outbox, []
        return datagrams

    def take_events(self) -> list[Event]:
        """Return and forget what happened, in order."""
        events, self._events = self._events, []
        return events

    def start(self, now: float) -> None:
        """Send the first ClientHello.

        Raises:
            RuntimeError: if the connection was started before.

        """
        if self._handshake is not None or self.session is not None:
            raise RuntimeError("a connection starts once")
        self._handshake = ClientHandshake(self._config, self._context, now)
        self._handshake.start(now)
        self._flush(self._handshake)

    def receive(self, datagram: bytes, now: float) -> None:
        """Take a datagram from the server; whatever its octets are, no exception leaves."""
        for record in split(datagram):
            if self._handshake is not None:
                self._continue(self._handshake, record, now)
            elif self._link is not None:
                self._receive_protected(self._link, record, now)

    def send(self, plaintext: bytes, now: float) -> None:
        """Send one application-data record.

        Raises:
            NoSessionError: if there is no session, or no longer.
            ValueError: if the plaintext is longer than 2**14 octets (RFC 5246 6.2.1).

        """
        if self._link is None:
            raise NoSessionError(f"no session with {self.address!r}")
        self._outbox.append(self._link.seal(plaintext))
        self._link.session.last_active = now

    def close(self, now: float) -> None:
        """Send close_notify, or give up the handshake."""
        if self._handshake is not None:
            self._fail(None, "closed")
        elif self._link is not None:
            self._close(self._link, CloseReason.LOCAL)

    def next_deadline(self) -> float | None:
        """Return when `tick` is due next, or None if nothing waits for time to pass."""
        if self._handshake is not None:
            return self._handshake.deadline
        if self._link is not None:
            return self._link.session.last_active + self._config.limits.idle_timeout
        return None

    def tick(self, now: float) -> None:
        """Do what is due: repeat the flight, give up, close an idle session."""
        handshake, link = self._handshake, self._link
        if handshake is not None:
            if now >= handshake.expires:
                self._fail(None, "timed out")
            else:
                handshake.tick(now)
                self._flush(handshake)
        elif link is not None and now >= (
            link.session.last_active + self._config.limits.idle_timeout
        ):
            self._close(link, CloseReason.IDLE)

    def _continue(self, handshake: ClientHandshake, record: Record, now: float) -> None:
        try:
            handshake.receive(record, now)
        except Alert as alert:
            self._flush(handshake)
            self._outbox.append(handshake.alert(alert.description))
            self._fail(alert.description, str(alert))
        except AlertReceived as ending:
            self._fail(ending.known, str(ending))
        else:
            self._flush(handshake)
            if handshake.is_established:
                self._establish(handshake, now)

    def _flush(self, handshake: ClientHandshake) -> None:
        self._outbox += handshake.outbox
        handshake.outbox.clear()

    def _fail(self, alert: AlertDescription | None, reason: str) -> None:
        self._handshake = None
        self._events.append(HandshakeFailed(self.address, None, alert, reason))

    def _establish(self, handshake: ClientHandshake, now: float) -> None:
        self._handshake = None
        self.session = handshake.session(self.address, None, now)
        self._link = SessionLink(handshake, self.session)
        self._events.append(SessionEstablished(self.session))
        self._events += [DataReceived(self.session, data) for data in handshake.early_data]

    def _receive_protected(self, link: SessionLink, record: Record, now: float) -> None:
        content = link.channel.open(record)
        if content is None:
            return
        if record.content_type == ContentType.APPLICATION_DATA:
            link.session.last_active = now
            self._events.append(DataReceived(link.session, content))
            return
        reaction = link.control(record.content_type, content)
        self._outbox += reaction.datagrams
        if reaction.ending is not None:
            self._end(link, reaction.ending)

    def _close(self, link: SessionLink, reason: CloseReason) -> None:
        self._outbox.append(link.close_notify())
        self._end(link, reason)

    def _end(self, link: SessionLink, reason: CloseReason) -> None:
        self._link = None
        link.session.alive = False
        self._events.append(SessionClosed(link.session, reason))
