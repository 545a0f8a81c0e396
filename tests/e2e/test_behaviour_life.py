"""Devices that behave, as an onboarding tool on the network meets them."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from device_scene import Scene, make_scene

from onboardee.device.events import RequestRefused, ValueChanged
from onboardee.device.machine.memory import MemoryKeeper
from onboardee.device.security.factory import new_database
from onboardee.device.simulation.profile import load
from onboardee.device.testing.local import local_device
from onboardee.obt import OnboardingError, run
from onboardee.obt.owned import OwnedDevice
from onboardee.wire.entropy import SeededEntropy

DOOR = Path(__file__).parents[1] / "simulation" / "behaving" / "door.yaml"
LEVEL, LOCK, CONTACT = "/openlevel", "/lock", "/contact"


def owned_door(seed: int = 0) -> tuple[Scene, OwnedDevice]:
    """Put a door on a network, with an owner."""
    scene = make_scene(load(str(DOOR)), seed=seed)
    return scene, scene.own()


def read(owner: OwnedDevice, href: str) -> Any:
    """Read a resource."""
    return run(owner.read(href))


def test_a_door_opens_before_the_eyes_of_its_owner() -> None:
    """Right after the UPDATE it is still closed; notifications show the way."""
    scene, owner = owned_door()
    watched = run(owner.observe(LEVEL))
    contact = run(owner.observe(CONTACT))
    assert run(watched.next()) == {"openLevel": 0}
    assert run(contact.next()) == {"value": False}
    run(owner.update(LEVEL, {"openLevel": 30}))
    assert read(owner, LEVEL)["openLevel"] == 0
    began = scene.network.now
    assert [run(watched.next()) for _ in range(3)] == [{"openLevel": n} for n in (10, 20, 30)]
    assert scene.network.now - began == pytest.approx(4, abs=0.1)
    assert run(contact.next()) == {"value": True}
    assert read(owner, "/door")["openState"] == "Open"


def test_what_rested_for_long_begins_when_it_is_asked() -> None:
    """A camera that nobody moved for minutes turns at its pace, and is not there at once."""
    scene = make_scene("camera")
    owner = scene.own()
    scene.network.run(300)
    run(owner.update("/ptz", {"pan": 60}))
    assert read(owner, "/ptz")["pan"] == 0
    scene.network.run(0.5)
    assert 25 <= read(owner, "/ptz")["pan"] <= 35


def test_a_guard_answers_403_and_says_why_in_the_log() -> None:
    """The peer gets the code, the person at the log the reason."""
    scene, owner = owned_door()
    scene.network.send(scene.device.press("push", scene.network.now))
    scene.network.run(12)
    with pytest.raises(OnboardingError, match=r"4\.03"):
        run(owner.update(LOCK, {"lockState": "Locked"}))
    refused = scene.seen(RequestRefused)[-1]
    assert (refused.href, refused.code, refused.reason) == (
        LOCK,
        "4.03",
        "/lock: the door is open",
    )
    assert read(owner, LOCK)["lockState"] == "Unlocked"


def test_scripts_press_and_break_things() -> None:
    """What people do to a device can be scripted, and is seen on the network and on the bus."""
    scene, owner = owned_door()
    assert scene.device.inputs == ["handle", "push"]
    assert scene.device.faults == {"jam": False}
    scene.network.send(scene.device.press("push", scene.network.now))
    scene.network.run(6)
    scene.network.send(scene.device.fault("jam", scene.network.now, is_on=True))
    scene.network.run(60)
    assert 40 <= read(owner, LEVEL)["openLevel"] <= 60
    run(owner.update(LEVEL, {"openLevel": 0}))
    scene.network.run(60)
    assert 40 <= read(owner, LEVEL)["openLevel"] <= 60
    assert {event.href for event in scene.seen(ValueChanged)} >= {LEVEL, CONTACT, "/door"}
    with pytest.raises(ValueError, match="no input"):
        scene.device.press("pull", scene.network.now)


def test_the_world_goes_on_without_an_owner() -> None:
    """Values change whether or not anybody may see it, and a reset starts them over."""
    scene = make_scene(load(str(DOOR)))
    scene.network.send(scene.device.press("push", scene.network.now))
    scene.network.run(30)
    assert scene.device.appliances[LEVEL].values.current["openLevel"] == 100
    scene.network.send(scene.device.press_reset(scene.network.now))
    scene.network.run(30)
    assert scene.device.appliances[LEVEL].values.current["openLevel"] == 0


def test_a_reset_interrupts_what_moves() -> None:
    """Goals are forgotten with the owner."""
    scene, owner = owned_door()
    run(owner.update(LEVEL, {"openLevel": 100}))
    scene.network.run(3)
    scene.network.send(scene.device.press_reset(scene.network.now))
    scene.network.run(30)
    assert scene.device.appliances[LEVEL].values.current["openLevel"] == 0


def conversation(seed: int) -> list[tuple[float, bytes]]:
    """Observe a door for a while; returns all datagrams with their times."""
    scene, owner = owned_door(seed)
    watched = [run(owner.observe(href)) for href in (LEVEL, LOCK, CONTACT, "/battery", "/door")]
    for count in range(3):
        scene.network.send(scene.device.press("handle", scene.network.now))
        scene.network.run(5)
        wanted = {"openLevel": 100 if count else 20}
        with suppress(OnboardingError):
            run(owner.update(LEVEL, wanted))
        scene.network.run(200)
    assert len(watched) == 5
    return [(when, datagram) for when, _, datagram in scene.network.log]


def test_a_day_repeats_byte_for_byte() -> None:
    """With the same seed an observing tool gets the same notifications at the same times."""
    first = conversation(3)
    assert len(first) > 60
    assert conversation(3) == first
    assert conversation(4) != first


def turns(entropy_seed: int, seed: int) -> list[float]:
    """Turn the bolt of a device some times; returns when it had turned."""
    profile, entropy = load(str(DOOR)), SeededEntropy(entropy_seed)
    keeper = MemoryKeeper(new_database(profile, entropy))
    device = local_device(profile, keeper, entropy=entropy, seed=seed)
    device.start(0.0)
    times: list[float] = []
    for _ in range(5):
        before = device.appliances[LOCK].values.current
        now = times[-1] if times else 0.0
        device.press("handle", now)
        while device.appliances[LOCK].values.current == before:
            deadline = device.next_deadline()
            assert deadline is not None
            now = deadline
            device.tick(now)
        times.append(now)
    return times


def test_only_the_seed_of_the_behaviour_counts_for_it() -> None:
    """Two devices with different secrets and one seed do the same at the same times."""
    assert turns(1, 5) == turns(2, 5)
    assert turns(1, 5) != turns(1, 6)
