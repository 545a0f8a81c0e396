"""Every interface with every method on every kind of resource."""

from typing import Any

import pytest
from climate_support import FAN, HOME, ROOM, SECRET, SWITCH, climate, may

from onboardee.wire.coap import Code, Method

READ, NONE, WRITTEN = Code.CONTENT, Code.METHOD_NOT_ALLOWED, Code.CHANGED
PARTLY, BAD, FORBIDDEN = Code.NOT_FOUND, Code.BAD_REQUEST, Code.FORBIDDEN
METHODS = (Method.GET, Method.POST, Method.PUT, Method.DELETE)
INTERFACES = ("baseline", "ll", "b", "a", "s", "r", "rw", "w", "startup", "create", "unknown")

TABLE: dict[str, dict[str, tuple[Code, ...]]] = {
    SWITCH: {
        "": (READ, WRITTEN, NONE, NONE),
        "a": (READ, WRITTEN, NONE, NONE),
        "baseline": (READ, WRITTEN, NONE, NONE),
    },
    ROOM: {
        "": (READ, FORBIDDEN, FORBIDDEN, FORBIDDEN),
        "s": (READ, FORBIDDEN, FORBIDDEN, FORBIDDEN),
        "baseline": (READ, WRITTEN, NONE, NONE),
    },
    SECRET: {
        "": (FORBIDDEN, WRITTEN, NONE, FORBIDDEN),
        "w": (FORBIDDEN, WRITTEN, NONE, FORBIDDEN),
    },
    FAN: {
        "": (READ, FORBIDDEN, FORBIDDEN, FORBIDDEN),
        "ll": (READ, FORBIDDEN, FORBIDDEN, FORBIDDEN),
        "b": (READ, BAD, NONE, NONE),
        "baseline": (READ, WRITTEN, NONE, NONE),
    },
    HOME: {
        "": (READ, WRITTEN, NONE, NONE),
        "ll": (READ, FORBIDDEN, FORBIDDEN, FORBIDDEN),
        "b": (PARTLY, BAD, NONE, NONE),
        "baseline": (READ, WRITTEN, NONE, NONE),
    },
    "/oic/con": {
        "": (READ, BAD, NONE, NONE),
        "rw": (READ, BAD, NONE, NONE),
        "baseline": (READ, BAD, NONE, NONE),
    },
    "/oic/introspection": {
        "": (READ, FORBIDDEN, FORBIDDEN, FORBIDDEN),
        "r": (READ, FORBIDDEN, FORBIDDEN, FORBIDDEN),
        "baseline": (READ, NONE, NONE, NONE),
    },
    "/oic/introspection/data": {
        "": (READ, NONE, NONE, NONE),
        "baseline": (READ, NONE, NONE, NONE),
    },
}
"""What an empty UPDATE and the other methods come to; what is not listed is forbidden."""


CELLS = [(href, interface) for href in TABLE for interface in ("", *INTERFACES)]


def expected(href: str, interface: str) -> tuple[Code, ...]:
    """Look a cell of the table up."""
    return TABLE[href].get(interface, (FORBIDDEN,) * len(METHODS))


@pytest.mark.parametrize(("href", "interface"), CELLS)
def test_what_each_interface_allows(href: str, interface: str) -> None:
    """An interface that is not offered, or does not allow the method, is forbidden."""
    world, query = climate(may(31)), _query(interface)
    found = tuple(world.ask(method, href, {}, *query)[0] for method in METHODS)
    assert found == expected(href, interface)


@pytest.mark.parametrize(("href", "interface"), CELLS)
def test_forbidden_comes_before_unauthorized(href: str, interface: str) -> None:
    """Without any right it is the interface that is found wrong first, and then the access."""
    world, query = climate(), _query(interface)
    found = tuple(world.ask(method, href, b"\xff", *query)[0] for method in METHODS)
    assert found == tuple(
        FORBIDDEN if allowed is FORBIDDEN else Code.UNAUTHORIZED
        for allowed in expected(href, interface)
    )


@pytest.mark.parametrize("query", [("if=oic.if.a", "if=oic.if.ll"), ("IF=oic.if.a", "if=x")])
def test_first_of_several_interfaces_counts(query: tuple[str, ...]) -> None:
    """OCF leaves it open which of several is meant; here it is the first."""
    assert climate(may(31)).get(SWITCH, *query) == {"value": False}


COMMON: dict[str, Any] = {"rt": ["x"], "if": ["oic.if.x"], "id": "1", "n": "other"}


def test_common_properties_of_an_update_are_tolerated() -> None:
    """What the baseline interface showed may be sent back with a change."""
    world = climate(may(31))
    found = world.get(SWITCH, "if=oic.if.baseline")
    written = {**found, **COMMON, "value": True}
    assert world.post(SWITCH, written, "if=oic.if.baseline") is WRITTEN
    assert world.get(SWITCH, "if=oic.if.baseline") == {**found, "value": True}


def test_write_only_resource_shows_nothing() -> None:
    """An UPDATE by the write-only interface is answered without a representation."""
    world = climate(may(31))
    assert world.ask(Method.POST, SECRET, {"code": "1234"}) == (WRITTEN, None)
    assert world.values()[SECRET] == {"code": "1234"}


def _query(interface: str) -> tuple[str, ...]:
    return (f"if=oic.if.{interface}",) if interface else ()
