"""What the engine is told from outside: credentials, offers, limits.

The engine asks, and decides nothing that is not in the protocol: who may connect, with which suites
and keys, is the answer of a `ServerPolicy` for each handshake. The answer is asked for after the
cookie was verified, never for a stranger's first datagram.

    ClientHello with cookie --> policy.offer(address) --> Offer | None
                                                            |
           identity of ClientKeyExchange --> offer.psk -----+--> key | None
           chain of Certificate --> offer.verify_peer ------+--> Alert, or nothing
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from onboardee.pki.key_pairs import CertifiedKey
from onboardee.wire.dtls.errors import Alert, BadRecordMac
from onboardee.wire.dtls.numbers import (
    ECDSA_SECP256R1_SHA256,
    ECDSA_SECP384R1_SHA384,
    SECP256R1,
    SECP384R1,
    CipherSuite,
)
from onboardee.wire.entropy import Entropy

VerifyChain = Callable[[tuple[bytes, ...]], None]
"""Takes a certificate chain (DER, leaf first) and raises an `Alert` to refuse it."""

KeyLog = Callable[[str], None]
"""Takes one line of an NSS key log: `CLIENT_RANDOM <client random> <master secret>`. Whoever has it
can read the session: it is for traces that the device's owner asks for."""


def no_key(_name: bytes) -> None:
    """Answer every look-up of a pre-shared key with "unknown".

    The default of an offer and of a client: a suite with pre-shared keys without it finds none.
    """


@dataclass(frozen=True, slots=True)
class Offer:
    """What the server agrees to for one handshake.

    `suites` is in the server's order of preference. `psk` maps an identity to its key; with None
    the handshake fails as with a wrong key, so that nobody learns which identities are known.
    `plain_psk` does so on suites without Diffie-Hellman: no key is ever used there by accident.
    `psk_hint` is sent to the client, which finds its key by it; an empty one is no hint, and
    clients with Mbed TLS then find none. With `verify_peer` set, a client certificate is requested
    and required on the certificate suites (RFC 5246 7.4.4). `tag` is copied to `Session.tag`.

    `psk` and `verify_peer` are called while a datagram is being received; what they raise other
    than an `Alert` is an error in the program, and leaves `receive`.
    """

    suites: tuple[CipherSuite, ...]
    psk_hint: bytes = b""
    psk: Callable[[bytes], bytes | None] = field(default=no_key, repr=False)
    plain_psk: Callable[[bytes], bytes | None] = field(default=no_key, repr=False)
    certificate: CertifiedKey | None = None
    verify_peer: VerifyChain | None = None
    groups: tuple[int, ...] = (SECP256R1,)
    """The curves for Diffie-Hellman on certificate suites, in the server's order of preference.

    With secp384r1 among them peers may also sign by SHA-384. Other suites have secp256r1 alone.
    """
    wrong_key: type[Alert] = BadRecordMac
    """What a client is told whose key is another one: its Finished does not open."""
    tag: object = None

    @property
    def schemes(self) -> tuple[int, ...]:
        """What clients may sign with, the strongest first."""
        strong = (ECDSA_SECP384R1_SHA384,) if SECP384R1 in self.groups else ()
        return (*strong, ECDSA_SECP256R1_SHA256)


class ServerPolicy(Protocol):
    """Decides who may start a handshake, and on which terms.

    A class with an `offer`, or any object that has one.
    """

    def offer(self, address: Hashable, /) -> Offer | None:
        """Return the terms for one cookie-verified ClientHello, or None to stay silent."""


@dataclass(frozen=True, slots=True)
class DtlsLimits:
    """Bounds on everything that a peer can make grow. Times are in seconds, sizes in octets.

    The defaults are for a device of a household, which has a handful of peers, and strangers who
    try to be more.
    """

    half_open: int = 64
    """Handshakes in progress; one of the host that has the most gives way to a further one."""
    sessions: int = 64
    """Live sessions; the one idle for longest gives way."""
    idle_timeout: float = 600.0
    """Without data in either direction; IoTivity-Lite's on Linux."""
    handshake_timeout: float = 60.0
    """From the cookie to Finished, whatever is repeated meanwhile."""
    retransmit_initial: float = 1.0
    """Until the first retransmission; each further one takes twice as long (RFC 6347 4.2.4.1)."""
    retransmit_maximum: float = 60.0
    """The longest time between two retransmissions."""
    mtu: int = 1200
    """The largest datagram of a handshake: IPv6 carries 1280 octets everywhere (RFC 8200 5)."""
    message_size: int = 16384
    """The longest handshake message that is reassembled."""
    reassembly_size: int = 32768
    """All incomplete and early messages of one handshake together."""
    early_records: int = 8
    """Records of the next epoch that are kept until their keys exist."""


@dataclass(frozen=True, slots=True)
class HandshakeContext:
    """What every handshake of an endpoint shares.

    `keylog` is None unless somebody asked for the secrets.
    """

    limits: DtlsLimits
    entropy: Entropy
    keylog: KeyLog | None = None


class Renegotiation(Enum):
    """How a client says that it knows RFC 5746: by the suite number, the extension, or not."""

    SCSV = "scsv"
    EXTENSION = "extension"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class ClientConfig:
    """What a client offers and how it decides.

    `psk` maps the server's hint to a key, None leads to alert unknown_psk_identity. `verify_server`
    is required as soon as `suites` holds a certificate suite: a client that verifies nothing would
    talk to whoever answers. The fields after it only change how the hello and the datagrams look,
    so that a test can imitate other tools.
    """

    suites: tuple[CipherSuite, ...]
    psk_identity: bytes = b""
    psk: Callable[[bytes], bytes | None] = field(default=no_key, repr=False)
    certificate: CertifiedKey | None = None
    verify_server: VerifyChain | None = None
    groups: tuple[int, ...] = (SECP256R1,)
    """In the hello; secp256r1 and secp384r1 can be used, others are offered only."""
    signature_algorithms: tuple[int, ...] = (ECDSA_SECP256R1_SHA256,)
    """In the hello; ECDSA with SHA-256, 384 and 512 can be verified, others are offered only."""
    renegotiation: Renegotiation = Renegotiation.SCSV
    extended_master_secret: bool = True
    offer_encrypt_then_mac: bool = False
    """Offers RFC 7366, as IoTivity does; the server decides."""
    one_record_per_datagram: bool = False
    limits: DtlsLimits = field(default_factory=DtlsLimits)
