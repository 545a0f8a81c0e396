"""Count the system calls with which a device stores: `python bench/system_calls.py [DIRECTORY]`.

A new device is started under strace in DIRECTORY, owned by the built-in tool in the order of
IoTivity-Lite's, and stopped. Needs strace.
"""

import asyncio
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from uuid import uuid4

from onboardee.obt import LITE, Address, AsyncioTransport, find_unowned_at, take_ownership

HOST = "127.0.0.1"
COUNTED = ("fsync", "fdatasync", "rename", "link", "unlink", "open", "write")
CALL = re.compile(rf"\d+ +({'|'.join(COUNTED)})\w*\((.*)")
COMMAND = [sys.executable, "-c", "from onboardee.device.cli import main; main()", "run", "light"]
RUNS = 11


class Log:
    """What strace wrote, in parts."""

    def __init__(self, path: Path, directory: Path) -> None:
        self._path = path
        self._directory = str(directory)
        self._read = 0

    def part(self) -> Counter[str]:
        """Count the calls since the last time, as far as they touch the device's directory."""
        time.sleep(0.5)  # until strace has written
        lines = self._path.read_text(encoding="utf-8").splitlines()
        new, self._read = lines[self._read :], len(lines)
        found = [match for line in new if (match := CALL.match(line))]
        return Counter(match[1] for match in found if self._directory in match[2])


async def own(port: int) -> float:
    """Take ownership; return the seconds that it took."""
    async with AsyncioTransport() as transport:
        found = await find_unowned_at(transport, Address(HOST, port))
        began = time.perf_counter()
        await take_ownership(transport, found, uuid4(), order=LITE)
        return time.perf_counter() - began


def started(words: list[str], state: Path) -> "tuple[subprocess.Popen[bytes], int]":
    """Start a device; return it and its plain port."""
    options = ["--state-dir", str(state), "--host", HOST, "--log-format", "json"]
    process = subprocess.Popen([*words, *COMMAND, *options], stdout=subprocess.PIPE)
    assert process.stdout is not None
    ready = json.loads(process.stdout.readline())
    return process, int(ready["endpoints"][0].rpartition(":")[2])


def stop(process: "subprocess.Popen[bytes]", state: Path) -> None:
    """End the device, which may be a child of what was started."""
    os.kill(int((state / "svr.lock").read_text(encoding="ascii")), signal.SIGTERM)
    process.communicate()


def counted(place: Path) -> dict[str, Counter[str]]:
    """Count the calls of one life."""
    log, state = place / "calls", place / "state"
    strace = ["strace", "-f", "-y", "-s", "0", "-e", f"trace=/^({'|'.join(COUNTED)})"]
    process, port = started([*strace, "-o", str(log)], state)
    calls = Log(log, state)
    parts = {"start of a new device": calls.part()}
    asyncio.run(own(port))
    parts["onboarding"] = calls.part()
    stop(process, state)
    return {**parts, "stop": calls.part()}


def timed(state: Path) -> float:
    """Return how long an onboarding takes that nobody watches."""
    process, port = started([], state)
    seconds = asyncio.run(own(port))
    stop(process, state)
    return seconds


def main() -> None:
    """Count, and print Markdown."""
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as place:
        parts = counted(Path(place))
        times = [timed(Path(place) / str(number)) for number in range(RUNS)]
    print(f"| | {' | '.join(COUNTED)} |\n|---|{'---|' * len(COUNTED)}")
    for name, part in parts.items():
        print(f"| {name} | {' | '.join(str(part[each]) for each in COUNTED)} |")
    median = statistics.median(times) * 1000
    print(f"\nan onboarding takes {median:.0f} ms (median of {RUNS}, without strace)")


if __name__ == "__main__":
    main()
