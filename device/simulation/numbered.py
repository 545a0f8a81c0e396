"""So many resources of one kind as the command line wants, from the one that a profile has.

plgd's simulator has `/light/1`, `/light/2` and so on, as many as it is told. A profile has the
first of them; whoever wants more says how many, and needs no file for that.
"""

from typing import Final

from msgspec.structs import replace

from onboardee.device.simulation.profile import Profile
from onboardee.device.simulation.resource import ResourceProfile

MAX_LIGHTS: Final = 200
"""Beside them a profile has room for its other resources."""

_LIGHT: Final = "core.light"
_FIRST: Final = "/1"


def with_lights(profile: Profile, count: int) -> Profile:
    """Return a profile with so many lights in place of the one whose path ends in `/1`.

    They are numbered from 1 and equal in all else. `count` is 0 to `MAX_LIGHTS`. Raises
    `ValueError` for a profile without such a light.
    """
    resources: list[ResourceProfile] = []
    found = False
    for each in profile.resources:
        if _LIGHT in each.types and each.href.endswith(_FIRST):
            found = True
            stem = each.href.removesuffix(_FIRST)
            resources += [replace(each, href=f"{stem}/{number}") for number in range(1, count + 1)]
        else:
            resources.append(each)
    if not found:
        raise ValueError(
            f"the profile has no resource of type {_LIGHT} whose path ends in {_FIRST}"
        )
    return replace(profile, resources=tuple(resources))
