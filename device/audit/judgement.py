"""A whole audit: all attempts of a tool, judged, and what comes of them together.

The exit code is for programs: it is about shalls alone, and not about those whose failure is known
(`Choice.known`), so that a CI fails on news only. What is chosen to be judged does not change how
it is judged: rules do not know of each other.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from onboardee.device.audit.attempts import Attempt, attempts
from onboardee.device.audit.table import judge
from onboardee.device.audit.verdicts import Judged, Level, Verdict
from onboardee.device.trace.items import Item

ALL_KEPT, BROKEN, NOTHING = 0, 1, 2
"""Exit codes: every shall was kept; some were not; there is nothing to judge."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which rules count."""

    only: frozenset[str] = frozenset()
    """Names of rules; if there are any, no other one counts."""
    skipped: frozenset[str] = frozenset()
    """Names of rules that do not count."""
    levels: frozenset[Level] = frozenset(Level)
    """The levels whose rules count."""
    known: frozenset[str] = frozenset()
    """Rules whose failure is known, and no news."""

    def has(self, judged: Judged) -> bool:
        """Tell whether a rule is to be judged."""
        name = judged.rule.name
        if self.only and name not in self.only:
            return False
        return name not in self.skipped and judged.rule.level in self.levels


EVERYTHING: Final = Choice()
"""All rules, and no failure that is known."""


@dataclass(frozen=True, slots=True)
class JudgedAttempt:
    """An attempt with the verdict of every rule."""

    attempt: Attempt
    verdicts: Sequence[Judged]
    """In the order of the table."""
    device: str = ""
    """Which device it was about, where there are several."""

    @property
    def title(self) -> str:
        """What it was, for people."""
        method = "no method selected" if self.attempt.method is None else self.attempt.method_name
        end = "the device was not owned"
        if self.attempt.to_rfnop is not None:
            end = f"owned by {self.attempt.owner}"
        elif self.attempt.owned is not None:
            end = f"owned by {self.attempt.owner}, not in operation"
        of_device = f" of {self.device}" if self.device else ""
        return f"attempt {self.attempt.number}{of_device}: {method}, {end}"

    def counted(self) -> Counter[Verdict]:
        """Return how often there is each verdict."""
        return Counter(each.opinion.verdict for each in self.verdicts)


@dataclass(frozen=True, slots=True)
class Audit:
    """All attempts, judged.

    Of a device that was on for long not every attempt is kept: of each rule the first one that
    broke it is, so that the exit code does not depend on it.
    """

    attempts: Sequence[JudgedAttempt]
    known: frozenset[str] = frozenset()
    """Rules whose failure changes no exit code."""
    others: int = 0
    """How many attempts were judged and are only counted."""
    totals: Mapping[str, Counter[Verdict]] = field(default_factory=dict)
    """By rule: how it came out in all attempts, where some are only counted."""

    @property
    def exit_code(self) -> int:
        """Return 0 if all shalls were kept, 1 if some were not, 2 if there was nothing to judge."""
        if not any(each.attempt.exchanges or each.attempt.handshakes for each in self.attempts):
            return NOTHING
        return BROKEN if [*self.news()] else ALL_KEPT

    def news(self) -> Iterable[Judged]:
        """Return the broken shalls that are not known as such."""
        for each in self.attempts:
            for judged in each.verdicts:
                if judged.is_failed_must and judged.rule.name not in self.known:
                    yield judged

    def plain(self) -> dict[str, Any]:
        """Return it as JSON has it: the form that programs read, and that is kept stable.

        Rules that are not in it were not chosen. `others` and `totals` are there only if attempts
        were counted that are not shown.
        """
        return {
            "attempts": [
                {
                    "attempt": each.attempt.number,
                    "title": each.title,
                    **({"device": each.device} if each.device else {}),
                    **({"left_out": each.attempt.left_out} if each.attempt.left_out else {}),
                    "verdicts": [judged.plain() for judged in each.verdicts],
                }
                for each in self.attempts
            ],
            **self._plain_totals(),
            "exit_code": self.exit_code,
        }

    def _plain_totals(self) -> dict[str, Any]:
        """Return the counts of attempts that are not shown, nothing if all are."""
        if not self.others:
            return {}
        totals = {
            rule: {str(verdict): number for verdict, number in counter.items()}
            for rule, counter in self.totals.items()
        }
        return {"others": self.others, "totals": totals}


def audit(trace: Iterable[Item], choice: Choice = EVERYTHING) -> Audit:
    """Judge a whole trace."""
    return Audit([judged_attempt(each, choice) for each in attempts(trace)], choice.known)


def judged_attempt(attempt: Attempt, choice: Choice, device: str = "") -> JudgedAttempt:
    """Judge one attempt by the rules of a choice."""
    verdicts = [judged for judged in judge(attempt) if choice.has(judged)]
    return JudgedAttempt(attempt, verdicts, device)
