"""IoTivity's `oic_svr_db*.dat`: a CBOR map of byte strings, each one resource's CBOR map.

What IoTivity itself silently puts right at its start is put right here, with a warning: missing
and empty resources get their defaults, an unowned device has no owner. All else that is wrong is
an error: IoTivity would take the device for a new one.

The file has no header, no version and no checksum: a version is told by the properties that are
there (`normal`). Three levels can be nested, since the reset profile is a byte string with a map
of byte strings. IoTivity writes the whole file anew for each resource, without a temporary file,
so half of one is not rare.

Two members are ours, in `u_ids`, which IoTivity does not know and does not touch: what had to be
added for IoTivity to work, and what could not be said in its form. With them a database that is
written and read again is the same.
"""

from typing import Any, Final

import msgspec

from onboardee.svrdb.formats import (
    access_managers,
    discovery,
)
from onboardee.svrdb.formats.cbor import CborItem, dump_map, dumps, read_map
from onboardee.svrdb.formats.errors import FormatError
from onboardee.svrdb.formats.foreign import Resources, whole_resources
from onboardee.svrdb.formats.iotivity_versions import CRED_OWNER, VERSIONS, versioned
from onboardee.svrdb.formats.stored_resources import (
    KNOWN,
    POLICY,
    PROFILED,
    RESET_PROFILE,
    Imported,
    NewUuid,
    from_resources,
)
from onboardee.svrdb.model import NIL, OWNER, Database

__all__ = ["VERSIONS", "decode", "decode_resources", "encode", "located", "values", "versioned"]

DEFAULTS: Final[Resources] = {
    "doxm": {"oxms": [1], "oxmsel": 1, "sct": 9, "owned": False},
    "pstat": {"isop": False, "cm": 2, "tm": 0, "om": 4, "sm": 4},
    "cred": {"creds": []},
    "acl": {"aclist2": list(discovery.ENTRIES)},
}
"""What IoTivity uses for resources that it does not find."""


def decode(content: bytes, *, new_uuid: NewUuid) -> Imported:
    """Read a `.dat` file of any version from 1.1 on. Raises `FormatError`.

    `new_uuid` is asked for what such a file may lack: the device's UUID, and the identifiers that
    IoTivity keeps elsewhere.
    """
    warnings: list[str] = []
    places: dict[str, dict[str, CborItem]] = {}
    whole: dict[str, bytes] = {}
    for name, item in read_map(content).items():
        if not isinstance(item.value, bytes):
            raise FormatError("is not a byte string", key=name, offset=item.offset)
        if name not in KNOWN:
            whole[name] = item.value
        elif not item.value and name == RESET_PROFILE:
            # IoTivity writes it so to never make one again.
            whole[name] = item.value
        elif item.value:
            places[name] = _read_resource(name, item)
        else:
            warnings.append(f"{name} is empty")
    try:
        return decode_resources(values(places), whole, new_uuid=new_uuid, warnings=warnings)
    except FormatError as error:
        raise located(error, places) from None


def decode_resources(
    resources: Resources, whole: dict[str, bytes], *, new_uuid: NewUuid, warnings: list[str]
) -> Imported:
    """Make a database of resources as IoTivity keeps them, whatever they were read from.

    Of `resources` the maps are taken over and changed. `whole` are those without a meaning here,
    as octets; `warnings` are those of the reader so far. Raises `FormatError`.
    """
    if not resources.keys() & DEFAULTS.keys():
        raise FormatError("holds no doxm, pstat, acl or cred")
    doxm = resources.get("doxm", {})
    if doxm.get("owned") is False and doxm.get("devowneruuid", "") not in ("", str(NIL)):
        warnings.append("doxm.devowneruuid is cleared: the device is not owned")
        resources["doxm"] = {**doxm, "devowneruuid": str(NIL)}
    # IoTivity reads a doxm as a whole, and takes its default if no method is in it
    if "doxm" in resources and "oxms" not in doxm:
        resources["doxm"] = {**DEFAULTS["doxm"], **doxm}
    added = discovery.take_marks(resources)
    for holder in (resources, resources.get(RESET_PROFILE, {})):
        warnings += _number_credentials(holder.get("cred"))
    owner = resources.get("u_ids", {}).pop(CRED_OWNER, None)
    if owner is not None:
        resources.setdefault("cred", {"creds": [], OWNER: owner})
    database = from_resources(
        resources, whole, new_uuid=new_uuid, warnings=warnings, defaults=DEFAULTS
    )
    if access_managers.NAME in whole:
        managers = access_managers.read(whole[access_managers.NAME])
        if managers is not None:
            rest = tuple(each for each in database.foreign if each.place != (access_managers.NAME,))
            database = msgspec.structs.replace(database, amacl=managers, foreign=rest)
    return Imported(discovery.without_added(database, added), tuple(warnings))


def _number_credentials(cred: Any) -> list[str]:
    """Give a credential without a number one; leave out what IoTivity made of an empty list."""
    entries = cred.get("creds") if isinstance(cred, dict) else None
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        return []
    found = []
    taken = {each.get("credid") for each in entries}
    for entry in [each for each in entries if each.get("credid") == 0]:
        if _is_blank(entry):
            entries.remove(entry)
            found.append("a credential without number, type and data is left out")
            continue
        entry["credid"] = next(n for n in range(1, 2**31) if n not in taken)
        taken.add(entry["credid"])
        found.append(f"a credential with the credid 0 gets the credid {entry['credid']}")
    return found


def _is_blank(entry: dict[str, Any]) -> bool:
    """Tell whether a credential is one of zeros, as IoTivity stores it for an empty list."""
    parts = (entry.get(name) for name in ("publicdata", "privatedata", "optionaldata"))
    has_data = any(isinstance(part, dict) and part.get("data") for part in parts)
    return entry.get("credtype", 0) == 0 and not has_data


def encode(database: Database, *, version: str = "master") -> tuple[bytes, tuple[str, ...]]:
    """Write a `.dat` file; return it with sentences on what is lost.

    The IoTivity that is to read it is `version`, one of `VERSIONS`; another one raises
    ValueError. Maps of one resource have definite lengths, those of resources an indefinite one,
    as in the files that IoTivity writes.
    """
    resources, warnings = versioned(database, version)
    if RESET_PROFILE in resources:
        profile = resources[RESET_PROFILE]
        resources[RESET_PROFILE] = {name: _member(each) for name, each in profile.items()}
    entries = {name: dumps(resource) for name, resource in resources.items()}
    if RESET_PROFILE in resources:
        entries[RESET_PROFILE] = dump_map(resources[RESET_PROFILE])
    return dump_map(whole_resources(database.foreign) | entries), warnings


def _member(value: Any) -> Any:
    """Return a resource of the reset profile as its file has it: a byte string, once more."""
    return dumps(value) if isinstance(value, dict) else value


def values(places: dict[str, dict[str, CborItem]]) -> Resources:
    """Return the resources without the places they were read from."""
    resources = {
        name: {key: item.value for key, item in resource.items()}
        for name, resource in places.items()
    }
    if RESET_PROFILE in places:
        resources[RESET_PROFILE] = _profile(places[RESET_PROFILE])
    return resources


def _profile(members: dict[str, CborItem]) -> dict[str, Any]:
    """Read the third level: byte strings, too, of which an empty one counts as missing."""
    profile: dict[str, Any] = {}
    for name, item in members.items():
        if name not in (*PROFILED, POLICY):
            profile[name] = item.value
        elif not isinstance(item.value, bytes):
            raise FormatError(
                "is not a byte string", key=f"{RESET_PROFILE}.{name}", offset=item.offset
            )
        elif item.value:
            resource = _read_resource(name, item, within=f"{RESET_PROFILE}.")
            profile[name] = {key: each.value for key, each in resource.items()}
    return profile


def located(error: FormatError, places: dict[str, dict[str, CborItem]]) -> FormatError:
    """Add the octet at which the property in question begins, if it was read from somewhere."""
    name, _, rest = error.key.partition(".")
    prop = rest.partition(".")[0].partition("[")[0]
    item = places.get(name, {}).get(prop)
    return FormatError(error.what, key=error.key, offset=item.offset if item else None)


def _read_resource(name: str, item: CborItem, *, within: str = "") -> dict[str, CborItem]:
    """Read the map in one resource's byte string. A pstat may be short: see `read_map`."""
    return read_map(
        item.value,
        key=f"{within}{name}",
        base=item.content_offset,
        may_be_short=name == "pstat",
    )
