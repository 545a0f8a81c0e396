"""The files of a store: their names, and how one is written durably.

Every file is written beside its place, synced, renamed into it, and the directory is synced: it is
there as a whole or not at all. Each of the four is needed. Written in place, a crash leaves half a
file. Renamed before the sync, the name may be durable before the content, and the file is empty
after a power cut. Without the sync of the directory the old file may come back after a commit was
acknowledged.

An error of the system becomes a sentence for the device's owner here, once for all callers:
`explained` names the directory, what is wrong with it and what to do.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from onboardee.svrdb.codec import Codec
from onboardee.svrdb.errors import StoreUnavailable
from onboardee.svrdb.storage import PREFIX, Storage

_TEMPORARY: Final = ".new"


def previous_name(codec: Codec) -> str:
    """Return the name of the generation before the current one."""
    return f"{PREFIX}previous.{codec.name}"


def temporary_name(name: str) -> str:
    """Return the name that a file has until it is complete."""
    return f"{name}{_TEMPORARY}"


def is_temporary(name: str) -> bool:
    """Tell whether a file of this name is what an interruption left."""
    return name.startswith(PREFIX) and name.endswith(_TEMPORARY)


def place(storage: Storage, name: str, content: bytes) -> None:
    """Write a file, replacing in one instant what had its name; durable when this returns.

    Raises OSError; the file of that name is then the old or the new one, whole, and what was
    written beside it is removed if the disk lets that be done.
    """
    temporary = write(storage, name, content)
    try:
        put_in_place(storage, temporary, name)
    except OSError:
        with suppress(OSError):
            storage.remove(temporary)
        raise


def write(storage: Storage, name: str, content: bytes) -> str:
    """Write and sync a file that is to have this name, and return the one that it has.

    Its name is not durable before the directory is synced. Raises OSError, after it has removed
    what it wrote, so that a full disk does not become fuller.
    """
    temporary = temporary_name(name)
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


def file_path(storage: Storage, name: str) -> str:
    """Return the path of a file, for messages."""
    return os.path.join(storage.location, name)  # noqa: PTH118 - not always a real path


_REASONS: Final = {
    errno.ENOSPC: ("is on a full disk", "free some space"),
    errno.EDQUOT: ("is over its disk quota", "free some space"),
    errno.EROFS: ("is on a read-only file system", "make it writable or choose another directory"),
    errno.ENOTDIR: ("is not a directory", "choose another path"),
}


@contextmanager
def explained(storage: Storage) -> Iterator[None]:
    """Turn an OSError of the storage into StoreUnavailable, a sentence.

    The OSError stays its cause, for whoever has to tell a missing directory from a refused one.
    """
    with explained_at(storage.location):
        yield


@contextmanager
def explained_at(location: str) -> Iterator[None]:
    """Do the same for a place of which there is no storage yet."""
    try:
        yield
    except OSError as error:
        raise StoreUnavailable(location, *_reason(location, error)) from error


def _reason(location: str, error: OSError) -> tuple[str, str]:
    """Return what is wrong with the storage, and what to do about it."""
    if error.errno in {errno.EACCES, errno.EPERM}:
        return _denied(location)
    otherwise = (f"cannot be used ({error.strerror or error})", "check the disk it is on")
    return _REASONS.get(error.errno or 0, otherwise)


def _denied(location: str) -> tuple[str, str]:
    """Tell whether the owner or the mode is why this user may not use the storage.

    A device that was started once by root leaves a directory that its usual user cannot enter;
    "permission denied" alone does not say which of the two to change.
    """
    try:
        found = os.stat(location)  # noqa: PTH116 - not always a real path
    except OSError:
        return "is not accessible to this user", "choose another directory"
    if found.st_uid != os.geteuid():
        return (
            f"belongs to another user (uid {found.st_uid})",
            "change its owner or choose another directory",
        )
    mode = stat.S_IMODE(found.st_mode)
    if mode & stat.S_IRWXU != stat.S_IRWXU:
        return f"has a mode that keeps its owner out ({mode:04o})", "run chmod 700 on it"
    return (
        "has a file that this user may not use",
        "give the files in it to this user, with chmod 600, or choose another directory",
    )
