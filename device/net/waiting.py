"""What waits while a device writes to disk.

A sync takes milliseconds, on a card or under load a second, and in that time datagrams come in.
They wait here in their order, a bounded number of them. Who has a session has the larger part of
the places, and strangers cannot take them: a flood at the plain port must not cost a tool its
request. What is our own doing (a button, an alarm) is never dropped.
"""

from collections.abc import Callable
from enum import Enum
from typing import Final, TypeAlias

from onboardee.device.machine.step import Step

StepMaker: TypeAlias = Callable[[float], Step]
"""Lets something happen to a device at the time that it is given; returns what comes of it."""


class Origin(Enum):
    """Whose doing it is."""

    OURS = "ours"
    SESSION = "session"
    STRANGER = "stranger"


PLACES: Final = {Origin.SESSION: 192, Origin.STRANGER: 64}
"""Datagrams that wait; what exceeds them is lost, as in any socket. What is our own all waits."""


class Waiting:
    """What waits, in its order. Strangers leave room for those with a session."""

    def __init__(self) -> None:
        self._waiting: list[tuple[StepMaker, Origin]] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, happening: StepMaker, origin: Origin = Origin.OURS) -> bool:
        """Let something wait; False if there is no room for its kind."""
        if origin in PLACES:
            taken = sum(each is origin for _, each in self._waiting)
            if taken >= PLACES[origin]:
                return False
        self._waiting.append((happening, origin))
        return True

    def take(self) -> StepMaker:
        """Return what is next. Raises IndexError if none waits."""
        happening, _ = self._waiting.pop(0)
        return happening
