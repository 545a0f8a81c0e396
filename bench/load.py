"""A load generator: raw sockets, prepared messages, the server's CPU time as the kernel has it."""

import os
import socket
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from onboardee.wire.dtls import CipherSuite, ClientConfig, DataReceived
from onboardee.wire.dtls.client import ClientConnection
from onboardee.wire.entropy import SystemEntropy

HOST = "127.0.0.1"
Message = Callable[[str, int], bytes]
"""Encodes a request for a path, with a message ID."""
WINDOW = 16
"""Requests outstanding at a time, where more than one is."""


@dataclass(frozen=True)
class Figure:
    """A measured series: seconds of server CPU and of wall time for each unit."""

    cpu: float
    wall: float

    @property
    def rate(self) -> float:
        """Units a second."""
        return 1 / self.wall


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of all threads of a process (schedstat counts nanoseconds)."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def resident_kib(pid: int) -> int:
    """Return the resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


def get(path: str, mid: int) -> bytes:
    """Encode a confirmable GET with an 8-octet token and OCF's Accept, as tools send it."""
    token = mid.to_bytes(8)
    options, last = b"", 0
    for segment in path.strip("/").split("/"):
        delta, last = 11 - last, 11
        options += bytes([delta << 4 | len(segment)]) + segment.encode()
    options += bytes([6 << 4 | 2]) + (10000).to_bytes(2)  # Accept
    return bytes([0x48, 1]) + mid.to_bytes(2) + token + options


def post(path: str, mid: int, payload: bytes) -> bytes:
    """Encode a confirmable POST of CBOR, as tools send it."""
    asked = get(path, mid)
    content = bytes([1 << 4 | 2]) + (10000).to_bytes(2)  # Content-Format, behind Uri-Path
    accept = bytes([5 << 4 | 2]) + (10000).to_bytes(2)
    return asked[:1] + b"\x02" + asked[2:-3] + content + accept + b"\xff" + payload


def measured(process: "subprocess.Popen[bytes]", count: int, work: Callable[[int], None]) -> Figure:
    """Run `work(count)` and divide by `count`."""
    cpu, wall = cpu_seconds(process.pid), time.perf_counter()
    work(count)
    return Figure((cpu_seconds(process.pid) - cpu) / count, (time.perf_counter() - wall) / count)


def median(figures: list[Figure]) -> Figure:
    """Return the medians of several series."""
    return Figure(
        statistics.median(figure.cpu for figure in figures),
        statistics.median(figure.wall for figure in figures),
    )


class PlainLoad:
    """Unsecured GETs of one path."""

    def __init__(self, port: int, path: str) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(1)
        self._socket.connect((HOST, port))
        self._path = path
        self._mid = int.from_bytes(os.urandom(2))

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def run(self, count: int, window: int) -> None:
        """Have `count` requests answered, `window` outstanding at a time."""
        sent = 0
        for _ in range(min(window, count)):
            self._send()
            sent += 1
        answered = 0
        while answered < count:
            try:
                answer = self._socket.recv(4096)
            except TimeoutError:
                self._send()  # some servers sleep until the next datagram: ask again
                continue
            assert answer[1] == 0x45, f"code {answer[1]:#x}"
            answered += 1
            if sent < count:
                self._send()
                sent += 1

    def _send(self) -> None:
        self._mid = (self._mid + 1) & 0xFFFF
        self._socket.send(get(self._path, self._mid))


class SecuredLoad:
    """Requests over one DTLS session, by the owner credential."""

    def __init__(self, port: int, identity: UUID, key: bytes, patience: float = 1) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(patience)
        self._socket.connect((HOST, port))
        config = ClientConfig(
            suites=(CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256,),
            psk_identity=identity.bytes,
            psk=lambda _hint: key,
        )
        self._connection = ClientConnection(config, HOST, entropy=SystemEntropy())
        self._mid = int.from_bytes(os.urandom(2))

    def connect(self) -> None:
        """Make the handshake."""
        self._connection.start(0.0)
        self._flush()
        while self._connection.session is None:
            self._connection.receive(self._socket.recv(4096), 0.0)
            self._flush()

    def close(self) -> None:
        """End the session."""
        self._connection.close(0.0)
        self._flush()
        self._socket.close()

    def run(self, path: str, count: int, window: int, message: Message = get) -> None:
        """Have `count` requests answered, `window` outstanding at a time."""
        sent = answered = 0
        while answered < count:
            while sent < count and sent - answered < window:
                self._mid = (self._mid + 1) & 0xFFFF
                self._connection.send(message(path, self._mid), 0.0)
                sent += 1
            self._flush()
            try:
                self._connection.receive(self._socket.recv(4096), 0.0)
            except TimeoutError:
                sent = answered  # some servers sleep until the next datagram: ask again
            for event in self._connection.take_events():
                if isinstance(event, DataReceived):
                    assert event.data[1] in {0x44, 0x45}, f"code {event.data[1]:#x}"
                    answered += 1

    def _flush(self) -> None:
        for datagram in self._connection.take_datagrams():
            self._socket.send(datagram)
