"""Cut the power at every step of what a state file's writers do: a part of `power_cuts.py`.

Processes with several devices each store numbers in one state file, side by side, and say which are
promised. Strace records what they do to the disk (`recorded_disk.py`). Then every state in which a
power cut could leave that is opened: each device has to have the number that was promised last, or
the one that was being stored, and has to be able to go on.

    python bench/state_file_cuts.py record tests/svrdb/state_file.strace.gz      for the test suite
    python bench/state_file_cuts.py life FILE PROCESSES DEVICES COMMITS PAGES    what is recorded
"""

import gzip
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Final

from msgspec.structs import replace
from recorded_disk import Disk, Said, Step, escaped, parsed, record

from onboardee.device.security.factory import new_database
from onboardee.device.simulation.profile import load
from onboardee.svrdb import (
    Database,
    Sdi,
    Store,
    StoreError,
    StoreMissing,
    open_directory,
    read_existing,
)
from onboardee.svrdb.state_file import StateFile
from onboardee.wire.entropy import SeededEntropy

FILE: Final = "lamps.db"
FACTORY: Final = new_database(load("light"), SeededEntropy(0))
INDEX: Final = "-shm"
ROOMS: Final = ("/dev/shm", None)
"""Where syncs cost nothing, if there is such a place."""
HOME: Final = "/home/of/lamps"
GARBAGE: Final = b"\xff" * 32768


@dataclass
class Tally:
    """How much was tried, and what broke a promise."""

    steps: int = 0
    states: int = 0
    promises: int = 0
    broken: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.steps} power cuts, {self.states} disks that they could leave, "
            f"{self.promises} promised changes, {len(self.broken)} broken promises"
        )


# What is recorded: from here on a process of its own.


def say(word: str, device: str, number: int) -> None:
    """Tell, in the order of the system's calls, what is about to be stored, or is promised."""
    os.write(1, f"{word} {device} {number}\n".encode())


def store_numbers(path: Path, device: str, numbers: range) -> None:
    """Open a device and store numbers, each promised when it is there."""
    store: Store = open_directory(path / device, lambda: FACTORY)
    with store:
        for number in numbers:
            say("attempt", device, number)
            commit(store, replace(store.current, sdi=Sdi(name=str(number))), number % 2 == 1)
            say("promise", device, number)


def commit(store: Store, new: Database, is_begun: bool) -> None:
    """Store a database, in either of both ways; returns when it is there."""
    failure: Future[Exception | None] = Future()
    if not (is_begun and store.begin_commit(new, failure.set_result)):
        store.commit(new)
    elif (error := failure.result()) is not None:
        raise error


def live(path: Path, devices: Sequence[str], commits: int, pages: int) -> None:
    """Let devices store side by side, close the file, and do so again."""
    _fold_in_after(pages)
    StateFile.make(path, devices)
    for life in range(2):
        numbers = range(life * commits + 1, (life + 1) * commits + 1)
        threads = [Thread(target=store_numbers, args=(path, each, numbers)) for each in devices]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def _fold_in_after(pages: int) -> None:
    """Let the journal be folded in after so many pages, in place of thousands, to see that."""
    connect = StateFile._connection  # noqa: SLF001 - has no setting, as nobody needs one

    def connected(self: StateFile) -> sqlite3.Connection:
        connection = connect(self)
        connection.execute(f"PRAGMA wal_autocheckpoint = {pages}")
        return connection

    StateFile._connection = connected  # type: ignore[method-assign] # noqa: SLF001


def live_in_processes(path: Path, processes: int, devices: int, commits: int, pages: int) -> None:
    """Do that in several processes at once, as workers do."""
    names = [f"lamp-{number}" for number in range(processes * devices)]
    if processes == 1:
        live(path, names, commits, pages)
        return
    words = [sys.executable, __file__, "live", str(path), str(commits), str(pages)]
    running = [
        subprocess.Popen([*words, *names[first * devices :][:devices]])
        for first in range(processes)
    ]
    if any(each.wait() for each in running):
        raise SystemExit("a process failed")


# What is done with the recording.


def recorded(processes: int, devices: int, commits: int, pages: int) -> list[Step]:
    """Return what such a life does to its disk."""
    with tempfile.TemporaryDirectory(dir=room()) as place:
        home = Path(place) / "home"
        return list(parsed(_log(home, processes, devices, commits, pages), str(home)))


def _log(home: Path, *figures: int) -> str:
    home.mkdir()
    words = [sys.executable, __file__, "life", str(home / FILE), *map(str, figures)]
    return record(words, home)


def keep_recording(path: Path) -> None:
    """Write a small one for the test suite, which does without strace."""
    with tempfile.TemporaryDirectory(dir=room()) as place:
        log = _log(Path(place) / "home", 1, 2, 1, 4)
    # its home is everywhere the same, and nobody's
    for spelled in (str, escaped):
        log = log.replace(spelled(f"{place}/home"), spelled(HOME))
    path.write_bytes(gzip.compress(log.encode(), mtime=0))


def kept_recording(path: Path) -> list[Step]:
    """Read that."""
    return list(parsed(gzip.decompress(path.read_bytes()).decode(), HOME))


def room() -> str | None:
    """Return where files cost little."""
    return next(each for each in ROOMS if each is None or os.path.isdir(each))  # noqa: PTH112


def cut(
    steps: Sequence[Step],
    tally: Tally,
    by_chance: int = 4,
    every: int = 1,
    *,
    goes_on: bool = True,
) -> None:
    """Cut the power after every step, or each `every`th, and look at what is left.

    `goes_on` is whether something is stored there afterwards, to see that it can be.
    """
    disk, chance = Disk(), random.Random(0)
    promised: dict[str, int] = {}
    attempted: dict[str, int] = {}
    for number, step in enumerate(steps):
        disk.do(step)
        if isinstance(step, Said):
            word, device, value = step.line.split()
            (promised if word == "promise" else attempted)[device] = int(value)
            tally.promises += word == "promise"
        if number % every == 0:
            tally.steps += 1
            for files in disk.survivors(chance, by_chance):
                tally.states += 1
                with _disk_of(files, chance) as path:
                    _look(path, promised, attempted, tally)
                    if goes_on and path.exists():
                        _go_on(path, tally)


@contextmanager
def _disk_of(files: dict[str, bytes], chance: random.Random) -> Iterator[Path]:
    """Write files as a power cut has left them, and yield the path of the state file."""
    with tempfile.TemporaryDirectory(dir=room()) as place:
        for name, content in files.items():
            path = Path(place) / Path(name).name
            if not name.endswith(INDEX):
                path.write_bytes(content)
            elif chance.random() < 0.5:
                path.write_bytes(GARBAGE)
        yield Path(place) / FILE


def _look(path: Path, promised: dict[str, int], attempted: dict[str, int], tally: Tally) -> None:
    """Open what is left as the next process does, and compare with what was promised."""
    if not path.exists():
        if promised:
            tally.broken.append(f"no file where {promised} was promised")
        return
    for device, number in attempted.items():
        try:
            found = int(read_existing(path / device).sdi.name or 0)
        except StoreMissing:
            found = 0
        except (StoreError, OSError) as error:
            tally.broken.append(f"{device}: {error}")
            continue
        if not promised.get(device, 0) <= found <= number:
            tally.broken.append(f"{device} has {found} of {promised} and {attempted}")


def _go_on(path: Path, tally: Tally) -> None:
    """Store something more, and let SQLite look for itself."""
    try:
        with open_directory(path / "lamp-0", lambda: FACTORY) as store:
            store.commit(replace(store.current, sdi=Sdi(name="0")))
        with sqlite3.connect(path) as connection:
            (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
        connection.close()
        if verdict != "ok":
            tally.broken.append(verdict)
    except (StoreError, OSError) as error:
        tally.broken.append(f"cannot go on: {error}")


if __name__ == "__main__":
    if sys.argv[1] == "live":
        live(Path(sys.argv[2]), sys.argv[5:], *map(int, sys.argv[3:5]))
    elif sys.argv[1] == "record":
        keep_recording(Path(sys.argv[2]))
    else:
        live_in_processes(Path(sys.argv[2]), *map(int, sys.argv[3:7]))
