"""The store: one database, replaced as a whole, that survives whatever stops the program.

A device answers 2.04 only when what it was told will survive a power cut. IoTivity rewrites its
file in place, without a sync: a cut between the truncation and the last write leaves an empty file,
which the next start takes for a device fresh from the factory, with a new UUID and no owner. This
module and those below it exist so that neither can happen here.

The layers, each of which knows only the one below:

    Store      (here)            one database at a time, locks, errors as sentences
    Disk       svrdb.disk        which files are written in which order
    contents   svrdb.contents    what the files that are found add up to
    journal    svrdb.journal     records of the changes since the file was last replaced
    files      svrdb.files       one file, replaced in one instant
    Storage    svrdb.storage     the system calls; svrdb.memory_storage for tests

Where many devices share one file (`svrdb.state_file`), a commit is one transaction of it, and
`AtomicDisk` (`svrdb.atomic_storage`) stands in the place of `Disk`.

What holds:

* `commit` returns when the new database is durable, and then `current` is that one. Until then
  `current` is the one before; nothing between is ever seen. It waits for the disk, and may be
  called from any thread; several wait for one another.
* It raises ValueError for a database that could not be read back, and then nothing was touched.
* It raises StoreUnavailable if the disk refused. Then the new database will never be current, not
  after a crash either, unless the disk failed even to take it back; then the next change, or
  `close`, writes what is current again. Nothing is synced a second time: what matters is written
  anew, from memory and into new files, as a system may forget what it failed to write.

Whoever serves others while a disk works commits in a thread; in a file of many devices a commit can
be begun instead (`begin_commit`), as that file has a thread of its own. Stores of many devices that
commit at the same time, each in a thread, share the flush of the disk: a file system serves several
syncs with one.

Whatever the instant of a crash, the next opening finds the database before or after, and once
`commit` returned, only the one after. A missing database means a new device only where no device
ever was: after the first one is durable, a marker file is written, and while it is there, a missing
database is damage. The generation before stays on the disk for a person who has to repair. It is
never used by itself: an update that was acknowledged may lack in it.

An example, in memory; a directory is opened by `svrdb.open_directory`:

    >>> with Store.open(MemoryStorage(), factory) as store:
    ...     store.commit(enter(store.current, State.RFPRO))
    ...     store.current.state
    <State.RFPRO: 2>
"""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Lock
from typing import Self

from onboardee.svrdb.atomic_storage import AtomicDisk, AtomicStorage
from onboardee.svrdb.codec import JSON, Codec
from onboardee.svrdb.contents import MARKER_NAME, MARKER_TEXT, Contents, find
from onboardee.svrdb.disk import Disk
from onboardee.svrdb.errors import StoreUnavailable
from onboardee.svrdb.files import explained, place
from onboardee.svrdb.model import Database
from onboardee.svrdb.storage import Done, Storage


class Store:
    """The database of one device and the place it is kept in; make it with `Store.open`.

    It is a context manager that closes itself. Between `open` and `close` the storage is locked:
    two processes that write to one directory would each believe that its own numbers are the
    newest.
    """

    def __init__(
        self, storage: Storage, disk: Disk | AtomicDisk, codec: Codec, *, is_new: bool
    ) -> None:
        """Hold a storage that is already locked."""
        self._storage = storage
        self._disk = disk
        self._codec = codec
        self._is_new = is_new
        self._is_open = True
        # False while the storage may hold something else than `current`
        self._is_settled = True
        self._committing = Lock()

    @classmethod
    def open(
        cls,
        storage: Storage,
        factory: Callable[[], Database],
        *,
        codec: Codec = JSON,
        journal: bool = True,
    ) -> Self:
        """Lock the storage and load its database, or commit `factory()` for a new device.

        A new device is kept in the form of `codec`, a known one in the form in which it is found,
        so that the device goes on in its file however the program is called. `factory` is asked
        only where no device ever was.

        Without `journal` each commit is in the readable file at once: for a command that changes
        one thing and leaves. With it a commit costs one sync, and the file is brought up to date
        when the journal is full and when the store is closed.

        Raises StoreLocked (another open store has the storage), StoreDamaged (a device was here,
        but its database cannot be trusted; no file is changed) or StoreUnavailable (the disk
        refuses). After each of them, and after an error of `factory`, the storage is free again.
        """
        with explained(storage):
            storage.lock()
        try:
            with explained(storage):
                found = find(storage)
            if found is None:
                made = factory()
                with explained(storage):
                    disk = _made(storage, codec, made, journal=journal)
            else:
                codec, disk = found.codec, _going_on(storage, found, journal=journal)
            with explained(storage):
                # What is about to be shown to peers must not be undone by a power cut: the process
                # before this one may have died between a write and its sync. The marker comes last;
                # if it came before the database, a crash between the two would turn a new device
                # into a damaged one.
                disk.settle()
                _mark(storage)
        except BaseException:
            storage.unlock()
            raise
        return cls(storage, disk, codec, is_new=found is None)

    @property
    def current(self) -> Database:
        """The database that is durable.

        It may be read from any thread, also while another one commits; it is exchanged as a whole,
        and databases are immutable.
        """
        return self._disk.current

    @property
    def codec(self) -> Codec:
        """The form in which the database is kept."""
        return self._codec

    @property
    def storage(self) -> Storage:
        """The locked storage, for what is kept beside the database."""
        return self._storage

    @property
    def is_new(self) -> bool:
        """Whether this opening made the device, and did not find one."""
        return self._is_new

    def commit(self, new: Database) -> None:
        """Make `new` the current database; it is durable when this returns.

        To commit what is current already touches no file, unless a failure before has left the disk
        in doubt. Raises ValueError if `new` breaks the model or the store is closed, and
        StoreUnavailable if it cannot be written; `current` is then what it was.
        """
        self._require_open()
        # Packed before the lock is taken: this reads the database back to see that it would be the
        # same, and needs no disk.
        packed = self._codec.pack(new)
        with self._committing:
            self._require_open()
            try:
                with explained(self._storage):
                    if new != self.current:
                        self._disk.keep(new, packed)
                    elif not self._is_settled:
                        self._disk.take_back()
            except StoreUnavailable:
                self._is_settled = False
                # The record, or a part of it, may be on the disk, and the caller is about to hear
                # that it is not. A whole file with the old content and a higher number makes sure
                # that no later opening takes the refused change.
                with suppress(OSError):
                    self._disk.take_back()
                    self._is_settled = True
                raise
            except BaseException:
                self._is_settled = False
                raise
            self._is_settled = True

    def begin_commit(self, new: Database, done: Done) -> bool:
        """Begin to make `new` the current database without waiting for the disk, if that can be.

        If it tells True, `done` is called in another thread: with None when `new` is durable and
        current, or with what went wrong, and then neither is so. Call `commit` in a thread then,
        and if this tells False: it tries anew, and knows what to do about a disk that fails.
        """
        disk = self._disk
        if not isinstance(disk, AtomicDisk) or not self._committing.acquire(blocking=False):
            return False
        is_begun = False
        try:
            if self._is_open and self._is_settled and new != disk.current:
                with suppress(ValueError):
                    disk.begin(new, self._codec.pack(new), partial(self._committed, done))
                    is_begun = True
        finally:
            if not is_begun:
                self._committing.release()
        return is_begun

    def _committed(self, done: Done, failure: Exception | None) -> Callable[[], None] | None:
        """End what `begin_commit` began, in the thread of the writer."""
        self._committing.release()
        return done(failure)

    def close(self) -> None:
        """Give the storage back; `current` stays readable. Closing twice is harmless.

        All that is current is in the readable file then, if the disk lets it. If it does not,
        nothing is lost: the journal has it, and the next opening reads both.
        """
        with self._committing:
            if not self._is_open:
                return
            self._is_open = False
            try:
                # what cannot be put there is durable where it is
                with suppress(OSError):
                    self._disk.close(is_settled=self._is_settled)
            finally:
                self._storage.unlock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _require_open(self) -> None:
        """Raise ValueError after `close`: another process may have the directory by then."""
        if not self._is_open:
            raise ValueError("the store is closed")


def _made(storage: Storage, codec: Codec, made: Database, *, journal: bool) -> Disk | AtomicDisk:
    if isinstance(storage, AtomicStorage):
        return AtomicDisk.make(storage, codec, made)
    return Disk.make(storage, codec, made, journal=journal)


def _going_on(storage: Storage, found: Contents, *, journal: bool) -> Disk | AtomicDisk:
    if isinstance(storage, AtomicStorage):
        return AtomicDisk(storage, found)
    return Disk(storage, found, journal=journal)


def _mark(storage: Storage) -> None:
    """Leave the marker that says that a device lives here, unless it is there.

    A directory that was copied without it gets it back, as the database itself tells as much.
    """
    if MARKER_NAME not in storage.names():
        place(storage, MARKER_NAME, MARKER_TEXT)
