"""The settings that make a device behave as older ones did."""

from pathlib import Path

import pytest

from onboardee.device.access.concessions import NO_CONCESSIONS
from onboardee.device.cli.run import PRESETS as NAMES
from onboardee.device.security.factory import new_database
from onboardee.device.simulation.compatibility import PRESETS, Compatibility, Preset
from onboardee.device.simulation.profile import ProfileError, load
from onboardee.wire.entropy import SeededEntropy

PROFILE = """
device: {name: Old light, types: [oic.d.light]}
platform: {manufacturer: onboardee}
"""


def written(folder: Path, compat: str) -> str:
    """Write a profile with this line, and return its path."""
    path = folder / "old.yaml"
    path.write_text(f"{PROFILE}compat: {compat}\n")
    return str(path)


def test_all_of_it_is_off_by_default() -> None:
    """A profile that does not ask gets nothing of older devices."""
    assert load("light").compat == Compatibility()
    assert not any((Compatibility().anonymous_doxm, Compatibility().oic_1_1))


def test_a_name_stands_for_settings(tmp_path: Path) -> None:
    """`compat: oic-1.1` is short for what tools of that time need."""
    assert load(written(tmp_path, "oic-1.1")).compat == PRESETS[Preset.OIC_1_1]


@pytest.mark.parametrize("preset", Preset)
def test_each_preset_has_a_name(preset: Preset, tmp_path: Path) -> None:
    """A profile names what people have, and gets the settings that belong to it."""
    assert load(written(tmp_path, preset)).compat == PRESETS[preset]


def test_the_command_line_knows_the_same_names() -> None:
    """`run --compat` takes each preset, and nothing else."""
    assert tuple(NAMES) == tuple(Preset)


def test_ocf_is_the_default() -> None:
    """The preset of today's tools grants nothing."""
    assert PRESETS[Preset.OCF] == Compatibility()
    assert Compatibility().concessions == NO_CONCESSIONS


WEAKER = ("anonymous_doxm", "anonymous_entries", "owner_wildcard", "operation_mode_3")


@pytest.mark.parametrize("setting", WEAKER)
def test_auto_has_nothing_that_everybody_gets(setting: str) -> None:
    """What no request has asked for is not served by `auto`."""
    assert not getattr(PRESETS[Preset.AUTO], setting)


def test_settings_are_given_one_by_one(tmp_path: Path) -> None:
    """A map sets what it names."""
    text = "{oic_1_1: true, reconnect_limit: 5, security_version: 1.1.1}"
    wanted = Compatibility(oic_1_1=True, reconnect_limit=5, security_version="1.1.1")
    assert load(written(tmp_path, text)).compat == wanted


@pytest.mark.parametrize(
    "text", ["oic-1.0", "{oic_1_2: true}", "{reconnect_limit: 0}", "{reconnect_limit: 121}", "7"]
)
def test_what_is_no_setting_is_refused(tmp_path: Path, text: str) -> None:
    """An unknown name, an unknown key and a limit beyond its bounds are mistakes."""
    with pytest.raises(ProfileError, match="compat"):
        load(written(tmp_path, text))


def test_the_factory_opens_discovery_to_everybody(tmp_path: Path) -> None:
    """Devices of OIC 1.1 are found when they are owned, too; others keep their entries."""
    old = new_database(load(written(tmp_path, "oic-1.1")), SeededEntropy(0))
    (entry,) = old.acl2.entries
    hrefs = [resource.href for resource in entry.resources]
    assert hrefs == ["/oic/res", "/oic/d", "/oic/p", "/oic/sec/ver"]
    assert entry.permission == 2
    assert new_database(load("light"), SeededEntropy(0)).acl2.entries == ()


def test_entries_of_the_profile_take_their_place(tmp_path: Path) -> None:
    """A profile that says who may do what at first is believed."""
    path = Path(written(tmp_path, "oic-1.1"))
    access = (
        "ownership: {factory_access: [{aceid: 7, subject: {conntype: anon-clear},"
        " resources: [{href: /oic/res}], permission: 2}]}\n"
    )
    path.write_text(path.read_text() + access)
    entries = new_database(load(str(path)), SeededEntropy(0)).acl2.entries
    assert [entry.aceid for entry in entries] == [7]
