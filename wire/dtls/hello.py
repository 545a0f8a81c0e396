"""The three hello messages and their extensions (RFC 6347 4.2.1, 4.3.2; RFC 5246 7.4.1).

    client                                server
    ClientHello (no cookie)       -->
                                  <--     HelloVerifyRequest (cookie)
    ClientHello (cookie)          -->
                                  <--     ServerHello ...

The transcript begins with the second ClientHello; the first and HelloVerifyRequest are not part of
it, so that a server needs no state for them.

Extensions are kept as they came, by number, unknown ones too. A block that is absent is not the
same as an empty one: a hello without extensions has to be repeated, and answered, without the block
(RFC 5246 7.4.1.3).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from onboardee.wire.dtls.errors import DecodeError
from onboardee.wire.dtls.numbers import NULL_COMPRESSION
from onboardee.wire.dtls.presentation import Reader, numbers, vector

_RANDOM_SIZE = 32

Extensions = Mapping[int, bytes]
"""Extension number to content, in the order of the wire; unknown ones are kept."""

NO_EXTENSIONS: Extensions = MappingProxyType({})


def _read_extensions(reader: Reader) -> Extensions | None:
    """Read the optional block at the end of a hello; None means that the block is absent.

    It ends the message: octets behind it are malformed, as is a type that occurs twice.
    """
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
    """Return the block with its length, nothing at all for None."""
    if extensions is None:
        return b""
    return vector(
        2, b"".join(number.to_bytes(2) + vector(2, body) for number, body in extensions.items())
    )


@dataclass(frozen=True, slots=True)
class ClientHello:
    """What the client can do. `extensions` is None if the hello has no extensions block.

    `session_id` is read and never answered: nothing is resumed here. `cookie` is empty in the first
    hello.
    """

    version: int
    random: bytes
    session_id: bytes
    cookie: bytes
    suites: tuple[int, ...]
    compression_methods: tuple[int, ...] = (NULL_COMPRESSION,)
    extensions: Extensions | None = None

    @classmethod
    def decode(cls, body: bytes) -> "ClientHello":
        """Read a message body. Raises `DecodeError`.

        Suites and compression methods are not empty (RFC 5246 7.4.1.2), a session id has at most 32
        octets. Version and extensions are judged later (`negotiation`).
        """
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
        """Return what the second hello must repeat, the input of the cookie (RFC 6347 4.2.1).

        Extensions are left out: clients may change them between the two, and the specification does
        not list them.
        """
        return (
            self.version.to_bytes(2)
            + self.random
            + vector(1, self.session_id)
            + numbers(2, 2, self.suites)
            + numbers(1, 1, self.compression_methods)
        )


@dataclass(frozen=True, slots=True)
class HelloVerifyRequest:
    """The server's demand to show that the client's address is real.

    Of a cookie of up to 255 octets nothing is known but that it has to come back.
    """

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
        """Return the message body: three octets and the cookie, shorter than any ClientHello.

        What goes to an address that proved nothing is never more than what came from it.
        """
        return self.version.to_bytes(2) + vector(1, self.cookie)


@dataclass(frozen=True, slots=True)
class ServerHello:
    """What the server chose.

    The session id is empty when we are the server: there is nothing to resume.
    """

    version: int
    random: bytes
    suite: int
    session_id: bytes = b""
    compression_method: int = NULL_COMPRESSION
    extensions: Extensions | None = field(default=None)

    @classmethod
    def decode(cls, body: bytes) -> "ServerHello":
        """Read a message body. Raises `DecodeError`.

        Whether the choice was offered is for the client to see.
        """
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
