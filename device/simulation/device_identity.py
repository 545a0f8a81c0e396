"""What a device says about itself before anybody asks for its values: `/oic/d` and `/oic/p`.

The names of the fields are words; what they are called on the wire (OCF Core 11.1) stands below
each. `/oic/con` may give the device another name later, which is kept in the database and not here.
"""

from typing import Annotated

import msgspec

from onboardee.device.simulation.resource import TypeName
from onboardee.device.simulation.section import Section

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
"""As long as IoTivity's tools show."""
Url = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class DeviceIdentity(Section, frozen=True, kw_only=True):
    """What `/oic/d` tells."""

    name: Text
    """`n`: the name for people."""
    types: Annotated[tuple[TypeName, ...], msgspec.Meta(min_length=1, max_length=16)]
    """`rt`, beside oic.wk.d: what the device is, such as oic.d.light."""
    spec_version: Text = "ocf.2.2.5"
    """`icv`: the version of the specification."""
    data_model_version: Url = "ocf.res.1.3.0,ocf.sh.1.3.0"
    """`dmv`: the versions of the data models."""
    model_number: Text | None = None
    """`dmno`: the maker's number of the model."""
    software_version: Text | None = None
    """`sv`: the version of the device's software."""


class Platform(Section, frozen=True, kw_only=True):
    """What `/oic/p` tells."""

    manufacturer: Text
    """`mnmn`: the manufacturer's name."""
    manufacturer_url: Url | None = None
    """`mnml`: the manufacturer's page."""
    model: Annotated[str, msgspec.Meta(min_length=1, max_length=128)] | None = None
    """`mnmo`: the model number of the platform."""
    manufactured: Annotated[str, msgspec.Meta(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")] | None = None
    """`mndt`: the date, such as 2026-06-01."""
    platform_version: Text | None = None
    """`mnpv`: the version of the platform."""
    os_version: Text | None = None
    """`mnos`: the version of the operating system."""
    hardware_version: Text | None = None
    """`mnhw`: the version of the hardware."""
    firmware_version: Text | None = None
    """`mnfv`: the version of the firmware."""
    support_url: Url | None = None
    """`mnsl`: where support is found."""
    vendor_id: Text | None = None
    """`vid`: the vendor's own identifier."""
    serial_number: Text | None = None
    """`mnsel`: the serial number."""
