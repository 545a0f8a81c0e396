"""Captured profiles look like the devices that they were captured from."""

from typing import Any

import pytest
from capture_support import CLIENT, loaded, scene
from msgspec.structs import replace

from onboardee.device.simulation.capture import captured
from onboardee.device.simulation.compatibility import Compatibility
from onboardee.device.simulation.profile import built_in_names, load
from onboardee.obt import Address, OnboardingError, SharedKey, SurveyError, run, survey
from onboardee.obt.surveying import Found

RICH = """
device:
  name: "Lamp: \\"big\\""
  types: [oic.d.light, x.other]
  model_number: m
  software_version: 1.2.3
platform:
  manufacturer: Maker
  manufacturer_url: https://example.com/
  model: One
  manufactured: 2026-06-01
  platform_version: "1"
  os_version: "2"
  hardware_version: "3"
  firmware_version: "4"
  support_url: https://example.com/help
  vendor_id: vendor
  serial_number: s-1
core: {configuration: false}
resources:
  - href: /open
    types: [oic.r.switch.binary]
    interfaces: [oic.if.a, oic.if.baseline]
    name: "Kitchen # 1"
    plain: true
    observable: false
    properties: {value: {type: boolean, required_in_update: true, initial: true}}
  - href: /hidden
    types: [x.hidden]
    interfaces: [oic.if.rw, oic.if.baseline]
    discoverable: false
    properties:
      text: {type: string, max_length: 10, pattern: "^[a-z]+$", initial: abc}
      late: {type: date-time, initial: "2026-06-01T12:00:00Z"}
      wait: {type: duration, read_only: true, initial: PT1H}
      list: {type: integer, min_items: 1, max_items: 5, unique: true, initial: [1, 2]}
      rows:
        type: object
        max_items: 3
        fields:
          id: {type: integer, read_only: true}
          colour: {type: string, choices: [red, blue], optional: true}
        initial: [{id: 1, colour: red}, {id: 2}]
  - href: /secret
    types: [x.secret]
    interfaces: [oic.if.b, oic.if.ll, oic.if.baseline]
    discoverable: false
    links: [/open, /hidden]
    properties: {count: {type: number, minimum: 0, initial: 2.5}}
"""

SECRETS = {"/lockcode": "lockCodeList"}
"""Values that a captured device does not have: door codes."""


OF_TODAY = [
    name
    for name in built_in_names()
    if not name.startswith("sampleserver-")
    and name not in {"devsim", "switch-panel", "updatable-light"}
]
"""The sample servers serve the tools of their time, too, which a capture does not find out; nor
does it find out what clients may create, or how software is updated: no rule with a wildcard lets
clients read that resource."""


@pytest.mark.parametrize("name", OF_TODAY)
def test_every_built_in_profile(name: str) -> None:
    """A client sees the same links, values, interfaces and descriptions, but for secrets.

    What a device does for tools of another standard is not looked for.
    """
    original = scene(replace(load(name), compat=Compatibility()))
    made = captured(original.survey())
    copy = scene(loaded(made.text))
    before, after = original.seen(), copy.seen()
    for seen in (before, after):
        _forget_secrets(seen)
    for place in before:
        assert after[place] == before[place], place
    assert after.keys() == before.keys()
    assert [note for note in made.notes if "secret" not in note] == []


def test_a_collection_that_grows() -> None:
    """It is captured as it is now, empty or not, and says that clients create nothing in it."""
    made = captured(scene(load("switch-panel")).survey())
    profile = loaded(made.text)
    found = {each.href: each for each in profile.resources}
    assert found["/switches"].interfaces == ("oic.if.ll", "oic.if.b", "oic.if.baseline")
    assert found["/switches"].is_collection
    sentence = "/switches lets clients create resources, and here it does not"
    assert sentence in made.notes


def test_what_the_catalogue_has_not() -> None:
    """Hidden, plain, unobservable, nested: a description leads to what is not listed."""
    original = scene(loaded(RICH))
    made = captured(original.survey())
    assert made.notes == ()
    copy = loaded(made.text)
    assert scene(copy).seen() == original.seen()
    assert [(each.href, each.discoverable, each.plain) for each in copy.resources] == [
        ("/open", True, True),
        ("/hidden", False, False),
        ("/secret", False, False),
    ]
    assert not copy.resources[0].observable
    assert captured(scene(copy).survey()).text == made.text


@pytest.mark.parametrize("owned", [False, True])
def test_a_stranger(owned: bool) -> None:
    """Without a key there are the links and the identity, and what is usual for the types."""
    made = captured(scene(load("light"), owned=owned).survey(with_key=False))
    profile = loaded(made.text)
    assert profile.device == load("light").device
    assert [each.href for each in profile.resources] == [
        "/light/switch",
        "/light/dimming",
        "/light/colour",
    ]
    assert profile.resources[0].properties["value"].initial is False
    assert "/light/switch could not be read (the device answered 4.01)" in made.text


def test_another_ones_key() -> None:
    """A key that the device does not know is an error, not a stranger's view."""
    light = scene(load("light"))
    wrong = SharedKey(CLIENT, bytes(16))
    with pytest.raises(OnboardingError, match="open a session"):
        run(survey(light.transport, Address("10.0.0.10", 5683), key_for=lambda _: wrong))


def test_nobody_there() -> None:
    """There is a sentence after a few seconds."""
    transport = scene(load("light")).transport
    began = transport.now
    with pytest.raises(SurveyError, match=r"nothing answers at coap://10\.0\.0\.11:5683"):
        run(survey(transport, Address("10.0.0.11", 5683)))
    assert transport.now - began < 6


def _forget_secrets(seen: dict[str, Any]) -> None:
    for place, shown in seen.items():
        href = place.partition("?")[0]
        if href in SECRETS:
            del shown[SECRETS[href]]
        for item in shown if place.endswith("oic.if.b") else ():
            del item["etag"]  # UUIDs are in it, too
            path = item["href"].removeprefix("ocf://UUID")
            if path in SECRETS:
                del item["rep"][SECRETS[path]]


MEASURING = """
device: {name: Scale, types: [oic.d.bodyscale]}
platform: {manufacturer: Maker}
resources:
  - href: /am
    types: [oic.r.bodyscale-am, oic.wk.atomicmeasurement]
    interfaces: [oic.if.b, oic.if.ll, oic.if.baseline]
    links: [/weight]
  - href: /weight
    types: [oic.r.weight]
    interfaces: [oic.if.s, oic.if.baseline]
    properties: {weight: {type: number, read_only: true, initial: 70}}
"""


def test_what_is_no_measurement_by_the_rules() -> None:
    """A device whose measurement is none, or shares its parts, is captured with collections."""
    answers = scene(loaded(MEASURING)).survey()
    odd = {"href": "/room", "rt": ["oic.wk.col"], "if": ["oic.if.ll", "oic.if.baseline"]}
    shared = replace(
        answers,
        links=[*answers.links, odd],
        resources={**answers.resources, "/room": Found(body={"links": [{"href": "/weight"}]})},
    )
    found = {each.href: each for each in loaded(captured(shared).text).resources}
    assert found["/am"].is_atomic
    assert found["/room"].links == ()
    links = [
        {**each, "if": ["oic.if.ll", "oic.if.b", "oic.if.baseline"]}
        if each["href"] == "/am"
        else each
        for each in answers.links
    ]
    made = captured(replace(answers, links=links))
    found = {each.href: each for each in loaded(made.text).resources}
    assert found["/am"].types == ("oic.r.bodyscale-am", "oic.wk.col")
    assert found["/weight"].properties["weight"].initial == 70
    assert any("another collection" in note for note in made.notes)


def test_scenes_of_others() -> None:
    """Members may be anywhere, and are numbered here; what no scene can set is left out."""
    answers = scene(load("wallpad")).survey()
    found = dict(answers.resources)
    collection = found["/scenes/livingroom"].body
    first, *rest = collection["links"]
    moved = {**collection, "links": [{**first, "href": "/member"}, *rest]}
    found["/member"] = found.pop("/scenes/livingroom/1")
    found["/scenes/livingroom"] = Found(body=moved)
    made = captured(replace(answers, resources=found))
    seen, original = loaded(made.text).scenes, load("wallpad").scenes
    assert seen
    assert original
    assert [each.values for each in seen.collections] == [
        each.values for each in original.collections
    ]
    assert "the members of /scenes/livingroom have other paths here" in made.notes
    wrong = {**found["/member"].body, "SceneMappings": [_mapping("value", "maybe")]}
    found["/member"] = Found(body=wrong)
    made = captured(replace(answers, resources=found))
    assert loaded(made.text).scenes is None
    assert any("the scenes are left out" in note for note in made.notes)


def _mapping(name: str, value: str) -> dict[str, str]:
    return {"scene": "off", "memberProperty": name, "memberValue": value}
