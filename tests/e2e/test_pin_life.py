"""Whole transfers by random PIN, with sessions opened as deployed tools open them."""

import hashlib
from collections.abc import Callable
from itertools import count
from uuid import UUID

import cbor2
import pytest
from aiocoap import POST, Message
from aiocoap.numbers.types import Type
from device_scene import HOST, PLAIN, SECURE, Scene, make_scene
from msgspec.structs import replace

from onboardee.device import events
from onboardee.device.simulation.profile import OwnerTransferMethod, PinSettings, Profile, load
from onboardee.svrdb.model import State, TransferMethod
from onboardee.wire.dtls import CipherSuite, ClientConfig, Session
from onboardee.wire.dtls.client import ClientConnection
from onboardee.wire.entropy import SeededEntropy
from onboardee.wire.path import Path

TOOL = UUID("22222222-2222-4333-8444-555555555555")
LITERAL = b"oic.sec.doxm.rdp"


def pin_profile(**pin: object) -> Profile:
    """Return a light that offers the random PIN."""
    light = load("light")
    methods = (OwnerTransferMethod.JUST_WORKS, OwnerTransferMethod.RANDOM_PIN)
    return replace(
        light,
        ownership=replace(light.ownership, methods=methods, pin=PinSettings(**pin)),  # type: ignore[arg-type]
    )


def select_pin(scene: Scene, number: int = 1) -> str:
    """Select the method over plain CoAP, and read the PIN at the device."""
    select(scene, 1, number)
    return scene.seen(events.PinShown)[-1].pin


def select(scene: Scene, method: int, number: int = 1) -> None:
    """Select a method over plain CoAP."""
    message = Message(code=POST, uri_path=("oic", "sec", "doxm"), content_format=10000)
    message.mtype, message.mid, message.token = Type.CON, number, b"1"
    message.payload = cbor2.dumps({"oxmsel": method})
    path = Path(HOST, PLAIN, "10.0.0.5", 5000)
    (answer,) = scene.device.receive(message.encode(), path, scene.network.now)
    assert answer.datagram[1] == 0x44


def connect(
    scene: Scene,
    pin: str,
    identity: bytes = LITERAL,
    *,
    port: int = 5001,
    between: Callable[[], object] = lambda: None,
) -> Session | None:
    """Open a session with a PIN as a tool does; None if the device refuses.

    `between` happens after each of its datagrams.
    """
    uuid = scene.device.database.doxm.device_uuid
    hints: list[bytes] = []

    def key(hint: bytes) -> bytes:
        hints.append(hint)
        return hashlib.pbkdf2_hmac("sha256", pin.encode(), uuid.bytes, 1000, 16)

    config = ClientConfig(
        suites=(CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256,), psk_identity=identity, psk=key
    )
    client = ClientConnection(config, HOST, entropy=SeededEntropy(port))
    path = Path(HOST, SECURE, "10.0.0.5", port, secured=True)
    client.start(scene.network.now)
    for _ in range(6):
        for datagram in client.take_datagrams():
            for answer in scene.device.receive(datagram, path, scene.network.now):
                client.receive(answer.datagram, scene.network.now)
            between()
    if hints:
        assert hints[0] in {uuid.bytes, b"oic.sec.doxm.rdp:" + uuid.bytes}
    return client.session


@pytest.mark.parametrize("identity", [LITERAL, TOOL.bytes, b""], ids=["literal", "uuid", "empty"])
def test_right_pin_opens_the_ownership_connection(identity: bytes) -> None:
    """Whatever a tool calls itself, the PIN alone opens the connection, and gives no identity."""
    scene = make_scene(pin_profile())
    assert connect(scene, select_pin(scene), identity) is not None
    (opened,) = scene.seen(events.SessionOpened)
    assert opened.identity == "ownership connection"


def test_a_preconfigured_pin_opens_it_too_and_is_not_told() -> None:
    """IoTivity's own method: device and tool have known the PIN before, and no event has it."""
    light = pin_profile(fixed="12341234")
    methods = (OwnerTransferMethod.PRECONFIGURED_PIN,)
    scene = make_scene(replace(light, ownership=replace(light.ownership, methods=methods)))
    select(scene, 0xFF00)
    assert scene.seen(events.PinShown) == []
    assert connect(scene, "12341235") is None
    assert connect(scene, "12341234", port=5002) is not None
    (opened,) = scene.seen(events.SessionOpened)
    assert opened.identity == "ownership connection"


@pytest.mark.parametrize(("bare", "length"), [(False, 33), (True, 16)])
def test_hint_has_the_form_of_the_profile(bare: bool, length: int) -> None:
    """The identity hint is IoTivity-Lite's or IoTivity 2's."""
    scene = make_scene(pin_profile(bare_hint=bare))
    select_pin(scene)
    offer = scene.device.offer(Path(HOST, SECURE, "10.0.0.5", 1, secured=True))
    assert offer is not None
    assert len(offer.psk_hint) == length


def test_selecting_what_is_selected_keeps_the_pin() -> None:
    """A stranger who repeats the selection takes the PIN away from nobody."""
    scene = make_scene(pin_profile())
    pin = select_pin(scene, 1)
    assert select_pin(scene, 2) == pin
    assert len(scene.seen(events.PinShown)) == 1
    assert connect(scene, pin) is not None


def test_selecting_anew_shows_another_pin() -> None:
    """Selecting another method and then this one makes the PIN before it useless."""
    scene = make_scene(pin_profile())
    first = select_pin(scene, 1)
    scene.begin_transfer(2)
    second = select_pin(scene, 2)
    assert first != second
    assert connect(scene, first) is None
    assert connect(scene, second, port=5002) is not None


def test_repeated_selections_abandon_no_handshake() -> None:
    """A tool in the middle of its handshake goes on while a stranger repeats the selection."""
    scene = make_scene(pin_profile())
    pin = select_pin(scene, 1)
    numbers = count(2)

    def select_again() -> None:
        if not scene.device.sessions:
            assert select_pin(scene, next(numbers)) == pin

    assert connect(scene, pin, between=select_again) is not None
    assert next(numbers) > 3


def test_pin_is_as_the_profile_says() -> None:
    """Length and alphabet are the profile's, or the PIN is fixed."""
    pin = select_pin(make_scene(pin_profile(length=12, alphabet="AB")))
    assert (len(pin), set(pin) <= {"A", "B"}) == (12, True)
    assert select_pin(make_scene(pin_profile(fixed="2468"))) == "2468"


def test_wrong_pin_is_refused_with_bad_record_mac() -> None:
    """A wrong PIN ends the handshake with the alert that tools expect; the right one works."""
    scene = make_scene(pin_profile())
    pin = select_pin(scene)
    assert connect(scene, "0000") is None
    assert scene.seen(events.HandshakeRefused)[-1].alert == "bad_record_mac"
    assert connect(scene, pin, port=5002) is not None


def test_five_wrong_pins_reset_the_device() -> None:
    """After five wrong PINs the device resets itself, the PIN is gone, and it can be owned anew."""
    scene = make_scene(pin_profile())
    pin = select_pin(scene)
    for attempt in range(5):
        assert connect(scene, "0000", port=6000 + attempt) is None
    assert connect(scene, pin, port=7000) is None
    (scheduled,) = scene.seen(events.ResetScheduled)
    assert scheduled.reason == "too many wrong PINs"
    scene.network.run(3)
    assert scene.device.database.doxm.selected_method == TransferMethod.SELF
    assert connect(scene, select_pin(scene, 9), port=8000) is not None


def test_selecting_another_method_forgets_the_pin() -> None:
    """With Just Works selected the PIN opens nothing."""
    scene = make_scene(pin_profile())
    pin = select_pin(scene)
    scene.begin_transfer(2)
    assert scene.device.database.doxm.selected_method == TransferMethod.JUST_WORKS
    assert connect(scene, pin) is None


def test_dropped_pin_connection_resets_the_device() -> None:
    """A PIN transfer that is given up is undone, and its PIN with it."""
    scene = make_scene(pin_profile())
    pin = select_pin(scene)
    assert connect(scene, pin) is not None
    scene.network.run(300)
    assert scene.device.database.state is State.RFOTM
    assert scene.device.database.doxm.selected_method == TransferMethod.SELF
    assert connect(scene, pin, port=5002) is None


def test_restarted_device_shows_a_new_pin() -> None:
    """A device that is restarted with the method selected shows a PIN again."""
    scene = make_scene(pin_profile())
    first = select_pin(scene)
    scene.device.start(scene.network.now)
    assert scene.seen(events.PinShown)[-1].pin != first
