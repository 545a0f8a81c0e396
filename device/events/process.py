"""What happens to the process around a device: its sockets, its options, its files.

These are told once, at the start, or when the surroundings change. None of them is a reason to
stop: the device serves those who still reach it, and the log tells a person what does not work.
"""

from uuid import UUID

from onboardee.device.events.bus import Event


class DeviceReady(Event, frozen=True, kw_only=True):
    """All sockets are bound and the device answers."""

    name = "device.ready"
    device_uuid: UUID
    state: str
    """The onboarding state, such as RFOTM."""
    endpoints: tuple[str, ...]
    """As URIs, `coaps://192.0.2.7:5684`."""


class DeviceNotStarted(Event, frozen=True, kw_only=True):
    """A device that was to start later, or again, could not; it is tried again."""

    name = "device.not_started"
    reason: str


class DeviceLeft(Event, frozen=True, kw_only=True):
    """A device that comes and goes has gone; 0 seconds away are a restart."""

    name = "device.left"
    away: float


class PortShared(Event, frozen=True, kw_only=True):
    """Another program has this port too, and may get what is sent to this device."""

    name = "net.port_shared"
    endpoint: str
    """As a URI."""
    reason: str = "another program has this port too, and may get what is sent to this device"


class ControlUnavailable(Event, frozen=True, kw_only=True):
    """There is no control socket, so `onboardee ctl` does not reach this device."""

    name = "control.unavailable"
    reason: str
    """What the operating system said."""


class OptionIgnored(Event, frozen=True, kw_only=True):
    """An option of the command line means nothing to this device, for the reason given."""

    name = "option.ignored"
    option: str
    """As it is written, `--uuid`."""
    reason: str


class EntropySeeded(Event, frozen=True, kw_only=True):
    """All random octets follow from a seed: who knows it knows the device's keys."""

    name = "entropy.seeded"
    reason: str = "--seed makes every key of this device computable; use it in a laboratory only"


class KeylogFailed(Event, frozen=True, kw_only=True):
    """The secrets for Wireshark can no longer be written; the device goes on."""

    name = "keylog.failed"
    reason: str


class MulticastChanged(Event, frozen=True, kw_only=True):
    """Which groups were joined on which interfaces, and which could not be."""

    name = "net.multicast"
    joined: tuple[str, ...]
    """Groups with their interface, `ff02::158%eth0`."""
    failed: tuple[str, ...]
    """The same, each with the reason."""


class MulticastUnavailable(Event, frozen=True, kw_only=True):
    """No group could be joined on any interface but loopback."""

    name = "net.no_multicast"
    failed: tuple[str, ...]
    reason: str = (
        "no multicast group could be joined but on loopback, so no tool on another machine finds"
        " this device by searching: onboardee doctor tells why"
    )
