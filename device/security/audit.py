"""The audit log: what OCF Security calls auditable events.

It is kept in memory: written to disk, every refused request of a stranger would be a disk write.
"""

from collections import deque
from collections.abc import Callable
from datetime import UTC
from enum import IntEnum, IntFlag
from typing import Final

import cbor2
import msgspec

from onboardee.device.clock import WallClock
from onboardee.device.events import AccessDenied, AnswersWithheld, Event, HandshakeRefused
from onboardee.svrdb.model import Database

MAX_SPACE: Final = 4096
"""Octets of entries, each as it is sent; the oldest make room for new ones."""
MAX_TEXT: Final = 256


class Category(IntFlag):
    """What an event is about."""

    ACCESS_CONTROL = 0x01
    AUTHENTICATION = 0x08
    COMMUNICATION = 0x40


class Priority(IntEnum):
    """How much an event matters: the smaller, the more."""

    ERROR = 1
    WARNING = 2


class Entry(
    msgspec.Struct,
    frozen=True,
    rename={"event_id": "aeid", "time": "timestamp", "details": "auxiliaryinfo"},
):
    """One auditable event; its time is text as RFC 3339 has it."""

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
    """The latest auditable events of one device. A subscriber of its bus."""

    def __init__(self, database: Callable[[], Database], wall_clock: WallClock) -> None:
        self._database = database
        self._wall_clock = wall_clock
        self._entries: deque[tuple[Entry, int]] = deque()
        self.used_space = 0

    @property
    def entries(self) -> list[Entry]:
        """The entries, the latest first."""
        return [entry for entry, _ in reversed(self._entries)]

    def clear(self) -> None:
        """Forget everything, as a factory reset does."""
        self._entries.clear()
        self.used_space = 0

    def __call__(self, event: Event) -> None:
        """Take the event down if it is auditable and the filters let it through."""
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
            case AnswersWithheld(peer=peer):
                self._add(
                    "COMM-1",
                    Category.COMMUNICATION,
                    Priority.WARNING,
                    "Answers withheld from a peer that asks for too many",
                    (peer,),
                )

    def _add(
        self,
        event_id: str,
        category: Category,
        priority: Priority,
        message: str,
        details: tuple[str, ...],
    ) -> None:
        filters = self._database().ael
        if not category & filters.categories or priority > filters.priority:
            return
        time = self._wall_clock().astimezone(UTC).isoformat()
        texts = tuple(text[:MAX_TEXT] for text in details)
        entry = Entry(event_id, category, priority, time, message, texts)
        if any(entry == known for known, _ in self._entries):
            return  # the list is a set: what happens twice in one instant is told once
        self._entries.append((entry, entry.size))
        self.used_space += entry.size
        while self.used_space > MAX_SPACE:
            _, size = self._entries.popleft()
            self.used_space -= size
