"""Where the state of a device is: a directory of its own, or a place in a file of many.

Either is written as a path. `lights/kitchen` is a directory; `lamps.db/lamp-001` is the device
`lamp-001` in the state file `lamps.db`. So whoever chooses among devices by path and by the last
part of it needs to know nothing of the two forms.
"""

import os
import stat
from collections import Counter
from pathlib import Path
from threading import Lock
from typing import Final, TypeAlias

from onboardee.svrdb.storage import DirectoryStorage, Storage

APPLICATION: Final = 0x4F424453
"""What tells state files from other files of SQLite (`PRAGMA application_id`): "OBDS"."""
_MAGIC: Final = b"SQLite format 3\0"
_APPLICATION_AT: Final = slice(68, 72)
"""Where the header of an SQLite file has that."""


def storage_at(path: str | os.PathLike[str]) -> Storage:
    """Return the storage of a device, by the form that its place has."""
    place = Path(path)
    if not is_state_file(place.parent):
        return DirectoryStorage(place)
    # SQLite, which devices with directories of their own do without
    from onboardee.svrdb.state_file_storage import StateFileStorage  # noqa: PLC0415

    return StateFileStorage(place.parent, place.name)


def names_in(path: str | os.PathLike[str]) -> list[str]:
    """List the devices in a state file. Raises OSError, StoreDamaged or StoreUnavailable."""
    from onboardee.svrdb.state_file import StateFile  # noqa: PLC0415 - as above

    file = StateFile.of(path)
    try:
        return file.names()
    finally:
        file.release()


Identity: TypeAlias = tuple[int, int]
"""The device and the inode of a file, which it has under each of its names."""


class OpenFiles:
    """The state files that this process has open, which it must not open in any other way.

    SQLite holds a lock of POSIX on a file as long as it is connected, and a process loses all of
    its locks on a file when it closes any descriptor of that file (fcntl(2)). Whoever closes the
    file next, in another process, would then take itself for the last one and remove the journal,
    with all that this process writes from then on.
    """

    def __init__(self) -> None:
        self.lock: Final = Lock()
        """Held by who looks into a file as an ordinary one."""
        self._known: Counter[Identity] = Counter()

    def add(self, path: str) -> Identity:
        """Know that a file is about to be opened by SQLite. Raises OSError."""
        with self.lock:
            found = _identity(path)
            self._known[found] += 1
            return found

    def remove(self, file: Identity) -> None:
        """Know that SQLite has closed it."""
        with self.lock:
            self._known[file] -= 1
            if not self._known[file]:
                del self._known[file]

    def has(self, path: str | os.PathLike[str]) -> bool:
        """Tell whether a file is open."""
        try:
            return _identity(path) in self._known
        except OSError:
            return False


OPEN_FILES: Final = OpenFiles()


def _identity(path: str | os.PathLike[str]) -> Identity:
    found = os.stat(path)  # noqa: PTH116 - paths as texts, of which there are thousands
    return found.st_dev, found.st_ino


def is_state_file(path: str | os.PathLike[str]) -> bool:
    """Tell by its first octets whether a path is a state file; what cannot be read is none."""
    with OPEN_FILES.lock:
        return OPEN_FILES.has(path) or _looks_like_one(path)


def _looks_like_one(path: str | os.PathLike[str]) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        is_regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
        head = os.read(descriptor, 100) if is_regular else b""
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return head.startswith(_MAGIC) and head[_APPLICATION_AT] == APPLICATION.to_bytes(4, "big")
