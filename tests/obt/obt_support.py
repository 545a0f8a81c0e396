"""Shared by the tests of the onboarding tool: a network, a tool on it, a device that misbehaves."""

import hashlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import cbor2

from onboardee.device.machine.device import Device
from onboardee.device.testing import Impairments, MemoryNetwork, memory_device
from onboardee.device.testing.handler_server import HandlerServer as CoapServer
from onboardee.device.testing.network import GROUPS
from onboardee.obt import (
    LITE,
    Address,
    MemoryTransport,
    ObtEngine,
    Order,
    OwnedDevice,
    StepReport,
    Unowned,
    find_unowned_at,
    run,
    take_ownership,
)
from onboardee.obt.keys import KEY_BLOCK_SIZES, LABELS
from onboardee.obt.model import TransferMethod
from onboardee.pki.key_pairs import CertifiedKey
from onboardee.wire.coap import Code, Method, Request, Response
from onboardee.wire.dtls import (
    CipherSuite,
    DataReceived,
    Offer,
    ServerEndpoint,
    Session,
    VerifyChain,
)
from onboardee.wire.dtls.keys import p_hash
from onboardee.wire.entropy import SeededEntropy
from onboardee.wire.path import Outgoing, Path
from onboardee.wire.wall_clock import utc_now

OWNER = UUID("11111111-2222-4333-8444-555555555555")
FAKE = UUID("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee")
NIL = str(UUID(int=0))
HOST = "10.0.0.10"
PLAIN = Address(HOST, 5683)
SECURED = Address(HOST, 5684)


@dataclass
class Scene:
    """A network with a tool on it, and all steps that the tool reported."""

    network: MemoryNetwork
    transport: MemoryTransport
    steps: list[StepReport] = field(default_factory=list)

    def find(self) -> Unowned:
        """Ask the device at the usual address."""
        return run(find_unowned_at(self.transport, PLAIN, on_step=self.steps.append))

    def own(self, order: Order = LITE, **options: Any) -> OwnedDevice:
        """Own the device at the usual address."""
        device, report = self.find(), self.steps.append
        taking = take_ownership(
            self.transport, device, OWNER, order=order, on_step=report, **options
        )
        return run(taking)


def scene(seed: int = 0, impairments: Impairments | None = None) -> Scene:
    """Make a network with a tool and nothing else."""
    network = MemoryNetwork(seed=seed, impairments=impairments)
    engine = ObtEngine(entropy=SeededEntropy(f"tool {seed}"))
    return Scene(network, MemoryTransport(network, engine))


def scene_with_light(seed: int = 0, impairments: Impairments | None = None) -> tuple[Scene, Device]:
    """Make a network with a tool and a light."""
    made = scene(seed, impairments)
    return made, memory_device(made.network, "light", seed=seed, wall_clock=utc_now)


Script = Callable[["FakeDevice", Request], Response | None]


def representation(value: object) -> Response:
    """Make an answer of the right form."""
    return Response(Code.CONTENT, cbor2.dumps(value), 10000, 2048)


class FakeDevice:
    """A device that believes everything and checks nothing.

    `script` sees each request first and may answer it in the device's place.
    """

    def __init__(self, network: MemoryNetwork, script: Script | None = None) -> None:
        entropy = SeededEntropy("fake")
        self.script = script
        self.requests: list[tuple[Request, bool]] = []
        """What was asked, and whether over a session."""
        self.hint: bytes | None = None
        """The identity hint to lie with."""
        self.key = b""
        self.pin = "12345678"
        self.certificate: CertifiedKey | None = None
        self.verify_tool: VerifyChain | None = None
        """Wants a certificate of the tool, too, as IoTivity's servers do."""
        self.suites: tuple[CipherSuite, ...] = (CipherSuite.ECDHE_ECDSA_AES_128_CCM_8,)
        self.names: list[bytes] = []
        """The identities that clients with a PIN gave."""
        self.doxm: dict[str, Any] = {
            "oxms": [0],
            "oxmsel": 4,
            "sct": 1,
            "owned": False,
            "deviceuuid": str(FAKE),
            "devowneruuid": NIL,
            "rowneruuid": NIL,
        }
        self.pstat: dict[str, Any] = {
            "dos": {"s": 1, "p": False},
            "isop": False,
            "cm": 2,
            "tm": 0,
            "om": 3,
            "sm": 4,
            "rowneruuid": NIL,
        }
        self.link: dict[str, Any] = {
            "anchor": f"ocf://{FAKE}",
            "href": "/oic/sec/doxm",
            "rt": ["oic.r.doxm"],
            "if": ["oic.if.rw"],
            "eps": [{"ep": f"coap://{PLAIN}"}, {"ep": f"coaps://{SECURED}"}],
        }
        self._coap = CoapServer(self._handle, entropy=entropy)
        self._dtls = ServerEndpoint(self, entropy=entropy)
        network.attach(self, HOST, PLAIN.port, groups=GROUPS)
        network.attach(self, HOST, SECURED.port, secured=True)

    def offer(self, address: Hashable, /) -> Offer | None:
        """Offer what the method needs before the change of owners, the pairwise key after it."""
        uuid = UUID(self.doxm["deviceuuid"]).bytes
        hint = uuid if self.hint is None else self.hint
        psk = (CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256,)
        if self.pstat["dos"]["s"] != 1:
            return Offer(psk, psk_hint=hint, psk=lambda _: self.key)
        if self.doxm["oxmsel"] == 1:
            # iterations and size as OCF has them
            key = hashlib.pbkdf2_hmac("sha256", self.pin.encode(), uuid, 1000, 16)
            return Offer(psk, psk_hint=hint, psk=lambda name: self._pin_key(name, key))
        if self.doxm["oxmsel"] == 2:
            return Offer(self.suites, certificate=self.certificate, verify_peer=self.verify_tool)
        return Offer((CipherSuite.ECDH_ANON_AES_128_CBC_SHA256,))

    def _pin_key(self, name: bytes, key: bytes) -> bytes:
        self.names.append(name)
        return key

    def receive(self, datagram: bytes, path: Path, now: float) -> list[Outgoing]:
        """Take a datagram, return those to be sent."""
        if path.secured:
            self._dtls.receive(datagram, path, now)
        else:
            self._coap.receive(datagram, path, now, multicast=path.multicast)
        return self._flush(now)

    def tick(self, now: float) -> list[Outgoing]:
        """Do what is due."""
        self._dtls.tick(now)
        self._coap.tick(now)
        return self._flush(now)

    def next_deadline(self) -> float | None:
        """Return when `tick` has something to do."""
        deadlines = (self._dtls.next_deadline(), self._coap.next_deadline())
        return min((each for each in deadlines if each is not None), default=None)

    def posts(self, path: str) -> list[dict[str, Any]]:
        """Return the bodies of the updates of one resource."""
        return [
            cbor2.loads(request.payload)
            for request, _ in self.requests
            if request.path == path and request.method is Method.POST
        ]

    def close_sessions(self, now: float) -> list[Outgoing]:
        """Say goodbye to all."""
        self._dtls.close_all(now)
        return self._flush(now)

    def notify(self, key: Hashable, now: float) -> None:
        """Tell observers at the next tick."""
        self._coap.notify(key, now)

    def _flush(self, now: float) -> list[Outgoing]:
        for event in self._dtls.take_events():
            if isinstance(event, DataReceived):
                self._coap.receive(event.data, event.session, now)
        outgoing = []
        for remote, message in self._coap.take_outgoing():
            if isinstance(remote, Path):
                outgoing.append(Outgoing(message, remote))
            elif isinstance(remote, Session) and remote.alive:
                self._dtls.send(remote, message, now)
        for datagram, address in self._dtls.take_datagrams():
            assert isinstance(address, Path)
            outgoing.append(Outgoing(datagram, address))
        return outgoing

    def _handle(self, request: Request, remote: Hashable, now: float) -> Response | None:
        session = remote if isinstance(remote, Session) else None
        self.requests.append((request, session is not None))
        answer = self.script(self, request) if self.script is not None else None
        if answer is not None:
            return answer
        if request.method is Method.GET:
            return self._retrieve(request.path)
        if request.method is Method.DELETE:
            return Response(Code.DELETED)
        self._update(request, session)
        return Response(Code.CHANGED)

    def _retrieve(self, path: str) -> Response:
        known = {
            "/oic/sec/doxm": self.doxm,
            "/oic/sec/pstat": self.pstat,
            "/oic/res": [self.link],
            "/oic/d": {"di": self.doxm["deviceuuid"], "n": "Fake", "icv": "ocf.2.2.5"},
        }
        return representation(known[path]) if path in known else Response(Code.NOT_FOUND)

    def _update(self, request: Request, session: Session | None) -> None:
        if request.path == "/oic/sec/cred":
            self._make_key(request, session)
            return
        body = cbor2.loads(request.payload)
        if request.path == "/oic/sec/doxm":
            self.doxm |= body
        elif request.path == "/oic/sec/pstat":
            state = body.pop("dos", self.pstat["dos"])["s"]
            self.pstat |= {**body, "dos": {"s": state, "p": False}, "isop": state == 3}

    def _make_key(self, request: Request, session: Session | None) -> None:
        """Take the key that comes, or derive it with the engine's own PRF."""
        marker = b"\x64data\x70"
        at = request.payload.find(marker)
        if at >= 0:
            self.key = request.payload[at + len(marker) :][:16]
            return
        assert session is not None
        seed = (
            LABELS[TransferMethod(self.doxm["oxmsel"])]
            + OWNER.bytes
            + UUID(self.doxm["deviceuuid"]).bytes
        )
        self.key = p_hash(session.key_block(KEY_BLOCK_SIZES[session.suite]), seed, 16)
