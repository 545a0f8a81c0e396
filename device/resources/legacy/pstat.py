"""`/oic/sec/pstat` as tools of OIC 1.1 use it: driven by `isop` and `cm`, without `dos`."""

from collections.abc import Mapping
from typing import Final

from onboardee.device.access.call import Call
from onboardee.device.resources.base import Outcome, Representation
from onboardee.device.resources.legacy.forms import in_old_form
from onboardee.device.resources.secure.common import bad_request, wire
from onboardee.device.resources.secure.pstat import PstatResource
from onboardee.svrdb.model import State

RESET: Final = 1
TAKE_OWNER: Final = 2
"""Bits of `cm`, the current provisioning mode."""
CLIENT_DIRECTED: Final = 4
"""The bit of `om` without which nothing is driven."""

_DRIVING: Final = frozenset({"isop", "cm"})
_DERIVED: Final = frozenset({"isop", "cm", "deviceuuid"})


def wished_state(mode: int, *, is_operational: bool) -> State | None:
    """Return the onboarding state that the two properties stand for; None if they contradict."""
    if not mode & (RESET | TAKE_OWNER):
        return State.RFNOP if is_operational else State.RFPRO
    if is_operational:
        return None
    return State.RESET if mode & RESET else State.RFOTM


class LegacyPstatResource(PstatResource):
    """Provisioning status."""

    def retrieve(self, call: Call) -> Representation:
        """Return pstat; the state is told by `isop` and `cm` alone."""
        if not call.era.is_old:
            return super().retrieve(call)
        pstat = wire(call.database.pstat)
        names = ("isop", "cm", "tm", "om", "sm")
        properties = {name: pstat[name] for name in names}
        device_uuid, owner = str(call.database.doxm.device_uuid), pstat["rowneruuid"]
        return in_old_form(
            self.target, {**properties, "deviceuuid": device_uuid, "rowneruuid": owner}
        )

    def update(self, call: Call, payload: Mapping[str, object]) -> Outcome:
        """Write modes, and carry out the transition that `isop` and `cm` ask for."""
        if not call.era.is_old or "dos" in payload:
            return super().update(call, payload)
        _require_same_device(call, payload.get("deviceuuid"))
        if not _DRIVING & payload.keys():
            return super().update(call, _without(payload, _DERIVED))
        state = _wished(call, payload)
        if state is State.RESET:
            return super().update(call, {"dos": {"s": state.value}})
        rest = _without(payload, _DERIVED)
        return super().update(call, {**rest, "dos": {"s": state.value}})


def _wished(call: Call, payload: Mapping[str, object]) -> State:
    pstat = call.database.pstat
    mode = payload.get("cm", pstat.current_mode)
    is_operational = payload.get("isop", pstat.is_operational)
    if type(mode) is not int or not 0 <= mode <= 0xFFFF or type(is_operational) is not bool:
        raise bad_request("pstat: cm is a number and isop is a boolean")
    state = wished_state(mode, is_operational=is_operational)
    if state is None:
        raise bad_request(f"pstat: isop cannot be true with cm {mode}")
    if state is not call.database.state and _operation_mode(call, payload) != CLIENT_DIRECTED:
        raise bad_request(f"pstat: om is not {CLIENT_DIRECTED}, so that no client directs")
    return state


def _operation_mode(call: Call, payload: Mapping[str, object]) -> object:
    return payload.get("om", call.database.pstat.operation_mode)


def _require_same_device(call: Call, written: object) -> None:
    device_uuid = str(call.database.doxm.device_uuid)
    if written is not None and str(written).lower() != device_uuid:
        raise bad_request("pstat: deviceuuid is that of another device")


def _without(payload: Mapping[str, object], names: frozenset[str]) -> dict[str, object]:
    return {name: value for name, value in payload.items() if name not in names}
