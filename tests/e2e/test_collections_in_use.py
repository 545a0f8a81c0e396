"""Collections over DTLS: observed, refused link by link in the log, in several blocks."""

from pathlib import Path
from typing import Any

import cbor2
import pytest
from device_scene import OWNER, Scene, make_scene

from onboardee.device import events
from onboardee.device.simulation.profile import Profile, load
from onboardee.obt import OnboardingError, OwnedDevice, Rule, Subject, Target, run
from onboardee.obt.link import Ask
from onboardee.svrdb.model import Con
from onboardee.wire.coap import Code, Method

B = ("if=oic.if.b",)
HOME, LINKS = "/home", 24
PROFILE = f"""
device: {{name: Home, types: [oic.d.light]}}
platform: {{manufacturer: onboardee}}
resources:
  - href: {HOME}
    types: [oic.wk.col]
    interfaces: [oic.if.ll, oic.if.b, oic.if.baseline]
    links: [{", ".join(f"/lamp/{number}" for number in range(LINKS))}]
    properties: {{}}
""" + "".join(
    f"""
  - href: /lamp/{number}
    types: [oic.r.switch.binary]
    interfaces: [oic.if.a, oic.if.baseline]
    name: Lamp number {number} of the house
    properties: {{value: {{type: boolean, initial: false}}}}
"""
    for number in range(LINKS)
)


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    """Load a house with so many lamps that no answer fits one block."""
    path: Path = tmp_path_factory.mktemp("profiles") / "home.yaml"
    path.write_text(PROFILE)
    return load(str(path))


def owned(profile: Profile) -> tuple[Scene, OwnedDevice]:
    """Take ownership of the house."""
    scene = make_scene(profile)
    return scene, scene.own()


def batch(body: Any = None, *, observe: bool = False) -> Ask:
    """Make a request to the batch interface: an UPDATE if there is a body."""
    if body is None:
        return Ask(Method.GET, HOME, B, observe=observe)
    return Ask(Method.POST, HOME, B, payload=cbor2.dumps(body), content_format=10000)


def answer(scene: Scene, owner: OwnedDevice, ask: Ask) -> tuple[Code, Any]:
    """Send a request over the owner's session; return code and content of the answer."""
    link = run(owner.connect())
    response = run(scene.transport.request(link, ask, deadline=scene.network.now + 60))
    assert response.content_format == 10000
    return response.code, cbor2.loads(response.payload)


def test_batch_tells_of_each_lamp(profile: Profile) -> None:
    """An observer of the batch hears of a change by a client, by the batch and by the world."""
    scene, owner = owned(profile)
    mailbox = scene.transport.observe(run(owner.connect()), batch(observe=True))

    def told() -> list[str]:
        heard = run(scene.transport.receive(mailbox, deadline=scene.network.now + 60))
        assert (heard.code, heard.observe is None) == (Code.CONTENT, False)
        return _lit(cbor2.loads(heard.payload))

    assert told() == []
    run(owner.update("/lamp/3", {"value": True}))
    assert told() == ["/lamp/3"]
    items = [{"href": f"/lamp/{number}", "rep": {"value": True}} for number in (5, 6)]
    code, changed = answer(scene, owner, batch(items))
    assert (code, [item["href"] for item in changed]) == (Code.CHANGED, ["/lamp/5", "/lamp/6"])
    assert told() == ["/lamp/3", "/lamp/5", "/lamp/6"]
    told_by_device = scene.device.set_values("/lamp/3", {"value": False}, scene.network.now)
    scene.network.send(told_by_device)
    assert told() == ["/lamp/5", "/lamp/6"]


def test_links_do_not_change_with_the_lamps(profile: Profile) -> None:
    """Who observes the links hears nothing when a lamp is switched."""
    _, owner = owned(profile)
    watched = run(owner.observe(HOME))
    assert isinstance(first := run(watched.next()), list)
    assert len(first) == LINKS
    run(owner.update("/lamp/3", {"value": True}))
    with pytest.raises(OnboardingError, match="a notification"):
        run(watched.next(within=5))


def test_refused_links_are_in_the_log(profile: Profile) -> None:
    """Each link that no entry covers is refused with its reason; the answer has all the others."""
    scene, owner = owned(profile)
    open_links = {f"/lamp/{number}" for number in range(LINKS - 2)}
    for rule in run(owner.rules()).rules:
        if rule.targets == (Target(wildcard="*"),) and rule.aceid is not None:
            run(owner.delete_rule(rule.aceid))
    targets = tuple(Target(href=href) for href in (HOME, *open_links))
    rule = Rule(subject=Subject(uuid=str(OWNER)), targets=targets, permission=2)
    run(owner.add_rules([rule]))
    scene.events.clear()
    code, found = answer(scene, owner, batch())
    assert code is Code.NOT_FOUND
    assert len(cbor2.dumps(found)) > 1024  # more than one block, although it is an error
    assert {item["href"] for item in found} == open_links
    denied = scene.seen(events.AccessDenied)
    assert {event.href for event in denied} == {f"/lamp/{LINKS - 2}", f"/lamp/{LINKS - 1}"}
    assert {event.reason for event in denied} == {"no access control entry matches"}
    assert {event.rule for event in denied} == {"access-control-entry"}


def test_new_name_is_told_and_kept(profile: Profile) -> None:
    """An observer of /oic/d hears the new name, the log too; a reset takes it back."""
    scene, owner = owned(profile)
    read_device = Rule(
        subject=Subject(uuid=str(OWNER)), targets=(Target(href="/oic/d"),), permission=18
    )
    run(owner.add_rules([read_device]))
    watched = run(owner.observe("/oic/d"))
    assert _name(run(watched.next())) == "Home"
    run(owner.update("/oic/con", {"n": "House by the sea"}))
    assert _name(run(watched.next())) == "House by the sea"
    assert scene.device.database.con.name == "House by the sea"
    (event,) = scene.seen(events.DeviceConfigured)
    assert event.values == {"n": "House by the sea"}
    run(owner.reset())
    scene.network.run(3)
    assert scene.device.database.con == Con()


def _name(found: Any) -> Any:
    return found["n"]


def _lit(found: Any) -> list[str]:
    assert len(found) == LINKS
    return [item["href"] for item in found if item["rep"]["value"]]
