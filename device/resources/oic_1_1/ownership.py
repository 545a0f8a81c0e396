"""`/oic/sec/doxm` and `pstat` as OIC 1.1 has them: driven by `isop` and `cm`, without `dos`.

OIC 1.1 has no onboarding states. Its tools write `cm`, the current provisioning mode, and `isop`,
whether the device is operational, and wait until both read as expected. `drive` maps the pair to
the state that means the same, and asks pstat for that; so there is one state machine for both
standards.
"""

from collections.abc import Collection, Mapping
from typing import Final

from msgspec.structs import replace

from onboardee.device.access.call import Call
from onboardee.device.access.target import DOXM, VER
from onboardee.device.resources.base import Outcome, Representation, Resource, retrieved
from onboardee.device.resources.oic_1_1.view import Payload, Update, in_form
from onboardee.device.resources.secure.common import bad_request, wire
from onboardee.device.security.factory import for_anybody, with_resource_owners
from onboardee.svrdb.acl_version1 import with_rule
from onboardee.svrdb.model import State

RESET: Final = 1
TAKE_OWNER: Final = 2
"""Bits of `cm`, the current provisioning mode."""
CLIENT_DIRECTED: Final = 4
"""The value of `om` without which nothing is driven."""
CLIENT_DIRECTED_1_1: Final = 3
"""The same in IoTivity 1.1, which numbers the modes."""

_SHOWN: Final = ("isop", "cm", "tm", "om", "sm")
"""Properties of pstat that OIC 1.1 has."""
_DRIVING: Final = frozenset({"isop", "cm"})
"""Properties that ask for a transition."""
_DERIVED: Final = frozenset({"isop", "cm", "deviceuuid"})
"""Properties that follow from the state and are not written through."""


def doxm(behind: Resource, call: Call) -> Representation:
    """Return doxm, unless the query asks for another device."""
    retrieved(behind, call)
    return in_form(behind.target, wire(call.database.doxm))


def take_ownership(behind: Resource, call: Call, payload: Mapping[str, object]) -> Outcome:
    """Take ownership; the owner then owns the resources too that nobody does yet.

    IoTivity's devices let the new owner own all resources then, which its tools depend on.
    """
    outcome = behind.update(call, payload)
    database = outcome.database
    if database is None:
        return outcome
    if database.doxm.owned and not call.database.doxm.owned:
        database = with_resource_owners(database)
    # these tools repeat oxmsel in each update; over a session that selects nothing anew
    is_selection = outcome.abandon_handshakes and not call.peer.secured
    return replace(outcome, database=database, abandon_handshakes=is_selection)


def found_again(update: Update) -> Update:
    """Let anybody find a device again as soon as a tool of this time owns it."""

    def updated(behind: Resource, call: Call, payload: Payload) -> Outcome:
        outcome = update(behind, call, payload)
        database = outcome.database
        if database is None or not database.doxm.owned or call.database.doxm.owned:
            return outcome
        acl2 = with_rule(database.acl2, for_anybody(1, VER, DOXM))
        return replace(outcome, database=replace(database, acl2=acl2))

    return updated


def pstat(behind: Resource, call: Call) -> Representation:
    """Return pstat; the state is told by `isop` and `cm` alone."""
    values = wire(call.database.pstat)
    properties = {name: values[name] for name in _SHOWN}
    device_uuid, owner = str(call.database.doxm.device_uuid), values["rowneruuid"]
    return in_form(behind.target, {**properties, "deviceuuid": device_uuid, "rowneruuid": owner})


def wished_state(mode: int, *, is_operational: bool) -> State | None:
    """Return the onboarding state that the two properties stand for; None if they contradict.

    cm has bit 1 (reset)       isop false   RESET cm has bit 2 (take owner)  isop false   RFOTM
    neither                    isop false   RFPRO neither                    isop true    RFNOP

    >>> wished_state(0, is_operational=True).name, wished_state(1, is_operational=True)
    ('RFNOP', None)
    """
    if not mode & (RESET | TAKE_OWNER):
        return State.RFNOP if is_operational else State.RFPRO
    if is_operational:
        return None
    return State.RESET if mode & RESET else State.RFOTM


def drive(
    behind: Resource,
    call: Call,
    payload: Payload,
    directing: Collection[int] = (CLIENT_DIRECTED,),
) -> Outcome:
    """Write modes, and carry out the transition that `isop` and `cm` ask for.

    `directing` are the values of `om` by which a client may ask for a transition. A reset forgets
    what else is written with it: the state after it is the factory's. Raises `RefusedError`, 4.00.
    """
    if "dos" in payload:
        return behind.update(call, payload)
    _require_same_device(call, payload.get("deviceuuid"))
    rest = {name: value for name, value in payload.items() if name not in _DERIVED}
    if not _DRIVING & payload.keys():
        return behind.update(call, rest)
    state = _wished(call, payload, directing)
    if state is State.RESET:
        rest = {}
    return behind.update(call, {**rest, "dos": {"s": state.value}})


def _wished(call: Call, payload: Payload, directing: Collection[int]) -> State:
    """Return the state that a payload asks for. Raises `RefusedError` if it is none."""
    pstat = call.database.pstat
    mode = payload.get("cm", pstat.current_mode)
    is_operational = payload.get("isop", pstat.is_operational)
    if type(mode) is not int or not 0 <= mode <= 0xFFFF or type(is_operational) is not bool:
        raise bad_request("pstat: cm is a number and isop is a boolean")
    state = wished_state(mode, is_operational=is_operational)
    if state is None:
        raise bad_request(f"pstat: isop cannot be true with cm {mode}")
    if state is not call.database.state and _operation_mode(call, payload) not in directing:
        modes = " or ".join(map(str, directing))
        raise bad_request(f"pstat: om is not {modes}, so that no client directs")
    return state


def _operation_mode(call: Call, payload: Mapping[str, object]) -> object:
    """Return the mode that holds for this UPDATE: it may come along with it."""
    return payload.get("om", call.database.pstat.operation_mode)


def _require_same_device(call: Call, written: object) -> None:
    """Raise `RefusedError` for a payload that names another device."""
    device_uuid = str(call.database.doxm.device_uuid)
    if written is not None and str(written).lower() != device_uuid:
        raise bad_request("pstat: deviceuuid is that of another device")
