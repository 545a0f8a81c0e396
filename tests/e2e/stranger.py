"""Somebody without credentials: plain messages made by aiocoap, and an anonymous session."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

import cbor2
from aiocoap import CON, POST, Message
from device_scene import HOST, PLAIN, SECURE, Scene

from onboardee.wire.dtls import CipherSuite, ClientConfig
from onboardee.wire.dtls.client import ClientConnection
from onboardee.wire.entropy import SeededEntropy
from onboardee.wire.path import Path

PING = b"\x40\x00"


def request(code: int, href: str, mid: int, payload: bytes = b"", **options: Any) -> bytes:
    """Encode a confirmable request with the options that aiocoap knows by name."""
    message = Message(code=code, payload=payload, **options)
    message.mtype, message.mid, message.token = CON, mid, b"strange"
    message.opt.uri_path = href.strip("/").split("/")
    if payload:
        message.opt.content_format = 10000
    return bytes(message.encode())


@dataclass
class Stranger:
    """A peer of the device's plain port."""

    scene: Scene
    host: str = "10.0.0.66"
    port: int = 6666
    on_link: bool = True
    _mids: Any = field(default_factory=lambda: count(1))

    def send(self, datagram: bytes) -> list[Message]:
        """Deliver a datagram to the plain port; return what the device sends to us."""
        return [Message.decode(each) for each in self.raw(datagram)]

    def raw(self, datagram: bytes, *, multicast: bool = False) -> list[bytes]:
        """Deliver a datagram to the plain port, or to a group; return the datagrams sent to us."""
        path = Path(HOST, PLAIN, self.host, self.port, multicast=multicast, on_link=self.on_link)
        sent = self.scene.device.receive(datagram, path, self.scene.network.now)
        return [each.datagram for each in sent if each.path == path]

    def wait(self, seconds: float) -> list[bytes]:
        """Let time pass; return the datagrams that were sent to us."""
        network = self.scene.network
        before = len(network.log)
        network.run(seconds)
        return [sent for _, path, sent in network.log[before:] if path.peer_host == self.host]

    def ask(self, code: int, href: str, payload: bytes = b"", **options: Any) -> Message:
        """Ask, and return the one answer."""
        (answer,) = self.send(request(code, href, next(self._mids), payload, **options))
        return answer

    def upload(self, href: str, number: int = 0) -> str:
        """Send a block of an upload that goes on; return the answer's code, as `4.01`."""
        block = (number, True, 6)
        return str(self.ask(POST, href, bytes(1024), block1=block).code.dotted)

    def select(self, method: int = 0) -> None:
        """Choose the owner transfer method."""
        answer = self.ask(POST, "/oic/sec/doxm", cbor2.dumps({"oxmsel": method}))
        assert answer.code.dotted == "2.04"


class AnonymousSession:
    """A session by Just Works: who opens one first is the one who takes ownership."""

    def __init__(self, scene: Scene, host: str = "10.0.0.66", port: int = 7777) -> None:
        self._scene = scene
        self._path = Path(HOST, SECURE, host, port, secured=True)
        suites = (CipherSuite.ECDH_ANON_AES_128_CBC_SHA256,)
        self._client = ClientConnection(
            ClientConfig(suites=suites), HOST, entropy=SeededEntropy(f"{host} {port}")
        )
        self._mids = count(1)

    def open(self) -> None:
        """Make the handshake."""
        self._client.start(self._scene.network.now)
        for _ in range(6):
            self._exchange()
        assert self._client.session is not None

    def ping(self) -> None:
        """Send a CoAP ping (RFC 7252 4.3)."""
        self._say(PING + next(self._mids).to_bytes(2))

    def ask(self, code: int, href: str, payload: bytes = b"") -> None:
        """Send a request."""
        self._say(request(code, href, next(self._mids), payload))

    def _say(self, message: bytes) -> None:
        self._client.send(message, self._scene.network.now)
        self._exchange()

    def _exchange(self) -> None:
        now = self._scene.network.now
        for datagram in self._client.take_datagrams():
            for answer in self._scene.device.receive(datagram, self._path, now):
                self._client.receive(answer.datagram, now)
