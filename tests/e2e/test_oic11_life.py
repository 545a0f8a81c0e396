"""Whole transfers by tools of OIC 1.1, whose second session proves the owner credential."""

from uuid import UUID

import pytest
from device_scene import HOST, OWNER, PLAIN, Scene, make_scene
from msgspec.structs import replace

from onboardee.device import events
from onboardee.device.simulation.compatibility import PRESETS, Compatibility, Preset
from onboardee.device.simulation.profile import OwnerTransferMethod as ProfileMethod
from onboardee.device.simulation.profile import Profile, load
from onboardee.device.testing import Impairments
from onboardee.obt import (
    LITE,
    OIC11,
    ORDERS,
    Address,
    OldOwnedDevice,
    OnboardingError,
    Order,
    OwnedDevice,
    Rule,
    Subject,
    Target,
    find_unowned,
    find_unowned_at,
    pair,
    run,
    take_ownership,
    unpair,
)
from onboardee.obt.dialogue import Dialogue
from onboardee.obt.link import Ask
from onboardee.obt.model import TransferMethod
from onboardee.obt.transfer import Transfer
from onboardee.svrdb.model import NIL, Connection, State
from onboardee.wire.coap import Code, Method

FRIEND = UUID("dddddddd-bbbb-4ccc-8ddd-eeeeeeeeeeee")
OLD = PRESETS[Preset.OIC_1_1]
TO_THE_CREDENTIAL = 6
"""Steps of the order up to the owner credential; the next one closes the session."""
DOXM, PSTAT, CRED, ACL = (f"/oic/sec/{name}" for name in ("doxm", "pstat", "cred", "acl"))


def old_light(compat: Compatibility = OLD) -> Profile:
    """Return a light that serves OIC 1.1."""
    light = load("light")
    methods = (ProfileMethod.JUST_WORKS, ProfileMethod.RANDOM_PIN)
    return replace(light, compat=compat, ownership=replace(light.ownership, methods=methods))


def own(scene: Scene, order: Order = OIC11) -> OwnedDevice:
    """Take ownership."""
    address = Address(HOST, PLAIN)
    found = run(find_unowned_at(scene.transport, address, style=order.style))
    return run(take_ownership(scene.transport, found, OWNER, order=order))


def begin(scene: Scene, steps: int = TO_THE_CREDENTIAL) -> Transfer:
    """Go the first steps of a transfer."""
    address = Address(HOST, PLAIN)
    found = run(find_unowned_at(scene.transport, address, style=OIC11.style))
    dialogue = Dialogue(scene.transport, OIC11.style, timeout=60)
    transfer = Transfer(dialogue, found, OWNER, "test", found.uuid, found.doxm)
    for step in OIC11.steps[: steps + 1]:
        run(step(transfer))
    return transfer


def ask(scene: Scene, method: Method, path: str, payload: bytes = b"") -> Code:
    """Send an unsecured request as a tool of OIC 1.1 does."""
    link = scene.transport.open_plain(Address(HOST, PLAIN))
    question = Ask(method, path, payload=payload, content_format=60 if payload else None, accept=60)
    deadline = scene.network.now + 10
    return run(scene.transport.request(link, question, deadline=deadline)).code


@pytest.mark.parametrize("order", [*ORDERS.values(), OIC11], ids=lambda order: order.name)
def test_tools_of_both_times_own_the_device(order: Order) -> None:
    """The setting adds the tools of OIC 1.1 and takes none away."""
    scene = make_scene(old_light())
    owned = own(scene, order)
    assert scene.device.database.state is State.RFNOP
    run(owned.verify())
    run(owned.reset())
    scene.network.run(10)
    assert scene.device.database.doxm.owner_uuid == NIL


def test_without_the_setting_such_a_tool_fails() -> None:
    """A device of today refuses its first steps, and is as before."""
    scene = make_scene("light")
    with pytest.raises(OnboardingError):
        own(scene)
    assert scene.device.database.state is State.RFOTM
    assert scene.device.database.doxm.owner_uuid == NIL


def test_ownership_by_pin() -> None:
    """After a wrong PIN the tool selects the method again, and the PIN is still the same."""
    scene = make_scene(old_light())
    shown: list[str] = []

    async def look() -> str:
        shown.append(scene.seen(events.PinShown)[-1].pin)
        return "wrong" if len(shown) == 1 else shown[-1]

    found = run(find_unowned_at(scene.transport, Address(HOST, PLAIN), style=OIC11.style))
    taking = take_ownership(
        scene.transport, found, OWNER, order=OIC11, method=TransferMethod.RANDOM_PIN, pin=look
    )
    run(taking)
    assert scene.device.database.state is State.RFNOP
    assert len(shown) == 2
    assert len(scene.seen(events.PinShown)) == 1


@pytest.mark.parametrize("seed", range(6))
def test_a_bad_network_only_costs_time(seed: int) -> None:
    """With a tenth of the datagrams lost, doubled or late, the transfer still succeeds."""
    impairments = Impairments(loss=0.1, duplication=0.1, reordering=0.1)
    scene = make_scene(
        old_light(replace(OLD, reconnect_limit=120)), seed=seed, impairments=impairments
    )
    (found, *_) = run(find_unowned(scene.transport, style=OIC11.style, enough=1))
    run(take_ownership(scene.transport, found, OWNER, order=OIC11))
    assert scene.device.database.state is State.RFNOP


def test_the_identity_hint_is_short() -> None:
    """IoTivity 1.2 has room for 16 octets, and gives up a handshake whose hint is longer."""
    scene = make_scene(old_light())
    assert ask(scene, Method.POST, DOXM, b"\xa1\x66oxmsel\x01") is Code.CHANGED
    offer = scene.device.parts.admission.offer("anywhere")
    assert offer is not None
    assert offer.psk_hint == scene.device.database.doxm.device_uuid.bytes


def test_the_factory_lets_anybody_find_the_device() -> None:
    """Owned or not, its links are readable, as they were with the samples of that time."""
    scene = make_scene(old_light())
    own(scene)
    for path in ("/oic/res", "/oic/d", "/oic/p", "/oic/sec/ver", DOXM):
        assert ask(scene, Method.GET, path) is Code.CONTENT
    for path in (PSTAT, CRED, ACL, "/oic/sec/amacl", "/light/switch"):
        assert ask(scene, Method.GET, path) is Code.UNAUTHORIZED


def test_nobody_else_gets_in_between_the_sessions() -> None:
    """While the tool is expected back, strangers neither ask nor connect nor select."""
    scene = make_scene(old_light())
    transfer = begin(scene)
    transfer.close()
    scene.network.run(1)
    before = scene.device.database
    assert ask(scene, Method.GET, DOXM) is Code.UNAUTHORIZED
    assert ask(scene, Method.POST, DOXM, b"\xa1\x66oxmsel\x01") is Code.UNAUTHORIZED
    assert ask(scene, Method.POST, PSTAT, b"\xa1\x62om\x04") is Code.UNAUTHORIZED
    stranger = scene.transport.open_secured(transfer.device.secured[0])
    with pytest.raises(OnboardingError):
        run(
            Dialogue(scene.transport, LITE.style, timeout=5).connect(
                "break in", [stranger], LITE.style.hello
            )
        )
    assert scene.device.database == before
    assert not scene.device.sessions


def test_the_tool_has_so_long_to_come_back() -> None:
    """Then the transfer is undone, as after any other one that was broken off."""
    scene = make_scene(old_light())
    begin(scene).close()
    scene.network.run(OLD.reconnect_limit - 1)
    assert scene.device.database.doxm.owner_uuid == OWNER
    scene.network.run(4)
    database = scene.device.database
    assert (database.doxm.owner_uuid, database.cred.credentials) == (NIL, ())
    assert [event.reason for event in scene.seen(events.ResetScheduled)] == [
        "the owner did not come back to end the transfer"
    ]
    own(scene)


def test_a_tool_that_goes_before_the_credential_is_not_waited_for() -> None:
    """Nobody could prove anything: the transfer has failed at once."""
    scene = make_scene(old_light())
    begin(scene, TO_THE_CREDENTIAL - 1).close()
    scene.network.run(3)
    assert scene.device.database.doxm.owner_uuid == NIL


def test_a_tool_that_falls_silent_in_its_second_session_is_given_up() -> None:
    """Its silence is bounded as in the first one, and so is the time after it."""
    scene = make_scene(old_light())
    transfer = begin(scene, TO_THE_CREDENTIAL + 1)
    assert len(scene.device.sessions) == 1
    assert transfer.provisioning is not None
    scene.network.run(180 + OLD.reconnect_limit + 3)
    assert not scene.device.sessions
    assert scene.device.database.doxm.owner_uuid == NIL


def test_a_restart_between_the_sessions_undoes_the_transfer() -> None:
    """A device does not wait over a power cut."""
    scene = make_scene(old_light())
    begin(scene).close()
    scene.network.run(1)
    scene.device.start(scene.network.now)
    assert scene.device.database.doxm.owner_uuid == NIL
    assert scene.device.next_deadline() is None or scene.device.tick(scene.network.now + 60) == []


def test_without_the_setting_a_lost_connection_is_a_failed_transfer() -> None:
    """A device of today waits for nobody."""
    scene = make_scene("light")
    transfer = scene.begin_transfer(10)
    assert scene.device.database.cred.credentials
    transfer.close()
    scene.network.run(3)
    assert scene.device.database.doxm.owner_uuid == NIL


def test_the_second_session_ends_with_its_credential() -> None:
    """Who proved a key has no rights any more once it is gone."""
    scene = make_scene(old_light())
    transfer = begin(scene, len(OIC11.steps) - 2)
    (second,) = scene.device.sessions
    ownership = transfer.record
    assert ownership is not None
    owned = OldOwnedDevice(scene.transport, ownership, style=OIC11.style)
    body = {"isop": False, "cm": 0, "tm": 0, "om": 4}
    run(owned.update(PSTAT, body))
    assert second in scene.device.sessions
    run(owned.delete_credentials_of(OWNER))
    scene.network.run(1)
    assert second not in scene.device.sessions


def test_the_owner_uses_the_light_over_its_second_session() -> None:
    """The session that ended the transfer is the owner's, and its rule covers the light."""
    scene = make_scene(old_light())
    transfer = begin(scene, len(OIC11.steps) - 2)
    assert transfer.provisioning is not None
    run(transfer.dialogue.post("switch", transfer.provisioning, "/light/switch", {"value": True}))
    assert scene.device.appliances["/light/switch"].values.current["value"] is True


def test_the_device_is_provisioned_while_it_works() -> None:
    """Rules and keys come and go in normal operation; both views show the same entries."""
    scene = make_scene(old_light())
    owned = own(scene)
    assert isinstance(owned, OldOwnedDevice)
    rules = [
        Rule(
            subject=Subject(uuid=str(FRIEND)),
            targets=(Target(href="/light/switch"),),
            permission=6,
        ),
        Rule(
            subject=Subject(connection="anon-clear"),
            targets=(Target(wildcard="*"),),
            permission=2,
        ),
    ]
    run(owned.add_rules(rules))
    run(owned.add_pairwise_key(FRIEND, bytes(16)))
    assert len(run(owned.credentials()).credentials) == 2
    run(owned.delete_credentials_of(FRIEND))
    assert len(run(owned.credentials()).credentials) == 1
    assert scene.device.database.state is State.RFNOP
    entries = scene.device.database.acl2.entries
    assert [entry.subject.uuid for entry in entries] == [None, str(OWNER), str(FRIEND), None]
    assert entries[-1].subject.connection is Connection.ANYONE
    with pytest.raises(ValueError, match=r"OIC 1\.1"):
        run(owned.add_rules([Rule(subject=Subject(role="guest"), targets=(), permission=2)]))


def test_two_devices_are_linked_and_unlinked() -> None:
    """Both get the key of the link, and both lose it, in normal operation."""
    scenes = [make_scene(old_light(), seed=seed) for seed in (1, 2)]
    one, other = (own(scene) for scene in scenes)
    run(pair(one, other))
    assert [len(each.device.database.cred.credentials) for each in scenes] == [2, 2]
    run(unpair(one, other))
    assert [len(each.device.database.cred.credentials) for each in scenes] == [1, 1]


def test_a_reset_is_answered_before_it_happens() -> None:
    """The tool gets 2.04, then the device goes back to what it was; it can be owned again."""
    scene = make_scene(old_light())
    owned = own(scene)
    run(owned.reset())
    assert scene.device.database.state is State.RESET
    scene.network.run(3)
    assert scene.device.database.state is State.RFOTM
    own(scene)
