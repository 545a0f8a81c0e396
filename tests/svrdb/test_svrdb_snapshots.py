"""Snapshots: kept, listed, read, bounded."""

import errno

import pytest
from svrdb_samples import named, owned, unowned

from onboardee.svrdb import (
    CBOR,
    JSON,
    Codec,
    MemoryStorage,
    Store,
    StoreDamaged,
    StoreMissing,
    StoreUnavailable,
    list_snapshots,
    read_named,
    read_previous,
    read_snapshot,
    remove_snapshot,
    take_automatic,
    take_snapshot,
)
from onboardee.svrdb.codec import CODECS
from onboardee.svrdb.snapshots import check_name


def names(storage: MemoryStorage) -> list[str]:
    """List the names of snapshots."""
    return [snapshot.name for snapshot in list_snapshots(storage)]


@pytest.mark.parametrize("codec", CODECS)
def test_kept_and_read(codec: Codec) -> None:
    """A snapshot holds the whole database, durably, in the form asked for."""
    storage = MemoryStorage()
    snapshot = take_snapshot(storage, "a.b-1_c", owned(), codec)
    assert snapshot.file_name == f"svr.snapshot.a.b-1_c.{codec.name}"
    (survivor,) = storage.after_power_cut()
    assert read_snapshot(survivor, "a.b-1_c") == owned()
    assert names(storage) == ["a.b-1_c"]


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        ".hidden",
        "-x",
        "a b",
        "a\n",
        "é",
        "x" * 65,
        "live",
        "previous",
        "reset-profile",
        "auto-1",
        "auto-000001-RFNOP",
    ],
)
def test_bad_names(name: str) -> None:
    """A name cannot leave the directory, look like an option, or mean something else."""
    storage = MemoryStorage()
    with pytest.raises(ValueError, match="name"):
        check_name(name)
    with pytest.raises(ValueError, match="name"):
        take_snapshot(storage, name, owned(), JSON)
    assert storage.files == {}


def test_names_are_taken_once() -> None:
    """A snapshot is never overwritten, not even in another form."""
    storage = MemoryStorage()
    take_snapshot(storage, "a", owned(), JSON)
    with pytest.raises(ValueError, match="there is a snapshot a already"):
        take_snapshot(storage, "a", unowned(), CBOR)
    assert read_snapshot(storage, "a") == owned()


def test_removed() -> None:
    """A snapshot goes when a person says so, and only that one."""
    storage = MemoryStorage()
    for name in ("a", "b"):
        take_snapshot(storage, name, owned(), JSON)
    remove_snapshot(storage, "a")
    (survivor,) = storage.after_power_cut()
    assert names(survivor) == ["b"]
    with pytest.raises(StoreMissing, match=r"svr\.snapshot\.a is not there; there are: b$"):
        remove_snapshot(storage, "a")


@pytest.mark.parametrize("limit", [1, 3, 10])
def test_automatic_ones_are_bounded(limit: int) -> None:
    """Of automatic snapshots the latest stay, by number; a person's are never removed."""
    storage = MemoryStorage()
    take_snapshot(storage, "mine", unowned(), JSON)
    for number in range(1, 13):
        take_automatic(storage, named(owned(), str(number)), JSON, limit=limit)
    latest = [f"auto-{number:06}-RFNOP" for number in range(13 - limit, 13)]
    assert names(storage) == [*latest, "mine"]
    assert read_snapshot(storage, latest[-1]).sdi.name == "12"


def test_numbers_go_on_after_a_million() -> None:
    """Numbers that outgrow their places stay in order."""
    files = {
        f"svr.snapshot.auto-{number}-RFNOP.json": JSON.encode(owned())
        for number in ("999999", "1000000")
    }
    storage = MemoryStorage(files)
    take_automatic(storage, owned(), JSON, limit=2)
    assert names(storage) == ["auto-1000000-RFNOP", "auto-1000001-RFNOP"]


def test_damaged_snapshot() -> None:
    """A damaged snapshot is refused by its file, and the others are where to look."""
    storage = MemoryStorage()
    take_snapshot(storage, "a", owned(), JSON)
    storage = MemoryStorage({"svr.snapshot.a.json": storage.files["svr.snapshot.a.json"][:-1]})
    with pytest.raises(StoreDamaged, match=r"svr\.snapshot\.a\.json .*; use another one"):
        read_snapshot(storage, "a")


def test_what_is_no_snapshot() -> None:
    """Other files of the directory are none."""
    storage = MemoryStorage(
        dict.fromkeys(
            ["svr.json", "svr.snapshot.json", "svr.snapshot.a.json.new", "svr.snapshot..json", "x"],
            b"",
        )
    )
    assert names(storage) == []


def test_names_that_are_no_snapshots() -> None:
    """`live` and `previous` are read by name like snapshots."""
    storage = MemoryStorage()
    with Store.open(storage, unowned) as store:
        with pytest.raises(StoreMissing, match="no generation before"):
            read_previous(storage)
        store.commit(owned())
        take_snapshot(storage, "kept", unowned(), JSON)
    found = [read_named(storage, name) for name in ("live", "previous", "kept")]
    assert found == [owned(), unowned(), unowned()]
    with pytest.raises(StoreMissing, match="holds no device"):
        read_named(MemoryStorage(), "live")


@pytest.mark.parametrize("step", range(1, 9))
def test_full_disk(step: int) -> None:
    """A snapshot that cannot be kept is an error, is not half there, and removes no older one."""
    storage = MemoryStorage()
    take_automatic(storage, owned(), JSON, limit=1)
    before = storage.files
    storage.fail_at(step, errno.ENOSPC)
    with pytest.raises(StoreUnavailable, match="is on a full disk"):
        take_automatic(storage, unowned(), JSON, limit=1)
    assert before.items() <= storage.files.items()
    assert not [name for name in storage.files if name.endswith(".new")]
    take_automatic(storage, unowned(), JSON, limit=1)
    assert len(names(storage)) == 1
