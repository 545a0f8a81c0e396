"""`onboardee obt share` and `join`, and their numbers in the menu."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from msgspec.structs import replace
from obt_home import Home

from onboardee.device.simulation.compatibility import PRESETS, Preset
from onboardee.device.simulation.ownership_settings import OwnerTransferMethod as Otm
from onboardee.device.simulation.profile import load
from onboardee.device.testing.threaded import DeviceThread
from onboardee.obt.database import Relation

PIN = "12341234"
SWITCH = "/light/switch"


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[tuple[Home, Home, DeviceThread]]:
    """Own a light that may be shared; return its owner's home and somebody else's."""
    light = load("light")
    pin = replace(light.ownership.pin, fixed="87654321")
    methods = (Otm.JUST_WORKS, Otm.PRECONFIGURED_PIN)
    profile = replace(
        light,
        ownership=replace(light.ownership, methods=methods, pin=pin),
        compat=PRESETS[Preset.IOTIVITY_1_3],
    )
    with ExitStack() as stack:
        device = stack.enter_context(DeviceThread(profile))
        owner, other = (Home(tmp_path / f"{name}.db", [device], stack) for name in ("one", "two"))
        owner.obt("own", device.coap, "--name", "kitchen")
        yield owner, other, device


def test_the_owner_shares_and_somebody_joins(shared: tuple[Home, Home, DeviceThread]) -> None:
    """By the menu's 70, 72 and 71; then `read` and `update` are a sub-owner's, until removed."""
    owner, other, device = shared
    assert owner.json("share", "kitchen")["mode"] == 0
    owner.obt("menu", "70", "kitchen", "--mode", "1")
    owner.obt("menu", "72", "kitchen", "--method", "preconfpin")
    told = owner.json("menu", "71", "kitchen", "--pin", PIN)
    assert (told["mode"], told["method"], told["sub_owners"]) == (1, "preconfpin", [])

    joined = other.json("join", device.coap, "--pin", PIN)
    assert joined["joined"] == str(device.uuid)
    other.obt("update", str(device.uuid), SWITCH, '{"value": true}')
    assert other.json("read", str(device.uuid), SWITCH) == {"value": True}
    (record,) = other.database().pairings.all(Relation.SUB_OWNER)
    assert record.is_certain

    assert owner.json("share", "kitchen")["sub_owners"] == [joined["as"]]
    owner.obt("share", "kitchen", "--remove", joined["as"])
    other.obt("read", str(device.uuid), SWITCH, code=1)
    kinds = [each.kind for each in owner.database().operations.history()]
    assert kinds.count("share") == 4


def test_what_is_refused_is_recorded_as_failed(shared: tuple[Home, Home, DeviceThread]) -> None:
    """A wrong PIN, a device that nobody may join, a method that it has not."""
    owner, other, device = shared
    assert "nobody may join" in other.obt("join", device.coap, "--pin", PIN, code=1).output
    owner.obt("share", "kitchen", "--mode", "1", "--method", "preconfpin", "--pin", PIN)
    assert "PIN" in other.obt("join", device.coap, "--pin", "00000000", code=1).output
    assert not other.database().pairings.all()
    owner.obt("share", "kitchen", "--method", "rdp", code=1)
    assert str(owner.database().operations.history(1)[0].result) == "failed"
    owner.obt("share", "kitchen", "--pin", "1" * 33, code=2)
