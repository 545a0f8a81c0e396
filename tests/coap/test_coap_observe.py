"""The life of an observation, as the observer sees it (RFC 7641)."""

import pytest
from coap_peer import ACK, CON, GET, NON, POST, RST, World, empty, message

from onboardee.wire.coap import Code, Limits, Response

KEY = "/light"
ON = Response(Code.CONTENT, b"on", 60, observe_as=KEY)
OFF = Response(Code.CONTENT, b"off", 60, observe_as=KEY)
GONE = Response(Code.NOT_FOUND)


def observed(kind: int = CON, answer: Response = ON, **kwargs: object) -> World:
    """Return a server with one observer."""
    world = World(answer, **kwargs)
    assert world.ask(kind, observe=0, token=b"obs").opt.observe == 0
    return world


def test_registration() -> None:
    """A GET with Observe 0 is answered with Observe 0 and enters the list."""
    world = observed()
    (entry,) = world.server.observers
    assert (entry.key, entry.remote, entry.path) == (KEY, "peer", "/oic/d")
    assert (entry.token, entry.confirmable) == (b"obs", True)


@pytest.mark.parametrize(
    ("answer", "observe"),
    [
        (Response(Code.CONTENT, b"x"), 0),
        (Response(Code.UNAUTHORIZED, observe_as=KEY), 0),
        (Response(Code.CHANGED, observe_as=KEY), 0),
        (ON, 1),
        (ON, 2),
    ],
)
def test_no_registration(answer: Response, observe: int) -> None:
    """What cannot be observed, or is not asked for, is answered without Observe."""
    world = World(answer)
    assert world.ask(observe=observe).opt.observe is None
    assert world.server.observers == ()


def test_what_an_observer_was_told() -> None:
    """It is known by the state that the answer names, and by none if it names none."""
    for answer, state in ((ON, None), (Response(Code.CONTENT, observe_as=KEY, state=7), 7)):
        (entry,) = observed(answer=answer).server.engine.observers_of(KEY)
        assert entry.state == state


def test_a_post_cannot_observe() -> None:
    """Observe has a meaning with GET only."""
    world = World(ON)
    assert world.ask(CON, 2, observe=0).opt.observe is None
    assert world.server.observers == ()


@pytest.mark.parametrize("kind", [CON, NON])
def test_notifications_are_numbered_from_2(kind: int) -> None:
    """A change arrives under the registration's token and type, numbered 2, 3, 4 …."""
    world = observed(kind)
    for number in range(2, 9):
        world.server.notify(KEY, world.now)
        (told,) = world.sent()
        assert (told.mtype, told.token, told.code) == (kind, b"obs", Code.CONTENT)
        assert (told.opt.observe, told.payload) == (number, b"on")
        world.send(empty(ACK, told.mid))


def test_numbers_never_are_0_or_1() -> None:
    """After 24 bits the number goes on with 2."""
    world = observed(NON)
    world.server.engine.known.notifier.observers.numbers[KEY] = 0xFFFFFE
    numbers = []
    for _ in range(3):
        world.server.notify(KEY, world.now)
        numbers += [told.opt.observe for told in world.sent()]
    assert numbers == [0xFFFFFF, 2, 3]


def test_a_new_registration_does_not_step_back() -> None:
    """The number goes on where it was when an observer comes back."""
    world = observed()
    world.server.notify(KEY, world.now)
    world.sent()
    world.ask(mid=2, observe=1, token=b"obs")
    world.ask(mid=3, observe=0, token=b"new")
    world.sent()
    world.server.notify(KEY, world.now)
    assert [told.opt.observe for told in world.sent()] == [3]


def test_a_registration_with_the_same_token_replaces_the_earlier() -> None:
    """An observer that renews its interest is told each change once."""
    world = observed()
    world.ask(mid=2, observe=0, token=b"obs")
    assert len(world.server.observers) == 1
    world.server.notify(KEY, world.now)
    assert len(world.sent()) == 1


def test_a_failed_renewal_ends_the_observation() -> None:
    """Who may not observe any more is off the list."""
    world = observed()
    world.answer = Response(Code.UNAUTHORIZED)
    world.ask(mid=2, observe=0, token=b"obs")
    assert world.server.observers == ()


def test_an_observe_value_without_a_meaning() -> None:
    """Observe 2 in a request neither registers nor ends anything."""
    world = observed()
    world.ask(mid=2, observe=2, token=b"obs")
    assert len(world.server.observers) == 1


def test_deregistration() -> None:
    """Observe 1 with the token of the observation ends it; another token does not."""
    world = observed()
    world.ask(mid=2, observe=1, token=b"other")
    assert len(world.server.observers) == 1
    assert world.ask(mid=3, observe=1, token=b"obs").opt.observe is None
    assert world.server.observers == ()
    world.server.notify(KEY, world.now)
    assert world.sent() == []


@pytest.mark.parametrize("kind", [CON, NON])
def test_a_reset_ends_the_observation(kind: int) -> None:
    """An observer that rejects a notification gets no further one, nor a copy of it."""
    world = observed(kind)
    world.server.notify(KEY, world.now)
    (told,) = world.sent()
    world.send(empty(RST, told.mid), remote="somebody else")
    assert len(world.server.observers) == 1
    world.send(empty(RST, told.mid))
    assert world.server.observers == ()
    assert world.pass_time(300) == []


def test_only_the_newest_state_follows_an_acknowledgement() -> None:
    """While a notification is unacknowledged changes wait; then the last one is told, once."""
    world = observed()
    world.server.notify(KEY, world.now)
    (told,) = world.sent()
    for _ in range(5):
        world.server.notify(KEY, world.now)
    assert world.sent() == []
    world.answer = OFF
    (newest,) = world.send(empty(ACK, told.mid))
    assert (newest.payload, newest.opt.observe) == (b"off", 7)
    assert world.send(empty(ACK, newest.mid)) == []
    assert world.pass_time(300) == []


def test_a_lost_notification_is_retransmitted_and_given_up() -> None:
    """Four retransmissions with doubling pauses, then the observer is dropped."""
    world = observed()
    world.server.notify(KEY, world.now)
    start, times = world.now, []
    copies = world.sent()
    while (due := world.server.next_deadline()) is not None:
        world.now = due
        world.server.tick(due)
        times.append(due - start)
        copies += world.sent()
    assert len({(copy.mid, copy.payload) for copy in copies}) == 1
    assert len(copies) == 5
    assert 2.0 <= times[0] <= 3.0
    assert [round(after / times[0]) for after in times] == [1, 3, 7, 15, 31]
    assert world.server.observers == ()


def test_every_tenth_notification_is_confirmable() -> None:
    """A NON observer that has vanished is noticed after ten changes."""
    world = observed(NON)
    kinds = []
    for _ in range(25):
        world.server.notify(KEY, world.now)
        (told,) = world.sent()
        kinds.append(told.mtype)
        if told.mtype is CON:
            world.send(empty(ACK, told.mid))
    assert [place for place, kind in enumerate(kinds) if kind is CON] == [9, 19]


def test_a_notification_after_a_day_is_confirmable() -> None:
    """At least once in 24 hours an observer has to say that it still is there."""
    world = observed(NON)
    world.now += 24 * 3600.0
    for expected in (CON, NON):
        world.server.notify(KEY, world.now)
        (told,) = world.sent()
        assert told.mtype is expected
        world.send(empty(ACK, told.mid))


def test_an_error_ends_the_observation() -> None:
    """An observer that may not see the state any more is told so, and nothing after it."""
    world = observed()
    world.answer = Response(Code.UNAUTHORIZED)
    world.server.notify(KEY, world.now)
    (told,) = world.sent()
    assert (told.code, told.opt.observe, told.token) == (Code.UNAUTHORIZED, None, b"obs")
    assert world.server.observers == ()
    world.send(empty(ACK, told.mid))
    world.server.notify(KEY, world.now)
    assert world.sent() == []


def test_a_resource_that_stops_being_observable() -> None:
    """The last notification is a plain 2.05, by which the observer knows."""
    world = observed()
    world.answer = Response(Code.CONTENT, b"last")
    world.server.notify(KEY, world.now)
    assert [(told.code, told.opt.observe) for told in world.sent()] == [(Code.CONTENT, None)]
    assert world.server.observers == ()


def test_silence_ends_the_observation() -> None:
    """A handler that answers nothing drops the observer without a word."""
    world = observed()
    world.answer = lambda _: None
    world.server.notify(KEY, world.now)
    assert world.sent() == []
    assert world.server.observers == ()


def test_the_stored_request_is_made_again() -> None:
    """Each notification is asked of the handler with the registration's own query and formats."""
    world = World(ON)
    world.ask(CON, observe=0, uri_query=["if=oic.if.s"], accept=60)
    world.server.notify(KEY, world.now)
    assert world.asked[0] == world.asked[1]


def test_only_observers_of_the_resource_are_told() -> None:
    """A change of one resource is no news to the observers of another."""
    world = World(lambda request: Response(Code.CONTENT, b"x", observe_as=request.path))
    world.ask(mid=1, observe=0, path="a", token=b"a")
    world.ask(mid=2, observe=0, path="b", token=b"b")
    world.server.notify("/b", world.now)
    world.server.notify("/c", world.now)
    assert [told.token for told in world.sent()] == [b"b"]


def test_drop_observers() -> None:
    """Observations end by resource, by peer, by both or all; with a code the peers are told."""

    def crowd() -> World:
        world = World(lambda request: Response(Code.CONTENT, b"x", observe_as=request.path))
        for remote in ("p", "q"):
            for path in ("a", "b"):
                world.ask(
                    NON, GET, ord(path), observe=0, path=path, token=path.encode(), remote=remote
                )
        return world

    for selection, left in (
        ({"key": "/a"}, 2), ({"remote": "p"}, 2), ({"key": "/a", "remote": "p"}, 3), ({}, 0),
    ):  # fmt: skip
        world = crowd()
        world.server.drop_observers(world.now, **selection)
        assert len(world.server.observers) == left
        assert world.sent() == []
        world = crowd()
        world.server.drop_observers(world.now, code=Code.SERVICE_UNAVAILABLE, **selection)
        told = world.sent()
        assert len(told) == 4 - left
        assert {(each.code, each.opt.observe) for each in told} == {
            (Code.SERVICE_UNAVAILABLE, None)
        }


def test_a_handler_that_ends_observations() -> None:
    """When the handler drops all observers while it is asked for a state, no state is sent."""
    world = World(ON)
    world.ask(mid=1, observe=0, remote="p")
    world.ask(mid=2, observe=0, remote="q")

    def revoke(_: object) -> Response:
        world.server.drop_observers(world.now, code=Code.UNAUTHORIZED)
        return OFF

    world.answer = revoke
    world.server.notify(KEY, world.now)
    assert [told.code for told in world.sent()] == [Code.UNAUTHORIZED] * 2
    assert world.server.observers == ()


def test_an_end_replaces_a_notification_in_flight() -> None:
    """After the error notification no older state is sent again."""
    world = observed()
    world.server.notify(KEY, world.now)
    world.sent()
    world.server.drop_observers(world.now, key=KEY, code=Code.NOT_FOUND)
    assert {told.code for told in world.sent() + world.pass_time(300)} == {Code.NOT_FOUND}


def test_forget_ends_observations() -> None:
    """A session that ends takes its observations and what is in flight along."""
    world = observed()
    world.server.notify(KEY, world.now)
    world.sent()
    world.server.forget("peer")
    assert world.server.observers == ()
    assert world.pass_time(300) == []


def test_a_large_state_is_told_by_its_first_block() -> None:
    """The notification carries the first block; the rest is fetched from the same state."""
    big = Response(Code.CONTENT, bytes(range(250)) * 10, observe_as=KEY)
    world = World(big)
    first = world.ask(mid=1, observe=0, token=b"obs")
    assert (first.opt.observe, first.opt.block2, first.opt.size2) == (0, (0, True, 6), 2500)
    world.server.notify(KEY, world.now)
    (told,) = world.sent()
    assert (told.opt.observe, told.opt.block2, told.opt.size2) == (2, (0, True, 6), 2500)
    world.answer = ON
    rest = b""
    for number in (1, 2):
        block = world.ask(mid=10 + number, token=b"get", block2=(number, False, 6))
        assert (block.opt.observe, block.opt.etag) == (None, told.opt.etag)
        rest += block.payload
    assert told.payload + rest == big.payload
    assert len(world.server.observers) == 1


def test_notifications_keep_the_block_size_of_the_registration() -> None:
    """An observer with small buffers gets small first blocks."""
    world = World(Response(Code.CONTENT, bytes(200), observe_as=KEY))
    world.ask(observe=0, block2=(0, False, 2))
    world.server.notify(KEY, world.now)
    assert [(told.opt.block2, len(told.payload)) for told in world.sent()] == [((0, True, 2), 64)]


def test_a_later_block_is_no_registration() -> None:
    """Observe in a request for a later block is ignored (RFC 7959 2.6)."""
    world = World(Response(Code.CONTENT, bytes(3000), observe_as=KEY))
    assert world.ask(mid=1, observe=0, block2=(1, False, 6)).opt.observe is None
    assert world.server.observers == ()


@pytest.mark.parametrize(
    ("limits", "remotes", "paths", "expected"),
    [
        (Limits(observers_per_key=3), 8, 1, 3),
        (Limits(observers_per_remote=2), 1, 8, 2),
        (Limits(observers=5), 8, 8, 5),
        (Limits(observed_keys=4), 1, 8, 4),
    ],
)
def test_limits(limits: Limits, remotes: int, paths: int, expected: int) -> None:
    """When a list is full the state is still answered, without Observe."""
    world = World(
        lambda request: Response(Code.CONTENT, b"x", observe_as=request.path), limits=limits
    )
    entered = 0
    for remote in range(remotes):
        for path in range(paths):
            answer = world.ask(
                mid=path, observe=0, path=str(path), token=bytes((path,)), remote=remote
            )
            assert answer.code == Code.CONTENT
            entered += answer.opt.observe == 0
    assert entered == len(world.server.observers) == expected
    world.server.drop_observers(world.now)
    assert world.ask(mid=99, observe=0, path="again", remote="new").opt.observe == 0


def test_a_bug_while_notifying_ends_the_observation() -> None:
    """An observer gets 5.00, the caller the exception."""
    world = observed()

    def fail(_: object) -> Response:
        raise ZeroDivisionError

    world.answer = fail
    with pytest.raises(ZeroDivisionError):
        world.server.notify(KEY, world.now)
    assert [told.code for told in world.sent()] == [Code.INTERNAL_SERVER_ERROR]
    assert world.server.observers == ()


def test_a_full_retransmission_table_makes_notifications_unconfirmable() -> None:
    """With too many messages in flight a further observer is told by a NON."""
    world = World(ON, limits=Limits(unacknowledged=2))
    for peer in "abc":
        world.ask(CON, observe=0, remote=peer)
    world.server.notify(KEY, world.now)
    assert [told.mtype for told in world.sent()] == [CON, CON, NON]
    world.server.notify(KEY, world.now)
    assert [told.mtype for told in world.sent()] == [NON]


def test_a_stray_acknowledgement_changes_nothing() -> None:
    """An ACK or RST for a message we never sent is ignored."""
    world = observed()
    assert world.send(empty(ACK, 1)) == world.send(empty(RST, 1)) == []
    assert world.send(message(ACK, 69)) == []
    assert len(world.server.observers) == 1


@pytest.mark.parametrize("nonsense", [(ACK, Code.CONTENT), (NON, 0)])
def test_nonsense_acknowledges_nothing(nonsense: tuple[int, int]) -> None:
    """Only an empty acknowledgement stops the repetition of a notification (RFC 7252 4.2)."""
    kind, code = nonsense
    world = observed()
    world.server.notify(KEY, world.now)
    (told,) = world.sent()
    content = message(kind, code, told.mid) if code else empty(kind, told.mid)
    assert world.send(content) == []
    assert [again.mid for again in world.pass_time(3.0)] == [told.mid]


def test_an_acknowledgement_that_asks_for_the_next_block() -> None:
    """go-coap's observers acknowledge a large notification by the request for its second block."""
    big = Response(Code.CONTENT, bytes(range(250)) * 10, observe_as=KEY)
    world = World(big)
    world.ask(mid=1, observe=0, token=b"obs")
    world.server.notify(KEY, world.now)
    (told,) = world.sent()
    asked = message(ACK, GET, told.mid, token=b"next", block2=(1, False, 6))
    (block,) = world.send(asked)
    assert (block.mtype, block.token, block.opt.block2) == (NON, b"next", (1, True, 6))
    assert told.payload + block.payload == big.payload[:2048]
    assert world.send(asked) != []
    assert world.pass_time(300) == []
    world.server.notify(KEY, world.now)
    assert len(world.sent()) == 1


@pytest.mark.parametrize(("kind", "code", "offset"), [(ACK, GET, 1), (ACK, POST, 0), (RST, GET, 0)])
def test_other_requests_in_acknowledgements_are_nothing(kind: int, code: int, offset: int) -> None:
    """Only what acknowledges a notification of ours is taken, and only to go on reading it."""
    world = observed()
    world.server.notify(KEY, world.now)
    (told,) = world.sent()
    asked = len(world.asked)
    assert world.send(message(kind, code, told.mid + offset, token=b"next")) == []
    assert len(world.asked) == asked
    assert world.pass_time(10) != []
