"""An audit for people at a terminal: one line a rule, the failed ones explained.

Kept rules are one line each, as most of them are kept; of a broken one there is all that its
maker needs to find the place in the trace and the clause in the standard.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from onboardee.device.audit.judgement import Audit, JudgedAttempt
from onboardee.device.audit.verdicts import Judged, Verdict
from onboardee.device.trace.items import Item, Way

INDENT: Final = " " * 19
"""What stands before an explanation, so that it is below the rule's name."""


def lines(audit: Audit) -> Iterator[str]:
    """Yield the lines of a report, without ends of line."""
    for place, attempt in enumerate(audit.attempts):
        if place:
            yield ""
        yield attempt.title
        if attempt.attempt.left_out:
            yield left_out(attempt)
        yield ""
        for judged in attempt.verdicts:
            yield from _of_rule(judged, is_known=judged.rule.name in audit.known)
        yield ""
        yield _sum(attempt.counted())
    if audit.others:
        yield from _totals(audit)


def left_out(attempt: JudgedAttempt) -> str:
    """Say that an attempt was longer than what is kept of one."""
    return f"{attempt.attempt.left_out} messages and events were too many to be kept, nor judged."


def _totals(audit: Audit) -> Iterator[str]:
    """Yield what is known of attempts that were too many to be shown, rule by rule."""
    yield ""
    yield f"{audit.others} more attempts were judged; all attempts together:"
    yield ""
    for name, counter in audit.totals.items():
        yield f"  {name}: {_sum(counter)}"


def _of_rule(judged: Judged, *, is_known: bool) -> Iterator[str]:
    """Yield the lines of one rule: one if it was kept, more if it was broken."""
    rule, opinion = judged.rule, judged.opinion
    note = f"  ({opinion.came})" if opinion.verdict is Verdict.PASSED and opinion.came else ""
    yield f"  {opinion.verdict:14} {rule.level}  {rule.name}{note}"
    if opinion.verdict is not Verdict.FAILED:
        return
    yield f"{INDENT}{rule.sentence}"
    yield f"{INDENT}expected: {opinion.expected}"
    yield f"{INDENT}came:     {opinion.came}"
    if opinion.item is not None:
        yield f"{INDENT}at:       {place_of(opinion.item)}"
    yield f"{INDENT}clause:   {rule.clause}"
    if rule.consequence:
        yield f"{INDENT}{rule.consequence}"
    if is_known:
        yield f"{INDENT}This is known, and no news."


def place_of(item: Item) -> str:
    """Return where in the trace an item is, and in which direction it went."""
    way = getattr(item, "way", None)
    who = {Way.IN: " from the tool", Way.OUT: " from the device"}
    return f"item {item.number}, {item.at:.3f} s{who[way] if isinstance(way, Way) else ''}"


def _sum(counted: Counter[Verdict]) -> str:
    """Return how often there is each verdict, without those that are not there."""
    return ", ".join(f"{counted[verdict]} {verdict}" for verdict in Verdict if counted[verdict])
