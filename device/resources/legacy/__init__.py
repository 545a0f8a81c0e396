"""What a device serves for tools of OIC 1.1 (IoTivity 1.1 and 1.2), beside what it has today.

Everything here is in place only where a profile says `compat: oic-1.1`. The database and the
onboarding states are those of today; these resources show and take them in the words of OIC 1.1
when a request is written in them (`Call.era`), and in today's otherwise.
"""

from dataclasses import replace

from onboardee.device.resources.base import Resource
from onboardee.device.resources.legacy.acl import AclResource
from onboardee.device.resources.legacy.amacl import AmaclResource
from onboardee.device.resources.legacy.cred import LegacyCredResource
from onboardee.device.resources.legacy.discovery import LegacyDiscoveryResource
from onboardee.device.resources.legacy.doxm import LegacyDoxmResource
from onboardee.device.resources.legacy.pstat import LegacyPstatResource
from onboardee.device.resources.legacy.ver import VerResource
from onboardee.device.simulation.compatibility import Compatibility
from onboardee.wire.coap import Code


def serve_oic_1_1(resources: list[Resource], compat: Compatibility) -> None:
    """Put the resources that know OIC 1.1 into the places of those that do not; add the rest."""
    added = Code.CREATED if compat.iotivity_1_1_0 else Code.CHANGED
    knowing: dict[str, Resource] = {
        resource.target.href: resource
        for resource in (
            LegacyDiscoveryResource(lambda: resources),
            LegacyDoxmResource(),
            LegacyPstatResource(),
            LegacyCredResource(added),
            AclResource(added),
            AmaclResource(),
            VerResource(compat.security_version),
        )
    }
    resources[:] = [knowing.pop(each.target.href, each) for each in resources]
    resources.extend(knowing.values())
    if compat.iotivity_1_1_0:
        for resource in resources:
            _add_old_type(resource)


def _add_old_type(resource: Resource) -> None:
    """Let a security resource be found by the type that IoTivity 1.1.0 knows it by, too."""
    target = resource.target
    if target.href.startswith("/oic/sec/"):
        old = f"oic.sec.{target.href.removeprefix('/oic/sec/')}"
        resource.target = replace(target, types=(*target.types, old))
