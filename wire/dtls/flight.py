"""What a handshake sends: flights of messages, and the timer that repeats them (RFC 6347 4.2.4).

DTLS repeats whole flights, not messages: a side whose timer expires sends all of its last flight
again, and so does one that sees the other's last flight again. Messages keep their numbers then,
records get new ones, so that the repetition is not taken for a replay; a flight is therefore kept
as messages, and sealed anew each time.

    sent at   0     1       3               7 ...      the interval doubles, up to a maximum

A flight ends when the peer's next one has come: `Flights.begin` means that, too.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from onboardee.wire.dtls.config import DtlsLimits
from onboardee.wire.dtls.framing import HANDSHAKE_HEADER_SIZE, HandshakeMessage, fragment
from onboardee.wire.dtls.numbers import ContentType, HandshakeType
from onboardee.wire.dtls.record import Channel

_REPEATS: Final = 8
"""How often one flight is sent again because the peer repeats its own."""


class _Item(NamedTuple):
    """A message of the flight; None stands for ChangeCipherSpec.

    `epoch` is that in which it is sent, 0 for all but Finished.
    """

    message: HandshakeMessage | None
    epoch: int


class Flight:
    """Messages that are sent, and sent again, together.

    `one_record_per_datagram` is how some clients send; it is for tests that imitate them.
    """

    def __init__(self, limits: DtlsLimits, *, one_record_per_datagram: bool = False) -> None:
        self._mtu = limits.mtu
        self._alone = one_record_per_datagram
        self._items: list[_Item] = []

    def add(self, message: HandshakeMessage, epoch: int) -> None:
        """Append a handshake message."""
        self._items.append(_Item(message, epoch))

    def add_change_cipher_spec(self) -> None:
        """Append the switch to the new keys."""
        self._items.append(_Item(None, 0))

    def datagrams(self, channel: Channel) -> list[bytes]:
        """Return the flight under fresh record numbers, packed into as few datagrams as fit.

        Fewer datagrams mean fewer that can be lost: with one loss in ten, a flight of five
        datagrams arrives whole six times in ten, one of one nine times.
        """
        datagrams: list[bytes] = []
        for item in self._items:
            for record in self._records(item, channel):
                if datagrams and not self._alone and len(datagrams[-1]) + len(record) <= self._mtu:
                    datagrams[-1] += record
                else:
                    datagrams.append(record)
        return datagrams

    def _records(self, item: _Item, channel: Channel) -> Iterator[bytes]:
        """Yield the records of one message: the whole, or fragments that fit a datagram."""
        if item.message is None:
            yield channel.seal(ContentType.CHANGE_CIPHER_SPEC, b"\x01", item.epoch)
            return
        size = len(item.message.body)
        # A Finished is short: what is protected never needs to be cut.
        room = size if item.epoch else self._mtu - channel.sealed_size(HANDSHAKE_HEADER_SIZE, 0)
        for offset in range(0, size, max(room, 1)) or (0,):
            part = fragment(item.message, offset, min(room, size - offset))
            yield channel.seal(ContentType.HANDSHAKE, part, item.epoch)


class RetransmissionTimer:
    """Doubles its interval each time it expires (RFC 6347 4.2.4.1).

    `deadline` is in seconds of the caller's clock, None while it is stopped.
    """

    def __init__(self, limits: DtlsLimits) -> None:
        self._initial = limits.retransmit_initial
        self._maximum = limits.retransmit_maximum
        self._interval = limits.retransmit_initial
        self.deadline: float | None = None

    def start(self, now: float) -> None:
        """Begin with the shortest interval."""
        self._interval = self._initial
        self.deadline = now + self._interval

    def back_off(self, now: float) -> None:
        """Begin with twice the interval before."""
        self._interval = min(2 * self._interval, self._maximum)
        self.deadline = now + self._interval

    def stop(self) -> None:
        """Expire no more."""
        self.deadline = None


class Flights:
    """The sending side of a handshake: its present flight, and when it is sent.

    What is to be sent is put into `outbox`, whole datagrams. `sequence` numbers our first message.
    """

    def __init__(self, channel: Channel, limits: DtlsLimits, sequence: int) -> None:
        self.outbox: list[bytes] = []
        self.flight = Flight(limits)
        self._channel = channel
        self._limits = limits
        self._timer = RetransmissionTimer(limits)
        self._next_sequence = sequence
        self._is_unsent = False
        self._repeats = _REPEATS

    @property
    def deadline(self) -> float | None:
        """When the flight is repeated next; None if nothing waits for an answer."""
        return self._timer.deadline

    def begin(self, *, one_record_per_datagram: bool = False) -> None:
        """Begin a new flight, which also means that the peer has received the one before."""
        self.flight = Flight(self._limits, one_record_per_datagram=one_record_per_datagram)
        self._repeats = _REPEATS
        self._is_unsent = True

    def add(self, kind: HandshakeType, body: bytes) -> HandshakeMessage:
        """Append a message to the flight under the next number, and return it."""
        message = HandshakeMessage(kind, self._next_sequence, body)
        self._next_sequence += 1
        self.flight.add(message, self._channel.writing)
        return message

    def add_change_cipher_spec(self) -> None:
        """Append ChangeCipherSpec; from here on messages are written in epoch 1."""
        self.flight.add_change_cipher_spec()
        self._channel.writing = 1

    def send_new(self, now: float) -> None:
        """Send the flight if it is new, and repeat it from now on until it is answered.

        Called once everything in a record was handled, so that no flight is sent half-built.
        """
        if self._is_unsent:
            self._is_unsent = False
            self._send()
            self._timer.start(now)

    def tick(self, now: float) -> None:
        """Repeat the flight if its timer expired."""
        if self._timer.deadline is not None and now >= self._timer.deadline:
            self._send()
            self._timer.back_off(now)

    def repeat(self) -> None:
        """Send the flight again because the peer seems to have missed it (RFC 6347 4.2.4).

        A few times only, as one forged datagram of the peer's would each time be answered by a
        whole flight of ours. The timer goes on repeating it, ever more slowly.
        """
        if self._repeats:
            self._repeats -= 1
            self._send()

    def stop(self) -> None:
        """Repeat nothing by the timer any more: the handshake has ended."""
        self._timer.stop()

    def _send(self) -> None:
        self.outbox += self.flight.datagrams(self._channel)
