"""What leaves: message IDs, and the retransmission of confirmable messages (RFC 7252 4.2).

A confirmable message is sent again after two to three seconds, then after twice as long each time,
four times in all, until it is acknowledged or rejected. The first time is drawn by lot for each
message (RFC 7252 4.8), so that devices which began together do not go on together.

Message IDs count up from a random number, for all peers of the endpoint together (4.4). Timers are
a heap with lazy removal: an acknowledgement marks its message settled, and the entry goes when its
time comes or when too many of them have piled up.
"""

from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import count
from typing import Generic, NamedTuple, TypeVar

from onboardee.wire.coap import message
from onboardee.wire.coap.limits import Limits
from onboardee.wire.coap.model import Remote, Type
from onboardee.wire.entropy import Entropy, random_fraction

Context = TypeVar("Context")


class Reply(NamedTuple):
    """A message without what only its sending decides: type and message ID."""

    code: int
    options: bytes = b""
    payload: bytes = b""


@dataclass(slots=True, eq=False)
class ConfirmableMessage(Generic[Context]):
    """A confirmable message in flight; `context` is whom its fate concerns."""

    remote: Remote
    mid: int
    datagram: bytes
    context: Context | None
    timeout: float
    due: float
    retransmissions: int = 0
    settled: bool = False


class Outbox(Generic[Context]):
    """Sends for one endpoint; `Context` is the type of whom the fate of a message concerns."""

    def __init__(self, *, entropy: Entropy, limits: Limits) -> None:
        self._entropy = entropy
        self._limits = limits
        self._mid = int.from_bytes(entropy.token(2))
        self._order = count()
        self.queue: list[tuple[Remote, bytes]] = []
        """Finished datagrams, in their order, for whoever sends them to take."""
        self._pending: dict[Remote, dict[int, ConfirmableMessage[Context]]] = {}
        self._pending_count = 0
        self._timers: list[tuple[float, int, ConfirmableMessage[Context]]] = []

    def next_mid(self) -> int:
        """Return a fresh message ID (RFC 7252 4.4)."""
        self._mid = (self._mid + 1) & 0xFFFF
        return self._mid

    @property
    def in_flight(self) -> int:
        """The number of messages waiting for their acknowledgement."""
        return self._pending_count

    @property
    def timers(self) -> int:
        """The number of timers, those of settled messages included."""
        return len(self._timers)

    def send_confirmable(
        self, remote: Remote, token: bytes, reply: Reply, now: float, context: Context | None = None
    ) -> int:
        """Send until acknowledged; returns the message ID.

        With too many messages in flight it becomes a non-confirmable one.
        """
        if self._pending_count >= self._limits.unacknowledged:
            return self.send_once(remote, token, reply)
        mid = self.next_mid()
        datagram = message.build(Type.CON, reply.code, mid, token, reply.options, reply.payload)
        spread = 1 + (self._limits.ack_random_factor - 1) * random_fraction(self._entropy)
        timeout = self._limits.ack_timeout * spread
        sent = ConfirmableMessage(remote, mid, datagram, context, timeout, now + timeout)
        self._pending.setdefault(remote, {})[mid] = sent
        self._pending_count += 1
        self._arm(sent)
        self.queue.append((remote, datagram))
        return mid

    def send_once(self, remote: Remote, token: bytes, reply: Reply) -> int:
        """Send a non-confirmable message; returns its ID."""
        mid = self.next_mid()
        datagram = message.build(Type.NON, reply.code, mid, token, reply.options, reply.payload)
        self.queue.append((remote, datagram))
        return mid

    def settle(self, remote: Remote, mid: int) -> ConfirmableMessage[Context] | None:
        """End the retransmission of a message; returns it if it was in flight."""
        mine = self._pending.get(remote)
        sent = mine.pop(mid, None) if mine is not None else None
        if sent is None or mine is None:
            return None
        if not mine:
            del self._pending[remote]
        self._pending_count -= 1
        sent.settled = True
        if len(self._timers) > 2 * self._pending_count + 16:
            self._timers = [timer for timer in self._timers if not timer[2].settled]
            heapify(self._timers)
        return sent

    def is_in_flight(self, remote: Remote, mid: int) -> bool:
        """Tell whether a message waits for its acknowledgement."""
        return mid in self._pending.get(remote, ())

    def forget(self, remote: Remote) -> None:
        """Stop whatever is on its way to a peer."""
        for mid in list(self._pending.get(remote, ())):
            self.settle(remote, mid)

    def next_deadline(self) -> float | None:
        """Return the time of the next retransmission."""
        while self._timers and self._timers[0][2].settled:
            heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    def tick(self, now: float) -> list[ConfirmableMessage[Context]]:
        """Send what is due; returns the messages that were given up."""
        given_up = []
        while self._timers and self._timers[0][0] <= now:
            sent = heappop(self._timers)[2]
            if not sent.settled and not self._retransmit(sent, now):
                given_up.append(sent)
        return given_up

    def _retransmit(self, sent: ConfirmableMessage[Context], now: float) -> bool:
        """Send a message again, later each time; False if it was sent often enough."""
        if sent.retransmissions >= self._limits.max_retransmit:
            self.settle(sent.remote, sent.mid)
            return False
        sent.retransmissions += 1
        sent.timeout *= 2
        sent.due = now + sent.timeout
        self._arm(sent)
        self.queue.append((sent.remote, sent.datagram))
        return True

    def _arm(self, sent: ConfirmableMessage[Context]) -> None:
        heappush(self._timers, (sent.due, next(self._order), sent))
