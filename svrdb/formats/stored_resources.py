"""A database as the resources that IoTivity and IoTivity-Lite keep, and back.

All forms but the neutral dump go through here. What only we keep gets the names that Lite uses
for it (`u_ids`, `keypair`, ...); a stack that does not know a name leaves it alone.

One table says which resources there are: `KEPT`, in `svrdb.model`. It names each part of a
`Database`, its model, the name that the stacks store it under, and whether a reset brings it
back. Three are not in it, since they are no resources of OCF: `u_ids` (identifiers that stay),
`keypair` (the device's own key), and the reset profile.

Reading goes in this order: complete what is missing, bring all into the model's terms (`normal`),
convert, and then compare with what was found, for what is left over (`foreign`).
"""

import copy
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import msgspec

from onboardee.svrdb.formats import credentials, owners
from onboardee.svrdb.formats.errors import FormatError
from onboardee.svrdb.formats.foreign import Resources, leftovers, restore
from onboardee.svrdb.formats.normal import normalize
from onboardee.svrdb.model import (
    KEPT,
    NIL,
    Database,
    Doxm,
    Encoding,
    Foreign,
    Owners,
    Permanent,
    PrivateData,
    ResetProfile,
    ResetUuid,
    SecurityResource,
    State,
)
from onboardee.svrdb.plain import tree

RESET_PROFILE: Final = "resetpf"
"""Resources to which a reset goes back, inside the file that it replaces."""
KNOWN: Final = frozenset({*(each.stored for each in KEPT), "u_ids", "keypair", RESET_PROFILE})
"""The names of all resources that mean something here."""
PROFILED: Final = tuple(each.stored for each in KEPT if each.is_profiled)
"""The names of those that a reset profile holds."""
_PROFILED: Final = tuple(each for each in KEPT if each.is_profiled)
_UNPROFILED: Final = tuple(each for each in KEPT if not each.is_profiled)
POLICY: Final = "x.onboardee.policy"
"""Which UUID a reset gives: a member of the reset profile that only we write."""

_MANDATORY: Final = ("doxm", "pstat", "acl")
"""The resources without which a stack would take its defaults; cred may be missing."""

NewUuid = Callable[[], uuid.UUID]
"""Makes a UUID, for a device that has none."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import gave: the database, and sentences about what it had to change or add."""

    database: Database
    warnings: tuple[str, ...] = ()
    """What was changed or added, in sentences for people."""


def to_resources(database: Database) -> Resources:
    """Return the resources with all their properties, foreign ones too.

    A resource that OCF does not put into a reset profile and that says nothing but its defaults
    is left out: stacks without it would keep it as one they do not know.
    """
    resources = _all_known(database)
    wanted = {part.place[0] for part in database.foreign}
    for each in _UNPROFILED:
        if each.stored not in wanted and getattr(database, each.name) == _default(each):
            del resources[each.stored]
    if not database.identity_key.data:
        del resources["keypair"]
    restore(resources, database.foreign)
    return resources


def from_resources(
    found: Resources,
    whole: Mapping[str, bytes],
    *,
    new_uuid: NewUuid,
    warnings: list[str],
    defaults: Resources,
) -> Database:
    """Return the database that the resources describe; `whole` are those that mean nothing here.

    A resource that is missing is taken from `defaults`, as the stacks do at their start, but with
    a warning. Raises `FormatError`, whose key says where.
    """
    resources = copy.deepcopy(found)
    missing = (name for name in _MANDATORY if name not in resources)
    warnings += [f"there is no {name}: its default is used" for name in missing]
    _complete(resources, defaults)
    profile = _profile(resources, defaults)
    doxm = _doxm(resources["doxm"], new_uuid, warnings)
    permanent, next_uuid = _permanent(resources.get("u_ids", {}), doxm.device_uuid, new_uuid)
    database = Database(
        doxm=doxm,
        permanent=permanent,
        **_parts(KEPT, resources, ""),
        owners=_convert(owners.of(resources["doxm"]), Owners, "doxm"),
        identity_key=_identity_key(resources.get("keypair", {})),
        next_uuid=next_uuid,
        reset_profile=profile,
    )
    others = (Foreign(place=(name,), content=content) for name, content in whole.items())
    foreign = (*leftovers(resources, _all_known(database)), *others)
    ordered = sorted(foreign, key=lambda part: part.place)
    return msgspec.structs.replace(database, foreign=tuple(ordered))


def _all_known(database: Database) -> Resources:
    """Return all resources of the model, also those that would be left out."""
    resources: Resources = {
        **_secure(database),
        **{each.stored: tree(getattr(database, each.name)) for each in _UNPROFILED},
        "u_ids": tree(database.permanent),
        "keypair": {
            "private_key": database.identity_key.data,
            "encoding": str(database.identity_key.encoding),
        },
    }
    resources["doxm"] |= owners.shown(database.owners)
    if database.next_uuid is not None:
        resources["u_ids"]["nextuuid"] = str(database.next_uuid)
    if database.reset_profile is not None:
        policy = {
            "uuidpolicy": str(database.reset_profile.uuid),
            "temporaryuuid": database.reset_profile.is_uuid_hidden,
        }
        resources[RESET_PROFILE] = {**_secure(database.reset_profile), POLICY: policy}
    return resources


def _secure(holder: Database | ResetProfile) -> Resources:
    """Return what the live database and its reset profile have in common."""
    resources = {each.stored: tree(getattr(holder, each.name)) for each in _PROFILED}
    cred = resources["cred"]
    cred["creds"] = [credentials.to_foreign(entry) for entry in cred["creds"]]
    return resources


def _parts(kept: Iterable[SecurityResource], resources: Resources, key: str) -> dict[str, Any]:
    """Convert the resources to parts of a database by their names in it; doxm is a case apart."""
    return {
        each.name: _convert(resources.get(each.stored, {}), each.model, f"{key}{each.stored}")
        for each in kept
        if each.name != "doxm" and each.model is not None
    }


def _default(resource: SecurityResource) -> msgspec.Struct:
    """Return a resource as it is when nobody has written to it."""
    assert resource.model is not None
    return resource.model()


def _complete(resources: Resources, defaults: Resources) -> None:
    """Add resources that are missing, and bring all into the model's terms, in place."""
    for name in (*_MANDATORY, "cred"):
        resources.setdefault(name, copy.deepcopy(defaults.get(name, {})))
    normalize(resources)


def _profile(resources: Resources, defaults: Resources) -> ResetProfile | None:
    """Return what a reset brings back; whoever it says owned the device, a reset forgets."""
    profile = resources.get(RESET_PROFILE)
    if not profile:
        return None
    for name, resource in profile.items():
        if name in PROFILED and not isinstance(resource, dict):
            raise FormatError("is not a map", key=f"{RESET_PROFILE}.{name}")
    known: Resources = {name: profile[name] for name in PROFILED if name in profile}
    try:
        _complete(known, defaults)
    except FormatError as error:
        raise FormatError(error.what, key=f"{RESET_PROFILE}.{error.key}") from None
    profile.update(known)
    for resource in known.values():
        if "rowneruuid" in resource:
            resource["rowneruuid"] = str(NIL)
    known["doxm"] |= {"owned": False, "devowneruuid": str(NIL)}
    known["pstat"] |= {"dos": {"s": int(State.RFOTM), "p": False}, "isop": False}
    known["pstat"] |= {"cm": 2, "tm": 0}
    doxm = {"deviceuuid": str(NIL), **known["doxm"]}
    policy = _convert(profile.get(POLICY, {}), _Policy, f"{RESET_PROFILE}.{POLICY}")
    return ResetProfile(
        doxm=_convert(doxm, Doxm, f"{RESET_PROFILE}.doxm"),
        **_parts(_PROFILED, known, f"{RESET_PROFILE}."),
        uuid=policy.uuid,
        is_uuid_hidden=policy.is_hidden,
    )


class _Policy(msgspec.Struct, rename={"uuid": "uuidpolicy", "is_hidden": "temporaryuuid"}):
    """The member of the reset profile that only we write."""

    uuid: ResetUuid = ResetUuid.KEEP
    is_hidden: bool = False
    """Whether the device shows a temporary UUID until it is owned."""


def _doxm(resource: dict[str, Any], new_uuid: NewUuid, warnings: list[str]) -> Doxm:
    """Return doxm; a device without UUID gets a new one, as at the start of any stack."""
    doxm = _convert({"deviceuuid": str(NIL), **resource}, Doxm, "doxm")
    if doxm.device_uuid != NIL:
        return doxm
    warnings.append("there is no doxm.deviceuuid: the device gets a new one")
    return msgspec.structs.replace(doxm, device_uuid=new_uuid())


class _Next(msgspec.Struct, rename={"following": "nextuuid"}):
    """The member of `u_ids` that only we write: the UUID that the next reset gives."""

    following: uuid.UUID | None = None


def _permanent(
    ids: Mapping[str, Any], device_uuid: uuid.UUID, new_uuid: NewUuid
) -> tuple[Permanent, uuid.UUID | None]:
    """Return the identifiers that outlive a reset, and the UUID that the next one gives."""
    filled = {
        "piid": ids.get("piid") or str(new_uuid()),
        "pi": ids.get("pi") or str(new_uuid()),
        "deviceuuid": ids.get("deviceuuid") or str(device_uuid),
    }
    return _convert(filled, Permanent, "u_ids"), _convert(ids, _Next, "u_ids").following


def _identity_key(keypair: Mapping[str, Any]) -> PrivateData:
    """Return the device's own key. Raises `FormatError`."""
    data = keypair.get("private_key", b"")
    if not isinstance(data, bytes):
        raise FormatError("is not octets", key="keypair.private_key")
    encoding = keypair.get("encoding", Encoding.DER if data else Encoding.RAW)
    return _convert({"data": data, "encoding": encoding}, PrivateData, "keypair")


def _convert(value: Any, kind: type[_T], key: str) -> _T:
    """Make a part of the model of plain values.

    Raises `FormatError` with the path that msgspec gives; where that goes through a map of any
    names it is no path of ours, and is left out.
    """
    try:
        return msgspec.convert(value, kind, builtin_types=(bytes,))
    except msgspec.ValidationError as error:
        what, _, path = str(error).partition(" - at `$")
        path = path.rstrip("`") if "[..." not in path else ""
        raise FormatError(what[:1].lower() + what[1:], key=f"{key}{path}") from None
