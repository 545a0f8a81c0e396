"""Changing an option of a message, read by aiocoap, which knows nothing of how it was changed."""

import pytest
from aiocoap.message import Message
from coap_peer import CON, GET, POST, World, message, read
from hypothesis import given
from hypothesis import strategies as st

from onboardee.wire.coap import Code, Response
from onboardee.wire.coap.message import (
    BLOCK2,
    ECHO,
    MessageFormatError,
    in_small_blocks,
    option_of,
    with_option,
)


@given(
    path=st.lists(st.text(min_size=1, max_size=30).filter(lambda each: each not in {".", ".."}),
                  max_size=4),
    query=st.lists(st.text(min_size=1, max_size=40), max_size=3),
    value=st.binary(min_size=1, max_size=40),
    payload=st.binary(max_size=20),
    number=st.sampled_from([ECHO, 292, 2053, 65000]),
)  # fmt: skip
def test_an_option_is_put_in_and_the_rest_stays(
    path: list[str], query: list[str], value: bytes, payload: bytes, number: int
) -> None:
    """All other options, token and payload are read as before, and the new value is found."""
    made = message(CON, POST, path="", payload=payload, uri_path=path, uri_query=query)
    changed = with_option(made, number, value)
    assert option_of(changed, number) == value
    assert option_of(made, number) is None
    before, after = read(made), read(changed)
    assert (after.token, after.mid, after.code) == (before.token, before.mid, before.code)
    assert after.payload == before.payload
    assert (after.opt.uri_path, after.opt.uri_query) == (before.opt.uri_path, before.opt.uri_query)
    assert with_option(changed, number, b"x") == with_option(made, number, b"x")


def test_what_is_no_message_is_refused() -> None:
    """A datagram that cannot be read raises what it raises elsewhere."""
    for call in (
        lambda: option_of(b"", ECHO),
        lambda: with_option(b"\x49\x01\x00\x01", ECHO, b"1"),
    ):
        with pytest.raises(MessageFormatError):
            call()


@pytest.mark.parametrize(
    ("bound", "asked", "expected"),
    [
        (2000, None, (0, False, 6)),
        (1100, None, (0, False, 6)),
        (1000, None, (0, False, 5)),
        (120, None, (0, False, 2)),
        (60, None, (0, False, 0)),
        (120, (3, False, 6), (48, False, 2)),
        (120, (3, False, 1), (3, False, 1)),
        (2000, (0, False, 0), (0, False, 0)),
    ],
)
def test_small_blocks(bound: int, asked: object, expected: object) -> None:
    """The blocks are as large as the bound lets them be, and at the same place of the body."""
    options = {} if asked is None else {"block2": asked}
    small = in_small_blocks(message(CON, GET, **options), bound)
    assert small is not None
    assert Message.decode(small).opt.block2 == expected


def test_what_has_no_small_blocks() -> None:
    """A change is not carried out again, and below 16 octets there is no block."""
    assert in_small_blocks(message(CON, POST), 2000) is None
    assert in_small_blocks(message(CON, GET), 50) is None


@pytest.mark.parametrize("bound", [64, 75, 92, 107, 139, 200, 400, 1000])
def test_an_answer_in_small_blocks_is_within_the_bound(bound: int) -> None:
    """With every option that a device's answer may have, Echo included, the bound is kept."""
    world = World(Response(Code.CONTENT, bytes(40_000), 10000, 2048))
    small = in_small_blocks(message(CON, GET, token=b"8 octets"), bound)
    assert small is not None
    world.server.receive(small, "peer", world.now)
    ((_, answer),) = world.server.take_outgoing()
    assert len(with_option(answer, ECHO, bytes(8))) <= bound
    assert option_of(answer, BLOCK2) is not None
