"""Observers that are told by conditions (oic.r.value.conditional), on a clock of the test's own."""

from pathlib import Path
from typing import Any

import pytest
from conditional_scene import Stand
from device_scene import OWNER, Scene, make_scene
from msgspec.structs import replace

from onboardee.device.simulation.profile import Profile, load
from onboardee.obt import OnboardingError, Rule, Subject, Target, run

HREF = "/temperature/watched"
VALUE, CONDITIONS = ("if=oic.if.s",), ("if=oic.if.rw",)
SENSOR = f"""
device: {{name: Sensor, types: [oic.d.sensor]}}
platform: {{manufacturer: onboardee}}
resources:
  - href: {HREF}
    types: [oic.r.temperature, oic.r.value.conditional]
    interfaces: [oic.if.baseline, oic.if.s, oic.if.rw]
    properties:
      temperature: {{type: number, minimum: -50, maximum: 99, read_only: true, initial: 20}}
      threshold: {{type: number, minimum: 0, initial: 0}}
      minnotifyperiod: {{type: integer, minimum: 0, maximum: 86400000, initial: 0}}
      maxnotifyperiod: {{type: integer, minimum: 0, maximum: 86400000, initial: 0}}
    kept: [threshold, minnotifyperiod]
"""


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    """Load a sensor whose temperature is told by conditions."""
    path: Path = tmp_path_factory.mktemp("profiles") / "sensor.yaml"
    path.write_text(SENSOR)
    return load(str(path))


def start(profile: Profile, **conditions: float) -> Stand:
    """Take ownership of a sensor, set conditions, and observe it."""
    scene = make_scene(profile)
    stand = Stand(scene, scene.own(), HREF, VALUE)
    if conditions:
        stand.set(**conditions)
    stand.observe()
    return stand


def rounded(stand: Stand) -> list[tuple[float, float]]:
    """Return what was heard, with the times in tenths of a second."""
    return [(round(time, 1), value) for time, value in stand.heard]


def test_without_conditions_each_change_is_told(profile: Profile) -> None:
    """Where all three are 0 it is observed like any other resource."""
    stand = start(profile)
    for value in (20.1, 20.2, 20.1):
        stand.become(value, 1)
    assert rounded(stand) == [(0, 20.1), (1, 20.2), (2, 20.1)]


def test_a_threshold_is_counted_from_what_was_told(profile: Profile) -> None:
    """Small steps add up, up and down; what stays within it is not told, and can be read."""
    stand = start(profile, threshold=2)
    for value in (21, 21.9, 22, 23.9, 20.1, 20, 21):
        stand.become(value, 10)
    assert stand.temperatures == [22, 20]
    assert run(stand.owner.read(HREF, query=VALUE))["temperature"] == 21


def test_changes_wait_for_the_least_period(profile: Profile) -> None:
    """What changes too soon is told when the period is over, as it is then."""
    stand = start(profile, minnotifyperiod=5000)
    stand.collect(10)
    stand.become(21, 1)
    stand.become(22, 1)
    stand.become(23, 20)
    assert rounded(stand) == [(10, 21), (15, 23)]


def test_what_is_gone_when_the_period_is_over_is_not_told(profile: Profile) -> None:
    """A change that has gone back meanwhile is none."""
    stand = start(profile, minnotifyperiod=5000, threshold=1)
    stand.collect(10)
    stand.become(22, 1)
    stand.become(25, 1)
    stand.become(22.5, 20)
    assert rounded(stand) == [(10, 22)]


def test_the_greatest_period_tells_without_a_change(profile: Profile) -> None:
    """It begins anew with each notification, and with a threshold tells what it kept back."""
    stand = start(profile, maxnotifyperiod=10_000, threshold=5)
    stand.collect(10.5)
    stand.become(22, 11)
    stand.become(30, 10.5)
    times = [time for time, _ in stand.heard]
    assert stand.temperatures == [20, 22, 30, 30]
    assert all(abs(a - b) < 1 for a, b in zip(times, [9.7, 19.7, 21.5, 31.5], strict=True))


def test_a_greatest_period_is_no_flood(profile: Profile) -> None:
    """However short it is, a resource tells no more often than others do."""
    stand = start(profile, maxnotifyperiod=1)
    stand.collect(10)
    assert 40 <= len(stand.heard) <= 52


def test_the_least_period_goes_before_the_greatest(profile: Profile) -> None:
    """Where the greatest is shorter it is as long as the least."""
    stand = start(profile, minnotifyperiod=8000, maxnotifyperiod=1000)
    stand.collect(20)
    assert len(stand.heard) == 2


def test_a_condition_holds_for_those_who_wait(profile: Profile) -> None:
    """Who lowers the threshold is told of what that keeps back no more, and of the condition."""
    stand = start(profile, threshold=5)
    stand.become(22, 30)
    assert stand.heard == []
    stand.set(threshold=1)
    stand.collect(1)
    assert stand.temperatures == [22]


def test_each_observer_has_conditions_of_its_own(profile: Profile) -> None:
    """One that begins later counts from what it was told itself."""
    stand = start(profile, threshold=2)
    stand.become(21.5, 1)
    late = Stand(stand.scene, stand.owner, HREF, VALUE)
    late.observe()
    stand.become(22.5, 1)
    late.collect(0.5)
    assert stand.temperatures == [22.5]
    assert late.heard == []


def test_nothing_wakes_a_device_that_nobody_observes(profile: Profile) -> None:
    """Periods are those of observers: without one there is no timer for them."""
    scene = make_scene(profile)
    owner = scene.own()
    run(owner.update(HREF, {"maxnotifyperiod": 1000}))
    scene.network.run(300)
    deadline = scene.device.next_deadline()
    assert deadline is None or deadline > scene.network.now + 5


def test_who_may_not_update_may_not_change_conditions(profile: Profile) -> None:
    """The access control list decides, as for any other property."""
    scene = make_scene(profile)
    owner = scene.own()
    run(owner.delete_rules_of(OWNER))
    reading = Rule(subject=Subject(uuid=str(OWNER)), targets=(Target(wildcard="*"),), permission=2)
    run(owner.add_rules([reading]))
    with pytest.raises(OnboardingError, match=r"4\.01"):
        run(owner.update(HREF, {"threshold": 1}))
    assert run(owner.read(HREF, query=CONDITIONS))["threshold"] == 0


def conditions(scene: Scene) -> tuple[Any, ...]:
    """Return the conditions as they are."""
    now = scene.device.appliances[HREF].values.current
    return now["threshold"], now["minnotifyperiod"], now["maxnotifyperiod"]


def test_what_the_profile_keeps_is_there_after_a_restart(profile: Profile) -> None:
    """Two conditions outlive a restart and are gone after a reset; the third is not kept."""
    stand = start(profile, threshold=3, minnotifyperiod=4000, maxnotifyperiod=5000)
    scene, device = stand.scene, stand.scene.device
    assert device.database.values == {HREF: {"threshold": 3, "minnotifyperiod": 4000}}
    before = run(stand.owner.read(HREF, query=CONDITIONS))
    assert before["maxnotifyperiod"] == 5000
    scene.network.send(device.adopt(replace(device.database), scene.network.now))
    assert conditions(scene) == (3, 4000, 0)
    scene.network.send(device.press_reset(scene.network.now))
    assert conditions(scene) == (0, 0, 0)
    assert device.database.values == {}
