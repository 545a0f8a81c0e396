"""Moving a device from one storage to another, with its snapshots and all that is kept beside it.

The target is durable and was read back before anything of the source goes. So whatever the instant
of a crash, the device is whole in the source or in the target, or the same in both; then the next
attempt finds in the target what it would write, and goes on.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from onboardee.svrdb.atomic_storage import AtomicStorage, Put, Remove
from onboardee.svrdb.contents import MARKER_NAME, codec_in_use, no_device, require
from onboardee.svrdb.errors import StoreUnavailable
from onboardee.svrdb.files import explained, is_temporary, place
from onboardee.svrdb.journal import JOURNAL_NAME
from onboardee.svrdb.model import Database
from onboardee.svrdb.storage import LOCK_NAME, Storage
from onboardee.svrdb.store import Store

_OWN: Final = frozenset({LOCK_NAME, JOURNAL_NAME})
"""What each storage has for itself."""


def move(source: Storage, target: Storage, leave: AbstractSet[str] = frozenset()) -> Database:
    """Move the device of a storage, which must not be running, to another one; return its database.

    Files whose names are in `leave` stay. Raises StoreMissing, StoreLocked, StoreDamaged, or
    StoreUnavailable, also where the target has another device.
    """

    def missing() -> Database:
        raise no_device(source)

    # without a journal: all that was committed is in the file then
    with Store.open(source, missing, journal=False) as store, explained(target):
        with explained(source):
            files = _files(source, leave)
        target.lock()
        try:
            _write(target, files, store.codec.file_name)
            if require(target).current.database != store.current:
                raise StoreUnavailable(
                    target.location, "gives back other content", "check its disk"
                )
        finally:
            target.unlock()
        with explained(source):
            _remove(source, list(files), store.codec.file_name)
        return store.current


def _files(source: Storage, leave: AbstractSet[str]) -> dict[str, bytes]:
    names = source.names() - _OWN - leave
    found = {name: source.read(name) for name in sorted(names) if not is_temporary(name)}
    return {name: content for name, content in found.items() if content is not None}


def _write(target: Storage, files: Mapping[str, bytes], database: str) -> None:
    """Write all files, the database behind what is beside it, the marker last."""
    there = {name: target.read(name) for name in files}
    if codec_in_use(target) is not None and there != files:
        raise StoreUnavailable(target.location, "has another device", "choose another place")
    if isinstance(target, AtomicStorage):
        target.exchange(*(Put(name, content) for name, content in files.items()))
        return
    for name in sorted(files, key=lambda name: (name == MARKER_NAME, name == database)):
        place(target, name, files[name])


def _remove(source: Storage, names: list[str], database: str) -> None:
    """Remove all files: the marker first, lest what is left be taken for a damaged device."""
    ordered = sorted(names, key=lambda name: (name != MARKER_NAME, name != database))
    if isinstance(source, AtomicStorage):
        source.exchange(*map(Remove, ordered))
        return
    for name in ordered:
        source.remove(name)
        source.sync_directory()
