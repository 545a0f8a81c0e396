"""Whatever a peer sends, what is kept of it has a bound (one test for each table)."""

import gc
import tracemalloc
from dataclasses import asdict

import pytest
from aiocoap.numbers.codes import Code as AiocoapCode
from aiocoap.numbers.contentformat import ContentFormat as AiocoapFormat
from aiocoap.numbers.optionnumbers import OptionNumber
from coap_peer import ACK, CON, NON, POST, World, empty, message, read

from onboardee.wire.coap import Code, Limits, Method, Response, options
from onboardee.wire.coap.client import CoapClient
from onboardee.wire.coap.limits import STRANGERS
from onboardee.wire.coap.share import AnswerMemory
from onboardee.wire.entropy import SeededEntropy


@pytest.mark.parametrize(
    "limits", [Limits(dedup_entries=100), Limits(dedup_bytes=100_000)], ids=["entries", "bytes"]
)
@pytest.mark.parametrize("peers", [1, 5000], ids=["one peer", "a new peer each time"])
def test_remembered_answers(limits: Limits, peers: int) -> None:
    """Thousands of requests within the exchange lifetime leave a bounded memory behind."""
    memory = AnswerMemory(limits)
    for count in range(5000):
        memory.store(count % peers, count, b"%d" % count, bytes(500), now=1.0)
    assert 10 <= len(memory) <= min(limits.dedup_entries, limits.dedup_bytes // 500)
    assert memory.find(4999 % peers, 4999, b"4999", now=1.0) == bytes(500)
    assert memory.find(0, 0, b"0", now=1.0) is None


def test_the_cost_of_a_remembered_answer() -> None:
    """The byte bound holds for the process, not only in the books."""
    limits = Limits(dedup_bytes=400_000)
    memory = AnswerMemory(limits)
    tracemalloc.start()
    try:
        for count in range(20_000):
            memory.store(f"peer {count}", count, b"%d" % count, bytes(40), now=1.0)
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] < 1.2 * limits.dedup_bytes
    finally:
        tracemalloc.stop()


def test_snapshots() -> None:
    """Large answers to many peers are kept up to a number, per peer and in all, and a size."""
    world = World(Response(Code.CONTENT, bytes(2000)))
    for count in range(300):
        world.ask(mid=count, path=str(count), remote=count % 20)
    kept = world.server.engine.known.responder.kept
    assert len(kept) == Limits().kept_responses
    for count in range(30):
        world.ask(mid=count, path=str(count), remote="one")
    assert kept.count("one") == Limits().kept_responses_per_remote
    world.answer = Response(Code.CONTENT, bytes(100_000))
    for count in range(30):
        world.ask(mid=count, path=str(count), remote=count)
        assert kept.size <= Limits().kept_response_bytes
    world.answer = Response(Code.CONTENT, bytes(Limits().kept_response_bytes + 1))
    assert world.ask(mid=99).opt.block2 == (0, True, 6)
    assert kept.size <= Limits().kept_response_bytes
    for peer in (*range(30), "one"):
        world.server.forget(peer)
    assert (len(kept), kept.size) == (0, 0)
    assert not any(kept.count(peer) for peer in (*range(30), "one"))


def test_the_oldest_snapshot_goes_first() -> None:
    """A transfer that goes on is not disturbed by transfers that were begun and left."""
    world = World(Response(Code.CONTENT, bytes(30_000)), limits=Limits(kept_responses=4))
    world.ask(mid=0, path="mine")
    for number in range(1, 29):
        world.now += 1
        world.ask(mid=number, path="other", remote=number)
        world.ask(mid=number, path="mine", block2=(number, False, 6))
    assert [request.path for request in world.asked].count("/mine") == 1


def test_uploads_of_one_peer() -> None:
    """A further upload of a peer replaces its oldest."""
    world = World(Response(Code.CHANGED))
    for count in range(50):
        world.now += 1
        answer = world.ask(CON, POST, count, path=str(count), payload=bytes(1024),
                           block1=(0, True, 6))  # fmt: skip
        assert answer.code == Code.CONTINUE
    assert len(world.server.engine.known.uploads) == Limits().uploads_per_remote
    for mid, (path, code) in enumerate([("49", Code.CHANGED), ("48", Code.CHANGED),
                                        ("47", Code.REQUEST_ENTITY_INCOMPLETE)]):  # fmt: skip
        answer = world.ask(CON, POST, 100 + mid, path=path, payload=b"x", block1=(1, False, 6))
        assert answer.code == code


def test_uploads_of_many_peers() -> None:
    """A flood of first blocks neither grows nor disturbs those who upload; it passes."""
    world = World(Response(Code.CHANGED))

    def begin(remote: object) -> AiocoapCode:
        return world.ask(CON, POST, payload=bytes(1024), block1=(0, True, 6), remote=remote).code

    assert begin("early") == Code.CONTINUE
    codes = [begin(count) for count in range(200)]
    assert codes.count(Code.CONTINUE) == Limits().uploads - 1
    assert set(codes[63:]) == {Code.SERVICE_UNAVAILABLE}
    answer = world.ask(CON, POST, 9, payload=b"x", block1=(1, False, 6), remote="early")
    assert answer.code == Code.CHANGED
    world.now += Limits().upload_lifetime + 1
    assert begin("late") == Code.CONTINUE
    assert begin("later") == Code.CONTINUE
    assert len(world.server.engine.known.uploads) == 2
    world.server.forget("late")
    world.server.forget("later")
    assert len(world.server.engine.known.uploads) == 0


def test_messages_in_flight() -> None:
    """Notifications that nobody acknowledges become NON above a number."""
    limits = Limits(observers=100, observers_per_key=100, unacknowledged=20)
    world = World(Response(Code.CONTENT, observe_as="key"), limits=limits)
    for count in range(100):
        world.ask(CON, mid=count, remote=count, observe=0)
    world.server.notify("key", world.now)
    kinds = [each.mtype for each in world.sent()]
    assert (kinds.count(CON), kinds.count(NON)) == (20, 80)
    assert world.server.engine.outbox.in_flight == 20


def test_timers_of_settled_messages() -> None:
    """Acknowledged messages leave no timers behind."""
    world = World(Response(Code.CONTENT, observe_as="key"))
    world.ask(observe=0)
    for _ in range(500):
        world.server.notify("key", world.now)
        (told,) = world.sent()
        world.send(empty(ACK, told.mid))
    assert world.server.engine.outbox.timers <= 20


def test_numbers_of_observed_resources() -> None:
    """Keys that the handler derives from requests do not pile up."""
    world = World(lambda request: Response(Code.CONTENT, observe_as=request.path))
    for count in range(600):
        world.ask(mid=count, path=str(count), observe=0, token=b"a")
        world.server.notify(f"/{count}", world.now)
        world.sent()
    observers = world.server.engine.known.notifier.observers
    assert len(observers.numbers) == Limits().observed_keys
    assert len(observers) == 1
    assert len(observers.select(key="/599")) == 1


def test_caches_of_the_codec() -> None:
    """Option numbers, content formats and codes that peers invent leave no enum members behind."""

    def members() -> tuple[int, ...]:
        kinds = (OptionNumber, AiocoapFormat, AiocoapCode)
        return tuple(len(kind._value2member_map_) for kind in kinds)

    world = World()
    client = CoapClient(entropy=SeededEntropy(1))
    client.request(Method.GET, "/x", now=1.0)
    (request,) = client.take_outgoing()
    head, token = request[2:4], request[4:12]
    before = members()
    for count in range(500):
        value = (20_000 + count).to_bytes(2)
        for tail in (
            b"\xc2" + value + b"\x52" + value,
            b"\xe0" + value,
            b"\xc8" + bytes(6) + value,
        ):
            world.server.receive(b"\x40\x01" + value + tail, "peer", 1.0)
            world.server.receive(bytes((0x40, 5 + count % 250)) + value + tail, "peer", 1.0)
            client.receive(b"\x68\x45" + head + token[:7] + b"?" + tail, 1.0)
            client.receive(b"\x58\x45" + value + token[:7] + b"?" + tail, 1.0)
    client.receive(b"\x68\x45" + head + token + b"\xc2\xab\xcd\xe2\x00\x00\x01\x02", 1.0)
    assert members() == before
    assert options.cached_request.cache_info().currsize <= options.CACHED_AREAS


def test_long_options_are_not_cached() -> None:
    """Only small option areas are remembered."""
    before = options.cached_request.cache_info()
    World().ask(uri_query=["x" * 200, "y" * 100])
    after = options.cached_request.cache_info()
    assert (after.misses, after.hits) == (before.misses, before.hits)


def test_payloads_are_not_cached() -> None:
    """A credential in a payload is nowhere in the cache's keys."""
    options.cached_request.cache_clear()
    for count in range(10):
        World().ask(CON, POST, payload=b"secret %d" % count)
    assert options.cached_request.cache_info().currsize == 1


def test_the_memory_of_a_flooded_server() -> None:
    """Twenty thousand requests of all kinds from as many peers leave less than two megabytes."""
    world = World(Response(Code.CONTENT, bytes(100), observe_as="key"))
    tracemalloc.start()
    try:
        for count in range(5_000):
            mid = count & 0xFFFF
            for remote, kind, extra in (
                (count, 0x40, b""), (-count, 0x50, b"\x60"),
                (f"a{count}", 0x40, b"\x60\xd1\x08\x06"), (f"b{count}", 0x50, b"\xd1\x0e\x0e"),
            ):  # fmt: skip
                head = bytes((kind, 1 + (extra[:1] == b"\xd1"), mid >> 8, mid & 255))
                world.server.receive(head + extra, remote, 1.0)
            world.server.take_outgoing()
            world.asked.clear()
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] < 2_000_000
    finally:
        tracemalloc.stop()


def test_client_remembers_separate_answers_only_for_a_while() -> None:
    """A server that floods its client with messages finds the same bounds."""
    client = CoapClient(entropy=SeededEntropy(1), limits=Limits(dedup_entries=100))
    for mid in range(1000):
        client.receive(message(CON, Code.CONTENT, mid), 1.0)
        assert read(client.take_outgoing()[0]).mid == mid
    assert len(client._answers) <= 100


def is_known(remote: object) -> bool:
    """Tell strangers by their numbers; others have names."""
    return not isinstance(remote, int)


def test_strangers_fill_no_upload_of_others() -> None:
    """Whatever strangers begin to upload, peers with a session upload as if they were alone."""
    world = World(Response(Code.CHANGED), is_known=is_known)

    def begin(remote: object) -> AiocoapCode:
        return world.ask(CON, POST, payload=bytes(1024), block1=(0, True, 6), remote=remote).code

    codes = [begin(count) for count in range(200)]
    assert codes.count(Code.CONTINUE) == STRANGERS.uploads < Limits().uploads
    assert [begin(f"owner {count}") for count in range(Limits().uploads)].count(
        Code.CONTINUE
    ) == Limits().uploads


def test_uploads_of_strangers_are_dropped_together() -> None:
    """A stranger's upload does not go on after the others were told to end; a session's does."""
    world = World(Response(Code.CHANGED), is_known=is_known)
    for remote in (1, "owner"):
        world.ask(CON, POST, payload=bytes(1024), block1=(0, True, 6), remote=remote)
    world.server.drop_uploads_of_strangers()
    assert len(world.server.engine.strangers.uploads) == 0
    ends = [
        world.ask(CON, POST, 9, payload=b"x", block1=(1, False, 6), remote=remote).code
        for remote in (1, "owner")
    ]
    assert ends == [Code.REQUEST_ENTITY_INCOMPLETE, Code.CHANGED]


def test_strangers_push_no_answer_of_others_out() -> None:
    """However much strangers ask, a session's repeated request is not carried out twice."""
    world = World(Response(Code.CHANGED, bytes(500)), is_known=is_known)
    world.ask(CON, POST, 7, path="owners", remote="owner")
    for count in range(3 * Limits().dedup_entries):
        world.ask(CON, POST, count % 65536, path="strangers", remote=count)
    world.ask(CON, POST, 7, path="owners", remote="owner")
    assert [request.path for request in world.asked].count("/owners") == 1


def test_strangers_push_no_snapshot_of_others_out() -> None:
    """A session reads all blocks of one state however much strangers begin to read."""
    world = World(Response(Code.CONTENT, bytes(3000)), is_known=is_known)
    world.ask(mid=1, path="owners", remote="owner")
    for count in range(200):
        world.ask(mid=count, path="strangers", remote=count)
    world.ask(mid=2, path="owners", block2=(1, False, 6), remote="owner")
    assert [request.path for request in world.asked].count("/owners") == 1


def test_strangers_take_no_observer_place_of_others() -> None:
    """With as many anonymous observers as there may be, sessions observe as if they were alone."""
    world = World(Response(Code.CONTENT, observe_as="key"), is_known=is_known)
    strangers = [world.ask(observe=0, remote=count).opt.observe for count in range(200)]
    sessions = [world.ask(observe=0, remote=f"owner {count}").opt.observe for count in range(40)]
    assert strangers.count(0) == STRANGERS.observers_per_key
    assert sessions.count(0) == Limits().observers_per_key
    world.server.notify("key", world.now)
    assert len(world.sent()) == STRANGERS.observers_per_key + Limits().observers_per_key
    world.server.drop_observers(world.now)
    assert world.server.observers == ()


def test_a_peer_that_leaves_takes_its_own_with_it() -> None:
    """When a session ends, notifications and uploads of others stay, and still count."""
    world = World(Response(Code.CONTENT, observe_as="key"), limits=Limits(uploads=3))
    for remote in ("leaving", "staying", "too"):
        world.ask(CON, mid=1, remote=remote, observe=0)
        block = (0, True, 6)
        world.ask(CON, POST, 2, payload=bytes(1024), block1=block, remote=remote)
    world.server.forget("leaving")
    later = [
        world.ask(CON, POST, 3, payload=bytes(1024), block1=(0, True, 6), remote=remote).code
        for remote in ("third", "fourth")
    ]
    assert later == [Code.CONTINUE, Code.SERVICE_UNAVAILABLE]
    world.server.notify("key", world.now)
    assert [remote for remote, _ in world.server.take_outgoing()] == ["staying", "too"]


def test_what_peers_may_take() -> None:
    """Spelled out a second time on purpose: a default bound changes by decision, not by slip."""
    kib = 1024
    shared = {
        "max_block_exponent": 6,
        "uploads_per_remote": 2,
        "upload_lifetime": 93,
        "kept_responses_per_remote": 4,
        "kept_response_lifetime": 60,
        "dedup_lifetime": 247,
        "unacknowledged": 256,
        "observers_per_key": 32,
        "observers_per_remote": 16,
        "observed_keys": 256,
        "confirm_every": 10,
        "confirm_after": 86400,
        "ack_timeout": 2,
        "ack_random_factor": 1.5,
        "max_retransmit": 4,
        "response_timeout": 93,
        "max_response_size": 256 * kib,
    }
    sessions = {
        "max_request_size": 64 * kib,
        "uploads": 64,
        "kept_responses": 32,
        "kept_response_bytes": 512 * kib,
        "dedup_entries": 8192,
        "dedup_bytes": 1024 * kib,
        "observers": 128,
    }
    strangers = {
        "max_request_size": 16 * kib,
        "uploads": 8,
        "kept_responses": 16,
        "kept_response_bytes": 128 * kib,
        "dedup_entries": 4096,
        "dedup_bytes": 512 * kib,
        "observers": 64,
    }
    assert asdict(Limits()) == shared | sessions
    assert asdict(STRANGERS) == shared | strangers
