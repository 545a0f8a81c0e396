"""OIC 1.1 (IoTivity 1.1 and 1.2) as a view of what a device has today.

Everything here is in place only where the `compat` of a profile says so. Database, onboarding
states and resources are OCF's. A request that is written as OIC 1.1 has it (`Call.standard`) goes
through a view: `_views` is the table of all of them, and `OIC_1_1` says what may be written when.

The form of a request is known by its content format, or for tools that name none by what they ask
for first (`device/machine/requests.py`). To add a deviation: a function in the file of its
resource, and its place in `_views` where the profile's setting asks for it.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

from msgspec.structs import replace as with_fields

from onboardee.device.access.call import Call
from onboardee.device.access.ocf_interfaces import BASELINE
from onboardee.device.access.rights import OCF, Standard
from onboardee.device.access.target import ACL2, CRED, DOXM, PCONF, PSTAT, VER, Kind, Target
from onboardee.device.resources.base import Outcome, Representation, Resource
from onboardee.device.resources.oic_1_1 import acl, amacl, cred, discovery, ownership
from onboardee.device.resources.oic_1_1.view import (
    Payload,
    ResourceView,
    Retrieve,
    Update,
    ViewedResource,
    in_form,
    with_property,
    without,
)
from onboardee.device.simulation.compatibility import Compatibility, DirectPairingProperty
from onboardee.svrdb.model import IN_REPAIR, NIL, OWNER, UNLESS_RESETTING, Over, Right
from onboardee.svrdb.model.amacl import AMACL_RIGHTS
from onboardee.wire.coap import Code

OIC_1_1: Final = Standard(
    "OIC 1.1",
    rights={
        **OCF.rights,
        "pstat": {**OCF.rights["pstat"], "om": Right(UNLESS_RESETTING.states, Over.EITHER)},
        "cred": {**OCF.rights["cred"], "creds": UNLESS_RESETTING},
        "acl": {"aclist": UNLESS_RESETTING, OWNER: IN_REPAIR},
        "amacl": AMACL_RIGHTS,
    },
    seasons={path: {} if path == CRED else seasons for path, seasons in OCF.seasons.items()},
    has_mode_before_session=True,
    # KEY_BLOCK_LEN of IoTivity 1.2.1, whose certificate suites take less; all others take as much
    key_block_size=96,
)
"""Its tools provision, and remove credentials, in normal operation, without a bracket around it."""

_VER: Final = Target(
    href=VER, kind=Kind.CORE, types=("oic.r.ver",), interfaces=(BASELINE,), has_plain_endpoint=True
)


def _views(compat: Compatibility, *, can_pair: bool) -> tuple[ResourceView, ...]:
    """Return the views of a device: which function stands before which resource.

    The functions are wrapped one by one as the settings of the profile ask for it, so that a device
    without a setting has nothing of it in its way.
    """
    added = Code.CREATED if compat.iotivity_1_1_0 else Code.CHANGED
    write_acl: Update = _heedless_of_nil(compat, acl.append)
    return (
        ResourceView(of="/oic/res", retrieve=discovery.links),
        _doxm_view(compat, can_pair=can_pair),
        _pstat_view(compat),
        ResourceView(
            of=CRED,
            retrieve=cred.credentials,
            update=_with_code(added, cred.add),
            delete=cred.remove,
        ),
        ResourceView(
            of=ACL2,
            target=acl.TARGET,
            retrieve=acl.entries,
            update=_with_code(added, write_acl),
            delete=acl.remove,
        ),
        ResourceView(
            of=ACL2,
            target=amacl.TARGET,
            retrieve=amacl.managers,
            update=_with_code(added, amacl.add),
            delete=amacl.remove,
        ),
        ResourceView(of=DOXM, target=_VER, retrieve=_version(compat.security_version)),
    )


def _doxm_view(compat: Compatibility, *, can_pair: bool) -> ResourceView:
    """Return how doxm is shown and written; `can_pair` is whether there is Direct Pairing."""
    show: Retrieve = ownership.doxm
    write: Update = ownership.take_ownership
    pairing_property = _pairing_property(compat, can_pair=can_pair)
    if pairing_property is not None:
        show = with_property(pairing_property, can_pair, show)
        for name in DirectPairingProperty:
            write = without(name, lambda value: isinstance(value, bool), write)
    if compat.found_again:
        write = ownership.found_again(write)
    return ResourceView(of=DOXM, retrieve=show, update=_heedless_of_nil(compat, write))


def _pstat_view(compat: Compatibility) -> ResourceView:
    """Return how pstat is shown and driven."""
    show: Retrieve = ownership.pstat
    drive: Update = ownership.drive
    if compat.operation_mode_3:
        show = with_property("sm", ownership.CLIENT_DIRECTED_1_1, show)
        modes = (ownership.CLIENT_DIRECTED, ownership.CLIENT_DIRECTED_1_1)
        drive = without("sm", _is_mode_3, partial(ownership.drive, directing=modes))
    return ResourceView(of=PSTAT, retrieve=show, update=_heedless_of_nil(compat, drive))


def _heedless_of_nil(compat: Compatibility, update: Update) -> Update:
    """Let a nil owner that comes along change nothing, where the profile asks for that."""
    return without(OWNER, str(NIL).__eq__, update) if compat.nil_resource_owner else update


def serve_oic_1_1(resources: list[Resource], compat: Compatibility) -> None:
    """Put the views in front of the resources that they are of; those with a path come last.

    The list is changed in place, before the device serves it. `acl`, `amacl` and `ver` are added at
    its end; the others keep their places.
    """
    behind = {resource.target.href: resource for resource in resources}
    for view in _views(compat, can_pair=PCONF in behind):
        viewed = ViewedResource(behind[view.of], view, OIC_1_1)
        if view.target is None:
            resources[resources.index(behind[view.of])] = viewed
        else:
            resources.append(viewed)
    if compat.iotivity_1_1_0:
        for resource in resources:
            _add_type_of_1_1_0(resource)


def _pairing_property(compat: Compatibility, *, can_pair: bool) -> DirectPairingProperty | None:
    """Return by what doxm tells whether the device can be set up for Direct Pairing."""
    if compat.direct_pairing_property is not None or not can_pair:
        return compat.direct_pairing_property
    is_1_1_0 = compat.iotivity_1_1_0
    return (
        DirectPairingProperty.IOTIVITY_1_1_0 if is_1_1_0 else DirectPairingProperty.IOTIVITY_1_1_1
    )


def _is_mode_3(value: object) -> bool:
    """Tell whether a tool repeats the supported modes that it read."""
    return value in (ownership.CLIENT_DIRECTED_1_1, [ownership.CLIENT_DIRECTED_1_1])


def _with_code(code: Code, update: Update) -> Update:
    """Answer an UPDATE with another code of success."""

    def updated(behind: Resource, call: Call, payload: Payload) -> Outcome:
        return with_fields(update(behind, call, payload), code=code)

    return updated


def _version(version: str) -> Callable[[Resource, Call], Representation]:
    """Return `/oic/sec/ver`, which a tool reads in the clear while it looks for devices."""

    def shown(_behind: Resource, call: Call) -> Representation:
        device_uuid = str(call.database.doxm.device_uuid)
        return in_form(_VER, {"secv": version, "deviceuuid": device_uuid})

    return shown


def _add_type_of_1_1_0(resource: Resource) -> None:
    """Let a security resource be found by the type that IoTivity 1.1.0 knows it by, too."""
    target = resource.target
    if target.href.startswith("/oic/sec/"):
        old = f"oic.sec.{target.href.removeprefix('/oic/sec/')}"
        resource.target = replace(target, types=(*target.types, old))
