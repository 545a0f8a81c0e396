"""The composition root: a device with all its parts, made everywhere in this one way.

Nothing of a device is set from outside once it is made. What it needs of where it lives is in
`Surroundings`; everything else follows from the profile and from what the store has. The order is
that of need: what others look at (context, audit), who may come in (admission, peers), what there
is to serve (values, world, resources), how it is served, and last how messages get there and back.

Some things are made only where the profile has them, so that they cost other devices nothing: the
views of OIC 1.1, Direct Pairing, the concessions to certain tools.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING

from onboardee.device import events
from onboardee.device.events import Bus, Event
from onboardee.device.machine.admission import Admission
from onboardee.device.machine.budget import AnswerBudget
from onboardee.device.machine.challenges import Challenges
from onboardee.device.machine.conditional import ConditionalNotices
from onboardee.device.machine.context import Announcements, DeviceContext, Report
from onboardee.device.machine.device import Device
from onboardee.device.machine.device_parts import Parts
from onboardee.device.machine.groups import GroupRequests
from onboardee.device.machine.growth import Growth, Places
from onboardee.device.machine.lifecycle import Lifecycle
from onboardee.device.machine.messaging import Messaging
from onboardee.device.machine.peers import Peers
from onboardee.device.machine.repeats import RememberedAnswers
from onboardee.device.machine.requests import Dispatcher
from onboardee.device.machine.service import Service
from onboardee.device.machine.step import Keeper
from onboardee.device.machine.values import DeviceValues
from onboardee.device.resources.all import all_resources
from onboardee.device.resources.appliances import appliance_resources, batches_of_members
from onboardee.device.resources.base import Resource
from onboardee.device.resources.iotivity_1_3 import serve_anchor_in_optionaldata
from onboardee.device.resources.oic_1_1 import serve_oic_1_1
from onboardee.device.resources.secure import (
    pairing_resources,
    secure_resources,
    sharing_resources,
)
from onboardee.device.resources.secure.pstat import PstatResource
from onboardee.device.resources.software_update import SoftwareUpdateResource
from onboardee.device.resources.tags import Changes
from onboardee.device.security.asserted_roles import AssertedRoles
from onboardee.device.security.audit_log import AuditLog
from onboardee.device.simulation.conditional import conditional_hrefs
from onboardee.device.simulation.profile import Profile
from onboardee.device.simulation.software import version_of
from onboardee.device.simulation.values import Values
from onboardee.device.simulation.world.chance import Chance
from onboardee.device.simulation.world.pace import Pace
from onboardee.device.simulation.world.world import World
from onboardee.wire.coap import CoapServer, Code
from onboardee.wire.dtls import ServerPolicy
from onboardee.wire.entropy import Entropy, SeededEntropy
from onboardee.wire.wall_clock import WallClock, utc_now

if TYPE_CHECKING:
    from onboardee.device.machine.updating import SoftwareUpdates
    from onboardee.device.security.direct_pairing import DirectPairing


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a device gets from where it lives."""

    entropy: Entropy
    """Where all its random octets come from."""
    bus: Bus = field(default_factory=Bus)
    """Where its events are told."""
    wall_clock: WallClock = utc_now
    keylog: Callable[[str], None] | None = None
    """Takes the secrets of its sessions, a line at a time, for who reads the traffic."""
    seed: int | str | None = None
    """Makes what it does by chance repeatable."""
    budget: AnswerBudget | None = None
    """What the devices of one process together send to peers that prove nothing."""
    speed: float = 1.0
    """Seconds of its world in one of its clock: behaviour alone goes faster, nothing that a peer
    waits for. 0: its world stands still until somebody lets it go on."""
    around_terms: Callable[[ServerPolicy], ServerPolicy] | None = None
    """Puts something around who may open a session on which terms."""


def boot(profile: Profile, store: Keeper, surroundings: Surroundings) -> Device:
    """Make a device. Raises `BehaviourError` if the profile's behaviour cannot be used."""
    entropy, bus = surroundings.entropy, surroundings.bus
    state = DeviceContext(store.current, surroundings.wall_clock)
    audit = AuditLog(lambda: state.database, state.wall_clock)

    def report(event: Event) -> None:
        """Keep an event for the end of the step; what the audit log is to have goes there now."""
        audit(event)
        state.events.append(event)

    asserted = AssertedRoles()
    pairings = _pairings(profile, state, entropy, report)
    admission = Admission(
        profile.ownership,
        state,
        entropy=entropy,
        report=report,
        compat=profile.compat,
        pairings=pairings,
        keylog=surroundings.keylog,
        around_terms=surroundings.around_terms,
    )
    peers = Peers(
        admission,
        profile.ownership,
        state,
        report=report,
        asserted=asserted,
        compat=profile.compat,
        pairings=pairings,
    )
    coap = CoapServer(entropy=entropy, is_known=attrgetter("secured"))
    batches = batches_of_members(profile)
    changes = Changes()
    announcements = Announcements(batches, changes)
    values = {each.href: Values(each.properties) for each in profile.resources}
    world = _world(profile, values, surroundings, report)
    appliances = appliance_resources(profile, values, world)
    optional: dict[str, Resource] = {}
    date, software = None, None
    if profile.software_update is not None:
        date = partial(_world_date, world, state)
        optional["pstat"] = PstatResource(date)
        software = SoftwareUpdateResource(profile, profile.software_update, date)
    if pairings is not None:
        added = Code.CREATED if profile.compat.iotivity_1_1_0 else Code.CHANGED
        optional |= pairing_resources(pairings, added)
    if profile.compat.multiple_owners:
        optional |= sharing_resources(profile.compat.sub_owner_limit, date)
    secure = secure_resources(entropy, state.wall_clock, asserted, audit, optional)
    listed = _resources(profile, secure, appliances.values(), changes, software)
    dispatcher = Dispatcher(listed)
    conditional = conditional_hrefs(profile.resources)
    places = Places(values, appliances, dispatcher.resources, listed, batches, conditional)
    device_values = DeviceValues(
        state=state,
        report=report,
        announcements=announcements,
        world=world,
        appliances=appliances,
        growth=Growth(profile, state, world, coap, places),
    )
    remembered = RememberedAnswers(state, peers)
    lifecycle = Lifecycle(
        profile=profile,
        state=state,
        report=report,
        peers=peers,
        admission=admission,
        coap=coap,
        forget_answers=remembered.forget,
        announcements=announcements,
        values=device_values,
        updates=_updates(profile, state, world, report),
        audit=audit,
        entropy=entropy,
    )
    service = Service(
        dispatcher,
        profile=profile,
        state=state,
        report=report,
        peers=peers,
        lifecycle=lifecycle,
        remembered=remembered,
        bus=bus,
    )
    messaging = Messaging(
        state=state,
        report=report,
        bus=bus,
        coap=coap,
        dtls=admission.dtls,
        peers=peers,
        service=service,
        lifecycle=lifecycle,
        values=device_values,
        world=world,
        announcements=announcements,
        conditional=ConditionalNotices(conditional, appliances, coap),
        challenges=Challenges(surroundings.budget or AnswerBudget(profile.answers), entropy),
        groups=GroupRequests(profile.discovery, entropy),
    )
    parts = Parts(
        state=state,
        report=report,
        admission=admission,
        peers=peers,
        coap=coap,
        dispatcher=dispatcher,
        service=service,
        messaging=messaging,
        lifecycle=lifecycle,
        values=device_values,
        world=world,
        audit=audit,
        appliances=appliances,
    )
    return Device(profile, store, bus, parts)


def _world(
    profile: Profile, values: Mapping[str, Values], surroundings: Surroundings, report: Report
) -> World:
    """Make what the values live in; its chance comes from a seed where one is given."""
    seed, entropy = surroundings.seed, surroundings.entropy
    return World(
        profile.entries,
        profile.specs,
        values,
        chance=Chance(entropy if seed is None else SeededEntropy(seed)),
        wall_clock=surroundings.wall_clock,
        report=lambda reason: report(events.BehaviourFailed(reason=reason)),
        pace=Pace(surroundings.speed),
    )


def _resources(
    profile: Profile,
    secure: Iterable[Resource],
    appliances: Iterable[Resource],
    changes: Changes,
    software: Resource | None,
) -> list[Resource]:
    """Return all that is served, as clients of the standard see it that the profile names."""
    resources: list[Resource] = all_resources(
        profile, secure=secure, appliances=appliances, changes=changes, software=software
    )
    if profile.compat.oic_1_1:
        serve_oic_1_1(resources, profile.compat)
    if profile.compat.anchor_in_optionaldata:
        serve_anchor_in_optionaldata(resources)
    return resources


def _world_date(world: World, state: DeviceContext) -> datetime:
    """Return the date in the world at the moment of the present step."""
    return world.date(state.now)


def _updates(
    profile: Profile, state: DeviceContext, world: World, report: Report
) -> "SoftwareUpdates | None":
    settings = profile.software_update
    if settings is None:
        return None
    # few devices have them
    from onboardee.device.machine.updating import SoftwareUpdates  # noqa: PLC0415

    version = version_of(settings.shows[0], profile.device, profile.platform)
    return SoftwareUpdates(settings, version or "", state, world, report)


def _pairings(
    profile: Profile, state: DeviceContext, entropy: Entropy, report: Report
) -> "DirectPairing | None":
    if profile.direct_pairing is None:
        return None
    # few devices have it
    from onboardee.device.security.direct_pairing import DirectPairing  # noqa: PLC0415
    from onboardee.device.security.pairing_keys import LABEL, LABEL_1_1_0  # noqa: PLC0415

    label = LABEL_1_1_0 if profile.compat.iotivity_1_1_0 else LABEL
    return DirectPairing(profile.direct_pairing, state, entropy=entropy, report=report, label=label)
