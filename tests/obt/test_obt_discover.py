"""`onboardee obt discover`: what is told of which device, and when."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace as with_fields
from obt_house import House, Tool

from onboardee.device.cli.obt.discover import DeviceSearch
from onboardee.device.cli.obt.invocation import Invocation
from onboardee.device.cli.obt.invocation import Tool as Called
from onboardee.device.cli.reaching import NotFoundError, Reaching
from onboardee.device.testing import memory_device
from onboardee.obt import Address, ObtError
from onboardee.obt.database import DeviceRecord


def discovered(
    tool: Tool, capsys: pytest.CaptureFixture[str], which: str | None = None
) -> list[dict[str, Any]]:
    """Return what is told, in the order in which it is told."""
    around = Reaching(tool.transport, tool.database, None)
    called = Called(tool.database, tool.transport, around)
    capsys.readouterr()
    asyncio.run(DeviceSearch(Invocation(as_json=True), called, which).run(2))
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def whose(told: list[dict[str, Any]]) -> dict[str, str]:
    """Return whose each device is."""
    assert len({each["uuid"] for each in told}) == len(told)
    return {each["uuid"]: each["whose"] for each in told}


def test_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ours, unowned ones and those of others are told apart, each once, with names and types."""
    house = House(tmp_path, 3)
    house.add_unowned()
    one, two, three = map(str, house.uuids)
    tool = house.start()
    tool.database.devices.remove(house.uuids[1])
    house.unplug(house.uuids[2])
    told = discovered(tool, capsys)
    unowned = str(house.unowned.database.doxm.device_uuid)
    assert whose(told) == {
        one: "ours",
        two: "owned by somebody",
        three: "ours, silent",
        unowned: "unowned",
    }
    named = next(each for each in told if each["uuid"] == unowned)
    assert (named["name"], named["types"]) == ("Light", ["oic.d.light"])
    assert named["address"] == "coap://10.0.9.9:5683"
    assert set(whose(discovered(tool, capsys, "unowned"))) == {unowned}
    assert set(whose(discovered(tool, capsys, "ours"))) == {one, three}
    tool.database.close()


def test_another_uuid(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where one of ours was and another UUID answers, it is said."""
    house = House(tmp_path, 1)
    (record,) = house.records
    assert record.plain is not None
    memory_device(house.network, host=record.plain.host, seed="another")
    tool = house.start()
    told = discovered(tool, capsys)
    assert [each["before"] for each in told if "before" in each] == [str(record.uuid)]
    tool.database.close()


def test_ours_are_noted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where ours are now, and what they are called, is in the database afterwards."""
    house = House(tmp_path, 1)
    (record,) = house.records
    tool = house.start()
    moved = type(record.secured[0])
    tool.database.devices.put(replace(record, secured=(moved("10.9.9.9", 1),), plain=None))
    discovered(tool, capsys)
    found = tool.database.devices.require(record.uuid)
    assert found.secured == (moved("10.9.9.9", 1), *record.secured)
    assert found.plain == record.plain
    assert (found.name, found.types) == ("Light", ("oic.d.light",))
    assert found.seen is not None
    assert found.key == record.key
    tool.database.close()


def test_without_an_address(tmp_path: Path) -> None:
    """A device of which no address is known, as after an import, is looked for and kept."""
    house = House(tmp_path, 2)
    (record, other) = house.records
    tool = house.start()
    unknown = replace(record, secured=(), plain=None)
    tool.database.devices.put(unknown)
    around = Reaching(tool.transport, tool.database, None)

    async def read() -> object:
        async with await around.reach(unknown) as device:
            return await device.read("/oic/sec/doxm")

    assert isinstance(asyncio.run(read()), dict)
    assert tool.database.devices.require(record.uuid).secured == record.secured
    house.unplug(other.uuid)
    gone = replace(other, secured=(), plain=None)
    around = Reaching(tool.transport, tool.database, None)
    with pytest.raises(NotFoundError, match="neither at a known address nor on the local network"):
        asyncio.run(around.reach(gone))
    tool.database.close()


def test_impostor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who only says that he is one of ours does not come before where ours was."""
    house = House(tmp_path, 1)
    (record,) = house.records
    impostor = memory_device(house.network, host="10.0.9.8", seed="impostor", clients={})
    database = impostor.database
    doxm = with_fields(database.doxm, device_uuid=record.uuid)
    impostor.store.current = with_fields(database, doxm=doxm)
    house.unplug(record.uuid)
    tool = house.start()
    assert whose(discovered(tool, capsys)) == {str(record.uuid): "ours"}
    found = tool.database.devices.require(record.uuid)
    assert found.secured == (*record.secured, Address("10.0.9.8", 5684))
    assert found.plain == record.plain
    around = Reaching(tool.transport, tool.database, None)
    with pytest.raises(ObtError):
        asyncio.run(around.reach(replace(record, secured=(), plain=None)))
    assert tool.database.devices.require(record.uuid) == found
    house.plug(record.uuid)

    async def reached() -> DeviceRecord:
        async with await around.reach(found):
            return tool.database.devices.require(record.uuid)

    assert asyncio.run(reached()).secured[0] == record.secured[0]
    tool.database.close()
