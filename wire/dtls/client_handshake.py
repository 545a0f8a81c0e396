"""The client's side of a handshake (RFC 6347 4.2.4, RFC 5246 7.3)."""

from hashlib import sha256

from onboardee.wire.dtls import keys
from onboardee.wire.dtls.codec import numbers
from onboardee.wire.dtls.config import ClientConfig, HandshakeContext, Renegotiation
from onboardee.wire.dtls.errors import (
    HandshakeFailure,
    IllegalParameter,
    ProtocolVersion,
    UnexpectedMessage,
    UnknownPskIdentity,
    UnsupportedExtension,
)
from onboardee.wire.dtls.exchange import Ephemeral, leaf_key, sign, verify
from onboardee.wire.dtls.flight import Flight
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
    ServerKeyExchange,
    Signature,
    check_empty,
    curve_parameters,
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
from onboardee.wire.dtls.record import Channel
from onboardee.wire.dtls.session import Role
from onboardee.wire.dtls.suites import Bulk, KeyExchange
from onboardee.wire.dtls.transitions import CLIENT_STEPS, HandshakeState

_COOKIES = 8
"""How often a server may ask for a cookie; a second time only if its secret changed meanwhile."""


class ClientHandshake(Handshake):
    """Opens one handshake as the configuration says."""

    role = Role.CLIENT
    steps = CLIENT_STEPS

    def __init__(self, config: ClientConfig, context: HandshakeContext, now: float) -> None:
        super().__init__(context, now, Channel(), 0)
        self.state = HandshakeState.CLIENT_HELLO
        self.client_random = context.entropy.token(RANDOM_SIZE)
        self._config = config
        self._cookie = b""
        self._cookies_left = _COOKIES
        self._offered = _offered_extensions(config)
        self._answered: int | None = None
        self._server_point = b""
        self._certificate_requested = False
        self._add_hello()

    def start(self, now: float) -> None:
        """Send the first flight."""
        self._unsent = False
        self._send()
        self._timer.start(now)

    def _begin_flight(self) -> None:
        super()._begin_flight()
        self.flight = Flight(
            self._config.limits, one_record_per_datagram=self._config.one_record_per_datagram
        )

    def _is_repetition(self, sequence: int) -> bool:
        return sequence == self._answered

    def _add_hello(self) -> None:
        suites = tuple(int(suite) for suite in self._config.suites)
        if self._config.renegotiation is Renegotiation.SCSV:
            suites = (*suites, RENEGOTIATION_SCSV)
        hello = ClientHello(
            DTLS_1_2, self.client_random, b"", self._cookie, suites, extensions=self._offered
        )
        self._begin_flight()
        self._transcript = sha256()
        self._add(HandshakeType.CLIENT_HELLO, hello.encode())

    def _handle(self, kind: HandshakeType, body: bytes) -> HandshakeState | None:
        match kind:
            case HandshakeType.HELLO_VERIFY_REQUEST:
                self._on_cookie(HelloVerifyRequest.decode(body))
            case HandshakeType.SERVER_HELLO:
                return self._on_hello(ServerHello.decode(body))
            case HandshakeType.CERTIFICATE:
                self._on_certificate(CertificateChain.decode(body))
            case HandshakeType.SERVER_KEY_EXCHANGE:
                exchange = self.parameters.exchange
                self._on_key_exchange(ServerKeyExchange.decode(body, exchange))
            case HandshakeType.CERTIFICATE_REQUEST:
                CertificateRequest.decode(body)
                self._certificate_requested = True
            case HandshakeType.SERVER_HELLO_DONE:
                check_empty(body)
                self._answer()
            case HandshakeType.FINISHED:
                self._check_finished(SERVER_LABEL, body)
        return None

    def _on_cookie(self, request: HelloVerifyRequest) -> None:
        if not self._cookies_left:
            raise UnexpectedMessage("the server asks for one cookie after the other")
        self._cookies_left -= 1
        self._cookie = request.cookie
        self._add_hello()

    def _on_hello(self, hello: ServerHello) -> HandshakeState:
        if hello.version != DTLS_1_2:
            raise ProtocolVersion("the server chose another version")
        if hello.suite not in self._config.suites or hello.compression_method != NULL_COMPRESSION:
            raise IllegalParameter("the server chose what was not offered")
        extensions = hello.extensions or NO_EXTENSIONS
        self._check_extensions(extensions)
        self.suite = CipherSuite(hello.suite)
        self.server_random = hello.random
        self.extended_master_secret = ExtensionType.EXTENDED_MASTER_SECRET in extensions
        self.encrypt_then_mac = ExtensionType.ENCRYPT_THEN_MAC in extensions
        if self.encrypt_then_mac and self.parameters.bulk is not Bulk.CBC:
            raise IllegalParameter("encrypt_then_mac with a suite that has no MAC")
        if self.parameters.exchange is KeyExchange.ECDSA:
            return HandshakeState.CLIENT_CERTIFICATE
        return HandshakeState.CLIENT_KEY_EXCHANGE

    def _check_extensions(self, extensions: Extensions) -> None:
        """Refuse what was not offered; the SCSV offers renegotiation_info (RFC 5746 3.4)."""
        offered = set(self._offered or NO_EXTENSIONS)
        if self._config.renegotiation is Renegotiation.SCSV:
            offered.add(ExtensionType.RENEGOTIATION_INFO)
        if not offered.issuperset(extensions):
            raise UnsupportedExtension("the server answers what was not offered")
        info = extensions.get(ExtensionType.RENEGOTIATION_INFO, EMPTY_RENEGOTIATION_INFO)
        if info != EMPTY_RENEGOTIATION_INFO:
            raise HandshakeFailure("renegotiation_info of a first handshake must be empty")

    def _on_certificate(self, message: CertificateChain) -> None:
        if not message.chain:
            raise HandshakeFailure("the server has no certificate")
        assert self._config.verify_server is not None
        self._peer_key = leaf_key(message.chain)
        self._config.verify_server(message.chain)
        self.peer_certificates = message.chain

    def _on_key_exchange(self, message: ServerKeyExchange) -> None:
        if message.signature is not None:
            self._check_signature(message.point, message.signature)
        self.psk_hint = message.hint
        self._server_point = message.point

    def _check_signature(self, point: bytes, signature: Signature) -> None:
        assert self._peer_key is not None
        if signature.scheme not in self._config.signature_algorithms:
            raise IllegalParameter("not a signature algorithm we offered")
        signed = self.client_random + self.server_random + curve_parameters(point)
        verify(self._peer_key, signed, signature)

    def _answer(self) -> None:
        """Build the flight from the client's certificate to its Finished."""
        self._answered = self._inbox.next_sequence - 1
        self._begin_flight()
        certificate = self._config.certificate if self._certificate_requested else None
        if self._certificate_requested:
            chain = certificate.chain if certificate else ()
            self._add(HandshakeType.CERTIFICATE, CertificateChain(chain).encode())
        self._add_key_exchange()
        if certificate is not None:
            signature = sign(certificate.private_key, self._transcript.digest())
            self._add(HandshakeType.CERTIFICATE_VERIFY, signature.encode())
        self._add_finished(CLIENT_LABEL)

    def _add_key_exchange(self) -> None:
        ephemeral = Ephemeral(self._context.entropy)
        premaster, identity = ephemeral.shared(self._server_point), b""
        if self.parameters.exchange is KeyExchange.PSK:
            identity = self._config.psk_identity
            psk = self._config.psk(self.psk_hint)
            if psk is None:
                raise UnknownPskIdentity("no key for the server's hint")
            premaster = keys.psk_premaster(premaster, psk)
        message = ClientKeyExchange(ephemeral.point, identity)
        self._add(HandshakeType.CLIENT_KEY_EXCHANGE, message.encode(self.parameters.exchange))
        self._derive_keys(premaster)


def _offered_extensions(config: ClientConfig) -> Extensions:
    """Return the hello's extensions in the order of mbedTLS clients."""
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
