"""All devices of the catalogue in one process: memory, start, ownership, an hour of their lives.

Usage: python bench/catalogue.py [--json]
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import UUID

from load import resident_kib

from onboardee.device.simulation.profile import built_in_names
from onboardee.device.testing import Heard, MemoryNetwork, PlainClient, memory_device
from onboardee.obt import Address, AsyncioTransport, find_unowned_at, take_ownership

OWNER = UUID("11111111-2222-4333-8444-555555555555")
HOUR = 3600.0


class Process:
    """`onboardee run` in a directory of its own, ready."""

    def __init__(self, count: int, *words: str) -> None:
        self.home = tempfile.TemporaryDirectory()
        command = [
            sys.executable,
            "-c",
            "from onboardee.device.cli import main; main()",
            "run",
            *words,
        ]
        options = ["--host", "127.0.0.1", "--log-format", "json", "--state-dir", self.home.name]
        started = time.perf_counter()
        # a file, because a pipe that nobody reads stops those who write into it
        self.log = tempfile.NamedTemporaryFile()  # noqa: SIM115 - closed by `stop`
        self.process = subprocess.Popen([*command, *options], stdout=self.log)
        while len(self.events("device.ready")) < count:
            time.sleep(0.02)
        self.ready = self.events("device.ready")
        self.seconds = time.perf_counter() - started
        time.sleep(1)
        self.kib = resident_kib(self.process.pid)

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return the events of this name that were written so far."""
        lines = Path(self.log.name).read_text().splitlines(keepends=True)
        written = [json.loads(line) for line in lines if line.endswith("\n")]
        return [event for event in written if event["event"] == name]

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait()
        self.log.close()
        self.home.cleanup()


async def owned(fleet: Process) -> tuple[int, float]:
    """Find and own every device; return how many, and the seconds it took."""
    started, count = time.perf_counter(), 0
    async with AsyncioTransport() as transport:
        for event in fleet.ready:
            address = Address.from_uri(event["endpoints"][0], "coap")
            assert address is not None
            found = await find_unowned_at(transport, address)
            assert str(found.uuid) == event["device_uuid"]
            await take_ownership(transport, found, OWNER)
            count += 1
    return count, time.perf_counter() - started


def hour(seed: int) -> tuple[list[list[Heard]], float]:
    """Let all devices live an hour, each resource observed; return what was heard."""
    network, clients = MemoryNetwork(), []
    for number, name in enumerate(built_in_names()):
        host = f"10.0.1.{number}"
        device = memory_device(network, name, host=host, seed=f"{seed} {name}", open_to_all=True)
        clients.append(PlainClient(network, host=host, own_host=f"10.0.2.{number}"))
        clients[-1].observe(device.appliances)
    started = time.perf_counter()
    network.run(HOUR)
    return [client.heard for client in clients], time.perf_counter() - started


def main() -> int:
    """Measure and print; the exit code tells whether the promises hold."""
    names = built_in_names()
    one = Process(1, "light")
    one.stop()
    fleet = Process(len(names), "--all")
    try:
        count, owning = asyncio.run(owned(fleet))
        after = resident_kib(fleet.process.pid)
    finally:
        fleet.stop()
    heard, seconds = hour(1)
    again, _ = hour(1)
    figures = {
        "devices": len(names),
        "seconds until one is ready": round(one.seconds, 2),
        "seconds until all are ready": round(fleet.seconds, 2),
        "KiB of one": one.kib,
        "KiB of all": fleet.kib,
        "KiB each beyond the first": round((fleet.kib - one.kib) / (len(names) - 1), 1),
        "KiB each, all owned": round((after - one.kib) / (len(names) - 1), 1),
        "owned": count,
        "seconds for owning all": round(owning, 2),
        "seconds for an hour of all": round(seconds, 2),
        "notifications in it": sum(map(len, heard)),
        "the same again": heard == again,
    }
    if "--json" in sys.argv:
        print(json.dumps(figures))
    else:
        for name, figure in figures.items():
            print(f"{name:28} {figure}")
    return 0 if heard == again and count == len(names) and seconds < 10 else 1


if __name__ == "__main__":
    sys.exit(main())
