"""`onboardee profiles pics`: what OCF's certification test tool wants to be told of a device.

A lab writes it down by hand (Protocol Implementation Conformance Statement), and it has to agree
with what the device then serves. So it is read off the device itself: one is booted in memory, and
nobody has to keep two lists. The form is that of the files that makers of stacks have published
for the test tool.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

import click

from onboardee.device.access.ocf_interfaces import BATCH
from onboardee.device.cli.terminal import say
from onboardee.device.machine.boot import Surroundings, boot
from onboardee.device.machine.memory import MemoryKeeper
from onboardee.device.resources.base import Resource
from onboardee.device.security.factory import new_database
from onboardee.device.simulation.ownership_settings import OwnerTransferMethod, UuidPolicy
from onboardee.device.simulation.profile import Profile, ProfileError, load
from onboardee.wire.entropy import SystemEntropy

WELL_KNOWN: Final = "/.well-known/core"
"""The path of discovery in the form of RFC 6690."""
DISCOVERY: Final = "/oic/res"
"""The path of OCF's own discovery."""
VERSION: Final = "1.0.0"
"""Of the content format, in requests and answers (OCF Core 12.2.5)."""
VERTICALS: Final = {"ocf.sh": "Smart Home", "ocf.hc": "Healthcare"}
"""Vertical profiles by the beginning of their data model version."""


@click.command("pics", epilog="Example: onboardee profiles pics light > light.pics.json")
@click.argument("profile")
def command(profile: str) -> None:
    """Print the PICS file of a device, which OCF's certification test tool asks for.

    It says what the device serves: types, owner transfer methods, versions, optional features. What
    a lab decides for itself (timeouts, pictures, how to press its buttons) is not in it.
    """
    try:
        loaded = load(profile)
    except ProfileError as error:
        raise click.ClickException(str(error)) from error
    say(json.dumps(pics_of(loaded), indent=4))


def pics_of(profile: Profile) -> dict[str, Any]:
    """Return what the test tool wants to know of a device with a profile."""
    entropy = SystemEntropy()
    keeper = MemoryKeeper(new_database(profile, entropy))
    device = boot(profile, keeper, Surroundings(entropy=entropy))
    resources = device.parts.dispatcher.resources
    discovery = resources[DISCOVERY]
    return {
        "device": profile.device.name,
        "company": profile.platform.manufacturer,
        "platformVersion": profile.platform.platform_version or "",
        "role": "Server",
        "icv": profile.device.spec_version,
        "dmv": profile.device.data_model_version,
        "supportedVerticalProfile": _verticals(profile),
        "supportedDeviceTypes": list(profile.device.types),
        "resources": sorted({name for each in resources.values() for name in each.target.types}),
        "optionalFeatures": list(_features(resources.values())),
        "OTM": [
            f"oic.sec.doxm.{method.value}"
            for method in profile.ownership.methods
            if method is not OwnerTransferMethod.PRECONFIGURED_PIN  # IoTivity's own
        ],
        "contentFormatVersion": [VERSION],
        "acceptVersion": [VERSION],
        "multiValueQuerySupport": True,
        "observableOICRES": discovery.observable,
        "persistentDeviceuuid": profile.ownership.uuid is UuidPolicy.KEEP,
        "jurisdictionSwitch": False,
        "RDPublishCapability": False,
    }


def _verticals(profile: Profile) -> list[str]:
    """Return the vertical profiles whose data models the device has."""
    versions = [each.strip() for each in profile.device.data_model_version.split(",")]
    return [name for start, name in VERTICALS.items() if any(v.startswith(start) for v in versions)]


def _features(resources: Iterable[Resource]) -> Iterator[str]:
    """Yield what the test tool calls optional features."""
    served = list(resources)
    if any(BATCH in each.target.interfaces for each in served):
        yield "batchInterface"
    if any(each.target.href == WELL_KNOWN for each in served):
        yield "supportsWellknownCoreDiscovery"
