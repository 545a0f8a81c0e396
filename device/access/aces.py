"""Which entries of the access control list are about a request (OCF Security 12.2).

An entry is about a request if it is about the peer, about the resource and about this moment. Each
part that cannot be understood makes it apply to less, never to more: an entry without href and
wildcard covers nothing, one with a period that cannot be read never applies.

    subject               is the peer if
    -------------------   ------------------------------------------------------------
    uuid                  it proved this UUID, over whichever kind of credential
    uuid "*"              never
    role, authority       it has the role, of this authority if one is named
    conntype auth-crypt   it has a session, and the resource is none of /oic/sec
    conntype anon-clear   always, where the resource is none of /oic/sec

Connection types open no security resource (as with IoTivity-Lite): who a peer is matters there, and
`auth-crypt` is everybody who has any key, `anon-clear` everybody. A profile may concede more to
deployed tools (`concessions`): that an anonymous entry shows doxm, and that the owner's `*` opens
some security resources.
"""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from onboardee.device.access.call import Call
from onboardee.device.access.concessions import OF_OWNERS_WILDCARD
from onboardee.device.access.periods import applies_at
from onboardee.device.access.target import Kind, Target
from onboardee.svrdb.model import Ace, AceResource, Connection, Permission, is_same_identity

ANYTHING: Final = "*"
"""The wildcard that stands for every application resource."""


def applies(entry: Ace, call: Call) -> bool:
    """Tell whether an entry is about the peer and the resource of a request, at this moment.

    The cheap questions come first; the time is asked last, as recurrence may have to be searched.
    """
    return (
        _is_about_peer(entry, call)
        and (_is_about_target(entry.resources, call.target) or _is_opened_to_owner(entry, call))
        and applies_at(entry.validity, call.wall_time)
    )


def is_shown_to_anybody(href: str, call: Call) -> bool:
    """Tell whether an entry about anybody, in the clear too, names a resource to be read.

    By its path: a wildcard of an entry that was written for lamps shows no doxm.
    """
    return any(
        entry.subject.connection is Connection.ANYONE
        and entry.permission & Permission.RETRIEVE
        and any(resource.href == href for resource in entry.resources)
        and applies_at(entry.validity, call.wall_time)
        for entry in call.database.acl2.entries
    )


def _is_opened_to_owner(entry: Ace, call: Call) -> bool:
    """Tell whether an entry about the device's owner is conceded to open the resource as well."""
    return (
        call.concessions.opens_to_owner
        and call.target.href in OF_OWNERS_WILDCARD
        and _names(entry.subject.uuid or "", call.database.doxm.owner_uuid)
        and any(resource.wildcard == ANYTHING for resource in entry.resources)
    )


def _is_about_peer(entry: Ace, call: Call) -> bool:
    """Tell whether the subject of an entry is the peer, as in the table above."""
    subject, peer = entry.subject, call.peer
    if subject.uuid is not None:
        return _names(subject.uuid, peer.uuid)
    if subject.role is not None:
        return any(
            subject.role == role.role and subject.authority in {None, role.authority}
            for role in peer.roles
        )
    if call.target.kind is Kind.SECURITY:
        return False  # a connection type alone opens no security resource
    return subject.connection is Connection.ANYONE or peer.secured


def _names(subject: str, peer: UUID | None) -> bool:
    """Tell whether the text of a subject is the peer's UUID; no peer without one is ever named."""
    # the subject "*" names peers without any UUID in certificates, not everybody
    return is_same_identity(peer, peer) and subject.lower() == str(peer)


def _is_about_target(resources: Iterable[AceResource], target: Target) -> bool:
    return any(_covers(resource, target) for resource in resources)


def _covers(resource: AceResource, target: Target) -> bool:
    """Tell whether a resource of an entry is the one that is asked for.

    All that it says has to fit: path, wildcard and both filters. A slash at either end of a path
    means nothing, as tools write both.
    """
    if resource.href is None and resource.wildcard is None:
        return False
    if resource.href is not None and resource.href.strip("/") != target.href.strip("/"):
        return False
    if resource.wildcard is not None and not _is_wild(resource.wildcard, target):
        return False
    return _overlap(resource.types, target.types) and _overlap(
        resource.interfaces, target.interfaces
    )


def _overlap(wanted: tuple[str, ...], present: tuple[str, ...]) -> bool:
    """Tell whether a filter lets something through.

    It does if it is empty, has a value of the resource, or is `*`, which IoTivity writes.
    """
    return not wanted or "*" in wanted or not set(wanted).isdisjoint(present)


def _is_wild(wildcard: str, target: Target) -> bool:
    """Tell whether a wildcard covers a resource (OCF Security 12.2).

    `+` is what is discoverable, secured or not, as with IoTivity-Lite; the specification asks for a
    secured endpoint, which everything here has.
    """
    if target.kind is not Kind.APPLICATION:
        return False  # configuration resources are always named by their path
    if wildcard == ANYTHING:
        return True
    if wildcard == "+":
        return target.discoverable
    return wildcard == "-" and target.discoverable and target.has_plain_endpoint
