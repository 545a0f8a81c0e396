"""A device without an event loop: its steps are acted upon at once, in the thread of the caller.

It acts upon a step as a host does, in the same order: send, tell, store, then the next step
(`device/net/hosted.py` does it in an event loop). There the storing is in a thread and other
datagrams wait; here it is done at once, so that the order of everything is fixed.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from onboardee.device.machine.boot import Surroundings, boot
from onboardee.device.machine.layer import AnyDevice
from onboardee.device.machine.step import Keeper, Step, try_to_store
from onboardee.device.simulation.profile import Profile
from onboardee.svrdb.model import Database
from onboardee.wire.path import Endpoint, Outgoing, Path


class LocalDevice:
    """A device for tests, and for networks in memory: it is asked and answers with datagrams.

    What is stored is stored before anything leaves. An error in the program is raised. All else is
    asked of `device` itself. A database that is put into the store from outside is lived on.
    """

    def __init__(self, device: AnyDevice, endpoints: Sequence[Endpoint] = ()) -> None:
        self.device = device
        self.endpoints = endpoints
        self.store = device.store

    def __getattr__(self, name: str) -> Any:
        return getattr(self.device, name)

    @property
    def database(self) -> Database:
        """What is stored."""
        return self.store.current

    def start(self, now: float) -> list[Outgoing]:
        """Begin to live."""
        self.device.reread()
        return self.act(self.device.start(self.endpoints, now), now)

    def stop(self, now: float) -> list[Outgoing]:
        """Say goodbye to all peers."""
        return self.act(self.device.stop(now), now)

    def receive(self, datagram: bytes, path: Path, now: float) -> list[Outgoing]:
        """Take a datagram, return those to be sent."""
        self.device.reread()
        return self.act(self.device.receive(datagram, path, now), now)

    def tick(self, now: float) -> list[Outgoing]:
        """Do what is due, return the datagrams to be sent."""
        self.device.reread()
        return self.act(self.device.tick(now), now)

    def press_reset(self, now: float) -> list[Outgoing]:
        """Press the reset button."""
        self.device.reread()
        return self.act(self.device.press_reset(now), now)

    def reboot(self, now: float) -> list[Outgoing]:
        """Take its power away and give it back."""
        self.device.reread()
        return self.act(self.device.reboot(now), now)

    def adopt(self, database: Database, now: float) -> list[Outgoing]:
        """Go on with another database."""
        return self.act(self.device.adopt(database, now), now)

    def set_values(self, href: str, values: dict[str, object], now: float) -> list[Outgoing]:
        """Let the simulated world change a resource."""
        return self.act(self.device.set_values(href, values, now), now)

    def press(self, name: str, now: float) -> list[Outgoing]:
        """Use one of the device's inputs."""
        return self.act(self.device.press(name, now), now)

    def fault(self, name: str, now: float, *, is_on: bool) -> list[Outgoing]:
        """Let one of the device's faults come or go."""
        return self.act(self.device.fault(name, now, is_on=is_on), now)

    def act(self, step: Step, now: float) -> list[Outgoing]:
        """Do what a step says, and the steps that come of it; return what is to be sent."""
        outgoing: list[Outgoing] = []
        while True:
            outgoing += step.send
            failures = [fault.error for fault in step.faults]
            for event in step.events:
                failures += self.device.bus.publish(event)
            if failures:
                raise failures[0]
            if step.store is None:
                return outgoing
            step = self.device.stored(try_to_store(self.store, step.store), now)


Make: TypeAlias = Callable[[Profile, Keeper, Surroundings], AnyDevice]
"""Makes a device, as `boot` does, or one with something around it."""


def local_device(
    profile: Profile, store: Keeper, make: Make = boot, **surroundings: Any
) -> LocalDevice:
    """Make a device; the rest are the fields of `Surroundings`."""
    return LocalDevice(make(profile, store, Surroundings(**surroundings)))
