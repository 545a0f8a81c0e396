"""The console's picture: rows above, log below, as lines that fit a screen.

A line is a list of fragments, a style and a text each, as prompt_toolkit has them. Nothing here
knows a terminal: the same rows, log and size are the same lines.

      device   state  owner     shows
    > light    RFNOP  8be7f5a3  on
      lock     RFOTM  -         Locked    PIN 3141 5926
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, TypeAlias

from prompt_toolkit.formatted_text import ANSI, to_formatted_text
from prompt_toolkit.formatted_text.utils import fragment_list_width, split_lines
from prompt_toolkit.utils import get_cwidth

from onboardee.device.cli.console.digits import HEIGHT, large
from onboardee.device.cli.console.keys import Question
from onboardee.device.cli.console.rows import Row, fitting
from onboardee.device.cli.terminal import harmless

Line: TypeAlias = list[tuple[str, str]]
"""Fragments: style and text."""

KEYS: Final = "↑↓ choose   i input   f fault   r reset   b reboot   PgUp PgDn log   q quit"
FEWER_WORDS: Final = (
    KEYS,
    "↑↓ choose  i input  f fault  r reset  b reboot  q quit",
    "i input f fault r reset b reboot q quit",
    "i f r b, q quit",
    "q quit",
)
"""The keys as there is room for them: how it ends is said on the narrowest screen."""
ROOMY: Final = HEIGHT + 12
"""Lines of a screen that has room for large digits."""
WIDE: Final = 100
"""Columns of a screen that has room for a whole UUID."""
_STATES: Final = {"RFOTM": "ansiyellow", "RFNOP": "ansigreen", "away": "ansibrightblack"}
_GAP: Final = "  "


@dataclass(frozen=True, slots=True)
class Scene:
    """All that a picture is made of."""

    rows: list[Row]
    log: Sequence[str]
    """Lines with their colours, the latest last."""
    chosen: str | None = None
    question: Question | None = None
    said: str = ""
    back: int = 0


@dataclass(frozen=True, slots=True)
class Picture:
    """What a screen shows."""

    lines: list[Line]
    shown: tuple[str, ...]
    """The devices that have a line."""
    page: int
    """Lines of the log."""


def picture(scene: Scene, columns: int, height: int) -> Picture:
    """Draw a screen of this size."""
    top, shown = _devices(scene, columns, height)
    bottom = _bottom(scene, columns)
    page = max(height - len(top) - len(bottom) - 1, 0)
    lines = [*top, _rule(scene, columns), *_log(scene, columns, page), *bottom]
    return Picture(lines[-height:] if height < len(lines) else lines, shown, page)


def _devices(scene: Scene, columns: int, height: int) -> tuple[list[Line], tuple[str, ...]]:
    digits = _pin(scene, columns) if height >= ROOMY else []
    room = max(1, (height - len(digits)) // 2 - 2)
    rows = list(fitting(scene.rows, room, scene.chosen))
    lines = [*_table(rows, scene.chosen, columns)]
    if len(rows) < len(scene.rows):
        lines.append([("ansibrightblack", _cut(_counted(scene.rows, len(rows)), columns))])
    return [*lines, *digits], tuple(row.device for row in rows)


def _table(rows: Sequence[Row], chosen: str | None, columns: int) -> Iterable[Line]:
    """Yield a line for each row; columns are as wide as what is in them, and the last is cut."""
    owners = [_owner(row, columns) for row in rows]
    names = [_one_line(row.device) for row in rows]
    sizes = [
        max((get_cwidth(text) for text in texts), default=0)
        for texts in (names, [row.state for row in rows], owners)
    ]
    sizes[0] = min(sizes[0], max(8, columns // 3))
    for row, name, owner in zip(rows, names, owners, strict=True):
        is_chosen = row.device == chosen
        line: Line = [("", "> " if is_chosen else "  "), ("bold", _filled(name, sizes[0]))]
        line += [("", _GAP), (_STATES.get(row.state, "ansired"), _filled(row.state, sizes[1]))]
        line += [("", _GAP), ("ansibrightblack", _filled(owner, sizes[2]))]
        line += [("", _GAP), ("", row.value)]
        if row.pace:
            line += [("", _GAP), ("ansicyan", row.pace)]
        if row.faults:
            line += [("", _GAP), ("ansired", "broken: " + ", ".join(row.faults))]
        if row.pin:
            line += [("", _GAP), ("reverse bold", f" PIN {row.pin} ")]
        line = _fitted(line, columns)
        yield [(f"{style} reverse", text) for style, text in line] if is_chosen else line


def _owner(row: Row, columns: int) -> str:
    return (row.owner if columns >= WIDE else row.owner[:8]) or "-"


def _counted(rows: Sequence[Row], shown: int) -> str:
    """Say how many there are, and in which states."""
    states = dict.fromkeys(sorted(row.state for row in rows), 0)
    for row in rows:
        states[row.state] += 1
    told = ", ".join(f"{count} {state}" for state, count in states.items())
    return f"  {shown} of {len(rows)} devices, those with news first: {told}"


def _pin(scene: Scene, columns: int) -> list[Line]:
    """Return the PIN of the chosen device, else the latest one, in large digits."""
    rows = [row for row in scene.rows if row.pin]
    if not rows:
        return []
    row = max(rows, key=lambda row: (row.device == scene.chosen, row.news))
    digits = large(row.pin, columns - 4)
    if not digits:
        return []
    head: Line = [("", _cut(f"  PIN of {_one_line(row.device)}", columns))]
    return [[], head, *([("bold", f"    {line}")] for line in digits), []]


def _rule(scene: Scene, columns: int) -> Line:
    words = f"─ log, {scene.back} lines back " if scene.back else "─ log "
    return [("ansibrightblack", (words + "─" * columns)[:columns])]


def _log(scene: Scene, columns: int, page: int) -> list[Line]:
    """Return so many lines of the log, wrapped; what is not filled is empty."""
    if page == 0:
        return []
    end = len(scene.log) - min(scene.back, max(len(scene.log) - 1, 0))
    found: list[Line] = []
    for text in islice(reversed(scene.log), len(scene.log) - end, None):
        wrapped: list[Line] = []
        for line in split_lines(to_formatted_text(ANSI(text))):
            wrapped += _wrapped([(each[0], each[1]) for each in line], columns)
        found = wrapped + found
        if len(found) >= page:
            break
    found = found[-page:]
    return [*found, *([] for _ in range(page - len(found)))]


def _bottom(scene: Scene, columns: int) -> list[Line]:
    """Return what the next key does: of a question all of it, on as many lines as that takes."""
    if scene.question is not None:
        offers = [f"[{key}] {_one_line(text)}" for key, text, _ in scene.question.offers]
        words = f" {_one_line(scene.question.text)}: {'  '.join(offers)}   any other key: nothing"
        lines = [words]
        if get_cwidth(words) > columns:
            lines = [f" {_one_line(scene.question.text)}:", *(f" {each}" for each in offers)]
            lines.append(" any other key: nothing")
        return [[("reverse bold", _filled(line, columns))] for line in lines]
    keys = next((each for each in FEWER_WORDS if get_cwidth(each) < columns), FEWER_WORDS[-1])
    return [[("reverse", _filled(f" {_one_line(scene.said) or keys}", columns))]]


def _one_line(text: str) -> str:
    """Return a text of others without what a terminal would obey."""
    return " ".join(harmless(text).split("\n"))


def _filled(text: str, columns: int) -> str:
    """Return a text with blanks up to a width, or cut to it."""
    cut = _cut(text, columns)
    return cut + " " * (columns - get_cwidth(cut))


def _cut(text: str, columns: int) -> str:
    """Return a text that is no wider; what is cut off ends in an ellipsis."""
    if get_cwidth(text) <= columns:
        return text
    while text and get_cwidth(text) > columns - 1:
        text = text[:-1]
    return f"{text}…" if columns > 0 else ""


def _fitted(line: Line, columns: int) -> Line:
    """Cut a line of fragments to a width."""
    found: Line = []
    for style, text in line:
        room = columns - fragment_list_width([*found])
        found.append((style, _cut(text, room)))
        if get_cwidth(text) > room:
            break
    return found


def _wrapped(line: Line, columns: int) -> list[Line]:
    """Break a line of fragments into lines of a width."""
    lines: list[Line] = [[]]
    width = 0
    for style, text in line:
        for character in text:
            size = get_cwidth(character)
            if width + size > columns:
                lines.append([])
                width = 0
            if lines[-1] and lines[-1][-1][0] == style:
                lines[-1][-1] = style, lines[-1][-1][1] + character
            else:
                lines[-1].append((style, character))
            width += size
    return lines
