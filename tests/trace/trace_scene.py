"""A device whose conversation with the onboarding tool is traced, on a network in memory."""

from dataclasses import dataclass, field
from uuid import UUID

from onboardee.device.machine.layer import AnyDevice
from onboardee.device.simulation.profile import Profile
from onboardee.device.testing import Impairments, MemoryNetwork, memory_device
from onboardee.device.testing.local import LocalDevice
from onboardee.device.trace.dtls import Secrets
from onboardee.device.trace.items import Item
from onboardee.device.trace.tracing import Later, Tracer
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

OWNER = UUID("11111111-2222-4333-8444-555555555555")
HOST = "10.0.0.10"


@dataclass
class Traced:
    """What was seen of a device."""

    network: MemoryNetwork
    transport: MemoryTransport
    device: LocalDevice = field(init=False)
    items: list[Item] = field(default_factory=list)
    keylog: list[str] = field(default_factory=list)

    def own(self) -> OwnedDevice:
        """Take ownership."""
        found = run(find_unowned_at(self.transport, Address(HOST, 5683)))
        owned = run(take_ownership(self.transport, found, OWNER))
        self.network.run(1)
        return owned

    def own_again(self) -> OwnedDevice:
        """Press the reset button, and take ownership once more."""
        self.network.send(self.device.press_reset(self.network.now))
        self.network.run(5)
        return self.own()

    def of(self, kind: type[Item]) -> list[Item]:
        """Return the items of one kind."""
        return [item for item in self.items if isinstance(item, kind)]


def traced(
    *,
    seed: int = 0,
    impairments: Impairments | None = None,
    profile: str | Profile = "light",
    engine: ObtEngine | None = None,
    later: Later | None = None,
) -> Traced:
    """Put a device, the light without a profile, and a tool on a network, and trace the device."""
    network = MemoryNetwork(seed=seed, impairments=impairments)
    secrets = Secrets()
    engine = engine or ObtEngine(entropy=SeededEntropy(f"tool {seed}"))
    seen = Traced(network, MemoryTransport(network, engine))

    def keep(line: str) -> None:
        secrets.add(line)
        seen.keylog.append(line)

    def around(device: AnyDevice) -> AnyDevice:
        tracer = Tracer(device, secrets, later)
        tracer.follow(seen.items.append)
        return tracer

    seen.device = memory_device(network, profile, seed=seed, keylog=keep, around=around)
    return seen
