"""The HTTP interface described for programs (OpenAPI 3.1), from the types of the commands."""

import importlib.metadata
from typing import Any, Final

import msgspec

from onboardee.device.control import commands as control
from onboardee.device.control.commands import Command, Request

_NOT_SERVED: Final = ("ReadDatabase", "ReplaceDatabase", "Watch")
REFERENCE: Final = "#/components/schemas/{name}"
_TEXT: Final = {"type": "string"}
_NAMED: Final = {"type": "object", "properties": {"name": _TEXT}, "required": ["name"]}

_FAULT: Final = {
    "type": "object",
    "properties": {
        "ready": {**_TEXT, "description": "The name of a ready one."},
        "text": {**_TEXT, "description": "As `onboardee ctl fault add` takes it."},
    },
    "additionalProperties": False,
    "minProperties": 1,
    "maxProperties": 1,
}


def document() -> dict[str, Any]:
    """Return the document as JSON has it."""
    _, schemas = msgspec.json.schema_components([Request], ref_template=REFERENCE)
    served = [
        each.__name__
        for each in vars(control).values()
        if isinstance(each, type)
        and issubclass(each, Command)
        and each is not Command
        and each.__name__ not in _NOT_SERVED
    ]
    kept = {name: schema for name, schema in schemas.items() if name not in _NOT_SERVED}
    kept["Command"] = {"oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in served]}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "onboardee",
            "version": importlib.metadata.version("onboardee"),
            "description": "Devices that run: seen, touched and reset. Answers are "
            '{"ok": ...}, or {"error": "a sentence"} with a status of 400 and above.',
        },
        "paths": _paths(),
        "components": {
            "schemas": kept,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        # {}: on loopback none is needed
        "security": [{}, {"token": []}],
    }


def _paths() -> dict[str, Any]:
    device = "/api/v1/devices/{device}"
    snapshot = f"{device}/snapshots/{{snapshot}}"
    command = {"$ref": "#/components/schemas/Command"}
    paths: dict[str, Any] = {
        "/api/v1/server": {"get": _operation("Version, number of devices, whether it only shows.")},
        "/api/v1/devices": {"get": _operation("A card of each device.")},
        device: {"get": _operation("All of a device: resources with limits, inputs, faults.")},
        f"{device}/commands": {"post": _operation("Let the device do something.", command)},
        f"{device}/security": {"get": _operation("Its security resources, without secrets.")},
        f"{device}/changes": {"get": _operation("What its last steps changed in its database.")},
        f"{device}/faults": {
            "get": _operation("The faults of its protocol, and ready ones to choose from."),
            "post": _operation("Give it a fault of its protocol.", _FAULT),
        },
        f"{device}/snapshots": {
            "get": _operation("The snapshots of its database."),
            "post": _operation("Take a snapshot.", _NAMED),
        },
        f"{snapshot}/differences": {"get": _operation("What restoring it would change.")},
        f"{snapshot}/restore": {"post": _operation("Go on with it, as after a restart.")},
        "/api/v1/events": {"get": _events()},
        "/api/v1/openapi.json": {"get": _operation("This document.")},
    }
    for path, operations in paths.items():
        named = [name for name in ("device", "snapshot") if f"{{{name}}}" in path]
        if named:
            operations["parameters"] = [_in_path(name) for name in named]
    return paths


def _operation(says: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "summary": says,
        "responses": {
            "200": {"description": "Done.", "content": _json({"type": "object"})},
            "default": {
                "description": "Not done; `error` says why.",
                "content": _json({"type": "object", "properties": {"error": _TEXT}}),
            },
        },
    }
    if body is not None:
        found["requestBody"] = {"required": True, "content": _json(body)}
    return found


def _events() -> dict[str, Any]:
    found = _operation("Events as they happen, as server-sent events; `data` is JSON.")
    found["responses"]["200"]["content"] = {"text/event-stream": {"schema": _TEXT}}
    found["parameters"] = [
        _query("device", "Of this device only.", _TEXT),
        _query("trace", "1: and what crosses its border, decoded.", {"enum": ["1"]}),
    ]
    return found


def _in_path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": _TEXT}


def _query(name: str, says: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": says, "schema": schema}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
