"""The simulated world of one device: what its values do between and because of UPDATEs.

The world has no clock: whoever calls says what time it is by the device's clock, and
`next_deadline` says when nothing happens before. What time it is then in the world, `pace` says;
all that parts see and set is in the world's time, and all calls from outside are in the device's.

Each call lets what is due happen in its order, then lets what depends on it follow
until nothing changes any more, and returns the resources whose observers are to be told.

An UPDATE is tried first, with nothing written, so that limits are checked before any guard is
asked, and nothing has changed if one of them refuses. Then the properties that move or are handled
get it as a goal, and the others get the value. How time passes meanwhile, `passing` says.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from onboardee.device.simulation.values import Property, Values
from onboardee.device.simulation.world.build import Built, build
from onboardee.device.simulation.world.chance import Chance
from onboardee.device.simulation.world.declaration import Behaviour
from onboardee.device.simulation.world.finder import Specs
from onboardee.device.simulation.world.growing import joined, parted
from onboardee.device.simulation.world.pace import Pace
from onboardee.device.simulation.world.parts import Cell
from onboardee.device.simulation.world.passing import Passing
from onboardee.wire.wall_clock import WallClock


class World(Passing):
    """The behaviour of one device, running on its values.

    `specs` and `values` are by path of the resource; `report` takes sentences for the log.
    """

    __slots__ = (
        "_entries",
        "_grown",
        "_is_used",
        "_own",
        "_specs",
        "asked_at",
    )

    def __init__(  # noqa: PLR0913 - what a world gets from its surroundings, by keyword
        self,
        entries: Sequence[Behaviour],
        specs: Specs,
        values: Mapping[str, Values],
        *,
        chance: Chance,
        wall_clock: WallClock,
        report: Callable[[str], None],
        pace: Pace | None = None,
    ) -> None:
        """Prepare everything. Raises `BehaviourError` if an entry cannot be used.

        Without a `pace` the world's time is the device's.
        """
        built = build(entries, specs, values)
        super().__init__(
            built,
            values,
            chance=chance,
            wall_clock=wall_clock,
            report=report,
            pace=pace or Pace(),
        )
        self._entries = entries
        self._specs = specs
        self._is_used = False
        """Whether the parts have run already, and have to be made anew for another start."""
        self.asked_at = 0.0
        """When the request came that is answered now, by the device's clock."""
        self._grown: dict[str, tuple[Mapping[str, Property], Sequence[Behaviour]]] = {}
        """What joined, by path: properties and behaviour."""
        self._own: dict[str, Built] = {}
        """The parts of those that run, by path."""

    def start(self, now: float) -> None:
        """Begin, or begin anew: the values are the initial ones; the pace is as it was."""
        if self._is_used:
            self._built = build(self._entries, self._specs, self._values)
        self._is_used = True
        self._begin_time(now)
        self.asked_at = now
        self._own.clear()
        for href in self._grown:
            self._join(href)
        for part in self._built.parts:
            self._visit(part)
        self._settle()

    def add(
        self, href: str, properties: Mapping[str, Property], entries: Sequence[Behaviour]
    ) -> None:
        """Let a resource join, whose values are there; it begins at `asked_at`.

        Before `start` it joins then. Raises `BehaviourError` if an entry cannot be used, and then
        it has not joined.
        """
        build(entries, {href: properties}, {href: self._values[href]}, runs_code=False)
        self._grown[href] = properties, entries
        if not self._is_used:
            return
        self._pass_time(max(self.asked_at, self._called_at))
        for part in self._join(href).parts:
            self._visit(part)
        self._settle()

    def remove(self, href: str) -> None:
        """Let a resource that has joined go, with all that it does; others are none the wiser."""
        del self._grown[href]
        own = self._own.pop(href, None)
        if own is not None:
            self._built = parted(self._built, href, own)
            self._settle()

    def _join(self, href: str) -> Built:
        """Build the parts of a resource that joins; return them alone."""
        properties, entries = self._grown[href]
        values = self._values[href]
        self._built, own = joined(self._built, href, properties, values, entries)
        self._own[href] = own
        return own

    def write(self, href: str, payload: Mapping[str, object]) -> list[str]:
        """Let a client's UPDATE have its effect at `asked_at`, all of it or nothing.

        Raises `ValueRefusedError` for values that are not possible at all, and `UpdateRefusedError`
        for those that are not possible now.

        Returns the paths of the resources whose observers hear of it now, the written one among
        them if it changed.
        """
        values = self._values[href]
        # Nothing behaves here: values are set, and observers told, without a round.
        if not any(f"{href}#{name}" in self._built.cells for name in payload):
            if not values.write(payload):
                return []
            self._built.notices.credit(href)
            return [href]
        # nothing may have been due for long, and what begins now begins now
        now = max(self.asked_at, self._called_at)
        self._pass_time(now)
        with self._caused():
            self._write(href, payload)
        self._built.notices.hasten(href, now)
        return self._take_notices(now)

    def recall(
        self, href: str, name: str, scene: str, settings: Mapping[str, Mapping[str, object]]
    ) -> list[str]:
        """Let a client's wish for a scene have its effect at `asked_at`, all of it or nothing.

        `href` and `name` are of the property that tells the scene; `settings` are the properties of
        others, by path and name. Raises and returns as `write` does, for all of them.
        """
        now = max(self.asked_at, self._called_at)
        self._pass_time(now)
        with self._caused():
            try:
                own = self._prepared(href, {name: scene})
                prepared = [self._prepared(*each) for each in settings.items()]
                if not own.asked and self._values[href].current[name] != scene:
                    return []  # a fault that ignores what clients want
                self._built.register.scenes[href].take(scene)
                self._put(href, {name: scene})
                for each in prepared:
                    self._carry_out(each)
            finally:
                self._settle()
        for path in (href, *settings):
            self._built.notices.hasten(path, now)
        return self._take_notices(now)

    def _write(self, href: str, payload: Mapping[str, object]) -> None:
        """Let an UPDATE have its effect where something behaves."""
        try:
            self._carry_out(self._prepared(href, payload))
        finally:
            self._settle()

    def _prepared(self, href: str, payload: Mapping[str, object]) -> "_Prepared":
        """Ask all who may refuse an UPDATE of a resource; return what it comes to.

        Nothing has changed but faults that came with the asking.
        """
        # Limits are checked before anything is written: a refusal has nothing to undo.
        wanted = self._values[href].tried(payload)
        cells = [
            self._built.cells[ref]
            for name in payload
            if (ref := f"{href}#{name}") in self._built.cells
        ]
        # A mover at rest with another goal than the written value has to hear of it, even if the
        # value is the present one.
        moved = [cell for cell in cells if _is_new(cell, wanted[cell.name])]
        changing = [cell for cell in moved if wanted[cell.name] != cell.value]
        ignored = self._admit(changing, wanted)
        mine = {cell.name for cell in moved if cell.mover or cell.handler} | ignored
        # What moves or is handled gets its value from there, not at once.
        plain = {name: wanted[name] for name in payload if name in wanted and name not in mine}
        asked = [(cell, wanted[cell.name]) for cell in moved if cell.name not in ignored]
        return _Prepared(href, plain, asked)

    def _carry_out(self, prepared: "_Prepared") -> None:
        """Set what is set at once, and let the rest begin."""
        self._put(prepared.href, prepared.plain)
        for cell, value in prepared.asked:
            self._request(cell, value)

    def set_values(self, href: str, wanted: Mapping[str, object], now: float) -> list[str]:
        """Let the physical world change values, whatever guards say; what depends on them follows.

        Raises `ValueRefusedError`, and then nothing has changed.
        """
        self._pass_time(now)
        with self._caused():
            self._put(href, wanted)
            for name in wanted:
                cell = self._built.cells.get(f"{href}#{name}")
                if cell is not None and cell.mover is not None:
                    cell.mover.stop()
            self._settle()
        self._built.notices.hasten(href, now)
        return self._take_notices(now)

    def was_by_itself(self, href: str) -> bool:
        """Tell, once, whether what was to be told of a resource is the device's own doing alone."""
        return not self._built.notices.take_cause(href)

    def is_moving(self, href: str, names: Iterable[str]) -> bool:
        """Tell whether properties are all on their way, so that more of them follows."""
        cells = [self._built.cells.get(f"{href}#{name}") for name in names]
        return all(cell and cell.mover and cell.mover.is_moving for cell in cells)

    @property
    def inputs(self) -> list[str]:
        """The names that `press` knows."""
        return sorted(self._built.presses)

    @property
    def faults(self) -> dict[str, bool]:
        """The faults, and whether they are on."""
        return {name: part.flag.is_on for name, part in self._built.register.faults.items()}

    def press(self, name: str, now: float) -> list[str]:
        """Use an input. Raises `ValueError` if there is none of this name."""
        if name not in self._built.presses:
            known = ", ".join(self.inputs) or "none"
            raise ValueError(f"there is no input {name!r}; there are: {known}")
        self._pass_time(now)
        with self._caused():
            self._press(name)
            self._settle()
        return self._take_notices(now)

    def fault(self, name: str, now: float, *, is_on: bool) -> list[str]:
        """Let a fault come or go. Raises `ValueError` if there is none of this name."""
        if name not in self._built.register.faults:
            known = ", ".join(self._built.register.faults) or "none"
            raise ValueError(f"there is no fault {name!r}; there are: {known}")
        self._pass_time(now)
        with self._caused():
            self._built.register.faults[name].switch(self, is_on=is_on)
            self._settle()
        return self._take_notices(now)

    def refresh(self, href: str) -> None:
        """Let what goes by the time be as it is at `asked_at`, before a resource is read.

        Nobody is told of that: observers hear of it as often as the profile says.
        """
        live = self._built.register.live
        if href in live:
            moment = self.date(self.asked_at)
            for part in live[href]:
                part.refresh(moment)

    def _admit(self, cells: Sequence[Cell], wanted: Mapping[str, Any]) -> set[str]:
        """Ask all who may refuse; return the properties at which nothing happens."""
        for cell in cells:
            for guard in cell.guards:
                guard.admit(wanted[cell.name])
            if cell.handler is not None:
                cell.handler.admit(wanted[cell.name])
        ignored: set[str] = set()
        for cell in cells:
            happens = [fault.admit(self, cell) for fault in cell.breakages]
            if not all(happens):
                ignored.add(cell.name)
        return ignored

    def _request(self, cell: Cell, value: Any) -> None:
        """Let a client's wish begin to come true, where that is more than setting a value."""
        if cell.handler is not None:
            cell.handler.request(self, value)
        if cell.mover is None:
            return
        cell.mover.aim(self, value)
        for fault in cell.breakages:
            if fault.is_looming:
                fault.strike_within(self, cell.mover.remaining(self.now))


class _Prepared(NamedTuple):
    """An UPDATE that nobody refuses."""

    href: str
    plain: Mapping[str, Any]
    """What is set at once."""
    asked: Sequence[tuple[Cell, Any]]
    """What movers and handlers bring about, or may."""


def _is_new(cell: Cell, value: Any) -> bool:
    """Tell whether a client wants anything of a property that it does not do already."""
    if cell.mover is not None:
        return not cell.mover.is_going_to(value)
    return bool(value != cell.value)
