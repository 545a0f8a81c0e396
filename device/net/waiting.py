"""What waits while a device writes to disk."""

from collections import deque
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Final, TypeAlias

from onboardee.wire.path import Outgoing

Step: TypeAlias = Callable[[float], Sequence[Outgoing]]
"""Something that a device does at a given time, with what it sends."""


class Origin(Enum):
    """Whose step it is."""

    OURS = "ours"
    SESSION = "session"
    STRANGER = "stranger"


PLACES: Final = {Origin.SESSION: 192, Origin.STRANGER: 64}
"""Datagrams that wait; what exceeds them is lost, as in any socket. Our own steps all wait."""


class Waiting:
    """Steps in their order. However many strangers wait, there is room for those with a session."""

    def __init__(self) -> None:
        self._steps: deque[tuple[Step, Origin]] = deque()
        self._counts = dict.fromkeys(Origin, 0)

    def __len__(self) -> int:
        return len(self._steps)

    def put(self, step: Step, origin: Origin = Origin.OURS) -> bool:
        """Let a step wait; False if there is no room for its kind."""
        if self._counts[origin] >= PLACES.get(origin, len(self._steps) + 1):
            return False
        self._steps.append((step, origin))
        self._counts[origin] += 1
        return True

    def take(self) -> Step:
        """Return the next step. Raises IndexError if none waits."""
        step, origin = self._steps.popleft()
        self._counts[origin] -= 1
        return step
