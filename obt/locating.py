"""Asking one device who it is and where it takes sessions, in the words of its time.

Both are in the links of `/oic/res` (OCF Core 7.8.2): the anchor has the UUID, the endpoints of doxm
the port for DTLS. Devices of OIC 1.1 wrap the links in a directory and tell a port only; IoTivity
1.1.0 leaves the security resources out, so that there any other resource has to tell it. Which of
these a device did is remembered in `Located.order`, as it is owned in the words that it spoke.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from onboardee.obt.address import Address
from onboardee.obt.dialogue import Dialogue
from onboardee.obt.errors import OnboardingError
from onboardee.obt.model import DOXM_TYPE, NIL, RES, LinkView
from onboardee.obt.old_model import OldDirectory
from onboardee.obt.style import OIC11_STYLE
from onboardee.wire.coap import Code

ANCHOR: Final = "ocf://"
"""What an anchor begins with (OCF Core 7.8.2.1.2)."""

OLD_REFUSALS: Final = frozenset({Code.NOT_ACCEPTABLE, Code.NOT_FOUND})
"""How devices of OIC 1.1 answer when they are asked for the list of resources of today."""


@dataclass(frozen=True, slots=True)
class Located:
    """A device and where it is: `secured` holds its DTLS endpoints, the first being its choice.

    What was said in the clear, by whoever answered at that address. A session decides whether it is
    true.
    """

    uuid: UUID
    """As the device said; the session proves it."""
    plain: Address
    """Where it answered in the clear."""
    secured: tuple[Address, ...]
    """Where it takes sessions, in the order in which they are to be tried."""
    order: str = "lite"
    """The order of messages in whose words it can be talked to, a key of `ALL_ORDERS`."""


async def locate(dialogue: Dialogue, address: Address) -> Located:
    """Ask one device for its UUID and its secured endpoints.

    A device that does not know today's form is asked in that of OIC 1.1.
    """
    if dialogue.style.is_old:
        return await _locate_old(dialogue, address)
    try:
        return await _locate(dialogue, address)
    except OnboardingError as error:
        if error.code not in OLD_REFUSALS:
            raise
        with suppress(OnboardingError):
            return await _locate_old(dialogue.in_style(OIC11_STYLE), address)
        raise


async def _locate(dialogue: Dialogue, address: Address) -> Located:
    """Ask in the form of today.

    The anchor has the UUID, the endpoints where sessions are taken.
    """
    link = dialogue.transport.open_plain(address)
    links = await dialogue.get(
        "find the secured endpoint", link, RES, list[LinkView], query=(f"rt={DOXM_TYPE}",)
    )
    step = f"find the secured endpoint (GET {RES})"
    entry = next((each for each in links if DOXM_TYPE in each.types), None)
    if entry is None:
        came = "the answer has none"
        raise OnboardingError(step, expected=f"a link of type {DOXM_TYPE}", came=came)
    return Located(_anchor_uuid(step, entry), address, _secured(step, entry, address))


async def _locate_old(dialogue: Dialogue, address: Address) -> Located:
    """Do the same in the form of OIC 1.1, which tells a port of the host that answers.

    IoTivity 1.1.0 lists no security resources; there the port of any other resource counts.
    """
    purpose, order = "find the secured port", "oic11"
    link = dialogue.transport.open_plain(address)
    try:
        query = (f"rt={DOXM_TYPE}",)
        directories = await dialogue.get(purpose, link, RES, list[OldDirectory], query=query)
    except OnboardingError as error:
        if error.code != Code.NOT_FOUND:
            raise
        order = "oic110"
        directories = await dialogue.get(purpose, link, RES, list[OldDirectory])
    for directory in directories:
        for entry in directory.links:
            if entry.policy.port is not None:
                secured = replace(address, port=entry.policy.port)
                return Located(directory.device_uuid, address, (secured,), order)
    step = f"{purpose} (GET {RES})"
    raise OnboardingError(step, expected="a resource with a port", came="the answer has none")


def _anchor_uuid(step: str, entry: LinkView) -> UUID:
    """Return the UUID that a link is anchored in. Raises `OnboardingError`."""
    scheme, separator, text = entry.anchor.partition("://")
    try:
        uuid = UUID(text)
    except ValueError:
        uuid = NIL
    if scheme + separator != ANCHOR or uuid == NIL:
        came = f"the anchor is {entry.anchor!r}"
        raise OnboardingError(step, expected="an anchor with the UUID", came=came)
    return uuid


def _secured(step: str, entry: LinkView, address: Address) -> tuple[Address, ...]:
    """Return the coaps endpoints, those of the family that we were answered in first."""
    found = [
        each
        for endpoint in entry.endpoints
        if (each := Address.from_uri(endpoint.uri, "coaps", interface=address.interface))
    ]
    if not found:
        came = "the link has none"
        raise OnboardingError(step, expected="a coaps endpoint", came=came)
    # the family that an answer came in works for certain; the other one may lead nowhere
    return tuple(sorted(found, key=lambda each: each.is_ipv6 != address.is_ipv6))
