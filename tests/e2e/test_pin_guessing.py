"""Guessing the PIN: every way to try one counts, and there are few tries a minute."""

import hashlib
from collections.abc import Callable

import pytest
from device_scene import HOST, SECURE, Scene, make_scene
from test_pin_life import LITERAL, connect, pin_profile, select_pin

from onboardee.device import events
from onboardee.device.security.tries import ALL_A_MINUTE as TRIES_A_MINUTE
from onboardee.obt import run
from onboardee.svrdb.model import State
from onboardee.wire.dtls import CipherSuite, ClientConfig
from onboardee.wire.dtls.client import ClientConnection
from onboardee.wire.dtls.record import split
from onboardee.wire.entropy import SeededEntropy
from onboardee.wire.path import Path


def encoded(content_type: int, epoch: int, number: int, fragment: bytes) -> bytes:
    """Encode a record."""
    head = bytes((content_type,)) + b"\xfe\xfd" + epoch.to_bytes(2) + (number % 2**48).to_bytes(6)
    return head + len(fragment).to_bytes(2) + fragment


def padded(datagram: bytes) -> list[bytes]:
    """Give Finished a block more than it has."""
    return [
        encoded(
            each.content_type,
            each.epoch,
            each.sequence,
            each.fragment + bytes(16) if each.epoch else each.fragment,
        )
        for each in split(datagram)
    ]


def finished_first(datagram: bytes) -> list[bytes]:
    """Let Finished come before ChangeCipherSpec."""
    parts = list(split(datagram))
    ordered = [each for each in parts if each.epoch] + [each for each in parts if not each.epoch]
    return [
        encoded(each.content_type, each.epoch, each.sequence, each.fragment) for each in ordered
    ]


def without_finished(datagram: bytes) -> list[bytes]:
    """Stop after the key exchange."""
    return [
        encoded(each.content_type, 0, each.sequence, each.fragment)
        for each in split(datagram)
        if not each.epoch
    ]


Tamper = Callable[[bytes], list[bytes]]

WAYS: dict[str, Tamper] = {
    "padded": padded,
    "finished first": finished_first,
    "key exchange only": without_finished,
}


def attempt(scene: Scene, port: int, tamper: Tamper = without_finished, *, seed: int = 0) -> None:
    """Begin a handshake with a wrong PIN whose datagrams arrive as `tamper` makes them.

    Another `seed` makes it another handshake than one from the same port before it.
    """
    uuid = scene.device.database.doxm.device_uuid
    key = hashlib.pbkdf2_hmac("sha256", b"wrong", uuid.bytes, 1000, 16)
    config = ClientConfig(
        suites=(CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256,),
        psk_identity=LITERAL,
        psk=lambda _hint: key,
    )
    client = ClientConnection(config, HOST, entropy=SeededEntropy(f"{port} {seed}"))
    path = Path(HOST, SECURE, "10.0.0.66", port, secured=True)
    client.start(scene.network.now)
    for _ in range(6):
        for datagram in client.take_datagrams():
            for piece in tamper(datagram):
                for answer in scene.device.receive(piece, path, scene.network.now):
                    client.receive(answer.datagram, scene.network.now)
    assert client.session is None


def guess(scene: Scene, port: int, tamper: Tamper) -> None:
    """Try a wrong PIN in an unusual way, and wait until the device has given up on it."""
    attempt(scene, port, tamper)
    scene.network.run(40)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_every_way_to_try_counts(way: Callable[[bytes], list[bytes]]) -> None:
    """Five tries reset the device, however they evade the alert of a wrong PIN."""
    scene = make_scene(pin_profile())
    select_pin(scene)
    for number in range(4):
        guess(scene, 6000 + number, way)
        assert not scene.seen(events.ResetScheduled)
    guess(scene, 7000, way)
    (scheduled,) = scene.seen(events.ResetScheduled)
    assert scheduled.reason == "too many wrong PINs"


def test_a_superseded_try_counts() -> None:
    """A new handshake from the same port does not undo the one before it."""
    scene = make_scene(pin_profile())
    select_pin(scene)
    for seed in range(5):
        attempt(scene, 6666, seed=seed)
    scene.network.run(40)
    assert scene.seen(events.ResetScheduled)


def test_tries_a_minute_are_bounded_over_resets() -> None:
    """With a fixed PIN the right one opens nothing after ten tries, until a minute is over."""
    scene = make_scene(pin_profile(fixed="2468"))
    tries = 0
    while tries < TRIES_A_MINUTE:
        select_pin(scene, 100 + tries)
        for _ in range(5):
            assert connect(scene, "0000", port=6000 + tries) is None
            tries += 1
        scene.network.run(3)
        assert scene.device.database.state is State.RFOTM
    select_pin(scene, 500)
    assert connect(scene, "2468", port=7000) is None
    scene.network.run(61)
    select_pin(scene, 501)
    assert connect(scene, "2468", port=7001) is not None


def test_those_who_come_too_late_undo_no_transfer() -> None:
    """Handshakes that a finished one puts an end to do not count as wrong PINs."""
    scene = make_scene(pin_profile())
    pin = select_pin(scene)
    for number in range(4):
        assert connect(scene, "0000", port=6000 + number) is None
    attempt(scene, 6666)
    assert connect(scene, pin, port=7000) is not None
    scene.network.send(scene.device.tick(scene.network.now))
    assert scene.seen(events.HandshakeRefused)[-1].reason == "abandoned"
    scene.network.run(40)
    assert not scene.seen(events.ResetScheduled)


def test_a_stranger_keeps_no_tool_from_owning() -> None:
    """While a stranger's handshake hangs half open, a tool opens the ownership connection."""
    scene = make_scene(pin_profile())
    pin = select_pin(scene)
    stranger = ClientConnection(
        ClientConfig(suites=(CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256,), psk_identity=b"x"),
        HOST,
        entropy=SeededEntropy(9),
    )
    path = Path(HOST, SECURE, "10.0.0.66", 6666, secured=True)
    stranger.start(scene.network.now)
    for datagram in stranger.take_datagrams():
        for answer in scene.device.receive(datagram, path, scene.network.now):
            stranger.receive(answer.datagram, scene.network.now)
    for datagram in stranger.take_datagrams():
        assert scene.device.receive(datagram, path, scene.network.now)
    assert connect(scene, pin) is not None


def test_a_device_about_to_reset_opens_no_session() -> None:
    """Between the last wrong PIN and the reset nobody is answered, nor is the PIN shown."""
    scene = make_scene(pin_profile(fixed="2468"))
    select_pin(scene)
    for number in range(5):
        assert connect(scene, "0000", port=6000 + number) is None
    assert scene.seen(events.ResetScheduled)
    assert scene.device.pin is None
    path = Path(HOST, SECURE, "10.0.0.5", 7000, secured=True)
    assert scene.device.offer(path) is None
    assert connect(scene, "2468", port=7000) is None


def test_a_device_asked_to_reset_opens_no_session() -> None:
    """Once the owner wishes a reset, no new session is opened, not even with its key."""
    scene = make_scene()
    owned = scene.own()
    run(owned.reset())
    path = Path(HOST, SECURE, "10.0.0.5", 7000, secured=True)
    assert scene.device.is_resetting
    assert scene.device.offer(path) is None
    scene.network.run(10)
    assert scene.device.database.state is State.RFOTM


def test_a_device_that_undoes_a_transfer_opens_no_session() -> None:
    """Once a transfer was cut off, nobody is answered until the device has reset itself."""
    scene = make_scene()
    scene.begin_transfer()
    assert scene.network.run_until(lambda: scene.device.is_resetting)
    assert not scene.device.sessions
    path = Path(HOST, SECURE, "10.0.0.5", 7000, secured=True)
    assert scene.device.offer(path) is None
    scene.network.run(10)
    assert scene.device.database.state is State.RFOTM
