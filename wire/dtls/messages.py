"""The handshake messages after the hellos (RFC 5246 7.4, RFC 8422 5, RFC 5489 2)."""

from dataclasses import dataclass

from onboardee.wire.dtls.codec import Reader, numbers, vector
from onboardee.wire.dtls.errors import DecodeError, IllegalParameter
from onboardee.wire.dtls.numbers import NAMED_CURVE, SECP256R1
from onboardee.wire.dtls.suites import KeyExchange


@dataclass(frozen=True, slots=True)
class CertificateChain:
    """The Certificate message: DER certificates, leaf first, or nothing."""

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
    """Which client certificates the server can use."""

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
class Signature:
    """A DigitallySigned value: hash and signature algorithm, then the signature in DER."""

    scheme: int
    value: bytes

    @classmethod
    def read(cls, reader: Reader) -> "Signature":
        """Read it as the last part of a message."""
        signature = cls(reader.uint(2), reader.vector(2))
        reader.finish()
        return signature

    @classmethod
    def decode(cls, body: bytes) -> "Signature":
        """Read the body of a CertificateVerify message, which is nothing but a signature."""
        return cls.read(Reader(body))

    def encode(self) -> bytes:
        """Return its octets."""
        return self.scheme.to_bytes(2) + vector(2, self.value)


def curve_parameters(point: bytes) -> bytes:
    """Return the ServerECDHParams of a point on secp256r1, what is signed (RFC 8422 5.4)."""
    return NAMED_CURVE.to_bytes(1) + SECP256R1.to_bytes(2) + vector(1, point)


@dataclass(frozen=True, slots=True)
class ServerKeyExchange:
    """The server's ephemeral point, with a hint (PSK) or a signature (ECDSA)."""

    point: bytes
    hint: bytes = b""
    signature: Signature | None = None

    @classmethod
    def decode(cls, body: bytes, exchange: KeyExchange) -> "ServerKeyExchange":
        """Read a message body in the layout of the key exchange."""
        reader = Reader(body)
        hint = reader.vector(2) if exchange is KeyExchange.PSK else b""
        if reader.uint(1) != NAMED_CURVE or reader.uint(2) != SECP256R1:
            raise IllegalParameter("not the curve we offered")
        point = reader.vector(1, minimum=1)
        if exchange is KeyExchange.ECDSA:
            return cls(point, hint, Signature.read(reader))
        reader.finish()
        return cls(point, hint)

    def encode(self, exchange: KeyExchange) -> bytes:
        """Return the message body in the layout of the key exchange."""
        hint = vector(2, self.hint) if exchange is KeyExchange.PSK else b""
        signature = self.signature.encode() if self.signature else b""
        return hint + curve_parameters(self.point) + signature


@dataclass(frozen=True, slots=True)
class ClientKeyExchange:
    """The client's ephemeral point, behind its identity on PSK suites."""

    point: bytes
    identity: bytes = b""

    @classmethod
    def decode(cls, body: bytes, exchange: KeyExchange) -> "ClientKeyExchange":
        """Read a message body in the layout of the key exchange."""
        reader = Reader(body)
        identity = reader.vector(2) if exchange is KeyExchange.PSK else b""
        message = cls(reader.vector(1, minimum=1), identity)
        reader.finish()
        return message

    def encode(self, exchange: KeyExchange) -> bytes:
        """Return the message body in the layout of the key exchange."""
        identity = vector(2, self.identity) if exchange is KeyExchange.PSK else b""
        return identity + vector(1, self.point)


def check_empty(body: bytes) -> None:
    """Raise `DecodeError` unless a message without content, such as ServerHelloDone, has none."""
    if body:
        raise DecodeError("content in a message that has none")
