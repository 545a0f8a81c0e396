"""One attempt at Direct Pairing: from the request that begins it to the session that ends it."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from onboardee.svrdb.model import Database, PairingMethod
from onboardee.wire.dtls import Session


class DeviceMoment(Protocol):
    """The part of a device's state that attempts with a PIN depend on."""

    database: Database
    now: float

    @property
    def wall_time(self) -> datetime:
        """The time of day."""


@dataclass(slots=True, eq=False)
class PairingAttempt:
    """A device that wants to pair, and the key of the PIN by which it may open one session."""

    peer: UUID
    """As what it wants to be known."""
    host: Hashable
    """Where it asked; nobody else may open its session."""
    method: PairingMethod
    key: bytes = field(repr=False)
    expires: float
    session: Session | None = None
    """The one that the PIN opened."""


@dataclass(slots=True, eq=False)
class JoinUse:
    """Whether a handshake used the key of the PIN by which sub-owners join."""

    is_used: bool = False


@dataclass(slots=True, eq=False)
class PinUse:
    """Whether a handshake used the key of an attempt; until the client says who it is, it may."""

    attempt: PairingAttempt
    is_used: bool = False
