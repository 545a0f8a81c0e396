"""Temperatures between ambient, heater and cooler.

Between two events the equation dT/dt = (ambient - T) / tau + power has an exact solution, an
exponential approach to a temperature that follows from the present circumstances (the asymptote).
So nothing is integrated in steps: the part computes the temperature when it is asked for, and from
the same formula the moment at which it will reach the next level that matters, a switching point or
a visible change.

    T(t) = T∞ + (T0 - T∞) * exp(-(t - t0) / tau),  T∞ = ambient + power * tau
"""

import math
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal, NamedTuple

import msgspec

from onboardee.device.simulation.section import Section
from onboardee.device.simulation.world.declaration import GatedBehaviour
from onboardee.device.simulation.world.finder import Finder
from onboardee.device.simulation.world.parts import (
    NEVER,
    SHORTEST,
    Cell,
    Check,
    Part,
    Signal,
    WorldAccess,
    amount,
)
from onboardee.device.simulation.world.terms import (
    HOUR,
    BehaviourError,
    Duration,
    NotNegative,
    NumberOrRef,
    Positive,
    Ref,
    When,
)

IDLE, HEATING, COOLING = "idle", "heating", "cooling"


class Leak(Section, frozen=True, kw_only=True):
    """Another `tau` while something is open."""

    when: When
    """While this is open."""
    tau: Duration
    """The time constant then."""


class ThermalBehaviour(GatedBehaviour, frozen=True, kw_only=True):
    """A temperature between ambient, heater and cooler: dT/dt = (ambient - T) / tau + power.

    Heater and cooler work around the set point with hysteresis. While `only_while` does not hold
    they are off, and the temperature goes to the ambient one.
    """

    property: Ref
    """The temperature."""
    ambient: NumberOrRef
    """A temperature, or the property that holds it."""
    tau: Duration
    """After this time without power, the difference to ambient is down to 37 %."""
    leaks: Annotated[tuple[Leak, ...], msgspec.Meta(max_length=8)] = ()
    """The first whose condition holds replaces `tau`."""
    target: NumberOrRef | None = None
    """The set point."""
    heating: NotNegative = 0.0
    """Degrees an hour that the heater alone would add; 0 is no heater."""
    cooling: NotNegative = 0.0
    """Degrees an hour that the cooler alone would take away."""
    heats_while: When | None = None
    """The heater runs only while this holds, such as a mode."""
    cools_while: When | None = None
    """The cooler runs only while this holds."""
    hysteresis: Positive = 0.5
    """The heater starts so far below the set point and stops at it; the cooler above it."""
    shows: Ref | None = None
    """A property that tells what it does, in the words `idle`, `heating` and `cooling`."""
    words: dict[Literal["idle", "heating", "cooling"], Any] = msgspec.field(default_factory=dict)
    """Other values for these words."""
    every: Duration = 30.0
    """How often the temperature is shown at most."""

    def __post_init__(self) -> None:
        if (self.heating or self.cooling) and self.target is None:
            raise ValueError("heating and cooling need a target, the set point")

    def make(self, finder: Finder) -> Part:
        """Return the part, with rates a second."""
        cell = finder.numeric(self.property, "property")
        switches = Switches(
            finder.check(self.only_while, "only_while"),
            finder.check(self.heats_while, "heats_while"),
            finder.check(self.cools_while, "cools_while"),
        )
        return ThermalPart(cell, self._body(finder), switches, self._display(finder))

    def gate(self, finder: Finder) -> None:
        """Return none: the part has the condition itself, which turns off the power only."""

    def _body(self, finder: Finder) -> "Body":
        """Return the constants of the equation, with all rates a second."""
        leaks = [
            (finder.must(leak.when, f"leaks[{place}].when"), _tau(leak.tau, finder, "leaks"))
            for place, leak in enumerate(self.leaks)
        ]
        return Body(
            ambient=finder.operand(self.ambient, "ambient"),
            tau=_tau(self.tau, finder, "tau"),
            leaks=leaks,
            target=None if self.target is None else finder.operand(self.target, "target"),
            heating=self.heating / HOUR,
            cooling=self.cooling / HOUR,
            hysteresis=self.hysteresis,
            every=finder.interval(self.every, "every"),
        )

    def _display(self, finder: Finder) -> tuple[Cell, dict[str, Any]] | None:
        """Return the property that shows what it does, with its values for the words in use."""
        if self.shows is None:
            return None
        cell = finder.cell(self.shows, "shows")
        powers = ((IDLE, 1.0), (HEATING, self.heating), (COOLING, self.cooling))
        known = {word: word for word, _ in powers} | dict(self.words)
        words = {word: known[word] for word, power in powers if power}
        return cell, {word: finder.constant(cell, shown, "shows") for word, shown in words.items()}


def _tau(value: float | str, finder: Finder, where: str) -> float:
    """Return a time constant in seconds. Raises `BehaviourError` below one second."""
    tau = finder.time(value, where)
    if tau < 1:
        raise BehaviourError(f"{where}: tau is at least a second")
    return tau


class Body(NamedTuple):
    """What has the temperature, and what acts on it. Rates are degrees a second."""

    ambient: Cell | float
    """Degrees, or the property that holds them."""
    tau: float
    """Seconds."""
    leaks: Sequence[tuple[Check, float]]
    """Conditions with the time constant, in seconds, while they hold."""
    target: Cell | float | None
    """The set point; None: there is neither heater nor cooler."""
    heating: float
    """Degrees a second of the heater alone; 0: there is none."""
    cooling: float
    """Degrees a second of the cooler alone."""
    hysteresis: float
    """Degrees from the set point at which power comes on."""
    every: float
    """Seconds between two values that are shown, at least."""


class Switches(NamedTuple):
    """What lets heater and cooler run."""

    enabled: Check | None
    """None: always."""
    heats: Check | None
    """None: always."""
    cools: Check | None
    """None: always."""


class ThermalPart(Part):
    """A temperature, by the exact solution of its equation between two events."""

    __slots__ = (
        "_asymptote",
        "_body",
        "_cell",
        "_display",
        "_mode",
        "_shown",
        "_since",
        "_switches",
        "_tau",
        "_temperature",
    )

    def __init__(
        self,
        cell: Cell,
        body: Body,
        switches: Switches,
        display: tuple[Cell, dict[str, Any]] | None,
    ) -> None:
        super().__init__()
        self._cell = cell
        self._body = body
        self._switches = switches
        self._display = display
        self._temperature = float(cell.value)
        self._shown = cell.value
        self._mode = IDLE
        self._since = 0.0
        self._tau = body.tau
        self._asymptote = self._temperature
        """Where it would end with all as it is."""

    def inputs(self) -> Iterable[Signal]:
        """Return all that acts on it."""
        body = self._body
        checks = [*self._switches, *(check for check, _ in body.leaks)]
        found = [signal for check in checks if check is not None for signal in check.signals()]
        cells = (self._cell, body.ambient, body.target)
        return [*(cell for cell in cells if isinstance(cell, Cell)), *found]

    def resume(self, world: WorldAccess) -> None:
        """Begin at the property's value."""
        self._since = world.now

    def changed(self, world: WorldAccess) -> None:
        """Go on under other circumstances."""
        self.tick(world)

    def tick(self, world: WorldAccess) -> None:
        """Pass the time, decide about the power, and look ahead."""
        self._advance(world)
        self._decide()
        world.show(self._cell, self._temperature)
        self._shown = self._cell.value
        if self._display is not None:
            cell, words = self._display
            world.show(cell, words[self._mode])
        self._schedule(world)

    def _advance(self, world: WorldAccess) -> None:
        """Bring the temperature to the present moment, under what held until now."""
        # What was shown is rounded; only another value means that it was set.
        if self._cell.value != self._shown:  # somebody else has set it
            self._temperature = float(self._cell.value)
        passed, self._since = world.now - self._since, world.now
        before = self._temperature
        left = math.exp(-passed / self._tau)
        self._temperature = self._asymptote + (before - self._asymptote) * left
        if self._body.target is None or self._mode == IDLE:
            return
        # after a leap in time, power has not gone on beyond the moment at which it was turned off
        target = float(amount(self._body.target))
        if self._mode == HEATING:
            self._temperature = min(self._temperature, max(target, before))
        else:
            self._temperature = max(self._temperature, min(target, before))

    def _decide(self) -> None:
        """Switch heater and cooler, and find where the temperature goes from here."""
        body = self._body
        self._mode = self._next_mode()
        power = {IDLE: 0.0, HEATING: body.heating, COOLING: -body.cooling}[self._mode]
        open_leaks = [tau for check, tau in body.leaks if check.holds()]
        self._tau = open_leaks[0] if open_leaks else body.tau
        self._asymptote = float(amount(body.ambient)) + power * self._tau

    def _next_mode(self) -> str:
        """Return what runs from now on; a little slack keeps rounding from switching twice."""
        body, switches = self._body, self._switches
        if body.target is None or not _allows(switches.enabled):
            return IDLE
        error = self._temperature - float(amount(body.target))
        may_heat = body.heating > 0 and _allows(switches.heats)
        may_cool = body.cooling > 0 and _allows(switches.cools)
        # Floats arrive beside the level that was computed, not on it.
        close = 1e-6
        if may_heat and error < (-close if self._mode == HEATING else close - body.hysteresis):
            return HEATING
        if may_cool and error > (close if self._mode == COOLING else body.hysteresis - close):
            return COOLING
        return IDLE

    def _schedule(self, world: WorldAccess) -> None:
        """Wait for the next visible change or the next switching point, whichever comes first."""
        rises = self._asymptote > self._temperature
        step = self._cell.step if rises else -self._cell.step
        # The time to the next step of the display, but not more often than asked for.
        visible = max(self._body.every, self._time_to(self._temperature + step))
        crossings = [self._time_to(level) for level in self._levels()]
        self.deadline = world.now + max(SHORTEST, min([visible, *crossings]))

    def _levels(self) -> list[float]:
        """Return the temperatures at which heater or cooler is switched."""
        if self._body.target is None:
            return []
        target, slack = float(amount(self._body.target)), self._body.hysteresis
        if self._mode != IDLE:
            return [target]
        levels = []
        if self._body.heating and _allows(self._switches.enabled):
            levels.append(target - slack)
        if self._body.cooling and _allows(self._switches.enabled):
            levels.append(target + slack)
        return levels

    def _time_to(self, level: float) -> float:
        """Return when a temperature is reached if all stays as it is."""
        distance = self._temperature - self._asymptote
        left = level - self._asymptote
        if distance == 0 or left == 0 or not 0 < left / distance < 1:
            return NEVER
        return self._tau * math.log(distance / left)


def _allows(check: Check | None) -> bool:
    """Tell whether a switch lets something run; one that is not there does."""
    return check is None or check.holds()
