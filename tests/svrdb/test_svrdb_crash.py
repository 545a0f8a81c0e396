"""Power cuts and failing disks at every step: before or after, and never less than promised."""

import errno
from collections.abc import Iterator

import pytest
from svrdb_samples import unowned

from onboardee.svrdb import (
    CBOR,
    JSON,
    Codec,
    Database,
    MemoryStorage,
    PowerCut,
    Store,
    StoreDamaged,
    StoreUnavailable,
)
from onboardee.svrdb.codec import CODECS

HISTORY = [unowned(f"{number}" * (number * 40 + 1)) for number in range(4)]
OTHER = unowned("another device")
COMMIT_STEPS = 7
FIRST_COMMIT_STEPS = range(3, 9)

both = pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.file_name)


def live(storage: MemoryStorage, codec: Codec, told: list[int]) -> None:
    """Open a new device and commit its history; `told` gets the numbers that were promised."""
    with Store.open(storage, lambda: HISTORY[0], codec=codec) as store:
        told.append(0)
        for number, database in enumerate(HISTORY[1:], 1):
            store.commit(database)
            told.append(number)


def crashes(codec: Codec) -> Iterator[tuple[MemoryStorage, list[int]]]:
    """Yield, for each step of a life, the storage cut off there and what was promised by then."""
    step = 0
    while True:
        step += 1
        storage, told = MemoryStorage(), []
        storage.cut_power_at(step)
        try:
            live(storage, codec, told)
        except PowerCut:
            yield storage, told
        else:
            return


def legal(told: list[int]) -> list[Database]:
    """Return what may be found once these numbers were promised."""
    return HISTORY[told[-1] : told[-1] + 2] if told else [HISTORY[0], OTHER]


def reopened(storage: MemoryStorage, codec: Codec = JSON) -> Database:
    """Return what the device is now."""
    with Store.open(storage, lambda: OTHER, codec=codec) as store:
        return store.current


@both
def test_power_cut(codec: Codec) -> None:
    """Whichever step the power goes at and whatever the disk kept, nothing promised is lost."""
    found = 0
    for storage, told in crashes(codec):
        for survivor in storage.after_power_cut():
            found += 1
            assert reopened(survivor, codec) in legal(told)
            assert not any(name.endswith(".new") for name in survivor.files)
    assert found > 50


@both
def test_power_cut_during_recovery(codec: Codec) -> None:
    """A second power cut, at any step of the opening after the first, changes nothing of that."""
    for storage, told in crashes(codec):
        for survivor in list(storage.after_power_cut()):
            files = survivor.files
            for step in range(1, 20):
                again = MemoryStorage(files)
                again.cut_power_at(step)
                try:
                    reopened(again, codec)
                except PowerCut:
                    assert all(reopened(s, codec) in legal(told) for s in again.after_power_cut())
                else:
                    break


def test_durable_when_commit_returns() -> None:
    """Right after a commit there is only one way the disk can be."""
    storage = MemoryStorage()
    store = Store.open(storage, lambda: HISTORY[0])
    store.commit(HISTORY[1])
    (survivor,) = storage.after_power_cut()
    assert survivor.files == storage.files
    assert reopened(survivor) == HISTORY[1]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS])
@pytest.mark.parametrize("step", range(1, COMMIT_STEPS + 1))
def test_failing_commit(step: int, code: int) -> None:
    """A commit that fails at any one step changes neither `current` nor the disk, nor the next."""
    storage = MemoryStorage()
    store = Store.open(storage, lambda: HISTORY[0])
    before = storage.files
    storage.fail_at(step, code)
    with pytest.raises(StoreUnavailable):
        store.commit(HISTORY[1])
    assert store.current == HISTORY[0]
    kept = {name: content for name, content in storage.files.items() if "previous" not in name}
    assert kept == before
    assert {reopened(survivor).sdi.name for survivor in storage.after_power_cut()} == {"0"}
    store.commit(HISTORY[2])
    assert [reopened(survivor) for survivor in storage.after_power_cut()] == [HISTORY[2]]


def test_commit_has_no_further_steps() -> None:
    """The failures above cover the whole commit."""
    storage = MemoryStorage()
    store = Store.open(storage, lambda: HISTORY[0])
    steps = storage.steps
    store.commit(HISTORY[1])
    assert storage.steps - steps == COMMIT_STEPS


@pytest.mark.parametrize("step", range(1, COMMIT_STEPS + 1))
def test_dying_disk(step: int) -> None:
    """When all fails from some step on, `current` stays, and is written once the disk is back."""
    storage = MemoryStorage()
    store = Store.open(storage, lambda: HISTORY[0])
    storage.fail_at(step, lasting=True)
    for database in HISTORY[1:]:
        with pytest.raises(StoreUnavailable):
            store.commit(database)
    assert store.current == HISTORY[0]
    for survivor in storage.after_power_cut():
        assert reopened(survivor) in HISTORY[:2]
    storage.heal()
    store.commit(HISTORY[0])
    for survivor in storage.after_power_cut():
        assert reopened(survivor) == HISTORY[0]


@both
@pytest.mark.parametrize("lasting", [False, True])
@pytest.mark.parametrize("is_new", [False, True])
def test_failing_open(codec: Codec, lasting: bool, is_new: bool) -> None:
    """An opening that fails at any step says so, holds nothing, and can be repeated."""
    for step in range(1, 30):
        storage = MemoryStorage({} if is_new else {codec.file_name: codec.encode(HISTORY[0])})
        storage.fail_at(step, errno.ENOSPC, lasting=lasting)
        try:
            Store.open(storage, lambda: HISTORY[0], codec=codec).close()
        except StoreUnavailable:
            storage.heal()
            assert reopened(storage, codec) in (HISTORY[0], OTHER if is_new else HISTORY[0])
        else:
            return
    pytest.fail("the opening never succeeded")


@pytest.mark.parametrize("step", FIRST_COMMIT_STEPS)
def test_failing_first_commit(step: int) -> None:
    """A device that could not be made leaves nothing behind."""
    storage = MemoryStorage()
    storage.fail_at(step)
    with pytest.raises(StoreUnavailable):
        Store.open(storage, lambda: HISTORY[0])
    assert storage.files == {}


def test_what_was_seen_stays() -> None:
    """A commit that failed but is found at the next opening is not undone by a power cut."""
    storage = MemoryStorage()
    store = Store.open(storage, lambda: HISTORY[0])
    storage.fail_at(COMMIT_STEPS, lasting=True)
    with pytest.raises(StoreUnavailable):
        store.commit(HISTORY[1])
    store.close()
    storage.heal()
    with Store.open(storage, lambda: OTHER) as store:
        assert store.current == HISTORY[1]
        assert [reopened(survivor) for survivor in storage.after_power_cut()] == [HISTORY[1]]


def test_lost_database_after_power_cut() -> None:
    """A database that vanished after the first commit is damage at every later crash point."""
    for storage, told in crashes(CBOR):
        for survivor in storage.after_power_cut() if told else ():
            files = survivor.files
            del files[CBOR.file_name]
            with pytest.raises(StoreDamaged, match="is missing although a device has lived here"):
                reopened(MemoryStorage(files), CBOR)


def test_memory_forgets_what_was_not_synced() -> None:
    """The model of the disk is hard: unsynced content may be old, empty, torn, zeros or new."""
    storage = MemoryStorage({"a": b"old"})
    storage.lock()
    file = storage.create("a")
    file.write(b"fresh!")
    found = {survivor.files["a"] for survivor in storage.after_power_cut()}
    torn = {b"f", b"fre", b"fresh"}
    padded = {part.ljust(6, b"\0") for part in torn}
    assert found == {b"old", b"", b"\0" * 6, b"fresh!"} | torn | padded
    file.sync()
    storage.rename("a", "b")
    assert [survivor.files for survivor in storage.after_power_cut()] == [
        {"b": b"fresh!"},
        {"a": b"fresh!"},
    ]
    storage.remove("b")
    storage.sync_directory()
    assert [survivor.files for survivor in storage.after_power_cut()] == [{}]


def test_memory_keeps_any_part_of_what_was_not_synced() -> None:
    """Of several changes that wait for a sync a power cut keeps none, each alone, and all."""
    storage = MemoryStorage({"a": b"1", "b": b"2", "c": b"3"})
    storage.rename("a", "d")
    storage.link("b", "e")
    storage.remove("c")
    found = [frozenset(survivor.files) for survivor in storage.after_power_cut()]
    moved = [{"a"}, {"d"}]
    linked = [{"b"}, {"b", "e"}]
    removed = [{"c"}, set()]
    assert len(found) == 8
    assert set(found) == {
        frozenset(one | two | three) for one in moved for two in linked for three in removed
    }
    storage.sync_directory()
    assert [set(survivor.files) for survivor in storage.after_power_cut()] == [{"d", "b", "e"}]
