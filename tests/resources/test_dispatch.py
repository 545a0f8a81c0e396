"""The way of a request: formats, interfaces, access, methods, and which error comes first."""

from typing import Any

import cbor2
import pytest
from msgspec.structs import replace
from resource_support import (
    BY_OWNER,
    OPEN,
    OWNER,
    STRANGER,
    USABLE,
    World,
    owned,
    plainly,
    unowned,
)

from onboardee.device.simulation.profile import Profile
from onboardee.svrdb.model import Ace, AceResource, Acl2, Connection, Permission, State, Subject
from onboardee.wire.coap import Code, Method, Request

GET, POST, PUT, DELETE = Method
RES, DOXM, PSTAT, SWITCH = "/oic/res", "/oic/sec/doxm", "/oic/sec/pstat", "/light/switch"


@pytest.mark.parametrize(
    ("accept", "version", "answer"),
    [
        (None, None, 10000),
        (10000, None, 10000),
        (10000, 2048, 10000),
        (10000, 2112, 10000),
        (10000, 65535, 10000),
        (60, None, 60),
        (60, 2112, 60),
        (0, None, Code.NOT_ACCEPTABLE),
        (40, None, Code.NOT_ACCEPTABLE),
        (50, None, Code.NOT_ACCEPTABLE),
        (10001, None, Code.NOT_ACCEPTABLE),
        (10000, 2047, Code.UNSUPPORTED_CONTENT_FORMAT),
        (None, 0, Code.UNSUPPORTED_CONTENT_FORMAT),
    ],
)
def test_which_format_an_answer_has(
    accept: int | None, version: int | None, answer: int | Code
) -> None:
    """OCF's CBOR unless plain CBOR is asked for; other formats and old versions are refused."""
    world = plainly(unowned())
    code, _ = world.request(Request(GET, DOXM, accept=accept, accept_version=version))
    if isinstance(answer, Code):
        assert code is answer
    else:
        assert world.last.content_format == answer


@pytest.mark.parametrize(
    ("content_format", "version", "code"),
    [
        (None, None, Code.CHANGED),
        (10000, None, Code.CHANGED),
        (10000, 2048, Code.CHANGED),
        (60, None, Code.CHANGED),
        (60, 2112, Code.CHANGED),
        (0, None, Code.UNSUPPORTED_CONTENT_FORMAT),
        (40, None, Code.UNSUPPORTED_CONTENT_FORMAT),
        (50, None, Code.UNSUPPORTED_CONTENT_FORMAT),
        (10001, None, Code.UNSUPPORTED_CONTENT_FORMAT),
        (10000, 2047, Code.UNSUPPORTED_CONTENT_FORMAT),
        (60, 1, Code.UNSUPPORTED_CONTENT_FORMAT),
    ],
)
def test_which_formats_a_payload_may_have(
    content_format: int | None, version: int | None, code: Code
) -> None:
    """Both CBOR formats and none are read alike; the rest is refused."""
    request = Request(
        POST,
        DOXM,
        payload=cbor2.dumps({"oxmsel": 1}),
        content_format=content_format,
        content_version=version,
    )
    assert plainly(unowned()).request(request)[0] is code


def test_an_answer_without_payload_has_no_format() -> None:
    """A bare 2.04 carries no content format."""
    world = plainly(unowned())
    assert world.post(DOXM, {"oxmsel": 0}) is Code.CHANGED
    assert (world.last.payload, world.last.content_format) == (b"", None)


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        # the path comes first
        (Request(GET, "/nowhere", ("if=oic.if.x",), accept=0), Code.NOT_FOUND),
        (Request(POST, "/nowhere", payload=b"\xff", content_format=0), Code.NOT_FOUND),
        (Request(PUT, "/oic/sec/doxm/"), Code.NOT_FOUND),
        (Request(GET, "/OIC/RES"), Code.NOT_FOUND),
        (Request(GET, "/"), Code.NOT_FOUND),
        # then the formats
        (Request(GET, "/oic/sec/cred", ("if=oic.if.x",), accept=0), Code.NOT_ACCEPTABLE),
        (
            Request(POST, "/oic/sec/cred", ("if=oic.if.x",), b"\xff", content_format=0),
            Code.UNSUPPORTED_CONTENT_FORMAT,
        ),
        # then the interface
        (Request(GET, "/oic/sec/cred", ("if=oic.if.x",)), Code.FORBIDDEN),
        (Request(POST, RES, ("if=oic.if.ll",), b"\xff"), Code.FORBIDDEN),
        (Request(PUT, "/oic/d", ("if=oic.if.r",)), Code.FORBIDDEN),
        # then access
        (Request(POST, "/oic/sec/cred", payload=b"\xff"), Code.UNAUTHORIZED),
        (Request(PUT, "/oic/sec/cred"), Code.UNAUTHORIZED),
        (Request(POST, RES), Code.UNAUTHORIZED),
        (Request(POST, PSTAT, payload=b"\xff"), Code.UNAUTHORIZED),
        # then the method
        (Request(PUT, DOXM, payload=b"\xff"), Code.METHOD_NOT_ALLOWED),
        (Request(DELETE, DOXM), Code.METHOD_NOT_ALLOWED),
        # then the payload
        (Request(POST, DOXM, payload=b"\xff"), Code.BAD_REQUEST),
        (Request(POST, DOXM), Code.BAD_REQUEST),
    ],
)
def test_which_error_comes_first(request_: Request, code: Code) -> None:
    """A request with several faults learns of the outermost one."""
    assert plainly(unowned()).request(request_)[0] is code


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/oic/res", POST),
        ("/oic/res", DELETE),
        ("/oic/d", POST),
        ("/oic/d", DELETE),
        ("/oic/p", POST),
        ("/oic/mnt", DELETE),
        (DOXM, DELETE),
        (PSTAT, DELETE),
        ("/oic/sec/sp", DELETE),
        ("/oic/sec/sdi", DELETE),
        *(
            (f"/oic/sec/{name}", PUT)
            for name in ("doxm", "pstat", "acl2", "cred", "sp", "sdi", "csr", "roles", "crl")
        ),
    ],
)
def test_methods_that_a_resource_lacks(path: str, method: Method) -> None:
    """Who may do everything still cannot do what does not exist."""
    assert World(unowned()).ask(method, path, {})[0] is Code.METHOD_NOT_ALLOWED


@pytest.mark.parametrize(
    ("query", "has_common"),
    [
        ((), False),
        (("if=oic.if.rw",), False),
        (("if=oic.if.baseline",), True),
        (("IF=oic.if.baseline",), True),
        (("x=y", "if=oic.if.baseline", "if=oic.if.none"), True),
    ],
)
def test_the_first_interface_asked_for_counts(query: tuple[str, ...], has_common: bool) -> None:
    """Only the baseline interface adds the common properties; unknown queries do nothing."""
    body = plainly(unowned()).get(DOXM, *query)
    assert ("rt" in body, "if" in body) == (has_common, has_common)


@pytest.mark.parametrize("query", ["if=", "if", "if=oic.if.ll", "if=OIC.IF.RW", "if=oic.if.rw "])
def test_interfaces_that_a_resource_lacks(query: str) -> None:
    """An interface that is not declared is forbidden, read or written."""
    world = World(unowned())
    assert world.get(DOXM, query) is Code.FORBIDDEN
    assert world.post(DOXM, {}, query) is Code.FORBIDDEN


def sensor_profile(*interfaces: str) -> Profile:
    """Make a device with one resource of these interfaces."""
    world = plainly(unowned())
    resource = replace(world.profile.resources[0], interfaces=interfaces)
    return replace(world.profile, resources=(resource,))


@pytest.mark.parametrize(
    ("interfaces", "query", "read", "written"),
    [
        (("oic.if.a", "oic.if.baseline"), (), Code.CONTENT, Code.CHANGED),
        (("oic.if.s", "oic.if.baseline"), (), Code.CONTENT, Code.FORBIDDEN),
        (("oic.if.r",), (), Code.CONTENT, Code.FORBIDDEN),
        (("oic.if.s", "oic.if.baseline"), ("if=oic.if.baseline",), Code.CONTENT, Code.CHANGED),
        (("oic.if.w",), (), Code.FORBIDDEN, Code.CHANGED),
        (("oic.if.rw", "oic.if.s"), ("if=oic.if.s",), Code.CONTENT, Code.FORBIDDEN),
    ],
)
def test_what_an_interface_allows(
    interfaces: tuple[str, ...], query: tuple[str, ...], read: Code, written: Code
) -> None:
    """A sensor's interface reads only, even as the default; a write-only one only writes."""
    world = World(owned(State.RFNOP), STRANGER, sensor_profile(*interfaces))
    assert world.ask(GET, SWITCH, None, *query)[0] is read
    assert world.post(SWITCH, {"value": True}, *query) is written


def with_permission(permission: int) -> World:
    """Make a light on which a stranger has these permissions."""
    entry = replace(USABLE, permission=permission)
    database = owned(State.RFNOP)
    acl2 = Acl2(entries=(OPEN, entry), resource_owner=database.acl2.resource_owner)
    return World(replace(database, acl2=acl2), STRANGER)


@pytest.mark.parametrize(
    ("permission", "code", "observes"),
    [
        (Permission.RETRIEVE, Code.CONTENT, True),
        (Permission.NOTIFY, Code.CONTENT, True),
        (Permission.RETRIEVE | Permission.NOTIFY, Code.CONTENT, True),
        (Permission.UPDATE, Code.UNAUTHORIZED, False),
    ],
)
def test_who_may_observe(permission: int, code: Code, observes: bool) -> None:
    """Whoever may read may observe, and so may who may only be notified; nobody else."""
    world = with_permission(permission)
    assert world.request(Request(GET, SWITCH, observe=0))[0] is code
    assert code is Code.UNAUTHORIZED or (world.last.observe_as == SWITCH) is observes


def test_what_cannot_be_observed_is_retrieved() -> None:
    """Observe on a resource without observation is ignored, as is deregistration."""
    world = World(unowned())
    assert world.request(Request(GET, DOXM, observe=0))[0] is Code.CONTENT
    assert world.last.observe_as is None
    assert world.request(Request(GET, PSTAT, observe=1))[0] is Code.CONTENT
    assert world.last.observe_as is None


@pytest.mark.parametrize("method", [POST, DELETE, PUT])
def test_the_right_to_observe_is_none_to_change(method: Method) -> None:
    """An Observe option on another method than GET opens nothing."""
    body = cbor2.dumps({"value": True})
    request = Request(method, SWITCH, payload=body, observe=0)
    assert with_permission(Permission.NOTIFY).request(request)[0] is Code.UNAUTHORIZED


@pytest.mark.parametrize("body", [{"dos": {"s": 0}}, {"tm": 1}, {"rowneruuid": str(OWNER)}])
def test_an_anonymous_peer_cannot_write_pstat_by_observing(body: Any) -> None:
    """Pstat may be observed by anyone in RFOTM, which must not let anyone write it."""
    request = Request(POST, PSTAT, payload=cbor2.dumps(body), observe=0)
    assert plainly(unowned()).request(request)[0] is Code.UNAUTHORIZED


def test_a_denial_names_its_rule() -> None:
    """The decision travels with the error, for the log."""
    world = World(owned(State.RFNOP), STRANGER)
    assert world.get("/oic/sec/cred") is Code.UNAUTHORIZED
    assert world.last.decision.rule == "access-control-entry"


@pytest.mark.parametrize("body", [[], 1, "x", None, b"\x01"])
def test_a_body_is_a_map(body: Any) -> None:
    """Anything else than a map is refused by every resource that can be written."""
    raw = cbor2.dumps(body)
    for path in ("doxm", "pstat", "acl2", "cred", "sp", "sdi"):
        assert World(unowned()).post(f"/oic/sec/{path}", raw) is Code.BAD_REQUEST
    assert World(owned(State.RFNOP), STRANGER).post(SWITCH, raw) is Code.BAD_REQUEST


def test_a_plain_peer_uses_what_was_made_plain() -> None:
    """A resource with a plain endpoint serves anonymous peers as far as an entry goes."""
    light = World(owned(State.RFNOP)).profile
    plain = replace(light, resources=(replace(light.resources[0], plain=True),))
    entry = Ace(
        aceid=9,
        subject=Subject(connection=Connection.ANYONE),
        resources=(AceResource(wildcard="-"),),
        permission=2,
    )
    database = owned(State.RFNOP)
    acl2 = replace(database.acl2, entries=(*database.acl2.entries, entry))
    world = plainly(replace(database, acl2=acl2))
    other = World(world.database, world.requester, plain, has_session=False)
    assert other.get(SWITCH) == {"value": False}
    assert other.post(SWITCH, {"value": True}) is Code.UNAUTHORIZED
    assert world.get(SWITCH) is Code.UNAUTHORIZED


def test_requests_are_values() -> None:
    """The same request can be asked again and changed without surprise."""
    request = Request(GET, DOXM)
    world = World(owned(), BY_OWNER)
    assert world.request(request) == world.request(replace(request, token=b"x"))
