"""What others may want to know of a device: typed events on one bus.

The log, the audit, a dashboard and the tests subscribe; nobody reaches back into a stage.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import ClassVar
from uuid import UUID

from msgspec import Struct

from onboardee.device.clock import WallClock, utc_now


class Event(Struct, frozen=True, kw_only=True):
    """Something that happened. `name` is the event's name in the log, its fields go along."""

    name: ClassVar[str]

    def fields(self) -> dict[str, object]:
        """Return what the event tells as JSON has it: UUIDs as text, tuples as lists."""
        return {name: _plain(getattr(self, name)) for name in self.__struct_fields__}


class DeviceReady(Event, frozen=True, kw_only=True):
    """All sockets are bound and the device answers."""

    name = "device.ready"
    device_uuid: UUID
    state: str
    endpoints: tuple[str, ...]


class PortShared(Event, frozen=True, kw_only=True):
    """Another program has this port too, and may get what is sent to this device."""

    name = "net.port_shared"
    endpoint: str
    reason: str = "another program has this port too, and may get what is sent to this device"


class ControlUnavailable(Event, frozen=True, kw_only=True):
    """There is no control socket, so `onboardee ctl` does not reach this device."""

    name = "control.unavailable"
    reason: str


class OptionIgnored(Event, frozen=True, kw_only=True):
    """An option of the command line means nothing to this device, for the reason given."""

    name = "option.ignored"
    option: str
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
    failed: tuple[str, ...]


class MulticastUnavailable(Event, frozen=True, kw_only=True):
    """No group could be joined on any interface."""

    name = "net.no_multicast"
    failed: tuple[str, ...]
    reason: str = "no multicast group could be joined, so no tool finds this device by searching"


class StateChanged(Event, frozen=True, kw_only=True):
    """The onboarding state is another one now."""

    name = "state.changed"
    before: str
    after: str


class MethodSelected(Event, frozen=True, kw_only=True):
    """A tool chose the owner transfer method."""

    name = "otm.selected"
    method: str


class PinShown(Event, frozen=True, kw_only=True):
    """The PIN that a person reads at the device and types into the tool."""

    name = "otm.pin"
    pin: str


class PairingStarted(Event, frozen=True, kw_only=True):
    """A device that knows the PIN may pair now; anybody may say so."""

    name = "pairing.started"
    uuid: UUID
    """As what it wants to be known."""
    method: str


class PairingPinShown(Event, frozen=True, kw_only=True):
    """The PIN that a person reads at this device and types into the one that pairs."""

    name = "pairing.pin"
    pin: str
    uuid: UUID


class PairingFailed(Event, frozen=True, kw_only=True):
    """A device did not pair, and nothing of the attempt is kept."""

    name = "pairing.failed"
    uuid: UUID
    reason: str


class DevicePaired(Event, frozen=True, kw_only=True):
    """A device has paired: it has a credential now, and the rights of such devices."""

    name = "pairing.done"
    uuid: UUID


class DeviceUnpaired(Event, frozen=True, kw_only=True):
    """The credential of a paired device was removed, and its rights went with it."""

    name = "pairing.removed"
    uuid: UUID


class OwnerChanged(Event, frozen=True, kw_only=True):
    """The device has an owner now (`owned` became true)."""

    name = "owner.changed"
    owner: UUID
    device_uuid: UUID


class ResetScheduled(Event, frozen=True, kw_only=True):
    """The device will go back to factory state."""

    name = "reset.scheduled"
    reason: str
    in_seconds: float


class DeviceReset(Event, frozen=True, kw_only=True):
    """The device is back in factory state and waits for an owner."""

    name = "device.reset"
    device_uuid: UUID


class DatabaseReplaced(Event, frozen=True, kw_only=True):
    """A person put another database in place, and the device runs on it as after a restart."""

    name = "database.replaced"
    device_uuid: UUID
    state: str


class DeviceRebooted(Event, frozen=True, kw_only=True):
    """All sessions ended and the device runs on what it had stored."""

    name = "device.rebooted"


class SessionOpened(Event, frozen=True, kw_only=True):
    """A DTLS handshake finished."""

    name = "session.opened"
    peer: str
    suite: str
    identity: str


class SessionEnded(Event, frozen=True, kw_only=True):
    """A DTLS session ended."""

    name = "session.ended"
    peer: str
    reason: str


class HandshakeRefused(Event, frozen=True, kw_only=True):
    """A DTLS handshake came to nothing."""

    name = "handshake.failed"
    peer: str
    reason: str
    alert: str | None


class OwnCertificateExpired(Event, frozen=True, kw_only=True):
    """A certificate of the device is outside its time; it is shown to nobody."""

    name = "certificate.expired"
    credid: int
    usage: str


class RevocationsOutdated(Event, frozen=True, kw_only=True):
    """A peer was believed by a list of revoked certificates that should have been renewed."""

    name = "crl.outdated"
    peer: str
    due: str
    """When it should have been."""


class AccessDenied(Event, frozen=True, kw_only=True):
    """The gate refused a request; `rule` and `reason` say why."""

    name = "access.denied"
    subject: str
    peer: str
    method: str
    href: str
    rule: str
    reason: str


class RequestRefused(Event, frozen=True, kw_only=True):
    """A request passed the gate and was wrong in itself."""

    name = "request.refused"
    peer: str
    method: str
    href: str
    code: str
    reason: str


class RequestServed(Event, frozen=True, kw_only=True):
    """A request was answered, or met with silence (then `code` is None).

    `payload` and `answer` are decoded, without secrets, None where there is nothing.
    """

    name = "request.served"
    peer: str
    method: str
    href: str
    query: tuple[str, ...]
    payload: object
    code: str | None
    answer: object


class ValueChanged(Event, frozen=True, kw_only=True):
    """A client or a person changed what the device is doing, or it did so by itself."""

    name = "value.changed"
    href: str
    values: Mapping[str, object]
    """Those that are other than when they were told last."""
    by_itself: bool = False
    """What behaves changes all the time: few want to read it."""
    moving: bool = False
    """Whether the values are on their way, so that more of them follow."""


class InputPressed(Event, frozen=True, kw_only=True):
    """A person used an input of the device: a button, a thumbturn."""

    name = "input.pressed"
    input: str


class FaultActed(Event, frozen=True, kw_only=True):
    """A fault that was asked for acted on what went in or out (`device.faults`)."""

    name = "fault.acted"
    fault: str
    effect: str


class FaultChanged(Event, frozen=True, kw_only=True):
    """A fault came or went: a person wanted it, or it happened by itself."""

    name = "fault.changed"
    fault: str
    is_on: bool
    by_itself: bool = False


class DeviceConfigured(Event, frozen=True, kw_only=True):
    """A client gave the device a name, a place or the like; only what was set is told."""

    name = "device.configured"
    values: Mapping[str, object]


class BehaviourFailed(Event, frozen=True, kw_only=True):
    """The behaviour that the profile declares cannot go on as it says; the device goes on."""

    name = "behaviour.failed"
    reason: str


class AnswersWithheld(Event, frozen=True, kw_only=True):
    """A source asked for more unauthenticated answers than it may get."""

    name = "answers.withheld"
    peer: str


class DeviceFault(Event, frozen=True, kw_only=True):
    """The device met a fault of its own: it gave up the peer, if there was one, and goes on."""

    name = "device.fault"
    reason: str
    where: tuple[str, ...]
    """The innermost functions, the one that raised last."""
    peer: str | None = None
    left_out_before: int = 0
    """How often the same fault was met since it was told last."""


class StorageFailed(Event, frozen=True, kw_only=True):
    """A change could not be made durable and was refused; the device goes on with what it has."""

    name = "storage.failed"
    reason: str


def _plain(value: object) -> object:
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, bool | int | float | str | dict | None):
        return value
    return str(value)


class Told(Struct, frozen=True):
    """An event in its envelope: which one of which device, and when it was told."""

    device: str
    sequence: int
    """1 for the first event of a device in this process; whoever misses one sees the gap."""
    at: datetime
    event: Event


Subscriber = Callable[[Event], None]
Follower = Callable[[Told], None]


class Bus:
    """Hands each event of a device to every subscriber, in the order of subscription."""

    def __init__(self, device: str = "", wall_clock: WallClock = utc_now) -> None:
        """Name the device as people know it, and the clock by which envelopes are dated."""
        self.device = device
        self._wall_clock = wall_clock
        self._sequence = 0
        self._subscribers: list[Subscriber] = []
        self._followers: list[Follower] = []
        self.wants_requests = False
        """Somebody wants `RequestServed`, too frequent to be made for nobody."""

    def subscribe(self, subscriber: Subscriber, *, requests: bool = False) -> None:
        """Have every future event; `RequestServed` only if anybody asks for `requests`."""
        self._subscribers.append(subscriber)
        self.wants_requests = self.wants_requests or requests

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Have no more events."""
        self._subscribers.remove(subscriber)

    def follow(self, follower: Follower) -> None:
        """Have every future event in an envelope."""
        self._followers.append(follower)

    def unfollow(self, follower: Follower) -> None:
        """Have no more of them."""
        self._followers.remove(follower)

    def publish(self, event: Event) -> list[Exception]:
        """Tell everybody; return what those raised who failed at it. Nobody fails for others."""
        self._sequence += 1
        calls = [partial(subscriber, event) for subscriber in self._subscribers]
        if self._followers:
            told = Told(self.device, self._sequence, self._wall_clock(), event)
            calls += [partial(follower, told) for follower in self._followers]
        failures: list[Exception] = []
        for call in calls:
            try:
                call()
            except Exception as error:  # noqa: BLE001 - whatever it is, the others are told
                failures.append(error)
        return failures
