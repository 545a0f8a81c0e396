"""Software updates of the profile that stands in for plgd's simulator.

`cloud_server` of IoTivity-Lite keeps an order and does nothing about it: its answers, recorded at
the same requests, are in the first test. Only an order for the address that the profile names goes
on, so that programs can be tried on all states.
"""

import pytest
from update_scene import NEVER, PSTAT, SWU, Lamp

from onboardee.device.simulation.profile import load
from onboardee.wire.coap import Method

DEVSIM = load("devsim")
NEW, ELSEWHERE = "https://updates.example/devsim/2.bin", "https://updates.example/x"
NOW = "2026-06-01T12:00:00Z"
SHOWN = {
    "purl": "",
    "nv": "",
    "signed": "vendor",
    "swupdateaction": "idle",
    "swupdatestate": "idle",
    "swupdateresult": 0,
    "updatetime": NEVER,
}


def test_it_begins_as_cloud_server() -> None:
    """The same properties with the same values, and no `lastupdate`."""
    lamp = Lamp(profile=DEVSIM)
    assert lamp.get(SWU) == SHOWN
    both = {"rt": ["oic.r.softwareupdate"], "if": ["oic.if.rw", "oic.if.baseline"]}
    assert lamp.get(SWU, "if=oic.if.baseline") == {**both, **SHOWN}


@pytest.mark.parametrize("action", ["isac", "isvv", "upgrade"])
@pytest.mark.parametrize("url", [ELSEWHERE, "coap://x"])
@pytest.mark.parametrize(
    ("time", "shown"), [("now", NOW), ("none", NEVER), ("2026-06-01T12:01:00Z", None)]
)
def test_an_order_for_elsewhere_stays(action: str, url: str, time: str, shown: str | None) -> None:
    """It is shown as it was written, and no state, result or bit of pstat ever changes."""
    lamp = Lamp(profile=DEVSIM)
    lamp.order(action, time, url)
    ordered = {**SHOWN, "purl": url, "swupdateaction": action, "updatetime": shown or time}
    assert lamp.wait(0) == ordered
    assert lamp.wait(1000) == ordered
    assert (lamp.get(PSTAT)["cm"], lamp.get(PSTAT)["tm"]) == (0, 0)
    lamp.order("idle", "none", "")
    assert lamp.wait(1000) == SHOWN


def test_an_order_for_its_own_address_goes_through_all_states() -> None:
    """As with IoTivity-Lite's sample that has the functions: and `/oic/d` shows the version."""
    lamp = Lamp(profile=DEVSIM)
    lamp.order("upgrade", "now", NEW)
    shown = lamp.wait()
    assert lamp.states == ["idle", "nsa", "svv", "sva", "upgrading", "idle"]
    assert (shown["swupdateresult"], shown["lastupdate"]) == (1, "2026-06-01T12:00:32Z")
    assert lamp.get("/oic/d")["sv"] == "2.0.0"


@pytest.mark.parametrize(
    ("fault", "result"), [("line-down", 4), ("other-version", 5), ("new-software-fails", 8)]
)
def test_its_updates_can_fail(fault: str, result: int) -> None:
    """A fault that is switched on while it runs is what the client reads afterwards."""
    lamp = Lamp(profile=DEVSIM)
    lamp.device.fault(fault, lamp.now, is_on=True)
    lamp.order("upgrade", "now", NEW)
    assert lamp.wait()["swupdateresult"] == result
    assert lamp.get("/oic/d")["sv"] == "1.0.1-rc1"


def test_an_order_by_pstat_stays_as_well() -> None:
    """A bit of `tm` is an order for the address that is there, or for none."""
    lamp = Lamp(profile=DEVSIM)
    lamp.ask(Method.POST, PSTAT, {"tm": 64})
    shown = lamp.wait(1000)
    assert (shown["swupdateaction"], shown["swupdatestate"]) == ("isvv", "idle")
    assert shown["swupdateresult"] == 0
