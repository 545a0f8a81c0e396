"""Stands around a device and lets its faults act.

A datagram that comes in is looked at; the faults whose conditions it meets are armed for it. Those
that concern the way in act at once, those on the answer wait for what leaves to the same peer with
the same token, or with the handshake message that they are about. What a fault did is an event of
the device, `fault.acted`, so that log, trace and audit tell of it.
"""

import heapq
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as with_fields
from itertools import count

from onboardee.device.events import FaultActed
from onboardee.device.faults.crowd import crowd
from onboardee.device.faults.disk import ON_COMMIT, POWER_LOST, FaultyStore, with_other_key
from onboardee.device.faults.effects import HARMLESS, REWRITES, separate
from onboardee.device.faults.rewriting import Look, Rewriter, harmless
from onboardee.device.faults.terms import Effect, Fault
from onboardee.device.machine.device import Keeper
from onboardee.device.machine.layer import AnyDevice, Happening, Layer, Received, Started, Stored
from onboardee.device.machine.step import Step
from onboardee.device.trace.dtls import Secrets
from onboardee.device.trace.items import Way
from onboardee.svrdb.model import Database
from onboardee.wire.entropy import Entropy, random_fraction
from onboardee.wire.path import Endpoint, Outgoing, Path


@dataclass(slots=True)
class _Counter:
    """A fault with how often its conditions were met, and how often it acted."""

    fault: Fault
    met: int = 0
    acted: int = 0


@dataclass(order=True, slots=True)
class _Late:
    at: float
    serial: int
    outgoing: Outgoing = field(compare=False)


class Faulty(Layer):
    """A device with faults."""

    def __init__(  # noqa: PLR0913 - the last by keyword
        self,
        inner: AnyDevice,
        faults: Sequence[Fault],
        secrets: Secrets,
        entropy: Entropy,
        restart: Callable[[], AnyDevice] | None = None,
        *,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """Stand around a device that tells its `secrets`.

        `restart` makes it anew of what it has stored, `sleep` lets a slow disk take its time.
        """
        super().__init__(inner)
        self._counters = [_Counter(fault) for fault in faults]
        self._rewriter = Rewriter(secrets)
        self._entropy = entropy
        self._restart = restart
        self._sleep = sleep
        self._began: float | None = None
        self._endpoints: Sequence[Endpoint] = ()
        self._armed: list[tuple[Path, bytes, Fault]] = []
        """Faults that wait for an answer: the peer, the token, and the fault."""
        self._on_commit: list[Fault] = []
        self._silent: set[Path] = set()
        self._late: list[_Late] = []
        self._kept: list[Outgoing] = []
        """What is held back until something else has left."""
        self._serial = count()
        self._events: list[FaultActed] = []
        self._instead: Database | None = None

    def clear(self) -> None:
        """Have no faults any more."""
        self._counters.clear()
        self._armed.clear()
        self._on_commit.clear()
        self._silent.clear()

    def next_deadline(self) -> float | None:
        """Return when `tick` wants to be called, for the device or for what is late."""
        deadlines = [self.inner.next_deadline(), self._late[0].at if self._late else None]
        return min((each for each in deadlines if each is not None), default=None)

    def happen(self, what: Happening, now: float) -> Step:
        """Let it happen, with the faults."""
        if self._began is None:
            self._began = now
        if isinstance(what, Started):
            self._endpoints = what.endpoints
        step = self._received(what, now) if isinstance(what, Received) else self._other(what, now)
        step.send = self._leaving(step.send, now)
        self._commit(step)
        step.events = [*self._events, *step.events]
        self._events = []
        return step

    def _other(self, what: Happening, now: float) -> Step:
        if isinstance(what, Stored):
            return self._stored(what, now)
        return super().happen(what, now)

    # what comes in

    def _received(self, what: Received, now: float) -> Step:
        if what.path in self._silent:
            return Step()
        look = self._rewriter.look(what.datagram, what.path, Way.IN)
        self._armed = [each for each in self._armed if not _is_repeated(each, look)]
        acting = [each for each in self._counters if self._is_met(each, look, now)]
        extra = Step()
        datagram = what.datagram
        for counter in acting:
            if not self._begins(counter):
                continue
            fault = counter.fault
            if fault.do is Effect.RESET:
                self._tell(fault, "reset itself")
                return self.inner.press_reset(now)
            if fault.do is Effect.DROP and fault.way == "in":
                self._tell(fault, "swallowed a datagram")
                return Step()
            if fault.do is Effect.CORRUPT and fault.way == "in":
                self._tell(fault, "changed a bit of a datagram")
                datagram = datagram[:-1] + bytes((datagram[-1] ^ 1,))
                continue
            datagram = self._arm(fault, look, datagram, extra, now)
            if what.path in self._silent:
                return Step()
        step = super().happen(Received(datagram, what.path), now)
        step.send += extra.send
        return step

    def _arm(self, fault: Fault, look: Look, datagram: bytes, extra: Step, now: float) -> bytes:
        """Let a fault act that is about a request; return the datagram that the device gets."""
        if fault.do is Effect.SILENCE:
            self._silent.add(look.path)
            self._tell(fault, "answers nothing any more")
        elif fault.do is Effect.CROWD:
            self._tell(fault, "let a crowd answer")
            extra.send += crowd(look, self._entropy)
        elif fault.do in ON_COMMIT:
            self._on_commit.append(fault)
        elif look.read is not None:
            self._armed.append((look.path, look.read.token, fault))
        if fault.do in HARMLESS and look.octets:
            return self._rewriter.with_message(look, harmless(look.octets))
        return datagram

    def _is_met(self, counter: _Counter, look: Look, now: float) -> bool:
        fault = counter.fault
        if fault.flight is not None and fault.way == "out":
            return False  # seen when it leaves
        read = look.read if look.is_request else None
        conditions = (
            read is not None or bool(look.flights),
            fault.at is None or look.is_step(fault.at),
            fault.path is None or (read is not None and read.path == fault.path),
            fault.method is None or (read is not None and read.code == fault.method),
            fault.flight is None or fault.flight in look.flights,
            self._is_time(fault, now),
        )
        return all(conditions)

    def _is_time(self, fault: Fault, now: float) -> bool:
        if fault.state is not None and self.inner.database.state.name != fault.state.upper():
            return False
        return fault.after is None or now - (self._began or 0.0) >= fault.after

    def _begins(self, counter: _Counter) -> bool:
        """Count that the conditions are met; tell whether the fault acts now."""
        fault = counter.fault
        counter.met += 1
        if counter.met < fault.nth or (fault.times and counter.acted >= fault.times):
            return False
        if fault.chance < 1 and random_fraction(self._entropy) >= fault.chance:
            return False
        counter.acted += 1
        return True

    # what goes out

    def _leaving(self, send: Sequence[Outgoing], now: float) -> list[Outgoing]:
        leaving: list[Outgoing] = []
        for outgoing in send:
            if outgoing.path in self._silent:
                continue
            leaving += self._one_leaving(outgoing, now)
        if leaving and self._kept:
            leaving += self._kept
            self._kept = []
        while self._late and self._late[0].at <= now:
            leaving.append(heapq.heappop(self._late).outgoing)
        return leaving

    def _one_leaving(self, outgoing: Outgoing, now: float) -> list[Outgoing]:
        look = self._rewriter.look(outgoing.datagram, outgoing.path, Way.OUT)
        datagrams = [look.datagram]
        for fault in self._about(look, now):
            if fault.do is Effect.DELAY:
                self._tell(fault, f"held the answer back for {fault.seconds:g} s")
                for each in datagrams:
                    self._hold(Outgoing(each, outgoing.path), now + fault.seconds)
                return []
            if fault.do is Effect.SEPARATE:
                self._tell(fault, "answered apart from the acknowledgement")
                first, *rest = separate(look, self._rewriter)
                for each in rest:
                    self._hold(Outgoing(each, outgoing.path), now + fault.seconds)
                return [Outgoing(first, outgoing.path)]
            if fault.do is Effect.REORDER:
                self._tell(fault, "let the next datagram leave first")
                self._kept += [Outgoing(each, outgoing.path) for each in datagrams]
                return []
            if fault.do is Effect.WRONG_PORT:
                self._tell(fault, "answered from another port")
                return [self._from_other_port(outgoing)]
            datagrams = REWRITES[fault.do](look, fault, self._rewriter)
            self._tell(fault, f"acted upon {_name(look)}")
            if not datagrams:
                return []
            look = with_fields(look, datagram=datagrams[0])
        return [Outgoing(each, outgoing.path) for each in datagrams]

    def _about(self, look: Look, now: float) -> list[Fault]:
        """Return the faults that act upon a datagram that leaves, each once."""
        found: list[Fault] = []
        if look.read is not None and not look.is_request:
            mine = [each for each in self._armed if _is_answer(each, look)]
            for each in mine:
                self._armed.remove(each)
            found += [fault for _, _, fault in mine]
        for counter in self._counters:
            fault = counter.fault
            is_met = fault.way == "out" and fault.flight in look.flights
            if is_met and self._is_time(fault, now) and self._begins(counter):
                found.append(fault)
        return found

    def _hold(self, outgoing: Outgoing, until: float) -> None:
        heapq.heappush(self._late, _Late(until, next(self._serial), outgoing))

    def _from_other_port(self, outgoing: Outgoing) -> Outgoing:
        path = outgoing.path
        others = [each.port for each in self._endpoints if each.port != path.local_port]
        port = others[0] if others else path.local_port
        return Outgoing(outgoing.datagram, with_fields(path, local_port=port))

    # what is stored

    def _commit(self, step: Step) -> None:
        """Let the faults act that wait for a change, before it is stored."""
        if step.store is None:
            return
        if any(each.do is Effect.OTHER_KEY for each in self._on_commit):
            step.store = self._instead = with_other_key(step.store)

    @property
    def store(self) -> Keeper:
        """Where whoever hosts the device stores; the faults of the disk are there."""
        return FaultyStore(self.inner.store, lambda: self._on_commit, self._sleep)

    def _stored(self, what: Stored, now: float) -> Step:
        instead, self._instead = self._instead, None
        waiting, self._on_commit = self._on_commit, []
        for fault in waiting:
            self._tell(fault, ON_COMMIT[fault.do])
        if {fault.do for fault in waiting} & POWER_LOST:
            return self._lose_power(now)
        return super().happen(Stored(what.failure, instead), now)

    def _lose_power(self, now: float) -> Step:
        assert self._restart is not None, "whoever asks for a restart says how"
        self.inner = self._restart()
        self._armed.clear()
        return self.inner.start(self._endpoints, now)

    def _tell(self, fault: Fault, effect: str) -> None:
        self._events.append(FaultActed(fault=str(fault), effect=effect))


def _is_answer(armed: tuple[Path, bytes, Fault], look: Look) -> bool:
    path, token, _ = armed
    assert look.read is not None
    return look.read.token == token and _peer(path) == _peer(look.path)


def _is_repeated(armed: tuple[Path, bytes, Fault], look: Look) -> bool:
    """Tell whether a request came again whose answer a fault waited for: that one acted or not."""
    path, token, fault = armed
    is_same = look.is_request and look.read is not None and look.read.token == token
    return is_same and _peer(path) == _peer(look.path) and fault.times == 1


def _peer(path: Path) -> tuple[str, int, bool]:
    return path.peer_host, path.peer_port, path.secured


def _name(look: Look) -> str:
    if look.read is None:
        return " ".join(look.flights) or "a datagram"
    return f"the answer {look.read.code} {look.read.path}".strip()
