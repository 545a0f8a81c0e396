"""What a fleet file says. Typed once, checked on loading, and the source of its JSON Schema."""

from typing import Annotated

import msgspec

from onboardee.device.fleet.pattern import check_pattern
from onboardee.device.simulation.compatibility import Preset
from onboardee.device.simulation.ownership_settings import OwnerTransferMethod
from onboardee.device.simulation.section import MisplacedError, Section

MAX_DEVICES = 100_000
"""Of one fleet."""

Seconds = Annotated[float, msgspec.Meta(ge=0, le=604_800)]
"""Up to a week."""
Interval = Annotated[float, msgspec.Meta(ge=0.1, le=2_592_000)]
"""Seconds, up to a month."""
Count = Annotated[int, msgspec.Meta(ge=1, le=MAX_DEVICES)]
Pattern = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
"""A text with `{n}` for the number of a device in its group, from 1; `{n:4}` has four digits."""


class StartPattern(Section, frozen=True, kw_only=True):
    """When the devices of a group start: all at once after `after`, or spread, or in waves."""

    after: Seconds = 0.0
    """Seconds until the first one."""
    over: Seconds | None = None
    """Seconds over which they are spread evenly."""
    waves: Annotated[int, msgspec.Meta(ge=1)] | None = None
    """How many start together; the next as many follow after `every`."""
    every: Seconds | None = None
    """Seconds between two waves."""

    def __post_init__(self) -> None:
        if self.over is not None and self.waves is not None:
            raise MisplacedError(
                "devices are spread over a time or come in waves, not both", "over"
            )
        if (self.waves is None) != (self.every is None):
            name = "waves" if self.every is None else "every"
            raise MisplacedError("waves have a size, waves, and a distance in time, every", name)


class Churn(Section, frozen=True, kw_only=True):
    """Devices that restart, or leave and come back, now and then."""

    every: Interval
    """Mean seconds that a device runs; each time is drawn from an exponential distribution."""
    away: Seconds = 0.0
    """Seconds that it is away; 0 is a restart."""


class Group(Section, frozen=True, kw_only=True):
    """Devices of one profile."""

    profile: Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]
    """A built-in profile, or the path of one from the folder of this file."""
    count: Count = 1
    """How many."""
    name: Pattern | None = None
    """How each is called in the log, by `ctl`, `svr` and `reset`; by default `light-{n}`."""
    title: Pattern | None = None
    """The name in `/oic/d`; by default that of the profile, with the number behind it."""
    serial: Pattern | None = None
    """The serial number in `/oic/p`."""
    uuid_seed: Pattern | None = None
    """The text from which the UUID of a device that starts anew is made."""
    otm: Annotated[tuple[OwnerTransferMethod, ...], msgspec.Meta(min_length=1)] | None = None
    """The owner transfer methods, in place of the profile's."""
    pin: Annotated[str, msgspec.Meta(pattern="^[0-9A-Za-z]{4,32}$")] | None = None
    """The PIN of the random PIN method, for all of them."""
    compat: Preset | None = None
    """Whose tools they serve as well."""
    faults: Annotated[tuple[str, ...], msgspec.Meta(max_length=64)] = ()
    """What goes wrong with each, as in `drop at=credential`."""
    seed: Pattern | None = None
    """Lets chances, UUIDs and keys of a device repeat; nothing of it is secret."""
    start: StartPattern = StartPattern()
    """When they start."""
    churn: Churn | None = None
    """Whether they come and go."""

    def __post_init__(self) -> None:
        for field in ("name", "title", "serial", "uuid_seed", "seed"):
            text = getattr(self, field)
            if text is not None:
                check_pattern(text, field, needs_number=self.count > 1 and field != "title")


class Fleet(Section, frozen=True, kw_only=True):
    """A fleet file."""

    description: Annotated[str, msgspec.Meta(max_length=120)] | None = None
    """One line for people."""
    state_file: Annotated[str, msgspec.Meta(min_length=1, max_length=4096)] | None = None
    """The file that keeps the state of all devices, from the folder of this file; else each has a
    directory."""
    groups: Annotated[tuple[Group, ...], msgspec.Meta(min_length=1, max_length=1024)]
    """The devices."""

    def __post_init__(self) -> None:
        if self.size > MAX_DEVICES:
            raise MisplacedError(f"a fleet has at most {MAX_DEVICES} devices", "groups")

    @property
    def size(self) -> int:
        """How many devices there are."""
        return sum(group.count for group in self.groups)
