"""What a device costs beside its profile."""

import tracemalloc

import pytest

from onboardee.device.resources.appliance import ApplianceResource
from onboardee.device.simulation.profile import load
from onboardee.device.simulation.values import Values

DEVICES = 50


@pytest.mark.parametrize("name", ["light", "television", "blind"])
def test_a_resource_costs_little(name: str) -> None:
    """Types, limits and initial values are in memory once; a device keeps its values only."""
    profile = load(name)
    tracemalloc.start()
    devices = [
        [ApplianceResource(each, Values(each.properties), None) for each in profile.resources]
        for _ in range(DEVICES)
    ]
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used / (len(devices) * len(profile.resources)) < 2048
