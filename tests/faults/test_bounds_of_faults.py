"""What strangers can make a device with faults keep, and what a device without them does not."""

import gc
from uuid import UUID

from onboardee.device.events import Bus, Event, FaultActed
from onboardee.device.faults.building import Maker
from onboardee.device.faults.leaving import Armed
from onboardee.device.faults.passing import HeldBack, Passing
from onboardee.device.faults.rewriting import Rewriter
from onboardee.device.faults.terms import parse
from onboardee.device.machine.boot import Surroundings
from onboardee.device.machine.layer import AnyDevice
from onboardee.device.machine.step import Keeper
from onboardee.device.simulation.profile import Profile
from onboardee.device.testing import MemoryNetwork, memory_device
from onboardee.device.trace.dtls import Association, Secrets
from onboardee.device.trace.items import Way
from onboardee.obt import MemoryTransport, ObtEngine, find_unowned, run, take_ownership
from onboardee.obt.orders import CR3006
from onboardee.wire.entropy import SeededEntropy
from onboardee.wire.path import Path

PATH = Path("10.0.0.10", 5683, "10.0.0.1", 40000)


def test_a_device_that_nobody_looks_at_keeps_no_secrets() -> None:
    """What was said in a session that is over cannot be read by who gets hold of the process."""
    network, makers = MemoryNetwork(), list[Maker]()

    def make(profile: Profile, store: Keeper, surroundings: Surroundings) -> AnyDevice:
        makers.append(Maker(profile, store, surroundings))
        return makers[0].device()

    memory_device(network, make=make)
    transport = MemoryTransport(network, ObtEngine(entropy=SeededEntropy("tool")))
    found = run(find_unowned(transport, style=CR3006.style, enough=1))
    owner = SeededEntropy("owner").token(16)
    run(take_ownership(transport, found[0], _uuid(owner), order=CR3006))
    assert len(makers[0].secrets) == 0


def _uuid(octets: bytes) -> UUID:
    return UUID(bytes=octets)


def test_secrets_of_old_sessions_are_forgotten() -> None:
    """However many sessions peers open, the last four thousand are known."""
    secrets = Secrets()
    for number in range(5000):
        secrets.add(f"CLIENT_RANDOM {number:064x} {number:096x}")
    assert len(secrets) == 4096
    assert secrets.of((4999).to_bytes(32)) is not None


def test_requests_without_answers_are_given_up() -> None:
    """A flood of requests that nobody answers leaves a bounded number of faults waiting."""
    armed, rewriter = Armed(), Rewriter(Secrets(), SeededEntropy("records"))
    fault = parse("drop path=/oic/res times=0")
    looks = [
        rewriter.look(bytes((0x52, 1)) + number.to_bytes(2) * 2 + b"\xb3oic\x03res", PATH, Way.IN)
        for number in range(1500)
    ]
    for look in looks:
        armed.add(look, fault)
    answers = [
        rewriter.look(bytes((0x52, 69)) + number.to_bytes(2) * 2, PATH, Way.OUT)
        for number in (0, 1499)
    ]
    assert [armed.take(answer) for answer in answers] == [[], [fault]]


def test_a_flood_is_not_held_back() -> None:
    """More than four thousand late datagrams are not kept: what exceeds them passes at once."""
    held = HeldBack()
    late = [Passing(b"x", PATH, late=5) for _ in range(4100)]
    assert len(held.sorted_out(late, 0)) == 4
    assert len(held.due(5)) == 4096


def test_sessions_that_are_over_are_followed_no_more() -> None:
    """A device with a fault that peers come to and leave all day needs no more memory for it.

    What it does to the messages of those that are there it goes on doing.
    """
    acted, network, bus = list[Event](), MemoryNetwork(), Bus()
    bus.subscribe(lambda event: acted.append(event) if isinstance(event, FaultActed) else None)
    fault = parse("separate path=/oic/sec/doxm times=0")

    def make(profile: Profile, store: Keeper, surroundings: Surroundings) -> AnyDevice:
        return Maker(profile, store, surroundings).device([fault])

    memory_device(network, bus=bus, make=make)
    transport = MemoryTransport(network, ObtEngine(entropy=SeededEntropy("tool")))
    found = run(find_unowned(transport, style=CR3006.style, enough=1))
    owner = _uuid(SeededEntropy("owner").token(16))
    owned = run(take_ownership(transport, found[0], owner, order=CR3006))
    acted.clear()
    followed = set[int]()
    for _ in range(20):
        run(owned.doxm())
        owned.close()
        run(transport.sleep(1))
        followed.add(sum(isinstance(each, Association) for each in gc.get_objects()))
    assert len(acted) == 20
    assert len(followed) == 1
