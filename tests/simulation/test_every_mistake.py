"""`profiles check`: everything that is wrong with a file, and names that look like slips."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from onboardee.device.cli import main
from onboardee.device.simulation.checking import mistakes, official_names, strange_names
from onboardee.device.simulation.profile import built_in_names, load_all

WRONG = """\
device: {name: X, types: [oic.d.light]}
platform: {manufacturer: x}
resources:
  - href: /a
    types: [x.y]
    interfaces: [oic.if.a]
    properties:
      value: {type: boolean, initial: 5}
      other: {type: nothing, initial: 1}
      good: {type: boolean, initial: true}
  - {href: b, types: [x.y], interfaces: [oic.if.a]}
  - {href: /c, types: [x.y], interfaces: [oic.if.zz]}
  - {href: /d, typs: [x.y], interfaces: [oic.if.a]}
scenes:
  collections:
    - href: /scenes/1
      values:
        one: {/a#good: 5, /a#god: true}
        two: {/a#good: true}
      initial: thre
behaviour:
  - {kind: couple, when: {property: /scenes/1#lastScene, equals: one}, set: {/a#good: true}}
  - {kind: drift, property: /a#value, sigma: 1, every: 5 s}
  - {kind: jump}
  - {kind: drift, property: /nowhere#x, sigma: 1, every: 5 s}
"""

EXPECTED = [
    (8, "resources[0].properties.value: initial is not of type boolean"),
    (9, "resources[0].properties.other.type: nothing is not possible"),
    (11, "resources[1].href: expected text that matches"),
    (12, "resources[2].interfaces[0]: oic.if.zz is no interface of OCF"),
    (13, "resources[3].typs: there is no typs here; did you mean types?"),
    (18, "scenes.collections[0].values.one./a#god: /a#god does not exist; nearest: /a#good"),
    (20, "scenes.collections[0].initial: thre is none of the scenes"),
    (24, "behaviour[2]"),
    (25, "behaviour[3].property: /nowhere#x does not exist"),
]


def check(path: Path) -> tuple[int, list[str]]:
    """Run the command; return its exit code and all its lines."""
    result = CliRunner().invoke(main, ["profiles", "check", str(path)])
    return result.exit_code, result.output.splitlines()


def test_every_mistake_is_named_where_it_is(tmp_path: Path) -> None:
    """Each mistake has its line and its place in the file, and none follows from another."""
    file = tmp_path / "wrong.yaml"
    file.write_text(WRONG)
    code, lines = check(file)
    assert code == 1
    found = {line.partition("line ")[2].partition(":")[0]: line for line in lines}
    for number, text in EXPECTED:
        assert text in found.pop(str(number))
    assert not found


def test_what_cannot_be_read_at_all_is_one_mistake(tmp_path: Path) -> None:
    """A file that is no YAML, or is not there, is told once."""
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: [")
    for file in (broken, tmp_path / "absent.yaml"):
        assert len(mistakes(str(file))) == 1


@pytest.mark.parametrize("name", built_in_names())
def test_the_catalogue_has_no_strange_names(name: str) -> None:
    """All types of the catalogue are known, and nothing is wrong with it."""
    assert not mistakes(name)
    assert not [each for profile in load_all(name) for each in strange_names(profile)]


def test_slips_are_warnings(tmp_path: Path) -> None:
    """A type that is nearly one of OCF's is asked about; a maker's own is not."""
    file = tmp_path / "slips.yaml"
    file.write_text(
        "device: {name: X, types: [oic.d.ligth]}\n"
        "platform: {manufacturer: x}\n"
        "resources:\n"
        "  - {href: /a, types: [oic.r.switch.binry], interfaces: [oic.if.a]}\n"
        "  - {href: /b, types: [com.example.thing], interfaces: [oic.if.a]}\n"
    )
    code, lines = check(file)
    assert code == 0
    warnings = [line for line in lines if line.startswith("Warning: ")]
    assert len(warnings) == 2
    assert "device.types" in warnings[0]
    assert warnings[0].endswith("the nearest is oic.d.light")
    assert "/a" in warnings[1]
    assert warnings[1].endswith("the nearest is oic.r.switch.binary")


def test_the_names_are_those_of_the_models() -> None:
    """The list has resources and devices, and each name once."""
    names = official_names()
    assert {"oic.r.switch.binary", "oic.wk.res", "oic.d.light", "oic.r.doxm"} <= names
    assert all(name.startswith("oic.") for name in names)


def test_mistakes_move_no_cursor(tmp_path: Path) -> None:
    """What a file from somewhere says is shown in visible characters."""
    file = tmp_path / "hostile.yaml"
    file.write_text(
        'device: {name: "\\e[2Jx", types: [oic.d.light], "\\e[31m": 1}\n'
        "platform: {manufacturer: x}\n"
    )
    code, lines = check(file)
    assert code == 1
    assert lines
    assert all(line.isprintable() for line in lines)
