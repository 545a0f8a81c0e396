"""A fleet that is left to itself: devices come and go, lose datagrams and disks, and workers crash.

`python bench/fleet.py --parts --minutes 60` runs it, in namespaces of its own, with devices by
address in two workers and one state file:

    kept    are owned, and written to all the time; they are in the first worker
    lamps   restart every 30 s on average, all the time; now and then one is owned
    worn    are written to as well, lose and repeat datagrams, fail to store, and lose power; they
            are in the second worker

The first worker is killed every 90 seconds. The second one lives to the end, so that its memory
shows what an hour of this leaves behind. What was acknowledged has to be on the disk, always.
"""

import asyncio
import os
import signal
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

from kills import ACEID, MARK, entry
from load import resident_kib
from running_fleet import Fleet, show
from searching import LEISURE, ask_within

from onboardee.obt import (
    Address,
    AsyncioTransport,
    ObtError,
    OwnedDevice,
    Ownership,
    find_unowned_at,
    take_ownership,
)
from onboardee.obt.model import ACL2
from onboardee.svrdb import read_existing

ROUND = 90.0
"""Seconds between two kills."""
PAUSE = 0.1
"""Seconds between two writes to a device, which leave the machine to others."""
SEARCH_EVERY = 5
"""Rounds."""
TRIES = 5
WORKERS = 2
WRITTEN = 20
KILLED_WITH_PARENT = 12.0
"""Seconds until workers have ended whose parent was killed."""
FLEET = """
groups:
- {{profile: light, count: {half}, name: "kept-{{n}}"}}
- {{profile: light, count: {count}, name: "lamp-{{n}}", churn: {{every: 30, away: 1}}}}
- profile: light
  count: {half}
  name: "worn-{{n}}"
  faults:
  - drop chance=0.03 times=0
  - duplicate chance=0.05 times=0
  - slow-disk seconds=0.3 path=/oic/sec/acl2 chance=0.05 times=0
  - failing-disk path=/oic/sec/acl2 chance=0.02 times=0
  - restart-after path=/oic/sec/acl2 chance=0.01 times=0
"""


class Written:
    """A device that is written to: what it has acknowledged, and what it may have beyond."""

    def __init__(self, name: str, ownership: Ownership) -> None:
        self.name = name
        self.ownership = ownership
        self.acknowledged = self.attempted = 0
        self.updates = self.errors = 0
        self.lost: list[str] = []

    async def live(self, file: Path) -> None:
        """Write until the device is gone, look at the disk, and write again."""
        while True:
            with suppress(ObtError, OSError):
                await self._write()
            self.errors += 1
            self.look(file)
            await asyncio.sleep(1)

    async def _write(self) -> None:
        async with (
            AsyncioTransport() as transport,
            OwnedDevice(transport, self.ownership) as device,
        ):
            link = await device.connect()
            while True:
                self.attempted = self.acknowledged + 1
                body = {"aclist2": [entry(self.attempted)]}
                await device.dialogue().post("write a number", link, ACL2, body)
                self.acknowledged = self.attempted
                self.updates += 1
                await asyncio.sleep(PAUSE)

    def move_to(self, endpoints: Sequence[str]) -> None:
        """Know where the device is now."""
        plain = Address.from_uri(endpoints[0], "coap")
        secured = Address.from_uri(endpoints[1], "coaps")
        assert secured is not None
        self.ownership = replace(self.ownership, plain=plain, secured=secured)

    def look(self, file: Path) -> None:
        """Compare with the disk."""
        found = [
            each for each in read_existing(file / self.name).acl2.entries if each.aceid == ACEID
        ]
        number = UUID(found[0].subject.uuid or "").int - MARK if found else 0
        if number not in {self.acknowledged, self.attempted}:
            self.lost.append(f"{self.name} has {number}, and acknowledged {self.acknowledged}")
        if found and [each.href for each in found[0].resources] != [f"/number/{number}"]:
            self.lost.append(f"{self.name} has a mixed state: {found[0]}")
        self.acknowledged = self.attempted = number


class Soak:
    """The devices that are written to, those that were owned, and what was seen."""

    def __init__(self, prefix: str, count: int, written: int) -> None:
        self.prefix = prefix
        self.count = count
        self.names = [
            f"{kind}-{number}"
            for kind in ("kept", "worn")
            for number in range(1, max(1, written // 2) + 1)
        ]
        self.devices: list[Written] = []
        self.owned: dict[str, Ownership] = {}
        self.kills = 0

    def fleet_file(self) -> str:
        """Return what is to run."""
        return FLEET.format(count=self.count, half=len(self.names) // 2)

    async def own_written(self) -> None:
        """Own those that are written to, and leave them in RFPRO, in which rules may be written."""
        half = len(self.names) // 2
        for number, name in enumerate(self.names, 1):
            ownership = await self._own(number if number <= half else number + self.count)
            if ownership is None:
                raise SystemExit(f"{name} could not be owned")
            self.devices.append(Written(name, ownership))

    async def own_lamp(self, number: int) -> None:
        """Own one of those that come and go, if it is there for long enough."""
        ownership = await self._own(number + len(self.names) // 2)
        if ownership is not None:
            self.owned[f"lamp-{number}"] = ownership

    async def _own(self, number: int) -> Ownership | None:
        address = Address(f"{self.prefix}{number:x}", 5683)
        ownership: Ownership | None = None
        for _ in range(TRIES):
            try:
                if ownership is None:
                    async with AsyncioTransport() as transport:
                        found = await find_unowned_at(transport, address)
                        ownership = (await take_ownership(transport, found, uuid4())).ownership
                async with (
                    AsyncioTransport() as transport,
                    OwnedDevice(transport, ownership) as device,
                ):
                    await device.update("/oic/sec/pstat", {"dos": {"s": 2}})
            except ObtError:
                await asyncio.sleep(1)
            else:
                break
        return ownership

    def line(self) -> str:
        """Return how far it is."""
        errors = sum(each.errors for each in self.devices)
        updates = sum(each.updates for each in self.devices)
        return f"{self.kills:4} {errors:5} {updates:8} {len(self.owned):4}"

    def check_owned(self, file: Path) -> list[str]:
        """Return which devices have another owner on the disk, or none."""
        return [
            name
            for name, ownership in self.owned.items()
            if read_existing(file / name).doxm.owner_uuid != ownership.owner
        ]


def workers_of(pid: int) -> list[int]:
    """Return the workers of a run, in the order in which they were started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return sorted(
        int(each)
        for each in children
        if b"spawn_main" in Path(f"/proc/{each}/cmdline").read_bytes()
    )


async def soak(
    running: Fleet, alive: Soak, minutes: float, search: Callable[[], Awaitable[int]]
) -> tuple[list[str], list[float]]:
    """Let all of it go on, and print a line for each round.

    Return what was lost, and the memory of the worker that lives, in MiB.
    """
    await alive.own_written()
    _, lives = workers_of(running.process.pid)
    tasks = [asyncio.create_task(each.live(running.file)) for each in alive.devices]
    memory, began = [], time.monotonic()
    try:
        for number in range(1, int(minutes * 60 / ROUND) + 1):
            # one in each worker
            lamps = (number, alive.count - number + 1)
            tasks += [asyncio.create_task(alive.own_lamp(each)) for each in lamps]
            found = await search() if number % SEARCH_EVERY == 0 else ""
            await asyncio.sleep(max(0.0, began + number * ROUND - time.monotonic()))
            sizes = [resident_kib(each) / 1024 for each in (running.process.pid, lives)]
            memory.append(sizes[-1])
            for killed in set(workers_of(running.process.pid)) - {lives}:
                sizes.append(resident_kib(killed) / 1024)
                os.kill(killed, signal.SIGKILL)
                alive.kills += 1
            figures = (f"{each:6.1f}" for each in sizes)
            print(f"{number:4}", alive.line(), *figures, found, flush=True)
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    broken = [str(each) for each in ended if isinstance(each, Exception)]
    return [*broken, *(each for device in alive.devices for each in device.lost)], memory


def measure_soak(prefix: str, count: int, minutes: float, within: Sequence[str]) -> bool:
    """Run it and print what came of it; tell whether nothing was lost."""
    alive = Soak(prefix, count, WRITTEN)

    async def search() -> int:
        return (await asyncio.to_thread(ask_within, within, LEISURE))[0]

    with tempfile.TemporaryDirectory() as home:
        file = Path(home) / "fleet.yaml"
        file.write_text(alive.fleet_file())
        words = (str(file), "--addresses", f"{prefix}/64", "--workers", str(WORKERS))
        running = Fleet(Path(home), *words)
        print("round, kills, lives of the written, updates, owned; MiB of the supervisor, of the")
        print("worker that lives and of the one that is killed; answers to a search", flush=True)
        lost, memory = asyncio.run(soak(running, alive, minutes, search))
        running.process.kill()
        running.process.wait()
        time.sleep(KILLED_WITH_PARENT)
        for device in alive.devices:
            device.look(running.file)
        lost += [each for device in alive.devices for each in device.lost if each not in lost]
        lost += alive.check_owned(running.file)
    quarters = [memory[(len(memory) - 1) * each // 4] for each in range(5)]
    show("MiB of the worker that lives, after each quarter", quarters)
    show("acknowledged updates, owned lamps, kills", alive.line())
    show("lost", len(lost))
    print(*lost, sep="\n")
    return not lost
