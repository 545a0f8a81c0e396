"""The settings `software_update` of a profile: which software there is, and what goes wrong.

Nothing is fetched from anywhere: a simulated device that loads what strangers name would do so at
their command. What an address leads to stands in the profile, and so does how long everything
takes, in the time of the device's world.
"""

import re
from enum import StrEnum
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

import msgspec

from onboardee.device.nearest import did_you_mean
from onboardee.device.simulation.device_identity import DeviceIdentity, Platform, Text
from onboardee.device.simulation.resource import Href, is_core_path
from onboardee.device.simulation.section import MisplacedError, Section
from onboardee.device.simulation.world.terms import Duration, Name, seconds
from onboardee.svrdb.model import UpdateResult

_SCHEMES: Final = frozenset({"https", "coaps"})
"""The protocols that software comes by (oic.r.softwareupdate)."""
_PARTS: Final = re.compile(r"[0-9]+|[a-z]+")

Address = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Mishap(StrEnum):
    """What can go wrong, as profiles name it."""

    CONNECTION = "connection"
    """The connection is lost half-way through the download."""
    RAM = "ram"
    """There is not enough memory for what was downloaded."""
    FLASH = "flash"
    """There is not enough room to store it."""
    VERSION = "version"
    """It holds another version than was announced."""
    SIGNATURE = "signature"
    """It is not signed by the vendor."""
    INSTALL = "install"
    """It cannot be installed."""
    POWER_CUT = "power-cut"
    """The device loses its power half-way, and comes back."""


RESULTS: Final = {
    Mishap.CONNECTION: (UpdateResult.CONNECTION_LOST, "the connection was lost"),
    Mishap.RAM: (UpdateResult.LESS_RAM, "there is not enough memory"),
    Mishap.FLASH: (UpdateResult.LESS_FLASH, "there is not enough room"),
    Mishap.VERSION: (UpdateResult.VALIDATION_FAILED, "the package holds another version"),
    Mishap.SIGNATURE: (UpdateResult.VALIDATION_FAILED, "the package is not the vendor's"),
    Mishap.INSTALL: (UpdateResult.UPGRADE_FAILED, "the new software does not start"),
}
"""What a client reads of each, and what the log says; a power cut is told by what it interrupts."""


class UpdatePackage(Section, frozen=True, kw_only=True):
    """Software that the device can find."""

    version: Text
    """Its version. One that is not newer than what the device has is not installed."""
    url: Address | None = None
    """How the address begins at which it is; without it, it is at any address."""


class UpdateFailure(Section, frozen=True, kw_only=True):
    """Something that goes wrong in updates."""

    what: Mishap
    """What goes wrong."""
    during: Literal["download", "install"] = "install"
    """For `power-cut`: in which step the power goes."""
    fault: Name | None = None
    """Only while this fault of `behaviour` is on, as by `onboardee ctl fault`; else each time."""
    url: Address | None = None
    """Only with software from an address that begins like this."""


ShownAs = Literal["software_version", "firmware_version", "os_version", "platform_version"]


class SoftwareUpdateSettings(Section, frozen=True, kw_only=True):
    """How the device updates its software, by oic.r.softwareupdate and by pstat."""

    packages: Annotated[tuple[UpdatePackage, ...], msgspec.Meta(min_length=1, max_length=32)]
    """Which software there is; of several at one address the first is meant."""
    failures: Annotated[tuple[UpdateFailure, ...], msgspec.Meta(max_length=32)] = ()
    """What goes wrong."""
    path: Href = "/oc/swu"
    """Where the resource is; IoTivity-Lite has it at `/oc/swu`."""
    shows: Annotated[tuple[ShownAs, ...], msgspec.Meta(min_length=1, max_length=4)] = (
        "software_version",
    )
    """What of `/oic/d` and `/oic/p` is the version of the software, and another one afterwards."""
    check: Duration = 2.0
    """How long it takes to look for software."""
    download: Duration = 20.0
    """To download and validate it."""
    install: Duration = 10.0
    """To install it."""
    elsewhere: Literal["fails", "waits"] = "fails"
    """What becomes of an order for an address at which nothing is; `waits`: it stays for good."""
    restarts: bool = True
    """The device restarts with its new software: sessions and observations end."""

    def __post_init__(self) -> None:
        for name in ("check", "download", "install"):
            try:
                seconds(getattr(self, name))
            except ValueError as error:
                raise MisplacedError(str(error), name) from error
        if is_core_path(self.path):
            raise MisplacedError(f"{self.path} is the place of something else", "path")

    def package(self, url: str) -> UpdatePackage | None:
        """Return what is at an address, None for nothing."""
        found = (each for each in self.packages if each.url is None or url.startswith(each.url))
        return next(found, None)


def check_software(
    settings: SoftwareUpdateSettings | None,
    device: DeviceIdentity,
    platform: Platform,
    faults: frozenset[str],
) -> None:
    """Raise `MisplacedError` unless there is a version to begin with, and all faults exist."""
    if settings is None:
        return
    for place, name in enumerate(settings.shows):
        if version_of(name, device, platform) is None:
            section = "device" if name == "software_version" else "platform"
            sentence = f"{section} has no {name}, which an update changes"
            raise MisplacedError(sentence, "software_update", "shows", place)
    for place, failure in enumerate(settings.failures):
        if failure.fault is not None and failure.fault not in faults:
            hint = did_you_mean(failure.fault, faults)
            sentence = f"there is no fault {failure.fault} in behaviour{hint}"
            raise MisplacedError(sentence, "software_update", "failures", place, "fault")


def version_of(name: str, device: DeviceIdentity, platform: Platform) -> str | None:
    """Return one of the versions with which a device leaves the factory."""
    found: str | None = getattr(device if name == "software_version" else platform, name)
    return found


def why_no_address(url: str) -> UpdateResult | None:
    """Return what is wrong with the address of a package; None if it is one.

    >>> why_no_address("https://example.com/lamp"), why_no_address("lamp.bin")
    (None, <UpdateResult.INVALID_URL: 6>)
    """
    try:
        parts = urlsplit(url)
        is_address = bool(parts.scheme and parts.hostname)
    except ValueError:
        is_address = False
    if not is_address:
        return UpdateResult.INVALID_URL
    return None if parts.scheme in _SCHEMES else UpdateResult.UNSUPPORTED_PROTOCOL


def is_newer(version: str, other: str) -> bool:
    """Tell whether one version comes after another: number by number, and letters before none.

    >>> is_newer("1.10.0", "1.9.3"), is_newer("2.0.0", "2.0.0-rc1"), is_newer("2.0", "2.0")
    (True, True, False)
    """
    return _order(version) > _order(other)


def _order(version: str) -> list[tuple[int, int, str]]:
    parts = _PARTS.findall(version.lower())
    known = [(2, int(part), "") if part.isdigit() else (0, 0, part) for part in parts]
    return [*known, (1, 0, "")]
