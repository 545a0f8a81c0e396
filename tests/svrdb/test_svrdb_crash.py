"""Power cuts and failing disks at every step: before or after, and never less than promised."""

import errno
import re
from collections.abc import Iterator
from random import Random

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
    read_named,
    read_previous,
)
from onboardee.svrdb.codec import CODECS
from onboardee.svrdb.pages import PAGE, SECTOR

HISTORY = [unowned(f"{number}" * (number * 40 + 1)) for number in range(4)]
OTHER = unowned("another device")
FIRST_COMMIT_STEPS = range(3, 9)
# reopen, write, sync; and seal, close
# sync the directory; create, write, sync, close, sync the directory; the same with a rename; and
# rename
HARMLESS = {True: 2, False: 1}
FAILING = [*((True, step) for step in range(1, 4)), *((False, step) for step in range(1, 13))]

both = pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.file_name)


def last_of(journal: bool) -> int:
    """Return the last step of a commit that must not fail."""
    return max(step for kind, step in FAILING if kind is journal)


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
    seen: set[frozenset[tuple[str, bytes]]] = set()
    known: dict[frozenset[tuple[str, bytes]], Database] = {}

    def found_on(disk: MemoryStorage) -> Database:
        """Return what the device is now; most disks come up again and again."""
        if (files := frozenset(disk.files.items())) not in known:
            known[files] = reopened(disk, codec)
        return known[files]

    for storage, told in crashes(codec):
        for survivor in list(storage.after_power_cut()):
            files = survivor.files
            if (disk := frozenset(files.items())) in seen:
                continue
            seen.add(disk)
            for step in range(1, 20):
                again = MemoryStorage(files)
                again.cut_power_at(step)
                try:
                    reopened(again, codec)
                except PowerCut:
                    assert all(found_on(s) in legal(told) for s in again.after_power_cut())
                else:
                    break


@pytest.mark.parametrize("journal", [True, False])
def test_durable_when_commit_returns(journal: bool) -> None:
    """Right after a commit there is only one thing that can be read, now and after a power cut."""
    storage = MemoryStorage()
    store = Store.open(storage, lambda: HISTORY[0], journal=journal)
    for database in HISTORY[1:]:
        store.commit(database)
        survivors = list(storage.after_power_cut())
        assert survivors
        for survivor in survivors:
            assert read_named(survivor, "live") == database
            assert reopened(survivor) == database


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS])
@pytest.mark.parametrize(("journal", "step"), FAILING)
def test_failing_commit(journal: bool, step: int, code: int) -> None:
    """A commit that fails at any one step changes neither `current` nor what can be read."""
    storage = MemoryStorage()
    store = Store.open(storage, lambda: HISTORY[0], journal=journal)
    store.commit(HISTORY[1])
    storage.fail_at(step, code)
    with pytest.raises(StoreUnavailable):
        store.commit(HISTORY[2])
    assert store.current == HISTORY[1]
    for survivor in storage.after_power_cut():
        assert reopened(survivor) == HISTORY[1]
        assert read_previous(survivor) == HISTORY[0]
    store.commit(HISTORY[3])
    for survivor in storage.after_power_cut():
        assert reopened(survivor) == HISTORY[3]
        assert read_previous(survivor) == HISTORY[1]


@pytest.mark.parametrize("journal", [True, False])
def test_commit_has_no_further_steps(journal: bool) -> None:
    """The failures above cover the whole commit; what comes after them may fail unnoticed."""
    storage = MemoryStorage()
    store = Store.open(storage, lambda: HISTORY[0], journal=journal)
    store.commit(HISTORY[1])
    steps = storage.steps
    storage.fail_at(last_of(journal) + 1, lasting=True)
    store.commit(HISTORY[2])
    assert store.current == HISTORY[2]
    assert storage.steps - steps == last_of(journal) + HARMLESS[journal]
    assert {reopened(survivor).sdi.name for survivor in storage.after_power_cut()} == {
        HISTORY[2].sdi.name
    }


@pytest.mark.parametrize(("journal", "step"), FAILING)
def test_dying_disk(journal: bool, step: int) -> None:
    """When all fails from some step on, `current` stays, and is written once the disk is back."""
    storage = MemoryStorage()
    store = Store.open(storage, lambda: HISTORY[0], journal=journal)
    store.commit(HISTORY[1])
    storage.fail_at(step, lasting=True)
    for database in HISTORY[2:]:
        with pytest.raises(StoreUnavailable):
            store.commit(database)
    assert store.current == HISTORY[1]
    for survivor in storage.after_power_cut():
        assert reopened(survivor) in HISTORY[1:3]
    storage.heal()
    store.commit(HISTORY[1])
    for survivor in storage.after_power_cut():
        assert reopened(survivor) == HISTORY[1]
        assert read_previous(survivor) == HISTORY[0]


@pytest.mark.parametrize("journal", [True, False])
def test_closing_takes_back_what_was_refused(journal: bool) -> None:
    """A disk that works again when the store is closed keeps nothing of a refused change."""
    storage = MemoryStorage()
    store = Store.open(storage, lambda: HISTORY[0], journal=journal)
    store.commit(HISTORY[1])
    storage.fail_at(last_of(journal), lasting=True)
    with pytest.raises(StoreUnavailable):
        store.commit(HISTORY[2])
    storage.heal()
    store.close()
    assert reopened(MemoryStorage(storage.files)) == HISTORY[1]
    assert read_previous(MemoryStorage(storage.files)) == HISTORY[0]


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


@pytest.mark.parametrize("journal", [True, False])
def test_what_was_seen_stays(journal: bool) -> None:
    """A commit that failed but is found at the next opening is not undone by a power cut."""
    storage = MemoryStorage()
    store = Store.open(storage, lambda: HISTORY[0], journal=journal)
    store.commit(HISTORY[1])
    storage.fail_at(last_of(journal), lasting=True)
    with pytest.raises(StoreUnavailable):
        store.commit(HISTORY[2])
    store.close()
    storage.heal()
    with Store.open(storage, lambda: OTHER) as store:
        assert store.current == HISTORY[2]
        for survivor in storage.after_power_cut():
            assert reopened(survivor) == HISTORY[2]


def test_lost_database_after_power_cut() -> None:
    """A database that vanished after the first commit is damage at every later crash point."""
    for storage, told in crashes(CBOR):
        for survivor in storage.after_power_cut() if told else ():
            files = survivor.files
            del files[CBOR.file_name]
            with pytest.raises(StoreDamaged, match="is missing although a device has lived here"):
                reopened(MemoryStorage(files), CBOR)


def test_memory_forgets_what_was_not_synced() -> None:
    """The model of the disk is hard: what was not synced may be old, torn, zeros or rubbish."""
    storage = MemoryStorage({"a": b"old"})
    storage.lock()
    file = storage.create("a")
    file.write(b"fresh!")
    found = {survivor.files["a"] for survivor in storage.after_power_cut()}
    torn = {b"f", b"fre", b"fresh"}
    padded = {part.ljust(6, b"\0") for part in torn}
    zeros, rubbish = {b"", b"\0" * 3, b"\0" * 6}, {b"\xff" * 3, b"\xff" * 6}
    mixed = {b"old\0\0\0"}
    assert found == {b"old", b"fresh!"} | torn | padded | zeros | rubbish | mixed
    file.sync()
    storage.rename("a", "b")
    assert [survivor.files for survivor in storage.after_power_cut()] == [
        {"b": b"fresh!"},
        {"a": b"fresh!"},
    ]
    storage.remove("b")
    storage.sync_directory()
    assert [survivor.files for survivor in storage.after_power_cut()] == [{}]


def test_memory_writes_pages_in_any_order() -> None:
    """Of a file that is written over, any page may be the only one that arrives, or is lost."""
    old, new = b"o" * (3 * PAGE), b"n" * (3 * PAGE)
    storage = MemoryStorage({"a": old})
    file = storage.reopen("a", 0)
    file.write(new)
    found = {survivor.files["a"] for survivor in storage.after_power_cut()}
    for page in range(3):
        part = slice(page * PAGE, (page + 1) * PAGE)
        for one, other in ((old, new), (new, old)):
            assert one[: part.start] + other[part] + one[part.stop :] in found
        assert new[: part.start] + bytes(PAGE) + new[part.stop :] in found
        assert new[: part.start] + b"\xff" * PAGE + new[part.stop :] in found
        torn = old[: part.start] + b"n" * SECTOR + old[part.start + SECTOR :]
        assert torn in found
    assert {len(content) for content in found} == {3 * PAGE}


def test_memory_leaves_pages_alone_that_were_not_written() -> None:
    """Of a file in which one page is written, the others stay as they were synced."""
    storage = MemoryStorage({"a": b"o" * (3 * PAGE)})
    storage.reopen("a", PAGE).write(b"n" * PAGE)
    for survivor in storage.after_power_cut():
        content = survivor.files["a"]
        assert content[:PAGE] + content[2 * PAGE :] == b"o" * (2 * PAGE)


def test_memory_forgets_for_good_what_failed_to_sync() -> None:
    """After a sync that failed another one that succeeds does not help; to write again does."""
    storage = MemoryStorage({"a": b"o" * PAGE})
    file = storage.reopen("a", 0)
    file.write(b"n" * PAGE)
    storage.fail_at(1)
    with pytest.raises(OSError, match="Input/output error"):
        file.sync()
    file.sync()
    assert b"o" * PAGE in {survivor.files["a"] for survivor in storage.after_power_cut()}
    assert storage.files["a"] == b"n" * PAGE
    file = storage.reopen("a", 0)
    file.write(b"n" * PAGE)
    file.sync()
    assert [survivor.files["a"] for survivor in storage.after_power_cut()] == [b"n" * PAGE]


def test_memory_tears_at_any_octet() -> None:
    """By chance a change that waits for a sync is kept, lost, or torn at any octet."""
    chance = Random(1)
    storage = MemoryStorage({"a": b"o" * (2 * PAGE)})
    storage.reopen("a", PAGE).write(b"n" * PAGE)
    storage.rename("a", "b")
    found = [storage.drawn_after_power_cut(chance).files for _ in range(3000)]
    assert {name for files in found for name in files} == {"a", "b"}
    second = {content[PAGE:] for files in found for content in files.values()}
    assert {b"o" * PAGE, b"n" * PAGE} < second
    torn = {page.index(b"o") for page in second if re.fullmatch(rb"n+o+", page)}
    torn |= {page.index(b"n") for page in second if re.fullmatch(rb"o+n+", page)}
    assert len(torn) > 500
    assert any(at % SECTOR for at in torn)
    assert {content[:PAGE] for files in found for content in files.values()} == {b"o" * PAGE}


def test_memory_never_shortens_what_was_synced() -> None:
    """A file that grows may lose what is new, and nothing else."""
    storage = MemoryStorage({"a": b"old"})
    storage.reopen("a", 3).write(b"new")
    found = {survivor.files["a"] for survivor in storage.after_power_cut()}
    assert {b"old", b"oldn", b"oldnew"} < found
    chance = Random(1)
    found |= {storage.drawn_after_power_cut(chance).files["a"] for _ in range(100)}
    assert min(map(len, found)) == 3


def test_memory_keeps_any_part_of_what_was_not_synced() -> None:
    """Of several changes that wait for a sync a power cut keeps none, each alone, and all."""
    storage = MemoryStorage({"a": b"1", "b": b"2", "c": b"3"})
    storage.rename("a", "d")
    storage.create("e")
    storage.remove("c")
    found = [frozenset(survivor.files) for survivor in storage.after_power_cut()]
    moved = [{"a"}, {"d"}]
    made = [{"b"}, {"b", "e"}]
    removed = [{"c"}, set()]
    assert len(found) == 8
    assert set(found) == {
        frozenset(one | two | three) for one in moved for two in made for three in removed
    }
    storage.sync_directory()
    assert [set(survivor.files) for survivor in storage.after_power_cut()] == [{"d", "b", "e"}]
