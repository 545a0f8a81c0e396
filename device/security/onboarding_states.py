r"""The onboarding state machine: which state may follow which (OCF Security 8.1).

    RESET --> RFOTM --owner named--> RFPRO --credentials, rules--> RFNOP
      ^                               ^  \____________              |
      |                               |               v             |
      +--- from every state           +------------ SRESET <--------+

    from      may be asked for
    -------   ------------------------------------------
    RESET     nothing; it goes on to RFOTM by itself
    RFOTM     RESET, RFPRO
    RFPRO     RESET, RFNOP, SRESET
    RFNOP     RESET, RFPRO, SRESET
    SRESET    RESET, RFPRO

RFNOP follows RFPRO only, as with IoTivity 2; IoTivity-Lite would let a tool skip RFPRO, which none
does. The state that a device is in may be asked for in every state, and changes nothing: tools
repeat a request whose answer was lost.

What each state sets on entry is in `svrdb.onboarding`, for whoever writes a database. Everything is
data and pure functions over the database; timers and sessions belong to the device.
"""

from typing import Final

from onboardee.svrdb.check import problems
from onboardee.svrdb.model import Database, State
from onboardee.svrdb.onboarding import ON_ENTRY, enter

__all__ = ["ON_ENTRY", "SUCCESSORS", "TransitionRefusedError", "enter", "request"]

SUCCESSORS: Final[dict[State, frozenset[State]]] = {
    State.RESET: frozenset(),
    State.RFOTM: frozenset({State.RESET, State.RFPRO}),
    State.RFPRO: frozenset({State.RESET, State.RFNOP, State.SRESET}),
    State.RFNOP: frozenset({State.RESET, State.RFPRO, State.SRESET}),
    State.SRESET: frozenset({State.RESET, State.RFPRO}),
}
"""What a client may ask for (OCF Security 8.1). RESET leads to RFOTM by itself."""


class TransitionRefusedError(Exception):
    """The requested state cannot follow; the message says why, for the device's log."""


def request(database: Database, state: State) -> Database:
    """Carry out a client's wish for `state`; the present one is granted and changes nothing.

    The conditions of the new state are those of `svrdb.problems`, looked at as if it had been
    entered: owners named, with credentials to come back. A tool that went on without would be
    locked out by its own request. A reset has no conditions. Raises `TransitionRefusedError` when
    the state may not follow or its conditions are not met; the database is then as it was.
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
