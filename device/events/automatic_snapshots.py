"""Snapshots that a running device keeps by itself: one for each change of its onboarding state.

This is what a subscriber that does something slow looks like: it is told after the fact, in the
thread of the loop, takes what it needs (the database is immutable) and gives the writing to the
thread of the disk. A person who tries tools goes back to any of these states with `onboardee svr
restore`. How many are kept is the profile's `snapshots.automatic`.
"""

from collections.abc import Callable
from functools import partial

from onboardee.device.events.bus import Bus, Event
from onboardee.device.events.failures import StorageFailed
from onboardee.device.events.onboarding import StateChanged
from onboardee.svrdb import Store, StoreError, take_automatic
from onboardee.svrdb.model import Database


def keep_snapshots(
    bus: Bus, store: Store, limit: int, on_disk: Callable[[Callable[[], None]], None]
) -> None:
    """From now on keep a snapshot of each new state, the `limit` latest of them; 0: none.

    They are written by `on_disk`, which does slow things elsewhere. What cannot be kept is the
    event `storage.failed`; the device goes on.
    """
    if limit <= 0:
        return

    def look(event: Event) -> None:
        if isinstance(event, StateChanged):
            on_disk(partial(keep, store.current))

    def keep(database: Database) -> None:
        try:
            take_automatic(store.storage, database, store.codec, limit=limit)
        except StoreError as error:
            bus.publish(StorageFailed(reason=f"no snapshot was kept: {error}"))

    bus.subscribe(look)
