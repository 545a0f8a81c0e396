"""What a device is made of.

The parts know each other by what they were given in `boot`; here they are named once more for who
has to look into a device from outside.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from onboardee.device.machine.admission import Admission
from onboardee.device.machine.context import DeviceContext, Report
from onboardee.device.machine.lifecycle import Lifecycle
from onboardee.device.machine.messaging import Messaging
from onboardee.device.machine.peers import Peers
from onboardee.device.machine.requests import Dispatcher
from onboardee.device.machine.service import Service
from onboardee.device.machine.values import DeviceValues
from onboardee.device.resources.appliance import ApplianceResource
from onboardee.device.security.audit_log import AuditLog
from onboardee.device.simulation.world.world import World
from onboardee.wire.coap import CoapServer


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one device, put together by `boot`.

    Whoever hosts a device asks the device itself; these are for who looks into one, as tests do.
    """

    state: DeviceContext
    report: Report
    admission: Admission
    peers: Peers
    coap: CoapServer
    dispatcher: Dispatcher
    service: Service
    messaging: Messaging
    lifecycle: Lifecycle
    values: DeviceValues
    world: World
    audit: AuditLog
    appliances: Mapping[str, ApplianceResource]
