"""A store in a real directory: modes, lock, killed processes, open files."""

import errno
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from svrdb_samples import named, owned, unowned

from onboardee.svrdb import (
    DirectoryStorage,
    StoreDamaged,
    StoreError,
    StoreLocked,
    StoreMissing,
    StoreUnavailable,
    open_directory,
    open_existing,
    read_existing,
)

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

HOLD = """
import sys
from svrdb_samples import unowned
from onboardee.svrdb import open_directory
with open_directory(sys.argv[1], unowned):
    print("ready", flush=True)
    sys.stdin.read()
"""

COUNT = """
import os, sys
from svrdb_samples import named, unowned
from onboardee.svrdb import open_directory
store = open_directory(sys.argv[1], lambda: unowned("0"))
number = int(store.current.sdi.name)
while True:
    number += 1
    store.commit(named(unowned(), str(number)))
    os.write(1, b"%d\\n" % number)
"""


def start(script: str, directory: Path) -> subprocess.Popen[bytes]:
    """Run a script in a process of its own, with pipes to and from it."""
    return subprocess.Popen(
        [sys.executable, "-c", script, str(directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{HERE}"},
    )


def mode(path: Path) -> int:
    """Return the permission bits."""
    return path.stat().st_mode & 0o7777


@pytest.fixture(params=[0o000, 0o022, 0o377], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    """Set the process's umask for one test."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.mark.parametrize("name", ["svr.json", "svr.journal", "svr.previous.json", "svr.lock"])
def test_links_are_not_followed(tmp_path: Path, name: str) -> None:
    """A link in the place of a file is refused, and what it leads to is left alone."""
    with open_directory(tmp_path / "state", unowned) as store:
        store.commit(named(unowned(), "a"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"of somebody else")
    (tmp_path / "state" / name).unlink(missing_ok=True)
    (tmp_path / "state" / name).symlink_to(elsewhere)
    with pytest.raises(StoreUnavailable, match="Too many levels of symbolic links"):
        open_directory(tmp_path / "state", unowned)
    assert elsewhere.read_bytes() == b"of somebody else"


def test_modes(tmp_path: Path, umask: int) -> None:
    """Whatever the umask, directories are 0700 and files 0600, also after commits."""
    state = tmp_path / "new" / "state"
    with open_directory(state, unowned) as store:
        store.commit(owned())
    assert [mode(path) for path in (state.parent, state)] == [0o700, 0o700]
    assert {path.name: mode(path) for path in state.iterdir()} == {
        "svr.json": 0o600,
        "svr.previous.json": 0o600,
        "svr.lock": 0o600,
        "svr.begun": 0o600,
    }
    with open_directory(state, unowned):
        assert mode(state / "svr.journal") == 0o600


def test_wide_directory(tmp_path: Path) -> None:
    """A wider directory is tightened if it is the store's own, and refused if it is not."""
    tmp_path.chmod(0o755)
    open_directory(tmp_path, unowned).close()
    assert mode(tmp_path) == 0o700
    tmp_path.chmod(0o777)
    (tmp_path / "letter.txt").touch()
    with pytest.raises(StoreUnavailable, match=r"mode 0777.*choose another directory or run chmod"):
        open_directory(tmp_path, unowned)
    assert mode(tmp_path) == 0o777
    tmp_path.chmod(0o700)
    open_directory(tmp_path, unowned).close()


def test_not_a_directory(tmp_path: Path) -> None:
    """A path that is a file, or leads through one, is refused in a sentence."""
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "state"):
        with pytest.raises(StoreUnavailable, match="is not a directory; choose another path"):
            open_directory(path, unowned)


def test_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store stays where it was opened when the process changes its directory."""
    monkeypatch.chdir(tmp_path)
    assert DirectoryStorage("state").location == str(tmp_path / "state")
    with open_directory("state", unowned) as store:
        monkeypatch.chdir("/")
        store.commit(owned())
    assert open_directory(tmp_path / "state", unowned).current == owned()


def test_made_directories_are_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each directory that is made is durable in the one above it before a device is."""
    synced: list[str] = []
    monkeypatch.setattr(
        os, "fsync", lambda file: synced.append(str(Path(f"/proc/self/fd/{file}").readlink()))
    )
    open_directory(tmp_path / "new" / "state", unowned).close()
    new = str(tmp_path / "new")
    assert synced[:2] == [str(tmp_path), new]
    assert f"{new}/state" in synced


def test_damaged_names_the_file(tmp_path: Path) -> None:
    """The error for a damaged file names its path, what is wrong and what to do."""
    open_directory(tmp_path, unowned).close()
    path = tmp_path / "svr.json"
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(StoreDamaged) as caught:
        open_directory(tmp_path, unowned)
    assert str(caught.value) == (
        f"{path} ends too early, after 300 octets; "
        f"restore a copy of it, or remove {tmp_path} to begin as a new device"
    )


def test_second_process_is_refused(tmp_path: Path) -> None:
    """While another process holds the store, opening it fails and names that process."""
    with start(HOLD, tmp_path) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"ready\n"
        with pytest.raises(StoreLocked, match=f"is in use by process {holder.pid};") as caught:
            open_directory(tmp_path, unowned)
        assert caught.value.pid == holder.pid
        holder.communicate()
    open_directory(tmp_path, unowned).close()


def test_same_process_is_refused(tmp_path: Path) -> None:
    """Nor can one process open a directory twice, through the same storage or another."""
    (tmp_path / "svr.lock").write_text("1234567890123\n")
    storage = DirectoryStorage(tmp_path)
    storage.lock()
    for other in (storage, DirectoryStorage(tmp_path)):
        with pytest.raises(StoreLocked) as caught:
            other.lock()
        assert caught.value.pid == os.getpid()
    storage.unlock()
    with pytest.raises(ValueError, match="not locked"):
        storage.read("svr.json")


def test_killed_while_committing(tmp_path: Path) -> None:
    """However often a committing process is killed, no acknowledged commit is lost."""
    chance = random.Random(7)
    promised = 0
    for _ in range(20):
        with start(COUNT, tmp_path) as process:
            assert process.stdout is not None
            first = process.stdout.readline()
            time.sleep(chance.uniform(0, 0.03))
            process.send_signal(signal.SIGKILL)
            lines = [first, *process.stdout.read().splitlines()]
        before, promised = promised, int(lines[-1])
        with open_directory(tmp_path, unowned) as store:
            assert int(store.current.sdi.name) - promised in (0, 1)
            assert not store.is_new
        assert promised > before
        promised = int(store.current.sdi.name)
        assert not list(tmp_path.glob("*.new"))


def test_no_file_stays_open(tmp_path: Path) -> None:
    """Opening, committing, failing and closing leave no file open."""
    table = Path("/proc/self/fd")
    state = tmp_path / "state"
    with open_directory(state, unowned) as store:
        before = len(list(table.iterdir()))
        store.commit(owned())
        with pytest.raises(StoreLocked):
            open_directory(state, unowned)
        assert len(list(table.iterdir())) == before
    (state / "svr.json").write_bytes(b"")
    (tmp_path / "wide").mkdir()
    (tmp_path / "wide" / "letter").touch()
    (tmp_path / "wide").chmod(0o755)
    (tmp_path / "odd" / "svr.json").mkdir(parents=True)
    for path in (state, tmp_path / "wide", tmp_path / "odd"):
        with pytest.raises(StoreError):
            open_directory(path, unowned)
    assert len(list(table.iterdir())) == before - 2


@pytest.mark.parametrize(
    ("mode", "is_own", "told"),
    [
        (0o500, True, "has a mode that keeps its owner out (0500); run chmod 700 on it"),
        (0o700, False, "belongs to another user (uid "),
        (0o700, True, "has a file that this user may not use; give the files in it to this user"),
    ],
)
def test_why_a_directory_may_not_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, is_own: bool, told: str
) -> None:
    """Who is refused by the system reads whether that is for the mode or for the owner."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    tmp_path.chmod(mode)
    uid = tmp_path.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: uid if is_own else uid + 1)
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(StoreUnavailable) as refused:
        open_directory(tmp_path, unowned)
    monkeypatch.undo()
    tmp_path.chmod(0o700)
    assert str(refused.value).startswith(f"{tmp_path} {told}")


def test_commit_in_a_worker_thread(tmp_path: Path) -> None:
    """A commit may wait for the disk in another thread; meanwhile the old database is current."""
    seen: list[str] = []
    with open_directory(tmp_path, unowned) as store, ThreadPoolExecutor(1) as pool:
        for number in range(20):
            before = store.current.sdi.name
            future = pool.submit(store.commit, named(unowned(), str(number)))
            seen.append(store.current.sdi.name)
            assert seen[-1] in {before, str(number)}
            future.result()
            assert store.current.sdi.name == str(number)


def test_reader_beside_the_holder(tmp_path: Path) -> None:
    """A device that runs can be read, and its reader locks nobody out."""
    with open_directory(tmp_path, unowned) as store:
        assert read_existing(tmp_path) == unowned()
        store.commit(owned())
        assert read_existing(tmp_path) == owned()
        with pytest.raises(StoreLocked):
            open_existing(tmp_path)


def test_nothing_is_made_by_a_look(tmp_path: Path) -> None:
    """Where no device lives, looking for one leaves no trace."""
    for path in (tmp_path, tmp_path / "nowhere"):
        for opening in (read_existing, open_existing):
            with pytest.raises(StoreMissing, match="holds no device"):
                opening(path)
    assert not list(tmp_path.iterdir())
