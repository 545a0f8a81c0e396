"""Mbed TLS as the client of a whole device: an independent DTLS stack, with aiocoap's messages."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import cbor2
import pytest
from aiocoap import Message
from aiocoap.numbers.codes import Code
from aiocoap.numbers.types import Type
from interop_support import IDENTITY, KEY, OWNER, RunningLight, mbedtls_session, running_light

from onboardee.device.events import SessionOpened

tls = pytest.importorskip("mbedtls.tls")
exceptions = pytest.importorskip("mbedtls.exceptions")
pytestmark = pytest.mark.mbedtls

OCF_CBOR = 10000


class MbedTlsClient:
    """CoAP requests over one DTLS session."""

    def __init__(self, wrapped: Any) -> None:
        self._wrapped = wrapped
        self._mid = 0

    def request(self, code: Code, path: str, body: object = None) -> Message:
        """Send a confirmable request and return its piggybacked answer."""
        self._mid += 1
        message = Message(code=code)
        message.mtype, message.mid, message.token = Type.CON, self._mid, b"\x01\x02"
        message.opt.uri_path = tuple(path.strip("/").split("/"))
        if body is not None:
            message.payload = cbor2.dumps(body)
            message.opt.content_format = OCF_CBOR
        self._wrapped.send(message.encode())
        answer = Message.decode(self._wrapped.recv(4096))
        assert (answer.mtype, answer.mid, answer.token) == (Type.ACK, self._mid, b"\x01\x02")
        return answer


@contextmanager
def session(
    light: RunningLight, *, identity: str = IDENTITY, key: bytes = KEY, patience: float = 30
) -> Iterator[Any]:
    """Open a DTLS session with the device."""
    configuration = tls.DTLSConfiguration(
        pre_shared_key=(identity, key),
        ciphers=["TLS-ECDHE-PSK-WITH-AES-128-CBC-SHA256"],
        lowest_supported_version=tls.DTLSVersion.DTLSv1_2,
        validate_certificates=False,
    )
    with mbedtls_session(configuration, light.secure_port, patience) as wrapped:
        yield MbedTlsClient(wrapped)


def test_owner_switches_the_light() -> None:
    """Mbed TLS opens a session with the owner credential, reads the light and switches it on."""
    with running_light(owned=True) as light, session(light) as client:
        before = client.request(Code.GET, "/light/switch")
        changed = client.request(Code.POST, "/light/switch", {"value": True})
        after = client.request(Code.GET, "/light/switch")
        opened = [event for event in light.events if isinstance(event, SessionOpened)]
    assert before.code == Code.CONTENT
    assert cbor2.loads(before.payload) == {"value": False}
    assert changed.code == Code.CHANGED
    assert cbor2.loads(after.payload) == {"value": True}
    assert [event.identity for event in opened] == [str(OWNER)]


def test_owner_reads_its_credential_without_the_key() -> None:
    """The owner sees its credential, but no octet of the key."""
    with running_light(owned=True) as light, session(light) as client:
        answer = client.request(Code.GET, "/oic/sec/cred")
    assert KEY not in answer.payload
    (credential,) = cbor2.loads(answer.payload)["creds"]
    assert credential["privatedata"]["data"] == b""
    assert credential["subjectuuid"] == str(OWNER)


@pytest.mark.parametrize(
    ("identity", "key"),
    [(IDENTITY, b"another key, 16!"), ("some-other-body!", KEY), ("short", KEY)],
    ids=["wrong key", "unknown identity", "identity that is no UUID"],
)
def test_strangers_get_no_session(identity: str, key: bytes) -> None:
    """A wrong key or an unknown identity ends the handshake, and the owner still gets in."""
    with running_light(owned=True) as light:
        with (
            pytest.raises((exceptions.TLSError, OSError)),
            session(light, identity=identity, key=key),
        ):
            pytest.fail("the handshake must not succeed")
        with session(light) as client:
            assert client.request(Code.GET, "/light/switch").code == Code.CONTENT


def test_unowned_device_speaks_no_psk() -> None:
    """Before ownership nobody gets a session with a pre-shared key: the device is silent."""
    with (
        running_light(owned=False) as light,
        pytest.raises(TimeoutError),
        session(light, patience=1),
    ):
        pytest.fail("the handshake must not succeed")
