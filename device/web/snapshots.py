"""Snapshots of a device's database, from a browser: listed, taken, compared and put back.

They are the very files of `onboardee svr snapshot`. Reading and writing them is done in a thread,
as a disk may take its time; putting one back is the step `ReplaceDatabase` of the device, which
restarts with it and refuses if somebody has changed the database meanwhile.
"""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from onboardee.device.control import ControlError, ReplaceDatabase
from onboardee.device.net.performer import Performer
from onboardee.device.web.devices import Kept
from onboardee.svrdb import (
    JSON,
    Database,
    StoreError,
    differences,
    list_snapshots,
    read_snapshot,
    take_snapshot,
)

T = TypeVar("T")


async def listed(store: Kept) -> list[dict[str, Any]]:
    """Return name and origin of each snapshot. Raises `ControlError`."""
    found = await _on_disk(lambda: list_snapshots(store.storage))
    return [{"name": each.name, "automatic": each.number is not None} for each in found]


async def taken(store: Kept, name: str, database: Database) -> str:
    """Keep a database under a name, and return that. Raises `ControlError`."""
    made = await _on_disk(lambda: take_snapshot(store.storage, name, database, store.codec))
    return made.name


async def compared(store: Kept, name: str, database: Database) -> list[dict[str, Any]]:
    """Return what restoring a snapshot would change; secrets are hidden. Raises `ControlError`."""
    wanted = await _on_disk(lambda: read_snapshot(store.storage, name))
    return [each.shown() for each in differences(database, wanted)]


async def restored(store: Kept, name: str, performer: Performer) -> Any:
    """Let a device go on with a snapshot; return its state then. Raises `ControlError`."""
    wanted = await _on_disk(lambda: read_snapshot(store.storage, name))
    before = JSON.encode(performer.hosted.device.database).decode()
    after = JSON.encode(wanted).decode()
    return await performer.perform(ReplaceDatabase(before=before, after=after))


async def _on_disk(work: Callable[[], T]) -> T:
    """Do something slow in a thread; what cannot be done is a sentence for people."""
    try:
        return await asyncio.to_thread(work)
    except (StoreError, ValueError) as error:
        raise ControlError(str(error)) from error
