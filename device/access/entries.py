"""Which entries of the access control list are about a request (OCF Security 12.2)."""

from collections.abc import Iterable
from uuid import UUID

from onboardee.device.access.call import Call
from onboardee.device.access.target import Kind, Target
from onboardee.device.validity import applies_at
from onboardee.svrdb.model import Ace, AceResource, Connection, is_same_identity


def applies(entry: Ace, call: Call) -> bool:
    """Tell whether an entry is about the peer and the resource of a request, at this moment."""
    return (
        _is_about_peer(entry, call)
        and _is_about_target(entry.resources, call.target)
        and applies_at(entry.validity, call.wall_time)
    )


def _is_about_peer(entry: Ace, call: Call) -> bool:
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
    # the subject "*" names peers without any UUID in certificates, not everybody
    return is_same_identity(peer, peer) and subject.lower() == str(peer)


def _is_about_target(resources: Iterable[AceResource], target: Target) -> bool:
    return any(_covers(resource, target) for resource in resources)


def _covers(resource: AceResource, target: Target) -> bool:
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
    return not wanted or "*" in wanted or not set(wanted).isdisjoint(present)


def _is_wild(wildcard: str, target: Target) -> bool:
    if target.kind is not Kind.APPLICATION:
        return False  # configuration resources are always named by their path
    if wildcard == "*":
        return True
    if wildcard == "+":
        return target.discoverable
    return wildcard == "-" and target.discoverable and target.has_plain_endpoint
