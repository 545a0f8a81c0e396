"""The data models that OCF publishes, for comparison with what is read from a device.

The models are looked for in the folder that ONBOARDEE_OCF_MODELS names, and beside the
repository; it holds OCF's repositories `core`, `security`, `IoTDataModels` and, for what needs
it, `core-extensions`.
"""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

BESIDE = Path(__file__).parents[2].joinpath("..", "shared", "ocf-models")
MODELS = Path(os.environ.get("ONBOARDEE_OCF_MODELS") or BESIDE.resolve())

needs_models = pytest.mark.models()
needs_extensions = pytest.mark.models("core-extensions")


def is_comparable(item: pytest.Item) -> bool:
    """Return whether the models are there that a test compares with."""
    wanted = {name for mark in item.iter_markers("models") for name in mark.args or ("",)}
    return all((MODELS / name).is_dir() for name in wanted)


@cache
def document(path: Path) -> Any:
    """Read one file of the models."""
    return json.loads(path.read_text(encoding="utf-8"))


def resolved(schema: Any, home: Path) -> Any:
    """Return a schema with all references in it replaced by what they refer to.

    A reference to another file by its address on the web is looked for in the folder of that
    repository; what is not there is taken for a schema that anything fits.
    """
    if isinstance(schema, list):
        return [resolved(each, home) for each in schema]
    if not isinstance(schema, dict):
        return schema
    reference = schema.get("$ref")
    if isinstance(reference, str):
        address, _, pointer = reference.partition("#")
        if address:
            home = MODELS.joinpath(*address.split("/")[-3:])
            if not home.is_file():
                return {}
        target = document(home)
        for step in pointer.strip("/").split("/"):
            target = target[step] if step else target
        return resolved(target, home)
    return {name: resolved(part, home) for name, part in schema.items()}


def retrieved_schema(path: Path, number: int = 0) -> Any:
    """Return the schema of a successful RETRIEVE of the number-th path that a file describes."""
    operations = list(document(path)["paths"].values())[number]
    return resolved(operations["get"]["responses"]["200"]["schema"], path)


def as_json(value: Any) -> Any:
    """Return a value as JSON has it: octets as text."""
    match value:
        case bytes():
            return value.decode("latin-1")
        case dict():
            return {name: as_json(part) for name, part in value.items()}
        case list():
            return [as_json(part) for part in value]
    return value


def check(value: Any, schema: Any) -> None:
    """Raise unless the value is as the schema says."""
    # each test run imports this file, and jsonschema compiles grammars for a second
    import jsonschema  # noqa: PLC0415

    # the models are Swagger 2.0, whose schemas are those of draft 4
    validator = jsonschema.Draft4Validator(schema)
    problems = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]
    assert not problems, problems
