"""One resource of a device as an entry of a profile.

Three sources say what a resource is: its link in discovery, its own representation, and
introspection. They are asked in this order, since a device that cannot be read still lists itself.
A property is read-only if the schema says so, or if it is missing from what an UPDATE takes;
without a description the interfaces decide.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from onboardee.device.access.ocf_interfaces import (
    ACTUATOR,
    BASELINE,
    KNOWN,
    LINKS,
    READ_WRITE,
    UPDATING,
    WRITE,
)
from onboardee.device.simulation.atomic_measurement import MANDATORY
from onboardee.device.simulation.capture.catalogue import usual_properties
from onboardee.device.simulation.capture.introspected import Described
from onboardee.device.simulation.capture.json_types import Plain
from onboardee.device.simulation.capture.limits import Describer
from onboardee.device.simulation.capture.neutral_values import neutral, permits, pruned
from onboardee.device.simulation.capture.notes import Notes, shown, text_of
from onboardee.device.simulation.capture.ranges import with_ranges
from onboardee.device.simulation.capture.readings import Reading
from onboardee.device.simulation.capture.schemas import listed, mapped
from onboardee.device.simulation.capture.sections import UNKNOWN_TYPE, type_names
from onboardee.device.simulation.privacy import is_secret, without
from onboardee.device.simulation.resource import ATOMIC
from onboardee.device.simulation.tags import Tags

MAX_INTERFACES: Final = 16
"""Of one resource."""
LONGEST_RESOURCE_NAME: Final = 64
"""Characters of `n`."""

_COMMON: Final = frozenset({"rt", "if", "n"})
"""Properties of every resource, which the program makes itself."""
_OF_COLLECTIONS: Final = frozenset({"links", "rts", "rts-m"})
"""Properties that show links."""
_FIXED: Final = frozenset({"range", "step", "precision", "units"})
"""What devices say of themselves in the published models, and nobody writes."""


@dataclass(frozen=True, slots=True)
class Seen:
    """All that is known of one resource."""

    href: str
    link: Mapping[str, Any] | None
    """As `/oic/res` or a collection lists it."""
    is_listed: bool
    """In `/oic/res`."""
    reading: Reading | None
    """What came of reading it; None: it was not asked."""
    described: Described
    """What introspection says of it."""

    @property
    def is_read(self) -> bool:
        """Whether the device let it be read."""
        return self.reading is not None and self.reading.refusal is None

    @property
    def values(self) -> Mapping[str, Any]:
        """What was read, if it is an object."""
        return mapped(self.reading.body if self.reading else None)

    @property
    def linked(self) -> Sequence[str]:
        """The paths that it links to."""
        body = self.reading.body if self.reading else None
        links = listed(body if isinstance(body, list) else mapped(body).get("links"))
        return [each["href"] for each in links if isinstance(mapped(each).get("href"), str)]


class ResourceMaker:
    """Makes entries of `resources`.

    `uuids` are those of the device, which are left out wherever they stand.
    """

    def __init__(self, describer: Describer, uuids: frozenset[str], notes: Notes) -> None:
        self._describer = describer
        self._uuids = uuids
        self._notes = notes

    def entry(self, seen: Seen) -> Plain:
        """Return the entry, without its links."""
        link, place = seen.link or {}, shown(seen.href)
        types = type_names(place, self._said(seen, "rt"), self._notes) or [UNKNOWN_TYPE]
        interfaces = self._interfaces(place, self._said(seen, "if"))
        entry: Plain = {"href": seen.href, "types": types, "interfaces": interfaces}
        name = text_of(seen.values, "n")
        if name is not None:
            entry["name"] = name[:LONGEST_RESOURCE_NAME]
            if len(name) > LONGEST_RESOURCE_NAME:
                self._notes.add(f"{place} has a name that is cut: {shown(name)}")
        if not seen.is_listed:
            entry["discoverable"] = False
        # Without a link nothing says whether it can be observed, and profiles say yes by default.
        if link and not _policy(link) & 2:
            entry["observable"] = False
        tags = _tags(link)
        if tags:
            entry["tags"] = tags
        if _is_plain(link) or (seen.reading and _was_plain(seen.reading) and not link.get("eps")):
            entry["plain"] = True
        if seen.is_read:
            return {**entry, "properties": self._properties(seen, interfaces)}
        return {**entry, "properties": self._made_up(seen, types, interfaces)}

    def _made_up(self, seen: Seen, types: Sequence[str], interfaces: Sequence[str]) -> Plain:
        """Return what a resource holds that could not be read: as described, or as is usual."""
        place = shown(seen.href)
        why = shown(seen.reading.refusal) if seen.reading else "it was not asked"
        # What introspection says of this very resource is better than what is usual for its type.
        found, by = self._properties(seen, interfaces), "its description"
        if not found:
            found, by = usual_properties(types), "what is usual for its type"
        holds = f"it goes by {by}, with made-up values" if found else "it is empty"
        self._notes.add(f"{place} could not be read ({why}): {holds}")
        return found

    def _said(self, seen: Seen, name: str) -> list[str]:
        """Return the types or interfaces: as listed, as read, or as described."""
        for source in (seen.link or {}, seen.values):
            value = source.get(name)
            names = value.split() if isinstance(value, str) else listed(value)
            if names:
                return [str(each) for each in names]
        schema = self._describer.resolved(
            mapped(mapped(seen.described.read).get("properties")).get(name)
        )
        items = self._describer.resolved(schema.get("items"))
        return [str(each) for each in listed(schema.get("default")) or listed(items.get("enum"))]

    def _interfaces(self, place: str, names: Sequence[str]) -> list[str]:
        """Return the interfaces that are known here; without any there is the baseline."""
        known = list(dict.fromkeys(each for each in names if each in KNOWN))[:MAX_INTERFACES]
        for each in names:
            if each not in known:
                self._notes.add(f"{place} has an interface that is left out: {shown(each)}")
        if not known:
            self._notes.add(f"{place} tells no interface that is known here, and gets {BASELINE}")
        return known or [BASELINE]

    def _properties(self, seen: Seen, interfaces: Sequence[str]) -> Plain:
        """Return all properties with their limits and initial values."""
        schemas = mapped(mapped(seen.described.read).get("properties"))
        written = mapped(mapped(seen.described.written).get("properties"))
        skipped = _COMMON | (_OF_COLLECTIONS if LINKS in interfaces or seen.linked else frozenset())
        if ATOMIC in self._said(seen, "rt"):
            skipped -= {MANDATORY}  # a profile says itself which parts there must be
        names = dict.fromkeys(seen.values if seen.is_read else [*self._expected(seen), *written])
        place, found = shown(seen.href), Plain()
        for name in self._describer.named(place, [each for each in names if each not in skipped]):
            schema = schemas.get(name, written.get(name))
            made = self._property(f"{place}#{shown(name)}", name, schema, seen.values)
            if made is None:
                continue
            if self._is_read_only(name, schema, seen.described, interfaces):
                made["read_only"] = True
            else:
                made |= _of_update(name, made, seen.described, self._describer)
            found[name] = {key: made[key] for key in sorted(made, key=_is_value)}
        self._tell_hidden(place, {*names, *_COMMON, *_OF_COLLECTIONS, "id"}, {**schemas, **written})
        return with_ranges(found)

    def _tell_hidden(self, place: str, names: Container[str], described: Iterable[str]) -> None:
        """Note which properties are described and were not shown."""
        hidden = ", ".join(each for each in described if each not in names)
        if hidden:
            self._notes.add(f"{place} describes, but does not show: {shown(hidden)}")

    def _expected(self, seen: Seen) -> list[str]:
        """Name what a resource shows that could not be read."""
        properties = mapped(mapped(seen.described.read).get("properties"))
        required = [str(each) for each in listed(mapped(seen.described.read).get("required"))]
        return [name for name in properties if name in required] or list(properties)

    def _property(
        self, place: str, name: str, schema: object, values: Mapping[str, Any]
    ) -> Plain | None:
        """Return limits and initial value."""
        samples = [without(self._uuids, values[name])] if name in values else []
        # A simulated device has UUIDs of its own; a value that names the captured one would be
        # wrong.
        if samples and samples[0] != values[name]:
            self._notes.add(f"{place} names this device by its UUID, and the nil UUID stands here")
        limits = self._describer.described(place, schema, samples)
        if limits is None:
            return None
        known = samples and samples[0] is not None
        if known and is_secret(name, samples[0]):
            self._notes.add(f"{place} looks like a secret; its value is not copied")
            known = False
        initial = pruned(limits, samples[0]) if known else neutral(limits)
        if initial is None or not permits(limits, [initial]):
            self._notes.add(f"{place} is left out: there is no value at hand that fits its limits")
            return None
        return {**limits, "initial": initial}

    def _is_read_only(
        self, name: str, schema: object, described: Described, interfaces: Sequence[str]
    ) -> bool:
        """Tell whether clients may not write a property."""
        if self._describer.resolved(schema).get("readOnly") is True:
            return True
        # The schema of an UPDATE names what may be written.
        if described.written is not None:
            return name not in mapped(described.written.get("properties"))
        # It is described, and nothing says that it may be written, unless an interface does.
        if described.read is not None:
            return bool(UPDATING & set(interfaces))
        return name in _FIXED or not {ACTUATOR, READ_WRITE, WRITE} & set(interfaces)


def _of_update(name: str, limits: Plain, described: Described, describer: Describer) -> Plain:
    """Return what only an UPDATE tells: whether it needs the property, and what it may write."""
    update = mapped(described.written)
    found = Plain()
    if name in listed(update.get("required")):
        found["required_in_update"] = True
    schema = describer.resolved(mapped(update.get("properties")).get(name))
    items = describer.resolved(schema.get("items")) if "items" in schema else schema
    choices, all_choices = listed(items.get("enum")), limits.get("choices", [])
    some = [each for each in all_choices if each in choices]
    return {**found, "writable_choices": some} if 0 < len(some) < len(all_choices) else found


def _is_value(key: str) -> bool:
    """Sort the initial value behind the limits, where people look for it."""
    return key == "initial"


def _tags(link: Mapping[str, Any]) -> Plain:
    """Return the semantic tags of a link, as far as a profile can have them."""
    found = Plain()
    for name in Tags.__struct_encode_fields__:
        value = link.get(f"tag-{name}")
        with suppress(msgspec.ValidationError):
            msgspec.convert({name: value}, Tags)
            found |= {} if value is None else {name: value}
    return found


def _policy(link: Mapping[str, Any]) -> int:
    """Return the bitmap of a link; what tells none is discoverable and observable."""
    bitmap = mapped(link.get("p")).get("bm")
    return bitmap if isinstance(bitmap, int) else 3


def _is_plain(link: Mapping[str, Any]) -> bool:
    """Tell whether a link names an endpoint without DTLS."""
    uris = (mapped(each).get("ep") for each in listed(link.get("eps")))
    return any(str(each).startswith("coap://") for each in uris)


def _was_plain(reading: Reading) -> bool:
    """Tell whether a resource was read without a session."""
    return reading.refusal is None and not reading.secured
