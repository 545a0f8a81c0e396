"""`onboardee profiles`: what people and scripts read about the catalogue."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from onboardee.device.cli import main
from onboardee.device.simulation.document import read
from onboardee.device.simulation.profile import built_in_names, load, load_all


def run(*arguments: str) -> Result:
    """Run a subcommand."""
    return CliRunner().invoke(main, ["profiles", *arguments])


def test_the_list() -> None:
    """A line for each profile: its name, its types, what it is."""
    lines = run("list").output.splitlines()
    assert [line.split()[0] for line in lines] == built_in_names()
    (thermostat,) = [line for line in lines if line.startswith("thermostat ")]
    assert "oic.d.thermostat" in thermostat
    assert "A room thermostat" in thermostat


def test_the_list_for_scripts() -> None:
    """As JSON it has the paths of the resources as well."""
    rows = {row["name"]: row for row in json.loads(run("list", "--json").output)}
    assert rows.keys() == set(built_in_names())
    assert rows["water-valve"] == {
        "name": "water-valve",
        "types": ["oic.d.watervalve"],
        "description": "A water valve",
        "resources": ["/openlevel"],
    }


@pytest.mark.parametrize("name", ["light", "camera", "bridge"])
def test_what_is_shown_is_a_profile(tmp_path: Path, name: str) -> None:
    """The output, saved, is the same device, with and without --resolved."""
    for option in ([], ["--resolved"]):
        path = tmp_path / "mine.yaml"
        path.write_text(run("show", name, *option).output, encoding="utf-8")
        assert load(str(path)) == load(name)


def test_resolving(tmp_path: Path) -> None:
    """--resolved follows extends and devices; the result stands alone."""
    variant = tmp_path / "variant.yaml"
    variant.write_text("devices:\n  - extends: fan\n  - extends: led\n", encoding="utf-8")
    resolved = run("show", str(variant), "--resolved").output
    assert "extends" not in resolved
    assert [each["device"]["name"] for each in read(resolved, "x").plain()["devices"]] == [
        "Fan",
        "LED",
    ]
    alone = tmp_path / "alone.yaml"
    alone.write_text(resolved, encoding="utf-8")
    assert load_all(str(alone)) == load_all(str(variant))
    assert run("show", str(variant)).output == variant.read_text(encoding="utf-8")


def test_checking(tmp_path: Path) -> None:
    """Each profile is named with what is in it, or with what is wrong; then the exit code is 1."""
    good = run("check", "light", "fan")
    assert good.exit_code == 0
    assert good.output.splitlines() == ["light: Light, 3 resources", "fan: Fan, 3 resources"]
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("extends: light\ndevice:\n  nam: x\n", encoding="utf-8")
    bad = run("check", str(wrong), "fan")
    assert bad.exit_code == 1
    assert "wrong.yaml, line 3: device.nam: there is no nam here; did you mean name?" in bad.output
    assert "fan: Fan, 3 resources" in bad.output
    assert "Traceback" not in bad.output
    assert run("check").exit_code == 2


def test_what_does_not_exist() -> None:
    """An unknown profile is an error in one sentence."""
    result = run("show", "lihgt")
    assert result.exit_code == 1
    assert "did you mean light?" in result.output


def test_the_schema() -> None:
    """It is JSON, for editors."""
    assert json.loads(run("schema").output)["title"] == "Profile of a simulated OCF device"


@pytest.mark.parametrize("command", [[], ["list"], ["show"], ["check"], ["schema"]])
def test_help(command: list[str]) -> None:
    """Every subcommand shows an example."""
    assert "Example: onboardee profiles" in run(*command, "--help").output
