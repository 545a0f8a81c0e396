"""The owner credential: the key that device and owner compute from the transfer's DTLS session.

Nothing secret crosses the wire: the owner sends an empty `privatedata`, both sides derive the
same 16 octets (OCF Security 7.3.2).
"""

import hashlib
import hmac
from collections.abc import Callable
from typing import Final
from uuid import UUID

from onboardee.svrdb.model import TransferMethod

KEY_SIZE: Final = 16

LABELS: Final[dict[int, bytes]] = {
    TransferMethod.JUST_WORKS: b"oic.sec.doxm.jw",
    TransferMethod.RANDOM_PIN: b"oic.sec.doxm.rdp",
    TransferMethod.MANUFACTURER_CERTIFICATE: b"oic.sec.doxm.mfgcert",
}

KEY_BLOCK_SIZES: Final[dict[int, int]] = {
    0xFF00: 96,
    0xC037: 96,
    0xC0AC: 40,
    0xC0AE: 40,
    0xC0AD: 72,
    0xC0AF: 72,
    # 2 * (MAC key 32 + key 16 + IV 12), as deployed tools count it: not TLS's own 40
    0xC02B: 120,
}
"""Octets of the session's key block that enter the derivation, by cipher suite."""


def derive(
    key_block: Callable[[int], bytes],
    *,
    suite: int,
    method: int,
    owner: UUID,
    device: UUID,
) -> bytes:
    """Return the owner credential of the session whose `key_block(size)` is given.

    `device` is the device's UUID at this moment, not the one of the handshake. Raises `KeyError`
    for a suite or method that has no derivation.
    """
    seed = LABELS[method] + owner.bytes + device.bytes
    secret = key_block(KEY_BLOCK_SIZES[suite])
    # P_SHA256 of RFC 5246 5, cut after its first block: the key is shorter than one
    first = hmac.digest(secret, seed, hashlib.sha256)
    return hmac.digest(secret, first + seed, hashlib.sha256)[:KEY_SIZE]
