"""An independent peer: Mbed TLS 2.28 as client and as server, over memory buffers."""

from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from dtls_support import (
    CCM_8,
    CLIENT,
    CLIENT_CERTIFICATE,
    IDENTITY,
    KEY,
    PSK,
    ROOT,
    SERVER_CERTIFICATE,
    FixedPolicy,
    closed,
    config_for,
    failures,
    offer_for,
)

from onboardee.pki.key_pairs import CertifiedKey
from onboardee.wire.dtls import (
    AlertDescription,
    CipherSuite,
    ClientConfig,
    CloseReason,
    DataReceived,
    Offer,
    ServerEndpoint,
)
from onboardee.wire.dtls.client import ClientConnection
from onboardee.wire.entropy import SeededEntropy

mbedtls_tls = pytest.importorskip("mbedtls.tls")
mbedtls_exceptions = pytest.importorskip("mbedtls.exceptions")
mbedtls_x509 = pytest.importorskip("mbedtls.x509")
mbedtls_pk = pytest.importorskip("mbedtls.pk")

pytestmark = pytest.mark.mbedtls

NAMES = {
    CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256: "TLS-ECDHE-PSK-WITH-AES-128-CBC-SHA256",
    CipherSuite.ECDHE_ECDSA_AES_128_CCM_8: "TLS-ECDHE-ECDSA-WITH-AES-128-CCM-8",
    CipherSuite.ECDHE_ECDSA_AES_128_CCM: "TLS-ECDHE-ECDSA-WITH-AES-128-CCM",
    CipherSuite.ECDHE_ECDSA_AES_256_CCM_8: "TLS-ECDHE-ECDSA-WITH-AES-256-CCM-8",
    CipherSuite.ECDHE_ECDSA_AES_256_CCM: "TLS-ECDHE-ECDSA-WITH-AES-256-CCM",
    CipherSuite.ECDHE_ECDSA_AES_128_GCM_SHA256: "TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256",
}


def text(octets: bytes) -> str:
    """Mbed TLS takes identities as text; these octets are all ASCII."""
    return octets.decode("ascii")


def mbedtls_chain(certificate: CertifiedKey) -> tuple[Any, Any]:
    """Convert a chain and its key."""
    key = certificate.private_key.private_bytes(
        Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    )
    chain = tuple(mbedtls_x509.CRT.from_DER(der) for der in certificate.chain)
    return chain, mbedtls_pk.ECC.from_DER(key)


def trust_store() -> Any:
    """Return a store with the tests' root."""
    store = mbedtls_tls.TrustStore()
    store.add(mbedtls_x509.CRT.from_DER(ROOT))
    return store


def configuration(suite: CipherSuite, **options: Any) -> Any:
    """Return a DTLS 1.2 configuration with one suite."""
    return mbedtls_tls.DTLSConfiguration(
        ciphers=[NAMES[suite]],
        lowest_supported_version=mbedtls_tls.DTLSVersion.DTLSv1_2,
        **options,
    )


class MbedTlsPeer:
    """One side of a handshake, driven step by step."""

    def __init__(self, context: Any, *arguments: str) -> None:
        self._context = context
        self._arguments = arguments
        self.buffer = self._wrap()

    def _wrap(self) -> Any:
        buffer = self._context.wrap_buffers(*self._arguments)
        if not self._arguments:
            buffer.setcookieparam(b"client")
        return buffer

    def take(self) -> bytes:
        """Return what it sends; datagrams may run together, records delimit themselves."""
        data = bytes(self.buffer.peek_outgoing(65536))
        self.buffer.consume_outgoing(len(data))
        return data

    def step(self) -> bytes:
        """Handshake until it wants to hear from us; return what it has sent until then."""
        sent = b""
        for _ in range(30):
            try:
                self.buffer.do_handshake()
            except mbedtls_tls.WantWriteError:
                pass
            except mbedtls_tls.WantReadError:
                return sent + self.take()
            except mbedtls_tls.HelloVerifyRequest:
                sent += self.take()
                self.buffer = self._wrap()
                return sent
            if self.buffer._handshake_state.name == "HANDSHAKE_OVER":
                break
            sent += self.take()
        return sent + self.take()


class AgainstServer:
    """An Mbed TLS client against our endpoint."""

    def __init__(self, offer: Offer, **options: Any) -> None:
        context = mbedtls_tls.ClientContext(configuration(offer.suites[0], **options))
        self.peer = MbedTlsPeer(context, "a device")
        self.server = ServerEndpoint(FixedPolicy(offer), entropy=SeededEntropy(1))
        self.events: list[Any] = []

    def pump(self) -> None:
        """Exchange flights until both are silent."""
        for _ in range(10):
            sent = self.peer.step()
            self.server.receive(sent, CLIENT, 0.0)
            answers = self.server.take_datagrams()
            for datagram, _ in answers:
                self.peer.buffer.receive_from_network(datagram)
            self.events += self.server.take_events()
            if not sent and not answers:
                break

    def assert_talking(self) -> None:
        """Check that data passes in both directions."""
        self.peer.buffer.write(b"hello")
        self.server.receive(self.peer.take(), CLIENT, 0.0)
        session = self.server.sessions[CLIENT]
        assert self.server.take_events() == [DataReceived(session, b"hello")]
        self.server.send(session, b"back", 0.0)
        ((datagram, _),) = self.server.take_datagrams()
        self.peer.buffer.receive_from_network(datagram)
        assert self.peer.buffer.read(100) == b"back"


def test_mbedtls_client_with_a_pre_shared_key() -> None:
    """An Mbed TLS client with ECDHE_PSK and extended master secret completes and talks."""
    pair = AgainstServer(offer_for(PSK), pre_shared_key=(text(IDENTITY), KEY))
    pair.pump()
    session = pair.server.sessions[CLIENT]
    assert session.peer_identity == IDENTITY
    assert session.extended_master_secret
    pair.assert_talking()


def test_mbedtls_client_with_a_wrong_key_hears_bad_record_mac() -> None:
    """A wrong key shows as a Finished that does not open, and the server says so."""
    pair = AgainstServer(offer_for(PSK), pre_shared_key=(text(IDENTITY), KEY[::-1]))
    with pytest.raises(mbedtls_exceptions.TLSError):
        pair.pump()
    (failure,) = failures(pair.server.take_events() + pair.events)
    assert failure.alert is AlertDescription.BAD_RECORD_MAC


@pytest.mark.parametrize("suite", [suite for suite in NAMES if suite is not PSK])
@pytest.mark.parametrize("client_certificate", [False, True])
def test_mbedtls_client_with_certificates(suite: CipherSuite, client_certificate: bool) -> None:
    """An Mbed TLS client verifies our chain, shows its own if asked, and talks."""
    options: dict[str, Any] = {"trust_store": trust_store()}
    if client_certificate:
        options["certificate_chain"] = mbedtls_chain(CLIENT_CERTIFICATE)
    pair = AgainstServer(offer_for(suite, client_certificate=client_certificate), **options)
    pair.pump()
    expected = CLIENT_CERTIFICATE.chain if client_certificate else ()
    assert pair.server.sessions[CLIENT].peer_certificates == expected
    pair.assert_talking()


def test_close_notify_of_an_mbedtls_client_ends_the_session() -> None:
    """A close_notify from Mbed TLS closes the session and is answered."""
    pair = AgainstServer(offer_for(PSK), pre_shared_key=(text(IDENTITY), KEY))
    pair.pump()
    pair.peer.buffer.shutdown()
    pair.server.receive(pair.peer.take(), CLIENT, 0.0)
    (end,) = closed(pair.server.take_events())
    assert end.reason is CloseReason.PEER_CLOSED
    assert len(pair.server.take_datagrams()) == 1


def connect(config: ClientConfig, peer: MbedTlsPeer) -> ClientConnection:
    """Handshake our client with an Mbed TLS server."""
    client = ClientConnection(config, "server", entropy=SeededEntropy(2))
    client.start(0.0)
    for _ in range(10):
        for datagram in client.take_datagrams():
            peer.buffer.receive_from_network(datagram)
        client.receive(peer.step(), 0.0)
        if client.session is not None:
            break
    return client


def assert_server_talks(client: ClientConnection, peer: MbedTlsPeer) -> None:
    """Check that data passes in both directions."""
    assert client.session is not None
    client.send(b"hello", 0.0)
    (datagram,) = client.take_datagrams()
    peer.buffer.receive_from_network(datagram)
    assert peer.buffer.read(100) == b"hello"
    peer.buffer.write(b"back")
    client.receive(peer.take(), 0.0)
    assert client.take_events()[-1] == DataReceived(client.session, b"back")


def test_our_client_with_an_mbedtls_server_and_a_pre_shared_key() -> None:
    """Our client completes ECDHE_PSK with an Mbed TLS server."""
    store = {text(IDENTITY): KEY}
    peer = MbedTlsPeer(mbedtls_tls.ServerContext(configuration(PSK, pre_shared_key_store=store)))
    # It sends no hint of its own.
    client = connect(replace(config_for(PSK), psk={b"": KEY}.get), peer)
    assert_server_talks(client, peer)


def test_our_client_with_an_mbedtls_server_and_encrypt_then_mac() -> None:
    """An Mbed TLS server takes up encrypt_then_mac, and both talk that way (RFC 7366)."""
    store = {text(IDENTITY): KEY}
    peer = MbedTlsPeer(mbedtls_tls.ServerContext(configuration(PSK, pre_shared_key_store=store)))
    config = replace(config_for(PSK), psk={b"": KEY}.get, offer_encrypt_then_mac=True)
    client = connect(config, peer)
    assert client.session is not None
    assert client.session.encrypt_then_mac
    assert_server_talks(client, peer)


@pytest.mark.parametrize("validate", [False, True])
def test_our_client_with_an_mbedtls_server_and_certificates(validate: bool) -> None:
    """Our client verifies an Mbed TLS server and shows its own certificate when asked."""
    context = mbedtls_tls.ServerContext(
        configuration(
            CCM_8,
            certificate_chain=mbedtls_chain(SERVER_CERTIFICATE),
            validate_certificates=validate,
            trust_store=trust_store(),
        )
    )
    peer = MbedTlsPeer(context)
    client = connect(config_for(CCM_8), peer)
    assert client.session is not None
    assert client.session.peer_certificates[0] == SERVER_CERTIFICATE.chain[0]
    assert_server_talks(client, peer)
