"""What happens to the simulated appliance: its values, inputs and faults.

A value changes because a client wrote it, because a person did (`onboardee ctl`), or because the
behaviour of the profile moved it; the last kind is frequent, and marked `by_itself`.
"""

from collections.abc import Mapping

from onboardee.device.events.bus import Event


class ValueChanged(Event, frozen=True, kw_only=True):
    """A client or a person changed what the device is doing, or it did so by itself."""

    name = "value.changed"
    href: str
    """The path of the resource."""
    values: Mapping[str, object]
    """Those that are other than when they were told last."""
    by_itself: bool = False
    """What behaves changes all the time: few want to read it."""
    moving: bool = False
    """Whether the values are on their way, so that more of them follow."""


class ResourceCreated(Event, frozen=True, kw_only=True):
    """A client created a resource in a collection (OCF Core 7.6.3.9)."""

    name = "resource.created"
    href: str
    """Its path."""
    collection: str
    """The path of the collection."""
    type: str
    """What it is, such as oic.r.switch.binary."""


class ResourceDeleted(Event, frozen=True, kw_only=True):
    """A client deleted a resource that was created (OCF Core 7.6.3.9)."""

    name = "resource.deleted"
    href: str
    """The path that it had."""
    collection: str
    """The path of the collection that it was in."""


class InputPressed(Event, frozen=True, kw_only=True):
    """A person used an input of the device: a button, a thumbturn."""

    name = "input.pressed"
    input: str


class FaultChanged(Event, frozen=True, kw_only=True):
    """A fault came or went: a person wanted it, or it happened by itself."""

    name = "fault.changed"
    fault: str
    """Its name in the profile."""
    is_on: bool
    by_itself: bool = False
    """It came by chance, or went after its time."""


class TimeChanged(Event, frozen=True, kw_only=True):
    """Somebody let the time of the device's world go faster, stand still, go on or skip ahead."""

    name = "time.changed"
    speed: float
    """Seconds of the world in one of the device's clock, once it is not paused."""
    paused: bool
    skipped: float = 0.0
    """Seconds."""
    world_time: str
    """The time of day in the world, as RFC 3339 has it."""


class DeviceConfigured(Event, frozen=True, kw_only=True):
    """A client gave the device a name, a place or the like; only what was set is told."""

    name = "device.configured"
    values: Mapping[str, object]
    """By their names in /oic/con."""


class UpdateChanged(Event, frozen=True, kw_only=True):
    """An update of the software was ordered, has come further, or is over."""

    name = "update.state"
    state: str
    """idle, nsa, svv, sva or upgrading (oic.r.softwareupdate)."""
    action: str
    """What is still to be done: idle, isac, isvv or upgrade."""
    result: int
    """0 to 8, as oic.r.softwareupdate counts them; 1 is success."""
    version: str
    """Of the new software, once it is known."""


class UpdateFailed(Event, frozen=True, kw_only=True):
    """An update has come to nothing; the device goes on with the software that it has."""

    name = "update.failed"
    reason: str


class SoftwareInstalled(Event, frozen=True, kw_only=True):
    """The device has other software now."""

    name = "update.installed"
    version: str


class BehaviourFailed(Event, frozen=True, kw_only=True):
    """The behaviour that the profile declares cannot go on as it says; the device goes on."""

    name = "behaviour.failed"
    reason: str
    """What the profile's behaviour cannot do, or the error of its code."""
