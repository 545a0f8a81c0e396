"""What strangers cannot keep the owner, or a tool that wants to be the owner, from doing."""

from collections import Counter
from itertools import count

import pytest
from aiocoap import GET, POST
from device_scene import OWNER, Scene, make_scene
from stranger import AnonymousSession, Stranger

from onboardee.device.events import AccessDenied, SessionEnded
from onboardee.device.simulation.profile import load
from onboardee.device.testing.onboarded import with_plain_endpoints
from onboardee.obt import Rule, Subject, Target, run
from onboardee.svrdb.model import NIL, State
from onboardee.wire.coap.limits import STRANGERS

DOXM = "/oic/sec/doxm"
ANYBODY = Subject(connection="anon-clear")


def rules(number: int) -> list[Rule]:
    """Make so many access rules: thirty of them need several blocks."""
    return [
        Rule(subject=Subject(uuid=str(OWNER)), targets=(Target(href=f"/{each}"),), permission=2)
        for each in range(number)
    ]


def test_strangers_upload_nothing_to_an_owned_device() -> None:
    """The gate refuses each first block, says so in the log, and nothing is kept."""
    scene = make_scene()
    scene.own()
    stranger = Stranger(scene)
    for href in (DOXM, "/oic/sec/cred", "/light/switch"):
        assert stranger.upload(href) == "4.01"
        assert stranger.upload(href, 1) == "4.01"
    told = {(event.method, event.href) for event in scene.seen(AccessDenied)}
    assert {("POST", DOXM), ("POST", "/light/switch")} <= told
    assert stranger.upload("/nowhere") == "4.04"


def test_uploads_of_strangers_leave_room_for_the_owner() -> None:
    """Strangers who may write begin as many uploads as they like; the owner's writes go through."""
    scene = make_scene(with_plain_endpoints(load("light")))
    owner = scene.own()
    run(
        owner.add_rules(
            [Rule(subject=ANYBODY, targets=(Target(href="/light/switch"),), permission=31)]
        )
    )
    strangers = [Stranger(scene, host=f"10.0.1.{number}") for number in range(1, 101)]
    codes = Counter(each.upload("/light/switch") for each in strangers)
    assert codes == {"2.31": STRANGERS.uploads, "5.03": 100 - STRANGERS.uploads}
    run(owner.add_rules(rules(30)))
    assert len(scene.device.database.acl2.entries) > 30


def test_a_stranger_who_loses_the_right_uploads_no_further() -> None:
    """Each block is admitted by itself, not only the first."""
    scene = make_scene(with_plain_endpoints(load("light")))
    owner = scene.own()
    run(
        owner.add_rules(
            [Rule(subject=ANYBODY, targets=(Target(href="/light/switch"),), permission=31)]
        )
    )
    stranger = Stranger(scene)
    assert [stranger.upload("/light/switch", number) for number in (0, 1)] == ["2.31", "2.31"]
    (aceid,) = [
        entry.aceid
        for entry in scene.device.database.acl2.entries
        if "/light/switch" in {each.href for each in entry.resources}
    ]
    run(owner.delete_rule(aceid))
    assert stranger.upload("/light/switch", 2) == "4.01"


def test_a_transfer_forgets_uploads_in_the_clear() -> None:
    """What was begun before the ownership connection is not finished after it."""
    scene = make_scene()
    stranger = Stranger(scene)
    assert stranger.upload(DOXM) == "2.31"
    stranger.select()
    AnonymousSession(scene).open()
    assert len(scene.device.parts.coap.strangers.uploads) == 0
    assert stranger.upload(DOXM, 1) == "4.01"


def run_while(scene: Scene, seconds: float, every: float, action: object) -> None:
    """Let time pass, with something done in between."""
    for _ in range(round(seconds / every)):
        scene.network.run(every)
        action()  # type: ignore[operator]


def test_pings_do_not_keep_an_ownership_connection_alive() -> None:
    """A stranger who only pings loses the connection as one who says nothing, and a tool owns."""
    scene = make_scene()
    Stranger(scene).select()
    holder = AnonymousSession(scene)
    holder.open()
    run_while(scene, 170, 10, holder.ping)
    assert len(scene.device.sessions) == 1
    run_while(scene, 20, 10, lambda: None)
    assert scene.seen(SessionEnded)
    assert scene.device.sessions == ()
    assert scene.own().ownership.owner == OWNER


@pytest.mark.parametrize("seconds", [290, 310])
def test_a_transfer_has_a_total_time(seconds: int) -> None:
    """Whoever goes on asking over the ownership connection keeps it for five minutes, no longer."""
    scene = make_scene()
    Stranger(scene).select()
    holder = AnonymousSession(scene)
    holder.open()
    run_while(scene, seconds, 10, lambda: holder.ask(GET, DOXM))
    assert bool(scene.seen(SessionEnded)) is (seconds > 300)


def test_a_renewed_connection_does_not_begin_the_time_anew() -> None:
    """The total time is the transfer's: further handshakes of the same peer do not prolong it."""
    scene = make_scene()
    Stranger(scene).select()
    holder = AnonymousSession(scene)
    holder.open()
    seeds = count()

    def renew() -> None:
        if scene.device.sessions:
            again = AnonymousSession(scene)
            again._client = AnonymousSession(scene, port=9000 + next(seeds))._client
            again.open()

    run_while(scene, 310, 31, renew)
    assert scene.device.sessions == ()


def test_a_finished_transfer_has_no_end() -> None:
    """Once the device has its owner nothing ends the connection but idleness."""
    scene = make_scene()
    owner = scene.own()
    for _ in range(4):
        scene.network.run(100)
        run(owner.read("/light/switch"))
    assert scene.device.database.state is State.RFNOP
    assert scene.device.database.doxm.owner_uuid != NIL
    assert scene.device.sessions


def test_methods_are_refused_by_the_gate_before_the_body_matters() -> None:
    """A stranger's POST with any body is refused for want of a right, not for the body."""
    scene = make_scene()
    scene.own()
    assert Stranger(scene).ask(POST, DOXM, b"garbage").code.dotted == "4.01"
