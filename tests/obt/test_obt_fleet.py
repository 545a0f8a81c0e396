"""Many devices owned side by side: which are ours is known, whatever happens to some of them."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from obt_home import Home
from obt_house import Crash, House, Tool, resume_all

from onboardee.device.testing import memory_device
from onboardee.device.testing.local import LocalDevice
from onboardee.device.testing.threaded import DeviceThread
from onboardee.obt import (
    Address,
    AsyncioTransport,
    NoAnswerError,
    ObtError,
    OnboardingError,
    OwnedDevice,
    StepReport,
    Unowned,
    find_unowned_at,
    run,
    take_ownership,
)
from onboardee.obt.database import CredentialState, DeviceRecord
from onboardee.obt.orders import CR3006
from onboardee.obt.plans import own, use_by
from onboardee.obt.plans.fleet import Fleet, FleetMember
from onboardee.obt.plans.owning import Keep


def fleet_of(house: House, size: int) -> list[LocalDevice]:
    """Bring new lights into the house."""
    hosts = [f"10.0.9.{number}" for number in range(1, size + 1)]
    return [memory_device(house.network, host=host, seed=host) for host in hosts]


async def own_one(tool: Tool, device: Unowned) -> DeviceRecord:
    """Own a device as the command line does."""

    async def take(keep: Keep) -> OwnedDevice:
        return await take_ownership(tool.transport, device, tool.database.owner, keep=keep)

    return await own(tool.database, tool, device, take)


async def own_fleet(
    tool: Tool,
    lights: list[LocalDevice],
    one: Callable[[Unowned], Awaitable[DeviceRecord]] | None = None,
    **options: Any,
) -> list[FleetMember]:
    """Find the lights, and own them; `one` owns a single one in some other way."""
    found = [
        await find_unowned_at(tool.transport, Address(each.endpoints[0].host, 5683))
        for each in lights
    ]

    return await Fleet(tool.database, tool, one or partial(own_one, tool), **options).own(found)


def test_a_fleet(tmp_path: Path) -> None:
    """All are ours, each told once, and their steps were mixed with one another."""
    house = House(tmp_path, 0)
    lights = fleet_of(house, 6)
    tool, told = house.start(), list[FleetMember]()
    members = run(own_fleet(tool, lights, on_member=told.append))
    assert sorted(map(id, told)) == sorted(map(id, members))
    assert all(each.database.doxm.owned for each in lights)
    assert {each.uuid for each in tool.database.devices.all()} == {
        each.database.doxm.device_uuid for each in lights
    }
    operations = tool.database.operations.history()
    assert {each.result for each in operations} == {"done"}
    tool.database.close()


@pytest.mark.parametrize(("at_once", "least", "most"), [(1, 60, 75), (2, 30, 45), (6, 10, 15)])
def test_side_by_side_is_quicker(tmp_path: Path, at_once: int, least: int, most: int) -> None:
    """Six devices that take ten seconds each do so at the same time, as many as were allowed."""
    house = House(tmp_path, 0)
    lights = fleet_of(house, 6)
    tool = house.start()
    tool.at_once = at_once
    started = house.network.now

    async def slow(device: Unowned) -> DeviceRecord:
        await tool.transport.sleep(10)
        return await own_one(tool, device)

    assert all(each.record for each in run(own_fleet(tool, lights, slow)))
    assert least < house.network.now - started < most
    tool.database.close()


def test_crash_at_every_moment(tmp_path: Path) -> None:
    """Ended anywhere, each device is ours by a key that we have, or nobody's; none is lost."""
    at, mixed = 0, 0
    while True:
        at += 7
        house = House(tmp_path / f"{at}", 0)
        lights = fleet_of(house, 3)
        tool = house.start(at)
        tool.at_once = 2
        try:
            run(own_fleet(tool, lights))
        except Crash:
            tool.database.close()
        else:
            tool.database.close()
            break
        house.network.run(300)
        tool = house.start()
        assert resume_all(tool) == []
        ours = {each.uuid: each for each in tool.database.devices.all() if each.state == "owned"}
        owned = {each.database.doxm.device_uuid for each in lights if each.database.doxm.owned}
        assert set(ours) == owned
        mixed += 0 < len(owned) < len(lights)
        for each in lights:
            doxm = each.database.doxm
            assert not doxm.owned or ours[doxm.device_uuid].owner == doxm.owner_uuid
        tool.database.close()
    assert at > 100
    assert mixed


def test_silence_is_tried_again(tmp_path: Path) -> None:
    """A device that falls silent has its second turn after the others; a refusal has none."""
    house = House(tmp_path, 0)
    lights = fleet_of(house, 3)
    tool, order = house.start(), list[str]()
    silent, refusing, _ = (each.endpoints[0].host for each in lights)

    async def one(device: Unowned) -> DeviceRecord:
        host = device.plain.host
        order.append(host)
        if host == silent and order.count(host) < 3:
            error = OnboardingError("step", expected="2.04", came="no answer in time")
            raise error from NoAnswerError("no answer in time")
        if host == refusing:
            raise OnboardingError("step", expected="2.04", came="the device answered 4.01")
        return await own_one(tool, device)

    members = run(own_fleet(tool, lights, one))
    assert [each.attempts for each in members] == [3, 1, 1]
    assert [each.record is not None for each in members] == [True, False, True]
    assert order[-1] == silent
    tool.database.close()


def test_one_is_asked_whether_it_is_ours(tmp_path: Path) -> None:
    """A transfer that broke off after the key was sent is completed by the next attempt."""
    house = House(tmp_path, 0)
    (light,) = lights = fleet_of(house, 1)
    tool = house.start()
    taken = []

    async def one(device: Unowned) -> DeviceRecord:
        async def take(keep: Keep) -> OwnedDevice:
            owned = await take_ownership(tool.transport, device, tool.database.owner, keep=keep)
            taken.append(owned)
            house.network.close(light.endpoints[0].host, 5684)
            house.network.close(light.endpoints[0].host, 5683)
            raise ObtError("it broke off")

        try:
            return await own(tool.database, tool, device, take)
        finally:
            house.network.attach(light, light.endpoints[0].host, 5683)
            house.network.attach(light, light.endpoints[0].host, 5684, secured=True)

    (member,) = run(own_fleet(tool, lights, one))
    assert len(taken) == 1
    assert member.record is not None
    assert (member.attempts, member.record.state) == (2, "owned")
    tool.database.close()


def test_what_one_raises_ends_all() -> None:
    """On the network as in memory: the first exception comes out, the others are given up."""
    ended: list[str] = []

    async def waiting() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            ended.append("given up")
            raise

    async def failing() -> None:
        await asyncio.sleep(0)
        raise ValueError("why")

    async def work() -> None:
        async with AsyncioTransport(interfaces=()) as transport:
            await transport.together([waiting, failing, waiting], at_once=2)

    with pytest.raises(ValueError, match="why"):
        asyncio.run(work())
    assert ended == ["given up"]


def test_own_several_by_the_command(home: Home) -> None:
    """Each is told with its number, and all are ours; those that fail are listed for programs."""
    with DeviceThread("light") as one, DeviceThread("light") as other:
        said = home.obt("own", one.coap, other.coap, "--parallel", "2", "--json")
        assert "1/2 " in said.stderr
        assert "2/2 " in said.stderr
        assert len(home.json("ls")) == 4
        failed = home.obt("own", one.coap, other.coap, "--json", code=1)
        assert '"error": "already-owned"' in failed.stdout


async def own_reported(
    tool: Tool, steps: list[StepReport], device: Unowned, **options: Any
) -> DeviceRecord:
    """Own a device, and have its steps reported."""

    async def take(keep: Keep) -> OwnedDevice:
        return await take_ownership(
            tool.transport, device, tool.database.owner, keep=keep, on_step=steps.append, **options
        )

    return await own(tool.database, tool, device, take)


def test_the_sessions_of_an_ownership(tmp_path: Path) -> None:
    """A device is owned in two sessions: the owner's rule goes over the one that proved the key."""
    house = House(tmp_path, 0)
    lights = fleet_of(house, 2)
    tool, steps = house.start(), list[StepReport]()
    run(own_fleet(tool, lights, partial(own_reported, tool, steps)))
    per_device = Counter(step.uri for step in steps if step.method == "DTLS")
    assert list(per_device.values()) == [2, 2]
    assert sum(step.purpose == "add access rules" for step in steps) == len(lights)
    tool.database.close()


def test_the_rule_of_the_owner_comes_with_the_others(tmp_path: Path) -> None:
    """An order that leaves the rules to the tool gives the owner's among them, once."""
    house = House(tmp_path, 0)
    (light,) = fleet_of(house, 1)
    tool, steps = house.start(), list[StepReport]()
    rule = use_by(tool.database.owner)
    one = partial(own_reported, tool, steps, order=CR3006, rules=[rule])
    run(own_fleet(tool, [light], one))
    assert [step.purpose for step in steps].count("enter RFPRO") == 1
    permissions = [entry.permission for entry in light.database.acl2.entries]
    assert permissions.count(rule.permission) == 1
    (recorded,) = tool.database.rules.for_subject(tool.database.owner)
    assert (recorded.rule, recorded.state) == (rule, CredentialState.PRESENT)
    tool.database.close()


def test_an_ownership_syncs_four_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What begins, the key, that it is proven, and the end: more would keep the others waiting."""
    house = House(tmp_path, 0)
    lights = fleet_of(house, 3)
    tool, synced = house.start(), list[None]()
    monkeypatch.setattr(tool.database.file, "committed", lambda: synced.append(None))
    run(own_fleet(tool, lights))
    assert len(synced) == 4 * len(lights)
    tool.database.close()
