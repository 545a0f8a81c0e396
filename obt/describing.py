"""What a device says about itself to anybody: its name and its types.

This is asked in the clear, before anybody owns the device, so that people see "Light" rather than a
UUID when they choose. Nothing is decided by it but one thing, the order of messages (`fitting`),
and lengths are bounded: a stranger can write here what he wants.
"""

from dataclasses import dataclass
from typing import Final

import msgspec

from onboardee.obt.address import Address
from onboardee.obt.dialogue import Dialogue
from onboardee.obt.errand import OnStep
from onboardee.obt.errors import OnboardingError
from onboardee.obt.model import DEVICE, View
from onboardee.obt.style import LITE_STYLE, Style
from onboardee.obt.transport import Transport

PATIENCE: Final = 4.0
"""Seconds for the answer."""
LONGEST: Final = 64
"""Characters of a name or a type; the device may say anything."""
MAX_TYPES: Final = 8
"""How many types are kept of a device."""
OF_ALL: Final = "oic.wk.d"
"""The type that every device has, so that it tells nothing."""


class _DeviceView(View, frozen=True, kw_only=True):
    """`/oic/d` by its baseline interface (OCF Core 11.3.4); old devices have no name."""

    name: str = msgspec.field(name="n", default="")
    types: tuple[str, ...] = msgspec.field(name="rt", default=())
    spec_version: str = msgspec.field(name="icv", default="")


@dataclass(frozen=True, slots=True)
class Description:
    """A device's name, its types without the one that all devices have, and its specification."""

    name: str = ""
    types: tuple[str, ...] = ()
    spec_version: str = ""
    """`icv`, such as `ocf.2.2.5`."""


async def describe(
    transport: Transport,
    address: Address,
    *,
    style: Style = LITE_STYLE,
    on_step: OnStep | None = None,
) -> Description:
    """Ask the device at a plain address; what it does not tell is left empty.

    `describe` never fails: a device without a name is called by its UUID.
    """
    dialogue = Dialogue(transport, style, timeout=PATIENCE, on_step=on_step)
    link = transport.open_plain(address)
    try:
        query = ("if=oic.if.baseline",)
        view = await dialogue.get("read the name", link, DEVICE, _DeviceView, query=query)
    except OnboardingError:
        return Description()
    types = tuple(each[:LONGEST] for each in view.types if each != OF_ALL)
    return Description(view.name[:LONGEST], types[:MAX_TYPES], view.spec_version[:LONGEST])
