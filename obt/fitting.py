"""Which order of messages fits a device that was found, where nobody chose one.

Deployed devices are owned in the way of the tool that they were written for, and some take no
other: IoTivity 1.3's cannot be found any more after a reset if somebody left out the entries that
its own client writes. Nobody but an expert knows that of a device, so it is told here by what a
device says of itself. That is in the clear; the worst that a false answer does is a transfer that
fails.
"""

from typing import Final

from onboardee.obt.discovery import Unowned
from onboardee.obt.orders import ALL_ORDERS, CR3006, IOT2, LITE
from onboardee.obt.transfer import Order

_KEEPS_RULES: Final = "ocf.1."
"""How `icv` begins for OCF 1, whose devices keep the rules of the client that owned them."""
_LITES: Final = ~0x3F
"""Bits of `sct` beyond those that OCF Security 13.3 names."""


def fitting_order(device: Unowned, spec_version: str) -> Order:
    """Return the order for a device, by the form it was found in and `icv` of its `/oic/d`.

    A device is owned in the order of the specification. IoTivity 1.3's devices, of OCF 1, are owned
    as its client does it: in another order they are not found after a reset. IoTivity-Lite's
    samples say OCF 1, too, and refuse what that client sends; they are told by the credential
    types that only they have.
    """
    if device.order != LITE.name:
        return ALL_ORDERS[device.order]
    is_iotivity = (
        spec_version.startswith(_KEEPS_RULES) and not device.doxm.credential_types & _LITES
    )
    return IOT2 if is_iotivity else CR3006
