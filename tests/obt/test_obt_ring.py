"""Many devices: one is removed, and nothing of it is left anywhere."""

from itertools import pairwise
from pathlib import Path

from obt_house import House, resume_all

from onboardee.obt import run
from onboardee.obt.plans import Progress, remove

LIGHTS = 200


def test_one_of_a_ring(tmp_path: Path) -> None:
    """200 devices, each linked with the next: removed by one call, which tells how far it is."""
    ring = tuple((number, (number + 1) % LIGHTS) for number in range(LIGHTS))
    house = House(tmp_path, LIGHTS, ring)
    gone, *others = house.uuids
    before, after = others[-1], others[0]
    tool, told = house.start(), list[Progress]()
    assert set(tool.database.credentials.linked_with(gone)) == {before, after}
    run(remove(tool.database, tool, gone, on_progress=told.append))
    assert [(each.number, each.total) for each in told] == [(n, 5) for n in range(1, 6)]
    assert {each.step.device for each in told} == {before, after, gone}
    assert not any(house.holds(each, gone) or house.rules(each, gone) for each in others)
    assert tool.database.credentials.concerning(gone) == []
    assert tool.database.rules.for_subject(gone) == []
    assert len(tool.database.devices.all()) == LIGHTS - 1
    # the rest of the ring is as it was
    for one, other in pairwise(others):
        assert house.key(one, other) == house.key(other, one) is not None
        assert other in tool.database.credentials.linked_with(one)
    tool.database.close()


def test_the_hub_of_a_star(tmp_path: Path) -> None:
    """One device that all others are linked with; some are away, and are done when they return."""
    lights = 60
    house = House(tmp_path, lights, tuple((0, number) for number in range(1, lights)))
    hub, *others = house.uuids
    away = others[5:8]
    for each in away:
        house.unplug(each)
    tool, told = house.start(), list[Progress]()
    failure = ""
    try:
        run(remove(tool.database, tool, hub, on_progress=told.append))
    except Exception as error:  # noqa: BLE001 - its text is what is tested
        failure = str(error)
    assert failure.startswith("6 steps remain at ")
    assert "`onboardee obt resume 1` does what remains" in failure
    assert {each for each in others if house.holds(each, hub)} == set(away)
    assert {each.device for each in tool.database.credentials.concerning(hub)} >= set(away)
    for each in away:
        house.plug(each)
    tool.database.close()
    again = house.start()
    assert resume_all(again) == []
    assert not any(house.holds(each, hub) or house.rules(each, hub) for each in others)
    assert again.database.devices.get(hub) is None
    again.database.close()
