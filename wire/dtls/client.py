"""One DTLS session with one server, from the client's side.

    start(now) --> take_datagrams --> (network) --> receive(datagram, now) --> take_events
                       ^                                  |
                       +------------- tick(now) <---------+  at next_deadline()

A client has one peer, and so no cookies to make, no table, and no policy: it decides by its own
configuration. It is otherwise built of the same parts as the server's endpoint.
"""

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
from onboardee.wire.dtls.numbers import AlertDescription, ContentType
from onboardee.wire.dtls.record import Record, split
from onboardee.wire.dtls.session import Session
from onboardee.wire.dtls.session_link import SessionLink
from onboardee.wire.dtls.suites import SUITES, KeyExchange
from onboardee.wire.entropy import Entropy


class ClientConnection:
    """A handshake and the session it leads to, without sockets and clock.

    `start` once, then feed it with `receive` and `tick` and collect `take_datagrams` and
    `take_events`. After a failure or the end of the session it stays silent: make a new one.

    Times are in seconds of any clock that does not run backwards. `address` is opaque: it is put
    into the events and the session.

        connection = ClientConnection(config, address, entropy=SystemEntropy())
        connection.start(now)
        for datagram in connection.take_datagrams():
            socket.send(datagram)
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
        """Take a datagram from the server; whatever its octets are, no exception leaves.

        What `psk` or `verify_server` raise does, unless it is an `Alert`.
        """
        for record in split(datagram):
            if self._handshake is not None:
                self._continue(self._handshake, record, now)
            elif self._link is not None:
                self._receive_protected(self._link, record, now)

    def send(self, plaintext: bytes, now: float) -> None:
        """Send one application-data record; `now` counts as activity of the session.

        Raises:
            NoSessionError: if there is no session, or no longer.
            ValueError: if the plaintext is longer than 2**14 octets (RFC 5246 6.2.1).
        """
        if self._link is None:
            raise NoSessionError(f"no session with {self.address!r}")
        self._outbox.append(self._link.channel.seal(ContentType.APPLICATION_DATA, plaintext, 1))
        self._link.session.last_active = now

    def close(self, now: float) -> None:
        """Send close_notify, or give up the handshake; afterwards it does nothing more.

        A handshake is given up without an alert: nothing of it is authentic yet, and the server
        forgets it by itself.
        """
        if self._handshake is not None:
            self._fail(None, "closed")
        elif self._link is not None:
            self._close(self._link, CloseReason.LOCAL)

    def next_deadline(self) -> float | None:
        """Return when `tick` is due next, or None if nothing waits for time to pass.

        It may change with each call of `receive`, `send` and `tick`.
        """
        if self._handshake is not None:
            return self._handshake.deadline
        if self._link is not None:
            return self._link.session.last_active + self._config.limits.idle_timeout
        return None

    def tick(self, now: float) -> None:
        """Do what is due: repeat the flight, give up, close an idle session.

        To call it early does nothing; late, it does what was due.
        """
        handshake, link = self._handshake, self._link
        if handshake is not None:
            # Nothing is sent: a server that was silent for so long would not hear it.
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
        """Give a record to the handshake, and do what it comes to: go on, fail, or a session."""
        try:
            handshake.receive(record, now)
        except Alert as alert:
            # What was to be sent before the fault goes out in front of the alert.
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
        """Take over what the handshake wants to have sent."""
        self._outbox += handshake.outbox
        handshake.outbox.clear()

    def _fail(self, alert: AlertDescription | None, reason: str) -> None:
        """Give up the handshake and report why; `alert` is None if none was sent or known."""
        self._handshake = None
        self._events.append(HandshakeFailed(self.address, None, alert, reason))

    def _establish(self, handshake: ClientHandshake, now: float) -> None:
        """Make the session, and hand out the data that came ahead of the server's Finished."""
        self._handshake = None
        self.session = handshake.session(self.address, None, now)
        self._link = SessionLink(handshake, self.session)
        self._events.append(SessionEstablished(self.session))
        self._events += [DataReceived(self.session, data) for data in handshake.early_data]

    def _receive_protected(self, link: SessionLink, record: Record, now: float) -> None:
        """Take a record of the session; what does not open is dropped (RFC 6347 4.1.2.7)."""
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
        """Forget the keys of the session, and report its end once."""
        self._link = None
        link.session.alive = False
        self._events.append(SessionClosed(link.session, reason))
