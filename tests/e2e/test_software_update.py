"""Software updates: the states and their order, the two ways to order one, what a client reads."""

from itertools import pairwise
from typing import Any

import pytest
from data_models import MODELS, check, document, needs_extensions, resolved
from msgspec.structs import replace
from update_scene import LIGHT, NEVER, NEW, OLD, PSTAT, SWU, Lamp

from onboardee.device.events import DeviceRebooted, SoftwareInstalled
from onboardee.svrdb.model import State
from onboardee.wire.coap import Code, Method

MODEL = MODELS / "core-extensions" / "swagger2.0" / "oic.r.softwareupdate.swagger.json"


def test_an_update_goes_through_its_states() -> None:
    """Looked for, found, downloaded, valid, installed; the device restarts and is another one."""
    lamp = Lamp()
    assert lamp.versions == ("1.0.0", "1.0.0")
    assert lamp.order() is Code.CHANGED
    shown = lamp.wait()
    assert lamp.states == ["idle", "nsa", "svv", "sva", "upgrading", "idle"]
    assert shown == {
        "nv": "",
        "purl": NEW,
        "swupdateaction": "idle",
        "swupdatestate": "idle",
        "swupdateresult": 1,
        "lastupdate": "2026-06-01T12:00:32Z",
        "signed": "vendor",
        "updatetime": "2026-06-01T12:00:00Z",
    }
    assert lamp.versions == ("2.0.0", "2.0.0")
    assert [event.version for event in lamp.seen(SoftwareInstalled)] == ["2.0.0"]  # type: ignore[attr-defined]
    assert len(lamp.seen(DeviceRebooted)) == 1
    assert lamp.device.next_deadline() is None


def test_the_state_is_right_at_each_moment() -> None:
    """2 s to look, 20 s to download, 10 s to install, by the clock of the device's world."""
    lamp = Lamp()
    lamp.order()
    found = {}
    for second in range(34):
        found[second] = lamp.wait(1)["swupdatestate"]
    changes = [after for before, after in pairwise(found) if found[before] != found[after]]
    assert [(second + 1, found[second]) for second in changes] == [
        (2, "svv"),
        (22, "upgrading"),
        (32, "idle"),
    ]


@pytest.mark.parametrize(
    ("action", "state", "version"), [("isac", "nsa", "2.0.0"), ("isvv", "sva", "2.0.0")]
)
def test_an_order_goes_as_far_as_it_says(action: str, state: str, version: str) -> None:
    """A look ends with `nsa`, a validation with `sva`, and nothing more happens by itself."""
    lamp = Lamp()
    lamp.order(action)
    shown = lamp.wait()
    read = ("swupdatestate", "nv", "swupdateaction", "swupdateresult")
    assert [shown[name] for name in read] == [state, version, "idle", 1]
    assert lamp.versions == ("1.0.0", "1.0.0")
    assert lamp.device.next_deadline() is None


def test_an_order_goes_on_from_where_the_last_one_ended() -> None:
    """What was downloaded is installed without another look; one elsewhere begins anew."""
    lamp = Lamp()
    lamp.order("isac")
    lamp.wait()
    lamp.order("isvv")
    assert lamp.get(SWU)["swupdatestate"] == "nsa"
    lamp.wait()
    lamp.order("upgrade")
    assert lamp.wait(1)["swupdatestate"] == "upgrading"
    lamp.wait()
    assert lamp.versions == ("2.0.0", "2.0.0")
    other = Lamp()
    other.order("isvv")
    other.wait()
    other.order("isvv", url="coaps://updates.example/light")
    shown = other.get(SWU)
    assert (shown["swupdatestate"], shown["nv"]) == ("idle", "")


@pytest.mark.parametrize(("action", "result"), [("isac", 0), ("isvv", 5), ("upgrade", 5)])
def test_software_that_is_not_newer(action: str, result: int) -> None:
    """A look finds nothing; what would install it says that the version is wrong."""
    lamp = Lamp()
    lamp.order(action, url=OLD)
    shown = lamp.wait()
    assert (shown["swupdatestate"], shown["swupdateresult"], shown["nv"]) == ("idle", result, "")
    assert lamp.versions == ("1.0.0", "1.0.0")


def test_the_next_update_is_measured_by_what_is_installed() -> None:
    """The same software once more is none that is new."""
    lamp = Lamp()
    lamp.order()
    lamp.wait()
    lamp.order()
    assert lamp.wait()["swupdateresult"] == 5
    assert lamp.reasons == ["the version 2.0.0 is not newer"]


@pytest.mark.parametrize(
    ("url", "result"),
    [("", 6), ("lamp.bin", 6), ("https://", 6), ("https://[", 6), ("http://a.example/b", 7),
     ("ftp://a.example/b", 7), ("https://elsewhere.example/", 4)],
)  # fmt: skip
def test_addresses_that_lead_nowhere(url: str, result: int) -> None:
    """No address, a protocol that is not served, nothing there: each by its own number."""
    lamp = Lamp()
    assert lamp.order(url=url) is Code.CHANGED
    shown = lamp.wait()
    assert (shown["swupdatestate"], shown["swupdateaction"]) == ("idle", "idle")
    assert shown["swupdateresult"] == result


@pytest.mark.parametrize(
    "changes",
    [
        {"purl": None},
        {"swupdateaction": None},
        {"updatetime": None},
        {"purl": 5},
        {"purl": "https://" + "x" * 57},
        {"purl": "https://a.example/\n"},
        {"swupdateaction": "install"},
        {"swupdateaction": 1},
        {"updatetime": "soon"},
        {"updatetime": 5},
        {"updatetime": "2026-06-01T11:59:59Z"},
        {"updatetime": "2026-06-01T12:00:00"},
        {"updatetime": "9999-12-31T23:59:59-23:59:59"},
        {"swupdatestate": "sva"},
        {"swupdateresult": 1},
        {"nv": "2.0.0"},
        {"lastupdate": NEVER},
        {"signed": "anybody"},
    ],
)
def test_orders_that_are_refused(changes: dict[str, Any]) -> None:
    """What is missing, malformed, in the past or read-only is answered with 4.00."""
    order = {"purl": NEW, "swupdateaction": "upgrade", "updatetime": "2026-06-01T12:00:00Z"}
    body = {name: value for name, value in (order | changes).items() if value is not None}
    lamp = Lamp()
    before = lamp.device.database
    assert lamp.ask(Method.POST, SWU, body)[0] is Code.BAD_REQUEST
    assert lamp.device.database is before


def test_what_was_read_may_be_written_back() -> None:
    """Read-only properties with the values that they have are passed over, as are unknown ones."""
    lamp = Lamp()
    shown = lamp.get(SWU, "if=oic.if.baseline")
    assert lamp.ask(Method.POST, SWU, {**shown, "other": 1})[0] is Code.CHANGED


def test_a_scheduled_update_begins_at_its_time() -> None:
    """By the date of the device's world, in any time zone."""
    lamp = Lamp()
    lamp.order(time="2026-06-01T15:00:00+02:00")
    assert lamp.wait(3599)["swupdatestate"] == "idle"
    assert lamp.wait(4)["swupdatestate"] == "svv"
    assert lamp.wait()["lastupdate"] == "2026-06-01T13:00:32Z"


def test_a_faster_world_updates_faster() -> None:
    """With 60 s of the world in one, an update takes half a second, and a schedule its time."""
    lamp = Lamp(speed=60)
    lamp.order()
    assert lamp.wait(0.6)["swupdateresult"] == 1
    lamp.device.adopt(replace(lamp.device.database), lamp.now)
    lamp.order("isac", time="2026-06-01T13:00:00Z", url="coaps://updates.example/light")
    assert lamp.wait(50)["swupdateaction"] == "isac"
    assert lamp.wait(10)["swupdateaction"] == "idle"


def test_a_leap_of_the_world_goes_through_the_states() -> None:
    """Who skips an hour finds the update done, each state told and its time the right one."""
    lamp = Lamp()
    lamp.order(time="2026-06-01T12:30:00Z")
    lamp.device.act(lamp.device.device.skip(3600.0, lamp.now), lamp.now)
    shown = lamp.wait(0)
    assert lamp.states == ["idle", "nsa", "svv", "sva", "upgrading", "idle"]
    assert (shown["swupdateresult"], shown["lastupdate"]) == (1, "2026-06-01T12:30:32Z")


def test_a_world_that_stands_still_updates_nothing() -> None:
    """Paused, the download rests, and it goes on with the world."""
    lamp = Lamp()
    lamp.order()
    lamp.wait(10)
    lamp.device.act(lamp.device.device.change_pace(None, lamp.now, is_paused=True), lamp.now)
    assert lamp.wait(1000)["swupdatestate"] == "svv"
    lamp.device.act(lamp.device.device.change_pace(None, lamp.now, is_paused=False), lamp.now)
    assert lamp.wait(11)["swupdatestate"] == "svv"
    assert lamp.wait(2)["swupdatestate"] == "upgrading"


def test_an_order_is_taken_back() -> None:
    """`idle` ends what was scheduled, and a download that is under way."""
    lamp = Lamp()
    lamp.order(time="2026-06-01T13:00:00Z")
    lamp.order("idle", time="none")
    assert lamp.device.next_deadline() is None
    lamp.order()
    assert lamp.wait(10)["swupdatestate"] == "svv"
    lamp.order("idle", time="none")
    shown = lamp.wait()
    assert (shown["swupdatestate"], shown["updatetime"]) == ("nsa", NEVER)
    assert lamp.versions == ("1.0.0", "1.0.0")


def test_without_a_time_nothing_begins() -> None:
    """`none` is no time: an action is kept and waits for another order."""
    lamp = Lamp()
    lamp.order(time="none")
    assert lamp.wait()["swupdateaction"] == "upgrade"
    assert lamp.device.next_deadline() is None


def test_nothing_is_ordered_while_software_is_being_installed() -> None:
    """4.03, and the installation goes on."""
    lamp = Lamp()
    lamp.order()
    assert lamp.wait(25)["swupdatestate"] == "upgrading"
    assert lamp.order("idle", time="none") is Code.FORBIDDEN
    lamp.ask(Method.POST, PSTAT, {"tm": 64})
    lamp.wait()
    assert lamp.versions == ("2.0.0", "2.0.0")
    assert lamp.get(PSTAT)["tm"] == 0


@pytest.mark.parametrize(
    ("url", "modes"), [(NEW, [(0, 128), (0, 128), (128, 0)]), (OLD, [(0, 128), (0, 0), (0, 0)])]
)
def test_pstat_tells_the_same(url: str, modes: list[tuple[int, int]]) -> None:
    """The bit of tm is 1 while it is done, and that of cm says whether it was (Security 14.5)."""
    lamp = Lamp()
    lamp.order(url=url)
    found = []
    for seconds in (1, 20, 20):
        lamp.wait(seconds)
        pstat = lamp.get(PSTAT)
        found.append((pstat["cm"], pstat["tm"]))
    assert found == modes


@pytest.mark.parametrize(
    ("bits", "state", "version", "modes"),
    [(64, "sva", "1.0.0", 64), (128, "idle", "2.0.0", 128), (192, "idle", "2.0.0", 128)],
)
def test_a_bit_of_pstat_is_an_order(bits: int, state: str, version: str, modes: int) -> None:
    """64 validates, 128 updates, both update; the bits go when it is over."""
    lamp = Lamp()
    lamp.order("idle", time="none")
    assert lamp.ask(Method.POST, PSTAT, {"tm": bits})[0] is Code.CHANGED
    assert lamp.get(PSTAT)["tm"] == (128 if bits & 128 else 64)
    assert lamp.wait()["swupdatestate"] == state
    assert lamp.versions[0] == version
    pstat = lamp.get(PSTAT)
    assert (pstat["cm"], pstat["tm"]) == (modes, 0)


def test_to_clear_a_bit_has_no_effect() -> None:
    """An update that was ordered goes on when a client writes 0 (Security 14.5.2.4)."""
    lamp = Lamp()
    lamp.order()
    lamp.wait(5)
    assert lamp.ask(Method.POST, PSTAT, {"tm": 0})[0] is Code.CHANGED
    lamp.wait()
    assert lamp.versions[0] == "2.0.0"


def test_a_device_without_updates_keeps_the_bits() -> None:
    """Where a profile has no updates nothing is at the path, and tm is stored as it is written."""
    lamp = Lamp(profile=replace(LIGHT, software_update=None))
    assert lamp.get(SWU) in {Code.NOT_FOUND, Code.UNAUTHORIZED}
    lamp.ask(Method.POST, PSTAT, {"tm": 128})
    assert not [*lamp.pass_time(100)]
    assert lamp.get(PSTAT)["tm"] == 128


@pytest.mark.parametrize("state", [State.RFPRO, State.SRESET])
def test_an_order_waits_for_normal_operation(state: State) -> None:
    """What is ordered in RFPRO or due in SRESET begins in RFNOP, in which a device works."""
    lamp = Lamp()
    if state is State.SRESET:
        lamp.order(time="2026-06-01T12:00:10Z")
        assert lamp.enter(state) is Code.CHANGED
    else:
        assert lamp.enter(state) is Code.CHANGED
        assert lamp.order() is Code.CHANGED
    for _ in lamp.pass_time(100):
        pass
    assert lamp.device.database.software.state == "idle"
    if state is State.SRESET:
        lamp.enter(State.RFPRO)
    assert lamp.enter(State.RFNOP) is Code.CHANGED
    assert lamp.wait()["swupdateresult"] == 1
    assert lamp.versions[0] == "2.0.0"


def test_nobody_else_orders_anything() -> None:
    """No wildcard of an entry is about it, and before an owner nobody reaches it."""
    lamp = Lamp()
    entries = tuple(each for each in lamp.device.database.acl2.entries if each.aceid != 90)
    acl2 = replace(lamp.device.database.acl2, entries=entries)
    lamp.device.adopt(replace(lamp.device.database, acl2=acl2), lamp.now)
    assert lamp.order() is Code.UNAUTHORIZED
    lamp.device.press_reset(lamp.now)
    assert lamp.order() is Code.UNAUTHORIZED


def test_a_reset_keeps_the_software_and_forgets_the_order() -> None:
    """A factory reset is about what owners brought: the version stays, address and result go."""
    lamp = Lamp()
    lamp.order()
    lamp.wait()
    lamp.order("isac", time="2026-06-01T13:00:00Z")
    lamp.device.press_reset(lamp.now)
    software = lamp.device.database.software
    assert (software.installed, software.updated) == ("2.0.0", "2026-06-01T12:00:32Z")
    assert (software.url, software.action, software.result) == ("", "idle", 0)
    assert lamp.device.next_deadline() is None


def test_the_rest_of_the_device_survives_an_update() -> None:
    """Owner, credentials and entries are those of before (Security 14.5.2.4.1)."""
    lamp = Lamp()
    before = lamp.device.database
    lamp.order()
    lamp.wait()
    after = lamp.device.database
    assert replace(after, software=before.software, pstat=before.pstat) == before
    assert after.state is State.RFNOP


@needs_extensions
@pytest.mark.parametrize("interface", ["oic.if.rw", "oic.if.baseline"])
@pytest.mark.parametrize("seconds", [0, 1, 5, 25, 40])
def test_as_the_model_has_it(interface: str, seconds: float) -> None:
    """In each state, on both interfaces: the properties of OCF's model, and no other."""
    lamp = Lamp()
    lamp.order()
    for _ in lamp.pass_time(seconds):
        pass
    shown = lamp.get(SWU, f"if={interface}")
    get = document(MODEL)["paths"]["/softwareupdateResURI"]["get"]
    schema = resolved(get["responses"]["200"]["schema"], MODEL)
    check(shown, schema)
    assert shown.keys() <= schema["properties"].keys()
    assert lamp.get(SWU, "if=oic.if.a") is Code.FORBIDDEN
