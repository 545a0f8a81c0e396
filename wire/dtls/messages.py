"""The handshake messages after the hellos (RFC 5246 7.4, RFC 8422 5, RFC 5489 2).

Bodies only; the header with type, length and fragments is in `framing`. `decode` takes the whole
body and raises `DecodeError` for a body that is too short or too long; `encode` is its inverse.
Where the layout depends on the key exchange, it is an argument:

    ServerKeyExchange    ECDH_anon     03 0017 41 point
                         ECDHE_PSK     hint length (2) hint, 03 0017 41 point
                         ECDHE_ECDSA   03 0017 41 point, scheme (2), signature length (2), DER
                         PSK           hint length (2) hint; or no message at all
    ClientKeyExchange    PSK           identity length (2) identity
                         ECDHE_PSK     identity length (2) identity, 41 point
                         others        41 point

Two things that peers insist on: the anonymous one ends after the point (clients of IoTivity and
plgd fail on a signature field, be it empty), and the hint of a PSK server must not be empty for
clients with Mbed TLS, which otherwise never ask for their key.
"""

from dataclasses import dataclass
from typing import Final

from onboardee.wire.dtls.errors import DecodeError, IllegalParameter
from onboardee.wire.dtls.numbers import NAMED_CURVE, SECP256R1, SECP384R1
from onboardee.wire.dtls.presentation import Reader, numbers, vector
from onboardee.wire.dtls.suites import KeyExchange


@dataclass(frozen=True, slots=True)
class CertificateChain:
    """The Certificate message: DER certificates, leaf first, or nothing.

    An empty chain is how a client says that it has no certificate (RFC 5246 7.4.6). How many there
    may be is bounded by the length of a message, and by who verifies them.
    """

    chain: tuple[bytes, ...]

    @classmethod
    def decode(cls, body: bytes) -> "CertificateChain":
        """Read a message body."""
        reader = Reader(body)
        block = Reader(reader.vector(3))
        reader.finish()
        chain = []
        while not block.at_end:
            chain.append(block.vector(3, minimum=1))
        return cls(tuple(chain))

    def encode(self) -> bytes:
        """Return the message body."""
        return vector(3, b"".join(vector(3, certificate) for certificate in self.chain))


@dataclass(frozen=True, slots=True)
class CertificateRequest:
    """Which client certificates the server can use (RFC 5246 7.4.4).

    `types` are kinds of keys, `schemes` pairs of hash and signature, `authorities` names of issuers
    in DER; with none the client chooses, which is what all OCF clients accept.
    """

    types: tuple[int, ...]
    schemes: tuple[int, ...]
    authorities: tuple[bytes, ...] = ()

    @classmethod
    def decode(cls, body: bytes) -> "CertificateRequest":
        """Read a message body."""
        reader = Reader(body)
        types, schemes = reader.numbers(1, 1), reader.numbers(2, 2)
        block = Reader(reader.vector(2))
        reader.finish()
        authorities = []
        while not block.at_end:
            authorities.append(block.vector(2, minimum=1))
        return cls(types, schemes, tuple(authorities))

    def encode(self) -> bytes:
        """Return the message body."""
        names = b"".join(vector(2, name) for name in self.authorities)
        return numbers(1, 1, self.types) + numbers(2, 2, self.schemes) + vector(2, names)


@dataclass(frozen=True, slots=True)
class DigitallySigned:
    """A DigitallySigned value: hash and signature algorithm, then the signature in DER.

    `scheme` is the two octets as one number (RFC 5246 4.7).
    """

    scheme: int
    value: bytes

    @classmethod
    def read(cls, reader: Reader) -> "DigitallySigned":
        """Read it as the last part of a message."""
        signature = cls(reader.uint(2), reader.vector(2))
        reader.finish()
        return signature

    @classmethod
    def decode(cls, body: bytes) -> "DigitallySigned":
        """Read the body of a CertificateVerify message, which is nothing but a signature."""
        return cls.read(Reader(body))

    def encode(self) -> bytes:
        """Return its octets."""
        return self.scheme.to_bytes(2) + vector(2, self.value)


_POINT_SIZES: Final = {SECP256R1: 65, SECP384R1: 97}
"""Octets of an uncompressed point, by the number of its curve."""
_GROUPS: Final = {size: group for group, size in _POINT_SIZES.items()}


def group_of(point: bytes) -> int:
    """Return the number of the curve of a point of our own, or of one that was read."""
    return _GROUPS[len(point)]


def curve_parameters(point: bytes) -> bytes:
    """Return the ServerECDHParams of a point, what is signed (RFC 8422 5.4).

    An uncompressed point has 65 octets on secp256r1 and 97 on secp384r1, by which the curve is
    known; the parameters have four more.
    """
    return NAMED_CURVE.to_bytes(1) + group_of(point).to_bytes(2) + vector(1, point)


@dataclass(frozen=True, slots=True)
class ServerKeyExchange:
    """The server's ephemeral point, with a hint (PSK) or a signature (ECDSA); or a hint alone."""

    point: bytes = b""
    hint: bytes = b""
    signature: DigitallySigned | None = None

    @classmethod
    def decode(cls, body: bytes, exchange: KeyExchange) -> "ServerKeyExchange":
        """Read a message body in the layout of the key exchange.

        Raises `DecodeError`, or `IllegalParameter` for another curve than the one that was offered.
        Whether the point is on the curve is seen when it is used.
        """
        reader = Reader(body)
        hint = reader.vector(2) if exchange.has_identity else b""
        if not exchange.has_points:
            reader.finish()
            return cls(hint=hint)
        size = _POINT_SIZES.get(reader.uint(2)) if reader.uint(1) == NAMED_CURVE else None
        if size is None:
            raise IllegalParameter("not a curve that we know")
        point = reader.vector(1, minimum=1)
        if len(point) != size:
            raise IllegalParameter("not an uncompressed point")
        if exchange is KeyExchange.ECDSA:
            return cls(point, hint, DigitallySigned.read(reader))
        reader.finish()
        return cls(point, hint)

    def encode(self, exchange: KeyExchange) -> bytes:
        """Return the message body in the layout of the key exchange."""
        hint = vector(2, self.hint) if exchange.has_identity else b""
        if not exchange.has_points:
            return hint
        signature = self.signature.encode() if self.signature else b""
        return hint + curve_parameters(self.point) + signature


@dataclass(frozen=True, slots=True)
class ClientKeyExchange:
    """The client's ephemeral point, behind its identity on PSK suites; or the identity alone.

    The identity is in the clear: DTLS 1.2 hides no handshake, and whoever listens learns an owner's
    UUID.
    """

    point: bytes = b""
    identity: bytes = b""

    @classmethod
    def decode(cls, body: bytes, exchange: KeyExchange) -> "ClientKeyExchange":
        """Read a message body in the layout of the key exchange."""
        reader = Reader(body)
        identity = reader.vector(2) if exchange.has_identity else b""
        point = reader.vector(1, minimum=1) if exchange.has_points else b""
        message = cls(point, identity)
        reader.finish()
        return message

    def encode(self, exchange: KeyExchange) -> bytes:
        """Return the message body in the layout of the key exchange."""
        identity = vector(2, self.identity) if exchange.has_identity else b""
        return identity + vector(1, self.point) if exchange.has_points else identity


def check_empty(body: bytes) -> None:
    """Raise `DecodeError` unless a message without content, such as ServerHelloDone, has none."""
    if body:
        raise DecodeError("content in a message that has none")
