"""What is read from an UPDATE's body, and what is refused."""

from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onboardee.device.resources.payload import MAX_DEPTH, PayloadError, decode_map, encode

KNOWN_TAGS = [*range(6), 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000]


def in_map(value: str) -> bytes:
    """Return {"a": value} with the value in hex."""
    return bytes.fromhex("a16161" + value)


@pytest.mark.parametrize(
    ("octets", "value"),
    [
        ("a0", {}),
        ("bfff", {}),
        ("a1616101", {"a": 1}),
        ("a161611900 01".replace(" ", ""), {"a": 1}),
        ("a161611b0000000000000001", {"a": 1}),
        ("a1616120", {"a": -1}),
        ("a161611bffffffffffffffff", {"a": 2**64 - 1}),
        ("bf61619f0102ffff", {"a": [1, 2]}),
        ("a161617f61626163ff", {"a": "bc"}),
        ("a161615f41624163ff", {"a": b"bc"}),
        ("a16161bf6162f5ff", {"a": {"b": True}}),
        ("a16161f6", {"a": None}),
        ("a16161f93c00", {"a": 1.0}),
    ],
)
def test_what_peers_send(octets: str, value: dict[str, Any]) -> None:
    """Any width of numbers and indefinite lengths are read."""
    assert decode_map(bytes.fromhex(octets)) == value


@pytest.mark.parametrize(
    "octets",
    [
        "",
        "01",
        "80",
        "6161",
        "f6",
        "ff",
        "a1",
        "a16161",
        "a10101",
        "a1416101",
        "a1f601",
        "a18001",
        "a1a001",
        "a161610100",
        "a0a0",
        "a2616101616102",
        "a1616181a2616201616202",
        "a16161a10101",
        "a16161a1416201",
        "a16161f7",
        "a16161e0",
        "a16161f820",
        "a16161fc",
        "bf6161ff",
        "9b00000fffffffffff",
        "5b00000fffffffffff",
        "bb00000fffffffffff",
        "a161ff01",
        "a16161a161ff01",
    ],
)
def test_what_is_no_map_of_plain_values(octets: str) -> None:
    """Truncation, trailing octets, repeated and non-text keys and odd values are refused."""
    with pytest.raises(PayloadError):
        decode_map(bytes.fromhex(octets))


@pytest.mark.parametrize("tag", [*KNOWN_TAGS, 6, 23, 24, 99, 1000, 55799, 2**32, 2**64 - 1])
@pytest.mark.parametrize("inner", ["01", "41ff", "6161", "8101", "820102", "a0", "f6"])
def test_every_tag_is_refused(tag: int, inner: str) -> None:
    """No tag has a meaning here, whatever it is about and wherever it stands."""
    head = cbor2.dumps(cbor2.CBORTag(tag, 0))[:-1].hex()
    for octets in (in_map(head + inner), in_map("81" + head + inner), bytes.fromhex(head + "a0")):
        with pytest.raises(PayloadError):
            decode_map(octets)


@pytest.mark.parametrize("opening", ["81", "9f", "a16161", "bf6161"])
def test_depth_is_limited(opening: str) -> None:
    """Nesting beyond the limit is refused, however deep it claims to be."""
    for levels in (MAX_DEPTH + 1, 100, 20_000):
        with pytest.raises(PayloadError):
            decode_map(in_map(opening * levels))


def test_moderate_depth_is_fine() -> None:
    """What real resources need is far below the limit."""
    value: Any = 1
    for _ in range(MAX_DEPTH - 4):
        value = [value]
    assert decode_map(cbor2.dumps({"a": value})) == {"a": value}


@pytest.mark.parametrize(
    ("octets", "raw"),
    [
        ("61ff", b"\xff"),
        ("62c328", b"\xc3("),
        ("63eda080", b"\xed\xa0\x80"),
        ("64f4908080", b"\xf4\x90\x80\x80"),
        ("7f61c361a9ff", b"\xc3\xa9"),
    ],
)
def test_text_that_is_none_comes_out_as_octets(octets: str, raw: bytes) -> None:
    """Raw keys sent as text survive as octets; surrogates never leave the decoder."""
    assert decode_map(in_map(octets)) == {"a": raw}
    assert decode_map(in_map("81" + octets)) == {"a": [raw]}


def flat(value: object) -> list[object]:
    """List all values and keys inside a value."""
    if isinstance(value, dict):
        return [*value, *(part for each in value.values() for part in flat(each))]
    if isinstance(value, list):
        return [part for each in value for part in flat(each)]
    return [value]


@given(st.binary(max_size=80) | st.binary(max_size=60).map(lambda raw: b"\xa1\x61a" + raw))
def test_any_octets_are_read_or_refused(payload: bytes) -> None:
    """Only `PayloadError` comes out, and a value that is read can be written again."""
    try:
        value = decode_map(payload)
    except PayloadError:
        return
    kinds = (type(None), bool, int, float, str, bytes)
    assert all(type(part) in kinds for part in flat(value))
    encode(value)


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=8), plain, max_size=4))
def test_what_is_encoded_is_decoded(value: dict[str, Any]) -> None:
    """Encoder and decoder are each other's inverse."""
    assert decode_map(encode(value)) == value
