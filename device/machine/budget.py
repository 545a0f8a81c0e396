"""How much may be sent to whom without DTLS, so that nobody can be flooded through a device.

Plain CoAP answers are larger than their requests, and a request's source can be forged (RFC 7252
11.3, RFC 9175 2.4). A peer that has proven to receive what is sent to its address may be sent much.
Until then a source elsewhere gets a small multiple of what it sent, and a source on the same link,
which could flood its neighbours without our help, an allowance that honest tools rarely meet.

    source                      without asking            beyond that
    -------------------------   -----------------------   ------------------------------------
    this machine                everything
    has echoed our value        everything
    has answered our ping       a multiple of what came   an allowance of its own
    on our link, no proof       what came                 a small allowance, and one of all
    elsewhere, no proof         what came                 the same, up to a multiple of it

What is sent to an address of this machine leaves by no interface: there is nobody to be flooded by
it, also if somebody elsewhere has asked in that name. Allowances refill with time, so a tool that
asks at a human pace meets no bound. Devices of one process share them: a thousand of them must not
amplify a thousand times. Nor must they in several processes, of which each has an equal part of
every allowance.
"""

import ipaddress
import threading
from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Final

from onboardee.device.access.sources import source_of
from onboardee.device.simulation.answers import AnswerBound, Answers
from onboardee.wire.path import Path

HEADERS: Final = 28
"""Octets of IPv4 and UDP headers; IPv6 has more, which favours nobody but the one who is asked."""
EMPTY: Final = 4
"""Octets of the smallest CoAP message, as of a ping; no request is smaller."""
SOURCES: Final = 1024
"""Remembered sources of each kind; the one unheard of for longest is forgotten."""
PEERS: Final = 4096
"""Remembered proofs, and proofs that did not come; the oldest is forgotten."""
FAILURES: Final = 3
"""Challenges that may fail before a peer gets none for a while."""
FAILURES_FORGOTTEN: Final = 60.0
"""Seconds after the last failure."""
REPORT_AGAIN: Final = 60.0
"""Seconds between two lines about one source."""


class Turn(Enum):
    """Which device asks a peer for a proof."""

    OURS = "ours"
    ANOTHER = "another"
    NOBODY = "nobody"


class Proof(Enum):
    """How a peer has shown that it receives what is sent to its address."""

    PING = "ping"
    """It answered a ping, as any CoAP endpoint does, also one that has asked for nothing."""
    ECHO = "echo"
    """Its request held what was sent to it: it has asked itself (RFC 9175 2.3)."""


@dataclass(slots=True)
class _Bucket:
    """An allowance that refills with time."""

    octets: float
    updated_at: float
    """When it was refilled last, by the device's clock."""

    def refill(self, now: float, burst: int, rate: int) -> None:
        """Add what has come since, up to `burst` octets; `rate` is octets a second."""
        elapsed = max(0.0, now - self.updated_at)
        self.octets = min(burst, self.octets + elapsed * rate)
        self.updated_at = now


@dataclass(slots=True)
class _Source:
    """What is known of one source: its allowance, and when it was last told of."""

    bucket: _Bucket
    reported_at: float = float("-inf")


@dataclass(slots=True)
class _Asked:
    """What came of asking a peer for a proof."""

    until: float = float("-inf")
    """Until when the proof may come."""
    failures: int = 0
    """Challenges in a row that brought no proof."""
    failed_at: float = float("-inf")


class _Region:
    """All sources of a kind: those on the link, elsewhere, or with a proof."""

    def __init__(self, bound: AnswerBound, shared_by: int) -> None:
        bound = _part(bound, shared_by)
        self.bound: Final = bound
        self._total = _Bucket(bound.total_burst, 0.0)
        self._sources: OrderedDict[object, _Source] = OrderedDict()

    def source(self, key: object, now: float) -> _Source:
        """Return what is known of a source, with its allowance as it is now."""
        found = self._sources.get(key)
        if found is None:
            if len(self._sources) >= SOURCES:
                self._sources.popitem(last=False)
            found = self._sources[key] = _Source(_Bucket(self.bound.burst, now))
        self._sources.move_to_end(key)
        found.bucket.refill(now, self.bound.burst, self.bound.rate)
        self._total.refill(now, self.bound.total_burst, self.bound.total_rate)
        return found

    def used(self, now: float) -> int:
        """Return how many octets of all sources together are used up."""
        self._total.refill(now, self.bound.total_burst, self.bound.total_rate)
        return int(self.bound.total_burst - self._total.octets)

    def spend(self, source: _Source, octets: int) -> bool:
        """Count what is to be sent to a source, unless it is more than there is."""
        if min(source.bucket.octets, self._total.octets) < octets:
            return False
        source.bucket.octets -= octets
        self._total.octets -= octets
        return True


class AnswerBudget:
    """The sources of a process. Several devices may share one, also from several threads."""

    def __init__(self, settings: Answers | None = None, shared_by: int = 1) -> None:
        """`shared_by` is among how many processes the allowances are divided."""
        self.settings: Final = settings or Answers()
        self._near = _Region(self.settings.link, shared_by)
        self._far = _Region(self.settings.elsewhere, shared_by)
        self._reached = _Region(self.settings.proven, shared_by)
        self._proofs: OrderedDict[tuple[str, int], tuple[float, Proof]] = OrderedDict()
        self._asked: OrderedDict[tuple[str, int], _Asked] = OrderedDict()
        self._lock = threading.Lock()

    def bound(self, received: int) -> int:
        """Return the largest answer, in octets, that is a small multiple of what arrived.

        A ping may have preceded it.
        """
        if not received:
            return 0
        return int(self.settings.factor * (received + HEADERS)) - 2 * HEADERS - EMPTY

    def allows(self, path: Path, size: int, received: int, now: float) -> bool:
        """Tell whether `size` octets may leave for a datagram of `received`, and count them.

        What is no larger than what arrived is always allowed, and to a proven source the small
        multiple, too: nobody can use up all that an honest one needs.
        """
        if size <= max(received, EMPTY) or path.on_machine or _is_loopback(path.peer_host):
            return True
        with self._lock:
            proof = self._proof(path, now)
            if proof is Proof.ECHO or (proof is Proof.PING and size <= self.bound(received)):
                return True
            if proof is Proof.PING:
                source = self._reached.source(source_of(path), now)
                return self._reached.spend(source, size + HEADERS)
            if not path.on_link and size > self.bound(received):
                return False
            region = self._region(path)
            return region.spend(region.source(source_of(path), now), size + HEADERS)

    def is_proven(self, path: Path, now: float) -> bool:
        """Tell whether the peer has proven its address."""
        with self._lock:
            return self._proof(path, now) is not None

    def prove(self, path: Path, proof: Proof, now: float) -> None:
        """Take note that the peer received what only it could know."""
        with self._lock:
            self._asked.pop(_peer(path), None)
            if self._proof(path, now) is not Proof.ECHO:
                self._proofs[_peer(path)] = (now + self.settings.proof_lifetime, proof)
                self._proofs.move_to_end(_peer(path))
            if len(self._proofs) > PEERS:
                self._proofs.popitem(last=False)

    def begin_challenge(self, path: Path, now: float) -> Turn:
        """Tell who is to ask the peer for a proof: one device of the process at a time.

        Nobody, if too many proofs did not come.
        """
        with self._lock:
            asked = self._asked.setdefault(_peer(path), _Asked())
            self._asked.move_to_end(_peer(path))
            if len(self._asked) > PEERS:
                self._asked.popitem(last=False)
            if now - asked.failed_at >= FAILURES_FORGOTTEN:
                asked.failures = 0
            if asked.until > now:
                return Turn.ANOTHER
            if self.settings.patience <= 0 or asked.failures >= FAILURES:
                return Turn.NOBODY
            asked.until = now + self.settings.patience
            return Turn.OURS

    def note_failure(self, path: Path, now: float) -> None:
        """Take note that a proof did not come."""
        with self._lock:
            asked = self._asked.get(_peer(path))
            if asked is not None:
                asked.until = float("-inf")
                asked.failures += 1
                asked.failed_at = now

    def in_use(self, now: float) -> list[tuple[str, int, int]]:
        """Return to whom answers may go, how many octets are used up, and of how many at once.

        Of all sources of a kind together, without those who have echoed our value: for them there
        is no bound.
        """
        regions = (
            ("on the link, without a proof", self._near),
            ("elsewhere, without a proof", self._far),
            ("with a proof by ping", self._reached),
        )
        with self._lock:
            return [(whom, region.used(now), region.bound.total_burst) for whom, region in regions]

    def is_first_refusal(self, path: Path, now: float) -> bool:
        """Tell whether this refusal is worth a line: one a minute for a source."""
        with self._lock:
            is_proven = self._proof(path, now) is not None
            region = self._reached if is_proven else self._region(path)
            source = region.source(source_of(path), now)
            is_first = now >= source.reported_at + REPORT_AGAIN
            source.reported_at = now if is_first else source.reported_at
            return is_first

    def _proof(self, path: Path, now: float) -> Proof | None:
        """Return how the peer has proven its address, if that still counts."""
        until, proof = self._proofs.get(_peer(path), (now, None))
        return proof if until > now else None

    def _region(self, path: Path) -> _Region:
        """Return the kind of source that a peer without a proof is of."""
        return self._near if path.on_link else self._far


class Budgets:
    """One budget for all devices of a process whose profiles set the same bounds."""

    def __init__(self, shared_by: int = 1) -> None:
        """`shared_by` is how many processes run the devices."""
        self._shared_by = shared_by
        self._known: dict[Answers, AnswerBudget] = {}

    def of(self, settings: Answers) -> AnswerBudget:
        """Return the budget of these settings."""
        if settings not in self._known:
            self._known[settings] = AnswerBudget(settings, self._shared_by)
        return self._known[settings]


def _part(bound: AnswerBound, shared_by: int) -> AnswerBound:
    """Return what one of so many processes may send."""
    if shared_by == 1:
        return bound
    return AnswerBound(
        burst=bound.burst // shared_by,
        rate=bound.rate // shared_by,
        total_burst=bound.total_burst // shared_by,
        total_rate=bound.total_rate // shared_by,
    )


def _peer(path: Path) -> tuple[str, int]:
    """Return by what a proof is remembered."""
    # with the port, as behind a port forwarder one address may be many peers
    return path.peer_host, path.peer_port


@lru_cache(SOURCES)
def _is_loopback(host: str) -> bool:
    """Tell whether packets from there cannot come from outside."""
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False
