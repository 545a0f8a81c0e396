"""When access control entries apply: periods and recurrence of RFC 5545, and what they cost."""

import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from onboardee.device.access.periods import applies_at
from onboardee.device.simulation.profile import load
from onboardee.svrdb.model import Ace, AceResource, Subject, TimePattern
from onboardee.svrdb.validity import parse

WORKDAY = "20260105T080000Z/PT9H"  # a Monday
NOON = "20260105T120000Z/PT2H"
YEAR = "20260101T000000Z/20270101T000000Z"


def moment(text: str) -> datetime:
    """Read a time in UTC."""
    return datetime.strptime(text, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("period", "rules", "at", "applies"),
    [
        (YEAR, (), "20251231T235959", False),
        (YEAR, (), "20260101T000000", True),
        (YEAR, (), "20261231T235959", True),
        (YEAR, (), "20270101T000000", False),
        ("20260101T000000Z/P1W", (), "20260107T235959", True),
        ("20260101T000000Z/P1DT2H3M4S", (), "20260102T020303", True),
        ("20260101T000000Z/P1DT2H3M4S", (), "20260102T020304", False),
        (WORKDAY, ("RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",), "20260612T165959", True),
        (WORKDAY, ("RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",), "20260612T170000", False),
        (WORKDAY, ("RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",), "20260613T120000", False),
        (WORKDAY, ("freq=daily;until=20260110T080000Z",), "20260110T120000", True),
        (WORKDAY, ("FREQ=DAILY;UNTIL=20260110T080000Z",), "20260111T120000", False),
        (WORKDAY, ("FREQ=DAILY;UNTIL=20260104T080000Z",), "20260105T120000", False),
        (
            "20260105T120000Z/PT2H",
            ("FREQ=HOURLY;UNTIL=20260105T113000Z",),
            "20260105T123000",
            False,
        ),
        (WORKDAY, ("FREQ=DAILY;COUNT=3",), "20260107T120000", True),
        (WORKDAY, ("FREQ=DAILY;COUNT=3",), "20260108T120000", False),
        (WORKDAY, ("FREQ=DAILY;INTERVAL=2",), "20260106T120000", False),
        (WORKDAY, ("FREQ=DAILY;COUNT=1", "FREQ=WEEKLY"), "20260112T120000", True),
        (WORKDAY, ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",), "20260731T120000", True),
        (WORKDAY, ("FREQ=MONTHLY;BYMONTHDAY=-1",), "20280229T120000", True),
        (WORKDAY, ("FREQ=YEARLY",), "20300105T120000", True),
        ("20260105T000000Z/PT10M", ("FREQ=HOURLY;INTERVAL=6",), "20260601T180500", True),
        ("20260105T000000Z/PT10M", ("FREQ=HOURLY;INTERVAL=6",), "20260601T190500", False),
        ("20260105T000000Z/PT1H", ("FREQ=SECONDLY;COUNT=10",), "20260105T010008", True),
        ("20260105T000000Z/PT1H", ("FREQ=SECONDLY;COUNT=10",), "20260105T010009", False),
        (
            "20260105T000000Z/PT1M",
            ("FREQ=MINUTELY;UNTIL=20260105T001000Z",),
            "20260105T0012",
            False,
        ),
    ],
)
def test_periods_and_rules(period: str, rules: tuple[str, ...], at: str, applies: bool) -> None:
    """A period begins with its first second, ends before its last, and recurs by its rules."""
    pattern = TimePattern(period=period, recurrence=rules)
    parse(pattern)
    assert applies_at((pattern,), moment(at.ljust(15, "0"))) is applies


@pytest.mark.parametrize(
    ("period", "rules"),
    [
        ("", ()),
        ("20260101T000000Z", ()),
        ("20260101T000000Z/", ()),
        ("20260101T000000Z/20260101T000000Z", ()),
        ("20260102T000000Z/20260101T000000Z", ()),
        ("20260101T000000/20270101T000000", ()),
        ("20261301T000000Z/P1D", ()),
        ("00010101T000000Z/P1D", ()),
        ("20260101T000000Z/P", ()),
        ("20260101T000000Z/PT", ()),
        ("20260101T000000Z/PT0S", ()),
        ("20260101T000000Z/-PT1H", ()),
        ("20260101T000000Z/P1DT", ()),
        ("20260101T000000Z/P500D", ("FREQ=DAILY",)),
        (WORKDAY, ("",)),
        (WORKDAY, ("DTSTART:XXXXX",)),
        (WORKDAY, ("INTERVAL=1",)),
        (WORKDAY, ("FREQ=DAILY;FREQ=DAILY",)),
        (WORKDAY, ("FREQ=DAILY;INTERVAL=0",)),
        (WORKDAY, ("FREQ=DAILY;COUNT=0",)),
        (WORKDAY, ("FREQ=DAILY;COUNT=9999",)),
        (WORKDAY, ("FREQ=DAILY;COUNT=2;UNTIL=20270101T000000Z",)),
        (WORKDAY, ("FREQ=DAILY;UNTIL=tomorrow",)),
        (WORKDAY, ("FREQ=DAILY;BYEASTER=1",)),
        (WORKDAY, ("FREQ=DAILY;BYHOUR=24",)),
        (WORKDAY, ("FREQ=DAILY",) * 5),
    ],
)
def test_malformed_ones_are_no_validity(period: str, rules: tuple[str, ...]) -> None:
    """What is malformed is refused, and would never apply if it were stored all the same."""
    pattern = TimePattern(period=period, recurrence=rules)
    with pytest.raises(ValueError, match=r"."):
        parse(pattern)
    assert not applies_at((pattern,), moment("20260105T120000"))


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
        "FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=20",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31",
        "FREQ=MONTHLY;INTERVAL=5;BYMONTH=1",
        "FREQ=YEARLY;INTERVAL=2;BYMONTH=2;BYMONTHDAY=29",
        "FREQ=YEARLY;INTERVAL=2;BYDAY=MO;BYMONTHDAY=13",
        "FREQ=WEEKLY;BYMONTHDAY=13",
        "FREQ=WEEKLY;BYDAY=1MO",
        "FREQ=MINUTELY;BYMONTH=2",
        "FREQ=SECONDLY;BYDAY=MO",
    ],
)
def test_rules_that_may_never_recur_are_refused(rule: str) -> None:
    """A search that may last to the end of the calendar is not begun."""
    with pytest.raises(ValueError, match="never meet"):
        parse(TimePattern(period=WORKDAY, recurrence=(rule,)))


ALL_HOURS = "BYHOUR=" + ",".join(map(str, range(24)))
ALL_DAYS = "BYDAY=MO,TU,WE,TH,FR,SA,SU"


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;COUNT=1000",
        f"FREQ=DAILY;{ALL_HOURS}",
        f"FREQ=DAILY;{ALL_HOURS};COUNT=1000",
        f"FREQ=MONTHLY;{ALL_HOURS};{ALL_DAYS}",
        f"FREQ=YEARLY;{ALL_HOURS};{ALL_DAYS}",
        f"FREQ=MONTHLY;{ALL_HOURS}",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO;COUNT=1000",
        "FREQ=YEARLY;BYMONTH=2;BYDAY=5MO",
    ],
)
def test_no_rule_keeps_the_device_busy(rule: str) -> None:
    """The most that a rule from the distant past can cost is a blink."""
    pattern = TimePattern(period="19700131T000000Z/P400D", recurrence=(rule,))
    before = time.process_time()
    applies_at((pattern,), moment("20991231T235959"))
    assert time.process_time() - before < 1


def test_unlimited_and_unknown() -> None:
    """No validity is always; with one, a device that does not know the time grants nothing."""
    assert applies_at((), None)
    assert not applies_at((TimePattern(period=YEAR),), None)
    later = datetime(2026, 1, 1, 1, tzinfo=UTC).astimezone()
    assert applies_at((TimePattern(period=YEAR),), later)


rules = st.builds(
    lambda frequency, parts: ";".join([f"FREQ={frequency}", *parts.values()]),
    st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY", "HOURLY"]),
    st.fixed_dictionaries(
        {},
        optional={
            "i": st.integers(1, 5).map("INTERVAL={}".format),
            "c": st.integers(1, 40).map("COUNT={}".format),
            "d": st.sampled_from(["BYDAY=MO", "BYDAY=FR,SU", "BYDAY=2TU"]),
            "m": st.sampled_from(["BYMONTH=2", "BYMONTH=3,7"]),
            "n": st.sampled_from(["BYMONTHDAY=1", "BYMONTHDAY=-1,13"]),
            "h": st.just("BYHOUR=6,18"),
        },
    ),
)


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2025, 6, 1)),  # noqa: DTZ001 - UTC throughout
    st.integers(1, 3 * 86400),
    rules,
    st.timedeltas(timedelta(days=-1), timedelta(days=900)),
)
@settings(max_examples=150, deadline=None)
def test_as_if_every_occurrence_were_looked_at(
    start: datetime, seconds: int, rule: str, after: timedelta
) -> None:
    """Beginning the search late changes no answer."""
    start, now = start.replace(microsecond=0), (start + after).replace(microsecond=0)
    pattern = TimePattern(period=f"{start:%Y%m%dT%H%M%SZ}/PT{seconds}S", recurrence=(rule,))
    try:
        parse(pattern)
    except ValueError:
        assume(False)
    length = timedelta(seconds=seconds)
    found = rrulestr(rule, dtstart=start).between(now - length, now, inc=True)
    expected = any(begun > now - length for begun in found)
    assert applies_at((pattern,), now.replace(tzinfo=UTC)) is expected


def test_the_library_is_loaded_when_it_is_needed() -> None:
    """A device without recurring entries does not spend time and memory on their library."""
    program = "import sys, onboardee.device.machine.boot; sys.exit('dateutil' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_profile_with_a_malformed_validity_is_refused() -> None:
    """Factory entries are as strictly checked as those of peers."""
    entry = Ace(
        aceid=1,
        subject=Subject(uuid="*"),
        resources=(AceResource(wildcard="*"),),
        permission=2,
        validity=(TimePattern(period="sometimes"),),
    )
    light = load("light")
    with pytest.raises(ValueError, match="sometimes"):
        replace(light, ownership=replace(light.ownership, factory_access=(entry,)))
