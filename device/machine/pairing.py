"""How an attempt at Direct Pairing ends by itself, or by what changes, and its session with it."""

from typing import TYPE_CHECKING

from onboardee.device.machine.state import DeviceState
from onboardee.svrdb.model import Database
from onboardee.wire.dtls import ServerEndpoint, Session

if TYPE_CHECKING:
    from onboardee.device.security.pairings import Pairings


class PairingEnds:
    """Nothing at all on a device without Direct Pairing."""

    def __init__(
        self, pairings: "Pairings | None", dtls: ServerEndpoint, state: DeviceState
    ) -> None:
        self._pairings = pairings
        self._dtls = dtls
        self._state = state

    def next_deadline(self) -> float | None:
        """Return when `end_overdue` has something to do."""
        return None if self._pairings is None else self._pairings.next_deadline()

    def end_overdue(self) -> None:
        """End an attempt that takes too long."""
        if self._pairings is not None:
            self._close(self._pairings.end_overdue())

    def follow(self, before: Database) -> None:
        """End an attempt that a change of the database made pointless."""
        if self._pairings is not None:
            self._close(self._pairings.follow(before.pconf))

    def _close(self, session: Session | None) -> None:
        if session is not None and session.alive:
            self._dtls.close(session, self._state.now)
