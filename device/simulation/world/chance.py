"""Random numbers from the source that the device was given.

All chance of a world comes from one source, in the order in which parts ask. So a device with a
seed does the same things at the same times in each run, and a recorded life can be replayed.
"""

import math
from typing import Final

from onboardee.wire.entropy import Entropy

_SCALE: Final = 2.0**-53
"""A float has 53 binary digits; more of them would not be uniform."""


class Chance:
    """Draws from an `Entropy`: with a seeded one, the same draws each time."""

    __slots__ = ("_entropy",)

    def __init__(self, entropy: Entropy) -> None:
        self._entropy = entropy

    def fraction(self) -> float:
        """Return a number in [0, 1)."""
        return (int.from_bytes(self._entropy.token(8)) >> 11) * _SCALE

    def between(self, low: float, high: float) -> float:
        """Return a number between two others, which is one of them if they are the same."""
        return low if low == high else low + (high - low) * self.fraction()

    def normal(self, sigma: float) -> float:
        """Return a normally distributed number around 0 (Box and Muller).

        `sigma` is the standard deviation.
        """
        if sigma == 0:
            return 0.0
        radius = math.sqrt(-2 * math.log(1 - self.fraction()))
        return sigma * radius * math.cos(math.tau * self.fraction())

    def waiting(self, mean: float) -> float:
        """Return the time until an event that comes once in `mean` seconds on average."""
        return -mean * math.log(1 - self.fraction())
