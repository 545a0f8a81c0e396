"""One writer for a file of many devices, whose changes share transactions and syncs.

A sync takes milliseconds, whatever it syncs. If each device had its own, a thousand of them would
wait for a thousand syncs. So the changes of all devices go through one thread: what has come while
it was busy with one transaction is the next one.

    device A ──changes──┐                        ┌──► A goes on
    device B ──changes──┼──► queue ──► one BEGIN … COMMIT (one sync) ──► B goes on
    device C ──changes──┘                        └──► C goes on

A device waits for the transaction that has its changes, and so does its answer: 2.04 is sent after
the sync. A disk that is faster than the devices would have a transaction for each of them all the
same. So after one of several changes the writer gives others a moment to come (`GATHERING`).

If the transaction fails, it fails for all devices in it. Each is told so, and each takes
its change back by writing what is current (`Store.commit`), in a transaction that comes later.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Final

from onboardee.svrdb.next_generations import NextGeneration, write_generations
from onboardee.svrdb.storage import Done

Statement = tuple[str, Sequence[object]]
"""SQL with its parameters."""
Work = Statement | NextGeneration
"""A part of a change."""

LARGEST: Final = 256
"""Changes of devices in one transaction, so that the first of them does not wait for ever."""
SEVERAL: Final = 4
"""Changes in a transaction after which there are probably as many soon."""
GATHERING: Final = 0.002
"""Seconds for which the writer then waits for them. Most of what a transaction costs it costs once,
so that 20 changes together take a third of the time of 20 alone."""


class GroupCommit:
    """Writes to one SQLite file, in one thread; any thread may ask for it."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        """Open the connection in the writer's own thread. Raises what `connect` raises."""
        self._queue: SimpleQueue[tuple[Sequence[Work], Done] | None] = SimpleQueue()
        self._last = 0
        self._closing = Event()
        opened: Future[None] = Future()
        self._thread = Thread(
            target=self._run, args=(connect, opened), name="onboardee-state-file", daemon=True
        )
        self._thread.start()
        opened.result()

    def write(self, works: Iterable[Work]) -> None:
        """Carry out a change, all or nothing; durable when this returns. Raises sqlite3.Error."""
        failure: Future[Exception | None] = Future()
        self.begin(works, failure.set_result)
        if (error := failure.result()) is not None:
            raise error

    def begin(self, works: Iterable[Work], done: Done) -> None:
        """Have a change carried out, all or nothing; `done` is told in the writer's thread.

        Who begins a change waits for its end before the next one for the same device.
        """
        self._queue.put((tuple(works), done))

    def close(self) -> None:
        """Write what was asked for, and end the thread."""
        self._closing.set()
        self._queue.put(None)
        self._thread.join()

    def _run(self, connect: Callable[[], sqlite3.Connection], opened: Future[None]) -> None:
        try:
            connection = connect()
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits for it
            opened.set_exception(error)
            return
        opened.set_result(None)
        try:
            while self._write_next(connection):
                pass
        finally:
            with suppress(sqlite3.Error):
                connection.close()

    def _write_next(self, connection: sqlite3.Connection) -> bool:
        """Write all that waits, as one transaction; tell whether there will be more."""
        first = self._queue.get()
        if first is None:
            return False
        if self._last >= SEVERAL:
            self._closing.wait(GATHERING)
        group, is_open = [first], True
        with suppress(Empty):
            while len(group) < LARGEST and is_open:
                further = self._queue.get_nowait()
                if further is None:
                    is_open = False
                else:
                    group.append(further)
        self._last = len(group)
        failure = _transaction(connection, [work for works, _ in group for work in works])
        ends = {done(failure) for _, done in group}
        for end in ends:
            if end is not None:
                end()
        return is_open


def _transaction(connection: sqlite3.Connection, works: Sequence[Work]) -> Exception | None:
    """Carry out all of it durably, or nothing; return why not."""
    try:
        generations = [each for each in works if isinstance(each, NextGeneration)]
        if len(generations) == len(works) and len({each.files for each in generations}) == 1:
            write_generations(connection, generations)
            return None
        # at once the only writer: another process may write to the file as well
        connection.execute("BEGIN IMMEDIATE")
        for each in works:
            if isinstance(each, NextGeneration):
                write_generations(connection, [each])
            else:
                connection.execute(*each)
        connection.execute("COMMIT")
    except Exception as error:  # noqa: BLE001 - whatever it is, those who wait have to know
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        return error
    return None
