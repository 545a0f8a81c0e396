"""Security resources of a device with multiple ownership, as IoTivity 1.3 has it.

    doxm    shows and takes who the sub-owners are, and whether others may join
    pstat   a joining peer may ask for RFPRO and RFNOP, and for nothing else
    cred    a sub-owner adds and replaces its own pairwise keys; a joining one its first
    acl2    a sub-owner adds and replaces its own entries, none of them about security resources

The gate says who may ask at all. What is looked at here is the change that a request comes to: so
that however an entry is written, nothing of the owner's or of another sub-owner's is displaced, and
nobody makes a key for somebody whom the owner knows.
"""

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from typing import Final, TypeVar
from uuid import UUID

from msgspec.structs import replace

from onboardee.device.access.call import Call
from onboardee.device.access.facts import is_sub_owner
from onboardee.device.access.rights import Standard
from onboardee.device.resources.base import (
    COMMON,
    Outcome,
    RefusedError,
    Representation,
    not_addressed,
)
from onboardee.device.resources.secure.acl2 import MEMBERS, Acl2Resource
from onboardee.device.resources.secure.common import (
    bad_request,
    require_writable,
    typed,
    uuid_text,
    wire,
)
from onboardee.device.resources.secure.cred import CredResource
from onboardee.device.resources.secure.doxm import DoxmResource
from onboardee.device.resources.secure.pstat import PstatResource
from onboardee.device.security import owner
from onboardee.device.security.joinings import is_free
from onboardee.svrdb.model import (
    ENTRY_OWNER,
    NIL,
    Ace,
    Cred,
    Credential,
    CredentialType,
    Database,
    Owners,
    SharingMode,
    State,
    is_same_identity,
)
from onboardee.svrdb.model.owners import MODE, PIN_USAGE, PREFIX, SHARED_RIGHTS, SUB_OWNERS
from onboardee.wire.coap import Code

CREDENTIALS: Final = 16
ENTRIES: Final = 32
"""How many each sub-owner may have, so that none fills the room of the others."""

_OWN: Final = frozenset({MODE, SUB_OWNERS})
_OF_JOINING: Final = frozenset({State.RFPRO.value, State.RFNOP.value})
_KEPT: Final = ENTRY_OWNER.removeprefix(PREFIX)
_Entry = TypeVar("_Entry", Credential, Ace)


class SharedDoxmResource(DoxmResource):
    """Owner transfer methods and ownership, with those who own the device beside its owner."""

    def __init__(self, limit: int) -> None:
        """Take how many sub-owners there may be."""
        super().__init__()
        self._limit = limit

    def retrieve(self, call: Call) -> Representation:
        """Return doxm; `x.org.iotivity.mom=` asks for devices in another mode than that."""
        owners = call.database.owners
        unwanted = (*call.query.all(MODE), *call.query.all("mom!"))
        if str(owners.mode) in unwanted:
            raise not_addressed(call)
        found = super().retrieve(call)
        assert isinstance(found, Mapping)
        # IoTivity's reader refuses an empty list
        named = {SUB_OWNERS: [*map(str, owners.sub_owners)]} if owners.sub_owners else {}
        return {**found, MODE: owners.mode, **named}

    def update(self, call: Call, payload: Mapping[str, object]) -> Outcome:
        """Write what doxm has; who is no sub-owner any more loses its entries with it."""
        call = replace(call, standard=_with_shared_rights(call.standard))
        rest = {name: value for name, value in payload.items() if name not in _OWN}
        outcome = super().update(call, rest)
        owners = self._owners(call, payload)
        database = outcome.database or call.database
        if owners == database.owners:
            return outcome
        return replace(outcome, database=without_entries_of_others(database, owners))

    def _owners(self, call: Call, payload: Mapping[str, object]) -> Owners:
        before = call.database.owners
        values = wire(before)
        for name in sorted(_OWN & payload.keys()):
            value = payload[name]
            if name == SUB_OWNERS and isinstance(value, list):
                value = [uuid_text("doxm", name, each) for each in value]
            values[name.removeprefix(PREFIX)] = value
        owners = typed("doxm", values, Owners)
        if owners.mode not in set(SharingMode):
            # IoTivity 1.3's client sends what stands in memory that it has freed already
            owners = replace(owners, mode=SharingMode.ENABLED)
        for name in _OWN:
            kept = name.removeprefix(PREFIX)
            if wire(owners)[kept] != wire(before)[kept]:
                require_writable("doxm", name, call)
        self._require_sound(call, owners)
        return owners

    def _require_sound(self, call: Call, owners: Owners) -> None:
        named = owners.sub_owners
        doxm = call.database.doxm
        if len(set(named)) != len(named) or {NIL, doxm.owner_uuid, doxm.device_uuid} & set(named):
            raise bad_request(f"doxm: {SUB_OWNERS} names others than owner and device, each once")
        if len(named) > self._limit:
            raise bad_request(f"doxm: there are at most {self._limit} sub-owners")


class SharedPstatResource(PstatResource):
    """Provisioning status."""

    def update(self, call: Call, payload: Mapping[str, object]) -> Outcome:
        """Carry out what is asked for; a joining peer may do no more than it needs to join."""
        if call.peer.joins is not None:
            dos = payload.get("dos")
            state = dos.get("s") if isinstance(dos, dict) else None
            if payload.keys() - COMMON - {"dos"} or state not in _OF_JOINING:
                raise bad_request("pstat: whoever joins asks for RFPRO and RFNOP alone")
        return super().update(call, payload)


class SharedCredResource(CredResource):
    """The credentials, each with its owner."""

    members = frozenset({_KEPT})

    def retrieve(self, call: Call) -> Representation:
        """Return the credentials, with whose they are."""
        return _shown(super().retrieve(call), "creds")

    def update(self, call: Call, payload: Mapping[str, object]) -> Outcome:
        """Add or replace credentials; a sub-owner its own."""
        whose, payload = _whose(call), _read(payload, "creds")
        if whose is None:
            return super().update(call, _with_known_pin(call.database.cred, payload))
        outcome = super().update(call, _own_part(payload, "creds", "credid", _taken(call, whose)))
        database = outcome.database
        assert database is not None
        if call.peer.joins is not None:
            return replace(outcome, database=_joined(call, database))
        new = _own_changes(call.database.cred.credentials, database.cred.credentials, whose)
        for each in new:
            _require_key(call.database, each, whose)
        _require_room(database.cred.credentials, whose, CREDENTIALS)
        return outcome

    def derived_key(self, cred: Cred, credential: Credential, call: Call) -> bytes:
        """Derive the credential of a sub-owner that joins, otherwise that of the owner."""
        joins, session, doxm = call.peer.joins, call.peer.session, call.database.doxm
        if joins is None or session is None:
            return super().derived_key(cred, credential, call)
        if credential.subject != str(joins):
            raise bad_request("cred: whoever joins gets a credential for itself")
        return owner.derive(
            session.key_block,
            suite=session.suite,
            method=doxm.selected_method,
            owner=joins,
            device=doxm.device_uuid,
            size=call.standard.key_block_size,
        )


class SharedAcl2Resource(Acl2Resource):
    """The access control list, each entry with its owner."""

    members = MEMBERS | {_KEPT}

    def retrieve(self, call: Call) -> Representation:
        """Return the entries, with whose they are."""
        return _shown(super().retrieve(call), "aclist2")

    def update(self, call: Call, payload: Mapping[str, object]) -> Outcome:
        """Add or replace entries; a sub-owner its own."""
        whose, payload = _whose(call), _read(payload, "aclist2")
        outcome_of = super().update
        if whose is None:
            return outcome_of(call, payload)
        taken = {
            each.aceid
            for each in call.database.acl2.entries
            if not is_same_identity(each.entry_owner, whose)
        }
        outcome = outcome_of(call, _own_part(payload, "aclist2", "aceid", taken))
        database = outcome.database
        assert database is not None
        for entry in _own_changes(call.database.acl2.entries, database.acl2.entries, whose):
            if any((each.href or "").strip("/").startswith("oic/sec") for each in entry.resources):
                raise _not_yours("acl2: an entry of a sub-owner opens no security resource")
        _require_room(database.acl2.entries, whose, ENTRIES)
        return outcome


def without_entries_of_others(database: Database, owners: Owners) -> Database:
    """Set who the sub-owners are; what those had who are none any more goes with them."""
    gone = set(database.owners.sub_owners) - set(owners.sub_owners)
    credentials = tuple(
        each
        for each in database.cred.credentials
        if each.entry_owner not in gone and each.subject not in {str(uuid) for uuid in gone}
    )
    entries = tuple(each for each in database.acl2.entries if each.entry_owner not in gone)
    return replace(
        database,
        owners=owners,
        cred=replace(database.cred, credentials=credentials),
        acl2=replace(database.acl2, entries=entries),
    )


def _with_shared_rights(standard: Standard) -> Standard:
    """Return a standard with what may be written of doxm beyond it."""
    doxm = {**standard.rights["doxm"], **SHARED_RIGHTS}
    return dataclasses.replace(standard, rights={**standard.rights, "doxm": doxm})


def _whose(call: Call) -> UUID | None:
    """Return the sub-owner, or who wants to be one, whose entries a request may be about alone."""
    peer = call.peer
    if peer.joins is not None:
        return peer.joins
    is_one = is_sub_owner(call.database, peer.uuid) and not peer.is_owner_by_role
    return peer.uuid if is_one else None


def _read(payload: Mapping[str, object], name: str) -> Mapping[str, object]:
    """Return an UPDATE with the name by which the owner of an entry is kept."""
    elements = payload.get(name)
    if not isinstance(elements, list):
        return payload
    return {**payload, name: [_renamed(each, ENTRY_OWNER, _KEPT) for each in elements]}


def _shown(found: Representation, name: str) -> Representation:
    """Return a representation with the name by which the owner of an entry is shown."""
    assert isinstance(found, Mapping)
    return {**found, name: [_renamed(each, _KEPT, ENTRY_OWNER) for each in found[name]]}


def _renamed(element: object, before: str, after: str) -> object:
    if not isinstance(element, Mapping) or before not in element:
        return element
    return {after if key == before else key: value for key, value in element.items()}


def _taken(call: Call, whose: UUID) -> set[int]:
    return {
        each.credid
        for each in call.database.cred.credentials
        if not is_same_identity(each.entry_owner, whose)
    }


def _own_part(
    payload: Mapping[str, object], name: str, number: str, taken: Collection[int]
) -> Mapping[str, object]:
    """Return what a sub-owner may write: entries, and under numbers that no others have.

    IoTivity's client numbers by its own list, so that it would displace the owner's; it also sends
    a `rowneruuid`, which no server takes from it.
    """
    elements = payload.get(name)
    if not isinstance(elements, list):
        raise _not_yours(f"a sub-owner writes {name} alone")
    own = [
        {key: value for key, value in each.items() if key != number}
        if isinstance(each, dict) and each.get(number) in taken
        else each
        for each in elements
    ]
    return {name: own}


def _own_changes(before: Iterable[_Entry], after: Iterable[_Entry], whose: UUID) -> list[_Entry]:
    """Return what a sub-owner added or replaced. Raises `RefusedError` if not all is its own."""
    was: list[_Entry] = list(before)
    now: list[_Entry] = list(after)
    changed = [each for each in (*was, *now) if (each in was) is not (each in now)]
    if any(not is_same_identity(each.entry_owner, whose) for each in changed):
        raise _not_yours(f"an entry is not one of {whose}, which {ENTRY_OWNER} would say")
    return [each for each in now if each not in was]


def _require_key(database: Database, credential: Credential, whose: UUID) -> None:
    """Require a key for a peer that only this sub-owner knows."""
    if credential.kind != CredentialType.SYMMETRIC_PAIRWISE or credential.role is not None:
        raise _not_yours("cred: a sub-owner gives pairwise keys without roles")
    rest = tuple(
        each for each in database.cred.credentials if not is_same_identity(each.entry_owner, whose)
    )
    entries = tuple(
        each for each in database.acl2.entries if not is_same_identity(each.entry_owner, whose)
    )
    others = replace(
        database,
        cred=replace(database.cred, credentials=rest),
        acl2=replace(database.acl2, entries=entries),
        owners=replace(
            database.owners,
            sub_owners=tuple(each for each in database.owners.sub_owners if each != whose),
        ),
    )
    if not is_free(others, UUID(credential.subject)):
        raise _not_yours(f"cred: {credential.subject} is known to others than the sub-owner")


def _joined(call: Call, database: Database) -> Database:
    """Make a sub-owner of who has just got its credential. Raises `RefusedError`."""
    joins = call.peer.joins
    assert joins is not None
    before, owners = call.database.cred.credentials, call.database.owners
    new = [each for each in database.cred.credentials if each not in before]
    kept = all(each in database.cred.credentials for each in before)
    if not kept or len(new) != 1 or new[0].subject != str(joins):
        raise _not_yours("cred: whoever joins gets one credential, for itself")
    if new[0].kind != CredentialType.SYMMETRIC_PAIRWISE or new[0].role is not None:
        raise _not_yours("cred: whoever joins gets a pairwise key without a role")
    own = replace(new[0], entry_owner=joins)
    credentials = tuple(own if each == new[0] else each for each in database.cred.credentials)
    return replace(
        database,
        cred=replace(database.cred, credentials=credentials),
        owners=replace(owners, sub_owners=(*owners.sub_owners, joins)),
    )


def _require_room(entries: Iterable[Credential | Ace], whose: UUID, limit: int) -> None:
    if sum(is_same_identity(each.entry_owner, whose) for each in entries) > limit:
        raise RefusedError(
            Code.REQUEST_ENTITY_TOO_LARGE, f"a sub-owner has at most {limit} entries"
        )


def _with_known_pin(cred: Cred, payload: Mapping[str, object]) -> Mapping[str, object]:
    """Let a new PIN for sub-owners replace the one that there is, of which there is one only."""
    elements = payload.get("creds")
    known = next((each.credid for each in cred.credentials if each.usage == PIN_USAGE), None)
    if known is None or not isinstance(elements, list):
        return payload
    changed = [
        {**each, "credid": known}
        if isinstance(each, dict) and each.get("credusage") == PIN_USAGE
        else each
        for each in elements
    ]
    return {**payload, "creds": changed}


def _not_yours(sentence: str) -> RefusedError:
    return RefusedError(Code.UNAUTHORIZED, sentence)
