"""What a device tells of itself is true: who did what, and what is new."""

from pathlib import Path

import cbor2
from msgspec.structs import replace

from onboardee.device.events import (
    DatabaseReplaced,
    DeviceConfigured,
    FaultChanged,
    InputPressed,
    MethodSelected,
    ValueChanged,
)
from onboardee.device.machine.telling import told, without_secrets
from onboardee.testing import fake_device

CBOR = 60


async def test_a_restored_database_is_no_tool_that_selects() -> None:
    """Who puts another database in place reads so, and of no tool that chose a method."""
    async with fake_device("light", manual_time=True) as light:
        database = light.database
        other = replace(database, doxm=replace(database.doxm, selected_method=1))
        await light.do(lambda now: light.device.adopt(other, now))
        assert any(isinstance(event, DatabaseReplaced) for event in light.events)
        await light.press_reset()
        assert not any(isinstance(event, MethodSelected) for event in light.events)


async def test_a_reset_is_no_client_that_configures() -> None:
    """A name that goes with a reset is not told as one that somebody gave."""
    async with fake_device("light", manual_time=True) as light:
        named = replace(light.database, con=replace(light.database.con, name="By the door"))
        await light.do(lambda now: light.device.adopt(named, now))
        await light.press_reset()
        assert light.database.con.name != "By the door"
        assert not any(isinstance(event, DeviceConfigured) for event in light.events)


async def test_a_person_at_the_door_is_told_as_one() -> None:
    """What a hand does is told as such, also where it has its effect a second later."""
    async with fake_device("door", manual_time=True, seed=1) as door:
        for _ in range(2):
            await door.do(lambda now: door.device.press("thumbturn", now))
            await door.advance(2)
        changes = [event for event in door.events if isinstance(event, ValueChanged)]
        assert [dict(event.values) for event in changes] == [
            {"lockState": "Unlocked"},
            {"lockState": "Locked"},
        ]
        assert not any(event.by_itself for event in changes)
        pressed = [event for event in door.events if isinstance(event, InputPressed)]
        assert [event.input for event in pressed] == ["thumbturn", "thumbturn"]


GATE = """
extends: garage-door
behaviour:
  - {kind: travel, property: /openlevel#openLevel, time: 14 s}
  - {kind: input, name: button, set: {/openlevel#openLevel: 100}}
"""


async def test_the_way_to_a_goal_is_told_as_such(tmp_path: Path) -> None:
    """A gate that somebody sends up says at each step that more follows, and at last not."""
    file = tmp_path / "gate.yaml"
    file.write_text(GATE)
    async with fake_device(str(file), manual_time=True, seed=1) as door:
        await door.do(lambda now: door.device.press("button", now))
        await door.advance(60)
        changes = [event for event in door.events if isinstance(event, ValueChanged)]
        steps = [event for event in changes if "openLevel" in event.values]
        assert [event.moving for event in steps] == [True] * (len(steps) - 1) + [False]
        assert len(steps) > 10
        assert not any(event.by_itself for event in changes)


async def test_what_springs_back_is_of_the_same_hand() -> None:
    """The overload that somebody brought about ends after ten seconds, and that is theirs, too."""
    async with fake_device("smart-plug", manual_time=True, seed=1) as plug:
        await plug.do(lambda now: plug.device.press("overload", now))
        await plug.advance(20)
        changes = [event for event in plug.events if isinstance(event, ValueChanged)]
        overload = [event for event in changes if event.href == "/overload"]
        assert [event.values["value"] for event in overload] == [True, False]
        assert not any(event.by_itself for event in overload)


async def test_what_drifts_is_the_devices_own_doing() -> None:
    """Nobody touched the sensor: what it measures is told as its own doing."""
    async with fake_device("climate-sensor", manual_time=True, seed=1) as sensor:
        await sensor.advance(600)
        changes = [event for event in sensor.events if isinstance(event, ValueChanged)]
        assert changes
        assert all(event.by_itself for event in changes)


async def test_a_fault_that_comes_by_hand_is_told() -> None:
    """A jammed lock is in the events, and so is that somebody wanted it; a second time is none."""
    async with fake_device("door", manual_time=True, seed=1) as door:
        for is_on in (True, True, False):
            await door.do(lambda now, is_on=is_on: door.device.fault("jammed", now, is_on=is_on))
        told_faults = [event for event in door.events if isinstance(event, FaultChanged)]
        assert [(each.fault, each.is_on, each.by_itself) for each in told_faults] == [
            ("jammed", True, False),
            ("jammed", False, False),
        ]


async def test_only_what_changed_is_told() -> None:
    """Of a resource with several properties the event has the one that is other than before."""
    async with fake_device("light", manual_time=True) as light:
        await light.set("/light/dimming#dimmingSetting", 40)
        await light.set("/light/dimming#dimmingSetting", 40)
        changes = [event for event in light.events if isinstance(event, ValueChanged)]
        assert [dict(event.values) for event in changes] == [{"dimmingSetting": 40}]


def test_secrets_are_told_to_nobody() -> None:
    """Keys, passwords and octets do not appear, whatever form they come in; length and shape do."""
    key = bytes(range(16))
    creds = [{"credtype": 1, "privatedata": {"data": key, "encoding": "oic.sec.encoding.raw"}}]
    body = {"creds": creds, "tnx": {"password": "sesame"}, "x": key, "isPinRequired": True}
    assert told(cbor2.dumps(body), CBOR) == {
        "creds": [{"credtype": 1, "privatedata": "<hidden>"}],
        "tnx": {"password": "<hidden>"},
        "x": "<16 octets>",
        "isPinRequired": True,
    }
    assert without_secrets({"lockCodeList": ("1", "2")}) == {"lockCodeList": "<hidden>"}


def test_payloads_of_strangers_are_bounded() -> None:
    """What is no CBOR, or too long, is told by its length."""
    assert told(b"\xff\x1b[2J", CBOR) == "<5 octets> that are not CBOR"
    assert told(bytes(10_000), CBOR) == "<10000 octets>"
    assert told(b"", None) is None
