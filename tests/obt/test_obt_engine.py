"""The engine alone: links, discoveries, and what arrives that nobody asked for."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from obt_support import PLAIN, SECURED, FakeDevice, representation, scene

from onboardee.device.testing import Impairments
from onboardee.obt import Address, LinkError, NoAnswerError, ObtEngine, run
from onboardee.obt import engine as engine_module
from onboardee.obt.link import Ask
from onboardee.wire.coap import Code, Method, Request, Response
from onboardee.wire.coap.message import build, parse
from onboardee.wire.dtls import CipherSuite, ClientConfig
from onboardee.wire.entropy import SeededEntropy
from onboardee.wire.path import Path

ANONYMOUS = ClientConfig(suites=(CipherSuite.ECDH_ANON_AES_128_CBC_SHA256,))
READ_DOXM = Ask(Method.GET, "/oic/sec/doxm")
HERE = Path("10.0.0.1", 49152, "10.0.0.10", 5683)
GROUP = Path("10.0.0.1", 49152, "224.0.1.187", 5683)
CON, NON, ACK = 0, 1, 2


def test_plain_and_secured_links() -> None:
    """One plain link serves an address; each secured one has a port, a session and requests."""
    made = scene()
    device = FakeDevice(made.network)
    tool = made.transport
    assert tool.open_plain(PLAIN) is tool.open_plain(PLAIN)
    one, other = tool.open_secured(SECURED), tool.open_secured(SECURED)
    assert one.path.local_port != other.path.local_port

    async def go() -> None:
        for link in (one, other):
            session = await tool.handshake(link, ANONYMOUS, deadline=60.0)
            assert link.session is session
            answer = await tool.request(link, READ_DOXM, deadline=60.0)
            assert answer.code is Code.CONTENT
        assert (await tool.request(tool.open_plain(PLAIN), READ_DOXM, deadline=60.0)).payload

    run(go())
    assert [secured for _, secured in device.requests] == [True, True, False]


def test_a_second_handshake_on_the_same_port() -> None:
    """A link may begin anew; the first session is over then."""
    made = scene()
    FakeDevice(made.network)
    tool = made.transport
    link = tool.open_secured(SECURED)
    first = run(tool.handshake(link, ANONYMOUS, deadline=60.0))
    second = run(tool.handshake(link, ANONYMOUS, deadline=60.0))
    assert (first.alive, second.alive) == (False, True)
    assert run(tool.request(link, READ_DOXM, deadline=60.0)).code is Code.CONTENT


def test_a_new_session_carries_nothing_old() -> None:
    """A request that went unanswered in one session is not repeated in the next one."""
    made = scene()
    device = FakeDevice(made.network)
    tool = made.transport
    link = tool.open_secured(SECURED)
    run(tool.handshake(link, ANONYMOUS, deadline=60.0))
    impairments, made.network.impairments = made.network.impairments, Impairments(loss=1.0)
    tool.observe(link, READ_DOXM)
    made.network.impairments = impairments
    run(tool.handshake(link, ANONYMOUS, deadline=60.0))
    made.network.run(100.0)
    assert device.requests == []


def test_no_session_no_request() -> None:
    """A secured link without a session fails requests at once."""
    made = scene()
    link = made.transport.open_secured(SECURED)
    with pytest.raises(LinkError, match="there is no session"):
        run(made.transport.request(link, READ_DOXM, deadline=60.0))
    assert made.network.now == 0.0


def test_closing_fails_what_waits() -> None:
    """Whoever waits on a link that is closed is told."""
    made = scene()
    FakeDevice(made.network, lambda *_: None)
    tool = made.transport
    link = tool.open_secured(SECURED)
    run(tool.handshake(link, ANONYMOUS, deadline=60.0))
    mailbox = tool.observe(link, READ_DOXM)
    tool.close(link)
    assert mailbox.is_ready
    with pytest.raises(LinkError, match="the session ended: local"):
        mailbox.take()
    assert not link.is_usable


def test_silence_ends() -> None:
    """An address without a device costs CoAP's patience, or the caller's if that is less."""
    made = scene()
    link = made.transport.open_plain(Address("10.9.9.9", 5683))
    with pytest.raises(NoAnswerError, match="no answer in time"):
        run(made.transport.request(link, READ_DOXM, deadline=1000.0))
    assert 62.0 <= made.network.now <= 93.0
    with pytest.raises(NoAnswerError):
        run(made.transport.request(link, READ_DOXM, deadline=made.network.now + 5.0))
    secured = made.transport.open_secured(Address("10.9.9.9", 5684))
    with pytest.raises(NoAnswerError, match="the handshake failed: timed out"):
        run(made.transport.handshake(secured, ANONYMOUS, deadline=1000.0))


def test_reset_by_the_peer() -> None:
    """A peer that knows nothing of CoAP requests ends the exchange with a reset."""
    engine = ObtEngine(entropy=SeededEntropy(0))
    link = engine.open(HERE, is_secured=False)
    mailbox = engine.request(link, READ_DOXM, 0.0)
    (sent,) = engine.take_outgoing()
    mid = parse(sent.datagram).mid
    assert engine.receive(b"\x70\x00" + mid.to_bytes(2), HERE, 0.1) == []
    with pytest.raises(LinkError, match="the peer reset the exchange"):
        mailbox.take()
    assert engine.next_deadline() is None


def test_unreachable() -> None:
    """The operating system's verdict fails the link's exchanges and nothing else."""
    engine = ObtEngine(entropy=SeededEntropy(0))
    link = engine.open(HERE, is_secured=False)
    mailbox = engine.request(link, READ_DOXM, 0.0)
    engine.unreachable(GROUP, "no route", 0.0)
    assert not mailbox.is_ready
    engine.unreachable(HERE, "no route", 0.0)
    with pytest.raises(LinkError, match=r"10\.0\.0\.10:5683 cannot be reached: no route"):
        mailbox.take()


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["ask", "answer", "wait", "close"]))))
def test_the_next_deadline_is_that_of_the_first_link(
    steps: list[tuple[int, str]],
) -> None:
    """Whatever happens to which of several links, none of them is called too late."""
    engine, now = ObtEngine(entropy=SeededEntropy(0)), 0.0
    asked: dict[Path, bytes] = {}
    for number, step in steps:
        path = from_host(number)
        link = engine.open(path, is_secured=False)
        if step == "ask":
            engine.request(link, READ_DOXM, now)
            asked[path] = engine.take_outgoing()[-1].datagram
        elif step == "answer" and path in asked:
            request = parse(asked.pop(path))
            answer = build(ACK, Code.CONTENT, request.mid, request.token, b"", b"hello")
            engine.receive(answer, path, now)
        elif step == "close":
            engine.close(link, now)
        else:
            now += 0.7
            engine.tick(now)
        links = [each.next_deadline() for each in engine._links.values()]
        assert engine.next_deadline() == min(filter(None, links), default=None)


def answer_to(request: bytes, kind: int, mid: int) -> bytes:
    """Make an answer to a multicast request."""
    return build(kind, Code.CONTENT, mid, parse(request).token, b"", b"hello")


def from_host(number: int) -> Path:
    """Return the path of a datagram from one of many hosts."""
    return Path("10.0.0.1", 49152, f"10.0.{number // 250}.{number % 250 + 1}", 5683)


def test_discovery_gathers_answers() -> None:
    """Each address counts once; confirmable answers are acknowledged, each time they come."""
    engine = ObtEngine(entropy=SeededEntropy(0))
    discovery = engine.start_discovery([GROUP], READ_DOXM)
    (sent,) = engine.take_outgoing()
    assert sent.path == GROUP
    assert parse(sent.datagram).type == NON
    for _ in range(2):
        (receipt,) = engine.receive(answer_to(sent.datagram, CON, 7), from_host(1), 0.1)
        assert (parse(receipt.datagram).type, parse(receipt.datagram).mid) == (ACK, 7)
    assert engine.receive(answer_to(sent.datagram, NON, 8), from_host(2), 0.1) == []
    addresses = [discovery.answers.take().address.host for _ in range(2)]
    assert addresses == ["10.0.0.2", "10.0.0.3"]
    assert not discovery.answers.is_ready
    engine.end_discovery(discovery)
    engine.receive(answer_to(sent.datagram, NON, 9), from_host(3), 0.1)
    assert not discovery.answers.is_ready


def test_discovery_beside_a_plain_link() -> None:
    """An answer to the group's question is told from those to a question of its own."""
    engine = ObtEngine(entropy=SeededEntropy(0))
    link = engine.open(HERE, is_secured=False)
    discovery = engine.start_discovery([GROUP], READ_DOXM)
    mailbox = engine.request(link, READ_DOXM, 0.0)
    asked, requested = engine.take_outgoing()
    engine.receive(answer_to(asked.datagram, NON, 1), HERE, 0.1)
    mid = parse(requested.datagram).mid
    engine.receive(answer_to(requested.datagram, ACK, mid), HERE, 0.1)
    assert discovery.answers.take().response.payload == mailbox.take().payload == b"hello"


def test_answers_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood of answers fills no memory."""
    monkeypatch.setattr(engine_module, "MAX_ANSWERS", 3)
    engine = ObtEngine(entropy=SeededEntropy(0))
    discovery = engine.start_discovery([GROUP], READ_DOXM)
    (sent,) = engine.take_outgoing()
    for number in range(10):
        engine.receive(answer_to(sent.datagram, NON, number), from_host(number), 0.1)
    assert len(discovery.heard) == 3


def test_a_large_fleet_is_heard() -> None:
    """Thousands of devices that answer one search are all found."""
    engine = ObtEngine(entropy=SeededEntropy(0))
    discovery = engine.start_discovery([GROUP], READ_DOXM)
    (sent,) = engine.take_outgoing()
    answer = answer_to(sent.datagram, NON, 1)
    for number in range(5000):
        engine.receive(answer, from_host(number), 0.1)
    assert len(discovery.heard) == 5000


@given(st.lists(st.tuples(st.binary(max_size=80), st.sampled_from([5683, 5684, 9])), max_size=8))
def test_no_datagram_raises(arrivals: list[tuple[bytes, int]]) -> None:
    """Whatever arrives, on whichever port: the engine takes it or drops it."""
    engine = ObtEngine(entropy=SeededEntropy(0))
    engine.request(engine.open(HERE, is_secured=False), READ_DOXM, 0.0)
    secured = engine.open(Path("10.0.0.1", 49153, "10.0.0.10", 5684), is_secured=True)
    engine.start_handshake(secured, ANONYMOUS, 0.0)
    engine.start_discovery([GROUP], READ_DOXM)
    for datagram, port in arrivals:
        local = 49153 if port == 5684 else 49152
        engine.receive(datagram, Path("10.0.0.1", local, "10.0.0.10", port), 0.1)
    engine.tick(1000.0)


def test_observation_and_its_end() -> None:
    """Notifications come to one mailbox; after the cancellation no more do."""
    made = scene()
    values = iter(range(9))

    def watch(_: FakeDevice, request: Request) -> Response | None:
        if request.path != "/value":
            return None
        answer = representation(next(values))
        return Response(answer.code, answer.payload, 10000, 2048, observe_as="/value")

    device = FakeDevice(made.network, watch)
    tool = made.transport
    link = tool.open_plain(PLAIN)
    mailbox = tool.observe(link, Ask(Method.GET, "/value", observe=True))
    assert run(tool.receive(mailbox, deadline=5.0)).payload == b"\x00"
    device.notify("/value", made.network.now)
    made.network.send(device.tick(made.network.now))
    assert run(tool.receive(mailbox, deadline=5.0)).payload == b"\x01"
    tool.stop_observing(link, mailbox)
    assert run(tool.receive(mailbox, deadline=5.0)).payload == b"\x02"
    device.notify("/value", made.network.now)
    made.network.send(device.tick(made.network.now))
    with pytest.raises(NoAnswerError):
        run(tool.receive(mailbox, deadline=made.network.now + 5.0))


def test_run_is_for_coroutines_that_do_not_wait() -> None:
    """A coroutine that needs an event loop is refused, not left hanging."""
    with pytest.raises(RuntimeError, match="waits for an event loop"):
        run(asyncio.sleep(0))


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("coaps://10.0.0.1:5684", Address("10.0.0.1", 5684)),
        ("coaps://[fd00::1]:5684", Address("fd00::1", 5684)),
        ("coaps://[fe80::1]:5684", Address("fe80::1", 5684, 3)),
        ("coaps://[fe80::1%25eth0]:5684", Address("fe80::1", 5684, 3)),
        ("coap://10.0.0.1:5683", None),
        ("coaps+tcp://10.0.0.1:5684", None),
        ("coaps://10.0.0.1", None),
        ("coaps://10.0.0.1:70000", None),
        ("coaps://light.example:5684", None),
        ("coaps://[fe80::1:5684", None),
        ("", None),
    ],
)
def test_endpoint_uris(uri: str, expected: Address | None) -> None:
    """An endpoint is read, or passed over; a link-local one keeps our interface."""
    assert Address.from_uri(uri, "coaps", interface=3) == expected


def test_names_are_no_addresses() -> None:
    """Host names are for others to look up."""
    with pytest.raises(ValueError, match="light"):
        Address("light.local", 5683)
