"""The handshakes in progress of one endpoint, and which of them gives way when there are too many.

A handshake is here from a ClientHello with a good cookie until its session exists, until it fails,
or until it is given up. Whatever ends it is reported once, as `HandshakeFailed` or by the session.

A stranger can begin any number of handshakes, each with little work. It must not thereby push out
those of others: one of the host with the most handshakes goes, and chance decides which. If the
oldest or the newest went, a flood could aim at the tool that is about to begin. Those past the key
exchange, which cost both sides most of their work, go last; if they are half of all, they have no
privilege any more: somebody fills the table with them.

To refuse further handshakes while the table is full, which is simpler, would let a flood shut the
device for everybody else.
"""

from collections import Counter
from collections.abc import Callable, Hashable

from onboardee.wire.dtls.config import HandshakeContext, Offer
from onboardee.wire.dtls.errors import Alert, AlertReceived
from onboardee.wire.dtls.events import HandshakeFailed, Output
from onboardee.wire.dtls.numbers import AlertDescription, AlertLevel, ContentType
from onboardee.wire.dtls.record import Record, plain_record
from onboardee.wire.dtls.server_handshake import Opening, ServerHandshake

_CHOICE_OCTETS = 8


class HalfOpen(dict[Hashable, ServerHandshake]):
    """Handshakes by address. What they send and how they end goes to the endpoint's `Output`.

    `host_of` tells for which addresses one host stands. Nothing here raises, but for what callbacks
    of an offer raise that is no `Alert`.
    """

    def __init__(
        self, context: HandshakeContext, host_of: Callable[[Hashable], Hashable], output: Output
    ) -> None:
        super().__init__()
        self._context = context
        self._host_of = host_of
        self._output = output

    def begin(self, opening: Opening, offer: Offer, address: Hashable, now: float) -> None:
        """Begin a handshake in place of an older one of this address, within the bound on all.

        A hello that allows no agreement is answered by an alert in the clear, as there are no keys;
        the address was proven, so that nobody else is bothered.
        """
        if address in self:
            self.give_up(address, "superseded by a new attempt")
        try:
            handshake = ServerHandshake(opening, offer, self._context, now)
        except Alert as alert:
            content = bytes((AlertLevel.FATAL, alert.description))
            record = plain_record(ContentType.ALERT, opening.record_number, content)
            self._output.datagrams.append((record, address))
            failure = HandshakeFailed(address, offer.tag, alert.description, str(alert))
            self._output.events.append(failure)
            return
        # Only now: a hello that leads to nothing must not push out anybody.
        if len(self) >= self._context.limits.half_open:
            self.give_up(self._choose_victim(), "evicted by a newer attempt")
        self[address] = handshake
        handshake.start(now)
        self._flush(handshake, address)

    def repeat(self, handshake: ServerHandshake, address: Hashable) -> None:
        """Send a handshake's flight again, as its client sent the same hello again."""
        handshake.repeat()
        self._flush(handshake, address)

    def receive(self, record: Record, address: Hashable, now: float) -> ServerHandshake | None:
        """Give a record to the handshake of this address, if there is one.

        Returns the handshake if this finished it; it is a session from then on, and not here any
        more.
        """
        handshake = self.get(address)
        if handshake is None:
            return None
        try:
            handshake.receive(record, now)
        # An alert is sent behind what the flight still had to say; the handshake is over in any
        # case.
        except Alert as alert:
            self._flush(handshake, address)
            self._output.datagrams.append((handshake.alert(alert.description), address))
            self._fail(address, alert.description, str(alert))
            return None
        except AlertReceived as ending:
            self._fail(address, ending.known, str(ending))
            return None
        self._flush(handshake, address)
        return self.pop(address) if handshake.is_established else None

    def give_up(self, address: Hashable, reason: str) -> None:
        """Forget a handshake, without a word to its client."""
        self._fail(address, None, reason)

    def give_up_all(self, reason: str) -> None:
        """Forget all of them."""
        for address in list(self):
            self.give_up(address, reason)

    def next_deadline(self) -> float | None:
        """Return when `tick` is due next, None if there is no handshake."""
        return min((handshake.deadline for handshake in self.values()), default=None)

    def tick(self, now: float) -> None:
        """Repeat the flights that were not answered, and give up what takes too long."""
        for address, handshake in list(self.items()):
            if now >= handshake.expires:
                self.give_up(address, "timed out")
            else:
                handshake.tick(now)
                self._flush(handshake, address)

    def _flush(self, handshake: ServerHandshake, address: Hashable) -> None:
        self._output.datagrams += [(datagram, address) for datagram in handshake.outbox]
        handshake.outbox.clear()

    def _fail(self, address: Hashable, alert: AlertDescription | None, reason: str) -> None:
        """Forget a handshake, and report how far it had come."""
        handshake = self.pop(address)
        tag, had_keys = handshake.offer.tag, handshake.has_keys
        self._output.events.append(HandshakeFailed(address, tag, alert, reason, had_keys))

    def _choose_victim(self) -> Hashable:
        """Return the address whose handshake goes, by chance among those that may."""
        hosts = Counter(map(self._host_of, self))
        most = max(hosts.values())
        candidates = [address for address in self if hosts[self._host_of(address)] == most]
        if 2 * sum(each.has_keys for each in self.values()) < len(self):
            candidates = [each for each in candidates if not self[each].has_keys] or candidates
        # Eight octets: the remainder of a division by at most some dozens favours nobody
        # noticeably.
        number = int.from_bytes(self._context.entropy.token(_CHOICE_OCTETS))
        return candidates[number % len(candidates)]
