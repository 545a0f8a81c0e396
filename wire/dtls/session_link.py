"""A live session with the means to seal and open its records (`channel`).

After the handshake nearly every record is application data, which the endpoint seals and opens
itself. The few others come here (`control`), and lead to a `Reaction`: what to send, and whether
the session is over.

    record            content                reaction
    ---------------   --------------------   ------------------------------------------
    alert             close_notify           ours in return, end (RFC 5246 7.2.1)
    alert             fatal                  end, without an answer
    alert             another warning        none
    handshake         ClientHello            warning no_renegotiation, the session goes on
    handshake         HelloRequest           none (RFC 5246 7.4.1.1)
    handshake         Finished               the last flight again (server)
    handshake         anything else          fatal unexpected_message, end
    another type                             none

Only authentic records come here, so that an end that is decided is one that the peer caused.
"""

from dataclasses import dataclass

from onboardee.wire.dtls.errors import UnexpectedMessage
from onboardee.wire.dtls.events import CloseReason
from onboardee.wire.dtls.flight import Flight
from onboardee.wire.dtls.framing import split_fragments
from onboardee.wire.dtls.handshake import Handshake
from onboardee.wire.dtls.numbers import AlertDescription, AlertLevel, ContentType, HandshakeType
from onboardee.wire.dtls.record import Channel
from onboardee.wire.dtls.session import Role, Session
from onboardee.wire.dtls.transitions import followers


@dataclass(frozen=True, slots=True)
class Reaction:
    """What a control record leads to: datagrams to send, and the end of the session or not.

    `ending` is None as long as the session goes on.
    """

    datagrams: tuple[bytes, ...] = ()
    ending: CloseReason | None = None


_NOTHING = Reaction()


class SessionLink:
    """The record layer after the handshake.

    A server keeps its last flight until the client's first application data shows that it arrived,
    and repeats it as often as the client repeats its Finished (RFC 6347 4.2.4). A client has
    nothing to keep: its last flight is answered by the server's.
    """

    __slots__ = ("_handshake_steps", "_state", "channel", "final_flight", "session")

    def __init__(self, handshake: Handshake, session: Session) -> None:
        self.session = session
        self.channel: Channel = handshake.channel
        self.final_flight: Flight | None = (
            handshake.flight if handshake.role is Role.SERVER else None
        )
        self._handshake_steps = handshake.steps
        self._state = handshake.state

    def close_notify(self) -> bytes:
        """Return the record that announces our end of the session (RFC 5246 7.2.1)."""
        return self._alert(AlertLevel.WARNING, AlertDescription.CLOSE_NOTIFY)

    def _alert(self, level: AlertLevel, description: AlertDescription) -> bytes:
        return self.channel.seal(ContentType.ALERT, bytes((level, description)), 1)

    def control(self, content_type: int, content: bytes) -> Reaction:
        """React to an authentic record that is no application data; never raises."""
        if content_type == ContentType.ALERT:
            return self._on_alert(content)
        if content_type == ContentType.HANDSHAKE:
            return self._on_handshake(content)
        return _NOTHING

    def _on_alert(self, content: bytes) -> Reaction:
        """Answer close_notify whatever its level; IoTivity 2.x sends it as fatal."""
        if len(content) != 2:
            return _NOTHING
        level, description = content
        if description == AlertDescription.CLOSE_NOTIFY:
            return Reaction((self.close_notify(),), CloseReason.PEER_CLOSED)
        return Reaction(ending=CloseReason.FATAL_ALERT) if level == AlertLevel.FATAL else _NOTHING

    def _on_handshake(self, content: bytes) -> Reaction:
        """React to handshake messages within a session, which are all renegotiation or repetition.

        Fragments are not put together: none of these messages has to be understood, only named.
        """
        datagrams: list[bytes] = []
        for part in split_fragments(content):
            try:
                followers(self._handshake_steps, self._state, part.type)
            except UnexpectedMessage as alert:
                record = self._alert(AlertLevel.FATAL, alert.description)
                return Reaction((record,), CloseReason.FATAL_ALERT)
            if part.type == HandshakeType.CLIENT_HELLO:
                datagrams.append(self._alert(AlertLevel.WARNING, AlertDescription.NO_RENEGOTIATION))
            elif part.type == HandshakeType.FINISHED and self.final_flight is not None:
                datagrams += self.final_flight.datagrams(self.channel)
        return Reaction(tuple(datagrams))
