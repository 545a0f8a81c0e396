"""Which regular expressions may be tried on texts that peers write.

Python's engine tries every way in which an expression may match, and their number can grow
exponentially with the text: `(a+)+$` keeps a machine busy for years. How many ways there are at
most follows from the form of the expression: alternatives add up, parts in a row multiply, and what
repeats without end may do so as often as the text is long. Expressions whose form cannot be counted
(references back, looking around) are not taken.
"""

import re
from typing import Final

MAX_PATTERN: Final = 256
"""Characters of an expression."""
MAX_WAYS: Final = 1 << 22
"""Ways to match, from all places of the longest text: at most about 0.3 s of a slow machine."""

_CLASS: Final = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]")
"""What stands for one character, whatever characters it is written with."""
_TOKEN: Final = re.compile(
    r"\{(?P<exactly>[0-9]+)\}|\{(?P<low>[0-9]*),(?P<high>[0-9]*)\}|.", re.DOTALL
)
_MANY: Final = 1 << 64
"""More ways than can ever be tried; counting stops there, so that numbers stay small."""


def problem(pattern: str, longest: int) -> str | None:
    """Say why an expression is not for texts of at most `longest` characters, None if it is.

    >>> problem("^[A-F0-9]{8}$", 64) is None, problem("(a+)+$", 64) is None
    (True, False)
    """
    if len(pattern) > MAX_PATTERN:
        return f"pattern is longer than {MAX_PATTERN} characters"
    bare = _CLASS.sub("c", pattern).replace("(?:", "(")
    if "(?" in bare or re.search(r"\\[0-9]", pattern):
        return "pattern refers back, looks around or sets options, and may take too long"
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return f"pattern is no regular expression: {error}"
    ways, alternatives = _ways(bare, longest)
    starts = 1 if bare.startswith("^") and alternatives == 1 else longest + 1
    if ways * starts > MAX_WAYS:
        return (
            f"pattern may take too long on a text of {longest} characters; what helps is ^ at its "
            "begin, fewer repetitions and alternatives, or a smaller max_length"
        )
    return None


class _OpenGroup:
    """What is known of an open group: the ways of its alternatives and of the present one."""

    def __init__(self) -> None:
        self.alternatives = 1
        self._finished = 0
        """The ways of the alternatives that have ended."""
        self._before = 1
        """The ways of the present alternative without its last part."""
        self._last = 1
        """The ways of the last part, which a repetition that follows is about."""

    def add(self, ways: int) -> None:
        """Put a part behind the others."""
        self._before = min(self._before * self._last, _MANY)
        self._last = ways

    def repeat(self, low: int, high: int | None, longest: int) -> None:
        """Let the last part come several times, without end if `high` is None."""
        ways = self._last
        if ways == 1:
            self._last = (longest if high is None else min(high, longest)) - low + 1
        elif high is None or high * ways.bit_length() > _MANY.bit_length():
            self._last = _MANY
        else:
            self._last = sum(ways**times for times in range(low, high + 1))
        self._last = max(1, self._last)

    def begin_alternative(self) -> None:
        """Begin another alternative."""
        self._finished += self._before * self._last
        self._before = self._last = 1
        self.alternatives += 1

    @property
    def ways(self) -> int:
        """How many ways there are, those of all alternatives together."""
        return min(self._finished + self._before * self._last, _MANY)


def _ways(bare: str, longest: int) -> tuple[int, int]:
    """Return how many ways there are from one place, and how many alternatives at the top."""
    groups = [_OpenGroup()]
    for token in _TOKEN.finditer(bare):
        match token[0]:
            case "(":
                groups.append(_OpenGroup())
            case ")":
                ways = groups.pop().ways
                groups[-1].add(ways)
            case "|":
                groups[-1].begin_alternative()
            case "?":
                groups[-1].repeat(0, 1, longest)
            case "*" | "+":
                groups[-1].repeat(0, None, longest)
            case text if len(text) > 1:
                groups[-1].repeat(*_times(token), longest)
            case _:
                groups[-1].add(1)
    return groups[0].ways, groups[0].alternatives


def _times(token: re.Match[str]) -> tuple[int, int | None]:
    """Return how often a part comes, as its braces say."""
    if token["exactly"]:
        return int(token["exactly"]), int(token["exactly"])
    return int(token["low"] or 0), int(token["high"]) if token["high"] else None
