"""State files: many devices in one SQLite file, with the promises of directories."""

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Final

import pytest
from svrdb_samples import named, owned, unowned

from onboardee.svrdb import (
    CBOR,
    JSON,
    Codec,
    Database,
    MemoryStorage,
    Store,
    StoreDamaged,
    StoreLocked,
    StoreMissing,
    StoreUnavailable,
    list_snapshots,
    open_directory,
    open_existing,
    read_existing,
    read_named,
    remove_snapshot,
    restore,
    take_automatic,
    take_snapshot,
)
from onboardee.svrdb.atomic_storage import Change, Put, Remove, Rename
from onboardee.svrdb.directories import look
from onboardee.svrdb.group_commit import SEVERAL, GroupCommit
from onboardee.svrdb.locations import is_state_file, names_in, storage_at
from onboardee.svrdb.moving import move
from onboardee.svrdb.state_file import StateFile
from onboardee.svrdb.storage import DirectoryStorage, Done


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Make a state file with room for a lamp."""
    path = tmp_path / "lamps.db"
    StateFile.make(path, ["lamp-1"])
    return path


def never() -> Database:
    """Stand for a factory that must not be asked."""
    raise AssertionError("the factory was asked")


@pytest.mark.parametrize("codec", [JSON, CBOR])
def test_a_device_in_a_file_is_as_one_in_a_directory(file: Path, codec: Codec) -> None:
    """It is made once, keeps what was committed, and the generation before."""
    with open_directory(file / "lamp-1", unowned, codec=codec) as store:
        assert store.is_new
        store.commit(owned())
        store.commit(named(owned(), "second"))
    with open_directory(file / "lamp-1", never) as store:
        assert (store.is_new, store.codec) == (False, codec)
        assert store.current == named(owned(), "second")
    storage = look(storage_at(file / "lamp-1"))
    assert read_named(storage, "previous") == owned()
    storage.unlock()


def test_devices_in_a_file_do_not_touch_each_other(file: Path) -> None:
    """One that is not told beforehand gets its place, and all are listed by name."""
    for name in ("lamp-2", "lamp-1"):
        with open_directory(file / name, unowned) as store:
            store.commit(named(unowned(), name))
    assert names_in(file) == ["lamp-1", "lamp-2"]
    assert read_existing(file / "lamp-2").sdi.name == "lamp-2"


def test_a_name_without_a_device_is_none(file: Path) -> None:
    """Neither a place that was only reserved nor a mistyped name becomes a device."""
    for name in ("lamp-1", "lmap-1"):
        with pytest.raises(StoreMissing):
            open_existing(file / name)
    assert names_in(file) == []


def test_the_file_is_for_its_owner_alone(file: Path) -> None:
    """And so is what SQLite and the locks have beside it, as keys are in them."""
    file.chmod(0o644)
    with open_directory(file / "lamp-1", unowned):
        modes = {stat.S_IMODE(each.stat().st_mode) for each in file.parent.iterdir()}
    assert modes == {0o600}


def test_a_device_is_open_once_in_a_process(file: Path) -> None:
    """Another device of the same file is free; after closing, so is the first."""
    with open_directory(file / "lamp-1", unowned):
        with pytest.raises(StoreLocked):
            open_directory(file / "lamp-1", never)
        open_directory(file / "lamp-2", unowned).close()
        assert read_existing(file / "lamp-1") == unowned()
    open_directory(file / "lamp-1", never).close()


def test_another_process_learns_who_has_a_device(file: Path) -> None:
    """By its id; the other devices of the file it may have."""
    program = (
        "import sys; from onboardee.svrdb import open_existing, StoreLocked\n"
        "open_existing(sys.argv[1] + '/lamp-2').close()\n"
        "try: open_existing(sys.argv[1] + '/lamp-1')\n"
        "except StoreLocked as error: print(error.pid)"
    )
    open_directory(file / "lamp-2", unowned).close()
    with open_directory(file / "lamp-1", unowned):
        # reading beside it must not give the lock away
        read_existing(file / "lamp-1")
        told = subprocess.check_output([sys.executable, "-c", program, str(file)], text=True)
    assert int(told) == os.getpid()


def test_what_is_no_state_file_is_refused(tmp_path: Path) -> None:
    """A text, another program's database: neither is changed."""
    other = tmp_path / "other.db"
    sqlite3.connect(other).execute("CREATE TABLE t (x)").connection.close()
    text = tmp_path / "text.db"
    text.write_text("mine")
    for path in (other, text):
        content = path.read_bytes()
        assert not is_state_file(path)
        with pytest.raises(StoreUnavailable, match="no file with states"):
            StateFile.make(path)
        assert path.read_bytes() == content


def test_a_file_of_a_later_version_is_refused(file: Path) -> None:
    """Its owner is told to run the program that made it."""
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA user_version = 2")
    connection.close()
    with pytest.raises(StoreUnavailable, match="version 2"):
        open_directory(file / "lamp-1", unowned)


def test_a_damaged_database_of_a_device_is_damage(file: Path) -> None:
    """An octet that was changed in the table is found, and the other devices are well."""
    for name in ("lamp-1", "lamp-2"):
        open_directory(file / name, unowned).close()
    with sqlite3.connect(file) as connection:
        changed = "CAST(replace(content, ?, ?) AS BLOB)"
        sql = f"UPDATE files SET content = {changed} WHERE device = 1 AND name = ?"
        connection.execute(sql, (b'"owned":false', b'"owned":true ', "svr.json"))
    connection.close()
    with pytest.raises(StoreDamaged, match="edited by hand or damaged"):
        open_directory(file / "lamp-1", never)
    open_directory(file / "lamp-2", never).close()


def test_a_database_that_is_gone_is_damage(file: Path) -> None:
    """A device that has lived there is never taken for a new one."""
    open_directory(file / "lamp-1", unowned).close()
    with sqlite3.connect(file) as connection:
        connection.execute("DELETE FROM files WHERE name = 'svr.json'")
    connection.close()
    with pytest.raises(StoreDamaged, match="is missing"):
        open_directory(file / "lamp-1", never)


def test_a_file_that_is_torn_is_damage(file: Path) -> None:
    """One sentence says so, and no error of SQLite reaches the caller."""
    open_directory(file / "lamp-1", unowned).close()
    content = file.read_bytes()
    file.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    with pytest.raises(StoreDamaged, match="put back a copy"):
        open_directory(file / "lamp-1", never)


def test_a_full_disk_refuses_the_change_and_the_device_goes_on(file: Path) -> None:
    """The change is not current, not after a restart either."""
    with open_directory(file / "lamp-1", unowned) as store:
        shared = StateFile.of(file)
        (pages,) = shared._reader.execute("PRAGMA page_count").fetchone()
        shared.write([(f"PRAGMA max_page_count = {pages}", ())])
        huge = named(unowned(), "x" * 100_000)
        with pytest.raises(StoreUnavailable, match="full disk"):
            store.commit(huge)
        assert store.current == unowned()
        store.commit(named(unowned(), "small"))
        shared.release()
    assert read_existing(file / "lamp-1").sdi.name == "small"


def test_a_change_that_is_begun_is_durable_when_its_end_is_told(file: Path) -> None:
    """Whoever must not wait for the disk is told by another thread, after the sync."""
    told: SimpleQueue[Exception | None] = SimpleQueue()
    with open_directory(file / "lamp-1", unowned) as store:
        assert store.begin_commit(owned(), told.put)
        assert told.get(timeout=10) is None
        assert store.current == owned() == read_existing(file / "lamp-1")


def test_a_change_that_is_begun_and_fails_has_changed_nothing(file: Path) -> None:
    """The same change is then stored by waiting for it, as soon as the disk has room."""
    told: SimpleQueue[Exception | None] = SimpleQueue()
    huge = named(unowned(), "x" * 100_000)
    with open_directory(file / "lamp-1", unowned) as store:
        shared = StateFile.of(file)
        (pages,) = shared._reader.execute("PRAGMA page_count").fetchone()
        shared.write([(f"PRAGMA max_page_count = {pages}", ())])
        assert store.begin_commit(huge, told.put)
        assert isinstance(told.get(timeout=10), sqlite3.Error)
        assert store.current == unowned()
        shared.write([(f"PRAGMA max_page_count = {pages + 100}", ())])
        store.commit(huge)
        shared.release()
    assert read_existing(file / "lamp-1") == huge


def test_what_cannot_be_begun_is_stored_by_waiting(file: Path, tmp_path: Path) -> None:
    """A directory has several syncs; a closed store, and what is current already, have none."""
    with open_directory(tmp_path / "lamp", unowned) as store:
        assert not store.begin_commit(owned(), print)
        store.commit(owned())
    with open_directory(file / "lamp-1", unowned) as store:
        assert not store.begin_commit(unowned(), print)
        store.commit(owned())
    assert not store.begin_commit(unowned(), print)
    assert read_existing(file / "lamp-1") == read_existing(tmp_path / "lamp") == owned()


class Doubtful(MemoryStorage):
    """An atomic storage that may do what it then says it failed to do."""

    fails_after = False

    def exchange(self, *changes: Change) -> None:
        """Make the changes, and then fail if that is wanted."""
        for change in changes:
            match change:
                case Put(name, content):
                    opened = self.create(name)
                    opened.write(content)
                    opened.sync()
                case Rename(old, new):
                    if old in self.files:
                        self.rename(old, new)
                case Remove(name):
                    self.remove(name)
        self.sync_directory()
        if self.fails_after:
            self.fails_after = False
            raise OSError(5, "Input/output error")

    def begin(self, *changes: Change, done: Done) -> None:
        """Do at once what `exchange` does."""
        self.exchange(*changes)
        done(None)


def test_a_change_that_was_refused_is_not_found_later() -> None:
    """Also where the disk had it all the same: what is current was written over it."""
    storage = Doubtful()
    with Store.open(storage, unowned) as store:
        storage.fails_after = True
        with pytest.raises(StoreUnavailable):
            store.commit(owned())
        assert store.current == unowned()
    with Store.open(storage, never) as store:
        assert store.current == unowned()


def _writer(path: Path, before: Callable[[sqlite3.Connection], None]) -> GroupCommit:
    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        connection.execute("CREATE TABLE t (x INTEGER CHECK (x < 100))")
        before(connection)
        return connection

    return GroupCommit(connect)


def test_changes_that_wait_at_the_same_time_share_one_transaction(tmp_path: Path) -> None:
    """A thousand devices that change at once do not wait for a thousand syncs."""
    said: list[str] = []
    entered, go = threading.Event(), threading.Event()

    def wait() -> int:
        entered.set()
        go.wait(10)
        return 1

    def watch(connection: sqlite3.Connection) -> None:
        connection.create_function("wait", 0, wait)
        connection.set_trace_callback(said.append)

    writer = _writer(tmp_path / "x.db", watch)
    first = threading.Thread(target=writer.write, args=([("SELECT wait()", ())],))
    first.start()
    entered.wait(10)
    others = [
        threading.Thread(target=writer.write, args=([("INSERT INTO t VALUES (?)", (each,))],))
        for each in range(9)
    ]
    for each in others:
        each.start()
    while writer._queue.qsize() < len(others):
        pass
    go.set()
    for each in (first, *others):
        each.join()
    writer.close()
    assert said.count("COMMIT") == 2


def test_changes_that_share_a_transaction_stay_those_of_their_devices(tmp_path: Path) -> None:
    """Each device has its own content and its own generation before, in whichever form it is."""
    path = tmp_path / "lamps.db"
    names = [f"lamp-{number}" for number in range(6)]
    StateFile.make(path, names)
    told: SimpleQueue[Exception | None] = SimpleQueue()
    entered, go = threading.Event(), threading.Event()

    def wait(_: Exception | None) -> None:
        entered.set()
        go.wait(10)

    with ExitStack() as ending:
        shared = StateFile.of(path)
        ending.callback(shared.release)
        stores = [
            ending.enter_context(open_directory(path / name, unowned, codec=codec))
            for name, codec in zip(names, [JSON, JSON, CBOR] * 2, strict=True)
        ]
        for text in ("first", "second, which is longer than the first"):
            entered.clear()
            go.clear()
            shared.begin((), wait)
            assert entered.wait(10)
            for name, store in zip(names, stores, strict=True):
                assert store.begin_commit(named(owned(), f"{text} of {name}"), told.put)
            go.set()
            assert [told.get(timeout=10) for _ in stores] == [None] * len(stores)
    for name in names:
        storage = look(storage_at(path / name))
        assert read_named(storage, "previous").sdi.name == f"first of {name}"
        storage.unlock()
        assert read_existing(path / name).sdi.name.endswith(f"the first of {name}")


def test_what_comes_in_a_moment_after_many_changes_shares_a_transaction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also a disk that is faster than the devices is not given each change by itself."""
    said: list[str] = []
    is_waiting, both_came = threading.Event(), threading.Event()

    def gather(_seconds: float) -> bool:
        is_waiting.set()
        return both_came.wait(10)

    def watch(connection: sqlite3.Connection) -> None:
        connection.set_trace_callback(said.append)

    writer = _writer(tmp_path / "x.db", watch)
    monkeypatch.setattr(writer._closing, "wait", gather)
    entered, go = threading.Event(), threading.Event()
    told: SimpleQueue[Exception | None] = SimpleQueue()

    def wait(_: Exception | None) -> None:
        entered.set()
        go.wait(10)

    writer.begin((), wait)
    assert entered.wait(10)
    for _ in range(SEVERAL):
        writer.begin((), told.put)
    go.set()
    for _ in range(SEVERAL):
        told.get(timeout=10)
    writer.begin((), lambda _: None)
    assert is_waiting.wait(10)
    writer.begin((), lambda _: None)
    both_came.set()
    writer.close()
    assert said.count("COMMIT") == 3


def test_a_change_that_fails_takes_none_of_a_later_transaction_with_it(tmp_path: Path) -> None:
    """All or none of one transaction; the writer goes on."""
    writer = _writer(tmp_path / "x.db", lambda _: None)
    with pytest.raises(sqlite3.IntegrityError):
        writer.write([("INSERT INTO t VALUES (1)", ()), ("INSERT INTO t VALUES (100)", ())])
    writer.write([("INSERT INTO t VALUES (2)", ())])
    writer.close()
    with sqlite3.connect(tmp_path / "x.db") as connection:
        assert connection.execute("SELECT x FROM t").fetchall() == [(2,)]
    connection.close()


def test_a_commit_waits_for_the_disk(file: Path) -> None:
    """What was answered 2.04 survives a power cut: SQLite syncs its journal at each commit."""
    with open_directory(file / "lamp-1", unowned):
        shared = StateFile.of(file)
        connection = shared._connection()
        (synchronous,) = connection.execute("PRAGMA synchronous").fetchone()
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
        connection.close()
        shared.release()
    assert (synchronous, mode) == (2, "wal")


def test_snapshots_are_kept_in_the_file(file: Path) -> None:
    """By name and automatic ones, with their times; they are restored and removed as elsewhere."""
    with open_directory(file / "lamp-1", unowned) as store:
        take_snapshot(store.storage, "mine", store.current, store.codec)
        store.commit(owned())
        for _ in range(3):
            take_automatic(store.storage, store.current, store.codec, limit=2)
    storage = look(storage_at(file / "lamp-1"))
    names = [each.name for each in list_snapshots(storage)]
    assert names == ["auto-000002-RFNOP", "auto-000003-RFNOP", "mine"]
    assert storage.changed("svr.snapshot.mine.json") > 1_700_000_000
    remove_snapshot(storage, "auto-000002-RFNOP")
    wanted = read_named(storage, "mine")
    storage.unlock()
    restore(storage_at(file / "lamp-1"), wanted)
    assert read_existing(file / "lamp-1") == unowned()


def test_a_damaged_device_is_restored_and_what_was_damaged_is_kept(file: Path) -> None:
    """As in a directory: nothing that was found is thrown away."""
    open_directory(file / "lamp-1", unowned).close()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE files SET content = x'00' WHERE name = 'svr.json'")
    connection.close()
    assert restore(storage_at(file / "lamp-1"), owned()) == ("svr.damaged.json",)
    assert read_existing(file / "lamp-1") == owned()


KILLED = """
import sys, threading
sys.path.insert(0, sys.argv[2])
from svrdb_samples import named, unowned
from onboardee.svrdb import open_directory
stores = [open_directory(f"{sys.argv[1]}/lamp-{each}", unowned) for each in range(100)]
def work(own):
    number = 0
    while True:
        number += 1
        for store in own:
            store.commit(named(unowned(), str(number)))
            sys.stdout.write(f"{stores.index(store)} {number}\\n")
            sys.stdout.flush()
for first in range(10):
    threading.Thread(target=work, args=(stores[first::10],), daemon=True).start()
threading.Event().wait()
"""


def test_no_acknowledged_change_is_lost_when_the_process_is_killed(file: Path) -> None:
    """Of a hundred devices under load: each has what it promised, or what it was about to."""
    here = str(Path(__file__).parent)
    promised: dict[str, int] = {}
    command = [sys.executable, "-c", KILLED, str(file), here]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for count, line in enumerate(process.stdout):
            if count == 400:
                process.kill()
            with suppress(ValueError):
                device, number = line.split()
                promised[device] = int(number)
    assert len(promised) == 100
    for device, number in promised.items():
        found = int(read_existing(file / f"lamp-{device}").sdi.name)
        assert found in {number, number + 1}


def test_a_device_moves_between_the_forms_with_all_that_is_kept_of_it(
    file: Path, tmp_path: Path
) -> None:
    """From a directory into a file and back: octet for octet, and gone where it was."""
    source, target = tmp_path / "one", tmp_path / "two"
    with open_directory(source, unowned) as store:
        take_snapshot(store.storage, "mine", store.current, store.codec)
        store.commit(owned())
    (source / "svr.profile").write_text('{"profile": "light"}')
    before = {each.name: each.read_bytes() for each in source.iterdir() if each.name != "svr.lock"}
    assert move(DirectoryStorage(source), storage_at(file / "lamp-7")) == owned()
    assert [each.name for each in source.iterdir()] == ["svr.lock"]
    assert read_existing(file / "lamp-7") == owned()
    move(storage_at(file / "lamp-7"), DirectoryStorage(target))
    assert names_in(file) == []
    after = {each.name: each.read_bytes() for each in target.iterdir() if each.name != "svr.lock"}
    assert after == before


def test_a_move_never_replaces_another_device(file: Path, tmp_path: Path) -> None:
    """Both stay what they are."""
    open_directory(tmp_path / "one", owned).close()
    open_directory(file / "lamp-1", unowned).close()
    with pytest.raises(StoreUnavailable, match="has another device"):
        move(storage_at(tmp_path / "one"), storage_at(file / "lamp-1"))
    assert read_existing(tmp_path / "one") == owned()
    assert read_existing(file / "lamp-1") == unowned()


def test_a_move_that_was_interrupted_is_done_again(file: Path, tmp_path: Path) -> None:
    """The device is in both places then, the same; the second attempt removes it from the first."""
    with open_directory(tmp_path / "one", unowned) as store:
        store.commit(owned())
    kept = {each.name: each.read_bytes() for each in (tmp_path / "one").iterdir()}
    move(storage_at(tmp_path / "one"), storage_at(file / "lamp-1"))
    for name, content in kept.items():
        (tmp_path / "one" / name).write_bytes(content)
    move(storage_at(tmp_path / "one"), storage_at(file / "lamp-1"))
    assert read_existing(file / "lamp-1") == owned()
    with pytest.raises(StoreMissing):
        read_existing(tmp_path / "one")


LOOK: Final = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
print(connection.execute(sys.argv[2]).fetchone()[0])
connection.close()
"""


def looked(file: Path, sql: str) -> str:
    """Look into a file from another process, as `onboardee svr` does, and go."""
    words = [sys.executable, "-I", "-S", "-c", LOOK, str(file), sql]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


def test_who_looks_into_a_file_takes_nothing_from_a_run(file: Path) -> None:
    """The last one to leave folds the journal in and removes it: while devices run, nobody else is.

    What they store after the look is there for the next one, and after a crash.
    """
    stores = [open_directory(file / name, unowned) for name in ("lamp-1", "lamp-2")]
    try:
        assert looked(file, "SELECT count(DISTINCT device) FROM files") == "2"
        for store in stores:
            store.commit(named(store.current, "after"))
        is_after = "name = 'svr.json' AND instr(CAST(content AS TEXT), 'after')"
        count = f"SELECT count(*) FROM files WHERE {is_after}"
        assert looked(file, count) == "2"
    finally:
        for store in stores:
            store.close()
    assert not Path(f"{file}-wal").exists()
