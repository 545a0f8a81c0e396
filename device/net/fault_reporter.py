"""Faults of ours that a datagram met: told, at a bounded rate, and survived.

An error in this program is not the peer's business (it gets 5.00, or its session ends) and must not
end the process. But whoever runs a device wants to know, with the place in the source. As a peer
can repeat the datagram that met it as often as it likes, the same fault is told once a minute, with
the number of times that it was left out.
"""

import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from onboardee.device.events import DeviceFault

QUIET_SECONDS: Final = 60.0
"""After a fault was told, the same one is only counted for so long."""
REMEMBERED: Final = 32
"""Different faults that are counted at a time."""
DEPTH: Final = 8
"""Functions of a traceback that are named, the innermost ones."""


class FaultReporter:
    """Tells of each fault once in a while. One is known by its kind and place."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, ...], tuple[float, int]] = {}

    def events(self, error: Exception, peer: str | None, now: float) -> Iterator[DeviceFault]:
        """Yield the event that tells of a fault, unless it was told a moment ago."""
        where = _frames(error)
        fault = (type(error).__name__, *where[-1:])
        last, left_out = self._told.get(fault, (float("-inf"), 0))
        if now - last < QUIET_SECONDS:
            self._told[fault] = (last, left_out + 1)
            return
        self._told.pop(fault, None)
        if len(self._told) >= REMEMBERED:
            del self._told[next(iter(self._told))]
        self._told[fault] = (now, 0)
        yield DeviceFault(
            reason=f"{type(error).__name__}: {error}",
            where=where,
            peer=peer,
            left_out_before=left_out,
        )


def _frames(error: Exception) -> tuple[str, ...]:
    """Name the innermost functions that the fault went through, the one that raised last."""
    return tuple(
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)[-DEPTH:]
    )
