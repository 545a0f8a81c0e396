"""Where random octets come from: handed in, so that a run with a fixed seed repeats exactly."""

import os
import random
import uuid
from typing import Protocol


class Entropy(Protocol):
    """A source of random octets."""

    def token(self, size: int, /) -> bytes:
        """Return `size` random octets."""


class SystemEntropy:
    """The operating system's cryptographic source."""

    def token(self, size: int, /) -> bytes:
        """Return `size` unpredictable octets."""
        return os.urandom(size)


class SeededEntropy:
    """Repeatable and therefore no secret: for tests and demonstrations only."""

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatability is the point

    def token(self, size: int, /) -> bytes:
        """Return the next `size` octets of the seeded sequence."""
        return self._random.randbytes(size)


def random_uuid(entropy: Entropy) -> uuid.UUID:
    """Return a version 4 UUID (RFC 4122 4.4)."""
    return uuid.UUID(bytes=entropy.token(16), version=4)


def random_fraction(entropy: Entropy) -> float:
    """Return a number in [0, 1)."""
    return int.from_bytes(entropy.token(4)) / 2**32
