"""What can be wrong with a certificate, by name; `broken` makes such certificates.

A module of its own, as profiles name the defects and most devices have no certificates: the
library that makes them costs 5 MB of memory.
"""

from enum import StrEnum
from typing import Final


class Defect(StrEnum):
    """What is wrong with a certificate."""

    EXPIRED = "expired"
    """It was valid for one day, long ago."""
    NOT_YET_VALID = "not-yet-valid"
    """It is valid from a day on that is far ahead."""
    WRONG_SIGNATURE = "wrong-signature"
    """A bit of its issuer's signature is another one."""
    WRONG_KEY = "wrong-key"
    """It is shown by somebody who has another private key."""
    WRONG_USAGE = "wrong-usage"
    """Its key usage does not allow to sign handshakes."""
    WRONG_PURPOSE = "wrong-purpose"
    """Its extended key usage is to sign code, not to be a server."""
    NO_IDENTITY = "no-identity"
    """It names no device, and is not for OCF's identities; only identity certificates have both."""
    SELF_SIGNED = "self-signed"
    """Its own key signed it."""
    OTHER_ROOT = "other-root"
    """Its authorities have the names of the honest ones, and other keys."""
    CHAIN_MISSING = "chain-missing"
    """The intermediate certificates are left out."""
    OTHER_CURVE = "other-curve"
    """Its key is on P-521, a curve that OCF has no use for."""
    AUTHORITY = "authority"
    """It is an authority's, not an end entity's."""
    UNKNOWN_CRITICAL = "unknown-critical"
    """It has a critical extension that nobody knows."""
    SIGNED_BY_DEVICE = "signed-by-device"
    """The honest device signed it, which is no authority."""


NEED_ISSUER: Final = frozenset(
    {
        Defect.EXPIRED,
        Defect.NOT_YET_VALID,
        Defect.WRONG_USAGE,
        Defect.WRONG_PURPOSE,
        Defect.NO_IDENTITY,
        Defect.OTHER_CURVE,
        Defect.AUTHORITY,
        Defect.UNKNOWN_CRITICAL,
    }
)
"""Those that need the key of who signed the honest certificate, as it has to be signed anew."""
