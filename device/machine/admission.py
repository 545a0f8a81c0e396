"""Who may open a DTLS session with the device now, and the PIN by which a stranger may.

The DTLS engine asks for an `offer` when a handshake begins. Which credentials count in which state
is a table of `device/security/offers.py`; here is what has a memory: the PIN that is shown, how
often it was tried and from where (guessing must take years, OCF Security 7.3.5), and whether
everybody has to wait because the device is about to reset.
"""

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Final
from uuid import UUID

from onboardee.device import events
from onboardee.device.access.sources import source_of
from onboardee.device.machine.context import DeviceContext, Report
from onboardee.device.security.device_certificates import expired_certificates
from onboardee.device.security.offers import (
    PinTerms,
    awaited_owner,
    returning_terms,
    terms_for,
)
from onboardee.device.security.pin import PinPad, random_pin
from onboardee.device.security.sessions import Terms
from onboardee.device.security.tries import Tries
from onboardee.device.simulation.compatibility import Compatibility
from onboardee.device.simulation.profile import OwnershipSettings, PinSettings
from onboardee.svrdb.model import PIN_METHODS, Credential, State, TransferMethod
from onboardee.wire.dtls import DtlsLimits, HandshakeFailed, Offer, ServerEndpoint, ServerPolicy
from onboardee.wire.entropy import Entropy
from onboardee.wire.path import Path

if TYPE_CHECKING:
    from onboardee.device.security.direct_pairing import DirectPairing
    from onboardee.device.security.joinings import Joinings


HANDSHAKE_TIMEOUT: Final = 30.0
"""Seconds; until then a half-open handshake takes one of the few places for them."""


class Admission:
    """The policy of the device's DTLS endpoint, which it makes."""

    def __init__(  # noqa: PLR0913 - what it gets from the device, by keyword
        self,
        ownership: OwnershipSettings,
        state: DeviceContext,
        *,
        entropy: Entropy,
        report: Report,
        compat: Compatibility = Compatibility(),  # noqa: B008 - immutable
        pairings: "DirectPairing | None" = None,
        keylog: Callable[[str], None] | None = None,
        around_terms: Callable[[ServerPolicy], ServerPolicy] | None = None,
    ) -> None:
        self._ownership = ownership
        self._compat = compat
        self._state = state
        self._entropy = entropy
        self._report = report
        self._pairings = pairings
        self._joinings = self._make_joinings() if compat.multiple_owners else None
        self._expired: frozenset[Credential] = frozenset()
        self._pins = PinPad(self._make_pin)
        self._tries = Tries(_number_of_pins(ownership.pin))
        self._is_closed = False
        self.dtls: Final = ServerEndpoint(
            self if around_terms is None else around_terms(self),
            entropy=entropy,
            limits=DtlsLimits(handshake_timeout=HANDSHAKE_TIMEOUT),
            keylog=keylog,
            host_of=_host_of,
        )

    @property
    def pin(self) -> str | None:
        """The PIN that is being shown, if any."""
        others = (self._pairings, self._joinings)
        pins = (self._pins.current, *(each.pin for each in others if each is not None))
        return next((each for each in pins if each is not None), None)

    @property
    def has_too_many_wrong_pins(self) -> bool:
        """Tell whether nobody may try the PIN any more."""
        return self._pins.is_used_up

    @property
    def wrong_pins(self) -> int:
        """How many PINs were wrong in this transfer; after `ATTEMPTS` the device resets."""
        return self._pins.wrong

    def tries_of_late(self, now: float) -> tuple[int, int]:
        """Return how often the PIN was tried within a minute, and how often it may be."""
        return self._tries.of_late(now)

    @property
    def awaited_owner(self) -> UUID | None:
        """The owner that has its credential and alone may come back; None if anybody may come.

        It comes for the second of the two sessions of a transfer, as OIC 1.1 has it.
        """
        return awaited_owner(self._state.database) if self._compat.oic_1_1 else None

    def offer(self, address: Hashable, /) -> Offer | None:
        """Say who may open a session (the engine asks); None is nobody."""
        if self._is_closed:
            return None
        owner = self.awaited_owner
        if owner is not None:
            return returning_terms(self._state.database, owner, self._state.wall_clock)
        self._report_expired()
        pin = self._pin_terms(address)
        terms = terms_for(self._state.database, self.dtls, address, pin, self._state.wall_clock)
        if terms is None or self._state.database.state is State.RFOTM:
            return terms
        if self._pairings is not None:
            terms = self._pairings.offer(terms, _host_of(address))
        return terms if self._joinings is None else self._joinings.offer(terms, _host_of(address))

    def refuse_all(self, *, refuse: bool) -> None:
        """Let nobody open a session for a while, or let them again."""
        self._is_closed = refuse
        if refuse:
            self.dtls.abandon_handshakes()

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

    def follow_owners(self) -> None:
        """Show the PIN by which sub-owners join, if they do so by a random one."""
        if self._joinings is not None:
            self._joinings.follow()

    def forget_pin(self) -> None:
        """Show no PIN any more, and forget the wrong ones."""
        self._pins.clear()

    def note_failure(self, failure: HandshakeFailed) -> None:
        """Tell of a handshake that failed, and count a wrong PIN."""
        self._report(
            events.HandshakeRefused(
                peer=str(failure.address),
                reason=failure.reason,
                alert=None if failure.alert is None else failure.alert.name.lower(),
            )
        )
        is_try = isinstance(failure.tag, Terms) and failure.tag.by_pin and failure.had_keys
        # a transfer that has begun is not undone by those who came too late
        if is_try and self._pins.current is not None and not self.dtls.sessions:
            self._pins.note_wrong()
        if self._pairings is not None:
            self._pairings.note_failure(failure)
        if self._joinings is not None:
            self._joinings.note_failure(failure)

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

    def _report_expired(self) -> None:
        """Say once of each certificate of our own that it is not shown any more."""
        expired = expired_certificates(self._state.database, self._state.wall_time)
        for each in expired - self._expired:
            usage = str(each.usage)
            self._report(events.OwnCertificateExpired(credid=each.credid, usage=usage))
        self._expired = expired

    def _make_joinings(self) -> "Joinings":
        # few devices have it
        from onboardee.device.security.joinings import Joinings  # noqa: PLC0415

        return Joinings(
            self._state,
            self._make_pin,
            self._report,
            limit=self._compat.sub_owner_limit,
            pins=_number_of_pins(self._ownership.pin),
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
