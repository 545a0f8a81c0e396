"""What is wrong with a profile, in one sentence: file, line, place, what was expected.

msgspec tells what it expected and where in the data; the line comes from the document, and the
names that would have been right come from the JSON Schema of the same model.

msgspec names the keys of structures and the indices of lists, and writes `[...]` for the keys of
free maps such as `properties`. `_found` finds which one it was by trying each alone: the one that
makes the same error is the culprit. That costs time only where something is wrong.

A sentence, as people see it:

    profile lamp.yaml, line 7: resources[0].properties.value.tpye: there is no tpye here;
    did you mean type?
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec

from onboardee.device.nearest import nearest
from onboardee.device.simulation.document import DocumentItem
from onboardee.device.simulation.section import ProfileError

Place = tuple[str | int, ...]
"""Keys and indices from the top of the document."""
Schema = Mapping[str, Any]
"""A JSON Schema, from which hints are taken."""
Convert = Callable[[Any], object]
"""Makes the model of the document's data, and raises `msgspec.ValidationError`."""

_ANY_KEY: Final = "..."
"""What stands in a path for the key of a free map."""
_STEP: Final = re.compile(r"\.(?P<name>\w+)|\[(?P<index>\d+)\]|(?P<any>\[\.\.\.\])")
_KINDS: Final = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "object": "a map",
    "array": "a list",
    "null": "nothing",
}
"""msgspec's words for types, and those that people use."""


def explained(
    error: msgspec.ValidationError, document: DocumentItem, convert: Convert, schema: Schema
) -> ProfileError:
    """Return the error for people. `convert` is what raised it, given the document's data.

    `document` is what was converted, `schema` the JSON Schema of the model, for hints.
    """
    place, sentence = placed(error, document, convert, schema)
    return told(document.at(*place), place, sentence)


def told(item: DocumentItem, place: Place, sentence: str) -> ProfileError:
    """Return an error that names the line of an item and the place that people see."""
    where = _written(place)
    return item.wrong(f"{where}: {sentence}" if where else sentence)


def placed(
    error: msgspec.ValidationError, document: DocumentItem, convert: Convert, schema: Schema
) -> tuple[Place, str]:
    """Return where in the document the error is, and what it is.

    Returns keys and indices, and a sentence without file and line.
    """
    text, _, trail = str(error).partition(" - at `$")
    place = _found(_steps(trail), document, convert, str(error))
    # Raised in a structure's own check, which knows the place within the structure.
    within = getattr(error.__cause__, "path", ())  # of a `MisplacedError` and others like it
    place += within
    unknown = re.search(r"unknown field `(.*)`", text)
    if unknown:
        place += (unknown[1],)
        sentence = (
            f"there is no {unknown[1]} here; {_hint(unknown[1], _names(schema, place, document))}"
        )
    elif text.startswith(("Invalid enum value", "Invalid value")):
        wrong = str(document.at(*place).value)
        sentence = f"{wrong} is not possible; {_hint(wrong, _choices(schema, place))}"
    else:
        sentence = _plain(text.removeprefix(f"{_written(within)}: "))
    return place, sentence


def _steps(trail: str) -> Place:
    """Read msgspec's path; it does not name the keys of free maps."""
    return tuple(
        int(match["index"]) if match["index"] else match["name"] or _ANY_KEY
        for match in _STEP.finditer(trail)
    )


def _found(steps: Place, document: DocumentItem, convert: Convert, message: str) -> Place:
    """Name the keys of free maps: the one that alone makes the same error."""
    while _ANY_KEY in steps:
        place = steps.index(_ANY_KEY)
        before = steps[:place]
        candidates = document.at(*before).value
        names = list(candidates) if isinstance(candidates, Mapping) else []
        culprit = next(
            (name for name in names if _fails(_only(document, before, name), convert, message)),
            None,
        )
        if not isinstance(culprit, str):
            return before
        steps = (*before, culprit, *steps[place + 1 :])
    return steps


def _only(document: DocumentItem, path: Place, name: str) -> Any:
    """Return the document's data with one entry only in the map at `path`."""
    data = document.plain()
    here = data
    for step in path:
        here = here[step]
    kept = here[name]
    here.clear()
    here[name] = kept
    return data


def _fails(data: Any, convert: Convert, message: str) -> bool:
    """Tell whether some data makes the very error."""
    try:
        convert(data)
    except msgspec.ValidationError as error:
        return str(error) == message
    return False


def _at(schema: Schema, place: Place) -> Iterator[Schema]:
    """Yield the schemas that may apply at the end of a path."""
    if not place:
        yield from _alternatives(schema, schema)
        return
    for parent in _at(schema, place[:-1]):
        step = place[-1]
        inner = (
            parent.get("items")
            if isinstance(step, int)
            else parent.get("properties", {}).get(step, parent.get("additionalProperties"))
        )
        if isinstance(inner, Mapping):
            yield from _alternatives(schema, inner)


def _alternatives(root: Schema, schema: Schema) -> Iterator[Schema]:
    """Follow references and choices."""
    if "$ref" in schema:
        yield from _alternatives(root, root["$defs"][schema["$ref"].rpartition("/")[2]])
    elif "anyOf" in schema:
        for each in schema["anyOf"]:
            yield from _alternatives(root, each)
    else:
        yield schema


def _names(schema: Schema, place: Place, document: DocumentItem) -> list[str]:
    """Return the keys that would have been right at a place."""
    there = document.at(*place[:-1])
    names = (
        name
        for each in _at(schema, place[:-1])
        if _is_meant(each, there)
        for name in each.get("properties", {})
    )
    return list(dict.fromkeys(names))


def _is_meant(schema: Schema, there: DocumentItem) -> bool:
    """Tell whether this is the alternative that the tag in the data names, if it has one."""
    tags = {name: part["enum"] for name, part in schema.get("properties", {}).items() if _tag(part)}
    return all(there.at(name).value in choices for name, choices in tags.items())


def _tag(part: Schema) -> bool:
    """Tell whether a property tells one of several alternatives apart."""
    return len(part.get("enum", ())) == 1


def _choices(schema: Schema, place: Place) -> list[str]:
    """Return the values that would have been right at a place."""
    choices = (choice for each in _at(schema, place) for choice in each.get("enum", ()))
    return list(dict.fromkeys(map(str, choices)))


def _hint(wrong: str, known: list[str]) -> str:
    """Return the nearest known word, or all of them."""
    near = nearest(wrong, known)
    if near:
        return f"did you mean {near}?"
    return f"known here: {', '.join(known)}" if known else "nothing is known here"


def _plain(text: str) -> str:
    """Return msgspec's sentence in the words of people who write YAML."""
    text = re.sub(r"Object missing required field `(.*)`", r"\1 is missing", text)
    text = re.sub(r"matching regex '(.*)'", r"that matches \1", text)
    text = re.sub(r"Expected ", "expected ", text)
    text = re.sub(r"`(\w+)( \| null)?`", lambda match: _KINDS.get(match[1], match[1]), text)
    return re.sub(r"`(.*?)`", lambda match: _alternation(match[1]), text)


def _alternation(kinds: str) -> str:
    """Return a choice of types in words."""
    return " or ".join(_KINDS.get(kind, kind) for kind in kinds.split(" | ") if kind != "null")


def _written(place: Place) -> str:
    """Write a place as people do: `resources[0].properties.value`."""
    parts = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return "".join(parts).removeprefix(".")
