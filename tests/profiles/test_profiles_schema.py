"""The JSON Schema of profile files: what editors complete and check."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from onboardee.device.simulation.catalogue import Catalogue
from onboardee.device.simulation.document import read
from onboardee.device.simulation.json_schema import profile_schema
from onboardee.device.simulation.profile import ProfileError, built_in_names, load_all

jsonschema = pytest.importorskip("jsonschema")

SCHEMA = profile_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

COMPLETE = "device: {name: x, types: [oic.d.x]}\nplatform: {manufacturer: x}\n"
RESOURCE = "resources: [{href: /x, types: [x.y], interfaces: [oic.if.a], properties: {p: %s}}]\n"


def test_the_schema_is_one() -> None:
    """It is valid itself, says of which version it is, and describes every key."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"].endswith("2020-12/schema")
    for name in (
        "Profile",
        "DeviceIdentity",
        "Platform",
        "OwnershipSettings",
        "ResourceProfile",
        "Property",
    ):
        definition = SCHEMA["$defs"][name]
        bare = [key for key, part in definition["properties"].items() if "description" not in part]
        assert not bare
        assert definition["additionalProperties"] is False


@pytest.mark.parametrize("name", built_in_names())
def test_every_built_in_profile_keeps_to_it(name: str) -> None:
    """An editor with the schema finds nothing wrong in the catalogue."""
    content = Catalogue().find(name).plain()
    assert not [error.message for error in VALIDATOR.iter_errors(content)]


@pytest.mark.parametrize(
    ("text", "is_right"),
    [
        (COMPLETE, True),
        (COMPLETE + RESOURCE % "{type: integer, initial: 1}", True),
        (COMPLETE + RESOURCE % "{type: integer}", False),
        (COMPLETE + RESOURCE % "{type: int, initial: 1}", False),
        (COMPLETE + RESOURCE % "{type: integer, initial: 1, maximun: 2}", False),
        (COMPLETE + RESOURCE % "null", False),
        (COMPLETE + "extra: 1", False),
        (COMPLETE + "resources: [{href: /x, remove: true}]", False),
        ("device: {name: x}", False),
        ("extends: light", True),
        ("extends: light\ndevice: {name: x}", True),
        ("extends: light\ndevice: {nam: x}", False),
        ("extends: light\nresources: [{href: /light/colour, remove: true}]", True),
        ("extends: light\nresources: [{remove: true}]", False),
        (
            "extends: light\nresources: [{href: /light/dimming, properties: {step: null}}]",
            True,
        ),
        ("extends: 5", False),
        ("devices: [{extends: light}, {extends: door, device: {name: x}}]", True),
        ("devices: []", False),
        ("devices: [light]", False),
        (COMPLETE + "ownership: {factory_access: [{aceid: 0}]}", False),
    ],
)
def test_schema_and_loader_agree(tmp_path: Path, text: str, is_right: bool) -> None:
    """What the one finds right or wrong the other does, too."""
    path = tmp_path / "thing.yaml"
    path.write_text(text, encoding="utf-8")
    assert VALIDATOR.is_valid(read(text, "x").plain()) is is_right
    try:
        load_all(str(path))
    except ProfileError:
        assert not is_right
    else:
        assert is_right


@pytest.mark.parametrize("name", built_in_names())
def test_readers_of_yaml_agree(name: str) -> None:
    """The catalogue means the same to readers of YAML 1.1 and 1.2."""
    text = _text(name)
    assert yaml.safe_load(text) == read(text, name).plain()


def _text(name: str) -> Any:
    return (Path(__file__).parents[2] / "profiles" / f"{name}.yaml").read_text(encoding="utf-8")
