"""The messages of a handshake as one hash, by which both sides know that they saw the same.

The transcript is the SHA-256 of all messages from the second ClientHello on, of both sides, each as
if it had come in one piece (RFC 6347 4.2.6). It is taken at four points, and each has to be the
right one:

    what takes it                            over all messages
    --------------------------------------   ----------------------------------
    extended master secret (RFC 7627 4)      through ClientKeyExchange
    CertificateVerify (RFC 5246 7.4.8)       before it
    client's Finished (RFC 5246 7.4.9)       before it
    server's Finished                        before it, the client's included

Who sends CertificateVerify or Finished takes `digest` before adding it. Who receives one has added
it already, as handling a message may add messages of ours behind it; `before_last` is for that.
"""

from hashlib import sha256
from typing import Final

from onboardee.wire.dtls.framing import HandshakeMessage
from onboardee.wire.dtls.numbers import HandshakeType

_NOT_HASHED: Final = frozenset({HandshakeType.HELLO_REQUEST, HandshakeType.HELLO_VERIFY_REQUEST})
"""Messages that are no part of the transcript (RFC 5246 7.4.1.1, RFC 6347 4.2.1)."""


class Transcript:
    """The running hash. Digests are 32 octets."""

    __slots__ = ("_hash", "before_last")

    def __init__(self) -> None:
        self._hash = sha256()
        self.before_last = b""
        """The digest without the message that was received last."""

    def begin_anew(self) -> None:
        """Forget all messages: of several ClientHellos only the last counts (RFC 6347 4.2.1)."""
        self._hash = sha256()

    def add(self, message: HandshakeMessage) -> None:
        """Append a message that is sent."""
        self._hash.update(message.encode())

    def receive(self, message: HandshakeMessage) -> None:
        """Append a message that was received, before it is handled."""
        self.before_last = self._hash.digest()
        if message.type not in _NOT_HASHED:
            self._hash.update(message.encode())

    def digest(self) -> bytes:
        """Return the hash of all messages so far."""
        return self._hash.digest()
