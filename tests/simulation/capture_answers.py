"""What devices might have said, for tests of what is made of it."""

from dataclasses import dataclass, field
from typing import Any

from onboardee.device.simulation.capture import captured
from onboardee.device.simulation.document import read

LINK = {"href": "/x", "rt": ["x.test"], "if": ["oic.if.a", "oic.if.baseline"], "p": {"bm": 3}}
ABSENT = object()


@dataclass(frozen=True)
class One:
    """The reading of one resource."""

    body: Any = None
    refusal: str | None = None
    secured: bool = True


@dataclass(frozen=True)
class Seen:
    """A device with little to say."""

    resources: dict[str, One]
    introspection: dict[str, Any] | None = None
    links: list[Any] = field(default_factory=lambda: [LINK])
    device: dict[str, Any] = field(default_factory=lambda: {"n": "Test", "rt": ["oic.d.light"]})
    platform: dict[str, Any] = field(default_factory=lambda: {"mnmn": "Tester"})
    notes: tuple[str, ...] = ()


def described(
    get: dict[str, Any] | None, post: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """Return a document that describes the properties of /x."""
    item: dict[str, Any] = {}
    if get is not None:
        schema = {"type": "object", "properties": get}
        item["get"] = {"responses": {"200": {"schema": schema}}}
    if post is not None:
        schema = {"type": "object", "properties": post, "required": more.pop("required", [])}
        item["post"] = {"parameters": [{"name": "body", "in": "body", "schema": schema}]}
    return {"paths": {"/x": item}, **more}


def made(seen: Seen) -> tuple[list[dict[str, Any]], str]:
    """Return the resources of the profile, and what is said about it."""
    result = captured(seen)
    resources: list[dict[str, Any]] = read(result.text, "test").plain()["resources"]
    return resources, "\n".join(result.notes)
