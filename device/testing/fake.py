"""A device for somebody else's test: real sockets on loopback, everything else in memory.

A client that is tested talks to it as to a real device, over UDP and DTLS. The test itself looks at
the device from the other side: values, state, events, and the world around it (doors, buttons,
time). What the test asks for becomes a step of the device like any other, so that notifications and
stores happen as they would.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import UUID

from onboardee.device.audit.judgement import Audit, audit
from onboardee.device.control import Control, SetValues
from onboardee.device.events import Bus, Event
from onboardee.device.faults.terms import parse
from onboardee.device.machine.boot import Surroundings
from onboardee.device.machine.layered import with_layers
from onboardee.device.machine.memory import MemoryKeeper
from onboardee.device.machine.step import Step
from onboardee.device.net.binding import Ports
from onboardee.device.net.hosted import HostedDevice
from onboardee.device.net.hub import Hub
from onboardee.device.security.factory import new_database
from onboardee.device.simulation.profile import Profile, load
from onboardee.device.testing.manual_clock import ManualClock
from onboardee.device.testing.onboarded import onboarded, with_plain_endpoints
from onboardee.device.trace.items import Item
from onboardee.svrdb.model import Database, State
from onboardee.wire.entropy import Entropy, SeededEntropy, SystemEntropy

PATIENCE: Final = 5.0
"""Seconds that `wait_for` waits unless told otherwise."""


class FakeDevice:
    """A running device, and the world around it. Places are named `/light/switch#value`."""

    def __init__(
        self, hosted: HostedDevice, events: list[Event], clock: ManualClock | None
    ) -> None:
        self.device: Final = hosted.device
        self.events: Final = events
        """Everything that happened, in order."""
        self.trace: list[Item] = []
        """Everything that crossed its border, if it is traced."""
        self._hosted = hosted
        self._clock = clock
        self._control = Control(self.device)
        self._waited = 0
        """How many of the events `wait_for` has looked at."""
        self._news = asyncio.Event()
        self.device.bus.subscribe(self._wake)

    @property
    def coap(self) -> str:
        """Where it is reached without DTLS, as `coap://127.0.0.1:40001`."""
        return self._endpoint("coap")

    @property
    def coaps(self) -> str:
        """Where it is reached with DTLS."""
        return self._endpoint("coaps")

    @property
    def uuid(self) -> UUID:
        """The present device UUID."""
        return self.device.database.doxm.device_uuid

    @property
    def state(self) -> State:
        """The onboarding state."""
        return self.device.database.state

    @property
    def database(self) -> Database:
        """All that the device keeps."""
        return self.device.database

    def audit(self) -> Audit:
        """Judge the tools that talked to this device; it has to be traced."""
        return audit(self.trace)

    def get(self, place: str) -> Any:
        """Return a value, or all of a resource. Raises KeyError."""
        href, _, name = place.partition("#")
        values = dict(self.device.appliances[href].values.current)
        return values[name] if name else values

    async def set(self, place: str, value: object) -> None:
        """Change a value as the physical world would. Raises `ControlError`."""
        href, _, name = place.partition("#")
        request = SetValues(href=href, values={name: value})
        await self.do(lambda now: self._control.perform(request, now)[1])

    async def press_reset(self) -> None:
        """Press the reset button; the device is in factory state when this returns."""
        await self.do(self.device.press_reset)

    async def reboot(self) -> None:
        """Take the power away and give it back; the device has restarted when this returns."""
        await self.do(self.device.reboot)

    async def advance(self, seconds: float) -> None:
        """Let time pass, for a device with a clock of its own: what is due happens in order."""
        if self._clock is None:
            raise RuntimeError("the device lives in real time; make it with manual_time=True")
        until = self._clock.time() + seconds
        while self._clock.step(until):
            await self._hosted.finish()

    async def advance_world(self, seconds: float) -> None:
        """Let time pass for what the device does by itself alone: no client's time-out is nearer.

        What is due happens in order, and has happened when this returns. Raises `ValueError`.
        """
        await self.do(lambda now: self.device.skip(seconds, now))
        while self.device.is_skipping:
            await self.do(self.device.tick)

    async def wait_for(self, name: str, *, timeout: float = PATIENCE) -> Event:  # noqa: ASYNC109
        """Return the next event of that name after the last one waited for.

        Raises TimeoutError.

        `timeout` is in seconds of real time, also for a device with a clock of its own.
        """
        async with asyncio.timeout(timeout):
            while True:
                for index in range(self._waited, len(self.events)):
                    if self.events[index].name == name:
                        self._waited = index + 1
                        return self.events[index]
                self._news.clear()
                await self._news.wait()

    async def do(self, step: Any) -> None:
        """Have the device take a step, and wait until all of it is done."""
        failure: list[Exception] = []

        # An exception in a step would otherwise be the loop's, and nobody would wait for it.
        def careful(now: float) -> Any:
            try:
                return step(now)
            except Exception as error:  # noqa: BLE001 - raised again, for who asked
                failure.append(error)
                return Step()

        self._hosted.do(careful)
        await self._hosted.finish()
        if failure:
            raise failure[0]

    def _wake(self, _event: Event) -> None:
        """Let `wait_for` look again."""
        self._news.set()

    def _endpoint(self, scheme: str) -> str:
        """Return the first endpoint of a scheme."""
        places = self.device.reachable_at
        return next(place for place in places if place.startswith(f"{scheme}://"))


@asynccontextmanager
async def fake_device(  # noqa: PLR0913 - by keyword, each with a default
    profile: str | Profile = "light",
    *,
    clients: Mapping[UUID, bytes] | None = None,
    open_to_all: bool = False,
    database: Database | None = None,
    seed: int | str | None = None,
    manual_time: bool = False,
    speed: float = 1.0,
    hosts: tuple[str, ...] = ("127.0.0.1",),
    faults: Sequence[str] = (),
    traced: bool = False,
) -> AsyncIterator[FakeDevice]:
    """Run a device until the block ends, on free ports of `hosts`.

    It waits for an owner, unless `clients` (pairwise keys of those who may use it) or `open_to_all`
    (anybody may, also without DTLS) say that it has one, or `database` says what it keeps. With a
    `seed` all its random numbers repeat, and no key is secret. With `manual_time` its time stands
    still but for `advance`. `speed` is how many seconds of what it does by itself pass in one of
    its time; 0: they pass by `advance_world` alone. `faults` are what goes wrong, as `onboardee run
    --fault` has them. If it is `traced`, `FakeDevice.audit` judges the tool. Nothing is written to
    disk.
    """
    loaded = load(profile) if isinstance(profile, str) else profile
    if open_to_all:
        loaded = with_plain_endpoints(loaded)
    entropy: Entropy = SystemEntropy() if seed is None else SeededEntropy(seed)
    if database is None:
        database = new_database(loaded, entropy)
        if clients is not None or open_to_all:
            database = onboarded(database, entropy, clients=clients, open_to_all=open_to_all)
    events: list[Event] = []
    bus = Bus()
    bus.subscribe(events.append)
    clock = ManualClock() if manual_time else None
    hub = Hub(clock)
    try:
        keeper = MemoryKeeper(database)
        trace: list[Item] = []
        surroundings = Surroundings(entropy=entropy, bus=bus, speed=speed)
        device = with_layers(
            loaded, keeper, surroundings, [trace.append] if traced else [], [*map(parse, faults)]
        )
        fake = FakeDevice(hub.add(device, Ports(hosts=hosts)), events, clock)
        fake.trace = trace
        yield fake
    finally:
        hub.stop()
