"""What a peer sees of each effect, alone and together with others."""

from contextlib import nullcontext, suppress
from itertools import pairwise

import pytest
from fault_scene import OWNER, Scene, with_faults

from onboardee.device.faults.checking import NETWORK
from onboardee.device.faults.terms import Effect
from onboardee.device.trace import items
from onboardee.obt import ObtError, find_unowned, run
from onboardee.obt.orders import CR3006
from onboardee.svrdb.model import State


def messages(scene: Scene, way: str, path: str = "") -> list[items.Message]:
    """Return the messages of one way, of one resource if that is wanted."""
    return [
        item
        for item in scene.items
        if isinstance(item, items.Message) and item.way == way and path in {"", item.path}
    ]


@pytest.mark.parametrize("way", ["in", "out", "both"])
@pytest.mark.parametrize("effect", sorted(NETWORK))
def test_the_network_acts_in_either_direction(effect: Effect, way: str) -> None:
    """A tool gets over what a network does to any datagram now and then, whichever way it goes.

    Only what is spoilt in the clear is what it says it is, and the tool may give up.
    """
    scene = with_faults(f"{effect} way={way} nth=4 times=3")
    is_spoilt = effect in {Effect.CORRUPT, Effect.TRUNCATE} and way != "out"
    with suppress(ObtError, IndexError) if is_spoilt else nullcontext():
        scene.own()
        assert scene.device.database.state is State.RFNOP
    assert 1 <= len(scene.acted) <= 3


@pytest.mark.parametrize(("peer", "count"), [("10.0.0.1", 1), ("10.0.0.2", 0), ("10.0.0.1:9", 0)])
def test_only_one_peer_is_concerned(peer: str, count: int) -> None:
    """A fault of one address leaves all others alone."""
    scene = with_faults(f"drop at=select peer={peer}")
    scene.own()
    assert len(scene.acted) == count


def test_two_patches_and_a_double() -> None:
    """Effects on one answer act all, and the tool has them twice."""
    scene = with_faults(
        'patch at=read payload={"sct":1}',
        'patch at=read payload={"oxms":[65281]}',
        "duplicate at=read",
    )
    with pytest.raises(ObtError):
        scene.own(within=20)
    scene.network.run(1)
    patched = [
        item
        for item in messages(scene, "out", "/oic/sec/doxm")
        if isinstance(item.content, dict) and item.content.get("sct") == 1
    ]
    assert len(patched) == 2
    assert all(item.content["oxms"] == [65281] for item in patched)
    assert len(scene.acted) == 3


def test_a_patch_under_a_session_with_a_wrong_id() -> None:
    """What is sealed anew has both, the payload and the message id that nobody asked with."""
    scene = with_faults('patch at=read-again payload={"sct":1}', "wrong-id at=read-again")
    scene.own()
    changed = [
        item
        for item in messages(scene, "out", "/oic/sec/doxm")
        if item.over and isinstance(item.content, dict) and item.content.get("sct") == 1
    ]
    asked = {item.mid for item in messages(scene, "in", "/oic/sec/doxm")}
    assert changed[0].mid not in asked
    assert {each.mid for each in changed[1:]} <= asked


def test_corruption_outlives_a_patch() -> None:
    """The order of the layers counts, not that of the faults: a broken record stays broken."""
    scene = with_faults("corrupt at=read-again", 'patch at=read-again payload={"sct":1}')
    scene.own()
    assert "changed a bit of the answer 2.05 /oic/sec/doxm" in scene.acted
    closed = [item for item in scene.items if isinstance(item, items.Record) and not item.is_open]
    assert closed


def test_a_crowd_answers() -> None:
    """Thirty devices answer a search beside the one that is there, five of them twice."""
    scene = with_faults("crowd at=discovery")
    run(find_unowned(scene.transport, style=CR3006.style, enough=2))
    scene.network.run(5)
    answers = messages(scene, "out", "/oic/sec/doxm")
    named = [each.content["deviceuuid"] for each in answers if isinstance(each.content, dict)]
    assert len({*named}) == 31
    assert len(named) >= 36
    assert str(scene.device.database.doxm.device_uuid) in named


@pytest.mark.parametrize(("when", "state"), [("before", State.RFPRO), ("after", State.RFNOP)])
def test_power_is_lost_around_a_change(when: str, state: State) -> None:
    """After the restart the owner meets the device as it was before the change, or after it."""
    scene = with_faults(f"restart-{when} at=rfnop")
    with pytest.raises(ObtError):
        scene.own(within=20)
    assert scene.device.database.state is state
    assert scene.device.database.doxm.owner_uuid == OWNER
    assert not scene.device.sessions


def test_another_suite_and_version_in_the_hello() -> None:
    """The tool reads a suite that it did not offer, or an old version, and gives the device up."""
    for fault, expected in (("other-suite", "0xC023"), ("old-version", "")):
        scene = with_faults(f"{fault} times=0")
        with pytest.raises(ObtError):
            scene.own(within=20)
        hellos = [
            item
            for item in scene.items
            if isinstance(item, items.HandshakeMessage) and item.name == "ServerHello"
        ]
        assert hellos
        assert expected in str(hellos[0].fields.get("suite", ""))
        if fault == "old-version":
            assert hellos[0].body[:2] == b"\xfe\xff"


def test_another_key_is_noticed_at_the_login() -> None:
    """The owner's first session of its own does not come about."""
    scene = with_faults("other-key at=credential")
    with pytest.raises(ObtError):
        scene.own(within=40)
    assert "handshake.failed" in {event.name for event in scene.events}


def test_an_alert_ends_a_handshake() -> None:
    """In the place of ServerHello comes a fatal alert, in the clear."""
    scene = with_faults("alert flight=ServerHello times=0")
    with pytest.raises(ObtError):
        scene.own(within=20)
    scene.network.run(1)
    alerts = [item for item in scene.items if isinstance(item, items.Alert) and item.way == "out"]
    assert alerts[0].name == "handshake_failure"


def test_answers_leave_in_another_order() -> None:
    """A datagram that is held back leaves behind the next one."""
    scene = with_faults("reorder way=out nth=3")
    scene.own()
    numbers = [
        item.sequence
        for item in scene.items
        if isinstance(item, items.Record) and item.way == "out" and item.epoch == 0
    ]
    assert len(scene.acted) == 1
    assert any(later < earlier for earlier, later in pairwise(numbers))


def test_ignored_and_delayed_together() -> None:
    """The device did nothing, and says 2.04 three seconds later, to the repeated request, too."""
    scene = with_faults("ignore at=owner", "delay at=owner seconds=3")
    with pytest.raises(ObtError):
        scene.own(within=30)
    assert "held back the answer 2.05 /oic/sec/doxm" in scene.acted
    paths = {
        each["path"]
        for item in scene.items
        if isinstance(item, items.Changed)
        for each in item.differences
    }
    assert "doxm.devowneruuid" not in paths
    posts = {item.token for item in messages(scene, "in") if item.code == "POST"}
    codes = {item.code for item in messages(scene, "out") if item.token in posts}
    assert codes == {"2.04"}
