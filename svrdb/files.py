"""The files of a store: their names, how one is written durably, and how one is read.

Every file is written beside its place, synced, renamed into it, and the directory is synced: it
is there as a whole or not at all.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from onboardee.svrdb.codec import Codec, Unreadable
from onboardee.svrdb.errors import StoreDamaged, StoreUnavailable
from onboardee.svrdb.model import Database
from onboardee.svrdb.storage import PREFIX, Storage

_TEMPORARY: Final = ".new"
_OTHERS: Final = "use another one, which `onboardee svr snapshots` lists"


def previous_name(codec: Codec) -> str:
    """Return the name of the generation before the current one."""
    return f"{PREFIX}previous.{codec.name}"


def is_temporary(name: str) -> bool:
    """Tell whether a file of this name is what an interruption left."""
    return name.startswith(PREFIX) and name.endswith(_TEMPORARY)


def place(storage: Storage, name: str, content: bytes) -> None:
    """Write a file, replacing in one instant what had its name; durable when this returns."""
    temporary = write(storage, name, content)
    try:
        put_in_place(storage, temporary, name)
    except OSError:
        with suppress(OSError):
            storage.remove(temporary)
        raise


def write(storage: Storage, name: str, content: bytes) -> str:
    """Write and sync a file that is to have this name, and return the one that it has."""
    temporary = f"{name}{_TEMPORARY}"
    try:
        file = storage.create(temporary)
        try:
            file.write(content)
            file.sync()
        finally:
            file.close()
    except OSError:
        with suppress(OSError):
            storage.remove(temporary)
        raise
    return temporary


def put_in_place(storage: Storage, temporary: str, name: str) -> None:
    """Give a file that was written its name, for good."""
    storage.rename(temporary, name)
    storage.sync_directory()


def read_database(storage: Storage, codec: Codec, name: str) -> Database:
    """Read a file that must be there. Raises StoreDamaged, and OSError."""
    content = storage.read(name)
    try:
        return codec.decode(_required(content))
    except Unreadable as finding:
        path = file_path(storage, name)
        remedy = _remedy(storage, codec) if name == codec.file_name else _OTHERS
        raise StoreDamaged(path, str(finding), remedy, finding.octet) from None


def _required(content: bytes | None) -> bytes:
    if content is None:
        raise Unreadable("is missing although a device has lived here")
    return content


def file_path(storage: Storage, name: str) -> str:
    """Return the path of a file, for messages."""
    return os.path.join(storage.location, name)  # noqa: PTH118 - not always a real path


def _remedy(storage: Storage, codec: Codec) -> str:
    begin = f"remove {storage.location} to begin as a new device"
    if not _has_previous(storage, codec):
        return f"restore a copy of it, or {begin}"
    return (
        "restore the generation before it with `onboardee svr restore --previous`, which may lack "
        f"the last change, or a copy, or {begin}"
    )


def _has_previous(storage: Storage, codec: Codec) -> bool:
    try:
        content = storage.read(previous_name(codec))
        return content is not None and bool(codec.decode(content))
    except (OSError, Unreadable):
        return False


_REASONS: Final = {
    errno.ENOSPC: ("is on a full disk", "free some space"),
    errno.EDQUOT: ("is over its disk quota", "free some space"),
    errno.EROFS: ("is on a read-only file system", "make it writable or choose another directory"),
    errno.EACCES: (
        "is not accessible to this user",
        "change its owner or choose another directory",
    ),
    errno.EPERM: ("is not accessible to this user", "change its owner or choose another directory"),
    errno.ENOTDIR: ("is not a directory", "choose another path"),
}


@contextmanager
def explained(storage: Storage) -> Iterator[None]:
    """Turn an OSError of the storage into StoreUnavailable, a sentence."""
    try:
        yield
    except OSError as error:
        what, remedy = _REASONS.get(
            error.errno or 0,
            (f"cannot be used ({error.strerror or error})", "check the disk it is on"),
        )
        raise StoreUnavailable(storage.location, what, remedy) from error
