"""Measure what the dashboard costs: `python bench/dashboard.py [--devices 500]`.

It runs lights with and without `--web`, and tells what CPU a request in the clear costs a device:
with nobody looking, and with a browser's two streams open, of all events and of another device with
its trace; the memory of both; how late the loop is while devices tell 10,000 events a second, and
how long it needed a processor for one of its callbacks then, which is what holds the others up;
and, with Playwright and Chromium, how soon a page of many devices is drawn and a change shows.

What a request costs is the time that the process had a processor for it, so that what else runs on
the machine does not count; small portions of requests to each program follow each other in turn, so
that what the machine does to one it does to the others, and of all portions those are told that
were disturbed least.
"""

import argparse
import asyncio
import gc
import itertools
import json
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

from load import cpu_seconds, resident_kib

from onboardee.device.events import Bus, InputPressed
from onboardee.device.web.serving import Dashboard

ONBOARDEE = [sys.executable, "-c", "from onboardee.device.cli import main; main()"]
REQUESTS = 250
"""In a portion."""
PORTIONS = 120


class Program(NamedTuple):
    """A program that runs devices."""

    pid: int
    url: str
    endpoint: tuple[str, int]

    def cpu(self) -> float:
        """Return the microseconds for which its threads had a processor."""
        return cpu_seconds(self.pid) * 1e6

    def memory(self) -> float:
        """Return what it has in memory, in MiB."""
        return resident_kib(self.pid) / 1024

    def ask(self, path: str, body: Any = None) -> Any:
        """Ask the dashboard."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}api/v1/{path}", data, headers)
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read())["ok"]


@contextmanager
def running(count: int, *options: str) -> Iterator[Program]:
    """Run so many lights; the first answers at `endpoint`."""
    with tempfile.TemporaryDirectory() as name:
        command = [*ONBOARDEE, "run", "light", "--count", str(count), "--state-dir", name]
        command += ["--host", "127.0.0.1", "--log-format", "json", *options]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            url, endpoint = "", ("", 0)
            for line in process.stdout:
                told = json.loads(line)
                url = told.get("url", url)
                if told["event"] == "device.ready" and not endpoint[1]:
                    host, _, port = told["endpoints"][0].removeprefix("coap://").rpartition(":")
                    endpoint = host, int(port)
                if told["event"] == "fleet.ready" or (count < 20 and endpoint[1]):
                    break
            try:
                yield Program(process.pid, url, endpoint)
            finally:
                process.terminate()


def cost(program: Program) -> float:
    """Return the CPU of a request, in microseconds."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(program.endpoint)
        sender.settimeout(5)
        before = program.cpu()
        for number in range(REQUESTS):
            # CON GET /oic/res with a token of one octet (RFC 7252 3)
            sender.send(b"\x41\x01" + number.to_bytes(2, "big") + b"x\xb3oic\x03res")
            sender.recv(4096)
        return (program.cpu() - before) / REQUESTS


@contextmanager
def browser(program: Program) -> Iterator[None]:
    """Follow events as a page does that shows the second device."""
    with ExitStack() as ending:
        for query in ("", "?device=light-2&trace=1"):
            stream = urllib.request.urlopen(f"{program.url}api/v1/events{query}")
            ending.enter_context(stream)
            stream.readline()
        yield


def _undisturbed(values: list[float]) -> float:
    """Return the tenth part from below: what else runs on a machine only makes it slower."""
    return statistics.quantiles(values, n=10)[0]


def costs() -> None:
    """Tell what a request costs."""
    with running(2) as plain, running(2, "--web", "0") as shown:
        names = ("without --web", "nobody looks", "a browser on another device")
        found: dict[str, list[float]] = {name: [] for name in names}
        for program in (plain, shown):
            cost(program)  # what is done once
        for _ in range(PORTIONS):
            found[names[0]].append(cost(plain))
            found[names[1]].append(cost(shown))
            with browser(shown):
                time.sleep(0.05)  # its own requests are over
                found[names[2]].append(cost(shown))
        usual = _undisturbed(found[names[0]])
        for name, values in found.items():
            here = _undisturbed(values)
            print(f"CPU of a request, {name}: {here:.1f} us ({(here / usual - 1) * 100:+.1f} %)")
        print(f"memory: {plain.memory():.1f} MiB without, {shown.memory():.1f} MiB with --web")


async def flood(count: int, *, is_shown: bool) -> None:
    """Tell how late the loop is while devices tell 10,000 events a second to a browser."""
    dashboard = Dashboard("127.0.0.1", 0)
    buses = [Bus(f"light-{number}") for number in range(count)]
    for bus in buses:
        dashboard.add(bus)
    await dashboard.serve()
    reader, writer = await asyncio.open_connection("127.0.0.1", dashboard.port)
    path = "events" if is_shown else "server"
    writer.write(
        f"GET /api/v1/{path} HTTP/1.1\r\nHost: 127.0.0.1:{dashboard.port}\r\n\r\n".encode()
    )
    reading = asyncio.create_task(_read(reader))
    await asyncio.sleep(0.2)
    loop, publishing = asyncio.get_running_loop(), itertools.cycle(buses)
    late: list[float] = []
    gc.freeze()  # as the program does when its devices run
    with _callbacks() as held:
        for _ in range(300):
            due = loop.time() + 0.01
            for bus in itertools.islice(publishing, 100):
                bus.publish(InputPressed(input="toggle"))
            await asyncio.sleep(max(due - loop.time(), 0))
            late.append(loop.time() - due)
    writer.close()
    await dashboard.stop()
    await reading
    late.sort()
    held.sort()
    who = "a browser" if is_shown else "no browser"
    print(f"10,000 events a second of {count} devices, {who}: the loop is late by")
    print(f"  {late[150] * 1e3:.1f} ms (median), {late[-3] * 1e3:.1f} ms (99 %)")
    print(f"  a callback needs a processor for at most {held[-1] * 1e3:.1f} ms")


@contextmanager
def _callbacks() -> Iterator[list[float]]:
    """Measure for how long each callback of the loop has a processor, in seconds."""
    found: list[float] = []
    run = asyncio.Handle._run  # noqa: SLF001 - where all of them begin

    def measured(handle: asyncio.Handle) -> None:
        began = time.thread_time()
        run(handle)
        found.append(time.thread_time() - began)

    asyncio.Handle._run = measured  # type: ignore[method-assign]  # noqa: SLF001
    try:
        yield found
    finally:
        asyncio.Handle._run = run  # type: ignore[method-assign]  # noqa: SLF001


async def _read(reader: asyncio.StreamReader) -> None:
    while await reader.read(1 << 16):
        pass


def pages(count: int) -> None:
    """Tell how soon a browser shows many devices, and a change."""
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415
    except ModuleNotFoundError:
        print("Playwright is not installed: nothing is drawn")
        return
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with running(count, "--web", "0") as program, sync_playwright() as playwright:
        began = time.perf_counter()
        program.ask("devices")
        print(f"{count} cards as JSON: {(time.perf_counter() - began) * 1e3:.0f} ms")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(program.url)
        page.locator(".card").nth(count - 1).wait_for(state="attached")
        page.wait_for_timeout(500)
        page.reload()
        page.locator(".card").nth(count - 1).wait_for(state="attached")
        paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        ready = page.evaluate("performance.now()")
        print(f"{count} devices: first paint after {paint:.0f} ms, all cards by {ready:.0f} ms")
        shown = [_shown(page, program, number) for number in range(10)]
        print(f"a change shows after {statistics.median(shown):.0f} ms, {max(shown):.0f} at most")
        browser.close()


def _shown(page: Any, program: Program, number: int) -> float:
    """Return how long a change takes until it is in the page, in ms."""
    is_on = number % 2 == 0
    page.evaluate(
        """(text) => { window.seen = new Promise((resolve) => {
            const place = document.querySelector('.card .main');
            new MutationObserver(() => place.textContent.startsWith(text) &&
                resolve(Date.now())).observe(place, {childList: true, characterData: true,
                subtree: true}); }); }""",
        "on" if is_on else "off",
    )
    name = page.locator(".card a").first.get_attribute("href").rpartition("/")[2]
    began = time.time() * 1e3
    program.ask(
        f"devices/{name}/commands",
        {"do": "set", "href": "/light/switch", "values": {"value": is_on}},
    )
    at: float = page.evaluate("window.seen")
    return at - began


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=500)
    count = parser.parse_args().devices
    costs()
    for devices, is_shown in itertools.product((1, count), (False, True)):
        asyncio.run(flood(devices, is_shown=is_shown))
    pages(count)


if __name__ == "__main__":
    main()
