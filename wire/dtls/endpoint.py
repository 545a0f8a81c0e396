"""All DTLS sessions of one device: cookie exchange, handshakes, live sessions, and their bounds.

    datagram --> records --+-- epoch 0 --+-- ClientHello --> cookie --> policy --> handshake
                           |             +-- else -------> handshake of this address
                           |
                           +-- epoch 1 --+-- opens under the live session --> data, control
                                         +-- does not ----> handshake of this address

What each stage costs a stranger, and what it costs the device:

    stage                what is kept             what a stranger needs for it
    ------------------   ----------------------   ---------------------------------------
    ClientHello          nothing                  one datagram; gets a shorter one back
    ... with cookie      a handshake, 64 of them  an address that it receives at
    session              a session, 64 of them    a key, or a transfer that is open

Nothing in epoch 0 is authentic, so that none of it touches a live session: a ClientHello from the
address of a session begins a handshake beside it, and only its Finished replaces the session (RFC
6347 4.2.8). A peer that restarted gets back in; a stranger who forges its address gets nowhere.

Datagrams to send and events are collected, and taken by the caller when it likes; the engine never
calls out but to the policy.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Mapping
from types import MappingProxyType

from onboardee.wire.dtls.config import DtlsLimits, HandshakeContext, KeyLog, ServerPolicy
from onboardee.wire.dtls.cookie import CookieJar
from onboardee.wire.dtls.errors import DecodeError, NoSessionError
from onboardee.wire.dtls.events import (
    CloseReason,
    DataReceived,
    Event,
    Output,
    SessionClosed,
    SessionEstablished,
)
from onboardee.wire.dtls.framing import HandshakeMessage, split_fragments
from onboardee.wire.dtls.half_open import HalfOpen
from onboardee.wire.dtls.hello import ClientHello
from onboardee.wire.dtls.numbers import (
    ContentType,
    HandshakeType,
)
from onboardee.wire.dtls.record import FIRST_PROTECTED, Record, split
from onboardee.wire.dtls.server_handshake import Opening, ServerHandshake
from onboardee.wire.dtls.session import Session
from onboardee.wire.dtls.session_link import SessionLink
from onboardee.wire.entropy import Entropy

_DEFAULT_LIMITS = DtlsLimits()
"""For devices; the tool and tests have others."""
_LAST_SEQUENCE = 0xFFFF - 32
"""The highest message number of a ClientHello: those of the whole handshake follow it, in 16 bits.
"""
_LAST_RECORD = 1 << 47
"""The highest record number of a ClientHello: ours follow it, in 48 bits."""


def _address_itself(address: Hashable) -> Hashable:
    """Take each address for a host of its own."""
    return address


class ServerEndpoint:
    """The DTLS side of a device, without sockets and clock.

    Feed it with `receive` and `tick`, then collect `take_datagrams` and `take_events`. Whatever
    octets arrive, no exception leaves `receive`; an exception from the policy's callbacks does,
    unless it is an `Alert`. Time must not run backwards.

        endpoint.receive(datagram, address, now)
        for octets, receiver in endpoint.take_datagrams():
            socket.sendto(octets, receiver)
        for event in endpoint.take_events():
            ...

    An address is anything that can be a key: where to send to, and as whom. Only one session lives
    at an address.
    """

    def __init__(
        self,
        policy: ServerPolicy,
        *,
        entropy: Entropy,
        limits: DtlsLimits = _DEFAULT_LIMITS,
        keylog: KeyLog | None = None,
        host_of: Callable[[Hashable], Hashable] = _address_itself,
    ) -> None:
        """`host_of` tells for which addresses one host stands, when handshakes have to give way."""
        self._policy = policy
        self._limits = limits
        self._cookies = CookieJar(entropy)
        self._output = Output()
        self._handshakes = HalfOpen(
            HandshakeContext(limits, entropy, keylog), host_of, self._output
        )
        # In order of last activity: the first is the next to idle out, and to be evicted.
        self._links: OrderedDict[Hashable, SessionLink] = OrderedDict()
        # The same sessions without the means to write records, for whoever only has to know of
        # them.
        self._sessions: dict[Hashable, Session] = {}
        self.sessions: Mapping[Hashable, Session] = MappingProxyType(self._sessions)
        """The live session of each address."""

    @property
    def half_open(self) -> Collection[Hashable]:
        """The addresses with a handshake in progress."""
        return self._handshakes.keys()

    @property
    def limits(self) -> DtlsLimits:
        """The bounds on what peers can make it keep."""
        return self._limits

    @property
    def early_records(self) -> int:
        """How many records of all handshakes wait for their keys."""
        return sum(each.early_records for each in self._handshakes.values())

    def take_datagrams(self) -> list[tuple[bytes, Hashable]]:
        """Return and forget what is to be sent, in order."""
        datagrams, self._output.datagrams = self._output.datagrams, []
        return datagrams

    @property
    def has_events(self) -> bool:
        """Tell whether anything happened that was not taken."""
        return bool(self._output.events)

    def take_events(self) -> list[Event]:
        """Return and forget what happened, in order."""
        events, self._output.events = self._output.events, []
        return events

    def receive(self, datagram: bytes, address: Hashable, now: float) -> None:
        """Take a datagram from the network.

        Each record counts for itself. One that does not open under the live session is given to the
        handshake of this address, if there is one: its Finished is in epoch 1, too, but under other
        keys.
        """
        for record in split(datagram):
            if record.sequence < FIRST_PROTECTED:
                self._receive_plain(record, address, now)
                continue
            link = self._links.get(address)
            content = None if link is None else link.channel.open(record)
            if link is None or content is None:
                # Not of the live session: perhaps of the handshake that is to replace it.
                self._continue(record, address, now)
            elif record.content_type == ContentType.APPLICATION_DATA:
                # The client has our Finished, or it would not send data: nothing has to be
                # repeated.
                link.final_flight = None
                link.session.last_active = now
                self._links.move_to_end(address)
                self._output.events.append(DataReceived(link.session, content))
            else:
                self._control(link, record.content_type, content)

    def send(self, session: Session, plaintext: bytes, now: float) -> None:
        """Send one application-data record; `now` counts as activity of the session.

        Raises:
            NoSessionError: if the session is not alive.
            ValueError: if the plaintext is longer than 2**14 octets (RFC 5246 6.2.1).
        """
        link = self._links.get(session.address)
        if link is None or link.session is not session:
            raise NoSessionError(f"session with {session.address!r} has ended")
        record = link.channel.seal(ContentType.APPLICATION_DATA, plaintext, 1)
        self._output.datagrams.append((record, session.address))
        session.last_active = now
        self._links.move_to_end(session.address)

    def close(self, session: Session, now: float) -> None:
        """Send close_notify and forget the session; a session that has ended stays ended."""
        link = self._links.get(session.address)
        if link is not None and link.session is session:
            self._close(link, CloseReason.LOCAL)

    def drop(self, address: Hashable, now: float) -> None:
        """Close the session with an address, and give up a handshake with it."""
        session = self._sessions.get(address)
        if session is not None:
            self.close(session, now)
        if address in self._handshakes:
            self._handshakes.give_up(address, "dropped")

    def close_all(self, now: float) -> None:
        """Close every session and give up every handshake."""
        for session in list(self._sessions.values()):
            self.close(session, now)
        self.abandon_handshakes()

    def abandon_handshakes(self) -> None:
        """Give up every handshake in progress; live sessions stay.

        For a device whose credentials or state have changed: an offer that was made before must not
        lead to a session after it.
        """
        self._handshakes.give_up_all("abandoned")

    def next_deadline(self) -> float | None:
        """Return when `tick` is due next, or None if nothing waits for time to pass.

        Sessions are in the order of their last activity, so that the first is the next to idle out.
        """
        deadline = self._handshakes.next_deadline() if self._handshakes else None
        if self._links:
            oldest = next(iter(self._links.values()))
            idle = oldest.session.last_active + self._limits.idle_timeout
            deadline = idle if deadline is None else min(deadline, idle)
        return deadline

    def tick(self, now: float) -> None:
        """Do what is due: repeat flights, give up handshakes, close idle sessions.

        To call it early does nothing; late, it does what was due.
        """
        self._handshakes.tick(now)
        while self._links:
            oldest = next(iter(self._links.values()))
            if now < oldest.session.last_active + self._limits.idle_timeout:
                break
            self._close(oldest, CloseReason.IDLE)

    # --- before and during the handshake

    def _receive_plain(self, record: Record, address: Hashable, now: float) -> None:
        """Nothing in epoch 0 is authentic, so none of it touches a live session."""
        if record.content_type == ContentType.HANDSHAKE:
            # A ClientHello is the first and only message of its record; others belong to a
            # handshake.
            first = next(split_fragments(record.fragment), None)
            if first is not None and first.type == HandshakeType.CLIENT_HELLO:
                # Without state there is nothing to put fragments together with (RFC 6347 4.3.2).
                if first.is_whole:
                    message = HandshakeMessage(first.type, first.sequence, first.data)
                    self._on_hello(message, record.sequence, address, now)
                return
        self._continue(record, address, now)

    def _on_hello(
        self, message: HandshakeMessage, number: int, address: Hashable, now: float
    ) -> None:
        """Take a whole ClientHello of epoch 0.

        Its cookie decides whether anything is kept. What is no hello, or has numbers too high for
        those of a whole handshake to follow (they go on from its own), is dropped: no tool begins
        there.
        """
        if message.sequence > _LAST_SEQUENCE or number > _LAST_RECORD:
            return
        try:
            hello = ClientHello.decode(message.body)
        except DecodeError:
            return
        session = self._sessions.get(address)
        if session is not None and session.client_random == hello.random:
            return  # a late copy of the hello that led to the live session
        if not self._cookies.verify(address, hello, now):
            demand = self._cookies.demand(hello, message.sequence, number, address, now)
            self._output.datagrams.append((demand, address))
            return
        # The same hello again asks for the same flight again; another random is a new attempt.
        handshake = self._handshakes.get(address)
        if handshake is not None and handshake.security.client_random == hello.random:
            self._handshakes.repeat(handshake, address)
            return
        # From here on the client has shown that it receives what is sent to it.
        offer = self._policy.offer(address)
        if offer is not None:
            self._handshakes.begin(Opening(hello, message, number), offer, address, now)

    def _continue(self, record: Record, address: Hashable, now: float) -> None:
        """Give a record to the handshake of this address, if there is one."""
        finished = self._handshakes.receive(record, address, now)
        if finished is not None:
            self._establish(finished, address, now)

    # --- live sessions

    def _establish(self, handshake: ServerHandshake, address: Hashable, now: float) -> None:
        """Make a session of a finished handshake, in place of an older one of this address.

        The order of events is: the new session, the end of the old one, the end of one too many,
        data that came early.
        """
        old = self._links.pop(address, None)
        session = handshake.session(address, handshake.offer.tag, now)
        self._links[address] = SessionLink(handshake, session)
        self._sessions[address] = session
        self._output.events.append(SessionEstablished(session, old.session if old else None))
        if old is not None:
            old.session.alive = False
            self._output.events.append(SessionClosed(old.session, CloseReason.REPLACED))
        # The one idle for longest; never the new one, which is the last in order.
        if len(self._links) > self._limits.sessions:
            self._close(next(iter(self._links.values())), CloseReason.EVICTED)
        self._output.events += [DataReceived(session, data) for data in handshake.early_data]

    def _control(self, link: SessionLink, content_type: int, content: bytes) -> None:
        """React to a record of the session that is no data."""
        reaction = link.control(content_type, content)
        address = link.session.address
        self._output.datagrams += [(datagram, address) for datagram in reaction.datagrams]
        if reaction.ending is not None:
            self._end(link, reaction.ending)

    def _close(self, link: SessionLink, reason: CloseReason) -> None:
        self._output.datagrams.append((link.close_notify(), link.session.address))
        self._end(link, reason)

    def _end(self, link: SessionLink, reason: CloseReason) -> None:
        del self._links[link.session.address]
        del self._sessions[link.session.address]
        link.session.alive = False
        self._output.events.append(SessionClosed(link.session, reason))
