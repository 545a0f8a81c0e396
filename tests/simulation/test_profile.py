"""Profiles: what a file may say, and what a mistake in one is answered with."""

from pathlib import Path

import pytest

from device.simulation.profile import ProfileError, built_in_names, load

MINIMAL = """
device: {name: Thing, types: [oic.d.thing]}
platform: {manufacturer: me}
"""
RESOURCE = """
resources:
  - href: /x
    types: [x.thing]
    interfaces: [oic.if.a]
    properties: {value: {type: integer, initial: 1, maximum: 5}}
"""
ACCESS = """
ownership:
  factory_access:
    - {aceid: 1, subject: {uuid: "11111111-2222-4333-8444-555555555555"},
       resources: [{href: /x}], permission: 2}
"""


def written(tmp_path: Path, text: str) -> str:
    """Write a profile, return its path."""
    path = tmp_path / "thing.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("name", built_in_names())
def test_the_built_in_profiles_load(name: str) -> None:
    """Each comes with a name, a type and a manufacturer."""
    profile = load(name)
    assert profile.device.name
    assert profile.device.types
    assert profile.platform.manufacturer


def test_a_profile_from_a_file(tmp_path: Path) -> None:
    """Two sections are enough, and everything else has a default."""
    profile = load(written(tmp_path, MINIMAL + RESOURCE + ACCESS))
    assert profile.device.name == "Thing"
    assert profile.resources[0].properties["value"].initial == 1
    assert profile.ownership.factory_access[0].aceid == 1
    assert load(written(tmp_path, MINIMAL)).resources == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Expected `object`"),
        ("a: [", "is not YAML"),
        ("- 1", "Expected `object`"),
        ("device: {}", "name"),
        (MINIMAL + "extra: 1", "extra"),
        (MINIMAL.replace("Thing", '""'), "device.name"),
        (MINIMAL + RESOURCE.replace("/x", "x"), "href"),
        (MINIMAL + RESOURCE.replace("/x", "/oic/x"), "belongs to the device itself"),
        (MINIMAL + RESOURCE.replace("/x", "/.well-known/core"), "belongs to the device itself"),
        (MINIMAL + RESOURCE + "".join(RESOURCE.splitlines(keepends=True)[2:]), "two resources"),
        (MINIMAL + RESOURCE.replace("initial: 1", "initial: 6"), "outside"),
        (MINIMAL + RESOURCE.replace("integer", "int"), "type"),
        (MINIMAL + "ownership: {methods: []}", "methods"),
        (MINIMAL + "ownership: {methods: [magic]}", "methods"),
        (MINIMAL + "ownership: {reset_delay: -1}", "reset_delay"),
        (MINIMAL + ACCESS.replace("11111111-2222", "nobody"), "names nobody"),
        (
            MINIMAL + ACCESS.replace("11111111-2222-4333-8444-555555555555", str(0) * 32),
            "names nobody",
        ),
        (MINIMAL + ACCESS.replace("permission: 2", "permission: 32"), "permission"),
        (
            MINIMAL + ACCESS + "".join(ACCESS.splitlines(keepends=True)[3:]),
            "aceid 1",
        ),
    ],
)
def test_mistakes(tmp_path: Path, text: str, message: str) -> None:
    """One error, naming the file and the place."""
    with pytest.raises(ProfileError, match=message) as caught:
        load(written(tmp_path, text))
    assert "thing.yaml" in str(caught.value)


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    """Octets that are no UTF-8 are a profile error as well."""
    path = tmp_path / "thing.yaml"
    path.write_bytes(b"\xff\xfe\xfd")
    with pytest.raises(ProfileError, match="not UTF-8"):
        load(str(path))


def test_a_name_that_is_not_built_in() -> None:
    """A near name is suggested, and how to name a file."""
    with pytest.raises(ProfileError, match=r"light\?.*\./ligth\.yaml"):
        load("ligth")
    with pytest.raises(ProfileError, match="cannot read"):
        load("./missing.yaml")
