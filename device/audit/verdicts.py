"""What a rule says of an attempt: a verdict, and why.

Who reads that a rule failed wants to look it up, in the trace and in the standard. So an opinion
names the item that decided it, what was expected and what came, and a rule its clause. *Passed* is
said only if it was seen; three more verdicts say why nothing was.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

from onboardee.device.trace.items import Item, Way

if TYPE_CHECKING:
    from onboardee.device.audit.attempts import Attempt


class Verdict(StrEnum):
    """How a rule came out."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_REACHED = "not reached"
    """The tool never got there."""
    NOT_OBSERVABLE = "not observable"
    """Nobody but the tool or its user can see it."""
    NOT_APPLICABLE = "not applicable"
    """Where and how the tool was run, the rule says nothing."""


class Level(StrEnum):
    """How much a rule weighs."""

    MUST = "M"
    """A shall of the standard."""
    SHOULD = "S"
    """A should, or what follows from a shall."""
    INFORMATION = "I"
    """Worth telling."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """A verdict with its reason: the item that decided it, what was expected and what came."""

    verdict: Verdict
    item: Item | None = None
    """The message or event that decided it, None where nothing did or nothing came."""
    expected: str = ""
    """What should have come, in words; empty where the rule was not broken."""
    came: str = ""
    """What came instead; of a rule that only tells, what it tells."""


Decide: TypeAlias = "Callable[[Attempt], Opinion]"
"""Judges one attempt; a function of `discovery`, `transfer` and the like."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table."""

    name: str
    """By which people and programs choose it; it never changes."""
    level: Level
    clause: str
    """Where the standard says so, such as "CR 3006, step 5"."""
    sentence: str
    """What a sound tool does."""
    decide: Decide
    """What judges an attempt; it changes nothing, and may be called again."""
    consequence: str = ""
    """What follows for those who use the tool if it fails."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A rule and its opinion of one attempt."""

    rule: Rule
    opinion: Opinion

    @property
    def is_failed_must(self) -> bool:
        """Tell whether the tool broke a shall."""
        return self.opinion.verdict is Verdict.FAILED and self.rule.level is Level.MUST

    def plain(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        place = _place(self.opinion.item)
        reason = {"expected": self.opinion.expected, "came": self.opinion.came}
        return {
            "rule": self.rule.name,
            "level": str(self.rule.level),
            "clause": self.rule.clause,
            "sentence": self.rule.sentence,
            "verdict": str(self.opinion.verdict),
            **{name: text for name, text in reason.items() if text},
            **({"message": place} if place else {}),
            **({"consequence": self.rule.consequence} if self._is_explained else {}),
        }

    @property
    def _is_explained(self) -> bool:
        return self.opinion.verdict is Verdict.FAILED and bool(self.rule.consequence)


def _place(item: Item | None) -> dict[str, Any]:
    """Return where in the trace an item is, for JSON; nothing without one.

    These are its number, its time in seconds from the start, and its direction if it has one.
    """
    if item is None:
        return {}
    way = getattr(item, "way", None)
    direction = {"way": str(way)} if isinstance(way, Way) else {}
    return {"number": item.number, "at": round(item.at, 6), **direction}


def passed(item: Item | None = None, came: str = "") -> Opinion:
    """Return that the rule was kept; `item` shows it."""
    return Opinion(Verdict.PASSED, item, came=came)


def failed(expected: str, came: str, item: Item | None = None) -> Opinion:
    """Return that the rule was broken; `item` is the message that broke it, if one came."""
    return Opinion(Verdict.FAILED, item, expected, came)


# Three opinions that have no reason but their verdict.
NOT_REACHED = Opinion(Verdict.NOT_REACHED)
NOT_OBSERVABLE = Opinion(Verdict.NOT_OBSERVABLE)
NOT_APPLICABLE = Opinion(Verdict.NOT_APPLICABLE)
