"""Another machine's devices, as the doctor meets them."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import cbor2
import pytest

from onboardee.device.doctor import peer
from onboardee.device.doctor.finding import Verdict
from onboardee.wire.coap import message
from onboardee.wire.coap.model import Code, Type

LOOPBACK = "127.0.0.1"


@contextmanager
def _answering(payload: bytes) -> Iterator[int]:
    """Run a server that answers each request with a payload. Gives its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((LOOPBACK, 0))

        def serve() -> None:
            while True:
                data, sender = server.recvfrom(2048)
                if not data:
                    return
                frame = message.parse(data)
                answer = message.build(Type.ACK, Code.CONTENT, frame.mid, frame.token, b"", payload)
                server.sendto(answer, sender)

        serving = threading.Thread(target=serve)
        serving.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.sendto(b"", server.getsockname())
            serving.join()


def _links(*endpoints: str) -> bytes:
    return cbor2.dumps([{"href": "/oic/sec/doxm", "eps": [{"ep": each} for each in endpoints]}])


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for answers only as long as loopback needs."""
    monkeypatch.setattr(peer, "WAIT", 0.2)


@pytest.mark.usefixtures("silent")
def test_a_device_that_answers_but_has_no_dtls_is_told_apart() -> None:
    """The request is answered, the handshake is not: the secured port is what is closed."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind((LOOPBACK, 0))
        port = mute.getsockname()[1]
        with _answering(_links(f"coaps://{LOOPBACK}:{port}")) as plain:
            found = {each.about: each.verdict for each in peer.look(LOOPBACK, (), plain)}
    assert found == {
        LOOPBACK: Verdict.FAULT,  # no interface, no search
        f"{LOOPBACK}, port {plain}": Verdict.WELL,
        f"DTLS at {LOOPBACK}, port {port}": Verdict.FAULT,
    }


@pytest.mark.usefixtures("silent")
def test_a_port_that_nobody_has_is_refused_in_words() -> None:
    """The advice differs from that for silence, which a firewall makes."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind((LOOPBACK, 0))
        port = taken.getsockname()[1]
        (silence,) = list(peer.look(LOOPBACK, (), port))[1:]
    (refusal,) = list(peer.look(LOOPBACK, (), port))[1:]
    assert "nothing came" in silence.says
    assert "firewalls" in silence.advice
    assert "refused" in refusal.says
    assert "nothing has this port" in refusal.advice


def test_a_name_that_does_not_exist_is_a_fault() -> None:
    """No address, nothing to try."""
    (found,) = peer.look("device.invalid", ())
    assert found.verdict is Verdict.FAULT


@pytest.mark.parametrize(
    ("payload", "endpoints"),
    [
        (_links("coap://[::1]:5683", "coaps://[fe80::1]:5684"), [("fe80::1", 5684)]),
        (_links("coaps://192.0.2.1:1", "coaps://192.0.2.1:1"), [("192.0.2.1", 1)]),
        (_links("coaps://192.0.2.1:99999", "coaps://", "coaps://[::1", "x"), []),
        (cbor2.dumps([1, {"eps": [2, {"ep": 3}]}]), []),
        (cbor2.dumps("links"), []),
        (b"\xff", []),
    ],
)
def test_endpoints_are_read_from_whatever_a_host_answers(
    payload: bytes, endpoints: list[tuple[str, int]]
) -> None:
    """What is no list of links has none."""
    assert list(peer.endpoints_in(payload)) == endpoints


def test_only_the_answer_to_the_search_counts() -> None:
    """Other tokens, other codes and other octets are somebody else's."""
    good = message.build(Type.NON, Code.CONTENT, 1, b"abcd", b"", b"")
    assert peer.is_answer(good, b"abcd")
    assert not peer.is_answer(good, b"efgh")
    assert not peer.is_answer(
        message.build(Type.NON, Code.FORBIDDEN, 1, b"abcd", b"", b""), b"abcd"
    )
    assert not peer.is_answer(b"", b"abcd")
