"""Which process has which device of a file: one octet of a lock file for each device.

A lock of `fcntl` on one octet costs no descriptor, ends with its process however that ends, and
the kernel names its holder. It is between processes only, and gone as soon as the process closes
any descriptor of the lock file: so a process opens that file once (`svrdb.state_file` sees to it)
and keeps account itself of what it holds.
"""

import fcntl
import os
import struct
from typing import Final

from onboardee.svrdb.errors import StoreLocked

_FLOCK: Final = struct.Struct("@hhqqi4x")
"""`struct flock` with offsets of 64 bits: kind, origin, start, length, process (fcntl(2))."""


class RecordLocks:
    """The locks of one file; `number` is that of a device, from 1."""

    def __init__(self, path: str) -> None:
        """Open the lock file, which is made if need be. Raises OSError."""
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        self._descriptor = os.open(path, flags, 0o600)
        self._held: set[int] = set()

    def take(self, number: int, location: str) -> None:
        """Take a device for this process. Raises StoreLocked, with who has it, and OSError."""
        if number in self._held:
            raise StoreLocked(location, os.getpid())
        try:
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number)
        except (BlockingIOError, PermissionError):
            raise StoreLocked(location, self.holder(number)) from None
        self._held.add(number)

    def free(self, number: int) -> None:
        """Give a device back."""
        if number in self._held:
            self._held.remove(number)
            fcntl.lockf(self._descriptor, fcntl.LOCK_UN, 1, number)

    def holder(self, number: int) -> int | None:
        """Return the process that has a device, `None` if none has it."""
        if number in self._held:
            return os.getpid()
        asked = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, number, 1, 0)
        kind, _, _, _, pid = _FLOCK.unpack(fcntl.fcntl(self._descriptor, fcntl.F_GETLK, asked))
        return None if kind == fcntl.F_UNLCK else int(pid)

    def close(self) -> None:
        """Free all of them."""
        os.close(self._descriptor)
        self._held.clear()
