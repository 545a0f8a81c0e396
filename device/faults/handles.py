"""What faults take hold of in the surroundings of a device.

Most faults act on datagrams and on the disk, which a layer sees. Three things it does not see: the
time of day, the certificate that the device shows in a handshake, and the secrets of its sessions.
The device gets all of them from its surroundings, so that is where faults take hold: `Handles`
makes surroundings of others, in which the clock can be put forward, the certificate exchanged, and
the secrets heard. As long as no fault uses them they pass on what is there.
"""

from collections.abc import Callable, Hashable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from onboardee.device.machine.boot import Surroundings
from onboardee.device.trace.dtls import Secrets
from onboardee.pki.key_pairs import CertifiedKey
from onboardee.wire.dtls import Offer, ServerPolicy
from onboardee.wire.wall_clock import WallClock

_LONGEST: Final = timedelta(days=365_000)
"""How far the time of day may be off in all, so that it stays a date (years 1 to 9999)."""

Present = Callable[[CertifiedKey, Hashable], CertifiedKey]
"""Returns what is shown, in the place of a certificate and its key, to the peer at an address."""


class JumpingClock:
    """A time of day that can jump."""

    def __init__(self, source: WallClock) -> None:
        self._source = source
        self._off = timedelta()

    def __call__(self) -> datetime:
        """Return the time of day."""
        return self._source() + self._off

    def jump(self, seconds: float) -> None:
        """Go ahead by `seconds`, or back where they are negative."""
        self._off = min(max(self._off + timedelta(seconds=seconds), -_LONGEST), _LONGEST)


class _Terms:
    """The terms of a device, with another certificate."""

    def __init__(self, inner: ServerPolicy, handles: "Handles") -> None:
        self._inner, self._handles = inner, handles

    def offer(self, address: Hashable, /) -> Offer | None:
        """Return the terms for a handshake (the engine asks once for each)."""
        offer = self._inner.offer(address)
        if offer is None or offer.certificate is None:
            return offer
        return replace(offer, certificate=self._handles.present(offer.certificate, address))


class Handles:
    """The surroundings of a device, and what faults can do to them."""

    def __init__(self, surroundings: Surroundings) -> None:
        self.secrets: Final = Secrets()
        """Of the sessions of the device, as they come about, once somebody looks on."""
        self.keeps_secrets = False
        """Whether anybody does. A device that nobody looks at keeps no secret of a past session."""
        self.clock: Final = JumpingClock(surroundings.wall_clock)
        self.present: Present = _same
        """Asked at each handshake in which the device shows a certificate."""
        self._keylog = surroundings.keylog
        self.surroundings: Final = replace(
            surroundings, wall_clock=self.clock, keylog=self._hear, around_terms=self._around
        )
        """What the device is made with."""

    def _hear(self, line: str) -> None:
        if self.keeps_secrets:
            self.secrets.add(line)
        if self._keylog is not None:
            self._keylog(line)

    def _around(self, terms: ServerPolicy) -> ServerPolicy:
        return _Terms(terms, self)


def _same(certificate: CertifiedKey, _address: Hashable) -> CertifiedKey:
    return certificate
