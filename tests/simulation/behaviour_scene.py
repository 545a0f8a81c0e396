"""A simulated world on its own: values, a clock that tests move, chance from a seed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import yaml

from onboardee.device.simulation.profile import Profile, load
from onboardee.device.simulation.values import Values
from onboardee.device.simulation.world.chance import Chance
from onboardee.device.simulation.world.pace import Pace
from onboardee.device.simulation.world.world import World
from onboardee.wire.entropy import SeededEntropy

PALETTE = """
device: {name: Palette, types: [oic.d.test]}
platform: {manufacturer: onboardee}
resources:
  - href: /switch
    types: [x.test]
    interfaces: [oic.if.a, oic.if.baseline]
    properties:
      value: {type: boolean, initial: false}
  - href: /level
    types: [x.test]
    interfaces: [oic.if.a, oic.if.baseline]
    properties:
      level: {type: integer, minimum: 0, maximum: 100, initial: 0}
      ramp: {type: integer, minimum: 0, maximum: 10000, initial: 4000}
  - href: /sensor
    types: [x.test]
    interfaces: [oic.if.s, oic.if.baseline]
    properties:
      number: {type: number, minimum: -50, maximum: 50, step: 0.5, read_only: true, initial: 20}
      alarm: {type: boolean, read_only: true, initial: false}
      free: {type: number, read_only: true, initial: 0}
  - href: /words
    types: [x.test]
    interfaces: [oic.if.a, oic.if.baseline]
    properties:
      mode: {type: string, choices: [auto, eco, "off"], initial: "off"}
      bolt: {type: string, choices: [Locked, Unlocked], initial: Locked}
      time: {type: string, initial: PT0S}
      list: {type: string, length: 2, initial: [one, two]}
      note: {type: string, initial: ""}
      date: {type: date-time, initial: "2026-01-01T00:00:00Z"}
  - href: /colour
    types: [x.test]
    interfaces: [oic.if.a, oic.if.baseline]
    properties:
      rgb: {type: integer, length: 3, minimum: 0, maximum: 255, initial: [0, 0, 0]}
  - href: /inputs
    types: [x.test]
    interfaces: [oic.if.a, oic.if.baseline]
    properties:
      first: {type: boolean, initial: true}
      second: {type: boolean, initial: false}
      third: {type: boolean, initial: false}
behaviour:
"""
"""Properties of all types, for behaviour to be written under."""

PROFILES = Path(__file__).parent / "behaving"
MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)
NAMES = ("door", "thermostat", "robot")


@cache
def palette(behaviour: str) -> Profile:
    """Make a profile of all sorts of properties with this list of entries, in YAML."""
    return msgspec.convert(yaml.safe_load(PALETTE + (behaviour or " []")), Profile)


@cache
def example(name: str) -> Profile:
    """Load one of the test profiles."""
    return load(str(PROFILES / f"{name}.yaml"))


@dataclass
class Scene:
    """A world and its time."""

    world: World
    values: Mapping[str, Values]
    now: float = 0.0
    told: list[tuple[float, str, dict[str, Any]]] = field(default_factory=list)
    """What observers would have heard: when, which resource, its values."""
    reports: list[str] = field(default_factory=list)
    ticks: int = 0

    def run(self, seconds: float) -> None:
        """Let time pass, each deadline at its moment."""
        end = self.now + seconds
        while (due := self.world.next_deadline()) is not None and due <= end:
            self.now = max(self.now, due)
            self.ticks += 1
            self.note(self.world.tick(self.now))
        self.now = end
        self.note(self.world.tick(end))

    def leap(self, seconds: float) -> None:
        """Let time pass with nobody looking, as when a computer sleeps."""
        self.now += seconds
        self.note(self.world.tick(self.now))

    def write(self, ref: str, value: Any) -> None:
        """Write as a client does."""
        href, _, name = ref.partition("#")
        self.world.asked_at = self.now
        if self.world.due_at <= self.now:
            self.note(self.world.tick(self.now))
        self.note(self.world.write(href, {name: value}))

    def put(self, ref: str, value: Any) -> None:
        """Set a value as the physical world does."""
        href, _, name = ref.partition("#")
        self.note(self.world.set_values(href, {name: value}, self.now))

    def press(self, name: str) -> None:
        """Use an input."""
        self.note(self.world.press(name, self.now))

    def fault(self, name: str, *, is_on: bool) -> None:
        """Let a fault come or go."""
        self.note(self.world.fault(name, self.now, is_on=is_on))

    def get(self, ref: str) -> Any:
        """Return a value."""
        href, _, name = ref.partition("#")
        return self.values[href].current[name]

    def note(self, hrefs: list[str]) -> None:
        """Remember what observers hear."""
        self.told += [(self.now, href, dict(self.values[href].current)) for href in hrefs]


def make_scene(
    profile: Profile, *, seed: int = 1, wall: datetime = MIDNIGHT, speed: float = 1.0
) -> Scene:
    """Start the world of a profile at second 0, which is `wall`."""
    values = {resource.href: Values(resource.properties) for resource in profile.resources}
    reports: list[str] = []
    scene: Scene
    world = World(
        profile.entries,
        profile.specs,
        values,
        chance=Chance(SeededEntropy(seed)),
        wall_clock=lambda: wall + timedelta(seconds=scene.now),
        report=reports.append,
        pace=Pace(speed),
    )
    scene = Scene(world, values, reports=reports)
    world.start(0.0)
    return scene
