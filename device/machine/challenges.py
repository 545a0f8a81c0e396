"""Proofs that a peer receives what is sent to its address, before it is sent much.

A peer is asked by a CoAP ping (RFC 7252 4.3) whose message ID only its receiver knows: a client
answers it with a Reset, IoTivity-Lite with an acknowledgement too. The device's answer waits for
that. Where no proof comes it leaves in small blocks (RFC 7959 2.4), with an Echo option (RFC 9175
2.2): clients that know it prove their address by their next request.

    request ─► answer ─► within the budget? ──yes──────────────────────► leaves
                              │ no                                          ▲
                              ▼                                             │
                     ping ─► waits ──the ping is answered───────────────────┤
                              │ no answer in time, or nobody to ask          │
                              ▼                                             │
                     the request again, in small blocks, with Echo ─────────┘

One device of the process asks a peer; others that have something for it wait for what comes of
that. The answer to a ping counts whichever interface it comes over: who is on this machine, or has
two ways to it, searches over one interface and answers over another. What makes it a proof is the
message ID and the address that it comes from. Everything that waits is bounded, and what has to
give way is drawn by lot, so that whoever fills the places cannot choose who loses his.
"""

import hmac
from dataclasses import dataclass, field, replace
from hashlib import blake2s
from typing import Final, NamedTuple

from onboardee.device.machine.budget import AnswerBudget, Proof, Turn
from onboardee.wire.coap.arrival import is_request
from onboardee.wire.coap.message import ECHO, MessageFormatError, option_of, token_of, with_option
from onboardee.wire.entropy import Entropy, random_fraction
from onboardee.wire.path import Outgoing, Path, is_link_local

CHALLENGED: Final = 128
"""Peers on the link that are asked for a proof at a time, and as many elsewhere."""
WAITING_MESSAGES: Final = 256
"""Messages that wait for one peer's proof; clients repeat what is lost beyond them."""
WAITING_OCTETS: Final = 128 * 1024
"""Octets that wait for the proofs of peers on the link, and as many for those elsewhere."""
GUESSES: Final = 3
"""Wrong answers to a ping after which the right one counts no more."""
REPEAT_PING: Final = 0.3
"""Seconds after which a ping is repeated, once and on the link: libcoap answers one in 250 ms.

Elsewhere the first answer has to be small, and a second ping would leave no room for it.
"""
RECHECK: Final = 0.1
"""Seconds after which a device looks whether the peer has given its proof to another one."""
_ACK, _RST = 0x60, 0x70

Refusal = tuple[Path, bytes | None]
"""A message that may not leave: to whom, and the request to be answered in small blocks."""


class _Waiting(NamedTuple):
    """A message that waits, and the request that it answers, if it answers one."""

    message: bytes
    request: bytes | None


@dataclass(slots=True)
class _Challenge:
    """A ping that was sent, and what waits for its answer."""

    path: Path
    """The way on which it was asked, and what waits is to leave."""
    mid: int | None
    """Its message ID; None if another device of the process has asked the peer."""
    until: float
    look_at: float
    """When it is to be repeated, or the other device's asking looked after."""
    messages: list[_Waiting] = field(default_factory=list)
    octets: int = 0
    wrong: int = 0

    def append(self, waiting: _Waiting) -> None:
        """Let a message wait."""
        self.messages.append(waiting)
        self.octets += len(waiting.message)


class Challenges:
    """What one device holds back from peers that have proven nothing yet."""

    def __init__(self, budget: AnswerBudget, entropy: Entropy) -> None:
        self.budget: Final = budget
        self._entropy = entropy
        self._key = b""
        self._open: dict[Path, _Challenge] = {}
        """By the peer, as `_peer` tells one from another."""
        self._requests: dict[tuple[Path, bytes], bytes] = {}
        self._refused: list[Refusal] = []
        self._ready: list[Outgoing] = []

    def receive(self, datagram: bytes, path: Path, now: float) -> bool:
        """Look at a datagram; tell whether it was a proof and nothing else.

        A request is remembered until what it causes is sent: its size is a measure of that.
        """
        if self._is_proof(datagram, path, now):
            return True
        if is_request(datagram):
            if self._key:  # else nobody was given anything to echo
                self._take_echo(datagram, path, now)
            self._requests[path, token_of(datagram)] = datagram
        return False

    def forget_requests(self) -> None:
        """Forget the requests that were received: what is sent from now on answers nothing."""
        self._requests.clear()

    def pass_on(self, message: bytes, path: Path, now: float) -> Outgoing | None:
        """Return what is to be sent for a message: itself, a ping, or nothing yet."""
        # each request is worth one answer
        request = self._requests.pop((path, token_of(message)), None)
        received = 0 if request is None else len(request)
        if self.budget.allows(path, len(message), received, now):
            return Outgoing(message, path)
        # the proof comes to our own address
        return self._hold(_Waiting(message, request), replace(path, multicast=False), now)

    def take_ready(self) -> list[Outgoing]:
        """Return and forget what waited for a proof that came."""
        ready, self._ready = self._ready, []
        return ready

    def take_refused(self) -> list[Refusal]:
        """Return and forget what may not leave, or in small blocks only."""
        refused, self._refused = self._refused, []
        return refused

    def pass_on_small(self, message: bytes, path: Path, received: int, now: float) -> bytes | None:
        """Return a small answer to a request of so many octets as it is to be sent, if it may be.

        With it goes the value to be echoed, if there is room.
        """
        is_empty = message[1] == 0
        marked = message if is_empty else with_option(message, ECHO, self._echo(path, now))
        for each in (marked, message):
            if self.budget.allows(path, len(each), received, now):
                return each
        return None

    def tick(self, now: float) -> None:
        """Repeat pings, and give up the proofs that did not come in time."""
        for challenge in list(self._open.values()):
            if now < min(challenge.look_at, challenge.until):
                continue
            if self.budget.is_proven(challenge.path, now):
                self._release(challenge, now)
            elif now >= challenge.until:
                self._fail(challenge, now)
            elif challenge.mid is None:
                challenge.look_at = now + RECHECK
            else:
                challenge.look_at = challenge.until
                path = challenge.path
                self._ready += [_ping(challenge.mid, path)] if path.on_link else []

    def next_deadline(self) -> float | None:
        """Return when `tick` has something to do."""
        if not self._open:
            return None
        return min(min(each.until, each.look_at) for each in self._open.values())

    def _is_proof(self, datagram: bytes, path: Path, now: float) -> bool:
        """Tell whether this answers our ping; the peer has then proven its address."""
        if len(datagram) != 4:
            return False
        challenge = self._open.get(_peer(path))
        is_empty = datagram[0] in {_ACK, _RST} and datagram[1] == 0
        if challenge is None or challenge.mid is None or not is_empty:
            return False
        if int.from_bytes(datagram[2:4]) != challenge.mid:
            challenge.wrong += 1
            if challenge.wrong >= GUESSES:
                self._fail(challenge, now)
            return False
        self.budget.prove(path, Proof.PING, now)
        self._release(challenge, now)
        return True

    def _release(self, challenge: _Challenge, now: float) -> None:
        """Let leave what waited for a proof, as far as the budget of a proven peer allows."""
        path = challenge.path
        del self._open[_peer(path)]
        for each in challenge.messages:
            if self.budget.allows(path, len(each.message), len(each.request or b""), now):
                self._ready.append(Outgoing(each.message, path))
            else:
                self._refused.append((path, each.request))

    def _fail(self, challenge: _Challenge, now: float) -> None:
        """Give up a challenge that was not met; after a few the peer gets none for a while."""
        if challenge.mid is not None:
            self.budget.note_failure(challenge.path, now)
        self._end(challenge)

    def _end(self, challenge: _Challenge) -> None:
        del self._open[_peer(challenge.path)]
        self._refused += [(challenge.path, each.request) for each in challenge.messages]

    def _hold(self, waiting: _Waiting, path: Path, now: float) -> Outgoing | None:
        """Let a message wait for its peer's proof; return the ping that asks for it, if we ask."""
        challenge = self._open.get(_peer(path))
        if challenge is not None:
            if len(challenge.messages) < WAITING_MESSAGES and self._has_room(waiting, path):
                challenge.append(waiting)
            return None
        turn = Turn.NOBODY
        if not self.budget.is_proven(path, now):
            turn = self.budget.begin_challenge(path, now)
        if turn is Turn.NOBODY:
            self._refused.append((path, waiting.request))
            return None
        self._make_room(waiting, path)
        is_ours = turn is Turn.OURS
        mid = 1 + int.from_bytes(self._entropy.token(2)) % 0xFFFF
        until = now + self.budget.settings.patience
        look_at = now + (REPEAT_PING if is_ours else RECHECK)
        opened = _Challenge(path, mid if is_ours else None, until, look_at)
        opened.append(waiting)
        self._open[_peer(path)] = opened
        return _ping(mid, path) if is_ours else None

    def _make_room(self, waiting: _Waiting, path: Path) -> None:
        """End challenges by lot while they are too many, so that a crowd keeps nobody out."""
        crowd = [each for each in self._open.values() if each.path.on_link == path.on_link]
        while crowd and (len(crowd) >= CHALLENGED or not self._has_room(waiting, path)):
            self._end(crowd.pop(int(random_fraction(self._entropy) * len(crowd))))

    def _has_room(self, waiting: _Waiting, path: Path) -> bool:
        """Tell whether a message fits with what waits for peers in the same place."""
        held = sum(
            challenge.octets
            for challenge in self._open.values()
            if challenge.path.on_link == path.on_link
        )
        return held + len(waiting.message) <= WAITING_OCTETS

    def _take_echo(self, datagram: bytes, path: Path, now: float) -> None:
        """Look for the value that the peer was given with a small answer (RFC 9175 2.3)."""
        try:
            value = option_of(datagram, ECHO)
        except MessageFormatError:
            return
        if value is None:
            return
        known = (self._echo(path, now), self._echo(path, now, age=1))
        if any(hmac.compare_digest(value, each) for each in known):
            self.budget.prove(path, Proof.ECHO, now)

    def _echo(self, path: Path, now: float, *, age: int = 0) -> bytes:
        """Return what only a receiver at this address knows, for one or two lifetimes of a proof.

        Made of the address (RFC 9175 2.3), it needs no memory.
        """
        self._key = self._key or self._entropy.token(16)
        period = int(now / self.budget.settings.proof_lifetime) - age
        content = f"{path.peer_host} {path.peer_port} {period}".encode()
        return blake2s(content, key=self._key, digest_size=8).digest()


def _peer(path: Path) -> Path:
    """Return by what the peer that was asked for a proof is known again.

    An interface says which peer it is only where the address does not, as on a link.
    """
    return path if is_link_local(path.peer_host) else replace(path, interface=0)


def _ping(mid: int, path: Path) -> Outgoing:
    """Return a CoAP ping with a message ID (RFC 7252 4.3)."""
    return Outgoing(b"\x40\x00" + mid.to_bytes(2), path)
