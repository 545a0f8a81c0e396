"""Ownership by Random PIN: asked for when it is shown, right and wrong, and never reported."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from msgspec.structs import replace
from obt_support import FAKE, OWNER, FakeDevice, Scene, scene

from onboardee.device.events import Bus, Event, PinShown
from onboardee.device.machine.device import Device
from onboardee.device.simulation import profile
from onboardee.device.testing import Impairments, memory_device
from onboardee.obt import (
    CR3006,
    IOT2,
    LITE,
    ORDERS,
    OnboardingError,
    Order,
    OwnedDevice,
    TransferMethod,
)
from onboardee.obt.handover import PIN_HINT
from onboardee.obt.keys import pin_key
from onboardee.svrdb.model import State

VECTORS = Path(__file__).parent.parent / "vectors"
RANDOM_PIN = TransferMethod.RANDOM_PIN
every_order = pytest.mark.parametrize("order", ORDERS.values(), ids=lambda order: order.name)


class Person:
    """Types PINs in their order, and counts."""

    def __init__(self, pins: Iterator[str]) -> None:
        self.pins = pins
        self.asked = 0

    async def __call__(self) -> str:
        """Answer the question for the PIN."""
        self.asked += 1
        return next(self.pins)


def fake(hint: bytes | None = None) -> tuple[Scene, FakeDevice]:
    """Make a tool and a scripted device with a PIN."""
    made = scene()
    device = FakeDevice(made.network)
    device.doxm["oxms"] = [0, 1]
    device.hint = hint
    return made, device


def light(impairments: Impairments | None = None) -> tuple[Scene, Device, Person]:
    """Make a tool, a light with a PIN, and somebody who stands in front of it."""
    made, bus, shown = scene(impairments=impairments), Bus(), list[str]()

    def look(event: Event) -> None:
        if isinstance(event, PinShown):
            shown.append(event.pin)

    bus.subscribe(look)
    loaded = profile.load("light")
    methods = (profile.OwnerTransferMethod.JUST_WORKS, profile.OwnerTransferMethod.RANDOM_PIN)
    with_pin = replace(loaded, ownership=replace(loaded.ownership, methods=methods))
    device = memory_device(made.network, with_pin, bus=bus)
    return made, device, Person(shown[-1] for _ in iter(int, 1))


def test_worked_example() -> None:
    """The key of a PIN is the one that others computed."""
    example = json.loads((VECTORS / "key-derivation.json").read_text())["pin"]
    key = pin_key(example["pin"].encode(), UUID(example["device_uuid"]))
    assert key.hex() == example["psk"]


def test_recorded_transfer() -> None:
    """A real device and a real tool announced themselves as is expected and done here."""
    recorded = json.loads((VECTORS / "real-sessions.json").read_text())["pin"]
    sent = {"client": b"", "server": b""}
    for sender, datagram in recorded["datagrams"]:
        sent[sender] += bytes.fromhex(datagram)
    before = UUID(recorded["device_uuid_before"])
    assert PIN_HINT + before.bytes in sent["server"]
    assert LITE.style.pin_identity is not None
    size = len(LITE.style.pin_identity).to_bytes(2)
    assert size + LITE.style.pin_identity in sent["client"]


@every_order
def test_both_sides_agree(order: Order) -> None:
    """A light that shows a PIN is owned in each order of messages."""
    made, device, person = light()
    owned = made.own(order, method=RANDOM_PIN, pin=person)
    database = device.database
    assert person.asked == 1
    assert device.pin is None
    assert database.state is State.RFNOP
    assert database.doxm.selected_method == RANDOM_PIN
    credential = next(c for c in database.cred.credentials if c.subject == str(OWNER))
    assert credential.private is not None
    assert credential.private.data == owned.ownership.key


def test_in_a_bad_network() -> None:
    """Losses neither use up attempts nor ask anybody twice."""
    made, device, person = light(Impairments(loss=0.2, duplication=0.1, reordering=0.3))
    made.own(LITE, method=RANDOM_PIN, pin=person)
    assert person.asked == 1
    assert device.database.state is State.RFNOP


@pytest.mark.parametrize(
    ("order", "name"), [(LITE, b"oic.sec.doxm.rdp"), (IOT2, OWNER.bytes), (CR3006, OWNER.bytes)]
)
@pytest.mark.parametrize("prefix", [b"", b"oic.sec.doxm.rdp:"], ids=["16", "33"])
def test_identity_and_hint(order: Order, name: bytes, prefix: bytes) -> None:
    """Each tool calls itself as it does, and takes both forms of the hint."""
    made, device = fake(prefix + FAKE.bytes)
    chosen: list[OwnedDevice] = []

    async def ask() -> str:
        assert device.posts("/oic/sec/doxm")[-1]["oxmsel"] == 1
        device.hint = prefix + FAKE.bytes
        return device.pin

    def forget_hint(_: FakeDevice, request: object) -> None:
        if device.names:
            device.hint = None

    device.script = forget_hint
    chosen.append(made.own(order, method=RANDOM_PIN, pin=ask))
    assert device.names == [name]
    assert chosen[0].ownership.key == device.key


@pytest.mark.parametrize("hint", [b"", bytes(range(16)), bytes(range(32)), FAKE.bytes + b"x"])
def test_hint_without_meaning(hint: bytes) -> None:
    """The servers of IoTivity 1.1 and 1.3 send random octets as a hint, and are owned by PIN."""
    made, device = fake(hint)

    def be_known(_: FakeDevice, request: object) -> None:
        if device.names:
            device.hint = None

    device.script = be_known
    owned = made.own(IOT2, method=RANDOM_PIN, pin=device.pin)
    assert owned.ownership.key == device.key


@pytest.mark.parametrize("uuid", [OWNER.bytes, b"", FAKE.bytes + b"x"])
def test_foreign_hint(uuid: bytes) -> None:
    """A device that announces somebody else gets no proof of the PIN, and no second attempt."""
    made, device = fake(PIN_HINT + uuid)
    person = Person(iter([device.pin]))
    with pytest.raises(OnboardingError, match="open the ownership connection with the PIN") as told:
        made.own(IOT2, method=RANDOM_PIN, pin=person)
    assert "expected the identity hint" in str(told.value)
    assert not device.names


def test_wrong_pin() -> None:
    """A wrong PIN ends the transfer, and the error says at which step."""
    made, device = fake()
    with pytest.raises(OnboardingError) as told:
        made.own(LITE, method=RANDOM_PIN, pin="87654321")
    assert told.value.step.startswith("open the ownership connection with the PIN (coaps://")
    assert "87654321" not in str(told.value)
    assert not device.posts("/oic/sec/cred")


def test_iotivity_2_asks_five_times() -> None:
    """IoTivity 2.x selects anew after a wrong PIN, and gives up after the fifth."""
    made, device = fake()
    person = Person(iter(["1", "2", "3", "4", device.pin]))
    made.own(IOT2, method=RANDOM_PIN, pin=person)
    assert person.asked == 5
    assert [body for body in device.posts("/oic/sec/doxm") if "oxmsel" in body][4:]

    made, device = fake()
    person = Person(iter(["1", "2", "3", "4", "5", device.pin]))
    with pytest.raises(OnboardingError, match="open the ownership connection with the PIN"):
        made.own(IOT2, method=RANDOM_PIN, pin=person)
    assert person.asked == 5


@pytest.mark.parametrize("order", [LITE, CR3006], ids=lambda order: order.name)
def test_the_others_ask_once(order: Order) -> None:
    """Other tools leave it to the person to start anew."""
    made, device = fake()
    person = Person(iter(["1", device.pin]))
    with pytest.raises(OnboardingError, match="open the ownership connection"):
        made.own(order, method=RANDOM_PIN, pin=person)
    assert person.asked == 1


@pytest.mark.parametrize("wrong", [1, 4])
def test_a_light_forgives_wrong_pins(wrong: int) -> None:
    """A light stays who it is, and its PIN what it is, until the fifth failure."""
    made, device, person = light()
    right, guesses = person.pins, iter(["x"] * wrong)
    person.pins = (next(guesses, None) or next(right) for _ in iter(int, 1))
    made.own(IOT2, method=RANDOM_PIN, pin=person)
    assert person.asked == wrong + 1
    assert device.database.state is State.RFNOP


@pytest.mark.parametrize("pin", ["", "ж", "1" * 33])
def test_no_pin_at_all(pin: str) -> None:
    """What cannot be a PIN is not tried."""
    made, device = fake()
    with pytest.raises(OnboardingError, match="ask for the PIN"):
        made.own(LITE, method=RANDOM_PIN, pin=pin)
    assert not device.names


def test_not_offered_and_not_given() -> None:
    """The method must be among the device's, and the PIN must come from somewhere."""
    made, device = fake()
    device.doxm["oxms"] = [0]
    with pytest.raises(OnboardingError, match=r"Random PIN \(1\) among oxms"):
        made.own(LITE, method=RANDOM_PIN, pin="1234")
    with pytest.raises(ValueError, match="needs the PIN"):
        made.own(LITE, method=RANDOM_PIN)


def test_a_person_may_take_long() -> None:
    """The time for the PIN is not the tool's."""
    made, device = fake()

    async def ask() -> str:
        await made.transport.sleep(500.0)
        return device.pin

    made.own(LITE, method=RANDOM_PIN, pin=ask, within=60.0)


def test_reports_hold_no_pin() -> None:
    """Steps tell of the method, not of the PIN."""
    made, device = fake()
    made.own(LITE, method=RANDOM_PIN, pin=device.pin)
    texts = [str(step) for step in made.steps]
    assert any("select Random PIN" in text for text in texts)
    assert not any(device.pin in text or pin_key(b"12345678", FAKE).hex() in text for text in texts)
