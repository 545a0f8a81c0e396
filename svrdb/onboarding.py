"""What each onboarding state begins with (OCF Security 8).

    state    dos.s  isop    cm  tm   the device ...
    RESET    0      false   1   2    wipes what owners brought, and goes on to RFOTM
    RFOTM    1      false   2   0    waits for an owner
    RFPRO    2      false   0   0    is given credentials and access rules
    RFNOP    3      true    0   0    works
    SRESET   4      false   1   0    is repaired by its resource owners; nothing was wiped

`isop` and `cm` are read-only for everybody and follow from the state; which state may follow which,
and under which conditions, is in `onboardee.device.security.onboarding_states`.
"""

from typing import Final

from msgspec.structs import replace

from onboardee.svrdb.model import Database, Dos, State

ON_ENTRY: Final[dict[State, tuple[bool, int, int]]] = {
    State.RESET: (False, 1, 2),
    State.RFOTM: (False, 2, 0),
    State.RFPRO: (False, 0, 0),
    State.RFNOP: (True, 0, 0),
    State.SRESET: (False, 1, 0),
}
"""The values of `isop`, `cm` and `tm` that a state begins with. In cm and tm, 1 is the bit of the
manufacturer reset and 2 that of taking ownership (OCF Security 13.8)."""


def enter(database: Database, state: State) -> Database:
    """Return the database as it stands at the beginning of `state`.

    Only pstat changes, `om` and `sm` excepted. `dos.p` (pending) is true in RESET alone: the device
    is on its way to RFOTM then, and in all other states arrived.
    """
    is_operational, current_mode, target_mode = ON_ENTRY[state]
    pstat = replace(
        database.pstat,
        dos=Dos(state=state, pending=state is State.RESET),
        is_operational=is_operational,
        current_mode=current_mode,
        target_mode=target_mode,
    )
    return replace(database, pstat=pstat)
