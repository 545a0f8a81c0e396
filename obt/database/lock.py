"""Who may change a file: one process at a time.

SQLite's own locks last for one transaction. An operation on devices is many of them, with minutes
of network in between, and two processes that link the same two devices at the same time would each
overwrite what the other one just gave them. So whoever changes something holds this lock for the
whole operation (`flock` on a file beside the database, which ends with the process); who only reads
needs none.
"""

import fcntl
import os
import time
from pathlib import Path
from typing import Final

from onboardee.obt.database.errors import DatabaseBusyError, DatabaseError

PAUSE: Final = 0.05
"""Seconds between two tries to get the lock."""


class WriterLock:
    """A lock beside the file, which ends with the process at the latest.

    It is not on the file itself: to close any descriptor of that would end SQLite's own locks.
    """

    def __init__(self, path: Path, *, patience: float) -> None:
        """Wait `patience` seconds at most for another process."""
        self._path = path
        self._patience = patience
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock. Raises `DatabaseBusyError`, and `DatabaseError` if there can be none.

        It is polled, as `flock` cannot be waited for with a limit; the file has the number of the
        process that holds it, for the sentence that tells who it is.
        """
        path = self._path.with_name(f"{self._path.name}.lock")
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise DatabaseError(f"{path} cannot be written: {error.strerror}") from error
        self._descriptor = descriptor
        deadline = time.monotonic() + self._patience
        while not _try(descriptor):
            if time.monotonic() >= deadline:
                holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
                self.release()
                raise DatabaseBusyError(
                    f"process {holder or '(unknown)'} is changing {self._path}; try again when it "
                    "has ended"
                )
            time.sleep(PAUSE)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let others change the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
