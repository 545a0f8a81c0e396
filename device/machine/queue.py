"""The pieces of a device's work, done strictly one after the other.

A piece that needs the disk stands still until it is resumed, and all that came in behind it waits:
so answers leave in the order of the requests, and none before its change is durable.
"""

from collections import deque
from collections.abc import Callable, Iterable
from typing import TypeAlias

from onboardee.device.access.peer import Peer
from onboardee.device.machine.step import Fault, Work
from onboardee.svrdb import StoreUnavailable
from onboardee.svrdb.model import Database

Piece: TypeAlias = tuple[Work[None], Peer | None]
"""Work, and whose datagram it is about, if it is."""


class WorkQueue:
    """What is to be done, and what is being done."""

    def __init__(
        self, more: Callable[[], Iterable[Piece]], give_up: Callable[[Peer], None]
    ) -> None:
        """Ask for `more` after each piece; `give_up` ends all with a peer that met an error."""
        self._more = more
        self._give_up = give_up
        self._waiting: deque[Piece] = deque()
        self._present: Piece | None = None
        self.faults: list[Fault] = []
        """Errors in the program that pieces met, until they are taken."""

    def put(self, work: Work[None], peer: Peer | None = None) -> None:
        """Let a piece wait for its turn."""
        self._waiting.append((work, peer))

    def run(self, failure: Exception | None = None) -> Database | None:
        """Go on as far as possible; return the database that has to be stored first, if any.

        `failure` is why the one before could not be stored.
        """
        while self._present is not None or self._waiting:
            if self._present is None:
                self._present, failure = self._waiting.popleft(), None
            work, peer = self._present
            try:
                return next(work) if failure is None else _resumed(work, failure)
            except StopIteration:
                self._present = None
            except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
                self._present = None
                self.faults.append(Fault(error, None if peer is None else peer.address))
                if peer is not None:
                    self._give_up(peer)
            self._waiting += self._more()
        return None


def _resumed(work: Work[None], failure: Exception) -> Database:
    """Go on with a piece of work as far as the next database to store."""
    if isinstance(failure, StoreUnavailable):
        return work.send(failure)
    return work.throw(failure)
