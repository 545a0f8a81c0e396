"""Malformed messages and options: what a peer gets for each."""

import pytest
from coap_peer import ACK, CON, GET, NON, RST, World, empty, message, read

from onboardee.wire.coap import Code, Request
from onboardee.wire.coap.message import MessageFormatError, parse

OIC_D = bytes.fromhex("b36f69630164")
SILENCE, RESET = "silence", "reset"


def outcome(world: World, datagram: bytes) -> str:
    """Deliver a datagram and name the reaction."""
    answers = world.send(datagram)
    if not answers:
        return SILENCE
    (answer,) = answers
    return RESET if answer.mtype is RST else answer.code.dotted


@pytest.mark.parametrize(
    ("datagram", "confirmable", "unconfirmable"),
    [
        (bytes.fromhex("4901 0001") + bytes(9) + OIC_D, RESET, SILENCE),
        (bytes.fromhex("4f01 0001") + bytes(15) + OIC_D, RESET, SILENCE),
        (bytes.fromhex("4801 0001 aabb"), RESET, SILENCE),
        (bytes.fromhex("4001 0001") + OIC_D + b"\xff", RESET, SILENCE),
        (bytes.fromhex("4001 0001 f1 00"), RESET, SILENCE),
        (bytes.fromhex("4001 0001 1f 00"), RESET, SILENCE),
        (bytes.fromhex("4001 0001 b5 6f6963"), RESET, SILENCE),
        (bytes.fromhex("4001 0001 bd"), RESET, SILENCE),
        (bytes.fromhex("4001 0001 be 01"), RESET, SILENCE),
        (bytes.fromhex("4001 0001 d0"), RESET, SILENCE),
        (bytes.fromhex("4000 0001 00"), RESET, SILENCE),
        (bytes.fromhex("4100 0001 00"), RESET, SILENCE),
        (bytes.fromhex("4000 0001"), RESET, SILENCE),
        (bytes.fromhex("4020 0001"), RESET, SILENCE),
        (bytes.fromhex("4060 0001"), RESET, SILENCE),
        (bytes.fromhex("40c1 0001"), RESET, SILENCE),
        (bytes.fromhex("40e1 0001"), RESET, SILENCE),
        (bytes.fromhex("4045 0001"), RESET, SILENCE),
        (bytes.fromhex("4001 0001 b1 ff"), "4.02", SILENCE),
        (bytes.fromhex("4001 0001") + OIC_D + bytes.fromhex("42 c328"), "4.02", SILENCE),
        (bytes.fromhex("4009 0001") + OIC_D, "4.05", "4.05"),
        (bytes.fromhex("4005 0001") + OIC_D, "4.05", "4.05"),
        (bytes.fromhex("4001 0001") + OIC_D, "2.05", "2.05"),
    ],
    ids=[
        "TKL 9", "TKL 15", "token cut off", "marker without payload", "delta nibble 15",
        "length nibble 15", "option value cut off", "extended length cut off",
        "long extended length cut off", "extended delta cut off", "empty with a byte more",
        "empty with a token", "ping", "class 1", "class 3", "class 6", "class 7",
        "response to nobody", "Uri-Path not UTF-8", "Uri-Query not UTF-8", "method 0.09", "FETCH",
        "well-formed",
    ],
)  # fmt: skip
def test_each_malformed_message(datagram: bytes, confirmable: str, unconfirmable: str) -> None:
    """A peer's broken CON is reset or refused, its broken NON is ignored (RFC 7252 4.2, 4.3)."""
    world = World()
    assert outcome(world, datagram) == confirmable
    as_non = bytes((datagram[0] | NON << 4,)) + datagram[1:]
    assert outcome(World(), as_non) == unconfirmable
    assert len(world.asked) == (confirmable == "2.05")


@pytest.mark.parametrize("kind", [ACK, RST])
def test_no_acknowledgement_or_reset_is_ever_answered(kind: int) -> None:
    """Whatever a peer puts into an ACK or RST, it hears nothing (RFC 7252 4.2)."""
    world = World()
    head = bytes((0x40 | kind << 4,))
    for rest in (
        "01 0001 b36f69630164",
        "45 0001",
        "00 0001",
        "00 0001 ff",
        "e1 0001",
        "01 0001 ff",
    ):
        assert outcome(world, head + bytes.fromhex(rest)) == SILENCE
    assert outcome(world, bytes((head[0] | 9,)) + bytes(20)) == SILENCE
    assert not world.asked


@pytest.mark.parametrize("datagram", ["", "40", "400100", "00010001", "80010001", "c0010001"])
def test_what_has_no_header_of_version_1_is_ignored(datagram: str) -> None:
    """Bytes that are no CoAP at all are met with silence (RFC 7252 3)."""
    assert outcome(World(), bytes.fromhex(datagram)) == SILENCE


def test_a_reset_carries_the_message_id() -> None:
    """A peer can match the reset to its ping."""
    (answer,) = World().send(empty(CON, 0xBEEF))
    assert (answer.mtype, answer.mid, answer.code) == (RST, 0xBEEF, 0)


@pytest.mark.parametrize(
    ("number", "value", "confirmable", "unconfirmable"),
    [
        (1, b"etag", "4.02", SILENCE),
        (5, b"", "4.02", SILENCE),
        (9, b"", "4.02", SILENCE),
        (13, b"\x01", "4.02", SILENCE),
        (65001, b"x", "4.02", SILENCE),
        (3, b"light.local", "2.05", "2.05"),
        (3, b"", "4.02", SILENCE),
        (3, b"\xff", "4.02", SILENCE),
        (7, b"\x16\x33", "2.05", "2.05"),
        (7, b"\x01\x16\x33", "4.02", SILENCE),
        (11, b"x" * 256, "4.02", SILENCE),
        (11, b".", "4.02", SILENCE),
        (11, b"..", "4.02", SILENCE),
        (15, b"if=oic.if.rw", "2.05", "2.05"),
        (15, b"x" * 256, "4.02", SILENCE),
        (17, b"\x27\x10", "2.05", "2.05"),
        (17, b"\x01\x27\x10", "4.02", SILENCE),
        (23, b"\x01\x02\x03\x04", "4.02", SILENCE),
        (27, b"\x01\x02\x03\x04", "4.02", SILENCE),
        (35, b"coap://elsewhere/", "5.05", "5.05"),
        (39, b"coap", "5.05", "5.05"),
        (2049, b"\x08\x00", "2.05", "2.05"),
        (2049, b"\x01\x08\x00", "4.02", SILENCE),
        (2053, b"\x08\x00", "2.05", "2.05"),
        (2051, b"\x08\x00", "4.02", SILENCE),
        (4, b"", "2.05", "2.05"),
        (6, b"\x01\x02\x03\x04", "2.05", "2.05"),
        (12, b"\x01\x02\x03", "2.05", "2.05"),
        (14, b"\x01", "2.05", "2.05"),
        (28, b"12345", "2.05", "2.05"),
        (252, b"echo", "2.05", "2.05"),
        (258, b"\x01\x02", "2.05", "2.05"),
        (292, b"tag", "2.05", "2.05"),
        (65002, b"x", "2.05", "2.05"),
    ],
)
def test_each_option(number: int, value: bytes, confirmable: str, unconfirmable: str) -> None:
    """Critical options that are unknown or ill-formed are refused, elective ones ignored."""
    raw = [(number, value)]
    assert outcome(World(), message(CON, raw=raw)) == confirmable
    assert outcome(World(), message(NON, raw=raw)) == unconfirmable


@pytest.mark.parametrize(
    ("number", "value", "expected"),
    [(7, b"\x01", "4.02"), (17, b"\x3c", "4.02"), (23, b"\x06", "4.02"), (2049, b"\x08", "4.02"),
     (2053, b"\x08", "4.02"), (6, b"", "2.05"), (12, b"\x3c", "2.05"), (258, b"", "2.05")],
)  # fmt: skip
def test_the_second_one_of_a_single_option(number: int, value: bytes, expected: str) -> None:
    """An option given twice that may occur once counts as unrecognised (RFC 7252 5.4.5)."""
    datagram = message(raw=[(number, value), (number, value)])
    assert outcome(World(), datagram) == expected


def test_what_the_handler_is_asked() -> None:
    """All that a request says arrives decoded."""
    world = World()
    world.ask(CON, 2, path="oic/sec/doxm", uri_query=["if=x", "owned=FALSE"], payload=b"\xa0",
              content_format=10000, accept=60,
              raw=[(2049, b"\x08\x00"), (2053, b"\x08\x40")])  # fmt: skip
    (request,) = world.asked
    assert request == Request(
        method=2, path="/oic/sec/doxm", query=("if=x", "owned=FALSE"), payload=b"\xa0",
        content_format=10000, accept=60, accept_version=2048, content_version=2112, observe=None,
        multicast=False, token=b"tok", confirmable=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("segments", "expected"),
    [([], "/"), ([""], "/"), (["oic", "d"], "/oic/d"), (["oic/d"], "/oic%2Fd"), (["ä"], "/ä")],
)
def test_path(segments: list[str], expected: str) -> None:
    """A slash inside a segment does not reach the resource behind two segments."""
    world = World()
    world.ask(path="", raw=[(11, segment.encode()) for segment in segments])
    assert world.asked[0].path == expected


def test_a_payload_where_it_has_no_meaning_is_dropped() -> None:
    """A GET's payload does not reach the handler, and is not kept with an observation."""
    world = World()
    world.ask(payload=b"x" * 1000)
    assert world.asked[0].payload == b""


def test_32_options_are_enough() -> None:
    """A request with 33 options is no message to us."""
    fitting = message(path="", raw=[(15, b"a")] * 32)
    assert outcome(World(), fitting) == "2.05"
    assert outcome(World(), message(path="", raw=[(15, b"a")] * 33)) == RESET
    assert outcome(World(), message(path="", raw=[(15, b"a")] * 33, payload=b"x")) == RESET


def test_accept_and_content_format_pass_as_numbers() -> None:
    """A content format nobody knows reaches the handler, which can name the right error."""
    world = World()
    world.ask(raw=[(12, b"\xff\xfe"), (17, b"\xab\xcd")])
    assert (world.asked[0].content_format, world.asked[0].accept) == (0xFFFE, 0xABCD)


def test_every_cut_of_a_message_is_survived() -> None:
    """A message cut at any length, or grown byte by byte, harms nobody."""
    whole = message(CON, 2, uri_query=["a=b"], content_format=10000, block1=(0, False, 6),
                    raw=[(2049, b"\x08\x00"), (65001, b"x" * 300)],
                    payload=b"\xa1\x61a\x01")  # fmt: skip
    for size in range(len(whole)):
        assert outcome(World(), whole[:size]) in (SILENCE, RESET, "2.05", "4.02", "4.05")
        assert outcome(World(), whole + bytes(size % 7)) == "4.02"


def test_a_parser_error_says_whether_to_reset() -> None:
    """The parser's one exception carries the ID of a confirmable message only."""
    for first, expected in ((0x49, 0x0102), (0x59, None), (0x69, None), (0x79, None)):
        with pytest.raises(MessageFormatError) as caught:
            parse(bytes((first, GET, 1, 2)))
        assert caught.value.reset_mid == expected


def test_codes_read_as_in_the_rfc() -> None:
    """A code prints as class and detail."""
    assert [str(code) for code in (Code.CONTENT, Code.BAD_OPTION, Code.PROXYING_NOT_SUPPORTED)] == [
        "2.05", "4.02", "5.05",
    ]  # fmt: skip
    assert read(message(code=Code.CONTENT)).code.dotted == "2.05"
