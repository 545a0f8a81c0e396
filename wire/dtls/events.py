"""What the engine reports; endpoints hand events out in the order in which things happened."""

from collections.abc import Hashable
from dataclasses import dataclass
from enum import Enum

from onboardee.wire.dtls.numbers import AlertDescription
from onboardee.wire.dtls.session import Session


class CloseReason(Enum):
    """Why a session ended."""

    PEER_CLOSED = "peer_closed"
    LOCAL = "local"
    FATAL_ALERT = "fatal_alert"
    IDLE = "idle"
    REPLACED = "replaced"
    EVICTED = "evicted"


@dataclass(frozen=True, slots=True)
class SessionEstablished:
    """A handshake finished; `replaced` is the older session of the same address, if any."""

    session: Session
    replaced: Session | None = None


@dataclass(frozen=True, slots=True)
class DataReceived:
    """One authenticated application-data record."""

    session: Session
    data: bytes


@dataclass(frozen=True, slots=True)
class SessionClosed:
    """A session ended and can no longer be used."""

    session: Session
    reason: CloseReason


@dataclass(frozen=True, slots=True)
class HandshakeFailed:
    """A handshake ended without a session; `alert` is None when it timed out or was superseded.

    `had_keys` tells that the client's key exchange had come: whatever ended the handshake, the
    client was about to learn whether its key is the right one.
    """

    address: Hashable
    tag: object
    alert: AlertDescription | None
    reason: str
    had_keys: bool = False


Event = SessionEstablished | DataReceived | SessionClosed | HandshakeFailed
