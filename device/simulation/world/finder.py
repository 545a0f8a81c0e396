"""From names in declarations to what they name; whatever does not exist or fit is refused.

A sentence of refusal names the place in the entry, what is wrong, and the nearest name that exists.
The names come from people who write YAML, and nothing here is reached by a peer.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from msgspec import UNSET

from onboardee.device.nearest import nearest_path
from onboardee.device.simulation.values import Property, ValueRefusedError, Values, ValueType
from onboardee.device.simulation.world.conditions import Comparison, FaultCheck, Group, RisingEdge
from onboardee.device.simulation.world.notices import INTERVAL
from onboardee.device.simulation.world.parts import (
    SHORTEST,
    Awaiting,
    Breakage,
    Cell,
    Check,
    Flag,
    Live,
    PreparedAction,
    PressableInput,
    RecallableScene,
    Settings,
)
from onboardee.device.simulation.world.terms import (
    BehaviourError,
    Condition,
    WorldAction,
    conditions,
    is_ref,
    seconds,
    span,
)

Specs = Mapping[str, Mapping[str, Property]]
"""The properties of a device: by path, by name."""

When = Condition | tuple[Condition, ...]
Time = float | str
T = TypeVar("T")

_NESTED: Final = 8
"""How deep conditions may stand in one another."""


@dataclass(slots=True)
class Register:
    """What is called by its name while a world runs; parts are entered as they are made."""

    inputs: dict[str, PressableInput] = field(default_factory=dict)
    """By name: the entry that is pressed."""
    awaiting: list[Awaiting] = field(default_factory=list)
    """Those that inputs are told to, after what the inputs do themselves."""
    faults: dict[str, Breakage] = field(default_factory=dict)
    """By name: the entry that is switched on and off."""
    scenes: dict[str, RecallableScene] = field(default_factory=dict)
    """By path of the collection."""
    interval: float = INTERVAL
    """Seconds between two notifications of a resource that has no interval of its own."""
    intervals: dict[str, float] = field(default_factory=dict)
    """By path."""
    live: dict[str, list[Live]] = field(default_factory=dict)
    """By path: what goes by the time, and is asked for when the resource is read."""


class Finder:
    """Finds the properties, faults and inputs that declarations name, or says what is wrong.

    All methods raise `BehaviourError`; `where` is the place in the entry, for the message.
    """

    def __init__(
        self,
        specs: Specs,
        values: Mapping[str, Values],
        faults: Iterable[str],
        inputs: Iterable[str],
        *,
        runs_code: bool,
    ) -> None:
        self.register: Final = Register()
        self.runs_code: Final = runs_code
        """Whether programs of the profile may be executed: not while it is checked only."""
        self.cells: Final[dict[str, Cell]] = {}
        self.flags: Final = {name: Flag() for name in faults}
        self._inputs = frozenset(inputs)
        self._specs = specs
        self._values = values

    def cell(self, ref: str, where: str) -> Cell:
        """Return a property.

        The same object for the same name, however often it is asked for.
        """
        if ref not in self.cells:
            href, _, name = ref.partition("#")
            spec = self._specs.get(href, {}).get(name)
            if spec is None:
                known = [f"{path}#{each}" for path, specs in self._specs.items() for each in specs]
                raise BehaviourError(f"{where}: {ref} does not exist{nearest_path(ref, known)}")
            self.cells[ref] = Cell(href, name, spec, self._values[href])
        return self.cells[ref]

    def resource(self, href: str, where: str) -> str:
        """Return the path of a resource that has properties or may have."""
        if href not in self._specs:
            raise BehaviourError(f"{where}: {href} does not exist{nearest_path(href, self._specs)}")
        return href

    def numeric(self, ref: str, where: str) -> Cell:
        """Return a property that is one number."""
        cell = self.cell(ref, where)
        if not cell.is_number:
            raise BehaviourError(f"{where}: {ref} is no number")
        return cell

    def boolean(self, ref: str, where: str) -> Cell:
        """Return a property that is true or false."""
        cell = self.cell(ref, where)
        if not isinstance(cell.value, bool):
            raise BehaviourError(f"{where}: {ref} is not true or false")
        return cell

    def operand(self, value: float | str, where: str) -> Cell | float:
        """Return a number, or the property that holds it."""
        return self.numeric(value, where) if isinstance(value, str) else value

    def time(self, value: Time, where: str) -> float:
        """Return a time in seconds."""
        return _placed(lambda: seconds(value), where)

    def interval(self, value: Time, where: str) -> float:
        """Return the time between two repetitions, which has a lower bound."""
        return max(SHORTEST, self.time(value, where))

    def time_or_cell(self, value: Time, where: str) -> Cell | float:
        """Return a time in seconds, or the property that holds it."""
        # A time is text, too: only the form tells it from a property.
        if isinstance(value, str) and is_ref(value):
            return self.numeric(value, where)
        return self.time(value, where)

    def span(self, value: Time | tuple[Time, ...], where: str) -> tuple[float, float]:
        """Return the shortest and the longest time."""
        return _placed(lambda: span(value), where)

    def constant(self, cell: Cell, value: Any, where: str) -> Any:
        """Return a constant as the property keeps it."""
        return _placed(lambda: cell.spec.checked(str(cell), value), where)

    def settings(self, values: Mapping[str, Any], where: str) -> Settings:
        """Return properties with their constants.

        Each constant is checked against the limits of its property now, so that it cannot fail
        later.
        """
        cells = [(self.cell(ref, where), value) for ref, value in values.items()]
        return tuple((cell, self.constant(cell, value, where)) for cell, value in cells)

    def action(self, action: WorldAction, where: str) -> PreparedAction:
        """Return an action that can be done."""
        for name, known, what in (
            (action.fault, self.flags, "fault"),
            (action.repair, self.flags, "repair"),
            (action.press, self._inputs, "press"),
        ):
            if name is not None and name not in known:
                raise BehaviourError(
                    f"{where}.{what}: {name} does not exist{nearest_path(name, known)}"
                )
        toggle = [(cell, self._pair(cell, where)) for cell in self._toggled(action, where)]
        settings = self.settings(action.set, f"{where}.set")
        return PreparedAction(settings, tuple(toggle), action.press, action.fault, action.repair)

    def _toggled(self, action: WorldAction, where: str) -> list[Cell]:
        """Return the properties that an action toggles."""
        return [self.cell(ref, f"{where}.toggle") for ref in action.toggle]

    @staticmethod
    def _pair(cell: Cell, where: str) -> tuple[Any, Any]:
        """Return the two values between which a property is toggled."""
        if cell.spec.type is ValueType.BOOLEAN:
            return False, True
        if len(cell.spec.choices) == 2:
            first, second = cell.spec.choices
            return first, second
        raise BehaviourError(f"{where}.toggle: {cell} has not just two values")

    def flag(self, name: str, where: str) -> Flag:
        """Return a fault."""
        if name not in self.flags:
            known = self.flags
            raise BehaviourError(f"{where}: fault {name} does not exist{nearest_path(name, known)}")
        return self.flags[name]

    def check(self, when: When | None, where: str) -> Check | None:
        """Return a condition that can be asked, None for none."""
        if when is None:
            return None
        return self.must(when, where)

    def must(self, when: When, where: str) -> Check:
        """Return a condition that can be asked."""
        checks = tuple(self._one(each, where, 0) for each in conditions(when))
        return checks[0] if len(checks) == 1 else Group(checks)

    def edge(self, when: When, where: str) -> RisingEdge:
        """Return the moments at which a condition begins to hold."""
        return RisingEdge(self.must(when, where))

    def _one(self, said: Condition, where: str, depth: int) -> Check:
        """Return one condition, its inner ones included; `depth` is how many it stands in."""
        if depth > _NESTED:
            raise BehaviourError(f"{where}: conditions are nested too deeply")
        if said.fault is not None:
            return FaultCheck(self.flag(said.fault, where))
        if said.property is not None:
            return self._comparison(said, said.property, where)
        inner = tuple(
            self._one(each, where, depth + 1) for each in said.all or said.any or said.none
        )
        if said.all:
            return Group(inner)
        return Group(inner, any, negate=bool(said.none))

    def _comparison(self, said: Condition, ref: str, where: str) -> Check:
        """Return a comparison; its constants are values of the property, its limits numbers."""
        cell = self.cell(ref, f"{where}.property")
        for name in ("equals", "differs"):
            value = getattr(said, name)
            if value is not UNSET and isinstance(value, list):
                raise BehaviourError(f"{where}.{name}: arrays are asked by contains")
            if value is not UNSET:
                self.constant(cell, value, f"{where}.{name}")
        for value in said.one_of:
            self.constant(cell, value, f"{where}.one_of")
        if said.contains is not UNSET and not isinstance(cell.value, tuple):
            raise BehaviourError(f"{where}.contains: {ref} is no array")
        limits = (said.above, said.below, said.between)
        if any(limit is not None for limit in limits):
            self.numeric(ref, f"{where}.property")
        above = None if said.above is None else self.operand(said.above, f"{where}.above")
        below = None if said.below is None else self.operand(said.below, f"{where}.below")
        return Comparison(cell, said, above, below)


def _placed(make: Callable[[], T], where: str) -> T:
    """Make something, and say where it was if that fails."""
    try:
        return make()
    except (ValueError, ValueRefusedError) as error:
        raise BehaviourError(f"{where}: {error}") from error
