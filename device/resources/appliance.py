"""The resources of a profile: what the device is for.

Between the wire and the values stand three things: the unit that a client names (`units`), the
limits of the profile (`Values`), and the simulated world, which decides what an UPDATE leads to and
when. Representations are the very mapping that `Values` holds, so that an unchanged resource is
known by its identity.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from msgspec.structs import replace

from onboardee.device.access.call import Call
from onboardee.device.access.ocf_interfaces import WRITE
from onboardee.device.resources.base import (
    Outcome,
    ReadOnly,
    RefusedError,
    Representation,
    with_common,
)
from onboardee.device.resources.creating import delete
from onboardee.device.resources.tags import number_after
from onboardee.device.resources.targets import target_of
from onboardee.device.resources.units import UNITS, converter
from onboardee.device.simulation.profile import ResourceProfile
from onboardee.device.simulation.values import ValueRefusedError, Values
from onboardee.device.simulation.world.refusal import UpdateRefusedError
from onboardee.device.simulation.world.world import World
from onboardee.svrdb.model import Database
from onboardee.wire.coap import Code


def refused(where: str, error: UpdateRefusedError | ValueRefusedError) -> RefusedError:
    """Return what a client is refused with: 4.00 or 4.03 for a value, or what a profile names."""
    if isinstance(error, UpdateRefusedError):
        code = error.code
    else:
        code = Code.BAD_REQUEST if error.is_malformed else Code.FORBIDDEN
    return RefusedError(code, f"{where}: {error}")


class ApplianceResource(ReadOnly):
    """A resource that holds values.

    `target`, `values` and `observable` are public, as the command line and the tests look at them.
    """

    def __init__(self, profile: ResourceProfile, values: Values, world: World | None) -> None:
        """Make a resource. Without a `world` an UPDATE takes no course: values are what is set."""
        self.target = target_of(profile)
        self.observable = profile.observable
        self.values = values
        self._seen = values.current
        self._revision = self._latest = 0
        self._name = profile.name
        self._converter = converter(profile)
        self._kept = frozenset(profile.kept)
        self._world = world

    def version(self) -> object | None:
        """Return the values: a change makes new ones, and so does time where they go by it."""
        if self.values.follow_time and self._world is not None:
            self._world.refresh(self.target.href)
        return self.values.current

    def revision(self, call: Call) -> int:
        """Return a number that comes but once, or 0 for the values with which every life begins.

        Those that are not initial do not outlive a restart, so that their tag need not either.
        """
        current = self.values.current
        if current is not self._seen:
            self._seen = current
            self._latest = number_after(self._latest, call.wall_time)
            self._revision = 0 if self.values.are_initial else self._latest
        return self._revision

    def is_newly_counted(self, call: Call) -> bool:
        """Tell whether the values are not those with which every life begins."""
        return self.revision(call) != 0

    def retrieve(self, call: Call) -> Representation:
        """Return the current values, in the unit that the query names."""
        self.version()
        return self._represented(call, self._in_unit(call.query.first(UNITS)))

    def update(self, call: Call, payload: Mapping[str, object]) -> Outcome:
        """Write values, all or none, and answer with the result, in the unit of what was sent.

        4.00 for values of a wrong type or form, 4.03 for those out of their limits, and the code
        that the profile names for what is not possible now (a guard, a fault, a state).
        """
        meant = payload
        if self._converter is not None:
            meant = self._converter.understood(payload, self.values.current)
        undo = partial(self._restore, self.values.current)
        try:
            database = self._database(call, meant) if self._kept & meant.keys() else None
            notify = self._write(meant)
        except (UpdateRefusedError, ValueRefusedError) as error:
            raise refused(self.target.href, error) from error
        if call.interface == WRITE:
            return Outcome(database=database, notify=notify, undo=undo)
        unit = payload.get(UNITS)
        body = self._in_unit(unit if isinstance(unit, str) else None)
        return Outcome(body=body, database=database, notify=notify, undo=undo)

    def keep(self, values: Mapping[str, object]) -> None:
        """Take what was kept for that with which a life begins, as far as the profile keeps it."""
        self.values.keep({name: each for name, each in values.items() if name in self._kept})

    def _database(self, call: Call, wanted: Mapping[str, object]) -> Database:
        """Return the database with what is kept of an UPDATE. Raises `ValueRefusedError`."""
        tried = self.values.tried(wanted)
        href, values = self.target.href, call.database.values
        now = {name: tried[name] for name in self._kept & wanted.keys()}
        return replace(call.database, values={**values, href: {**values.get(href, {}), **now}})

    def _restore(self, values: Mapping[str, Any]) -> None:
        """Let the values be again what they were before an UPDATE that could not be kept."""
        if self._world is None:
            self.values.set(values)
        else:
            self._world.set_values(self.target.href, values, self._world.asked_at)

    def _write(self, payload: Mapping[str, object]) -> frozenset[str]:
        """Write values; return the resources whose observers are to hear of it now."""
        if self._world is not None:
            return frozenset(self._world.write(self.target.href, payload))
        changed = self.values.write(payload)
        return frozenset({self.target.href}) if changed else frozenset()

    def _represented(self, call: Call, values: Mapping[str, Any]) -> Representation:
        """Add the name, and what the interface wants."""
        named = values if self._name is None else {"n": self._name, **values}
        return with_common(call, self.target, named)

    def _in_unit(self, unit: str | None) -> Mapping[str, Any]:
        """Return the values, in a unit if one is named. Raises `RefusedError`."""
        values = self.values.current
        if unit is None or self._converter is None:
            return values
        return self._converter.shown(values, unit)


class CreatedApplianceResource(ApplianceResource):
    """A resource that a client created in a collection, and that clients may delete."""

    is_created = True

    def delete(self, call: Call) -> Outcome:
        """Delete it, with its link and the access entry of its creator."""
        return delete(self.target.href, call)
