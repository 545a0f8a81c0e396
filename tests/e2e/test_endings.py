"""What ends with a state, a reset and a restart: observations, and the rest of earlier answers."""

import pytest
from aiocoap import GET
from device_scene import OWNER, Scene, make_scene
from msgspec.structs import replace
from stranger import Stranger

from onboardee.device.events import DeviceRebooted
from onboardee.device.simulation.profile import UuidPolicy, load
from onboardee.device.testing.onboarded import with_plain_endpoints
from onboardee.obt import OwnedDevice, Rule, Subject, Target, run

SWITCH = "/light/switch"


def watched() -> tuple[Scene, OwnedDevice, Stranger]:
    """Make an owned light that anybody may observe, and somebody who does, without a session."""
    scene = make_scene(with_plain_endpoints(load("light")))
    owner = scene.own()
    anybody = Subject(connection="anon-clear")
    maintenance = Rule(
        subject=Subject(uuid=str(OWNER)), targets=(Target(href="/oic/mnt"),), permission=6
    )
    run(
        owner.add_rules(
            [Rule(subject=anybody, targets=(Target(href=SWITCH),), permission=18), maintenance]
        )
    )
    stranger = Stranger(scene)
    assert stranger.ask(GET, SWITCH, observe=0).opt.observe is not None
    assert len(scene.device.observers) == 1
    return scene, owner, stranger


def notified(scene: Scene, stranger: Stranger) -> list[object]:
    """Switch the light by hand; return what the stranger hears of it."""
    present = scene.device.appliances[SWITCH].values.current["value"]
    sent = scene.device.set_values(SWITCH, {"value": not present}, scene.network.now)
    return [each for each in sent if each.path.peer_host == stranger.host]


def test_an_observation_lasts() -> None:
    """Without any of what follows, the observer hears of a change."""
    scene, _, stranger = watched()
    assert len(notified(scene, stranger)) == 1


def test_entering_normal_operation_ends_observations() -> None:
    """After a change of rights everybody has to ask anew."""
    scene, owner, stranger = watched()
    run(
        owner.add_rules(
            [Rule(subject=Subject(uuid=str(OWNER)), targets=(Target(href="/x"),), permission=2)]
        )
    )
    assert scene.device.observers == ()
    assert notified(scene, stranger) == []


def test_a_reset_request_ends_observations() -> None:
    """From the moment of the request on nobody hears of values, not only once it is done."""
    scene, owner, stranger = watched()
    run(owner.reset())
    assert scene.device.observers == ()
    assert notified(scene, stranger) == []


@pytest.mark.parametrize("how", ["reboot", "button"])
def test_a_restart_ends_observations(how: str) -> None:
    """After a reboot, and after the reset button, observers are unknown."""
    scene, owner, stranger = watched()
    if how == "reboot":
        run(owner.update("/oic/mnt", {"rb": True}))
        scene.network.run(3)
        assert scene.seen(DeviceRebooted)
    else:
        scene.network.send(scene.device.press_reset(scene.network.now))
    assert scene.device.observers == ()
    assert notified(scene, stranger) == []


def test_a_restart_ends_half_read_answers() -> None:
    """Who read the first block before a reset reads the next of what is so after it."""
    light = load("light")
    scene = make_scene(replace(light, ownership=replace(light.ownership, uuid=UuidPolicy.NEW)))
    stranger = Stranger(scene)
    first = stranger.ask(GET, "/oic/res", block2=(0, False, 5))
    assert first.opt.block2.more
    before = scene.device.database.doxm.device_uuid
    scene.network.send(scene.device.press_reset(scene.network.now))
    assert scene.device.database.doxm.device_uuid != before
    second = stranger.ask(GET, "/oic/res", block2=(1, False, 5))
    assert second.opt.etags != first.opt.etags
    assert str(before).encode() not in second.payload


def test_a_reboot_ends_half_read_answers() -> None:
    """A device that was switched off in between has kept no answer for anybody."""
    scene, owner, stranger = watched()
    anybody = Subject(connection="anon-clear")
    run(owner.add_rules([Rule(subject=anybody, targets=(Target(href="/oic/res"),), permission=2)]))
    assert stranger.ask(GET, "/oic/res", block2=(0, False, 5)).opt.block2.more
    run(owner.update("/oic/mnt", {"rb": True}))
    scene.network.run(3)
    assert scene.seen(DeviceRebooted)
    assert len(scene.device.parts.coap.strangers.responder.kept) == 0
    assert stranger.ask(GET, "/oic/res", block2=(1, False, 5)).code.dotted == "2.05"


def test_a_second_reason_does_not_put_a_reset_off() -> None:
    """A reset comes when it was announced, whatever else gives a reason for it meanwhile."""
    scene = make_scene()
    lifecycle = scene.device.parts.lifecycle
    lifecycle.schedule_reset("the first")
    announced = lifecycle.next_deadline()
    scene.network.run(0.5)
    scene.device.tick(scene.network.now)
    lifecycle.schedule_reset("the second")
    assert lifecycle.next_deadline() == announced
