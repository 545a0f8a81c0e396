"""Capturing a device that was not written here: IoTivity-Lite's simpleserver, as it was recorded.

The recordings are what `obt.survey` read, before anybody owned the device and as its owner.
"""

from pathlib import Path

import msgspec
import pytest

from onboardee.device.simulation.capture import captured
from onboardee.device.simulation.document import read
from onboardee.device.simulation.profile import Profile
from onboardee.obt import Survey

VECTORS = Path(__file__).parents[1] / "vectors"
OWN_UUIDS = ("di", "piid", "pi")


def recorded(name: str) -> Survey:
    """Return one recording."""
    path = VECTORS / f"captured-simpleserver-{name}.json"
    return msgspec.json.decode(path.read_bytes(), type=Survey)


def profile_of(text: str) -> Profile:
    """Return the profile that a text describes."""
    return msgspec.convert(read(text, "captured").plain(), Profile)


@pytest.mark.parametrize("name", ["unowned", "owned"])
def test_what_it_is(name: str) -> None:
    """Anybody sees what the device is and what it has."""
    survey = recorded(name)
    made = captured(survey)
    profile = profile_of(made.text)
    assert profile.device.name == "Lamp"
    assert profile.device.types == ("oic.d.light",)
    assert profile.device.spec_version == "ocf.1.0.0"
    assert profile.platform.manufacturer == "Intel"
    assert not profile.core.configuration
    light, switch = profile.resources
    assert (light.href, light.types) == ("/a/light", ("core.light", "core.brightlight"))
    assert (switch.href, switch.interfaces) == ("/binaryswitch", ("oic.if.a", "oic.if.baseline"))
    assert light.observable
    assert not light.plain
    for source in (survey.device, survey.platform):
        assert not any(str(source[each]) in made.text for each in OWN_UUIDS if each in source)
    assert "/oic/p: profiles have no x.org.iotivity.version; it is 33686800" in made.notes
    assert profile.core.paths.introspection == "/oc/wk/introspection"


def test_what_its_owner_reads() -> None:
    """The values are those of the moment; without introspection they tell their types."""
    light, switch = profile_of(captured(recorded("owned")).text).resources
    assert {name: spec.initial for name, spec in light.properties.items()} == {
        "state": False,
        "power": 1,
        "name": "John's Light",
    }
    assert light.properties["power"].type == "integer"
    assert switch.name == "Binary Switch"
    assert switch.properties["value"].initial is False
    assert not switch.properties["value"].read_only


def test_what_a_stranger_may_not_read() -> None:
    """It is named, and filled in as is usual for its type."""
    made = captured(recorded("unowned"))
    _, switch = profile_of(made.text).resources
    assert switch.properties["value"].initial is False
    refused = [
        note for note in made.notes if "could not be read (the device answered 4.01)" in note
    ]
    assert [note.split()[0] for note in refused] == ["/a/light", "/binaryswitch"]
