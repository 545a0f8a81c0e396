"""Who talks to the device over DTLS: who may open a session, who has one, and who that is."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import TYPE_CHECKING, Final
from uuid import UUID

from onboardee.device import events
from onboardee.device.access.peer import Peer
from onboardee.device.access.sources import source_of
from onboardee.device.machine.standing import Standings
from onboardee.device.machine.state import DeviceState, Report
from onboardee.device.security.identity import expired_certificates
from onboardee.device.security.offers import (
    PinTerms,
    awaited_owner,
    returning_terms,
    terms_for,
)
from onboardee.device.security.pin import PinPad, random_pin
from onboardee.device.security.roles import AssertedRoles
from onboardee.device.security.sessions import (
    Terms,
    has_lost_credential,
    is_ownership_connection,
    revocations_outdated,
)
from onboardee.device.security.tries import Tries
from onboardee.device.simulation.compatibility import Compatibility
from onboardee.device.simulation.profile import OwnershipSettings, PinSettings
from onboardee.svrdb.model import PIN_METHODS, Credential, Database, State, TransferMethod
from onboardee.wire.dtls import (
    DtlsLimits,
    Event,
    HandshakeFailed,
    Offer,
    ServerEndpoint,
    ServerPolicy,
    Session,
    SessionClosed,
    SessionEstablished,
)
from onboardee.wire.entropy import Entropy
from onboardee.wire.path import Path

if TYPE_CHECKING:
    from onboardee.device.security.pairings import Pairings


HANDSHAKE_TIMEOUT: Final = 30.0
"""Seconds; until then a half-open handshake takes one of the few places for them."""


class Peers:
    """The sessions of a device, and the PIN by which a stranger may open one."""

    def __init__(  # noqa: PLR0913 - what it gets from the device, by keyword
        self,
        ownership: OwnershipSettings,
        state: DeviceState,
        *,
        entropy: Entropy,
        report: Report,
        asserted: AssertedRoles,
        compat: Compatibility = Compatibility(),  # noqa: B008 - immutable
        pairings: "Pairings | None" = None,
        keylog: Callable[[str], None] | None = None,
        around_terms: Callable[[ServerPolicy], ServerPolicy] | None = None,
    ) -> None:
        self._ownership = ownership
        self._compat = compat
        self._state = state
        self._entropy = entropy
        self._report = report
        self._standings = Standings(state, asserted)
        self._pairings = pairings
        self._expired: frozenset[Credential] = frozenset()
        self._pins = PinPad(self._make_pin)
        self._tries = Tries(_number_of_pins(ownership.pin))
        self._is_closed = False
        self._return_by: float | None = None
        self._transfer_began: float | None = None
        self._heard_at = 0.0
        self.dtls: Final = ServerEndpoint(
            self if around_terms is None else around_terms(self),
            entropy=entropy,
            limits=DtlsLimits(handshake_timeout=HANDSHAKE_TIMEOUT),
            keylog=keylog,
            host_of=_host_of,
        )

    def receive(self, datagram: bytes, path: Path, now: float) -> None:
        """Take a datagram of the secured port."""
        self.dtls.receive(datagram, path, now)

    @property
    def sessions(self) -> Sequence[Session]:
        """The live sessions."""
        return tuple(self.dtls.sessions.values())

    @property
    def pin(self) -> str | None:
        """The PIN that is being shown, if any."""
        if self._pins.current is None and self._pairings is not None:
            return self._pairings.pin
        return self._pins.current

    def peer(self, session: Session) -> Peer:
        """Tell who opened a session that lives, or whose end was not noted yet."""
        return self._standings.peer(session)

    def present(self, peer: Peer) -> Peer:
        """Return the peer with the roles that it has at this moment."""
        return self._standings.present(peer)

    def offer(self, address: Hashable, /) -> Offer | None:
        """Say who may open a session (the engine asks)."""
        if self._is_closed:
            return None
        owner = self._awaited_owner()
        if owner is not None:
            return returning_terms(self._state.database, owner, self._state.wall_clock)
        self._report_expired()
        pin = self._pin_terms(address)
        terms = terms_for(self._state.database, self.dtls, address, pin, self._state.wall_clock)
        if self._pairings is None or terms is None or self._state.database.state is State.RFOTM:
            return terms
        return self._pairings.offer(terms, _host_of(address))

    def _pin_terms(self, address: Hashable) -> PinTerms | None:
        """Return on what terms a host may try the PIN; None if there is none, or not so soon."""
        shown, host = self._pins.current, _host_of(address)
        if shown is None:
            return None
        if not self._tries.has_time_for(host, self._state.now):
            reason = "there were too many tries of the PIN of late"
            self._report(events.HandshakeRefused(peer=str(address), reason=reason, alert=None))
            return None
        # IoTivity 1.2 has room for 16 octets
        bare_hint = self._ownership.pin.bare_hint or self._compat.oic_1_1
        return PinTerms(shown, bare_hint, lambda: self._tries.begin(host, self._state.now))

    def take_events(self) -> Iterator[Event]:
        """Hand over what happened to the sessions, one by one and each after taking note of it."""
        # the end of one handshake may be that of others
        while found := self.dtls.take_events():
            for event in found:
                match event:
                    case SessionEstablished(session):
                        self._open(session)
                    case HandshakeFailed() as failure:
                        self._tell_failure(failure)
                        self._count(failure)
                        if self._pairings is not None:
                            self._pairings.note_failure(failure)
                    case _:
                        pass
                yield event

    def note_end(self, closed: SessionClosed) -> Peer | None:
        """Forget a session that has ended, once nothing of it waits any more; return its peer."""
        session = closed.session
        peer = self._standings.end(session)
        reason = closed.reason.value
        self._report(events.SessionEnded(peer=str(session.address), reason=reason))
        if self._pairings is not None:
            self._pairings.note_end(session)
        return peer

    @property
    def has_too_many_wrong_pins(self) -> bool:
        """Tell whether nobody may try the PIN any more."""
        return self._pins.is_used_up

    def _count(self, failure: HandshakeFailed) -> None:
        """Count an attempt with a PIN that failed."""
        is_try = isinstance(failure.tag, Terms) and failure.tag.by_pin and failure.had_keys
        # a transfer that has begun is not undone by those who came too late
        if is_try and self._pins.current is not None and not self.dtls.sessions:
            self._pins.note_wrong()

    def show_pin(self) -> None:
        """Show a new PIN if that is the selected method, otherwise none.

        A preconfigured one is known to who may have it, and is not told again.
        """
        doxm = self._state.database.doxm
        if doxm.owned or doxm.selected_method not in PIN_METHODS:
            self._pins.drop()
            return
        pin = self._pins.show()
        if doxm.selected_method == TransferMethod.RANDOM_PIN:
            self._report(events.PinShown(pin=pin))

    def forget_pin(self) -> None:
        """Show no PIN any more, and forget the wrong ones."""
        self._pins.clear()

    def refuse_all(self, *, refuse: bool) -> None:
        """Let nobody open a session for a while, or let them again."""
        self._is_closed = refuse
        if refuse:
            self.dtls.abandon_handshakes()

    @property
    def is_in_transfer(self) -> bool:
        """Tell whether somebody has a session, or is between the two of a transfer."""
        return bool(self.dtls.sessions) or self.is_owner_known

    @property
    def is_owner_known(self) -> bool:
        """Tell whether the owner has its credential, and nobody else may open a session."""
        return self._awaited_owner() is not None

    def wait_for_owner(self, now: float) -> bool:
        """Give the tool time for its second session; False if none of its kind is served."""
        if not self.is_owner_known:
            return False
        self._return_by = min(now + self._compat.reconnect_limit, self._transfer_end(now))
        return True

    def is_owner_overdue(self, now: float) -> bool:
        """Tell, once, that the tool did not come back in time."""
        if self._return_by is None or now < self._return_by:
            return False
        self._return_by = None
        return self.is_owner_known

    def note_request(self, now: float) -> None:
        """Take note that a peer of a session asks for something; pings and the like do not."""
        self._heard_at = now

    def transfer_deadline(self) -> float | None:
        """Return when the transfer ends: for silence, for its length, or before its next session.

        Whoever holds the ownership connection keeps everybody else from taking ownership.
        """
        if self._state.database.state is not State.RFOTM:
            return None
        if not self.dtls.sessions:
            return self._return_by
        return min(self._heard_at + self._ownership.idle_limit, self._transfer_end(self._heard_at))

    def _transfer_end(self, now: float) -> float:
        """Return the latest end of the transfer that has begun, or begins now."""
        began = now if self._transfer_began is None else self._transfer_began
        return began + self._ownership.transfer_limit

    def end_overdue_transfer(self, now: float) -> None:
        """Close the connection of a tool that takes too long, so that others get their turn."""
        deadline = self.transfer_deadline()
        if self.dtls.sessions and deadline is not None and now >= deadline:
            self.dtls.close_all(now)

    def end_forgotten(self, before: Database, caller: Session | None, now: float) -> None:
        """End the sessions of peers that lost their credential; the caller gets its answer."""
        for session in self.sessions:
            if session is not caller and has_lost_credential(
                session, before, self._state.database, self._state.wall_clock
            ):
                self.dtls.close(session, now)
        for session in self.sessions:
            self._standings.forget_lost_roles(session)

    def end_all(self, now: float) -> None:
        """End all sessions and all handshakes."""
        self._transfer_began = None
        self.dtls.abandon_handshakes()
        self.dtls.close_all(now)

    def _awaited_owner(self) -> UUID | None:
        return awaited_owner(self._state.database) if self._compat.oic_1_1 else None

    def _open(self, session: Session) -> None:
        self._return_by = None
        if is_ownership_connection(session):
            self.dtls.abandon_handshakes()
        self._note_transfer(session)
        peer = self._standings.begin(session)
        self._report(
            events.SessionOpened(
                peer=str(session.address), suite=session.suite.name, identity=peer.identity
            )
        )

        if self._pairings is not None and not self._pairings.note_session(session):
            self.dtls.close(session, self._state.now)
        if session.peer_certificates:
            due = revocations_outdated(self._state.database, self._state.wall_time)
            if due is not None:
                self._report(
                    events.RevocationsOutdated(peer=str(session.address), due=due.isoformat())
                )

    def _note_transfer(self, session: Session) -> None:
        """Note when a transfer began: a further session of the same one does not prolong it."""
        self._heard_at = session.established_at
        if self._state.database.state is not State.RFOTM:
            self._transfer_began = None
        elif self._transfer_began is None:
            self._transfer_began = session.established_at

    def _report_expired(self) -> None:
        """Say once of each certificate of our own that it is not shown any more."""
        expired = expired_certificates(self._state.database, self._state.wall_time)
        for each in expired - self._expired:
            usage = str(each.usage)
            self._report(events.OwnCertificateExpired(credid=each.credid, usage=usage))
        self._expired = expired

    def _tell_failure(self, failure: HandshakeFailed) -> None:
        alert = failure.alert
        self._report(
            events.HandshakeRefused(
                peer=str(failure.address),
                reason=failure.reason,
                alert=None if alert is None else alert.name.lower(),
            )
        )

    def _make_pin(self) -> str:
        pin = self._ownership.pin
        return pin.fixed or random_pin(self._entropy, pin.length, pin.alphabet)


def _host_of(address: Hashable) -> Hashable:
    return source_of(address) if isinstance(address, Path) else address


def _number_of_pins(pin: PinSettings) -> int:
    """Return how many PINs a guesser has to try; of a fixed one as if it had digits only."""
    if pin.fixed is not None:
        return int(10 ** len(pin.fixed))
    return int(len(set(pin.alphabet)) ** pin.length)
