"""An audit of a device that is on for long: the same verdicts, in a bounded amount of memory."""

import tracemalloc
from collections.abc import Iterable, Iterator
from itertools import chain

import pytest
from audit_scene import failures, onboarded, without
from msgspec.structs import replace

from onboardee.device.audit.attempts import Attempt
from onboardee.device.audit.cutting import Bounds
from onboardee.device.audit.judgement import (
    EVERYTHING,
    Audit,
    Choice,
    JudgedAttempt,
    audit,
    judged_attempt,
)
from onboardee.device.audit.live import LATEST, Kept, LiveAudit
from onboardee.device.audit.reports import console, html
from onboardee.device.audit.verdicts import Verdict
from onboardee.device.trace import items
from onboardee.device.trace.items import Item, Way

SOUND = onboarded().items
WRONG = onboarded(without("read uuid")).items
NO_WORDS = onboarded(without("om", "confirm om")).items


def life(*lives: Iterable[Item]) -> Iterator[Item]:
    """Let one attempt follow the other, with a reset between them."""
    number, at = 0, 0.0
    for one in lives:
        began = at
        for item in one:
            number, at = number + 1, began + item.at
            yield replace(item, number=number, at=at)
        at += 300
        number += 1
        yield items.Happened(number=number, at=at, event="device.reset", fields={})


def lived(trace: Iterable[Item], bounds: Bounds | None = None) -> tuple[Audit, list[str]]:
    """Let a device live; return its audit, and how its attempts were told while it lived."""
    told: list[str] = []

    def tell(attempt: JudgedAttempt) -> None:
        told.append(attempt.title)

    kept = Kept()
    live = LiveAudit(EVERYTHING, kept, tell, bounds=bounds)
    for item in trace:
        live.take(item)
    return kept.audit(live.going_on()), told


def told_of(result: Audit) -> list[tuple[str, list[str]]]:
    """Return titles and verdicts of an audit."""
    return [
        (each.title, [f"{one.rule.name} {one.opinion.verdict}" for one in each.verdicts])
        for each in result.attempts
    ]


def test_the_same_verdicts_as_of_a_whole_trace() -> None:
    """Whether a trace is judged as it comes or as a whole, the report says the same."""
    trace = [*life(SOUND, WRONG, SOUND, NO_WORDS)]
    result, told = lived(trace)
    assert told[0] == result.attempts[0].title
    assert told_of(result) == told_of(audit(trace))
    assert result.plain() == audit(trace).plain()
    assert len(told) == 4
    assert failures(result) >= {"device-id-read-again", "client-directed"}


def test_a_tool_that_only_looks_around() -> None:
    """Without any attempt the report is about what the tool did first."""
    found = [item for item in onboarded().items if item.number < 5]
    assert told_of(lived(found)[0]) == told_of(audit(found))
    assert told_of(lived([])[0]) == told_of(audit([]))


def test_an_attempt_is_told_once() -> None:
    """People read how an attempt stands when the device is in operation, not again at its reset."""
    result, told = lived(life(SOUND, SOUND))
    assert told == [each.title for each in result.attempts]
    assert all("not in operation" not in title for title in told)


SHORT = [
    next(item for item in SOUND if isinstance(item, items.Datagram)),
    *(item for item in SOUND if isinstance(item, items.Message) and item.code == "POST"),
    *(item for item in SOUND if getattr(item, "name", "") == "Finished"),
]
"""An attempt of few items: what its verdicts are does not matter where thousands are judged."""


def test_thousands_of_attempts_take_no_more_memory_than_some() -> None:
    """After hundreds of attempts the audit holds what it held after sixty."""
    kept = Kept()
    live = LiveAudit(EVERYTHING, kept)

    def some(count: int) -> int:
        for item in life(*[SHORT] * count):
            live.take(item)
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start(1)
    try:
        before = some(60)
        after = some(240)
    finally:
        tracemalloc.stop()
    assert after < before * 1.1
    result = kept.audit(live.going_on())
    assert len(result.attempts) <= LATEST + len(result.totals)
    assert result.others + len(result.attempts) == 300


def test_an_attempt_is_judged_once_when_it_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """How much is judged does not grow with how many attempts there were before."""
    judged: list[int] = []

    def counting(attempt: Attempt, choice: Choice, device: str) -> JudgedAttempt:
        judged.append(len(attempt.trace))
        return judged_attempt(attempt, choice, device)

    monkeypatch.setattr("onboardee.device.audit.live.judged_attempt", counting)
    lived(life(*[SHORT] * 500))
    assert len(judged) <= 2 * 500
    assert max(judged) <= len(SHORT) + 1


def test_the_first_attempt_that_broke_a_rule_is_kept() -> None:
    """However much follows, the exit code and the report hold what was wrong."""
    result, _ = lived(life(WRONG, *[SOUND] * (LATEST + 3)))
    assert result.exit_code == 1
    assert failures(result) == {"device-id-read-again"}
    assert result.attempts[0].title.startswith("attempt 1:")
    assert result.others == 3
    assert result.totals["device-id-read-again"][Verdict.FAILED] == 1
    assert result.totals["device-id-read-again"][Verdict.PASSED] == LATEST + 3


def test_hours_of_looking_around_before_an_attempt() -> None:
    """What is judged are the first and the latest items; the rest is counted as left out."""
    bounds = Bounds(first=5, before=20, after=1000)
    asked = next(item for item in SOUND if isinstance(item, items.Message) and item.is_request)
    many = [replace(asked, number=0, mid=mid, octets=b"%d" % mid) for mid in range(500)]
    result, _ = lived(chain(SOUND[:2], many, SOUND[2:]), bounds)
    (attempt,) = result.attempts
    assert attempt.attempt.left_out > 400
    assert not failures(result)
    assert attempt.title.startswith("attempt 1: just works, owned")


@pytest.mark.parametrize("size", [0, 60_000])
def test_an_attempt_that_never_ends(size: int) -> None:
    """A stranger who goes on asking fills no memory: neither by number nor by size."""
    bounds = Bounds(first=10, before=10, after=300, octets=100_000)
    asked = next(item for item in SOUND if isinstance(item, items.Message) and item.way is Way.IN)
    kept = Kept()
    live = LiveAudit(EVERYTHING, kept, bounds=bounds)
    for item in SOUND:
        live.take(item)
    for mid in range(2000):
        live.take(replace(asked, mid=mid, octets=bytes(size)))
    (attempt,) = live.going_on()
    held = sum(len(getattr(item, "octets", b"")) for item in attempt.attempt.trace)
    assert len(attempt.attempt.trace) <= 320
    assert held <= 300_000
    assert attempt.attempt.left_out > 1500


def test_what_was_left_out_is_said() -> None:
    """A report that did not see everything says so, for people and for programs."""
    result, _ = lived(life(*[SOUND] * (LATEST + 3)), Bounds(after=50))
    lines = [*console.lines(result)]
    assert any("too many to be kept" in line for line in lines)
    assert f"{result.others} more attempts were judged; all attempts together:" in lines
    assert f"{result.others} more were judged" in html.document(result, "t")
    assert result.plain()["others"] == result.others > 0
    assert result.plain()["attempts"][0]["left_out"] > 0
