"""When an access control entry or a credential applies: its periods, evaluated at a moment.

    period     start |=========| start + length
    rule             |=========|          |=========|          |=========|   ... until, count
                                               ^ moment: applies

To tell whether a moment lies in a repetition, only the last one that began before it has to be
known. It is computed for seconds, minutes and hours (`_latest_by_clockwork`), and searched for with
days, months and years (`_latest_by_calendar`, dateutil).

A rule is evaluated at every request, so what one evaluation may cost has a bound: `svrdb.validity`
refuses rules whose next occurrence could be searched for in vain, and a search begins shortly
before the moment in question, not when the rule began. Results are remembered by the second.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache

from onboardee.svrdb.model import Credential, TimePattern
from onboardee.svrdb.validity import CLOCKWORK, STEPS, Period, RecurrenceRule, parse

__all__ = ["applies_at", "is_usable", "parse"]


def applies_at(validity: Iterable[TimePattern], moment: datetime | None) -> bool:
    """Tell whether an entry with this validity applies at a moment (OCF Security 12.2).

    `moment` is aware; None is a device that does not know the time, for which nothing limited
    applies. What cannot be understood never applies: a restriction that is ignored would grant too
    much.

    >>> morning = TimePattern(period="20300101T080000Z/PT2H", recurrence=("FREQ=DAILY",))
    >>> applies_at([morning], datetime(2030, 5, 6, 9, 30, tzinfo=UTC))
    True
    >>> applies_at([morning], datetime(2030, 5, 6, 10, 30, tzinfo=UTC)), applies_at([morning], None)
    (False, False)
    """
    patterns = tuple(validity)
    if not patterns:
        return True
    if moment is None:
        return False
    plain = moment.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    return any(_covers(pattern, plain) for pattern in patterns)


def is_usable(credential: Credential, moment: datetime) -> bool:
    """Tell whether a credential was not revoked, and the moment lies in its period.

    (OCF Security 13.3.)
    """
    if credential.is_revoked:
        return False
    period = credential.period
    return period is None or applies_at((TimePattern(period=period),), moment)


@lru_cache(maxsize=256)
def _covers(pattern: TimePattern, moment: datetime) -> bool:
    """Tell whether a period holds at a moment in UTC; one that cannot be read never does."""
    try:
        return _is_within(parse(pattern), moment)
    except ValueError:
        return False


def _is_within(period: Period, moment: datetime) -> bool:
    """Tell whether the moment lies in the period or one of its repetitions."""
    if moment < period.start:
        return False
    if not period.rules:
        return moment - period.start < period.length
    return any(_repeats_over(period, rule, moment) for rule in period.rules)


def _repeats_over(period: Period, rule: RecurrenceRule, moment: datetime) -> bool:
    """Tell whether the last repetition before the moment still lasts."""
    last = moment if rule.until is None else min(moment, rule.until)
    if last < period.start:
        return False
    latest = _latest_by_clockwork if rule.frequency in CLOCKWORK else _latest_by_calendar
    begun = latest(rule, period.start, last, moment - period.length)
    return begun is not None and moment - begun < period.length


def _latest_by_clockwork(
    rule: RecurrenceRule, start: datetime, last: datetime, _over: datetime
) -> datetime | None:
    """Return the last occurrence up to `last`, of a rule that is plain arithmetic."""
    step = STEPS[rule.frequency] * rule.interval
    number = (last - start) // step
    if rule.count is not None:
        number = min(number, rule.count - 1)
    return start + number * step


def _latest_by_calendar(
    rule: RecurrenceRule, start: datetime, last: datetime, over: datetime
) -> datetime | None:
    """Return the last occurrence up to `last`; what began before `over` may be left out."""
    from dateutil.rrule import rrulestr  # noqa: PLC0415 - few devices have entries that need it

    names = {"UNTIL", "COUNT"} if rule.count is None else {"UNTIL"}
    text = ";".join(f"{name}={value}" for name, value in rule.parts if name not in names)
    begin = start if rule.count is not None else _later_start(rule, start, over)
    found = None
    for occurrence in rrulestr(text, dtstart=begin, ignoretz=True):
        if occurrence > last:
            break
        found = occurrence
    return found


def _later_start(rule: RecurrenceRule, start: datetime, horizon: datetime) -> datetime:
    """Move the start of a rule on by whole intervals, up to the horizon.

    The occurrences from there on are the same, but for a rule with COUNT, which is not moved.
    """
    if horizon <= start:
        return start
    step = STEPS.get(rule.frequency)
    if step is not None:
        return start + (horizon - start) // (step * rule.interval) * (step * rule.interval)
    is_by_start = not rule.value("BYMONTHDAY") and not rule.value("BYDAY")
    if is_by_start and start.day > 28:
        return start  # not every month has this day; there are few enough months
    months = (horizon.year - start.year) * 12 + horizon.month - start.month - 1
    interval = rule.interval * (12 if rule.frequency == "YEARLY" else 1)
    year, month = divmod(start.month - 1 + max(months, 0) // interval * interval, 12)
    if year == 0 and month + 1 == start.month:
        return start
    day = start.day if is_by_start else 1
    return start.replace(year=start.year + year, month=month + 1, day=day)
