"""Profiles: what a file may say, and what a mistake in one is answered with."""

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onboardee.device.security.factory import new_database, reset_database
from onboardee.device.simulation.document import read
from onboardee.device.simulation.profile import ProfileError, built_in_names, load, load_all
from onboardee.wire.entropy import SeededEntropy

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
KEY = """
ownership:
  factory_credentials:
    - {credid: 3, credtype: 1, subjectuuid: "11111111-2222-4333-8444-555555555555",
       privatedata: {data: MDEyMzQ1Njc4OWFiY2RlZg==, encoding: oic.sec.encoding.raw}}
"""


def written(tmp_path: Path, text: str, name: str = "thing") -> str:
    """Write a profile, return its path."""
    path = tmp_path / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("name", built_in_names())
def test_the_built_in_profiles_load(name: str) -> None:
    """Each comes with a name, a type and a manufacturer."""
    profile = load(name)
    assert profile.device.name
    assert profile.device.types
    assert profile.platform.manufacturer


def test_a_small_profile(tmp_path: Path) -> None:
    """Two sections are enough, and everything else has a default."""
    profile = load(written(tmp_path, MINIMAL + RESOURCE + ACCESS))
    assert profile.device.name == "Thing"
    assert profile.resources[0].properties["value"].initial == 1
    assert profile.ownership.factory_access[0].aceid == 1
    assert load(written(tmp_path, MINIMAL)).resources == ()


def test_credentials_of_the_factory(tmp_path: Path) -> None:
    """A device has them from the start, and again after a reset."""
    profile = load(written(tmp_path, MINIMAL + KEY))
    entropy = SeededEntropy(0)
    fresh = new_database(profile, entropy)
    (credential,) = fresh.cred.credentials
    assert credential.private
    assert credential.private.data == b"0123456789abcdef"
    assert reset_database(fresh, entropy).cred == fresh.cred


def test_devices_of_a_profile_share_it() -> None:
    """A built-in profile is read once, however many devices are made of it."""
    assert load("light") is load("light")


def property_of(text: str) -> str:
    """Make a profile with one property."""
    return MINIMAL + RESOURCE.replace("{type: integer, initial: 1, maximum: 5}", text)


VERSIONED = MINIMAL.replace("name: Thing", "name: Thing, software_version: 1.0.0")
UPDATES = "software_update: {packages: [{version: 2.0.0}]}\n"
FAILURE = (
    UPDATES.replace("}]}", "}], failures: [{what: signature, fault: forget}]}")
    + "behaviour: [{kind: fault, name: forged}]\n"
)

MISTAKES = [
    ("", 1, "expected a map, got nothing"),
    ("- 1", 1, "expected a map, got a list"),
    ("a: }", 1, "this is not YAML"),
    ("device: {}", 1, "device: name is missing"),
    (MINIMAL + "zzzzzz: 1", 4, "zzzzzz: there is no zzzzzz here; known here:"),
    (MINIMAL + "ownershp: {}", 4, "ownershp: there is no ownershp here; did you mean ownership?"),
    (MINIMAL + "device: {}", 4, "device stands here again; it is already in line 2"),
    (MINIMAL.replace("Thing", '""'), 2, "device.name: expected text of length >= 1"),
    (MINIMAL.replace("Thing", "5"), 2, "device.name: expected text, got a whole number"),
    (MINIMAL + RESOURCE.replace("/x", "x"), 6, "resources[0].href: expected text that matches ^/"),
    (MINIMAL + RESOURCE.replace("/x", "/oic/x"), 6, "belongs to the device itself"),
    (MINIMAL + RESOURCE.replace("/x", "/.well-known/core"), 6, "belongs to the device itself"),
    (
        MINIMAL + RESOURCE.replace("/x", "/x/../y"),
        6,
        "resources[0].href: /x/../y has a part . or ..",
    ),
    (
        MINIMAL + RESOURCE + "".join(RESOURCE.splitlines(keepends=True)[2:]),
        10,
        "resources[1].href: two resources have the path /x",
    ),
    (
        MINIMAL + RESOURCE.replace("if.a", "if.actuator"),
        8,
        "resources[0].interfaces[0]: oic.if.actuator is no interface of OCF",
    ),
    (MINIMAL + RESOURCE.replace("if.a", "if.baselin"), 8, "did you mean oic.if.baseline?"),
    (MINIMAL + RESOURCE.replace("[x.thing]", "[x.a, x.a]"), 7, "one name stands here twice"),
    (
        MINIMAL + RESOURCE + "    links: [/x]\n",
        10,
        "resources[0].links[0]: /x is no other resource of this device",
    ),
    (
        MINIMAL + RESOURCE.replace("maximum", "maximun"),
        9,
        "resources[0].properties.value.maximun: there is no maximun here; did you mean maximum?",
    ),
    (
        MINIMAL + RESOURCE.replace("integer", "int"),
        9,
        "resources[0].properties.value.type: int is not possible; did you mean integer?",
    ),
    (MINIMAL + UPDATES.replace("version: 2", "versoin: 2"), 4, "did you mean version?"),
    (MINIMAL + UPDATES, 4, "software_update.shows[0]: device has no software_version"),
    (MINIMAL + UPDATES.replace("}]}", "}], packages: []}"), 4, "stands here again"),
    (VERSIONED + "software_update: {packages: []}", 4, "expected a list of length >= 1"),
    (VERSIONED + UPDATES.replace("}]}", "}], path: /oic/swu}"), 4, "place of something else"),
    (VERSIONED + UPDATES.replace("}]}", "}], path: /x}") + RESOURCE, 4, "have the path /x"),
    (VERSIONED + UPDATES.replace("}]}", "}], download: 5 m}"), 4, "software_update.download"),
    (VERSIONED + FAILURE.replace("signature", "signatur"), 4, "did you mean signature?"),
    (
        VERSIONED + FAILURE,
        4,
        "failures[0].fault: there is no fault forget in behaviour; did you mean forged?",
    ),
    (property_of("{type: integer}"), 9, "properties.value: initial is missing"),
    (property_of("{type: integer, initial: 1, step: 0}"), 9, "value.step: expected a number > 0"),
    (MINIMAL + "ownership: {methods: []}", 4, "ownership.methods: expected a list of length >= 1"),
    (MINIMAL + "ownership: {methods: [magic]}", 4, "known here: jw, mfgcert, preconfpin, rdp"),
    (MINIMAL + "ownership: {methods: [mfgcert]}", 4, "needs ownership.manufacturer"),
    (MINIMAL + "ownership: {reset_delay: -1}", 4, "reset_delay: expected a number >= 0"),
    (MINIMAL + ACCESS.replace("11111111-2222", "nobody"), 6, "names nobody"),
    (MINIMAL + ACCESS.replace("11111111-2222-4333-8444-555555555555", "0" * 32), 6, "names nobody"),
    (MINIMAL + ACCESS.replace("permission: 2", "permission: 32"), 8, "permission"),
    (MINIMAL + ACCESS + "".join(ACCESS.splitlines(keepends=True)[3:]), 6, "aceid 1"),
    (MINIMAL + ACCESS.replace("/x}]", "/x}], validity: [{period: x}]"), 8, "validity"),
    (MINIMAL + KEY + "".join(KEY.splitlines(keepends=True)[3:]), 6, "factory_credentials"),
    (MINIMAL + KEY.replace("MDEyMzQ1", ""), 6, "factory_credentials"),
]


@pytest.mark.parametrize(("text", "line", "message"), MISTAKES)
def test_mistakes(tmp_path: Path, text: str, line: int, message: str) -> None:
    """One sentence names the file, the line, the place, and what would have been right."""
    with pytest.raises(ProfileError) as caught:
        load(written(tmp_path, text))
    assert f"thing.yaml, line {line}: " in str(caught.value)
    assert message in str(caught.value)
    assert "`" not in str(caught.value)
    assert "\n" not in str(caught.value)


CONTRADICTIONS = [
    ("{type: integer, initial: 6, maximum: 5}", "initial is above 5"),
    ("{type: string, initial: '', minimum: 5}", "minimum, maximum and step are for numbers"),
    ("{type: integer, initial: 1, pattern: x}", "pattern and max_length are for type string"),
    ("{type: boolean, initial: true, choices: [a]}", "choices are for numbers and texts"),
    ("{type: string, initial: x, pattern: '['}", "pattern is no regular expression"),
    ("{type: integer, initial: 3, minimum: 4, maximum: 2}", "the maximum is below the minimum"),
    ("{type: integer, initial: [], length: 1, max_items: 2}", "either a length or max_items"),
    ("{type: integer, initial: [], min_items: 1}", "min_items needs max_items"),
    ("{type: integer, initial: 1, unique: true}", "unique is for arrays"),
    ("{type: string, initial: a, choices: [a], writable_choices: [b]}", "some of the choices"),
    ("{type: object, initial: {}}", "an object needs fields"),
    ("{type: string, initial: a, fields: {a: {type: string}}}", "fields are for type object"),
    ("{type: object, initial: {}, fields: {a: {type: string}}}", "initial lacks a"),
    ("{type: object, initial: {a: x, b: x}, fields: {a: {type: string}}}", "initial has b"),
    ("{type: integer, initial: 1, read_only: true, required_in_update: true}", "read-only"),
    ("{type: date-time, initial: 2026-06-01}", "initial is not of type date-time"),
]


@pytest.mark.parametrize(("text", "message"), CONTRADICTIONS)
def test_contradictions_in_a_property(tmp_path: Path, text: str, message: str) -> None:
    """What cannot be meant is refused when the profile is loaded, not when a client writes."""
    with pytest.raises(ProfileError) as caught:
        load(written(tmp_path, property_of(text)))
    assert "line 9: resources[0].properties.value" in str(caught.value)
    assert message in str(caught.value)


def test_the_culprit_among_many_properties(tmp_path: Path) -> None:
    """The error names the property, also where others are right."""
    text = MINIMAL + RESOURCE.replace(
        "{value: {type: integer, initial: 1, maximum: 5}}",
        "\n      a: {type: integer, initial: 1}\n      b:\n        type: integer\n"
        "        initial: 1\n        fields: {x: {type: text}}\n"
        "      c: {type: integer, initial: 1}",
    )
    with pytest.raises(ProfileError, match=r"line 14: resources\[0\]\.properties\.b\.fields\.x"):
        load(written(tmp_path, text))


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
    with pytest.raises(ProfileError, match="profiles list"):
        load("qqqqq")
    with pytest.raises(ProfileError, match="cannot read"):
        load("./missing.yaml")


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_any_text_is_a_document_or_refused(text: str | bytes) -> None:
    """Nothing but `ProfileError` comes out, whatever the file holds."""
    try:
        read(text if isinstance(text, str) else text.decode("latin-1"), "thing.yaml").plain()
    except ProfileError:
        return


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["device", "resources", "name", "x"]), inner, max_size=3
            )
        ),
        max_leaves=6,
    )
)
def test_any_content_is_a_profile_or_refused(content: object) -> None:
    """A file with anything in it is answered in one sentence."""
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder), json.dumps(content))
        with pytest.raises(ProfileError, match=r"thing\.yaml"):
            load_all(path)
