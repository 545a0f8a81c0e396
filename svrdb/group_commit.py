"""One writer for a file of many devices, whose changes share transactions and syncs.

A sync takes milliseconds, whatever it syncs. If each device had its own, a thousand of them would
wait for a thousand syncs. So the changes of all devices go through one thread: what has come while
it was busy with one transaction is the next one.

    device A ──changes──┐                        ┌──► A goes on
    device B ──changes──┼──► queue ──► one BEGIN … COMMIT (one sync) ──► B goes on
    device C ──changes──┘                        └──► C goes on

A device waits for the transaction that has its changes, and so does its answer: 2.04 is sent after
the sync. If the transaction fails, it fails for all devices in it. Each is told so, and each takes
its change back by writing what is current (`Store.commit`), in a transaction that comes later.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final

from onboardee.svrdb.storage import Done

Statement = tuple[str, Sequence[object]]
"""SQL with its parameters."""

LARGEST: Final = 256
"""Changes of devices in one transaction, so that the first of them does not wait for ever."""


class GroupCommit:
    """Writes to one SQLite file, in one thread; any thread may ask for it."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        """Open the connection in the writer's own thread. Raises what `connect` raises."""
        self._queue: SimpleQueue[tuple[Sequence[Statement], Done] | None] = SimpleQueue()
        opened: Future[None] = Future()
        self._thread = Thread(
            target=self._run, args=(connect, opened), name="onboardee-state-file", daemon=True
        )
        self._thread.start()
        opened.result()

    def write(self, statements: Iterable[Statement]) -> None:
        """Carry out statements, all or none; durable when this returns. Raises sqlite3.Error."""
        failure: Future[Exception | None] = Future()
        self.begin(statements, failure.set_result)
        if (error := failure.result()) is not None:
            raise error

    def begin(self, statements: Iterable[Statement], done: Done) -> None:
        """Have statements carried out, all or none; `done` is told in the writer's thread."""
        self._queue.put((tuple(statements), done))

    def close(self) -> None:
        """Write what was asked for, and end the thread."""
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
        group, is_open = [first], True
        with suppress(Empty):
            while len(group) < LARGEST and is_open:
                further = self._queue.get_nowait()
                if further is None:
                    is_open = False
                else:
                    group.append(further)
        failure = _transaction(connection, [each for each, _ in group])
        for _, done in group:
            done(failure)
        return is_open


def _transaction(
    connection: sqlite3.Connection, group: Iterable[Sequence[Statement]]
) -> Exception | None:
    """Carry out all statements durably, or none of them; return why not."""
    try:
        # at once the only writer: another process may write to the file as well
        connection.execute("BEGIN IMMEDIATE")
        for statements in group:
            for sql, parameters in statements:
                connection.execute(sql, parameters)
        connection.execute("COMMIT")
    except Exception as error:  # noqa: BLE001 - whatever it is, those who wait have to know
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        return error
    return None
