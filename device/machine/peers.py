"""The peers that have a DTLS session with the device: who they are, and when they have to go.

A session's peer proved something when it opened the session, and that stays (`Peer`, made by
`device/security/sessions.py`). What it may call itself changes: a role of its key ends with a date,
a role certificate adds one. `present` has the peer as it is at this moment.

A session ends by its peer, by silence, by the loss of its credential, and in a transfer of
ownership also by time: whoever holds the ownership connection keeps everybody else from taking
ownership.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from onboardee.device import events
from onboardee.device.access.peer import Peer
from onboardee.device.machine.admission import Admission
from onboardee.device.machine.context import DeviceContext, Report
from onboardee.device.security.asserted_roles import AssertedRoles
from onboardee.device.security.sessions import (
    has_lost_credential,
    has_lost_role,
    is_ownership_connection,
    peer_of,
    revocations_outdated,
    with_present_role,
)
from onboardee.device.simulation.compatibility import Compatibility
from onboardee.device.simulation.profile import OwnershipSettings
from onboardee.svrdb.model import Database, State
from onboardee.wire.dtls import (
    Event,
    HandshakeFailed,
    Session,
    SessionClosed,
    SessionEstablished,
)

if TYPE_CHECKING:
    from onboardee.device.security.direct_pairing import DirectPairing


class Peers:
    """The sessions of a device, from their beginning to their end."""

    def __init__(  # noqa: PLR0913 - what it gets from the device, by keyword
        self,
        admission: Admission,
        ownership: OwnershipSettings,
        state: DeviceContext,
        *,
        report: Report,
        asserted: AssertedRoles,
        compat: Compatibility = Compatibility(),  # noqa: B008 - immutable
        pairings: "DirectPairing | None" = None,
    ) -> None:
        self._admission = admission
        self._dtls = admission.dtls
        self._ownership = ownership
        self._compat = compat
        self._state = state
        self._report = report
        self._asserted = asserted
        self._pairings = pairings
        self._peers: dict[Session, Peer] = {}
        """What each session's peer proved to be."""
        self._lasting: dict[Session, Peer] = {}
        """Peers whose roles no date changes, as they are by `_database`."""
        self._database: Database | None = None
        self._has_periods = False
        self._return_by: float | None = None
        self._transfer_began: float | None = None
        self.heard_at = 0.0
        """When a peer of a session asked for something last; pings and the like do not count."""

    @property
    def sessions(self) -> Sequence[Session]:
        """The live sessions."""
        return tuple(self._dtls.sessions.values())

    # who they are

    def peer(self, session: Session) -> Peer:
        """Tell who opened a session that lives, or whose end was not noted yet."""
        return self._peers[session]

    def present(self, peer: Peer) -> Peer:
        """Return the peer with the roles that it has at this moment."""
        session, database = peer.session, self._state.database
        if session is None:
            return peer
        if database is not self._database:
            self._follow_database(database)
        has_asserted = self._asserted.has_any and self._asserted.has(session)
        found = None if has_asserted else self._lasting.get(session)
        if found is not None:
            return found
        moment = self._state.wall_time
        with_role = with_present_role(self._peers[session], database, moment)
        if not has_asserted:
            if not self._has_periods:
                self._lasting[session] = with_role
            return with_role
        asserted = self._asserted.roles(session, moment)
        return with_role.with_asserted(asserted) if asserted else with_role

    def _follow_database(self, database: Database) -> None:
        """Forget what followed from another database."""
        self._database = database
        self._lasting.clear()
        self._has_periods = any(each.period is not None for each in database.cred.credentials)

    # how they come and go

    def take_events(self) -> Iterator[Event]:
        """Hand over what happened to the sessions, one by one and each after taking note of it."""
        # the end of one handshake may be that of others
        while self._dtls.has_events:
            for event in self._dtls.take_events():
                match event:
                    case SessionEstablished(session):
                        self._open(session)
                    case HandshakeFailed() as failure:
                        self._admission.note_failure(failure)
                    case _:
                        pass
                yield event

    def note_end(self, closed: SessionClosed) -> Peer | None:
        """Forget a session that has ended, once nothing of it waits any more; return its peer."""
        session = closed.session
        self._lasting.pop(session, None)
        peer = self._peers.pop(session, None)
        reason = closed.reason.value
        self._report(events.SessionEnded(peer=str(session.address), reason=reason))
        if self._pairings is not None:
            self._pairings.note_end(session)
        return peer

    def end_forgotten(self, before: Database, caller: Session | None, now: float) -> None:
        """End the sessions of peers that lost their credential; the caller gets its answer."""
        for session in self.sessions:
            if session is not caller and has_lost_credential(
                session, before, self._state.database, self._state.wall_clock
            ):
                self._dtls.close(session, now)
        for session in self.sessions:
            self._forget_lost_roles(session)

    def end_all(self, now: float) -> None:
        """End all sessions and all handshakes."""
        self._transfer_began = None
        self._dtls.abandon_handshakes()
        self._dtls.close_all(now)

    def _forget_lost_roles(self, session: Session) -> None:
        """Drop the roles that could not be asserted any more."""
        asserted = self._asserted.of(session, self._state.wall_time)
        kept = {
            credid: each
            for credid, each in asserted.items()
            if not has_lost_role(each.public, session, self._state.database, self._state.wall_clock)
        }
        if len(kept) < len(asserted):
            self._asserted.replace(session, kept)

    def _open(self, session: Session) -> None:
        """Take note of a new session: of its peer, and of what its beginning means to others.

        While somebody takes ownership nobody else is to, so other handshakes end.
        """
        self._return_by = None
        if is_ownership_connection(session):
            self._dtls.abandon_handshakes()
        self._note_transfer(session)
        peer = peer_of(session, self._state.database, self._state.wall_clock)
        self._peers[session] = peer
        self._report(
            events.SessionOpened(
                peer=str(session.address), suite=session.suite.name, identity=peer.identity
            )
        )
        if self._pairings is not None and not self._pairings.note_session(session):
            self._dtls.close(session, self._state.now)
        if session.peer_certificates:
            due = revocations_outdated(self._state.database, self._state.wall_time)
            if due is not None:
                self._report(
                    events.RevocationsOutdated(peer=str(session.address), due=due.isoformat())
                )

    # the time of a transfer of ownership

    @property
    def is_in_transfer(self) -> bool:
        """Tell whether somebody has a session, or is between the two of a transfer."""
        if self._dtls.sessions:
            return True
        return self._compat.oic_1_1 and self._admission.awaited_owner is not None

    def wait_for_owner(self, now: float) -> bool:
        """Give the tool time for its second session; False if none of its kind is served."""
        if self._admission.awaited_owner is None:
            return False
        self._return_by = min(now + self._compat.reconnect_limit, self._transfer_end(now))
        return True

    def is_owner_overdue(self, now: float) -> bool:
        """Tell, once, that the tool did not come back in time."""
        if self._return_by is None or now < self._return_by:
            return False
        self._return_by = None
        return self._admission.awaited_owner is not None

    def transfer_deadline(self) -> float | None:
        """Return when the transfer ends: for silence, for its length, or before its next session.

        None if there is no transfer.
        """
        if self._state.database.state is not State.RFOTM:
            return None
        if not self._dtls.sessions:
            return self._return_by
        return min(self.heard_at + self._ownership.idle_limit, self._transfer_end(self.heard_at))

    def end_overdue_transfer(self, now: float) -> None:
        """Close the connection of a tool that takes too long, so that others get their turn."""
        deadline = self.transfer_deadline()
        if self._dtls.sessions and deadline is not None and now >= deadline:
            self._dtls.close_all(now)

    def _transfer_end(self, now: float) -> float:
        """Return the latest end of the transfer that has begun, or begins now."""
        began = now if self._transfer_began is None else self._transfer_began
        return began + self._ownership.transfer_limit

    def _note_transfer(self, session: Session) -> None:
        """Note when a transfer began: a further session of the same one does not prolong it."""
        self.heard_at = session.established_at
        if self._state.database.state is not State.RFOTM:
            self._transfer_began = None
        elif self._transfer_began is None:
            self._transfer_began = session.established_at

    # the end of an attempt at Direct Pairing, and of its session

    def pairing_deadline(self) -> float | None:
        """Return when `end_overdue_pairing` has something to do."""
        return None if self._pairings is None else self._pairings.next_deadline()

    def end_overdue_pairing(self) -> None:
        """End an attempt that takes too long."""
        if self._pairings is not None:
            self._close(self._pairings.end_overdue())

    def end_pointless_pairing(self, before: Database) -> None:
        """End an attempt that a change of the database made pointless."""
        if self._pairings is not None:
            self._close(self._pairings.follow(before.pconf))

    def _close(self, session: Session | None) -> None:
        """Close a session that still lives."""
        if session is not None and session.alive:
            self._dtls.close(session, self._state.now)
