"""Every operation of the tool ends in its time, however slowly devices and strangers answer."""

from typing import Any

import pytest
from obt_support import OWNER, FakeDevice, scene

from onboardee.device.testing import MemoryNetwork, memory_device
from onboardee.obt import (
    MemoryTransport,
    ObtEngine,
    OnboardingError,
    OwnedDevice,
    Rule,
    Subject,
    Target,
    find_unowned,
    run,
)
from onboardee.obt.access import TIMEOUT
from onboardee.obt.discovery import ROUND_SECONDS
from onboardee.obt.discovery import TIMEOUT as SEARCH_SECONDS
from onboardee.obt.managing import LEAVING
from onboardee.wire.entropy import SeededEntropy

RULE = Rule(subject=Subject(uuid=str(OWNER)), targets=(Target(wildcard="*"),), permission=2)


def an_owned_device(*silent: bytes) -> tuple[Any, FakeDevice, OwnedDevice]:
    """Make a device of ours that answers nothing to requests that have some octets in them."""
    made = scene()
    device = FakeDevice(made.network)
    owned = made.own()
    inner = device._coap.receive

    def receive(data: bytes, remote: Any, now: float, **options: Any) -> None:
        if not any(each in data for each in silent):
            inner(data, remote, now, **options)

    device._coap.receive = receive  # type: ignore[method-assign]
    return made, device, owned


def test_one_deadline_for_many_requests() -> None:
    """What an operation waits for in all is its time, not that time for each request."""
    made, _, owned = an_owned_device(b"acl2")
    started = made.network.now

    async def work() -> None:
        await owned.connect()
        with owned.within(8.0):
            for _ in range(4):
                with pytest.raises(OnboardingError):
                    await owned.rules()

    run(work())
    assert made.network.now - started < 9.0


def test_no_longer_than_the_whole() -> None:
    """An operation within another one has what is left of that, not its own time."""
    made, _, owned = an_owned_device(b"acl2")
    started = made.network.now

    async def work() -> None:
        with owned.within(5.0), owned.within(TIMEOUT):
            await owned.rules()

    with pytest.raises(OnboardingError, match="read the access rules"):
        run(work())
    assert made.network.now - started < 6.0


def test_time_to_lead_it_back() -> None:
    """A device is led out of provisioning even when all the time has been used up."""
    made, device, owned = an_owned_device(b"acl2")
    started = made.network.now

    async def work() -> None:
        with owned.within(8.0):
            await owned.add_rules([RULE])

    with pytest.raises(OnboardingError, match="add access rules"):
        run(work())
    assert device.pstat["dos"]["s"] == 3
    assert made.network.now - started < 8.0 + LEAVING


def test_a_search_among_slow_strangers() -> None:
    """Strangers who answer a search and then fall silent keep it no longer than its time."""
    network = MemoryNetwork()
    for number in range(12):
        host = f"10.0.7.{number + 1}"
        light = memory_device(network, host=host, seed=host)
        inner = light.receive

        def receive(datagram: bytes, path: Any, now: float, inner: Any = inner) -> Any:
            return inner(datagram, path, now) if path.multicast else []

        light.receive = receive  # type: ignore[method-assign]
    transport = MemoryTransport(network, ObtEngine(entropy=SeededEntropy("search")))
    assert run(find_unowned(transport)) == []
    assert network.now <= 3 * ROUND_SECONDS + SEARCH_SECONDS + 1
