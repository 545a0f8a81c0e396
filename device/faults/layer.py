"""Stands around a device and lets its faults act.

A datagram that comes in is looked at, and the faults whose conditions it meets act: those of the
network on the datagram itself, those about the device at once, those about an answer when it
leaves. For that they are armed: they wait for what goes to the same peer with the same token. What
concerns the disk waits for a change to be stored (`disk`), what concerns certificates for a
handshake (`handles`). What a fault did is an event of the device, `fault.acted`, so that log, trace
and audit tell of it.

What comes in may be delayed or doubled, and while the device waits for its disk nothing may happen
to it. So there is a queue of what is still to come in, of which the device takes the next one as
soon as it has nothing to store.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace as with_fields
from itertools import count

from onboardee.device.events import FaultActed, FaultAppeared, FaultGone
from onboardee.device.faults.certificates import shown_by
from onboardee.device.faults.checking import BY_ITSELF, ENDINGS, HELLO, NETWORK, ON_ARRIVAL
from onboardee.device.faults.crowd import crowd
from onboardee.device.faults.disk import ON_COMMIT, POWER_LOST, FaultyStore, with_other_key
from onboardee.device.faults.effects import HARMLESS, MESSAGE, SERVER_HELLO, written_anew
from onboardee.device.faults.handles import Handles
from onboardee.device.faults.happenings import FaultAdded, FaultRemoved, FaultsCleared
from onboardee.device.faults.passing import TOLD, HeldBack, Passing, passed
from onboardee.device.faults.rewriting import Look, Rewriter, harmless
from onboardee.device.faults.terms import Effect, Fault
from onboardee.device.faults.triggers import Moment, Trigger
from onboardee.device.machine.layer import (
    AnyDevice,
    Happening,
    Layer,
    Received,
    Started,
    Stored,
    Ticked,
)
from onboardee.device.machine.step import Keeper, Step
from onboardee.device.trace.items import Way
from onboardee.pki.key_pairs import CertifiedKey
from onboardee.svrdb.model import Database
from onboardee.wire.path import Endpoint, Outgoing, Path

_AT_ONCE = ON_ARRIVAL | {Effect.CROWD}
"""Effects that act when something comes in, and are not about the answer."""
_ON_ANSWER = frozenset({*MESSAGE, *ENDINGS, Effect.SEPARATE, Effect.WRONG_PORT})


class Faulty(Layer):
    """A device with faults."""

    def __init__(
        self,
        inner: AnyDevice,
        faults: Sequence[Fault],
        handles: Handles,
        restart: Callable[[], AnyDevice],
        *,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """Stand around a device that was made with the surroundings of `handles`.

        `restart` makes it anew of what it has stored, `sleep` lets a slow disk take its time.
        Chance and made up devices come of the same random octets as all else of the device.
        """
        super().__init__(inner)
        self._numbers = count(1)
        self._triggers = [Trigger(fault, next(self._numbers)) for fault in faults]
        self._handles = handles
        self._rewriter = Rewriter(handles.secrets, handles.surroundings.entropy)
        self._entropy = handles.surroundings.entropy
        self._restart = restart
        self._sleep = sleep
        self._now = 0.0
        self._ahead = 0.0
        """By how many seconds the clock of the device's timers has jumped."""
        self._endpoints: Sequence[Endpoint] = inner.endpoints
        self._armed: list[tuple[Path, bytes, Fault]] = []
        """Faults that wait for an answer: the peer, the token, and the fault."""
        self._silent: set[tuple[str, int, bool]] = set()
        self._incoming, self._outgoing = HeldBack(), HeldBack()
        self._queue: deque[Passing] = deque()
        """What is next to come in, once the disk has answered."""
        self._asked: Look | None = None
        """What the device is at work on."""
        self._on_commit: list[Fault] = []
        self._instead: Database | None = None
        self._events: list[FaultActed] = []
        for session in inner.sessions:
            self._rewriter.know(session)
        handles.present = self._present

    @property
    def protocol_faults(self) -> Mapping[int, Fault]:
        """The faults that it has, by their numbers."""
        return {each.number: each.fault for each in self._triggers}

    def clear(self) -> None:
        """Have no faults any more."""
        self._triggers.clear()
        self._armed.clear()
        self._on_commit.clear()
        self._silent.clear()

    def _change_faults(self, what: FaultAdded | FaultRemoved | FaultsCleared) -> Step:
        """Have other faults from now on. Raises `ValueError` for a number that there is not."""
        if isinstance(what, FaultAdded):
            added = Trigger(what.fault, next(self._numbers), since=self._now)
            self._triggers.append(added)
            step = Step(events=[FaultAppeared(fault=str(what.fault), number=added.number)])
            self._act_by_itself(step)
            return step
        gone = [
            each
            for each in self._triggers
            if isinstance(what, FaultsCleared) or each.number == what.number
        ]
        if isinstance(what, FaultRemoved) and not gone:
            raise ValueError(f"there is no fault {what.number}")
        for each in gone:
            self._triggers.remove(each)
            self._armed = [armed for armed in self._armed if armed[2] is not each.fault]
            if each.fault.do is Effect.SILENCE:
                self._silent.clear()
        return Step(events=[FaultGone(fault=str(each.fault), number=each.number) for each in gone])

    @property
    def store(self) -> Keeper:
        """Where whoever hosts the device stores; the faults of the disk are there."""
        return FaultyStore(self.inner.store, lambda: self._on_commit, self._sleep)

    def next_deadline(self) -> float | None:
        """Return when `tick` wants to be called, for the device or for what a fault has to do."""
        own = self.inner.next_deadline()
        by_itself = (each.due for each in self._triggers if _is_by_itself(each))
        deadlines = [
            None if own is None else own - self._ahead,
            self._incoming.next_deadline(),
            self._outgoing.next_deadline(),
            *(due for due in by_itself if due is not None and due > self._now),
        ]
        return min((each for each in deadlines if each is not None), default=None)

    def happen(self, what: Happening, now: float) -> Step:
        """Let it happen, with the faults."""
        self._now = now
        for trigger in self._triggers:
            if trigger.since is None:
                trigger.since = now
        step = self._begun(what)
        while self._queue and step.store is None:
            _add(step, self._delivered(self._queue.popleft()))
        step.send = self._leaving(step.send)
        self._commit(step)
        step.events = [*self._events, *step.events]
        self._events = []
        return step

    @property
    def _moment(self) -> Moment:
        return Moment(self._now, self.inner.database.state)

    def _begun(self, what: Happening) -> Step:
        if isinstance(what, Stored):
            return self._stored(what)
        if isinstance(what, FaultAdded | FaultRemoved | FaultsCleared):
            return self._change_faults(what)
        if isinstance(what, Started):
            self._endpoints = what.endpoints
        step = Step()
        if isinstance(what, Received | Ticked):
            self._act_by_itself(step)
        if isinstance(what, Received):
            arriving = self._arriving(what, step)
            self._queue += self._incoming.sorted_out(arriving, self._now)
            return step
        if isinstance(what, Ticked):
            self._queue += self._incoming.due(self._now)
        if step.store is None:
            self._asked = None
            _add(step, self._inside(what))
        return step

    def _inside(self, what: Happening) -> Step:
        """Let something happen to the device, at the time of its own clock."""
        return what.happen_to(self.inner, self._now + self._ahead)

    # what the device does without anything that comes in

    def _act_by_itself(self, step: Step) -> None:
        for trigger in self._triggers:
            is_due = _is_by_itself(trigger) and trigger.is_time(self._moment)
            if step.store is None and is_due and trigger.begins(self._entropy):
                self._act_at_once(trigger.fault, None, step)

    def _act_at_once(self, fault: Fault, look: Look | None, step: Step) -> bool:
        """Let a fault act that is about the device; tell whether what came goes on to it."""
        match fault.do:
            case Effect.RESET if step.store is None:
                self._tell(fault, "reset itself")
                _add(step, self.inner.press_reset(self._now + self._ahead))
                return False
            case Effect.CLOCK_JUMP:
                self._handles.clock.jump(fault.duration)
                self._tell(fault, f"let the time of day jump by {fault.duration:g} s")
            case Effect.TIMER_JUMP:
                self._ahead += fault.duration
                self._tell(fault, f"let the clock of the timers jump by {fault.duration:g} s")
            case Effect.SILENCE if look is not None:
                self._silent.add(_peer(look.path))
                self._tell(fault, "answers nothing any more")
                return False
            case Effect.CROWD if look is not None:
                step.send += crowd(look, self._entropy)
                self._tell(fault, "let a crowd answer")
        return True

    # what comes in

    def _arriving(self, what: Received, step: Step) -> list[Passing]:
        """Return what the device gets of a datagram, now or later."""
        if _peer(what.path) in self._silent:
            return []
        look = self._rewriter.look(what.datagram, what.path, Way.IN)
        self._armed = [each for each in self._armed if not _is_repeated(each, look)]
        goes_on, network = True, list[Fault]()
        datagram = what.datagram
        for trigger in self._triggers:
            fault = trigger.fault
            if not self._is_met(trigger, look) or not trigger.begins(self._entropy):
                continue
            if fault.do in _AT_ONCE:
                goes_on = self._act_at_once(fault, look, step) and goes_on
            elif fault.do in NETWORK and (fault.way != "out" or not fault.is_about_request):
                network.append(fault)
            elif look.read is not None:
                self._armed.append((look.path, look.read.token, fault))
            if fault.do in HARMLESS:
                datagram = self._rewriter.with_message(look, harmless(look.octets))
        if not goes_on or not datagram:
            return []
        self._tell_passing(network, look)
        return passed([Passing(datagram, what.path, look=look)], network)

    def _is_met(self, trigger: Trigger, look: Look) -> bool:
        fault, moment = trigger.fault, self._moment
        if fault.do in _AT_ONCE:
            is_here = fault.do is not Effect.CROWD or (look.path.multicast and look.is_request)
            return is_here and not _is_by_itself(trigger) and trigger.is_arriving(look, moment)
        if fault.do in NETWORK and not fault.is_about_request:
            return trigger.is_datagram(look, moment)
        is_of_answer = fault.do in NETWORK or fault.do in _ON_ANSWER
        return is_of_answer and fault.flight is None and trigger.is_request(look, moment)

    def _delivered(self, passing: Passing) -> Step:
        self._asked = passing.look
        return self._inside(Received(passing.datagram, passing.path))

    # what goes out

    def _leaving(self, send: Sequence[Outgoing]) -> list[Outgoing]:
        leaving: list[Passing] = []
        for outgoing in send:
            if _peer(outgoing.path) not in self._silent:
                leaving += self._one_leaving(outgoing)
        passing = self._outgoing.sorted_out(leaving, self._now) + self._outgoing.due(self._now)
        return [Outgoing(each.datagram, each.path) for each in passing]

    def _one_leaving(self, outgoing: Outgoing) -> list[Passing]:
        look = self._rewriter.look(outgoing.datagram, outgoing.path, Way.OUT)
        faults = self._about(look)
        if not faults:
            return [Passing(outgoing.datagram, outgoing.path)]
        written = written_anew(look, faults, self._rewriter)
        for fault in faults:
            if fault.do is Effect.WRONG_PORT:
                written = [with_fields(each, path=self._other_port(each.path)) for each in written]
                self._tell(fault, "answered from another port")
            elif fault.do not in NETWORK:
                self._tell(fault, f"acted upon {_name(look)}")
        network = [each for each in faults if each.do in NETWORK]
        self._tell_passing(network, look)
        return passed(written, network)

    def _about(self, look: Look) -> list[Fault]:
        """Return the faults that act upon a datagram that leaves, each once."""
        found: list[Fault] = []
        if look.read is not None and not look.is_request:
            mine = [each for each in self._armed if _is_answer(each, look)]
            for each in mine:
                self._armed.remove(each)
            found += [fault for _, _, fault in mine]
        for trigger in self._triggers:
            if _is_about_leaving(trigger.fault, look) and trigger.is_datagram(look, self._moment):
                found += [trigger.fault] if trigger.begins(self._entropy) else []
        return found

    def _other_port(self, path: Path) -> Path:
        others = [each.port for each in self._endpoints if each.port != path.local_port]
        return with_fields(path, local_port=others[0] if others else path.local_port)

    # what is stored, and what is shown

    def _commit(self, step: Step) -> None:
        """Let the faults act that wait for a change, before it is stored."""
        if step.store is None:
            return
        for trigger in self._triggers:
            is_met = trigger.fault.do in ON_COMMIT and trigger.is_request(self._asked, self._moment)
            if is_met and trigger.begins(self._entropy):
                self._on_commit.append(trigger.fault)
        if any(each.do is Effect.OTHER_KEY for each in self._on_commit):
            step.store = self._instead = with_other_key(step.store)

    def _stored(self, what: Stored) -> Step:
        instead, self._instead = self._instead, None
        waiting, self._on_commit = self._on_commit, []
        for fault in waiting:
            self._tell(fault, ON_COMMIT[fault.do])
        if {fault.do for fault in waiting} & POWER_LOST:
            return self._lose_power()
        return self._inside(Stored(what.failure, instead))

    def _lose_power(self) -> Step:
        self.inner = self._restart()
        self._armed.clear()
        self._queue.clear()
        return self._inside(Started(self._endpoints))

    def _present(self, own: CertifiedKey, address: object) -> CertifiedKey:
        """Return the certificate that is shown to a peer (`Handles`)."""
        for trigger in self._triggers:
            is_met = trigger.fault.do is Effect.CERTIFICATE and trigger.is_time(self._moment)
            is_its = isinstance(address, Path) and trigger.is_of_peer(address)
            if is_met and is_its and trigger.begins(self._entropy):
                self._tell(trigger.fault, f"showed a certificate: {trigger.fault.kind or 'other'}")
                return shown_by(trigger.fault)
        return own

    # what is told

    def _tell(self, fault: Fault, effect: str) -> None:
        self._events.append(FaultActed(fault=str(fault), effect=effect))

    def _tell_passing(self, faults: Sequence[Fault], look: Look) -> None:
        for fault in faults:
            self._tell(fault, f"{TOLD[fault.do]} {_name(look)}")


def _add(step: Step, more: Step) -> None:
    """Let what came of one thing more be part of a step that has nothing to store."""
    step.send += more.send
    step.events += more.events
    step.faults += more.faults
    step.store = more.store


def _is_by_itself(trigger: Trigger) -> bool:
    """Tell whether a fault acts when its time has come, whatever else happens."""
    fault = trigger.fault
    return fault.do in BY_ITSELF and fault.is_unconditional and not trigger.is_spent


def _is_about_leaving(fault: Fault, look: Look) -> bool:
    """Tell whether a fault is about what leaves as such, and not about an answer."""
    if fault.do in HELLO:
        return SERVER_HELLO in look.flights
    is_network = fault.do in NETWORK and not fault.is_about_request
    return is_network or (fault.do in ENDINGS and fault.flight is not None)


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
    what = "the request" if look.is_request else "the answer"
    return f"{what} {look.read.code} {look.read.path}".strip()
