"""Parts of a fleet: processes, containers and machines that share one fleet file run a slice each.

Every slice is made of the whole, so that names, UUIDs, seeds, start times and addresses of its
devices are those that they have in the whole, and no two slices have one device.
"""

import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import TypeVar

ORDINAL = "ordinal"
"""Stands for the name of this host."""
MAX_SLICES = 10_000
WORTH_A_WORKER = 100
"""Devices for which `auto` has a further process, which costs as much memory as a thousand."""

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Slice:
    """The part with a number, from 1, of so many."""

    number: int
    of: int

    def __str__(self) -> str:
        """Return it as it is written: `2/10`."""
        return f"{self.number}/{self.of}"

    def part(self, items: Sequence[Item]) -> Sequence[Item]:
        """Return what belongs to this slice; sizes of slices differ by one at most.

        >>> [Slice(number, 3).part("abcdefgh") for number in (1, 2, 3)]
        ['ab', 'cde', 'fgh']
        """
        first, last = (len(items) * each // self.of for each in (self.number - 1, self.number))
        return items[first:last]


def parsed_slice(text: str, host: str | None = None) -> Slice:
    """Read `K/N`; in place of K can stand a name that ends in a number from 0, as a pod has one.

    `ordinal` stands for `host`, which is the name of this one if left out. Raises `ValueError`.

    >>> parsed_slice("2/10"), parsed_slice("fleet-1/10"), parsed_slice("ordinal/10", "fleet-1")
    (Slice(number=2, of=10), Slice(number=2, of=10), Slice(number=2, of=10))
    """
    wanted, _, of = text.partition("/")
    if wanted == ORDINAL:
        wanted = socket.gethostname() if host is None else host
        if _of_pod(wanted) is None:
            raise ValueError(f"{wanted}, this host, does not end in -NUMBER, as fleet-0 does")
    number = int(wanted) if _is_number(wanted) else _of_pod(wanted)
    if number is None or not _is_number(of):
        raise ValueError(f"{text} is no slice, as 2/10 is the second of ten, and fleet-1/10")
    if not 1 <= number <= int(of) <= MAX_SLICES:
        raise ValueError(f"there is no slice {number} of {of}: they count from 1")
    return Slice(number, int(of))


def number_of_workers(wanted: str, devices: int) -> int:
    """Return how many processes run so many devices; `wanted` is a number or `auto`."""
    if wanted != "auto":
        return min(int(wanted), devices)
    return min(len(os.sched_getaffinity(0)), ceil(devices / WORTH_A_WORKER))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 7


def _of_pod(name: str) -> int | None:
    """Return the number of the slice of a pod, whose own number counts from 0."""
    stem, _, last = name.partition(".")[0].rpartition("-")
    return int(last) + 1 if stem and _is_number(last) else None
