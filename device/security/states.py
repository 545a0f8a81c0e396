"""The onboarding state machine: which state may follow which, and what each sets on entry.

Everything is data and pure functions over the database; timers and sessions belong to the device.
"""

from typing import Final

from msgspec.structs import replace

from svrdb.check import problems
from svrdb.model import Database, Dos, State

SUCCESSORS: Final[dict[State, frozenset[State]]] = {
    State.RESET: frozenset(),
    State.RFOTM: frozenset({State.RESET, State.RFPRO}),
    State.RFPRO: frozenset({State.RESET, State.RFNOP, State.SRESET}),
    State.RFNOP: frozenset({State.RESET, State.RFPRO, State.SRESET}),
    State.SRESET: frozenset({State.RESET, State.RFPRO}),
}
"""What a client may ask for (OCF Security 8.1). RESET leads to RFOTM by itself."""

ON_ENTRY: Final[dict[State, tuple[bool, int, int]]] = {
    State.RESET: (False, 1, 2),
    State.RFOTM: (False, 2, 0),
    State.RFPRO: (False, 0, 0),
    State.RFNOP: (True, 0, 0),
    State.SRESET: (False, 1, 0),
}
"""The values of `isop`, `cm` and `tm` that a state begins with."""


class TransitionRefusedError(Exception):
    """The requested state cannot follow; the message says why."""


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


def request(database: Database, state: State) -> Database:
    """Carry out a client's wish for `state`; the present one is granted and changes nothing.

    Raises `TransitionRefusedError` when the state may not follow or its conditions are not met.
    """
    if state is database.state:
        return database
    if state not in SUCCESSORS[database.state]:
        raise TransitionRefusedError(f"{state.name} cannot follow {database.state.name}")
    entered = enter(database, state)
    if state is not State.RESET:
        for problem in problems(entered):
            raise TransitionRefusedError(f"{state.name} needs a repair first: {problem.sentence}")
    return entered
