"""How `ctl` prints what a device answers, for people."""

import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import click

from onboardee.device.cli.lines import event_line, value_text
from onboardee.device.cli.terminal import harmless, has_colour, is_terminal, table, width

_REFUSALS: Final = frozenset({"access.denied", "request.refused", "handshake.failed"})
"""Events that are printed as warnings."""


def listed(lines: list[str], otherwise: str) -> str:
    """Join lines, or say that there are none."""
    return "\n".join(lines) or otherwise


def pairs(values: dict[str, Any], indent: str = "") -> Iterator[str]:
    """Yield names and values in two columns, a list of texts one below the other."""
    return table(
        [
            (name if number == 0 else "", value_line(each))
            for name, value in values.items()
            for number, each in enumerate(_parts(value))
        ],
        indent,
    )


def _parts(value: object) -> list[object]:
    """Return the lines that a value takes: a list of texts is printed one below the other."""
    is_texts = isinstance(value, list) and value and all(isinstance(each, str) for each in value)
    return list(value) if is_texts and isinstance(value, list) else [value]


def value_line(value: object) -> str:
    """Write a value for people; what is no visible character could come from a stranger."""
    return harmless(value) if isinstance(value, str) else value_text(value)


def line(event: dict[str, Any]) -> str:
    """Return an event in one line, or folded at a terminal."""
    fields = {
        name: value for name, value in event.items() if name not in {"event", "at", "sequence"}
    }
    when = _clock_time(event.get("at", ""))
    is_refusal = event["event"] in _REFUSALS
    columns = width() if is_terminal(sys.stdout) else None
    line = event_line(when, event["event"], fields, is_warning=is_refusal, columns=columns)
    return line if has_colour(sys.stdout) else click.unstyle(line)


def _clock_time(at: str) -> str:
    """Return the time of day here, of a time as ISO 8601 writes it."""
    try:
        return datetime.fromisoformat(at).astimezone().strftime("%H:%M:%S")
    except ValueError:
        return ""
