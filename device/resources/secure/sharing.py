"""Security resources of a device with multiple ownership, as IoTivity 1.3 has it.

    doxm    shows and takes who the sub-owners are, and whether others may join
    pstat   a joining peer may ask for RFPRO and RFNOP, and for nothing else
    cred    a sub-owner adds and replaces its own pairwise keys; a joining one its first
    acl2    a sub-owner adds and replaces its own entries, none of them about security resources

The gate says who may ask at all. What is looked at here is the change that a request comes to
(`sub_owner_entries`): so that however an entry is written, nothing of the owner's or of another
sub-owner's is displaced, and nobody makes a key for somebody whom the owner knows.
"""

import dataclasses
from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from onboardee.device.access.call import Call
from onboardee.device.access.rights import Standard
from onboardee.device.resources.base import (
    COMMON,
    Outcome,
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
from onboardee.device.resources.secure.cred import CredResource, key_of_session
from onboardee.device.resources.secure.doxm import DoxmResource
from onboardee.device.resources.secure.pstat import PstatResource
from onboardee.device.resources.secure.sub_owner_entries import (
    CREDENTIALS,
    ENTRIES,
    entry_owner_of,
    not_yours,
    numbers_of_others,
    own_changes,
    own_part,
    require_key,
    require_room,
    with_sub_owner,
    without_entries_of_others,
)
from onboardee.svrdb.model import (
    ENTRY_OWNER,
    NIL,
    Cred,
    Credential,
    Owners,
    SharingMode,
    State,
    is_same_identity,
)
from onboardee.svrdb.model.owners import MODE, PIN_USAGE, PREFIX, SHARED_RIGHTS, SUB_OWNERS

_OWN: Final = frozenset({MODE, SUB_OWNERS})
"""The properties of doxm that only such a device has."""
_OF_JOINING: Final = frozenset({State.RFPRO.value, State.RFNOP.value})
"""The states that whoever joins may ask for, by number."""
_KEPT: Final = ENTRY_OWNER.removeprefix(PREFIX)
"""How an entry's owner is called where it is kept, without the prefix of the wire."""


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
        """Return who shares the device after an UPDATE.

        What stands in it as it was needs no right to be written, since tools send doxm whole.
        Raises `RefusedError`.
        """
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
        """Refuse sub-owners who are the owner, the device or nobody, and too many of them."""
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
        whose, payload = entry_owner_of(call), _read(payload, "creds")
        if whose is None:
            return super().update(call, _with_known_pin(call.database.cred, payload))
        outcome = super().update(
            call, own_part(payload, "creds", "credid", numbers_of_others(call, whose))
        )
        database = outcome.database
        assert database is not None
        if call.peer.joins is not None:
            return replace(outcome, database=with_sub_owner(call, database))
        new = own_changes(call.database.cred.credentials, database.cred.credentials, whose)
        for each in new:
            require_key(call.database, each, whose)
        require_room(database.cred.credentials, whose, CREDENTIALS)
        return outcome

    def derived_key(self, cred: Cred, credential: Credential, call: Call) -> bytes:
        """Derive the credential of a sub-owner that joins, otherwise that of the owner."""
        joins, session = call.peer.joins, call.peer.session
        if joins is None or session is None:
            return super().derived_key(cred, credential, call)
        if credential.subject != str(joins):
            raise bad_request("cred: whoever joins gets a credential for itself")
        return key_of_session(session, joins, call)


class SharedAcl2Resource(Acl2Resource):
    """The access control list, each entry with its owner."""

    members = MEMBERS | {_KEPT}

    def retrieve(self, call: Call) -> Representation:
        """Return the entries, with whose they are."""
        return _shown(super().retrieve(call), "aclist2")

    def update(self, call: Call, payload: Mapping[str, object]) -> Outcome:
        """Add or replace entries; a sub-owner its own."""
        whose, payload = entry_owner_of(call), _read(payload, "aclist2")
        outcome_of = super().update
        if whose is None:
            return outcome_of(call, payload)
        taken = {
            each.aceid
            for each in call.database.acl2.entries
            if not is_same_identity(each.entry_owner, whose)
        }
        outcome = outcome_of(call, own_part(payload, "aclist2", "aceid", taken))
        database = outcome.database
        assert database is not None
        for entry in own_changes(call.database.acl2.entries, database.acl2.entries, whose):
            if any((each.href or "").strip("/").startswith("oic/sec") for each in entry.resources):
                raise not_yours("acl2: an entry of a sub-owner opens no security resource")
        require_room(database.acl2.entries, whose, ENTRIES)
        return outcome


def _with_shared_rights(standard: Standard) -> Standard:
    """Return a standard with what may be written of doxm beyond it."""
    doxm = {**standard.rights["doxm"], **SHARED_RIGHTS}
    return dataclasses.replace(standard, rights={**standard.rights, "doxm": doxm})


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
    """Return an entry with one property under another name.

    What is no map is left to its reader.
    """
    if not isinstance(element, Mapping) or before not in element:
        return element
    return {after if key == before else key: value for key, value in element.items()}


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
