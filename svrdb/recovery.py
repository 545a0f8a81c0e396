"""Putting another database in the place of the current one, be that damaged or missing.

This is the way out that the errors of a damaged store name: a person has chosen a snapshot, the
generation before or the newest change of the journal, and it becomes the device's database. The
program never chooses by itself (see `svrdb.store`).

Nothing that was found is thrown away: the damaged file and its journal are first kept under
`svr.damaged.*`, durably, for whoever wants to know what happened or to save a key out of them.
"""

from typing import Final

from onboardee.svrdb.codec import Codec, Commit
from onboardee.svrdb.coding import NOTHING
from onboardee.svrdb.contents import highest_number, no_device, require_codec
from onboardee.svrdb.errors import StoreDamaged
from onboardee.svrdb.files import explained, place
from onboardee.svrdb.journal import JOURNAL_NAME, records_of
from onboardee.svrdb.model import Database
from onboardee.svrdb.storage import PREFIX, Storage
from onboardee.svrdb.store import Store

DAMAGED_JOURNAL: Final = f"{PREFIX}damaged.journal"
"""The name under which the journal of a damaged database is kept."""


def restore(storage: Storage, database: Database) -> tuple[str, ...]:
    """Make `database` the current one of a device that is not running, in one step.

    The one before becomes the previous generation, so that a restore can itself be taken back; of a
    damaged one the files are kept under other names, which are returned. Raises StoreMissing where
    no device lives, StoreLocked, StoreUnavailable.
    """

    def missing() -> Database:
        raise no_device(storage)

    try:
        with Store.open(storage, missing, journal=False) as store:
            store.commit(database)
    except StoreDamaged:
        return _replace_damaged(storage, database)
    return ()


def damaged_name(codec: Codec) -> str:
    """Return the name under which a damaged database is kept; an older one there is replaced."""
    return f"{PREFIX}damaged.{codec.name}"


def _replace_damaged(storage: Storage, database: Database) -> tuple[str, ...]:
    with explained(storage):
        storage.lock()
    try:
        with explained(storage):
            return _replaced(storage, require_codec(storage), database)
    finally:
        storage.unlock()


def _replaced(storage: Storage, codec: Codec, database: Database) -> tuple[str, ...]:
    """Keep what is damaged, then put the database into a file that is newer than all of it.

    The new file names as folded the file that the newest record follows. If the journal comes back
    after a power cut, it is passed over instead of contradicting the restored database.
    """
    # A journal is mostly zeros; what is kept of it ends with its last record.
    found = {
        damaged_name(codec): storage.read(codec.file_name),
        DAMAGED_JOURNAL: (storage.read(JOURNAL_NAME) or b"").rstrip(b"\0") or None,
    }
    kept = {name: content for name, content in found.items() if content is not None}
    for name, content in kept.items():
        place(storage, name, content)
    records = records_of(kept.get(DAMAGED_JOURNAL, b""))
    newest = max(records, key=lambda record: record.number, default=None)
    # above all numbers that are there, so that nothing in the journal is newer
    number = 1 + highest_number(storage, codec)
    commit = Commit(number, NOTHING if newest is None else newest.base)
    place(storage, codec.file_name, codec.encode(database, commit))
    storage.remove(JOURNAL_NAME)
    storage.sync_directory()
    return tuple(kept)
