"""Where a store keeps its files: the few operations it needs, and a directory that offers them.

Each step whose failure or interruption matters is a call of its own, so that a test can fail it or
cut the power there (see `svrdb.memory_storage`). That is also why nothing here is convenient: a
`write_file` that creates, writes, syncs and renames would hide the four instants at which the power
may go.

What the operations promise is less than what a program sees. A program reads back what it wrote at
once; after a power cut there is only this:

    call                     durable after
    ----------------------   ----------------------------------------------
    OpenFile.write           OpenFile.sync, unless that raised
    Storage.create           sync_directory (the name), sync (the content)
    Storage.rename, remove   sync_directory; until then either name may be
                               found, never a mixture of two contents
"""

import errno
import fcntl
import os
import stat
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

from onboardee.svrdb.errors import StoreLocked, StoreUnavailable

PREFIX: Final = "svr."
"""How the name of every file of a store begins. A directory that holds nothing else is the store's
own, and may be made private."""

LOCK_NAME: Final = "svr.lock"

Done = Callable[[Exception | None], Callable[[], None] | None]
"""Is told that changes are durable, or why there is none of them.

It returns what is to be called when all have been told who are told at the same time, once for
those who return the same. Neither may raise anything.
"""


class OpenFile(Protocol):
    """A file being written; what is written survives a power cut once `sync` returned.

    After a `sync` that failed nobody knows what of it is on the disk, and a second one that
    succeeds does not tell: the system may have given up the pages that it could not write (Linux
    marks them as clean). What matters has to be written again, to another place.
    """

    def write(self, content: bytes) -> None:
        """Write all of `content` behind what was written last; a failure may leave a part of it."""

    def sync(self) -> None:
        """Make the content durable; the file's name becomes so by `Storage.sync_directory`."""

    def close(self) -> None:
        """Release the file."""


class Storage(Protocol):
    """A flat set of named files, held by one store at a time. Every operation may raise OSError.

    Names are plain file names, all beginning with `PREFIX`; none of them comes from a peer.
    """

    @property
    def location(self) -> str:
        """The place as a person would name it, for messages."""

    def lock(self) -> None:
        """Take the storage for this store alone, or raise `StoreLocked`; all else needs it."""

    def look(self) -> None:
        """Take the storage beside its holder: to read, and to write what the holder does not.

        Nothing is made or changed by it: a command that looks for a device in a wrong directory
        leaves no trace there. Either this or `lock` comes first, `unlock` last.
        """

    def unlock(self) -> None:
        """Give the storage back and release all resources; harmless when not locked."""

    def names(self) -> AbstractSet[str]:
        """Return the names of the files present."""

    def read(self, name: str) -> bytes | None:
        """Return a file's content, None if there is no such file."""

    def changed(self, name: str) -> float:
        """Return when a file was written, in seconds since 1970. Raises FileNotFoundError."""

    def create(self, name: str) -> OpenFile:
        """Begin an empty file of this name, readable by its owner only."""

    def reopen(self, name: str, at: int) -> OpenFile:
        """Open a file that is there, to write from octet `at` on over what it has."""

    def rename(self, old: str, new: str) -> None:
        """Give a file a new name, replacing in one instant what had it.

        A reader, and a reboot, find the one or the other content under the name, never a part.
        """

    def remove(self, name: str) -> None:
        """Remove a file if it is there."""

    def sync_directory(self) -> None:
        """Make all creations, renames and removals so far durable.

        The content of files is another matter: see `OpenFile.sync`.
        """


class _OpenFile:
    """An `OpenFile` of a directory: one descriptor."""

    __slots__ = ("_descriptor", "_is_new")

    def __init__(self, descriptor: int, *, is_new: bool) -> None:
        self._descriptor = descriptor
        self._is_new = is_new

    def write(self, content: bytes) -> None:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]

    def sync(self) -> None:
        # of a file that was there only the content has to survive, not the time of the change
        (os.fsync if self._is_new else os.fdatasync)(self._descriptor)

    def close(self) -> None:
        os.close(self._descriptor)


class DirectoryStorage:
    """A `Storage` in one directory, private to its user: mode 0700, files 0600.

    The files hold pre-shared keys, private keys and PINs in the clear, as a device has to use them.
    A missing directory is created with its parents. An existing one that others may enter is
    tightened if it holds nothing but a store, and otherwise refused: it was made for something
    else, and taking it away from others could break that.

    All files are opened relative to the directory's descriptor, which `lock` opens once. A process
    that changes its working directory, or a directory that is renamed, does not separate a store
    from its files.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path).absolute()
        self._directory = -1
        self._lock = -1

    @property
    def location(self) -> str:
        """Return the absolute path."""
        return str(self._path)

    def lock(self) -> None:
        """Make the directory if need be and lock it, or say which process holds it.

        The lock is a `flock`, which ends with the process however that ends: no stale lock is left
        by a crash. Raises StoreLocked, StoreUnavailable for a directory that is not private, and
        OSError.
        """
        # A second `flock` of the same process on another descriptor would be refused too, but one
        # on this object would only leak the first descriptor.
        if self._directory >= 0:
            raise StoreLocked(self.location, os.getpid())
        make_directory(self._path)
        self._directory = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            self._require_private()
            self._lock = self._open(LOCK_NAME, os.O_RDWR | os.O_CREAT)
            self._take_lock()
        except BaseException:
            self.unlock()
            raise

    def look(self) -> None:
        """Open the directory, which must be there, whoever holds the lock. Raises OSError."""
        if self._directory >= 0:
            raise StoreLocked(self.location, os.getpid())
        self._directory = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def unlock(self) -> None:
        """Close everything; the kernel does the same when the process dies."""
        # The lock file stays: removing it could let two later holders lock two different files.
        for descriptor in (self._lock, self._directory):
            if descriptor >= 0:
                os.close(descriptor)
        self._lock = self._directory = -1

    def names(self) -> AbstractSet[str]:
        """List the directory."""
        return frozenset(os.listdir(self._directory))  # noqa: PTH208 - an open directory

    def read(self, name: str) -> bytes | None:
        """Read a whole file, None if there is none."""
        try:
            descriptor = self._open(name, os.O_RDONLY)
        except FileNotFoundError:
            return None
        try:
            return b"".join(iter(lambda: os.read(descriptor, 1 << 16), b""))
        finally:
            os.close(descriptor)

    def changed(self, name: str) -> float:
        """Return the time of the file's last change."""
        return os.stat(name, dir_fd=self._directory, follow_symlinks=False).st_mtime

    def create(self, name: str) -> OpenFile:
        """Begin a file of mode 0600, emptying one that is there.

        A symbolic link in its place is refused: see `_open`.
        """
        descriptor = self._open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        try:
            # The mode given at creation is subject to the umask and void for an existing file.
            os.fchmod(descriptor, 0o600)
        except BaseException:
            os.close(descriptor)
            raise
        return _OpenFile(descriptor, is_new=True)

    def reopen(self, name: str, at: int) -> OpenFile:
        """Open a file to write over what it has."""
        descriptor = self._open(name, os.O_WRONLY)
        os.lseek(descriptor, at, os.SEEK_SET)
        return _OpenFile(descriptor, is_new=False)

    def rename(self, old: str, new: str) -> None:
        """Rename within the directory, atomically."""
        os.rename(old, new, src_dir_fd=self._directory, dst_dir_fd=self._directory)

    def remove(self, name: str) -> None:
        """Unlink a file, if it is there."""
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self._directory)

    def sync_directory(self) -> None:
        """Sync the directory itself."""
        os.fsync(self._directory)

    def _open(self, name: str, flags: int) -> int:
        """Open a file of the directory, and never what a symbolic link leads to.

        Whoever could place a link here before the directory was tightened could otherwise have the
        device's keys written, or a file of this user truncated, elsewhere.
        """
        if self._directory < 0:
            raise ValueError("the storage is not locked")
        flags |= os.O_CLOEXEC | os.O_NOFOLLOW
        return os.open(name, flags, 0o600, dir_fd=self._directory)

    def _take_lock(self) -> None:
        """Lock without waiting, and leave this process's id for the message to the next one."""
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreLocked(self.location, self._holder()) from None
        # The pid only serves the message above: a full disk must not keep a device from starting.
        with suppress(OSError):
            os.fchmod(self._lock, 0o600)
            os.ftruncate(self._lock, 0)
            os.write(self._lock, b"%d\n" % os.getpid())

    def _holder(self) -> int | None:
        """Return the process id in the lock file, None if there is none that can be read."""
        text = os.pread(self._lock, 32, 0).strip()
        return int(text) if text.isdigit() else None

    def _require_private(self) -> None:
        """Tighten a directory that is the store's own, or refuse one that others may enter."""
        mode = stat.S_IMODE(os.fstat(self._directory).st_mode)
        if not mode & 0o077:
            return
        if any(not name.startswith(PREFIX) for name in self.names()):
            raise StoreUnavailable(
                self.location,
                f"is open to other users (mode {mode:04o}) and holds more than a device's files",
                "choose another directory or run chmod 700 on it",
            )
        os.fchmod(self._directory, 0o700)


def make_directory(path: Path) -> None:
    """Make a directory and those above it, each durable in the one above.

    A database that is synced in a directory whose own name is lost with the power is lost, too.
    """
    if path.is_dir():
        return
    # looked at again: another device of a fleet may have made it in the meantime
    if (path.exists() or path.is_symlink()) and not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
    make_directory(path.parent)
    with suppress(FileExistsError):
        # `mkdir` subtracts the umask, which may take away the owner's own rights.
        path.mkdir(mode=0o700)
        path.chmod(0o700)
    # A parent that may be written but not read cannot be synced.
    with suppress(PermissionError):
        sync_path(path.parent)


def sync_path(path: Path) -> None:
    """Make a file, or the names in a directory, durable. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
