"""Batches of what has changed: entity tags of collections and their parts, and `incChanges`."""

import base64
from typing import Any

import pytest
from climate_support import FAN, HOME, ROOM, SPEED, SWITCH, TARGET, climate, may
from resource_support import World

from onboardee.device.resources import tags
from onboardee.wire.coap import Code, Method, Request

B = "if=oic.if.b"


def changes(*etags: bytes) -> str:
    """Write the query for all but what has these tags."""
    texts = (base64.urlsafe_b64encode(each).rstrip(b"=").decode() for each in etags)
    return "incChanges=" + ",".join(texts)


def batch(
    world: World, *query: str, etags: tuple[bytes, ...] = (), href: str = FAN
) -> tuple[Code, dict[str, Any], bytes | None]:
    """Read a batch: code, items by path, and the tag of the whole."""
    code, body = world.request(Request(Method.GET, href, (B, *query), etags=etags))
    return code, {each["href"]: each for each in body or []}, world.last.etag


@pytest.fixture
def world() -> World:
    """Make an air conditioner that the peer may read and change."""
    return climate(may(6))


def test_a_part_has_the_tag_of_its_resource(world: World) -> None:
    """What a batch says of a link is what the link says of itself, tag included."""
    _, items, _ = batch(world)
    for href, item in items.items():
        assert world.get(href) == item["rep"]
        assert world.last.etag == item["etag"]


def test_the_tag_of_the_whole_changes_with_each_part_and_only_then(world: World) -> None:
    """A batch has one tag for each state of all that is in it."""
    seen = [batch(world)[2]]
    for href, body in ((SWITCH, {"value": True}), (SPEED, {"speed": 3}), (SWITCH, {"value": True})):
        world.post(href, body)
        seen.append(batch(world)[2])
    world.post(TARGET, {"temperature": 25})
    seen.append(batch(world)[2])
    assert len({*seen[:3]}) == 3
    assert seen[2] == seen[3] == seen[4]
    world.post(SPEED, {"speed": 20})
    world.post(SWITCH, {"value": False})
    assert batch(world)[2] == seen[0]


def test_who_has_the_whole_is_told_so(world: World) -> None:
    """By the batch's own tag among others, and not by that of a part."""
    _, items, whole = batch(world)
    assert whole is not None
    assert batch(world, etags=(b"old", whole)) == (Code.VALID, {}, whole)
    assert batch(world, etags=(items[SWITCH]["etag"],)) == (Code.CONTENT, items, whole)


def test_only_what_changed(world: World) -> None:
    """The parts whose tags are named are left out; the tag is still that of the whole."""
    _, items, whole = batch(world)
    known = changes(*(each["etag"] for each in items.values()))
    assert batch(world, known) == (Code.VALID, {}, whole)
    world.post(SPEED, {"speed": 3})
    code, new, after = batch(world, known)
    assert (code, new.keys(), new[SPEED]["rep"]["speed"]) == (Code.CONTENT, {SPEED}, 3)
    assert after == batch(world)[2] != whole
    world.post(SPEED, {"speed": 20})
    assert batch(world, known) == (Code.VALID, {}, whole)


def test_equal_values_of_two_resources_are_not_taken_for_one_another() -> None:
    """A client that knows one part has not got the other, though they look the same."""
    world = climate(may(6))
    _, items, _ = batch(world, href=HOME)
    assert items[ROOM]["etag"] != items[TARGET]["etag"]
    _, new, _ = batch(world, changes(items[ROOM]["etag"]), "rt=oic.r.temperature", href=HOME)
    assert new.keys() == {TARGET}


@pytest.mark.parametrize("where", ["option", "query"])
def test_changes_since_a_whole_batch(world: World, where: str) -> None:
    """The tag of an earlier batch stands for all that was in it, wherever it is named."""
    _, _, whole = batch(world)
    assert whole is not None
    world.post(SWITCH, {"value": True})
    named = {"etags": (whole,)} if where == "option" else {}
    query = "incChanges" if where == "option" else changes(whole)
    code, new, _ = batch(world, query, **named)
    assert (code, new.keys()) == (Code.CONTENT, {SWITCH})


def test_tags_in_option_and_queries_together(world: World) -> None:
    """All that is named counts, in several queries as well."""
    _, items, _ = batch(world)
    one, other = (items[href]["etag"] for href in (SWITCH, SPEED))
    assert batch(world, "incChanges", etags=(one,))[1].keys() == {SPEED}
    assert batch(world, changes(one), changes(other))[0] is Code.VALID
    assert batch(world, changes(one), etags=(other,))[0] is Code.VALID


@pytest.mark.parametrize(
    "query",
    ["incChanges", "incChanges=", "incChanges=,,", "incChanges=leetETag", "incChanges=%%%,é,a",
     "incChanges=" + "A" * 240, "incchanges=AAECAwQFBgc"],
)  # fmt: skip
def test_what_names_nothing_brings_everything(world: World, query: str) -> None:
    """What is no tag, or no tag of anything here, is passed over."""
    assert batch(world, query) == batch(world)


def test_a_tag_among_nonsense_counts(world: World) -> None:
    """A valid tag is found between others, with or without padding."""
    _, items, _ = batch(world)
    text = base64.urlsafe_b64encode(items[SWITCH]["etag"]).decode()
    assert batch(world, f"incChanges=12345,{text},,end")[1].keys() == {SPEED}


def test_an_incomplete_batch_has_no_tag() -> None:
    """Where a link was refused the answer is an error with what could be read, never 2.03."""
    world = climate(may(2, FAN, SWITCH))
    code, items, etag = batch(world)
    assert (code, items.keys(), etag) == (Code.NOT_FOUND, {SWITCH}, None)
    assert batch(world, changes(items[SWITCH]["etag"])) == (code, items, None)


def test_what_is_known_is_not_encoded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """To find that a client has everything, or all but one part, costs that part alone."""
    _, items, whole = batch(world)
    assert whole is not None
    read: list[str] = []
    for href in (SWITCH, SPEED):
        resource = world.appliances[href]
        monkeypatch.setattr(
            resource,
            "retrieve",
            lambda call, f=resource.retrieve: read.append(call.target.href) or f(call),
        )
    known = changes(*(each["etag"] for each in items.values()))
    assert batch(world, etags=(whole,))[0] is batch(world, known)[0] is Code.VALID
    assert read == []
    world.post(SWITCH, {"value": True})
    assert batch(world, known)[1].keys() == {SWITCH}
    assert read == [SWITCH]


def test_what_is_remembered_has_a_bound(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that reads many states makes the device forget the oldest batch, and no more."""
    monkeypatch.setattr(tags, "MAX_BATCHES", 3)
    seen = []
    for speed in range(5):
        world.post(SPEED, {"speed": speed})
        seen.append(batch(world)[2])
    world.post(SPEED, {"speed": 99})
    sizes = [len(batch(world, changes(each or b""))[1]) for each in seen]
    assert sizes == [2, 2, 2, 1, 1]
