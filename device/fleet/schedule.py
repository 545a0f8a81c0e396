"""When devices start, and when those that come and go do so."""

import random
from collections.abc import Iterator

from onboardee.device.fleet.model import Churn, StartPattern


def start_times(pattern: StartPattern, count: int) -> Iterator[float]:
    """Yield for each device of a group how many seconds after the fleet it starts."""
    for number in range(count):
        if pattern.over is not None:
            yield pattern.after + pattern.over * number / count
        elif pattern.waves is not None and pattern.every is not None:
            yield pattern.after + pattern.every * (number // pattern.waves)
        else:
            yield pattern.after


def running_times(churn: Churn, seed: str | None) -> Iterator[float]:
    """Yield how many seconds a device runs before it goes, again and again.

    The same seed has the same times.
    """
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    while True:
        yield chance.expovariate(1 / churn.every)
