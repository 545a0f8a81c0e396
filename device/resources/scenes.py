"""Scenes as clients meet them: a collection that recalls, and members that tell what is set.

    POST /scenes/evening?if=oic.if.a  {"lastScene": "film"}
    2.04                              {"lastScene": "film"}

One such UPDATE writes each resource that the scene sets, as the client who asks: each is asked
about at the gate, and each may refuse, as it may be locked or broken. All of it happens or nothing:
if one refuses, nothing has changed and the client hears why by the code, 4.03 where it is the gate
that refuses a member. All resources are of this device, so there is nobody to wait for.
"""

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from onboardee.device.access.call import Call, Query
from onboardee.device.access.gate import decide
from onboardee.device.access.ocf_interfaces import WRITE
from onboardee.device.access.target import Operation
from onboardee.device.resources.appliance import ApplianceResource, refused
from onboardee.device.resources.base import (
    DeniedError,
    Outcome,
    RefusedError,
    Representation,
    Resource,
    require_granted,
)
from onboardee.device.resources.collection import CollectionResource
from onboardee.device.resources.links import Reach, link_to
from onboardee.device.simulation.profile import ResourceProfile
from onboardee.device.simulation.scenes import LAST, SceneCollection, updating_interface
from onboardee.device.simulation.values import ValueRefusedError, Values
from onboardee.device.simulation.world.refusal import UpdateRefusedError
from onboardee.device.simulation.world.world import World
from onboardee.wire.coap import Code


class SceneCollectionResource(CollectionResource):
    """Scenes, of which an UPDATE recalls one (oic.wk.scenecollection)."""

    def __init__(
        self,
        profile: ResourceProfile,
        values: Values,
        world: World | None,
        siblings: Mapping[str, Resource],
        scenes: SceneCollection,
    ) -> None:
        super().__init__(profile, values, world, siblings)
        self._scenes = scenes

    def update(self, call: Call, payload: Mapping[str, object]) -> Outcome:
        """Recall the scene that `lastScene` names, also if it is the last one already.

        4.00 for what is no text, 4.03 for what is none of `sceneValues`, and for a member the code
        by which it refuses.
        """
        href = self.target.href
        try:
            tried = self.values.tried(payload)
        except ValueRefusedError as error:
            raise refused(href, error) from error
        if LAST not in payload:
            return Outcome(body=None if call.interface == WRITE else {})
        scene = str(tried[LAST])
        refusals = tuple(self._refusals(scene, call))
        if refusals:
            return Outcome(code=Code.FORBIDDEN, refusals=refusals)
        try:
            notify = self._recall(scene)
        except (UpdateRefusedError, ValueRefusedError) as error:
            raise refused(f"{href}: {scene}", error) from error
        return Outcome(body={LAST: scene}, notify=notify)

    def _refusals(self, scene: str, call: Call) -> Iterator[tuple[str, RefusedError]]:
        """Yield the members that the client may not write, with the reasons for the log."""
        for href in self._scenes.settings(scene):
            target = self._siblings[href].target
            interface = updating_interface(target.interfaces) or target.interfaces[0]
            asked = replace(
                call,
                operation=Operation.UPDATE,
                target=target,
                interface=interface,
                query=Query(),
            )
            try:
                require_granted(decide(asked))
            except DeniedError as error:
                yield href, error

    def _recall(self, scene: str) -> frozenset[str]:
        """Set all of a scene; return the paths whose observers are to hear of it now."""
        settings = self._scenes.settings(scene)
        href = self.target.href
        if self._world is not None:
            return frozenset(self._world.recall(href, LAST, scene, settings))
        changed = {href} if self.values.set({LAST: scene}) else set[str]()
        for member, values in settings.items():
            resource = self._siblings[member]
            if isinstance(resource, ApplianceResource) and resource.values.set(values):
                changed.add(member)
        return frozenset(changed)


class SceneMemberResource(ApplianceResource):
    """Which scene sets what of one resource (oic.wk.scenemember), with the link to that."""

    def __init__(
        self,
        profile: ResourceProfile,
        values: Values,
        world: World | None,
        siblings: Mapping[str, Resource],
        linked: str,
    ) -> None:
        super().__init__(profile, values, world)
        self._siblings = siblings
        self._linked = linked

    def retrieve(self, call: Call) -> Representation:
        """Return the link and the mappings."""
        linked = self._siblings[self._linked]
        link = link_to(linked, Reach(call).of(linked.target))
        return self._represented(call, {"link": link, **self.values.current})
