"""The examples of the documentation are without mistake."""

import re
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from behaviour_page import PAGE, headings, page
from behaviour_scene import make_scene

from onboardee.device.simulation import behaviour
from onboardee.device.simulation.behaviour import KINDS
from onboardee.device.simulation.profile import Profile, ProfileError, load

BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)

BOOLEAN = {"type": "boolean", "initial": False}
NUMBER = {"type": "number", "initial": 20}
PERCENT = {"type": "integer", "initial": 50, "minimum": 0, "maximum": 100}
DURATION = {"type": "string", "initial": "PT0S"}


def words(*choices: str) -> dict[str, Any]:
    """Make an enumeration."""
    return {"type": "string", "choices": list(choices), "initial": choices[0]}


PROPERTIES: dict[str, dict[str, Any]] = {
    "/openlevel": {"openLevel": PERCENT},
    "/clock": {
        "datetime": {"type": "date-time", "initial": "2026-01-01T00:00:00Z"},
        "countdown": {"type": "number", "minimum": 0, "initial": 90},
    },
    "/contact": {"value": BOOLEAN},
    "/door": {
        "openState": words("Open", "Closed"),
        "openDuration": DURATION,
        "openAlarm": BOOLEAN,
        "openings": NUMBER,
    },
    "/grinder": {"remaining": PERCENT},
    "/lock": {"lockState": words("Locked", "Unlocked")},
    "/switch": {"value": BOOLEAN},
    "/alarm": {"value": BOOLEAN},
    "/button": {"value": BOOLEAN},
    "/dock": {"value": BOOLEAN},
    "/motion": {"value": BOOLEAN},
    "/motion/props": {"silenttime": {"type": "integer", "initial": 30}},
    "/input/tv": {"value": BOOLEAN},
    "/input/hdmi": {"value": BOOLEAN},
    "/light/dimming": {"dimmingSetting": PERCENT},
    "/light/ramptime": {"rampTime": PERCENT},
    "/light/colour": {
        "rgbValue": {
            "type": "integer",
            "length": 3,
            "minimum": 0,
            "maximum": 255,
            "initial": [0, 0, 0],
        }
    },
    "/temperature/current": {"temperature": NUMBER},
    "/temperature/target": {"temperature": NUMBER},
    "/outside": {"temperature": NUMBER},
    "/illuminance": {"illuminance": NUMBER},
    "/smoke": {"measurement": NUMBER, "value": BOOLEAN},
    "/energy": {"power": NUMBER, "energy": NUMBER},
    "/mode": {"modes": {"type": "string", "length": 1, "initial": ["heat"]}},
    "/state": {
        "currentMachineState": words("idle", "active", "heating", "cooling", "error"),
        "remainingTime": DURATION,
        "progressPercentage": PERCENT,
    },
    "/pressure": {"systolic": NUMBER, "diastolic": NUMBER},
    "/room": {"temperature": NUMBER},
    "/meal": {"meal": words("fasting", "bedtime")},
    "/time": {"timestamp": {"type": "date-time", "initial": "2026-01-01T00:00:00Z"}},
    "/battery": {"charge": PERCENT, "lowbattery": BOOLEAN, "batterythreshold": PERCENT},
}
"""What the page speaks of."""

HELPERS = [{"kind": "fault", "name": "jam"}, {"kind": "input", "name": "bell"}]
"""What some of its examples refer to and do not declare themselves."""

NAMES = [str(kind.__struct_config__.tag) for kind in KINDS]


def complete(block: str) -> dict[str, Any]:
    """Make a profile around an example."""
    loaded = yaml.safe_load(block)
    entries = loaded["behaviour"] if isinstance(loaded, dict) else loaded
    declared = {(entry["kind"], entry.get("name")) for entry in entries}
    helpers = [entry for entry in HELPERS if (entry["kind"], entry["name"]) not in declared]
    return {
        "device": {"name": "Page", "types": ["oic.d.test"]},
        "platform": {"manufacturer": "onboardee"},
        "resources": [
            {"href": href, "types": ["x.test"], "interfaces": ["oic.if.a"], "properties": each}
            for href, each in PROPERTIES.items()
        ],
        "behaviour": [*entries, *helpers],
    }


@pytest.mark.parametrize("block", BLOCKS)
def test_examples_load_and_run(block: str) -> None:
    """Each can be copied into a profile, and lives a day."""
    profile = msgspec.convert(complete(block), Profile)
    if any(entry["kind"] == "code" for entry in complete(block)["behaviour"]):
        return  # it is run by the tests of programs
    scene = make_scene(profile)
    for name in scene.world.inputs:
        scene.press(name)
    scene.leap(86400)
    assert not scene.reports


def test_every_kind_has_an_example_and_a_paragraph() -> None:
    """Nothing can be declared that is not shown, and nothing is told of that does not exist."""
    kinds = set(NAMES)
    assert headings(PAGE.read_text(encoding="utf-8")).keys() == kinds
    shown = {entry["kind"] for block in BLOCKS for entry in complete(block)["behaviour"][:-2]}
    assert kinds == shown | {"fault", "input"}
    assert all(f"kind: {kind}" in "".join(BLOCKS) for kind in kinds)


def test_the_table_of_kinds_is_current() -> None:
    """It is what `python tests/simulation/behaviour_page.py` would write."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_file_of_the_kinds_is_in_the_list() -> None:
    """Who adds a kind and forgets the list hears of it here."""
    files = [each.name for each in resources.files(behaviour).iterdir()]
    written = {name.removesuffix(".py") for name in files if name.endswith(".py")}
    assert written - {"__init__"} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_slip_is_told_with_the_nearest_name(name: str, tmp_path: Path) -> None:
    """An author who mistypes a kind, or a key of it, is told what it should have been."""
    sentence = rf"behaviour\[0\].kind: {name}z is not possible; did you mean {name}\?"
    with pytest.raises(ProfileError, match=sentence):
        load(written_profile(tmp_path, f"{{kind: {name}z}}"))
    kind = KINDS[NAMES.index(name)]
    key = kind.__struct_encode_fields__[-1]
    with pytest.raises(ProfileError, match=rf"there is no {key}z here; did you mean {key}\?"):
        load(written_profile(tmp_path, f"{{kind: {name}, {key}z: 1}}"))


def written_profile(folder: Path, entry: str) -> str:
    """Write a profile with one entry and return its path."""
    path = folder / "mine.yaml"
    head = "device: {name: X, types: [oic.d.light]}\nplatform: {manufacturer: x}\n"
    path.write_text(f"{head}behaviour:\n  - {entry}\n", encoding="utf-8")
    return str(path)
