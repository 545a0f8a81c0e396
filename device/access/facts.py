"""What follows for a resource from the device's state, the database and the profile.

Rules of the gate rest on these facts, and so does what the device tells of itself (the links in
`/oic/res`, a new owner's rights): what is announced and what is allowed cannot differ.
"""

from typing import Final, NamedTuple
from uuid import UUID

from onboardee.device.access.aces import is_shown_to_anybody
from onboardee.device.access.call import Call
from onboardee.device.access.target import ACL, AMACL, DOXM, DPAIRING, PCONF, PSTAT, Target
from onboardee.svrdb.model import NIL, OWNED_RESOURCES, Database, State, is_same_identity

_OWNED: Final = {
    **{f"/oic/sec/{name}": name for name in OWNED_RESOURCES},
    ACL: "acl2",
    AMACL: "amacl",
    PCONF: "pconf",
    DPAIRING: "pconf",
}
"""The resources with an owner of their own, and whose field of the database names it. Those of OIC
1.1 are views of acl2 and have its owner."""


class Openness(NamedTuple):
    """What lets anybody in, beside what a resource itself says: the same for all of a device's."""

    is_waiting: bool
    """The device waits for an owner, and nobody has begun a transfer."""
    shows_owner: bool
    """The profile lets anybody read doxm."""


def openness(call: Call) -> Openness:
    """Return what lets anybody in, in the present state."""
    return Openness(_is_waiting(call), shows_owner(call))


def has_plain_endpoint(target: Target, openness: Openness) -> bool:
    """Tell whether a resource is to be found at an unsecured endpoint.

    doxm and pstat are while the device waits for a transfer (OCF Security 8.3). The links in
    `/oic/res` follow from this and the gate's rule from the same facts, so that no link leads to an
    endpoint that refuses everybody.
    """
    if target.href == DOXM and openness.shows_owner:
        return True
    if target.href in {DOXM, PSTAT}:
        return openness.is_waiting
    if openness.is_waiting and target.open_in_rfotm:
        return True
    return target.has_plain_endpoint


def is_open_before_transfer(call: Call) -> bool:
    """Tell whether the profile opens the resource to anybody now, before a transfer begins."""
    return _is_waiting(call) and bool(call.target.open_in_rfotm)


def _is_waiting(call: Call) -> bool:
    return call.state is State.RFOTM and not call.has_session


def shows_owner(call: Call) -> bool:
    """Tell whether the profile lets anybody read doxm now, always or by an entry that says so."""
    if call.state is not State.RFNOP:
        return False
    granted = call.concessions
    return granted.shows_owner or (granted.shows_owner_by_entry and is_shown_to_anybody(DOXM, call))


def resource_owner(database: Database, href: str) -> UUID | None:
    """Return the `rowneruuid` of a security resource; others have none."""
    owner: UUID | None = None
    if (name := _OWNED.get(href)) is not None:
        owner = getattr(database, name).resource_owner
    if owner == NIL and href in {PCONF, DPAIRING}:
        return database.doxm.owner_uuid  # until somebody is named, as only tools of OIC 1.1 do
    if owner == NIL and href == AMACL:
        return database.acl2.resource_owner
    return owner


def is_sub_owner(database: Database, uuid: UUID | None) -> bool:
    """Tell whether a peer owns the device beside its owner; the owner itself does not."""
    return not is_same_identity(uuid, database.doxm.owner_uuid) and any(
        is_same_identity(uuid, each) for each in database.owners.sub_owners
    )
