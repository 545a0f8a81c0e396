"""The values that a device shows: how a life of them begins, what of it is kept, who hears of it.

The world (`onboardee.device.simulation.world`) says what values do, and the appliances are the
resources that hold them. Here both follow the database, in which there is what clients created and
what they wrote that a profile keeps; and what changed is told, to observers and as events. Like
those of the database (`changes`), events are told from what is different, not by whoever changed
it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from onboardee.device.access.target import RES
from onboardee.device.events import Event, FaultChanged, ValueChanged
from onboardee.device.machine.context import Announcements, DeviceContext, Report
from onboardee.device.machine.growth import Growth
from onboardee.device.resources.appliance import ApplianceResource
from onboardee.device.simulation.world.world import World
from onboardee.svrdb.model import Database


class DeviceValues:
    """The values of one device's resources, in its world."""

    def __init__(  # noqa: PLR0913 - what values have to do with, by keyword
        self,
        *,
        state: DeviceContext,
        report: Report,
        announcements: Announcements,
        world: World,
        appliances: Mapping[str, ApplianceResource],
        growth: Growth,
    ) -> None:
        self._state = state
        self._report = report
        self._announcements = announcements
        self._world = world
        self._appliances = appliances
        self._growth = growth
        self._news = _News(appliances, world)
        self.has_faults = bool(world.faults)
        """Whether there are any that may come and go, beside the values that change."""

    def begin(self) -> None:
        """Let all values be those with which a life begins: the profile's, and what is kept."""
        self.grow()
        kept = self._state.database.values
        for href, appliance in self._appliances.items():
            appliance.keep(kept.get(href, {}))
            appliance.values.restore()
        self._world.start(self._state.now)
        self._news.begin()

    def keep(self, before: Database, after: Database) -> None:
        """Let what clients wrote that is kept be that with which the next life begins."""
        for href in after.values if after.values is not before.values else ():
            if href in self._appliances:
                self._appliances[href].keep(after.values[href])

    def lasting(self, database: Database) -> Database:
        """Return a database without the created resources that a restart takes away."""
        kept = self._growth.kept(database.created)
        return database if kept is database.created else replace(database, created=kept)

    def grow(self) -> None:
        """Let the created resources be those of the database."""
        changed = self._growth.follow()
        for href in changed:
            self._news.take_in(href)
        if changed:
            self.has_faults = bool(self._world.faults)
            self._announcements.add([RES])

    def let_time_pass(self) -> None:
        """Let the world do what is due."""
        changed = self._world.tick(self._state.now)
        if changed or self.has_faults:
            self.tell(changed)

    def tell(self, hrefs: Collection[str], *, by_hand: bool = False) -> None:
        """Let everybody know of new values, and of faults that came or went."""
        ordered = sorted(hrefs)
        self._announcements.add(ordered)
        for event in self._news.events(ordered, by_hand=by_hand):
            self._report(event)


class _News:
    """What changed of a device's values and faults since it was told last."""

    def __init__(self, appliances: Mapping[str, ApplianceResource], world: World) -> None:
        self._appliances = appliances
        self._world = world
        self._values: dict[str, Mapping[str, Any]] = {}
        self._faults: Mapping[str, bool] = {}

    def begin(self) -> None:
        """Take what is now for told."""
        self._values = {href: dict(each.values.current) for href, each in self._appliances.items()}
        self._faults = self._world.faults

    def take_in(self, href: str) -> None:
        """Take what a resource holds that has come or gone for told."""
        self._values.pop(href, None)
        if href in self._appliances:
            self._values[href] = dict(self._appliances[href].values.current)
        self._faults = self._world.faults

    def events(self, hrefs: Iterable[str], *, by_hand: bool) -> Iterator[Event]:
        """Yield what is new: of faults, and of those of the resources that hold values."""
        faults = self._world.faults
        for fault, is_on in faults.items():
            if self._faults.get(fault) != is_on:
                yield FaultChanged(fault=fault, is_on=is_on, by_itself=not by_hand)
        self._faults = faults
        for href in hrefs:
            if href not in self._appliances:
                continue
            by_itself = self._world.was_by_itself(href)
            before, now = self._values.get(href, {}), dict(self._appliances[href].values.current)
            self._values[href] = now
            values = {
                name: now[name] for name in now if name not in before or before[name] != now[name]
            }
            if values:
                moving = self._world.is_moving(href, values)
                yield ValueChanged(href=href, values=values, by_itself=by_itself, moving=moving)
