"""The roles that peers asserted: each for its session only, and gone with it.

A peer with an identity certificate writes a role certificate to `/oic/sec/roles`; it is verified
against that session's own certificate, and from then on access control entries with the role are
about the peer (OCF Security 10.4). Nothing is stored: the next session asserts again.

Sessions are held weakly, so that an assertion ends with its session however that ended.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakKeyDictionary

from onboardee.svrdb.model import PublicData, RoleId
from onboardee.wire.dtls import Session


@dataclass(frozen=True, slots=True)
class Assertion:
    """A role certificate that was accepted.

    It is shown to its own peer again as a credential, hence certificate and subject.
    """

    public: PublicData
    subject: str
    roles: frozenset[RoleId]
    until: datetime
    """When the first certificate of its chain expires."""


Assertions = Mapping[int, Assertion]
"""What one session asserted, by credid."""


class AssertedRoles:
    """What every session of one device asserted."""

    def __init__(self) -> None:
        self._by_session: WeakKeyDictionary[Session, Assertions] = WeakKeyDictionary()
        self.has_any = False
        """Whether anybody ever did: hardly anybody does, and each request looks for it."""

    def of(self, session: Session, moment: datetime) -> Assertions:
        """Return what one session asserted, as far as it has not expired, by credid."""
        asserted = self._by_session.get(session, {})
        return {credid: each for credid, each in asserted.items() if moment <= each.until}

    def has(self, session: Session) -> bool:
        """Tell whether a session has asserted anything, expired or not."""
        return self.has_any and session in self._by_session

    def replace(self, session: Session, assertions: Assertions) -> None:
        """Remember what the session asserts from now on, in place of what it did before.

        How many a session may assert is bounded where they are written.
        """
        self.has_any = True
        self._by_session[session] = assertions

    def roles(self, session: Session, moment: datetime) -> frozenset[RoleId]:
        """Return the roles of a session's peer, as of a moment (aware)."""
        asserted = self.of(session, moment).values()
        return frozenset(role for each in asserted for role in each.roles)
