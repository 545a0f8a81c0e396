"""Power cuts and failing disks through whole lives, and a process that is killed.

The long form, with more reasons and lengths and hundreds of kills, is bench/power_cuts.py.
"""

import asyncio
import errno
import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from onboardee.svrdb import MemoryStorage, StoreError
from onboardee.svrdb.storage import OpenFile

BENCH = Path(__file__).parents[2] / "bench"


@pytest.fixture(name="bench")
def _bench(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """Import programs of the bench."""
    monkeypatch.setattr(sys, "path", [str(BENCH), *sys.path])
    return importlib.import_module


TRIALS = ["onboarding as lite", "onboarding in CBOR", "reset", "edit", "repair", "snapshot"]


@pytest.mark.parametrize("name", [*TRIALS, "restore", "long life", "first version"])
def test_power_cut_at_every_step(bench: Callable[[str], ModuleType], name: str) -> None:
    """Whichever step is the last one, the device is as before or after; what was 2.04 stays."""
    power_cuts = bench("power_cuts")
    (trial,) = [each for each in power_cuts.trials() if each.name == name]
    tally = power_cuts.Tally()
    trial.cut(tally)
    assert tally.steps > 8
    assert tally.states > 2 * tally.steps
    assert (tally.answers > 0) is (name in {"onboarding as lite", "onboarding in CBOR", "reset"})


@pytest.mark.parametrize("lasting", [False, True])
@pytest.mark.parametrize(
    "name",
    ["onboarding as lite", "reset", "edit", "repair", "restore", "long life", "first version"],
)
def test_failure_at_every_step(
    bench: Callable[[str], ModuleType], name: str, lasting: bool
) -> None:
    """Whichever step fails, once or for good, nothing that was answered 2.04 is lost."""
    power_cuts = bench("power_cuts")
    (trial,) = [each for each in power_cuts.trials() if each.name == name]
    tally = power_cuts.Tally()
    every = 3 if name in {"onboarding as lite", "long life"} else 1
    trial.fail(tally, errno.ENOSPC, lasting=lasting, every=every)
    assert tally.failures > 8


@pytest.mark.parametrize("torn", [0.0, 0.01, 0.5, 0.99, 1.0])
def test_torn_write(bench: Callable[[str], ModuleType], torn: float) -> None:
    """However much of a write is done before it fails."""
    power_cuts = bench("power_cuts")
    tally = power_cuts.Tally()
    trial = power_cuts.Trial("edit", power_cuts.an_edit)
    trial.fail(tally, errno.EIO, lasting=False, torn=torn)
    assert tally.failures > 10


class Hasty(MemoryStorage):
    """A storage on which nobody waits for the directory."""

    def sync_directory(self) -> None:
        """Do nothing."""


class Careless(MemoryStorage):
    """A storage on which a rename is a copy, as in a program without care."""

    def rename(self, old: str, new: str) -> None:
        """Copy in place."""
        if new not in self._entries:
            super().rename(old, new)
            return
        content, there = self._entries[old], self._entries[new]
        there.empty()
        there.write(0, content.written)
        super().remove(old)


class Forgetful(MemoryStorage):
    """A storage on which nobody waits for what is written over a file that is there."""

    def reopen(self, name: str, at: int) -> OpenFile:
        """Give a file whose sync does nothing."""
        return Unsynced(super().reopen(name, at))


class Unsynced:
    """A file whose sync does nothing."""

    def __init__(self, file: OpenFile) -> None:
        self.write, self.close = file.write, file.close

    def sync(self) -> None:
        """Do nothing."""


@pytest.mark.parametrize(
    ("kind", "name"),
    [(Hasty, "edit"), (Careless, "edit"), (Forgetful, "long life"), (Forgetful, "reset")],
)
def test_the_trial_would_notice(
    bench: Callable[[str], ModuleType],
    monkeypatch: pytest.MonkeyPatch,
    kind: type[MemoryStorage],
    name: str,
) -> None:
    """A store without one of its precautions fails the trial: the trial is worth something."""
    power_cuts = bench("power_cuts")
    (trial,) = [each for each in power_cuts.trials() if each.name == name]
    monkeypatch.setattr(power_cuts, "MemoryStorage", kind)
    with pytest.raises((bench("lives").BrokenPromiseError, StoreError)):
        trial.cut(power_cuts.Tally())


def test_lives_by_chance(bench: Callable[[str], ModuleType]) -> None:
    """Whatever happens by chance, torn at any octet, nothing that was promised is lost."""
    random_lives = bench("random_lives")
    tally = random_lives.Tally()
    for seed in range(120):
        random_lives.live(seed, tally)
    assert tally.promises > 1000
    assert tally.refusals > 50
    # some of what nobody had waited for is kept by a power cut, and some is not
    assert 10 < tally.kept < tally.cuts - 10
    assert 0 < tally.found < tally.flips


@pytest.mark.parametrize("kind", [Hasty, Careless, Forgetful])
def test_lives_by_chance_would_notice(
    bench: Callable[[str], ModuleType],
    monkeypatch: pytest.MonkeyPatch,
    kind: type[MemoryStorage],
) -> None:
    """A store without one of its precautions does not get through them."""
    random_lives = bench("random_lives")
    monkeypatch.setattr(random_lives, "MemoryStorage", kind)

    def live_all() -> None:
        for seed in range(300):
            random_lives.live(seed, random_lives.Tally())

    with pytest.raises((bench("lives").BrokenPromiseError, StoreError)):
        live_all()


def test_killed_device(bench: Callable[[str], ModuleType], tmp_path: Path) -> None:
    """A device that is killed while a tool writes to it starts again with all that it answered."""
    report = asyncio.run(bench("kills").massacre(tmp_path / "state", 4))
    assert (report.kills, report.mixed, report.lost) == (4, [], [])
    assert report.updates > 0


RECORDING = Path(__file__).with_name("state_file.strace.gz")
"""Of two devices in a state file: they change, close and open it (bench/state_file_cuts.py)."""


def test_a_power_cut_leaves_a_state_file_with_what_was_promised(
    bench: Callable[[str], ModuleType],
) -> None:
    """Whatever of the unsynced writes is on the disk, in whatever order, and however torn."""
    cuts, disk = bench("state_file_cuts"), bench("recorded_disk")
    steps = cuts.kept_recording(RECORDING)
    tally = cuts.Tally()
    cuts.cut(steps, tally, by_chance=1, every=12, goes_on=False)
    assert (tally.broken, tally.promises) == ([], 4)
    assert tally.states > tally.steps
    careless = cuts.Tally()
    unsynced = [step for step in steps if not isinstance(step, disk.Sync)]
    cuts.cut(unsynced, careless, by_chance=0, every=60, goes_on=False)
    assert careless.broken
