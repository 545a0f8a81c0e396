"""P-384 with SHA-384: between both sides of this engine, and with OpenSSL on either side."""

import select
import socket
import time
from dataclasses import replace
from pathlib import Path

import pytest
from dtls_support import CLIENT, FixedPolicy
from openssl_support import PATIENCE, flush, needs_openssl, openssl, pump

from onboardee.device.trace.dtls import Association, Secrets
from onboardee.device.trace.items import Way
from onboardee.pki import issuing
from onboardee.pki.curves import Curve
from onboardee.pki.key_pairs import CertifiedKey
from onboardee.wire.dtls import (
    CipherSuite,
    ClientConfig,
    DataReceived,
    HandshakeFailed,
    Offer,
    ServerEndpoint,
    SessionEstablished,
)
from onboardee.wire.dtls.client import ClientConnection
from onboardee.wire.dtls.keys import prf
from onboardee.wire.dtls.numbers import SECP256R1, SECP384R1
from onboardee.wire.entropy import SeededEntropy, SystemEntropy

GCM_384 = CipherSuite.ECDHE_ECDSA_AES_256_GCM_SHA384
CCM_8 = CipherSuite.ECDHE_ECDSA_AES_128_CCM_8
BOTH = (SECP384R1, SECP256R1)
SCHEMES = (0x0503, 0x0403)


def issued(curve: Curve, subject: str = "a device") -> CertifiedKey:
    """Return a certificate of an authority on the same curve."""
    root = issuing.root(recipe=issuing.on(curve, issuing.authority("root")))
    return root.issue(issuing.on(curve, issuing.manufacturer(subject))).certified_key


STRONG, USUAL = issued(Curve.P384), issued(Curve.P256)
TERMS = Offer((GCM_384, CCM_8), certificate=STRONG, groups=BOTH)
HELLO = ClientConfig(
    suites=(GCM_384, CCM_8),
    groups=BOTH,
    signature_algorithms=SCHEMES,
    verify_server=lambda _chain: None,
)


def converse(offer: Offer, config: ClientConfig) -> tuple[ServerEndpoint, ClientConnection]:
    """Let both sides talk until nothing more is sent."""
    server = ServerEndpoint(FixedPolicy(offer), entropy=SeededEntropy("server"))
    client = ClientConnection(config, "192.0.2.2", entropy=SeededEntropy("client"))
    client.start(0.0)
    while datagrams := client.take_datagrams():
        for datagram in datagrams:
            server.receive(datagram, CLIENT, 0.0)
        for answer, _ in server.take_datagrams():
            client.receive(answer, 0.0)
    return server, client


def test_the_pseudo_random_function() -> None:
    """P_SHA384 gives the octets of the vector that IETF's TLS list agreed on."""
    secret = bytes.fromhex("b80b733d6ceefcdc71566ea48e5567df")
    seed = bytes.fromhex("cd665cf6a8447dd6ff8b27555edb7465")
    wanted = "7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cd"
    assert prf(secret, b"test label", seed, 32, "sha384").hex() == wanted


def test_who_looks_on_reads_it() -> None:
    """With the secrets of a session with SHA-384 a trace reads what the session protects."""
    endpoint, connection = converse(TERMS, HELLO)
    (session,) = endpoint.sessions.values()
    assert session.suite is GCM_384
    trace = Association(Secrets())
    trace.join(session)
    connection.send(b"hello", 0.0)
    (datagram,) = connection.take_datagrams()
    assert [each.content for each in trace.read(datagram, Way.IN)] == [b"hello"]


@pytest.mark.parametrize("suite", [GCM_384, CCM_8])
@pytest.mark.parametrize("server", [STRONG, USUAL], ids=["P-384", "P-256"])
@pytest.mark.parametrize("client", [None, STRONG, USUAL], ids=["nobody", "P-384", "P-256"])
@pytest.mark.parametrize("groups", [BOTH, (SECP384R1,), (SECP256R1,)])
def test_all_that_may_come_together(
    suite: CipherSuite,
    server: CertifiedKey,
    client: CertifiedKey | None,
    groups: tuple[int, ...],
) -> None:
    """Suites, certificates and curves in all combinations: a session, and data in both ways.

    Whose certificate is on a curve that a client does not have shows it to nobody.
    """
    offer = Offer(
        (suite,),
        certificate=server,
        groups=BOTH,
        verify_peer=None if client is None else lambda _chain: None,
    )
    endpoint, connection = converse(offer, replace(HELLO, groups=groups, certificate=client))
    curve = SECP384R1 if server is STRONG else SECP256R1
    if curve not in groups:
        assert connection.session is None
        return
    session = connection.session
    assert session is not None
    assert session.suite is suite
    (found,) = endpoint.sessions.values()
    assert found.peer_certificates == (() if client is None else client.chain)
    assert found.key_block(64) == session.key_block(64)
    connection.send(b"hello", 0.0)
    for datagram in connection.take_datagrams():
        endpoint.receive(datagram, CLIENT, 0.0)
    assert [each.data for each in endpoint.take_events() if isinstance(each, DataReceived)] == [
        b"hello"
    ]


@pytest.mark.parametrize(
    "offer",
    [
        Offer((CCM_8,), certificate=USUAL),
        Offer((CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256,), psk=lambda _identity: bytes(16)),
    ],
    ids=["certificate", "key"],
)
def test_without_being_told_there_is_one_curve(offer: Offer) -> None:
    """A server with P-256 alone refuses a client that has P-384 alone."""
    config = replace(
        HELLO,
        suites=offer.suites,
        groups=(SECP384R1,),
        psk_identity=b"me",
        psk=lambda _hint: bytes(16),
    )
    _, connection = converse(offer, config)
    (event,) = [each for each in connection.take_events() if isinstance(each, HandshakeFailed)]
    assert "handshake_failure" in str(event)


def test_a_client_that_knows_no_sha_384_is_not_shown_what_it_cannot_check() -> None:
    """The suites with a certificate on P-384 need its signature; another suite is taken instead."""
    psk = CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256
    offer = replace(TERMS, suites=(GCM_384, psk), psk=lambda _identity: bytes(16))
    config = replace(
        HELLO,
        suites=(GCM_384, psk),
        signature_algorithms=(0x0403,),
        psk_identity=b"me",
        psk=lambda _hint: bytes(16),
    )
    _, connection = converse(offer, config)
    assert connection.session is not None
    assert connection.session.suite is psk


def test_a_signature_that_was_not_asked_for() -> None:
    """A server with P-256 alone asks for SHA-256, and refuses a client that signs by SHA-384."""
    offer = Offer((CCM_8,), certificate=USUAL, verify_peer=lambda _chain: None)
    _, connection = converse(offer, replace(HELLO, groups=BOTH, certificate=STRONG))
    (event,) = [each for each in connection.take_events() if isinstance(each, HandshakeFailed)]
    assert "illegal_parameter" in str(event)


CIPHERS = {GCM_384: "ECDHE-ECDSA-AES256-GCM-SHA384", CCM_8: "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0"}


def written(folder: Path, name: str, curve: Curve) -> tuple[str, str, str]:
    """Write an authority's certificate, and a certificate with its key; return the paths."""
    root = issuing.root(recipe=issuing.on(curve, issuing.authority("root")))
    leaf = root.issue(issuing.on(curve, issuing.manufacturer(name)))
    paths = tuple(folder / f"{name}{end}" for end in ("-root.pem", ".pem", "-key.pem"))
    for path, text in zip(paths, (root.pem, leaf.pem, leaf.key_pem), strict=True):
        path.write_text(text)
    return str(paths[0]), str(paths[1]), str(paths[2])


@needs_openssl
@pytest.mark.parametrize("suite", list(CIPHERS))
@pytest.mark.parametrize("curves", ["P-384", "P-384:P-256"])
def test_openssl_as_client(
    suite: CipherSuite, curves: str, udp: socket.socket, tmp_path: Path
) -> None:
    """It verifies our chain, shows a certificate on P-384, and both sides read each other."""
    _, chain, key = written(tmp_path, "client", Curve.P384)
    offer = replace(TERMS, suites=(suite,), verify_peer=lambda _chain: None)
    server = ServerEndpoint(FixedPolicy(offer), entropy=SystemEntropy())
    target = f"127.0.0.1:{udp.getsockname()[1]}"
    words = ["-connect", target, "-cipher", CIPHERS[suite], "-curves", curves]
    with openssl("s_client", *words, "-cert", chain, "-key", key) as client:
        client.say(b"hello\n")
        heard = next(event for event in pump(server, udp) if isinstance(event, DataReceived))
        assert heard.data == b"hello\n"
        assert heard.session.suite is suite
        assert heard.session.peer_certificates
        server.send(heard.session, b"back\n", time.monotonic())
        flush(server, udp)
        assert client.line() == b"back\n"


@needs_openssl
@pytest.mark.parametrize("suite", list(CIPHERS))
def test_openssl_as_server(suite: CipherSuite, udp: socket.socket, tmp_path: Path) -> None:
    """Our client completes with a certificate of its own, on P-384 as the server's."""
    root, chain, key = written(tmp_path, "server", Curve.P384)
    port = udp.getsockname()[1]
    udp.close()
    words = ["-accept", f"127.0.0.1:{port}", "-cipher", CIPHERS[suite], "-cert", chain]
    words += ["-key", key, "-Verify", "2", "-CAfile", root, "-curves", "P-384", "-verify_quiet"]
    config = replace(HELLO, suites=(suite,), certificate=STRONG)
    with (
        openssl("s_server", *words) as server,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock,
    ):
        sock.bind(("127.0.0.1", 0))
        connection = _connected(config, sock, port)
        assert connection.session is not None
        assert connection.session.suite is suite
        connection.send(b"hello\n", time.monotonic())
        for datagram in connection.take_datagrams():
            sock.sendto(datagram, ("127.0.0.1", port))
        assert server.line() == b"hello\n"


def _connected(config: ClientConfig, sock: socket.socket, port: int) -> ClientConnection:
    """Let the handshake go on until it has ended; the first hello may be too early."""
    connection = ClientConnection(config, "127.0.0.1", entropy=SystemEntropy())
    begun = time.monotonic()
    connection.start(begun)
    is_done = False
    while time.monotonic() < begun + 3 * PATIENCE and not is_done:
        if select.select([sock], [], [], 0.1)[0]:
            connection.receive(sock.recv(65536), time.monotonic())
        connection.tick(time.monotonic())
        is_done = any(isinstance(each, SessionEstablished) for each in connection.take_events())
        for datagram in connection.take_datagrams():
            sock.sendto(datagram, ("127.0.0.1", port))
    assert is_done, "the handshake did not end"
    return connection
