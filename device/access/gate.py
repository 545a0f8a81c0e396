"""The gate: one pure function that grants or refuses every request.

The rules stand in `RULES` in their order; the first that has an opinion decides, and the decision
names it: "why was I refused?" is the question users ask most. A rule that has none returns None.
The last one always has one.

    rule                     what it decides                         clause
    ----------------------   -------------------------------------   ----------------
    transfer-in-progress     refuses the unsecured in a transfer     Security 8.3
    not-in-operation         refuses application resources outside   Security 8.5
                               RFNOP
    ownership-shown          grants GET of doxm in RFNOP             (profile)
    secured-only             refuses the unsecured where there is    Core 10.2
                               no plain endpoint
    ownership-connection     grants configuration over the DOC       Security 7.3
    discovery                grants reading /oic/res, d, p in        Security 8.3
                               RFOTM
    oic-1.1-mode             grants UPDATE of pstat in RFOTM         (OIC 1.1)
    ready-for-transfer       grants doxm and reading pstat in        Security 8.3
                               RFOTM, refuses all else in RFOTM
    resource-owner           grants each rowneruuid its resource     Security 12
    own-roles                grants the secured /oic/sec/roles       Security 10.4
    owner-role               grants oic.role.owner everything        Security 10.4
    access-control-entry     decides by the entries                  Security 12.2

First come the rules that nobody gets around, not even an owner. If an access control entry were
asked before them, a careless entry for `anon-clear` would open a device in the middle of its
transfer, or would serve a resource without encryption that is announced as secured only. Then come
those that grant by what a peer is, before ownership and after it. The rule `ready-for-transfer`
ends everything in RFOTM: nothing behind it, neither owners nor entries that an old database may
have, counts for a device without owner. The access control list is asked last: what the rules
before it grant cannot be taken away by an entry, so that no tool can lock out the owner of a
resource by a mistake in a list.

The device ownership connection (DOC) is above the state: its rights last as long as the session,
beyond RFOTM, as tools change the state to RFPRO and go on provisioning over it. Whether a property
may still be written then is for the rights to say.

What is granted may still be out of season: `out_of_season` looks up in which onboarding states an
operation on a security resource is possible at all, and the rights say when which property may be
written. Both stand in the descriptors of the resources (`svrdb/model`).

The order is that of IoTivity-Lite (`oc_acl_util.c`), with OCF Security 8, 10 and 12 where it is
silent. It is tried cell by cell against a table of peers, states and resources, and against a
second statement of the rules over random lives.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from onboardee.device.access.call import Call
from onboardee.device.access.entries import applies, is_shown_to_anybody
from onboardee.device.access.peer import OWNER_ROLE
from onboardee.device.access.target import (
    ACL,
    AMACL,
    DOXM,
    DPAIRING,
    PCONF,
    PSTAT,
    ROLES,
    VER,
    Kind,
    Operation,
)
from onboardee.svrdb.model import (
    NIL,
    OWNED_RESOURCES,
    Database,
    Season,
    State,
    is_same_identity,
)


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer, the rule that gave it, and a sentence for people.

    Rule and sentence go to the log, the trace and the audit log of the device's owner; the peer
    hears 4.01 and no more, and a request to a group nothing.
    """

    granted: bool
    rule: str
    reason: str


Rule = Callable[[Call], Decision | None]
"""Grants, refuses, or has no opinion (None)."""

DISCOVERY: Final = frozenset({"/oic/res", "/oic/d", "/oic/p", "/.well-known/core", VER})
"""Readable by anyone while the device waits for an owner: how a tool finds it, and tells its user
what it has found. `/oic/sec/ver` is there in OIC 1.1 only."""

_OWNED: Final = {
    **{f"/oic/sec/{name}": name for name in OWNED_RESOURCES},
    ACL: "acl2",
    AMACL: "acl2",
    PCONF: "pconf",
    DPAIRING: "pconf",
}
"""The resources with an owner of their own, and whose field of the database names it. Those of OIC
1.1 are views of acl2 and have its owner."""

_PAIRING: Final = frozenset({(PCONF, Operation.RETRIEVE), (DPAIRING, Operation.UPDATE)})
_READING: Final = frozenset({Operation.RETRIEVE, Operation.OBSERVE})
_OWNED_STATES: Final = frozenset({State.RFPRO, State.RFNOP, State.SRESET})
"""States in which the device has an owner (OCF Security 8.4 to 8.6)."""


def decide(call: Call) -> Decision:
    """Grant or refuse a request (OCF Security 12).

    It depends on nothing but the call, has no effect, and raises nothing: the same call is always
    decided in the same way (`remembered` relies on that).
    """
    for rule in RULES:
        decision = rule(call)
        if decision is not None:
            return decision
    raise AssertionError("the last rule always decides")


def out_of_season(call: Call) -> Season | None:
    """Return why what was granted is not possible in the present state; None if it is.

    Asked after `decide`: that credentials are not removed in RFNOP is nothing that a stranger needs
    to hear.
    """
    for permission, season in call.standard.seasons.get(call.target.href, {}).items():
        if call.operation.value & permission and call.state in season.refused_in:
            return season
    return None


def resource_owner(database: Database, href: str) -> UUID | None:
    """Return the `rowneruuid` of a security resource; others have none."""
    owner: UUID | None = None
    if (name := _OWNED.get(href)) is not None:
        owner = getattr(database, name).resource_owner
    if owner == NIL and href in {PCONF, DPAIRING}:
        return database.doxm.owner_uuid  # until somebody is named, as only tools of OIC 1.1 do
    return owner


def has_plain_endpoint(call: Call) -> bool:
    """Tell whether the resource is to be found at an unsecured endpoint in the present state.

    doxm and pstat are while the device waits for a transfer (OCF Security 8.3). The links in
    `/oic/res` follow from this and the gate's rule from the same facts, so that no link leads to an
    endpoint that refuses everybody.
    """
    target = call.target
    if target.href == DOXM and _shows_owner(call):
        return True
    if target.href in {DOXM, PSTAT}:
        return call.state is State.RFOTM and not call.has_session
    return target.has_plain_endpoint


def _grant(rule: str, reason: str) -> Decision:
    return Decision(granted=True, rule=rule, reason=reason)


def _refuse(rule: str, reason: str) -> Decision:
    return Decision(granted=False, rule=rule, reason=reason)


def _quiet_during_transfer(call: Call) -> Decision | None:
    """Nobody else talks to a device that changes owners (OCF Security 8.3).

    First of all rules, as the rules below let everybody read and choose in RFOTM: without it
    anybody on the network could select another transfer method while the tool is at work, or watch
    it.
    """
    if call.state is State.RFOTM and call.has_session and not call.peer.secured:
        return _refuse("transfer-in-progress", "an ownership connection is open")
    return None


def _pairing_connection(call: Call) -> Decision | None:
    """Whoever knows the PIN of Direct Pairing may end the pairing with it (IoTivity 1.1)."""
    if not call.peer.pairs:
        return None
    if call.target.href == DPAIRING and call.operation is Operation.UPDATE:
        return _grant("pairing-connection", "the PIN opened the connection to end the pairing")
    return _refuse("pairing-connection", "the connection is for ending the pairing only")


def _direct_pairing(call: Call) -> Decision | None:
    """Let anybody begin to pair while the owner allows it (IoTivity 1.1's sample databases)."""
    if call.state is not State.RFNOP or not call.database.pconf.is_enabled:
        return None
    if (call.target.href, call.operation) in _PAIRING:
        return _grant("direct-pairing", "the owner lets devices pair by a PIN")
    return None


def _application_only_in_normal_operation(call: Call) -> Decision | None:
    """Application resources are there in RFNOP only (OCF Security 8.5).

    Before any rule that grants, for owners too: a door that is being provisioned must not be
    opened.
    """
    if call.target.kind is Kind.APPLICATION and call.state is not State.RFNOP:
        return _refuse("not-in-operation", f"application resources rest in {call.state.name}")
    return None


def _ownership_shown_in_operation(call: Call) -> Decision | None:
    """IoTivity 2's servers let anybody read who owns them; a setting of the profile.

    It stands before the rule on endpoints because doxm has no unsecured one in RFNOP, and this is
    what makes one. IoTivity's tool finds devices that it owns by it (`Owned=TRUE`). GET alone: an
    observation would tell strangers of each change.
    """
    if call.target.href == DOXM and call.operation is Operation.RETRIEVE and _shows_owner(call):
        return _grant("ownership-shown", "the profile lets anybody read who owns the device")
    return None


def _shows_owner(call: Call) -> bool:
    """Tell whether the profile lets anybody read doxm now, always or by an entry that says so."""
    if call.state is not State.RFNOP:
        return False
    granted = call.concessions
    return granted.shows_owner or (granted.shows_owner_by_entry and is_shown_to_anybody(DOXM, call))


def _unsecured_needs_plain_endpoint(call: Call) -> Decision | None:
    """Serve a resource where its links say (OCF Core 10.2).

    Entries come after it: `anon-clear` says who, not that a secured resource is served in the
    clear.
    """
    target = call.target
    if call.peer.secured or target.has_plain_endpoint:
        return None
    if target.href in {DOXM, PSTAT} and call.state is State.RFOTM:
        return None
    return _refuse("secured-only", "the resource has no unsecured endpoint")


def _ownership_connection(call: Call) -> Decision | None:
    """Whoever takes ownership configures the device (OCF Security 7.3).

    In every state, and with every operation: a tool of IoTivity-Lite sets RFPRO over that
    connection, deletes the access control list and asks for RFNOP over it. If the rights ended with
    RFOTM, its Just Works would fail half-way. Application resources are not meant: who owns a lamp
    may still need an entry to switch it on.
    """
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
    """OIC Security 1.1: the operation mode is chosen before the session; in its view only.

    With a session of anybody the rule is silent, as whoever is in a transfer has it for itself.
    """
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
    """Before a transfer doxm and the state are open, and nothing else (OCF Security 8.3).

    Who reaches this in RFOTM is no ownership connection. With a session it is one that is left over
    from before a reset, or was opened for something else: it gets nothing. Which properties of doxm
    a stranger may write (`oxmsel` alone) the rights say.
    """
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
    """Let the owner of a security resource manage it (OCF Security 12).

    Each for its own: the owner of cred has no say in acl2. IoTivity 2 also lets the owners of cred
    and acl2 write pstat, and the owner of doxm all of them; here they need an entry for that, as
    with IoTivity-Lite, so that a service that manages credentials cannot reset the device.
    """
    owner = resource_owner(call.database, call.target.href)
    if is_same_identity(call.peer.uuid, owner):
        return _grant("resource-owner", f"{owner} owns {call.target.href}")
    return None


def _own_roles(call: Call) -> Decision | None:
    """Every peer asserts its own roles (OCF Security 10.4).

    What it asserts is verified where it is written; a peer sees and removes only its own.
    """
    if call.target.href == ROLES and call.peer.secured and call.state in _OWNED_STATES:
        return _grant("own-roles", "every secured peer manages its own roles")
    return None


def _owner_role(call: Call) -> Decision | None:
    """Open everything to the role of the owner (OCF Security 10.4).

    By a role certificate alone (`Peer.is_owner_by_role`). A pre-shared key can name a role, too,
    but anybody who may write a credential could write that one.
    """
    if call.peer.is_owner_by_role:
        return _grant("owner-role", f"a certificate gives the role {OWNER_ROLE}")
    return None


def _access_control_list(call: Call) -> Decision | None:
    """Everybody else needs an entry (OCF Security 12.2).

    An operation needs one of the bits of `Operation`, and one entry that has it is enough. The
    refusal tells entries that match and do not permit (the tool wrote a wrong `permission`) from a
    list in which nothing matches (a wrong subject or resource).
    """
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
    _pairing_connection,
    _direct_pairing,
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
