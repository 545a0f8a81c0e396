"""Disks that fail because a fault wants it so."""

import gc

import pytest

from onboardee.device.faults.disk import FaultyStore
from onboardee.device.faults.terms import parse
from onboardee.device.security.factory import new_database
from onboardee.device.simulation.profile import load
from onboardee.device.testing import MemoryKeeper
from onboardee.svrdb import Database, StoreUnavailable
from onboardee.wire.entropy import SeededEntropy

LIGHT = load("light")


@pytest.mark.parametrize("fault", ["full-disk", "failing-disk"])
def test_what_a_disk_refuses_is_not_kept_in_memory(fault: str) -> None:
    """However often it fails: a database has keys, and a night has many changes."""
    store = FaultyStore(
        MemoryKeeper(new_database(LIGHT, SeededEntropy(0))), lambda: [parse(fault)], lambda _: None
    )
    before = _databases()
    for seed in range(5):
        with pytest.raises(StoreUnavailable, match="a fault wants it so"):
            store.commit(new_database(LIGHT, SeededEntropy(seed)))
    assert _databases() == before


def _databases() -> int:
    gc.collect()
    return sum(isinstance(each, Database) for each in gc.get_objects())
