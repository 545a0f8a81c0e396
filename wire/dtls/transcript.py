"""The messages of a handshake as one hash, by which both sides know that they saw the same.

The transcript is a hash of all messages from the second ClientHello on, of both sides, each as if
it had come in one piece (RFC 6347 4.2.6): SHA-256, and SHA-384 where a suite or a signature may be
called after that. It is taken at four points, and each has to be the right one:

    what takes it                            over all messages
    --------------------------------------   ----------------------------------
    extended master secret (RFC 7627 4)      through ClientKeyExchange
    CertificateVerify (RFC 5246 7.4.8)       before it
    client's Finished (RFC 5246 7.4.9)       before it
    server's Finished                        before it, the client's included

Who sends CertificateVerify or Finished takes `digest` before adding it. Who receives one has added
it already, as handling a message may add messages of ours behind it; `before_last` is for that.
"""

import hashlib
from typing import Final

from onboardee.wire.dtls.framing import HandshakeMessage
from onboardee.wire.dtls.numbers import HandshakeType
from onboardee.wire.dtls.suites import HashName

_NOT_HASHED: Final = frozenset({HandshakeType.HELLO_REQUEST, HandshakeType.HELLO_VERIFY_REQUEST})
"""Messages that are no part of the transcript (RFC 5246 7.4.1.1, RFC 6347 4.2.1)."""


class Transcript:
    """The running hashes: digests are 32 octets, of SHA-384 48."""

    __slots__ = ("_before_last", "_hashes")

    def __init__(self, names: tuple[HashName, ...]) -> None:
        """Take all hashes that may be asked for."""
        self._hashes = {name: hashlib.new(name) for name in names}
        self._before_last: dict[HashName, bytes] = {}

    def begin_anew(self) -> None:
        """Forget all messages: of several ClientHellos only the last counts (RFC 6347 4.2.1)."""
        self._hashes = {name: hashlib.new(name) for name in self._hashes}

    def add(self, message: HandshakeMessage) -> None:
        """Append a message that is sent."""
        octets = message.encode()
        for each in self._hashes.values():
            each.update(octets)

    def receive(self, message: HandshakeMessage) -> None:
        """Append a message that was received, before it is handled."""
        self._before_last = {name: each.digest() for name, each in self._hashes.items()}
        if message.type not in _NOT_HASHED:
            self.add(message)

    def digest(self, name: HashName) -> bytes:
        """Return the hash of all messages so far."""
        return self._hashes[name].digest()

    def before_last(self, name: HashName) -> bytes:
        """Return the hash without the message that was received last."""
        return self._before_last[name]
