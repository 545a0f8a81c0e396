"""A light in memory with an owner, for tests of whole lives."""

from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from onboardee.device.events import Bus, Event
from onboardee.device.machine.device import Device
from onboardee.device.simulation.profile import Profile
from onboardee.device.testing import Impairments, MemoryNetwork, memory_device
from onboardee.obt import (
    LITE,
    Address,
    MemoryTransport,
    ObtEngine,
    OwnedDevice,
    Rule,
    Subject,
    Target,
    find_unowned_at,
    run,
    take_ownership,
)
from onboardee.obt.dialogue import Dialogue
from onboardee.obt.transfer import Transfer
from onboardee.wire.entropy import SeededEntropy

OWNER = UUID("11111111-2222-4333-8444-555555555555")
HOST = "10.0.0.10"
PLAIN, SECURE = 5683, 5684

E = TypeVar("E", bound=Event)


@dataclass
class Scene:
    """A network with a device and a tool."""

    network: MemoryNetwork
    device: Device
    transport: MemoryTransport
    events: list[Event] = field(default_factory=list)

    def own(self) -> OwnedDevice:
        """Take ownership and give the owner access to the light."""
        found = run(find_unowned_at(self.transport, Address(HOST, PLAIN)))
        owned = run(take_ownership(self.transport, found, OWNER))
        rule = Rule(
            subject=Subject(uuid=str(OWNER)), targets=(Target(wildcard="*"),), permission=31
        )
        run(owned.add_rules([rule]))
        return owned

    def begin_transfer(self, steps: int = 5) -> Transfer:
        """Go the first steps of a transfer: by default up to naming the owner."""
        found = run(find_unowned_at(self.transport, Address(HOST, PLAIN)))
        dialogue = Dialogue(self.transport, LITE.style, timeout=60)
        transfer = Transfer(dialogue, found, OWNER, "test", found.uuid, found.doxm)
        for step in LITE.steps[:steps]:
            run(step(transfer))
        return transfer

    def seen(self, kind: type[E]) -> list[E]:
        """Return the events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]


def make_scene(
    profile: str | Profile = "light", *, seed: int = 0, impairments: Impairments | None = None
) -> Scene:
    """Put a device and a tool on a network."""
    network = MemoryNetwork(seed=seed, impairments=impairments)
    events: list[Event] = []
    bus = Bus()
    bus.subscribe(events.append)
    device = memory_device(network, profile, seed=seed, bus=bus)
    engine = ObtEngine(entropy=SeededEntropy(f"tool {seed}"))
    return Scene(network, device, MemoryTransport(network, engine), events)
