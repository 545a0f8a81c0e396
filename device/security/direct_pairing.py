"""Direct Pairing as it goes on: who wants to pair, by which PIN, and how long that may take.

    POST /oic/sec/dpairing     begin            a PIN is shown, or the fixed one is to be used
    DTLS, ECDHE_PSK            offer            the PIN's key opens it, for this peer only
    POST /oic/sec/dpairing     of, key          the credential follows from the session
                               follow           the pairing is durable: the attempt has ended

One device pairs at a time. Strangers can begin attempts, so all that they can hold is bounded: an
attempt ends by itself, and a host has few of them.

A PIN of eight digits withstands few tries. Its key is therefore lent to a handshake only if that is
by the device whose attempt is under way, the attempt has no session yet, and the host has tries
left. A failure counts as soon as the client has sent its keys, be it that it waited for no answer.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

from onboardee.device import events
from onboardee.device.events import Event
from onboardee.device.security.pairing_attempt import DeviceMoment, PairingAttempt, PinUse
from onboardee.device.security.pairing_keys import LABEL, is_offered, pairing_key, pin_key
from onboardee.device.security.pin import ATTEMPTS, random_pin
from onboardee.device.security.sessions import Terms, identity_uuid
from onboardee.device.security.tries import Tries
from onboardee.device.simulation.pairing_settings import DirectPairingSettings
from onboardee.svrdb.model import PairingMethod, Pconf, State
from onboardee.svrdb.model.pconf import PIN_SIZE
from onboardee.wire.dtls import CipherSuite, DecryptError, HandshakeFailed, Offer, Session
from onboardee.wire.entropy import Entropy

PATIENCE: Final = 30.0
"""Seconds for the next step of a peer that needs no person: its session, and its last request."""

FEW: Final = 0
"""As if there were no PINs at all: the PIN stays the same, so that there are few tries ever."""


class PairingRefusedError(Exception):
    """An attempt may not begin; with `is_for_now` it may later."""

    def __init__(self, sentence: str, *, is_for_now: bool) -> None:
        super().__init__(sentence)
        self.is_for_now = is_for_now


@dataclass(slots=True)
class _Shown:
    """A random PIN, until the device for which it is shown has paired or was wrong too often.

    It outlives an attempt: the client of IoTivity asks for the PIN before it begins one.
    """

    pin: str = field(repr=False)
    peer: UUID
    host: Hashable
    expires: float
    wrong: int = 0

    def is_for(self, peer: UUID, host: Hashable, now: float) -> bool:
        """Tell whether another attempt of that device may use it."""
        is_same = (self.peer, self.host) == (peer, host)
        return is_same and now < self.expires and self.wrong < ATTEMPTS


class DirectPairing:
    """The attempt that is under way, if any."""

    def __init__(
        self,
        settings: DirectPairingSettings,
        moment: DeviceMoment,
        *,
        entropy: Entropy,
        report: Callable[[Event], None],
        label: bytes = LABEL,
    ) -> None:
        self.settings: Final = settings
        self._moment = moment
        self._entropy = entropy
        self._report = report
        self._label = label
        self._attempt: PairingAttempt | None = None
        self._shown: _Shown | None = None
        self._beginnings = Tries(FEW)
        self._tries = Tries(FEW)

    @property
    def pin(self) -> str | None:
        """The random PIN that is being shown, if any."""
        return None if self._shown is None else self._shown.pin

    def begin(self, peer: UUID, host: Hashable, method: PairingMethod) -> None:
        """Let a device try the PIN, and show a random one. Raises `PairingRefusedError`.

        `peer` is who it says to be, which nothing has proven yet; `host` is where it is, which
        decides how often it may try.
        """
        now, running = self._moment.now, self._attempt
        if running is not None and (running.peer, running.host) != (peer, host):
            raise PairingRefusedError("another device is pairing", is_for_now=True)
        is_in_time = self._tries.has_time_for(host, now) and self._beginnings.begin(host, now)
        if not is_in_time:
            raise PairingRefusedError("there were too many attempts of late", is_for_now=True)
        pconf = self._moment.database.pconf
        is_random = method is PairingMethod.RANDOM_PIN
        pin = self._random_pin(peer, host).encode() if is_random else pconf.pin
        self._attempt = PairingAttempt(
            peer,
            host,
            method,
            key=pin_key(pin, pconf.resource_owner),
            expires=now + (self.settings.time_limit if is_random else PATIENCE),
        )
        self._report(events.PairingStarted(uuid=peer, method=method.name.lower()))

    def offer(self, offer: Offer, host: Hashable) -> Offer:
        """Return an owned device's terms with what Direct Pairing adds to them.

        Devices that paired, and IoTivity 1.1's tools, may talk without Diffie-Hellman too. Only
        where the one that is pairing asked may the key of the PIN be used, and only with it: who
        recorded the session could try all PINs afterwards.
        """
        offer = replace(
            offer,
            suites=(*offer.suites, CipherSuite.PSK_AES_128_CCM_8),
            plain_psk=offer.psk,
        )
        attempt = self._attempt
        if attempt is None or attempt.host != host or attempt.session is not None:
            return offer
        use, stored = PinUse(attempt), offer.psk

        def key_of(identity: bytes) -> bytes | None:
            found = stored(identity)
            return self._used(use, identity) if found is None else found

        # the client of IoTivity 1.1 takes no other alert for a wrong PIN, and would wait
        terms = Terms(owns_transfer=False, pin_use=use)
        return replace(offer, psk=key_of, wrong_key=DecryptError, tag=terms)

    def _used(self, use: PinUse, identity: bytes) -> bytes | None:
        """Lend the key of the PIN to one handshake of the device that is pairing."""
        attempt = use.attempt
        is_its_turn = attempt is self._attempt and attempt.session is None
        if not is_its_turn or identity_uuid(identity) != attempt.peer:
            return None
        if not self._tries.begin(attempt.host, self._moment.now):
            return None
        use.is_used = True
        return attempt.key

    def note_session(self, session: Session) -> bool:
        """Take note of a session; tell whether it may live.

        One that the PIN opened for an attempt that is over, or that has one already, may not.
        """
        use = _use_of(session.tag)
        if use is None or not use.is_used:
            return True
        if use.attempt is not self._attempt or use.attempt.session is not None:
            return False
        use.attempt.session = session
        use.attempt.expires = self._moment.now + PATIENCE
        return True

    def note_failure(self, failure: HandshakeFailed) -> None:
        """End the attempt if a handshake failed that used its PIN."""
        use = _use_of(failure.tag)
        if use is None or not use.is_used or not failure.had_keys:
            return
        if self._shown is not None and self._shown.is_for(
            use.attempt.peer, use.attempt.host, self._moment.now
        ):
            self._shown.wrong += 1
            if self._shown.wrong >= ATTEMPTS:
                self._shown = None
        if use.attempt is self._attempt and use.attempt.session is None:
            self._give_up("the PIN was wrong")

    def note_end(self, session: Session) -> None:
        """End the attempt if its session ended before the pairing did."""
        if self._attempt is not None and self._attempt.session is session:
            self._give_up("its session ended")

    def of(self, session: Session | None) -> PairingAttempt | None:
        """Return the attempt whose PIN opened a session, if it is under way."""
        attempt = self._attempt
        is_its = attempt is not None and session is not None and attempt.session is session
        return attempt if is_its else None

    def key(self, attempt: PairingAttempt) -> bytes:
        """Derive the pairing credential."""
        assert attempt.session is not None
        server = self._moment.database.doxm.device_uuid
        return pairing_key(
            attempt.session.key_block, label=self._label, server=server, client=attempt.peer
        )

    def next_deadline(self) -> float | None:
        """Return when `end_overdue` has something to do."""
        ends = [each.expires for each in (self._attempt, self._shown) if each is not None]
        return min(ends, default=None)

    def end_overdue(self) -> Session | None:
        """End what took too long; return the session that is to be closed."""
        now, attempt = self._moment.now, self._attempt
        if self._shown is not None and now >= self._shown.expires:
            self._shown = None
        if attempt is None or now < attempt.expires:
            return None
        self._give_up("it took too long")
        return attempt.session

    def follow(self, before: Pconf) -> Session | None:
        """End what a change of the database made pointless; return the session to be closed."""
        database, attempt = self._moment.database, self._attempt
        if attempt is not None and attempt.peer in database.pconf.paired:
            self._attempt = self._shown = None
            return None
        is_same = database.pconf == before and database.state is State.RFNOP
        if is_same and is_offered(database.pconf):
            return None
        self._shown = None
        if attempt is None:
            return None
        self._give_up("the device was configured anew")
        return attempt.session

    def _give_up(self, reason: str) -> None:
        attempt, self._attempt = self._attempt, None
        assert attempt is not None
        self._report(events.PairingFailed(uuid=attempt.peer, reason=reason))

    def _random_pin(self, peer: UUID, host: Hashable) -> str:
        now = self._moment.now
        if self._shown is None or not self._shown.is_for(peer, host, now):
            pin = random_pin(self._entropy, PIN_SIZE, "0123456789")
            self._shown = _Shown(pin, peer, host, now + self.settings.time_limit)
        self._report(events.PairingPinShown(pin=self._shown.pin, uuid=peer))
        return self._shown.pin


def _use_of(tag: object) -> PinUse | None:
    return tag.pin_use if isinstance(tag, Terms) else None
