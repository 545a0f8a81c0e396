"""A device with faults, a tool in memory, and a trace of what passed between them."""

import sys
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from onboardee.device.events import Bus, Event, FaultActed
from onboardee.device.faults.building import Maker
from onboardee.device.faults.terms import Fault, parse
from onboardee.device.machine.boot import Surroundings
from onboardee.device.machine.layer import AnyDevice
from onboardee.device.machine.step import Keeper
from onboardee.device.simulation.profile import Profile
from onboardee.device.testing import MemoryNetwork, memory_device
from onboardee.device.testing.local import LocalDevice
from onboardee.device.trace.dtls import Secrets
from onboardee.device.trace.items import Item
from onboardee.device.trace.tracing import Tracer
from onboardee.obt import (
    MemoryTransport,
    ObtEngine,
    OwnedDevice,
    find_unowned,
    run,
    take_ownership,
)
from onboardee.obt.orders import CR3006
from onboardee.wire.entropy import SeededEntropy

sys.path.append(str(Path(__file__).parents[1] / "trace"))

OWNER = UUID("11111111-2222-4333-8444-555555555555")


@dataclass
class Scene:
    """A tool and a faulty device."""

    network: MemoryNetwork
    transport: MemoryTransport
    device: LocalDevice = field(init=False)
    maker: Maker = field(init=False)
    events: list[Event] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    def own(self, within: float = 120) -> OwnedDevice:
        """Search and own the device, and check the key by a login. Raises `ObtError`."""
        found = run(find_unowned(self.transport, style=CR3006.style, enough=1))
        owned = run(take_ownership(self.transport, found[0], OWNER, order=CR3006, within=within))
        run(owned.doxm())
        return owned

    @property
    def acted(self) -> list[str]:
        """What the faults did."""
        return [event.effect for event in self.events if isinstance(event, FaultActed)]


def with_faults(*faults: str | Fault, seed: int = 0, profile: str | Profile = "light") -> Scene:
    """Put a light with faults and a tool on a network."""
    network, bus, secrets = MemoryNetwork(seed=seed), Bus(), Secrets()
    scene = Scene(network, MemoryTransport(network, ObtEngine(entropy=SeededEntropy("tool"))))
    bus.subscribe(scene.events.append)
    wanted = [parse(each) if isinstance(each, str) else each for each in faults]

    def make(profile: Profile, store: Keeper, surroundings: Surroundings) -> AnyDevice:
        maker = scene.maker = Maker(profile, store, surroundings, sleep=scene.slept.append)
        device = maker.device(wanted)
        tracer = Tracer(device, secrets)
        tracer.follow(scene.items.append)
        return tracer

    scene.device = memory_device(
        network, profile, seed=seed, bus=bus, keylog=secrets.add, make=make
    )
    return scene
