"""Replays a recorded conversation: the tool's datagrams, byte for byte, to a device in memory.

The device has the addresses, UUIDs and application resources of the recorded one, so whatever then
differs between the answers is behaviour.
"""

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path as File
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec.structs import replace

from onboardee.device.machine.device import Device
from onboardee.device.security import owner
from onboardee.device.security.factory import new_database
from onboardee.device.simulation.profile import Profile
from onboardee.device.testing import Impairments, MemoryKeeper, MemoryNetwork
from onboardee.device.testing.local import local_device
from onboardee.svrdb.model import Permanent, TransferMethod
from onboardee.wire.dtls import CipherSuite, ClientConfig, DataReceived, SessionClosed
from onboardee.wire.dtls.client import ClientConnection
from onboardee.wire.entropy import SeededEntropy
from onboardee.wire.path import Endpoint, Outgoing, Path

VECTORS = File(__file__).parents[1] / "vectors" / "recorded-conversations.json"
PATIENCE = 6.0
"""Seconds to wait for an answer: longer than any random delay of a multicast answer."""

PROFILE = msgspec.convert(
    {
        "device": {
            "name": "Lamp",
            "types": ["oic.d.light"],
            "spec_version": "ocf.1.0.0",
            "data_model_version": "ocf.res.1.0.0",
        },
        "platform": {"manufacturer": "Intel"},
        "core": {"configuration": False},
        "resources": [
            {
                "href": "/a/light",
                "types": ["core.light", "core.brightlight"],
                "interfaces": ["oic.if.rw", "oic.if.baseline"],
                "properties": {"state": {"type": "boolean", "initial": False}},
            },
            {
                "href": "/binaryswitch",
                "types": ["oic.r.switch.binary"],
                "interfaces": ["oic.if.a", "oic.if.baseline"],
                "properties": {"value": {"type": "boolean", "initial": False}},
            },
        ],
    },
    Profile,
)
"""What the recorded sample device says of itself, as far as a profile can say it."""

Address = tuple[str, int]


@cache
def recordings() -> dict[str, Any]:
    """Return the recorded conversations and probes."""
    loaded: dict[str, Any] = json.loads(VECTORS.read_text(encoding="utf-8"))
    return loaded


class Heard(NamedTuple):
    """A CoAP message that left the device, over its plain or its secured port."""

    source: str
    peer: Address
    datagram: bytes


@dataclass(slots=True)
class Exchange:
    """What the tool sent, what the recorded device answered to it, and what ours did."""

    step: str
    sent_at: float
    to_group: bool
    requests: list[bytes]
    recorded: list[Heard]
    ours: list[Heard] = field(default_factory=list)


class Tool:
    """The sockets of the tool: it says what it is told to and keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.closed_by_device: list[tuple[float, Address]] = []
        self.connections: dict[Address, ClientConnection] = {}
        self._paths: dict[Address, Path] = {}

    def receive(self, datagram: bytes, path: Path, now: float) -> list[Outgoing]:
        """Keep a CoAP message; feed DTLS to the session it belongs to."""
        peer = (path.local_host, path.local_port)
        if not path.secured:
            self.heard.append(Heard("plain", peer, datagram))
            return []
        connection = self.connections[peer]
        connection.receive(datagram, now)
        for event in connection.take_events():
            if isinstance(event, DataReceived):
                self.heard.append(Heard("secured", peer, event.data))
            elif isinstance(event, SessionClosed) and peer in self.connections:
                self.closed_by_device.append((now, peer))
        return self._leaving(peer)

    def tick(self, now: float) -> list[Outgoing]:
        """Do nothing: on a network without loss nobody repeats."""
        return []

    def next_deadline(self) -> float | None:
        """Say that nothing is waiting."""
        return None

    def open(
        self, peer: Address, device: Address, config: ClientConfig, now: float
    ) -> list[Outgoing]:
        """Begin a handshake from one of the tool's addresses."""
        self.connections[peer] = ClientConnection(config, device, entropy=SeededEntropy(str(peer)))
        self._paths[peer] = Path(*peer, *device, secured=True)
        self.connections[peer].start(now)
        return self._leaving(peer)

    def say(self, peer: Address, message: bytes, now: float) -> list[Outgoing]:
        """Send a CoAP message inside a session."""
        self.connections[peer].send(message, now)
        return self._leaving(peer)

    def close(self, peer: Address, now: float) -> list[Outgoing]:
        """End a session."""
        self.connections[peer].close(now)
        self.connections[peer].take_events()
        return self._leaving(peer)

    def _leaving(self, peer: Address) -> list[Outgoing]:
        path = self._paths[peer]
        return [Outgoing(data, path) for data in self.connections[peer].take_datagrams()]


def device_like(recording: dict[str, Any], profile: Profile = PROFILE) -> MemoryKeeper:
    """Make the database of a device with the identifiers of the recorded one."""
    database = new_database(
        profile, SeededEntropy("like"), device_uuid=UUID(recording["device_uuid"])
    )
    known = {"device": recording.get("piid"), "platform": recording.get("pi")}
    permanent = {name: UUID(value) for name, value in known.items() if value is not None}
    changed: Permanent = replace(database.permanent, **permanent)
    return MemoryKeeper(replace(database, permanent=changed))


class Stage:
    """A network with the recorded addresses: our device on one side, the tool on the other."""

    def __init__(self, keeper: MemoryKeeper, profile: Profile = PROFILE) -> None:
        self.keeper = keeper
        self._profile = profile
        self.tool = Tool()
        self.network = MemoryNetwork()
        self.ports: dict[str, tuple[int, int]] = {}
        """The plain and the secured port at each address of the device."""
        self.device: Device
        self._peers: set[tuple[str, int, bool]] = set()

    def start_device(self, ports: dict[str, list[int]]) -> None:
        """Start the device at addresses with a plain and a secured port each, or start it anew."""
        self.network = MemoryNetwork(now=self.network.now, impairments=Impairments(latency=0.0001))
        self._peers.clear()
        self.ports = {host: (plain, secured) for host, (plain, secured) in ports.items()}
        self.device = local_device(
            self._profile, self.keeper, entropy=SeededEntropy(str(self.network.now))
        )
        self.device.endpoints = [
            Endpoint(scheme, host, port)
            for host, pair in self.ports.items()
            for scheme, port in zip(("coap", "coaps"), pair, strict=True)
        ]
        for host, (plain, secured) in self.ports.items():
            groups = frozenset({"ff02::158"} if ":" in host else {"224.0.1.187"})
            self.network.attach(self.device, host, plain, groups=groups)
            self.network.attach(self.device, host, secured, secured=True)
        self.device.start(self.network.now)

    def address(self, peer: Address, *, secured: bool) -> Address:
        """Return the device's address in the family of `peer`."""
        host = next(host for host in self.ports if (":" in host) == (":" in peer[0]))
        return host, self.ports[host][secured]

    def send(self, peer: Address, to: str, message: bytes) -> None:
        """Let the tool send a CoAP message from `peer`: to the group, plain, or secured."""
        self._meet(peer, secured=to == "secured")
        if to == "secured":
            self.network.send(self.tool.say(peer, message, self.network.now))
            return
        host, port = self.address(peer, secured=False)
        if to == "group":
            host, port = ("ff02::158" if ":" in host else "224.0.1.187"), 5683
        self.network.send([Outgoing(message, Path(*peer, host, port))])

    def open(self, peer: Address, config: ClientConfig) -> None:
        """Let the tool open a DTLS session from `peer`."""
        self._meet(peer, secured=True)
        device = self.address(peer, secured=True)
        self.network.send(self.tool.open(peer, device, config, self.network.now))
        connection = self.tool.connections[peer]
        assert self.network.run_until(lambda: connection.session is not None, timeout=PATIENCE)

    def close(self, peer: Address) -> None:
        """Let the tool end the session from `peer`."""
        self.network.send(self.tool.close(peer, self.network.now))

    def answers(self, expected: int) -> list[Heard]:
        """Wait for so many messages and return what was heard."""
        self.network.run_until(lambda: len(self.tool.heard) >= expected, timeout=PATIENCE)
        return self.take_heard()

    def take_heard(self) -> list[Heard]:
        """Return and forget what the tool has heard."""
        heard, self.tool.heard = self.tool.heard, []
        return heard

    def _meet(self, peer: Address, *, secured: bool) -> None:
        if (*peer, secured) not in self._peers:
            self._peers.add((*peer, secured))
            self.network.attach(self.tool, *peer, secured=secured)


class Owner:
    """The tool's side of the keys: Just Works at first, then the owner credential."""

    def __init__(self, recording: dict[str, Any]) -> None:
        self.uuid = UUID(recording["owner"])
        self.device = UUID(recording["new_uuid"])
        self.key: bytes | None = None

    def config(self) -> ClientConfig:
        """Say what the next handshake offers, looking as the recorded tool's does."""
        psk = CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256
        anonymous = CipherSuite.ECDH_ANON_AES_128_CBC_SHA256
        return ClientConfig(
            suites=(anonymous if self.key is None else psk,),
            psk_identity=self.uuid.bytes,
            psk=lambda hint: self.key if hint == self.device.bytes else None,
            groups=(23, 24),
            signature_algorithms=(0x0603, 0x0601, 0x0503, 0x0501, 0x0403, 0x0401),
        )

    def learn(self, connection: ClientConnection) -> None:
        """Derive the owner credential from the session of the transfer."""
        if self.key is None:
            assert connection.session is not None
            self.key = owner.derive(
                connection.session.key_block,
                suite=connection.session.suite,
                method=TransferMethod.JUST_WORKS,
                owner=self.uuid,
                device=self.device,
            )
