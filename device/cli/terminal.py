"""The terminal of the person at it: how wide it is, whether it has colours, and text that fits.

Output has two kinds of readers. At a terminal lines are folded to its width and have colours; for a
pipe each thing is one line, whatever its length, so that scripts can read it. `NO_COLOR` and
`COLUMNS` are honoured. Text that came from a network is escaped before it reaches a terminal.
"""

import os
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final, TextIO

import click

NARROWEST: Final = 40
"""Columns; on anything narrower lines are as long as there."""
GAP: Final = "  "
"""Between two columns."""
WORTH_TELLING: Final = 100
"""Things from which on `progress` counts."""


UNLIMITED: Final = 1_000_000
"""Columns of what is no terminal."""


def width() -> int:
    """Return how many columns standard output has: `COLUMNS`, or the terminal's.

    What is no terminal has no end: programs that read along want one line for one thing.
    """
    if not is_terminal(sys.stdout) and not os.environ.get("COLUMNS"):
        return UNLIMITED
    return max(NARROWEST, _columns())


def _columns() -> int:
    """Count as `shutil` does, whose import brings the formats of archives into every device."""
    with suppress(ValueError):
        columns = int(os.environ.get("COLUMNS", ""))
        if columns > 0:
            return columns
    with suppress(OSError):
        return os.get_terminal_size().columns or 80
    return 80


def is_terminal(stream: TextIO | None) -> bool:
    """Tell whether a person reads a stream at a terminal.

    None is the standard output of a process that has none.
    """
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # it is closed
        return False


def has_person() -> bool:
    """Tell whether somebody sits at a terminal that can be drawn upon, with a keyboard.

    A process in the background would be stopped at its first key (SIGTTIN, SIGTTOU).
    """
    if os.environ.get("TERM", "dumb") == "dumb":
        return False
    return is_terminal(sys.stdout) and is_terminal(sys.stdin) and _is_in_front()


def _is_in_front() -> bool:
    with suppress(OSError, ValueError):
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    return False


def progress(count: int, of: int, what: str) -> None:
    """Say on a terminal how far something is that takes long, in one line that is written over.

    On standard error, which is no part of what a command prints; nothing where few are meant.
    """
    if of >= WORTH_TELLING and is_terminal(sys.stderr):
        click.echo(f"\r{count} of {of} {what}", nl=count == of, err=True)


def refuses_colour() -> bool:
    """Tell whether `NO_COLOR` is set, or the terminal knows no colours (no-color.org)."""
    return bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"


def has_colour(stream: TextIO | None) -> bool:
    """Tell whether what is written to a stream may have colours."""
    return is_terminal(stream) and not refuses_colour()


def folded(text: str, indent: str = "", columns: int | None = None) -> str:
    """Return a text in lines that fit, all but the first one indented.

    `columns` is the terminal's width if left out.
    """
    return textwrap.fill(text, columns or width(), subsequent_indent=indent, break_on_hyphens=False)


def table(rows: Sequence[Sequence[str]], indent: str = "") -> Iterator[str]:
    """Yield rows in columns; what does not fit goes on below, in its last column.

    `rows` have the same number of cells. Where not even the last column has room, cells stand below
    each other.
    """
    if not rows:
        return
    sizes = [max(map(len, column)) for column in zip(*rows, strict=True)]
    last = sum(sizes[:-1]) + len(GAP) * len(sizes[:-1]) + len(indent)
    room = width() - last
    for row in rows:
        cells = [cell.ljust(size) for cell, size in zip(row, sizes, strict=True)]
        line = indent + GAP.join(cells).rstrip()
        if len(line) <= width():
            yield line
        elif room >= NARROWEST // 2:
            first, *more = textwrap.wrap(row[-1], room, break_on_hyphens=False)
            yield indent + GAP.join([*cells[:-1], first])
            yield from (" " * last + each for each in more)
        else:
            yield from _stacked(row, indent)


def _stacked(row: Sequence[str], indent: str) -> Iterator[str]:
    """Yield a row that has no room for columns: its first cell, and the others below it."""
    yield indent + row[0]
    for cell in filter(None, row[1:]):
        yield folded(f"{indent}    {cell}", f"{indent}      ")


def harmless(text: str) -> str:
    """Return a text of others with what is no visible character escaped: terminals obey some.

    >>> harmless("lamp"), chr(27) in harmless("lamp" + chr(27) + "[2J")
    ('lamp', False)
    """
    # the database's models come along, which --help does without
    from onboardee.svrdb.plain import visible  # noqa: PLC0415

    return text if text.isprintable() else visible(text)


def say(text: str, *, err: bool = False) -> None:
    """Print a text of others."""
    click.echo(harmless(text), err=err)
