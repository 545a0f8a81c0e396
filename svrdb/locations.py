"""Where the state of a device is: a directory of its own, or a place in a file of many.

Either is written as a path. `lights/kitchen` is a directory; `lamps.db/lamp-001` is the device
`lamp-001` in the state file `lamps.db`. So whoever chooses among devices by path and by the last
part of it needs to know nothing of the two forms.
"""

import os
import stat
from pathlib import Path
from typing import Final

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


def is_state_file(path: str | os.PathLike[str]) -> bool:
    """Tell by its first octets whether a path is a state file; what cannot be read is none."""
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
