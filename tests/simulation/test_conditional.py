"""What a profile may say of observation by conditions, and of values that are kept."""

from typing import Any

import msgspec
import pytest

from onboardee.device.simulation.conditional import check_creatable, has_news
from onboardee.device.simulation.profile import Profile
from onboardee.device.simulation.values import Property, Values, ValueType

VALUE = {"type": "number", "initial": 20}
AMOUNT = {"type": "number", "minimum": 0, "initial": 0}
BOTH = ["oic.r.temperature", "oic.r.value.conditional"]


def profile(resource: dict[str, Any]) -> Profile:
    """Make a profile with one resource."""
    whole = {
        "device": {"name": "x", "types": ["oic.d.x"]},
        "platform": {"manufacturer": "x"},
        "resources": [{"href": "/x", "interfaces": ["oic.if.rw"], **resource}],
    }
    return msgspec.convert(whole, Profile)


@pytest.mark.parametrize("name", ["threshold", "minnotifyperiod", "maxnotifyperiod"])
def test_one_condition_is_enough(name: str) -> None:
    """Any of the three makes it a conditional observation."""
    assert profile({"types": BOTH, "properties": {"temperature": VALUE, name: AMOUNT}})


@pytest.mark.parametrize(
    ("properties", "sentence"),
    [
        ({"temperature": VALUE}, "has none of maxnotifyperiod, minnotifyperiod, threshold"),
        ({"threshold": AMOUNT}, "has no property that is observed"),
        ({"temperature": VALUE, "threshold": VALUE}, "threshold is one number that is not below 0"),
        (
            {"temperature": VALUE, "threshold": {**AMOUNT, "length": 1, "initial": [0]}},
            "threshold is one number",
        ),
        (
            {"temperature": VALUE, "minnotifyperiod": {"type": "string", "initial": "1 s"}},
            "minnotifyperiod is one number",
        ),
    ],
)
def test_what_is_no_condition_is_refused(properties: dict[str, Any], sentence: str) -> None:
    """A mistake is told with its place."""
    with pytest.raises(msgspec.ValidationError, match=sentence):
        profile({"types": BOTH, "properties": properties})


@pytest.mark.parametrize(
    ("types", "properties", "sentence"),
    [
        (BOTH[::-1], {"temperature": VALUE, "threshold": AMOUNT}, "stands behind the type"),
        (BOTH[1:], {"temperature": VALUE, "threshold": AMOUNT}, "stands behind the type"),
        (BOTH, {"temperature": VALUE}, "has none of"),
        (BOTH, {"threshold": AMOUNT}, "has no property that is observed"),
        (BOTH, {"temperature": VALUE, "threshold": VALUE}, "threshold is one number"),
    ],
)
def test_what_clients_may_create_is_checked_as_well(
    types: list[str], properties: dict[str, Any], sentence: str
) -> None:
    """The same is asked of a type that clients may create, and that it is not the first one."""
    specs = msgspec.convert(properties, dict[str, Property])
    with pytest.raises(ValueError, match=sentence):
        check_creatable(types, specs)


@pytest.mark.parametrize(
    ("told", "now", "expected"),
    [
        ({"a": 1}, {"a": 1}, False),
        ({"a": 1}, {"a": 1.5}, True),
        ({"a": 1}, {"a": 1.5, "threshold": 1}, True),
        ({"a": 1, "threshold": 1}, {"a": 1.9, "threshold": 1}, False),
        ({"a": 0.4, "threshold": 0.3}, {"a": 0.7, "threshold": 0.3}, True),
        ({"a": True, "threshold": 9}, {"a": False, "threshold": 9}, True),
        ({"a": "x", "threshold": 9}, {"a": "y", "threshold": 9}, True),
        ({"a": (1, 2), "threshold": 3}, {"a": (1, 4), "threshold": 3}, False),
        ({"a": (1, 2), "threshold": 3}, {"a": (1, 5), "threshold": 3}, True),
        ({"a": (1, 2), "threshold": 3}, {"a": (1,), "threshold": 3}, True),
        ({"a": 1, "maxnotifyperiod": 1}, {"a": 1, "maxnotifyperiod": 2}, True),
        ({}, {"a": 1, "threshold": 5}, True),
    ],
)
def test_news(told: dict[str, Any], now: dict[str, Any], expected: bool) -> None:
    """Numbers have to differ by the threshold, all else by anything."""
    assert has_news(told, now) is expected


@pytest.mark.parametrize(
    ("kept", "sentence"),
    [(["valeu"], "clients cannot write valeu; did you mean value"), (["fixed"], "write fixed")],
)
def test_only_what_clients_write_is_kept(kept: list[str], sentence: str) -> None:
    """A name that is none, or is read-only, is a mistake."""
    properties = {
        "value": {"type": "boolean", "initial": False},
        "fixed": {"type": "boolean", "read_only": True, "initial": False},
    }
    assert profile({"types": ["x.y"], "properties": properties, "kept": ["value"]})
    with pytest.raises(msgspec.ValidationError, match=sentence):
        profile({"types": ["x.y"], "properties": properties, "kept": kept})


def test_what_is_not_possible_any_more_is_not_kept() -> None:
    """A profile with other limits takes what still fits of what was kept."""
    level = Property(type=ValueType.INTEGER, maximum=10, initial=1)
    values = Values({"level": level, "speed": level})
    values.keep({"level": 11, "speed": 3, "gone": True})
    values.restore()
    assert values.current == {"level": 1, "speed": 3}
    assert values.are_initial
