"""What a device hands to its surroundings: values, never calls.

Whoever hosts a device acts upon a step in this order: send, then tell the events, then store. If
there is something to store, the device waits for it: the next call is `Device.stored`, which says
what became of it and returns a step of its own. Nothing that depends on the change is in the first
of the two steps, so no answer leaves before its change is durable.
"""

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TypeVar

from onboardee.device.events import Event
from onboardee.svrdb import StoreUnavailable
from onboardee.svrdb.model import Database
from onboardee.wire.path import Outgoing, Path


@dataclass(frozen=True, slots=True)
class Fault:
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
    faults: list[Fault] = field(default_factory=list)
    """Errors in the program; the device goes on without the peers that met them."""


T = TypeVar("T")
Work = Generator[Database, StoreUnavailable | None, T]
"""A piece of a device's work, which may have to wait for the disk.

It yields a database that is to be stored, and is resumed with why that was not possible, or with
None. In between nothing else happens to the device.
"""
