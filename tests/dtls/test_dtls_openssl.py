"""Another independent client: OpenSSL's `s_client` over loopback, pumped by the test."""

import select
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from dtls_support import CCM_8, IDENTITY, KEY, PLAIN_PSK, PSK, FixedPolicy, offer_for

from onboardee.wire.dtls import CipherSuite, DataReceived, Event, Offer, ServerEndpoint
from onboardee.wire.entropy import SystemEntropy

OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="needs the openssl command")

PATIENCE = 10.0
OPTIONS = {
    PSK: ["-cipher", "ECDHE-PSK-AES128-CBC-SHA256", "-psk", KEY.hex(), "-psk_identity", "me"],
    PLAIN_PSK: [
        *("-cipher", "PSK-AES128-CCM8:@SECLEVEL=0"),
        *("-psk", KEY.hex(), "-psk_identity", "me"),
    ],
    CCM_8: ["-cipher", "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0"],
    CipherSuite.ECDHE_ECDSA_AES_128_GCM_SHA256: ["-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"],
}


@pytest.fixture
def udp() -> Iterator[socket.socket]:
    """Give a socket on loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock


def pump(server: ServerEndpoint, sock: socket.socket) -> Iterator[Event]:
    """Serve until patience ends; yield the events as they come."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if select.select([sock], [], [], 0.2)[0]:
            datagram, address = sock.recvfrom(65536)
            server.receive(datagram, address, time.monotonic())
        server.tick(time.monotonic())
        for answer, address in server.take_datagrams():
            sock.sendto(answer, address)
        yield from server.take_events()


def offer_for_openssl(suite: CipherSuite) -> Offer:
    """Return terms with a hint of text, which OpenSSL insists on."""
    key_of = {b"me": KEY, IDENTITY: KEY}.get
    return replace(offer_for(suite), psk_hint=b"device", psk=key_of, plain_psk=key_of)


@pytest.mark.parametrize("suite", list(OPTIONS))
def test_openssl_client_completes_and_talks(suite: CipherSuite, udp: socket.socket) -> None:
    """OpenSSL's client finishes the handshake, sends a line and reads one."""
    server = ServerEndpoint(FixedPolicy(offer_for_openssl(suite)), entropy=SystemEntropy())
    target = f"127.0.0.1:{udp.getsockname()[1]}"
    command = [str(OPENSSL), "s_client", "-dtls1_2", "-quiet", "-connect", target]
    with subprocess.Popen(
        command + OPTIONS[suite],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"hello\n")
        process.stdin.flush()
        heard = next(event for event in pump(server, udp) if isinstance(event, DataReceived))
        assert heard.data == b"hello\n"
        server.send(heard.session, b"back\n", time.monotonic())
        for answer, address in server.take_datagrams():
            udp.sendto(answer, address)
        assert process.stdout.readline() == b"back\n"
        process.kill()
