"""Large fleets, measured: memory, start, search, ownership, requests, ten thousand, a soak.

Usage: python bench/fleet.py [--devices 1000] [--large 10000] [--some 1000] [--parallel 64]
                             [--parts lights search large] [--minutes 0]

It runs in a network namespace of its own (`unshare`, as root), so that nothing of this machine's
network is touched, with the devices in it and a tool in another one behind a pair of interfaces.
With --minutes devices are left to themselves, with much that goes wrong (`soak.py`).
"""

import argparse
import asyncio
import os
import platform
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from load import SecuredLoad, measured, resident_kib
from running_fleet import PROGRAM, Fleet, fleet, show
from searching import LEISURE, LOOPBACK, OWN, ask_within
from soak import measure_soak

from onboardee.obt import (
    Address,
    AsyncioTransport,
    Ownership,
    find_unowned_at,
    take_ownership,
)
from onboardee.svrdb import read_existing

PREFIX = "fd00:db8::"
HOST = "127.0.0.1"
BY_IPV4 = ("--addresses", "10.9.0.0/16")
REQUESTS = 2000


def own_by_tool(targets: Sequence[str], count: int, within: Sequence[str] = ()) -> float:
    """Own devices by the command line's tool; return how many it owned each second."""
    with tempfile.TemporaryDirectory() as home:
        words = ["obt", "--store", f"{home}/obt.db", "own", "--parallel", str(count), *targets]
        began = time.perf_counter()
        done = subprocess.run(
            [*within, *PROGRAM, *words], check=False, capture_output=True, text=True
        )
        seconds = time.perf_counter() - began
    if done.returncode:
        print(done.stderr[-600:], file=sys.stderr)
    return len(targets) / seconds


async def own_some(events: Sequence[dict[str, Any]]) -> list[Ownership]:
    """Own devices one after the other, and keep their keys."""
    found = []
    async with AsyncioTransport() as transport:
        for event in events:
            address = Address.from_uri(event["endpoints"][0], "coap")
            assert address is not None
            unowned = await find_unowned_at(transport, address)
            found.append((await take_ownership(transport, unowned, uuid4())).ownership)
    return found


def request_cost(running: Fleet, ownership: Ownership) -> float:
    """Return the processor time of one request over a session, in microseconds."""
    port = ownership.secured.port
    load = SecuredLoad(port, ownership.owner, ownership.key)
    load.connect()
    load.run("/oic/d", 200, 8)
    costs = [
        measured(running.process, REQUESTS, lambda count: load.run("/oic/d", count, 8)).cpu
        for _ in range(3)
    ]
    load.close()
    return min(costs) * 1e6


def measure_lights(count: int, parallel: int) -> None:
    """Measure lights with ports of their own."""
    with fleet("light", "--count", "21", "--host", HOST) as few:
        base = few.kib
    with fleet("light", "--count", str(count), "--host", HOST) as many:
        show(f"{count} lights: ready after", f"{many.seconds:.1f} s")
        show("  KiB each beyond the first, unowned", f"{(many.kib - base) / (count - 21):.1f}")
        show("  processor time while nobody asks", f"{many.idle():.2%}")
        show("  open files", len(os.listdir(f"/proc/{many.process.pid}/fd")))  # noqa: PTH208
        events = many.ready()
        some = asyncio.run(own_some(events[:10]))
        few_cost = request_cost(many, some[0])
        targets = [event["endpoints"][0] for event in events[10:]]
        rate = own_by_tool(targets, parallel)
        show(f"  onboardings a second, durable, {parallel} side by side", f"{rate:.1f}")
        owned = sum(
            read_existing(many.file / f"light-{number}").doxm.owned
            for number in range(1, count + 1)
        )
        show("  owned on the disk", f"{owned} of {count}")
        kib = resident_kib(many.process.pid)
        show("  KiB each, owned", f"{(kib - base) / (count - 21):.1f}")
        all_cost = request_cost(many, some[0])
        show("  µs of a request with 10 owned devices", f"{few_cost:.0f}")
        show(f"  µs of a request with {owned}, and times that", f"{all_cost:.0f}")
        show("  times", f"{all_cost / few_cost:.2f}")


def measure_search(count: int, within: Sequence[str]) -> None:
    """Search for devices by port and by address, from where tools are.

    `bench/search.py` has how long that holds up the process.
    """
    places = {
        "another namespace on the link": (within, "near"),
        "the devices' own": ((), "far"),
        "the same, over loopback": ((), LOOPBACK),
    }
    for kind, words in {"port": (), "address": ("--addresses", f"{PREFIX}/64", *BY_IPV4)}.items():
        with fleet("light", "--count", str(count), *words):
            for place, (by, interface) in places.items():
                answers = ask_within(by, LEISURE, over=interface)
                show(f"{count} by {kind}, answers to one search from {place}", *answers)


def measure_large(count: int, some: int, parallel: int, within: Sequence[str]) -> None:
    """Measure a fleet that needs addresses and a state file."""
    with fleet("light", "--count", str(count), "--addresses", f"{PREFIX}/64") as many:
        show(f"{count} by address: ready after", f"{many.seconds:.1f} s")
        show("  MiB", f"{many.kib / 1024:.0f}")
        show("  open files", len(os.listdir(f"/proc/{many.process.pid}/fd")))  # noqa: PTH208
        show("  processor time while nobody asks", f"{many.idle():.2%}")
        found = ask_within(within, LEISURE * max(1, count // 2000), 3)
        show("  found after one, two and three searches", " ".join(map(str, found)))
        chosen = random.Random(0).sample(range(1, count + 1), some)
        targets = [f"coap://[{PREFIX}{number:x}]:5683" for number in chosen]
        rate = own_by_tool(targets, parallel, within)
        owned = sum(read_existing(many.file / f"light-{each}").doxm.owned for each in chosen)
        show(f"  owned of {len(chosen)} chosen by chance, and a second", f"{owned}, {rate:.1f}")
        show("  MiB then", f"{resident_kib(many.process.pid) / 1024:.0f}")


def namespaces() -> list[str]:
    """Make the interfaces; return what runs a command in the tool's namespace."""

    def ip(*words: str) -> None:
        subprocess.run(["ip", *words], check=True)

    holder = subprocess.Popen(["unshare", "-n", "sleep", "infinity"], stdout=subprocess.DEVNULL)
    while os.readlink(f"/proc/{holder.pid}/ns/net") == os.readlink("/proc/self/ns/net"):  # noqa: PTH115
        time.sleep(0.01)
    within = ["nsenter", "-t", str(holder.pid), "-n"]
    ip("link", "set", "lo", "up")
    ip("link", "add", "far", "type", "veth", "peer", "name", "near", "netns", str(holder.pid))
    ip("-6", "addr", "add", f"{OWN['far']}/64", "dev", "far", "nodad")
    ip("link", "set", "far", "up")
    ip("-6", "route", "add", "local", f"{PREFIX}/64", "dev", "lo")
    ip("route", "add", "local", BY_IPV4[1], "dev", "lo")
    for words in (
        ("link", "set", "lo", "up"),
        ("-6", "addr", "add", f"{OWN['near']}/64", "dev", "near", "nodad"),
        ("link", "set", "near", "up"),
        ("-6", "route", "add", f"{PREFIX}/64", "via", OWN["far"]),
    ):
        subprocess.run([*within, "ip", *words], check=True)
    time.sleep(2)
    HOLDERS.append(holder)
    return within


HOLDERS: list["subprocess.Popen[bytes]"] = []


def machine() -> str:
    """Name the machine, and how busy it is."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    name = model[1] if model else platform.machine()
    return (
        f"{os.cpu_count()} x {name}, Linux {platform.release()}, Python "
        f"{platform.python_version()}, load {os.getloadavg()[0]:.1f}"
    )


def main() -> int:
    """Measure and print; the exit code tells whether no acknowledged change was lost."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--devices", type=int, default=1000)
    parser.add_argument("--large", type=int, default=10_000)
    parser.add_argument("--some", type=int, default=1000, help="of the large fleet to be owned")
    parser.add_argument("--parts", nargs="*", default=["lights", "search", "large"])
    parser.add_argument("--parallel", type=int, default=64)
    parser.add_argument("--minutes", type=float, default=0)
    chosen = parser.parse_args()
    if "FLEET_NAMESPACE" not in os.environ:
        os.environ["FLEET_NAMESPACE"] = "1"
        os.execvp("unshare", ["unshare", "-n", sys.executable, *sys.argv])
    within = namespaces()
    try:
        print(machine())
        if "lights" in chosen.parts:
            measure_lights(chosen.devices, chosen.parallel)
        if "search" in chosen.parts:
            measure_search(chosen.devices, within)
        if "large" in chosen.parts:
            measure_large(chosen.large, chosen.some, chosen.parallel, within)
        if chosen.minutes:
            return 0 if measure_soak(PREFIX, chosen.devices, chosen.minutes, within) else 1
    finally:
        for holder in HOLDERS:
            holder.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main())
