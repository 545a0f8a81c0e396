"""Owning a device beside its owner: multiple ownership as IoTivity 1.3 has it.

A device whose owner lets others join says so in `/oic/sec/doxm`. Whoever knows the PIN opens a
session with the PIN's key, under its own UUID, and asks for a credential over it; both sides then
make the same key of the session, as in a transfer of ownership.

Two PINs are possible. With the first method the device makes one and shows it, as in a transfer;
with the second it is a credential that the owner has given it (`credusage` `PIN_USAGE`), and a
person has to have been told. The key that both derive is for sessions as sub-owner, and the owner
can take it back at any time (`remove_sub_owner`).

None of this is in OCF's specification; names and numbers are those of IoTivity 1.3's source.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import msgspec

from onboardee.obt.address import Address
from onboardee.obt.admission import ROUNDS, TIMEOUT, Admitted, find_inviting, pin_link, typed
from onboardee.obt.dialogue import Dialogue
from onboardee.obt.engine import Answer
from onboardee.obt.errand import OnStep
from onboardee.obt.errors import OnboardingError
from onboardee.obt.keys import PIN_LABEL, joining_key, pin_key
from onboardee.obt.link import Ask
from onboardee.obt.locating import locate
from onboardee.obt.managing import ManagedDevice
from onboardee.obt.methods import AskPin
from onboardee.obt.model import CRED, DOXM, NIL, PAIRWISE, PSTAT, Doxm, State
from onboardee.obt.style import LITE_STYLE
from onboardee.obt.transport import Transport
from onboardee.wire.coap import Method

MODE: Final = "x.org.iotivity.mom"
"""The property of doxm by which an owner lets others join: 1, or 0."""
SUB_OWNERS: Final = "x.org.iotivity.subowneruuid"
"""The property of doxm with the UUIDs of those who joined."""
ENTRY_OWNER: Final = "x.org.iotivity.eowneruuid"
"""The property of a credential that says which owner it is of."""
PIN_USAGE: Final = "x.org.iotivity.sec.cred.pcp"
"""The `credusage` of a credential that is the PIN of the second method."""
RANDOM_PIN: Final = 1
"""The device makes a PIN and shows it."""
KNOWN_PIN: Final = 0xFF00
"""The methods by which devices let others join; IoTivity has no others."""
LABELS: Final = {RANDOM_PIN: PIN_LABEL, KNOWN_PIN: b"x.org.iotivity.sec.doxm.pcp"}
"""What enters the derivation of the key, by method."""
PIN_TYPE: Final = 16
"""The `credtype` of a PIN or password (OCF Security 9.3.1)."""
LONGEST_PIN: Final = 32
"""Characters that IoTivity has room for."""


class SharedDoxm(Doxm, frozen=True, kw_only=True):
    """`/oic/sec/doxm` with those who own the device beside its owner."""

    mode: int = msgspec.field(name=MODE, default=0)
    """Whether others may join: 1, or 0."""
    sub_owners: tuple[UUID, ...] = msgspec.field(name=SUB_OWNERS, default=())
    """Who has joined."""


@dataclass(frozen=True, slots=True)
class Joinable:
    """A device that lets others join, where it is, and how."""

    uuid: UUID
    plain: Address
    """Where it answered in the clear."""
    method: int
    """`RANDOM_PIN` or `KNOWN_PIN`."""
    owner: UUID
    sub_owners: tuple[UUID, ...] = ()


async def find_joinable(
    transport: Transport,
    *,
    rounds: int = ROUNDS,
    on_found: Callable[[Joinable], None] = lambda _found: None,
) -> list[Joinable]:
    """Ask all devices on the local network which of them let others own them, too.

    `on_found` is called with each as soon as it has answered.
    """
    # as IoTivity's client writes it; its servers pass over the first part
    ask = Ask(Method.GET, DOXM, ("mom!=0", "owned=TRUE"), accept=LITE_STYLE.accept)
    return await find_inviting(transport, ask, _joinable, rounds=rounds, on_found=on_found)


async def find_joinable_at(
    transport: Transport, address: Address, *, on_step: OnStep | None = None
) -> Joinable:
    """Ask the device at one plain address. Raises `OnboardingError` if nobody may join."""
    dialogue = Dialogue(transport, LITE_STYLE, timeout=TIMEOUT, on_step=on_step)
    link = transport.open_plain(address)
    return _checked(await dialogue.get("ask who may join", link, DOXM, SharedDoxm), address)


async def join(  # noqa: PLR0913 - all but the first four have defaults
    transport: Transport,
    device: Joinable,
    identity: UUID,
    pin: str | AskPin,
    *,
    keep: Callable[[Admitted], None] = lambda _joined: None,
    on_step: OnStep | None = None,
) -> Admitted:
    """Become a sub-owner of a device as `identity`, and prove the key over a session of its own.

    `keep` gets the key before the device is asked for it, so that it is not lost. Raises
    `WrongPinError` or `OnboardingError`.
    """
    dialogue = Dialogue(transport, LITE_STYLE, timeout=TIMEOUT, on_step=on_step)
    located = await locate(dialogue, device.plain)
    link = await pin_link(
        dialogue,
        located.secured,
        identity=identity,
        key=pin_key((await typed(dialogue, pin)).encode(), device.uuid),
        device=device.uuid,
        is_ours=lambda _hint: True,  # IoTivity 1.3 sends octets that mean nothing
    )
    try:
        assert link.session is not None
        label = LABELS[device.method]
        key = joining_key(link.session, label=label, identity=identity, device=device.uuid)
        joined = Admitted(device.uuid, identity, link.address, device.plain, key)
        await dialogue.post("begin to join", link, PSTAT, _state(State.RFPRO))
        keep(joined)
        await dialogue.post("ask for the credential", link, CRED, _credential(identity))
        await dialogue.post("end the joining", link, PSTAT, _state(State.RFNOP))
    finally:
        transport.close(link)
    return joined


async def share(
    owned: ManagedDevice,
    *,
    mode: int | None = None,
    method: int | None = None,
    pin: str | None = None,
) -> SharedDoxm:
    """Let others join a device of ours, or none; return what the device then says.

    Each of the three is changed that is given: the mode, the method, and the PIN that the device
    knows. Raises `OnboardingError`, also if the device knows nothing of multiple ownership.
    """
    async with owned.provisioning():
        link = await owned.connect()
        doxm = await owned.dialogue().get("read who may join", link, DOXM, SharedDoxm)
        if pin is not None:
            await owned.update(CRED, {"creds": [_pin(pin)]})
        body: dict[str, object] = {}
        if method is not None:
            body["oxmsel"] = method
        if mode is not None:
            body[MODE] = mode
        if method is not None and method not in doxm.methods:
            raise OnboardingError(
                f"choose how others join (POST {DOXM})",
                expected=f"one of its methods {', '.join(map(str, doxm.methods))}",
                came=f"{method}",
            )
        if body:
            await owned.update(DOXM, body)
    return await shared(owned)


async def shared(owned: ManagedDevice) -> SharedDoxm:
    """Read who owns a device of ours beside us, and whether others may join."""
    link = await owned.connect()
    return await owned.dialogue().get("read who may join", link, DOXM, SharedDoxm)


async def remove_sub_owner(owned: ManagedDevice, uuid: UUID) -> SharedDoxm:
    """Remove a sub-owner. Raises `OnboardingError` if the device has no such one."""
    doxm = await shared(owned)
    if uuid not in doxm.sub_owners:
        listed = ", ".join(map(str, doxm.sub_owners)) or "none"
        step = f"remove a sub-owner (POST {DOXM})"
        raise OnboardingError(step, expected=f"one of its sub-owners: {listed}", came=str(uuid))
    async with owned.provisioning():
        rest = [str(each) for each in doxm.sub_owners if each != uuid]
        await owned.update(DOXM, {SUB_OWNERS: rest})
    return await shared(owned)


def _state(state: State) -> dict[str, object]:
    """Return what asks for an onboarding state."""
    return {"dos": {"s": int(state)}}


def _credential(identity: UUID) -> dict[str, object]:
    """Return what asks the device to derive a credential for us, as its client writes it."""
    private = {"encoding": "oic.sec.encoding.raw", "data": b""}
    entry = {"credtype": PAIRWISE, "subjectuuid": str(identity), "privatedata": private}
    # without the last one, which it does not use, IoTivity refuses the whole
    named = {ENTRY_OWNER: str(identity)}
    return {"creds": [{**entry, **named}], "rowneruuid": str(identity)}


def _pin(pin: str) -> dict[str, object]:
    """Return a PIN as a credential of the device. Raises ValueError for one it cannot hold."""
    if not 0 < len(pin) <= LONGEST_PIN or not pin.isascii():
        raise ValueError(f"a PIN has 1 to {LONGEST_PIN} ASCII characters")
    private = {"encoding": "oic.sec.encoding.raw", "data": pin.encode()}
    kind = {"credtype": PIN_TYPE, "subjectuuid": "*", "credusage": PIN_USAGE}
    return {**kind, "privatedata": private}


def _joinable(answer: Answer) -> Joinable:
    """Make a device of an answer to the group. Raises `OnboardingError`."""
    step, expected = f"ask who may join (GET {DOXM})", LITE_STYLE.content_format
    doxm = Dialogue.decoded(step, answer.response, SharedDoxm, expected=expected)
    return _checked(doxm, answer.address)


def _checked(doxm: SharedDoxm, address: Address) -> Joinable:
    """Return a device if others may join it. Raises `OnboardingError` if not."""
    if not doxm.owned or not doxm.mode or doxm.selected not in LABELS or doxm.device_uuid == NIL:
        raise OnboardingError(
            f"ask who may join (GET {DOXM})",
            expected=f"an owner, {MODE} and a method with a PIN",
            came="nobody may join",
        )
    return Joinable(doxm.device_uuid, address, doxm.selected, doxm.owner_uuid, doxm.sub_owners)
