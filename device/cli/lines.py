"""Events as lines for people, in the log and in `ctl watch`.

A line has the form of logfmt: time, event, then `name=value` pairs. Everything in a value may come
from a stranger (a URI, a name), so invisible characters are escaped and long values are cut.

    18:20:56 owner.changed      owner=8be7f5a3-… device_uuid=bff8a350-…
    18:20:59 access.denied      [warning] subject=anonymous method=GET href=/light/switch …
"""

import json
import textwrap
from collections.abc import Mapping
from typing import Any, Final

import click

from onboardee.device.cli.terminal import harmless

NAME_WIDTH: Final = 18
"""Columns of the name, so that values stand below one another."""
LEAST: Final = 50
"""Columns that values need to stand below one another: a UUID with its name is in one piece."""
LONGEST: Final = 2000
"""Characters of one value; what exceeds them is left out."""
_PLAIN: Final = frozenset("-._~:/?#[]@!$&()*+,;%<>'{}|^…")
"""Beside letters and figures: what a text without quotation marks may consist of."""


def event_line(
    when: str,
    name: str,
    fields: Mapping[str, Any],
    *,
    is_warning: bool = False,
    columns: int | None = None,
) -> str:
    """Return one event: when, its name, and what it tells, each as `name=value`.

    Values are JSON, texts without quotation marks where that is clear. With `columns` the line is
    folded to that width; without, it is one line. It has colours; `click.unstyle` takes them away.

    `when` is the time of day as text, empty for none; `name` that of the event; `fields` in their
    order.

    >>> click.unstyle(event_line("12:00:00", "state.changed", {"after": "RFNOP"}))
    '12:00:00 state.changed      after=RFNOP'
    """
    mark = "[warning] " if is_warning else ""
    head = f"{when} {name:{NAME_WIDTH}} {mark}".lstrip()
    body = " ".join(f"{key}={value_text(value)}" for key, value in fields.items())
    styled = _styled(when, name, mark, is_warning=is_warning)
    if columns is None:
        return f"{styled}{body}".rstrip()
    below = len(when) + NAME_WIDTH + 2
    if columns - below < LEAST and len(head) + len(body) > columns:
        # on a narrow screen they stand below the name
        edge = " " * 2
        lines = textwrap.wrap(
            body, columns, initial_indent=edge, subsequent_indent=edge, break_on_hyphens=False
        )
        return "\n".join([styled.rstrip(), *lines])
    folded = textwrap.wrap(
        body,
        columns,
        initial_indent=" " * len(head),
        subsequent_indent=" " * below,
        break_on_hyphens=False,
    )
    first, *more = folded or [""]
    return "\n".join([f"{styled}{first[len(head) :]}".rstrip(), *more])


def value_text(value: object) -> str:
    """Write one value; what is no visible character could come from a stranger.

    The result fits on one line and has no character that a terminal obeys.

    >>> value_text("/light/switch"), value_text("two words"), value_text([1, True])
    ('/light/switch', '"two words"', '[1, true]')
    """
    is_plain = isinstance(value, str) and value and all(map(_is_plain, value))
    text = str(value) if is_plain else json.dumps(value, ensure_ascii=False, default=str)
    shown = harmless(text)
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"


def _is_plain(character: str) -> bool:
    """Tell whether a character needs no quotation marks around the text."""
    return character.isalnum() or character in _PLAIN


def _styled(when: str, name: str, mark: str, *, is_warning: bool) -> str:
    """Return time, name and mark in their colours."""
    colour = "yellow" if is_warning else "cyan"
    time = click.style(when, dim=True) + " " if when else ""
    return f"{time}{click.style(f'{name:{NAME_WIDTH}}', fg=colour)} {mark}"
