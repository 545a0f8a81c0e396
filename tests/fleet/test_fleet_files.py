"""Fleet files: which devices they describe, and what is said of mistakes."""

import json
from pathlib import Path
from uuid import UUID

import jsonschema
import pytest

from onboardee.device.fleet.expanding import FleetDevice
from onboardee.device.fleet.loading import is_fleet, load_fleet
from onboardee.device.fleet.model import Fleet
from onboardee.device.simulation.catalogue import Catalogue
from onboardee.device.simulation.compatibility import PRESETS, Preset
from onboardee.device.simulation.json_schema import described_schema
from onboardee.device.simulation.profile import OwnerTransferMethod, ProfileError
from onboardee.svrdb.seed import uuid_from_seed


def _file(folder: Path, text: str) -> str:
    path = folder / "fleet.yaml"
    path.write_text(text)
    return str(path)


def _devices(folder: Path, text: str) -> list[FleetDevice]:
    return load_fleet(_file(folder, text)).devices


def test_a_group_is_so_many_devices_of_a_profile(tmp_path: Path) -> None:
    """Names, titles, serial numbers, UUIDs and seeds have the number of the device in them."""
    first, *_, last = _devices(
        tmp_path,
        """\
        groups:
        - profile: light
          count: 12
          name: "lamp-{n:3}"
          title: "Lamp {n}"
          serial: "L{n:4}"
          uuid_seed: "office lamp {n}"
          seed: "s{n}"
        """,
    )
    assert (first.name, last.name) == ("lamp-001", "lamp-012")
    assert last.profile.device.name == "Lamp 12"
    assert last.profile.platform.serial_number == "L0012"
    assert last.uuid == uuid_from_seed("office lamp 12")
    assert last.seed == "s12"


def test_what_is_not_said_is_that_of_the_profile(tmp_path: Path) -> None:
    """One device is called as its profile, several have a number."""
    alone, one, two = _devices(tmp_path, "groups: [{profile: door}, {profile: light, count: 2}]")
    assert (alone.name, one.name, two.name) == ("door", "light-1", "light-2")
    assert two.profile.device.name.endswith(" 2")
    assert (alone.uuid, alone.seed, alone.profile.faults, alone.churn) == (None, None, (), None)
    assert alone.starts_at == 0


def test_a_group_changes_what_its_devices_have_in_common(tmp_path: Path) -> None:
    """Methods, PIN, preset and faults; and equal parts are there once."""
    one, two = _devices(
        tmp_path,
        """\
        groups:
        - profile: light
          count: 2
          otm: [rdp]
          pin: "12345678"
          compat: iotivity-1.3
          faults: ["drop at=credential"]
        """,
    )
    assert one.profile.ownership.methods == (OwnerTransferMethod.RANDOM_PIN,)
    assert one.profile.ownership.pin.fixed == "12345678"
    assert one.profile.compat == PRESETS[Preset.IOTIVITY_1_3]
    assert len(one.profile.faults) == 1
    assert one.profile.resources is two.profile.resources
    assert one.profile.ownership is two.profile.ownership


def test_profiles_by_path_are_found_beside_the_fleet_file(tmp_path: Path) -> None:
    """Whatever the working directory is."""
    (tmp_path / "mine.yaml").write_text("extends: light\ndevice: {name: Mine}\n")
    (device,) = _devices(tmp_path, "groups: [{profile: ./mine.yaml}]")
    assert device.name == "mine"
    assert device.profile.device.name == "Mine"


@pytest.mark.parametrize(
    ("start", "times"),
    [
        ("{}", [0, 0, 0, 0]),
        ("{after: 5}", [5, 5, 5, 5]),
        ("{over: 8}", [0, 2, 4, 6]),
        ("{over: 8, after: 1}", [1, 3, 5, 7]),
        ("{waves: 3, every: 10}", [0, 0, 0, 10]),
    ],
)
def test_devices_start_at_once_spread_or_in_waves(
    tmp_path: Path, start: str, times: list[float]
) -> None:
    """In seconds after the fleet."""
    found = _devices(tmp_path, f"groups: [{{profile: light, count: 4, start: {start}}}]")
    assert [each.starts_at for each in found] == times


MISTAKES = {
    "groups: []": "line 1: groups: ",
    "groups: [{profile: light, cuont: 2}]": "line 1: groups[0].cuont: there is no cuont here; did"
    " you mean count?",
    "groups:\n- {profile: light, count: 0}": "line 2: groups[0].count: ",
    "groups:\n- profile: ligth": "line 2: groups[0].profile: there is no built-in profile 'ligth'",
    "groups:\n- {profile: light, count: 2, name: lamp}": "line 2: groups[0].name: there are",
    "groups:\n- {profile: light, name: 'a{m}'}": "line 2: groups[0].name: in braces stands n",
    "groups:\n- {profile: light, name: 'a b'}": "line 2: groups[0].name: a b is no name",
    "groups:\n- {profile: light, name: '../b'}": "line 2: groups[0].name: ../b is no name",
    "groups:\n- {profile: light, name: a}\n- {profile: door, name: a}": "line 3: groups[1].name:"
    " group 1 of the file has a device a, too",
    "groups:\n- {profile: light, otm: [mfgcert]}": "line 2: groups[0].otm: the method mfgcert",
    "groups:\n- profile: light\n  faults: [drop, 'dorp at=x']": "line 3: groups[0].faults[",
    "groups:\n- {profile: light, uuid_seed: short}": "line 2: groups[0].uuid_seed: ",
    "groups:\n- {profile: light, start: {over: 1, waves: 2, every: 1}}": "groups[0].start",
    "groups:\n- {profile: light, start: {waves: 2}}": "groups[0].start",
    "groups:\n- {profile: light, churn: {every: 0}}": "groups[0].churn.every: ",
    "groups:\n- {profile: light, count: 100000}\n- {profile: door}": "at most 100000 devices",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_told_with_its_line_and_place(tmp_path: Path, text: str) -> None:
    """And with what would have been right, where that can be known."""
    with pytest.raises(ProfileError) as raised:
        _devices(tmp_path, text)
    assert MISTAKES[text] in str(raised.value)


def test_a_fleet_file_is_told_from_a_profile(tmp_path: Path) -> None:
    """By its groups; a built-in profile is none."""
    profile = tmp_path / "mine.yaml"
    profile.write_text("extends: light\n")
    assert is_fleet(_file(tmp_path, "groups: [{profile: light}]"), Catalogue())
    assert not is_fleet(str(profile), Catalogue())
    assert not is_fleet("light", Catalogue())


def test_the_schema_accepts_what_the_program_does() -> None:
    """And says what each key means, as editors show it."""
    schema = described_schema(Fleet)
    validate = jsonschema.Draft202012Validator(schema).validate
    validate({"groups": [{"profile": "light", "count": 3, "start": {"over": 3}}]})
    with pytest.raises(jsonschema.ValidationError):
        validate({"groups": [{"profile": "light", "cuont": 3}]})
    keys = schema["$defs"]["Group"]["properties"]
    assert all("description" in each for each in keys.values()), json.dumps(keys)


def test_uuids_of_a_seed_are_those_of_the_command_line(tmp_path: Path) -> None:
    """`--uuid-seed` with the same text makes the same one."""
    (device,) = _devices(tmp_path, "groups: [{profile: light, uuid_seed: 'office lamp 1'}]")
    assert isinstance(device.uuid, UUID)
    assert device.uuid == uuid_from_seed("office lamp 1")
