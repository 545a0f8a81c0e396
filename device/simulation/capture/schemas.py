"""JSON Schema as introspection has it: references followed and parts joined, within bounds.

References may lead in cycles and multiply: ten lines can stand for a schema of any size. Each step
is counted against one bound for the whole document, and beyond it everything is an empty schema,
which permits anything; the value then decides.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

Schema = Mapping[str, Any]
"""A part of the document, or several parts joined."""

MAX_DEPTH: Final = 16
"""References and `allOf` in one another; what lies deeper is not looked at."""
MAX_VISITS: Final = 20_000
"""Of a whole document: references can multiply what a few lines say."""

_ALTERNATIVES: Final = ("oneOf", "anyOf")


class Schemas:
    """The schemas of one document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._left = MAX_VISITS
        """How many more steps are taken."""

    def resolved(self, schema: object) -> Schema:
        """Return a schema without `$ref` and `allOf`; its parts may still have them.

        What cannot be followed is an empty schema, which says nothing.
        """
        return self._resolved(schema, 0)

    def alternatives(self, schema: Schema) -> list[Schema]:
        """Return the schema once for each of its `oneOf` or `anyOf`, joined with that one."""
        for name in _ALTERNATIVES:
            if name in schema:
                rest = {key: value for key, value in schema.items() if key not in _ALTERNATIVES}
                return [joined(rest, self.resolved(each)) for each in listed(schema[name])[:16]]
        return [schema]

    def _resolved(self, schema: object, depth: int) -> Schema:
        """Follow references and join the parts of `allOf`; `depth` counts both."""
        self._left -= 1
        if depth > MAX_DEPTH or self._left < 0 or not isinstance(schema, Mapping):
            return {}
        reference = schema.get("$ref")
        if isinstance(reference, str):
            return self._resolved(self._target(reference), depth + 1)
        result: Schema = {}
        for part in listed(schema.get("allOf")):
            result = joined(result, self._resolved(part, depth + 1))
        return joined(result, {name: each for name, each in schema.items() if name != "allOf"})

    def _target(self, reference: str) -> object:
        """Return what a reference within the document leads to (RFC 6901), None if nothing."""
        start, _, pointer = reference.partition("/")
        here: object = self._document
        if start != "#":
            return None
        for step in pointer.split("/")[:MAX_DEPTH]:
            name = step.replace("~1", "/").replace("~0", "~")
            if not isinstance(here, Mapping):
                return None
            here = here.get(name)
        return here


def joined(one: Schema, other: Schema) -> Schema:
    """Return a schema that says what both say; where they differ, the latter.

    Properties and required names of both are there.

    >>> joined({"type": "object", "required": ["a"]}, {"required": ["b"], "title": "T"})
    {'type': 'object', 'required': ['a', 'b'], 'title': 'T'}
    """
    result = {**one, **other}
    properties = [each["properties"] for each in (one, other) if mapped(each.get("properties"))]
    required = [*listed(one.get("required")), *listed(other.get("required"))]
    if properties:
        result["properties"] = {name: each for part in properties for name, each in part.items()}
    if required:
        result["required"] = required
    return result


def listed(value: object) -> Sequence[Any]:
    """Return a list as it is, and anything else as an empty one."""
    return value if isinstance(value, list | tuple) else ()


def mapped(value: object) -> Mapping[str, Any]:
    """Return a map as it is, and anything else as an empty one."""
    return value if isinstance(value, Mapping) else {}


def types_of(schema: Schema) -> list[str]:
    """Return the JSON types that a schema names or implies, null aside.

    >>> types_of({"type": ["integer", "null"]}), types_of({"items": {}}), types_of({})
    (['integer'], ['array'], [])
    """
    named = schema.get("type")
    if isinstance(named, str):
        return [named]
    found = [str(each) for each in listed(named) if each != "null"]
    if found:
        return found
    return [kind for part, kind in (("properties", "object"), ("items", "array")) if part in schema]
