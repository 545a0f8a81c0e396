"""How an owner lets other devices pair with one of its own (IoTivity 1.1).

The terms are one resource, `/oic/sec/pconf`: whether devices may pair, by which PIN, and `pdacl`,
what those may do that have. The PIN is written there in the clear over the owner's session;
IoTivity 1.1's own devices show it to strangers again, for which nothing can be done from here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from onboardee.obt.model import NIL
from onboardee.obt.owned import OwnedDevice
from onboardee.obt.pairing import PCONF, PairingMethod

PIN_SIZE = 8
"""Characters: IoTivity's clients take no other PIN."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairingTerms:
    """By which PIN devices pair, and what those may do that have.

    `hrefs` are paths, `*` for everything; `permission` are bits of `model.Permission`. With a PIN
    of the owner's all that pair know the same one; with the device's each gets a new one, which it
    shows.
    """

    pin: str | None = field(default=None, repr=False)
    """The owner's; None: the device shows one."""
    hrefs: tuple[str, ...] = ("*",)
    """What those may use that have paired."""
    permission: int = 31
    """What for; 31 is everything."""

    def __post_init__(self) -> None:
        """Raise `ValueError` for a PIN that no client could type."""
        if self.pin is not None and (len(self.pin) != PIN_SIZE or not self.pin.isascii()):
            raise ValueError(f"a PIN for pairing has {PIN_SIZE} characters of ASCII")

    @property
    def methods(self) -> tuple[PairingMethod, ...]:
        """The methods that the device is to offer."""
        return (PairingMethod.RANDOM_PIN if self.pin is None else PairingMethod.PIN,)

    @property
    def rules(self) -> tuple[Mapping[str, Any], ...]:
        """`pdacl` as IoTivity's tool writes it, with texts in place of what it does not use."""
        filler = {"rel": "", "rt": "", "if": ""}
        resources = [{"href": href, **filler} for href in self.hrefs]
        return ({"resources": resources, "permission": self.permission},)


async def let_pair(owned: OwnedDevice, terms: PairingTerms | None) -> None:
    """Let devices pair with a device of ours on some terms, or with None no longer.

    Devices that have paired keep what they have. Raises `OnboardingError`.
    """
    owner = str(owned.ownership.owner)
    body: dict[str, Any] = {"edp": False, "pin": bytes(PIN_SIZE)}
    if terms is not None:
        pin = bytes(PIN_SIZE) if terms.pin is None else terms.pin.encode()
        methods = [int(each) for each in terms.methods]
        body = {"edp": True, "prm": methods, "pin": pin, "pdacl": [*terms.rules]}
    body |= {"deviceuuid": str(NIL), "rowneruuid": owner}
    purpose = "let no device pair" if terms is None else "let devices pair"
    await owned.dialogue().post(purpose, await owned.connect(), PCONF, body)
