"""What a device costs: `python bench/costs.py [--reference PATH]`.

Starts `onboardee run light`, takes ownership of it again and again, and measures its CPU time as
the kernel counts it. With --reference, the same is done in turn with another OCF device that uses
Just Works (IoTivity-Lite's simpleserver), so that ratios come from one run.

With --tracing one secured request is measured with and without a trace that is written to a file;
`bench/tracing.py` has that without sockets, in all variants.
"""

import argparse
import asyncio
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from uuid import uuid4

from load import (
    WINDOW,
    Figure,
    PlainLoad,
    SecuredLoad,
    cpu_seconds,
    get,
    measured,
    median,
    resident_kib,
)

from onboardee.obt import (
    LITE,
    Address,
    AsyncioTransport,
    OwnedDevice,
    Ownership,
    Permission,
    Rule,
    StepReport,
    Subject,
    Target,
    Unowned,
    take_ownership,
)
from onboardee.obt.dialogue import Dialogue
from onboardee.obt.model import DOXM, Doxm

HOST = "127.0.0.1"
MULTICAST_PORT = 5683
OWNERSHIPS, HANDSHAKES, REQUESTS, ROUNDS = 15, 100, 3000, 5


@dataclass
class DeviceUnderTest:
    """A running device program."""

    name: str
    process: "subprocess.Popen[bytes]"
    plain: int
    secure: int
    href: str
    reset_seconds: float
    figures: dict[str, Figure] = field(default_factory=dict)


@contextmanager
def onboardee(*more: str) -> Iterator[DeviceUnderTest]:
    """Run our light, with a short delay before resets, and with more options."""
    with tempfile.TemporaryDirectory() as directory:
        built_in = subprocess.run(
            [*command(), "profiles", "show", "light"], capture_output=True, check=True
        )
        profile = Path(directory) / "light.yaml"
        profile.write_bytes(built_in.stdout + b"\nownership: {reset_delay: 0.05}\n")
        process, ready = started(str(profile), Path(directory) / "state", *more)
        ports = [int(endpoint.rpartition(":")[2]) for endpoint in ready["endpoints"]]
        try:
            yield DeviceUnderTest("onboardee", process, *ports, "/light/switch", 0.3)
        finally:
            process.terminate()
            process.wait()


def command() -> list[str]:
    """Return the onboardee command of this interpreter."""
    return [str(Path(sys.executable).with_name("onboardee"))]


def started(
    profile: str, state: Path, *more: str
) -> "tuple[subprocess.Popen[bytes], dict[str, list[str]]]":
    """Start a device and wait for its event device.ready."""
    arguments = ["run", profile, "--state-dir", str(state), "--host", HOST, "--log-format", "json"]
    arguments += more
    # modules are compiled once, as in any installation
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen([*command(), *arguments], stdout=subprocess.PIPE, env=environment)
    assert process.stdout is not None
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "device.ready":
            return process, event
    raise SystemExit("the device did not start")


@contextmanager
def reference(program: str) -> Iterator[DeviceUnderTest]:
    """Run another device program and find its ports."""
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / f"{Path(program).name}_creds").mkdir()
        process = subprocess.Popen(
            [program], cwd=directory, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            time.sleep(1)
            plain, secure = find_ports(udp_ports(process))
            yield DeviceUnderTest(Path(program).name, process, plain, secure, "/oic/d", 2.5)
        finally:
            process.kill()
            process.wait()


def udp_ports(process: "subprocess.Popen[bytes]") -> list[int]:
    """List the IPv4 UDP ports of a process."""
    inodes = {
        str(entry.readlink()).strip("socket:[]")
        for entry in Path(f"/proc/{process.pid}/fd").iterdir()
    }
    rows = [row.split() for row in Path("/proc/net/udp").read_text().splitlines()[1:]]
    return [int(row[1].split(":")[1], 16) for row in rows if row[9] in inodes]


def find_ports(ports: list[int]) -> tuple[int, int]:
    """Tell the plain port, which answers a question, from the secure one."""
    plain = [port for port in ports if port != MULTICAST_PORT and answers(port)]
    secure = [port for port in ports if port not in {MULTICAST_PORT, *plain}]
    if len(plain) != 1 or len(secure) != 1:
        raise SystemExit(f"cannot tell which of the ports {ports} are for coap and coaps")
    return plain[0], secure[0]


def answers(port: int) -> bool:
    """Tell whether a plain request is answered."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.settimeout(1)
        probe.sendto(get("/oic/d", 1), (HOST, port))
        try:
            return bool(probe.recv(4096))
        except OSError:
            return False


async def find(transport: AsyncioTransport, subject: DeviceUnderTest) -> Unowned:
    """Ask for what taking ownership needs; the ports are known."""
    address = Address(HOST, subject.plain)
    dialogue = Dialogue(transport, LITE.style, timeout=10)
    doxm = await dialogue.get("find the device", transport.open_plain(address), DOXM, Doxm)
    return Unowned(doxm.device_uuid, address, (Address(HOST, subject.secure),), doxm=doxm)


async def own(subject: DeviceUnderTest, figures: list[Figure]) -> Ownership:
    """Take ownership, and note what it cost from the selection of the method to RFNOP."""
    marks: dict[str, tuple[float, float]] = {}

    def on_step(step: StepReport) -> None:
        marks[step.purpose] = (cpu_seconds(subject.process.pid), time.perf_counter())

    async with AsyncioTransport() as transport:
        found = await find(transport, subject)
        owned = await take_ownership(transport, found, uuid4(), on_step=on_step)
    begin, end = marks["read the transfer methods"], marks["enter RFNOP"]
    figures.append(Figure(end[0] - begin[0], end[1] - begin[1]))
    return owned.ownership


async def give_access(subject: DeviceUnderTest, ownership: Ownership) -> None:
    """Let the owner read what the load will ask for."""
    rule = Rule(
        subject=Subject(uuid=str(ownership.owner)),
        targets=(Target(href=subject.href),),
        permission=Permission.RETRIEVE,
    )
    async with AsyncioTransport() as transport, OwnedDevice(transport, ownership) as device:
        await device.add_rules([rule])


async def give_up(subject: DeviceUnderTest, ownership: Ownership) -> None:
    """Reset the device and wait until it has happened."""
    async with AsyncioTransport() as transport, OwnedDevice(transport, ownership) as device:
        await device.reset()
    await asyncio.sleep(subject.reset_seconds)


async def ownerships(subject: DeviceUnderTest) -> Ownership:
    """Take ownership several times; keep it the last time."""
    figures: list[Figure] = []
    for number in range(OWNERSHIPS):
        ownership = await own(subject, figures)
        if number < OWNERSHIPS - 1:
            await give_up(subject, ownership)
    subject.figures["Just Works onboarding"] = median(figures)
    await give_access(subject, ownership)
    return ownership


def handshakes(subject: DeviceUnderTest, ownership: Ownership) -> None:
    """Open and close sessions one after another."""

    def work(count: int) -> None:
        for _ in range(count):
            load = SecuredLoad(subject.secure, ownership.owner, ownership.key)
            load.connect()
            load.close()

    figures = [measured(subject.process, HANDSHAKES, work) for _ in range(ROUNDS)]
    subject.figures["ECDHE_PSK handshake"] = median(figures)


def requests(subject: DeviceUnderTest, ownership: Ownership) -> None:
    """Ask plain and secured, one request at a time and many."""
    plain = PlainLoad(subject.plain, "/oic/d")
    secured = SecuredLoad(subject.secure, ownership.owner, ownership.key)
    secured.connect()
    series = {
        "plain GET /oic/d": lambda count: plain.run(count, 1),
        f"plain GET /oic/d, {WINDOW} outstanding": lambda count: plain.run(count, WINDOW),
        "secured GET": lambda count: secured.run(subject.href, count, 1),
        f"secured GET, {WINDOW} outstanding": lambda count: secured.run(
            subject.href, count, WINDOW
        ),
    }
    for name, work in series.items():
        work(500)
        figures = [measured(subject.process, REQUESTS, work) for _ in range(ROUNDS)]
        subject.figures[name] = median(figures)
    secured.close()
    plain.close()


def measure(subject: DeviceUnderTest) -> None:
    """Measure everything of one running device."""
    idle = resident_kib(subject.process.pid)
    ownership = asyncio.run(ownerships(subject))
    handshakes(subject, ownership)
    requests(subject, ownership)
    print(
        f"\n{subject.name}: {idle / 1024:.1f} MiB after the start, "
        f"{resident_kib(subject.process.pid) / 1024:.1f} MiB after the load\n"
    )
    print("| what | server CPU | one takes | a second |\n|---|---|---|---|")
    for name, figure in subject.figures.items():
        print(f"| {name} | {_time(figure.cpu)} | {_time(figure.wall)} | {figure.rate:,.0f} |")


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms" if seconds > 0.001 else f"{seconds * 1e6:.0f} µs"


def start_up() -> None:
    """Measure the time from the start of the process to device.ready."""
    times = []
    for _ in range(7):
        with tempfile.TemporaryDirectory() as directory:
            began = time.perf_counter()
            process, _ = started("light", Path(directory) / "state")
            times.append(time.perf_counter() - began)
            process.terminate()
            process.wait()
    print(f"start to device.ready: median {statistics.median(times) * 1000:.0f} ms")


def looking_on() -> None:
    """Measure one secured request at a time, of a device and of one whose trace is written."""
    with onboardee() as plain, onboardee("--trace-to", "/dev/null") as traced:
        loads = []
        for subject in (plain, traced):
            ownership = asyncio.run(ownerships(subject))
            load = SecuredLoad(subject.secure, ownership.owner, ownership.key)
            load.connect()
            loads.append((subject, load, list[Figure]()))
        for _ in range(2 * ROUNDS):
            for subject, load, figures in loads:
                work = partial(load.run, subject.href, window=1)
                figures.append(measured(subject.process, REQUESTS // 5, work))
        print("\n| secured GET | server CPU | one takes |\n|---|---|---|")
        for name, (_, load, figures) in zip(("as it is", "traced to a file"), loads, strict=True):
            figure = median(figures)
            print(f"| {name} | {_time(figure.cpu)} | {_time(figure.wall)} |")
            load.close()


def main() -> None:
    """Measure, and print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reference", help="another OCF device program to measure in the same run")
    parser.add_argument("--tracing", action="store_true", help="measure what a trace costs, only")
    arguments = parser.parse_args()
    if arguments.tracing:
        looking_on()
        return
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} CPUs, "
        f"Python {platform.python_version()}"
    )
    start_up()
    with onboardee() as subject:
        measure(subject)
    if arguments.reference:
        with reference(arguments.reference) as subject:
            measure(subject)


if __name__ == "__main__":
    main()
