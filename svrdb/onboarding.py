"""What each onboarding state begins with (OCF Security 8)."""

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
"""The values of `isop`, `cm` and `tm` that a state begins with."""


def enter(database: Database, state: State) -> Database:
    """Return the database as it stands at the beginning of `state`."""
    is_operational, current_mode, target_mode = ON_ENTRY[state]
    pstat = replace(
        database.pstat,
        dos=Dos(state=state, pending=state is State.RESET),
        is_operational=is_operational,
        current_mode=current_mode,
        target_mode=target_mode,
    )
    return replace(database, pstat=pstat)
