"""What the engine reports; endpoints hand events out in the order in which things happened.

    SessionEstablished --> DataReceived, DataReceived, ... --> SessionClosed
    HandshakeFailed        (instead, or before another attempt)

Each session has exactly one SessionEstablished and one SessionClosed, in this order, and all of its
data is between them. When a session takes the place of an older one of the same address, the
SessionClosed of the older one follows the SessionEstablished of the newer, so that whoever counts
ownership connections never sees a moment without one.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field
from enum import Enum

from onboardee.wire.dtls.numbers import AlertDescription
from onboardee.wire.dtls.session import Session


class CloseReason(Enum):
    """Why a session ended.

    PEER_CLOSED: by close_notify, which was answered. LOCAL: the device closed it. FATAL_ALERT: an
    alert of either side. IDLE: no data went either way for `idle_timeout`. REPLACED: a later
    handshake of the same address has finished. EVICTED: there were too many.
    """

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
    """One authenticated application-data record: one CoAP message (RFC 7252 9.1)."""

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
    client was about to learn whether its key is the right one. A device that counts wrong PINs goes
    by that, and not by the alert, as a guesser may stop before one is sent. `tag` is that of the
    offer.
    """

    address: Hashable
    tag: object
    alert: AlertDescription | None
    reason: str
    had_keys: bool = False


Event = SessionEstablished | DataReceived | SessionClosed | HandshakeFailed


@dataclass(slots=True)
class Output:
    """What a server endpoint has to say until it is collected: to its peers, and to its owner."""

    datagrams: list[tuple[bytes, Hashable]] = field(default_factory=list)
    """What is to be sent, each with the address that it goes to."""
    events: list[Event] = field(default_factory=list)
    """What happened."""
