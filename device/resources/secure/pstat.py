"""`/oic/sec/pstat`: the onboarding state, and the wish for another one (OCF Security 13.8).

The owner asks for another state by writing `dos.s`; which transitions there are is in
`device/security/onboarding_states.py`. That a POST here is refused in RFNOP to anybody but the
owner of the resource, and what may be written in which state, is not decided here but by the gate
and the table of rights (`device/access`).

Two bits of `tm` order what `oic.r.softwareupdate` orders, on devices that have it (OCF Security
14.5).

The states by number, and what asking for them does:

    0  RESET    back to factory state; the answer leaves first
    1  RFOTM    entered by a reset only
    2  RFPRO    from RFOTM once there is an owner, from RFNOP, or from SRESET after a repair
    3  RFNOP    from RFPRO, if the database has what normal operation needs
    4  SRESET   from RFPRO and RFNOP, to repair owners, credentials and entries
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from msgspec.structs import replace

from onboardee.device.access.call import Call
from onboardee.device.resources.base import Outcome
from onboardee.device.resources.secure.common import (
    bad_request,
    merged,
    require_writable,
    typed,
)
from onboardee.device.resources.secure.stored import StoredResource
from onboardee.device.security import onboarding_states
from onboardee.svrdb.model import PSTAT, Dos
from onboardee.svrdb.software_update import ordered_by_mode


class PstatResource(StoredResource):
    """Provisioning status.

    On the wire: `dos`, the onboarding state as `{"s": 0 to 4, "p": pending}`; `isop`; `cm` and
    `tm`, current and target mode; `om` and `sm`, operation mode and those supported; `rowneruuid`
    (OCF Security 13.8).
    """

    def __init__(self, date: Callable[[], datetime] | None = None) -> None:
        """Make it; where the device updates its software, `date` tells the time of its orders."""
        super().__init__(PSTAT)
        self._date = date

    def update(self, call: Call, payload: Mapping[str, object]) -> Outcome:
        """Write modes and owner, then carry out the wished transition if there is one.

        The modes are written first and the transition is asked for with them, in one change. Raises
        `RefusedError`, 4.00, for a transition that there is not, or that needs a repair before.
        """
        wanted = _wanted_state(payload, call)
        # Repeating the present state needs no right, as with all properties.
        if wanted.state is not call.database.state:
            require_writable("pstat", "dos", call)
        rest = {name: value for name, value in payload.items() if name != "dos"}
        pstat = merged("pstat", call.database.pstat, rest, call)
        if not 1 <= pstat.operation_mode <= 7 or not 0 <= pstat.target_mode <= 255:
            raise bad_request("pstat: om is 1 to 7, tm is 0 to 255")
        changed = replace(call.database, pstat=pstat)
        if self._date is not None:
            changed = ordered_by_mode(call.database, changed, self._date())
        try:
            database = onboarding_states.request(changed, wanted.state)
        except onboarding_states.TransitionRefusedError as error:
            raise bad_request(f"pstat: {error}") from error
        return Outcome(database=database)


def _wanted_state(payload: Mapping[str, object], call: Call) -> Dos:
    """Read `dos`; its `p` is ours to say and ignored."""
    dos = payload.get("dos")
    if "dos" not in payload:
        return call.database.pstat.dos
    if not isinstance(dos, dict) or "s" not in dos or not dos.keys() <= {"s", "p"}:
        raise bad_request("pstat: dos is a map with s")
    return typed("pstat", {"s": dos["s"]}, Dos)
