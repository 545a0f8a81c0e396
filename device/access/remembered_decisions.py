"""Decisions of the gate that are still true.

The gate is a pure function, and what it looks at seldom changes: the database is one immutable
object until something is stored, a peer has the same standing from one request to the next. What
depends on the time of day, entries with a validity, is decided anew each time.

A decision is found again by all that the rules look at beside the database. A rule that looks at
something else needs it in `_key`, or it would be answered by what was true for another call; a test
compares each answer with the gate's over random sequences of calls.
"""

from typing import Final

from onboardee.device.access.call import Call
from onboardee.device.access.gate import decide
from onboardee.device.access.rules import Decision
from onboardee.svrdb.model import Database

MAX_REMEMBERED: Final = 512
"""A bound on memory that many peers, or one with many paths, would fill. All are dropped when it is
reached: to keep them in the order of their use would cost more than to decide again."""


class RememberedDecisions:
    """The decisions about requests that met the same database; one of these for each device."""

    def __init__(self) -> None:
        self._database: Database | None = None
        self._has_validity = False
        self._decisions: dict[object, Decision] = {}

    @property
    def are_lasting(self) -> bool:
        """Tell whether the last decision holds as long as what it was about is the same."""
        return not self._has_validity

    def decide(self, call: Call) -> Decision:
        """Grant or refuse a request, as the gate does."""
        # Identity, not equality: to compare databases would cost more than to decide. Holding the
        # last one keeps its place in memory from being given to another.
        if call.database is not self._database:
            self._database = call.database
            self._decisions.clear()
            self._has_validity = any(entry.validity for entry in call.database.acl2.entries)
        if self._has_validity:
            return decide(call)
        key = _key(call)
        decision = self._decisions.get(key)
        if decision is None:
            if len(self._decisions) >= MAX_REMEMBERED:
                self._decisions.clear()
            decision = self._decisions[key] = decide(call)
        return decision


def _key(call: Call) -> object:
    """Return all that the rules look at beside the database.

    A path stands for its target, of which a device has one.
    """
    peer = call.peer
    return (
        call.operation,
        call.target.href,
        peer.secured,
        peer.uuid,
        peer.roles,
        peer.owns_transfer,
        peer.pairs,
        peer.joins,
        peer.is_owner_by_role,
        call.has_session,
        call.concessions,
        call.standard.name,
    )
