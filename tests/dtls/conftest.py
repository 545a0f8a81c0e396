"""Fixtures of the tests of DTLS."""

import socket
from collections.abc import Iterator

import pytest


@pytest.fixture
def udp() -> Iterator[socket.socket]:
    """Give a socket on loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock
