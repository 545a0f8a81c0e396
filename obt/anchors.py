"""Whom the tool trusts to name devices: certificates of its own choice, not the system's.

The authorities of the web vouch for domain names and for nothing here. A manufacturer's root says
that a device was made by that manufacturer; the root of the owner's own authority, that it was
given its identity by the owner. Both are trust anchors in the sense of RFC 5280 6.1.1: believed
because a person named them, not because of what is written in them. The clock is part of it, as
tests set it, and a device's certificate is judged at the moment of the handshake.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from onboardee.pki.pem import from_octets
from onboardee.wire.dtls import VerifyChain


def wall_clock() -> datetime:
    """Return the date and time that certificates are judged by."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class TrustAnchors:
    """Root certificates in DER, and the clock by which periods of validity are checked.

    `revocations` returns the present lists of revoked certificates, in DER. Whose issuer has none
    is believed; a list that should have been renewed still counts.
    """

    certificates: tuple[bytes, ...] = field(repr=False)
    clock: Callable[[], datetime] = wall_clock
    """What date certificates are judged by, at the moment of a handshake."""
    revocations: Callable[[], Sequence[bytes]] = field(default=tuple, repr=False)

    def __post_init__(self) -> None:
        if not self.certificates:
            raise ValueError("without a trust anchor no certificate can be verified")

    @classmethod
    def of(
        cls,
        *certificates: bytes | str,
        clock: Callable[[], datetime] = wall_clock,
        revocations: Callable[[], Sequence[bytes]] = tuple,
    ) -> "TrustAnchors":
        """Read PEM texts, with one or more certificates each, and DER octets.

        Raises `ValueError` for what is neither.
        """
        texts = (each.encode() if isinstance(each, str) else each for each in certificates)
        ders = tuple(der for octets in texts for der in from_octets(octets))
        return cls(ders, clock, revocations)

    def verify_manufacturer(self, *, needs_usage: bool = True) -> VerifyChain:
        """Return a check for the chain of a device without owner.

        Without `needs_usage` certificates may lack a key usage, see `chain.check_manufacturer`.

        Raises:
            OnboardingError: if the trust anchors themselves cannot be read.

        """
        # X.509 takes 5 MB of memory, and most transfers do without
        from onboardee.obt import chain  # noqa: PLC0415

        chain.read_anchors(self)
        return lambda received: chain.check_manufacturer(received, self, needs_usage=needs_usage)

    def verify_identity(self, uuid: UUID) -> VerifyChain:
        """Return a check for the identity certificate of the device `uuid`; raise as above."""
        from onboardee.obt import chain  # noqa: PLC0415

        chain.read_anchors(self)
        return lambda received: chain.check_identity(received, self, uuid)
