"""The resources of a database as one version of IoTivity writes them.

The versions have the same resources in other words: lists of access rules of version 1 or 2, usages
of credentials, a state or none. Each step below changes what `to_resources` made, in place, and
says what the version has no words for. A `.dat` file and the source of one are written of the same
resources, so both of them have the same losses, and the same warnings.
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
from onboardee.svrdb.formats.foreign import Resources
from onboardee.svrdb.formats.stored_resources import RESET_PROFILE, to_resources
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

_ENCODINGS: Final = (Encoding.RAW, Encoding.BASE64, Encoding.PEM, Encoding.DER)
"""The encodings that IoTivity reads."""


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
