"""Another independent client: OpenSSL's `s_client` over loopback, pumped by the test."""

import socket
import time
from dataclasses import replace

import pytest
from dtls_support import CCM_8, IDENTITY, KEY, PLAIN_PSK, PSK, FixedPolicy, offer_for
from openssl_support import flush, needs_openssl, openssl, pump

from onboardee.wire.dtls import CipherSuite, DataReceived, Offer, ServerEndpoint
from onboardee.wire.entropy import SystemEntropy

pytestmark = needs_openssl

OPTIONS = {
    PSK: ["-cipher", "ECDHE-PSK-AES128-CBC-SHA256", "-psk", KEY.hex(), "-psk_identity", "me"],
    PLAIN_PSK: [
        *("-cipher", "PSK-AES128-CCM8:@SECLEVEL=0"),
        *("-psk", KEY.hex(), "-psk_identity", "me"),
    ],
    CCM_8: ["-cipher", "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0"],
    CipherSuite.ECDHE_ECDSA_AES_128_GCM_SHA256: ["-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"],
}


def offer_for_openssl(suite: CipherSuite) -> Offer:
    """Return terms with a hint of text, which OpenSSL insists on."""
    key_of = {b"me": KEY, IDENTITY: KEY}.get
    return replace(offer_for(suite), psk_hint=b"device", psk=key_of, plain_psk=key_of)


@pytest.mark.parametrize("suite", list(OPTIONS))
def test_openssl_client_completes_and_talks(suite: CipherSuite, udp: socket.socket) -> None:
    """OpenSSL's client finishes the handshake, sends a line and reads one."""
    server = ServerEndpoint(FixedPolicy(offer_for_openssl(suite)), entropy=SystemEntropy())
    target = f"127.0.0.1:{udp.getsockname()[1]}"
    with openssl("s_client", "-connect", target, *OPTIONS[suite]) as client:
        client.say(b"hello\n")
        heard = next(event for event in pump(server, udp) if isinstance(event, DataReceived))
        assert heard.data == b"hello\n"
        server.send(heard.session, b"back\n", time.monotonic())
        flush(server, udp)
        assert client.line() == b"back\n"
