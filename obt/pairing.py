"""Direct Pairing: getting a credential of a device from a PIN, without its owner (IoTivity 1.1).

A device whose owner allows it answers to the group with its `/oic/sec/pconf`. Whoever knows the PIN
asks to pair, opens a session with the PIN's key, and ends the pairing over it; then both sides make
the same credential of the session.

Each device that pairs gets a key of its own; what it may do with it is in the device's `pdacl`,
which its owner has written. Pairing is not ownership: neither states nor rules of the device
change.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final
from uuid import UUID

import msgspec

from onboardee.obt.address import Address
from onboardee.obt.admission import ROUNDS, TIMEOUT, Admitted, find_inviting, pin_link, typed
from onboardee.obt.dialogue import Dialogue
from onboardee.obt.engine import Answer
from onboardee.obt.errand import OnStep
from onboardee.obt.errors import OnboardingError
from onboardee.obt.keys import direct_pairing_key, pin_key
from onboardee.obt.link import Ask
from onboardee.obt.methods import AskPin
from onboardee.obt.model import NIL, RES, View
from onboardee.obt.old_model import OldDirectory
from onboardee.obt.style import OIC11_STYLE
from onboardee.obt.transport import Transport
from onboardee.wire.coap import Code, Method

PCONF: Final = "/oic/sec/pconf"
"""The resource by which an owner lets others pair."""
DPAIRING: Final = "/oic/sec/dpairing"
"""The resource to which whoever pairs writes."""
TYPES: Final = ("oic.r.dpairing", "oic.sec.dpairing")
"""What `/oic/sec/dpairing` is called, by IoTivity 1.1.1 and by 1.1.0: it enters the derivation."""
DEFAULT_PORT: Final = 5684
"""Where a device takes sessions that does not tell the port."""


class PairingMethod(IntEnum):
    """Where the PIN comes from, pconf `prm`."""

    PIN = 1
    """The owner knows it."""
    RANDOM_PIN = 2
    """The device shows one when it is asked to pair."""


class Pconf(View, frozen=True, kw_only=True):
    """What `/oic/sec/pconf` tells whoever wants to pair."""

    enabled: bool = msgspec.field(name="edp")
    """Whether devices may pair at all."""
    methods: tuple[int, ...] = msgspec.field(name="prm", default=())
    """The numbers of methods that the device offers, the preferred first."""
    device_uuid: UUID = msgspec.field(name="deviceuuid", default=NIL)
    owner: UUID = msgspec.field(name="rowneruuid", default=NIL)


@dataclass(frozen=True, slots=True)
class Pairable:
    """A device that lets others pair, where it is, and who is a part of the PIN's key.

    Its UUID enters the key that is made of the PIN, so a wrong one makes a right PIN a wrong one.
    """

    uuid: UUID
    plain: Address
    methods: tuple[int, ...]
    owner: UUID
    """The device's owner, whose UUID is salt of the PIN's key."""


async def find_pairable(
    transport: Transport,
    *,
    rounds: int = ROUNDS,
    on_found: Callable[[Pairable], None] = lambda _found: None,
) -> list[Pairable]:
    """Ask all devices on the local network which of them let others pair.

    `on_found` is called with each as soon as it has answered. One that answers something else is
    left out.
    """
    ask = Ask(Method.GET, PCONF, accept=OIC11_STYLE.accept)
    return await find_inviting(transport, ask, _pairable, rounds=rounds, on_found=on_found)


async def find_pairable_at(
    transport: Transport, address: Address, *, on_step: OnStep | None = None
) -> Pairable:
    """Ask the device at one plain address. Raises `OnboardingError` if it lets nobody pair."""
    dialogue = Dialogue(transport, OIC11_STYLE, timeout=TIMEOUT, on_step=on_step)
    link = transport.open_plain(address)
    pconf = await dialogue.get("ask whether it pairs", link, PCONF, Pconf)
    return _checked(pconf, address)


async def pair(  # noqa: PLR0913 - all but the first four have defaults
    transport: Transport,
    device: Pairable,
    identity: UUID,
    pin: str | AskPin,
    *,
    method: PairingMethod = PairingMethod.PIN,
    keep: Callable[[Admitted], None] = lambda _paired: None,
    on_step: OnStep | None = None,
) -> Admitted:
    """Pair with a device as `identity`.

    A `pin` that is asked for is asked once the device may show it. `keep` gets the credential
    before the last request, after which the device has it too: what is made durable there cannot
    be lost. Raises `WrongPinError` or `OnboardingError`.
    """
    dialogue = Dialogue(transport, OIC11_STYLE, timeout=TIMEOUT, on_step=on_step)
    secured, label = await _locate(dialogue, device)
    plain = transport.open_plain(device.plain)
    body = {"spm": int(method), "pdeviceuuid": str(identity), "rowneruuid": str(NIL)}
    await dialogue.post("ask to pair", plain, DPAIRING, body, accepted={Code.CREATED})
    link = await pin_link(
        dialogue,
        [secured],
        identity=identity,
        key=pin_key((await typed(dialogue, pin)).encode(), device.owner),
        device=device.uuid,
        is_ours=device.uuid.bytes.__eq__,
    )
    try:
        assert link.session is not None
        key = direct_pairing_key(link.session, label=label, device=device.uuid, identity=identity)
        paired = Admitted(device.uuid, identity, link.address, device.plain, key)
        keep(paired)
        ending = dialogue.in_style(replace(OIC11_STYLE, replaced=frozenset({DPAIRING})))
        await ending.post_once("end the pairing", link, DPAIRING, {**body, "spm": 0})
    finally:
        transport.close(link)
    return paired


async def _locate(dialogue: Dialogue, device: Pairable) -> tuple[Address, bytes]:
    """Return where the device takes sessions, and what it calls the resource.

    IoTivity's client takes the usual port too where no answer has one.
    """
    link = dialogue.transport.open_plain(device.plain)
    for name in TYPES:
        with suppress(OnboardingError):
            found = await dialogue.get(
                "find the secured port", link, RES, list[OldDirectory], query=(f"rt={name}",)
            )
            for each in (one for directory in found for one in directory.links):
                if name in each.types and each.policy.port is not None:
                    return replace(device.plain, port=each.policy.port), _label(each.types)
    return replace(device.plain, port=DEFAULT_PORT), TYPES[0].encode()


def _label(types: tuple[str, ...]) -> bytes:
    """Return what enters the derivation; a device that has both names is as IoTivity 1.1.0."""
    return (TYPES[1] if TYPES[1] in types else TYPES[0]).encode()


def _pairable(answer: Answer) -> Pairable:
    """Make a device of an answer to the group. Raises `OnboardingError`."""
    step, expected = f"ask who pairs (GET {PCONF})", OIC11_STYLE.content_format
    pconf = Dialogue.decoded(step, answer.response, Pconf, expected=expected)
    return _checked(pconf, answer.address)


def _checked(pconf: Pconf, address: Address) -> Pairable:
    """Return a device if others may pair with it. Raises `OnboardingError` if not."""
    if not pconf.enabled or not pconf.methods or NIL in {pconf.device_uuid, pconf.owner}:
        raise OnboardingError(
            f"ask whether it pairs (GET {PCONF})",
            expected="edp, prm, deviceuuid and rowneruuid",
            came="the owner lets no device pair",
        )
    return Pairable(pconf.device_uuid, address, pconf.methods, pconf.owner)
