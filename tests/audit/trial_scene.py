"""Trials on a network in memory: the stand is a light with faults, the tool a coroutine of ours."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from msgspec.structs import replace

from onboardee.device.audit.claims import Claim, TrialOutcome, try_tool
from onboardee.device.audit.laboratory import laboratory
from onboardee.device.audit.trial import Need, Trial
from onboardee.device.events import Bus, Event, FaultActed, PinShown
from onboardee.device.faults.building import Maker
from onboardee.device.machine.boot import Surroundings
from onboardee.device.security.factory import new_database
from onboardee.device.simulation.profile import load
from onboardee.device.testing import MemoryKeeper, MemoryNetwork
from onboardee.device.testing.local import LocalDevice
from onboardee.device.testing.network import GROUPS
from onboardee.device.testing.setup import BEGINNING
from onboardee.obt import MemoryTransport, ObtEngine, run
from onboardee.wire.entropy import SeededEntropy
from onboardee.wire.path import Endpoint

HOST = "10.0.0.10"
PIN = "12345678"
LIGHT = load("light")


@dataclass
class Bench:
    """A light on trial, and what a tool needs to get at it."""

    trial: Trial
    network: MemoryNetwork
    device: LocalDevice
    is_honest: bool = False
    acted: list[str] = field(default_factory=list)
    attempts: int = 0
    tries: int = 1
    """How often the tool began anew, as it says itself."""
    tool: "Tool | None" = None

    @property
    def is_owned(self) -> bool:
        """Tell whether somebody owns the light."""
        database = self.device.database
        return database.doxm.owned and database.state.name in {"RFPRO", "RFNOP"}

    @property
    def uuid(self) -> UUID:
        """Return the UUID of the light, as the tool is told it."""
        return self.device.database.doxm.device_uuid

    @property
    def pin(self) -> str:
        """Return the PIN that the tool is told."""
        return PIN if self.is_honest or self.trial.needs is not Need.PIN else "00000000"

    @property
    def root(self) -> str:
        """Return the root certificate that the tool is told."""
        return laboratory().root

    def today(self) -> datetime:
        """Return the time of day."""
        return BEGINNING + timedelta(seconds=self.network.now)

    def transport(self, engine: ObtEngine | None = None) -> MemoryTransport:
        """Return a way to the light for a new run of the tool."""
        host = f"10.0.1.{self.attempts}"
        engine = engine or ObtEngine(entropy=SeededEntropy(f"tool {self.attempts}"))
        return MemoryTransport(self.network, engine, host)

    def take(self, event: Event) -> None:
        """Note what the light did wrong."""
        if isinstance(event, FaultActed) and not self.is_honest:
            self.acted.append(event.effect)
        elif isinstance(event, PinShown) and self.trial.needs is Need.PIN and not self.acted:
            self.acted.append("asked for a PIN")

    @property
    def began_anew(self) -> bool:
        """Tell whether the tool tried more than once by itself."""
        return self.tries > 1

    async def attempt(self) -> Claim:
        """Let the tool try."""
        self.attempts += 1
        assert self.tool is not None
        said = await self.tool(self)
        return Claim(None if said is None else 0 if said else 1)

    async def settle(self) -> None:
        """Let the light end what was begun."""
        if self.device.database.doxm.device_uuid != self.first_uuid and not self.trial.faults:
            self.acted.append("showed another deviceuuid")
        self.network.run(1)

    async def restore(self) -> None:
        """Make the light honest, and reset it."""
        self.is_honest = True
        if hasattr(self.device.device, "clear"):
            self.device.device.clear()
        self.network.send(self.device.press_reset(self.network.now))
        self.network.run(10)

    def __post_init__(self) -> None:
        self.first_uuid = self.device.database.doxm.device_uuid


Tool = Callable[[Bench], Awaitable[bool | None]]
"""Tries to own the light; returns what it says of it, None if it never ends."""


def bench(trial: Trial) -> Bench:
    """Put the light of a trial on a network."""
    network = MemoryNetwork()
    profile = trial.adapt(LIGHT) if trial.adapt is not None else LIGHT
    pin = replace(profile.ownership.pin, fixed=PIN)
    profile = replace(profile, ownership=replace(profile.ownership, pin=pin))
    entropy, bus = SeededEntropy(trial.name), Bus()
    keeper = MemoryKeeper(new_database(profile, entropy))

    def now() -> datetime:
        return BEGINNING + timedelta(seconds=network.now)

    def take_time(seconds: float) -> None:
        network.now += seconds

    surroundings = Surroundings(entropy=entropy, bus=bus, wall_clock=now)
    device = LocalDevice(
        Maker(profile, keeper, surroundings, sleep=take_time).device(trial.faults),
        (Endpoint("coap", HOST, 5683), Endpoint("coaps", HOST, 5684)),
    )
    network.attach(device, HOST, 5683, groups=GROUPS)
    network.attach(device, HOST, 5684, secured=True)
    found = Bench(trial, network, device)
    bus.subscribe(found.take)
    device.start(network.now)
    return found


def outcome(trial: Trial, tool: Tool) -> TrialOutcome:
    """Try a tool with the light of a trial."""
    stand = bench(trial)
    stand.tool = tool
    return run(try_tool(trial, stand))
