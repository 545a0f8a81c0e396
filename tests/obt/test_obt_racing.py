"""A device that tells several addresses: the first to answer is used, the others cost no time."""

from dataclasses import replace

import pytest
from obt_support import FAKE, OWNER, SECURED, FakeDevice, Scene, scene

from onboardee.obt import (
    LITE,
    Address,
    OnboardingError,
    OwnedDevice,
    TransferMethod,
    Unowned,
    run,
    take_ownership,
)
from onboardee.obt.dialogue import CONNECT_SECONDS
from onboardee.obt.racing import ATTEMPT_DELAY
from onboardee.wire.dtls import ServerEndpoint
from onboardee.wire.entropy import SeededEntropy
from onboardee.wire.path import Outgoing, Path

NOWHERE = tuple(Address(f"10.0.0.{host}", 5684) for host in (97, 98, 99))


class Listener:
    """Notes what arrives at an address, and answers as an endpoint does that serves nobody."""

    def __init__(self, made: Scene, address: Address, *, refuses: bool) -> None:
        self.refuses = refuses
        self.heard: list[bytes] = []
        self._endpoint = ServerEndpoint(self, entropy=SeededEntropy("listener"))
        made.network.attach(self, address.host, address.port, secured=True)

    def offer(self, _: object, /) -> None:
        """Agree to nothing."""

    def receive(self, datagram: bytes, path: Path, _: float) -> list[Outgoing]:
        """Send an alert, handshake_failure."""
        self.heard.append(datagram)
        alert = bytes.fromhex("15fefd0000000000000000" + "0002" + "0228")
        return [Outgoing(alert, path)] if self.refuses else []

    def tick(self, _: float) -> list[Outgoing]:
        """Do nothing."""
        return []

    def next_deadline(self) -> None:
        """Wait for nothing."""


def find(made: Scene, *secured: Address) -> Unowned:
    """Find the device, and have it tell these addresses."""
    return replace(made.find(), secured=secured)


def own(made: Scene, device: Unowned, **options: object) -> OwnedDevice:
    """Own a device."""
    return run(
        take_ownership(
            made.transport, device, OWNER, order=LITE, on_step=made.steps.append, **options
        )  # type: ignore[arg-type]
    )


def handshake_seconds(made: Scene) -> float:
    """Return how long the first handshake took."""
    return next(step.elapsed for step in made.steps if step.method == "DTLS")


@pytest.mark.parametrize("dead", range(4))
def test_dead_addresses_cost_a_moment(dead: int) -> None:
    """Each address that does not answer delays the next by a quarter of a second."""
    made = scene()
    FakeDevice(made.network)
    owned = own(made, find(made, *NOWHERE[:dead], SECURED))
    assert owned.ownership.secured == SECURED
    assert handshake_seconds(made) == pytest.approx(dead * ATTEMPT_DELAY, abs=0.1)


def test_who_answers_at_once_is_not_passed_over() -> None:
    """Where the first address answers, the others hear nothing."""
    made = scene()
    FakeDevice(made.network)
    other = Listener(made, NOWHERE[0], refuses=False)
    own(made, find(made, SECURED, NOWHERE[0]))
    assert other.heard == []


def test_all_addresses_are_dead() -> None:
    """The attempt ends after one time in all, and the error names every address."""
    made = scene()
    FakeDevice(made.network)
    device = find(made, *NOWHERE)
    with pytest.raises(OnboardingError, match=r"no answer|timed out") as told:
        own(made, device)
    assert all(f"coaps://{address}" in str(told.value) for address in NOWHERE)
    assert handshake_seconds(made) <= CONNECT_SECONDS + 1


def test_refused_at_another_address() -> None:
    """An address that belongs to somebody else by now does not end the transfer."""
    made = scene()
    device = FakeDevice(made.network)
    other = Listener(made, NOWHERE[0], refuses=True)
    owned = own(made, find(made, NOWHERE[0], SECURED))
    assert other.heard
    assert owned.ownership.key == device.key


def test_a_pin_is_tried_at_one_address() -> None:
    """A wrong PIN counts once, however many addresses the device has."""
    made = scene()
    device = FakeDevice(made.network)
    device.doxm["oxms"] = [1]
    made.network.attach(device, NOWHERE[0].host, SECURED.port, secured=True)
    both = find(made, SECURED, Address(NOWHERE[0].host, SECURED.port))
    with pytest.raises(OnboardingError):
        own(made, both, method=TransferMethod.RANDOM_PIN, pin="00000000")
    assert len(device.names) == 1


def test_the_next_pin_goes_where_the_first_went() -> None:
    """After a wrong PIN the address that answered is used at once, from the same port."""
    made = scene()
    device = FakeDevice(made.network)
    device.doxm["oxms"] = [1]
    pins = iter(["00000000", device.pin])

    async def ask() -> str:
        return next(pins)

    owned = run(
        take_ownership(
            made.transport,
            find(made, NOWHERE[0], SECURED),
            OWNER,
            order=replace(LITE, pin_attempts=2),
            method=TransferMethod.RANDOM_PIN,
            pin=ask,
            on_step=made.steps.append,
        )
    )
    first, second, *_ = (step for step in made.steps if step.method == "DTLS")
    assert first.elapsed > ATTEMPT_DELAY > second.elapsed
    assert owned.ownership.device != FAKE


def test_a_device_in_use_with_two_addresses() -> None:
    """An owner who knows several addresses of a device uses the one that answers."""
    made = scene()
    FakeDevice(made.network)
    owned = own(made, find(made, SECURED))
    moved = replace(owned.ownership, secured=NOWHERE[0])
    again = OwnedDevice(made.transport, moved, others=[SECURED])
    started = made.transport.now
    assert run(again.doxm()).owned
    assert run(again.connect()).address == SECURED
    assert made.transport.now - started < 1
