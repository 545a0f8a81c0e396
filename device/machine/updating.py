"""Software updates as they go on: an order becomes steps, and each step a change of the database.

The order is in the database (`svrdb/model/software.py`), written by a client at
`oic.r.softwareupdate` or by a bit of `pstat`. It begins at its time, by the date of the device's
world, and in RFNOP, in which a device works:

    look ──► download and validate ──► install ──► restart
     2 s            20 s                 10 s          (the profile says how long)

Each arrow is stored before anybody hears of it, so whatever is cut off is found again by the state
that it left (`svrdb.software_update.interrupted`). In memory there is the step that goes on alone:
when it ends, in the world's time, so that a speed, a pause and a leap are followed.

What goes wrong stands in the profile; half-way through a step it is looked for what may happen
there (the connection, the power), and at its end for what is found out then.
"""

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from onboardee.device import events
from onboardee.device.machine.context import DeviceContext, Report
from onboardee.device.machine.step import Work
from onboardee.device.simulation.software import (
    RESULTS,
    Mishap,
    SoftwareUpdateSettings,
    is_newer,
    why_no_address,
)
from onboardee.device.simulation.world.terms import seconds
from onboardee.device.simulation.world.world import World
from onboardee.svrdb import StoreUnavailable
from onboardee.svrdb import software_update as stages
from onboardee.svrdb.model import (
    Database,
    Software,
    State,
    UpdateAction,
    UpdateResult,
    UpdateState,
)

CAUSE: Final = "a software update"
"""What a change is stored for, for who looks at a slow disk."""
RETRY: Final = 5.0
"""Seconds until a change that could not be stored is tried again."""
_SOON: Final = 0.001
"""Seconds that a time of day may be rounded by."""

LOOK, DOWNLOAD, INSTALL = "check", "download", "install"


class _Step(NamedTuple):
    """What goes on."""

    name: str
    begins: float
    """In seconds of the world's time, as `ends`."""
    ends: float
    is_half_done: bool = False

    @property
    def next(self) -> float:
        """When it is to be looked at."""
        return self.ends if self.is_half_done else (self.begins + self.ends) / 2


class _Change(NamedTuple):
    """What comes of a moment."""

    database: Database
    step: _Step | None = None
    """What goes on then."""
    reason: str | None = None
    """Why the order has come to nothing."""
    restarts: bool = False


class SoftwareUpdates:
    """Carries out the orders of one device."""

    def __init__(
        self,
        settings: SoftwareUpdateSettings,
        factory_version: str,
        state: DeviceContext,
        world: World,
        report: Report,
    ) -> None:
        """Take the settings, and the version with which the device left the factory."""
        self._settings = settings
        self._factory_version = factory_version
        self._state = state
        self._world = world
        self._report = report
        self._known: Software | None = None
        """The order that the step belongs to, the very object."""
        self._step: _Step | None = None
        self._since = 0.0
        """Since when an order could have begun, in the world's time."""
        self._not_before = -math.inf
        """When the disk is asked again, by the device's clock."""

    def next_deadline(self) -> float | None:
        """Return when `run` has something to do, None for never."""
        self.look()
        found = self._next_moment()
        if found is None:
            return None
        return max(self._world.pace.when(found), self._not_before)

    def run(
        self,
        keep: Callable[[Database, str], Work[StoreUnavailable | None]],
        follow: Callable[[Database], None],
        restart: Callable[[], Work[None]],
    ) -> Work[None]:
        """Do what is due: `keep` makes a change durable, `follow` draws its consequences.

        It is one change in a call, so that observers hear of each state, also where several are due
        at one moment.
        """
        self.look()
        change = self._due() if self._state.now >= self._not_before else None
        if change is None:
            return
        before = self._state.database
        if change.database != before:
            if (yield from keep(change.database, CAUSE)) is not None:
                self._not_before = self._state.now + RETRY
                return
            self._known = self._state.database.software
            follow(before)
        self._step = change.step
        if change.reason is not None:
            self._report(events.UpdateFailed(reason=change.reason))
        if change.restarts:
            yield from restart()

    def look(self) -> None:
        """Notice another order, or another state of the device."""
        database = self._state.database
        if database.software is not self._known:
            self._known, self._step = database.software, None
            self._since = self._now
        if self._step is None and database.state is not State.RFNOP:
            self._since = self._now

    @property
    def _now(self) -> float:
        """The world's time."""
        return self._world.pace.at(self._state.now)

    def _date(self, moment: float) -> datetime:
        """Return the date at a moment of the world that is not far from now."""
        return self._world.date(self._state.now) + timedelta(seconds=moment - self._now)

    def _next_moment(self) -> float | None:
        """Return when something happens next, in the world's time."""
        software = self._state.database.software
        if self._step is not None:
            return self._step.next
        if software.state in stages.UNSAFE:
            return self._now
        if software.action is UpdateAction.NONE or software.time is None:
            return None
        if self._state.database.state is not State.RFNOP or self._waits_for_good(software):
            return None
        left = datetime.fromisoformat(software.time) - self._world.date(self._state.now)
        return max(self._since, self._now + left.total_seconds())

    def _waits_for_good(self, software: Software) -> bool:
        """Tell whether nothing is ever done about the order, as the profile has it."""
        return self._settings.elsewhere == "waits" and self._settings.package(software.url) is None

    def _due(self) -> _Change | None:
        """Return what comes of this moment, None for nothing."""
        moment = self._next_moment()
        if moment is None or moment > self._now + _SOON:
            return None
        database = self._state.database
        if self._step is None and database.software.state in stages.UNSAFE:
            return _Change(stages.interrupted(database), reason="the power was cut")
        if self._step is None:
            return self._begin(moment)
        if not self._step.is_half_done:
            return self._half_way(self._step)
        self._since = self._step.ends
        return self._end(self._step)

    def _begin(self, moment: float) -> _Change:
        """Begin with the next step of the order."""
        database = self._state.database
        software = database.software
        wrong = why_no_address(software.url)
        if wrong is not None:
            is_address = wrong is UpdateResult.UNSUPPORTED_PROTOCOL
            reason = "the protocol is not supported" if is_address else "purl is no address"
            return _Change(stages.ended(database, wrong), reason=reason)
        match software.state:
            case UpdateState.AVAILABLE:
                name, state = DOWNLOAD, UpdateState.VALIDATING
            case UpdateState.READY if software.action is UpdateAction.UPGRADE:
                name, state = INSTALL, UpdateState.UPGRADING
            case UpdateState.READY:
                return _Change(stages.validated(database))
            case _:
                name, state = LOOK, UpdateState.IDLE
        length = seconds(getattr(self._settings, name))
        step = _Step(name, moment, moment + length)
        return _Change(stages.begun(database, state), step=step)

    def _half_way(self, step: _Step) -> _Change:
        """Look for what happens in the middle of a step."""
        database = self._state.database
        if step.name == DOWNLOAD and self._happens(Mishap.CONNECTION):
            result, reason = RESULTS[Mishap.CONNECTION]
            return _Change(stages.ended(database, result), reason=reason)
        if self._happens(Mishap.POWER_CUT, step.name):
            rest = stages.interrupted(database)
            return _Change(rest, reason="the power was cut", restarts=True)
        return _Change(database, step=step._replace(is_half_done=True))

    def _end(self, step: _Step) -> _Change:
        """End a step, well or not."""
        database = self._state.database
        if step.name == LOOK:
            return self._looked(database)
        at_its_end = (
            (Mishap.RAM, Mishap.FLASH, Mishap.VERSION, Mishap.SIGNATURE)
            if step.name == DOWNLOAD
            else (Mishap.INSTALL,)
        )
        for mishap in filter(self._happens, at_its_end):
            result, reason = RESULTS[mishap]
            return _Change(stages.ended(database, result), reason=reason)
        if step.name == DOWNLOAD:
            return _Change(stages.validated(database))
        done = stages.installed(database, stages.moment_text(self._date(step.ends)))
        return _Change(done, restarts=self._settings.restarts)

    def _looked(self, database: Database) -> _Change:
        """End the look for software: none is at that address, or none that is new, or some is."""
        software = database.software
        package = self._settings.package(software.url)
        if package is None:
            result = UpdateResult.CONNECTION_LOST
            return _Change(stages.ended(database, result), reason="nothing is at that address")
        if is_newer(package.version, software.installed or self._factory_version):
            return _Change(stages.found(database, package.version))
        if software.action is UpdateAction.CHECK:
            return _Change(stages.ended(database, UpdateResult.NONE))
        result = UpdateResult.VALIDATION_FAILED
        reason = f"the version {package.version} is not newer"
        return _Change(stages.ended(database, result), reason=reason)

    def _happens(self, mishap: Mishap, during: str | None = None) -> bool:
        """Tell whether something goes wrong now, with software from this address."""
        url = self._state.database.software.url
        faults = self._world.faults
        return any(
            each.what is mishap
            and during in (None, each.during)
            and (each.url is None or url.startswith(each.url))
            and (each.fault is None or faults.get(each.fault, False))
            for each in self._settings.failures
        )
