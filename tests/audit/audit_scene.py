"""Tools that own a light: one that keeps every rule, and others with one planted defect each."""

import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import msgspec

from onboardee.device.audit.judgement import Audit, audit
from onboardee.device.audit.verdicts import Verdict
from onboardee.device.simulation.profile import Profile
from onboardee.device.trace import items
from onboardee.device.trace.items import Item, Way
from onboardee.obt import ObtEngine, OnboardingError, find_unowned, run, take_ownership
from onboardee.obt.orders import CR3006
from onboardee.obt.transfer import Order, StepFunction

sys.path.append(str(Path(__file__).parents[1] / "trace"))

from trace_scene import OWNER, Traced, traced

Steps = tuple[StepFunction, ...]
PLACES = {
    name: place
    for place, name in enumerate(
        (
            "read doxm",
            "select",
            "connect",
            "read pstat",
            "om",
            "confirm om",
            "owner",
            "read uuid",
            "uuid",
            "credential",
            "pstat owner",
            "acl2 owner",
            "owned",
            "rfpro",
            "rules",
            "rfnop",
            "close",
        )
    )
}
"""The steps of the specification's order by short names."""


def without(*names: str) -> Order:
    """Return the sound order without some steps."""
    places = {PLACES[name] for name in names}
    steps = tuple(step for place, step in enumerate(CR3006.steps) if place not in places)
    return replace(CR3006, steps=steps)


def moved(name: str, behind: str) -> Order:
    """Return the sound order with one step behind another one."""
    steps = [*CR3006.steps]
    moving, anchor = steps[PLACES[name]], steps[PLACES[behind]]
    steps.remove(moving)
    steps.insert(steps.index(anchor) + 1, moving)
    return replace(CR3006, steps=tuple(steps))


def instead(name: str, *others: StepFunction) -> Order:
    """Return the sound order with something else in the place of a step."""
    place = PLACES[name]
    return replace(CR3006, steps=(*CR3006.steps[:place], *others, *CR3006.steps[place + 1 :]))


def onboarded(
    order: Order = CR3006,
    *,
    use: bool = True,
    seed: int = 0,
    profile: str | Profile = "light",
    engine: ObtEngine | None = None,
    within: float = 300,
) -> Traced:
    """Let a tool search and own a device in some order, and log in once if it did."""
    seen = traced(seed=seed, profile=profile, engine=engine)
    found_all = run(find_unowned(seen.transport, style=order.style, enough=1))
    if not found_all:
        return seen
    found = found_all[0]
    try:
        owned = run(take_ownership(seen.transport, found, OWNER, order=order, within=within))
        if use:
            run(owned.doxm())
    except OnboardingError:
        pass
    seen.network.run(1)
    return seen


def changed(seen: Traced, change: Callable[[Item], Item | None]) -> list[Item]:
    """Return the trace as it would be with another tool: items changed, or left out (None)."""
    return [other for item in seen.items if (other := change(item)) is not None]


def of_tool(item: Item) -> bool:
    """Tell whether an item is a message of the tool."""
    return isinstance(item, items.Message) and item.way is Way.IN


def failures(result: Audit) -> set[str]:
    """Return the rules that were broken, of whatever level."""
    return {
        judged.rule.name
        for attempt in result.attempts
        for judged in attempt.verdicts
        if judged.opinion.verdict is Verdict.FAILED
    }


def verdicts(trace: Iterable[Item]) -> dict[str, Verdict]:
    """Return the verdict of each rule on the first attempt of a trace."""
    first = audit(trace).attempts[0]
    return {judged.rule.name: judged.opinion.verdict for judged in first.verdicts}


def with_fields(item: Item, **fields: object) -> Item:
    """Return an item with other fields."""
    other: Item = msgspec.structs.replace(item, **fields)
    return other
