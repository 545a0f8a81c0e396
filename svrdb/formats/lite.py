"""IoTivity-Lite's credential directories: one file for each resource of each device.

`doxm_0` is the doxm of the first device, `pstat_1` the pstat of the second, each one plain CBOR
map. Lite refuses doxm, pstat and the like with properties that it does not know, and would fall
back to factory state; so these go to a file of our own, `onboardee_0`, which Lite never opens.
Lite forgets a device without owner at its next start, and gives it a new UUID.

Two things of OCF have no place there. Lite computes `oxms` when it runs, so a reader has to say
what is offered. And it knows no validity, no filters and no revocation; an entry with one of them
would grant more in Lite than it does here, so it is left out, with a warning.

The files of other devices in a directory are never touched.
"""

import copy
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from onboardee.svrdb.formats.cbor import CborItem, dump_map, dumps, read_map
from onboardee.svrdb.formats.errors import FormatError
from onboardee.svrdb.formats.foreign import Resources, whole_resources
from onboardee.svrdb.formats.iotivity import located
from onboardee.svrdb.formats.keypair import from_der, to_der
from onboardee.svrdb.formats.stored_resources import (
    KNOWN,
    Imported,
    NewUuid,
    from_resources,
    to_resources,
)
from onboardee.svrdb.model import KEPT, CredentialType, Database, TransferMethod

EXTRA: Final = "onboardee"
"""The name of our own file, and of the property that holds the key pair as it was."""

_FILE_NAME: Final = re.compile(r"(?P<name>.+)_(?P<device>0|[1-9][0-9]{0,5})\Z", re.DOTALL)
"""A resource and the number of a device, joined by the last underscore: `u_ids_0` has two."""
_COMMON: Final = "file/"
"""What the names of resources begin with that are files without a device's number."""

STRICT: Final = {
    "keypair": ("public_key", "private_key"),
    **{each.stored: each.lite.properties for each in KEPT if each.lite.properties},
}
"""The properties that Lite knows, where others would make it refuse the file."""

_INTERFACES: Final = ["oic.if.rw", "oic.if.baseline"]
"""What Lite writes as `if` into each of its resources."""
_TYPES: Final = {each.stored: f"oic.r.{each.name}" for each in KEPT if each.lite.has_type}
"""The `rt` that Lite writes, for those resources where it does."""


def of_device(names: Iterable[str], device: int) -> list[str]:
    """Return those of the file names that are for one device alone."""
    found = ((name, _FILE_NAME.match(name)) for name in names)
    return [name for name, match in found if match and int(match["device"]) == device]


def devices(names: Iterable[str]) -> list[int]:
    """Return the numbers of the devices that have files, in order."""
    found = (_FILE_NAME.match(name) for name in names)
    return sorted({int(match["device"]) for match in found if match and match["name"] == "doxm"})


def decode(files: Mapping[str, bytes], *, device: int = 0, new_uuid: NewUuid) -> Imported:
    """Read one device of a directory given as files by name. Raises `FormatError`.

    Files that mean nothing here are kept; those of other devices are named in a warning.
    """
    present = devices(files)
    if device not in present:
        which = ", ".join(str(number) for number in present) or "none"
        raise FormatError(f"there is no doxm_{device}; devices here: {which}")
    warnings = [
        f"device {number} of the directory is left out" for number in present if number != device
    ]
    places: dict[str, dict[str, CborItem]] = {}
    whole: dict[str, bytes] = {}
    for name, content in _of_device(files, device):
        if name in KNOWN or name == EXTRA:
            # Lite empties a file to drop what was in it.
            if content:
                places[name] = read_map(content, key=name)
        else:
            whole[name] = content
    if "doxm" not in places:
        raise FormatError("is empty: Lite has dropped this device", key="doxm")
    resources = {
        name: {key: item.value for key, item in resource.items()}
        for name, resource in places.items()
    }
    _add_extra(resources, resources.pop(EXTRA, {}))
    _from_lite(resources, warnings)
    try:
        database = from_resources(
            resources, whole, new_uuid=new_uuid, warnings=warnings, defaults={}
        )
    except FormatError as error:
        raise located(error, places) from None
    return Imported(database, tuple(warnings))


def encode(database: Database, *, device: int = 0) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Return the files of one device by name, and sentences on what is lost.

    `device` is its number in the directory, from 0 on.
    """
    resources = to_resources(database)
    warnings = _to_lite(resources)
    extra = _take_extra(resources)
    for name, type_name in _TYPES.items():
        if name in resources:
            resources[name] = {"rt": [type_name], "if": _INTERFACES, **resources[name]}
    if extra:
        resources[EXTRA] = extra
    # A map of definite length that loses its end could pass for a shorter one.
    contents = whole_resources(database.foreign) | {
        name: dump_map(resource, dumps) for name, resource in resources.items()
    }
    files = {_file_name(name, device): content for name, content in contents.items()}
    return files, tuple(warnings)


def _of_device(files: Mapping[str, bytes], device: int) -> Iterator[tuple[str, bytes]]:
    """Yield the resources of a device with their contents.

    Files that belong to no device are among them, under names with `_COMMON`.
    """
    for file_name, content in files.items():
        match = _FILE_NAME.match(file_name)
        if match is None:
            yield f"{_COMMON}{file_name}", content
        elif int(match["device"]) == device:
            yield match["name"], content


def _file_name(name: str, device: int) -> str:
    """Return the file of a resource; those that came from a file without number get it back."""
    return name.removeprefix(_COMMON) if name.startswith(_COMMON) else f"{name}_{device}"


def _add_extra(resources: Resources, extra: Mapping[str, Any]) -> None:
    """Add what Lite has no place for, where Lite has not said otherwise since."""
    keypair = resources.get("keypair", {})
    original = extra.get("keypair")
    keypair.pop("public_key", None)
    if isinstance(original, dict) and from_der(keypair) == from_der(original):
        resources["keypair"] = original
    for name, properties in extra.items():
        if name != "keypair" and isinstance(properties, dict):
            resources[name] = {**properties, **resources.get(name, {})}


def _take_extra(resources: Resources) -> dict[str, Any]:
    """Take out what Lite would refuse or change, and return it for the file of our own."""
    extra: dict[str, Any] = {}
    keypair = resources.pop("keypair", None)
    if keypair is not None:
        extra["keypair"] = keypair
        if (der := to_der(keypair)) is not None:
            resources["keypair"] = der
    for name, known in STRICT.items():
        resource = resources.get(name, {})
        unknown = {key: value for key, value in resource.items() if key not in known}
        if unknown and name != "keypair":
            extra[name] = unknown
            resources[name] = {key: resource[key] for key in resource if key in known}
    return extra


def _from_lite(resources: Resources, warnings: list[str]) -> None:
    """Bring what Lite wrote into the terms that all forms share, in place."""
    doxm = resources["doxm"]
    if "oxms" not in doxm:
        selected = doxm.get("oxmsel")
        known = selected in tuple(TransferMethod) and selected != TransferMethod.SELF
        doxm["oxms"] = [selected if known else int(TransferMethod.JUST_WORKS)]
        warnings.append(f"there is no doxm.oxms: {doxm['oxms']} is offered")
    for entry in _entries(resources, "cred", "creds"):
        # Written for every credential, also where there is no secret.
        private = entry.get("privatedata")
        if isinstance(private, dict) and private.get("data") in (b"", "", None):
            del entry["privatedata"]
        if entry.get("owner_cred") == _is_owners(entry, doxm):
            del entry["owner_cred"]


def _to_lite(resources: Resources) -> list[str]:
    """Leave out what Lite would ignore to somebody's advantage; return sentences on it."""
    warnings = []
    entries = resources["acl"]["aclist2"]
    resources["acl"]["aclist2"] = [entry for entry in entries if not _is_narrowed(entry)]
    for entry in entries:
        if _is_narrowed(entry):
            what = f"access control entry {entry['aceid']}"
            warnings.append(f"{what} is left out: Lite knows no validity and no rt and if filters")
    credentials = copy.copy(resources["cred"]["creds"])
    resources["cred"]["creds"] = [entry for entry in credentials if not _is_revoked(entry)]
    for entry in credentials:
        if _is_revoked(entry):
            warnings.append(f"credential {entry['credid']} is left out: Lite knows no revocation")
        elif "period" in entry:
            warnings.append(f"credential {entry['credid']} has a period, which Lite ignores")
        entry.setdefault("owner_cred", _is_owners(entry, resources["doxm"]))
    return warnings


def _is_narrowed(entry: Mapping[str, Any]) -> bool:
    """Tell whether an entry grants less than its subject, paths and permission say."""
    filtered = any("rt" in each or "if" in each for each in entry["resources"])
    return filtered or "validity" in entry


def _is_revoked(entry: Mapping[str, Any]) -> bool:
    return bool(entry.get("optionaldata", {}).get("revstat"))


def _is_owners(entry: Mapping[str, Any], doxm: Mapping[str, Any]) -> bool:
    """Tell whether a credential is the owner's.

    Lite marks it, and OCF finds it by its subject.
    """
    is_pairwise = entry.get("credtype") == CredentialType.SYMMETRIC_PAIRWISE
    return is_pairwise and entry.get("subjectuuid") == doxm.get("devowneruuid")


def _entries(resources: Resources, name: str, list_name: str) -> list[dict[str, Any]]:
    """Return the maps in a resource's list; what else may be there the model refuses."""
    entries = resources.get(name, {}).get(list_name)
    return [each for each in entries if isinstance(each, dict)] if isinstance(entries, list) else []
