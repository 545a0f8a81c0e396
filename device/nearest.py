"""Hints for people who misspell a name."""

from collections.abc import Iterable


def nearest(name: str, known: Iterable[str], *, likeness: float = 0.6) -> str | None:
    """Return the known name that is most like another, or nothing if none is so much like it.

    `likeness` is 1 for equal names and 0 for names without a common letter.
    """
    # a device whose profile has no mistake does without it
    from difflib import get_close_matches  # noqa: PLC0415

    found = get_close_matches(name, list(known), n=1, cutoff=likeness)
    return found[0] if found else None
