"""Key derivation of TLS 1.2 (RFC 5246 5, 6.3 and 8.1), as pure functions.

The hash of the pseudo-random function is the suite's: SHA-256, or SHA-384 (RFC 5289).

    premaster --+--> master secret (48) --+--> key block --> keys of both directions
                |                         +--> verify_data of both Finished (12)
      randoms or transcript               +--> the owner credential (OCF Security 7.3.2)

    suite         premaster secret
    -----------   --------------------------------------------------------------------
    ECDH_anon     Z, the shared X coordinate, with its leading zeros: 32 octets, on P-384 48
    ECDHE_ECDSA   Z
    ECDHE_PSK     length of Z (2), Z, length of the key (2), the key   (RFC 5489 2)

With the extended master secret (RFC 7627) the transcript is in it, so that two sessions whose sides
saw different handshakes never have the same keys, be there somebody in the middle or not.
"""

from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives import hashes, hmac

from onboardee.wire.dtls.suites import SHA256, SHA384, HashName

_HASHES: Final = {SHA256: hashes.SHA256(), SHA384: hashes.SHA384()}

MASTER_SECRET_LENGTH = 48
VERIFY_DATA_LENGTH = 12


def p_hash(secret: bytes, seed: bytes, length: int, digest: HashName = SHA256) -> bytes:
    """Return `length` octets of P_hash (RFC 5246 5).

    With A(0) = seed and A(i) = HMAC(secret, A(i-1)), they are the beginning of HMAC(secret, A(1) +
    seed) + HMAC(secret, A(2) + seed) + ...
    """
    keyed = hmac.HMAC(secret, _HASHES[digest])
    chain, output = seed, b""
    while len(output) < length:
        chain = _mac(keyed, chain)
        output += _mac(keyed, chain + seed)
    return output[:length]


def _mac(keyed: hmac.HMAC, data: bytes) -> bytes:
    """Return the HMAC of some data.

    The keyed state is copied: to hash the key anew each time would cost as much again.
    """
    context = keyed.copy()
    context.update(data)
    return context.finalize()


def prf(secret: bytes, label: bytes, seed: bytes, length: int, digest: HashName = SHA256) -> bytes:
    """Return `length` octets of the TLS pseudo-random function."""
    return p_hash(secret, label + seed, length, digest)


def psk_premaster(shared: bytes, psk: bytes) -> bytes:
    """Return the premaster secret of ECDHE_PSK (RFC 5489 2); elsewhere it is the shared X.

    Without Diffie-Hellman, zeros stand for what is shared, as many as the key has (RFC 4279 2).
    """
    return len(shared).to_bytes(2) + shared + len(psk).to_bytes(2) + psk


def master_secret(
    premaster: bytes, client_random: bytes, server_random: bytes, digest: HashName = SHA256
) -> bytes:
    """Return the master secret without RFC 7627 (RFC 5246 8.1)."""
    seed = client_random + server_random
    return prf(premaster, b"master secret", seed, MASTER_SECRET_LENGTH, digest)


def extended_master_secret(
    premaster: bytes, session_hash: bytes, digest: HashName = SHA256
) -> bytes:
    """Return the master secret bound to the transcript through ClientKeyExchange (RFC 7627 4)."""
    return prf(premaster, b"extended master secret", session_hash, MASTER_SECRET_LENGTH, digest)


def key_block(
    master: bytes,
    client_random: bytes,
    server_random: bytes,
    length: int,
    digest: HashName = SHA256,
) -> bytes:
    """Return the key block; the server's random comes first (RFC 5246 6.3)."""
    return prf(master, b"key expansion", server_random + client_random, length, digest)


def verify_data(
    master: bytes, label: bytes, transcript_hash: bytes, digest: HashName = SHA256
) -> bytes:
    """Return the content of a Finished message (RFC 5246 7.4.9)."""
    return prf(master, label, transcript_hash, VERIFY_DATA_LENGTH, digest)


@dataclass(frozen=True, slots=True)
class WriteKeys:
    """What one side protects its records with; no representation shows it.

    `mac_key` is empty on AEAD suites, `fixed_iv` on CBC.
    """

    mac_key: bytes = field(repr=False)
    key: bytes = field(repr=False)
    fixed_iv: bytes = field(repr=False)


def cut(block: bytes, mac: int, key: int, iv: int) -> tuple[WriteKeys, WriteKeys]:
    """Cut a key block into the client's and the server's keys, given the three lengths.

    In the block stand both MAC keys, both keys, both IVs, the client's first each time (RFC 5246
    6.3).
    """
    pieces, position = [], 0
    for size in (mac, mac, key, key, iv, iv):
        pieces.append(block[position : position + size])
        position += size
    return WriteKeys(*pieces[0::2]), WriteKeys(*pieces[1::2])
