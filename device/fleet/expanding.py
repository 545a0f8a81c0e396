"""From a fleet to its devices, each with its name, its profile and when it starts.

Devices of a group share all parts of their profile that are equal: a profile of its own costs a
device three small structures.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from msgspec.structs import replace

from onboardee.device.faults.terms import FaultError
from onboardee.device.faults.terms import parse as parsed_fault
from onboardee.device.fleet.model import Churn, Fleet, Group
from onboardee.device.fleet.pattern import filled
from onboardee.device.fleet.schedule import start_times
from onboardee.device.simulation.catalogue import is_path
from onboardee.device.simulation.compatibility import PRESETS, Preset
from onboardee.device.simulation.manufacturer import Manufacturer
from onboardee.device.simulation.ownership_settings import OwnershipSettings, OwnerTransferMethod
from onboardee.device.simulation.profile import Profile, load
from onboardee.device.simulation.section import MisplacedError, ProfileError
from onboardee.svrdb.seed import uuid_from_seed


@dataclass(frozen=True, slots=True)
class FleetDevice:
    """One device of a fleet, or of what `run` was told without a fleet file."""

    name: str
    """By which people call it, and the name of its directory."""
    origin: str
    """The profile's name, or its path."""
    profile: Profile
    starts_at: float = 0.0
    """Seconds after the fleet."""
    uuid: UUID | None = None
    """Its UUID when it is new; None for a random one."""
    seed: str | None = None
    """What makes its chance repeatable."""
    churn: Churn | None = None
    """How it comes and goes."""


def devices_of(fleet: Fleet, folder: Path) -> list[FleetDevice]:
    """Return all devices; profiles by path are found from a folder.

    Raises `MisplacedError`, whose path leads to what is wrong.
    """
    found: list[FleetDevice] = []
    taken: dict[str, int] = {}
    for index, group in enumerate(fleet.groups):
        for device in _of_group(group, index, folder):
            other = taken.setdefault(device.name, index)
            if other != index:
                sentence = f"group {other + 1} of the file has a device {device.name}, too"
                raise MisplacedError(sentence, "groups", index, "name")
            found.append(device)
    return found


def _of_group(group: Group, index: int, folder: Path) -> Iterator[FleetDevice]:
    origin = str(folder / group.profile) if is_path(group.profile) else group.profile
    profile = _of_all(group, index, origin)
    name_of = _namer(group, profile, index)
    for number, at in enumerate(start_times(group.start, group.count), 1):
        name, title = name_of(number)
        uuid = _uuid(group, number, index)
        yield FleetDevice(
            name=name,
            origin=origin,
            profile=_own(profile, group, title, number),
            starts_at=at,
            uuid=uuid,
            seed=None if group.seed is None else filled(group.seed, number),
            churn=group.churn,
        )


def copies(
    profile: Profile, origin: str, name: str, count: int, title: str | None = None
) -> Iterator[FleetDevice]:
    """Yield so many devices of one profile, whose name and title end in their number.

    With a `title` of their own the first has it as it is, and the others are TITLE-1, TITLE-2, …:
    so IoTivity-Lite's `cloud_server` calls its devices, and who waits for TITLE finds it.
    """
    for number in range(1, count + 1):
        own = f"{profile.device.name} {number}"
        if title is not None:
            own = title if number == 1 else f"{title}-{number - 1}"
        yield FleetDevice(f"{name}-{number}", origin, titled(profile, own))


def adapted(
    profile: Profile,
    *,
    compat: Preset | None = None,
    pin: str | None = None,
    methods: tuple[OwnerTransferMethod, ...] | None = None,
    manufacturer: Manufacturer | None = None,
) -> Profile:
    """Return a profile with other settings in place of its own; `None` leaves one as it is.

    A `manufacturer` brings its transfer method along. Raises `ValueError` for methods that the
    profile has not what is needed for.
    """
    if compat is not None:
        profile = replace(profile, compat=PRESETS[compat])
    ownership = profile.ownership
    if pin is not None:
        ownership = replace(ownership, pin=replace(ownership.pin, fixed=pin))
    if manufacturer is not None:
        ownership = _made_by(ownership, manufacturer)
    if methods is not None:
        ownership = replace(ownership, methods=methods)
    return profile if ownership is profile.ownership else replace(profile, ownership=ownership)


def _made_by(ownership: OwnershipSettings, manufacturer: Manufacturer) -> OwnershipSettings:
    """Give a device its maker's certificate, and the method that shows it."""
    method = OwnerTransferMethod.MANUFACTURER_CERTIFICATE
    methods = ownership.methods if method in ownership.methods else (*ownership.methods, method)
    return replace(ownership, manufacturer=manufacturer, methods=methods)


def _of_all(group: Group, index: int, origin: str) -> Profile:
    """Return what all devices of a group have in common."""
    try:
        profile = adapted(load(origin), compat=group.compat, pin=group.pin, methods=group.otm)
    except ProfileError as error:
        raise MisplacedError(str(error), "groups", index, "profile") from error
    except ValueError as error:
        raise MisplacedError(str(error), "groups", index, "otm") from error
    return _with_faults(profile, group, index)


def _with_faults(profile: Profile, group: Group, index: int) -> Profile:
    """Add a group's faults to those of its profile; each is tried alone, to name the wrong one."""
    for number, text in enumerate(group.faults):
        try:
            profile = replace(profile, faults=(*profile.faults, parsed_fault(text)))
        except (FaultError, ValueError) as error:
            raise MisplacedError(str(error), "groups", index, "faults", number) from error
    return profile


def _own(profile: Profile, group: Group, title: str, number: int) -> Profile:
    """Change what each device has for itself."""
    own = titled(profile, title)
    if group.serial is None:
        return own
    serial = filled(group.serial, number)
    return replace(own, platform=replace(own.platform, serial_number=serial))


def titled(profile: Profile, title: str) -> Profile:
    """Give a device its name in `/oic/d`."""
    return replace(profile, device=replace(profile.device, name=title))


def _namer(group: Group, profile: Profile, index: int) -> Callable[[int], tuple[str, str]]:
    """Return what gives each device its name and its title, by its number."""
    several = group.count > 1
    stem = Path(group.profile).stem
    name = group.name or (f"{stem}-{{n}}" if several else stem)
    title = group.title or (f"{profile.device.name} {{n}}" if several else profile.device.name)

    def of(number: int) -> tuple[str, str]:
        found = filled(name, number)
        if not is_name(found):
            sentence = f"{found} is no name: letters, digits, points, _ and - can be in one"
            raise MisplacedError(sentence, "groups", index, "name")
        return found, filled(title, number)

    return of


def is_name(text: str) -> bool:
    """Tell whether a text can be the name of a directory, and be typed without quotes."""
    return (
        text[:1].isalnum()
        and text.isascii()
        and all(each.isalnum() or each in "._-" for each in text)
    )


def _uuid(group: Group, number: int, index: int) -> UUID | None:
    if group.uuid_seed is None:
        return None
    try:
        return uuid_from_seed(filled(group.uuid_seed, number))
    except ValueError as error:
        raise MisplacedError(str(error), "groups", index, "uuid_seed") from error
