"""A fleet that runs, as a process of its own, for what measures it."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from load import cpu_seconds, resident_kib

PROGRAM = [sys.executable, "-c", "from onboardee.device.cli import main; main()"]


class Fleet:
    """`onboardee run` with state in one file, ready."""

    def __init__(self, home: Path, *words: str) -> None:
        self.file = home / "fleet.db"
        self.log = home / "log"
        options = ["--state-file", str(self.file), "--log-format", "json"]
        began = time.perf_counter()
        with self.log.open("w") as log:
            self.process = subprocess.Popen([*PROGRAM, "run", *words, *options], stdout=log)
        while not self._is_ready():
            if self.process.poll() is not None:
                raise SystemExit(self.log.read_text() or "the devices do not start")
            time.sleep(0.05)
        self.seconds = time.perf_counter() - began
        time.sleep(1)
        self.kib = resident_kib(self.process.pid)

    def _is_ready(self) -> bool:
        return '"fleet.ready"' in self.log.read_text()

    def ready(self) -> list[dict[str, Any]]:
        """Return the event of each device that is ready."""
        events = [json.loads(line) for line in self.log.read_text().splitlines()]
        return [event for event in events if event["event"] == "device.ready"]

    def idle(self, seconds: float = 5.0) -> float:
        """Return the part of a processor that it takes when nobody asks."""
        before = cpu_seconds(self.process.pid)
        time.sleep(seconds)
        return (cpu_seconds(self.process.pid) - before) / seconds

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait()


@contextmanager
def fleet(*words: str) -> Iterator[Fleet]:
    """Run devices in a directory that is removed afterwards."""
    with tempfile.TemporaryDirectory() as home:
        running = Fleet(Path(home), *words)
        try:
            yield running
        finally:
            running.stop()


def show(name: str, figure: object) -> None:
    """Print a figure."""
    print(f"{name:58} {figure}", flush=True)
