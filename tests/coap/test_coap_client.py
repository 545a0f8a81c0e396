"""The client role: its exchanges with our server, and with scripted ones."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from coap_peer import ACK, CON, GET, NON, POST, RST, World, empty, message, read

from onboardee.wire.coap import (
    ClientEvent,
    Code,
    ExchangeFailed,
    FailureReason,
    Limits,
    Method,
    Request,
    Response,
    ResponseReceived,
)
from onboardee.wire.coap.client import CoapClient
from onboardee.wire.coap.discovery import acknowledgement, decode_response, encode_multicast_request
from onboardee.wire.entropy import SeededEntropy

SIZES = [0, 1, 1023, 1024, 1025, 20000]


def new_client(**limits: Any) -> CoapClient:
    """Return a client with a fixed seed."""
    return CoapClient(entropy=SeededEntropy(2), limits=Limits(**limits))


class Pair:
    """A client and a server with a wire between them that can lose datagrams."""

    def __init__(
        self, answer: Any = None, *, client: CoapClient | None = None, **kwargs: Any
    ) -> None:
        self.client = client or new_client()
        self.world = World(answer, **kwargs)
        self.now = 50.0
        self.loses: Callable[[int], bool] = lambda _: False
        self.datagrams = 0

    def settle(self) -> list[ClientEvent]:
        """Exchange datagrams until none is left; return the client's events."""
        moved = True
        while moved:
            moved = False
            for datagram in self.client.take_outgoing():
                moved = True
                if self._arrives():
                    self.world.server.receive(datagram, "client", self.now)
            for _, datagram in self.world.server.take_outgoing():
                moved = True
                if self._arrives():
                    self.client.receive(datagram, self.now)
        return self.client.take_events()

    def run(self, seconds: float) -> list[ClientEvent]:
        """Let time pass as far as both sides ask for it; return the client's events."""
        end, events = self.now + seconds, self.settle()
        while True:
            dues = (self.client.next_deadline(), self.world.server.next_deadline())
            due = min((each for each in dues if each is not None), default=None)
            if due is None or due > end:
                self.now = end
                return events
            self.now = max(due, self.now)
            self.client.tick(self.now)
            self.world.server.tick(self.now)
            events += self.settle()

    def _arrives(self) -> bool:
        self.datagrams += 1
        return not self.loses(self.datagrams)


def test_a_get() -> None:
    """A request arrives with all its options, and its answer comes back with all of its own."""
    pair = Pair(Response(Code.CONTENT, b"\xa0", 10000, 2048))
    number = pair.client.request(
        Method.GET, "/oic/res", query=["rt=oic.r.doxm"], accept=10000, accept_version=2048, now=1.0
    )
    (event,) = pair.settle()
    assert isinstance(event, ResponseReceived)
    assert (event.exchange, event.is_notification) == (number, False)
    assert (event.response.code, event.response.payload) == (Code.CONTENT, b"\xa0")
    assert (event.response.content_format, event.response.content_version) == (10000, 2048)
    (request,) = pair.world.asked
    assert (request.path, request.query) == ("/oic/res", ("rt=oic.r.doxm",))
    assert (request.accept, request.accept_version, request.content_format) == (10000, 2048, None)
    assert pair.client.next_deadline() is None


@pytest.mark.parametrize("method", Method)
@pytest.mark.parametrize("confirmable", [True, False])
def test_methods_and_types(method: Method, confirmable: bool) -> None:
    """Each method works in both message types."""
    pair = Pair(Response(Code.CHANGED))
    pair.client.request(method, "/", confirmable=confirmable, now=1.0)
    (event,) = pair.settle()
    assert isinstance(event, ResponseReceived)
    assert (pair.world.asked[0].method, pair.world.asked[0].path) == (method, "/")
    assert pair.world.asked[0].confirmable == confirmable


@pytest.mark.parametrize("up", SIZES)
@pytest.mark.parametrize("down", SIZES)
@pytest.mark.parametrize("exponents", [(6, 6), (6, 3), (2, 6)])
def test_bodies_of_any_size(up: int, down: int, exponents: tuple[int, int]) -> None:
    """Bodies arrive whole both ways, whichever side prefers smaller blocks."""
    answer = Response(Code.CHANGED, bytes(i % 253 for i in range(down)), 60)
    client = new_client(max_block_exponent=exponents[0])
    pair = Pair(answer, client=client, limits=Limits(max_block_exponent=exponents[1]))
    body = bytes(i % 251 for i in range(up))
    pair.client.request(Method.POST, "/x", payload=body, content_format=60, now=1.0)
    (event,) = pair.settle()
    assert isinstance(event, ResponseReceived)
    assert (event.response.code, event.response.payload) == (Code.CHANGED, answer.payload)
    assert [request.payload for request in pair.world.asked] == [body]
    assert pair.world.asked[0].content_format == (60 if up else None)


@pytest.mark.parametrize("seed", range(8))
def test_loss(seed: int) -> None:
    """With a fifth of the datagrams lost the exchange still succeeds, executed once."""
    chance = random.Random(seed)
    pair = Pair(Response(Code.CHANGED, bytes(5000)))
    pair.loses = lambda _: chance.random() < 0.2
    pair.client.request(Method.POST, "/x", payload=bytes(range(250)) * 20, now=pair.now)
    events = pair.run(4000)
    assert [type(event) for event in events] == [ResponseReceived]
    assert len(pair.world.asked) == 1


def test_nobody_there() -> None:
    """Five transmissions with doubling pauses, then the exchange fails (RFC 7252 4.8)."""
    client = new_client()
    number = client.request(Method.GET, "/x", now=0.0)
    times, copies = [], client.take_outgoing()
    while (due := client.next_deadline()) is not None:
        times.append(due)
        client.tick(due)
        copies += client.take_outgoing()
    assert len(copies) == 5
    assert len(set(copies)) == 1
    assert 2.0 <= times[0] <= 3.0
    assert [round(time / times[0]) for time in times] == [1, 3, 7, 15, 31]
    assert client.take_events() == [ExchangeFailed(number, FailureReason.TIMEOUT)]


@pytest.mark.parametrize("acknowledged", [True, False])
def test_an_answer_that_never_comes(acknowledged: bool) -> None:
    """After an empty ACK, or a NON request, the client waits for a limited time."""
    client = new_client()
    number = client.request(Method.GET, "/x", confirmable=acknowledged, now=0.0)
    (sent,) = client.take_outgoing()
    if acknowledged:
        client.receive(empty(ACK, read(sent).mid), 1.0)
    due = client.next_deadline()
    assert due is not None
    client.tick(due)
    assert client.take_events() == [ExchangeFailed(number, FailureReason.TIMEOUT)]
    assert client.next_deadline() is None


def asked(client: CoapClient, **kwargs: Any) -> Any:
    """Send a request; return its message."""
    client.request(Method.GET, "/x", now=0.0, **kwargs)
    (sent,) = client.take_outgoing()
    return read(sent)


def test_a_separate_answer() -> None:
    """A separate CON is acknowledged each time it comes, and told once."""
    client = new_client()
    request = asked(client)
    client.receive(empty(ACK, request.mid), 1.0)
    answer = message(CON, Code.CONTENT, 7, token=request.token, payload=b"late")
    for _ in range(3):
        client.receive(answer, 2.0)
        assert client.take_outgoing() == [empty(ACK, 7)]
    assert len(client.take_events()) == 1


def test_an_answer_overtakes_the_acknowledgement() -> None:
    """A separate answer ends the retransmission even if the ACK was lost (RFC 7252 5.2.2)."""
    client = new_client()
    request = asked(client)
    client.receive(message(NON, Code.CONTENT, 7, token=request.token), 1.0)
    assert len(client.take_events()) == 1
    assert client.next_deadline() is None
    client.receive(empty(ACK, request.mid), 1.1)
    assert client.take_events() == []


def test_the_last_block_as_a_separate_answer() -> None:
    """IoTivity sends its last block after an empty ACK, with the request's Accept in it."""
    client = new_client()
    request = asked(client, accept=10000)
    client.receive(message(ACK, Code.CONTENT, request.mid, token=request.token, etag=b"12345678",
                           block2=(0, True, 6), payload=bytes(1024), size2=1030), 1.0)  # fmt: skip
    (sent,) = client.take_outgoing()
    second = read(sent)
    assert (second.opt.block2, int(second.opt.accept)) == ((1, False, 6), 10000)
    client.receive(empty(ACK, second.mid), 1.0)
    client.receive(message(CON, Code.CONTENT, 99, token=second.token, etag=b"12345678",
                           block2=(1, False, 6), payload=b"abcdef", accept=10000,
                           raw=[(2049, b"\x08\x00")]), 1.5)  # fmt: skip
    (event,) = client.take_events()
    assert isinstance(event, ResponseReceived)
    assert event.response.payload == bytes(1024) + b"abcdef"
    assert (event.response.etag, event.response.size2) == (b"12345678", 1030)
    assert client.take_outgoing() == [empty(ACK, 99)]


def test_a_reset_fails_the_exchange() -> None:
    """A peer that does not know what we want of it says so."""
    client = new_client()
    request = asked(client)
    client.receive(empty(RST, request.mid), 1.0)
    assert client.take_events() == [ExchangeFailed(1, FailureReason.RESET)]


def test_what_is_not_ours_is_rejected() -> None:
    """Pings, requests and answers to nobody are reset; strange acknowledgements are ignored."""
    client = new_client()
    request = asked(client)
    for datagram, expected in (
        (empty(CON, 5), [empty(RST, 5)]),
        (message(CON, GET, 6), [empty(RST, 6)]),
        (message(NON, GET, 6), []),
        (message(CON, Code.CONTENT, 7, token=b"unknown"), [empty(RST, 7)]),
        (message(NON, Code.CONTENT, 8, token=b"unknown"), [empty(RST, 8)]),
        (message(ACK, Code.CONTENT, request.mid, token=b"unknown"), []),
        (message(ACK, Code.CONTENT, request.mid ^ 1, token=request.token), []),
        (message(RST, Code.CONTENT, request.mid, token=request.token), []),
        (empty(ACK, request.mid ^ 1), []),
        (bytes.fromhex("49010203") + bytes(9), [empty(RST, 0x0203)]),
        (bytes.fromhex("59010203") + bytes(9), []),
        (b"", []),
    ):
        client.receive(datagram, 1.0)
        assert client.take_outgoing() == expected
        assert client.take_events() == []


@pytest.mark.parametrize(
    "raw",
    [
        [(11, b"oic"), (11, b"sec"), (11, b"doxm")],
        [(3, b"light"), (7, b"\x16\x33"), (11, b"oic"), (15, b"if=x"), (17, b"<"), (2049, b"\x08")],
    ],
)
@pytest.mark.parametrize("kind", [ACK, CON, NON])
def test_options_without_meaning_in_an_answer(kind: int, raw: list[tuple[int, bytes]]) -> None:
    """The servers of IoTivity repeat in each answer where the request went; it counts."""
    client = new_client()
    request = asked(client)
    mid = request.mid if kind == ACK else 9
    answer = message(kind, Code.CONTENT, mid, token=request.token, payload=b"!", raw=raw)
    client.receive(answer, 1.0)
    (event,) = client.take_events()
    assert isinstance(event, ResponseReceived)
    assert event.response.payload == b"!"


@pytest.mark.parametrize(
    "raw",
    [
        [(65001, b"")],
        [(23, b"1234")],
        [(2053, b"123")],
        [(11, b"x" * 256)],
        [(3, b"a"), (3, b"b")],
        [(1, b"")],
        [(35, b"coap://x")],
    ],
)
def test_a_critical_option_in_an_answer(raw: list[tuple[int, bytes]]) -> None:
    """An answer with a critical option we do not understand is no answer (RFC 7252 5.4.1)."""
    for kind in (ACK, CON):
        client = new_client()
        request = asked(client)
        mid = request.mid if kind == ACK else 9
        client.receive(message(kind, Code.CONTENT, mid, token=request.token, raw=raw), 1.0)
        assert client.take_events() == [ExchangeFailed(1, FailureReason.PROTOCOL)]
        assert client.take_outgoing() == ([] if kind == ACK else [empty(RST, 9)])


@pytest.mark.parametrize(
    ("code", "expected"),
    [(0x9E, Code.BAD_REQUEST), (0xBF, Code.INTERNAL_SERVER_ERROR), (0x84, Code.NOT_FOUND)],
)
def test_unknown_error_codes(code: int, expected: Code) -> None:
    """An error code we do not know counts as the general one of its class."""
    client = new_client()
    request = asked(client)
    client.receive(message(ACK, code, request.mid, token=request.token), 1.0)
    (event,) = client.take_events()
    assert isinstance(event, ResponseReceived)
    assert event.response.code == expected


@pytest.mark.parametrize(
    "answers",
    [
        [{"code": 0x5E}],
        [{"code": 0x60}],
        [{"code": Code.CONTINUE}],
        [{"code": Code.CONTINUE, "block1": (0, True, 6)}],
        [{"block2": (1, False, 6), "payload": b"x"}],
        [{"block2": (0, True, 6), "payload": b"x"}],
        [{"block2": (0, False, 2), "payload": bytes(65)}],
        [
            {"block2": (0, True, 0), "payload": bytes(16)},
            {"block2": (2, False, 0), "payload": b"x"},
        ],
    ],
)
def test_answers_that_make_no_sense(answers: list[dict[str, Any]]) -> None:
    """Blocks out of order or of a wrong length, and 2.31 to no block, fail the exchange."""
    client = new_client()
    request = asked(client)
    for fields in answers:
        code = fields.pop("code", Code.CONTENT)
        client.receive(message(ACK, code, request.mid, token=request.token, **fields), 1.0)
        for sent in client.take_outgoing():
            request = read(sent)
    assert client.take_events() == [ExchangeFailed(1, FailureReason.PROTOCOL)]


def test_an_answer_that_never_ends() -> None:
    """A body larger than the limit is not gathered."""
    pair = Pair(Response(Code.CONTENT, bytes(4096)), client=new_client(max_response_size=4096))
    pair.client.request(Method.GET, "/x", now=1.0)
    (event,) = pair.settle()
    assert isinstance(event, ResponseReceived)
    assert len(event.response.payload) == 4096
    pair = Pair(Response(Code.CONTENT, bytes(5000)), client=new_client(max_response_size=4096))
    pair.client.request(Method.GET, "/x", now=1.0)
    assert pair.settle() == [ExchangeFailed(1, FailureReason.TOO_LARGE)]


def test_a_change_between_two_blocks() -> None:
    """The client begins anew when the tag changes, a few times (RFC 7959 2.4)."""
    for changes, expected in ((3, ResponseReceived), (4, ExchangeFailed)):
        left = [changes]
        pair = Pair(Response(Code.CONTENT, bytes(3000)))

        def handler(request: Request, left: list[int] = left, pair: Pair = pair) -> Response:
            return Response(Code.CONTENT, bytes((left[0],)) * 3000)

        pair.world.answer = handler
        pair.client.request(Method.GET, "/x", now=1.0)
        events: list[ClientEvent] = []
        for _ in range(30):
            for datagram in pair.client.take_outgoing():
                if read(datagram).opt.block2 and left[0]:
                    left[0] -= 1
                    pair.world.server.forget("client")
                pair.world.server.receive(datagram, "client", 1.0)
            for _, datagram in pair.world.server.take_outgoing():
                pair.client.receive(datagram, 1.0)
            events += pair.client.take_events()
        assert [type(event) for event in events] == [expected]


def test_errors_during_a_transfer_are_the_answer() -> None:
    """An error instead of a block, in either direction, is told as the response."""
    pair = Pair(Response(Code.CHANGED), limits=Limits(max_request_size=2048))
    pair.client.request(Method.POST, "/x", payload=bytes(5000), now=1.0)
    (event,) = pair.settle()
    assert isinstance(event, ResponseReceived)
    assert event.response.code == Code.REQUEST_ENTITY_TOO_LARGE
    client = new_client()
    request = asked(client)
    client.receive(message(ACK, Code.CONTENT, request.mid, token=request.token,
                           block2=(0, True, 0), payload=bytes(16)), 1.0)  # fmt: skip
    request = read(client.take_outgoing()[0])
    client.receive(message(ACK, Code.UNAUTHORIZED, request.mid, token=request.token), 1.0)
    (event,) = client.take_events()
    assert isinstance(event, ResponseReceived)
    assert (event.response.code, event.response.payload) == (Code.UNAUTHORIZED, b"")


def test_a_server_that_wants_smaller_blocks() -> None:
    """4.13 with a smaller block size makes the client begin again with that (RFC 7959 2.9.3)."""
    client = new_client()
    client.request(Method.POST, "/x", payload=bytes(1000), now=1.0)
    request = read(client.take_outgoing()[0])
    assert request.opt.block1 is None
    client.receive(message(ACK, Code.REQUEST_ENTITY_TOO_LARGE, request.mid, token=request.token,
                           block1=(0, True, 4)), 1.0)  # fmt: skip
    request = read(client.take_outgoing()[0])
    assert (request.opt.block1, request.opt.size1) == ((0, True, 4), 1000)
    assert len(request.payload) == 256
    assert request.code == POST


def observing(kind: int = CON, size: int = 4) -> tuple[Pair, list[bytes]]:
    """Return a pair with an observation, and the state that can be changed."""
    state = [b"x" * size]
    pair = Pair(lambda _: Response(Code.CONTENT, state[0], 60, observe_as="key"))
    pair.client.request(Method.GET, "/x", observe=True, confirmable=kind == CON, now=pair.now)
    (event,) = pair.settle()
    assert isinstance(event, ResponseReceived)
    assert (event.response.observe, event.is_notification) == (0, False)
    assert pair.client.next_deadline() is None
    return pair, state


@pytest.mark.parametrize("kind", [CON, NON])
@pytest.mark.parametrize("size", [4, 3000])
def test_observe(kind: int, size: int) -> None:
    """Changes arrive as notifications, whole, until the client ends it."""
    pair, state = observing(kind, size)
    for number in range(2, 30):
        state[0] = bytes((number,)) * size
        pair.world.server.notify("key", pair.now)
        (event,) = pair.settle()
        assert isinstance(event, ResponseReceived)
        assert event.is_notification
        assert (event.response.observe, event.response.payload) == (number, state[0])
    pair.client.cancel_observe(1, pair.now)
    (event,) = pair.settle()
    assert isinstance(event, ResponseReceived)
    assert (event.response.observe, event.is_notification) == (None, False)
    assert pair.world.server.observers == ()
    pair.client.cancel_observe(1, pair.now)
    assert pair.settle() == []
    assert pair.run(1000) == []


def test_the_server_ends_the_observation() -> None:
    """The last notification carries the error; a later one would be rejected."""
    pair, _ = observing()
    pair.world.server.drop_observers(pair.now, code=Code.SERVICE_UNAVAILABLE)
    (event,) = pair.settle()
    assert isinstance(event, ResponseReceived)
    assert event.is_notification
    assert event.response.code == Code.SERVICE_UNAVAILABLE
    assert pair.run(1000) == []


def test_a_client_that_forgot_rejects_notifications() -> None:
    """A server learns by RST that nobody listens any more."""
    pair, _ = observing()
    pair.client = new_client()
    pair.world.server.notify("key", pair.now)
    assert pair.settle() == []
    assert pair.world.server.observers == ()


def test_reordered_notifications() -> None:
    """An older notification that comes late is acknowledged and not told (RFC 7641 3.4)."""
    client = new_client()
    client.request(Method.GET, "/x", observe=True, now=0.0)
    request = read(client.take_outgoing()[0])
    token = request.token
    client.receive(message(ACK, Code.CONTENT, request.mid, token=token, observe=0), 1.0)
    client.take_events()
    told = []
    for mid, number in enumerate((5, 3, 5, 6, 0xFFFFFF, 7)):
        client.receive(message(CON, Code.CONTENT, mid, token=token, observe=number), 2.0)
        assert client.take_outgoing() == [empty(ACK, mid)]
        told += [each.response.observe for each in client.take_events()
                 if isinstance(each, ResponseReceived)]  # fmt: skip
    assert told == [5, 6, 7]
    client.receive(message(NON, Code.CONTENT, 99, token=token, observe=2), 200.0)
    assert len(client.take_events()) == 1


def test_a_notification_replaces_an_unfinished_one() -> None:
    """While blocks of an older state are fetched, a newer one takes over."""
    pair, state = observing(CON, 3000)
    pair.world.server.notify("key", pair.now)
    ((_, notification),) = pair.world.server.take_outgoing()
    pair.client.receive(notification, pair.now)
    ack, stale_get = pair.client.take_outgoing()
    pair.world.server.receive(ack, "client", pair.now)
    state[0] = b"n" * 3000
    pair.world.server.notify("key", pair.now)
    (event,) = pair.settle()
    assert isinstance(event, ResponseReceived)
    assert event.response.payload == state[0]
    pair.world.server.receive(stale_get, "client", pair.now)
    assert pair.run(1000) == []
    assert len(pair.world.server.observers) == 1


@pytest.mark.parametrize("number", [1, None])
def test_cancelling_where_the_server_says_it_differently(number: int | None) -> None:
    """IoTivity answers the end of an observation with Observe 1, perhaps separately."""
    for kind in (ACK, NON):
        client = new_client()
        client.request(Method.GET, "/x", observe=True, now=0.0)
        request = read(client.take_outgoing()[0])
        token = request.token
        client.receive(message(ACK, Code.CONTENT, request.mid, token=token, observe=0), 1.0)
        client.cancel_observe(1, 2.0)
        request = read(client.take_outgoing()[0])
        assert (request.opt.observe, request.token) == (1, token)
        client.receive(message(NON, Code.CONTENT, 3, token=token, observe=9), 2.0)
        assert len(client.take_events()) == 1
        mid = request.mid if kind == ACK else 4
        client.receive(message(kind, Code.CONTENT, mid, token=token, observe=number), 2.0)
        assert len(client.take_events()) == 1
        assert client.next_deadline() is None


def test_multicast_discovery() -> None:
    """One NON GET for a group; its answers are read one by one."""
    token, datagram = encode_multicast_request(
        "/oic/sec/doxm", query=["owned=FALSE"], accept=10000, accept_version=2048,
        entropy=SeededEntropy(1),
    )  # fmt: skip
    world = World(Response(Code.CONTENT, bytes(2000), 10000, 2048))
    world.server.receive(datagram, "group", 1.0, multicast=True)
    assert world.asked[0].query == ("owned=FALSE",)
    ((_, answer),) = world.server.take_outgoing()
    response = decode_response(answer)
    assert response is not None
    assert (response.token, response.code, response.size2) == (token, Code.CONTENT, 2000)
    assert (response.is_partial, len(response.payload)) == (True, 1024)
    assert acknowledgement(answer) is None


def test_a_confirmable_answer_to_a_group_request() -> None:
    """IoTivity answers discovery by CON; there is an acknowledgement for that."""
    answer = message(CON, Code.CONTENT, 0x1234, payload=b"x")
    assert acknowledgement(answer) == empty(ACK, 0x1234)
    response = decode_response(answer)
    assert response is not None
    assert not response.is_partial


@pytest.mark.parametrize(
    "datagram",
    [b"", b"\x40", message(NON), empty(CON, 1), message(ACK, Code.CONTENT), message(NON, 0x5E),
     message(NON, Code.CONTENT, raw=[(65001, b"")])],
)  # fmt: skip
def test_what_is_no_answer(datagram: bytes) -> None:
    """Requests, acknowledgements and nonsense are no answers to a group request."""
    assert decode_response(datagram) is None


def test_the_loss_of_an_acknowledgement_of_a_notification() -> None:
    """A notification that comes twice is told once."""
    pair, _ = observing()
    pair.world.server.notify("key", pair.now)
    pair.loses = lambda count: count == pair.datagrams and pair.client.next_deadline() is None
    pair.run(0)
    pair.loses = lambda _: False
    events = pair.run(100)
    assert len(events) == 1
    assert len(pair.world.server.observers) == 1


def test_a_timeout_while_fetching_ends_the_observation() -> None:
    """When the later blocks of a notification cannot be had, the exchange fails."""
    pair, _ = observing(NON, 3000)
    pair.world.server.notify("key", pair.now)
    ((_, notification),) = pair.world.server.take_outgoing()
    pair.client.receive(notification, pair.now)
    pair.loses = lambda _: True
    assert pair.run(1000) == [ExchangeFailed(1, FailureReason.TIMEOUT)]
    assert pair.client._by_token == {}


def test_nothing_is_left_of_an_answered_request() -> None:
    """A second answer to it comes to nobody: it is reset, and told as nothing."""
    pair = Pair()
    pair.client.request(Method.GET, "/oic/d", now=pair.now)
    (sent,) = pair.client.take_outgoing()
    token = read(sent).token
    pair.world.server.receive(sent, "client", pair.now)
    assert len(pair.settle()) == 1
    pair.client.receive(message(CON, Code.CONTENT, 77, token=token), pair.now)
    assert pair.client.take_outgoing() == [empty(RST, 77)]
    assert pair.client.take_events() == []


def test_a_refusal_ends_an_observation_whatever_its_options() -> None:
    """An error with an Observe option is no notification: the exchange is over with it."""
    client = new_client()
    client.request(Method.GET, "/light", observe=True, now=0.0)
    (sent,) = client.take_outgoing()
    asked_for = read(sent)
    refusal = message(ACK, Code.NOT_FOUND, asked_for.mid, token=asked_for.token, observe=5)
    client.receive(refusal, 0.0)
    assert len(client.take_events()) == 1
    client.receive(message(CON, Code.CONTENT, 8, token=asked_for.token, observe=6), 1.0)
    assert client.take_outgoing() == [empty(RST, 8)]
    assert client.take_events() == []


def test_a_size_is_told_once() -> None:
    """The first block of an upload tells the size of the body, the others need not."""
    pair = Pair(Response(Code.CHANGED))
    pair.client.request(Method.POST, "/x", payload=bytes(3000), now=pair.now)
    sizes = []
    while sent := pair.client.take_outgoing():
        sizes += [read(each).opt.size1 for each in sent]
        for each in sent:
            pair.world.server.receive(each, "client", pair.now)
        for _, answer in pair.world.server.take_outgoing():
            pair.client.receive(answer, pair.now)
    assert sizes == [3000, None, None]


def test_a_request_is_no_answer_to_acknowledge() -> None:
    """A confirmable request that comes where answers to a group are awaited gets no ACK."""
    assert acknowledgement(message(CON, GET, 5)) is None
