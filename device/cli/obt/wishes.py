"""How devices are to be owned, as the options of `own` say it or as the devices suggest.

Options that are not given leave the choice to what the device says: the order of messages that fits
it, the first of its methods that we have the means for. A person is asked for a PIN only when a
method needs one and no option has it.
"""

import asyncio
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import click

from onboardee.obt import Order, TransferMethod, TrustAnchors, Unowned
from onboardee.obt.fitting import fitting_order
from onboardee.pki.curves import Curve
from onboardee.pki.key_pairs import CertifiedKey, load_ec
from onboardee.pki.pem import from_octets

METHODS: Final = {
    "jw": TransferMethod.JUST_WORKS,
    "rdp": TransferMethod.RANDOM_PIN,
    "mfgcert": TransferMethod.MANUFACTURER_CERTIFICATE,
}
"""The methods by the words of the command line, as IoTivity calls them."""
PIN_ATTEMPTS: Final = 5
"""How often a person is asked for the PIN of a device."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How devices are to be owned.

    None everywhere means: as it fits the device. The same wishes are for all devices of one
    command.
    """

    order: Order | None = None
    """As which tool."""
    method: TransferMethod | None = None
    """How to take ownership."""
    pin: str | None = field(default=None, repr=False)
    """What the device shows, where the command line has it; else a person is asked."""
    anchors: TrustAnchors | None = None
    """The manufacturers that are trusted; they call for the method by certificate."""
    certificate: CertifiedKey | None = field(default=None, repr=False)
    """What to show to a device that asks for a certificate of ours."""
    may_replace: bool = False
    """Whether a device may have the UUID of one that is ours, whose key is lost then."""
    within: float | None = None
    """Seconds in which a device has to be ours; None: as long as the protocols wait."""
    name: str | None = None
    """What a single device is called; None: what it calls itself."""

    def order_for(self, device: Unowned, spec_version: str) -> Order:
        """Return the order that was chosen, or the one that fits the device."""
        order = self.order or fitting_order(device, spec_version)
        return replace(order, pin_attempts=PIN_ATTEMPTS)

    def method_for(self, device: Unowned) -> TransferMethod:
        """Return the method that was chosen, or the first of those we can that the device offers.

        A PIN or anchors call for theirs; Just Works comes before a PIN that has to be asked for.
        """
        if self.method is not None:
            return self.method
        possible = [
            *([TransferMethod.RANDOM_PIN] if self.pin is not None else []),
            *([TransferMethod.MANUFACTURER_CERTIFICATE] if self.anchors is not None else []),
            TransferMethod.JUST_WORKS,
            TransferMethod.RANDOM_PIN,
        ]
        return next((each for each in possible if each in device.doxm.methods), possible[0])


class AskPin:
    """Asks a person for the PIN that a device shows, and says which try it is.

    Where several devices are owned side by side, each is called by `name`, and `turn` lets one be
    asked for at a time.
    """

    def __init__(self, name: str = "", turn: asyncio.Lock | None = None) -> None:
        self._device = f"device {name}" if name else "device"
        self._turn = turn or asyncio.Lock()
        self._tries = 0

    async def __call__(self) -> str:
        """Ask once more."""
        self._tries += 1
        prompt = f"PIN shown by the {self._device}"
        if self._tries > 1:
            prompt = f"wrong PIN, try {self._tries} of {PIN_ATTEMPTS}; {prompt}"
        async with self._turn:
            answer: str = await asyncio.to_thread(click.prompt, prompt, err=True)
        return answer.strip()


def trusted(path: Path) -> TrustAnchors:
    """Read the manufacturers' root certificates. Raises `ClickException`."""
    try:
        return TrustAnchors.of(path.read_bytes())
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{path}: {error}") from error


def shown(path: Path) -> CertifiedKey:
    """Read a chain, the leaf first, and the leaf's key. Raises `ClickException`.

    The key is that of the first certificate, on P-256 or P-384 and without a password.
    """
    try:
        octets = path.read_bytes()
        chain, key = from_octets(octets), load_ec(octets, is_pem=True, curves=tuple(Curve))
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{path}: {error}") from error
    return CertifiedKey(tuple(chain), key)
