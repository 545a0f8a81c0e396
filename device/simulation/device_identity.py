"""What a device says about itself before anybody asks for its values: `/oic/d` and `/oic/p`."""

from typing import Annotated

import msgspec

from onboardee.device.simulation.resource import TypeName
from onboardee.device.simulation.section import Section

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
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
    """`dmno`"""
    software_version: Text | None = None
    """`sv`"""


class Platform(Section, frozen=True, kw_only=True):
    """What `/oic/p` tells."""

    manufacturer: Text
    """`mnmn`"""
    manufacturer_url: Url | None = None
    """`mnml`"""
    model: Annotated[str, msgspec.Meta(min_length=1, max_length=128)] | None = None
    """`mnmo`"""
    manufactured: Annotated[str, msgspec.Meta(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")] | None = None
    """`mndt`: the date, such as 2026-06-01."""
    platform_version: Text | None = None
    """`mnpv`"""
    os_version: Text | None = None
    """`mnos`"""
    hardware_version: Text | None = None
    """`mnhw`"""
    firmware_version: Text | None = None
    """`mnfv`"""
    support_url: Url | None = None
    """`mnsl`"""
    vendor_id: Text | None = None
    """`vid`"""
    serial_number: Text | None = None
    """`mnsel`"""
