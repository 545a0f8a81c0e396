"""Whatever arrives on whatever socket: nothing raises, nothing grows, nobody else is harmed."""

import json
import random
import tracemalloc
from pathlib import Path as File

import pytest
from device_scene import HOST, OWNER, PLAIN, SECURE, Scene, make_scene
from hypothesis import given, settings
from hypothesis import strategies as st

from onboardee.obt import run
from onboardee.wire.path import Path

VECTORS = File(__file__).parents[1] / "vectors"
GROUP = Path(HOST, PLAIN, "10.0.0.66", 6666, multicast=True)
STRANGER_PLAIN = Path(HOST, PLAIN, "10.0.0.66", 6666)
STRANGER_SECURED = Path(HOST, SECURE, "10.0.0.66", 6666, secured=True)


def recorded() -> list[bytes]:
    """Gather datagrams of a real tool: CoAP messages and DTLS records."""
    found: list[bytes] = []

    def gather(value: object) -> None:
        if isinstance(value, dict):
            for each in value.values():
                gather(each)
        elif isinstance(value, list):
            for each in value:
                gather(each)
        elif isinstance(value, str) and len(value) > 20 and set(value) <= set("0123456789abcdef"):
            found.append(bytes.fromhex(value[: len(value) // 2 * 2]))

    for name in ("real-coap.json", "real-sessions.json"):
        gather(json.loads((VECTORS / name).read_text()))
    return found


SEEDS = recorded()


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A real datagram with some octets changed, removed or repeated."""
    data = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        match draw(st.integers(0, 2)):
            case 0 if data:
                data[at] = draw(st.integers(0, 255))
            case 1:
                del data[at : at + draw(st.integers(1, 8))]
            case _:
                data[at:at] = draw(st.binary(max_size=8))
    return bytes(data)


DATAGRAMS = st.lists(st.one_of(st.binary(max_size=200), mutated()), max_size=30)


def session_path(scene: Scene) -> Path:
    """Return the path of the owner's session, as a forger would imitate it."""
    (session,) = scene.device.sessions
    assert isinstance(session.address, Path)
    return session.address


@pytest.fixture(scope="module")
def owned_scene() -> Scene:
    """A light whose owner has a session open."""
    scene = make_scene()
    scene.owner = scene.own()  # type: ignore[attr-defined]
    run(scene.owner.read("/light/switch"))  # type: ignore[attr-defined]
    return scene


@settings(max_examples=150, deadline=None)
@given(datagrams=DATAGRAMS)
def test_owner_goes_on_whatever_strangers_send(owned_scene: Scene, datagrams: list[bytes]) -> None:
    """Random and mutated datagrams on every socket, also under the owner's address, harm nobody."""
    device, network = owned_scene.device, owned_scene.network
    before = device.database
    (session,) = device.sessions
    paths = (STRANGER_PLAIN, STRANGER_SECURED, GROUP, session_path(owned_scene))
    for datagram in datagrams:
        for path in paths:
            device.receive(datagram, path, network.now)
    device.tick(network.now)
    assert device.database == before
    assert session in device.sessions
    assert run(owned_scene.owner.read("/light/switch")) == {"value": False}  # type: ignore[attr-defined]


@settings(max_examples=100, deadline=None)
@given(datagrams=DATAGRAMS)
def test_unowned_device_can_still_be_owned(datagrams: list[bytes]) -> None:
    """A device without owner that got garbage on every socket is owned all the same."""
    scene = make_scene()
    for datagram in datagrams:
        for path in (STRANGER_PLAIN, STRANGER_SECURED, GROUP):
            scene.device.receive(datagram, path, scene.network.now)
    scene.network.run(60)
    assert scene.own().ownership.owner == OWNER


def test_memory_stays_bounded() -> None:
    """Tens of thousands of hostile datagrams from as many addresses leave bounded memory behind."""
    scene = make_scene()
    scene.own().close()
    chance = random.Random(7)

    def attack(rounds: int) -> None:
        for number in range(rounds):
            data = bytearray(chance.choice(SEEDS))
            data[chance.randrange(len(data))] = chance.randrange(256)
            peer = f"10.{chance.randrange(200)}.{chance.randrange(256)}.{chance.randrange(256)}"
            port = chance.randrange(1024, 65536)
            secured = number % 2 == 0
            path = Path(HOST, SECURE if secured else PLAIN, peer, port, secured=secured)
            scene.device.receive(bytes(data), path, scene.network.now + number / 1000)

    attack(6000)
    tracemalloc.start()
    attack(12000)
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 6 * 2**20


def test_flood_of_questions_is_answered_within_the_budget() -> None:
    """A forged source gets its allowance and no more, and others are served meanwhile."""
    scene = make_scene()
    question = bytes.fromhex("4401000161626364b36f696303726573")
    sent = 0
    for number in range(3000):
        datagram = question[:2] + number.to_bytes(2) + question[4:]
        sent += sum(
            len(item.datagram) for item in scene.device.receive(datagram, STRANGER_PLAIN, 1.0)
        )
    assert sent < 64 * 1024 + 3 * 3000 * len(question)
    other = Path(HOST, PLAIN, "10.0.0.77", 7777)
    assert scene.device.receive(question, other, 1.0)
