"""A storage that exchanges several files of a device in one step, and how a store uses one.

A directory can only replace one file in one instant, so `svrdb.disk` needs a journal and an order
of steps. Where all changes of a commit are one transaction, nothing of that is left: the file
becomes the generation before, the new one takes its place, and a crash finds both or neither.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol, runtime_checkable

from onboardee.svrdb.codec import Codec, Commit
from onboardee.svrdb.contents import MARKER_NAME, MARKER_TEXT, Contents, Generation
from onboardee.svrdb.files import previous_name
from onboardee.svrdb.model import Database
from onboardee.svrdb.storage import Done, Storage


class Put(NamedTuple):
    """A file gets this content, whether it is there or not."""

    name: str
    content: bytes


class Rename(NamedTuple):
    """A file, if it is there, gets another name, and replaces what had that."""

    old: str
    new: str


class Remove(NamedTuple):
    """A file goes, if it is there."""

    name: str


Change = Put | Rename | Remove


@runtime_checkable
class AtomicStorage(Storage, Protocol):
    """A `Storage` that makes several changes all or none."""

    def exchange(self, *changes: Change) -> None:
        """Make changes in their order; all of them are durable when this returns.

        Raises OSError, and then none of them is seen. After a crash either may be found.
        """

    def begin(self, *changes: Change, done: Done) -> None:
        """Begin to make changes; `done` is told, in some thread, what `exchange` would tell."""


class AtomicDisk:
    """The files of one locked atomic storage. What cannot be written raises OSError.

    Not safe for two threads at once: `Store` has the lock, and makes sentences of errors.
    """

    __slots__ = ("_codec", "_current", "_last", "_storage")

    def __init__(self, storage: AtomicStorage, found: Contents) -> None:
        self._storage = storage
        self._codec = found.codec
        self._current = found.current.database
        # the highest number that was tried, be it refused: no number is used for two databases
        self._last = found.current.number

    @property
    def current(self) -> Database:
        """The database that is durable."""
        return self._current

    @classmethod
    def make(cls, storage: AtomicStorage, codec: Codec, database: Database) -> "AtomicDisk":
        """Make the file of a new device, and the marker, durably. Raises OSError."""
        content = codec.wrap(codec.pack(database), Commit(1))
        storage.exchange(Put(codec.file_name, content), Put(MARKER_NAME, MARKER_TEXT))
        return cls(storage, Contents(codec, Generation(1, database), b""))

    def settle(self) -> None:
        """Do nothing: opening the file has synced what it has (`svrdb.state_file`)."""

    def keep(self, database: Database, body: bytes) -> None:
        """Make a database, which packed is `body`, the current one; durable when this returns.

        Raises OSError; `take_back` undoes what may be on the disk.
        """
        self._storage.exchange(*self._changes(body))
        self._current = database

    def begin(self, database: Database, body: bytes, done: Done) -> None:
        """Begin what `keep` does; `done` is told, in some thread, what became of it."""

        def written(failure: Exception | None) -> Callable[[], None] | None:
            if failure is None:
                self._current = database
            return done(failure)

        self._storage.begin(*self._changes(body), done=written)

    def take_back(self) -> None:
        """Make what is current durable again after a failure, whatever the disk has of it.

        The generation before is left as it is: the refused transaction has not touched it.
        """
        content = self._numbered(self._codec.pack(self._current))
        self._storage.exchange(Put(self._codec.file_name, content))

    def close(self, *, is_settled: bool) -> None:
        """Leave the current database in its file."""
        if not is_settled:
            self.take_back()

    def _changes(self, body: bytes) -> tuple[Rename, Put]:
        name = self._codec.file_name
        return Rename(name, previous_name(self._codec)), Put(name, self._numbered(body))

    def _numbered(self, body: bytes) -> bytes:
        self._last += 1
        return self._codec.wrap(body, Commit(self._last))
