"""The roles that peers asserted: each for its session only, and gone with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakKeyDictionary

from onboardee.svrdb.model import PublicData, RoleId
from onboardee.wire.dtls import Session


@dataclass(frozen=True, slots=True)
class Assertion:
    """A role certificate that was accepted."""

    public: PublicData
    subject: str
    roles: frozenset[RoleId]
    until: datetime
    """When the first certificate of its chain expires."""


Assertions = Mapping[int, Assertion]
"""What one session asserted, by credid."""


class AssertedRoles:
    """What every session asserted."""

    def __init__(self) -> None:
        self._by_session: WeakKeyDictionary[Session, Assertions] = WeakKeyDictionary()

    def of(self, session: Session, moment: datetime) -> Assertions:
        """Return what one session asserted, as far as it has not expired."""
        asserted = self._by_session.get(session, {})
        return {credid: each for credid, each in asserted.items() if moment <= each.until}

    def has(self, session: Session) -> bool:
        """Tell whether a session has asserted anything, expired or not."""
        return session in self._by_session

    def replace(self, session: Session, assertions: Assertions) -> None:
        """Remember what the session asserts from now on."""
        self._by_session[session] = assertions

    def roles(self, session: Session, moment: datetime) -> frozenset[RoleId]:
        """Return the roles of a session's peer."""
        asserted = self.of(session, moment).values()
        return frozenset(role for each in asserted for role in each.roles)
