"""Where the time of day comes from: handed in, so that a test or a recording decides what it is.

Only certificates, periods of access and dates in events need it. Everything else, timeouts and
retransmissions above all, runs on a monotonic clock (seconds as a float, `now` in each call), which
nobody can set back: a device whose time of day jumps must not forget or repeat what it waits for.
"""

from collections.abc import Callable
from datetime import UTC, datetime

WallClock = Callable[[], datetime]
"""Returns the present moment with its time zone."""


def utc_now() -> datetime:
    """Return the time of day in UTC."""
    return datetime.now(UTC)
