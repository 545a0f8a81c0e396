"""`/oic/introspection` and the document behind it, against what the device then does."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jsonschema
import pytest
from climate_support import FAN, HOME, PROFILE, SECRET, climate, climate_profile, may
from data_models import MODELS, needs_models
from msgspec.structs import replace
from resource_support import PLAIN_PORT, STRANGER, World, owned, plainly

from onboardee.device.access.call import Query
from onboardee.device.access.target import Operation
from onboardee.device.resources import introspection
from onboardee.device.simulation.profile import CoreResources, load
from onboardee.svrdb.model import State
from onboardee.wire.coap import Code, Method, Request
from onboardee.wire.path import Path as Way

WHERE, DATA = "/oic/introspection", "/oic/introspection/data"
WORLDS = {
    "light": lambda: World(owned(State.RFNOP), STRANGER),
    "climate": lambda: climate(may(31)),
}
PUBLISHED = {
    "oic.r.switch.binary": "BinarySwitchResURI",
    "oic.r.light.dimming": "DimmingResURI",
    "oic.r.colour.rgb": "ColourRGBResURI",
    "oic.r.airflow": "AirFlowResURI",
    "oic.r.temperature": "TemperatureResURI",
}


def operations(document: Any) -> Iterator[tuple[str, tuple[str, ...], str, Any]]:
    """Yield path, query, method and description of everything that can be asked for."""
    for path, methods in document["paths"].items():
        parts = urlsplit(path)
        fixed = parse_qs(parts.query).get("if", [])
        for method, operation in methods.items():
            listed = next(each for each in operation["parameters"] if each["name"] == "if")
            assert not fixed or listed["enum"] == fixed
            for interface in listed["enum"]:
                yield parts.path, (f"if={interface}",), method, operation


def validator(document: Any, schema: Any) -> Any:
    """Make a validator for a schema of the document."""
    return jsonschema.Draft4Validator({**schema, "definitions": document["definitions"]})


def test_where_the_document_is() -> None:
    """The resource names the secured address at which the requester reached the device."""
    world = climate(may(2))
    place = {
        "protocol": "coaps",
        "url": f"coaps://192.0.2.1:5684{DATA}",
        "content-type": "application/cbor",
        "version": 1,
    }
    assert world.get(WHERE) == {"urlInfo": [place]}
    assert world.get(WHERE, "if=oic.if.baseline") == {
        "rt": ["oic.wk.introspection"],
        "if": ["oic.if.r", "oic.if.baseline"],
        "urlInfo": [place],
    }
    world.path = Way("2001:db8::1", 5694, "2001:db8::9", 40000, secured=True)
    assert world.get(WHERE)["urlInfo"][0]["url"] == f"coaps://[2001:db8::1]:5694{DATA}"


def test_who_may_read_it() -> None:
    """Both resources follow the access rules; only the first is listed in discovery."""
    assert climate(may(2, WHERE)).get(DATA) is Code.UNAUTHORIZED
    assert climate(may(4)).get(DATA) is Code.UNAUTHORIZED
    assert plainly(owned(State.RFNOP)).get(DATA) is Code.UNAUTHORIZED
    listed = {link["href"] for link in climate(may(2)).get("/oic/res", "if=oic.if.ll") or []}
    assert WHERE in listed
    assert DATA not in listed


def test_profile_may_leave_it_out() -> None:
    """A device without introspection answers 4.04."""
    profile = replace(load("light"), core=CoreResources(introspection=False))
    world = World(owned(State.RFNOP), STRANGER, profile)
    assert (world.get(WHERE), world.get(DATA)) == (Code.NOT_FOUND, Code.NOT_FOUND)


@pytest.mark.parametrize("name", WORLDS)
def test_document_is_openapi(name: str) -> None:
    """The document has what OpenAPI 2.0 demands, references that lead somewhere, and no more."""
    document = WORLDS[name]().get(DATA)
    assert json.loads(json.dumps(document)) == document
    assert document["swagger"] == "2.0"
    assert document.keys() <= {
        *("swagger", "info", "schemes", "consumes", "produces", "paths", "definitions"),
    }
    assert all(isinstance(document["info"][key], str) for key in ("title", "version"))
    assert set(document["schemes"]) <= {"http", "https", "ws", "wss"}
    for path, methods in document["paths"].items():
        assert path.startswith("/")
        assert methods.keys() <= {"get", "post", "put", "delete"}
        for method, operation in methods.items():
            check_operation(method, operation)
    for schema in document["definitions"].values():
        jsonschema.Draft4Validator.check_schema(schema)
    references = set(re.findall(r'"#/definitions/([^"]*)"', json.dumps(document)))
    assert references == document["definitions"].keys()


def check_operation(method: str, operation: Any) -> None:
    """Check parameters and answers as OpenAPI 2.0 wants them."""
    assert operation.keys() == {"parameters", "responses"}
    places = [(each["name"], each["in"]) for each in operation["parameters"]]
    assert len(set(places)) == len(places)
    for parameter in operation["parameters"]:
        if parameter["in"] == "body":
            assert parameter.keys() == {"name", "in", "required", "schema"}
        else:
            assert parameter.keys() == {"name", "in", "type", "enum"}
            assert (parameter["in"], parameter["type"]) == ("query", "string")
            assert parameter["enum"]
    assert (("body", "body") in places) is (method == "post")
    for code, answer in operation["responses"].items():
        assert code.isdigit()
        assert isinstance(answer["description"], str)


@pytest.mark.parametrize("name", WORLDS)
def test_device_does_as_the_document_says(name: str) -> None:
    """Each listed operation works on each listed interface, and its answer fits the schema."""
    world = WORLDS[name]()
    document = world.get(DATA)
    assert {path for path, *_ in operations(document)} == world.appliances.keys()
    for path, query, method, operation in operations(document):
        body = [] if query == ("if=oic.if.b",) else {}
        code, answer = world.ask(Method[method.upper()], path, body, *query)
        if method == "get":
            assert code in {Code.CONTENT, Code.NOT_FOUND}  # a batch may hold what is write-only
            schema = operation["responses"]["200"]["schema"]
            validator(document, schema).validate(answer)
        else:
            assert code is (Code.BAD_REQUEST if body == [] else Code.CHANGED)


@pytest.mark.parametrize("name", WORLDS)
def test_what_the_document_does_not_list_is_refused(name: str) -> None:
    """Other methods and interfaces come to nothing, apart from an UPDATE of nothing."""
    world = WORLDS[name]()
    listed = {(path, query, method) for path, query, method, _ in operations(world.get(DATA))}
    for href in world.appliances:
        for interface in ("a", "s", "r", "rw", "ll", "b", "w", "baseline"):
            query = (f"if=oic.if.{interface}",)
            is_listed = (href, query, "get") in listed
            assert (world.ask(Method.GET, href, None, *query)[0] is Code.FORBIDDEN) is not is_listed


def test_schema_of_a_body_lets_pass_what_may_be_written() -> None:
    """The definition of an UPDATE has the writable properties only, with their limits."""
    document = climate(may(31)).get(DATA)
    body = {"$ref": "#/definitions/oic.r.airflow-Update"}
    checked = validator(document, body)
    assert checked.is_valid({"speed": 100, "direction": "down"})
    assert not checked.is_valid({"speed": 101})
    assert not checked.is_valid({"direction": "left"})
    assert "get" not in document["paths"][SECRET]
    room = document["definitions"]["oic.r.temperature"]
    assert room["properties"]["temperature"] == {"type": "number", "readOnly": True}
    (unit,) = (
        each["enum"]
        for each in document["paths"]["/temperature/current"]["get"]["parameters"]
        if each["name"] == "units"
    )
    assert unit == ["C", "F"]
    target = document["definitions"]["oic.r.temperature-2"]
    assert target["properties"]["range"] == {
        "type": "array",
        "items": {"type": "number"},
        "minItems": 2,
        "maxItems": 2,
        "readOnly": True,
    }


def test_collections_have_a_path_for_each_interface() -> None:
    """As in OCF's example, since each interface has its own form."""
    paths = climate(may(31)).get(DATA)["paths"]
    assert {path for path in paths if path.startswith((f"{FAN}?", f"{HOME}?"))} == {
        f"{href}?if=oic.if.{interface}"
        for href in (FAN, HOME)
        for interface in ("ll", "b", "baseline")
    }
    assert paths[f"{FAN}?if=oic.if.b"].keys() == {"get", "post"}
    assert paths[f"{FAN}?if=oic.if.baseline"].keys() == {"get"}
    assert paths[f"{HOME}?if=oic.if.baseline"].keys() == {"get", "post"}


@needs_models
@pytest.mark.parametrize("name", WORLDS)
def test_definitions_are_part_of_the_published_ones(name: str) -> None:
    """A resource type has no property that its published model lacks, and none of another type."""
    document = WORLDS[name]().get(DATA)
    for definition, schema in document["definitions"].items():
        kind = re.sub(r"(-Update)?(-\d+)?$", "", definition)
        if kind not in PUBLISHED:
            continue
        model = json.loads(
            (MODELS / "IoTDataModels" / f"{PUBLISHED[kind]}.swagger.json").read_text()
        )
        get = next(iter(model["paths"].values()))["get"]
        reference = get["responses"]["200"]["schema"]["$ref"].rpartition("/")[2]
        published = model["definitions"][reference]["properties"]
        for name_, mine in schema["properties"].items():
            assert name_ in published
            assert mine["type"] == published[name_].get("type", mine["type"])


def test_devices_of_one_profile_share_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is made at the first request, once per device, and kept once; strangers have their own."""
    monkeypatch.setattr(introspection, "_shared", {})

    def retrieved(number: int, label: str = "") -> bytes:
        platform = {"manufacturer": "onboardee", "model": label or "same"}
        device = {**PROFILE["device"], "name": f"Number {number}"}
        profile = climate_profile(device=device, platform=platform)
        world = climate(may(2))
        resource = introspection.IntrospectionDataResource(profile)
        asked = Request(Method.GET, resource.target.href)
        baseline = "oic.if.baseline"
        call = world._call(asked, Operation.RETRIEVE, resource.target, Query(), baseline)
        document = resource.retrieve(call)
        assert isinstance(document, bytes)
        assert resource.retrieve(call) is document
        return document

    assert retrieved(1) is retrieved(2)
    for number in range(2 * introspection.KEPT):
        retrieved(number, f"kind {number}")
    assert len(introspection._shared) == introspection.KEPT


def test_plain_port_says_nothing_of_it() -> None:
    """The address of the document is always a secured one."""
    world = climate(may(2))
    world.path = PLAIN_PORT
    assert {place["protocol"] for place in world.get(WHERE)["urlInfo"]} == {"coaps"}
