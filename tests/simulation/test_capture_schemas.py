"""Limits of captured values, cell by cell: from a schema, from the value, and from both."""

from typing import Any

import pytest
from capture_answers import ABSENT, LINK, One, Seen, described, made


def one(value: Any, schema: Any = None) -> tuple[dict[str, Any] | None, str]:
    """Return the limits of a property v that has a value and a schema, and what is said."""
    body = {} if value is ABSENT else {"v": value}
    document = None if schema is None else described({"v": schema}, {"v": schema})
    (resource,), notes = made(Seen({"/x": One(body)}, document))
    return resource.get("properties", {}).get("v"), notes


@pytest.mark.parametrize(
    ("value", "limits"),
    [
        (True, {"type": "boolean"}),
        (5, {"type": "integer"}),
        (5.5, {"type": "number"}),
        ("on", {"type": "string"}),
        ("2026-06-01T12:00:00Z", {"type": "date-time"}),
        ([1, 2, 3], {"type": "integer", "length": 3}),
        ([1, 2.5], {"type": "number", "length": 2}),
        (["a"], {"type": "string", "max_items": 16}),
        ([], {"type": "string", "max_items": 16}),
        (
            {"a": 1, "b": {"c": True}},
            {
                "type": "object",
                "fields": {
                    "a": {"type": "integer"},
                    "b": {"type": "object", "fields": {"c": {"type": "boolean"}}},
                },
            },
        ),
        (
            [{"a": 1}, {"a": 2, "b": "x"}],
            {
                "type": "object",
                "fields": {"a": {"type": "integer"}, "b": {"type": "string", "optional": True}},
                "max_items": 16,
            },
        ),
        ("x" * 2000, {"type": "string", "max_length": 4096}),
    ],
)
def test_from_the_value_alone(value: Any, limits: dict[str, Any]) -> None:
    """Without a description the value tells the type, and is where it begins."""
    assert one(value)[0] == {**limits, "initial": value}


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (None, "it is null"),
        (b"octets", "not of one type"),
        ([[1], [2]], "no lists of such elements"),
        ([1, "a"], "not of one type"),
        ({}, "an object without parts"),
        (2**64 - 1, "not of one type"),
        (float("nan"), "not of one type"),
        (["a"] * 257, "more than 256 elements"),
        ({"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": 1}}}}}}}}, "nested too deeply"),
    ],
)
def test_what_profiles_cannot_hold(value: Any, why: str) -> None:
    """It is left out by name, and the rest of the resource stays."""
    (resource,), notes = made(Seen({"/x": One({"v": value, "w": 1})}))
    assert resource["properties"] == {"w": {"type": "integer", "initial": 1}}
    assert why in notes
    assert "/x#v" in notes


@pytest.mark.parametrize(
    ("schema", "value", "limits"),
    [
        ({"type": "number", "minimum": 0, "maximum": 9.5}, 4, {"minimum": 0, "maximum": 9.5}),
        ({"type": "integer", "multipleOf": 5}, 10, {"step": 5}),
        ({"type": "string", "enum": ["a", "b"]}, "a", {"choices": ["a", "b"]}),
        ({"enum": ["a", "b"]}, "a", {"type": "string", "choices": ["a", "b"]}),
        ({"type": "string", "maxLength": 64}, "a", {"max_length": 64}),
        ({"type": "string", "pattern": "^[a-f0-9]{8}$"}, "deadbeef", {"pattern": "^[a-f0-9]{8}$"}),
        ({"type": "string", "format": "date-time"}, "2026-06-01T12:00:00Z", {"type": "date-time"}),
        ({"type": "string", "format": "date-time"}, "noon", {"type": "string"}),
        ({"type": "string", "format": "duration"}, "PT1H", {"type": "duration"}),
        ({"type": ["integer", "null"]}, 1, {"type": "integer"}),
        ({"type": "integer"}, 3.0, {"type": "integer"}),
        ({"$ref": "#/definitions/Level"}, 3, {"type": "integer", "maximum": 100}),
        ({"allOf": [{"type": "integer"}, {"minimum": 1}], "maximum": 5}, 3,
         {"type": "integer", "minimum": 1, "maximum": 5}),
        ({"oneOf": [{"type": "string"}, {"type": "integer", "minimum": 1}]}, 3,
         {"type": "integer", "minimum": 1}),
        ({"type": "array", "items": {"type": "integer", "maximum": 255}, "minItems": 3,
          "maxItems": 3}, [1, 2, 3], {"type": "integer", "maximum": 255, "length": 3}),
        ({"type": "array", "items": [{"type": "number"}], "maxItems": 4, "minItems": 1,
          "uniqueItems": True}, [1], {"min_items": 1, "max_items": 4, "unique": True}),
        ({"type": "object", "properties": {"a": {"type": "integer", "readOnly": True},
                                           "b": {"type": "string"}}, "required": ["a"]}, {"a": 1},
         {"fields": {"a": {"type": "integer", "read_only": True},
                     "b": {"type": "string", "optional": True}}}),
    ],
)  # fmt: skip
def test_from_a_schema(schema: Any, value: Any, limits: dict[str, Any]) -> None:
    """What the device describes becomes the limits, references and parts followed."""
    document = described({"v": schema}, {"v": schema})
    document["definitions"] = {"Level": {"type": "integer", "maximum": 100}}
    (resource,), notes = made(Seen({"/x": One({"v": value})}, document))
    found = resource["properties"]["v"]
    assert {name: found.get(name) for name in limits} == limits
    assert found["initial"] == value
    assert notes == ""


@pytest.mark.parametrize(
    ("schema", "value", "dropped", "kept"),
    [
        ({"type": "integer", "minimum": 0, "maximum": 5}, 9, "maximum", {"minimum": 0}),
        ({"type": "string", "enum": ["a"], "maxLength": 3}, "b", "choices", {"max_length": 3}),
        ({"type": "string", "pattern": "^a$"}, "b", "pattern", {}),
        ({"type": "integer", "multipleOf": 5, "minimum": 0}, 3, "step", {"minimum": 0}),
    ],
)
def test_a_device_that_breaks_its_own_rules(
    schema: Any, value: Any, dropped: str, kept: dict[str, Any]
) -> None:
    """Its value is what a client sees, so the limit goes, and only that one."""
    limits, notes = one(value, schema)
    assert limits == {"type": schema["type"], **kept, "initial": value}
    assert f"dropped: {dropped}" in notes


def test_a_description_of_another_type() -> None:
    """The value is believed."""
    limits, notes = one("text", {"type": "integer", "minimum": 3})
    assert limits == {"type": "string", "initial": "text"}
    assert "/x#v is described as integer, and taken for string" in notes


@pytest.mark.parametrize("keyword", ["exclusiveMinimum", "minLength", "patternProperties"])
def test_words_that_profiles_have_not(keyword: str) -> None:
    """They are named."""
    assert keyword in one("text", {"type": "string", keyword: 1})[1]


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "integer", "minimum": 5, "maximum": 9}, 5),
        ({"type": "number", "maximum": -1}, -1),
        ({"type": "boolean"}, False),
        ({"type": "string"}, ""),
        ({"type": "string", "enum": ["on", "off"]}, "on"),
        ({"type": "string", "pattern": "^[0-9]{4,8}$"}, "0000"),
        ({"type": "string", "format": "date-time"}, "1970-01-01T00:00:00Z"),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2}, [0, 0]),
        ({"type": "object", "properties": {"a": {"type": "boolean"}, "b": {"type": "string"}},
          "required": ["a"]}, {"a": False}),
    ],
)  # fmt: skip
def test_what_could_not_be_read(schema: Any, value: Any) -> None:
    """A described resource that refuses has neutral values of the right type, and a warning."""
    refused = One(refusal="the device answered 4.03")
    (resource,), notes = made(Seen({"/x": refused}, described({"v": schema}, {"v": schema})))
    assert resource["properties"]["v"]["initial"] == value
    assert "/x could not be read (the device answered 4.03)" in notes


def test_refused_and_undescribed() -> None:
    """A published type is filled in as the catalogue has it."""
    link = {**LINK, "rt": ["oic.r.switch.binary"]}
    (resource,), notes = made(Seen({"/x": One(refusal="no")}, links=[link]))
    assert resource["properties"] == {"value": {"type": "boolean", "initial": False}}
    assert "goes by what is usual for its type" in notes
    (resource,), notes = made(Seen({"/x": One(refusal="no")}))
    assert "properties" not in resource
    assert "it is empty" in notes


@pytest.mark.parametrize(
    ("interfaces", "name", "get", "post", "read_only"),
    [
        (["oic.if.a"], "v", None, None, False),
        (["oic.if.rw"], "v", None, None, False),
        (["oic.if.s"], "v", None, None, True),
        (["oic.if.a"], "range", None, None, True),
        (["oic.if.a"], "v", {"v": {}}, {"v": {}}, False),
        (["oic.if.a"], "v", {"v": {}}, {"w": {}}, True),
        (["oic.if.a"], "v", {"v": {"readOnly": True}}, {"v": {}}, True),
        (["oic.if.a"], "v", {"v": {}}, None, True),
        (["oic.if.s"], "v", {"v": {}}, None, False),
        (["oic.if.s"], "v", {"v": {"readOnly": True}}, None, True),
    ],
)
def test_who_may_write(
    interfaces: list[str], name: str, get: Any, post: Any, read_only: bool
) -> None:
    """Descriptions decide, else interfaces and names; what no interface writes stays as told."""
    document = None if get is None else described(get, post)
    seen = Seen({"/x": One({name: 1})}, document, links=[{**LINK, "if": interfaces}])
    (resource,), _ = made(seen)
    assert resource["properties"][name].get("read_only", False) is read_only


def test_what_only_an_update_tells() -> None:
    """Which properties it needs, and which of the values a client may choose."""
    get = {"v": {"type": "string", "enum": ["a", "b", "c"]}}
    post = {"v": {"type": "string", "enum": ["a", "b"]}}
    (resource,), _ = made(Seen({"/x": One({"v": "c"})}, described(get, post, required=["v"])))
    assert resource["properties"]["v"] == {
        "type": "string",
        "choices": ["a", "b", "c"],
        "required_in_update": True,
        "writable_choices": ["a", "b"],
        "initial": "c",
    }


@pytest.mark.parametrize(
    ("body", "limits"),
    [
        ({"v": 40, "range": [0, 100], "step": 10}, {"minimum": 0, "maximum": 100, "step": 10}),
        ({"v": 40, "range": [0, 30]}, {}),
        ({"v": 4.2, "range": [0.0, 9.5], "step": 0.1}, {"minimum": 0, "maximum": 9.5, "step": 0.1}),
        ({"v": [1, 2], "range": [0, 255]}, {"minimum": 0, "maximum": 255}),
        ({"v": 40, "w": 1, "range": [0, 100]}, {}),
        ({"v": 40, "range": [5, 5], "step": 0}, {}),
        ({"v": 43, "step": 5}, {}),
    ],
)
def test_range_and_step(body: dict[str, Any], limits: dict[str, Any]) -> None:
    """They are limits of the one number beside them, where its value obeys them."""
    (resource,), _ = made(Seen({"/x": One(body)}))
    found = resource["properties"]["v"]
    assert {name: found[name] for name in ("minimum", "maximum", "step") if name in found} == limits


def test_described_and_not_shown() -> None:
    """A client sees what is shown; the rest is named in one sentence."""
    get = {"v": {"type": "integer"}, "w": {"type": "integer"}, "n": {"type": "string"}}
    post = {"v": {"type": "integer"}, "u": {"type": "string"}}
    (resource,), notes = made(Seen({"/x": One({"v": 1})}, described(get, post)))
    assert list(resource["properties"]) == ["v"]
    assert notes == "/x describes, but does not show: w, u"


def test_a_collection_described_by_interface() -> None:
    """The paths that show links and batches describe no properties."""
    col = {"href": "/x", "rt": ["oic.wk.col"], "if": ["oic.if.ll", "oic.if.baseline"]}
    links = {"responses": {"200": {"schema": {"type": "array"}}}}
    own = described({"v": {"type": "integer", "maximum": 7}, "links": {"type": "array"}})
    document = {"paths": {"/x?if=oic.if.ll": {"get": links},
                          "/x?if=oic.if.baseline": own["paths"]["/x"]}}  # fmt: skip
    readings = {"/x": One({"v": 1, "rts": ["x.y"], "links": [{"href": "/y"}]}), "/y": One({})}
    seen = Seen(readings, document, links=[col, {**LINK, "href": "/y"}])
    (collection, _), notes = made(seen)
    assert collection["links"] == ["/y"]
    limits = {"type": "integer", "maximum": 7, "read_only": True, "initial": 1}
    assert collection["properties"] == {"v": limits}
    assert notes == ""
