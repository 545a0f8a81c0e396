"""The gate: one pure function that grants or refuses every request.

The rules stand in `RULES` in their order; the first that has an opinion decides, and the decision
names it: "why was I refused?" is the question users ask most. First come the rules that nobody
gets around, not even an owner (a transfer is nobody else's business, application resources rest
outside normal operation, what has no unsecured endpoint is not served there). Then come those
that grant by what a peer is, before ownership and after it. The access control list is asked last
and always decides.

What is granted may still be out of season: `out_of_season` looks up in which onboarding states an
operation on a security resource is possible at all, and the rights say when which property may be
written. Both stand in the descriptors of the resources (`svrdb/model`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from onboardee.device.access.call import Call
from onboardee.device.access.entries import applies
from onboardee.device.access.peer import OWNER_ROLE
from onboardee.device.access.target import (
    ACL,
    AMACL,
    DOXM,
    PSTAT,
    ROLES,
    VER,
    Kind,
    Operation,
)
from onboardee.svrdb.model import OWNED_RESOURCES, Database, Season, State, is_same_identity


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer, the rule that gave it, and a sentence for people."""

    granted: bool
    rule: str
    reason: str


Rule = Callable[[Call], Decision | None]

DISCOVERY: Final = frozenset({"/oic/res", "/oic/d", "/oic/p", "/.well-known/core", VER})
"""Readable by anyone while the device waits for an owner."""

_OWNED: Final = {
    **{f"/oic/sec/{name}": name for name in OWNED_RESOURCES},
    ACL: "acl2",
    AMACL: "acl2",
}
"""The resources with an owner of their own, and whose field of the database names it."""

_READING: Final = frozenset({Operation.RETRIEVE, Operation.OBSERVE})
_OWNED_STATES: Final = frozenset({State.RFPRO, State.RFNOP, State.SRESET})


def decide(call: Call) -> Decision:
    """Grant or refuse a request (OCF Security 12)."""
    for rule in RULES:
        decision = rule(call)
        if decision is not None:
            return decision
    raise AssertionError("the last rule always decides")


def out_of_season(call: Call) -> Season | None:
    """Return why what was granted is not possible in the present state; None if it is."""
    for permission, season in call.standard.seasons.get(call.target.href, {}).items():
        if call.operation.value & permission and call.state in season.refused_in:
            return season
    return None


def resource_owner(database: Database, href: str) -> UUID | None:
    """Return the `rowneruuid` of a security resource; others have none."""
    owner: UUID | None = None
    if (name := _OWNED.get(href)) is not None:
        owner = getattr(database, name).resource_owner
    return owner


def has_plain_endpoint(call: Call) -> bool:
    """Tell whether the resource is to be found at an unsecured endpoint in the present state.

    doxm and pstat are while the device waits for a transfer (OCF Security 8.3).
    """
    target = call.target
    if target.href == DOXM and call.shows_owner and call.state is State.RFNOP:
        return True
    if target.href in {DOXM, PSTAT}:
        return call.state is State.RFOTM and not call.has_session
    return target.has_plain_endpoint


def _grant(rule: str, reason: str) -> Decision:
    return Decision(granted=True, rule=rule, reason=reason)


def _refuse(rule: str, reason: str) -> Decision:
    return Decision(granted=False, rule=rule, reason=reason)


def _quiet_during_transfer(call: Call) -> Decision | None:
    """Nobody else talks to a device that changes owners (OCF Security 8.3)."""
    if call.state is State.RFOTM and call.has_session and not call.peer.secured:
        return _refuse("transfer-in-progress", "an ownership connection is open")
    return None


def _application_only_in_normal_operation(call: Call) -> Decision | None:
    """Application resources are there in RFNOP only (OCF Security 8.5)."""
    if call.target.kind is Kind.APPLICATION and call.state is not State.RFNOP:
        return _refuse("not-in-operation", f"application resources rest in {call.state.name}")
    return None


def _ownership_shown_in_operation(call: Call) -> Decision | None:
    """IoTivity 2's servers let anybody read who owns them; a setting of the profile."""
    if (
        call.shows_owner
        and call.state is State.RFNOP
        and call.target.href == DOXM
        and call.operation is Operation.RETRIEVE
    ):
        return _grant("ownership-shown", "the profile lets anybody read who owns the device")
    return None


def _unsecured_needs_plain_endpoint(call: Call) -> Decision | None:
    """Serve a resource where its links say (OCF Core 10.2)."""
    target = call.target
    if call.peer.secured or target.has_plain_endpoint:
        return None
    if target.href in {DOXM, PSTAT} and call.state is State.RFOTM:
        return None
    return _refuse("secured-only", "the resource has no unsecured endpoint")


def _ownership_connection(call: Call) -> Decision | None:
    """Whoever takes ownership configures the device (OCF Security 7.3)."""
    if call.peer.owns_transfer and call.target.kind is not Kind.APPLICATION:
        return _grant("ownership-connection", "device configuration over the ownership connection")
    return None


def _discovery_before_ownership(call: Call) -> Decision | None:
    """Let anybody find a device that waits for an owner (OCF Security 8.3)."""
    if call.state is not State.RFOTM or call.operation not in _READING:
        return None
    if call.target.href in DISCOVERY:
        return _grant("discovery", "discovery is open until the device has an owner")
    return None


def _mode_before_ownership(call: Call) -> Decision | None:
    """OIC Security 1.1: the operation mode is chosen before the session; in its view only."""
    if (
        call.standard.has_mode_before_session
        and call.state is State.RFOTM
        and not call.has_session
        and call.target.href == PSTAT
        and call.operation is Operation.UPDATE
    ):
        return _grant("oic-1.1-mode", "a tool of OIC 1.1 chooses the mode before its session")
    return None


def _before_ownership(call: Call) -> Decision | None:
    """Before a transfer doxm and the state are open, and nothing else (OCF Security 8.3)."""
    if call.state is not State.RFOTM:
        return None
    if call.has_session:
        return _refuse("ready-for-transfer", "the session is not the ownership connection")
    href = call.target.href
    if href == DOXM:
        return _grant("ready-for-transfer", "the transfer method may be read and chosen")
    if href == PSTAT and call.operation in _READING:
        return _grant("ready-for-transfer", "the onboarding state may be read")
    return _refuse("ready-for-transfer", "the device has no owner yet")


def _resource_owner(call: Call) -> Decision | None:
    """Let the owner of a security resource manage it (OCF Security 12)."""
    owner = resource_owner(call.database, call.target.href)
    if is_same_identity(call.peer.uuid, owner):
        return _grant("resource-owner", f"{owner} owns {call.target.href}")
    return None


def _own_roles(call: Call) -> Decision | None:
    """Every peer asserts its own roles (OCF Security 10.4)."""
    if call.target.href == ROLES and call.peer.secured and call.state in _OWNED_STATES:
        return _grant("own-roles", "every secured peer manages its own roles")
    return None


def _owner_role(call: Call) -> Decision | None:
    """Open everything to the role of the owner (OCF Security 10.4)."""
    if call.peer.is_owner_by_role:
        return _grant("owner-role", f"a certificate gives the role {OWNER_ROLE}")
    return None


def _access_control_list(call: Call) -> Decision | None:
    """Everybody else needs an entry (OCF Security 12.2)."""
    needed = call.operation.value
    matching = [entry for entry in call.database.acl2.entries if applies(entry, call)]
    for entry in matching:
        if entry.permission & needed:
            return _grant("access-control-entry", f"granted by aceid {entry.aceid}")
    if matching:
        ids = ", ".join(str(entry.aceid) for entry in matching)
        return _refuse(
            "access-control-entry",
            f"aceid {ids} matches but does not permit {call.operation.name}",
        )
    return _refuse("access-control-entry", "no access control entry matches")


RULES: Final[tuple[Rule, ...]] = (
    _quiet_during_transfer,
    _application_only_in_normal_operation,
    _ownership_shown_in_operation,
    _unsecured_needs_plain_endpoint,
    _ownership_connection,
    _discovery_before_ownership,
    _mode_before_ownership,
    _before_ownership,
    _resource_owner,
    _own_roles,
    _owner_role,
    _access_control_list,
)
"""In the order of evaluation; the last one always decides."""
