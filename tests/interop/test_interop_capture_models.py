"""OCF's published descriptions as the introspection of devices: how they write, not how we do."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from data_models import MODELS, document, needs_models

from onboardee.device.simulation.capture import captured
from onboardee.device.simulation.document import read
from onboardee.device.simulation.profile import Profile
from onboardee.obt import Found, Survey

FILES = sorted(MODELS.joinpath("IoTDataModels").rglob("*.swagger.json"))
INTERFACES = ["oic.if.a", "oic.if.baseline"]


def examples(path: Path) -> dict[str, Any]:
    """Return by path what resources show in the examples that a document gives."""
    found: dict[str, Any] = {}
    for key, item in document(path)["paths"].items():
        answer = item.get("get", {}).get("responses", {}).get("200", {}).get("x-example")
        if isinstance(answer, dict):
            found[key.partition("?")[0]] = answer
    return found


@needs_models
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.partition(".")[0])
def test_a_published_model(path: Path) -> None:
    """A device that shows the example and describes itself so is captured with that value."""
    bodies = examples(path)
    survey = Survey(
        links=[{"href": href, "rt": ["x.test"], "if": INTERFACES} for href in bodies],
        device={"n": "Test", "rt": ["oic.d.light"]},
        platform={"mnmn": "Tester"},
        introspection=document(path),
        resources={href: Found(body=body, secured=True) for href, body in bodies.items()},
    )
    made = captured(survey)
    profile = msgspec.convert(read(made.text, "captured").plain(), Profile)
    assert [each.href for each in profile.resources] == list(bodies)
    for resource in profile.resources:
        for name, spec in resource.properties.items():
            left_out = any(f"#{name}" in note for note in made.notes)
            assert left_out or spec.initial == _tuples(bodies[resource.href][name])


def _tuples(value: Any) -> Any:
    """Return a value as profiles keep it."""
    if isinstance(value, list):
        return tuple(_tuples(each) for each in value)
    if isinstance(value, dict):
        return {name: _tuples(each) for name, each in value.items()}
    return value
