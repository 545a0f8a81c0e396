"""Which order of messages fits a device that was found, where nobody chose one."""

from typing import Final

from onboardee.obt.discovery import Unowned
from onboardee.obt.orders import ALL_ORDERS, CR3006, IOT2, LITE
from onboardee.obt.transfer import Order

_KEEPS_RULES: Final = "ocf.1."


def fitting_order(device: Unowned, spec_version: str) -> Order:
    """Return the order for a device, by the form it was found in and `icv` of its `/oic/d`.

    A device is owned in the order of the specification. Those of OCF 1 are owned as IoTivity's
    client does it, which leaves their access rules: those of IoTivity 1.3 stay unfindable after a
    reset if their own rules were deleted.
    """
    if device.order != LITE.name:
        return ALL_ORDERS[device.order]
    return IOT2 if spec_version.startswith(_KEEPS_RULES) else CR3006
