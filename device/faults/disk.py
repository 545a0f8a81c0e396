"""Faults of the disk, and of what is stored on it.

A device never stores by itself: its step says what is to be made durable, the host commits it in a
thread and tells the device what became of it (`machine.step`). That is where these faults stand: a
slow disk lets the thread sleep, so that only this device waits; a full one raises what a real one
would; power that is lost before the change leaves the old database, after it the new one, and in
both cases the device begins anew from what there is.

Another owner key is a fault of this kind, too, although no disk has it: the key is derived inside
the device, and the first who sees it is who stores it. The device is told what was stored instead,
and goes on with that.
"""

from collections.abc import Callable, Sequence
from typing import Final

from msgspec.structs import replace

from onboardee.device.faults.terms import Effect, Fault
from onboardee.device.machine.step import Keeper
from onboardee.svrdb import StoreUnavailable
from onboardee.svrdb.model import CredentialType, Database, PrivateData

ON_COMMIT: Final = {
    Effect.RESTART_BEFORE: "lost its power before the change was stored",
    Effect.RESTART_AFTER: "lost its power when the change was stored",
    Effect.FULL_DISK: "refused to store, as if its disk was full",
    Effect.FAILING_DISK: "refused to store, as if its disk failed",
    Effect.SLOW_DISK: "took its time to store",
    Effect.OTHER_KEY: "kept another owner key",
}
"""Effects that wait for what the request wants to be stored, and what is told of them."""
POWER_LOST: Final = frozenset({Effect.RESTART_BEFORE, Effect.RESTART_AFTER})
"""The effects after which the device starts anew."""
_REFUSING: Final = {Effect.FULL_DISK: "is full", Effect.FAILING_DISK: "fails"}
"""What is wrong with a disk that stores nothing."""


class FaultyStore:
    """The disk of a device, with the faults that wait for a change at the moment."""

    def __init__(
        self,
        inner: Keeper,
        waiting: Callable[[], Sequence[Fault]],
        sleep: Callable[[float], object],
    ) -> None:
        self.inner: Final = inner
        self._waiting, self._sleep = waiting, sleep

    @property
    def current(self) -> Database:
        """What is durable now."""
        return self.inner.current

    def commit(self, new: Database) -> None:
        """Make `new` durable, as far as the faults let it. Raises `StoreUnavailable`.

        Called in the thread that stores, which a slow disk keeps waiting.
        """
        waiting = [*self._waiting()]
        for fault in waiting:
            if fault.do is Effect.SLOW_DISK:
                self._sleep(fault.duration)
        kinds = {fault.do for fault in waiting}
        for kind, what in _REFUSING.items():
            if kind in kinds:
                # a new one each time: a raised one keeps all that was at work when it was raised
                raise StoreUnavailable("the disk of the device", what, "a fault wants it so")
        if Effect.RESTART_BEFORE not in kinds:
            self.inner.commit(new)


def with_other_key(database: Database) -> Database:
    """Return a database whose newest pairwise key has another octet."""
    credentials = [*database.cred.credentials]
    for place in reversed(range(len(credentials))):
        found = credentials[place]
        if found.kind == CredentialType.SYMMETRIC_PAIRWISE and found.private is not None:
            data = bytes((found.private.data[0] ^ 1,)) + found.private.data[1:]
            credentials[place] = replace(found, private=PrivateData(data=data))
            break
    return replace(database, cred=replace(database.cred, credentials=tuple(credentials)))
