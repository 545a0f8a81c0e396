"""What strangers answer to a survey: payloads and links of any form, and not at all."""

import json
from typing import Any
from uuid import UUID

import cbor2
import pytest
from obt_support import PLAIN, FakeDevice, representation, scene

from onboardee.obt import Address, Survey, SurveyError, run, survey
from onboardee.obt.errors import PayloadError
from onboardee.obt.listing import anchored, documents, is_ours, links_of, secured_endpoint
from onboardee.obt.payloads import MAX_VALUES, read_payload
from onboardee.obt.surveying import ALL_SECONDS
from onboardee.wire.coap import Code, Request, Response
from onboardee.wire.path import Outgoing, Path

CBOR, OCF_CBOR, JSON, TEXT = 60, 10000, 50, 0
DEVICE = UUID("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee")
HERE = Address("10.0.0.10", 5683)


def nested(depth: int) -> list[Any]:
    """Return lists within each other."""
    return [nested(depth - 1)] if depth else []


@pytest.mark.parametrize("content_format", [CBOR, OCF_CBOR, JSON])
def test_payloads_that_are_read(content_format: int) -> None:
    """CBOR and JSON come out alike."""
    value = {"a": [1, 2.5, None, True, "é"], "b": nested(30)}
    payload = json.dumps(value).encode() if content_format == JSON else cbor2.dumps(value)
    assert read_payload(payload, content_format) == value


@pytest.mark.parametrize(
    ("payload", "content_format", "why"),
    [
        (b"", OCF_CBOR, "not valid CBOR"),
        (b"\xa0\xa0", OCF_CBOR, "follows the CBOR value"),
        (b"\xa2\x61a\x01\x61a\x02", OCF_CBOR, "not valid CBOR"),
        (cbor2.dumps({1: 2}), OCF_CBOR, "keys are not text"),
        (b"\xd8\x1c\x81\xd8\x1d\x00", OCF_CBOR, "nested too deeply|not valid CBOR"),
        (b"\xc1\x00", OCF_CBOR, "what JSON has not"),
        (b"\xf7", OCF_CBOR, "what JSON has not"),
        (cbor2.dumps(nested(60)), CBOR, "not valid CBOR"),
        (cbor2.dumps([0] * (MAX_VALUES + 1)), CBOR, "too large"),
        (b"[" * 100_000, JSON, "not valid JSON"),
        (json.dumps(nested(60)).encode(), JSON, "nested too deeply"),
        (b"[NaN]", JSON, "not valid JSON"),
        (b'"\\ud800"', JSON, "what JSON has not"),
        (b"\xff", JSON, "not valid JSON"),
        (b"text", TEXT, "content format 0"),
        (b"", None, "content format None"),
    ],
)
def test_payloads_that_are_refused(payload: bytes, content_format: int | None, why: str) -> None:
    """A payload of another form, or one without end, is an error of the peer."""
    with pytest.raises(PayloadError, match=why):
        read_payload(payload, content_format)


@pytest.mark.parametrize(
    ("body", "hrefs"),
    [
        ([{"href": "/a"}, {"href": "/b"}], ["/a", "/b"]),
        ([{"rt": ["oic.wk.res"], "links": [{"href": "/a"}]}], ["/a"]),
        ([{"di": str(DEVICE), "links": [{"href": "/a"}, 5]}], ["/a"]),
        ([5, None, {"href": 5}, {}], []),
        ({"href": "/a"}, []),
        (None, []),
        ([{"href": "/a"}] * 1000, ["/a"] * 512),
    ],
)
def test_forms_of_lists(body: Any, hrefs: list[str]) -> None:
    """By the default interface, by baseline, as in OIC 1.1, and none of these."""
    assert [each["href"] for each in links_of(body)] == hrefs


@pytest.mark.parametrize(
    ("bodies", "uuid"),
    [
        ([{"anchor": f"ocf://{DEVICE}"}], DEVICE),
        ([{"anchor": "ocf://x"}, {"di": str(DEVICE)}], DEVICE),
        (links_of([{"di": str(DEVICE), "links": [{"href": "/a"}]}]), DEVICE),
        ([{"di": str(UUID(int=0))}, 5, {"anchor": 5}], None),
        ([], None),
    ],
)
def test_who_it_is(bodies: list[Any], uuid: UUID | None) -> None:
    """The UUID comes from an anchor or from `di`."""
    assert anchored(bodies) == uuid


@pytest.mark.parametrize(
    ("endpoints", "found"),
    [
        (["coap://10.0.0.10:1", "coaps://10.0.0.10:2"], Address("10.0.0.10", 2)),
        (["coaps://10.0.0.11:1", "coaps://10.0.0.10:2"], Address("10.0.0.10", 2)),
        (["coaps://10.0.0.11:1"], Address("10.0.0.11", 1)),
        (["coaps://lamp:1", "coaps://10.0.0.10", 5, "coaps://[::"], None),
        ([], None),
    ],
)
def test_where_it_takes_sessions(endpoints: list[Any], found: Address | None) -> None:
    """At the host that was asked, if it is among those told."""
    links = [{"href": "/a", "eps": 5}, {"href": "/b", "eps": [5, *({"ep": e} for e in endpoints)]}]
    assert secured_endpoint(links, HERE) == found


@pytest.mark.parametrize(
    ("places", "asked"),
    [
        ([{"url": "coaps://10.0.0.10:1/oic/idd/data"}], [("/oic/idd/data", ())]),
        ([{"url": "coap://h:1/idd?a=1&b=2"}], [("/idd", ("a=1", "b=2"))]),
        ([{"url": "coap://h:1/idd"}, {"url": "coaps://h:2/idd"}], [("/idd", ())]),
        ([{"url": f"coap://h/{n}"} for n in range(9)], [("/0", ()), ("/1", ())]),
        ([{"url": "https://h/idd"}, {"url": 5}, {}, 5, {"url": "coap://["}], []),
        ([{"url": "coap://h"}, {"url": "coap://h/oic/sec/cred"}], []),
        (5, []),
    ],
)  # fmt: skip
def test_where_introspection_is(places: Any, asked: list[tuple[str, tuple[str, ...]]]) -> None:
    """Only paths are taken from there: nobody sends us to another host."""
    assert list(documents({"urlInfo": places})) == asked


@pytest.mark.parametrize(
    ("href", "ours"),
    [
        ("/light", True),
        ("/oc/con", True),
        ("/oic/sec/cred", False),
        ("/.well-known/core", False),
        ("light", False),
        ("coap://h/light", False),
        ("/a\nb", False),
        ("/" + "a" * 256, False),
    ],
)
def test_what_is_read(href: str, ours: bool) -> None:
    """The device's own resources, and with them its secrets, are never asked for."""
    assert is_ours(href) is ours


LINK = {"href": "/x", "rt": ["x.test"], "if": ["oic.if.a", "oic.if.baseline"]}
IDD = {"href": "/idd", "rt": ["oic.wk.introspection"], "if": ["oic.if.r"]}


def surveyed(answers: dict[str, Any], links: Any = (LINK,)) -> tuple[Survey, FakeDevice]:
    """Survey a device that answers so, without a session; paths may have queries."""
    made = scene()
    everything = {"/oic/res": links, "/oic/d": {"n": "Odd"}, "/oic/p": {}, **answers}

    def script(_: FakeDevice, request: Request) -> Response:
        query = f"?{'&'.join(request.query)}" if request.query else ""
        answer = everything.get(request.path + query, everything.get(request.path, Code.NOT_FOUND))
        answer = answer(request) if callable(answer) else answer
        if isinstance(answer, Code):
            return Response(answer)
        return answer if isinstance(answer, Response) else representation(answer)

    device = FakeDevice(made.network, script)
    return run(survey(made.transport, PLAIN)), device


def test_introspection_as_json() -> None:
    """The document may be JSON, of several blocks, at any path."""
    document = {"paths": {"/hidden": {"get": {"description": "x" * 3000}}}}
    urls = {"urlInfo": [{"protocol": "coap", "url": "coap://h:1/doc?v=1"}]}
    text = Response(Code.CONTENT, json.dumps(document).encode(), JSON)
    found, _ = surveyed(
        {"/idd": urls, "/doc?v=1": text, "/x": {"v": 1}, "/hidden": {"w": 2}}, [LINK, IDD]
    )
    assert found.introspection == document
    assert {href: each.body for href, each in found.resources.items()} == {
        "/x": {"v": 1},
        "/hidden": {"w": 2},
    }


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ({"/idd": Code.UNAUTHORIZED}, "the device answered 4.01"),
        ({"/idd": {}}, "there is no document"),
        ({"/idd": {"urlInfo": [{"url": "coap://h/doc"}]}}, "the device answered 4.04"),
        ({"/idd": {"urlInfo": [{"url": "coap://h/doc"}]}, "/doc": [1]}, "there is no document"),
    ],
)
def test_no_introspection(answers: dict[str, Any], why: str) -> None:
    """There is a sentence, and the rest is read."""
    found, _ = surveyed({**answers, "/x": {"v": 1}}, [LINK, IDD])
    assert found.introspection is None
    assert found.notes == [f"introspection (/idd) could not be read: {why}"]
    assert found.resources["/x"].body == {"v": 1}


def test_no_baseline() -> None:
    """A resource without that interface is read by its default one."""
    found, _ = surveyed({"/x?if=oic.if.baseline": Code.BAD_REQUEST, "/x": {"v": 1}})
    assert found.resources["/x"].body == {"v": 1}


def test_another_content_format() -> None:
    """A device that does not know OCF's content format is asked for any."""

    def old(request: Request) -> Response:
        if request.accept is not None:
            return Response(Code.NOT_ACCEPTABLE)
        return Response(Code.CONTENT, cbor2.dumps({"v": 1}), CBOR)

    found, _ = surveyed({"/x": old})
    assert found.resources["/x"].body == {"v": 1}


def test_what_collections_lead_to() -> None:
    """Links are followed, each path once, in cycles too; secrets are not asked for."""
    inner = {"links": [{"href": "/x"}, {"href": "/y"}, {"href": "/oic/sec/cred"}, 5]}
    cred = {"href": "/oic/sec/cred", "rt": ["oic.wk.introspection"]}
    found, device = surveyed({"/x": inner, "/y": inner}, [LINK, cred])
    assert found.resources.keys() == {"/x", "/y"}
    asked = [request.path for request, _ in device.requests]
    assert (asked.count("/x"), asked.count("/y")) == (1, 1)
    assert not [path for path in asked if path.startswith("/oic/sec")]


def test_a_device_without_end() -> None:
    """Each resource leads to the next: there is a bound."""

    def endless(request: Request) -> Response:
        return representation({"links": [{"href": f"{request.path}x"}]})

    found, _ = surveyed(dict.fromkeys((f"/{'x' * n}" for n in range(1, 300)), endless))
    assert len(found.resources) <= 256
    many = [{**LINK, "href": f"/{number}"} for number in range(300)]
    found, _ = surveyed({"/0": {}}, many)
    assert len(found.resources) == 256
    assert found.notes == ["there are more than 256 resources"]


def test_a_device_that_says_too_much() -> None:
    """After a megabyte nothing more is taken."""
    large = {"v": ["x" * 1000] * 200}
    links = [{**LINK, "href": f"/{number}"} for number in range(8)]
    found, _ = surveyed({f"/{number}": large for number in range(8)}, links)
    refusals = [each.refusal for each in found.resources.values()]
    assert refusals == [None] * 5 + ["the device says too much"] * 3


def test_a_device_that_falls_silent() -> None:
    """What was read is there, the rest is told of, and the end comes after two minutes."""
    made = scene()
    links = [{**LINK, "href": f"/{number}"} for number in range(40)]
    answers = {"/oic/res": links, "/oic/d": {"n": "Odd"}, "/oic/p": {}, "/0": {"v": 1}}

    class Mute(FakeDevice):
        def receive(self, datagram: bytes, path: Path, now: float) -> list[Outgoing]:
            known = len(self.requests) < len(answers) + 1
            return super().receive(datagram, path, now) if known else []

    Mute(made.network, lambda _, request: representation(answers[request.path]))
    began = made.transport.now
    found = run(survey(made.transport, PLAIN))
    assert made.transport.now - began < ALL_SECONDS + 1
    assert found.resources["/0"].body == {"v": 1}
    refusals = [each.refusal for each in found.resources.values()]
    assert refusals[1] == "no answer in time"
    assert refusals[-1] == "reading took longer than 120 s"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Code.UNAUTHORIZED, "the device answered 4.01"),
        ({"a": 1}, "it is no list of links"),
        (Response(Code.CONTENT, b"\xff", OCF_CBOR, 2048), "not valid CBOR"),
        (Response(Code.CONTENT, b"x", TEXT), "content format 0"),
    ],
)
def test_no_ocf_device(answer: Any, why: str) -> None:
    """What has no links of OCF's form is told so."""
    with pytest.raises(SurveyError, match=why):
        surveyed({"/oic/res": answer})
