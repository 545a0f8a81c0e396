"""An owned light that lets devices pair, and a device that does so as IoTivity 1.1.1's client."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from uuid import UUID

import cbor2
from aiocoap import DELETE, GET, POST, PUT, Message
from aiocoap.numbers.types import Type
from device_scene import HOST, OWNER, PLAIN, SECURE, Scene, make_scene
from msgspec.structs import replace

from onboardee.device.machine.step import try_to_store
from onboardee.device.simulation.compatibility import Compatibility
from onboardee.device.simulation.profile import DirectPairingSettings, Profile, load
from onboardee.obt import OwnedDevice, run
from onboardee.svrdb.model import Database
from onboardee.wire.dtls import CipherSuite, ClientConfig, DataReceived, Session
from onboardee.wire.dtls.client import ClientConnection
from onboardee.wire.entropy import SeededEntropy
from onboardee.wire.path import Path

PEER = UUID("64697265-6374-7061-6972-696e67446576")
PIN = "24682468"
EVERYTHING = {"resources": [{"href": "*", "rel": "", "rt": "", "if": ""}], "permission": 31}
BY_PIN = (CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256,)
BY_KEY = (CipherSuite.PSK_AES_128_CCM_8, CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256)
METHODS = {"GET": GET, "POST": POST, "PUT": PUT, "DELETE": DELETE}
SWITCH = "/light/switch"


def pairing_profile(*, is_1_1_0: bool = False, **settings: object) -> Profile:
    """Return a light with Direct Pairing."""
    return replace(
        load("light"),
        direct_pairing=DirectPairingSettings(**settings),  # type: ignore[arg-type]
        compat=Compatibility(anonymous_doxm=True, oic_1_1=True, iotivity_1_1_0=is_1_1_0),
    )


@dataclass
class Pairing:
    """A scene whose owner lets devices pair."""

    scene: Scene
    owned: OwnedDevice

    def configure(self, **properties: object) -> None:
        """Write the configuration as the owner."""
        run(self.owned.update("/oic/sec/pconf", {"edp": True, "prm": [1], **properties}))

    @property
    def device(self) -> UUID:
        """The device's UUID."""
        return self.scene.device.database.doxm.device_uuid


def make_pairing(profile: Profile | None = None, **properties: object) -> Pairing:
    """Own a light and let devices pair with it, by a PIN that gives them everything."""
    scene = make_scene(profile or pairing_profile())
    pairing = Pairing(scene, scene.own())
    pairing.configure(**{"pin": PIN.encode(), "pdacl": [EVERYTHING], **properties})
    return pairing


@dataclass
class Peer:
    """A device that pairs, at an address of its own."""

    scene: Scene
    uuid: UUID = PEER
    host: str = "10.0.0.77"
    salt: UUID = OWNER
    label: bytes = b"oic.r.dpairing"
    _ports: "count[int]" = field(default_factory=partial(count, 50000))
    _numbers: "count[int]" = field(default_factory=partial(count, 1))
    connection: ClientConnection | None = None
    _path: Path | None = None

    def ask_group(
        self, method: str, href: str, body: object = None, query: Mapping[str, str] | None = None
    ) -> list[Message]:
        """Send a request to the group; return the answers, which devices hold back a while."""
        path = Path(HOST, PLAIN, self.host, 40000, multicast=True)
        device, now = self.scene.device, self.scene.network.now
        outgoing = device.receive(
            self._message(method, href, body, query or {}).encode(), path, now
        )
        outgoing += device.tick(now + 5)
        answers: list[Message] = []
        while outgoing:
            answer = Message.decode(outgoing.pop().datagram)
            if answer.mtype is Type.CON and not answer.code:
                pong = b"\x70\x00" + answer.mid.to_bytes(2)
                outgoing += device.receive(pong, Path(HOST, PLAIN, self.host, 40000), now + 5)
            else:
                answers.append(answer)
        return answers

    def ask(self, method: str, href: str, body: object = None, **query: str) -> Message:
        """Send a request in the clear; return the one answer to it."""
        path = Path(HOST, PLAIN, self.host, 40000)
        waiting = [self._message(method, href, body, query).encode()]
        answers: list[Message] = []
        while waiting:
            for out in self.scene.device.receive(waiting.pop(), path, self.scene.network.now):
                answer = Message.decode(out.datagram)
                if answer.mtype is Type.CON and not answer.code:
                    # the device wants to know whether we are there (RFC 7252 4.2)
                    waiting.append(b"\x70\x00" + answer.mid.to_bytes(2))
                else:
                    answers.append(answer)
        (found,) = answers
        return found

    def begin(self, method: int = 1, **more: object) -> str:
        """Ask to pair; return the code of the answer."""
        body = self.body(method) | more
        return str(self.ask("POST", "/oic/sec/dpairing", body).code.dotted)

    def body(self, method: int) -> dict[str, object]:
        """Return what is sent to begin, and to end with method 0."""
        nobody = "00000000-0000-0000-0000-000000000000"
        return {"spm": method, "pdeviceuuid": str(self.uuid), "rowneruuid": nobody}

    def open_by_pin(
        self, pin: str = PIN, *, port: int | None = None, rounds: int = 6
    ) -> Session | None:
        """Open the session of the PIN; None if the device refuses."""
        key = hashlib.pbkdf2_hmac("sha256", pin.encode(), self.salt.bytes, 1000, 16)
        return self.open(key, BY_PIN, port=port, rounds=rounds)

    def open(
        self,
        key: bytes,
        suites: tuple[CipherSuite, ...] = BY_KEY,
        *,
        port: int | None = None,
        rounds: int = 6,
    ) -> Session | None:
        """Open a session with a key; None if the device refuses."""
        config = ClientConfig(suites=suites, psk_identity=self.uuid.bytes, psk=lambda _hint: key)
        port = port or next(self._ports)
        seed = f"{self.host} {port} {next(self._numbers)}"
        self.connection = ClientConnection(config, HOST, entropy=SeededEntropy(seed))
        self._path = Path(HOST, SECURE, self.host, port, secured=True)
        self.connection.start(self.scene.network.now)
        return self.go_on(rounds)

    def go_on(self, rounds: int = 6) -> Session | None:
        """Exchange what both sides have to say, so many times; return the session there is."""
        assert self.connection is not None
        for _ in range(rounds):
            self._exchange()
        return self.connection.session

    def tell(self, method: str, href: str, body: object = None, **query: str) -> tuple[str, object]:
        """Send a request over the session; return code and payload of the answer."""
        assert self.connection is not None
        message = self._message(method, href, body, query).encode()
        self.connection.send(message, self.scene.network.now)
        heard = self._exchange()
        if not heard:
            return "silence", None
        answer = Message.decode(heard[0])
        payload = cbor2.loads(answer.payload) if answer.payload else None
        return str(answer.code.dotted), payload

    def end(self, method: int = 0, **more: object) -> str:
        """Ask to end the pairing over the session; return the code of the answer."""
        return self.tell("PUT", "/oic/sec/dpairing", self.body(method) | more)[0]

    def key(self, session: Session, device: UUID) -> bytes:
        """Derive the pairing credential as the client does."""
        secret = session.key_block(96)
        seed = self.label + device.bytes + self.uuid.bytes
        first = hmac.digest(secret, seed, "sha256")
        return hmac.digest(secret, first + seed, "sha256")[:16]

    def pair(self, pin: str = PIN) -> bytes:
        """Pair from the first message to the last; return the credential."""
        assert self.begin() == "2.04"
        session = self.open_by_pin(pin)
        assert session is not None
        assert self.end() == "2.04"
        self.close()
        return self.key(session, self.scene.device.database.doxm.device_uuid)

    def close(self) -> None:
        """End the session."""
        assert self.connection is not None
        self.connection.close(self.scene.network.now)
        self._exchange()

    def _exchange(self) -> list[bytes]:
        assert self.connection is not None
        assert self._path is not None
        now, heard = self.scene.network.now, list[bytes]()
        for datagram in self.connection.take_datagrams():
            for answer in self.scene.device.receive(datagram, self._path, now):
                if answer.path.peer_host == self.host:
                    self.connection.receive(answer.datagram, now)
        heard += [e.data for e in self.connection.take_events() if isinstance(e, DataReceived)]
        return heard

    def _message(self, method: str, href: str, body: object, query: Mapping[str, str]) -> Message:
        message = Message(code=METHODS[method], uri_path=href.strip("/").split("/"))
        message.mtype, message.mid = Type.NON, 1000 + next(self._numbers)
        message.token = message.mid.to_bytes(2)
        message.opt.uri_query = [f"{name}={value}" for name, value in query.items()]
        message.opt.accept = 60
        if body is not None:
            message.payload, message.opt.content_format = cbor2.dumps(body), 60
        return message


def kept(scene: Scene) -> tuple[object, ...]:
    """Return what a pairing changes."""
    database = scene.device.database
    return database.cred, database.acl2, database.pconf


def adopt(scene: Scene, database: Database) -> None:
    """Put another database in place."""
    device = scene.device.device
    step = device.adopt(database, scene.network.now)
    assert step.store is not None
    device.stored(try_to_store(device.store, step.store), scene.network.now)
