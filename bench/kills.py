"""Kill a running device again and again while a tool writes to it, and look at what is left.

Each UPDATE writes a number twice, into the subject and the path of one access control entry. After
each SIGKILL the database on the disk must hold one number, the same in both places, and not a
smaller one than was acknowledged.
"""

import asyncio
import json
import random
import socket
import statistics
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

from load import cpu_seconds

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
from onboardee.svrdb import StoreError, read_existing

HOST = "127.0.0.1"
ACEID = 500
MARK = UUID("00000000-0000-4000-8000-000000000000").int
COMMAND = [sys.executable, "-c", "from onboardee.device.cli import main; main()", "run", "light"]


@dataclass
class Report:
    """What happened so far."""

    kills: int = 0
    kills_while_starting: int = 0
    updates: int = 0
    mixed: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)
    """Seconds from the start of the process to its event device.ready."""
    costs: list[float] = field(default_factory=list)
    """Seconds of CPU time that this took, whatever else the machine did."""

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {self.kills_while_starting} of them while starting, amid "
            f"{self.updates} acknowledged updates: {len(self.mixed)} mixed states, "
            f"{len(self.lost)} lost updates; start-up median "
            f"{statistics.median(self.starts) * 1000:.0f} ms, longest "
            f"{max(self.starts) * 1000:.0f} ms, of CPU time "
            f"{statistics.median(self.costs) * 1000:.0f} ms, longest "
            f"{max(self.costs) * 1000:.0f} ms; {sum(each > 1 for each in self.starts)} over 1 s"
        )


class Victim:
    """A device on fixed ports, started anew after each kill."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.ports = free_ports()
        self.report = Report()
        self.acknowledged = 0
        self.attempted = 0

    def start(self) -> "subprocess.Popen[bytes]":
        """Start the process."""
        plain, secure = map(str, self.ports)
        options = ["--state-dir", str(self.directory), "--host", HOST, "--log-format", "json"]
        return subprocess.Popen(
            [*COMMAND, *options, "--port", plain, "--secure-port", secure], stdout=subprocess.PIPE
        )

    def wait_ready(self, process: "subprocess.Popen[bytes]", began: float) -> None:
        """Wait for device.ready and note how long it took."""
        assert process.stdout is not None
        for line in process.stdout:
            if json.loads(line)["event"] == "device.ready":
                self.report.starts.append(time.perf_counter() - began)
                self.report.costs.append(cpu_seconds(process.pid))
                return
        raise SystemExit(f"the device did not start again: exit code {process.wait()}")

    def look(self) -> None:
        """Compare what is on the disk with what was promised."""
        self.report.kills += 1
        try:
            entries = read_existing(self.directory).acl2.entries
        except StoreError as error:
            self.report.mixed.append(str(error))
            return
        for entry in entries:
            if entry.aceid == ACEID:
                number = UUID(entry.subject.uuid or "").int - MARK
                if [resource.href for resource in entry.resources] != [f"/number/{number}"]:
                    self.report.mixed.append(f"{entry}")
                elif number not in {self.acknowledged, self.attempted}:
                    self.report.lost.append(f"{number} where {self.acknowledged} was promised")
                self.acknowledged = self.attempted = number
                return
        if self.acknowledged:
            self.report.lost.append(f"nothing where {self.acknowledged} was promised")

    async def write(self, ownership: Ownership, process: "subprocess.Popen[bytes]") -> None:
        """Write until the process is dead."""
        with suppress(ObtError):
            async with AsyncioTransport() as transport, OwnedDevice(transport, ownership) as device:
                link = await device.connect()
                while process.poll() is None:
                    self.attempted = self.acknowledged + 1
                    body = {"aclist2": [entry(self.attempted)]}
                    await device.dialogue().post("write a number", link, ACL2, body)
                    self.acknowledged = self.attempted
                    self.report.updates += 1

    async def life(self, ownership: Ownership, chance: random.Random) -> None:
        """Start the device, write to it, kill it at a random moment."""
        began = time.perf_counter()
        process = self.start()
        if chance.random() < 0.2:
            self.report.kills_while_starting += 1
            await asyncio.sleep(chance.uniform(0, 0.35))
        else:
            await asyncio.to_thread(self.wait_ready, process, began)
            writer = asyncio.create_task(self.write(ownership, process))
            await asyncio.sleep(chance.uniform(0.005, 0.12))
            process.kill()
            await asyncio.to_thread(process.wait)
            writer.cancel()
            with suppress(asyncio.CancelledError):
                await writer
        process.kill()
        process.communicate()
        self.look()


def entry(number: int) -> dict[str, object]:
    """Return an access control entry that says a number twice."""
    return {
        "aceid": ACEID,
        "subject": {"uuid": str(UUID(int=MARK + number))},
        "resources": [{"href": f"/number/{number}"}],
        "permission": 2,
    }


def free_ports() -> tuple[int, int]:
    """Find two ports that are free now."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
    ):
        one.bind((HOST, 0))
        other.bind((HOST, 0))
        return one.getsockname()[1], other.getsockname()[1]


async def own_in_rfpro(address: Address) -> Ownership:
    """Take ownership, and leave the device in RFPRO, in which rules may be written."""
    async with AsyncioTransport() as transport:
        found = await find_unowned_at(transport, address)
        ownership = (await take_ownership(transport, found, uuid4())).ownership
    async with AsyncioTransport() as transport, OwnedDevice(transport, ownership) as device:
        await device.update("/oic/sec/pstat", {"dos": {"s": 2}})
    return ownership


async def own(victim: Victim) -> Ownership:
    """Take ownership of a device, and kill it."""
    process = victim.start()
    await asyncio.to_thread(victim.wait_ready, process, time.perf_counter())
    victim.report.starts.clear()
    victim.report.costs.clear()
    ownership = await own_in_rfpro(Address(HOST, victim.ports[0]))
    process.kill()
    process.communicate()
    return ownership


async def massacre(directory: Path, kills: int, seed: int = 0) -> Report:
    """Kill a device on that directory so many times."""
    victim = Victim(directory)
    ownership = await own(victim)
    chance = random.Random(seed)
    for _ in range(kills):
        await victim.life(ownership, chance)
    return victim.report
