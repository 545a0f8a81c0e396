"""The tables of `docs/profiles.md`: the keys of a profile, and the catalogue.

`python tests/profiles/reference.py` rewrites them.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from onboardee.device.simulation.json_schema import EXTENDS, REMOVE, profile_schema
from onboardee.device.simulation.profile import built_in_names, load_all

DOCUMENT = Path(__file__).parents[2] / "docs" / "profiles.md"
BEGIN = "<!-- {} begins: written by tests/profiles/reference.py -->\n"
END = "<!-- {} ends -->"

SECTIONS = {
    "Profile": "The file",
    "DeviceIdentity": "`device`",
    "Platform": "`platform`",
    "OwnershipSettings": "`ownership`",
    "PinSettings": "`ownership.pin`",
    "Manufacturer": "`ownership.manufacturer`",
    "DiscoveryDelays": "`discovery`",
    "SnapshotSettings": "`snapshots`",
    "Answers": "`answers`",
    "AnswerBound": "An entry of `answers`",
    "Compatibility": "`compat`",
    "DirectPairingSettings": "`direct_pairing`",
    "SoftwareUpdateSettings": "`software_update`",
    "UpdatePackage": "An entry of `software_update.packages`",
    "UpdateFailure": "An entry of `software_update.failures`",
    "CoreResources": "`core`",
    "CorePaths": "`core.paths`",
    "Fault": "An entry of `faults`",
    "ResourceProfile": "An entry of `resources`",
    "Tags": "`tags` of a resource",
    "Scenes": "`scenes`",
    "SceneCollection": "An entry of `scenes.collections`",
    "Creation": "`creates` of a resource",
    "CreatableResource": "An entry of `creates.resources`",
    "Property": "An entry of `properties`",
    "Field": "An entry of `fields`",
}
BEHAVIOUR = "[behaviour](behaviour.md#the-kinds)"
OWN_TABLES = {"Ace": "as in aclist2", "Credential": "as in cred"}
KINDS = {"integer": "whole number", "string": "text", "boolean": "true, false", "null": ""}


def document() -> str:
    """Return the text of the document with its tables as they are now."""
    text = DOCUMENT.read_text(encoding="utf-8")
    for name, lines in (("reference", _reference()), ("catalogue", _catalogue())):
        begin, end = BEGIN.format(name), END.format(name)
        head, _, rest = text.partition(begin)
        _, _, tail = rest.partition(end)
        text = head + begin + "\n".join(lines) + "\n" + end + tail
    return text


def _reference() -> Iterator[str]:
    schema = profile_schema()["$defs"]
    for name, title in SECTIONS.items():
        definition = schema[name]
        yield f"\n### {title}\n\n| key | value | default | meaning |\n| --- | --- | --- | --- |"
        properties = dict(definition["properties"])
        if name == "Profile":
            devices = schema["VariantProfile"]["properties"]["devices"]
            properties = {"extends": EXTENDS, "devices": devices, **properties}
        if name == "ResourceProfile":
            properties["remove"] = REMOVE
        if name == "Field":
            known = schema["Property"]["properties"]
            yield "| | | | all of a property, but `initial` and `required_in_update`, and: |"
            properties = {key: part for key, part in properties.items() if key not in known}
        for key, part in properties.items():
            needed = key in definition.get("required", ())
            default = "**needed**" if needed else _default(part)
            meaning = part.get("description", "").replace("|", "\\|")
            yield f"| `{key}` | {_kind(part, schema)} | {default} | {meaning} |"
    yield "\n### Types of values\n\n| `type` | value |\n| --- | --- |"
    _, _, choices = schema["ValueType"]["description"].partition(".")
    meanings = dict(each.split(": ", 1) for each in _sentences(choices))
    for choice in sorted(schema["ValueType"]["enum"]):
        yield f"| `{choice}` | {meanings.get(choice, 'as in JSON')} |"


def _sentences(text: str) -> list[str]:
    return [f"{each.strip()}." for each in text.strip().rstrip(".").split(". ")]


def _default(part: dict[str, Any]) -> str:
    match part.get("default"):
        case None | [] | {}:
            return ""
        case bool() as value:
            return str(value).lower()
        case dict():
            return ""
        case list() | tuple() as values:
            return f"[{', '.join(map(str, values))}]"
        case value:
            return f"{value:g}" if isinstance(value, float) else f"`{value}`"


def _kind(part: dict[str, Any], schema: dict[str, Any]) -> str:
    if "anyOf" in part:
        kinds = dict.fromkeys(_kind(each, schema) for each in part["anyOf"])
        return " or ".join(kind for kind in kinds if kind)
    if "$ref" in part:
        name = part["$ref"].rpartition("/")[2]
        choices = schema[name].get("enum")
        return ", ".join(f"`{each}`" for each in choices) if choices else _title(name)
    match part.get("type"):
        case "array":
            return f"list of: {_kind(part['items'], schema)}"
        case "object":
            inner = part.get("additionalProperties")
            return f"map of: {_kind(inner, schema)}" if inner else "map"
        case None:
            return "any"
        case kind:
            return " ".join([KINDS.get(kind, kind), _bounds(part)]).strip()


def _title(name: str) -> str:
    if name.endswith("Behaviour"):
        return BEHAVIOUR
    if name.removeprefix("Variant") not in SECTIONS:
        return OWN_TABLES.get(name, name)
    title = SECTIONS.get(name.removeprefix("Variant"), name).replace("`", "")
    if name == "VariantProfile":
        return "a file like this one"
    anchor = title.lower().replace(" ", "-").replace(".", "")
    return f"[{title.lower()}](#{anchor})"


def _bounds(part: dict[str, Any]) -> str:
    low = part.get("minimum", part.get("minLength"))
    high = part.get("maximum", part.get("maxLength"))
    if low is not None and high is not None:
        return f"{low} … {high}"
    if high is not None:
        return f"≤ {high}"
    return f"≥ {low}" if low else ""


def _catalogue() -> Iterator[str]:
    yield "\n| profile | device types | what it is | resources |\n| --- | --- | --- | --- |"
    for name in built_in_names():
        (profile,) = load_all(name)
        types = " ".join(kind.removeprefix("oic.d.") for kind in profile.device.types)
        kinds = [kind for each in profile.resources for kind in each.types if kind != "oic.wk.col"]
        counted = [
            kind.removeprefix("oic.r.") + (f" ({number})" if number > 1 else "")
            for kind, number in Counter(kinds).items()
        ]
        listed = ", ".join(counted)
        yield f"| `{name}` | {types} | {profile.description} | {listed} |"


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
