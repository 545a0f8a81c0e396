"""Lets what was recorded happen again, and says where it comes out differently.

The device is made as it was, of the profile, database, seed and faults of the beginning, and each
recorded step happens to it at its recorded time. No time passes: clock and time of day are what the
recording says. What comes of a step is put into the same form as the recorded one and compared, so
that a difference names the step, and both sides in hex.

A step that differs is not the end: the replay goes on, and says of each further one how it comes
out. Mostly the first one is what matters. Where the disk failed the recording says so, and then the
database stays as it was; where it did not, the layer of faults may keep it from being stored, as it
did the first time (`faults.disk`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path as FilePath

from onboardee.device.events import Bus
from onboardee.device.faults.building import Maker
from onboardee.device.faults.happenings import FaultAdded, FaultRemoved, FaultsCleared
from onboardee.device.machine.boot import Surroundings
from onboardee.device.machine.layer import AnyDevice
from onboardee.device.machine.memory import MemoryKeeper
from onboardee.device.machine.step import Step
from onboardee.device.recording.format import (
    Beginning,
    RecordedStep,
    RecordingError,
    Sent,
    entry_of,
    happening_of,
    read,
)
from onboardee.device.recording.recorder import RecordedClock
from onboardee.device.trace.items import Item
from onboardee.device.trace.tracing import Sink, Tracer
from onboardee.wire.entropy import SeededEntropy


@dataclass(frozen=True, slots=True)
class ReplayDifference:
    """A step that did not come out as it was recorded."""

    number: int
    """Of the step, from 1."""
    entry: RecordedStep
    recorded: str
    came: str

    def __str__(self) -> str:
        return (
            f"step {self.number}, {self.entry.what} at {self.entry.at:.3f}: "
            f"recorded {self.recorded}; now {self.came}"
        )


def _do_not_sleep(_seconds: float) -> None:
    """Let a slow disk be done at once."""


@dataclass
class Replay:
    """A recorded device that lives again, step by step."""

    beginning: Beginning
    entries: list[RecordedStep]
    keylog: list[str] = field(default_factory=list)
    differences: list[ReplayDifference] = field(default_factory=list)
    done: int = 0
    """How many steps have happened."""
    device: AnyDevice = field(init=False)

    def __post_init__(self) -> None:
        self._clock = RecordedClock(self.beginning.began)
        self._kept = MemoryKeeper(self.beginning.database)
        surroundings = Surroundings(
            entropy=SeededEntropy(self.beginning.seed),
            bus=Bus(self.beginning.name, self._clock),
            wall_clock=self._clock,
            keylog=self.keylog.append,
            seed=self.beginning.chance,
            speed=self.beginning.speed,
        )
        self._maker = Maker(self.beginning.profile, self._kept, surroundings, sleep=_do_not_sleep)
        self.device = self._maker.device(self.beginning.faults)

    def trace(self, sink: Sink) -> None:
        """Tell all that crosses the border of the device from now on; before the first step."""
        tracer = Tracer(self.device, self._maker.secrets)
        tracer.follow(sink)
        self.device = tracer

    @classmethod
    def of(cls, path: FilePath) -> "Replay":
        """Make the device of a recording. Raises `RecordingError`."""
        return cls(*read(path))

    def steps(self, until: int | None = None) -> Iterator[tuple[RecordedStep, Step]]:
        """Let it go on, up to a step; yield each with what came of it. Raises `RecordingError`.

        What differs from the recording is in `differences`.
        """
        end = len(self.entries) if until is None else min(until, len(self.entries))
        zero = self.entries[0].at if self.entries else 0.0
        while self.done < end:
            entry = self.entries[self.done]
            self.done += 1
            try:
                what = happening_of(entry)
            except RecordingError as error:
                raise RecordingError(f"step {self.done}: {error}") from error
            # a recording has the host's clock, which began at any number
            self._clock.set(entry.at - zero, entry.clock)
            if isinstance(what, FaultAdded | FaultRemoved | FaultsCleared):
                self.device = self._maker.around(self.device)
            step = what.happen_to(self.device, entry.at)
            if step.store is not None and self._is_stored():
                self.device.store.commit(step.store)
            self._compare(entry, entry_of(what, entry.at, step, entry.clock))
            yield entry, step

    def _is_stored(self) -> bool:
        """Tell whether the disk did what the step wanted, as the next step says."""
        following = self.entries[self.done : self.done + 1]
        return not following or following[0].failure is None

    def run(self, until: int | None = None) -> "Replay":
        """Let it go on, up to a step. Raises `RecordingError`."""
        for _ in self.steps(until):
            pass
        return self

    def _compare(self, recorded: RecordedStep, came: RecordedStep) -> None:
        if recorded.sent != came.sent:
            self._differ(recorded, *_sent(recorded, came))
        elif recorded.events != came.events:
            one, other = recorded.events, came.events
            self._differ(recorded, _first(one, other), _first(other, one))
        elif recorded.stores != came.stores:
            said = {True: "something to store", False: "nothing to store"}
            self._differ(recorded, said[recorded.stores], said[came.stores])

    def _differ(self, entry: RecordedStep, recorded: str, came: str) -> None:
        self.differences.append(ReplayDifference(self.done, entry, recorded, came))


def _sent(recorded: RecordedStep, came: RecordedStep) -> tuple[str, str]:
    """Describe the first datagram that differs, on both sides."""
    pairs = enumerate(zip_longest(recorded.sent, came.sent), 1)
    place, (one, other) = next(pair for pair in pairs if pair[1][0] != pair[1][1])
    return _datagram(place, one), _datagram(place, other)


def _datagram(place: int, sent: Sent | None) -> str:
    if sent is None:
        return "no datagram"
    return f"datagram {place} to {sent.peer}, {sent.octets.hex()}"


def _first(these: list[str], those: list[str]) -> str:
    return next((each for each in these if each not in those), "another order of events")


def trace_of(path: FilePath) -> list[Item]:
    """Return what crossed the border of a recorded device, from its first step to its last.

    Whoever judges a trace judges what happened, so a recording that does not come out as it was
    recorded is refused. Raises `RecordingError`.
    """
    replay, items = Replay.of(path), list[Item]()
    replay.trace(items.append)
    replay.run()
    if replay.differences:
        raise RecordingError(
            f"{path} is of another version of the program: {replay.differences[0]}"
        )
    return items
