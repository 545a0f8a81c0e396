"""Questions on the terminal. What exists is offered by number; only what is new is typed."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeVar

import click

from onboardee.svrdb import ANY_SUBJECT, NIL
from onboardee.svrdb.editor import EditError, read_key, subject_text
from onboardee.svrdb.editor.words import LETTERS

T = TypeVar("T")

BACK: Final = 99
"""The number that always leads back, as it did in IoTivity's editor."""


def choose(title: str, options: Sequence[tuple[str, T]], back: str | None = None) -> T | None:
    """Offer options by number and return the one chosen; None if it was the way back.

    `options` are texts with values; `back` is what leads back, None if nothing does.
    """
    click.echo(f"\n{title}")
    for number, (text, _) in enumerate(options, 1):
        click.echo(f"  {number:2}  {text}")
    if back is not None:
        click.echo(f"  {BACK:2}  {back}")
    numbers = {number: value for number, (_, value) in enumerate(options, 1)}
    answer = ask("Your choice", lambda text: _number(text, {*numbers, *([BACK] if back else [])}))
    return numbers.get(answer)


def _number(text: str, allowed: set[int]) -> int:
    """Read a number of the list. Raises `click.BadParameter`."""
    if text.strip().isdigit() and int(text) in allowed:
        return int(text)
    raise click.BadParameter(f"{text!r} is not one of {', '.join(map(str, sorted(allowed)))}")


def pick(title: str, options: Mapping[str, T]) -> T:
    """Offer options by number and insist on one."""
    chosen = choose(title, list(options.items()))
    assert chosen is not None
    return chosen


def ask(
    question: str, read: Callable[[str], T], default: str | None = None, *, hidden: bool = False
) -> T:
    """Ask until the answer can be read; `read` says by its error what is wrong.

    `read` raises `EditError` or `click.BadParameter`; `hidden` is for secrets.
    """

    def convert(text: str) -> T:
        try:
            return read(text)
        except EditError as error:
            raise click.BadParameter(str(error)) from error

    answer: T = click.prompt(question, default=default, value_proc=convert, hide_input=hidden)
    return answer


def ask_text(question: str, default: str | None = None) -> str:
    """Ask for a text that is not empty."""
    return ask(question, str.strip, default)


def ask_count(question: str, least: int, most: int) -> int:
    """Ask how many there are."""

    def read(text: str) -> int:
        if text.strip().isdigit() and least <= int(text) <= most:
            return int(text)
        raise click.BadParameter(f"{text!r} is not a number from {least} to {most}")

    return ask(f"{question} ({least} to {most})", read)


def ask_bool(question: str, *, default: bool = False) -> bool:
    """Ask yes or no."""
    return click.confirm(question, default=default)


def ask_file(question: str, read: Callable[[bytes], T]) -> T:
    """Ask for a file until there is one and what is in it can be read."""

    def from_path(text: str) -> T:
        try:
            octets = Path(text.strip()).expanduser().read_bytes()
        except OSError as error:
            raise click.BadParameter(f"{text} cannot be read: {error.strerror}") from error
        return read(octets)

    return ask(question, from_path)


def ask_key(question: str) -> bytes:
    """Ask for a symmetric key without showing what is typed."""
    return ask(
        f"{question}, hexadecimal or base64", lambda text: read_key(text.encode()), hidden=True
    )


def ask_permission(present: int = 0) -> int:
    """Ask for each right, yes or no.

    The bits are those of `Permission`: create 1, retrieve 2, update 4, delete 8, notify 16.
    """
    rights = LETTERS.values()
    return sum(
        right for right in rights if ask_bool(f"{right.name}?", default=bool(right & present))
    )


def ask_uuid(
    title: str, known: Mapping[str, str], *, nil: bool = False, star: str | None = None
) -> str:
    """Offer the UUIDs that the database knows, with who they are, and then any other.

    `star` is whom `*` means, if it means anybody.
    """
    options = [(f"{uuid}  {who}", uuid) for uuid, who in known.items()]
    if star is not None:
        options.append((f"{ANY_SUBJECT}  {star}", ANY_SUBJECT))
    if nil:
        options.append((f"{NIL}  nobody", str(NIL)))
    chosen = choose(title, [*options, ("another UUID", "")])
    return chosen or ask(
        "UUID", lambda text: _read_uuid(text.strip(), nil=nil, star=star is not None)
    )


def _read_uuid(text: str, *, nil: bool, star: bool) -> str:
    """Read a UUID; nil and `*` only where they are possible."""
    if nil and text in ("0", str(NIL)):
        return str(NIL)
    if text == ANY_SUBJECT and not star:
        raise click.BadParameter("* is nobody in particular")
    return subject_text(text)


def ask_many(title: str, words: Mapping[str, T], present: Sequence[T]) -> list[T]:
    """Ask for each of some options whether it is in, as IoTivity's editor toggled them."""
    click.echo(f"\n{title}")
    return [
        value for word, value in words.items() if ask_bool(f"{word}?", default=value in present)
    ]
