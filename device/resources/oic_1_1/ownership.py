"""`/oic/sec/doxm` and `pstat` as OIC 1.1 has them: driven by `isop` and `cm`, without `dos`."""

from collections.abc import Collection, Mapping
from typing import Final

from msgspec.structs import replace

from onboardee.device.access.call import Call
from onboardee.device.access.target import DOXM, VER
from onboardee.device.resources.base import Outcome, Representation, Resource, retrieved
from onboardee.device.resources.oic_1_1.view import Payload, Update, in_form
from onboardee.device.resources.secure.common import bad_request, wire
from onboardee.device.security.factory import for_anybody, with_resource_owners
from onboardee.svrdb.model import State
from onboardee.svrdb.version1 import with_rule

RESET: Final = 1
TAKE_OWNER: Final = 2
"""Bits of `cm`, the current provisioning mode."""
CLIENT_DIRECTED: Final = 4
"""The value of `om` without which nothing is driven."""
CLIENT_DIRECTED_1_1: Final = 3
"""The same in IoTivity 1.1, which numbers the modes."""

_SHOWN: Final = ("isop", "cm", "tm", "om", "sm")
_DRIVING: Final = frozenset({"isop", "cm"})
_DERIVED: Final = frozenset({"isop", "cm", "deviceuuid"})


def doxm(behind: Resource, call: Call) -> Representation:
    """Return doxm, unless the query asks for another device."""
    retrieved(behind, call)
    return in_form(behind.target, wire(call.database.doxm))


def take_ownership(behind: Resource, call: Call, payload: Mapping[str, object]) -> Outcome:
    """Take ownership; the owner then owns the resources too that nobody does yet."""
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
    """Return the onboarding state that the two properties stand for; None if they contradict."""
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
    """Write modes, and carry out the transition that `isop` and `cm` ask for."""
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
    return payload.get("om", call.database.pstat.operation_mode)


def _require_same_device(call: Call, written: object) -> None:
    device_uuid = str(call.database.doxm.device_uuid)
    if written is not None and str(written).lower() != device_uuid:
        raise bad_request("pstat: deviceuuid is that of another device")
