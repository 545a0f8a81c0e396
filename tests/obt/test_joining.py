"""Our tool as the owner of a shared device, and as one who joins it."""

import sys
from pathlib import Path
from uuid import UUID

import pytest

sys.path.append(str(Path(__file__).parents[1] / "e2e"))

from device_scene import HOST, PLAIN
from sharing_scene import KNOWN, PIN, RANDOM, SWITCH, Sharing, make_scene, sharing_profile

from onboardee.obt import Address, OnboardingError, OwnedDevice, Ownership, run
from onboardee.obt.admission import Admitted, WrongPinError
from onboardee.obt.joining import (
    find_joinable,
    find_joinable_at,
    join,
    remove_sub_owner,
    share,
    shared,
)

US = UUID("0b7a0000-0000-4000-8000-000000000002")


def _shared(method: int) -> Sharing:
    scene = make_scene(sharing_profile(method=method))
    sharing = Sharing(scene, scene.own())
    pin = PIN if method == KNOWN else None
    run(share(sharing.owned, mode=1, method=method, pin=pin))
    return sharing


@pytest.mark.parametrize("method", [RANDOM, KNOWN])
def test_a_tool_joins_and_uses_the_device(method: int) -> None:
    """It finds the device, types the PIN, and switches the light over a session of its own key."""
    sharing = _shared(method)
    transport = sharing.scene.transport
    (found,) = run(find_joinable(transport, rounds=1))
    kept: list[Admitted] = []
    pin = PIN if method == KNOWN else sharing.pin
    joined = run(join(transport, found, US, pin, keep=kept.append))
    assert kept == [joined]
    ownership = Ownership(joined.device, US, joined.secured, joined.key, joined.plain)
    ours = OwnedDevice(transport, ownership)
    run(ours.update(SWITCH, {"value": True}))
    assert run(ours.read(SWITCH)) == {"value": True}
    assert run(shared(sharing.owned)).sub_owners == (US,)


def test_a_wrong_pin_is_called_one_and_nothing_is_kept() -> None:
    """Neither here nor at the device."""
    sharing = _shared(KNOWN)
    found = run(find_joinable_at(sharing.scene.transport, Address(HOST, PLAIN)))
    kept: list[Admitted] = []
    with pytest.raises(WrongPinError):
        run(join(sharing.scene.transport, found, US, "00000000", keep=kept.append))
    assert not kept
    assert not run(shared(sharing.owned)).sub_owners


def test_nobody_is_found_who_lets_none_join() -> None:
    """Before the owner allows it, and after it is over."""
    sharing = _shared(KNOWN)
    run(share(sharing.owned, mode=0))
    assert not run(find_joinable(sharing.scene.transport, rounds=1))
    with pytest.raises(OnboardingError, match="nobody may join"):
        run(find_joinable_at(sharing.scene.transport, Address(HOST, PLAIN)))


def test_the_owner_removes_a_sub_owner() -> None:
    """The list is shorter, and the key opens nothing any more; a second time there is none."""
    sharing = _shared(KNOWN)
    transport = sharing.scene.transport
    (found,) = run(find_joinable(transport, rounds=1))
    joined = run(join(transport, found, US, PIN))
    assert not run(remove_sub_owner(sharing.owned, US)).sub_owners
    ownership = Ownership(joined.device, US, joined.secured, joined.key, joined.plain)
    with pytest.raises(OnboardingError):
        run(OwnedDevice(transport, ownership).read(SWITCH))
    with pytest.raises(OnboardingError, match="none"):
        run(remove_sub_owner(sharing.owned, US))


def test_a_method_that_the_device_does_not_offer_is_refused_here() -> None:
    """The device is asked for nothing that it would refuse half-way."""
    sharing = _shared(KNOWN)
    with pytest.raises(OnboardingError, match="one of its methods"):
        run(share(sharing.owned, method=RANDOM))
    assert sharing.database.doxm.selected_method == KNOWN
