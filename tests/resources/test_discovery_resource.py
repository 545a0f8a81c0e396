"""`/oic/res` and `/.well-known/core`: who finds what, and where it says to find it."""

from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace
from resource_support import (
    BY_OWNER,
    DEVICE,
    NOBODY,
    OWNER,
    PLAIN,
    SECURED_PORT,
    SILENCE,
    World,
    in_state,
    owned,
    plainly,
    unowned,
)

from onboardee.svrdb.model import Database, Sdi, State
from onboardee.wire.coap import Code, Method, Request
from onboardee.wire.path import Path

RES, WELL_KNOWN = "/oic/res", "/.well-known/core"
EVERYTHING = [
    "/oic/p",
    "/oic/con",
    "/oic/res",
    "/oic/d",
    "/oic/introspection",
    "/oic/mnt",
    "/oic/sec/doxm",
    "/oic/sec/pstat",
    "/oic/sec/acl2",
    "/oic/sec/cred",
    "/oic/sec/csr",
    "/oic/sec/roles",
    "/oic/sec/crl",
    "/oic/sec/ael",
    "/oic/sec/sp",
    "/oic/sec/sdi",
    "/light/switch",
    "/light/dimming",
    "/light/colour",
]
DOMAIN = UUID("99999999-bbbb-4ccc-8ddd-eeeeeeeeeeee")


def in_domain(*, private: bool = False) -> Database:
    """Make a device that belongs to a security domain."""
    return replace(unowned(), sdi=Sdi(domain=DOMAIN, name="home", is_private=private))


def links(found: Any) -> dict[str, dict[str, Any]]:
    """Return the links by their path."""
    return {link["href"]: link for link in found}


def test_links_of_everything_discoverable() -> None:
    """The default interface lists all links, this one's own with its relation."""
    found = links(plainly(unowned()).get(RES))
    assert list(found) == EVERYTHING
    assert found[RES] == {
        "rel": ["self"],
        "anchor": f"ocf://{DEVICE}",
        "href": RES,
        "rt": ["oic.wk.res"],
        "if": ["oic.if.ll", "oic.if.b", "oic.if.baseline"],
        "p": {"bm": 3},
        "eps": [{"ep": "coap://192.0.2.1:5683"}, {"ep": "coaps://192.0.2.1:5684"}],
    }
    observable = {href for href, link in found.items() if link["p"] == {"bm": 3}}
    assert observable == {RES, "/oic/con", "/oic/d", "/oic/sec/pstat", *EVERYTHING[-3:]}
    assert plainly(unowned()).get(RES, "if=oic.if.ll") == list(found.values())


def test_baseline_is_one_object_with_the_domain() -> None:
    """The baseline interface wraps the links and names the security domain."""
    (found,) = plainly(in_domain()).get(RES, "if=oic.if.baseline")
    assert (found["rt"], found["if"]) == (
        ["oic.wk.res"],
        ["oic.if.ll", "oic.if.b", "oic.if.baseline"],
    )
    assert (found["sduuid"], found["sdname"]) == (str(DOMAIN), "home")
    assert list(links(found["links"])) == EVERYTHING
    (fresh,) = plainly(unowned()).get(RES, "if=oic.if.baseline")
    assert (fresh["sduuid"], fresh["sdname"]) == (NOBODY, "")
    (private,) = plainly(in_domain(private=True)).get(RES, "if=oic.if.baseline")
    assert not private.keys() & {"sduuid", "sdname"}


@pytest.mark.parametrize(
    ("query", "hrefs"),
    [
        (("rt=oic.r.doxm",), ["/oic/sec/doxm"]),
        (("RT=oic.wk.res",), [RES]),
        (("rt=oic.d.light",), ["/oic/d"]),
        (("rt=oic.wk.d", "rt=oic.d.light"), ["/oic/d"]),
        (("rt=oic.wk.d", "rt=oic.r.doxm"), ["/oic/d", "/oic/sec/doxm"]),
        (("rt=oic.r.door", "rt=oic.r.doxm"), ["/oic/sec/doxm"]),
        (("rt=oic.r.door", "rt=oic.r.lock"), Code.BAD_REQUEST),
        (("rt=oic.r.door",), Code.BAD_REQUEST),
        (("rt=oic.r.*",), Code.BAD_REQUEST),
        (("rt=",), Code.BAD_REQUEST),
        (("rt=OIC.R.DOXM",), Code.BAD_REQUEST),
        ((f"di={DEVICE}",), EVERYTHING),
        ((f"di={str(DEVICE).upper()}",), EVERYTHING),
        ((f"di={OWNER}",), SILENCE),
        (("di=",), SILENCE),
        ((f"di={DEVICE}", f"di={OWNER}"), SILENCE),
        ((f"sduuid={DOMAIN}",), EVERYTHING),
        ((f"sduuid={str(DOMAIN).upper()}",), EVERYTHING),
        ((f"sduuid={OWNER}",), SILENCE),
        (("sduuid=",), SILENCE),
        ((f"di={DEVICE}", f"sduuid={DOMAIN}", "rt=oic.r.doxm"), ["/oic/sec/doxm"]),
        ((f"di={OWNER}", "rt=oic.r.door"), SILENCE),
        (("if=oic.if.rw",), Code.FORBIDDEN),
        (("unknown=1", "ins=2"), EVERYTHING),
    ],
)
def test_filters(query: tuple[str, ...], hrefs: object) -> None:
    """All conditions but types, of which one suffices, must fit; foreigners hear nothing at all."""
    found = plainly(in_domain()).get(RES, *query)
    assert (list(links(found)) if isinstance(found, list) else found) == hrefs


@pytest.mark.parametrize("query", [f"di={OWNER}", "di=", f"sduuid={OWNER}"])
def test_a_foreign_query_over_a_session_is_answered(query: str) -> None:
    """Who asks this very device over a session is told that another one is meant."""
    assert World(in_domain()).get(RES, query) is Code.BAD_REQUEST
    assert plainly(in_domain()).get(RES, query) == SILENCE


def test_a_private_domain_is_not_confirmed() -> None:
    """With a private domain, even the right sduuid gets no answer."""
    assert plainly(in_domain(private=True)).get(RES, f"sduuid={DOMAIN}") == SILENCE
    assert list(links(plainly(in_domain(private=True)).get(RES))) == EVERYTHING


ALWAYS_PLAIN = {"/oic/p", "/oic/res", "/oic/d"}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("has_session", [True, False])
def test_which_endpoints_a_link_has(state: State, has_session: bool) -> None:
    """Doxm and pstat are plain only while a transfer could begin; the rest never changes."""
    requester = BY_OWNER if has_session else PLAIN
    world = World(in_state(state), requester, has_session=has_session)
    found = links(world.get(RES))
    is_waiting = state is State.RFOTM and not has_session
    plain = ALWAYS_PLAIN | ({"/oic/sec/doxm", "/oic/sec/pstat"} if is_waiting else set())
    for href, link in found.items():
        schemes = [endpoint["ep"].partition(":")[0] for endpoint in link["eps"]]
        assert schemes == (["coap", "coaps"] if href in plain else ["coaps"])


@pytest.mark.parametrize(
    ("local", "peer", "endpoints"),
    [
        ("192.0.2.1", "192.0.2.9", ["coap://192.0.2.1:5683", "coaps://192.0.2.1:5684"]),
        ("fe80::1%eth0", "fe80::9%eth0", ["coap://[fe80::1]:5693", "coaps://[fe80::1]:5694"]),
        ("2001:db8::1", "2001:db8::9", ["coap://[2001:db8::1]:5693", "coaps://[2001:db8::1]:5694"]),
    ],
)
def test_endpoints_are_where_the_request_came_in(
    local: str, peer: str, endpoints: list[str]
) -> None:
    """Only the family of the request is announced, by its own address, without a scope."""
    world = plainly(unowned())
    world.path = Path(local, 1, peer, 2)
    assert [each["ep"] for each in links(world.get(RES))[RES]["eps"]] == endpoints


def test_the_anchor_follows_the_device_uuid() -> None:
    """After a new deviceuuid was written, all links name it."""
    world = World(unowned())
    assert world.post("/oic/sec/doxm", {"deviceuuid": str(OWNER)}) is Code.CHANGED
    assert {link["anchor"] for link in world.get(RES)} == {f"ocf://{OWNER}"}
    assert world.get("/oic/d")["di"] == str(OWNER)


def test_what_is_not_discoverable_is_not_listed() -> None:
    """A hidden resource is in neither list."""
    light = plainly(unowned()).profile
    hidden = replace(
        light,
        resources=(replace(light.resources[0], discoverable=False), *light.resources[1:]),
    )
    world = World(unowned(), PLAIN, hidden)
    assert "/light/switch" not in links(world.get(RES))
    assert "/light/switch" not in world.get(WELL_KNOWN)
    assert "/light/dimming" in world.get(WELL_KNOWN)


def test_well_known_core_as_it_is_read() -> None:
    """Plain CoAP clients get the same links in their own format."""
    world = plainly(unowned())
    found = world.get(WELL_KNOWN).split(",")
    assert len(found) == len(EVERYTHING)
    assert '</oic/res>;rt="oic.wk.res";if="oic.if.ll oic.if.b oic.if.baseline";obs' in found
    assert any(link.startswith("</oic/sec/pstat>") and link.endswith(";obs") for link in found)
    assert world.get(WELL_KNOWN, "rt=oic.r.doxm").startswith("</oic/sec/doxm>")
    code, body = world.ask(Method.GET, WELL_KNOWN, None, "rt=oic.r.door")
    assert (code, body, world.last.content_format) == (Code.CONTENT, None, None)


@pytest.mark.parametrize(
    ("query", "hrefs"),
    [
        (("rt=oic.r.doxm",), ["/oic/sec/doxm"]),
        (("rt=oic.wk.con*",), ["/oic/con"]),
        (("rt=oic.d.*",), ["/oic/d"]),
        (("rt=oic.d.light", "if=oic.if.r"), ["/oic/d"]),
        (("rt=oic.d.light", "if=oic.if.a"), []),
        (("if=oic.if.a",), EVERYTHING[-3:]),
        (("href=/light/*",), EVERYTHING[-3:]),
        (("href=/oic/d",), ["/oic/d"]),
        (("href=*",), EVERYTHING),
        (("if=x",), []),
        (("rt=",), []),
        (("rt",), []),
        (("sz=5", "unknown"), EVERYTHING),
    ],
)
def test_well_known_core_is_filtered(query: tuple[str, ...], hrefs: list[str]) -> None:
    """All filters must fit, a star stands for any end; attributes that nothing has are ignored."""
    found = plainly(unowned()).ask(Method.GET, WELL_KNOWN, None, *query)[1] or ""
    assert [link.partition(">")[0].strip("<") for link in found.split(",") if link] == hrefs


@pytest.mark.parametrize(
    ("accept", "code"),
    [
        (None, Code.CONTENT),
        (40, Code.CONTENT),
        (60, Code.NOT_ACCEPTABLE),
        (10000, Code.NOT_ACCEPTABLE),
    ],
)
def test_well_known_core_has_one_format(accept: int | None, code: Code) -> None:
    """Link format is served and nothing pretends to be another one."""
    assert plainly(unowned()).request(Request(Method.GET, WELL_KNOWN, accept=accept))[0] is code


@pytest.mark.parametrize("path", [RES, WELL_KNOWN, "/oic/d", "/oic/p"])
def test_who_may_discover(path: str) -> None:
    """Anyone before the transfer, nobody unsecured during it, entries decide afterwards."""
    assert isinstance(plainly(unowned()).get(path), list | str | dict)
    assert plainly(unowned(), has_session=True).get(path) is Code.UNAUTHORIZED
    later = plainly(owned(State.RFNOP)).get(path)
    assert (later is Code.UNAUTHORIZED) is (path == WELL_KNOWN)
    closed = owned(State.RFNOP)
    closed = replace(closed, acl2=replace(closed.acl2, entries=()))
    assert plainly(closed).get(path) is Code.UNAUTHORIZED


def test_a_secured_peer_sees_the_same_links() -> None:
    """Over DTLS the endpoints are those of the address it came to."""
    world = World(owned(State.RFNOP), BY_OWNER, path=SECURED_PORT)
    assert list(links(world.get(RES))) == EVERYTHING
