"""Digits of five lines, for PINs that are read from across a room."""

from collections.abc import Sequence
from typing import Final

HEIGHT: Final = 5
"""Lines."""
_DIGITS: Final = {
    "0": "███ █ █ █ █ █ █ ███",
    "1": " █  ██   █   █  ███",
    "2": "███   █ ███ █   ███",
    "3": "███   █ ███   █ ███",
    "4": "█ █ █ █ ███   █   █",
    "5": "███ █   ███   █ ███",
    "6": "███ █   ███ █ █ ███",
    "7": "███   █   █  █   █ ",
    "8": "███ █ █ ███ █ █ ███",
    "9": "███ █ █ ███   █ ███",
}
"""Five lines of three columns, with a blank between two lines."""


def large(text: str, columns: int) -> Sequence[str]:
    """Return a text in large digits; nothing if it has other characters or is too wide.

    >>> large("17", 10)[0], large("17", 4)
    (' █  ███', ())
    """
    if not text or not set(text) <= _DIGITS.keys() or 4 * len(text) - 1 > columns:
        return ()
    lines = (
        " ".join(_DIGITS[digit][4 * line : 4 * line + 3] for digit in text)
        for line in range(HEIGHT)
    )
    return [line.rstrip() for line in lines]
