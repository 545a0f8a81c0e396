"""The databases of devices by path: to open one, to read it, to look beside who has it.

A path is a directory, or a place in a state file (`svrdb.locations`).

Three needs, three functions. A device opens (and makes) its store. A command that edits a stopped
device opens an existing one and must not make a device of a mistyped path. A command that only
shows reads beside a running device, without the lock: see `svrdb.contents` for why that is safe.
"""

import os
from collections.abc import Callable

from onboardee.svrdb.codec import JSON, Codec
from onboardee.svrdb.contents import no_device, require, require_codec
from onboardee.svrdb.errors import StoreUnavailable
from onboardee.svrdb.files import explained
from onboardee.svrdb.locations import storage_at
from onboardee.svrdb.model import Database
from onboardee.svrdb.storage import Storage
from onboardee.svrdb.store import Store


def open_directory(
    path: str | os.PathLike[str], factory: Callable[[], Database], *, codec: Codec = JSON
) -> Store:
    """Open the store in a directory, which is made if need be, or in a state file.

    See `Store.open`.

    >>> with open_directory("kitchen", lambda: factory_new) as store:
    ...     print(store.current.state.name)
    RFOTM
    """
    return Store.open(storage_at(path), factory, codec=codec)


def open_existing(path: str | os.PathLike[str]) -> Store:
    """Open the store in a directory in which a device lives, to change it; nothing is made.

    Without a journal, so that the readable file has each change at once. Raises StoreMissing where
    there is none, and what `Store.open` raises.
    """
    # Looked at first: `Store.open` makes a directory and a lock file where there is nothing.
    storage = look(storage_at(path))
    try:
        with explained(storage):
            require_codec(storage)
    finally:
        storage.unlock()

    def missing() -> Database:
        raise no_device(storage)

    return Store.open(storage, missing, journal=False)


def read_existing(path: str | os.PathLike[str]) -> Database:
    """Read the database in a directory, also while a device runs on it.

    Raises StoreMissing, StoreDamaged or StoreUnavailable.
    """
    storage = look(storage_at(path))
    try:
        with explained(storage):
            return require(storage).current.database
    finally:
        storage.unlock()


def look(storage: Storage) -> Storage:
    """Take a storage beside its holder. Raises StoreMissing or StoreUnavailable."""
    try:
        with explained(storage):
            storage.look()
    except StoreUnavailable as error:
        if isinstance(error.__cause__, FileNotFoundError):
            raise no_device(storage) from None
        raise
    return storage
