"""The device of a trial, with sockets: made for it, kept in memory, forgotten afterwards.

Both ways to try a tool need it: by the tool's command line (`trial_runner`), and by people with a
tool in their hands (`side_by_side`).

It differs from a device of `run` in two things: its database is in memory, as each trial begins
with a new device, and it is told what it is on trial for, so that it can say when its fault has
acted. All else is the same code, with sockets, and so a tool meets what it would meet otherwise.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from msgspec.structs import replace

from onboardee.device.audit.cutting import Selections
from onboardee.device.audit.laboratory import laboratory
from onboardee.device.audit.trial import Need, Trial
from onboardee.device.events import Bus, Event, FaultActed, PinShown
from onboardee.device.faults.layer import Faulty
from onboardee.device.machine.boot import Surroundings
from onboardee.device.machine.layer import AnyDevice, Layer
from onboardee.device.machine.layered import with_layers
from onboardee.device.net.binding import Ports
from onboardee.device.net.hosted import HostedDevice
from onboardee.device.net.hub import Hub
from onboardee.device.security.factory import new_database
from onboardee.device.simulation.profile import Profile
from onboardee.device.testing import MemoryKeeper
from onboardee.device.trace.items import Item
from onboardee.device.trace.tracing import Sink
from onboardee.svrdb.model import State
from onboardee.wire.entropy import SystemEntropy

PATIENCE: Final = 15.0
"""Seconds in which a device that is being reset gets into factory state."""
ANY_PIN: Final = "00000000"
"""What stands where a PIN is asked for and the device has none."""


@dataclass
class StandDevice:
    """The device of a trial, and what it did wrong so far."""

    trial: Trial
    hosted: HostedDevice
    """The device with its sockets."""
    faulty: Faulty | None
    """Its layer of faults, None in a trial without any."""
    acted: list[str] = field(default_factory=list)
    """What it did wrong, in words."""
    pin: str = ""
    """The PIN that it shows."""
    is_honest: bool = False
    """Whether the trial is over and the tool may own it."""
    on_acted: Callable[[], None] = lambda: None
    """Is called when the device did something wrong."""
    began_anew: bool = False
    """Whether the tool selected a method again after the device had done wrong."""

    def __post_init__(self) -> None:
        self._selections = Selections()
        self._first_uuid = self.hosted.device.database.doxm.device_uuid

    @property
    def is_owned(self) -> bool:
        """Tell whether somebody owns the device, and it is in operation or about to be."""
        database = self.hosted.device.database
        return database.doxm.owned and database.state in {State.RFPRO, State.RFNOP}

    def places(self) -> dict[str, str]:
        """Return what the command line of a tool may ask for."""
        ports = {each.scheme: each.port for each in self.hosted.endpoints}
        host = next(each.host for each in self.hosted.endpoints)
        return {
            "uuid": str(self.hosted.device.database.doxm.device_uuid),
            "host": host if host not in {"0.0.0.0", "::"} else "127.0.0.1",  # noqa: S104
            "port": str(ports["coap"]),
            "secure_port": str(ports["coaps"]),
            "pin": self.told_pin(),
            "trial": self.trial.name,
        }

    def told_pin(self) -> str:
        """Return the PIN that the tool is told: a wrong one in the trial of that."""
        pin = self.hosted.device.profile.ownership.pin.fixed or self.pin or ANY_PIN
        is_lie = self.trial.needs is Need.PIN and not self.is_honest
        return pin[:-1] + ("1" if pin[-1] == "0" else "0") if is_lie else pin

    def take(self, event: Event) -> None:
        """Note what happened to the device."""
        if isinstance(event, FaultActed) and not self.is_honest:
            self._note(f"{event.fault}: {event.effect}")
        elif isinstance(event, PinShown):
            self.pin = event.pin
            if self.trial.needs is Need.PIN and not self.acted:
                self._note("asked for a PIN that the tool does not know")
        elif self._is_only_adapted and not self.acted and self._has_another_uuid:
            self._note("showed another deviceuuid")

    @property
    def _is_only_adapted(self) -> bool:
        """Tell whether the trial is about the profile alone.

        Then no fault says that it acted, and the device's own doing has to be looked at.
        """
        return not self.trial.faults and self.trial.needs is Need.NOTHING

    @property
    def _has_another_uuid(self) -> bool:
        """Tell whether the device shows another UUID than at first."""
        return self.hosted.device.database.doxm.device_uuid != self._first_uuid

    def see(self, item: Item) -> None:
        """Note whether the tool begins anew."""
        if self._selections.begins_anew(item) and self.acted:
            self.began_anew = True

    def _note(self, what: str) -> None:
        """Take that the device did something wrong, and tell whoever waits for it."""
        self.acted.append(what)
        self.on_acted()

    def be_honest(self) -> None:
        """Have no faults from now on."""
        self.is_honest = True
        if self.faulty is not None:
            self.faulty.clear()

    async def restore(self) -> None:
        """Be honest, and wait for an owner."""
        self.be_honest()
        self.hosted.press_reset()
        end = time.monotonic() + PATIENCE
        while self.hosted.device.database.state is not State.RFOTM or self.is_owned:
            if time.monotonic() > end:
                return
            await asyncio.sleep(0.05)


def stood(
    hub: Hub, trial: Trial, profile: Profile, ports: Ports, sinks: Sequence[Sink] = ()
) -> StandDevice:
    """Make the device of a trial, and let it live."""
    profile = trial.adapt(profile) if trial.adapt is not None else profile
    if trial.needs is Need.PIN and profile.ownership.pin.fixed is None:
        fixed = replace(profile.ownership.pin, fixed="12345678")
        profile = replace(profile, ownership=replace(profile.ownership, pin=fixed))
    bus = Bus(trial.name)
    entropy = SystemEntropy()
    keeper = MemoryKeeper(new_database(profile, entropy))
    surroundings = Surroundings(entropy=entropy, bus=bus)
    stands: list[StandDevice] = []

    def see(item: Item) -> None:
        # it begins to live before there is a stand
        for each in stands:
            each.see(item)

    device = with_layers(profile, keeper, surroundings, [*sinks, see], trial.faults)
    stand = StandDevice(trial, hub.add(device, ports), faulty_in(device))
    stands.append(stand)
    bus.subscribe(stand.take)
    return stand


def faulty_in(device: AnyDevice) -> Faulty | None:
    """Return the layer of faults around a device, None if it has none."""
    while isinstance(device, Layer):
        if isinstance(device, Faulty):
            return device
        device = device.inner
    return None


def root_certificate() -> str:
    """Return whom a tool has to trust in trials of certificates, as PEM."""
    return laboratory().root
