"""The owner credential: both sides compute it from the ownership session (OCF Security 7.3.2).

These are derivations a second time, on purpose: the device has its own in
`device.security.owner`, and the two must come to the same octets without sharing a line. Each is
a function of what both sides know when the session stands, so no key is ever sent.
"""

import hashlib
import hmac
from typing import Final
from uuid import UUID

from onboardee.obt.model import TransferMethod
from onboardee.wire.dtls import CipherSuite, Session

KEY_SIZE: Final = 16
"""Octets of every key here: AES-128 in the suites that use it."""

PIN_LABEL: Final = b"oic.sec.doxm.rdp"
"""The PSK identity of a Random PIN handshake, and what enters its owner's key."""
PIN_ROUNDS: Final = 1000
"""Iterations of PBKDF2, as OCF Security 7.3.5 has them."""

LABELS: Final = {
    TransferMethod.JUST_WORKS: b"oic.sec.doxm.jw",
    TransferMethod.RANDOM_PIN: PIN_LABEL,
    TransferMethod.MANUFACTURER_CERTIFICATE: b"oic.sec.doxm.mfgcert",
}
"""What enters the derivation, by method of transfer (OCF Security 7.3.2)."""

KEY_BLOCK_SIZES: Final = {
    CipherSuite.ECDH_ANON_AES_128_CBC_SHA256: 96,
    CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256: 96,
    CipherSuite.ECDHE_ECDSA_AES_128_CCM: 40,
    CipherSuite.ECDHE_ECDSA_AES_128_CCM_8: 40,
    CipherSuite.ECDHE_ECDSA_AES_256_CCM: 72,
    CipherSuite.ECDHE_ECDSA_AES_256_CCM_8: 72,
    CipherSuite.ECDHE_ECDSA_AES_128_GCM_SHA256: 120,
    CipherSuite.ECDHE_ECDSA_AES_256_GCM_SHA384: 184,
}
"""Twice the sum of MAC key, key and IV. The last rows are more than TLS itself takes for GCM."""


def owner_key(
    session: Session, *, method: TransferMethod, owner: UUID, device: UUID, size: int | None = None
) -> bytes:
    """Return the key that `owner` shares with `device` from now on.

    `device` is the UUID the device has when it is asked for the credential, `session` the one it is
    asked over. `size` is how many octets of the key block enter, None for what the suite says.
    """
    key_block = session.key_block(size or KEY_BLOCK_SIZES[session.suite])
    return _expand(key_block, LABELS[method] + owner.bytes + device.bytes, KEY_SIZE)


def pin_key(pin: bytes, device: UUID) -> bytes:
    """Return the key of a Random PIN handshake (OCF Security 7.3.5, RFC 8018 5.2).

    `device` is the UUID the device has during the handshake.
    """
    return hashlib.pbkdf2_hmac("sha256", pin, device.bytes, PIN_ROUNDS, KEY_SIZE)


def direct_pairing_key(session: Session, *, label: bytes, device: UUID, identity: UUID) -> bytes:
    """Return the key that `identity` shares with `device` after Direct Pairing (IoTivity 1.1).

    `label` is the type of `/oic/sec/dpairing`, `session` the one that the PIN opened.
    """
    key_block = session.key_block(KEY_BLOCK_SIZES[session.suite])
    return _expand(key_block, label + device.bytes + identity.bytes, KEY_SIZE)


def joining_key(session: Session, *, label: bytes, identity: UUID, device: UUID) -> bytes:
    """Return the key that a sub-owner shares with `device` (IoTivity 1.3).

    `label` names the method whose PIN opened `session`.
    """
    key_block = session.key_block(KEY_BLOCK_SIZES[session.suite])
    return _expand(key_block, label + identity.bytes + device.bytes, KEY_SIZE)


def _expand(secret: bytes, seed: bytes, size: int) -> bytes:
    """Compute P_SHA256 (RFC 5246 5)."""
    stream, chain = b"", seed
    while len(stream) < size:
        chain = hmac.digest(secret, chain, "sha256")
        stream += hmac.digest(secret, chain + seed, "sha256")
    return stream[:size]
