"""What a captured profile lacks, in sentences that are safe to print.

Texts of a device go into sentences that are printed on a terminal and written as comments: a
newline in one would end the comment, and an escape sequence would move the cursor. So nothing
unprintable passes, and lengths and the number of notes are bounded.
"""

from collections.abc import Mapping
from typing import Any, Final

MAX_NOTES: Final = 200
"""Sentences about one device."""
MAX_SHOWN: Final = 64
"""Characters of one text of the device."""

_LEFT_OUT: Final = "there was more to say about what is left out"
"""Said once in the place of all further notes."""


class Notes:
    """Collects sentences, each once, up to a bound."""

    def __init__(self) -> None:
        self._sentences: dict[str, None] = {}

    def add(self, sentence: str) -> None:
        """Take a sentence; what a device has put into it cannot end its line."""
        if len(self._sentences) < MAX_NOTES:
            self._sentences[_printable(sentence)] = None
        else:
            self._sentences[_LEFT_OUT] = None

    @property
    def sentences(self) -> tuple[str, ...]:
        """All of them, in order."""
        return tuple(self._sentences)


def shown(text: object) -> str:
    """Return a device's text for a sentence: printable, and cut if it is long.

    >>> shown("lamp" + chr(27) + "[2J"), len(shown("x" * 100))
    ('lamp?[2J', 65)
    """
    plain = _printable(str(text)[: MAX_SHOWN + 1])
    return plain if len(plain) <= MAX_SHOWN else plain[:MAX_SHOWN] + "…"


def text_of(source: Mapping[str, Any], name: str) -> str | None:
    """Return a text that has something in it, None for anything else."""
    value = source.get(name)
    return value if isinstance(value, str) and value else None


def _printable(text: str) -> str:
    """Return a text with question marks for what cannot be seen."""
    return "".join(each if each.isprintable() else "?" for each in text)
