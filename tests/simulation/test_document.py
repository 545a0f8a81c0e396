"""YAML documents: plain values, places, bounds."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onboardee.device.simulation import document
from onboardee.device.simulation.document import read, write
from onboardee.device.simulation.profile import ProfileError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("on", "on"),
        ("No", "No"),
        ("12:30:00", "12:30:00"),
        ("2026-06-01", "2026-06-01"),
        ("2026-06-01T12:00:00Z", "2026-06-01T12:00:00Z"),
        ("0123", "0123"),
        ("-7", -7),
        ("0", 0),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("~", None),
        ("", None),
        ("null", None),
        ("'5'", "5"),
        ("{a: &x [1], b: *x}", {"a": [1], "b": [1]}),
        ("{a: &x {p: 1, q: 2}, b: {<<: *x, q: 3}}", {"a": {"p": 1, "q": 2}, "b": {"p": 1, "q": 3}}),
        ("{b: {<<: [{p: 1}, {p: 2, q: 2}]}}", {"b": {"p": 1, "q": 2}}),
        ("5: x", {"5": "x"}),
    ],
)
def test_plain_values(text: str, value: Any) -> None:
    """Only what looks like a boolean or a number is one: switches may be called on and off."""
    found = read(text, "x").plain()
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3", "line 3: a stands here again; it is already in line 1"),
        ("a:\n  - !!python/object:os.system {}", "line 2"),
        ("a: !!binary aGk=", "line 1: the tag"),
        ("[a]: 1", "a key is a plain name"),
        ("a: {<<: 5}", "<< needs a mapping"),
        ("a: 1\n--- \nb: 2", "line 2: a file has one document"),
        ("&a [a]: 1", "a key is a plain name"),
        ("a: !mine {b: 1}", "the tag !mine is not for profiles"),
        ("a: [!!omap []]", "is not for profiles"),
        ("a: 1\nb: *b", "line 2: there is no &b before this line"),
        ("a: &x [*x]", "there is no &x before this line"),
        ("[" * 43 + "]" * 43, "nested too deeply"),
        ("[" * 200_000, "nest"),
        ("{a: " * 100_000, "nest"),
        ("- " * 200_000, "nest"),
        ("a: \x07", "not YAML"),
    ],
)
def test_refusals(text: str, message: str) -> None:
    """Each mistake is named with its line; where a parser has a limit of its own, in its words."""
    with pytest.raises(ProfileError, match="profile x") as caught:
        read(text, "x")
    assert message in str(caught.value)


def test_aliases_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few lines that stand for a million values are refused, and so is a very long file."""
    monkeypatch.setattr(document, "MAX_VALUES", 5000)
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 6)]
    with pytest.raises(ProfileError, match="more than 5000 values"):
        read("\n".join(lines), "x")
    with pytest.raises(ProfileError, match="larger than"):
        read(" " * (document.MAX_SIZE + 1), "x")


def test_places() -> None:
    """A value knows the line of its key, however deep; a path that ends early the last one."""
    item = read("a:\n  b:\n    - 1\n    - c: 2\n", "x")
    assert item.at("a", "b", 1, "c").line == 4
    assert item.at("a", "b").line == 2
    assert item.at("a", "b", 5).line == 2
    assert item.at("a", "z", "y").line == 1


# PyYAML's writer has a mistake of its own with exotic line ends
letters = st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"])
keys = st.text(letters, min_size=1, max_size=4).filter(lambda key: key != "<<")
contents = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(letters, max_size=8)
    | st.sampled_from(["1e3", "0123", "on", "~", "12:30", "<<", "5", "-.5"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner),
    max_leaves=5,
)


@given(contents)
def test_what_is_written_reads_the_same(content: Any) -> None:
    """Texts stay texts, whatever they look like."""
    assert read(write(content), "x").plain() == content
