"""The server's side of a handshake, from its second flight on (RFC 6347 4.2.4, RFC 5246 7.3).

    client                                      server
    ClientHello with cookie              -->    (the endpoint; here it begins)
                                         <--    ServerHello, [Certificate], ServerKeyExchange,
                                                [CertificateRequest], ServerHelloDone
    [Certificate], ClientKeyExchange,
    [CertificateVerify], CCS, Finished   -->
                                         <--    CCS, Finished

In brackets is what certificate suites add. The server's first answer, HelloVerifyRequest, is the
endpoint's: nothing exists here before a cookie came back. All that the server has to decide is in
the offer; from here on the peer's messages only fill it in.
"""

import hashlib
from dataclasses import dataclass

from onboardee.wire.dtls import keys
from onboardee.wire.dtls.config import HandshakeContext, Offer
from onboardee.wire.dtls.ecc import (
    HASH_NAMES,
    Ephemeral,
    leaf_key,
    scheme_of,
    sign,
    verify_digest,
)
from onboardee.wire.dtls.errors import HandshakeFailure, IllegalParameter
from onboardee.wire.dtls.framing import HandshakeMessage
from onboardee.wire.dtls.handshake import CLIENT_LABEL, RANDOM_SIZE, SERVER_LABEL, Handshake
from onboardee.wire.dtls.hello import ClientHello, ServerHello
from onboardee.wire.dtls.messages import (
    CertificateChain,
    CertificateRequest,
    ClientKeyExchange,
    DigitallySigned,
    ServerKeyExchange,
    curve_parameters,
)
from onboardee.wire.dtls.negotiation import negotiate
from onboardee.wire.dtls.numbers import DTLS_1_2, ECDSA_SIGN, HandshakeType
from onboardee.wire.dtls.record import Channel
from onboardee.wire.dtls.session import Role
from onboardee.wire.dtls.suites import SUITES, HashName, KeyExchange
from onboardee.wire.dtls.transitions import SERVER_STEPS, HandshakeState

_STAND_IN_SIZE = 16
"""As long as the keys of OCF, so that it takes as long to compute with."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A ClientHello whose cookie was verified, and the number of the record it came in.

    Record and message numbers of the answer continue from it, so that nothing needs to be
    remembered before (RFC 6347 4.2.1, 4.2.2).
    """

    hello: ClientHello
    message: HandshakeMessage
    record_number: int


class ServerHandshake(Handshake):
    """Answers one ClientHello on the terms of one offer.

    An offer is asked for once and holds for the whole handshake, whatever changes meanwhile;
    whoever makes a change that must count at once ends the handshakes in progress
    (`ServerEndpoint.abandon_handshakes`).
    """

    role = Role.SERVER
    steps = SERVER_STEPS

    def __init__(
        self, opening: Opening, offer: Offer, context: HandshakeContext, now: float
    ) -> None:
        """Build the second flight.

        Raises:
            Alert: if the hello allows no agreement.

        """
        agreement = negotiate(opening.hello, offer)
        sequence = opening.message.sequence
        hashes = (SUITES[agreement.suite].hash, *(HASH_NAMES[each] for each in offer.schemes))
        channel = Channel(opening.record_number)
        super().__init__(context, now, channel, sequence, hashes)
        self.offer = offer
        self._unopened = offer.wrong_key
        self.security.suite = agreement.suite
        self.security.extended_master_secret = agreement.extended_master_secret
        self.security.client_random = opening.hello.random
        self.security.server_random = context.entropy.token(RANDOM_SIZE)
        has_points = self.security.of_suite.exchange.has_points
        self._ephemeral = Ephemeral(context.entropy, agreement.group) if has_points else None
        # A certificate of the client is asked for on certificate suites alone: on anonymous and PSK
        # suites a CertificateRequest is not allowed (RFC 5246 7.4.4, RFC 5489 2).
        self._requests_certificate = (
            self.security.of_suite.exchange is KeyExchange.ECDSA and offer.verify_peer is not None
        )
        # The ClientHello was taken by the endpoint; it is the first message of the transcript.
        self._inbox.next_sequence = sequence + 1
        self._transcript.add(opening.message)
        self._flights.begin()
        hello = ServerHello(
            DTLS_1_2,
            self.security.server_random,
            self.security.suite,
            extensions=agreement.extensions,
        )
        self._add(HandshakeType.SERVER_HELLO, hello.encode())
        self._add_credentials()
        self._add(HandshakeType.SERVER_HELLO_DONE, b"")
        self.state = (
            HandshakeState.SERVER_CERTIFICATE
            if self._requests_certificate
            else HandshakeState.SERVER_KEY_EXCHANGE
        )

    def _add_credentials(self) -> None:
        """Append what proves the server: certificate and signature, or nothing but the hint.

        On anonymous and PSK suites the point is unsigned; PSK proves both sides by the key at the
        end.
        """
        exchange, signature = self.security.of_suite.exchange, None
        if exchange is KeyExchange.ECDSA:
            certificate = self.offer.certificate
            assert certificate is not None
            self._add(HandshakeType.CERTIFICATE, CertificateChain(certificate.chain).encode())
            key = certificate.private_key
            signature = sign(key, self._signed_parameters(HASH_NAMES[scheme_of(key)]))
        message = ServerKeyExchange(self._point, self.offer.psk_hint, signature)
        self._add(HandshakeType.SERVER_KEY_EXCHANGE, message.encode(exchange))
        if self._requests_certificate:
            request = CertificateRequest((ECDSA_SIGN,), self.offer.schemes)
            self._add(HandshakeType.CERTIFICATE_REQUEST, request.encode())

    @property
    def _point(self) -> bytes:
        return b"" if self._ephemeral is None else self._ephemeral.point

    def _signed_parameters(self, name: HashName) -> bytes:
        """Return the digest of what ServerKeyExchange signs (RFC 8422 5.4).

        Both randoms and the point; the client's random keeps a signature from being used again in
        another handshake.
        """
        parameters = curve_parameters(self._point)
        signed = self.security.client_random + self.security.server_random + parameters
        return hashlib.new(name, signed).digest()

    def _handle(self, kind: HandshakeType, body: bytes) -> HandshakeState | None:
        """Act on a message. The server's table leaves no choice, so that nothing is returned."""
        match kind:
            case HandshakeType.CERTIFICATE:
                self._on_certificate(CertificateChain.decode(body))
            case HandshakeType.CLIENT_KEY_EXCHANGE:
                exchange = self.security.of_suite.exchange
                self._on_key_exchange(ClientKeyExchange.decode(body, exchange))
            case HandshakeType.CERTIFICATE_VERIFY:
                self._on_signature(DigitallySigned.decode(body))
            case HandshakeType.FINISHED:
                self._on_finished(body)
        return None

    def _on_certificate(self, message: CertificateChain) -> None:
        """Take the client's certificate. Raises what `verify_peer` raises.

        That the client also has its key, CertificateVerify will show; the table insists on it.
        """
        if not message.chain:
            raise HandshakeFailure("the client has no certificate")
        assert self.offer.verify_peer is not None
        self._peer_key = leaf_key(message.chain)
        self.offer.verify_peer(message.chain)
        self.peer_certificates = message.chain

    def _on_signature(self, signature: DigitallySigned) -> None:
        """Check the client's signature over all messages so far (RFC 5246 7.4.8)."""
        assert self._peer_key is not None
        if signature.scheme not in self.offer.schemes:
            raise IllegalParameter("not a signature algorithm we asked for")
        before = self._transcript.before_last(HASH_NAMES[signature.scheme])
        verify_digest(self._peer_key, before, signature)

    def _on_key_exchange(self, message: ClientKeyExchange) -> None:
        """Compute the keys from the client's point, and the key of its identity on PSK suites.

        The identity is kept as it came; what it means is not for this engine.
        """
        shared = b"" if self._ephemeral is None else self._ephemeral.shared(message.point)
        if self.security.of_suite.exchange.has_identity:
            psk = self._key_for(message.identity)
            shared = keys.psk_premaster(shared or bytes(len(psk)), psk)
            self.peer_identity = message.identity
        self._derive_keys(shared)

    def _key_for(self, identity: bytes) -> bytes:
        """Return a random key for an unknown identity: it fails as a wrong key does (RFC 4279 2).

        A stranger cannot thereby find out which identities are known. The random key is made in
        either case, so that the time that passes does not tell it either.
        """
        key_of = self.offer.plain_psk if self._ephemeral is None else self.offer.psk
        psk, stand_in = key_of(identity), self._context.entropy.token(_STAND_IN_SIZE)
        if psk is not None:
            return psk
        self._why_unopened = "no key for this identity"
        return stand_in

    def _on_finished(self, body: bytes) -> None:
        """Check the client's Finished and answer with ours, after which the session exists."""
        self._check_finished(CLIENT_LABEL, body)
        self._flights.begin()
        self._add_finished(SERVER_LABEL)
