"""Commits of many devices wait in threads; what others see meanwhile, and after a failure."""

import errno
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from msgspec.structs import replace
from svrdb_samples import named, unowned

from onboardee.svrdb import (
    Cred,
    Credential,
    Database,
    MemoryStorage,
    PowerCut,
    Store,
    StoreUnavailable,
    open_directory,
    read_existing,
    read_named,
)
from onboardee.svrdb.storage import OpenFile


def device(number: int) -> Database:
    """Return a database that differs from all others."""
    return named(unowned(), f"change {number}")


def opened(storage: MemoryStorage | None = None) -> tuple[MemoryStorage, Store]:
    """Open a store of a new device."""
    storage = storage or MemoryStorage()
    return storage, Store.open(storage, lambda: device(0))


def test_what_could_not_be_read_back_is_not_written() -> None:
    """A database that breaks the model is refused at once, and no file is touched."""
    storage, store = opened()
    bad = replace(device(1), cred=Cred(credentials=(Credential(credid=0, kind=1, subject="*"),)))
    steps = storage.steps
    with pytest.raises(ValueError, match="credid"):
        store.commit(bad)
    assert (store.current, storage.steps) == (device(0), steps)


def test_what_is_current_costs_nothing() -> None:
    """The same database once more is durable already."""
    storage, store = opened()
    steps = storage.steps
    store.commit(device(0))
    assert storage.steps == steps
    store.commit(device(1))
    assert storage.steps - steps == 5


@pytest.mark.parametrize("step", [1, 2, 3])
def test_what_the_disk_refused_is_never_current(step: int) -> None:
    """After a refusal the one before is current, and the next change is durable again."""
    storage, store = opened()
    storage.fail_at(step, errno.ENOSPC)
    with pytest.raises(StoreUnavailable, match="is on a full disk"):
        store.commit(device(1))
    assert store.current == device(0)
    store.commit(device(3))
    for survivor in storage.after_power_cut():
        assert read_named(survivor, "live") == device(3)


def test_a_closed_store_takes_nothing() -> None:
    """What comes after closing is refused, and the file has what came before."""
    storage, store = opened()
    store.commit(device(1))
    store.close()
    with pytest.raises(ValueError, match="the store is closed"):
        store.commit(device(2))
    assert read_named(storage, "live") == device(1)


def test_an_error_of_ours() -> None:
    """An error that is none of the disk's comes out as it is, and the next commit writes a file."""
    storage, store = opened()
    storage.cut_power_at(2)
    for _ in range(2):
        with pytest.raises(PowerCut):
            store.commit(device(1))
    storage.heal()
    store.commit(device(2))
    for survivor in storage.after_power_cut():
        assert read_named(survivor, "live") == device(2)


class Gate:
    """A file whose sync waits until it may go on."""

    def __init__(self, file: OpenFile, storage: "GatedStorage") -> None:
        self._file, self._storage = file, storage
        self.write, self.close = file.write, file.close

    def sync(self) -> None:
        """Say that it has begun, wait, and sync or fail."""
        self._storage.begun.set()
        assert self._storage.may_go_on.wait(10), "the test never let the disk go on"
        if self._storage.is_failing:
            raise OSError(errno.EIO, "Input/output error")
        self._file.sync()


class GatedStorage(MemoryStorage):
    """A slow disk: each sync of a journal waits for the test."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.may_go_on = threading.Event(), threading.Event()
        self.is_failing = False

    def reopen(self, name: str, at: int) -> OpenFile:
        """Give a file that waits."""
        return Gate(super().reopen(name, at), self)


def test_nothing_between_is_seen() -> None:
    """While one commit waits for the disk, the one before is current, and another one waits."""
    storage = GatedStorage()
    _, store = opened(storage)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(store.commit, device(1))
        assert storage.begun.wait(5)
        second = pool.submit(store.commit, device(2))
        assert store.current == device(0)
        assert not first.done()
        assert not second.done()
        storage.may_go_on.set()
        first.result(30)
        second.result(30)
    assert store.current == device(2)
    assert read_named(storage, "live") == device(2)


def test_closing_waits_for_a_commit() -> None:
    """A store that is closed during a commit is closed after it, with the change in its file."""
    storage = GatedStorage()
    _, store = opened(storage)
    with ThreadPoolExecutor(2) as pool:
        committing = pool.submit(store.commit, device(1))
        assert storage.begun.wait(5)
        closing = pool.submit(store.close)
        assert not closing.done()
        storage.may_go_on.set()
        committing.result(30)
        closing.result(30)
    assert store.current == device(1)
    assert b'"name": "change 1"' in storage.files["svr.json"]


def test_the_failure_of_one_disk_concerns_no_other() -> None:
    """Many stores commit side by side; one refuses, and the others are durable."""
    pairs = [opened() for _ in range(20)]
    pairs[3][0].fail_at(3, errno.EROFS, lasting=True)
    with ThreadPoolExecutor(8) as pool:
        commits = [pool.submit(store.commit, device(1)) for _, store in pairs]
    failed = [place for place, each in enumerate(commits) if each.exception() is not None]
    assert failed == [3]
    assert "is on a read-only file system" in str(commits[3].exception())
    assert [store.current == device(1) for _, store in pairs].count(False) == 1


def test_many_directories_at_once(tmp_path: Path) -> None:
    """On a real file system, too."""
    stores = [open_directory(tmp_path / str(number), lambda: device(0)) for number in range(12)]
    with ThreadPoolExecutor(4) as pool:
        for round_ in range(1, 50):
            assert [*pool.map(Store.commit, stores, [device(round_)] * len(stores))]
    assert {read_existing(tmp_path / str(number)).sdi.name for number in range(12)} == {"change 49"}
    for store in stores:
        store.close()
