"""The owner credential: the key that device and owner compute from the transfer's DTLS session.

Nothing secret crosses the wire: the owner sends a credential for itself with an empty
`privatedata`, and both sides derive the same 16 octets (OCF Security 7.3.2). From then on it is the
SharedKey, the PSK of the owner's sessions.

    key_block = P_SHA256(master_secret, "key expansion" + server_random + client_random)[:L]
    SharedKey = P_SHA256(key_block, label + owner UUID + device UUID)[:16]

The master secret is what only the two ends of that handshake have; the UUIDs bind the key to this
owner and this device; the label, to the transfer method. What deployed tools compute decides, where
texts differ:

* UUIDs are 16 octets, not text, the owner's first. OCF's own change request draws them as text.
* `L` is not always the length of TLS's key block (see `KEY_BLOCK_SIZES`).
* The hash is SHA-256 for every suite.
* The device's UUID is the one it has when the credential is written: tools change `deviceuuid`
  before that, and the PIN's key, made earlier, is still of the old one.
* The output is 16 octets with whatever it ends in; a key that ends in zero is no C string.

plgd's client does not derive: it sends a key of its own choice, which is then an ordinary
credential. The tool here (`onboardee.obt`) has a second implementation of this, on purpose: it
finds out if this one is wrong.
"""

import hashlib
import hmac
from collections.abc import Callable
from typing import Final
from uuid import UUID

from onboardee.svrdb.model import TransferMethod

KEY_SIZE: Final = 16
"""Octets of the owner credential, for every suite."""

LABELS: Final[dict[int, bytes]] = {
    TransferMethod.JUST_WORKS: b"oic.sec.doxm.jw",
    TransferMethod.RANDOM_PIN: b"oic.sec.doxm.rdp",
    TransferMethod.MANUFACTURER_CERTIFICATE: b"oic.sec.doxm.mfgcert",
    TransferMethod.PRECONFIGURED_PIN: b"x.org.iotivity.sec.doxm.pcp",
}
"""What names the transfer method in the derivation, without a zero at its end."""

KEY_BLOCK_SIZES: Final[dict[int, int]] = {
    0xFF00: 96,
    0xC037: 96,
    0xC0AC: 40,
    0xC0AE: 40,
    0xC0AD: 72,
    0xC0AF: 72,
    # 2 * (MAC key 32 + key 16 + IV 12), as deployed tools count it: not TLS's own 40
    0xC02B: 120,
    # 2 * (48 + 32 + 12), counted in the same way
    0xC02C: 184,
}
"""Octets of the session's key block that enter the derivation, by cipher suite."""


def derive(  # noqa: PLR0913 - the session and all that is bound to it
    key_block: Callable[[int], bytes],
    *,
    suite: int,
    method: int,
    owner: UUID,
    device: UUID,
    size: int | None = None,
) -> bytes:
    """Return the owner credential of the session whose `key_block(size)` is given: 16 octets.

    `suite` is the number of the session's cipher suite, `method` the `oxmsel` of the transfer,
    `owner` the subject of the credential. `device` is the device's UUID at this moment, not the one
    of the handshake. `size` is how much of the key block is taken, None for what deployed tools of
    OCF take with the suite. Raises `KeyError` for a suite or method that has no derivation: an
    empty key would be one that everybody knows.
    """
    seed = LABELS[method] + owner.bytes + device.bytes
    return expanded(key_block(KEY_BLOCK_SIZES[suite] if size is None else size), seed)


def expanded(secret: bytes, seed: bytes) -> bytes:
    """Return the 16 octets of key that a secret and a seed make."""
    # P_SHA256 of RFC 5246 5, cut after its first block: the key is shorter than one
    first = hmac.digest(secret, seed, hashlib.sha256)
    return hmac.digest(secret, first + seed, hashlib.sha256)[:KEY_SIZE]
