"""Collections: resources of a profile that link to others (OCF Core 7.8.3).

A collection shows the links to other resources of the same device; each stays where it is and keeps
its own rights. Links are those of the profile and those that clients created (`creating`); a
collection may be empty. What an observer of the batch interface watches is not the collection's own
representation but those of its links, so it has a key of its own in the table of observers.
"""

from collections.abc import Mapping
from typing import Any

from onboardee.device.access.call import Call
from onboardee.device.access.ocf_interfaces import LINKS
from onboardee.device.resources import creating
from onboardee.device.resources.appliance import ApplianceResource
from onboardee.device.resources.base import Outcome, Representation, Resource
from onboardee.device.resources.links import Reach, is_wanted, link_to
from onboardee.device.simulation.profile import ResourceProfile
from onboardee.device.simulation.values import Values
from onboardee.device.simulation.world.world import World


class CollectionResource(ApplianceResource):
    """A resource whose value is its links; it may have properties of its own, too.

    `siblings` are all resources of the profile by path, which is complete only after the last of
    them was made.
    """

    def __init__(
        self,
        profile: ResourceProfile,
        values: Values,
        world: World | None,
        siblings: Mapping[str, Resource],
    ) -> None:
        super().__init__(profile, values, world)
        self.takes_create = profile.creates is not None
        self._profile = profile
        self._links = profile.links
        self._siblings = siblings

    def members(self, call: Call) -> list[Resource]:
        """Return the linked resources that have the types that the query names."""
        linked = (self._siblings[href] for href in self._numbers(call))
        return [resource for resource in linked if is_wanted(resource, call.query.all("rt"))]

    def create(self, call: Call, payload: Mapping[str, object]) -> Outcome:
        """Create a resource, and the link to it (OCF Core 7.6.3.9)."""
        return creating.create(self._profile, self._siblings, call, payload)

    def _numbers(self, call: Call) -> dict[str, int]:
        """Return the linked paths with what tells their links apart, `ins`: those of the profile.

        Then those that clients created, which are in the database of the call.
        """
        numbers = {href: number for number, href in enumerate(self._links, 1)}
        for each in call.database.created.resources:
            if each.collection == self.target.href and each.href in self._siblings:
                numbers[each.href] = each.instance
        return numbers

    def version(self) -> object | None:
        """Promise nothing: the links' resources may change as well."""
        return None

    def revision(self, call: Call) -> int:
        """Return how often links came and went, and what tells its own values, where they show."""
        own = 0 if call.interface == LINKS else super().revision(call)
        return own + call.database.created_changes.get(self.target.href, 0)

    def is_newly_counted(self, call: Call) -> bool:
        """Tell nothing: its links outlive a restart."""
        return False

    def retrieve(self, call: Call) -> Representation:
        """Return the links, alone or among all properties.

        Anybody who may read the collection sees all links: they say nothing of the values. What
        the batch interface shows is made link by link, in `onboardee.device.resources.batch`.
        """
        if call.interface == LINKS:
            return self._shown(call)
        own = {**self._types(call), **self.values.current}
        return self._represented(call, {**own, "links": self._shown(call)})

    def _shown(self, call: Call) -> list[dict[str, Any]]:
        """Return the links that the query asks for; `ins` numbers them from 1."""
        reach = Reach(call)
        numbers = self._numbers(call)
        return [
            {
                **link_to(member, reach.of(member.target)),
                "rel": ["hosts"],
                "ins": numbers[member.target.href],
            }
            for member in self.members(call)
        ]

    def _types(self, call: Call) -> dict[str, Any]:
        """Return the types of resources that this collection may link to: `rts` and `rts-m`.

        That are those that it does, and those that may be created in it. A collection without
        either has neither property, as an array of types has one at least.
        """
        creates = self._profile.creates
        creatable = () if creates is None else tuple(each.types for each in creates.resources)
        linked = (self._siblings[href].target.types for href in self._numbers(call))
        supported = dict.fromkeys(name for types in (*creatable, *linked) for name in types)
        mandatory = () if creates is None else creates.mandatory
        shown = {"rts": list(supported), "rts-m": list(mandatory)}
        return {name: types for name, types in shown.items() if types}
