"""A profile's resources in the terms of OpenAPI 2.0, as introspection wants them.

Only what a profile defines is described: what OCF itself defines is the same on every device.

OCF asks for OpenAPI 2.0 with `if` and other queries as parameters, and for CBOR as its encoding. A
schema that several resources share stands among the definitions once, under the name of its
resource type.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from onboardee.device.access.ocf_interfaces import BATCH, CREATE, LINKS, RETRIEVING, UPDATING
from onboardee.device.resources.units import UNITS, converter
from onboardee.device.simulation.atomic_measurement import measured_in
from onboardee.device.simulation.profile import Profile, ResourceProfile
from onboardee.device.simulation.scenes import SCENE_MEMBER
from onboardee.device.simulation.value_limits import PERIOD, ValueLimits, ValueType
from onboardee.device.simulation.values import Property

Json = dict[str, Any]
"""What will be encoded as CBOR or JSON."""

_TYPES: Final[Json] = {
    "type": "array",
    "items": {"type": "string", "maxLength": 64},
    "minItems": 1,
    "uniqueItems": True,
    "readOnly": True,
}
_LINK: Final[Json] = {
    "type": "object",
    "properties": {
        "href": {"type": "string", "maxLength": 256},
        "rt": _TYPES,
        "if": _TYPES,
        "rel": {"type": "array", "items": {"type": "string"}},
        "ins": {"type": "integer"},
        "p": {"type": "object", "properties": {"bm": {"type": "integer"}}, "required": ["bm"]},
        "eps": {
            "type": "array",
            "items": {"type": "object", "properties": {"ep": {"type": "string"}}},
        },
    },
    "required": ["href", "rt", "if"],
}
_BATCH_ITEM: Final[Json] = {
    "type": "object",
    "properties": {"href": {"type": "string"}, "rep": {}},
    "required": ["href", "rep"],
}
_FORMS: Final[Json] = {
    LINKS: ("oic.links", {"type": "array", "items": _LINK}),
    BATCH: ("oic.batch", {"type": "array", "minItems": 1, "items": _BATCH_ITEM}),
}
"""What the interfaces of collections show, with the name of its definition."""
_DELETE: Final[Json] = {"responses": {"202": {"description": ""}}}
"""2.02 (Deleted), as the other codes of CoAP are written here."""


def described(profile: Profile, created: Iterable[ResourceProfile] = ()) -> Json:
    """Describe all resources of a profile (OpenAPI 2.0), and those that clients created.

    The result is what JSON has.
    """
    definitions: Json = {}
    paths: Json = {}
    measured = measured_in(profile.resources)
    for resource in profile.resources:
        if resource.href in measured:
            continue  # no request reaches it
        if resource.is_collection:
            paths.update(_collection(resource, definitions))
        else:
            paths[resource.href] = _operations(resource, resource.interfaces, definitions)
    for resource in created:
        operations = _operations(resource, resource.interfaces, definitions)
        paths[resource.href] = {**operations, "delete": _DELETE}
    return {
        "swagger": "2.0",
        "info": {
            "title": profile.platform.model or profile.device.types[0],
            "version": profile.device.data_model_version,
        },
        "schemes": ["http"],
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "paths": paths,
        "definitions": definitions,
    }


def _operations(resource: ResourceProfile, interfaces: Sequence[str], definitions: Json) -> Json:
    """Describe what these interfaces of a resource allow; an UPDATE, if anything is writable.

    `interfaces` are those of one path: of a collection it is one.
    """
    reading = [name for name in interfaces if name in RETRIEVING]
    updating = [name for name in interfaces if name in UPDATING]
    operations: Json = {}
    answer = _defined(definitions, resource.types[0], _representation(resource))
    if reading:
        operations["get"] = _operation(answer, [_interface(reading), *_unit(resource)])
    if updating and _writable(resource):
        body = _defined(definitions, f"{resource.types[0]}-Update", _written(resource))
        operations["post"] = _operation(answer, [_interface(updating), _body(body)])
    return operations


def _collection(resource: ResourceProfile, definitions: Json) -> Json:
    """Describe a collection: each interface has its own form, so each is a path of its own."""
    paths: Json = {}
    for interface in resource.interfaces:
        # Links and batches have one form for all collections.
        if interface in _FORMS:
            form = _defined(definitions, *_FORMS[interface])
            operations = {"get": _operation(form, [_interface([interface])])}
            if interface in UPDATING and not resource.is_atomic:
                operations["post"] = _operation(form, [_interface([interface]), _body(form)])
        elif interface == CREATE:
            operations = _creation(resource, definitions)
        else:
            operations = _operations(resource, [interface], definitions)
        paths[f"{resource.href}?if={interface}"] = operations
    return paths


def _creation(resource: ResourceProfile, definitions: Json) -> Json:
    """Describe what a CREATE takes and answers with: a link and a representation."""
    creates = resource.creates
    names = [] if creates is None else [each.types[0] for each in creates.resources]
    known: Json = {**_TYPES, "items": {"type": "string", "enum": names}}
    link = _LINK["properties"]
    body: Json = {
        "type": "object",
        "properties": {
            "rt": {**known, "readOnly": False},
            "if": {**_TYPES, "readOnly": False},
            "p": link["p"],
            "rep": {"type": "object"},
        },
        "required": ["rt", "if", "rep"],
    }
    answer: Json = {
        "type": "object",
        "properties": {
            **{name: link[name] for name in ("href", "rt", "if", "p", "ins")},
            "rep": {"type": "object"},
        },
        "required": ["href", "rt", "if", "rep"],
    }
    made = _defined(definitions, "oic.create", answer)
    wanted = _defined(definitions, f"{resource.types[0]}-Create", body)
    return {"post": _operation(made, [_interface([CREATE]), _body(wanted)], code="201")}


def _operation(answer: Json, parameters: list[Json], code: str = "200") -> Json:
    """Return one method with its parameters and its answer."""
    return {
        "parameters": parameters,
        "responses": {code: {"description": "", "schema": answer}},
    }


def _interface(names: Iterable[str]) -> Json:
    """Return the parameter `if` with the interfaces that are possible."""
    return {"name": "if", "in": "query", "type": "string", "enum": list(names)}


def _unit(resource: ResourceProfile) -> list[Json]:
    """Return the parameter `units` of a resource that has units."""
    units = converter(resource)
    if units is None:
        return []
    return [{"name": UNITS, "in": "query", "type": "string", "enum": list(units.supported)}]


def _body(schema: Json) -> Json:
    """Return the payload of an UPDATE as a parameter."""
    return {"name": "body", "in": "body", "required": True, "schema": schema}


def _defined(definitions: Json, name: str, schema: Json) -> Json:
    """Enter a definition under its resource type, or a numbered one if that means another."""
    number, unique = 1, name
    # Two resources of one type may differ in limits; then each gets a definition of its own.
    while definitions.setdefault(unique, schema) != schema:
        number += 1
        unique = f"{name}-{number}"
    return _reference(unique)


def _reference(name: str) -> Json:
    """Return a reference to a definition."""
    return {"$ref": f"#/definitions/{name}"}


def _representation(resource: ResourceProfile) -> Json:
    """Describe what is read, common properties included; only `rt` and `if` may be absent."""
    properties = {name: _schema(spec) for name, spec in resource.properties.items()}
    if SCENE_MEMBER in resource.types:
        properties = {"link": _LINK, **properties}
    if resource.is_collection:
        properties = {**_shown_types(resource), "links": _reference("oic.links"), **properties}
    # `rt` and `if` have defaults, by which a client knows them without reading the resource.
    common: Json = {
        "rt": {**_TYPES, "default": list(resource.types)},
        "if": {
            **_TYPES,
            "items": {"type": "string", "enum": list(resource.interfaces)},
        },
        "n": {"type": "string", "maxLength": 64, "readOnly": True},
    }
    schema: Json = {"type": "object", "properties": {**common, **properties}}
    return {**schema, "required": list(properties)} if properties else schema


def _shown_types(resource: ResourceProfile) -> Json:
    """Return the properties of a collection that say to which types it may link."""
    creates = resource.creates
    has = {"rts": resource.links or creates, "rts-m": creates is not None and creates.mandatory}
    return {name: _TYPES for name, is_there in has.items() if is_there}


def _written(resource: ResourceProfile) -> Json:
    """Describe what an UPDATE takes: what is writable, and what it needs."""
    writable = _writable(resource)
    properties = {name: _schema(spec) for name, spec in writable.items()}
    schema: Json = {"type": "object", "properties": properties}
    required = [name for name, spec in writable.items() if spec.required_in_update]
    return {**schema, "required": required} if required else schema


def _writable(resource: ResourceProfile) -> Mapping[str, Property]:
    """Return the properties that a client may write."""
    return {name: spec for name, spec in resource.properties.items() if not spec.read_only}


def _schema(spec: ValueLimits) -> Json:
    """Return the schema of a value, an array or not."""
    schema = _element(spec)
    if spec.is_array:
        highest = spec.max_items if spec.length is None else spec.length
        lowest = spec.min_items if spec.length is None else spec.length
        schema = {"type": "array", "items": schema, "maxItems": highest}
        schema |= {"minItems": lowest} if lowest else {}
        schema |= {"uniqueItems": True} if spec.unique else {}
    return {**schema, "readOnly": True} if spec.read_only else schema


def _element(spec: ValueLimits) -> Json:
    """Return the schema of a value that is no array."""
    match spec.type:
        case ValueType.OBJECT:
            required = [name for name, field in spec.fields.items() if not field.optional]
            fields = {name: _schema(field) for name, field in spec.fields.items()}
            schema: Json = {"type": "object", "properties": fields}
            return {**schema, "required": required} if required else schema
        case ValueType.DATE_TIME:
            return {"type": "string", "format": "date-time"}
        case ValueType.DURATION:
            return {"type": "string", "pattern": f"^{PERIOD.pattern}$"}
    # What the limits leave open is left out: null means something else in a schema.
    limits = {
        "minimum": spec.minimum,
        "maximum": spec.maximum,
        "enum": list(spec.choices) or None,
        "pattern": spec.pattern,
        "maxLength": spec.max_length,
    }
    given = {name: limit for name, limit in limits.items() if limit is not None}
    return {"type": str(spec.type), **given}
