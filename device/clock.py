"""The time of day, which certificates need; everything else runs on a monotonic clock."""

from collections.abc import Callable
from datetime import UTC, datetime

WallClock = Callable[[], datetime]
"""Returns the present moment with its time zone."""


def utc_now() -> datetime:
    """Return the time of day in UTC."""
    return datetime.now(UTC)
