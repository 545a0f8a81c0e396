"""Types, message IDs, duplicates, multicast, suppressed answers."""

import pytest
from aiocoap.numbers.codes import Code as AiocoapCode
from aiocoap.numbers.contentformat import ContentFormat as AiocoapFormat
from coap_peer import ACK, CON, DELETE, NON, POST, PUT, RST, World, empty, message, read

from onboardee.device.testing.handler_server import HandlerServer as CoapServer
from onboardee.wire.coap import Code, ContentFormat, Limits, Request, Response, is_request
from onboardee.wire.entropy import SeededEntropy


def test_a_confirmable_request_is_answered_in_its_acknowledgement() -> None:
    """A CON gets one ACK with its message ID, token and the content (RFC 7252 5.2.1)."""
    world = World(Response(Code.CONTENT, b"\xa0", 10000, 2048))
    answer = world.ask(CON, mid=77, token=b"12345678")
    assert (answer.mtype, answer.mid, answer.token) == (ACK, 77, b"12345678")
    assert (answer.code.dotted, answer.payload) == ("2.05", b"\xa0")
    assert [(int(o.number), o.encode()) for o in answer.opt.option_list()] == [
        (12, b"\x27\x10"),
        (2053, b"\x08\x00"),
    ]


def test_an_answer_without_content_has_no_options() -> None:
    """A 2.04 is twelve bytes with an eight-byte token, as real devices send it."""
    world = World(Response(Code.CHANGED))
    world.server.receive(message(CON, POST, token=b"12345678"), "peer", 1.0)
    assert [len(datagram) for _, datagram in world.server.take_outgoing()] == [12]


def test_a_non_confirmable_request_is_answered_with_own_ids() -> None:
    """A NON gets NONs whose message IDs are ours and all different (RFC 7252 5.2.3)."""
    world = World()
    answers = [world.ask(NON, mid=mid) for mid in range(20)]
    assert {answer.mtype for answer in answers} == {NON}
    assert len({answer.mid for answer in answers}) == 20


@pytest.mark.parametrize("method", [POST, PUT, DELETE])
def test_every_method_reaches_the_handler(method: int) -> None:
    """POST, PUT and DELETE are the handler's to answer."""
    world = World(Response(Code.CHANGED))
    assert world.ask(CON, method).code == Code.CHANGED
    assert world.asked[0].method == method


@pytest.mark.parametrize("kind", [CON, NON])
def test_a_duplicate_gets_the_same_bytes(kind: int) -> None:
    """A repeated request is answered by the same bytes and executed once (RFC 7252 4.5)."""
    world = World()
    sent = []
    for _ in range(3):
        world.server.receive(message(kind, POST), "peer", world.now)
        sent += world.server.take_outgoing()
    assert len(sent) == 3
    assert len(set(sent)) == 1
    assert len(world.asked) == 1


def test_what_is_no_duplicate() -> None:
    """Another peer, another message ID or another content makes another request."""
    world = World()
    world.ask(mid=1)
    world.ask(mid=2)
    world.ask(mid=1, remote="another peer")
    world.ask(mid=1, token=b"else")
    assert len(world.asked) == 4


def test_a_duplicate_is_known_for_the_exchange_lifetime() -> None:
    """For 247 seconds a request is not executed again, whenever it came."""
    for start in range(0, 500, 50):
        world = World()
        world.now += start
        world.ask(mid=9)
        world.now += 246
        world.ask(mid=9)
        assert len(world.asked) == 1
        world.now += 500
        world.ask(mid=9)
        assert len(world.asked) == 2


def test_a_session_that_ends_takes_its_duplicates_along() -> None:
    """After `forget` the same bytes are a new request."""
    world = World()
    world.ask(mid=9)
    world.server.forget("peer")
    world.ask(mid=9)
    assert len(world.asked) == 2


def test_silence_is_remembered() -> None:
    """A handler that answers nothing is not asked again by a duplicate."""
    world = World(lambda _: None)
    assert world.send(message(mid=1)) == []
    assert world.send(message(mid=1)) == []
    assert len(world.asked) == 1


def test_multicast_get_is_answered() -> None:
    """A group GET that finds something gets a NON answer."""
    world = World()
    (answer,) = world.send(message(NON), multicast=True)
    assert (answer.mtype, answer.code) == (NON, Code.CONTENT)
    assert world.asked[0].multicast


@pytest.mark.parametrize(
    "datagram",
    [
        message(CON),
        empty(CON, 1),
        message(NON, POST),
        message(NON, 9),
        message(NON, observe=0),
        message(NON, observe=1),
        message(NON, block2=(1, False, 6)),
        message(NON, block1=(0, True, 6), payload=bytes(1024)),
        message(NON, raw=[(65001, b"")]),
        message(NON, raw=[(39, b"coap")]),
        message(CON, Code.CONTENT),
        message(NON)[:-1],
        bytes.fromhex("49010001") + bytes(9),
    ],
)
def test_nothing_else_to_a_group_is_answered(datagram: bytes) -> None:
    """A group request that is no plain NON GET meets silence (RFC 7252 8.1, 8.2)."""
    world = World()
    assert world.send(datagram, multicast=True) == []
    assert not world.asked


@pytest.mark.parametrize(
    "answer", [Response(Code.NOT_FOUND), Response(Code.INTERNAL_SERVER_ERROR), None]
)
def test_errors_to_a_group_are_silent(answer: Response | None) -> None:
    """A group request that fails stays unanswered (RFC 7252 8.2)."""
    assert World(lambda _: answer).send(message(NON), multicast=True) == []


def test_a_large_answer_to_a_group_is_its_first_block() -> None:
    """A group answer of several blocks tells its size, and asks for no memory of ours."""
    world = World(Response(Code.CONTENT, bytes(3000)))
    (answer,) = world.send(message(NON), multicast=True)
    assert (answer.opt.block2, answer.opt.size2, len(answer.payload)) == ((0, True, 6), 3000, 1024)
    assert len(world.server.engine.known.responder.kept) == 0


def test_a_notification_is_given_up_after_four_retransmissions() -> None:
    """A peer that acknowledges nothing gets five copies in at most 45 seconds (RFC 7252 4.8.2)."""
    world = World(Response(Code.CONTENT, observe_as="key"))
    world.ask(CON, observe=0)
    world.server.notify("key", world.now)
    copies = world.sent() + world.pass_time(45.0)
    assert len(copies) == 5
    assert len({copy.mid for copy in copies}) == 1
    assert world.pass_time(1000) == []
    assert world.server.next_deadline() is None


def test_forgetting_a_peer_stops_what_is_in_flight() -> None:
    """Nothing is sent to a peer whose session ended."""
    world = World(Response(Code.CONTENT, observe_as="key"))
    for remote in ("peer", "another peer"):
        world.ask(CON, observe=0, remote=remote)
    world.server.notify("key", world.now)
    assert len(world.sent()) == 2
    world.server.forget("peer")
    assert world.server.engine.outbox.in_flight == 1
    assert len(world.pass_time(3.1)) == 1


@pytest.mark.parametrize(
    ("value", "code", "is_silent"),
    [
        (0, Code.CONTENT, False),
        (2, Code.CONTENT, True),
        (2, Code.NOT_FOUND, False),
        (8, Code.CONTENT, False),
        (8, Code.NOT_FOUND, True),
        (16, Code.NOT_FOUND, False),
        (16, Code.INTERNAL_SERVER_ERROR, True),
        (26, Code.CONTENT, True),
    ],
)
def test_no_response(value: int, code: Code, is_silent: bool) -> None:
    """Answer classes a peer does not want are not sent; a CON is still acknowledged (RFC 7967)."""
    world = World(Response(code))
    assert len(world.send(message(NON, mid=1, no_response=value))) == (not is_silent)
    answer = world.ask(CON, mid=2, no_response=value)
    assert (answer.mtype, answer.code) == (ACK, 0 if is_silent else code)


def fails(request: Request, remote: object, now: float) -> Response:
    """Have a bug."""
    raise ZeroDivisionError(request.path)


def test_a_bug_in_the_handler_is_answered_and_raised() -> None:
    """A peer gets 5.00 once, the caller gets the exception."""
    server = CoapServer(fails, entropy=SeededEntropy(1))
    with pytest.raises(ZeroDivisionError):
        server.receive(message(), "peer", 1.0)
    server.receive(message(), "peer", 2.0)
    assert [read(data).code.dotted for _, data in server.take_outgoing()] == ["5.00", "5.00"]


def test_a_bug_in_the_handler_can_be_reported() -> None:
    """With `on_error` nothing is raised."""
    errors: list[Exception] = []
    server = CoapServer(fails, entropy=SeededEntropy(1), on_error=errors.append)
    server.receive(message(), "peer", 1.0)
    assert [type(error) for error in errors] == [ZeroDivisionError]
    assert read(server.take_outgoing()[0][1]).code == Code.INTERNAL_SERVER_ERROR


def test_a_run_repeats_byte_for_byte() -> None:
    """With the same seed the same datagrams leave."""

    def run() -> list[object]:
        world = World(Response(Code.CONTENT, observe_as="key"), limits=Limits())
        world.server.receive(message(observe=0), "peer", 1.0)
        world.server.notify("key", 1.0)
        world.server.receive(message(NON, mid=2), "peer", 1.0)
        for now in range(2, 60):
            world.server.tick(now)
        return list(world.server.take_outgoing())

    assert run() == run()


def test_codes_have_their_registered_numbers() -> None:
    """A code and a content format mean to a peer what another library takes them for."""
    for code in Code:
        assert AiocoapCode(code).name == code.name
    assert {content.name: AiocoapFormat(content).media_type for content in ContentFormat} == {
        "LINK_FORMAT": "application/link-format",
        "CBOR": "application/cbor",
        "OCF_CBOR": "application/vnd.ocf+cbor",
    }


@pytest.mark.parametrize(
    ("datagram", "is_one"),
    [
        (message(CON), True),
        (message(NON), True),
        (message(ACK), False),
        (message(RST), False),
        (message(CON, code=5), True),
        (message(ACK, code=5), False),
        (b"\x80" + message(CON)[1:], False),
        (message(CON, code=69), False),
        (empty(CON, 1), False),
        (message(NON)[:4], True),
        (message(NON)[:3], False),
    ],
)
def test_what_looks_like_a_request(datagram: bytes, is_one: bool) -> None:
    """Confirmable or not, of CoAP's version, with a code of class 0; no more is looked at."""
    assert is_request(datagram) is is_one
