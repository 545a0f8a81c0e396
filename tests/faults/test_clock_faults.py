"""Clocks that jump: the time of day, and the one of the timers."""

from datetime import timedelta

import pytest
from fault_scene import with_faults
from wrong_certificate_scene import certified, own_by_certificate

from onboardee.device.testing.setup import BEGINNING
from onboardee.obt import ObtError
from onboardee.svrdb.model import State


def test_the_time_of_day_jumps() -> None:
    """After a time the device is ten years ahead, with nobody asking it anything."""
    scene = with_faults("clock-jump after=5")
    scene.network.run(4)
    assert scene.device.wall_time == BEGINNING + timedelta(seconds=4)
    scene.network.run(2)
    assert scene.device.wall_time - BEGINNING > timedelta(days=3650)
    assert scene.acted == ["let the time of day jump by 3.15576e+08 s"]


def test_the_time_of_day_goes_back() -> None:
    """Seconds below zero lead into the past, and a transfer goes on all the same."""
    scene = with_faults("clock-jump at=owner seconds=-86400")
    scene.own()
    assert scene.device.database.state is State.RFNOP
    assert scene.device.wall_time < BEGINNING


def test_a_jump_lets_certificates_expire() -> None:
    """A device whose clock is a hundred years ahead has no certificate to show any more."""
    scene = certified("clock-jump at=select seconds=3155760000")
    with pytest.raises(ObtError):
        own_by_certificate(scene)
    assert "certificate.expired" in {event.name for event in scene.events}


def test_timers_are_due_at_once() -> None:
    """What would happen in an hour happens now: the transfer that nobody ends is undone."""
    scene = with_faults("silence at=rfpro", "timer-jump at=rfpro seconds=3600")
    with pytest.raises(ObtError):
        scene.own(within=5)
    assert "let the clock of the timers jump by 3600 s" in scene.acted
    assert "device.reset" in {event.name for event in scene.events}


def test_a_jump_of_the_timers_leaves_the_time_of_day_alone() -> None:
    """The two clocks jump each for itself."""
    scene = with_faults("timer-jump after=1 seconds=600")
    scene.network.run(2)
    assert scene.device.wall_time == BEGINNING + timedelta(seconds=2)
    assert len(scene.acted) == 1


def undone_after(skipped: float, speed: float) -> float:
    """Begin a transfer that nobody ends; return when the device undoes it."""
    scene = with_faults("silence at=rfpro")
    with pytest.raises(ObtError):
        scene.own(within=5)
    device = scene.device.device
    scene.network.send(device.change_pace(speed, scene.network.now, is_paused=None).send)
    if skipped:
        scene.network.send(device.skip(skipped, scene.network.now).send)
    while "device.reset" not in {event.name for event in scene.events}:
        scene.network.run(1)
    return float(scene.network.now)


def test_a_hurried_world_ends_no_transfer() -> None:
    """A tool has as long as ever, however fast the world goes and whatever it skips."""
    usual = undone_after(0, 1)
    assert 10 < usual < 3600
    assert undone_after(86400, 3600) == usual


def test_jumps_and_the_worlds_time_add_up() -> None:
    """A device whose clock jumped an hour, and whose world was let skip another, is two ahead."""
    scene = with_faults("clock-jump after=5 seconds=3600", "timer-jump after=5 seconds=60")
    scene.network.run(6)
    device, now = scene.device.device, scene.network.now
    device.skip(3600, now)
    assert device.world_date(now) == BEGINNING + timedelta(hours=2, seconds=6)
    assert device.wall_time == BEGINNING + timedelta(hours=1, seconds=6)
    device.change_pace(60, now, is_paused=None)
    assert device.world_date(now + 10) == BEGINNING + timedelta(hours=2, seconds=6 + 590)
