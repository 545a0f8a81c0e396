"""Menus over the properties of a resource, made from the model: whatever it has can be edited."""

import json
from collections.abc import Callable
from typing import Any, Final

import click

from onboardee.device.cli.svr import view
from onboardee.device.cli.svr.wizard import access, credential
from onboardee.device.cli.svr.wizard.draft import Draft
from onboardee.device.cli.svr.wizard.prompts import ask_many, choose, pick
from onboardee.device.cli.svr.wizard.scalars import ask_scalar
from onboardee.svrdb import Ace, AceResource, Credential, PrivateData, PublicData, Subject
from onboardee.svrdb.editor import EditError, append, get, put, remove, type_at
from onboardee.svrdb.editor.values import is_optional, item_type, members, plain_type
from onboardee.svrdb.editor.words import METHODS
from onboardee.svrdb.model import TimePattern
from onboardee.svrdb.plain import plain

_ASKERS: Final[dict[Any, Callable[[Draft, str], object]]] = {
    Subject: lambda draft, _: access.ask_subject(draft),
    AceResource: lambda draft, _: access.ask_resource(draft),
    TimePattern: lambda _draft, _: access.ask_time(),
    PublicData: lambda _draft, _: credential.ask_public(),
    PrivateData: lambda draft, path: credential.ask_private(_kind_beside(draft, path)),
}
"""Structures that are asked for as a whole."""

_ADDERS: Final[dict[Any, Callable[[Draft], None]]] = {
    Ace: access.add_entry,
    Credential: credential.add,
}
"""Entries whose questions come in an order of their own."""


def edit_structure(draft: Draft, path: str) -> None:
    """Offer the properties of a structure until the user goes back.

    `path` is what `svr get` takes. It returns when the user goes back.
    """
    while True:
        options = []
        for name in members(type_at(path)):
            inner = f"{path}.{name}"
            value = _value(draft, inner)
            text = "" if value is None else view.entry_text(name, value)
            options.append((f"{name:16} {text}".rstrip(), inner))
        chosen = choose(path, options, back="Back")
        if chosen is None:
            return
        edit_value(draft, chosen)


def edit_value(draft: Draft, path: str) -> None:
    """Ask for another value at a path; an optional one that is there may be removed."""
    annotation = type_at(path)
    if is_optional(annotation) and _value(draft, path) is not None:
        verb = pick(path, {"Change it": "change", "Remove it": "remove"})
        if verb == "remove":
            draft.attempt(lambda database: remove(database, path))
            return
    if item_type(annotation) is not None:
        edit_array(draft, path)
    elif members(annotation) and plain_type(annotation) not in _ASKERS:
        edit_structure(draft, path)
    else:
        text = _asked(draft, path, annotation, _value(draft, path))
        draft.attempt(lambda database: put(database, path, text))


def edit_array(draft: Draft, path: str) -> None:
    """Offer to print, add, remove and modify entries; only to add where there are none.

    Positions count from 0, as in the path that is shown.
    """
    name = path.rpartition(".")[2]
    # A set of few known values: each is in or out.
    if name == "oxms":
        chosen = ask_many("Owner transfer methods", METHODS, _value(draft, path))
        draft.attempt(lambda database: put(database, path, json.dumps(chosen)))
        return
    verbs: dict[str, Callable[[Draft, str], None]] = {
        "Print all entries": _print,
        "Add an entry": _add,
        "Remove an entry": _remove,
        "Modify an entry": _modify,
    }
    while True:
        there = [*verbs.items()] if _value(draft, path) else [("Add an entry", _add)]
        verb = choose(path, there, back="Back")
        if verb is None:
            return
        verb(draft, path)


def _print(draft: Draft, path: str) -> None:
    """Print all entries."""
    for line, _ in _lines(draft, path):
        click.echo(line)


def _add(draft: Draft, path: str) -> None:
    """Ask for a new entry."""
    item = item_type(type_at(path))
    if item in _ADDERS:
        _ADDERS[item](draft)
        return
    text = _asked(draft, path, item, None)
    draft.attempt(lambda database: append(database, path, text))


def _remove(draft: Draft, path: str) -> None:
    """Ask which entry goes."""
    chosen = choose("Which one?", _lines(draft, path), back="None")
    if chosen is not None:
        draft.attempt(lambda database: remove(database, chosen))


def _modify(draft: Draft, path: str) -> None:
    """Ask which entry is edited."""
    chosen = choose("Which one?", _lines(draft, path), back="None")
    if chosen is not None:
        edit_value(draft, chosen)


def _lines(draft: Draft, path: str) -> list[tuple[str, str]]:
    """Return each entry of an array in a line, with its path."""
    name = path.rpartition(".")[2]
    entries = _value(draft, path) or []
    return [(view.entry_line(each, name), f"{path}[{place}]") for place, each in enumerate(entries)]


def _asked(draft: Draft, path: str, annotation: Any, present: Any) -> str:
    """Ask for a value, as a whole structure or as a scalar; return it as text for the editor."""
    kind = plain_type(annotation)
    if kind in _ASKERS:
        return json.dumps(plain(_ASKERS[kind](draft, path), reveal=True))
    name = path.rpartition(".")[2].partition("[")[0]
    return ask_scalar(draft, name, kind, present)


def _kind_beside(draft: Draft, path: str) -> int:
    """Return the kind of the credential that a secret belongs to."""
    kind: int = get(draft.database, f"{path.rpartition('.')[0]}.credtype")
    return kind


def _value(draft: Draft, path: str) -> Any:
    """Return the value at a path, None if there is none."""
    try:
        return get(draft.database, path)
    except EditError:
        return None
