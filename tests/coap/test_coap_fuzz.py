"""Arbitrary bytes never raise, and what is answered is well-formed."""

import random

from coap_peer import CON, NON, POST, World, message, read
from hypothesis import given, settings
from hypothesis import strategies as st

from onboardee.wire.coap import Code, Limits, Method, Response
from onboardee.wire.coap.client import CoapClient
from onboardee.wire.coap.discovery import decode_response
from onboardee.wire.coap.message import Frame, MessageFormatError, build, options_of, parse
from onboardee.wire.entropy import SeededEntropy

HEADS = st.builds(
    lambda first, code, mid: bytes((first, code)) + mid.to_bytes(2),
    st.integers(0x40, 0x7F), st.integers(0, 255), st.integers(0, 3),
)  # fmt: skip
OPTIONS = st.lists(
    st.tuples(
        st.sampled_from(
            [1, 3, 4, 6, 6, 7, 11, 12, 14, 15, 17, 23, 27, 28, 35, 60, 258, 2049, 2053]
        ),
        st.binary(max_size=4),
    ),
    max_size=6,
)
MESSAGES = st.builds(
    lambda kind, code, mid, token, raw, payload: message(
        kind, code, mid, token=token, path="", raw=raw, payload=payload
    ),
    st.integers(0, 3), st.sampled_from([0, 1, 2, 3, 4, 5, 69, 95, 132, 225]), st.integers(0, 5),
    st.sampled_from([b"", b"a", b"b"]), OPTIONS, st.sampled_from([b"", b"x", bytes(16), bytes(32)]),
)  # fmt: skip
DATAGRAMS = st.one_of(
    st.binary(max_size=64), st.builds(bytes.__add__, HEADS, st.binary(max_size=64)), MESSAGES
)


def small_world() -> World:
    """Return a server whose limits are reached soon."""
    return World(
        Response(Code.CONTENT, bytes(100), 60, observe_as="key"),
        limits=Limits(
            uploads=2, kept_responses=2, dedup_entries=4, observers=2,
            unacknowledged=1, max_request_size=64, max_block_exponent=1, observed_keys=1,
        ),
    )  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(DATAGRAMS, st.sampled_from("pq"), st.booleans()), max_size=12))
def test_a_server_survives_anything(sequence: list[tuple[bytes, str, bool]]) -> None:
    """Whatever peers send in whatever order, the server answers in well-formed messages."""
    world = small_world()
    for datagram, remote, multicast in sequence:
        for answer in world.send(datagram, remote, multicast=multicast):
            assert len(answer.payload) <= 32 or answer.code >= 128
        world.server.notify("key", world.now)
        world.pass_time(1.0)
        assert len(world.server.observers) <= 2
    world.pass_time(300)
    assert world.server.next_deadline() is None


@settings(max_examples=300, deadline=None)
@given(st.lists(DATAGRAMS, max_size=12), st.booleans())
def test_a_client_survives_anything(sequence: list[bytes], observe: bool) -> None:
    """Whatever a server sends, also with the right token and message ID, nothing is raised."""
    client = CoapClient(entropy=SeededEntropy(1), limits=Limits(max_response_size=64))
    client.request(Method.GET, "/x", observe=observe, now=0.0)
    now, events = 0.0, 0
    for datagram in sequence:
        now += 1.0
        for sent in [*client.take_outgoing(), b""]:
            client.receive(datagram, now)
            if len(sent) > 12 and len(datagram) > 4:
                size = min(datagram[0] & 15, len(datagram) - 4)
                head = bytes((datagram[0] & 0xF0 | sent[0] & 15, datagram[1])) + sent[2:4]
                client.receive(head + sent[4:12] + datagram[4 + size :], now)
        events += len(client.take_events())
        decode_response(datagram)
    for _ in range(50):
        due = client.next_deadline()
        if due is None:
            break
        client.tick(due)
    assert client.next_deadline() is None


@settings(max_examples=300, deadline=None)
@given(MESSAGES)
def test_the_frame_is_read_as_aiocoap_reads_it(datagram: bytes) -> None:
    """An independent decoder finds the same parts in a message."""
    try:
        frame = parse(datagram)
    except MessageFormatError:
        return
    try:
        other = read(datagram)
    except UnicodeDecodeError:  # aiocoap's decoder raises it; ours leaves it to the options
        return
    assert (frame.type, frame.code, frame.mid) == (other.mtype, other.code, other.mid)
    assert (frame.token, frame.payload) == (other.token, other.payload)
    numbers = [number for number, _ in options_of(frame.options)]
    assert numbers == [int(option.number) for option in other.opt.option_list()]


@settings(max_examples=200, deadline=None)
@given(st.builds(bytes.__add__, HEADS, st.binary(max_size=64)))
def test_what_is_parsed_can_be_built_again(datagram: bytes) -> None:
    """Building from the parts gives the same bytes."""
    try:
        frame = parse(datagram)
    except MessageFormatError:
        return
    assert isinstance(frame, Frame)
    assert build(*frame) == datagram


def test_random_option_areas() -> None:
    """Random option bytes are refused or ignored, and never raise."""
    chance = random.Random(7)
    world = small_world()
    heads = [message(kind, code, 1, path="") for kind in (CON, NON) for code in (1, POST, 69)]
    for count in range(20_000):
        head = heads[count % len(heads)]
        world.server.receive(head + chance.randbytes(chance.randrange(24)), "peer", float(count))
        world.server.take_outgoing()
