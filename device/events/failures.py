"""What goes wrong in a device: an error of the program, a disk that refuses, a planted fault.

None of these ends the device. An error of the program costs one peer its session, a disk that
refuses costs one client its change.
"""

from onboardee.device.events.bus import Event


class DeviceFault(Event, frozen=True, kw_only=True):
    """The device met a fault of its own: it gave up the peer, if there was one, and goes on."""

    name = "device.fault"
    reason: str
    """The exception, with its text."""
    where: tuple[str, ...]
    """The innermost functions, the one that raised last."""
    peer: str | None = None
    left_out_before: int = 0
    """How often the same fault was met since it was told last."""


class StorageFailed(Event, frozen=True, kw_only=True):
    """A change could not be made durable and was refused; the device goes on with what it has."""

    name = "storage.failed"
    reason: str
    """What the operating system said, and where."""


class FaultAppeared(Event, frozen=True, kw_only=True):
    """A running device got a fault of its protocol (`onboardee ctl fault add`)."""

    name = "fault.added"
    fault: str
    number: int


class FaultGone(Event, frozen=True, kw_only=True):
    """A running device lost a fault of its protocol."""

    name = "fault.removed"
    fault: str
    number: int


class FaultActed(Event, frozen=True, kw_only=True):
    """A fault that was asked for acted on what went in or out (`device.faults`)."""

    name = "fault.acted"
    fault: str
    """As it was asked for, `drop at=credential`."""
    effect: str
    """What it did to which message."""
