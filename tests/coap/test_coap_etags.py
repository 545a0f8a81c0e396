"""Entity tags, cell by cell (RFC 7252 5.10.6, RFC 7641 3.3.2, RFC 7959 2.4), with aiocoap."""

from typing import Any

import pytest
from coap_peer import CON, GET, NON, POST, World, message

from onboardee.wire.coap import Code, Response

KEY = "/oic/d"
NOW, OLD, OTHER = b"present1", b"old", b"another8"
STATE = Response(Code.CONTENT, b"state", 60, observe_as=KEY, etag=NOW)
LARGE = Response(Code.CONTENT, bytes(range(250)) * 10, 60, observe_as=KEY, etag=NOW)


def summary(answer: Any) -> tuple[str, bytes, tuple[bytes, ...]]:
    """Return code, payload and tags."""
    return answer.code.dotted, answer.payload, tuple(answer.opt.etags)


@pytest.mark.parametrize(
    ("etags", "code"),
    [
        ((), "2.05"),
        ((NOW,), "2.03"),
        ((OLD,), "2.05"),
        ((OLD, NOW), "2.03"),
        ((NOW, OLD, OTHER), "2.03"),
        ((OLD, OTHER), "2.05"),
        ((NOW, NOW), "2.03"),
        ((NOW[:-1],), "2.05"),
        ((b"x",) * 20 + (NOW,), "2.03"),
    ],
)
def test_a_client_that_has_a_representation(etags: tuple[bytes, ...], code: str) -> None:
    """Who names the tag of the present representation among others hears that it still holds."""
    world = World(STATE)
    answer = world.ask(etags=etags)
    assert summary(answer) == (code, b"state" if code == "2.05" else b"", (NOW,))
    assert answer.opt.content_format == (60 if code == "2.05" else None)
    assert world.asked[0].etags == etags


@pytest.mark.parametrize("raw", [b"", b"ninebytes"])
def test_a_tag_of_no_possible_length_is_passed_over(raw: bytes) -> None:
    """A tag has 1 to 8 octets; the option is elective, so that another length is no error."""
    world = World(STATE)
    assert summary(world.ask(raw=[(4, raw), (4, NOW)])) == ("2.03", b"", (NOW,))
    assert summary(world.ask(mid=2, raw=[(4, raw)])) == ("2.05", b"state", (NOW,))


@pytest.mark.parametrize(
    ("answer", "etag"),
    [
        (Response(Code.CONTENT, b"state", 60), None),
        (Response(Code.NOT_FOUND, etag=NOW), NOW),
        (Response(Code.CHANGED, b"state", 60, etag=NOW), NOW),
    ],
)
def test_only_a_representation_with_a_tag_is_validated(
    answer: Response, etag: bytes | None
) -> None:
    """An answer without a tag, an error and what is no representation stay what they are."""
    found = World(answer).ask(etags=(NOW,))
    assert (found.code, found.payload, found.opt.etag) == (answer.code, answer.payload, etag)


def test_tags_in_a_post_have_no_meaning() -> None:
    """An UPDATE is carried out, whatever its sender has."""
    world = World(Response(Code.CHANGED))
    assert world.ask(CON, POST, etags=(NOW,), payload=b"x").code == Code.CHANGED
    assert world.asked[0].etags == ()


def test_tags_in_a_request_to_a_group_have_no_meaning() -> None:
    """Such a request must not have any (RFC 7252 8.2.1): the answer is the representation."""
    world = World(STATE)
    (answer,) = world.send(message(NON, GET, etags=(NOW,)), multicast=True)
    assert summary(answer) == ("2.05", b"state", (NOW,))


@pytest.mark.parametrize("etags", [(), (OLD,), (OLD, NOW)])
def test_a_registration_with_tags(etags: tuple[bytes, ...]) -> None:
    """An observation begins with the state, or with the news that the client has it."""
    world = World(STATE)
    answer = world.ask(observe=0, etags=etags)
    code, payload = ("2.03", b"") if NOW in etags else ("2.05", b"state")
    assert summary(answer) == (code, payload, (NOW,))
    assert answer.opt.observe is not None
    assert len(world.server.observers) == 1


def test_notifications_have_tags() -> None:
    """A notification of another state has its tag; of one that the client named, no payload."""
    world = World(STATE)
    world.ask(NON, observe=0, etags=(NOW, OTHER))
    told = []
    for etag in (OLD, OTHER, OLD, NOW):
        world.answer = Response(Code.CONTENT, etag[:3], 60, observe_as=KEY, etag=etag)
        world.server.notify(KEY, world.now)
        told += world.sent()
    assert [summary(each) for each in told] == [
        ("2.05", OLD, (OLD,)),
        ("2.03", b"", (OTHER,)),
        ("2.05", OLD, (OLD,)),
        ("2.03", b"", (NOW,)),
    ]
    numbers = [each.opt.observe for each in told]
    assert numbers == sorted(set(numbers))


def test_the_tags_are_those_of_the_latest_registration() -> None:
    """Who registers again with other tags, or with none, has forgotten the earlier ones."""
    world = World(STATE)
    world.ask(NON, mid=1, observe=0, etags=(OTHER,))
    world.ask(NON, mid=2, observe=0)
    world.answer = Response(Code.CONTENT, b"other", 60, observe_as=KEY, etag=OTHER)
    world.server.notify(KEY, world.now)
    assert [summary(each) for each in world.sent()] == [("2.05", b"other", (OTHER,))]
    assert len(world.server.observers) == 1


def test_every_block_has_the_tag_of_the_representation() -> None:
    """The blocks of one state have its tag (RFC 7959 2.4), as a whole answer would."""
    world = World(LARGE)
    answers = [world.ask(mid=n, block2=(n, False, 6)) for n in range(3)]
    assert {answer.opt.etag for answer in answers} == {NOW}
    assert b"".join(answer.payload for answer in answers) == LARGE.payload
    assert World(STATE).ask(block2=(0, False, 6)).opt.etag == NOW


def test_a_validated_large_answer_has_no_blocks() -> None:
    """Who has all of it is not sent the first block."""
    answer = World(LARGE).ask(etags=(NOW,), block2=(0, False, 2))
    assert summary(answer) == ("2.03", b"", (NOW,))
    assert (answer.opt.block2, answer.opt.size2) == (None, None)


def test_who_asks_for_a_later_block_gets_it() -> None:
    """A client may repeat its tags with each block: the transfer goes on, also if it must anew."""
    world = World(LARGE)
    world.ask(mid=1, etags=(OLD,))
    kept = world.ask(mid=2, etags=(NOW,), block2=(1, False, 6))
    world.server.drop_kept_responses()
    anew = world.ask(mid=3, etags=(NOW,), block2=(1, False, 6))
    for answer in (kept, anew):
        assert summary(answer) == ("2.05", LARGE.payload[1024:2048], (NOW,))


def test_a_state_that_changes_between_blocks_shows_by_its_tag() -> None:
    """A client that puts blocks together sees that they are of two states."""
    world = World(LARGE)
    world.ask(mid=1)
    world.server.drop_kept_responses()
    world.answer = Response(Code.CONTENT, bytes(2500), 60, etag=OTHER)
    assert world.ask(mid=2, block2=(1, False, 6)).opt.etag == OTHER


def test_a_large_notification_is_fetched_by_its_tag() -> None:
    """The first block of a notification and the rest, fetched with a token of its own, agree."""
    world = World(STATE)
    world.ask(NON, mid=1, observe=0)
    world.answer = LARGE
    world.server.notify(KEY, world.now)
    (told,) = world.sent()
    rest = world.ask(mid=2, token=b"rest", block2=(1, False, 6))
    assert (told.opt.etag, rest.opt.etag) == (NOW, NOW)
    assert told.opt.block2.more
