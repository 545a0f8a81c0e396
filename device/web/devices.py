"""The devices of the process as the dashboard has them: by name, whether they run now or not."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from onboardee.device.events import Bus
from onboardee.device.machine.layer import AnyDevice, Layer
from onboardee.device.net.performer import Performer
from onboardee.device.trace.tracing import Tracer
from onboardee.svrdb import Storage
from onboardee.svrdb.codec import Codec


class Kept(Protocol):
    """Where a device's database lies, with its snapshots beside it: a `Store` is one."""

    @property
    def storage(self) -> Storage:
        """The files."""

    @property
    def codec(self) -> Codec:
        """How they are written."""


@dataclass(slots=True)
class WebDevice:
    """One device, which may come and go."""

    name: str
    """As `onboardee ctl` takes it."""
    bus: Bus
    """It stays the same when the device restarts."""
    store: Kept | None = None
    """None: it is in memory only, and has no snapshots."""
    performer: Performer | None = None
    """Does what is asked for; None while the device does not run."""

    @property
    def device(self) -> AnyDevice | None:
        """What runs, with the layers around it; None while nothing does."""
        return None if self.performer is None else self.performer.hosted.device

    @property
    def tracer(self) -> Tracer | None:
        """The layer that tells what crosses the border, if there is one."""
        return None if self.device is None else tracer_of(self.device)


def tracer_of(device: AnyDevice) -> Tracer | None:
    """Return the layer that traces a device; None if none does."""
    layer = device
    while isinstance(layer, Layer):
        if isinstance(layer, Tracer):
            return layer
        layer = layer.inner
    return None


class Devices:
    """All of them, in the order in which they were named."""

    def __init__(self) -> None:
        self._known: dict[str, WebDevice] = {}

    def __iter__(self) -> Iterator[WebDevice]:
        return iter(tuple(self._known.values()))

    def __len__(self) -> int:
        return len(self._known)

    def add(self, bus: Bus, store: Kept | None = None) -> WebDevice:
        """Know of a device that is to run."""
        known = self._known[bus.device] = WebDevice(bus.device, bus, store)
        return known

    def get(self, name: str) -> WebDevice | None:
        """Return a device by its name; None if there is none."""
        return self._known.get(name)
