"""Making many stores durable at the same time."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Self

from onboardee.svrdb.store import Pending

THREADS: Final = 8


class SyncGroup:
    """Syncs what several stores staged side by side, in threads of its own.

    The disk then gets their blocks together, and a file system serves several syncs with one flush
    of the disk's cache. One `syncfs` would be fewer calls still, but it waits for all that any
    program wrote to that file system, and does not say whose write failed.
    """

    def __init__(self, threads: int = THREADS) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="sync")

    def sync(self, pending: Iterable[Pending]) -> Mapping[Pending, Exception]:
        """Wait until all are durable that can be; return the others, each with what failed.

        That is what `Pending.sync` raises. May be called from several threads. A failure of one
        store concerns no other.
        """
        waiting = tuple(pending)
        if len(waiting) == 1:
            outcomes = [_outcome(waiting[0])]
        else:
            outcomes = [*self._pool.map(_outcome, waiting)]
        pairs = zip(waiting, outcomes, strict=True)
        return {each: refused for each, refused in pairs if refused is not None}

    def close(self) -> None:
        """End the threads, when all that was begun is done."""
        self._pool.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _outcome(pending: Pending) -> Exception | None:
    try:
        pending.sync()
    except Exception as refused:  # noqa: BLE001 - the others go on, whatever it is
        return refused
    return None
