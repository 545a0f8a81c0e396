"""Kill a worker with a hundred devices at random moments, while a tool writes to some of them.

Usage: python bench/worker_kills.py [--kills 40] [--devices 100] [--directories]

Two workers have so many devices each. The first one is killed while it starts or while a tool
writes to twenty of its devices. Its devices then have on the disk what they acknowledged, or what
they were storing. Every fourth time the supervisor is left to start it again, and each device has
to come back at its ports. With --directories each has a directory; without, all are in one file.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from kills import own_in_rfpro
from load import HOST
from running_fleet import PROGRAM
from soak import Written, workers_of

from onboardee.obt import Address

WRITTEN: Final = 20
STARTING: Final = 0.2
"""The part of the kills that come while it starts."""
RETURNING: Final = 4
"""Every so many kills it is left to come back."""
PATIENCE: Final = 120.0
"""Seconds in which a worker has to come back on a busy machine."""


class Run:
    """`onboardee run` with two workers, started anew after each kill."""

    def __init__(self, home: Path, devices: int, *, in_file: bool) -> None:
        self.place = home / "lamps.db" if in_file else home / "lamps"
        self.log = home / "log"
        self._words = ["run", "light", "--count", str(2 * devices), "--workers", "2"]
        self._words += ["--host", HOST, "--log-format", "json"]
        self._words += ["--state-file" if in_file else "--state-dir", str(self.place)]
        self.process: subprocess.Popen[bytes]

    def start(self) -> None:
        """Start it."""
        with self.log.open("w") as log:
            self.process = subprocess.Popen([*PROGRAM, *self._words], stdout=log)

    def events(self) -> list[dict[str, Any]]:
        """Return what it has told in whole lines."""
        lines = self.log.read_text().splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith("\n")]

    async def told(self, name: str) -> list[dict[str, Any]]:
        """Wait for an event, and return all events."""
        until = time.monotonic() + PATIENCE
        while True:
            found = self.events()
            if any(each["event"] == name for each in found):
                return found
            if self.process.poll() is not None or time.monotonic() > until:
                raise SystemExit(self.log.read_text() or "the devices do not start")
            await asyncio.sleep(0.05)

    def end(self) -> None:
        """Kill all of it, and wait until nobody has the devices."""
        running = workers_of(self.process.pid)
        self.process.kill()
        for each in running:
            with suppress(ProcessLookupError):  # workers end with their supervisor
                os.kill(each, signal.SIGKILL)
        self.process.wait()
        while any(_runs(each) for each in running):
            time.sleep(0.02)


def _runs(pid: int) -> bool:
    """Tell whether a process is there; one that only waits to be counted is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def endpoints(events: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Return where devices have told last that they are reached."""
    return {each["device"]: each["endpoints"] for each in events if each["event"] == "device.ready"}


async def own(name: str, places: list[str]) -> Written:
    """Own a device that is to be written to."""
    address = Address.from_uri(places[0], "coap")
    assert address is not None
    return Written(name, await own_in_rfpro(address))


async def life(run: Run, devices: list[Written], number: int, chance: random.Random) -> list[str]:
    """Start, write, kill; return what is wrong with what is left."""
    wrong: list[str] = []
    run.start()
    if chance.random() < STARTING:
        await asyncio.sleep(chance.uniform(0.5, 3.0))
        if found := workers_of(run.process.pid):
            os.kill(found[0], signal.SIGKILL)
    else:
        before = endpoints(await run.told("fleet.ready"))
        for device in devices:
            device.move_to(before[device.name])
        written = chance.sample(devices, min(WRITTEN, len(devices)))
        tasks = [asyncio.create_task(each.live(run.place)) for each in written]
        goal = sum(each.updates for each in written) + chance.randint(1, 5 * WRITTEN)
        while sum(each.updates for each in written) < goal:  # noqa: ASYNC110 - of many tasks
            await asyncio.sleep(0.002)
        os.kill(workers_of(run.process.pid)[0], signal.SIGKILL)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if number % RETURNING == 0:
            after = endpoints(await run.told("worker.ready"))
            wrong += [f"{name}: other ports" for name in after if after[name] != before[name]]
    run.end()
    for device in devices:
        device.look(run.place)
        wrong += device.lost
        device.lost.clear()
    return wrong


async def kill(run: Run, count: int, kills: int) -> list[str]:
    """Kill so many times; return what was wrong."""
    run.start()
    places = endpoints(await run.told("fleet.ready"))
    devices = [await own(f"light-{each}", places[f"light-{each}"]) for each in range(1, count + 1)]
    run.end()
    chance, wrong = random.Random(0), []
    for number in range(1, kills + 1):
        wrong += await life(run, devices, number, chance)
        updates = sum(each.updates for each in devices)
        print(f"\r{number} kills, {updates} updates, {len(wrong)} wrong", end="", flush=True)
    print()
    return wrong


def main() -> int:
    """Kill, and print what came of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--devices", type=int, default=100)
    parser.add_argument("--directories", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        run = Run(Path(home), chosen.devices, in_file=not chosen.directories)
        wrong = asyncio.run(kill(run, chosen.devices, chosen.kills))
    print(*wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
