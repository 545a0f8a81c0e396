"""The faults that a device has at a time: which of them act now, and what is told of it.

Whoever lets faults act (`layer`, `leaving`) asks here with a condition, and gets those whose turn
it is: asking counts. Each acted fault becomes an event of the step in which it acted.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from typing import TypeAlias

from onboardee.device.events import Event, FaultActed, FaultAppeared, FaultGone
from onboardee.device.faults.terms import Fault
from onboardee.device.faults.triggers import Moment, Trigger
from onboardee.svrdb.model import State
from onboardee.wire.entropy import Entropy

Condition: TypeAlias = Callable[[Trigger, Moment], bool]
"""Tells whether what happens now is what a fault waits for."""


class Roster:
    """The faults of a device with their counts."""

    def __init__(
        self, faults: Sequence[Fault], entropy: Entropy, state: Callable[[], State]
    ) -> None:
        """Have faults whose chance comes of `entropy`; `state` tells the device's at the moment."""
        self.now = 0.0
        """Seconds of the host's clock; whoever takes a step sets it."""
        self._entropy = entropy
        self._state = state
        self._numbers = count(1)
        self._triggers = [Trigger(fault, next(self._numbers)) for fault in faults]
        self._events: list[Event] = []

    def begin(self, now: float) -> None:
        """Take the time of a step; a fault of the beginning counts from the first one."""
        self.now = now
        for trigger in self._triggers:
            if trigger.since is None:
                trigger.since = now

    def acting(self, is_met: Condition) -> Iterator[Fault]:
        """Yield the faults that act now, in their order; each is counted."""
        for trigger in (*self._triggers,):
            if is_met(trigger, Moment(self.now, self._state())) and trigger.begins(self._entropy):
                yield trigger.fault

    def next_deadline(self) -> float | None:
        """Return when the next one is due that acts by itself."""
        deadlines = (each.due for each in self._triggers if each.is_by_itself)
        return min((due for due in deadlines if due is not None and due > self.now), default=None)

    # which there are

    @property
    def faults(self) -> Mapping[int, Fault]:
        """The faults by their numbers."""
        return {each.number: each.fault for each in self._triggers}

    @property
    def acted(self) -> Mapping[int, int]:
        """How often each acted, by its number."""
        return {each.number: each.acted for each in self._triggers}

    def add(self, fault: Fault) -> None:
        """Have one more from now on, under the next number."""
        added = Trigger(fault, next(self._numbers), since=self.now)
        self._triggers.append(added)
        self._events.append(FaultAppeared(fault=str(fault), number=added.number))

    def remove(self, number: int | None = None) -> list[Fault]:
        """Lose the fault of a number, or all; return what is gone. Raises `ValueError`."""
        gone = [each for each in self._triggers if number in {None, each.number}]
        if number is not None and not gone:
            raise ValueError(f"there is no fault {number}")
        self._triggers = [each for each in self._triggers if each not in gone]
        self._events += [FaultGone(fault=str(each.fault), number=each.number) for each in gone]
        return [each.fault for each in gone]

    # what is told

    def tell(self, fault: Fault, effect: str) -> None:
        """Tell that a fault acted, and what it did."""
        self._events.append(FaultActed(fault=str(fault), effect=effect))

    def take_events(self) -> list[Event]:
        """Return what is to be told of this step, once."""
        events, self._events = self._events, []
        return events
