"""Something around a device: what happens to it and what comes of it pass here.

A device is asked and answers with values, so whatever is to look at that, to keep it, to repeat it
or to spoil it stands around a device and has its face: whoever hosts the one can host the other,
and the device knows nothing of it. What happens is a value here, too (`Happening`); a layer
overrides `happen`, and does before and after what it is for:

    class Counting(Layer):
        def happen(self, what, now):
            self.count += 1
            return super().happen(what, now)

Layers may stand around layers. Nothing of this is in the way of a device without one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeAlias

from onboardee.device.machine.device import Device
from onboardee.device.machine.step import Step
from onboardee.svrdb.model import Database
from onboardee.wire.path import Endpoint, Path


class Happening(Protocol):
    """One thing that happens to a device."""

    name: ClassVar[str]
    """What people call it."""

    def happen_to(self, device: "AnyDevice", now: float) -> Step:
        """Let it happen; return what comes of it."""


@dataclass(frozen=True, slots=True)
class Started:
    """It begins to live, reached at these endpoints."""

    name: ClassVar[str] = "started"
    endpoints: Sequence[Endpoint]

    def happen_to(self, device: "AnyDevice", now: float) -> Step:
        """Start it."""
        return device.start(self.endpoints, now)


@dataclass(frozen=True, slots=True)
class Stopped:
    """It says goodbye."""

    name: ClassVar[str] = "stopped"

    def happen_to(self, device: "AnyDevice", now: float) -> Step:
        """Stop it."""
        return device.stop(now)


@dataclass(frozen=True, slots=True)
class Received:
    """A datagram came."""

    name: ClassVar[str] = "received"
    datagram: bytes
    path: Path

    def happen_to(self, device: "AnyDevice", now: float) -> Step:
        """Hand it over."""
        return device.receive(self.datagram, self.path, now)


@dataclass(frozen=True, slots=True)
class Ticked:
    """Something is due."""

    name: ClassVar[str] = "timer"

    def happen_to(self, device: "AnyDevice", now: float) -> Step:
        """Do it."""
        return device.tick(now)


@dataclass(frozen=True, slots=True)
class Stored:
    """What the last step wanted stored is durable, or `failure` says why not."""

    name: ClassVar[str] = "stored"
    failure: Exception | None
    instead: Database | None = None
    """What is durable, where that is something else than was wanted."""

    def happen_to(self, device: "AnyDevice", now: float) -> Step:
        """Go on."""
        return device.stored(self.failure, now, self.instead)


@dataclass(frozen=True, slots=True)
class ResetPressed:
    """Somebody pressed the reset button."""

    name: ClassVar[str] = "reset button pressed"

    def happen_to(self, device: "AnyDevice", now: float) -> Step:
        """Reset it."""
        return device.press_reset(now)


@dataclass(frozen=True, slots=True)
class Rebooted:
    """Its power went and came back."""

    name: ClassVar[str] = "rebooted"

    def happen_to(self, device: "AnyDevice", now: float) -> Step:
        """Reboot it."""
        return device.reboot(now)


@dataclass(frozen=True, slots=True)
class Adopted:
    """Another database was put in the place of its own."""

    name: ClassVar[str] = "database replaced"
    database: Database

    def happen_to(self, device: "AnyDevice", now: float) -> Step:
        """Restart with it."""
        return device.adopt(self.database, now)


@dataclass(frozen=True, slots=True)
class ValuesSet:
    """The simulated world changed a resource."""

    name: ClassVar[str] = "values set"
    href: str
    values: dict[str, object]

    def happen_to(self, device: "AnyDevice", now: float) -> Step:
        """Change it."""
        return device.set_values(self.href, self.values, now)


@dataclass(frozen=True, slots=True)
class InputUsed:
    """Somebody used one of its inputs."""

    name: ClassVar[str] = "input used"
    input: str

    def happen_to(self, device: "AnyDevice", now: float) -> Step:
        """Use it. Raises `ValueError` if there is none of this name."""
        return device.press(self.input, now)


@dataclass(frozen=True, slots=True)
class FaultSet:
    """One of the faults of its world came or went."""

    name: ClassVar[str] = "fault of the world set"
    fault: str
    is_on: bool

    def happen_to(self, device: "AnyDevice", now: float) -> Step:
        """Let it come or go. Raises `ValueError` if there is none of this name."""
        return device.fault(self.fault, now, is_on=self.is_on)


@dataclass(frozen=True, slots=True)
class PaceChanged:
    """The time of its world goes at another speed, stands still or goes on; None: as it was."""

    name: ClassVar[str] = "pace of the world changed"
    speed: float | None
    is_paused: bool | None

    def happen_to(self, device: "AnyDevice", now: float) -> Step:
        """Change it. Raises `ValueError` for a speed that is none."""
        return device.change_pace(self.speed, now, is_paused=self.is_paused)


@dataclass(frozen=True, slots=True)
class TimeSkipped:
    """The time of its world went ahead at once."""

    name: ClassVar[str] = "time of the world skipped"
    seconds: float

    def happen_to(self, device: "AnyDevice", now: float) -> Step:
        """Let it. Raises `ValueError` for a time that is none."""
        return device.skip(self.seconds, now)


class Layer:
    """A device with something around it; this one only passes everything on."""

    def __init__(self, inner: "AnyDevice") -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        # what can be asked of a device without anything happening to it
        return getattr(self.inner, name)

    @property
    def database(self) -> Database:
        """What the device keeps, as it is durable now."""
        return self.inner.database

    @property
    def reachable_at(self) -> tuple[str, ...]:
        """The endpoints for people to read, as whoever hosts the device knows them."""
        return self.inner.reachable_at

    @reachable_at.setter
    def reachable_at(self, endpoints: tuple[str, ...]) -> None:
        self.inner.reachable_at = endpoints

    def next_deadline(self) -> float | None:
        """Return when `tick` wants to be called, None if nothing is waiting."""
        return self.inner.next_deadline()

    def happen(self, what: Happening, now: float) -> Step:
        """Let something happen to the device; to be overridden."""
        return what.happen_to(self.inner, now)

    def start(self, endpoints: Sequence[Endpoint], now: float) -> Step:
        """Begin to live, reached at these endpoints."""
        return self.happen(Started(endpoints), now)

    def stop(self, now: float) -> Step:
        """Say goodbye to all peers."""
        return self.happen(Stopped(), now)

    def receive(self, datagram: bytes, path: Path, now: float) -> Step:
        """Take a datagram."""
        return self.happen(Received(datagram, path), now)

    def tick(self, now: float) -> Step:
        """Do what is due."""
        return self.happen(Ticked(), now)

    def stored(
        self, failure: Exception | None, now: float, instead: Database | None = None
    ) -> Step:
        """Go on after the database of the last step was stored, or could not be."""
        return self.happen(Stored(failure, instead), now)

    def press_reset(self, now: float) -> Step:
        """Press the reset button."""
        return self.happen(ResetPressed(), now)

    def reboot(self, now: float) -> Step:
        """Take its power away and give it back."""
        return self.happen(Rebooted(), now)

    def adopt(self, database: Database, now: float) -> Step:
        """Go on with another database."""
        return self.happen(Adopted(database), now)

    def set_values(self, href: str, values: dict[str, object], now: float) -> Step:
        """Let the simulated world change a resource."""
        return self.happen(ValuesSet(href, values), now)

    def press(self, name: str, now: float) -> Step:
        """Use one of the device's inputs."""
        return self.happen(InputUsed(name), now)

    def fault(self, name: str, now: float, *, is_on: bool) -> Step:
        """Let one of the faults of its world come or go."""
        return self.happen(FaultSet(name, is_on), now)

    def change_pace(self, speed: float | None, now: float, *, is_paused: bool | None) -> Step:
        """Let the time of its world go at another speed, stand still or go on."""
        return self.happen(PaceChanged(speed, is_paused), now)

    def skip(self, seconds: float, now: float) -> Step:
        """Let the time of its world go ahead at once."""
        return self.happen(TimeSkipped(seconds), now)


AnyDevice: TypeAlias = Device | Layer
"""A device, with something around it or without."""
