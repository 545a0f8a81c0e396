"""A change in two halves: staged without the disk, then synced, alone or for many stores."""

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
    SyncGroup,
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


def test_staging_touches_no_file() -> None:
    """What is staged is neither current nor on the disk, but the next change is made from it."""
    storage, store = opened()
    files, steps = storage.files, storage.steps
    pending = store.stage(device(1))
    assert (store.current, store.latest) == (device(0), device(1))
    assert (storage.files, storage.steps) == (files, steps)
    assert pending.database == device(1)
    assert not pending.is_durable
    pending.sync()
    assert pending.is_durable
    assert (store.current, store.latest) == (device(1), device(1))
    assert read_named(storage, "live") == device(1)


def test_what_could_not_be_read_back_is_not_staged() -> None:
    """A database that breaks the model is refused at once, and nothing waits for a sync."""
    storage, store = opened()
    steps = storage.steps
    bad = replace(device(1), cred=Cred(credentials=(Credential(credid=0, kind=1, subject="*"),)))
    with pytest.raises(ValueError, match="credid"):
        store.stage(bad)
    store.sync()
    assert (store.latest, storage.steps) == (device(0), steps)


def test_one_sync_for_several_changes() -> None:
    """Changes that wait together become durable by one sync, each known as such."""
    storage, store = opened()
    first, second, third = (store.stage(device(number)) for number in (1, 2, 3))
    steps = storage.steps
    second.sync()
    assert storage.steps - steps == 5
    assert [each.is_durable for each in (first, second, third)] == [True] * 3
    assert store.current == device(3)
    first.sync()
    store.sync()
    assert storage.steps - steps == 5


def test_sync_of_the_store() -> None:
    """A store syncs all that it has staged; with nothing staged that is nothing."""
    storage, store = opened()
    steps = storage.steps
    store.sync()
    assert storage.steps == steps
    store.stage(device(1))
    store.sync()
    assert store.current == device(1)


@pytest.mark.parametrize("step", [1, 2, 3])
def test_refused_together(step: int) -> None:
    """What waited for a sync that failed is refused as a whole, each time it is asked for."""
    storage, store = opened()
    first, second = store.stage(device(1)), store.stage(device(2))
    storage.fail_at(step, errno.ENOSPC)
    for pending in (first, second, first):
        with pytest.raises(StoreUnavailable, match="is on a full disk"):
            pending.sync()
        assert not pending.is_durable
    assert (store.current, store.latest) == (device(0), device(0))
    third = store.stage(device(3))
    third.sync()
    assert store.current == device(3)
    for survivor in storage.after_power_cut():
        assert read_named(survivor, "live") == device(3)


def test_staged_again() -> None:
    """What is current, or staged already, can be staged again, and costs no further sync."""
    storage, store = opened()
    steps = storage.steps
    same = store.stage(device(0))
    same.sync()
    assert same.is_durable
    assert storage.steps == steps
    first, again = store.stage(device(1)), store.stage(device(1))
    again.sync()
    assert first.is_durable
    assert storage.steps - steps == 5
    back = store.stage(device(2)), store.stage(device(1))
    store.sync()
    assert all(each.is_durable for each in back)
    assert store.current == device(1)
    assert storage.steps - steps == 5


def test_closed_with_something_staged() -> None:
    """What was staged and not synced is left out by closing, and cannot be synced after it."""
    storage, store = opened()
    store.commit(device(1))
    pending = store.stage(device(2))
    store.close()
    assert read_named(storage, "live") == device(1)
    for sync in (pending.sync, store.sync):
        with pytest.raises(ValueError, match="the store is closed"):
            sync()
    with pytest.raises(ValueError, match="the store is closed"):
        store.stage(device(3))
    assert not pending.is_durable


def test_an_error_of_ours() -> None:
    """An error that is none of the disk's comes out as it is, and the next sync writes a file."""
    storage, store = opened()
    pending = store.stage(device(1))
    storage.cut_power_at(2)
    for _ in range(2):
        with pytest.raises(PowerCut):
            pending.sync()
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


def test_staging_never_waits() -> None:
    """While a sync waits for the disk, changes are staged, and the next sync takes them."""
    storage = GatedStorage()
    _, store = opened(storage)
    with ThreadPoolExecutor(3) as pool:
        first = store.stage(device(1))
        syncing = [pool.submit(first.sync)]
        assert storage.begun.wait(5)
        second = store.stage(device(2))
        syncing += [pool.submit(second.sync), pool.submit(first.sync)]
        assert store.latest == device(2)
        assert store.current == device(0)
        assert not first.is_durable
        storage.may_go_on.set()
        for each in syncing:
            each.result(30)
    assert (first.is_durable, second.is_durable) == (True, True)
    assert store.current == device(2)
    assert read_named(storage, "live") == device(2)


def test_what_rests_on_a_refused_change_is_refused() -> None:
    """A change that was staged while the one before failed is refused with it."""
    storage = GatedStorage()
    _, store = opened(storage)
    storage.is_failing = True
    with ThreadPoolExecutor(1) as pool:
        first = store.stage(device(1))
        syncing = pool.submit(first.sync)
        assert storage.begun.wait(5)
        second = store.stage(device(2))
        storage.may_go_on.set()
        with pytest.raises(StoreUnavailable):
            syncing.result(30)
    storage.is_failing = False
    with pytest.raises(StoreUnavailable):
        second.sync()
    assert (store.current, store.latest) == (device(0), device(0))


def test_what_was_made_from_a_refused_change() -> None:
    """A change that was made before the one it rests on was refused, and staged after, is refused.

    One that was made from what is current is not, be that the same by value only.
    """
    storage, store = opened()
    first = store.stage(device(1))
    seen = store.latest
    storage.fail_at(1, errno.EIO)
    with pytest.raises(StoreUnavailable):
        first.sync()
    steps = storage.steps
    second = store.stage(device(2), made_from=seen)
    with pytest.raises(StoreUnavailable, match="memory has refused the change that this one was"):
        second.sync()
    assert not second.is_durable
    assert (store.latest, storage.steps) == (device(0), steps)
    third = store.stage(device(3), made_from=device(0))
    fourth = store.stage(device(4), made_from=device(3))
    fourth.sync()
    assert third.is_durable
    assert store.current == device(4)


def test_closing_waits_for_a_sync() -> None:
    """A store that is closed during a sync is closed after it, with the change in its file."""
    storage = GatedStorage()
    _, store = opened(storage)
    with ThreadPoolExecutor(2) as pool:
        syncing = pool.submit(store.stage(device(1)).sync)
        assert storage.begun.wait(5)
        closing = pool.submit(store.close)
        assert not closing.done()
        storage.may_go_on.set()
        syncing.result(30)
        closing.result(30)
    assert store.current == device(1)
    assert b'"name": "change 1"' in storage.files["svr.json"]


def test_a_group() -> None:
    """Several stores are synced together, and the failure of one concerns no other."""
    pairs = [opened() for _ in range(20)]
    pairs[3][0].fail_at(3, errno.EROFS, lasting=True)
    with SyncGroup() as group:
        pending = [store.stage(device(1)) for _, store in pairs]
        failed = group.sync(pending)
        assert list(failed) == [pending[3]]
        assert "is on a read-only file system" in str(failed[pending[3]])
        assert [store.current == device(1) for _, store in pairs].count(False) == 1
        assert group.sync([]) == {}
        assert group.sync(pending[:1]) == {}
        assert list(group.sync([pending[3]])) == [pending[3]]


def test_a_group_with_a_closed_store() -> None:
    """A store that was closed meanwhile keeps no other from being synced."""
    pairs = [opened() for _ in range(20)]
    pending = [store.stage(device(1)) for _, store in pairs]
    pairs[0][1].close()
    with SyncGroup(threads=1) as group:
        (failed,) = group.sync(pending).items()
    assert failed[0] is pending[0]
    assert "the store is closed" in str(failed[1])
    assert all(store.current == device(1) for _, store in pairs[1:])


def test_a_group_works_side_by_side() -> None:
    """A group waits for all its disks at once, not for one after the other."""
    storages = [GatedStorage() for _ in range(8)]
    pending = [opened(storage)[1].stage(device(1)) for storage in storages]
    with SyncGroup() as group, ThreadPoolExecutor(1) as pool:
        syncing = pool.submit(group.sync, pending)
        assert all(storage.begun.wait(5) for storage in storages)
        for storage in storages:
            storage.may_go_on.set()
        assert syncing.result(30) == {}
    assert all(each.is_durable for each in pending)


def test_a_group_of_directories(tmp_path: Path) -> None:
    """On a real file system, too."""
    stores = [open_directory(tmp_path / str(number), lambda: device(0)) for number in range(12)]
    with SyncGroup(threads=3) as group:
        for round_ in range(1, 50):
            assert group.sync([store.stage(device(round_)) for store in stores]) == {}
    assert {read_existing(tmp_path / str(number)).sdi.name for number in range(12)} == {"change 49"}
    for store in stores:
        store.close()
