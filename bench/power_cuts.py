"""Cut the power, and fail the disk, at every step of what a device stores.

Usage: python bench/power_cuts.py [KILLS [DIRECTORY]]

First in memory: whole onboardings in the order of each tool, a reset, an edit, a repair, a
snapshot restored, each with the power cut before every step of the storage and with every step
failing, once and for good, for every reason, at several lengths of a torn write; and lives made by
chance (see random_lives.py). Then state files, whose writers are recorded with strace and cut
likewise (see state_file_cuts.py). Then with a real process on a real disk, killed so many times
(500) under load.
"""

import asyncio
import errno
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import random_lives
import state_file_cuts
from kills import massacre
from lives import (
    BrokenPromiseError,
    Diary,
    Life,
    Reboot,
    Stage,
    a_long_life,
    a_repair,
    a_reset,
    a_restore,
    a_snapshot,
    an_edit,
    factory,
    onboarding,
    rebooted,
    stored,
)
from msgspec.structs import replace

from onboardee.obt import LITE, ORDERS
from onboardee.svrdb import (
    CBOR,
    JSON,
    MemoryStorage,
    PowerCut,
    Sdi,
    StoreError,
)

LIVES = 10_000
CODES = (errno.EIO, errno.ENOSPC, errno.EROFS)


@dataclass
class Tally:
    """How much was tried."""

    steps: int = 0
    states: int = 0
    failures: int = 0
    answers: int = 0

    def __str__(self) -> str:
        return (
            f"{self.steps} power cuts, {self.states} disks that they could leave, "
            f"{self.failures} failures, {self.answers} answers 2.04 checked"
        )


@dataclass(frozen=True)
class Trial:
    """A life and the files at its beginning."""

    name: str
    life: Life
    files: Mapping[str, bytes] = field(default_factory=dict)

    def cut(self, tally: Tally) -> None:
        """Cut the power before every step."""
        for step in range(1, 10_000):
            storage, diary = MemoryStorage(self.files), Diary()
            storage.cut_power_at(step)
            try:
                self.life(storage, diary)
            except PowerCut:
                tally.steps += 1
                self._look(storage, diary, tally, f"after a power cut at step {step}")
            else:
                tally.answers += diary.answers
                diary.attempts.clear()
                self._look(storage, diary, tally, "at the end")
                return

    def fail(
        self, tally: Tally, code: int, *, lasting: bool, torn: float = 0.5, every: int = 1
    ) -> None:
        """Let every step fail, or each `every`th, and let the power go at the end."""
        for step in range(1, 10_000, every):
            storage, diary = MemoryStorage(self.files), Diary()
            storage.fail_at(step, code, lasting=lasting, torn=torn)
            with suppress(StoreError):
                self.life(storage, diary)
            if storage.steps < step:
                return
            tally.failures += 1
            tally.answers += diary.answers
            how = f"after {errno.errorcode[code]} at step {step}, lasting: {lasting}, torn: {torn}"
            # A disk that fails for good may keep what was refused; one that recovers may not.
            if not lasting and diary.promised is not None:
                diary.attempts.clear()
            self._look(storage, diary, tally, how)

    def _look(self, storage: MemoryStorage, diary: Diary, tally: Tally, how: str) -> None:
        """Reboot on everything that the disk may hold now."""
        begun = stored(MemoryStorage(self.files))
        legal = [*diary.attempts, *filter(None, [diary.promised])] or [begun or factory()]
        for survivor in storage.after_power_cut():
            tally.states += 1
            found = rebooted(frozenset(survivor.files.items()))
            if found.current not in legal:
                raise BrokenPromiseError(f"{self.name}: neither before nor after, {how}")
            if begun is not None and found.is_new:
                raise BrokenPromiseError(f"{self.name}: a new device, {how}")
            self._look_before(found, diary, how)

    def _look_before(self, found: Reboot, diary: Diary, how: str) -> None:
        """Require the generation before, too, as it was before and after the reboot."""
        expected = diary.before if found.current == diary.promised else diary.promised
        if expected is not None and found.before != expected:
            raise BrokenPromiseError(f"{self.name}: not the generation before, {how}")


def trials() -> Iterator[Trial]:
    """Make everything that is tried."""
    for order in ORDERS.values():
        yield Trial(f"onboarding as {order.name}", partial(onboarding, order, JSON))
    yield Trial("onboarding in CBOR", partial(onboarding, LITE, CBOR))
    storage = MemoryStorage()
    ownership = Stage(storage, Diary()).own()
    files = storage.files
    unowned = {"svr.snapshot.unowned.json": JSON.encode(factory())}
    yield Trial("reset", partial(a_reset, ownership), files)
    yield Trial("edit", an_edit, files)
    yield Trial("long life", partial(a_long_life, 40), files)
    yield Trial("repair", a_repair, files)
    yield Trial("first version", partial(a_long_life, 3), of_the_first_version())
    yield Trial("snapshot", a_snapshot, files)
    yield Trial("restore", a_restore, {**files, **unowned})


def of_the_first_version() -> dict[str, bytes]:
    """Return the files that the first versions of this program left."""
    before = JSON.encode(replace(factory(), sdi=Sdi(name="before")))
    return {"svr.json": JSON.encode(factory()), "svr.previous.json": before, "svr.begun": b""}


STATE_FILES = {
    "a state file": (1, 3, 4, 4096),
    "a state file whose journal is folded in often": (1, 3, 10, 8),
    "a state file of two workers": (2, 2, 6, 8),
}
"""Processes, devices in each, changes of each device, and pages until the journal is folded in."""


def cut_state_files() -> None:
    """Cut the power at every step of what state files go through."""
    for name, figures in STATE_FILES.items():
        began, tally = time.perf_counter(), state_file_cuts.Tally()
        state_file_cuts.cut(state_file_cuts.recorded(*figures), tally)
        print(f"{name}: {tally}, in {time.perf_counter() - began:.0f} s", flush=True)
        if tally.broken:
            raise BrokenPromiseError(tally.broken[0])


def main() -> None:
    """Try everything, and print what was tried."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    for trial in trials():
        began, tally = time.perf_counter(), Tally()
        trial.cut(tally)
        for code in CODES:
            for lasting in (False, True):
                trial.fail(tally, code, lasting=lasting)
        for torn in (0.0, 0.01, 0.25, 0.75, 0.99, 1.0):
            trial.fail(tally, errno.ENOSPC, lasting=False, torn=torn)
        print(f"{trial.name}: {tally}, in {time.perf_counter() - began:.0f} s", flush=True)
    began, tally = time.perf_counter(), random_lives.Tally()
    for seed in range(LIVES):
        random_lives.live(seed, tally)
    print(f"{LIVES} lives by chance: {tally}, in {time.perf_counter() - began:.0f} s", flush=True)
    cut_state_files()
    directory = sys.argv[2] if len(sys.argv) > 2 else None
    with tempfile.TemporaryDirectory(dir=directory) as state:
        report = asyncio.run(massacre(Path(state) / "state", kills))
    print(report)
    if report.mixed or report.lost:
        print(*report.mixed, *report.lost, sep="\n")
        raise SystemExit(1)


if __name__ == "__main__":
    main()
