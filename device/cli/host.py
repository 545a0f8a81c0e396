"""The devices of a process that run now, and those that come and go.

    planned ──► Unit (store, log) ──► Host.begin: boot, sockets, control socket
                                          ▲                  │
                                          └── Timetable ◄────┘ a device that restarts

One that starts later, or again, and cannot is the event `device.not_started`, and is tried again.
"""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from onboardee.device.cli.control_places import ControlPlace, ControlPlaces
from onboardee.device.cli.returning import Returning
from onboardee.device.cli.timetable import Timetable
from onboardee.device.cli.unit import Unit
from onboardee.device.events import DeviceLeft, DeviceNotStarted
from onboardee.device.events.automatic_snapshots import keep_snapshots
from onboardee.device.fleet.schedule import running_times
from onboardee.device.net.addresses import Addresses
from onboardee.device.net.binding import BindError
from onboardee.device.net.hosted import HostedDevice
from onboardee.device.net.hub import Hub
from onboardee.device.net.performer import Performer
from onboardee.device.net.places import Place

if TYPE_CHECKING:
    from onboardee.device.cli.console.console import Console
    from onboardee.device.web.serving import Dashboard

TRY_AGAIN: Final = 30.0
"""Seconds until a device that could not start is tried again."""


class _Running(NamedTuple):
    """What a device has while it runs."""

    hosted: HostedDevice
    control: ControlPlace | None
    performer: Performer


class Host:
    """The devices that run now, and those that come and go."""

    def __init__(
        self,
        returning: Returning,
        addresses: Addresses | None = None,
        dashboard: "Dashboard | None" = None,
        console: "Console | None" = None,
    ) -> None:
        self.timetable: Final = Timetable()
        self._returning = returning
        self._addresses = addresses
        self._dashboard = dashboard
        self._console = console
        self._hub = Hub()
        self._running: dict[Unit, _Running] = {}
        self._controls = ControlPlaces()
        self._has_begun: set[Unit] = set()
        """In this process."""
        self._times: dict[Unit, Iterator[float]] = {}

    def __len__(self) -> int:
        return len(self._running)

    async def begin(self, unit: Unit) -> None:
        """Boot a device and let it be reached. Raises `BindError` or `BehaviourError`."""
        device, maker = unit.boot()
        if unit not in self._has_begun:
            kept = device.profile.snapshots.automatic
            keep_snapshots(unit.bus, unit.store, kept, partial(self._hub.do_on_disk, unit.bus))
        control = self._controls.of(unit)
        try:
            hosted = self._hub.add(device, self._place(unit))
        except BindError:
            if control is not None:
                await control.stop()
            raise
        performer = Performer(hosted, maker)
        self._running[unit] = _Running(hosted, control, performer)
        self._has_begun.add(unit)
        self._returning.note(unit.planned.name, hosted, has_own_ports=self._addresses is None)
        # at once, as its events have told that it runs
        if self._dashboard is not None:
            self._dashboard.runs(unit.planned.name, performer)
        if self._console is not None:
            self._console.runs(unit.planned.name, performer)
        if control is not None:
            await control.serve(performer)
        self._plan_end(unit)

    def _place(self, unit: Unit) -> Place:
        """Return where a device is to be reached: where it was, if it has been there before."""
        if self._addresses is not None:
            return self._addresses.place(unit.planned.number)
        return self._returning.ports(unit.planned.name)

    async def begin_in_time(self, unit: Unit) -> None:
        """Begin at once or when its time has come. Raises `BindError` or `BehaviourError`.

        One that starts later or again and cannot is told and tried again: it keeps no others down.
        """
        planned = unit.planned
        wait = self._returning.wait(planned.name, planned.starts_at)
        if wait > 0:
            self.timetable.put(wait, partial(self._try_to_begin, unit))
        elif not self._returning.is_again:
            await self.begin(unit)
        elif again := await self._try_to_begin(unit):
            self.timetable.put(again, partial(self._try_to_begin, unit))

    async def end(self, unit: Unit) -> None:
        """Let a device go, as if its power failed after a goodbye."""
        went = self._running.pop(unit)
        if went.control is not None:
            await went.control.stop()
        self._hub.remove(went.hosted)
        went.performer.close()
        unit.gone()

    async def stop(self) -> None:
        """Stop all of them."""
        controls = [each.control for each in self._running.values() if each.control is not None]
        try:
            for control in controls:
                await control.stop()
            await self._controls.stop()
        finally:
            self._hub.stop()

    async def _try_to_begin(self, unit: Unit) -> float | None:
        try:
            await self.begin(unit)
        except BindError as error:
            unit.bus.publish(DeviceNotStarted(reason=str(error)))
            return TRY_AGAIN
        self._returning.tell()
        return None

    def _plan_end(self, unit: Unit) -> None:
        churn = unit.planned.churn
        if churn is None:
            return
        if unit not in self._times:
            seed = unit.planned.seed
            self._times[unit] = running_times(churn, seed and f"{seed} {unit.planned.name} churn")
        self.timetable.put(next(self._times[unit]), partial(self._go, unit, churn.away))

    async def _go(self, unit: Unit, away: float) -> float | None:
        await self.end(unit)
        unit.bus.publish(DeviceLeft(away=away))
        self.timetable.put(away, partial(self._try_to_begin, unit))
        return None
