"""OpenSSL's programs as the other side of a conversation over loopback, pumped by the test."""

import select
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from onboardee.wire.dtls import Event, ServerEndpoint

OPENSSL = shutil.which("openssl")
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="needs the openssl command")

PATIENCE = 10.0
"""Seconds in which the other side has to do what a test waits for."""


class Program:
    """A program of OpenSSL that sends what it is told to, and tells what it receives."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._in, self._out = process.stdin, process.stdout

    def say(self, line: bytes) -> None:
        """Have it send a line."""
        self._in.write(line)
        self._in.flush()

    def line(self) -> bytes:
        """Return the next line that it has received, which has to come in time."""
        assert select.select([self._out], [], [], PATIENCE)[0], "OpenSSL received nothing"
        return self._out.readline()


@contextmanager
def openssl(*words: str) -> Iterator[Program]:
    """Run a command of it for DTLS 1.2, and end it also when the test fails meanwhile.

    Without that the test would wait for a program which waits for the test.
    """
    command = [str(OPENSSL), words[0], "-dtls1_2", "-quiet", *words[1:]]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield Program(process)
        finally:
            process.kill()


def pump(server: ServerEndpoint, sock: socket.socket) -> Iterator[Event]:
    """Serve until patience ends; yield the events as they come."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if select.select([sock], [], [], 0.2)[0]:
            datagram, address = sock.recvfrom(65536)
            server.receive(datagram, address, time.monotonic())
        server.tick(time.monotonic())
        flush(server, sock)
        yield from server.take_events()


def flush(server: ServerEndpoint, sock: socket.socket) -> None:
    """Send what the server has to send."""
    for answer, address in server.take_datagrams():
        sock.sendto(answer, address)
