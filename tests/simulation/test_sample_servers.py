"""The sample servers of the provisioning guide, as profiles."""

from pathlib import Path
from uuid import UUID

import pytest

from onboardee.device.security.factory import new_database
from onboardee.device.simulation.compatibility import PRESETS, Preset
from onboardee.device.simulation.profile import ProfileError, load
from onboardee.wire.entropy import SeededEntropy

SERVERS = [
    ("justworks", "6a757374-776f-726b-4465-765575696430", (0,), Preset.IOTIVITY_1_1_1),
    ("randompin", "72616e64-5069-6e44-6576-557569643030", (0, 1), Preset.IOTIVITY_1_1_1),
    ("mfg", "4d617566-6163-7475-7265-724365727430", (2,), Preset.IOTIVITY_1_2),
    ("preconfpin", "12345678-1234-1234-1234-123456789012", (0, 0xFF00), Preset.IOTIVITY_1_3),
]


@pytest.mark.parametrize(("name", "uuid", "methods", "preset"), SERVERS)
def test_each_is_as_the_guide_has_it(
    name: str, uuid: str, methods: tuple[int, ...], preset: Preset
) -> None:
    """The UUID of its database, its transfer methods, the LED, and the tools of its time."""
    profile = load(f"sampleserver-{name}")
    database = new_database(profile, SeededEntropy(name))
    assert database.doxm.device_uuid == database.permanent.original == UUID(uuid)
    assert database.doxm.methods == methods
    assert profile.compat == PRESETS[preset]
    (led,) = profile.resources
    assert (led.href, led.types) == ("/a/led", ("core.led",))
    assert set(led.properties) == {"state", "power"}
    assert profile.says["device.ready"].startswith("OCServer is starting...\n")


def test_a_uuid_that_somebody_asks_for_comes_first() -> None:
    """`run --uuid` is for one device, whatever its profile says."""
    wanted = UUID(int=7)
    profile = load("sampleserver-justworks")
    database = new_database(profile, SeededEntropy(0), device_uuid=wanted)
    assert database.doxm.device_uuid == wanted


PROFILE = """
device: {name: A, types: [oic.d.light]}
platform: {manufacturer: onboardee}
"""


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("says: {otm.pn: hello}", "there is no event otm.pn"),
        ("says: {otm.pin: 'PIN $code'}", "otm.pin does not tell code"),
        ("says: {otm.pin: '5 $ '}", "a \\$ that stands for itself is written twice"),
        ("ownership: {methods: [preconfpin]}", "preconfpin needs ownership.pin.fixed"),
    ],
)
def test_what_could_not_be_said_is_a_mistake(tmp_path: Path, line: str, sentence: str) -> None:
    """A slip in a text, or a preconfigured PIN that nobody configured, is told on loading."""
    path = tmp_path / "a.yaml"
    path.write_text(f"{PROFILE}{line}\n")
    with pytest.raises(ProfileError, match=sentence):
        load(str(path))
