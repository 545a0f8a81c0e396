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

from onboardee.svrdb.acl_version1 import InexpressibleError
from onboardee.svrdb.formats import (
    access_managers,
    credentials,
    discovery,
    owners,
    pairing,
    version1,
)
from onboardee.svrdb.formats.cbor import CborItem, dump_map, dumps, read_map
from onboardee.svrdb.formats.errors import FormatError
from onboardee.svrdb.formats.foreign import Resources, whole_resources
from onboardee.svrdb.formats.stored_resources import (
    KNOWN,
    POLICY,
    PROFILED,
    RESET_PROFILE,
    Imported,
    NewUuid,
    from_resources,
    to_resources,
)
from onboardee.svrdb.model import KEPT, NIL, OWNER, Database, Encoding, Sp, State
from onboardee.svrdb.model.amacl import Amacl

VERSIONS: Final = ("1.2", "1.3", "master")
"""The forms there are: 1.2 has access lists of version 1 and no state, "master" is what came
after 1.3.1."""

CRED_OWNER: Final = "x.onboardee.credowner"
"""A property of `u_ids`, which only we write: who owns a cred that is left out."""

_INTERFACE: Final = "oic.if.baseline"
_ORDER: Final = ("sp", "acl", "pstat", "doxm", "amacl", "cred")
"""The order of resources in a file that IoTivity wrote; others follow as they come."""


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


def versioned(database: Database, version: str) -> tuple[Resources, tuple[str, ...]]:
    """Return the resources as that version writes them, and sentences on what is lost."""
    if version not in VERSIONS:
        raise ValueError(f"there is no version {version!r}, only {', '.join(VERSIONS)}")
    resources = to_resources(database)
    warnings = _unknown_encodings(resources)
    if database.amacl != Amacl():
        resources[access_managers.NAME], left_out = access_managers.written(database.amacl)
        warnings += left_out
    profile = resources.get(RESET_PROFILE, {})
    warnings += _let_be_found(resources, profile, version, is_owned=database.doxm.owned)
    _leave_out_no_credentials(resources, profile)
    for each, where in ((resources, ""), (profile, " of the reset profile")):
        if version == "1.2" and each:
            warnings += [f"{warning}{where}" for warning in _to_1_2(each)]
        _finish(each, version)
    ordered = sorted(resources, key=lambda name: _ORDER.index(name) if name in _ORDER else 99)
    return {name: resources[name] for name in ordered}, tuple(warnings)


def _let_be_found(
    resources: Resources, profile: dict[str, Any], version: str, *, is_owned: bool
) -> list[str]:
    """Add the anonymous entries that a device without owner needs; return what is told of it."""
    needed = discovery.ENTRIES_1_2 if version == "1.2" else discovery.ENTRIES
    places = {discovery.LIVE: {} if is_owned else resources, discovery.PROFILE: profile}
    added: dict[str, list[int]] = {}
    for place, holder in places.items():
        entries = holder["acl"]["aclist2"] if holder else []
        if holder and (missing := discovery.missing(entries, needed)):
            holder["acl"]["aclist2"] = [*entries, *missing]
            added[place] = [entry["aceid"] for entry in missing]
    if not added:
        return []
    resources["u_ids"][discovery.ADDED] = added
    return ["entries of the access list are added by which a device without owner is found"]


def _leave_out_no_credentials(resources: Resources, profile: dict[str, Any]) -> None:
    """Leave out a cred without credentials: IoTivity reads it as a credential of zeros."""
    owner = resources["cred"].get(OWNER, str(NIL))
    for holder in (resources, profile):
        cred = holder.get("cred", {})
        if cred.get("creds") == [] and cred.keys() <= {"creds", OWNER}:
            del holder["cred"]
    if "cred" not in resources and owner != str(NIL):
        resources["u_ids"][CRED_OWNER] = owner


def _finish(resources: dict[str, Any], version: str) -> None:
    """Add what all stored resources have, and write periods of time as IoTivity does."""
    for each in KEPT:
        if each.is_iotivitys and each.stored in resources:
            name = each.stored if version == "1.2" else each.name
            resources[each.stored] |= {"rt": [f"oic.r.{name}"], "if": [_INTERFACE]}
    if "pconf" in resources:
        device_uuid = resources["doxm"]["deviceuuid"]
        resources["pconf"] = pairing.to_foreign(resources["pconf"], device_uuid)
    if version != "1.2":
        owners.to_foreign(resources)
    for entry in resources.get("acl", {}).get("aclist2", []):
        if "validity" in entry:
            entry["validity"] = [list(each.values()) for each in entry["validity"]]


def _unknown_encodings(resources: Resources) -> list[str]:
    """Return a sentence for each credential whose encoding IoTivity would not load."""
    return [
        f"credential {entry['credid']} is in {part['encoding']}, which IoTivity does not know"
        for entry in resources.get("cred", {"creds": []})["creds"]
        for part in (entry.get("publicdata", {}), entry.get("privatedata", {}))
        if part.get("encoding", Encoding.RAW) not in _ENCODINGS
    ]


_ENCODINGS: Final = (Encoding.RAW, Encoding.BASE64, Encoding.PEM, Encoding.DER)
"""The encodings that IoTivity reads."""


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


def _to_1_2(resources: dict[str, Any]) -> list[str]:
    """Write version 1 forms into the resources; return what could not be."""
    warnings = []
    older = []
    for entry in resources["acl"].pop("aclist2"):
        try:
            older.append(version1.to_version_1(entry))
        except InexpressibleError as error:
            warnings.append(f"access control entry {entry['aceid']} is left out: {error}")
    resources["acl"]["aclist"] = {"aces": older}
    if "cred" in resources:
        entries = resources["cred"]["creds"]
        resources["cred"]["creds"] = [credentials.to_version_1(entry) for entry in entries]
    state = resources["pstat"].pop("dos")["s"]
    resources["pstat"].setdefault("deviceuuid", resources["doxm"]["deviceuuid"])
    if state not in (State.RFOTM, State.RFNOP):
        warnings.append("the onboarding state is left out: version 1.2 does not keep it")
    if msgspec.convert(resources.pop("sp"), Sp) != Sp():
        warnings.append("the security profile is left out: version 1.2 has none")
    return warnings
