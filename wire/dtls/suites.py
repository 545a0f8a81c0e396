"""The cipher suites as a table: key exchange, key sizes and record protection.

Everything that depends on a suite is looked up here; no other module asks which suite it is. The
pseudo-random function and the transcript use SHA-256, but for the one suite that is called after
SHA-384.

    suite    used for                       exchange       records
    ------   ----------------------------   ------------   -----------------------------
    0xFF00   Just Works                     ECDH_anon      AES-128-CBC, HMAC-SHA256
    0xC037   random PIN, owner, pairwise    ECDHE_PSK      AES-128-CBC, HMAC-SHA256
    0xC0AE   certificates                   ECDHE_ECDSA    AES-128-CCM, tag of 8 octets
    0xC0AC   certificates                   ECDHE_ECDSA    AES-128-CCM, tag of 16
    0xC0AF   certificates, IoTivity-Lite    ECDHE_ECDSA    AES-256-CCM, tag of 8
    0xC0AD   certificates, IoTivity-Lite    ECDHE_ECDSA    AES-256-CCM, tag of 16
    0xC02B   certificates, other peers      ECDHE_ECDSA    AES-128-GCM, tag of 16
    0xC02C   certificates on P-384          ECDHE_ECDSA    AES-256-GCM, tag of 16, SHA-384
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from types import MappingProxyType
from typing import Final, Literal

from onboardee.wire.dtls.numbers import CipherSuite

HashName = Literal["sha256", "sha384"]
"""A hash by the name that `hashlib` has for it."""
SHA256: Final = "sha256"
SHA384: Final = "sha384"


class KeyExchange(Enum):
    """How the premaster secret comes about and which messages carry it.

    Each has an ephemeral key on both sides, so that a key that is stolen later opens no recording.
    ANONYMOUS proves nothing to anybody: whoever is in the middle of a Just Works transfer can take
    it over, which is why it is for the transfer alone.
    """

    ANONYMOUS = "ECDH_anon"
    PSK = "ECDHE_PSK"
    ECDSA = "ECDHE_ECDSA"
    PLAIN_PSK = "PSK"
    """Without Diffie-Hellman: whoever gets the key later can read what was recorded (RFC 4279)."""

    @property
    def has_points(self) -> bool:
        """Whether both sides send a point of the curve."""
        return self is not KeyExchange.PLAIN_PSK

    @property
    def has_identity(self) -> bool:
        """Whether the client names the key that it has."""
        return self is KeyExchange.PSK or self is KeyExchange.PLAIN_PSK


class Bulk(Enum):
    """How records are protected."""

    CBC = "CBC"
    CCM = "CCM"
    GCM = "GCM"


@dataclass(frozen=True, slots=True)
class SuiteParameters:
    """Sizes in octets; `tag_size` is that of the AEAD tag, zero for CBC.

    `fixed_iv_size` is the part of the nonce that comes from the key block; CBC has an IV in each
    record instead.
    """

    exchange: KeyExchange
    bulk: Bulk
    key_size: int
    mac_size: int = 0
    fixed_iv_size: int = 0
    tag_size: int = 0
    hash: HashName = SHA256

    @property
    def key_block_size(self) -> int:
        """The octets of key block that the record layer uses (RFC 5246 6.3).

        The owner credential is derived from a key block whose length is not always this one: see
        `onboardee.device.security.owner`.
        """
        return 2 * (self.mac_size + self.key_size + self.fixed_iv_size)


def _cbc(exchange: KeyExchange) -> SuiteParameters:
    return SuiteParameters(exchange, Bulk.CBC, key_size=16, mac_size=32)


def _aead(
    bulk: Bulk, key_size: int, tag_size: int, exchange: KeyExchange = KeyExchange.ECDSA
) -> SuiteParameters:
    return SuiteParameters(exchange, bulk, key_size=key_size, fixed_iv_size=4, tag_size=tag_size)


SUITES: Final[Mapping[CipherSuite, SuiteParameters]] = MappingProxyType(
    {
        CipherSuite.ECDH_ANON_AES_128_CBC_SHA256: _cbc(KeyExchange.ANONYMOUS),
        CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256: _cbc(KeyExchange.PSK),
        CipherSuite.ECDHE_ECDSA_AES_128_CCM_8: _aead(Bulk.CCM, 16, 8),
        CipherSuite.ECDHE_ECDSA_AES_128_CCM: _aead(Bulk.CCM, 16, 16),
        CipherSuite.ECDHE_ECDSA_AES_256_CCM_8: _aead(Bulk.CCM, 32, 8),
        CipherSuite.ECDHE_ECDSA_AES_256_CCM: _aead(Bulk.CCM, 32, 16),
        CipherSuite.ECDHE_ECDSA_AES_128_GCM_SHA256: _aead(Bulk.GCM, 16, 16),
        CipherSuite.ECDHE_ECDSA_AES_256_GCM_SHA384: replace(_aead(Bulk.GCM, 32, 16), hash=SHA384),
        CipherSuite.PSK_AES_128_CCM_8: _aead(Bulk.CCM, 16, 8, KeyExchange.PLAIN_PSK),
    }
)
