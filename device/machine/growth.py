"""The resources that clients created, as they come and go.

Which there are is a part of the database (`svrdb/model/created.py`), and what is here follows it:
after each change that is stored, at each start, after a reset, and when people put another database
in place, what runs is compared with what is kept, and the difference is made. So nothing can run
that is not durable, and nobody has to remember to take something down.

    the database has it, and it does not run    its values, its part of the world, the resource, its
                                                  place in discovery
    it runs, and the database has it not        the same away again; who observed it hears 4.04, and
                                                  the observation ends (RFC 7641 4.2)
    both, but another one at the same path      away and anew
"""

from collections.abc import Hashable, MutableMapping, MutableSet
from dataclasses import dataclass

from onboardee.device.machine.context import DeviceContext
from onboardee.device.resources.appliance import ApplianceResource, CreatedApplianceResource
from onboardee.device.resources.base import Resource, batch_key
from onboardee.device.simulation.conditional import CONDITIONAL
from onboardee.device.simulation.creatable import MadeResource, made
from onboardee.device.simulation.profile import Profile
from onboardee.device.simulation.values import Values
from onboardee.device.simulation.world.terms import BehaviourError
from onboardee.device.simulation.world.world import World
from onboardee.svrdb.model import Created, CreatedResource
from onboardee.wire.coap import CoapServer, Code


@dataclass(frozen=True, slots=True)
class Places:
    """Where a resource has to be entered, so that the parts of a device know it.

    All are filled with those of the profile, and looked at by the parts that they were given to.
    """

    values: MutableMapping[str, Values]
    """By path: what the world changes."""
    appliances: MutableMapping[str, ApplianceResource]
    """By path: what holds values."""
    served: MutableMapping[str, Resource]
    """By path: what requests are led to."""
    listed: list[Resource]
    """What discovery goes through."""
    batches: MutableMapping[str, frozenset[Hashable]]
    """By path: the batches that show it."""
    conditional: MutableSet[str]
    """The paths of those whose observers are told by conditions."""


class Growth:
    """Lets the resources of a device follow its database."""

    def __init__(
        self, profile: Profile, state: DeviceContext, world: World, coap: CoapServer, places: Places
    ) -> None:
        self._profile = profile
        self._state = state
        self._world = world
        self._coap = coap
        self._places = places
        self._present: dict[str, CreatedResource] = {}
        """What runs, by path."""
        self._followed = Created()

    def kept(self, created: Created) -> Created:
        """Return those that are there after a restart: of the profile, and of what keeps them."""
        keeping = {
            each.href
            for each in self._profile.resources
            if each.creates is not None and each.creates.kept
        }
        rest = tuple(
            each.created
            for each in made(self._profile.resources, created)
            if each.created.collection in keeping
        )
        return created if len(rest) == len(created.resources) else Created(resources=rest)

    def follow(self) -> list[str]:
        """Make what runs the same as what is kept; return the paths that came or went."""
        created = self._state.database.created
        if created is self._followed:
            return []
        self._followed = created
        wanted = {each.created.href: each for each in made(self._profile.resources, created)}
        gone = [
            href
            for href, each in self._present.items()
            if href not in wanted or wanted[href].created != each
        ]
        for href in gone:
            self._remove(href)
        come = [each for href, each in wanted.items() if href not in self._present]
        for each in come:
            self._add(each)
        return [*gone, *(each.created.href for each in come)]

    def _add(self, each: MadeResource) -> None:
        href, places = each.created.href, self._places
        values = places.values[href] = Values(each.profile.properties)
        resource = CreatedApplianceResource(each.profile, values, self._world)
        try:
            self._world.add(href, each.profile.properties, each.behaviour)
        except BehaviourError as error:
            # Kept is kept: it is served, and people hear why nothing happens by itself.
            self._world.report(f"{href}: {error}")
            self._world.add(href, each.profile.properties, ())
        places.appliances[href] = places.served[href] = resource
        places.listed.append(resource)
        places.batches[href] = frozenset({batch_key(each.created.collection)})
        if CONDITIONAL in each.created.types:
            places.conditional.add(href)
        self._present[href] = each.created

    def _remove(self, href: str) -> None:
        places = self._places
        self._world.remove(href)
        places.listed.remove(places.served.pop(href))
        del places.values[href], places.appliances[href], places.batches[href]
        del self._present[href]
        places.conditional.discard(href)
        self._coap.drop_observers(self._state.now, key=href, code=Code.NOT_FOUND)
