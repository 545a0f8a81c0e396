"""How long what clients created lasts: restarts, resets, power cuts, and a thousand of them."""

import gc
from collections.abc import Iterator

from growing_scene import (
    BASELINE,
    BATCH,
    BLIND,
    CONTACT,
    GUEST,
    PANEL,
    SWITCHES,
    VISITORS,
    Panel,
    power_cuts,
    wish,
)
from msgspec.structs import replace

from onboardee.device import events
from onboardee.device.access.peer import Peer
from onboardee.svrdb import MemoryStorage, Store
from onboardee.wire.coap import Code, Method
from onboardee.wire.path import Path


def test_what_was_created_is_there_after_a_restart() -> None:
    """It comes back with the values that it was created with, where the profile keeps it."""
    panel = Panel()
    panel.create(wish(value=False))
    panel.ask(Method.POST, "/switches/1", {"value": True})
    panel.create(wish(CONTACT), collection=VISITORS)
    panel = panel.again()
    assert (panel.paths(), panel.paths(VISITORS)) == (["/switches/1"], [])
    assert panel.get("/switches/1") == {"value": False}
    assert panel.create()["href"] == "/switches/2"


def test_a_restart_by_a_client_forgets_what_is_not_kept() -> None:
    """What is there for a while only goes with a reboot, too, and with the entry of its creator."""
    panel = Panel()
    panel.create()
    panel.create(wish(CONTACT), collection=VISITORS)
    address = Path("10.0.0.10", 5684, "10.0.0.20", 40000, secured=True)
    owner = Peer(address, secured=True, uuid=GUEST, is_owner_by_role=True)
    assert panel.ask(Method.POST, "/oic/mnt", {"rb": True}, peer=owner)[0] is Code.CHANGED
    panel.pass_time(10)
    assert any(isinstance(each, events.DeviceRebooted) for each in panel.events)
    assert (panel.paths(), panel.paths(VISITORS)) == (["/switches/1"], [])


def test_a_profile_that_allows_it_no_more() -> None:
    """What an older profile allowed is passed over, and the device starts."""
    panel = Panel()
    panel.create()
    without = tuple(each for each in PANEL.resources if each.href != SWITCHES)
    panel = panel.again(replace(PANEL, resources=without))
    assert panel.get("/switches/1") is Code.NOT_FOUND


def test_a_reset_takes_it_away() -> None:
    """A factory reset leaves nothing that a client created."""
    panel = Panel()
    panel.create()
    panel.create(wish(BLIND))
    panel.device.press_reset(panel.now)
    assert panel.store.current.created.resources == ()
    assert set(panel.device.appliances) == {each.href for each in PANEL.resources}
    assert "/switches/1" not in panel.device.parts.dispatcher.resources


def test_another_database_brings_its_own() -> None:
    """A snapshot that people put back has the resources of its time."""
    panel = Panel()
    empty = panel.store.current
    panel.create()
    full = panel.store.current
    panel.device.adopt(empty, panel.now)
    assert panel.paths() == []
    panel.device.adopt(full, panel.now)
    assert panel.paths() == ["/switches/1"]


def lives(storage: MemoryStorage) -> Iterator[tuple[str, ...]]:
    """Let a client create two and delete one; yield what there is after each answer."""
    panel = Panel(storage=storage, permission=1)
    yield ()
    panel.create()
    yield ("/switches/1",)
    panel.create()
    yield ("/switches/1", "/switches/2")
    panel.delete("/switches/1")
    yield ("/switches/2",)


HISTORY = [*lives(MemoryStorage())]


def test_a_power_cut_leaves_a_resource_wholly_there_or_not() -> None:
    """Wherever the power goes: what was answered holds, and resource and entry come together."""
    found = {_survived(survivor, len(told) - 1) for survivor, told in power_cuts(lives)}
    assert found == {(), *HISTORY}


def _survived(survivor: MemoryStorage, told: int) -> tuple[str, ...]:
    """Check what a power cut left, after so many answers; return the paths."""
    with Store.open(survivor, lambda: Panel().store.current) as store:
        database = store.current
    paths = tuple(each.href for each in database.created.resources)
    assert paths in HISTORY[max(told, 0) : told + 2]
    entries = {each.aceid: each for each in database.acl2.entries}
    for each in database.created.resources:
        assert entries[each.aceid or 0].resources[0].href == each.href
    mine = [each for each in database.acl2.entries if each.permission == 14]
    assert len(mine) == len(paths)
    return paths


def test_a_thousand_come_and_go_and_leave_nothing() -> None:
    """Memory and database are after a thousand as they were after a few, but for their number."""
    panel = Panel(durable=False)

    def sizes() -> dict[type, int]:
        gc.collect()
        kinds: dict[type, int] = {}
        for each in gc.get_objects():
            kinds[type(each)] = kinds.get(type(each), 0) + 1
        return kinds

    def come_and_go(times: int) -> None:
        for number in range(times):
            panel.create(wish(BLIND) if number % 5 == 0 else None)
            if number % 10 == 0:
                for query in ((SWITCHES, BATCH), ("/oic/res", BATCH), ("/switches/1", BASELINE)):
                    panel.get(*query)
            assert panel.delete("/switches/1") is Code.DELETED
        panel.events.clear()

    come_and_go(400)  # what is remembered of earlier batches has its bound
    database, before = panel.store.current, sizes()
    come_and_go(1000)
    counted = {"/switches": database.created_changes["/switches"] + 2 * 1000}
    assert panel.store.current == replace(database, created_changes=counted)
    after = sizes()
    grown = {kind: after[kind] - before.get(kind, 0) for kind in after}
    assert sum(grown.values()) < 200, {kind: each for kind, each in grown.items() if each > 20}
