"""Which regular expressions of a device may be tried on texts.

A stranger's expression can keep a machine busy for years, so only those are taken whose cost is
bounded by their form: no group is repeated, and at most one part repeats an open number of times.
"""

import re
from typing import Final

MAX_PATTERN: Final = 256
MAX_REPEATS: Final = 1
MAX_OPTIONAL: Final = 4

_CLASS: Final = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]")
"""What stands for one character, whatever characters it is written with."""
_OPEN: Final = re.compile(r"[*+]|\{[0-9]*,[0-9]*\}")


def is_harmless(pattern: str) -> bool:
    """Tell whether an expression is valid, and quick on any text."""
    if len(pattern) > MAX_PATTERN or re.search(r"\\[0-9]", pattern):
        return False
    bare = _CLASS.sub("c", pattern)
    if "(?" in bare or re.search(r"\)[*+{]", bare):
        return False
    if len(_OPEN.findall(bare)) > MAX_REPEATS or bare.count("?") > MAX_OPTIONAL:
        return False
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        return False
    return True
