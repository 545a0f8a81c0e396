"""The client's side of a handshake (RFC 6347 4.2.4, RFC 5246 7.3).

It is what the onboarding tool talks with, and what tests imitate other tools with: how its hello
looks is configurable, what it accepts is not. It is stricter than the clients of deployed tools:
those built with the anonymous suite do not verify the signature of ServerKeyExchange; this one
always does.

The server is believed in nothing before its Finished: version, suite and extensions are compared
with what was offered, the certificate is verified, and Finished shows that the server saw the same
hello and not one that somebody on the way had changed.
"""

from onboardee.wire.dtls import keys
from onboardee.wire.dtls.config import ClientConfig, HandshakeContext, Renegotiation
from onboardee.wire.dtls.ecc import (
    HASH_NAMES,
    Ephemeral,
    leaf_key,
    scheme_of,
    sign,
    verify,
)
from onboardee.wire.dtls.errors import (
    HandshakeFailure,
    IllegalParameter,
    ProtocolVersion,
    UnexpectedMessage,
    UnknownPskIdentity,
    UnsupportedExtension,
)
from onboardee.wire.dtls.handshake import CLIENT_LABEL, RANDOM_SIZE, SERVER_LABEL, Handshake
from onboardee.wire.dtls.hello import (
    NO_EXTENSIONS,
    ClientHello,
    Extensions,
    HelloVerifyRequest,
    ServerHello,
)
from onboardee.wire.dtls.messages import (
    CertificateChain,
    CertificateRequest,
    ClientKeyExchange,
    DigitallySigned,
    ServerKeyExchange,
    check_empty,
    curve_parameters,
    group_of,
)
from onboardee.wire.dtls.negotiation import EMPTY_RENEGOTIATION_INFO, UNCOMPRESSED_ONLY
from onboardee.wire.dtls.numbers import (
    DTLS_1_2,
    NULL_COMPRESSION,
    RENEGOTIATION_SCSV,
    CipherSuite,
    ExtensionType,
    HandshakeType,
)
from onboardee.wire.dtls.presentation import numbers
from onboardee.wire.dtls.record import Channel
from onboardee.wire.dtls.session import Role
from onboardee.wire.dtls.suites import SHA256, SUITES, Bulk, HashName, KeyExchange
from onboardee.wire.dtls.transitions import CLIENT_STEPS, HandshakeState

_COOKIES = 8
"""How often a server may ask for a cookie; a second time only if its secret changed meanwhile."""


class ClientHandshake(Handshake):
    """Opens one handshake as the configuration says.

    `_answered` is the number of the last message of the server's flight that our last one answers:
    whoever repeats that has not heard us.
    """

    role = Role.CLIENT
    steps = CLIENT_STEPS

    def __init__(self, config: ClientConfig, context: HandshakeContext, now: float) -> None:
        # which hash is needed the server says, by its suite and by whether it wants a certificate
        super().__init__(context, now, Channel(), 0, _hashes(config))
        self.state = HandshakeState.CLIENT_HELLO
        self.security.client_random = context.entropy.token(RANDOM_SIZE)
        self._config = config
        self._cookie = b""
        self._cookies_left = _COOKIES
        # The same in both hellos, and what the server's answer is compared with.
        self._offered = _offered_extensions(config)
        self._answered: int | None = None
        self._server_point = b""
        self._certificate_requested = False
        # Message number 0, record number 0: the server takes up the numbers that it sees.
        self._add_hello()

    def _begin_flight(self) -> None:
        """Begin a flight that is packed as the imitated client would pack it."""
        self._flights.begin(one_record_per_datagram=self._config.one_record_per_datagram)

    def _is_repetition(self, sequence: int) -> bool:
        """Whether the server repeats the flight that ours answers.

        A server has no such question: what repeats its client's flight is the Finished or the
        hello.
        """
        return sequence == self._answered

    def _add_hello(self) -> None:
        """Begin with a ClientHello, or again with the cookie.

        The transcript begins anew with each: only the last hello is part of it (RFC 6347 4.2.1).
        The random stays the same, as the cookie is for it.
        """
        suites = tuple(int(suite) for suite in self._config.suites)
        if self._config.renegotiation is Renegotiation.SCSV:
            suites = (*suites, RENEGOTIATION_SCSV)
        hello = ClientHello(
            DTLS_1_2,
            self.security.client_random,
            b"",
            self._cookie,
            suites,
            extensions=self._offered,
        )
        # The flight before, a hello without or with another cookie, is not repeated any more.
        self._begin_flight()
        self._transcript.begin_anew()
        self._add(HandshakeType.CLIENT_HELLO, hello.encode())

    def _handle(self, kind: HandshakeType, body: bytes) -> HandshakeState | None:
        """Act on a message; after ServerHello the suite says what comes next."""
        match kind:
            case HandshakeType.HELLO_VERIFY_REQUEST:
                self._on_cookie(HelloVerifyRequest.decode(body))
            case HandshakeType.SERVER_HELLO:
                return self._on_hello(ServerHello.decode(body))
            case HandshakeType.CERTIFICATE:
                self._on_certificate(CertificateChain.decode(body))
            case HandshakeType.SERVER_KEY_EXCHANGE:
                exchange = self.security.of_suite.exchange
                self._on_key_exchange(ServerKeyExchange.decode(body, exchange))
            case HandshakeType.CERTIFICATE_REQUEST:
                # Read for its form alone: there is one certificate to show, or none, whatever it
                # asks for.
                CertificateRequest.decode(body)
                self._certificate_requested = True
            case HandshakeType.SERVER_HELLO_DONE:
                check_empty(body)
                self._answer()
            case HandshakeType.FINISHED:
                self._check_finished(SERVER_LABEL, body)
        return None

    def _on_cookie(self, request: HelloVerifyRequest) -> None:
        """Repeat the hello with the cookie.

        Anybody could send a HelloVerifyRequest in epoch 0; after some the handshake ends, or a
        forger could keep it busy until it times out.
        """
        if not self._cookies_left:
            raise UnexpectedMessage("the server asks for one cookie after the other")
        self._cookies_left -= 1
        self._cookie = request.cookie
        self._add_hello()

    def _on_hello(self, hello: ServerHello) -> HandshakeState:
        """Take what the server chose, and refuse what was not offered.

        Returns the state after it: certificate suites have a Certificate next.

        Raises:
            ProtocolVersion: for another version.
            IllegalParameter: for a suite or compression that was not offered.
            UnsupportedExtension, HandshakeFailure: for extensions, see `_check_extensions`.
        """
        if hello.version != DTLS_1_2:
            raise ProtocolVersion("the server chose another version")
        if hello.suite not in self._config.suites or hello.compression_method != NULL_COMPRESSION:
            raise IllegalParameter("the server chose what was not offered")
        extensions = hello.extensions or NO_EXTENSIONS
        self._check_extensions(extensions)
        # Only suites of the configuration get here, which are all known.
        self.security.suite = CipherSuite(hello.suite)
        self.security.server_random = hello.random
        self.security.extended_master_secret = ExtensionType.EXTENDED_MASTER_SECRET in extensions
        self.security.encrypt_then_mac = ExtensionType.ENCRYPT_THEN_MAC in extensions
        # Not for AEAD suites (RFC 7366 3), whose tag covers the ciphertext as it is.
        if self.security.encrypt_then_mac and self.security.of_suite.bulk is not Bulk.CBC:
            raise IllegalParameter("encrypt_then_mac with a suite that has no MAC")
        if self.security.of_suite.exchange is KeyExchange.ECDSA:
            return HandshakeState.CLIENT_CERTIFICATE
        if self.security.of_suite.exchange is KeyExchange.PLAIN_PSK:
            return HandshakeState.CLIENT_HINT_OR_DONE
        return HandshakeState.CLIENT_KEY_EXCHANGE

    def _check_extensions(self, extensions: Extensions) -> None:
        """Refuse what was not offered; the SCSV offers renegotiation_info (RFC 5746 3.4)."""
        # A server that answers more was misled by somebody, or is broken; either way the hello it
        # saw is not ours (RFC 5246 7.4.1.4).
        offered = set(self._offered or NO_EXTENSIONS)
        if self._config.renegotiation is Renegotiation.SCSV:
            offered.add(ExtensionType.RENEGOTIATION_INFO)
        if not offered.issuperset(extensions):
            raise UnsupportedExtension("the server answers what was not offered")
        info = extensions.get(ExtensionType.RENEGOTIATION_INFO, EMPTY_RENEGOTIATION_INFO)
        if info != EMPTY_RENEGOTIATION_INFO:
            raise HandshakeFailure("renegotiation_info of a first handshake must be empty")

    def _on_certificate(self, message: CertificateChain) -> None:
        """Verify the server's chain. Raises what `verify_server` raises."""
        if not message.chain:
            raise HandshakeFailure("the server has no certificate")
        assert self._config.verify_server is not None
        # The signature of ServerKeyExchange is checked with this key. That the chain is believed
        # and that its key has signed are two proofs, and both are needed.
        self._peer_key = leaf_key(message.chain)
        self._config.verify_server(message.chain)
        self.peer_certificates = message.chain

    def _on_key_exchange(self, message: ServerKeyExchange) -> None:
        """Take the server's point, signed on certificate suites, and its hint.

        The table of transitions has two states for it, and the suite's layout requires the
        signature, so that one that is missing is malformed.
        """
        if message.point and group_of(message.point) not in self._config.groups:
            raise IllegalParameter("not a curve that was offered")
        if message.signature is not None:
            self._check_signature(message.point, message.signature)
        self.psk_hint = message.hint
        self._server_point = message.point

    def _check_signature(self, point: bytes, signature: DigitallySigned) -> None:
        """Check the signature over both randoms and the point (RFC 8422 5.4)."""
        assert self._peer_key is not None
        if signature.scheme not in self._config.signature_algorithms:
            raise IllegalParameter("not a signature algorithm we offered")
        signed = self.security.client_random + self.security.server_random + curve_parameters(point)
        verify(self._peer_key, signed, signature)

    def _answer(self) -> None:
        """Build the flight from the client's certificate to its Finished.

        All in one flight, and when it is short enough in one datagram: the server's engine expects
        keys, ChangeCipherSpec and Finished to come together (see `handshake`).
        """
        # The message just handled is ServerHelloDone, the last of the server's flight.
        self._answered = self._inbox.next_sequence - 1
        self._begin_flight()
        # An empty Certificate is the answer of a client that has none (RFC 5246 7.4.6); the server
        # decides whether that is enough. CertificateVerify follows a real one only.
        certificate = self._config.certificate if self._certificate_requested else None
        if self._certificate_requested:
            chain = certificate.chain if certificate else ()
            self._add(HandshakeType.CERTIFICATE, CertificateChain(chain).encode())
        self._add_key_exchange()
        if certificate is not None:
            name = HASH_NAMES[scheme_of(certificate.private_key)]
            signature = sign(certificate.private_key, self._transcript.digest(name))
            self._add(HandshakeType.CERTIFICATE_VERIFY, signature.encode())
        self._add_finished(CLIENT_LABEL)

    def _add_key_exchange(self) -> None:
        """Append ClientKeyExchange, and compute the keys over the transcript with it.

        Raises `UnknownPskIdentity` if there is no key for the server's hint: the person who uses
        the tool should hear that, and not that a Finished did not open.
        """
        # Made here and not at the start, so that a server that never answers costs no key pair.
        exchange, shared, point, identity = self.security.of_suite.exchange, b"", b"", b""
        if exchange.has_points:
            group = group_of(self._server_point)
            ephemeral = Ephemeral(self._context.entropy, group)
            shared, point = ephemeral.shared(self._server_point), ephemeral.point
        if exchange.has_identity:
            identity = self._config.psk_identity
            psk = self._config.psk(self.psk_hint)
            if psk is None:
                raise UnknownPskIdentity("no key for the server's hint")
            shared = keys.psk_premaster(shared or bytes(len(psk)), psk)
        message = ClientKeyExchange(point, identity)
        self._add(HandshakeType.CLIENT_KEY_EXCHANGE, message.encode(exchange))
        # After the message was added: the extended master secret covers it (RFC 7627 3).
        self._derive_keys(shared)


def _hashes(config: ClientConfig) -> tuple[HashName, ...]:
    """Return all hashes that a handshake may come to need."""
    names = [SUITES[suite].hash for suite in config.suites]
    if config.certificate is not None:
        names.append(HASH_NAMES[scheme_of(config.certificate.private_key)])
    return tuple(dict.fromkeys((SHA256, *names)))


def _offered_extensions(config: ClientConfig) -> Extensions:
    """Return the hello's extensions in the order of mbedTLS clients.

    A device must not depend on the order (RFC 5246 7.4.1.4); the tools it is tested with have this.
    """
    offered = {
        ExtensionType.SUPPORTED_GROUPS: numbers(2, 2, config.groups),
        ExtensionType.SIGNATURE_ALGORITHMS: numbers(2, 2, config.signature_algorithms),
        ExtensionType.EC_POINT_FORMATS: UNCOMPRESSED_ONLY,
    }
    if config.renegotiation is Renegotiation.EXTENSION:
        offered[ExtensionType.RENEGOTIATION_INFO] = EMPTY_RENEGOTIATION_INFO
    if config.offer_encrypt_then_mac:
        offered[ExtensionType.ENCRYPT_THEN_MAC] = b""
    if config.extended_master_secret:
        offered[ExtensionType.EXTENDED_MASTER_SECRET] = b""
    return {int(number): body for number, body in offered.items()}
