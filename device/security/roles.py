"""The roles that peers asserted: each for its session only, and gone with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from device.dtls import Session
from svrdb.model import PublicData, RoleId


@dataclass(frozen=True, slots=True)
class Assertion:
    """A role certificate that was accepted."""

    public: PublicData
    subject: str
    roles: frozenset[RoleId]


Assertions = Mapping[int, Assertion]
"""What one session asserted, by credid."""


class AssertedRoles:
    """What every session asserted."""

    def __init__(self) -> None:
        self._by_session: WeakKeyDictionary[Session, Assertions] = WeakKeyDictionary()

    def of(self, session: Session) -> Assertions:
        """Return what one session asserted."""
        return self._by_session.get(session, {})

    def replace(self, session: Session, assertions: Assertions) -> None:
        """Remember what the session asserts from now on."""
        self._by_session[session] = assertions

    def roles(self, session: Session) -> frozenset[RoleId]:
        """Return the roles of a session's peer."""
        return frozenset(role for each in self.of(session).values() for role in each.roles)
