"""The audit log: what OCF Security calls auditable events.

It is kept in memory: written to disk, every refused request of a stranger would be a disk write. A
restart empties it, a factory reset too. It has 4096 octets, of which the oldest entries go first. A
stranger who is refused often enough pushes out what came before; who needs all of it follows the
events of the device's bus, which the log is made of.

    id       category (bit)          priority   what happened
    AC-1     1   access control      2          the gate refused a request
    AUTH-1   8   authentication      1          a handshake failed
    AUTH-2   8   authentication      2, 3       a pairing by a PIN failed, or was done or ended
    AUTH-3   8   authentication      3          sub-owners were let in, came or went
    COMM-1   64  communication       2          answers were withheld from a peer

The ids are those of IoTivity-Lite.
"""

from collections.abc import Callable
from datetime import UTC
from enum import IntEnum, IntFlag
from typing import Final

import cbor2
import msgspec

from onboardee.device.access.target import DPAIRING
from onboardee.device.events import (
    AccessDenied,
    AnswersWithheld,
    DevicePaired,
    DeviceUnpaired,
    Event,
    HandshakeRefused,
    PairingFailed,
    RequestRefused,
    SharingChanged,
    SubOwnerJoined,
    SubOwnerRemoved,
)
from onboardee.svrdb.model import Database
from onboardee.wire.wall_clock import WallClock

MAX_SPACE: Final = 4096
"""Octets of entries, each as it is sent; the oldest make room for new ones."""
MAX_TEXT: Final = 256
"""Characters of one detail; paths and names of peers come from the network."""


class Category(IntFlag):
    """What an event is about."""

    ACCESS_CONTROL = 0x01
    AUTHENTICATION = 0x08
    COMMUNICATION = 0x40


class Priority(IntEnum):
    """How much an event matters: the smaller, the more."""

    ERROR = 1
    WARNING = 2
    INFORMATION = 3


class AuditEntry(
    msgspec.Struct,
    frozen=True,
    rename={"event_id": "aeid", "time": "timestamp", "details": "auxiliaryinfo"},
):
    """One auditable event; its time is text as RFC 3339 has it.

    `details` are, for AC-1: address, identity, path, method, state and reason; for the others the
    address and, for AUTH-1, the reason.
    """

    event_id: str
    category: Category
    priority: Priority
    time: str
    message: str
    details: tuple[str, ...]

    @property
    def size(self) -> int:
        """Octets on the wire."""
        return len(cbor2.dumps(msgspec.to_builtins(self)))


class AuditLog:
    """The latest auditable events of one device. A subscriber of its bus.

    `used_space` is in octets, as `/oic/sec/ael` tells it. Filters are asked when an event comes:
    what they leave out is not there later, when they have been changed.
    """

    def __init__(self, database: Callable[[], Database], wall_clock: WallClock) -> None:
        self._database = database
        self._wall_clock = wall_clock
        # a list, as an empty deque takes ten times as much memory, in each of thousands of devices
        self._entries: list[tuple[AuditEntry, int]] = []
        self.used_space = 0

    @property
    def entries(self) -> list[AuditEntry]:
        """The entries, the latest first."""
        return [entry for entry, _ in reversed(self._entries)]

    def clear(self) -> None:
        """Forget everything, as a factory reset does: the next owner hears nothing of it."""
        self._entries.clear()
        self.used_space = 0

    def __call__(self, event: Event) -> None:
        """Take the event down if it is auditable and the filters let it through.

        An event that is none of the three is passed over.
        """
        match event:
            case AccessDenied(subject=subject, peer=peer, method=method, href=href, reason=reason):
                state = self._database().state.name
                self._add(
                    "AC-1",
                    Category.ACCESS_CONTROL,
                    Priority.WARNING,
                    "Access denied",
                    (peer, subject, href, method, state, reason),
                )
            case HandshakeRefused(peer=peer, reason=reason):
                self._add(
                    "AUTH-1",
                    Category.AUTHENTICATION,
                    Priority.ERROR,
                    "DTLS authentication failed",
                    (peer, reason),
                )
            case PairingFailed(uuid=device, reason=reason):
                self._add_pairing(Priority.WARNING, "failed", (str(device), reason))
            case RequestRefused(href=href, peer=peer, reason=reason) if href == DPAIRING:
                self._add_pairing(Priority.WARNING, "refused", (peer, reason))
            case DevicePaired(uuid=device):
                self._add_pairing(Priority.INFORMATION, "done", (str(device),))
            case DeviceUnpaired(uuid=device):
                self._add_pairing(Priority.INFORMATION, "ended", (str(device),))
            case SharingChanged() | SubOwnerJoined() | SubOwnerRemoved():
                self._add_sharing(event)
            case AnswersWithheld(peer=peer):
                self._add(
                    "COMM-1",
                    Category.COMMUNICATION,
                    Priority.WARNING,
                    "Answers withheld from a peer that asks for too many",
                    (peer,),
                )

    def _add_pairing(self, priority: Priority, what: str, details: tuple[str, ...]) -> None:
        message = f"Direct Pairing {what}"
        self._add("AUTH-2", Category.AUTHENTICATION, priority, message, details)

    def _add_sharing(self, event: SharingChanged | SubOwnerJoined | SubOwnerRemoved) -> None:
        details: tuple[str, ...]
        match event:
            case SharingChanged(is_open=is_open):
                what, details = "allowed" if is_open else "ended", ()
            case SubOwnerJoined(uuid=uuid):
                what, details = "begun", (str(uuid),)
            case SubOwnerRemoved(uuid=uuid):
                what, details = "withdrawn", (str(uuid),)
        message = f"Multiple ownership {what}"
        self._add("AUTH-3", Category.AUTHENTICATION, Priority.INFORMATION, message, details)

    def _add(
        self,
        event_id: str,
        category: Category,
        priority: Priority,
        message: str,
        details: tuple[str, ...],
    ) -> None:
        """Append an entry if the filters let it through, and make room."""
        filters = self._database().ael
        if not category & filters.categories or priority > filters.priority:
            return
        time = self._wall_clock().astimezone(UTC).isoformat()
        # A path of a request may be as long as a datagram, and one entry must not fill the log.
        texts = tuple(text[:MAX_TEXT] for text in details)
        entry = AuditEntry(event_id, category, priority, time, message, texts)
        if any(entry == known for known, _ in self._entries):
            return  # the list is a set: what happens twice in one instant is told once
        self._entries.append((entry, entry.size))
        self.used_space += entry.size
        while self.used_space > MAX_SPACE:
            _, size = self._entries.pop(0)
            self.used_space -= size
