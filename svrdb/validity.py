"""Periods and their recurrence as an access control entry writes them (RFC 5545 3.3.9, 3.3.10).

    "validity": [{"period": "20300101T080000Z/PT2H",       from 8 to 10 o'clock UTC,
                  "recurrence": ["FREQ=DAILY;COUNT=30"]}]  on thirty days

A period is a start and an end or a duration, all in UTC, the end excluded. A rule repeats it.

A rule comes from a peer and is evaluated at every request: forty octets of a peer could make the
device search through centuries each time. RFC 5545 permits rules that never occur again ("the 31st,
in February"), and the search for what never comes goes on to the end of the calendar. So a rule is
accepted only if it is certain to recur soon, or can be computed; everything else of RFC 5545 is
refused as not supported, and never half understood: a part that was passed over would be a
restriction that does not restrict.

`onboardee.device.access.periods` evaluates them.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from onboardee.svrdb.model import TimePattern

MAX_PATTERNS: Final = 8
"""Periods of one entry."""
MAX_RULES: Final = 4
"""Recurrence rules of one period."""
MAX_RULES_IN_ALL: Final = 32
"""In one access control list: a hundredth of a second each, at worst."""
MAX_COUNT: Final = 1000
"""Occurrences of a rule with COUNT, which have to be counted from the first."""
MAX_INTERVAL: Final = 1000
"""Seconds, days or months between two occurrences."""
LONGEST_RECURRING: Final = timedelta(days=400)
"""A year and some days: a longer period would overlap its own repetition in the next year."""
YEARS: Final = range(1970, 2201)
"""The years a period may lie in: early and late ones would only make searches long."""

_MOMENT: Final = re.compile(r"\d{8}T\d{6}Z")
_DURATION: Final = re.compile(
    r"\+?P(?:(?P<weeks>\d{1,4})W|(?:(?P<days>\d{1,5})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,5})H)?(?:(?P<minutes>\d{1,6})M)?(?:(?P<seconds>\d{1,8})S)?)?)"
)
STEPS: Final = {
    "SECONDLY": timedelta(seconds=1),
    "MINUTELY": timedelta(minutes=1),
    "HOURLY": timedelta(hours=1),
    "DAILY": timedelta(days=1),
    "WEEKLY": timedelta(weeks=1),
}
"""Frequencies whose occurrences are one fixed time apart; months and years are not."""
CLOCKWORK: Final = frozenset({"SECONDLY", "MINUTELY", "HOURLY"})
"""Frequencies that are plain arithmetic; combined with days or months they are refused."""
_LONGEST_MONTHS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

_WEEKDAY: Final = "(?:MO|TU|WE|TH|FR|SA|SU)"
_VALUES: Final = {
    "FREQ": "|".join((*STEPS, "MONTHLY", "YEARLY")),
    "INTERVAL": r"\d{1,4}",
    "COUNT": r"\d{1,4}",
    "UNTIL": _MOMENT.pattern,
    "WKST": _WEEKDAY,
    "BYSETPOS": r"1|-1",
    "BYHOUR": r"(?:[01]?\d|2[0-3])(?:,(?:[01]?\d|2[0-3]))*",
    "BYMONTH": r"(?:[1-9]|1[0-2])(?:,(?:[1-9]|1[0-2]))*",
    "BYMONTHDAY": r"-?(?:[1-9]|[12]\d|3[01])(?:,-?(?:[1-9]|[12]\d|3[01]))*",
    "BYDAY": rf"(?:[+-]?[1-5])?{_WEEKDAY}(?:,(?:[+-]?[1-5])?{_WEEKDAY})*",
}
"""The parts of a rule that are understood, each with what it may say."""


@dataclass(frozen=True, slots=True)
class RecurrenceRule:
    """One recurrence rule, by its parts; times are in UTC without saying so.

    `interval` is 1 to `MAX_INTERVAL`, `count` is None or 1 to `MAX_COUNT`; of `count` and `until`
    at most one is set (RFC 5545 3.3.10).
    """

    parts: tuple[tuple[str, str], ...]
    frequency: str
    interval: int
    count: int | None
    until: datetime | None

    def value(self, name: str) -> str:
        """Return what a part says, nothing if it is absent."""
        return dict(self.parts).get(name, "")

    def numbers(self, name: str) -> list[int]:
        """Return the numbers that a part lists."""
        return [int(each) for each in self.value(name).split(",") if each]


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time, its end excluded, and the rules that repeat it.

    `start` is in UTC without saying so; `length` is more than nothing.
    """

    start: datetime
    length: timedelta
    rules: tuple[RecurrenceRule, ...]


@lru_cache(maxsize=256)
def parse(pattern: TimePattern) -> Period:
    """Read a period and its recurrence rules. Raises `ValueError`, whose text names the part.

    Readings are remembered, as the same few patterns are evaluated at every request.

    >>> parse(TimePattern(period="20300101T080000Z/PT2H")).length
    datetime.timedelta(seconds=7200)
    """
    first, slash, second = pattern.period.partition("/")
    start = _moment(first)
    length = _length(second) if second.lstrip("+").startswith("P") else _moment(second) - start
    if not slash or length <= timedelta():
        raise ValueError(f"{pattern.period!r} is no period of time")
    if len(pattern.recurrence) > MAX_RULES:
        raise ValueError(f"a period has at most {MAX_RULES} recurrence rules")
    if pattern.recurrence and length > LONGEST_RECURRING:
        raise ValueError(f"a period that recurs lasts at most {LONGEST_RECURRING.days} days")
    return Period(start, length, tuple(_rule(text, start) for text in pattern.recurrence))


def end_of(pattern: TimePattern) -> datetime:
    """Return when the first occurrence of a period is over (aware). Raises `ValueError`.

    Of a credential, whose period does not recur, this is its end.
    """
    period = parse(pattern)
    return (period.start + period.length).replace(tzinfo=UTC)


def _moment(text: str) -> datetime:
    """Read a time in UTC, `20300101T080000Z`; a local time means nothing without a zone."""
    if not _MOMENT.fullmatch(text) or not text.isascii() or int(text[:4]) not in YEARS:
        raise ValueError(f"{text!r} is not a time in UTC of the years {YEARS[0]} to {YEARS[-1]}")
    return datetime.fromisoformat(text.removesuffix("Z"))


def _length(text: str) -> timedelta:
    """Read a duration: `PT2H`, `P1DT12H`, `P2W`; negative ones are none."""
    # The pattern bounds the digits, so that no sum overflows; `\d` matches digits of all scripts.
    match = _DURATION.fullmatch(text)
    if match is None or not text.isascii():
        raise ValueError(f"{text!r} is not a duration")
    return timedelta(**{name: int(value) for name, value in match.groupdict("0").items()})


def _rule(text: str, start: datetime) -> RecurrenceRule:
    """Read one rule. Raises `ValueError` where it is not certain to be evaluated quickly."""
    pairs = [part.partition("=") for part in text.upper().removeprefix("RRULE:").split(";")]
    parts = {name: value for name, _, value in pairs}
    if len(parts) < len(pairs):
        raise ValueError(f"{text!r} says something twice")
    for name, value in parts.items():
        if name not in _VALUES or not value.isascii() or not re.fullmatch(_VALUES[name], value):
            raise ValueError(f"{text!r} has {name}={value}, which is not supported")
    if "FREQ" not in parts or {"COUNT", "UNTIL"} <= parts.keys():
        raise ValueError(f"{text!r} needs FREQ, and not both COUNT and UNTIL")
    interval = int(parts.get("INTERVAL", "1"))
    count = int(parts["COUNT"]) if "COUNT" in parts else None
    if not 1 <= interval <= MAX_INTERVAL or not (count is None or 1 <= count <= MAX_COUNT):
        raise ValueError(f"{text!r} has an INTERVAL or a COUNT beyond {MAX_COUNT}")
    until = _moment(parts["UNTIL"]) if "UNTIL" in parts else None
    rule = RecurrenceRule(tuple(parts.items()), parts["FREQ"], interval, count, until)
    if not _is_certain_to_recur(rule, start):
        raise ValueError(f"{text!r} combines parts that may never meet")
    return rule


def _is_certain_to_recur(rule: RecurrenceRule, start: datetime) -> bool:
    """Tell whether occurrences follow one another soon enough to be searched for.

    The search for what never comes goes on to the end of the calendar. What may be combined:

    * SECONDLY, MINUTELY, HOURLY: nothing; the next occurrence is computed.
    * numbered weekdays (`2MO`): with MONTHLY and YEARLY alone, and not with days of the month,
      which may never fall on one.
    * days of the month: not with WEEKLY; one of them has to exist in one of the months.
    * a month without a day: the day is that of the start, which has to exist in it.
    * an interval above 1: see `_is_certain_at_intervals`.
    """
    if rule.frequency in CLOCKWORK:
        return not any(name.startswith("BY") for name, _ in rule.parts)
    days, weekdays = rule.numbers("BYMONTHDAY"), rule.value("BYDAY")
    months = rule.numbers("BYMONTH")
    has_ordinals = any(letter.isdigit() for letter in weekdays)
    if has_ordinals and (rule.frequency in {"DAILY", "WEEKLY"} or days):
        return False
    if days and rule.frequency == "WEEKLY":
        return False
    if months and not days and not weekdays and rule.frequency in {"MONTHLY", "YEARLY"}:
        days = [start.day]
    if rule.interval > 1 and not _is_certain_at_intervals(rule, days):
        return False
    longest = max(_LONGEST_MONTHS[month - 1] for month in months) if months else 31
    return not days or any(abs(day) <= longest for day in days)


def _is_certain_at_intervals(rule: RecurrenceRule, days: list[int]) -> bool:
    """Refuse filters that may skip every period the interval leaves over."""
    weekdays = rule.value("BYDAY")
    if rule.frequency != "YEARLY" and rule.value("BYMONTH"):
        return False
    if rule.frequency == "DAILY":
        return not days and not weekdays
    is_in_every_month = "5" not in weekdays and all(abs(day) <= 28 for day in days)
    return is_in_every_month and not (days and weekdays)
