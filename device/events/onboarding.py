"""What happens to a device's ownership: transfer, owner, onboarding state, reset, pairing.

An onboarding with a PIN tells, in this order: `otm.selected`, `otm.pin`, `owner.changed`, and one
`state.changed` for each of RFOTM to RFPRO and RFPRO to RFNOP (OCF Security 7.3, 8.1). The names of
states are those of the specification, in capitals.
"""

from uuid import UUID

from onboardee.device.events.bus import Event


class StateChanged(Event, frozen=True, kw_only=True):
    """The onboarding state is another one now.

    Both are names such as RFNOP (OCF Security 8).
    """

    name = "state.changed"
    before: str
    """The state that was left."""
    after: str
    """The state that was entered."""


class MethodSelected(Event, frozen=True, kw_only=True):
    """A tool chose the owner transfer method.

    By writing `oxmsel`, in the clear, before the handshake of that method.
    """

    name = "otm.selected"
    method: str
    """In words, as `just works` or `random pin`."""


class PinShown(Event, frozen=True, kw_only=True):
    """The PIN that a person reads at the device and types into the tool."""

    name = "otm.pin"
    pin: str
    """Digits or letters, as long as the profile says.

    It is in the log on purpose: the log is the display of a device that has none.
    """


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
    """A wrong PIN, too long a wait, a change of the configuration."""


class DevicePaired(Event, frozen=True, kw_only=True):
    """A device has paired: it has a credential now, and the rights of such devices."""

    name = "pairing.done"
    uuid: UUID


class DeviceUnpaired(Event, frozen=True, kw_only=True):
    """The credential of a paired device was removed, and its rights went with it."""

    name = "pairing.removed"
    uuid: UUID


class JoiningPinShown(Event, frozen=True, kw_only=True):
    """The PIN that a person reads at the device and tells somebody who is to be a sub-owner."""

    name = "owners.pin"
    pin: str


class SharingChanged(Event, frozen=True, kw_only=True):
    """The owner lets others own the device beside it, or lets no more of them."""

    name = "owners.mode"
    is_open: bool


class SubOwnerJoined(Event, frozen=True, kw_only=True):
    """Somebody owns the device beside its owner now."""

    name = "owners.joined"
    uuid: UUID


class SubOwnerRemoved(Event, frozen=True, kw_only=True):
    """Somebody is no sub-owner any more, and its entries went with it."""

    name = "owners.removed"
    uuid: UUID


class CredentialUnused(Event, frozen=True, kw_only=True):
    """A credential was stored that the device will never use.

    It is for OSCORE: a peer that relies on it gets no answer, and the log says why.
    """

    name = "credential.unused"
    credid: int
    subject: str
    """Whom it is about: a UUID's text, or `*`."""
    reason: str


class OwnerChanged(Event, frozen=True, kw_only=True):
    """The device has an owner now (`owned` became true)."""

    name = "owner.changed"
    owner: UUID
    """The owner's UUID (`devowneruuid`)."""
    device_uuid: UUID
    """The device's own UUID, which the owner may have changed."""


class ResetScheduled(Event, frozen=True, kw_only=True):
    """The device will go back to factory state."""

    name = "reset.scheduled"
    reason: str
    """Who asked for it, or what went wrong."""
    in_seconds: float
    """So long from now, that the answer can leave before."""


class DeviceReset(Event, frozen=True, kw_only=True):
    """The device is back in factory state and waits for an owner."""

    name = "device.reset"
    device_uuid: UUID


class DatabaseReplaced(Event, frozen=True, kw_only=True):
    """A person put another database in place, and the device runs on it as after a restart.

    By `onboardee svr` on a device that runs.
    """

    name = "database.replaced"
    device_uuid: UUID
    state: str
    """The onboarding state that the device goes on in."""


class DeviceRebooted(Event, frozen=True, kw_only=True):
    """All sessions ended and the device runs on what it had stored."""

    name = "device.rebooted"
