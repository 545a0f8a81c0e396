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

BENCH = Path(__file__).parents[2] / "bench"


@pytest.fixture(name="bench")
def _bench(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """Import programs of the bench."""
    monkeypatch.setattr(sys, "path", [str(BENCH), *sys.path])
    return importlib.import_module


TRIALS = ["onboarding as lite", "onboarding in CBOR", "reset", "edit", "repair", "snapshot"]


@pytest.mark.parametrize("name", [*TRIALS, "restore"])
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
@pytest.mark.parametrize("name", ["onboarding as lite", "reset", "edit", "repair", "restore"])
def test_failure_at_every_step(
    bench: Callable[[str], ModuleType], name: str, lasting: bool
) -> None:
    """Whichever step fails, once or for good, nothing that was answered 2.04 is lost."""
    power_cuts = bench("power_cuts")
    (trial,) = [each for each in power_cuts.trials() if each.name == name]
    tally = power_cuts.Tally()
    every = 3 if name.startswith("onboarding") else 1
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
    """A storage that says that a rename is done and does it later."""

    def rename(self, old: str, new: str) -> None:
        """Copy in place, as a program without care does."""
        content = self._entries[old]
        self._entries[new].written = content.written
        super().remove(old)


@pytest.mark.parametrize("kind", [Hasty, Careless])
def test_the_trial_would_notice(
    bench: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch, kind: type[MemoryStorage]
) -> None:
    """A store without one of its precautions fails the trial: the trial is worth something."""
    power_cuts = bench("power_cuts")
    (trial,) = [each for each in power_cuts.trials() if each.name == "edit"]
    monkeypatch.setattr(power_cuts, "MemoryStorage", kind)
    with pytest.raises((power_cuts.BrokenPromiseError, StoreError)):
        trial.cut(power_cuts.Tally())


def test_killed_device(bench: Callable[[str], ModuleType], tmp_path: Path) -> None:
    """A device that is killed while a tool writes to it starts again with all that it answered."""
    report = asyncio.run(bench("kills").massacre(tmp_path / "state", 4))
    assert (report.kills, report.mixed, report.lost) == (4, [], [])
    assert report.updates > 0
