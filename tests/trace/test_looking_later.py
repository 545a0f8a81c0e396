"""Somebody begins to look at a device that runs already, and ends it again."""

from trace_scene import HOST, OWNER

from onboardee.device.events import Bus
from onboardee.device.machine.layer import AnyDevice
from onboardee.device.testing import MemoryNetwork, memory_device
from onboardee.device.trace import items
from onboardee.device.trace.dtls import Secrets
from onboardee.device.trace.items import Item
from onboardee.device.trace.tracing import Tracer
from onboardee.obt import (
    Address,
    MemoryTransport,
    ObtEngine,
    OwnedDevice,
    find_unowned_at,
    run,
    take_ownership,
)
from onboardee.wire.entropy import SeededEntropy


def owned_unseen() -> tuple[Tracer, OwnedDevice, Bus]:
    """Return a device that was owned while nobody looked, with its owner's open session."""
    network, bus, tracers = MemoryNetwork(), Bus("light"), []

    def around(device: AnyDevice) -> AnyDevice:
        tracers.append(Tracer(device, Secrets()))
        return tracers[0]

    memory_device(network, "light", bus=bus, around=around)
    transport = MemoryTransport(network, ObtEngine(entropy=SeededEntropy("tool")))
    found = run(find_unowned_at(transport, Address(HOST, 5683)))
    owner = run(take_ownership(transport, found, OWNER))
    run(owner.rules())
    return tracers[0], owner, bus


def test_a_session_that_was_open_before_can_be_read() -> None:
    """Its handshake was not seen, and its messages are told decoded all the same."""
    tracer, owner, _ = owned_unseen()
    seen: list[Item] = []
    tracer.follow(seen.append)
    run(owner.rules())
    messages = [each for each in seen if isinstance(each, items.Message)]
    assert {each.path for each in messages} == {"/oic/sec/acl2"}
    assert all(each.over for each in messages)
    assert not [each for each in seen if isinstance(each, items.Record) and not each.is_open]


def test_who_looks_no_more_costs_nothing() -> None:
    """Nothing is told then, and no decision is made for a trace."""
    tracer, owner, bus = owned_unseen()
    first: list[Item] = []
    second: list[Item] = []
    tracer.follow(first.append)
    tracer.follow(second.append)
    tracer.unfollow(first.append)
    run(owner.rules())
    assert second
    assert not first
    assert bus.wants_grants
    tracer.unfollow(second.append)
    assert not bus.wants_grants
    before = len(second)
    run(owner.rules())
    assert len(second) == before
