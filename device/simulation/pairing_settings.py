"""The settings `direct_pairing` of a profile: how other devices pair with this one by a PIN.

Direct Pairing is IoTivity 1.1's own, in no specification of OCF. What is offered stands here; what
the owner chose is in the resource pconf, and the pairing itself in
`device/security/direct_pairing.py`.
"""

from enum import StrEnum
from typing import Annotated

import msgspec

from onboardee.device.simulation.section import Section
from onboardee.svrdb.model import PairingMethod


class PairingName(StrEnum):
    """Where the PIN comes from, as profiles name it."""

    PIN = "pin"
    """The owner chose it."""
    RANDOM_PIN = "random-pin"
    """The device makes one for each device that pairs, and shows it."""

    @property
    def number(self) -> PairingMethod:
        """The method's number on the wire."""
        is_random = self is PairingName.RANDOM_PIN
        return PairingMethod.RANDOM_PIN if is_random else PairingMethod.PRE_CONFIGURED_PIN


class DirectPairingSettings(Section, frozen=True, kw_only=True):
    """How other devices pair with this one by a PIN, once its owner allows it (IoTivity 1.1)."""

    methods: Annotated[tuple[PairingName, ...], msgspec.Meta(min_length=1)] = (
        PairingName.PIN,
        PairingName.RANDOM_PIN,
    )
    """Which methods its owner may choose."""
    time_limit: Annotated[float, msgspec.Meta(ge=10, le=600)] = 120.0
    """Seconds for which a random PIN is shown."""
    tells_pin: bool = False
    """/oic/sec/pconf tells anybody PIN, rules and paired devices, as IoTivity 1.1 does."""
