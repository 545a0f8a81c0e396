"""Devices that come and go, and the one queue of times for all of them."""

import asyncio
from itertools import islice
from pathlib import Path
from statistics import mean

from onboardee.device.cli.timetable import Timetable
from onboardee.device.fleet.costs import OTHER_FILES, SPARE_FILES, cost
from onboardee.device.fleet.expanding import devices_of
from onboardee.device.fleet.model import Churn, Fleet, Group, StartPattern
from onboardee.device.fleet.schedule import running_times


def test_the_same_seed_has_the_same_times() -> None:
    """And another one has others; their mean is the one that was asked for."""
    churn = Churn(every=60)
    first, again, other = (
        list(islice(running_times(churn, seed), 2000)) for seed in ("a", "a", "b")
    )
    assert first == again != other
    assert 55 < mean(first) < 65


async def test_things_are_done_in_the_order_of_their_times() -> None:
    """Also those that come later but are due sooner, and those that are to be done again."""
    timetable, done, finished = Timetable(), list[str](), asyncio.Event()

    def action(name: str, again: float | None = None) -> None:
        async def act() -> float | None:
            done.append(name)
            if name == "late":
                finished.set()
            return again if done.count(name) == 1 else None

        timetable.put({"soon": 0.01, "late": 0.05, "at once": 0.0}[name], act)

    running = asyncio.create_task(timetable.run())
    await asyncio.sleep(0)  # it waits for something to do
    action("late")
    await asyncio.sleep(0)
    action("soon", again=0.01)
    action("at once")
    await finished.wait()
    running.cancel()
    assert done == ["at once", "soon", "soon", "late"]


def test_what_a_fleet_costs_is_counted_before_it_starts() -> None:
    """Sockets and files by device and address, the last start, and who comes and goes."""
    churning = Group(profile="door", churn=Churn(every=60))
    waves = Group(profile="light", count=10, start=StartPattern(waves=4, every=3))
    devices = devices_of(Fleet(groups=(waves, churning)), Path())
    needed = cost(devices, hosts=1)
    assert (needed.devices, needed.sockets, needed.come_and_go) == (11, 22, 1)
    assert needed.files == 22 + 11 * OTHER_FILES + SPARE_FILES
    assert needed.starts_within == 6
    assert needed.memory < needed.memory_owned
