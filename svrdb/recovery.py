"""Putting an older database in the place of the current one, be that damaged or missing."""

from onboardee.svrdb.codec import Codec
from onboardee.svrdb.errors import StoreDamaged
from onboardee.svrdb.files import explained, place
from onboardee.svrdb.model import Database
from onboardee.svrdb.storage import PREFIX, Storage
from onboardee.svrdb.store import Store, no_device, required_codec


def restore(storage: Storage, database: Database) -> str | None:
    """Make `database` the current one of a device that is not running, in one step.

    The one before becomes the previous generation; a damaged one is kept under another name,
    which is returned. Raises StoreMissing where no device lives, StoreLocked, StoreUnavailable.
    """

    def missing() -> Database:
        raise no_device(storage)

    try:
        with Store.open(storage, missing) as store:
            store.commit(database)
    except StoreDamaged:
        return _replace_damaged(storage, database)
    return None


def damaged_name(codec: Codec) -> str:
    """Return the name under which a damaged database is kept."""
    return f"{PREFIX}damaged.{codec.name}"


def _replace_damaged(storage: Storage, database: Database) -> str | None:
    with explained(storage):
        storage.lock()
    try:
        with explained(storage):
            codec = required_codec(storage)
            content = storage.read(codec.file_name)
            if content is not None:
                place(storage, damaged_name(codec), content)
            place(storage, codec.file_name, codec.encode(database))
            return None if content is None else damaged_name(codec)
    finally:
        storage.unlock()
