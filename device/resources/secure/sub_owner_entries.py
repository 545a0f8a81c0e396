"""Whose an entry of cred or acl2 is, and what a sub-owner may change of them.

A sub-owner writes like an owner, and the whole list is one property of one resource. So what it may
do is decided by what its request comes to: the list before and the list after are compared, and all
that is different has to be its own. That holds however the request was written, with numbers of its
own choice or without, and for each way in which an entry can displace another.

A key is for a peer. One that the owner, or another sub-owner, knows already must not get a second
key from somebody else, who could then pose as that peer; `require_key` sees to it.

The names of IoTivity 1.3 that stand on the wire are in `svrdb.model.owners`.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final, TypeVar
from uuid import UUID

from msgspec.structs import replace

from onboardee.device.access.call import Call
from onboardee.device.access.facts import is_sub_owner
from onboardee.device.resources.base import RefusedError
from onboardee.device.security.joinings import is_free
from onboardee.svrdb.model import (
    ENTRY_OWNER,
    Ace,
    Credential,
    CredentialType,
    Database,
    Owners,
    is_same_identity,
)
from onboardee.wire.coap import Code

CREDENTIALS: Final = 16
ENTRIES: Final = 32
"""How many each sub-owner may have, so that none fills the room of the others."""

_Entry = TypeVar("_Entry", Credential, Ace)


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


def entry_owner_of(call: Call) -> UUID | None:
    """Return the sub-owner, or who wants to be one, whose entries a request may be about alone."""
    peer = call.peer
    if peer.joins is not None:
        return peer.joins
    is_one = is_sub_owner(call.database, peer.uuid) and not peer.is_owner_by_role
    return peer.uuid if is_one else None


def numbers_of_others(call: Call, whose: UUID) -> set[int]:
    """Return the numbers of credentials that are not the sub-owner's."""
    return {
        each.credid
        for each in call.database.cred.credentials
        if not is_same_identity(each.entry_owner, whose)
    }


def own_part(
    payload: Mapping[str, object], name: str, number: str, taken: Collection[int]
) -> Mapping[str, object]:
    """Return what a sub-owner may write: entries, and under numbers that no others have.

    IoTivity's client numbers by its own list, so that it would displace the owner's; it also sends
    a `rowneruuid`, which no server takes from it.
    """
    elements = payload.get(name)
    if not isinstance(elements, list):
        raise not_yours(f"a sub-owner writes {name} alone")
    own = [
        {key: value for key, value in each.items() if key != number}
        if isinstance(each, dict) and each.get(number) in taken
        else each
        for each in elements
    ]
    return {name: own}


def own_changes(before: Iterable[_Entry], after: Iterable[_Entry], whose: UUID) -> list[_Entry]:
    """Return what a sub-owner added or replaced. Raises `RefusedError` if not all is its own."""
    was: list[_Entry] = list(before)
    now: list[_Entry] = list(after)
    changed = [each for each in (*was, *now) if (each in was) is not (each in now)]
    if any(not is_same_identity(each.entry_owner, whose) for each in changed):
        raise not_yours(f"an entry is not one of {whose}, which {ENTRY_OWNER} would say")
    return [each for each in now if each not in was]


def require_key(database: Database, credential: Credential, whose: UUID) -> None:
    """Require a key for a peer that only this sub-owner knows."""
    if credential.kind != CredentialType.SYMMETRIC_PAIRWISE or credential.role is not None:
        raise not_yours("cred: a sub-owner gives pairwise keys without roles")
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
        raise not_yours(f"cred: {credential.subject} is known to others than the sub-owner")


def with_sub_owner(call: Call, database: Database) -> Database:
    """Make a sub-owner of who has just got its credential. Raises `RefusedError`."""
    joins = call.peer.joins
    assert joins is not None
    before, owners = call.database.cred.credentials, call.database.owners
    new = [each for each in database.cred.credentials if each not in before]
    kept = all(each in database.cred.credentials for each in before)
    if not kept or len(new) != 1 or new[0].subject != str(joins):
        raise not_yours("cred: whoever joins gets one credential, for itself")
    if new[0].kind != CredentialType.SYMMETRIC_PAIRWISE or new[0].role is not None:
        raise not_yours("cred: whoever joins gets a pairwise key without a role")
    own = replace(new[0], entry_owner=joins)
    credentials = tuple(own if each == new[0] else each for each in database.cred.credentials)
    return replace(
        database,
        cred=replace(database.cred, credentials=credentials),
        owners=replace(owners, sub_owners=(*owners.sub_owners, joins)),
    )


def require_room(entries: Iterable[Credential | Ace], whose: UUID, limit: int) -> None:
    """Raise `RefusedError` if a sub-owner would have more entries than its share."""
    if sum(is_same_identity(each.entry_owner, whose) for each in entries) > limit:
        raise RefusedError(
            Code.REQUEST_ENTITY_TOO_LARGE, f"a sub-owner has at most {limit} entries"
        )


def not_yours(sentence: str) -> RefusedError:
    """Return the refusal of what somebody else decides on: 4.01, as without any right."""
    return RefusedError(Code.UNAUTHORIZED, sentence)
