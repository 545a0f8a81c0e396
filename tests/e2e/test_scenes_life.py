"""Scenes over DTLS: recalled by clients and by people, told to observers, refused as a whole."""

from pathlib import Path
from typing import Any

import cbor2
import pytest
from device_scene import Scene, make_scene

from onboardee.device import events
from onboardee.device.simulation.profile import Profile, load
from onboardee.obt import NoAnswerError, OwnedDevice, run
from onboardee.obt.link import Ask
from onboardee.wire.coap import Code, Method

SCENES = "/scenes/evening"
RECALL = ("if=oic.if.a",)
HOME = f"""
device: {{name: Home, types: [oic.d.light]}}
platform: {{manufacturer: onboardee}}
resources:
  - href: /lamp
    types: [oic.r.switch.binary]
    interfaces: [oic.if.a, oic.if.baseline]
    properties: {{value: {{type: boolean, initial: false}}}}
  - href: /blind
    types: [oic.r.openlevel]
    interfaces: [oic.if.a, oic.if.baseline]
    properties: {{openLevel: {{type: integer, minimum: 0, maximum: 100, initial: 100}}}}
scenes:
  collections:
    - href: {SCENES}
      values:
        "off": {{/lamp#value: false, /blind#openLevel: 100}}
        film: {{/lamp#value: true, /blind#openLevel: 0}}
behaviour:
  - {{kind: travel, property: /blind#openLevel, time: 10 s, every: 5 s}}
  - {{kind: input, name: wall, set: {{{SCENES}#lastScene: film}}}}
  - {{kind: fault, name: stuck, properties: [/blind#openLevel], effect: refuse, code: 5.03}}
  - {{kind: fault, name: asleep, properties: [{SCENES}#lastScene], effect: refuse, code: 5.03}}
  - {{kind: fault, name: deaf, properties: [{SCENES}#lastScene], effect: ignore}}
  - {{kind: fault, name: loose, properties: [/lamp#value], effect: ignore}}
"""


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    """Load a home with a lamp, a blind and two scenes."""
    path: Path = tmp_path_factory.mktemp("profiles") / "home.yaml"
    path.write_text(HOME)
    return load(str(path))


@pytest.fixture
def home(profile: Profile) -> tuple[Scene, OwnedDevice]:
    """Take ownership of the home."""
    scene = make_scene(profile)
    return scene, scene.own()


def recall(scene: Scene, owner: OwnedDevice, name: str) -> tuple[Code, Any]:
    """Recall a scene as the owner; return code and content of the answer."""
    body = cbor2.dumps({"lastScene": name})
    ask = Ask(Method.POST, SCENES, RECALL, payload=body, content_format=10000)
    link = run(owner.connect())
    response = run(scene.transport.request(link, ask, deadline=scene.network.now + 60))
    return response.code, cbor2.loads(response.payload) if response.payload else None


def values(scene: Scene) -> tuple[Any, Any, Any]:
    """Return scene, lamp and blind."""
    now = {href: each.values.current for href, each in scene.device.appliances.items()}
    return now[SCENES]["lastScene"], now["/lamp"]["value"], now["/blind"]["openLevel"]


def test_what_moves_goes_its_way(home: tuple[Scene, OwnedDevice]) -> None:
    """A scene switches the lamp at once, and the blind goes down in its time."""
    scene, owner = home
    assert recall(scene, owner, "film") == (Code.CHANGED, {"lastScene": "film"})
    assert values(scene)[:2] == ("film", True)
    assert values(scene)[2] > 90
    scene.network.run(11)
    assert values(scene) == ("film", True, 0)


def test_observers_of_all_are_told(home: tuple[Scene, OwnedDevice]) -> None:
    """Who observes the scenes, and who observes a member, hears of a recalled scene."""
    scene, owner = home
    link = run(owner.connect())
    boxes = {
        href: scene.transport.observe(link, Ask(Method.GET, href, query, observe=True))
        for href, query in ((SCENES, ("if=oic.if.baseline",)), ("/lamp", ()))
    }

    def heard(href: str) -> Any:
        found = run(scene.transport.receive(boxes[href], deadline=scene.network.now + 5))
        return cbor2.loads(found.payload)

    assert heard(SCENES)["lastScene"] == "off"
    assert heard("/lamp") == {"value": False}
    recall(scene, owner, "film")
    assert heard(SCENES)["lastScene"] == "film"
    assert heard("/lamp") == {"value": True}
    run(owner.update("/lamp", {"value": False}))
    assert heard("/lamp") == {"value": False}
    recall(scene, owner, "film")
    assert heard("/lamp") == {"value": True}
    with pytest.raises(NoAnswerError):
        heard(SCENES)


def test_one_that_refuses_refuses_for_all(home: tuple[Scene, OwnedDevice]) -> None:
    """Where the blind is stuck nothing changes, and the client hears the blind's code."""
    scene, owner = home
    scene.network.send(scene.device.fault("stuck", scene.network.now, is_on=True))
    assert recall(scene, owner, "film") == (Code.SERVICE_UNAVAILABLE, None)
    scene.network.run(20)
    assert values(scene) == ("off", False, 100)
    (refused,) = scene.seen(events.RequestRefused)
    assert refused.href == SCENES
    assert "stuck" in refused.reason
    assert recall(scene, owner, "off")[0] is Code.CHANGED
    scene.network.send(scene.device.fault("stuck", scene.network.now, is_on=False))
    assert recall(scene, owner, "film")[0] is Code.CHANGED
    scene.network.run(20)
    assert values(scene) == ("film", True, 0)


def test_one_that_ignores_ignores_alone(home: tuple[Scene, OwnedDevice]) -> None:
    """A lamp that does nothing stays as it is while the rest of the scene happens."""
    scene, owner = home
    scene.network.send(scene.device.fault("loose", scene.network.now, is_on=True))
    assert recall(scene, owner, "film")[0] is Code.CHANGED
    scene.network.run(20)
    assert values(scene) == ("film", False, 0)


@pytest.mark.parametrize(
    ("fault", "code"), [("asleep", Code.SERVICE_UNAVAILABLE), ("deaf", Code.CHANGED)]
)
def test_scenes_may_be_out_of_order(
    home: tuple[Scene, OwnedDevice], fault: str, code: Code
) -> None:
    """A fault of the scenes themselves keeps all of them from happening."""
    scene, owner = home
    scene.network.send(scene.device.fault(fault, scene.network.now, is_on=True))
    assert recall(scene, owner, "film")[0] is code
    scene.network.run(20)
    assert values(scene) == ("off", False, 100)


def test_a_button_on_the_wall_recalls_a_scene(home: tuple[Scene, OwnedDevice]) -> None:
    """What people press sets all of a scene, and again when they press again."""
    scene, owner = home
    for _ in range(2):
        scene.network.send(scene.device.press("wall", scene.network.now))
        scene.network.run(20)
        assert values(scene) == ("film", True, 0)
        run(owner.update("/lamp", {"value": False}))
        run(owner.update("/blind", {"openLevel": 50}))
        scene.network.run(20)


def test_somebody_at_the_device_recalls_a_scene(home: tuple[Scene, OwnedDevice]) -> None:
    """Setting lastScene from outside sets what belongs to it, and back after a button, too."""
    scene, _ = home
    for name, lamp, blind in (("film", True, 0), ("off", False, 100)):
        step = scene.device.set_values(SCENES, {"lastScene": name}, scene.network.now)
        scene.network.send(step)
        scene.network.run(20)
        assert values(scene) == (name, lamp, blind)
    scene.network.send(scene.device.press("wall", scene.network.now))
    step = scene.device.set_values(SCENES, {"lastScene": "off"}, scene.network.now)
    scene.network.send(step)
    scene.network.run(20)
    assert values(scene) == ("off", False, 100)


def test_a_restart_begins_with_the_first_scene(home: tuple[Scene, OwnedDevice]) -> None:
    """After a reset all is as the profile has it, and no scene is recalled by that."""
    scene, owner = home
    recall(scene, owner, "film")
    scene.network.run(20)
    scene.network.send(scene.device.press_reset(scene.network.now))
    scene.network.run(20)
    assert values(scene) == ("off", False, 100)
