"""CREATE and DELETE: what a collection's `oic.if.create` makes, and how it goes (OCF Core 7.6.3.9).

    POST /switches?if=oic.if.create
         {"rt": ["oic.r.switch.binary"], "if": ["oic.if.a", "oic.if.baseline"], "p": {"bm": 3},
          "rep": {"value": true}}
    2.01 {"href": "/switches/1", "rt": …, "if": …, "p": {"bm": 3}, "ins": 1,
          "rep": {"rt": …, "if": …, "value": true}}

    DELETE /switches/1                  2.02
    DELETE /switches?if=oic.if.b        2.02, and all that was created in it is gone

A created resource is an entry of the database (`svrdb/model/created.py`); what is here makes
another database and no resource. The machine follows what is stored (`growth`), so that a resource,
its link and its creator's access are there together or not at all, whenever the power fails.

Who creates a resource and may not use it by any entry gets an entry of its own, to read, update and
delete it, as IoTivity-Lite gives: without it a client could fill a collection with what it can
never take back. The entry goes with the resource.

Paths are the lowest free number below the collection, as with IoTivity-Lite.
"""

from collections.abc import Collection, Mapping
from itertools import count
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from onboardee.device.access.call import Call
from onboardee.device.access.gate import decide
from onboardee.device.access.ocf_interfaces import BASELINE
from onboardee.device.access.target import RES, Operation, Target
from onboardee.device.resources.base import Outcome, RefusedError, batch_key, with_common
from onboardee.device.resources.secure.acl2 import MAX_ENTRIES
from onboardee.device.resources.targets import target_of
from onboardee.device.simulation.conditional import held
from onboardee.device.simulation.creatable import profile_of
from onboardee.device.simulation.profile import ResourceProfile
from onboardee.device.simulation.values import Property, ValueRefusedError, Values
from onboardee.svrdb.model import (
    Ace,
    AceResource,
    Acl2,
    Created,
    CreatedResource,
    Database,
    Permission,
    Subject,
)
from onboardee.wire.coap import Code

_POLICIES: Final = 3
"""Discoverable and observable, where a client says nothing."""
_MAX_NAME: Final = 64
_USES: Final = (Operation.RETRIEVE, Operation.UPDATE, Operation.DELETE)
"""What a creator may do with what it created."""
_PERMISSION: Final = int(Permission.RETRIEVE | Permission.UPDATE | Permission.DELETE)


def create(
    collection: ResourceProfile,
    taken: Collection[str],
    call: Call,
    payload: Mapping[str, object],
) -> Outcome:
    """Return the database with one more resource, and what its creator is told.

    `taken` are the paths that are in use. Raises `RefusedError`: 4.00 for what is no request to
    create, or is of another type than the collection takes; 4.03 for values out of their limits or
    where the collection is full; 4.13 for more values than it takes.
    """
    creates = collection.creates
    if creates is None:
        raise RefusedError(Code.METHOD_NOT_ALLOWED, "nothing can be created in the resource")
    creatable = creates.creatable(_names(payload, "rt")[0])
    if creatable is None:
        raise RefusedError(Code.BAD_REQUEST, "the collection does not take resources of this type")
    types = _permitted(_names(payload, "rt"), creatable.types, "type")
    values = _values(payload, held(creatable.properties, creatable.types, types), creates.max_size)
    present = call.database.created.resources
    siblings = [each for each in present if each.collection == collection.href]
    if len(siblings) >= creates.limit:
        raise RefusedError(Code.FORBIDDEN, f"{collection.href} has {creates.limit} resources")
    created = CreatedResource(
        href=_free_path(collection.href, {*taken, *(each.href for each in present)}),
        collection=collection.href,
        types=types,
        interfaces=_permitted(_names(payload, "if"), creatable.interfaces, "interface"),
        policies=_policies(payload),
        instance=_free_number({*range(1, len(collection.links) + 1), *_instances(siblings)}),
        name=_name(payload),
        values=values,
    )
    profile = profile_of(created, collection, creatable)
    target = target_of(profile)
    database, created = _with_entry(call, target, created)
    resources = (*present, created)
    return Outcome(
        code=Code.CREATED,
        body=_told(call, target, created, profile),
        database=_counted(replace(database, created=Created(resources=resources)), created),
        notify=_changed(collection.href),
    )


def delete(href: str, call: Call) -> Outcome:
    """Return the database without a created resource and the entry of its creator."""
    resources = call.database.created.resources
    gone = next((each for each in resources if each.href == href), None)
    if gone is None:
        raise RefusedError(Code.NOT_FOUND, "the resource is deleted already")
    rest = tuple(each for each in resources if each is not gone)
    database = _counted(replace(call.database, created=Created(resources=rest)), gone)
    return Outcome(
        code=Code.DELETED,
        database=replace(database, acl2=_without_entry(database.acl2, gone)),
        notify=_changed(gone.collection),
    )


def _counted(database: Database, changed: CreatedResource) -> Database:
    """Count a change of a collection: what is created and deleted has changed it all the same."""
    counts = database.created_changes
    count = counts.get(changed.collection, 0) + 1
    return replace(database, created_changes={**counts, changed.collection: count})


def _changed(collection: str) -> frozenset[str]:
    """Return what looks different when a link has come or gone."""
    return frozenset({collection, batch_key(collection), RES})


def _names(payload: Mapping[str, object], key: str) -> tuple[str, ...]:
    """Return the types or interfaces of a request; each name is compared, none is kept unknown."""
    match payload.get(key):
        case [str(), *_] as names:
            texts = [each for each in names if isinstance(each, str)]
            if len(texts) == len(names):
                return tuple(dict.fromkeys(texts))
    raise RefusedError(Code.BAD_REQUEST, f"a resource is created with {key}, an array of texts")


def _permitted(wanted: tuple[str, ...], known: tuple[str, ...], what: str) -> tuple[str, ...]:
    if not set(wanted) <= set(known):
        raise RefusedError(Code.BAD_REQUEST, f"the {what}s are {', '.join(known)}")
    return wanted


def _policies(payload: Mapping[str, object]) -> int:
    """Return what a client wants of `bm`; bits beside discoverable and observable are left out."""
    match payload.get("p"):
        case None:
            return _POLICIES
        case {"bm": int(bits)} if not isinstance(bits, bool) and bits >= 0:
            return bits & _POLICIES
    raise RefusedError(Code.BAD_REQUEST, "p is a map with bm, a number")


def _rep(payload: Mapping[str, object]) -> Mapping[str, object]:
    match payload.get("rep"):
        case dict() as rep:
            return rep
    raise RefusedError(Code.BAD_REQUEST, "a resource is created with rep, a map")


def _name(payload: Mapping[str, object]) -> str | None:
    """Return the name that a client gives, for people."""
    match _rep(payload).get("n"):
        case None:
            return None
        case str(name) if 0 < len(name) <= _MAX_NAME:
            return name
    raise RefusedError(Code.BAD_REQUEST, f"n is a text of 1 to {_MAX_NAME} characters")


def _values(
    payload: Mapping[str, object], properties: Mapping[str, Property], limit: int
) -> dict[str, Any]:
    """Return the values that a resource begins with, checked, in the form in which they are kept.

    Read-only ones among them: what creates a sensor says what it shows.
    """
    rep = _rep(payload)
    trial = Values(properties)
    try:
        trial.set(rep)
        given = {name: trial.current[name] for name in properties if name in rep}
        content = msgspec.json.encode(given)
    except (ValueRefusedError, ValueError, OverflowError) as error:
        is_malformed = isinstance(error, ValueRefusedError) and error.is_malformed
        code = Code.BAD_REQUEST if is_malformed else Code.FORBIDDEN
        raise RefusedError(code, str(error)) from error
    if len(content) > limit:
        raise RefusedError(Code.REQUEST_ENTITY_TOO_LARGE, f"the values have more than {limit}")
    kept: dict[str, Any] = msgspec.json.decode(content)
    return kept


def _instances(resources: Collection[CreatedResource]) -> set[int]:
    return {each.instance for each in resources}


def _free_number(taken: set[int]) -> int:
    return next(number for number in count(1) if number not in taken)


def _free_path(collection: str, taken: set[str]) -> str:
    base = collection.rstrip("/")
    return next(path for number in count(1) if (path := f"{base}/{number}") not in taken)


def _with_entry(
    call: Call, target: Target, created: CreatedResource
) -> tuple[Database, CreatedResource]:
    """Let the creator use what it created; return the database with that, and the resource.

    Where others' entries, or its role, let it do so already there is no entry.
    """
    acl2, creator = call.database.acl2, call.peer.uuid
    uses = (replace(call, target=target, operation=each) for each in _USES)
    if creator is None or all(decide(each).granted for each in uses):
        return call.database, created
    if len(acl2.entries) >= MAX_ENTRIES:
        raise RefusedError(Code.FORBIDDEN, "there is no room for the access entry of the creator")
    entry = Ace(
        aceid=_free_number({each.aceid for each in acl2.entries}),
        subject=Subject(uuid=str(creator)),
        resources=(AceResource(href=created.href),),
        permission=_PERMISSION,
    )
    acl2 = replace(acl2, entries=(*acl2.entries, entry))
    return replace(call.database, acl2=acl2), replace(created, aceid=entry.aceid)


def _without_entry(acl2: Acl2, gone: CreatedResource) -> Acl2:
    """Take the entry of the creator away, unless the owner has made another one of it."""
    own = (AceResource(href=gone.href),)
    rest = tuple(each for each in acl2.entries if each.aceid != gone.aceid or each.resources != own)
    return acl2 if len(rest) == len(acl2.entries) else replace(acl2, entries=rest)


def _told(
    call: Call, target: Target, created: CreatedResource, profile: ResourceProfile
) -> dict[str, Any]:
    """Return the link of a new resource, and its representation as the baseline has it."""
    named = {} if created.name is None else {"n": created.name}
    values = {**named, **Values(profile.properties).current}
    return {
        "href": created.href,
        "rt": created.types,
        "if": created.interfaces,
        "p": {"bm": created.policies},
        "ins": created.instance,
        "rep": with_common(replace(call, interface=BASELINE), target, values),
    }
