"""Stands around a device and lets its faults act.

A datagram that comes in is looked at, and the faults whose conditions it meets act: those of the
network on the datagram itself, those about the device at once, those about an answer when it leaves
(`leaving`). What concerns the disk waits for a change to be stored (`disk`), what concerns
certificates for a handshake (`handles`). What a fault did is an event of the device, `fault.acted`,
so that log, trace and audit tell of it.

What comes in may be delayed or doubled, and while the device waits for its disk nothing may happen
to it. So there is a queue of what is still to come in, of which the device takes the next one as
soon as it has nothing to store.

A request that is to have no effect (`ignore`, `refuse`) becomes a read of the same resource before
the device sees it, under the same number and token, and the answer to that becomes the one that was
wanted. The device is never asked to pretend.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from onboardee.device.faults.certificates import shown_by
from onboardee.device.faults.checking import ENDINGS, NETWORK, ON_ARRIVAL
from onboardee.device.faults.crowd import crowd
from onboardee.device.faults.disk import ON_COMMIT, POWER_LOST, FaultyStore, with_other_key
from onboardee.device.faults.effects import HARMLESS, MESSAGE
from onboardee.device.faults.handles import Handles
from onboardee.device.faults.happenings import FaultAdded, FaultRemoved, FaultsCleared
from onboardee.device.faults.leaving import Leaving, tell_passing
from onboardee.device.faults.passing import HeldBack, Passing, passed
from onboardee.device.faults.rewriting import Look, Rewriter, harmless, peer_of
from onboardee.device.faults.roster import Condition, Roster
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
from onboardee.wire.path import Endpoint, Path

_AT_ONCE = ON_ARRIVAL | {Effect.CROWD}
"""Effects that act when something comes in, and are not about the answer."""
_SILENT: Final = 4096
"""Peers that are not answered at a time; strangers may have as many addresses as they like."""
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
        Chance and made up devices come of the same random octets as all else of the device. What
        is said in sessions that are open already is understood from now on.
        """
        super().__init__(inner)
        self._entropy = handles.surroundings.entropy
        self._roster = Roster(faults, self._entropy, lambda: self.inner.database.state)
        self._handles = handles
        self._restart = restart
        self._sleep = sleep
        self._rewriter = Rewriter(handles.secrets, self._entropy)
        self._endpoints: Sequence[Endpoint] = inner.endpoints
        self._way_out = Leaving(self._roster, self._rewriter, lambda: self._endpoints)
        self._held = HeldBack()
        self._queue: deque[Passing] = deque()
        """What is next to come in, once the disk has answered."""
        self._asked: Look | None = None
        """What the device is at work on."""
        self._ahead = 0.0
        """By how many seconds the clock of the device's timers has jumped."""
        self._silent: dict[tuple[str, int, bool], None] = {}
        """Peers that get no answers any more, a bounded number of them."""
        self._on_commit: list[Fault] = []
        self._instead: Database | None = None
        for session in inner.sessions:
            self._rewriter.know(session)
        handles.present = self._present

    @property
    def protocol_faults(self) -> Mapping[int, Fault]:
        """The faults that it has, by their numbers."""
        return self._roster.faults

    @property
    def faults_acted(self) -> Mapping[int, int]:
        """How often each of them acted, by its number."""
        return self._roster.acted

    def clear(self) -> None:
        """Have no faults any more, as if there had never been one."""
        self._remove(None)

    @property
    def store(self) -> Keeper:
        """Where whoever hosts the device stores; the faults of the disk are there."""
        return FaultyStore(self.inner.store, lambda: self._on_commit, self._sleep)

    def next_deadline(self) -> float | None:
        """Return when `tick` wants to be called, for the device or for what a fault has to do."""
        own = self.inner.next_deadline()
        deadlines = (
            None if own is None else own - self._ahead,
            self._held.next_deadline(),
            self._way_out.next_deadline(),
            self._roster.next_deadline(),
        )
        return min((each for each in deadlines if each is not None), default=None)

    def world_date(self, now: float) -> datetime:
        """Return the time of day in its world, whose clock may have jumped."""
        return self.inner.world_date(now + self._ahead)

    def happen(self, what: Happening, now: float) -> Step:
        """Let it happen, with the faults."""
        self._roster.begin(now)
        step = self._begun(what)
        while self._queue and step.store is None:
            _add(step, self._delivered(self._queue.popleft()))
        # who is not answered hears nothing, whatever it is: no notification, no alert either
        heard = (each for each in step.send if peer_of(each.path) not in self._silent)
        step.send = self._way_out.leave(heard)
        self._commit(step)
        step.events = [*self._roster.take_events(), *step.events]
        return step

    def _begun(self, what: Happening) -> Step:
        step = Step()
        match what:
            case Stored():
                return self._stored(what)
            case FaultAdded(fault):
                self._roster.add(fault)
                self._act_by_itself(step)
                return step
            case FaultRemoved(number):
                self._remove(number)
                return step
            case FaultsCleared():
                self._remove(None)
                return step
            case Received():
                self._act_by_itself(step)
                self._queue += self._held.sorted_out(self._arriving(what, step), self._roster.now)
                return step
            case Started(endpoints):
                self._endpoints = endpoints
            case Ticked():
                self._act_by_itself(step)
                self._queue += self._held.due(self._roster.now)
        if step.store is None:
            self._asked = None
            _add(step, self._inside(what))
        return step

    def _inside(self, what: Happening) -> Step:
        """Let something happen to the device, at the time of its own clock."""
        return what.happen_to(self.inner, self._roster.now + self._ahead)

    def _remove(self, number: int | None) -> None:
        gone = self._roster.remove(number)
        self._way_out.armed.remove(gone)
        if any(each.do is Effect.SILENCE for each in gone):
            self._silent.clear()

    # what the device does of itself

    def _act_by_itself(self, step: Step) -> None:
        def is_met(trigger: Trigger, moment: Moment) -> bool:
            return step.store is None and trigger.is_by_itself and trigger.is_time(moment)

        for fault in self._roster.acting(is_met):
            self._act_at_once(fault, None, step)

    def _act_at_once(self, fault: Fault, look: Look | None, step: Step) -> bool:
        """Let a fault act that is about the device; tell whether what came goes on to it."""
        tell = self._roster.tell
        match fault.do:
            case Effect.RESET if step.store is None:
                tell(fault, "reset itself")
                _add(step, self.inner.press_reset(self._roster.now + self._ahead))
                return False
            case Effect.CLOCK_JUMP:
                self._handles.clock.jump(fault.duration)
                tell(fault, f"let the time of day jump by {fault.duration:g} s")
            case Effect.TIMER_JUMP:
                self._ahead += fault.duration
                tell(fault, f"let the clock of the timers jump by {fault.duration:g} s")
            case Effect.SILENCE if look is not None:
                self._silent[peer_of(look.path)] = None
                if len(self._silent) > _SILENT:
                    del self._silent[next(iter(self._silent))]
                tell(fault, "answers nothing any more")
                return False
            case Effect.CROWD if look is not None:
                step.send += crowd(look, self._entropy)
                tell(fault, "let a crowd answer")
        return True

    # what comes in

    def _arriving(self, what: Received, step: Step) -> list[Passing]:
        """Return what the device gets of a datagram, now or later."""
        if peer_of(what.path) in self._silent:
            return []
        look = self._rewriter.look(what.datagram, what.path, Way.IN)
        self._way_out.armed.forget_repeated(look)
        goes_on, network = True, list[Fault]()
        datagram = what.datagram
        again = self._way_out.armed.repeated(look)
        acting = [*self._roster.acting(_about(look))]
        for fault in (*acting, *(each for each in again if each not in acting)):
            if fault.do in _AT_ONCE:
                goes_on = self._act_at_once(fault, look, step) and goes_on
            elif fault.do in NETWORK and (fault.way != "out" or not fault.is_about_request):
                network.append(fault)
            else:
                self._way_out.armed.add(look, fault)
            if fault.do in HARMLESS:
                datagram = self._rewriter.with_message(look, harmless(look.octets))
        if not goes_on:
            return []
        tell_passing(self._roster, network, look)
        return passed([Passing(datagram, what.path, look=look)], network)

    def _delivered(self, passing: Passing) -> Step:
        self._asked = passing.look
        return self._inside(Received(passing.datagram, passing.path))

    # what is stored, and what is shown

    def _commit(self, step: Step) -> None:
        """Let the faults act that wait for a change, before it is stored."""
        if step.store is None:
            return

        def is_met(trigger: Trigger, moment: Moment) -> bool:
            return trigger.fault.do in ON_COMMIT and trigger.is_request(self._asked, moment)

        self._on_commit += self._roster.acting(is_met)
        if any(each.do is Effect.OTHER_KEY for each in self._on_commit):
            step.store = self._instead = with_other_key(step.store)

    def _stored(self, what: Stored) -> Step:
        instead, self._instead = self._instead, None
        waiting, self._on_commit = self._on_commit, []
        for fault in waiting:
            self._roster.tell(fault, ON_COMMIT[fault.do])
        # a device without power never hears what became of its change
        if {fault.do for fault in waiting} & POWER_LOST:
            return self._lose_power()
        return self._inside(Stored(what.failure, instead))

    def _lose_power(self) -> Step:
        """Begin again with what is stored; what was under way to the device is lost."""
        self.inner = self._restart()
        self._way_out.armed.clear()
        self._queue.clear()
        return self._inside(Started(self._endpoints))

    def _present(self, own: CertifiedKey, address: object) -> CertifiedKey:
        """Return the certificate that is shown to a peer (`Handles`)."""

        def is_met(trigger: Trigger, moment: Moment) -> bool:
            is_its = isinstance(address, Path) and trigger.is_of_peer(address)
            return trigger.fault.do is Effect.CERTIFICATE and is_its and trigger.is_time(moment)

        for fault in self._roster.acting(is_met):
            self._roster.tell(fault, f"showed a certificate: {fault.kind or 'other'}")
            return shown_by(fault)
        return own


def _about(look: Look) -> Condition:
    """Return the condition of faults that a datagram that comes in concerns."""

    def is_met(trigger: Trigger, moment: Moment) -> bool:
        fault = trigger.fault
        if fault.do in _AT_ONCE:
            is_here = fault.do is not Effect.CROWD or (look.path.multicast and look.is_request)
            return is_here and not trigger.is_by_itself and trigger.is_arriving(look, moment)
        if fault.do in NETWORK and not fault.is_about_request:
            return trigger.is_datagram(look, moment)
        is_of_answer = fault.do in NETWORK or fault.do in _ON_ANSWER
        return is_of_answer and fault.flight is None and trigger.is_request(look, moment)

    return is_met


def _add(step: Step, more: Step) -> None:
    """Let what came of one thing more be part of a step that has nothing to store."""
    step.send += more.send
    step.events += more.events
    step.faults += more.faults
    step.store = more.store
