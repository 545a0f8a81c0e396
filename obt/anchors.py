"""Whom the tool trusts to name devices: certificates of its own choice, not the system's."""

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from onboardee.wire.dtls import VerifyChain

_PEM: Final = re.compile(rb"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)


def wall_clock() -> datetime:
    """Return the date and time that certificates are judged by."""
    return datetime.now(UTC)


def to_der(data: bytes | str) -> tuple[bytes, ...]:
    """Return the certificates in PEM text, or the one in DER octets, as DER.

    Raises:
        ValueError: if there is none.

    """
    octets = data.encode() if isinstance(data, str) else data
    if octets.startswith(b"\x30"):
        return (octets,)
    try:
        found = tuple(
            base64.b64decode(b"".join(match.split()), validate=True)
            for match in _PEM.findall(octets)
        )
    except binascii.Error as error:
        raise ValueError("a certificate in PEM is not base64") from error
    if not found:
        raise ValueError("neither PEM nor DER: there is no certificate in it")
    return found


@dataclass(frozen=True, slots=True)
class TrustAnchors:
    """Root certificates in DER, and the clock by which periods of validity are checked.

    `revocations` returns the present lists of revoked certificates, in DER. Whose issuer has none
    is believed; a list that should have been renewed still counts.
    """

    certificates: tuple[bytes, ...] = field(repr=False)
    clock: Callable[[], datetime] = wall_clock
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
        """Read PEM texts, with one or more certificates each, and DER octets."""
        ders = tuple(der for each in certificates for der in to_der(each))
        return cls(ders, clock, revocations)

    def verify_manufacturer(self) -> VerifyChain:
        """Return a check for the chain of a device without owner.

        Raises:
            OnboardingError: if the trust anchors themselves cannot be read.

        """
        # X.509 takes 5 MB of memory, and most transfers do without
        from onboardee.obt import chain  # noqa: PLC0415

        chain.read_anchors(self)
        return lambda received: chain.check_manufacturer(received, self)

    def verify_identity(self, uuid: UUID) -> VerifyChain:
        """Return a check for the identity certificate of the device `uuid`; raise as above."""
        from onboardee.obt import chain  # noqa: PLC0415

        chain.read_anchors(self)
        return lambda received: chain.check_identity(received, self, uuid)
