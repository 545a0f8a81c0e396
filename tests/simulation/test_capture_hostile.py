"""Devices that want to do harm, or are merely odd: what comes out is a profile all the same."""

from typing import Any

import pytest
from capture_answers import LINK, One, Seen, described, made
from capture_support import loaded
from hypothesis import example, given, settings
from hypothesis import strategies as st

from onboardee.device.simulation.capture import CapturedProfileError, captured
from onboardee.device.simulation.capture.notes import MAX_NOTES

UUID_TEXT = "12345678-1234-4234-8234-123456789abc"

ODD_TEXTS = [
    "a: b", "# no", "- x", "---", "...", "&a", "*a", "!tag", "%x", "@", "`", "{", "[", "'", '"',
    "yes", "no", "null", "~", "0x10", "1e3", "12:30", "<<", "", " lead", "trail ", "a\nb",
    "a\r\nb", "\t", "\x00", "\x1b[31mred", "\x85", "\u2028", "\ufeff", "\ufffe", "\U0001f4a1",
    "a\n# Captured\ndevices: []",
]  # fmt: skip

ODD_PATHS = [
    "x", "coap://10.0.0.1/a", "//a/b?c", "/a?if=oic.if.ll", "/a#b", "/a\nb", "/a\x1b", "/a ",
    "/" + "a" * 256, "/oic/other", "/.well-known/x", "",
]  # fmt: skip

texts = st.text(max_size=20)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts | st.binary(max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
words = st.sampled_from(
    ["type", "properties", "items", "enum", "minimum", "maximum", "required", "$ref", "allOf",
     "oneOf", "pattern", "minItems", "maxItems", "format", "multipleOf", "maxLength", "readOnly"]
)  # fmt: skip
kinds = st.sampled_from(["integer", "number", "string", "boolean", "array", "object", "null"])
schemas = st.recursive(
    json_values | kinds | st.sampled_from(["#/definitions/A", "#", "#/paths"]),
    lambda inner: st.dictionaries(words | texts, inner, max_size=5) | st.lists(inner, max_size=3),
    max_leaves=20,
)


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_texts_that_would_break_yaml(text: str) -> None:
    """They come back as they were: as values, names and units of the device."""
    device = {"n": text or "x", "rt": ["oic.d.light"]}
    result = captured(Seen({"/x": One({"v": text, "w": [text]})}, device=device))
    profile = loaded(result.text)
    (resource,) = profile.resources
    assert resource.properties["v"].initial == text
    assert resource.properties["w"].initial == (text,)
    assert profile.device.name == (text or "x")


@pytest.mark.parametrize("href", ODD_PATHS)
def test_paths_that_are_none(href: str) -> None:
    """They are named and left out; what a device puts into its texts ends no line of the file."""
    seen = Seen({href: One({"v": 1}), "/x": One({})}, links=[{**LINK, "href": href}, LINK])
    result = captured(seen)
    assert [each.href for each in loaded(result.text).resources] == ["/x"]
    (note,) = result.notes
    assert "is left out" in note
    assert note.isprintable()
    assert f"# - {note}\n" in result.text


@pytest.mark.parametrize(
    "definitions",
    [
        {"A": {"$ref": "#/definitions/A"}},
        {"A": {"$ref": "#/definitions/B"}, "B": {"$ref": "#/definitions/A"}},
        {"A": {"allOf": [{"$ref": "#/definitions/A"}] * 50}},
        {"A": {"type": "array", "items": {"$ref": "#/definitions/A"}}},
        {"A": {"$ref": "other.json#/definitions/A"}},
        {"A": {"$ref": "#/definitions/missing/further"}},
    ],
)
def test_references_in_cycles(definitions: dict[str, Any]) -> None:
    """They end, and the value decides."""
    document = described({"v": {"$ref": "#/definitions/A"}}, definitions=definitions)
    (resource,), _ = made(Seen({"/x": One({"v": 5})}, document))
    assert resource["properties"]["v"]["type"] == "integer"
    assert resource["properties"]["v"]["initial"] == 5


def test_an_object_within_itself() -> None:
    """What nobody could read is not filled in for ever."""
    parts = {str(number): {"$ref": "#/definitions/A"} for number in range(64)}
    itself = {"type": "object", "properties": parts}
    document = described({"v": {"$ref": "#/definitions/A"}}, definitions={"A": itself})
    resources, notes = made(Seen({"/x": One(refusal="4.01")}, document))
    assert "properties" not in resources[0]
    assert "is left out: it is nested too deeply" in notes


@pytest.mark.parametrize(
    ("links", "kept", "why"),
    [
        ({"/a": ["/a"]}, {}, "in a cycle"),
        ({"/a": ["/b"], "/b": ["/a"]}, {"/a": ["/b"]}, "in a cycle"),
        ({"/a": ["/b"], "/b": ["/c"], "/c": ["/a"]}, {"/a": ["/b"], "/b": ["/c"]}, "in a cycle"),
        ({"/a": ["/b", "/b"]}, {"/a": ["/b"]}, "there twice"),
        ({"/a": ["/missing"]}, {}, "no resource of the profile"),
        (
            {"/a": ["/b"], "/b": ["/c"], "/c": ["/d"], "/d": ["/e"], "/e": ["/f"]},
            {"/a": ["/b"], "/b": ["/c"], "/c": ["/d"], "/d": ["/e"]},
            "nested too deeply",
        ),
    ],
)
def test_links_that_lead_astray(
    links: dict[str, list[str]], kept: dict[str, list[str]], why: str
) -> None:
    """Only those stay that a profile may have; where none is left there is no collection."""
    hrefs = [f"/{letter}" for letter in "abcdef"]
    listed = [{**LINK, "href": each, "if": ["oic.if.ll", "oic.if.baseline"]} for each in hrefs]
    bodies = {each: {"links": [{"href": to} for to in links.get(each, ())]} for each in hrefs}
    readings = {each: One(body) for each, body in bodies.items()}
    resources, notes = made(Seen(readings, links=listed))
    assert {each["href"]: each["links"] for each in resources if "links" in each} == kept
    assert all(("oic.if.ll" in each["interfaces"]) == ("links" in each) for each in resources)
    assert why in notes


def test_too_much_of_everything() -> None:
    """Resources, properties and what is said about them have bounds."""
    hrefs = [f"/{number}" for number in range(300)]
    body = {f"p{number}": number for number in range(70)} | {"n" * 65: 1}
    listed = [{**LINK, "href": each, "if": ["oic.if.a", "x.other"]} for each in hrefs]
    readings = {each: One(body if each == "/0" else {}) for each in hrefs}
    resources, notes = made(Seen(readings, links=listed))
    assert len(resources) == 256
    assert len(resources[0]["properties"]) == 64
    assert len(notes.splitlines()) == MAX_NOTES + 1
    assert "more to say" in notes


def test_more_than_a_file_can_have() -> None:
    """There is an error in a sentence, not a file that cannot be read."""
    many = {f"/{number}": One({"v": ["x" * 500] * 20}) for number in range(250)}
    with pytest.raises(CapturedProfileError, match="larger than 512 KiB"):
        captured(Seen(many, links=[{**LINK, "href": each} for each in many]))


def test_a_harmful_pattern_is_named() -> None:
    """And the text has none."""
    schema = {"v": {"type": "string", "pattern": "(a+)+$"}}
    (resource,), notes = made(Seen({"/x": One({"v": "a" * 60 + "!"})}, described(schema)))
    assert "pattern" not in resource["properties"]["v"]
    assert "(a+)+$" in notes


@pytest.mark.parametrize(
    ("body", "initial"),
    [
        ({"password": "hunter2"}, ""),
        ({"wifi": {"pwd": "hunter2", "x": 1}}, {"pwd": "", "x": 0}),
        ({"accessToken": "hunter2"}, ""),
        ({"lockCodeList": ["1234"]}, []),
    ],
)
def test_secrets_are_not_copied(body: dict[str, Any], initial: Any) -> None:
    """What goes by the name of a secret has no value in the file."""
    result = captured(Seen({"/x": One(body)}))
    assert "hunter2" not in result.text
    assert "1234" not in result.text
    (spec,) = loaded(result.text).resources[0].properties.values()
    assert spec.initial == (tuple(initial) if isinstance(initial, list) else initial)
    assert "looks like a secret" in result.notes[0]


@pytest.mark.parametrize(
    ("value", "initial"),
    [
        ([None, {"a": False}], ({"a": False},)),
        ([{"a": [None, 1]}, None, {"a": []}], ({"a": (1,)}, {"a": ()})),
        ([1, None, 2], (1, 2)),
    ],
)
def test_null_in_a_list(value: Any, initial: Any) -> None:
    """It is left out and named; the other elements stay, objects and numbers alike."""
    result = captured(Seen({"/x": One({"v": value})}))
    assert loaded(result.text).resources[0].properties["v"].initial == initial
    assert any("null in a list" in note for note in result.notes)


def test_uuids_are_not_copied() -> None:
    """The device's UUIDs are nowhere in the file, not even in values."""
    device = {"n": "Test", "rt": ["oic.d.light"], "di": UUID_TEXT, "piid": UUID_TEXT}
    result = captured(Seen({"/x": One({"v": {"me": UUID_TEXT.upper()}})}, device=device))
    assert UUID_TEXT not in result.text.lower()
    assert "UUID" in "".join(result.notes)


@pytest.mark.parametrize(
    ("links", "types", "interfaces"),
    [
        ([{"href": "/x"}], ("x.unknown",), ("oic.if.baseline",)),
        ([{"href": "/x", "rt": 5, "if": {}}], ("x.unknown",), ("oic.if.baseline",)),
        ([{"href": "/x", "rt": ["a b", "x.y"], "if": ["oic.if.z", "oic.if.a"]}], ("x.y",),
         ("oic.if.a",)),
        ([{"href": "/x", "rt": "x.y x.z", "if": "oic.if.a oic.if.s"}], ("x.y", "x.z"),
         ("oic.if.a", "oic.if.s")),
        ([5, None, {"href": 5}, {"href": "/x", "rt": ["x.y"], "if": ["oic.if.a"], "p": 5,
                                 "eps": [5, {"ep": 5}]}], ("x.y",), ("oic.if.a",)),
    ],
)  # fmt: skip
def test_odd_links(links: Any, types: tuple[str, ...], interfaces: tuple[str, ...]) -> None:
    """What is in order in them is used."""
    (resource,) = loaded(captured(Seen({"/x": One({})}, links=links)).text).resources
    assert (resource.types, resource.interfaces) == (types, interfaces)


@pytest.mark.parametrize(
    ("device", "platform", "said"),
    [
        ({}, {}, "tells no name"),
        ({"n": 5, "rt": "x"}, {"mnmn": ["a"]}, "n is no text"),
        ({"n": "x" * 65, "rt": ["!"]}, {"mnmn": "y" * 65}, "n is longer than 64"),
        ({"n": "x", "rt": ["oic.d.tv"]}, {"mnmn": "y", "mndt": "yesterday"}, "mndt is no date"),
        ({"n": "x", "x.b": "\n"}, {"mnmn": "y"}, "profiles have no x.b"),
    ],
)
def test_an_odd_identity(device: Any, platform: Any, said: str) -> None:
    """What is missing has a stand-in, and what does not fit is named."""
    result = captured(Seen({}, links=[], device=device, platform=platform))
    assert loaded(result.text).resources == ()
    assert said in "\n".join(result.notes)


@given(body=st.dictionaries(texts, json_values, max_size=6), schema=schemas)
@example(body={"0": [None, {"0": False}]}, schema={})
@settings(deadline=None, max_examples=150)
def test_any_resource(body: dict[str, Any], schema: Any) -> None:
    """Whatever a resource holds and however it is described, the profile runs."""
    document = described(dict.fromkeys(body, schema), dict.fromkeys(body, schema))
    document["definitions"] = {"A": schema}
    loaded(captured(Seen({"/x": One(body)}, document)).text)


@given(document=schemas, links=json_values, device=schemas, reading=json_values)
@settings(deadline=None, max_examples=150)
def test_any_device(document: Any, links: Any, device: Any, reading: Any) -> None:
    """Whatever all else says, too."""
    said = device if isinstance(device, dict) else {"n": device, "rt": device}
    listed = links if isinstance(links, list) else [links, {"href": "/x", "rt": links, "if": links}]
    paths = {"paths": document, "definitions": document}
    loaded(captured(Seen({"/x": One(reading)}, paths, listed, said, said)).text)
