"""A finished handshake, as the rest of the device sees it.

A session is the identity of a peer for as long as it lives: who it proved to be, under which terms
it was let in (`tag`), and the secret from which an owner credential can be derived. It has no means
to send or receive; these are with the endpoint, so that it can be kept and passed on.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field
from enum import Enum

from onboardee.wire.dtls import keys
from onboardee.wire.dtls.numbers import CipherSuite


class Role(Enum):
    """Which side of the handshake we are."""

    CLIENT = "client"
    SERVER = "server"


@dataclass(slots=True, eq=False, weakref_slot=True)
class Session:
    """One DTLS session; two sessions are equal only if they are the same object.

    `peer_identity` is the identity a PSK client sent (None on other suites), `peer_certificates`
    the verified chain of the peer (DER, leaf first), `psk_hint` the hint a client received.
    `address` is where the peer is, opaque here. Times are in seconds of the clock of `receive`.
    `alive` is False after the end.
    """

    address: Hashable
    suite: CipherSuite
    role: Role
    client_random: bytes
    server_random: bytes
    master_secret: bytes = field(repr=False)
    extended_master_secret: bool
    established_at: float
    last_active: float
    tag: object = None
    peer_identity: bytes | None = None
    peer_certificates: tuple[bytes, ...] = field(default=(), repr=False)
    psk_hint: bytes = b""
    encrypt_then_mac: bool = False
    """Records carry their MAC outside of the encryption (RFC 7366)."""
    alive: bool = True

    def key_block(self, length: int) -> bytes:
        """Return `length` octets of the session's key block (RFC 5246 6.3).

        OCF derives the owner credential from it (OCF Security 7.3.2), with lengths that are not
        always those of the record layer, and with SHA-256 also where the suite has SHA-384.
        """
        return keys.key_block(self.master_secret, self.client_random, self.server_random, length)
