"""Stateless proof that a client receives what is sent to its address (RFC 6347 4.2.1).

UDP does not tell who sent a datagram. Without this, a stranger could have a device answer each
forged ClientHello with a flight of certificates to somebody else, or fill its table of handshakes
from addresses that it does not have. So the first hello is answered with a short cookie and
forgotten; the second one shows that whoever sent it has read the answer.

    cookie = HMAC-SHA256(secret, repr(address) + hello parameters)

The address binds it to its receiver, the parameters to this attempt: the second hello has to be the
first one again. Nothing is stored for a cookie. The secret changes, so that one who has collected
cookies can use them for a minute or two only:

    time       0          60         120        180
    secret     |--- A ----|--- B ----|--- C ----|
    accepted   |   A      |  A, B    |  B, C    |
"""

from collections.abc import Hashable
from hashlib import sha256
from hmac import compare_digest, digest

from onboardee.wire.dtls.framing import HandshakeMessage
from onboardee.wire.dtls.hello import ClientHello, HelloVerifyRequest
from onboardee.wire.dtls.numbers import DTLS_1_2, ContentType, HandshakeType
from onboardee.wire.dtls.presentation import vector
from onboardee.wire.dtls.record import plain_record
from onboardee.wire.entropy import Entropy

_SECRET_SIZE = 32


class CookieJar:
    """Makes and checks cookies; a cookie stays valid for one to two secret lifetimes.

    `lifetime` is in seconds. The secret is random and never leaves this object.
    """

    def __init__(self, entropy: Entropy, lifetime: float = 60.0) -> None:
        self._entropy = entropy
        self._lifetime = lifetime
        self._secret = self._previous = entropy.token(_SECRET_SIZE)
        self._rotate_at: float | None = None

    def issue(self, address: Hashable, hello: ClientHello, now: float) -> bytes:
        """Return the cookie for this address and these hello parameters, 32 octets."""
        self._rotate(now)
        return digest(self._secret, _bound(address, hello), sha256)

    def demand(
        self, hello: ClientHello, sequence: int, number: int, address: Hashable, now: float
    ) -> bytes:
        """Return the record with the HelloVerifyRequest that asks for the cookie.

        Stateless: it has the hello's own message and record numbers, `sequence` and `number` (RFC
        6347 4.2.1).
        """
        request = HelloVerifyRequest(DTLS_1_2, self.issue(address, hello, now))
        message = HandshakeMessage(HandshakeType.HELLO_VERIFY_REQUEST, sequence, request.encode())
        return plain_record(ContentType.HANDSHAKE, number, message.encode())

    def verify(self, address: Hashable, hello: ClientHello, now: float) -> bool:
        """Whether the hello carries a cookie that was issued to this address for this hello.

        The present secret is tried, then the one before; each comparison takes the same time
        wherever the two differ.
        """
        self._rotate(now)
        # A first hello has none, and nothing has to be computed to see that.
        if not hello.cookie:
            return False
        bound = _bound(address, hello)
        return any(
            compare_digest(digest(secret, bound, sha256), hello.cookie)
            for secret in (self._secret, self._previous)
        )

    def _rotate(self, now: float) -> None:
        if self._rotate_at is None:
            self._rotate_at = now + self._lifetime
        if now < self._rotate_at:
            return
        # After a long silence the secret before is older than it may be: both are replaced.
        overdue = now >= self._rotate_at + self._lifetime
        self._previous = self._entropy.token(_SECRET_SIZE) if overdue else self._secret
        self._secret = self._entropy.token(_SECRET_SIZE)
        self._rotate_at = now + self._lifetime


def _bound(address: Hashable, hello: ClientHello) -> bytes:
    """Return what a cookie is for: whose it is and which hello, so that it fits no other."""
    return vector(2, repr(address).encode()) + hello.parameters()
