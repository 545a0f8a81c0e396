"""The rules of the gate: what each of them grants, refuses, or leaves to those behind it.

Each is a function of a request, named by what it is about, that cites the clause it stands for. In
which order they are asked, and why, is told in `onboardee.device.access.gate`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from onboardee.device.access import facts
from onboardee.device.access.aces import applies
from onboardee.device.access.call import Call
from onboardee.device.access.peer import OWNER_ROLE
from onboardee.device.access.target import (
    ACL2,
    CRED,
    DOXM,
    DPAIRING,
    PCONF,
    PSTAT,
    ROLES,
    VER,
    Kind,
    Operation,
)
from onboardee.svrdb.model import State, is_same_identity


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

_PAIRING: Final = frozenset({(PCONF, Operation.RETRIEVE), (DPAIRING, Operation.UPDATE)})
_READING: Final = frozenset({Operation.RETRIEVE, Operation.OBSERVE})
_JOINING: Final = frozenset(
    {
        (DOXM, Operation.RETRIEVE),
        (PSTAT, Operation.RETRIEVE),
        (PSTAT, Operation.UPDATE),
        (CRED, Operation.UPDATE),
    }
)
"""What becoming a sub-owner takes: RFPRO, its own credential, RFNOP."""
_SUB_OWNERS: Final = {
    DOXM: _READING,
    PSTAT: frozenset(Operation),
    CRED: frozenset({Operation.UPDATE}),
    ACL2: frozenset({Operation.UPDATE}),
}
"""What sub-owners may do with security resources; of the last two with their own entries."""
_OWNED_STATES: Final = frozenset({State.RFPRO, State.RFNOP, State.SRESET})
"""States in which the device has an owner (OCF Security 8.4 to 8.6)."""


def _grant(rule: str, reason: str) -> Decision:
    return Decision(granted=True, rule=rule, reason=reason)


def _refuse(rule: str, reason: str) -> Decision:
    return Decision(granted=False, rule=rule, reason=reason)


def transfer_in_progress(call: Call) -> Decision | None:
    """Nobody else talks to a device that changes owners (OCF Security 8.3).

    First of all rules, as the rules below let everybody read and choose in RFOTM: without it
    anybody on the network could select another transfer method while the tool is at work, or watch
    it.
    """
    if call.state is State.RFOTM and call.has_session and not call.peer.secured:
        return _refuse("transfer-in-progress", "an ownership connection is open")
    return None


def pairing_connection(call: Call) -> Decision | None:
    """Whoever knows the PIN of Direct Pairing may end the pairing with it (IoTivity 1.1)."""
    if not call.peer.pairs:
        return None
    if call.target.href == DPAIRING and call.operation is Operation.UPDATE:
        return _grant("pairing-connection", "the PIN opened the connection to end the pairing")
    return _refuse("pairing-connection", "the connection is for ending the pairing only")


def direct_pairing(call: Call) -> Decision | None:
    """Let anybody begin to pair while the owner allows it (IoTivity 1.1's sample databases)."""
    if call.state is not State.RFNOP or not call.database.pconf.is_enabled:
        return None
    if (call.target.href, call.operation) in _PAIRING:
        return _grant("direct-pairing", "the owner lets devices pair by a PIN")
    return None


def joining_connection(call: Call) -> Decision | None:
    """Whoever knows the PIN of multiple ownership may become a sub-owner by it (IoTivity 1.3)."""
    if call.peer.joins is None:
        return None
    is_open = call.database.owners.is_open and call.state in _OWNED_STATES
    if is_open and (call.target.href, call.operation) in _JOINING:
        return _grant("joining-connection", "the PIN opened the connection to become a sub-owner")
    return _refuse("joining-connection", "the connection is for becoming a sub-owner only")


def open_before_transfer(call: Call) -> Decision | None:
    """Let anybody read or write values before there is an owner, where a profile says so.

    As IoTivity-Lite's devices can be built to do.

    In the clear, and while nobody has a session: the first session is the end of it. It stands
    before the rule that lets application resources rest, and that on endpoints, as it is an
    exception from both.
    """
    if call.peer.secured or not facts.is_open_before_transfer(call):
        return None
    if call.operation in call.target.open_in_rfotm:
        return _grant("open-before-transfer", "the profile opens the resource until a transfer")
    return None


def not_in_operation(call: Call) -> Decision | None:
    """Application resources are there in RFNOP only (OCF Security 8.5).

    Before any rule that grants, for owners too: a door that is being provisioned must not be
    opened.
    """
    if call.target.kind is Kind.APPLICATION and call.state is not State.RFNOP:
        return _refuse("not-in-operation", f"application resources rest in {call.state.name}")
    return None


def ownership_shown(call: Call) -> Decision | None:
    """IoTivity 2's servers let anybody read who owns them; a setting of the profile.

    It stands before the rule on endpoints because doxm has no unsecured one in RFNOP, and this is
    what makes one. IoTivity's tool finds devices that it owns by it (`Owned=TRUE`). GET alone: an
    observation would tell strangers of each change.
    """
    if (
        call.target.href == DOXM
        and call.operation is Operation.RETRIEVE
        and facts.shows_owner(call)
    ):
        return _grant("ownership-shown", "the profile lets anybody read who owns the device")
    return None


def secured_only(call: Call) -> Decision | None:
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


def ownership_connection(call: Call) -> Decision | None:
    """Whoever takes ownership configures the device (OCF Security 7.3).

    In every state, and with every operation: a tool of IoTivity-Lite sets RFPRO over that
    connection, deletes the access control list and asks for RFNOP over it. If the rights ended with
    RFOTM, its Just Works would fail half-way. Application resources are not meant: who owns a lamp
    may still need an entry to switch it on.
    """
    if call.peer.owns_transfer and call.target.kind is not Kind.APPLICATION:
        return _grant("ownership-connection", "device configuration over the ownership connection")
    return None


def discovery(call: Call) -> Decision | None:
    """Let anybody find a device that waits for an owner (OCF Security 8.3)."""
    if call.state is not State.RFOTM or call.operation not in _READING:
        return None
    if call.target.href in DISCOVERY:
        return _grant("discovery", "discovery is open until the device has an owner")
    return None


def oic_1_1_mode(call: Call) -> Decision | None:
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


def ready_for_transfer(call: Call) -> Decision | None:
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


def resource_owner(call: Call) -> Decision | None:
    """Let the owner of a security resource manage it (OCF Security 12).

    Each for its own: the owner of cred has no say in acl2. IoTivity 2 also lets the owners of cred
    and acl2 write pstat, and the owner of doxm all of them; here they need an entry for that, as
    with IoTivity-Lite, so that a service that manages credentials cannot reset the device.
    """
    owner = facts.resource_owner(call.database, call.target.href)
    if is_same_identity(call.peer.uuid, owner):
        return _grant("resource-owner", f"{owner} owns {call.target.href}")
    return None


def sub_owner(call: Call) -> Decision | None:
    """Let sub-owners use the device, and manage what is theirs of it (IoTivity 1.3).

    IoTivity gives them all other security resources, too (csr, sp, crl); here they need an entry
    for these, as trust and the security profile are the owner's. Which entries of cred and acl2 are
    their own, these resources say (`secure/sharing.py`).
    """
    if not call.concessions.has_sub_owners or call.state not in _OWNED_STATES:
        return None
    if not facts.is_sub_owner(call.database, call.peer.uuid):
        return None
    if call.target.kind is not Kind.SECURITY:
        return _grant("sub-owner", f"{call.peer.uuid} owns the device beside its owner")
    if call.operation in _SUB_OWNERS.get(call.target.href, ()):
        return _grant("sub-owner", f"{call.peer.uuid} manages its part of the device")
    return None


def own_roles(call: Call) -> Decision | None:
    """Every peer asserts its own roles (OCF Security 10.4).

    What it asserts is verified where it is written; a peer sees and removes only its own.
    """
    if call.target.href == ROLES and call.peer.secured and call.state in _OWNED_STATES:
        return _grant("own-roles", "every secured peer manages its own roles")
    return None


def owner_role(call: Call) -> Decision | None:
    """Open everything to the role of the owner (OCF Security 10.4).

    By a role certificate alone (`Peer.is_owner_by_role`). A pre-shared key can name a role, too,
    but anybody who may write a credential could write that one.
    """
    if call.peer.is_owner_by_role:
        return _grant("owner-role", f"a certificate gives the role {OWNER_ROLE}")
    return None


def access_control_entry(call: Call) -> Decision | None:
    """Everybody else needs an entry (OCF Security 12.2).

    An operation needs one of the bits of `Operation`, and one entry that has it is enough: CREATE
    of an entry about a collection lets a peer create in it (OCF Core 7.6.3.9), DELETE of one about
    a created resource lets it delete that. The
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
