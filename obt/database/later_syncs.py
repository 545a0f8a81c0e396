"""Syncs of a database file in a thread, each for all who wait when it begins.

A transaction of SQLite ends with a sync, for which the whole process waits. Who owns many devices
side by side would do little else. So meanwhile transactions end without one (`synchronous =
NORMAL`: written to SQLite's journal, of which a crash of the process loses nothing and one of the
machine perhaps the last transactions, never a part of one). Who must not go on before what it wrote
is durable waits here:

    device A ──commit, wait──┐                                ┌──► A goes on
    device B ──commit, wait──┼──► one sync of the journal ────┼──► B goes on
    device C ──commit────────┘    C does not wait, and goes on

What SQLite has moved from the journal to the file before it begins the journal anew, it has synced
itself.
"""

import asyncio
import fcntl
import os
from pathlib import Path
from typing import Final

from onboardee.obt.database.errors import DatabaseError


class LaterSyncs:
    """Counts transactions, and makes them durable on demand, on the running event loop."""

    def __init__(self, path: Path) -> None:
        """Name the database file; its journal is there once something was written."""
        self._path: Final = path
        self._committed = 0
        self._synced = 0
        self._under_way: asyncio.Task[None] | None = None
        self.has_failed = False
        """A sync failed: a second one might succeed although the system has given the data up."""

    def note(self) -> None:
        """Count a transaction that was not synced."""
        self._committed += 1

    async def wait(self) -> None:
        """Return when all transactions counted so far are durable. Raises `DatabaseError`."""
        wanted = self._committed
        while self._synced < wanted:
            if self.has_failed:
                raise DatabaseError(f"{self._path} could not be synced before")
            if self._under_way is None:
                self._under_way = asyncio.create_task(self._sync())
            # others wait for it as well, so that it goes on when one of them is given up
            await asyncio.shield(self._under_way)

    async def _sync(self) -> None:
        covered = self._committed
        try:
            await asyncio.to_thread(sync_journal, self._path)
        except OSError as error:
            self.has_failed = True
            raise DatabaseError(f"{self._path} cannot be written: {error}") from error
        finally:
            self._under_way = None
        self._synced = covered


def sync_journal(path: Path) -> None:
    """Make durable what SQLite's journal of a database has, and its name. Raises `OSError`."""
    for name, flags in ((f"{path}-wal", os.O_RDONLY), (path.parent, os.O_RDONLY | os.O_DIRECTORY)):
        descriptor = os.open(name, flags | os.O_CLOEXEC)
        try:
            _sync(descriptor)
        finally:
            os.close(descriptor)


def _sync(descriptor: int) -> None:
    """Sync as SQLite does with `fullfsync`: on macOS as far as the disk itself."""
    if hasattr(fcntl, "F_FULLFSYNC"):
        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
    else:
        os.fsync(descriptor)
