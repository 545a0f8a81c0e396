"""What a client's UPDATE makes of objects, arrays and values with rules of their own."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onboardee.device.simulation.value_limits import Field, ValueLimits
from onboardee.device.simulation.values import Property, ValueRefusedError, Values, ValueType

SOURCE = {
    "name": Field(type=ValueType.STRING),
    "kind": Field(type=ValueType.STRING, choices=("audio", "video"), read_only=True),
    "active": Field(type=ValueType.BOOLEAN, optional=True),
}
ONE = {"name": "one", "kind": "audio", "active": True}
TWO = {"name": "two", "kind": "video", "active": False}


def device() -> Values:
    """Make a resource with one property of each sort."""
    return Values(
        {
            "source": Property(type=ValueType.OBJECT, fields=SOURCE, initial=ONE),
            "fixed": Property(type=ValueType.OBJECT, fields=SOURCE, length=2, initial=[ONE, TWO]),
            "free": Property(type=ValueType.OBJECT, fields=SOURCE, max_items=3, initial=[ONE, TWO]),
            "ice": Property(
                type=ValueType.STRING,
                choices=("on", "off", "full"),
                writable_choices=("on", "off"),
                initial="on",
            ),
            "sensed": Property(
                type=ValueType.INTEGER, minimum=0, maximum=9, read_only=True, initial=5
            ),
        }
    )


@pytest.mark.parametrize(
    ("wanted", "after"),
    [
        ({"source": {"name": "new"}}, {"source": {**ONE, "name": "new"}}),
        ({"source": {"kind": "audio", "x": 1}}, {}),
        ({"source": {}}, {}),
        ({"fixed": [{}, {"active": True}]}, {"fixed": (ONE, {**TWO, "active": True})}),
        ({"fixed": [{"name": "new"}, TWO]}, {"fixed": ({**ONE, "name": "new"}, TWO)}),
        ({"free": [ONE]}, {"free": (ONE,)}),
        ({"free": []}, {"free": ()}),
        ({"ice": "off"}, {"ice": "off"}),
        ({"sensed": 5.0}, {}),
    ],
)
def test_what_is_left_out_stays(wanted: dict[str, Any], after: dict[str, Any]) -> None:
    """Objects change field by field, fixed arrays element by element, others as a whole."""
    values = device()
    before = values.current
    assert values.write(wanted) is bool(after)
    assert values.current == {**before, **after}


@pytest.mark.parametrize(
    ("wanted", "is_malformed"),
    [
        ({"source": {"kind": "video"}}, True),
        ({"source": {"kind": "smell"}}, False),
        ({"source": 5}, True),
        ({"fixed": [{"name": "new"}]}, True),
        ({"fixed": [{}, {"kind": "audio"}]}, True),
        ({"fixed": [{}, 5]}, True),
        ({"free": [{"name": "new"}]}, True),
        ({"free": [{**ONE, "kind": "video"}]}, True),
        ({"free": [ONE, TWO, {"name": "x", "kind": "audio"}]}, True),
        ({"free": [ONE] * 4}, False),
        ({"ice": "full"}, False),
        ({"sensed": 6}, True),
        ({"sensed": 99}, True),
        ({"sensed": "x"}, True),
    ],
)
def test_what_is_refused(wanted: dict[str, Any], is_malformed: bool) -> None:
    """Fields that are read-only stay as they are, and so does everything beside them."""
    values = device()
    before = values.current
    with pytest.raises(ValueRefusedError) as caught:
        values.write({**wanted, "ice": wanted.get("ice", "off")})
    assert caught.value.is_malformed is is_malformed
    assert values.current == before


def test_the_world_may_write_everything() -> None:
    """A full ice maker can be set by the simulation, and then be repeated by a client."""
    values = device()
    assert values.set({"ice": "full", "sensed": 6, "source": {"kind": "video"}})
    assert values.current["source"] == {**ONE, "kind": "video"}
    assert not values.write({"ice": "full"})
    values.restore()
    assert values.current == device().current


def test_what_an_update_has_to_carry() -> None:
    """Without a property that is required nothing is written; with it the rest may be left out."""
    values = Values(
        {
            "threshold": Property(type=ValueType.INTEGER, initial=1, required_in_update=True),
            "other": Property(type=ValueType.INTEGER, initial=1),
        }
    )
    with pytest.raises(ValueRefusedError, match="threshold has to be in the UPDATE") as caught:
        values.write({"other": 2})
    assert caught.value.is_malformed
    assert values.write({"threshold": 2})
    assert values.set({"other": 3})


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["audio", "x", "on"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from([*SOURCE, "x"]), inner, max_size=3)
        ),
        max_leaves=8,
    ),
    st.sampled_from(["source", "fixed", "free", "ice", "sensed"]),
)
def test_a_client_never_changes_what_is_read_only(value: Any, name: str) -> None:
    """Whatever is sent: values stay within their type, and read-only fields as they were."""
    values = device()
    before = values.current
    try:
        values.write({name: value})
    except ValueRefusedError:
        assert values.current is before
        return
    assert values.current["sensed"] == 5
    assert values.current["source"]["kind"] == "audio"  # type: ignore[call-overload, index]
    kinds = [each["kind"] for each in values.current["fixed"]]  # type: ignore[index, union-attr]
    assert kinds == ["audio", "video"]
    assert not values.write(dict(values.current))


def test_limits_can_be_nested() -> None:
    """Objects in arrays in objects keep to their limits."""
    spec = ValueLimits(
        type=ValueType.OBJECT,
        fields={
            "zones": Field(
                type=ValueType.OBJECT,
                max_items=2,
                fields={"level": Field(type=ValueType.INTEGER, maximum=9)},
            )
        },
    )
    assert spec.checked("x", {"zones": [{"level": 9.0}]}) == {"zones": ({"level": 9},)}
    with pytest.raises(ValueRefusedError, match=r"x\.zones\.level is above 9"):
        spec.checked("x", {"zones": [{"level": 10}]})
