"""Instructions that a device takes for a request, and what time that may be on a Raspberry Pi.

Usage: python bench/instructions.py [--by perf|valgrind] [--operations GET UPDATE …]

As root, in a network namespace of its own (`unshare`). Lights run as people run them, with sockets,
log and a state file; a tool outside of what is counted has them do N operations, and then, in
another run, 2N. The difference is that of N operations: start, imports and what a first request
makes ready cancel out. `perf stat` counts where the processor lets it, else valgrind, which sees no
instructions of the kernel: their share is taken from the processor time that the kernel accounts to
the same work without valgrind.

The times are estimates, by `BOARDS`; nothing here has run on a Pi.
"""

import argparse
import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

from load import HOST, SecuredLoad, get, post
from running_fleet import PROGRAM
from searching import LOOPBACK, over

from onboardee.obt import (
    Address,
    AsyncioTransport,
    OwnedDevice,
    Ownership,
    Permission,
    Rule,
    Subject,
    Target,
    find_unowned_at,
    take_ownership,
)
from onboardee.wire.coap.discovery import encode_multicast_request, pong
from onboardee.wire.entropy import SystemEntropy

DEVICES = 20
SWITCH = "/light/switch"
SEARCH_SECONDS = 120.0
"""Under valgrind everything takes thirty times as long."""


@dataclass(frozen=True)
class Board:
    """A processor, by how many instructions it carries out in a second."""

    name: str
    clock: float
    """Cycles a second, without overclocking (raspberrypi.com, the pages of the products)."""
    per_cycle: float
    """Instructions of CPython per cycle, see `BOARDS`."""

    def seconds(self, instructions: float) -> float:
        """Return how long one core takes for them."""
        return instructions / (self.clock * self.per_cycle)


BOARDS: Final = (
    Board("Pi 3B+, Cortex-A53", 1.4e9, 0.45),
    Board("Pi 4B, Cortex-A72", 1.5e9, 1.2),
    Board("Pi 5, Cortex-A76", 2.4e9, 1.9),
)
"""Instructions per cycle are assumed, from three public figures.

* A Pi 4 at 1.5 GHz takes 158.3 s for five million steps of the n-body program in Python
  (chaitanyamehta.github.io/projects/performance-analysis-of-programming-languages): 47,500 cycles a
  step. The same program takes 86,000 instructions of x86_64 a step in CPython 3.7 (cachegrind), so
  that the Pi does 1.8 in a cycle. It is a small loop; two thirds of that are assumed for a program
  whose code does not fit into the cache.
* The Pi 4 is "~3x" a Pi 3B+ (raspberrypi.com, "Raspberry Pi 4 on sale now", 2019).
* The Pi 5 is "between two and three times" a Pi 4 (raspberrypi.com, "Introducing Raspberry Pi 5",
  2023).

AArch64 takes about as many instructions as x86_64 for the same program (Blem and others, "Power
Struggles", HPCA 2013). A Pi 3 and a Pi 4 have no instructions for AES and SHA. A third more or less
than what comes out here is to be expected.
"""


@dataclass
class Counted:
    """What a run took."""

    instructions: int
    """As they were counted."""
    user: float
    system: float
    """Seconds of processor time of the program, and of the kernel for it, during the operations."""


class Lights:
    """Lights that run, and how to reach them."""

    def __init__(self, process: "subprocess.Popen[bytes]", events: list[dict[str, object]]) -> None:
        self.process = process
        self.plain = [_port(event, "coap") for event in events]
        self.secure = [_port(event, "coaps") for event in events]


def _port(event: dict[str, object], scheme: str) -> int:
    endpoints = event["endpoints"]
    assert isinstance(endpoints, list)
    place = f"{scheme}://{HOST}:"
    return next(int(each.removeprefix(place)) for each in endpoints if each.startswith(place))


@contextmanager
def lights(count: int, counter: Sequence[str]) -> Iterator[Lights]:
    """Run so many lights under a counter."""
    with tempfile.TemporaryDirectory() as home:
        words = ["run", "light", "--count", str(count), "--log-format", "json"]
        log = Path(home) / "log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [*counter, *PROGRAM, *words, "--state-file", f"{home}/lights.db"],
                stdout=out,
                env={**os.environ, "PYTHONHASHSEED": "0", "COLUMNS": "80"},
            )
        try:
            while len(events := _ready(log)) < count:
                if process.poll() is not None:
                    raise SystemExit(log.read_text() or "the devices do not start")
                time.sleep(0.2)
            yield Lights(process, events)
        finally:
            process.terminate()
            process.wait()


def _ready(log: Path) -> list[dict[str, object]]:
    lines = [line for line in log.read_text().splitlines() if line.endswith("}")]
    events = [json.loads(line) for line in lines]
    return [event for event in events if event["event"] == "device.ready"]


# the operations, each done so many times


async def _own(subject: Lights, number: int) -> Ownership:
    async with AsyncioTransport() as transport:
        address = Address(HOST, subject.plain[number])
        found = await find_unowned_at(transport, address, patience=SEARCH_SECONDS)
        return (await take_ownership(transport, found, uuid4())).ownership


async def _opened(subject: Lights) -> Ownership:
    """Own the first light, and let its owner read and change the switch."""
    ownership = await _own(subject, 0)
    rule = Rule(
        subject=Subject(uuid=str(ownership.owner)),
        targets=(Target(href=SWITCH),),
        permission=Permission.RETRIEVE | Permission.UPDATE,
    )
    async with AsyncioTransport() as transport, OwnedDevice(transport, ownership) as device:
        await device.add_rules([rule])
    return ownership


def connected(subject: Lights, ownership: Ownership) -> SecuredLoad:
    """Open a session with the first light."""
    load = SecuredLoad(subject.secure[0], ownership.owner, ownership.key, SEARCH_SECONDS)
    load.connect()
    return load


def get_switch(subject: Lights) -> Callable[[int], None]:
    """Read over a session."""
    load = connected(subject, asyncio.run(_opened(subject)))
    return lambda count: load.run(SWITCH, count, 1, get)


def change_switch(subject: Lights) -> Callable[[int], None]:
    """Change a value over a session, each time to another."""
    load = connected(subject, asyncio.run(_opened(subject)))

    def message(path: str, mid: int) -> bytes:
        return post(path, mid, b"\xa1\x65value" + (b"\xf5" if mid % 2 else b"\xf4"))

    return lambda count: load.run(SWITCH, count, 1, message)


def shake_hands(subject: Lights) -> Callable[[int], None]:
    """Open and close sessions by the owner credential."""
    ownership = asyncio.run(_opened(subject))

    def work(count: int) -> None:
        for _ in range(count):
            connected(subject, ownership).close()

    return work


def own(subject: Lights) -> Callable[[int], None]:
    """Own one light after the other by Just Works, each change durable."""
    left = list(range(1, len(subject.plain)))
    asyncio.run(_own(subject, 0))

    def work(count: int) -> None:
        for _ in range(count):
            asyncio.run(_own(subject, left.pop()))

    return work


def search(subject: Lights) -> Callable[[int], None]:
    """Search by multicast over loopback; each light answers."""
    asyncio.run(_own(subject, 0))

    def work(count: int) -> None:
        for _ in range(count // DEVICES):
            _search()

    work(DEVICES)
    return work


def _search() -> None:
    """Ask the group, and wait until all have answered."""
    asking, group = over(LOOPBACK)
    with asking:
        asking.settimeout(SEARCH_SECONDS)
        asking.sendto(encode_multicast_request("/oic/res", entropy=SystemEntropy())[1], group)
        heard: set[int] = set()
        while len(heard) < DEVICES:
            content, sender = asking.recvfrom(65535)
            if (reply := pong(content)) is not None:
                asking.sendto(reply, sender)
            else:
                heard.add(sender[1])


OPERATIONS: Final = {
    "GET": ("secured GET of a switch", get_switch, 1000, 20_000),
    "UPDATE": ("secured UPDATE of a switch", change_switch, 1000, 10_000),
    "handshake": ("ECDHE_PSK handshake, and its end", shake_hands, 60, 500),
    "ownership": ("Just Works ownership, durable", own, 16, 60),
    "search": ("answer to a search of /oic/res", search, 60 * DEVICES, 400 * DEVICES),
}
"""By a short name: what it is, what prepares it, N, and how many take a second or so without a
counter: the kernel accounts time in steps of 10 ms."""


# counting


def valgrind(home: Path) -> tuple[list[str], Callable[[], int]]:
    """Return what counts instructions of the program, and what reads how many there were."""
    log = home / "valgrind.log"
    words = ["valgrind", "--tool=cachegrind", "--cache-sim=no"]
    words += ["--cachegrind-out-file=/dev/null", f"--log-file={log}"]

    def read() -> int:
        found = re.search(r"I\s+refs:\s+([\d,]+)", log.read_text())
        assert found is not None, log.read_text()
        return int(found[1].replace(",", ""))

    return words, read


def perf(home: Path) -> tuple[list[str], Callable[[], int]]:
    """Return the same with the processor's own counters."""
    log = home / "perf.csv"
    words = ["perf", "stat", "-x,", "-e", "instructions:u", "-o", str(log), "--"]

    def read() -> int:
        lines = log.read_text().splitlines()
        return int(next(line for line in lines if "instructions" in line).partition(",")[0])

    return words, read


def nobody(_home: Path) -> tuple[list[str], Callable[[], int]]:
    """Count nothing."""
    return [], lambda: 0


COUNTERS: Final = {"valgrind": valgrind, "perf": perf}


def can_perf() -> bool:
    """Tell whether the processor lets its counters be read here."""
    if not shutil.which("perf"):
        return False
    words = ["perf", "stat", "-x,", "-e", "instructions:u", "true"]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    return done.returncode == 0 and "not supported" not in done.stderr


def counted(
    counter: Callable[[Path], tuple[list[str], Callable[[], int]]],
    prepare: Callable[[Lights], Callable[[int], None]],
    count: int,
    devices: int,
) -> Counted:
    """Let so many lights do an operation so many times."""
    with tempfile.TemporaryDirectory() as home:
        words, read = counter(Path(home))
        with lights(devices, words) as subject:
            work = prepare(subject)
            before = _times(subject.process)
            work(count)
            user, system = (
                now - then for now, then in zip(_times(subject.process), before, strict=True)
            )
        return Counted(read(), user, system)


def _times(process: "subprocess.Popen[bytes]") -> tuple[float, float]:
    """Return the seconds of the program and of the kernel."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    user, system = (int(each) / os.sysconf("SC_CLK_TCK") for each in fields[11:13])
    return user, system


def measure(names: Sequence[str], by: str) -> None:
    """Measure and print."""
    heads = " | ".join(each.name for each in BOARDS)
    print(f"| | instructions, counted by {by} | kernel's share | {heads} |")
    print("|---|---|---|" + "---|" * len(BOARDS))
    for name in names:
        words, prepare, number, many = OPERATIONS[name]
        # each can be owned once
        few, more = (DEVICES, DEVICES) if prepare is not own else (2 * number + 1, many + 1)
        once, twice = (counted(COUNTERS[by], prepare, number * times, few) for times in (1, 2))
        each = (twice.instructions - once.instructions) / number
        plain = counted(nobody, prepare, many, more)
        share = plain.system / (plain.user + plain.system)
        times = " | ".join(_time(board.seconds(each / (1 - share))) for board in BOARDS)
        print(f"| {words} | {_millions(each)} | {share:.0%} | {times} |", flush=True)


def _millions(instructions: float) -> str:
    return f"{instructions / 1e6:.2f} million"


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds >= 0.001 else f"{seconds * 1e6:.0f} µs"


def main() -> None:
    """Count, and print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--by", choices=COUNTERS, default="perf" if can_perf() else "valgrind")
    parser.add_argument("--operations", nargs="*", choices=OPERATIONS, default=list(OPERATIONS))
    chosen = parser.parse_args()
    if "INSTRUCTIONS_NAMESPACE" not in os.environ:
        os.environ["INSTRUCTIONS_NAMESPACE"] = "1"
        os.execvp("unshare", ["unshare", "-n", sys.executable, *sys.argv])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    measure(chosen.operations, chosen.by)


if __name__ == "__main__":
    main()
