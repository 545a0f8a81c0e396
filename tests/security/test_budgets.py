"""What a person sees of the bounds on what strangers can use up."""

from typing import Any

import pytest
from msgspec.structs import replace

from onboardee.device.control import Control, ShowConnections
from onboardee.device.testing import MemoryNetwork, memory_device
from onboardee.device.testing.local import LocalDevice
from onboardee.svrdb.model import TransferMethod
from onboardee.wire.dtls import CipherSuite, ClientConfig
from onboardee.wire.dtls.client import ClientConnection
from onboardee.wire.entropy import SeededEntropy
from onboardee.wire.path import Path

HERE = "10.0.0.10"


@pytest.fixture
def lock() -> LocalDevice:
    """Make a lock that shows a PIN, on a network in memory."""
    found = memory_device(MemoryNetwork(), "smart-lock")
    doxm = replace(found.device.database.doxm, selected_method=TransferMethod.RANDOM_PIN)
    found.adopt(replace(found.device.database, doxm=doxm), 0.0)
    return found


def budgets(device: LocalDevice, now: float = 0.0) -> dict[str, tuple[int, int]]:
    """Return what `ctl connections` tells of them: how much is used, and of how much."""
    told: Any = Control(device.device).perform(ShowConnections(), now)[0]["budgets"]
    assert all(each["at_limit"] for each in told)
    return {each["name"]: (each["used"], each["limit"]) for each in told}


def begin(device: LocalDevice, port: int, rounds: int) -> None:
    """Go so many flights into a handshake with a wrong PIN."""
    path = Path(HERE, 5684, "10.0.0.66", port, secured=True)
    suite = CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256
    config = ClientConfig((suite,), psk_identity=b"x" * 16, psk=lambda _hint: bytes(16))
    client = ClientConnection(config, HERE, entropy=SeededEntropy(f"{port}"))
    client.start(0.0)
    for _ in range(rounds):
        for datagram in client.take_datagrams():
            for answer in device.receive(datagram, path, 0.0):
                client.receive(answer.datagram, 0.0)


def test_half_a_handshake_takes_a_place(lock: LocalDevice) -> None:
    """It is there until it ends, and no PIN was tried by it."""
    before = budgets(lock)
    assert before["handshakes in progress"] == (0, 64)
    begin(lock, 6666, rounds=2)
    after = budgets(lock)
    assert after["handshakes in progress"] == (1, 64)
    assert after["tries of the PIN in a minute, by all hosts"] == (0, 1000)


def test_wrong_pins_are_counted(lock: LocalDevice) -> None:
    """Each is one of five of the transfer, and one of the minute, which passes."""
    for port in (6666, 6667):
        begin(lock, port, rounds=4)
    found = budgets(lock)
    assert found["wrong PINs of this transfer"] == (2, 5)
    assert found["tries of the PIN in a minute, by all hosts"] == (2, 1000)
    assert budgets(lock, 61.0)["tries of the PIN in a minute, by all hosts"] == (0, 1000)


def test_answers_in_the_clear_use_up_an_allowance() -> None:
    """What a stranger on the link was sent is missing for a while, and comes back."""
    device = memory_device(MemoryNetwork())
    path = Path(HERE, 5683, "10.0.0.66", 5683, secured=False, on_link=True)
    sent = device.receive(b"\x50\x01\x00\x07\xb3oic\x03res", path, 1.0)
    name = "answers in the clear on the link, without a proof"
    used, limit = budgets(device, 1.0)[name]
    assert used >= sum(len(each.datagram) for each in sent) > 100
    assert limit == 256 * 1024
    assert budgets(device, 60.0)[name] == (0, limit)


def test_observations_take_places() -> None:
    """An observer in the clear has one of those of strangers."""
    device = memory_device(MemoryNetwork())
    path = Path(HERE, 5683, "10.0.0.66", 5683, secured=False)
    device.receive(b"\x51\x01\x00\x07x\x60\x53oic\x03res", path, 1.0)
    found = budgets(device, 1.0)
    assert found["observations in the clear"] == (1, 64)
    assert found["observations over sessions"] == (0, 128)
