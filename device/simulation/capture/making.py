"""The whole profile of a device that was read.

Resources of the device itself (/oic/…, security) are made by the program and are not copied; all
others become entries. An entry that does not pass the checks of profiles is left out rather than
the whole device. Notes are gathered in the order in which things were found, and stand as comments
in the head of the file.

    Readings ──► sections, resources (type, interfaces, properties) ──► links ──► YAML ──► check
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from onboardee.device.simulation.capture.introspected import Introspection
from onboardee.device.simulation.capture.json_types import Plain
from onboardee.device.simulation.capture.limits import Describer
from onboardee.device.simulation.capture.linking import connect
from onboardee.device.simulation.capture.measurements import settle_measurements
from onboardee.device.simulation.capture.notes import Notes, shown
from onboardee.device.simulation.capture.readings import Readings
from onboardee.device.simulation.capture.resources import ResourceMaker, Seen
from onboardee.device.simulation.capture.scenes import captured_scenes
from onboardee.device.simulation.capture.schemas import listed, mapped
from onboardee.device.simulation.capture.sections import (
    device_section,
    is_type,
    platform_section,
    uuids,
)
from onboardee.device.simulation.core_resources import CorePaths, document_of
from onboardee.device.simulation.document import read, write
from onboardee.device.simulation.profile import Profile, ProfileError
from onboardee.device.simulation.resource import ResourceProfile, is_core_path

MAX_RESOURCES: Final = 256
"""Of one profile."""

_PATH: Final = re.compile(r"/[^?#]{0,255}")
"""A path that profiles can have; a query would be part of a name."""
_SECURITY: Final = re.compile(
    r"oic\.(r|sec)\.(doxm|pstat|cred|acl2?|amacl|sacl|crl|csr|roles|sp|sdi|ael|svc|dpairing|pconf|ver)"
)
"""Types of security resources, those of OIC 1.1 included."""
_APPLICATION: Final = frozenset({"oic.wk.col", "oic.wk.atomicmeasurement"})
"""Well-known types of resources that are nevertheless a maker's own.

Those of scenes are made of the section `scenes` (`capture/scenes.py`).
"""
_ORDER: Final = (
    "href", "types", "interfaces", "name", "discoverable", "observable", "tags", "plain", "links",
    "properties",
)  # fmt: skip
"""In which the keys of a resource stand in the file."""

HEADER: Final = """\
# Captured from a device: what it shows to a client, at one moment. It does nothing by itself:
# `behaviour:` can say what it does. UUIDs are not copied, each simulated device has its own; nor
# are its owner, access rules, credentials and ownership methods, which a device does not show.
"""


class CapturedProfileError(Exception):
    """No profile can be made of what was read."""


@dataclass(frozen=True, slots=True)
class CapturedProfile:
    """A profile, and in sentences what it lacks."""

    text: str
    """The file, which runs."""
    notes: tuple[str, ...]
    """What it lacks, and what was made up."""


def captured(answers: Readings) -> CapturedProfile:
    """Make a profile of what was read. Raises `CapturedProfileError`."""
    notes = Notes()
    for note in answers.notes:
        notes.add(note)
    # A link without a path is no link; of two with the same path the later counts.
    links = {href: each for each in answers.links if (href := _href(each)) is not None}
    core = {href for href, each in links.items() if _is_core(href, each)}
    own = {
        "description": f"Captured from {shown(answers.device.get('n', 'a device'))}",
        "device": device_section(answers.device, links.get("/oic/d", {}), notes),
        "platform": platform_section(answers.platform, notes),
        "core": _core(links, {*links, *answers.resources}, notes),
    }
    resources = _resources(answers, links, core, notes)
    scenes = captured_scenes(answers, resources, notes)
    content = {**own, "resources": resources} | ({} if scenes is None else {"scenes": scenes})
    return CapturedProfile(_checked(content, notes.sentences), notes.sentences)


def _checked(content: Plain, notes: Sequence[str]) -> str:
    """Return the file. Raises `CapturedProfileError` if it were none that can be run."""
    lacking = ["#\n# What is different:\n", *(f"# - {note}\n" for note in notes)] if notes else []
    # Notes stand in the file, so that they are not lost with the terminal.
    text = f"{HEADER}{''.join(lacking)}\n{write(content)}"
    try:
        msgspec.convert(read(text, "captured").plain(), Profile)
    except (ProfileError, msgspec.ValidationError, ValueError) as error:
        raise CapturedProfileError(
            f"what the device shows makes no profile: {shown(error)}"
        ) from error
    return text


def _resources(
    answers: Readings, links: Mapping[str, Any], core: set[str], notes: Notes
) -> list[Plain]:
    """Return the entries of all resources that are not the device's own, with their links."""
    introspection = Introspection(answers.introspection)
    describer = Describer(introspection.schemas, notes)
    maker = ResourceMaker(describer, uuids(answers), notes)
    inner = _links_of_collections(answers)
    entries: dict[str, Plain] = {}
    wanted: dict[str, Sequence[str]] = {}
    for href in dict.fromkeys([*links, *answers.resources]):
        if href in core or not _is_possible(href, notes):
            continue
        if len(entries) >= MAX_RESOURCES:
            notes.add(f"there are more than {MAX_RESOURCES} resources; the rest is left out")
            break
        link = links.get(href, inner.get(href))
        if link is not None and _is_core(href, link):
            continue  # a scene member that its collection alone links to
        seen = Seen(href, link, href in links, answers.resources.get(href), introspection.of(href))
        # Descriptions often name resources that this model of the device does not have.
        if seen.link is None and not _is_there(seen):
            continue
        entries[href], wanted[href] = maker.entry(seen), seen.linked
    connect(entries, wanted, notes)
    usable = [_ordered(each) for each in entries.values() if _is_usable(each, notes)]
    settle_measurements(usable, notes)
    return usable


def _is_there(seen: Seen) -> bool:
    """Tell whether what only a description names is a resource that this device has."""
    return seen.reading is not None and "4.04" not in (seen.reading.refusal or "")


def _links_of_collections(answers: Readings) -> dict[str, Any]:
    """Return links that only collections show, by path."""
    found: dict[str, Any] = {}
    for reading in answers.resources.values():
        body = reading.body
        for each in listed(body if isinstance(body, list) else mapped(body).get("links")):
            href = mapped(each).get("href")
            if isinstance(href, str):
                found.setdefault(href, each)
    return found


def _href(link: object) -> str | None:
    """Return the path of a link, None if it has none."""
    href = mapped(link).get("href")
    return href if isinstance(href, str) else None


def _is_core(href: str, link: Mapping[str, Any]) -> bool:
    """Tell whether a resource belongs to the device itself, wherever it is."""
    # Never copied: they are about the owner of the other device.
    if href.startswith("/oic/sec/") or href in {"/oic/res", "/oic/d", "/oic/p", "/oic/mnt"}:
        return True
    types = [str(each) for each in listed(link.get("rt"))]
    return any(
        (each.startswith("oic.wk.") and each not in _APPLICATION) or _SECURITY.fullmatch(each)
        for each in types
    )


def _is_possible(href: str, notes: Notes) -> bool:
    """Tell whether a profile can have a path; a note says why not."""
    if is_core_path(href) or not _PATH.fullmatch(href):
        notes.add(f"{shown(href)} is left out: a profile has no such path")
        return False
    if not href.isprintable() or href != href.strip():
        notes.add(f"{shown(href)} is left out: there is more in its path than can be seen")
        return False
    return True


def _core(links: Mapping[str, Any], others: Collection[str], notes: Notes) -> Plain:
    """Say which of the optional core resources there are, and where, if that is another place.

    `others` are the paths of all resources that were read.
    """
    found, paths = Plain(), Plain()
    for name, kind in (("configuration", "oic.wk.con"), ("introspection", "oic.wk.introspection")):
        hrefs = [href for href, each in links.items() if is_type(each, kind)]
        found[name] = bool(hrefs)
        usual = getattr(CorePaths(), name)
        for href in hrefs[:1]:
            if href == usual:
                continue
            if _is_core_path(name, href) and document_of(href) not in others:
                paths[name] = href
            else:
                notes.add(f"{shown(href)} is at {usual} here")
        for href in hrefs[1:]:
            notes.add(f"{shown(href)} is left out: there is one {kind} here")
    return {**found, "paths": paths} if paths else found


def _is_core_path(name: str, href: str) -> bool:
    """Tell whether a profile can have a core resource at a path."""
    try:
        msgspec.convert({name: href}, CorePaths)
    except (msgspec.ValidationError, ValueError):
        return False
    return _PATH.fullmatch(href) is not None and href.isprintable() and href == href.strip()


def _is_usable(entry: Plain, notes: Notes) -> bool:
    """Leave out a resource that is none for profiles, rather than the whole device."""
    try:
        msgspec.convert(entry, ResourceProfile)
    except (msgspec.ValidationError, ValueError) as error:
        notes.add(f"{shown(entry['href'])} is left out: {shown(error)}")
        return False
    return True


def _ordered(entry: Plain) -> Plain:
    """Return an entry with its keys in order, without an empty list of properties."""

    def pairs() -> Iterator[tuple[str, Any]]:
        for name in _ORDER:
            if name in entry and entry[name] != {}:
                yield name, entry[name]

    return dict(pairs())
