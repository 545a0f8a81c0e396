"""What a profile says of what clients may create: types, where they are from, mistakes."""

from pathlib import Path
from textwrap import indent

import pytest

from onboardee.device.simulation.creatable import made
from onboardee.device.simulation.profile import Profile, ProfileError, load
from onboardee.svrdb.model import Created, CreatedResource

HEAD = """device: {name: X, types: [oic.d.light]}
platform: {manufacturer: Y}
resources:
  - href: /blind
    types: [oic.r.openlevel]
    interfaces: [oic.if.a, oic.if.baseline]
    properties: {openLevel: {type: integer, minimum: 0, maximum: 100, initial: 30}}
  - href: /all
    types: [oic.wk.col]
    interfaces: [oic.if.ll, oic.if.create, oic.if.b, oic.if.baseline]
    creates:
"""
TAIL = """
behaviour:
  - {kind: travel, property: /blind#openLevel, time: 10 s}
  - {kind: couple, when: {property: /blind#openLevel, above: 50}, set: {/blind#openLevel: 50},
     once: true}
"""


def loaded(folder: Path, creates: str, tail: str = TAIL) -> Profile:
    """Load a profile in which this may be created."""
    path = folder / "mine.yaml"
    path.write_text(HEAD + indent(creates, " " * 6) + tail, encoding="utf-8")
    return load(str(path))


def test_a_type_is_like_a_resource_of_the_device(tmp_path: Path) -> None:
    """It has the properties and interfaces of that, and the behaviour that is about it alone."""
    profile = loaded(tmp_path, "resources: [{types: [oic.r.openlevel], like: /blind}]\n")
    creates = profile.resources[1].creates
    assert creates is not None
    (blind,) = creates.resources
    assert blind.properties == profile.resources[0].properties
    assert blind.interfaces == profile.resources[0].interfaces
    assert [type(each).__name__ for each in blind.behaviour] == [
        "TravelBehaviour",
        "CoupleBehaviour",
    ]


def test_a_type_is_that_of_the_catalogue(tmp_path: Path) -> None:
    """By its name, or by the profile and the path of a resource; without what ties it to others."""
    profile = loaded(
        tmp_path,
        "resources:\n- {types: [oic.r.sensor.contact]}\n"
        "- {types: [oic.r.light.dimming], like: smart-light/dimming}\n",
    )
    creates = profile.resources[1].creates
    assert creates is not None
    contact, dimmer = creates.resources
    assert contact.interfaces[0] == "oic.if.s"
    assert [name for each in contact.behaviour for _, name in each.called()] == ["door"]
    other = next(each for each in load("smart-light").resources if each.href == "/dimming")
    assert dimmer.properties == other.properties


def test_a_type_of_the_profile_alone(tmp_path: Path) -> None:
    """With properties, and behaviour in which its own path is `/`; each one gets its own path."""
    profile = loaded(
        tmp_path,
        "resources:\n"
        "- types: [x.counter]\n"
        "  interfaces: [oic.if.a, oic.if.baseline]\n"
        "  properties: {count: {type: integer, initial: 0}}\n"
        "  behaviour: [{kind: counter, property: /#count, rate: 1}]\n",
    )
    created = CreatedResource(
        href="/all/7",
        collection="/all",
        types=("x.counter",),
        interfaces=("oic.if.a",),
        policies=1,
        instance=7,
        name="Seven",
        values={"count": 5},
    )
    (one,) = made(profile.resources, Created(resources=(created,)))
    assert (one.profile.href, one.profile.name) == ("/all/7", "Seven")
    assert (one.profile.discoverable, one.profile.observable) == (True, False)
    assert one.profile.properties["count"].initial == 5
    assert getattr(one.behaviour[0], "property") == "/all/7#count"  # noqa: B009 - of one kind


PASSED_OVER = [
    {"href": "/blind"},
    {"collection": "/blind"},
    {"collection": "/none"},
    {"types": ("x.other",)},
    {"interfaces": ("oic.if.rw",)},
    {"values": {"openLevel": 101}},
    {"values": {"openLevel": "up"}},
    {"href": "/oic/sec/doxm"},
]


@pytest.mark.parametrize("changes", PASSED_OVER)
def test_what_the_profile_does_not_have_is_passed_over(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    """A database that is older than the profile, or edited, keeps no device from starting."""
    profile = loaded(tmp_path, "resources: [{types: [oic.r.openlevel], like: /blind}]\n")
    sound: dict[str, object] = {
        "href": "/all/1",
        "collection": "/all",
        "types": ("oic.r.openlevel",),
        "interfaces": ("oic.if.a",),
        "policies": 3,
        "instance": 1,
    }
    assert len([*made(profile.resources, _created(sound))]) == 1
    assert [*made(profile.resources, _created({**sound, **changes}))] == []


def _created(values: dict[str, object]) -> Created:
    return Created(resources=(CreatedResource(**values),))  # type: ignore[arg-type]


LOST = """resources:
- types: [x.y]
  interfaces: [oic.if.a]
  properties: {a: {type: boolean, initial: true}}
  behaviour: [{kind: travel, property: /#b, time: 1 s}]
"""
MISTAKES = [
    ("resources: [{types: [oic.r.nothing]}]", 12, "nor the catalogue has the type oic.r.nothing"),
    ("resources: [{types: [x.y], like: /none}]", 12, "nor the catalogue has /none"),
    ("resources: [{types: [x.y], like: light/none}]", 12, "nor the catalogue has light/none"),
    ("resources: [{types: [x.y], like: none/blind}]", 12, "nor the catalogue has none/blind"),
    ("resources: []", 12, "length >= 1"),
    ("limit: 65\nresources: [{types: [oic.r.openlevel]}]", 12, "64"),
    ("limt: 6\nresources: [{types: [oic.r.openlevel]}]", 12, "limt"),
    (
        "resources:\n- {types: [oic.r.openlevel]}\n- {types: [oic.r.openlevel]}",
        14,
        "oic.r.openlevel stands here twice",
    ),
    (
        "mandatory: [x.y]\nresources: [{types: [oic.r.openlevel]}]",
        12,
        "x.y cannot be created here",
    ),
    (
        "resources:\n- types: [x.y]\n  properties: {a: {type: boolean, initial: true}}",
        13,
        "x.y needs interfaces",
    ),
    (LOST, 13, "/#b does not exist"),
    ("resources: [{types: [oic.r.lock.code]}]", 12, "lockCodeList is a secret"),
]


@pytest.mark.parametrize(("creates", "line", "sentence"), MISTAKES)
def test_a_mistake_is_told_with_its_line(
    tmp_path: Path, creates: str, line: int, sentence: str
) -> None:
    """Who writes a profile reads where it is wrong, and what."""
    with pytest.raises(ProfileError) as told:
        loaded(tmp_path, creates + "\n")
    assert f"line {line}" in str(told.value)
    assert sentence in str(told.value)


def test_the_interface_and_what_it_creates_go_together(tmp_path: Path) -> None:
    """One without the other is a mistake; so is a collection without the interface for links."""
    for old, new in (
        ("oic.if.create, ", ""),
        ("oic.if.ll, ", ""),
        ("    creates:\n      resources: [{types: [oic.r.openlevel]}]\n", ""),
    ):
        path = tmp_path / "mine.yaml"
        whole = HEAD + "      resources: [{types: [oic.r.openlevel]}]\n"
        assert old in whole
        path.write_text(whole.replace(old, new), encoding="utf-8")
        with pytest.raises(ProfileError, match="/all"):
            load(str(path))


def test_a_collection_may_be_empty(tmp_path: Path) -> None:
    """One of the type oic.wk.col needs no links, and nothing that may be created."""
    path = tmp_path / "mine.yaml"
    whole = HEAD.replace("    creates:\n", "").replace("oic.if.create, ", "")
    path.write_text(whole, encoding="utf-8")
    assert load(str(path)).resources[1].is_collection


def test_the_example_of_the_documents_works(tmp_path: Path) -> None:
    """What a reader copies from docs/profiles.md can be run."""
    text = (Path(__file__).parents[2] / "docs" / "profiles.md").read_text(encoding="utf-8")
    _, _, rest = text.partition("creates` makes it a collection in which")
    example = rest.partition("```yaml\n")[2].partition("```")[0]
    head = HEAD.partition("  - href: /all")[0]
    path = tmp_path / "mine.yaml"
    path.write_text(head + example, encoding="utf-8")
    creates = load(str(path)).resources[1].creates
    assert creates is not None
    assert [each.types[0] for each in creates.resources][-1] == "x.example.counter"
