"""Long work in the loop of the devices, done in slices: between two of them the devices go on.

A browser asks for hundreds of devices at once, and gets the events of all of them. Each is a small
matter; one after the other without a break they would hold up whoever waits for a device.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from typing import Final, TypeVar

SLICE: Final = 0.001
"""Seconds of one slice; it ends with the first item after them."""

T = TypeVar("T")


async def in_turns(items: Iterable[T]) -> AsyncIterator[T]:
    """Yield items; whenever a slice is over, others have their turn in the loop first."""
    began = time.perf_counter()
    for each in items:
        yield each
        if time.perf_counter() - began > SLICE:
            await asyncio.sleep(0)
            began = time.perf_counter()
