"""What a device hands to its surroundings: values, never calls.

Whoever hosts a device acts upon a step in this order: send, then tell the events, then store. If
there is something to store, the device waits for it: the next call is `Device.stored`, which says
what became of it and returns a step of its own. Nothing that depends on the change is in the first
of the two steps, so no answer leaves before its change is durable.
"""

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from onboardee.device.events import Event
from onboardee.svrdb import StoreUnavailable
from onboardee.svrdb.model import Database
from onboardee.wire.path import Outgoing, Path


@dataclass(frozen=True, slots=True)
class ProgramFault:
    """An error in the program, and whose datagram met it."""

    error: Exception
    peer: Path | None


@dataclass(slots=True)
class Step:
    """What came of one thing that happened to a device."""

    send: list[Outgoing] = field(default_factory=list)
    """Datagrams, in their order."""
    events: list[Event] = field(default_factory=list)
    """What happened, in its order."""
    store: Database | None = None
    """What is to be made durable before anything else is asked of the device."""
    faults: list[ProgramFault] = field(default_factory=list)
    """Errors in the program; the device goes on without the peers that met them."""


T = TypeVar("T")
Work = Generator[Database, StoreUnavailable | None, T]
"""A piece of a device's work, which may have to wait for the disk.

It yields a database that is to be stored, and is resumed with why that was not possible, or with
None. In between nothing else happens to the device.
"""


def resumed(work: Work[None], failure: Exception) -> Database:
    """Go on with work whose database could not be stored, as far as the next one to store.

    `StoreUnavailable` is for the work to deal with; anything else is an error in the program, and
    raised where the work stands. Raises StopIteration when the work is done.
    """
    if isinstance(failure, StoreUnavailable):
        return work.send(failure)
    return work.throw(failure)


def earliest(*moments: float | None) -> float | None:
    """Return the first of these moments, None if all are None; asked after each request."""
    first = None
    for moment in moments:
        if moment is not None and (first is None or moment < first):
            first = moment
    return first


class Keeper(Protocol):
    """What whoever hosts a device needs of its storage."""

    @property
    def current(self) -> Database:
        """What is durable now."""

    def commit(self, new: Database) -> None:
        """Make `new` durable. Raises `StoreUnavailable`, and then nothing has changed."""


def try_to_store(store: Keeper, database: Database) -> Exception | None:
    """Store what a step wants stored; return why that was not possible, for `Device.stored`."""
    try:
        store.commit(database)
    except Exception as error:  # noqa: BLE001 - the device knows what to make of it
        return error
    return None
