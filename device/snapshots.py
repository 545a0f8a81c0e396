"""Snapshots that a running device keeps by itself: one for each change of its onboarding state."""

from onboardee.device.events import Bus, Event, StateChanged, StorageFailed
from onboardee.svrdb import Store, StoreError, take_automatic


def keep_snapshots(bus: Bus, store: Store, limit: int) -> None:
    """From now on keep a snapshot of each new state, the `limit` latest of them; 0: none.

    What cannot be kept is the event `storage.failed`; the device goes on.
    """
    if limit <= 0:
        return

    def look(event: Event) -> None:
        if isinstance(event, StateChanged):
            try:
                take_automatic(store.storage, store.current, store.codec, limit=limit)
            except StoreError as error:
                bus.publish(StorageFailed(reason=f"no snapshot was kept: {error}"))

    bus.subscribe(look)
