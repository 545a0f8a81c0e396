"""The HTTP interface of the dashboard, as its page and scripts use it."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any, get_args
from uuid import UUID

import pytest
from msgspec.structs import replace
from web_support import Shown, ask, shown

from onboardee.device.control import Request
from onboardee.device.events import InputPressed
from onboardee.device.machine.device import Device
from onboardee.device.simulation.profile import built_in_names
from onboardee.device.trace.dtls import Secrets
from onboardee.device.web import api as api_module
from onboardee.device.web import views
from onboardee.device.web.changes import Changes
from onboardee.device.web.devices import Devices
from onboardee.device.web.feed import STREAMS, Feed
from onboardee.svrdb import JSON, MemoryStorage
from onboardee.svrdb.model import Created, CreatedResource

ONE = "/api/v1/devices/one"


@pytest.fixture
async def light() -> AsyncIterator[Shown]:
    """Show a light."""
    async with shown() as found:
        yield found


class Disk:
    """A disk with a device's database, as a store has it."""

    def __init__(self) -> None:
        self.storage = MemoryStorage()
        self.codec = JSON


async def test_a_card_has_what_a_tool_must_know(light: Shown) -> None:
    """UUID and endpoints to copy, state and owner, and the values of its picture."""
    (card,) = (await ask(light.app, "/api/v1/devices")).json["ok"]
    database = light.hosted.device.database
    assert card["device"] == "one"
    assert card["device_uuid"] == str(database.doxm.device_uuid)
    assert card["endpoints"] == list(light.hosted.device.reachable_at)
    assert (card["state"], card["owned"], card["pin"]) == ("RFOTM", False, None)
    assert card["types"] == ["oic.d.light"]
    main = card["main"]
    assert main["property"] in card["values"][main["href"]]


@pytest.mark.parametrize("profile", built_in_names()[::7])
async def test_the_page_of_a_device_has_everything_that_it_holds(profile: str) -> None:
    """Each resource with values and limits, each input, each fault."""
    async with shown(profile) as found:
        whole = (await ask(found.app, ONE)).json["ok"]
        device = found.hosted.device
        assert {each["href"] for each in whole["resources"]} == set(device.appliances)
        for each in whole["resources"]:
            assert set(each["values"]) == set(each["properties"])
            assert all("type" in limits for limits in each["properties"].values())
        assert whole["inputs"] == list(device.inputs)
        assert whole["faults"] == dict(device.faults)


async def test_the_page_of_a_device_has_what_clients_created() -> None:
    """A created resource is there with its values and limits, like those of the profile."""
    async with shown("switch-panel") as found:
        device = found.hosted.device
        switch = CreatedResource(
            href="/switches/1",
            collection="/switches",
            types=("oic.r.switch.binary",),
            interfaces=("oic.if.a", "oic.if.baseline"),
            policies=3,
            instance=1,
            values={"value": False},
        )
        database = replace(device.database, created=Created(resources=(switch,)))
        step = device.adopt(database, 0.0)
        assert step.store is database
        device.stored(None, 0.0)
        *_, last = (await ask(found.app, ONE)).json["ok"]["resources"]
        assert (last["href"], last["values"]) == ("/switches/1", {"value": False})
        assert last["properties"]["value"]["type"] == "boolean"


async def test_a_pin_is_shown_as_a_code_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A square that begins with the corner that readers look for; another PIN, another square."""
    first, second = views.qr_code("48070221"), views.qr_code("48070222")
    assert first != second
    assert {len(row) for row in first} == {len(first)}
    assert first[0].startswith("11111110")
    assert set("".join(first)) == {"0", "1"}
    async with shown() as found:
        monkeypatch.setattr(Device, "pin", "48070221")
        (card,) = (await ask(found.app, "/api/v1/devices")).json["ok"]
        assert (card["pin"], card["pin_code"]) == ("48070221", list(first))


async def test_a_limit_of_zero_is_a_limit(light: Shown) -> None:
    """A slider begins there."""
    whole = (await ask(light.app, ONE)).json["ok"]
    dimming = next(each for each in whole["resources"] if each["href"] == "/light/dimming")
    limits = dimming["properties"]["dimmingSetting"]
    assert (limits["minimum"], limits["maximum"]) == (0, 100)


async def test_a_command_is_that_of_the_control_socket(light: Shown) -> None:
    """The same words change the same device."""
    command = {"do": "set", "href": "/light/switch", "values": {"value": True}}
    assert (await ask(light.app, f"{ONE}/commands", command)).json["ok"]["value"] is True
    assert light.hosted.device.appliances["/light/switch"].values.current["value"] is True


async def test_the_reset_button_resets(light: Shown) -> None:
    """The answer comes when the change is on disk, with the state then."""
    answer = await ask(light.app, f"{ONE}/commands", {"do": "reset"})
    assert answer.status == 200
    assert "state" in answer.json["ok"]


async def test_the_reboot_button_restarts(light: Shown) -> None:
    """The device begins with its first values, and what it keeps is as before."""
    command = {"do": "set", "href": "/light/switch", "values": {"value": True}}
    await ask(light.app, f"{ONE}/commands", command)
    before = light.hosted.device.database
    assert (await ask(light.app, f"{ONE}/commands", {"do": "reboot"})).json["ok"]["owned"] is False
    assert light.hosted.device.appliances["/light/switch"].values.current["value"] is False
    assert light.hosted.device.database == before


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"do": "fly"}, 400),
        ({"do": "press"}, 400),
        ({"do": "press", "name": "x", "more": 1}, 400),
        ([], 400),
        (5, 400),
        ({"do": "press", "name": "no such button"}, 409),
        ({"do": "set", "href": "/light/switch", "values": {"value": "loud"}}, 409),
        ({"do": "get", "href": "/nothing"}, 409),
        ({"do": "pin"}, 409),
        ({"do": "database"}, 403),
        ({"do": "replace", "before": "", "after": ""}, 403),
        ({"do": "watch"}, 403),
    ],
)
async def test_what_cannot_be_done_is_said(light: Shown, body: Any, status: int) -> None:
    """In a sentence, with a status that scripts understand."""
    answer = await ask(light.app, f"{ONE}/commands", body)
    assert answer.status == status
    assert answer.json["error"]


async def test_a_form_of_a_page_is_no_command(light: Shown) -> None:
    """A browser sends other types than JSON without asking; they are refused."""
    headers = {"content-type": "text/plain"}
    answer = await ask(light.app, f"{ONE}/commands", {"do": "reset"}, headers=headers)
    assert answer.status == 415


@pytest.mark.parametrize("depth", [10_000, 60_000])
async def test_a_deep_body_is_an_answer(light: Shown, depth: int) -> None:
    """Whatever is nested in it, the device goes on."""
    chunks = [b"[" * depth]
    headers = {"content-type": "application/json"}
    answer = await ask(light.app, f"{ONE}/commands", chunks=chunks, headers=headers)
    assert answer.status == 400


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("commands", {"do": "set", "href": "/light/switch", "values": {"value": True}}),
        ("commands", {"do": "press", "name": "toggle"}),
        ("commands", {"do": "reset"}),
        ("commands", {"do": "fault", "name": "x"}),
        ("commands", {"do": "add-fault", "fault": {"do": "drop"}}),
        ("commands", {"do": "remove-fault", "number": 1}),
        ("commands", {"do": "clear-faults"}),
        ("commands", {"do": "pause"}),
        ("commands", {"do": "resume"}),
        ("commands", {"do": "speed", "speed": 60}),
        ("commands", {"do": "advance", "seconds": 60}),
        ("snapshots", {"name": "x"}),
        ("snapshots/x/restore", {}),
    ],
)
async def test_a_dashboard_that_only_shows_changes_nothing(path: str, body: Any) -> None:
    """Every change is refused, and the refusal says why."""
    async with shown(read_only=True) as found:
        before = dict(found.hosted.device.appliances["/light/switch"].values.current)
        answer = await ask(found.app, f"{ONE}/{path}", body)
        assert answer.status == 403
        assert "--web-read-only" in answer.json["error"]
        assert dict(found.hosted.device.appliances["/light/switch"].values.current) == before


async def test_a_dashboard_that_only_shows_shows() -> None:
    """Questions are answered."""
    async with shown(read_only=True) as found:
        for do in ("list", "inputs", "faults", "state", "connections"):
            assert (await ask(found.app, f"{ONE}/commands", {"do": do})).status == 200
        assert (await ask(found.app, "/api/v1/server")).json["ok"]["read_only"] is True


async def test_security_resources_have_no_secrets() -> None:
    """The PIN of a device is nowhere in its tables, nor is the key of a credential."""
    secret = bytes(range(16))
    async with shown(clients={UUID(int=7): secret}) as found:
        answer = await ask(found.app, f"{ONE}/security")
        tables = answer.json["ok"]
        assert {"doxm", "pstat", "acl2", "cred"} <= set(tables)
        assert secret not in answer.body
        assert secret.hex().encode() not in answer.body
        assert base64.b64encode(secret) not in answer.body
        assert b"<secret " in answer.body


async def test_a_snapshot_is_taken_compared_and_put_back() -> None:
    """The device goes on with it."""
    async with shown(store=Disk(), clients={UUID(int=7): bytes(16)}) as found:
        device = found.hosted.device
        assert (await ask(found.app, f"{ONE}/snapshots")).json["ok"] == []
        taken = await ask(found.app, f"{ONE}/snapshots", {"name": "new"})
        assert taken.json["ok"] == "new"
        again = await ask(found.app, f"{ONE}/snapshots", {"name": "new"})
        assert (again.status, "already" in again.json["error"]) == (409, True)
        before = device.database
        await ask(found.app, f"{ONE}/commands", {"do": "reset"})
        while device.is_resetting:
            found.hosted.do(lambda now: device.tick(now + 60))
            await found.hosted.finish()
        assert device.database != before
        changes = (await ask(found.app, f"{ONE}/snapshots/new/differences")).json["ok"]
        assert changes
        assert all(set(each) >= {"path"} for each in changes)
        restored = await ask(found.app, f"{ONE}/snapshots/new/restore", {})
        assert restored.status == 200
        assert device.database == before


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "live", "auto-1", "", "a" * 65, "x\x00"])
async def test_a_snapshot_has_a_name_that_leads_nowhere(name: str) -> None:
    """Neither out of the directory nor to what has a meaning of its own."""
    disk = Disk()
    async with shown(store=disk) as found:
        assert (await ask(found.app, f"{ONE}/snapshots", {"name": name})).status == 409
        assert not [*disk.storage.names()]


async def test_a_device_that_is_away_is_there_without_values() -> None:
    """Its card says that it does not run, and it does nothing."""
    async with shown() as found:
        known = found.devices.get("one")
        assert known is not None
        known.performer = None
        (card,) = (await ask(found.app, "/api/v1/devices")).json["ok"]
        assert card == {"device": "one", "running": False}
        assert (await ask(found.app, f"{ONE}/commands", {"do": "state"})).status == 409
        assert (await ask(found.app, f"{ONE}/security")).status == 409


async def test_what_is_not_there_is_not_found(light: Shown) -> None:
    """An unknown device, an unknown path, a wrong method."""
    assert (await ask(light.app, "/api/v1/devices/two")).status == 404
    nowhere = await ask(light.app, "/api/v2/devices")
    assert (nowhere.status, "nothing at this path" in nowhere.json["error"]) == (404, True)
    answer = await ask(light.app, "/api/v1/devices", method="DELETE")
    assert (answer.status, "does not take" in answer.json["error"]) == (405, True)
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


async def test_the_description_names_what_is_served(light: Shown) -> None:
    """Each path that there is, each command but those that hold keys, and no dangling name."""
    document = (await ask(light.app, "/api/v1/openapi.json")).json
    feed, changes = Feed(Devices()), Changes(lambda _change: None)
    served = {
        (route.path, method)
        for route in api_module.Api(Devices(), feed, changes, read_only=False).routes()
        for method in (route.methods or set()) - {"HEAD"}
    }
    described = {
        (path, method.upper())
        for path, operations in document["paths"].items()
        for method in set(operations) - {"parameters"}
    }
    assert described == served
    schemas = document["components"]["schemas"]
    commands = {each["$ref"].rpartition("/")[2] for each in schemas["Command"]["oneOf"]}
    known = {each.__name__ for each in get_args(Request)}
    assert commands == known - {"ReadDatabase", "ReplaceDatabase", "Watch"}
    for reference in _references(document):
        assert reference.rpartition("/")[2] in schemas


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for each in value.values() for found in _references(each)]
    if isinstance(value, list):
        return [found for each in value for found in _references(each)]
    return []


async def followed(found: Shown, query: str, act: Any) -> list[dict[str, Any]]:
    """Follow the events, let something happen, and return what came when the feed had ended."""
    asking = asyncio.create_task(_stream(found, f"/api/v1/events{query}"))
    for _ in range(20):
        await asyncio.sleep(0)
    await act()
    await asyncio.sleep(0.1)
    found.feed.close_all()
    return await asking


async def _stream(found: Shown, path: str) -> list[dict[str, Any]]:
    told: list[bytes] = []
    requests = [{"type": "http.request", "body": b"", "more_body": False}]
    path, _, query = path.partition("?")

    async def receive() -> dict[str, Any]:
        if not requests:
            await asyncio.Event().wait()  # the browser stays
        return requests.pop()

    async def send(message: Any) -> None:
        told.append(message.get("body", b""))

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": query.encode(),
        "headers": [(b"host", b"127.0.0.1:8080")],
        "client": ("127.0.0.1", 1),
    }
    await found.app(scope, receive, send)
    lines = b"".join(told).decode().splitlines()
    return [json.loads(each.removeprefix("data: ")) for each in lines if each.startswith("data: ")]


async def test_events_come_as_they_happen(light: Shown) -> None:
    """A change by a person is told to every browser, with the name of the device."""

    async def act() -> None:
        command = {"do": "set", "href": "/light/switch", "values": {"value": True}}
        await ask(light.app, f"{ONE}/commands", command)

    told = await followed(light, "", act)
    assert told[0] == {"event": "feed.began", "traced": False}
    (changed,) = [each for each in told if each["event"] == "value.changed"]
    assert (changed["device"], changed["values"]) == ("one", {"value": True})
    assert not light.feed._streams


async def test_a_trace_is_there_while_somebody_looks() -> None:
    """What crosses the border, decoded; the device tells nothing of it before and after."""
    async with shown(secrets=Secrets()) as found:
        tracer = found.devices.get("one").tracer  # type: ignore[union-attr]
        assert tracer is not None

        async def act() -> None:
            command = {"do": "set", "href": "/light/switch", "values": {"value": True}}
            await ask(found.app, f"{ONE}/commands", command)

        told = await followed(found, "?device=one&trace=1", act)
        assert told[0]["traced"] is True
        assert {"trace.done", "trace.event"} <= {each["event"] for each in told}
        assert not tracer._sinks
        assert not tracer.bus.wants_grants


async def test_a_trace_is_of_one_device(light: Shown) -> None:
    """All devices at once would be too much for anybody."""
    assert (await ask(light.app, "/api/v1/events?trace=1")).status == 400
    assert (await ask(light.app, "/api/v1/events?device=two")).status == 404


async def test_only_so_many_streams(light: Shown) -> None:
    """One more is told so."""
    for _ in range(STREAMS):
        light.feed.open()
    assert (await ask(light.app, "/api/v1/events")).status == 503


async def test_a_name_with_a_script_is_a_name() -> None:
    """It comes as JSON, which no browser takes for a page, and the page shows it as text."""
    async with shown() as found:
        device = found.hosted.device
        found.hosted.device.bus.publish(InputPressed(input="<script>alert(1)</script>"))
        answer = await ask(found.app, "/api/v1/devices/<script>alert(1)<%2fscript>")
        assert answer.status == 404
        assert b"<script>" not in answer.body
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert device is found.hosted.device


async def test_an_error_of_the_device_costs_an_answer(
    light: Shown, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says where."""

    def broken(*_: object) -> None:
        raise RuntimeError("ours")

    known = light.devices.get("one")
    assert known is not None
    assert known.performer is not None
    monkeypatch.setattr(known.performer._control, "perform", broken)
    answer = await ask(light.app, f"{ONE}/commands", {"do": "state"})
    assert answer.status == 500
    assert "ours" in caplog.text
