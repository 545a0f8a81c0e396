"""The tool ends at any moment of an operation: the next start knows what remains, and does it."""

import os
from collections.abc import Callable, Coroutine
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from obt_house import Crash, House, Tool, resume_all, rule_for

from onboardee.obt import (
    ORDERS,
    Address,
    Order,
    OwnedDevice,
    find_unowned_at,
    run,
    take_ownership,
)
from onboardee.obt.database import DeviceRecord, Operation
from onboardee.obt.plans import UnfinishedError, allow, link, own, remove, resume, unlink
from onboardee.obt.plans.owning import Keep

STRIDE = 1 if os.environ.get("ONBOARDEE_LONG") else 3
"""Of how many moments one is tried: of all in CI, which takes half a minute."""
Work = Callable[[House, Tool], Coroutine[Any, Any, Operation]]


def link_two(house: House, tool: Tool) -> Any:
    """Link two lights, with a rule on both."""
    one, other = house.uuids[:2]
    rules = (rule_for(other), rule_for(one))
    return link(tool.database, tool, one, other, rules=rules)


def unlink_two(house: House, tool: Tool) -> Any:
    """Unlink the first two lights."""
    return unlink(tool.database, tool, house.uuids[0], house.uuids[1])


def remove_one(house: House, tool: Tool) -> Any:
    """Remove the first light, which is linked with two others."""
    return remove(tool.database, tool, house.uuids[0])


def reset_one(house: House, tool: Tool) -> Any:
    """Reset the first light, which is linked with two others."""
    return remove(tool.database, tool, house.uuids[0], reset=True)


def allow_one(house: House, tool: Tool) -> Any:
    """Give the first light a rule."""
    return allow(tool.database, tool, house.uuids[0], rule_for(house.uuids[1]))


async def own_with(order: Order, house: House, tool: Tool) -> DeviceRecord:
    """Take ownership in one tool's order of messages."""
    transport, owner = tool.transport, tool.database.owner
    device = await find_unowned_at(transport, Address(house.unowned.endpoints[0].host, 5683))

    async def take(keep: Keep) -> OwnedDevice:
        return await take_ownership(transport, device, owner, order=order, keep=keep)

    return await own(tool.database, tool, device, take, order=order.name)


@pytest.mark.parametrize("name", [*ORDERS])
def test_crash_while_owning(tmp_path: Path, name: str) -> None:
    """Ended at any moment of a transfer, the device is ours and we have its key, or nobody's."""
    owned, tried = 0, 0
    for at in count(1, STRIDE):
        house = House(tmp_path / f"{at}", 0)
        house.add_unowned()

        def work(house: House, tool: Tool) -> Any:
            return own_with(ORDERS[name], house, tool)

        if not crashed(house, work, at):
            break
        tried += 1
        # a device gives up a transfer that does not go on
        house.network.run(300)
        tool = house.start()
        assert resume_all(tool) == []
        known = tool.database.devices.all()
        doxm = house.unowned.database.doxm
        ours = [each for each in known if each.state == "owned"]
        assert [each.uuid for each in ours] == ([doxm.device_uuid] if doxm.owned else [])
        # the others only say in the clear that they are nobody's: that costs no key
        assert all(each.key is not None and each.state == "pending" for each in known if not ours)
        for each in ours:
            owned += 1
            assert each.owner == doxm.owner_uuid
            assert house.unowned.database.pstat.dos.state == 3
            run(readable(tool, each))
        tool.database.close()
    assert owned * STRIDE > 5
    assert (tried - owned) * STRIDE > 5


async def readable(tool: Tool, record: DeviceRecord) -> None:
    """Read a resource of a device as its owner."""
    async with await tool.reach(record) as device:
        assert await device.read("/light/switch") == {"value": False}


def linked_house(path: Path) -> House:
    """Make a house in which the first light is linked with the two others."""
    return House(path, 3, ((0, 1), (2, 0)))


def empty_house(path: Path) -> House:
    """Make a house of two lights without links."""
    return House(path, 2)


SCENES: dict[str, tuple[Callable[[Path], House], Work]] = {
    "link": (empty_house, link_two),
    "unlink": (linked_house, unlink_two),
    "remove": (linked_house, remove_one),
    "reset": (linked_house, reset_one),
    "allow": (empty_house, allow_one),
}


def crashed(house: House, work: Work, at: int) -> bool:
    """Let the tool begin and end at a moment; tell whether it came so far."""
    tool = house.start(at)
    try:
        run(work(house, tool))
    except Crash:
        return True
    finally:
        tool.database.close()
    return False


def settled(house: House) -> None:
    """Check that after the next start lights and database agree, and nothing remains."""
    tool = house.start()
    assert resume_all(tool) == []
    assert tool.database.operations.unfinished() == []
    assert house.disagreements(tool.database) == []
    known = {each.uuid for each in tool.database.devices.all()}
    for device in known:
        for peer in known:
            assert house.key(device, peer) == house.key(peer, device)
        for peer in set(house.uuids) - known:
            assert not house.holds(device, peer)
            assert not house.rules(device, peer)
    secrets = "SELECT count(*) FROM steps WHERE secret IS NOT NULL"
    assert tool.database.file.rows(secrets)[0][0] == 0
    tool.database.close()


@pytest.mark.parametrize("name", SCENES)
def test_crash_at_every_moment(tmp_path: Path, name: str) -> None:
    """After each message and each write: what was begun is completed by the next start."""
    make, work = SCENES[name]
    for at in count(1, STRIDE):
        house = make(tmp_path / f"{at}")
        if not crashed(house, work, at):
            break
        settled(house)
    assert at > 10


@pytest.mark.parametrize("name", SCENES)
def test_crash_while_resuming(tmp_path: Path, name: str) -> None:
    """The next start may end suddenly, too, wherever it is."""
    make, work = SCENES[name]

    async def again(house: House, tool: Tool) -> Operation:
        (operation,) = tool.database.operations.unfinished()
        return await resume(tool.database, tool, operation.id)

    number = 0
    for at in (5, 19, 33):
        later = 0
        while True:
            later += 5
            number += 1
            house = make(tmp_path / f"{number}")
            if not crashed(house, work, at) or not _is_unfinished(house):
                break
            came_so_far = crashed(house, again, later)
            settled(house)
            if not came_so_far:
                break
    assert number > 5


def _is_unfinished(house: House) -> bool:
    tool = house.start()
    unfinished = tool.database.operations.unfinished()
    tool.database.close()
    return bool(unfinished)


@pytest.mark.parametrize("name", sorted(SCENES.keys() - {"allow"}))
def test_gone_after_a_crash(tmp_path: Path, name: str) -> None:
    """Where a light cannot be reached any more, the command that remains is named."""
    make, work = SCENES[name]
    named = 0
    for at in range(1, 80, 4):
        house = make(tmp_path / f"{at}")
        if not crashed(house, work, at):
            break
        house.unplug(house.uuids[1])
        tool = house.start()
        commands = resume_all(tool)
        for each, command in zip(tool.database.operations.unfinished(), commands, strict=True):
            assert f"`onboardee obt resume {each.id}`" in command
            named += 1
        tool.database.close()
        house.plug(house.uuids[1])
        settled(house)
    assert named


def test_refused_half_way(tmp_path: Path) -> None:
    """If the second light is away, the first one has nothing either, and the reason is told."""
    house = House(tmp_path, 2)
    house.unplug(house.uuids[1])
    tool = house.start()
    with pytest.raises(Exception, match=r"10\.0\.1\.2:5684") as raised:
        run(link_two(house, tool))
    assert not isinstance(raised.value, UnfinishedError)
    assert house.holds(*house.uuids) == 0
    assert tool.database.credentials.all() == []
    (operation,) = tool.database.operations.history()
    assert operation.result == "undone"
    assert "10.0.1.2:5684" in operation.message
    tool.database.close()
