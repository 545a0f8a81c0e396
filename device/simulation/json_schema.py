"""The JSON Schema of profile files, for editors: made from the model and from its docstrings.

A file is a complete profile, a variant of one (`extends`), or a list of either (`devices`). In a
variant nothing is required, and null takes away what the base has.

The model says types and limits; what a key means stands in the docstring below its field, which
Python throws away. So the sources are read as text and the docstrings are attached to the schema:
what an editor shows while somebody writes a profile is what developers read here.
"""

import ast
import inspect
import sys
from collections.abc import Iterator
from enum import Enum
from functools import cache
from itertools import pairwise
from typing import Any, Final

import msgspec

from onboardee.device.simulation.profile import Profile
from onboardee.device.simulation.variants import MAX_DEVICES

Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
VARIANT: Final = "Variant"
"""In front of the names of the definitions in which nothing is required."""

EXTENDS: Final = {
    "description": "Another profile that this one completes: the name of a built-in one, or a path"
    " from this file.",
    "type": "string",
    "minLength": 1,
}
REMOVE: Final = {"description": "The variant has no such resource.", "type": "boolean"}


def profile_schema() -> Schema:
    """Return the schema of a profile file (JSON Schema 2020-12).

    Editors take it as `# yaml-language-server: $schema=…`, `onboardee profiles schema` prints it.
    """
    complete = msgspec.json.schema(Profile)["$defs"]
    _describe(complete, _models(Profile))
    variants = {
        VARIANT + name: _variant(definition)
        for name, definition in complete.items()
        if "properties" in definition
    }
    top, resource = variants[VARIANT + "Profile"], variants[VARIANT + "ResourceProfile"]
    top["properties"] = {"extends": EXTENDS, **top["properties"], "devices": _devices()}
    resource["properties"]["href"] = complete["ResourceProfile"]["properties"]["href"]
    resource["properties"]["remove"] = REMOVE
    resource["required"] = ["href"]
    return {
        "$schema": DIALECT,
        "title": "Profile of a simulated OCF device",
        # A variant may leave out what a complete profile needs.
        "if": {"anyOf": [{"required": ["extends"]}, {"required": ["devices"]}]},
        "then": {"$ref": f"#/$defs/{VARIANT}Profile"},
        "else": {"$ref": "#/$defs/Profile"},
        "$defs": {**complete, **variants},
    }


def described_schema(model: type) -> Schema:
    """Return the schema of a kind of file without variants, with what each key means."""
    schema = msgspec.json.schema(model)
    _describe(schema["$defs"], _models(model))
    return {"$schema": DIALECT, **schema}


def _devices() -> Schema:
    """Return the schema of the list `devices`."""
    return {
        "description": "Makes the file one of several devices. What stands beside the list holds"
        " for each of them.",
        "type": "array",
        "minItems": 1,
        "maxItems": MAX_DEVICES,
        "items": {"$ref": f"#/$defs/{VARIANT}Profile"},
    }


def _variant(definition: Schema) -> Schema:
    """Return a definition in which nothing is required and everything may be null."""
    properties = {
        name: {"anyOf": [_of_variants(part), {"type": "null"}], **_description(part)}
        for name, part in definition["properties"].items()
    }
    kept = {name: part for name, part in definition.items() if name != "required"}
    return {**kept, "properties": properties}


def _of_variants(part: Any) -> Any:
    """Let references lead to variants; those of enumerations stay."""
    if isinstance(part, list):
        return [_of_variants(each) for each in part]
    if not isinstance(part, dict):
        return part
    result = {name: _of_variants(inner) for name, inner in part.items()}
    # The values of a free map may be taken away as well.
    if isinstance(part.get("additionalProperties"), dict):
        result["additionalProperties"] = {
            "anyOf": [result["additionalProperties"], {"type": "null"}]
        }
    name = str(part.get("$ref", "")).rpartition("/")[2]
    if name in _structs():
        result["$ref"] = f"#/$defs/{VARIANT}{name}"
    return result


def _description(part: Schema) -> Schema:
    return {"description": part["description"]} if "description" in part else {}


def _describe(definitions: dict[str, Schema], models: dict[str, type]) -> None:
    """Add the docstrings of fields, and those of the members of enumerations."""
    for name, model in models.items():
        documented = attribute_docs(model)
        definition = definitions[name]
        if issubclass(model, Enum):
            choices = [f"{model[key].value}: {text}" for key, text in documented.items()]
            definition["description"] = " ".join([definition.get("description", ""), *choices])
        elif issubclass(model, msgspec.Struct):
            for field in msgspec.structs.fields(model):
                if field.name in documented:
                    part = definition["properties"][field.encode_name]
                    part["description"] = documented[field.name]


@cache
def _models(top: type) -> dict[str, type]:
    """Return the structures and enumerations that a kind of file is made of."""
    return {model.__name__: model for model in _walk(msgspec.inspect.type_info(top), set())}


def _structs() -> set[str]:
    """Return the names of the models that are structures."""
    return {name for name, model in _models(Profile).items() if not issubclass(model, Enum)}


def _walk(kind: Any, seen: set[type]) -> Iterator[type]:
    """Yield the structures and enumerations that a type is made of, each once."""
    model = getattr(kind, "cls", None)
    if model in seen:
        return
    if isinstance(kind, msgspec.inspect.StructType | msgspec.inspect.EnumType):
        seen.add(kind.cls)
        yield kind.cls
    for name in ("type", "item_type", "key_type", "value_type"):
        if hasattr(kind, name):
            yield from _walk(getattr(kind, name), seen)
    for name in ("fields", "types", "item_types"):
        for inner in getattr(kind, name, ()):
            yield from _walk(inner, seen)


def attribute_docs(model: type) -> dict[str, str]:
    """Return the docstrings that stand below the attributes of a class and of its bases.

    A docstring of a subclass replaces that of its base; line breaks become blanks.
    """
    result: dict[str, str] = {}
    for each in reversed(model.__mro__):
        if each.__module__.partition(".")[0] == "onboardee":
            result |= _docs_below(each)
    return result


def _docs_below(model: type) -> dict[str, str]:
    """Return the docstrings of one class, by the name of the attribute above."""
    # A list of OCF's words is made without a body, and its words say what they are.
    body = _class_bodies(model.__module__).get(model.__name__, [])
    result: dict[str, str] = {}
    for statement, following in pairwise(body):
        match statement, following:
            case (
                ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                result[name] = " ".join(text.split())
    return result


@cache
def _class_bodies(module: str) -> dict[str, list[ast.stmt]]:
    """Return the statements of all classes of a module."""
    source = inspect.getsource(sys.modules[module])
    return {
        node.name: node.body for node in ast.parse(source).body if isinstance(node, ast.ClassDef)
    }
