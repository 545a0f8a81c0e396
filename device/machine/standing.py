"""Who the peers of sessions are, with the roles that they have at this moment."""

from onboardee.device.access.peer import Peer
from onboardee.device.machine.state import DeviceState
from onboardee.device.security.roles import AssertedRoles
from onboardee.device.security.sessions import has_lost_role, peer_of, with_present_role
from onboardee.svrdb.model import Database
from onboardee.wire.dtls import Session


class Standings:
    """What each session's peer proved to be, and what it may call itself now."""

    def __init__(self, state: DeviceState, asserted: AssertedRoles) -> None:
        self._state = state
        self._asserted = asserted
        self._known: dict[Session, Peer] = {}
        self._database: Database | None = None
        self._has_periods = False
        self._lasting: dict[Session, Peer] = {}
        """Peers whose roles no date changes, as they are by the present database."""

    def begin(self, session: Session) -> Peer:
        """Note who opened a session."""
        peer = peer_of(session, self._state.database, self._state.wall_clock)
        self._known[session] = peer
        return peer

    def end(self, session: Session) -> Peer | None:
        """Forget a session; return its peer."""
        self._lasting.pop(session, None)
        return self._known.pop(session, None)

    def peer(self, session: Session) -> Peer:
        """Tell who opened a session whose end was not noted yet."""
        return self._known[session]

    def present(self, peer: Peer) -> Peer:
        """Return the peer with the roles that it has at this moment."""
        session = peer.session
        if session is None:
            return peer
        self._follow_database()
        has_asserted = self._asserted.has(session)
        found = None if has_asserted else self._lasting.get(session)
        if found is not None:
            return found
        moment = self._state.wall_time
        with_role = with_present_role(self._known[session], self._state.database, moment)
        if not has_asserted:
            if not self._has_periods:
                self._lasting[session] = with_role
            return with_role
        asserted = self._asserted.roles(session, moment)
        return with_role.with_asserted(asserted) if asserted else with_role

    def forget_lost_roles(self, session: Session) -> None:
        """Drop the roles that could not be asserted any more."""
        asserted = self._asserted.of(session, self._state.wall_time)
        kept = {
            credid: each
            for credid, each in asserted.items()
            if not has_lost_role(each.public, session, self._state.database, self._state.wall_clock)
        }
        if len(kept) < len(asserted):
            self._asserted.replace(session, kept)

    def _follow_database(self) -> None:
        database = self._state.database
        if database is self._database:
            return
        self._database = database
        self._lasting.clear()
        self._has_periods = any(each.period is not None for each in database.cred.credentials)
