"""Profiles made from others: extending, removing, several devices in one file."""

from pathlib import Path

import pytest

from onboardee.device.simulation.profile import ProfileError, load, load_all
from onboardee.device.simulation.variants import MAX_BASES


def written(folder: Path, text: str, name: str = "thing") -> str:
    """Write a profile, return its path."""
    path = folder / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_variant_in_three_lines(tmp_path: Path) -> None:
    """What a variant does not mention is as in the profile that it extends."""
    path = written(tmp_path, "extends: light\ndevice: {name: Desk}\nownership: {methods: [rdp]}\n")
    variant, base = load(path), load("light")
    assert variant.device.name == "Desk"
    assert variant.ownership.methods == ("rdp",)
    assert variant.device.types == base.device.types
    assert variant.resources == base.resources


def test_resources_are_merged_by_path(tmp_path: Path) -> None:
    """One is changed, one removed, one added; the order of the others stays."""
    path = written(
        tmp_path,
        """
extends: light
resources:
  - href: /light/dimming
    name: Level
    interfaces: [oic.if.baseline]
    properties:
      dimmingSetting: {maximum: 80, initial: 40}
      range: {initial: [0, 80]}
      step: null
  - {href: /light/colour, remove: true}
  - {href: /more, types: [x.more], interfaces: [oic.if.a], properties: {}}
""",
    )
    resources = {resource.href: resource for resource in load(path).resources}
    assert list(resources) == ["/light/switch", "/light/dimming", "/more"]
    dimming = resources["/light/dimming"]
    assert dimming.interfaces == ("oic.if.baseline",)
    assert dimming.name == "Level"
    assert dimming.properties.keys() == {"dimmingSetting", "range"}
    setting = dimming.properties["dimmingSetting"]
    assert (setting.minimum, setting.maximum, setting.initial) == (0, 80, 40)


def test_bases_are_found_from_the_file_that_names_them(tmp_path: Path) -> None:
    """A path is relative to the file in which it stands, through any number of files."""
    written(tmp_path, "extends: light\nplatform: {model: One}", "bases/one")
    written(tmp_path, "extends: ./one.yaml\nplatform: {os_version: '2'}", "bases/two")
    platform = load(written(tmp_path, "extends: bases/two.yaml")).platform
    assert (platform.manufacturer, platform.model, platform.os_version) == ("onboardee", "One", "2")


def test_several_devices(tmp_path: Path) -> None:
    """Each entry is a device; what stands beside the list holds for all that do not say else."""
    path = written(
        tmp_path,
        """
extends: light
platform: {manufacturer: House}
devices:
  - device: {name: Hall}
  - device: {name: Stairs}
    platform: {model: Bright}
  - extends: door
  - {}
""",
    )
    hall, stairs, door, plain = load_all(path)
    assert [each.device.name for each in (hall, stairs, door, plain)] == [
        "Hall",
        "Stairs",
        "Front door",
        "Light",
    ]
    assert {each.platform.manufacturer for each in (hall, stairs, door, plain)} == {"House"}
    assert stairs.platform.model == "Bright"
    assert "/openlevel" in {resource.href for resource in door.resources}
    assert all(one is other for one, other in zip(hall.resources, stairs.resources, strict=True)), (
        "equal resources are one object"
    )
    with pytest.raises(ProfileError, match="describes 4 devices, and one is needed here"):
        load(path)


def test_one_device_in_a_list(tmp_path: Path) -> None:
    """A list of one can be loaded like a profile of its own."""
    assert load(written(tmp_path, "devices: [{extends: fan}]")).device.name == "Fan"
    assert load_all("light") == (load("light"),)


def test_a_line_in_the_base_is_named(tmp_path: Path) -> None:
    """A mistake is shown in the file in which it was made."""
    written(tmp_path, "extends: light\n\nplatform:\n  modell: x\n", "base")
    with pytest.raises(ProfileError, match=r"base\.yaml, line 4: platform\.modell.*model\?"):
        load(written(tmp_path, "extends: ./base.yaml\ndevice: {name: x}\n"))


def test_certificates_are_found_from_the_base(tmp_path: Path) -> None:
    """The paths of a base's certificates stay relative to the base."""
    written(
        tmp_path,
        "extends: light\nownership: {manufacturer: {chain: c.pem, key: k.pem}}",
        "maker/base",
    )
    with pytest.raises(ProfileError, match=r"cannot read .*/maker/c\.pem"):
        load(written(tmp_path, "extends: maker/base.yaml"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("extends: lihgt", "line 1: there is no built-in profile 'lihgt'; did you mean light?"),
        ("extends: ./gone.yaml", "line 1: cannot read the profile"),
        ('extends: "./a\\0.yaml"', "line 1: cannot read the profile"),
        ("extends: [light]", "line 1: extends is the name of a profile"),
        ("extends: ./thing.yaml", "extend each other in a cycle"),
        ("extends: ./other.yaml", "extend each other in a cycle"),
        ("extends: ./many.yaml", "has several devices, and one is needed to extend it"),
        ("devices: []", "devices is a list of 1 to"),
        ("devices: light", "devices is a list of 1 to"),
        ("devices:\n  - light", "line 2: a device of the list is a map"),
        ("devices:\n  - {devices: []}", "line 2: a device of the list has no devices"),
        (
            "extends: light\nresources:\n  - {href: /light/swich, remove: true}",
            "line 3: the base has no resource /light/swich to remove; did you mean /light/switch?",
        ),
        ("extends: light\nresources:\n  - {name: x}", "line 3: a resource of a variant needs"),
        ("extends: light\nresources: 5", "line 2: resources: expected a list"),
        ("extends: light\nplatform: null", "platform is missing"),
        (
            "extends: light\nresources:\n  - {href: /new, types: [x.new]}",
            "resources[3]: interfaces is missing",
        ),
    ],
)
def test_mistakes(tmp_path: Path, text: str, message: str) -> None:
    """One sentence says what cannot be followed, and where it stands."""
    written(tmp_path, "extends: ./thing.yaml", "other")
    written(tmp_path, "devices: [{extends: light}, {extends: fan}]", "many")
    with pytest.raises(ProfileError) as caught:
        load_all(written(tmp_path, text))
    assert "thing.yaml" in str(caught.value)
    assert message in str(caught.value)


def test_too_long_a_chain(tmp_path: Path) -> None:
    """Bases are followed so far and no further."""
    written(tmp_path, "extends: light", "p0")
    for number in range(1, MAX_BASES + 3):
        written(tmp_path, f"extends: ./p{number - 1}.yaml", f"p{number}")
    assert load(str(tmp_path / f"p{MAX_BASES - 1}.yaml")).device.name == "Light"
    with pytest.raises(ProfileError, match="extend each other"):
        load(str(tmp_path / f"p{MAX_BASES + 2}.yaml"))
