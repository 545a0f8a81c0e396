"""The three hello messages and their extensions (RFC 6347 4.2.1, 4.3.2; RFC 5246 7.4.1)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from onboardee.wire.dtls.codec import Reader, numbers, vector
from onboardee.wire.dtls.errors import DecodeError
from onboardee.wire.dtls.numbers import NULL_COMPRESSION

_RANDOM_SIZE = 32

Extensions = Mapping[int, bytes]
"""Extension number to content, in the order of the wire; unknown ones are kept."""

NO_EXTENSIONS: Extensions = MappingProxyType({})


def _read_extensions(reader: Reader) -> Extensions | None:
    """Read the optional block at the end of a hello; None means that the block is absent."""
    if reader.at_end:
        return None
    block = Reader(reader.vector(2))
    reader.finish()
    extensions: dict[int, bytes] = {}
    while not block.at_end:
        number = block.uint(2)
        if number in extensions:
            raise DecodeError("an extension occurs twice")
        extensions[number] = block.vector(2)
    return extensions


def _write_extensions(extensions: Extensions | None) -> bytes:
    if extensions is None:
        return b""
    return vector(
        2, b"".join(number.to_bytes(2) + vector(2, body) for number, body in extensions.items())
    )


@dataclass(frozen=True, slots=True)
class ClientHello:
    """What the client can do. `extensions` is None if the hello has no extensions block."""

    version: int
    random: bytes
    session_id: bytes
    cookie: bytes
    suites: tuple[int, ...]
    compression_methods: tuple[int, ...] = (NULL_COMPRESSION,)
    extensions: Extensions | None = None

    @classmethod
    def decode(cls, body: bytes) -> "ClientHello":
        """Read a message body."""
        reader = Reader(body)
        return cls(
            version=reader.uint(2),
            random=reader.take(_RANDOM_SIZE),
            session_id=reader.vector(1, maximum=32),
            cookie=reader.vector(1),
            suites=reader.numbers(2, 2),
            compression_methods=reader.numbers(1, 1),
            extensions=_read_extensions(reader),
        )

    def encode(self) -> bytes:
        """Return the message body."""
        return (
            self.version.to_bytes(2)
            + self.random
            + vector(1, self.session_id)
            + vector(1, self.cookie)
            + numbers(2, 2, self.suites)
            + numbers(1, 1, self.compression_methods)
            + _write_extensions(self.extensions)
        )

    def parameters(self) -> bytes:
        """Return what the second hello must repeat, the input of the cookie (RFC 6347 4.2.1)."""
        return (
            self.version.to_bytes(2)
            + self.random
            + vector(1, self.session_id)
            + numbers(2, 2, self.suites)
            + numbers(1, 1, self.compression_methods)
        )


@dataclass(frozen=True, slots=True)
class HelloVerifyRequest:
    """The server's demand to show that the client's address is real."""

    version: int
    cookie: bytes

    @classmethod
    def decode(cls, body: bytes) -> "HelloVerifyRequest":
        """Read a message body."""
        reader = Reader(body)
        message = cls(version=reader.uint(2), cookie=reader.vector(1))
        reader.finish()
        return message

    def encode(self) -> bytes:
        """Return the message body."""
        return self.version.to_bytes(2) + vector(1, self.cookie)


@dataclass(frozen=True, slots=True)
class ServerHello:
    """What the server chose."""

    version: int
    random: bytes
    suite: int
    session_id: bytes = b""
    compression_method: int = NULL_COMPRESSION
    extensions: Extensions | None = field(default=None)

    @classmethod
    def decode(cls, body: bytes) -> "ServerHello":
        """Read a message body."""
        reader = Reader(body)
        version, random = reader.uint(2), reader.take(_RANDOM_SIZE)
        session_id = reader.vector(1, maximum=32)
        suite, compression = reader.uint(2), reader.uint(1)
        return cls(version, random, suite, session_id, compression, _read_extensions(reader))

    def encode(self) -> bytes:
        """Return the message body."""
        return (
            self.version.to_bytes(2)
            + self.random
            + vector(1, self.session_id)
            + self.suite.to_bytes(2)
            + self.compression_method.to_bytes(1)
            + _write_extensions(self.extensions)
        )
