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


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the end of a sentence about a name that is none, empty if no known name is like it."""
    near = nearest(name, known)
    return f"; did you mean {near}?" if near else ""


def nearest_path(ref: str, known: Iterable[str]) -> str:
    """Return the end of a sentence about a path, or a property at one, that does not exist."""
    # Lower than usual: paths share their beginnings.
    near = nearest(ref, known, likeness=0.4)
    return f"; nearest: {near}" if near else ""
