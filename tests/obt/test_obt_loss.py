"""Taking ownership over a network that loses, doubles and shuffles datagrams."""

import pytest
from obt_support import OWNER, scene_with_light

from onboardee.device.testing import Impairments
from onboardee.obt import ORDERS, find_unowned, run, take_ownership
from onboardee.svrdb.model import State

BAD_WEATHER = Impairments(loss=0.2, duplication=0.1, reordering=0.3)


@pytest.mark.parametrize("seed", range(40))
def test_bad_network(seed: int) -> None:
    """Every order gets through, whatever the network does, and both sides agree."""
    made, device = scene_with_light(seed, BAD_WEATHER)
    order = list(ORDERS.values())[seed % len(ORDERS)]
    (found,) = run(find_unowned(made.transport, rounds=30, enough=1))
    owned = run(take_ownership(made.transport, found, OWNER, order=order))
    assert device.database.state is State.RFNOP
    (credential,) = device.database.cred.credentials
    assert credential.private is not None
    assert credential.private.data == owned.ownership.key
