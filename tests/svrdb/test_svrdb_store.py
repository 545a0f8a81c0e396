"""The store: opening, committing, and what it says when it cannot."""

import errno
import traceback

import msgspec
import pytest
from svrdb_samples import SECRET, named, owned, unowned

from onboardee.svrdb import (
    CBOR,
    JSON,
    Codec,
    Credential,
    Database,
    MemoryStorage,
    Store,
    StoreDamaged,
    StoreError,
    StoreLocked,
    StoreUnavailable,
    read_named,
)
from onboardee.svrdb.codec import CODECS
from onboardee.svrdb.contents import MARKER_NAME


def never() -> Database:
    """Stand for a factory that must not be asked."""
    raise AssertionError("the factory was asked")


def test_new_and_known() -> None:
    """The factory is asked once in a device's life; later openings load what was committed."""
    storage = MemoryStorage()
    with Store.open(storage, unowned) as store:
        assert store.is_new
        assert store.current == unowned()
        store.commit(owned())
    with Store.open(storage, never) as store:
        assert not store.is_new
        assert store.current == owned()


def test_equal_commit_costs_nothing() -> None:
    """Committing what is current already touches no file."""
    storage = MemoryStorage()
    store = Store.open(storage, unowned)
    steps = storage.steps
    store.commit(unowned())
    assert storage.steps == steps


def test_closed() -> None:
    """A closed store commits nothing, may be closed again, and still shows its database."""
    store = Store.open(MemoryStorage(), unowned)
    store.close()
    store.close()
    assert store.current == unowned()
    with pytest.raises(ValueError, match="the store is closed"):
        store.commit(owned())


def test_locked() -> None:
    """A storage serves one store at a time."""
    storage = MemoryStorage()
    with Store.open(storage, unowned), pytest.raises(StoreLocked, match="is in use by process"):
        Store.open(storage, unowned)
    Store.open(storage, never).close()


def test_factory_fails() -> None:
    """An error of the factory comes out as it is and leaves the storage free and empty."""
    storage = MemoryStorage()

    def failing() -> Database:
        raise FileNotFoundError("light.yaml")

    with pytest.raises(FileNotFoundError, match=r"light\.yaml"):
        Store.open(storage, failing)
    assert storage.files == {}
    Store.open(storage, unowned).close()


def test_invalid_database() -> None:
    """A database that could not be opened again is refused before anything is written."""
    storage = MemoryStorage()
    store = Store.open(storage, unowned)
    steps = storage.steps
    cred = msgspec.structs.replace(
        owned().cred, credentials=(Credential(credid=0, kind=1, subject="*"),)
    )
    with pytest.raises(ValueError, match="credid"):
        store.commit(msgspec.structs.replace(unowned(), cred=cred))
    assert store.current == unowned()
    assert storage.steps == steps


@pytest.mark.parametrize("damage", [b"", b"{", b"\0" * 900], ids=["empty", "cut", "zeros"])
def test_damaged(damage: bytes) -> None:
    """A damaged file is reported in one sentence, stays as it is, and is no new device."""
    storage = MemoryStorage({"svr.json": damage})
    for _ in range(2):
        with pytest.raises(StoreDamaged) as caught:
            Store.open(storage, never)
    assert storage.files == {"svr.json": damage}
    assert caught.value.path == "memory/svr.json"
    assert caught.value.remedy in str(caught.value)
    assert str(caught.value).startswith(f"memory/svr.json {caught.value.what}; restore a copy")


def test_each_length_is_damage() -> None:
    """A stored file cut at any length is never mistaken for a new device."""
    content = JSON.encode(owned())
    for length in range(len(content)):
        with pytest.raises(StoreDamaged):
            Store.open(MemoryStorage({"svr.json": content[:length]}), never)


def test_missing_database() -> None:
    """Where a device has lived, a missing database is damage; leftovers alone mean a new device."""
    storage = MemoryStorage()
    Store.open(storage, unowned).close()
    assert set(storage.files) == {"svr.json", MARKER_NAME}
    with pytest.raises(StoreDamaged, match="is missing although a device has lived here"):
        Store.open(MemoryStorage({MARKER_NAME: b""}), never)
    with Store.open(MemoryStorage({"svr.json.new": b"half", "svr.lock": b"1"}), unowned) as store:
        assert store.is_new


def test_marker_is_restored() -> None:
    """A database copied without its marker is a known device, and gets its marker back."""
    storage = MemoryStorage({"svr.json": JSON.encode(owned()), "svr.cbor.new": b"?"})
    Store.open(storage, never).close()
    assert set(storage.files) == {"svr.json", MARKER_NAME}


@pytest.mark.parametrize(("codec", "other"), [(CBOR, JSON), (JSON, CBOR)])
def test_found_format(codec: Codec, other: Codec) -> None:
    """A device stays in the format in which it began, whichever is asked for later."""
    storage = MemoryStorage()
    Store.open(storage, unowned, codec=codec).close()
    with Store.open(storage, never, codec=other) as store:
        assert store.codec is codec
        store.commit(owned())
    assert codec.decode(storage.files[codec.file_name]) == owned()
    assert other.file_name not in storage.files


def test_two_databases() -> None:
    """Which of two databases is the device's nobody can know."""
    storage = MemoryStorage({codec.file_name: codec.encode(owned()) for codec in CODECS})
    with pytest.raises(StoreDamaged, match=r"memory holds two databases, svr\.json and svr\.cbor;"):
        Store.open(storage, never)


@pytest.mark.parametrize("codec", CODECS)
def test_previous_generation(codec: Codec) -> None:
    """The generation before the last commit stays beside the database, and is only named."""
    storage = MemoryStorage()
    with Store.open(storage, unowned, codec=codec) as store:
        store.commit(named(unowned(), "a"))
        store.commit(named(unowned(), "b"))
    files = storage.files
    assert codec.decode(files[f"svr.previous.{codec.name}"]) == named(unowned(), "a")
    for damaged in (files[codec.file_name][:-9], None):
        left = {**files, codec.file_name: damaged}
        storage = MemoryStorage({name: text for name, text in left.items() if text is not None})
        with pytest.raises(StoreDamaged, match="onboardee svr restore --previous"):
            Store.open(storage, never)
    torn = MemoryStorage({**files, f"svr.previous.{codec.name}": b"", codec.file_name: b"?"})
    with pytest.raises(StoreDamaged, match="; restore a copy of it, or remove memory"):
        Store.open(torn, never)


@pytest.mark.parametrize("journal", [True, False])
def test_refused_change_is_no_previous_generation(journal: bool) -> None:
    """What a dying disk kept of a refused change is not kept as the generation before."""
    storage = MemoryStorage()
    with Store.open(storage, unowned, journal=journal) as store:
        store.commit(named(unowned(), "a"))
        storage.fail_at(3 if journal else 12, lasting=True)
        with pytest.raises(StoreUnavailable):
            store.commit(named(unowned(), "refused"))
        storage.heal()
        store.commit(named(unowned(), "b"))
    assert b"refused" not in b"".join(storage.files.values())
    assert JSON.decode(storage.files["svr.previous.json"]) == named(unowned(), "a")


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (errno.ENOSPC, "memory is on a full disk; free some space"),
        (errno.EROFS, "memory is on a read-only file system; make it writable or"),
        (errno.EIO, "memory cannot be used (Input/output error); check the disk it is on"),
    ],
)
def test_unavailable(code: int, sentence: str) -> None:
    """A disk that refuses is reported in one sentence that says why and what to do."""
    storage = MemoryStorage()
    store = Store.open(storage, unowned)
    storage.fail_at(2, code)
    with pytest.raises(StoreUnavailable) as caught:
        store.commit(owned())
    assert str(caught.value).startswith(sentence)


def test_no_secret_comes_out() -> None:
    """Keys are in the file, and in no representation or error, however the file is damaged."""
    storage = MemoryStorage()
    store = Store.open(storage, owned)
    content = storage.files["svr.json"]
    assert b"YWJjZGVmZ2hpamtsbW5vcA==" in content
    texts = [repr(store), repr(store.current)]
    for position in range(0, len(content), 7):
        damaged = content[:position] + b"!" + content[position + 1 :]
        try:
            Store.open(MemoryStorage({"svr.json": damaged}), never)
        except StoreError as error:
            texts.append("".join(traceback.format_exception(error)))
    assert len(texts) > 100
    for text in texts:
        assert SECRET.decode() not in text
        assert "YWJjZGVm" not in text


def test_names_differ() -> None:
    """Two databases that differ in one text are two commits."""
    storage = MemoryStorage()
    store = Store.open(storage, unowned)
    store.commit(named(unowned(), "a"))
    store.commit(named(unowned(), "b"))
    assert read_named(storage, "live") == named(unowned(), "b")
    store.close()
    assert b'"name": "b"' in storage.files["svr.json"]
