"""One search by multicast to many devices of one process: how long the loop stands still.

Usage: python bench/search.py [COUNT] [ROUNDS]

The devices have sockets of their own on this machine. The search is handed to them as the group's
socket does it; the answers are received and counted. What holds up the loop comes in each round,
and what else the machine was busy with does not: of the longest waits the shortest counts.
"""

import asyncio
import gc
import socket
import sys
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from load import HOST

from onboardee.device.events import Bus
from onboardee.device.machine.boot import Surroundings, boot
from onboardee.device.machine.budget import Budgets
from onboardee.device.machine.memory import MemoryKeeper
from onboardee.device.net.binding import Ports
from onboardee.device.net.hub import Hub
from onboardee.device.security.factory import new_database
from onboardee.device.simulation.profile import load
from onboardee.wire.coap.discovery import encode_multicast_request
from onboardee.wire.entropy import SystemEntropy
from onboardee.wire.path import Path

DEVICES = 1000
LONGEST = 0.010
"""Seconds for which one search may keep the loop from everybody else."""
SETTLE = 1.0
PATIENCE = 30.0
ROUNDS = 4
PATHS = ("/oic/res", "/oic/sec/doxm")


@dataclass
class Gap:
    """The longest time between two turns of the loop."""

    wall: float = 0.0
    cpu: float = 0.0


class Watch:
    """Takes a turn of the loop whenever there is one, and notes how long it had to wait."""

    def __init__(self) -> None:
        self.longest = Gap()
        self._loop = asyncio.get_running_loop()
        self._before = time.perf_counter(), time.thread_time()
        self._turn()

    def restart(self) -> None:
        """Forget what was seen."""
        self.longest = Gap()

    def _turn(self) -> None:
        wall, cpu = time.perf_counter(), time.thread_time()
        self.longest.wall = max(self.longest.wall, wall - self._before[0])
        self.longest.cpu = max(self.longest.cpu, cpu - self._before[1])
        self._before = wall, cpu
        self._loop.call_soon(self._turn)


def started(hub: Hub, count: int) -> None:
    """Start so many lights, each in memory and with two sockets."""
    profile, entropy, budgets = load("light"), SystemEntropy(), Budgets()
    for _ in range(count):
        keeper = MemoryKeeper(new_database(profile, entropy))
        budget = budgets.of(profile.answers)
        surroundings = Surroundings(entropy=entropy, bus=Bus(), budget=budget)
        hub.add(boot(profile, keeper, surroundings), Ports((HOST,)))


async def search(hub: Hub, watch: Watch, path: str, count: int) -> tuple[Gap, Gap, int]:
    """Search; return the gaps as it arrives and while it is answered, and the answers."""
    loop, delays = asyncio.get_running_loop(), load("light").discovery
    heard, complete = 0, asyncio.Event()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.bind((HOST, 0))
        asking.setblocking(False)
        asking.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)

        def hear() -> None:
            nonlocal heard
            with suppress(BlockingIOError):
                while asking.recv(65535):
                    heard += 1
                    if heard == count:
                        complete.set()

        loop.add_reader(asking, hear)
        _, datagram = encode_multicast_request(path, entropy=SystemEntropy())
        group = Path(HOST, 5683, *asking.getsockname(), multicast=True, on_link=True)
        await asyncio.sleep(SETTLE)
        watch.restart()
        hub.offer_to_all(datagram, group)  # as the socket of the group does it
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        arrival = watch.longest
        watch.restart()
        longest = max(delays.doxm_delay, delays.other_delay)
        with suppress(TimeoutError):
            async with asyncio.timeout(longest + PATIENCE):
                await complete.wait()
        loop.remove_reader(asking)
    return arrival, watch.longest, heard


async def measure(count: int, rounds: int) -> bool:
    """Measure and print; tell whether the bound holds."""
    with ExitStack() as ending:
        hub = Hub()
        ending.callback(hub.stop)
        started(hub, count)
        gc.freeze()  # as the program does: there is no garbage to be found in devices that stay
        watch = Watch()
        holds = True
        print("| search | as it arrives | while it is answered | answers |\n|---|---|---|---|")
        for path in PATHS:
            found = [await search(hub, watch, path, count) for _ in range(rounds)]
            arrival, answering = (
                min((each[part] for each in found), key=lambda gap: gap.cpu) for part in (0, 1)
            )
            heard = min(each[2] for each in found)
            print(f"| {path} | {_shown(arrival)} | {_shown(answering)} | {heard} |", flush=True)
            holds = holds and heard == count and max(arrival.cpu, answering.cpu) <= LONGEST
    return holds


def _shown(gap: Gap) -> str:
    return f"{gap.wall * 1000:.1f} ms, of which {gap.cpu * 1000:.1f} ms of CPU"


def main() -> int:
    """Measure; the exit code tells whether the bound holds."""
    count, rounds = (*map(int, sys.argv[1:]), *(DEVICES, ROUNDS)[len(sys.argv) - 1 :])
    return 0 if asyncio.run(measure(count, rounds)) else 1


if __name__ == "__main__":
    sys.exit(main())
