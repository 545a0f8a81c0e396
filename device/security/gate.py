"""The gate: one pure function that grants or refuses every request.

No resource checks access itself. The rules stand below in their order, the first that has an
opinion decides, and the decision names it: "why was I refused?" is the question users ask most.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Final
from uuid import UUID

from onboardee.device.validity import applies_at
from onboardee.svrdb.model import (
    Ace,
    AceResource,
    Connection,
    Database,
    Permission,
    RoleId,
    State,
    is_same_identity,
)


class Kind(Enum):
    """Classes of resources that the rules tell apart."""

    SECURITY = "security"
    """Secure virtual resources, `/oic/sec/*`."""
    CORE = "core"
    """The other device configuration resources: discovery, device, platform, maintenance."""
    APPLICATION = "application"
    """Everything else: what the device is for."""


class Operation(Enum):
    """What a request wants, with the permission that an access control entry must carry."""

    RETRIEVE = Permission.RETRIEVE
    OBSERVE = Permission.NOTIFY
    UPDATE = Permission.UPDATE | Permission.CREATE
    DELETE = Permission.DELETE


@dataclass(frozen=True, slots=True)
class Target:
    """What the gate needs to know of a resource."""

    href: str
    kind: Kind
    types: tuple[str, ...]
    interfaces: tuple[str, ...]
    discoverable: bool = True
    has_plain_endpoint: bool = False


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asks: an unsecured peer by default."""

    secured: bool = False
    owns_transfer: bool = False
    """The request came over the device ownership connection."""
    uuid: UUID | None = None
    roles: frozenset[RoleId] = frozenset()
    by_key: bool = False
    """It proved to have a pre-shared key, rather than a certificate."""
    is_owner_by_role: bool = False
    """A certificate gives it the role of the owner."""

    def with_asserted(self, roles: frozenset[RoleId]) -> "Requester":
        """Return the same peer with the roles that certificates give it, too."""
        is_owner = any(role.role == OWNER_ROLE for role in roles)
        return replace(self, roles=self.roles | roles, is_owner_by_role=is_owner)

    def __str__(self) -> str:
        if self.owns_transfer:
            return f"ownership connection of {self.uuid}" if self.uuid else "ownership connection"
        if self.uuid:
            return str(self.uuid)
        return "anonymous, secured" if self.secured else "anonymous"


@dataclass(frozen=True, slots=True)
class Situation:
    """The state in which a request arrives."""

    database: Database
    has_session: bool
    """A DTLS session of anybody exists."""
    wall_time: datetime | None = None
    """The time of day; where it is unknown, no entry with a limited validity applies."""
    shows_owner: bool = False
    """An owned device tells anybody about its ownership, as IoTivity 2 does."""
    is_old: bool = False
    """The request is one of OIC 1.1, and the profile serves those."""

    @property
    def state(self) -> State:
        """The onboarding state."""
        return self.database.state


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer, the rule that gave it, and a sentence for people."""

    granted: bool
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Question:
    """One request, as the rules see it."""

    operation: Operation
    target: Target
    requester: Requester
    situation: Situation


Rule = Callable[[Question], Decision | None]

DOXM: Final = "/oic/sec/doxm"
PSTAT: Final = "/oic/sec/pstat"
CRED: Final = "/oic/sec/cred"
CSR: Final = "/oic/sec/csr"
ACL2: Final = "/oic/sec/acl2"
ACL: Final = "/oic/sec/acl"
AMACL: Final = "/oic/sec/amacl"
VER: Final = "/oic/sec/ver"
ROLES: Final = "/oic/sec/roles"

OWNER_ROLE: Final = "oic.role.owner"

DISCOVERY: Final = frozenset({"/oic/res", "/oic/d", "/oic/p", "/.well-known/core", VER})
"""Readable by anyone while the device waits for an owner."""

_READING: Final = frozenset({Operation.RETRIEVE, Operation.OBSERVE})
_OWNED_STATES: Final = frozenset({State.RFPRO, State.RFNOP, State.SRESET})


def _grant(rule: str, reason: str) -> Decision:
    return Decision(granted=True, rule=rule, reason=reason)


def _refuse(rule: str, reason: str) -> Decision:
    return Decision(granted=False, rule=rule, reason=reason)


def _quiet_during_transfer(question: Question) -> Decision | None:
    situation = question.situation
    if situation.state is State.RFOTM and situation.has_session and not question.requester.secured:
        return _refuse("transfer-in-progress", "an ownership connection is open")
    return None


def _application_only_in_normal_operation(question: Question) -> Decision | None:
    state = question.situation.state
    if question.target.kind is Kind.APPLICATION and state is not State.RFNOP:
        return _refuse("not-in-operation", f"application resources rest in {state.name}")
    return None


def _ownership_shown_in_operation(question: Question) -> Decision | None:
    situation = question.situation
    if (
        situation.shows_owner
        and situation.state is State.RFNOP
        and question.target.href == DOXM
        and question.operation is Operation.RETRIEVE
    ):
        return _grant("ownership-shown", "the profile lets anybody read who owns the device")
    return None


def _unsecured_needs_plain_endpoint(question: Question) -> Decision | None:
    target = question.target
    if target.href in {DOXM, PSTAT} and question.situation.state is State.RFOTM:
        return None
    if not question.requester.secured and not target.has_plain_endpoint:
        return _refuse("secured-only", "the resource has no unsecured endpoint")
    return None


def _ownership_connection(question: Question) -> Decision | None:
    if question.requester.owns_transfer and question.target.kind is not Kind.APPLICATION:
        return _grant("ownership-connection", "device configuration over the ownership connection")
    return None


def _discovery_before_ownership(question: Question) -> Decision | None:
    if question.situation.state is not State.RFOTM or question.operation not in _READING:
        return None
    if question.target.href in DISCOVERY:
        return _grant("discovery", "discovery is open until the device has an owner")
    return None


def _mode_before_ownership(question: Question) -> Decision | None:
    situation = question.situation
    if (
        situation.is_old
        and situation.state is State.RFOTM
        and not situation.has_session
        and question.target.href == PSTAT
        and question.operation is Operation.UPDATE
    ):
        return _grant("oic-1.1-mode", "a tool of OIC 1.1 chooses the mode before its session")
    return None


def _before_ownership(question: Question) -> Decision | None:
    if question.situation.state is not State.RFOTM:
        return None
    if question.situation.has_session:
        return _refuse("ready-for-transfer", "the session is not the ownership connection")
    href = question.target.href
    if href == DOXM:
        return _grant("ready-for-transfer", "the transfer method may be read and chosen")
    if href == PSTAT and question.operation in _READING:
        return _grant("ready-for-transfer", "the onboarding state may be read")
    return _refuse("ready-for-transfer", "the device has no owner yet")


def _resource_owner(question: Question) -> Decision | None:
    owner = resource_owner(question.situation.database, question.target.href)
    if is_same_identity(question.requester.uuid, owner):
        return _grant("resource-owner", f"{owner} owns {question.target.href}")
    return None


def _own_roles(question: Question) -> Decision | None:
    if (
        question.target.href == ROLES
        and question.requester.secured
        and question.situation.state in _OWNED_STATES
    ):
        return _grant("own-roles", "every secured peer manages its own roles")
    return None


def _owner_role(question: Question) -> Decision | None:
    if question.requester.is_owner_by_role:
        return _grant("owner-role", f"a certificate gives the role {OWNER_ROLE}")
    return None


def _access_control_list(question: Question) -> Decision | None:
    needed = question.operation.value
    matching = [
        entry for entry in question.situation.database.acl2.entries if _applies(entry, question)
    ]
    for entry in matching:
        if entry.permission & needed:
            return _grant("access-control-entry", f"granted by aceid {entry.aceid}")
    if matching:
        ids = ", ".join(str(entry.aceid) for entry in matching)
        return _refuse(
            "access-control-entry",
            f"aceid {ids} matches but does not permit {question.operation.name}",
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


def decide(
    operation: Operation, target: Target, requester: Requester, situation: Situation
) -> Decision:
    """Grant or refuse `operation` on `target` (OCF Security 12)."""
    question = Question(operation, target, requester, situation)
    for rule in RULES:
        decision = rule(question)
        if decision is not None:
            return decision
    raise AssertionError("the last rule always decides")


def resource_owner(database: Database, href: str) -> UUID | None:
    """Return the `rowneruuid` of a security resource; others have none."""
    owners = {
        DOXM: database.doxm.resource_owner,
        PSTAT: database.pstat.resource_owner,
        CRED: database.cred.resource_owner,
        ACL2: database.acl2.resource_owner,
        ACL: database.acl2.resource_owner,
        AMACL: database.acl2.resource_owner,
    }
    return owners.get(href)


def _applies(entry: Ace, question: Question) -> bool:
    return (
        _is_about_requester(entry, question)
        and _is_about_target(entry.resources, question.target)
        and applies_at(entry.validity, question.situation.wall_time)
    )


def _is_about_requester(entry: Ace, question: Question) -> bool:
    subject, requester = entry.subject, question.requester
    if subject.uuid is not None:
        return _names(subject.uuid, requester.uuid)
    if subject.role is not None:
        return any(
            subject.role == role.role and subject.authority in {None, role.authority}
            for role in requester.roles
        )
    if question.target.kind is Kind.SECURITY:
        return False  # a connection type alone opens no security resource
    return subject.connection is Connection.ANYONE or requester.secured


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
