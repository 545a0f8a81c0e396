"""Sockets: answers leave from the address that was asked, on both families."""

import select
import socket

import pytest

from onboardee.device.net.udp import MAX_PER_WAKE, UdpSocket
from onboardee.wire.path import Outgoing, Path


def received(opened: UdpSocket) -> list[tuple[bytes, Path]]:
    """Wait for something to arrive and return what did."""
    got: list[tuple[bytes, Path]] = []
    assert select.select([opened], [], [], 5)[0]
    opened.drain(lambda data, path: got.append((data, path)))
    return got


@pytest.mark.parametrize(
    ("bound", "asked"),
    [("0.0.0.0", "127.0.0.1"), ("0.0.0.0", "127.0.0.7"), ("127.0.0.1", "127.0.0.1"), ("::", "::1")],
)
def test_answers_come_from_the_address_that_was_asked(bound: str, asked: str) -> None:
    """A connected client accepts the answer: it comes from the very address it wrote to."""
    opened = UdpSocket(bound, 0)
    with socket.socket(opened.family, socket.SOCK_DGRAM) as client:
        client.settimeout(30)
        client.connect((asked, opened.port))
        client.send(b"ask")
        ((data, path),) = received(opened)
        opened.send(Outgoing(b"answer", path))
        assert client.recv(100) == b"answer"
        assert (data, path.local_host, path.local_port) == (b"ask", asked, opened.port)
        assert (path.peer_host, path.peer_port) == client.getsockname()[:2]
    opened.close()


def test_a_wake_up_reads_a_bounded_number() -> None:
    """A flood does not keep others waiting: one wake-up reads so many datagrams and no more."""
    opened = UdpSocket("127.0.0.1", 0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for _ in range(MAX_PER_WAKE + 5):
            client.sendto(b"x", ("127.0.0.1", opened.port))
        assert len(received(opened)) == MAX_PER_WAKE
        assert len(received(opened)) == 5
    opened.close()


def test_paths_of_alternating_peers_are_told_apart() -> None:
    """Two peers that take turns are never taken for each other."""
    opened = UdpSocket("127.0.0.1", 0)
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
    ):
        for client in (one, other, one):
            client.sendto(b"x", ("127.0.0.1", opened.port))
        ports = [path.peer_port for _, path in received(opened)]
        assert ports == [client.getsockname()[1] for client in (one, other, one)]
    opened.close()


def test_a_peer_that_is_gone_harms_nobody() -> None:
    """Answers to a closed port vanish, and the next peer is served."""
    opened = UdpSocket("127.0.0.1", 0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
        gone.sendto(b"x", ("127.0.0.1", opened.port))
        ((_, path),) = received(opened)
    for _ in range(3):
        opened.send(Outgoing(b"answer", path))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"y", ("127.0.0.1", opened.port))
        assert [data for data, _ in received(opened)] == [b"y"]
    opened.close()


def test_a_datagram_too_large_to_send_is_lost_quietly() -> None:
    """What the network cannot carry raises nothing."""
    opened = UdpSocket("127.0.0.1", 0)
    opened.send(Outgoing(bytes(70000), Path("127.0.0.1", opened.port, "127.0.0.1", 9)))
    opened.close()
