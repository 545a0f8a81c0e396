"""Everything that a device serves, in the order in which it is listed.

The order is that of IoTivity-Lite's discovery, whose users compare what they see. Discovery is a
resource of the list that it shows, hence the function that returns the list.
"""

from collections.abc import Iterable

from onboardee.device.access.target import CRL
from onboardee.device.resources.base import Resource
from onboardee.device.resources.configuration import ConfigurationResource
from onboardee.device.resources.core import DeviceResource, MaintenanceResource, PlatformResource
from onboardee.device.resources.discovery import DiscoveryResource, WellKnownResource
from onboardee.device.resources.introspection import (
    IntrospectionDataResource,
    IntrospectionResource,
)
from onboardee.device.resources.tags import Changes
from onboardee.device.simulation.profile import Profile


def all_resources(
    profile: Profile,
    *,
    secure: Iterable[Resource],
    appliances: Iterable[Resource],
    changes: Changes | None = None,
    software: Resource | None = None,
) -> list[Resource]:
    """Return the core resources with the given ones around them; discovery lists them all.

    `secure` are those below /oic/sec, `appliances` those of the profile; `changes` is told what
    changes in what order; `software` is that of updates, where there are any.
    """
    everything: list[Resource] = [PlatformResource(profile)]
    if profile.core.configuration:
        everything.append(ConfigurationResource(profile))
    everything += [
        DiscoveryResource(lambda: everything, changes or Changes()),
        DeviceResource(profile),
    ]
    if profile.core.introspection:
        document = IntrospectionDataResource(profile)
        everything += [IntrospectionResource(profile, document.target), document]
    has_list = profile.core.revocation_list
    everything += [
        MaintenanceResource(profile),
        *([] if software is None else [software]),
        *(each for each in secure if has_list or each.target.href != CRL),
        WellKnownResource(lambda: everything),
        *appliances,
    ]
    return everything
