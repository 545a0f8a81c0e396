"""The methods of ownership transfer with what each needs (OCF Security 7.3).

A method is not yet a way to do it: Random PIN needs a person or the PIN, Manufacturer Certificate
the roots of manufacturers, and for some devices a certificate of the tool. `TransferMeans` has a
method together with all of that, checked once at the beginning, before anything is sent.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from onboardee.obt.anchors import TrustAnchors
from onboardee.obt.errors import OnboardingError
from onboardee.obt.model import TransferMethod
from onboardee.pki.key_pairs import CertifiedKey

AskPin = Callable[[], Awaitable[str]]
"""Asks a person for the PIN that the device shows."""

NAMES: Final = MappingProxyType(
    {
        TransferMethod.JUST_WORKS: "Just Works",
        TransferMethod.RANDOM_PIN: "Random PIN",
        TransferMethod.MANUFACTURER_CERTIFICATE: "Manufacturer Certificate",
    }
)
"""The methods as people read them."""

LONGEST_PIN: Final = 32
"""Characters of a PIN; devices show at most eight."""


@dataclass(frozen=True, slots=True)
class TransferMeans:
    """A method, the PIN or who is to be asked for it, and the manufacturers' trust anchors.

    Raises `ValueError` if what the method needs is missing.
    """

    method: TransferMethod = TransferMethod.JUST_WORKS
    pin: str | AskPin | None = field(default=None, repr=False)
    """The PIN itself, or whom to ask for it when the device shows one."""
    anchors: TrustAnchors | None = None
    """Which manufacturers are believed."""
    certificate: CertifiedKey | None = None
    """What we show to a device that asks for a certificate of ours, as IoTivity's do."""

    def __post_init__(self) -> None:
        if self.method is TransferMethod.RANDOM_PIN and self.pin is None:
            raise ValueError("Random PIN needs the PIN, or whom to ask for it")
        if self.method is TransferMethod.MANUFACTURER_CERTIFICATE and self.anchors is None:
            raise ValueError("Manufacturer Certificate needs trust anchors")

    @property
    def name(self) -> str:
        """The method, for people."""
        return NAMES[self.method]

    @property
    def can_ask_again(self) -> bool:
        """Tell whether a second attempt may bring another PIN."""
        return self.method is TransferMethod.RANDOM_PIN and callable(self.pin)

    async def ask_pin(self) -> bytes:
        """Return the PIN; it is shown in no error.

        Raises `OnboardingError` if what a person typed cannot be a PIN at all, so that the device
        does not count it as a guess.
        """
        assert self.pin is not None, "checked at the beginning"
        pin = await self.pin() if callable(self.pin) else self.pin
        if not 0 < len(pin) <= LONGEST_PIN or not pin.isascii():
            expected = f"1 to {LONGEST_PIN} ASCII characters"
            raise OnboardingError("ask for the PIN", expected=expected, came="it is something else")
        return pin.encode("ascii")
