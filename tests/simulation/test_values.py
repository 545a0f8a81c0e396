"""The values of a resource: types, limits, and writes that apply as a whole."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onboardee.device.simulation.value_limits import Field
from onboardee.device.simulation.values import Property, ValueRefusedError, Values, ValueType

BOOLEAN, INTEGER, NUMBER, STRING, DATE_TIME, DURATION, OBJECT = ValueType

NOON = "2026-06-01T12:00:00Z"
LAMP = Property(
    type=OBJECT,
    fields={
        "on": Field(type=BOOLEAN),
        "level": Field(type=INTEGER, maximum=9, optional=True),
    },
    initial={"on": False, "level": 5},
)


@pytest.mark.parametrize(
    ("spec", "value", "kept"),
    [
        (Property(type=BOOLEAN, initial=False), True, True),
        (Property(type=INTEGER, initial=0), 2**64 - 1, 2**64 - 1),
        (Property(type=INTEGER, initial=0), 3.0, 3),
        (Property(type=NUMBER, initial=0), 3, 3),
        (Property(type=NUMBER, initial=0), 0.25, 0.25),
        (Property(type=NUMBER, initial=0, minimum=-1.5, step=0.5), -1.0, -1.0),
        (Property(type=NUMBER, initial=0, step=0.1), 0.3, 0.3),
        (Property(type=NUMBER, initial=0, step=0.1), 8393773.8, 8393773.8),
        (Property(type=INTEGER, initial=3, minimum=1, step=2), 7, 7),
        (Property(type=STRING, initial=""), "x", "x"),
        (Property(type=STRING, initial="a", choices=("a", "b")), "b", "b"),
        (Property(type=INTEGER, initial=[0, 0], length=2), [1, 2], (1, 2)),
        (Property(type=STRING, initial=["a"], length=1, choices=("a", "b")), ["b"], ("b",)),
        (Property(type=STRING, initial=[], max_items=2), [], ()),
        (Property(type=STRING, initial=[], max_items=2, unique=True), ["a", "b"], ("a", "b")),
        (Property(type=INTEGER, initial=2, choices=(2, 4)), 4.0, 4),
        (Property(type=STRING, initial="a", pattern="^[a-c]+$"), "cab", "cab"),
        (Property(type=STRING, initial="", max_length=3), "äöü", "äöü"),
        (Property(type=DATE_TIME, initial=NOON), "2026-06-01T12:00:00.5+02:00", ...),
        (Property(type=DURATION, initial="PT0S"), "P0Y0M0DT2H25M5S", ...),
        (Property(type=DURATION, initial="PT0S"), "P2W", ...),
        (LAMP, {"on": True, "level": 3, "more": 1}, {"on": True, "level": 3}),
        (LAMP, {"on": True}, {"on": True}),
    ],
)
def test_values_that_are_kept(spec: Property, value: Any, kept: Any) -> None:
    """A value of the right type within its limits is kept, numbers in their own type."""
    found = spec.checked("x", value)
    expected = value if kept is ... else kept
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("spec", "value", "is_malformed"),
    [
        (Property(type=BOOLEAN, initial=False), 1, True),
        (Property(type=BOOLEAN, initial=False), None, True),
        (Property(type=INTEGER, initial=0), True, True),
        (Property(type=INTEGER, initial=0), 0.5, True),
        (Property(type=INTEGER, initial=0), float("nan"), True),
        (Property(type=INTEGER, initial=0), float("inf"), True),
        (Property(type=NUMBER, initial=0), float("nan"), True),
        (Property(type=NUMBER, initial=0), -float("inf"), True),
        (Property(type=NUMBER, initial=0), False, True),
        (Property(type=NUMBER, initial=0), "1", True),
        (Property(type=STRING, initial=""), 1, True),
        (Property(type=STRING, initial=""), b"x", True),
        (Property(type=STRING, initial="a", choices=("a", "b")), "c", False),
        (Property(type=INTEGER, initial=0, minimum=0), -1, False),
        (Property(type=INTEGER, initial=0, maximum=9), 10, False),
        (Property(type=INTEGER, initial=1, minimum=1, step=2), 2, False),
        (Property(type=NUMBER, initial=0, step=0.1), 0.25, False),
        (Property(type=NUMBER, initial=0, step=0.1), 1e308, False),
        (Property(type=NUMBER, initial=0, step=0.1), 10**400, False),
        (Property(type=NUMBER, initial=0), 2**64, False),
        (Property(type=INTEGER, initial=0), 1e300, False),
        (Property(type=INTEGER, initial=[0, 0], length=2), [1], True),
        (Property(type=INTEGER, initial=[0, 0], length=2), 1, True),
        (Property(type=INTEGER, initial=[0, 0], length=2), [1, [2]], True),
        (Property(type=INTEGER, initial=[0, 0], length=2, maximum=9), [1, 10], False),
        (Property(type=STRING, initial="a"), ["a"], True),
        (Property(type=STRING, initial=[], max_items=2), "a", True),
        (Property(type=STRING, initial=[], max_items=2), ["a"] * 3, False),
        (Property(type=STRING, initial=["a"], min_items=1, max_items=2), [], False),
        (Property(type=STRING, initial=[], max_items=2, unique=True), ["a", "a"], False),
        (Property(type=INTEGER, initial=2, choices=(2, 4)), 3, False),
        (Property(type=STRING, initial="a", pattern="^[a-c]+$"), "cad", False),
        (Property(type=STRING, initial="", max_length=3), "abcd", False),
        (Property(type=STRING, initial=""), "x" * 1025, False),
        (Property(type=DATE_TIME, initial=NOON), "2026-06-01", True),
        (Property(type=DATE_TIME, initial=NOON), "2026-06-01T12:00:00", True),
        (Property(type=DATE_TIME, initial=NOON), "2026-02-30T12:00:00Z", True),
        (Property(type=DATE_TIME, initial=NOON), 1780315200, True),
        (Property(type=DURATION, initial="PT0S"), "P", True),
        (Property(type=DURATION, initial="PT0S"), "PT", True),
        (Property(type=DURATION, initial="PT0S"), "1H", True),
        (Property(type=DURATION, initial="PT0S"), "PT" + "9" * 99 + "S", True),
        (LAMP, {"level": 3}, True),
        (LAMP, {"on": 1}, True),
        (LAMP, {"on": True, "level": 10}, False),
        (LAMP, [], True),
        (LAMP, None, True),
    ],
)
def test_values_that_are_refused(spec: Property, value: Any, is_malformed: bool) -> None:
    """The error tells a wrong type from a wrong value."""
    with pytest.raises(ValueRefusedError) as caught:
        spec.checked("x", value)
    assert caught.value.is_malformed is is_malformed
    assert str(caught.value).startswith(("x ", "x."))


def test_an_initial_value_is_checked_too() -> None:
    """A property cannot begin with a value that could not be written."""
    with pytest.raises(ValueError, match="initial is above 4"):
        Property(type=INTEGER, initial=5, maximum=4)


def some_values() -> Values:
    """Make a resource with a writable and a read-only property."""
    return Values(
        {
            "level": Property(type=INTEGER, initial=5, minimum=0, maximum=9),
            "range": Property(type=INTEGER, initial=[0, 9], length=2, read_only=True),
        }
    )


def test_a_write_applies_as_a_whole() -> None:
    """One bad value keeps the good ones out, in whatever order they come."""
    values = some_values()
    before = values.current
    for wanted in ({"level": 6, "range": [0, 5]}, {"range": [0, 5], "level": 6}, {"level": 10}):
        with pytest.raises(ValueRefusedError):
            values.write(wanted)
        assert values.current == before


def test_what_counts_as_a_change() -> None:
    """Writing what is there changes nothing; unknown names and repeated read-only ones are fine."""
    values = some_values()
    assert not values.write({"level": 5, "unknown": object()})
    assert not values.write({"range": [0, 9]})
    assert values.write({"level": 6, "range": [0, 9]})
    assert values.current == {"level": 6, "range": (0, 9)}


def test_the_simulated_world_may_do_more() -> None:
    """It sets read-only values, within their type, and a restart goes back to the first ones."""
    values = some_values()
    assert values.set({"range": [1, 8]})
    with pytest.raises(ValueRefusedError):
        values.set({"range": [1]})
    assert values.current["range"] == (1, 8)
    values.restore()
    assert values.current == some_values().current


def test_values_once_read_do_not_change() -> None:
    """What `current` returned stays as it was when something is written later."""
    values = some_values()
    before = values.current
    values.write({"level": 1})
    assert before["level"] == 5


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=4,
)
specs = st.sampled_from(
    [
        Property(type=BOOLEAN, initial=False),
        Property(type=INTEGER, initial=0, minimum=-5, maximum=5, step=1),
        Property(type=NUMBER, initial=0, step=0.5),
        Property(type=STRING, initial="a", choices=("a", "b")),
        Property(type=INTEGER, initial=[0], length=1),
        Property(type=STRING, initial=[], max_items=2, unique=True),
        Property(type=DATE_TIME, initial=NOON),
        Property(type=DURATION, initial="PT0S"),
        LAMP,
    ]
)


@given(specs, anything)
def test_any_value_is_kept_or_refused(spec: Property, value: Any) -> None:
    """Nothing but `ValueRefusedError` comes out, and what is kept can be written again."""
    try:
        kept = spec.checked("x", value)
    except ValueRefusedError:
        return
    assert spec.checked("x", kept) == kept
