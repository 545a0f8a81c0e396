"""What is read from a device, against the data models that OCF publishes."""

from typing import Any

import pytest
from climate_support import FAN, HOME, ROOM, SPEED, SWITCH, TARGET, climate, may
from data_models import (
    MODELS,
    as_json,
    check,
    document,
    needs_models,
    resolved,
    retrieved_schema,
)
from resource_support import STRANGER, World, in_state, owned

from onboardee.svrdb.model import State
from onboardee.wire.coap import Code, Method

pytestmark = needs_models

SECURITY = ["doxm", "pstat", "acl2", "cred", "csr", "roles", "crl", "ael", "sp", "sdi"]
LIGHT = {
    "/light/switch": "BinarySwitchResURI",
    "/light/dimming": "DimmingResURI",
    "/light/colour": "ColourRGBResURI",
}


# while a reset is pending there is no certificate request
CELLS = [(name, state) for name in SECURITY for state in State]
CELLS.remove(("csr", State.RESET))


@pytest.mark.parametrize(("name", "state"), CELLS)
@pytest.mark.parametrize("query", [(), ("if=oic.if.baseline",)], ids=["default", "baseline"])
def test_security_resources(name: str, state: State, query: tuple[str, ...]) -> None:
    """Every security resource looks as published, in each state and on each interface."""
    path = MODELS / "security" / "swagger2.0" / f"oic.sec.{name}.swagger.json"
    found = as_json(World(in_state(state)).get(f"/oic/sec/{name}", *query))
    check(found, retrieved_schema(path))


@pytest.mark.parametrize("href", LIGHT)
@pytest.mark.parametrize("query", [(), ("if=oic.if.a",), ("if=oic.if.baseline",)])
def test_the_light(href: str, query: tuple[str, ...]) -> None:
    """Every resource of the light looks as published, read and as the answer to an UPDATE."""
    world = World(owned(State.RFNOP), STRANGER)
    schema = retrieved_schema(MODELS / "IoTDataModels" / f"{LIGHT[href]}.swagger.json")
    check(as_json(world.get(href, *query)), schema)
    _, answer = world.ask(Method.POST, href, {}, *query)
    check(as_json(answer), schema)


@pytest.mark.parametrize("name", ["d", "p"])
@pytest.mark.parametrize("query", [(), ("if=oic.if.baseline",)], ids=["default", "baseline"])
def test_device_and_platform(name: str, query: tuple[str, ...]) -> None:
    """Both core resources look as published."""
    path = MODELS / "core" / "swagger2.0" / f"oic.wk.{name}.swagger.json"
    check(as_json(World(in_state(State.RFNOP)).get(f"/oic/{name}", *query)), retrieved_schema(path))


@pytest.mark.parametrize(
    ("query", "definition"), [((), "slinklist"), (("if=oic.if.baseline",), "sbaseline")]
)
def test_discovery(query: tuple[str, ...], definition: str) -> None:
    """The links look as published, with and without the baseline interface."""
    path = MODELS / "core" / "swagger2.0" / "oic.wk.res.swagger.json"
    schema = resolved(document(path)["definitions"][definition], path)
    check(as_json(World(in_state(State.RFOTM)).get("/oic/res", *query)), schema)


AIR_FLOW = "IoTDataModels/AirFlowControlResURI.swagger.json"
COLLECTION = "core/swagger2.0/oic.wk.col.swagger.json"
TEMPERATURES = "rt=oic.r.temperature"


@pytest.mark.parametrize(
    ("href", "file", "interface", "query", "number"),
    [
        (FAN, AIR_FLOW, "ll", (), "200"),
        (FAN, AIR_FLOW, "b", (), "200"),
        (FAN, AIR_FLOW, "baseline", (), "200"),
        (HOME, COLLECTION, "ll", (TEMPERATURES,), "200"),
        (HOME, COLLECTION, "b", (TEMPERATURES,), "200"),
        (HOME, COLLECTION, "b", (), "404"),
        (HOME, COLLECTION, "baseline", (TEMPERATURES,), "200"),
    ],
)
def test_collections(
    href: str, file: str, interface: str, query: tuple[str, ...], number: str
) -> None:
    """Links, batches and baselines look as published, also where a link of a batch is refused."""
    path = MODELS / file
    operations = {
        query.partition("?if=oic.if.")[2]: methods
        for query, methods in document(path)["paths"].items()
    }
    responses = operations[interface]["get"]["responses"]
    code, found = climate(may(2)).ask(Method.GET, href, None, f"if=oic.if.{interface}", *query)
    assert code is (Code.CONTENT if number == "200" else Code.NOT_FOUND)
    check(as_json(found), resolved(responses[number]["schema"], path))


@pytest.mark.parametrize(
    ("items", "number"),
    [
        ({SWITCH: {"value": True}, SPEED: {"speed": 5}}, "200"),
        ({SWITCH: {"value": True}, SPEED: {"speed": 500}}, "403"),
    ],
)
def test_written_batches(items: dict[str, Any], number: str) -> None:
    """The answer to an UPDATE of several links looks as published, with the published code."""
    path = MODELS / "core" / "swagger2.0" / "oic.wk.col.swagger.json"
    update = document(path)["paths"]["/CollectionResURI?if=oic.if.b"]["post"]
    body = [{"href": href, "rep": rep} for href, rep in items.items()]
    check(body, resolved(update["parameters"][1]["schema"], path))
    code, found = climate(may(4)).ask(Method.POST, FAN, body, "if=oic.if.b")
    assert code is (Code.CHANGED if number == "200" else Code.FORBIDDEN)
    check(as_json(found), resolved(update["responses"][number]["schema"], path))


@pytest.mark.parametrize("href", [ROOM, TARGET])
@pytest.mark.parametrize("query", [(), ("units=C",), ("units=F", "if=oic.if.baseline")])
def test_temperatures(href: str, query: tuple[str, ...]) -> None:
    """A temperature looks as published in each unit."""
    schema = retrieved_schema(MODELS / "IoTDataModels" / "TemperatureResURI.swagger.json")
    check(as_json(climate(may(2)).get(href, *query)), schema)


@pytest.mark.parametrize("query", [(), ("if=oic.if.baseline",)])
def test_introspection(query: tuple[str, ...]) -> None:
    """The place of the introspection document is told as published."""
    path = MODELS / "core" / "swagger2.0" / "oic.wk.introspection.swagger.json"
    check(as_json(climate(may(2)).get("/oic/introspection", *query)), retrieved_schema(path))
