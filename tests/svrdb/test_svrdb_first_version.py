"""Directories that the first versions of this program left, and what these make of ours."""

import errno
import json
import shutil
from pathlib import Path

import cbor2
import pytest
from svrdb_samples import named, owned, unowned

from onboardee.svrdb import (
    Codec,
    MemoryStorage,
    Store,
    StoreUnavailable,
    open_directory,
    open_existing,
    read_existing,
    read_named,
    read_previous,
    read_snapshot,
    restore,
    take_snapshot,
)
from onboardee.svrdb.codec import CODECS, Commit, Unreadable
from onboardee.svrdb.storage import DirectoryStorage, OpenFile

LEFT = Path(__file__).parent / "version_1"

both = pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)


@pytest.fixture(name="home")
def _home(tmp_path: Path, codec: Codec) -> Path:
    """Copy what the first version left after two changes and a snapshot."""
    return shutil.copytree(LEFT / codec.name, tmp_path / "state")


def previous(home: Path) -> object:
    """Read the generation before."""
    storage = DirectoryStorage(home)
    storage.look()
    try:
        return read_previous(storage)
    finally:
        storage.unlock()


@both
def test_read(home: Path, codec: Codec) -> None:
    """All that is there is read as it is, and nothing is changed by that."""
    before = {path.name: path.read_bytes() for path in home.iterdir()}
    assert codec.read(before[codec.file_name]).commit is None
    assert read_existing(home) == owned()
    assert previous(home) == named(unowned(), "second")
    assert read_snapshot(MemoryStorage(before), "kept") == named(unowned(), "second")
    assert {path.name: path.read_bytes() for path in home.iterdir()} == before


@both
@pytest.mark.parametrize("changes", [0, 1, 2, 40])
def test_lived_in(home: Path, codec: Codec, changes: int) -> None:
    """A device goes on where it was, with the generation before; whoever comes later, too."""
    with open_directory(home, unowned) as store:
        assert not store.is_new
        assert store.current == owned()
        assert previous(home) == named(unowned(), "second")
        for number in range(changes):
            store.commit(named(owned(), str(number)))
            expected = named(owned(), str(number - 1)) if number else owned()
            assert previous(home) == expected
    last = named(owned(), str(changes - 1)) if changes else owned()
    assert read_existing(home) == last
    assert codec.decode((home / codec.file_name).read_bytes()) == last


@both
def test_edited(home: Path, codec: Codec) -> None:
    """An edit of the stopped device keeps the generation before, and restoring takes it back."""
    with open_existing(home) as store:
        store.commit(named(owned(), "edited"))
    assert previous(home) == owned()
    restore(DirectoryStorage(home), owned())
    assert previous(home) == named(owned(), "edited")
    assert read_existing(home) == owned()


class FullDisk(MemoryStorage):
    """A storage without room for a further file."""

    is_full = True

    def create(self, name: str) -> OpenFile:
        """Refuse, while it is full."""
        if self.is_full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().create(name)


@both
def test_no_room_for_the_new_form(codec: Codec) -> None:
    """On a full disk the device starts all the same, and keeps what it has."""
    files = {path.name: path.read_bytes() for path in (LEFT / codec.name).iterdir()}
    storage = FullDisk(files)
    with Store.open(storage, unowned) as store:
        assert store.current == owned()
        with pytest.raises(StoreUnavailable, match="is on a full disk"):
            store.commit(named(owned(), "a"))
        assert storage.files == files
        storage.is_full = False
        store.commit(named(owned(), "b"))
        for survivor in storage.after_power_cut():
            assert read_named(survivor, "live") == named(owned(), "b")
            assert read_previous(survivor) == owned()


@both
def test_what_older_versions_see(codec: Codec) -> None:
    """From the first change on, running or stopped, the file has a version that they refuse.

    They look at the version before the database, so that none takes an old file for all there is.
    """
    files = {path.name: path.read_bytes() for path in (LEFT / codec.name).iterdir()}
    storage = MemoryStorage(files)
    store = Store.open(storage, unowned)
    assert version(codec, storage) == 2
    store.commit(named(owned(), "a"))
    assert version(codec, storage) == 2
    store.close()
    assert version(codec, storage) == 2


def version(codec: Codec, storage: MemoryStorage) -> int:
    """Return the version where the first versions of this program look for it."""
    content = storage.files[codec.file_name]
    if codec.name == "json":
        found: int = json.loads(content)["version"]
        return found
    _format, found, _digest, _body = cbor2.loads(content)
    return found


@both
def test_snapshots_are_as_ever(codec: Codec) -> None:
    """A snapshot is a database alone, which older versions read as well."""
    storage = MemoryStorage()
    take_snapshot(storage, "a", owned(), codec)
    content = storage.files[f"svr.snapshot.a.{codec.name}"]
    assert codec.read(content) == (owned(), None)
    assert content == codec.encode(owned())


@both
def test_numbered(codec: Codec) -> None:
    """A file of ours tells which commit it holds; without that it is refused, not guessed."""
    commit = Commit(7, b"0123456789abcdef")
    content = codec.encode(owned(), commit)
    assert codec.read(content) == (owned(), commit)
    assert codec.decode(content) == owned()
    for number in (0, 2**63):
        assert codec.read(codec.encode(owned(), Commit(number))).commit == Commit(number)


def test_number_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that has our version and no number is refused, with a checksum that is right."""
    for codec in CODECS:
        with monkeypatch.context() as wrong:
            wrong.setattr(f"onboardee.svrdb.{codec.name}_codec.ALONE", 2)
            if codec.name == "cbor":
                wrong.setattr(type(codec), "pack", lambda *_: b"short")
            content = codec.encode(owned())
        with pytest.raises(Unreadable, match="does not say which commit it holds"):
            codec.decode(content)
