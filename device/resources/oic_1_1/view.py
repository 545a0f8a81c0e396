"""A resource seen through another standard: what differs is a function, the rest is as it is.

A view is data: which resource, and a function for each operation that differs. `ViewedResource`
decides for each request whether it goes through the view, so the resource behind knows nothing of
other standards. Two views of one resource may stand in front of each other.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from msgspec.structs import replace

from onboardee.device.access.call import Call
from onboardee.device.access.ocf_interfaces import BASELINE
from onboardee.device.access.rights import Standard
from onboardee.device.access.target import Target
from onboardee.device.resources.base import Outcome, ReadOnly, Representation, Resource

Payload = Mapping[str, object]
"""A decoded UPDATE."""
Retrieve = Callable[[Resource, Call], Representation | Outcome]
Update = Callable[[Resource, Call, Payload], Outcome]
Delete = Callable[[Resource, Call], Outcome]

_NOTHING: Final = ReadOnly()
"""Refuses every operation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceView:
    """How a standard sees a resource. Each function gets the resource behind, to ask it."""

    of: str
    """The path of the resource behind."""
    target: Target | None = None
    """Where the view has a path of its own; what has no function there is refused."""
    retrieve: Retrieve
    """What a RETRIEVE shows."""
    update: Update | None = None
    """What an UPDATE does; None: as the resource behind does."""
    delete: Delete | None = None
    """What a DELETE does; None: as the resource behind does."""


class ViewedResource(ReadOnly):
    """A resource with a view in front: requests of the view's standard go through it."""

    def __init__(self, behind: Resource, view: ResourceView, standard: Standard) -> None:
        self.target = view.target or behind.target
        self.observable = view.target is None and behind.observable
        self._behind = behind
        self._view = view
        self._standard = standard

    def revision(self, call: Call) -> int:
        """Return what the resource behind says."""
        return self._behind.revision(call)

    def is_newly_counted(self, call: Call) -> bool:
        """Tell what the resource behind does."""
        return self._behind.is_newly_counted(call)

    def retrieve(self, call: Call) -> Representation | Outcome:
        """Return the representation of the standard that the request is written in."""
        if self._is_viewed(call):
            return self._view.retrieve(self._behind, self._seen(call))
        return self._behind.retrieve(call)

    def update(self, call: Call, payload: Payload) -> Outcome:
        """Carry out an UPDATE as its standard means it. Raises `RefusedError`."""
        if self._view.update is not None and self._is_viewed(call):
            return self._view.update(self._behind, self._seen(call), payload)
        return self._otherwise.update(call, payload)

    def delete(self, call: Call) -> Outcome:
        """Carry out a DELETE as its standard means it. Raises `RefusedError`."""
        if self._view.delete is not None and self._is_viewed(call):
            return self._view.delete(self._behind, self._seen(call))
        return self._otherwise.delete(call)

    @property
    def _otherwise(self) -> Resource | ReadOnly:
        """What serves an operation that the view has no function for."""
        return self._behind if self._view.target is None else _NOTHING

    def _is_viewed(self, call: Call) -> bool:
        """Tell whether a request is the view's, by its path or by its standard."""
        return self._view.target is not None or call.standard is self._standard

    def _seen(self, call: Call) -> Call:
        """Return the call with the rights of the view's standard."""
        return replace(call, standard=self._standard)


def with_property(name: str, value: object, retrieve: Retrieve) -> Retrieve:
    """Show a property more, or one with another value.

    Returns another function for `ResourceView.retrieve`.
    """

    def shown(behind: Resource, call: Call) -> Representation | Outcome:
        found = retrieve(behind, call)
        return {**found, name: value} if isinstance(found, Mapping) else found

    return shown


def without(name: str, is_meaningless: Callable[[object], bool], update: Update) -> Update:
    """Take no notice of a property that is written with a value without meaning.

    `name` is the property; `is_meaningless` tells whether a written value is one that tools only
    repeat. Returns another function for `ResourceView.update`.
    """

    def updated(behind: Resource, call: Call, payload: Payload) -> Outcome:
        if name in payload and is_meaningless(payload[name]):
            payload = {each: value for each, value in payload.items() if each != name}
        return update(behind, call, payload)

    return updated


def in_form(target: Target, properties: Mapping[str, Any]) -> Representation:
    """Add `rt` and `if` behind the properties: in OIC 1.1 the baseline interface is the default."""
    return {**properties, "rt": target.types, "if": (BASELINE,)}
