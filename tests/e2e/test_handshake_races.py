"""Handshakes that end after the device has changed its mind, and several at a time."""

from dataclasses import dataclass, field
from typing import Any

import cbor2
import pytest
from aiocoap import POST, Message
from aiocoap.numbers.types import Type
from certificate_scene import (
    FRIEND,
    ROOT,
    Peer,
    Stage,
    with_certificate,
    with_key,
)
from device_scene import HOST, PLAIN, SECURE, Scene, make_scene
from test_certificate_life import take_ownership
from test_pin_life import LITERAL, connect, pin_profile, select_pin

from onboardee.device import events
from onboardee.device.security.pin import pin_key
from onboardee.device.security.tries import A_MINUTE as TRIES_OF_A_HOST
from onboardee.device.security.tries import ALL_A_MINUTE as TRIES_A_MINUTE
from onboardee.device.testing.local import LocalDevice
from onboardee.pki import issuing
from onboardee.svrdb.model import State
from onboardee.wire.coap import Code
from onboardee.wire.dtls import CipherSuite, ClientConfig, Session
from onboardee.wire.dtls.client import ClientConnection
from onboardee.wire.dtls.record import split
from onboardee.wire.entropy import SeededEntropy
from onboardee.wire.path import Path

ANON = CipherSuite.ECDH_ANON_AES_128_CBC_SHA256
PSK = CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256
JUST_WORKS = ClientConfig(suites=(ANON,))
FINISHED, CHANGE = 93, 14
"""Octets of the last two records of a client's flight, with CBC."""


def by_pin(scene: Scene, pin: str) -> ClientConfig:
    """Make a client that types in a PIN."""
    key = pin_key(pin, scene.device.database.doxm.device_uuid)
    return ClientConfig(suites=(PSK,), psk_identity=LITERAL, psk=lambda _hint: key)


def select(scene: Scene, method: int, number: int = 1) -> None:
    """Select a method over plain CoAP, as anybody may."""
    message = Message(code=POST, uri_path=("oic", "sec", "doxm"), content_format=10000)
    message.mtype, message.mid, message.token = Type.CON, number, b"1"
    message.payload = cbor2.dumps({"oxmsel": method})
    path = Path(HOST, PLAIN, "10.0.0.66", 5000)
    (answer,) = scene.device.receive(message.encode(), path, scene.network.now)
    assert answer.datagram[1] == 0x44


@dataclass
class Client:
    """Goes through a handshake up to its last flight, which `finish` sends."""

    device: LocalDevice
    config: ClientConfig
    port: int = 6666
    now: float = 0.0
    path: Path | None = None
    held: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        entropy = SeededEntropy(f"client {self.port}")
        self.dtls = ClientConnection(self.config, HOST, entropy=entropy)
        self.path = self.path or Path(HOST, SECURE, "10.0.0.66", self.port, secured=True)
        self.dtls.start(self.now)
        for _ in range(4):
            for datagram in self.dtls.take_datagrams():
                if any(record.epoch for record in split(datagram)):
                    self.held.append(datagram)
                else:
                    self._send(datagram)

    def exchange(self) -> None:
        """Send the key exchange, and nothing that comes after it."""
        (flight,) = self.held
        self._send(flight[: -FINISHED - CHANGE])

    def finish(self, now: float | None = None) -> Session | None:
        """Send the last flight; return the session if there is one."""
        self.now = self.now if now is None else now
        for datagram in self.held:
            self._send(datagram)
        return self.dtls.session

    def _send(self, datagram: bytes) -> None:
        assert self.path is not None
        for answer in self.device.receive(datagram, self.path, self.now):
            if answer.path == self.path:
                self.dtls.receive(answer.datagram, self.now)


def test_the_first_to_finish_takes_ownership() -> None:
    """Of several handshakes the first to finish has the device; the others lead to nothing."""
    scene = make_scene()
    select(scene, 0)
    clients = [Client(scene.device, JUST_WORKS, port=port) for port in range(5)]
    assert all(client.held for client in clients)
    first = clients.pop(3).finish()
    assert first is not None
    assert len(scene.seen(events.HandshakeRefused)) == 4
    assert [client.finish() for client in clients] == [None] * 4
    assert len(scene.device.sessions) == 1
    assert len(scene.seen(events.SessionOpened)) == 1


def test_a_handshake_opens_nothing_once_a_reset_is_due() -> None:
    """A client that had begun before the device decided to reset itself gets no session."""
    scene = make_scene(pin_profile(fixed="2468"))
    select_pin(scene)
    waiting = Client(scene.device, by_pin(scene, "2468"), now=scene.network.now)
    for attempt in range(5):
        assert connect(scene, "0000", port=6000 + attempt) is None
    assert scene.device.is_resetting
    assert waiting.held
    assert waiting.finish() is None
    assert not scene.device.sessions


def test_a_handshake_with_a_good_key_opens_nothing_once_a_reset_was_requested() -> None:
    """Only who had a session before sees what becomes of a device that is about to reset."""
    stage = Stage().certified()
    owner = Peer(stage, with_key())
    late = Client(stage.device, with_key())
    late.exchange()
    assert owner.post("/oic/sec/pstat", {"dos": {"s": 0}}) is Code.CHANGED
    assert stage.device.is_resetting
    assert late.finish() is None


def test_a_reset_forgets_tries_that_it_ends() -> None:
    """What was going on when somebody pressed the button does not count afterwards."""
    scene = make_scene(pin_profile(fixed="2468"))
    select_pin(scene)
    Client(scene.device, by_pin(scene, "0000"), now=scene.network.now).exchange()
    scene.device.press_reset(scene.network.now)
    select_pin(scene, 2)
    for attempt in range(4):
        assert connect(scene, "0000", port=6000 + attempt) is None
    assert not scene.seen(events.ResetScheduled)
    assert connect(scene, "2468", port=7000) is not None


class Double(Peer):
    """A tool that begins another handshake from the same port right before its last step."""

    last_moment: Client | None = None

    def post(self, path: str, body: Any) -> Code:
        """Update."""
        if body == {"dos": {"s": 2}}:
            self.last_moment = Client(
                self.stage.device, JUST_WORKS, port=99, path=self.session.address
            )
            assert self.last_moment.held
        return super().post(path, body)


def test_an_ownership_connection_begins_and_ends_before_there_is_an_owner() -> None:
    """A handshake of the unowned device gives no right over the owned one, from any port."""
    stage = Stage()
    assert Peer(stage).post("/oic/sec/doxm", {"oxmsel": 0}) is Code.CHANGED
    tool = Double(stage, JUST_WORKS)
    take_ownership(tool)
    assert stage.database.state is State.RFPRO
    assert tool.last_moment is not None
    assert tool.last_moment.finish() is None
    assert len(stage.device.sessions) == 1
    assert tool.get("/oic/sec/doxm")["owned"] is True


FRIENDS = ROOT.issue(issuing.identity(FRIEND))


@pytest.mark.parametrize(
    "config",
    [with_key(), with_certificate(FRIENDS.certified_key)],
    ids=["key", "certificate"],
)
def test_a_credential_that_is_removed_meanwhile_opens_nothing(config: ClientConfig) -> None:
    """Whoever has begun with a credential that the owner then removes gets no session."""
    stage = Stage().certified()
    owner = Peer(stage, with_key())
    assert owner.post("/oic/sec/pstat", {"dos": {"s": 2}}) is Code.CHANGED
    late = Client(stage.device, config)
    assert late.held
    for credid in (8, 1):
        assert owner.delete("/oic/sec/cred", f"credid={credid}") is Code.DELETED
    assert late.finish() is None
    assert late.path not in {session.address for session in stage.device.sessions}


def test_tries_of_one_host_leave_another_its_own() -> None:
    """A stranger that guesses is not answered any more, the tool of another host is."""
    scene = make_scene(pin_profile(fixed="2468"))
    scene.network.run(100)
    select_pin(scene)
    for attempt in range(TRIES_OF_A_HOST):
        wrong = Client(
            scene.device, by_pin(scene, "0000"), port=6000 + attempt, now=scene.network.now
        )
        assert wrong.finish() is None
        if attempt == 4:
            scene.network.run(3)
            select_pin(scene, 2)
    right = Client(scene.device, by_pin(scene, "2468"), port=7000, now=scene.network.now)
    assert not right.held
    assert scene.seen(events.HandshakeRefused)[-1].reason.startswith("there were too many tries")
    assert connect(scene, "2468", port=7001) is not None


def test_tries_of_all_hosts_are_few() -> None:
    """Guessing from many hosts is not faster: the eleventh try within a minute is no try."""
    scene = make_scene(pin_profile(fixed="2468"))
    tries = 0
    for attempt in range(20):
        if attempt % 5 == 0:
            scene.network.run(3)
            select_pin(scene, attempt + 1)
        path = Path(HOST, SECURE, f"10.0.1.{attempt}", 6000, secured=True)
        guess = Client(scene.device, by_pin(scene, "0000"), now=scene.network.now, path=path)
        tries += bool(guess.held)
        assert guess.finish(scene.network.now) is None
    assert tries == TRIES_A_MINUTE


def test_a_right_pin_too_soon_is_not_called_wrong() -> None:
    """Who has to wait hears nothing, and is let in when it comes again later."""
    scene = make_scene(pin_profile(fixed="2468"))
    scene.network.run(100)
    select_pin(scene)
    for attempt in range(TRIES_OF_A_HOST):
        Client(
            scene.device, by_pin(scene, "0000"), port=6000 + attempt, now=scene.network.now
        ).finish()
        if attempt == 4:
            scene.network.run(3)
            select_pin(scene, 2)
    right = Client(scene.device, by_pin(scene, "2468"), port=7000, now=scene.network.now)
    assert right.dtls.take_events() == []
    scene.network.run(60)
    assert right.dtls.take_events() == []
    again = Client(scene.device, by_pin(scene, "2468"), port=7000, now=scene.network.now)
    assert again.finish() is not None


def test_a_try_counts_that_another_selection_ends() -> None:
    """Selecting another method ends a try of the PIN, and does not undo it."""
    scene = make_scene(pin_profile(fixed="2468"))
    for attempt in range(5):
        assert not scene.seen(events.ResetScheduled)
        select_pin(scene, 10 + 2 * attempt)
        client = Client(
            scene.device, by_pin(scene, "0000"), port=6000 + attempt, now=scene.network.now
        )
        client.exchange()
        select(scene, 0, 11 + 2 * attempt)
    (scheduled,) = scene.seen(events.ResetScheduled)
    assert scheduled.reason == "too many wrong PINs"


@pytest.mark.parametrize("ended_by", ["another method", "the button", "another database"])
def test_the_end_of_a_handshake_is_told_at_once(ended_by: str) -> None:
    """What ends handshakes says so then, not with the next datagram."""
    scene = make_scene(pin_profile())
    select(scene, 0)
    assert Client(scene.device, JUST_WORKS).held
    assert not scene.seen(events.HandshakeRefused)
    match ended_by:
        case "another method":
            select(scene, 1, 2)
        case "the button":
            scene.device.press_reset(0.0)
        case _:
            scene.device.adopt(scene.device.database, 0.0)
    assert [event.reason for event in scene.seen(events.HandshakeRefused)] == ["abandoned"]


def test_guesses_from_many_hosts_leave_a_tool_its_own() -> None:
    """Thirty hosts that guess do not use up the tries of the owner of a PIN of eight digits."""
    scene = make_scene(pin_profile(fixed="24681357"))
    for number in range(30):
        if number % 5 == 0:
            scene.network.run(3)
            select_pin(scene, number + 1)
        path = Path(HOST, SECURE, f"10.0.1.{number}", 6000, secured=True)
        guess = Client(scene.device, by_pin(scene, "0000"), now=scene.network.now, path=path)
        assert guess.finish() is None
    scene.network.run(3)
    select_pin(scene, 100)
    assert connect(scene, "24681357", port=7001) is not None
