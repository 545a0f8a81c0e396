"""Faults and the audit in the tests of somebody else's tool, and on the command line."""

import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from onboardee.device.cli import main
from onboardee.device.faults.terms import parse
from onboardee.device.simulation.profile import load
from onboardee.device.testing.threaded import DeviceMaker
from onboardee.obt import (
    Address,
    AsyncioTransport,
    ObtError,
    OwnedDevice,
    find_unowned_at,
    take_ownership,
)
from onboardee.obt.orders import CR3006, LITE
from onboardee.obt.transfer import Order
from onboardee.testing import DeviceThread, fake_device
from onboardee.wire.entropy import SystemEntropy, random_uuid


async def own(place: str, order: Order = CR3006) -> OwnedDevice:
    """Own a device at a place like coap://127.0.0.1:40001."""
    port = int(place.rpartition(":")[2])
    async with AsyncioTransport() as transport:
        found = await find_unowned_at(transport, Address("127.0.0.1", port))
        owner = random_uuid(SystemEntropy())
        owned = await take_ownership(transport, found, owner, order=order, within=20)
        await owned.doxm()
        return owned


async def test_a_fake_device_with_a_fault() -> None:
    """The tool of a test meets the fault, and the test sees that it acted."""
    async with fake_device("light", faults=["refuse at=owned code=5.00"]) as light:
        with pytest.raises(ObtError):
            await own(light.coap)
        event = await light.wait_for("fault.acted")
        assert event.fields()["fault"] == "refuse at owned"


async def test_the_fixture_judges_a_tool(audited_device: DeviceMaker) -> None:
    """A tool that keeps the rules has exit code 0, another one has not, and is told why."""
    good, bad = audited_device("light"), audited_device("light")
    await own(good.coap)
    await own(bad.coap, LITE)
    assert good.audit().exit_code == 0
    broken = {judged.rule.name for judged in bad.audit().news()}
    assert broken == {"device-id-read-again", "owners-set"}


def test_a_mistake_on_the_command_line() -> None:
    """Who misspells a fault reads what is wrong, and no device runs."""
    result = CliRunner().invoke(main, ["run", "light", "--fault", "drop at=breakfast"])
    assert result.exit_code == 2
    assert "at: breakfast is not possible" in " ".join(result.output.split())


def test_the_tool_gives_a_silent_device_up(tmp_path: Path) -> None:
    """`obt own --within` ends in that time, says so, and names the command that finds out."""
    with DeviceThread("light", faults=["silence at=om"]) as light:
        words = ["obt", "--store", str(tmp_path / "obt.db"), "own", light.coap, "--within", "1"]
        began = time.monotonic()
        result = CliRunner().invoke(main, words)
    assert result.exit_code == 1
    assert "not done within 1 s; `onboardee obt resume` finds out" in result.output
    assert time.monotonic() - began < 20


async def test_a_profile_with_a_fault() -> None:
    """A device whose profile has a fault has it without anybody asking for it."""
    light = replace(load("light"), faults=(parse("refuse at=owned code=5.00"),))
    async with fake_device(light) as device:
        with pytest.raises(ObtError):
            await own(device.coap)
        event = await device.wait_for("fault.acted")
        assert event.fields()["fault"] == "refuse at owned"
