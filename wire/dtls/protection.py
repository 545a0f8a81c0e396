"""Sealing and opening of records: CBC with HMAC, CCM and GCM.

A record is named here by its 64-bit sequence: epoch in the upper 16 bits, sequence number in the
lower 48, as RFC 6347 4.1.2.1 feeds them to the MAC.

    CBC                   IV (16), E(content, MAC (32), padding)              RFC 5246 6.2.3.2
    CBC, encrypt first    IV (16), E(content, padding), MAC (32)              RFC 7366 3
    CCM, GCM              explicit nonce (8), E(content), tag (8 or 16)       RFC 6655, RFC 5288

    authenticated, MAC and AEAD:   sequence (8), type (1), version (2), length (2)
    nonce of AEAD:                 fixed IV (4) from the key block, explicit nonce (8)

The first form is the one to be careful with, as padding is taken off before the MAC is checked. An
attacker who learns whether it was the padding or the MAC that was wrong can decipher a record octet
by octet (Vaudenay; by the time that the MAC takes, Lucky Thirteen). What can be done in Python is
done: the MAC is computed in either case, in a comparison of constant time, and both verdicts become
one. How many blocks the MAC hashes still depends on the padding; but a record that is refused is
answered by nothing, so that there is no answer whose time could be taken.
"""

import struct
from hmac import compare_digest
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM

from onboardee.wire.dtls.keys import WriteKeys, cut
from onboardee.wire.dtls.numbers import DTLS_1_2
from onboardee.wire.dtls.suites import Bulk, SuiteParameters
from onboardee.wire.entropy import Entropy

_BLOCK: Final = 16
_MAC: Final = 32
_SMALLEST_CBC: Final = _BLOCK + 48
"""An IV, and the blocks that a MAC and one octet of padding take."""
_EXPLICIT_NONCE: Final = 8
_PADDINGS: Final = tuple(bytes([size]) * (size + 1) for size in range(256))
"""Each padding with its length octet, by that octet (RFC 5246 6.2.3.2)."""
_AUTHENTICATED = struct.Struct(">QBHH")
"""Sequence, type, version, length: what the MAC covers in front of the content."""
_NONCE = struct.Struct(">4sQ")
"""Fixed IV and sequence; the sequence never repeats under one key."""


class Protection(Protocol):
    """Seals or opens the fragments of one direction.

    `open` never raises: whatever is wrong, the answer is None.
    """

    def seal(self, content_type: int, sequence: int, content: bytes) -> bytes:
        """Return the protected fragment."""

    def open(self, content_type: int, sequence: int, fragment: bytes) -> bytes | None:
        """Return the content, or None for whatever reason the fragment is not authentic."""

    def sealed_size(self, size: int) -> int:
        """Return how long the fragment for `size` octets of content is."""


class CbcProtection:
    """AES-CBC with HMAC-SHA256, MAC-then-encrypt (RFC 5246 6.2.3.2).

    One cipher context per direction lives as long as the keys. On receipt this works because CBC
    deciphers every block from two neighbouring ciphertext blocks: the explicit IV goes in as the
    first block and what comes out for it is dropped. On sending, a random block goes in first and
    its ciphertext is the explicit IV, method (2)(b) of RFC 4346 6.2.3.2.
    """

    __slots__ = ("_decrypt", "_encrypt", "_entropy", "_mac")

    def __init__(self, keys: WriteKeys, entropy: Entropy) -> None:
        cipher = Cipher(algorithms.AES(keys.key), modes.CBC(entropy.token(_BLOCK)))
        self._encrypt = cipher.encryptor()
        self._decrypt = cipher.decryptor()
        self._mac = hmac.HMAC(keys.mac_key, hashes.SHA256())
        self._entropy = entropy

    def seal(self, content_type: int, sequence: int, content: bytes) -> bytes:
        """Return IV and ciphertext of content, MAC and the shortest padding."""
        size = len(content)
        mac = self._mac.copy()
        mac.update(_AUTHENTICATED.pack(sequence, content_type, DTLS_1_2, size) + content)
        padding = _PADDINGS[15 - (size & 15)]
        return self._encrypt.update(
            self._entropy.token(_BLOCK) + content + mac.finalize() + padding
        )

    def open(self, content_type: int, sequence: int, fragment: bytes) -> bytes | None:
        """Return the content if padding and MAC are right.

        Bad padding counts as none, the MAC is computed all the same, and both verdicts become one:
        nothing tells the peer which of them failed (RFC 5246 6.2.3.2).
        """
        size = len(fragment)
        if size < _SMALLEST_CBC or size & 15:
            return None
        plain = self._decrypt.update(fragment)
        padding = _PADDINGS[plain[-1]]
        end = size - _MAC - len(padding)
        padded = end >= _BLOCK and plain.endswith(padding)
        if not padded:
            end = size - _MAC - 1
        content = plain[_BLOCK:end]
        mac = self._mac.copy()
        mac.update(_AUTHENTICATED.pack(sequence, content_type, DTLS_1_2, end - _BLOCK) + content)
        # The first 16 octets of `plain` are what the IV deciphers to, and are left out on both
        # sides.
        authentic = compare_digest(mac.finalize(), plain[end : end + _MAC])
        return content if authentic & padded else None

    def sealed_size(self, size: int) -> int:
        """Return the size with IV, MAC and padding."""
        return _BLOCK + _MAC + (size // _BLOCK + 1) * _BLOCK


class EncryptThenMacProtection:
    """AES-CBC with HMAC-SHA256 over the ciphertext (RFC 7366 3).

    For the client's side alone: a server with Mbed TLS may take it up. Our server declines it, with
    which all tools work.
    """

    __slots__ = ("_entropy", "_key", "_mac")

    def __init__(self, keys: WriteKeys, entropy: Entropy) -> None:
        self._key = algorithms.AES(keys.key)
        self._mac = hmac.HMAC(keys.mac_key, hashes.SHA256())
        self._entropy = entropy

    def seal(self, content_type: int, sequence: int, content: bytes) -> bytes:
        """Return IV, ciphertext of content and the shortest padding, and the MAC of both."""
        iv = self._entropy.token(_BLOCK)
        padding = _PADDINGS[15 - (len(content) & 15)]
        sealed = iv + Cipher(self._key, modes.CBC(iv)).encryptor().update(content + padding)
        return sealed + self._tag(content_type, sequence, sealed)

    def open(self, content_type: int, sequence: int, fragment: bytes) -> bytes | None:
        """Return the content if the MAC is right; nothing is deciphered before that is known.

        What is wrong behind a right MAC is the peer's own mistake; it may be told apart.
        """
        sealed, tag = fragment[:-_MAC], fragment[-_MAC:]
        size = len(sealed)
        if size < 2 * _BLOCK or size & 15:
            return None
        if not compare_digest(self._tag(content_type, sequence, sealed), tag):
            return None
        cipher = Cipher(self._key, modes.CBC(sealed[:_BLOCK]))
        plain = cipher.decryptor().update(sealed[_BLOCK:])
        padding = _PADDINGS[plain[-1]]
        return plain.removesuffix(padding) if plain.endswith(padding) else None

    def sealed_size(self, size: int) -> int:
        """Return the size with IV, padding and MAC."""
        return _BLOCK + (size // _BLOCK + 1) * _BLOCK + _MAC

    def _tag(self, content_type: int, sequence: int, sealed: bytes) -> bytes:
        """Return the MAC over header, IV and ciphertext."""
        mac = self._mac.copy()
        mac.update(_AUTHENTICATED.pack(sequence, content_type, DTLS_1_2, len(sealed)) + sealed)
        return mac.finalize()


class AeadProtection:
    """AES-CCM (RFC 6655, RFC 7251) or AES-GCM (RFC 5288) with an explicit nonce of eight octets.

    On receipt the nonce is taken from the record, as other stacks need not use the sequence for it.
    """

    __slots__ = ("_aead", "_fixed_iv", "_tag_size")

    def __init__(self, keys: WriteKeys, parameters: SuiteParameters) -> None:
        if parameters.bulk is Bulk.CCM:
            self._aead: AESCCM | AESGCM = AESCCM(keys.key, tag_length=parameters.tag_size)
        else:
            self._aead = AESGCM(keys.key)
        self._fixed_iv = keys.fixed_iv
        self._tag_size = parameters.tag_size

    def seal(self, content_type: int, sequence: int, content: bytes) -> bytes:
        """Return explicit nonce, ciphertext and tag; the nonce is the record's sequence."""
        nonce = _NONCE.pack(self._fixed_iv, sequence)
        associated = _AUTHENTICATED.pack(sequence, content_type, DTLS_1_2, len(content))
        return nonce[-_EXPLICIT_NONCE:] + self._aead.encrypt(nonce, content, associated)

    def open(self, content_type: int, sequence: int, fragment: bytes) -> bytes | None:
        """Return the content if the tag is right."""
        size = len(fragment) - _EXPLICIT_NONCE - self._tag_size
        if size < 0:
            return None
        nonce = self._fixed_iv + fragment[:_EXPLICIT_NONCE]
        associated = _AUTHENTICATED.pack(sequence, content_type, DTLS_1_2, size)
        try:
            return self._aead.decrypt(nonce, fragment[_EXPLICIT_NONCE:], associated)
        except InvalidTag:
            return None

    def sealed_size(self, size: int) -> int:
        """Return the size with nonce and tag."""
        return _EXPLICIT_NONCE + size + self._tag_size


def protection(
    parameters: SuiteParameters,
    keys: WriteKeys,
    entropy: Entropy,
    *,
    encrypt_then_mac: bool = False,
) -> Protection:
    """Return the protection of one direction; `encrypt_then_mac` concerns the CBC suites only.

    `keys` are those of the side that writes in that direction.
    """
    if parameters.bulk is Bulk.CBC and encrypt_then_mac:
        return EncryptThenMacProtection(keys, entropy)
    if parameters.bulk is Bulk.CBC:
        return CbcProtection(keys, entropy)
    return AeadProtection(keys, parameters)


def protections(
    parameters: SuiteParameters, block: bytes, entropy: Entropy, *, encrypt_then_mac: bool
) -> tuple[Protection, Protection]:
    """Return what the client writes with and what the server writes with, from the key block.

    `block` has `parameters.key_block_size` octets.
    """
    client, server = cut(block, parameters.mac_size, parameters.key_size, parameters.fixed_iv_size)
    return (
        protection(parameters, client, entropy, encrypt_then_mac=encrypt_then_mac),
        protection(parameters, server, entropy, encrypt_then_mac=encrypt_then_mac),
    )
