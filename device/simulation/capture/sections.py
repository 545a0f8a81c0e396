"""`/oic/d` and `/oic/p` as sections of a profile.

Both resources are texts under short names, and a profile has the same under words. What a profile
has no word for is told in a note with its value, since that is what makers put there.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from onboardee.device.simulation.capture.json_types import Plain
from onboardee.device.simulation.capture.notes import Notes, shown
from onboardee.device.simulation.capture.readings import Readings
from onboardee.device.simulation.capture.schemas import listed

MAX_TYPES: Final = 16
"""Of one resource."""
UNKNOWN_TYPE: Final = "x.unknown"
"""What something is that does not say so in a form that profiles have."""

_TYPE_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9.-]{0,63}")
"""As profiles have it."""

_SHORT: Final = 64
_URL: Final = 256

_DEVICE: Final = {
    "icv": ("spec_version", _SHORT),
    "dmv": ("data_model_version", _URL),
    "dmno": ("model_number", _SHORT),
    "sv": ("software_version", _SHORT),
}
"""Properties of /oic/d, as `_PLATFORM`."""
_PLATFORM: Final = {
    "mnmn": ("manufacturer", _SHORT),
    "mnml": ("manufacturer_url", _URL),
    "mnmo": ("model", 128),
    "mndt": ("manufactured", 10),
    "mnpv": ("platform_version", _SHORT),
    "mnos": ("os_version", _SHORT),
    "mnhw": ("hardware_version", _SHORT),
    "mnfv": ("firmware_version", _SHORT),
    "mnsl": ("support_url", _URL),
    "vid": ("vendor_id", _SHORT),
    "mnsel": ("serial_number", _SHORT),
}
"""By wire name: the profile's, and how many characters it takes."""

_IDENTITIES: Final = ("di", "pi", "piid")
"""Properties with UUIDs of the device."""
_COMMON: Final = frozenset({"rt", "if", "n", *_IDENTITIES})
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
"""As `mndt` is written."""


def type_names(place: str, names: Sequence[str], notes: Notes) -> list[str]:
    """Return the names of types that a profile can have, each once."""
    good = list(dict.fromkeys(each for each in names if _TYPE_NAME.fullmatch(each)))[:MAX_TYPES]
    for each in names:
        if each not in good:
            notes.add(f"{place} has a type that is left out: {shown(each)}")
    if not good:
        notes.add(f"{place} tells no type that profiles can have, and gets {UNKNOWN_TYPE}")
    return good


def device_section(device: Mapping[str, Any], link: Mapping[str, Any], notes: Notes) -> Plain:
    """Return what `/oic/d` says."""
    said = listed(device.get("rt")) or listed(link.get("rt"))
    names = [str(each) for each in said if each != "oic.wk.d"]
    name = _text(device, "n", _SHORT, "/oic/d", notes)
    if name is None:
        notes.add("/oic/d tells no name")
    types = type_names("/oic/d", names, notes) or [UNKNOWN_TYPE]
    return {
        "name": name or "Captured",
        "types": types,
        **_section("/oic/d", device, _DEVICE, notes),
    }


def platform_section(platform: Mapping[str, Any], notes: Notes) -> Plain:
    """Return what `/oic/p` says."""
    found = _section("/oic/p", platform, _PLATFORM, notes)
    if "manufacturer" not in found:
        notes.add("/oic/p tells no manufacturer")
    if not _DATE.fullmatch(found.get("manufactured", "2000-01-01")):
        notes.add("/oic/p: mndt is no date, and left out")
        del found["manufactured"]
    return {"manufacturer": "unknown", **found}


def uuids(answers: Readings) -> frozenset[str]:
    """Return the UUIDs of the device and its platform, in lower case."""
    said = [
        source.get(name) for source in (answers.device, answers.platform) for name in _IDENTITIES
    ]
    return frozenset(str(each).lower() for each in said if _is_uuid(each))


def is_type(link: Mapping[str, Any], kind: str) -> bool:
    """Tell whether a link is of a resource type."""
    return kind in listed(link.get("rt"))


def _section(
    place: str, source: Mapping[str, Any], known: Mapping[str, tuple[str, int]], notes: Notes
) -> Plain:
    """Return the properties that profiles have words for; note the others."""
    found = Plain()
    for wire, (name, longest) in known.items():
        text = _text(source, wire, longest, place, notes)
        if text is not None:
            found[name] = text
    for wire in [each for each in source if each not in known and each not in _COMMON]:
        notes.add(f"{place}: profiles have no {shown(wire)}; it is {shown(source[wire])}")
    return found


def _text(
    source: Mapping[str, Any], name: str, longest: int, place: str, notes: Notes
) -> str | None:
    """Return a text of 1 to so many characters."""
    value = source.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        notes.add(f"{place}: {name} is no text, and left out")
        return None
    if len(value) > longest:
        notes.add(f"{place}: {name} is longer than {longest} characters, and cut")
    return value[:longest]


def _is_uuid(value: object) -> bool:
    """Tell whether a value is a UUID other than nil."""
    try:
        return UUID(str(value)).int != 0
    except ValueError:
        return False
