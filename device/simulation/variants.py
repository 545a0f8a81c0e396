"""Profiles made from others: `extends`, `devices`, and how what stands where is merged.

A map of a variant is merged into that of its base as in RFC 7396: what the variant does not mention
stays, and null takes something away. Resources are merged by `href`, and one with `remove: true` is
dropped. Other lists, and values, replace what was there.

Merging works on documents with lines, before anything is typed: so a mistake in a base is told with
the base's file, and one that only the combination makes with the line of the variant.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from onboardee.device.nearest import did_you_mean
from onboardee.device.simulation.document import DocumentItem
from onboardee.device.simulation.section import ProfileError

MAX_DEVICES: Final = 4096
"""Of one file."""
MAX_BASES: Final = 16
"""Profiles that extend one another: a chain of files that ends."""

FindDocument = Callable[[str, Path | None], DocumentItem]
"""Finds a profile by name, or by its path from a folder."""


def expanded(document: DocumentItem, find: FindDocument) -> list[DocumentItem]:
    """Return the complete profile of each device of a document. Raises `ProfileError`.

    `find` reads other profiles, each once. A document without `devices` is one device.
    """
    content = document.value
    if not isinstance(content, Mapping) or "devices" not in content:
        return [_with_base(document, find, ())]
    devices = content["devices"]
    entries = devices.value if isinstance(devices.value, tuple) else ()
    if not 1 <= len(entries) <= MAX_DEVICES:
        raise devices.wrong(f"devices is a list of 1 to {MAX_DEVICES} devices")
    shared = {name: item for name, item in content.items() if name != "devices"}
    return [_with_base(_entry(shared, entry), find, ()) for entry in entries]


def _entry(shared: Mapping[str, DocumentItem], entry: DocumentItem) -> DocumentItem:
    """Complete an entry of `devices` by what stands beside the list."""
    if not isinstance(entry.value, Mapping):
        raise entry.wrong("a device of the list is a map, such as {extends: light}")
    if "devices" in entry.value:
        raise entry.value["devices"].wrong("a device of the list has no devices of its own")
    return merged(DocumentItem(shared, entry.file, entry.line), entry)


def _with_base(item: DocumentItem, find: FindDocument, on_the_way: tuple[str, ...]) -> DocumentItem:
    """Merge a document into what it extends; `on_the_way` are the files that led here."""
    if not isinstance(item.value, Mapping) or "extends" not in item.value:
        return item
    reference = item.value["extends"]
    rest = {name: part for name, part in item.value.items() if name != "extends"}
    base = _base(reference, find)
    # A profile may extend one of the same name in another folder, but no file twice.
    if base.file in on_the_way or base.file == item.file:
        cycle = " → ".join((*on_the_way, item.file, base.file))
        raise reference.wrong(f"profiles extend each other in a cycle: {cycle}")
    if len(on_the_way) >= MAX_BASES:
        raise reference.wrong(f"more than {MAX_BASES} profiles extend each other")
    complete = _with_base(base, find, (*on_the_way, item.file))
    return merged(complete, DocumentItem(rest, item.file, item.line))


def _base(reference: DocumentItem, find: FindDocument) -> DocumentItem:
    """Return the document that is extended. Raises `ProfileError` at the line of `extends`."""
    if not isinstance(reference.value, str):
        raise reference.wrong("extends is the name of a profile, or a path from this file")
    try:
        base = find(reference.value, Path(reference.file).parent)
    except ProfileError as error:
        raise reference.wrong(str(error)) from error
    if isinstance(base.value, Mapping) and "devices" in base.value:
        sentence = f"{reference.value} has several devices, and one is needed to extend it"
        raise reference.wrong(sentence)
    return base


def merged(base: DocumentItem, over: DocumentItem, *, is_top: bool = True) -> DocumentItem:
    """Merge a variant into its base.

    `over` wins. At the top the list `resources` is merged by path; deeper lists are replaced.
    """
    if not isinstance(base.value, Mapping) or not isinstance(over.value, Mapping):
        return over
    result = dict(base.value)
    for name, item in over.value.items():
        if item.value is None:
            result.pop(name, None)
        elif is_top and name == "resources" and name in result:
            result[name] = _merged_resources(result[name], item)
        elif name in result:
            result[name] = merged(result[name], item, is_top=False)
        else:
            result[name] = item
    return DocumentItem(result, over.file, over.line)


def _merged_resources(base: DocumentItem, over: DocumentItem) -> DocumentItem:
    """Merge resources by their path; new ones come last."""
    if not isinstance(base.value, tuple) or not isinstance(over.value, tuple):
        return over
    result = {_href(item): item for item in base.value}
    for item in over.value:
        href = _href(item)
        content = item.value if isinstance(item.value, Mapping) else {}
        if "remove" in content and content["remove"].value is True:
            _refuse_unknown(href, result, item)
            del result[href]
        elif href in result:
            result[href] = merged(result[href], item, is_top=False)
        else:
            result[href] = item
    return DocumentItem(tuple(result.values()), over.file, over.line)


def _href(item: DocumentItem) -> str:
    """Return the path of a resource. Raises `ProfileError` if it has none."""
    if isinstance(item.value, Mapping) and isinstance(item.at("href").value, str):
        return str(item.at("href").value)
    raise item.wrong("a resource of a variant needs its href, by which it is merged")


def _refuse_unknown(href: str, known: Mapping[str, DocumentItem], item: DocumentItem) -> None:
    """Raise `ProfileError` if there is no such resource to be removed."""
    if href not in known:
        hint = did_you_mean(href, known)
        raise item.wrong(f"the base has no resource {href} to remove{hint}")
