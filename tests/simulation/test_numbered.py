"""As many lights as the command line wants."""

import pytest

from onboardee.device.simulation.numbered import MAX_LIGHTS, with_lights
from onboardee.device.simulation.profile import load


@pytest.mark.parametrize("count", [0, 1, 3, MAX_LIGHTS])
def test_lights_are_numbered_from_one(count: int) -> None:
    """There are so many, equal but for their paths, in the place of the first."""
    profile = load("devsim")
    wanted = with_lights(profile, count)
    lights = [each for each in wanted.resources if "core.light" in each.types]
    assert [each.href for each in lights] == [f"/light/{number + 1}" for number in range(count)]
    assert all(each.properties == profile.resources[0].properties for each in lights)
    others = [each for each in profile.resources if each.href != "/light/1"]
    assert list(wanted.resources[count:]) == others


def test_a_profile_without_the_first() -> None:
    """A light of another type has none to be multiplied."""
    with pytest.raises(ValueError, match="no resource of type core"):
        with_lights(load("light"), 2)
