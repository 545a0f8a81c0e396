"""Whole lives of a device on a network in memory."""

import json

import pytest
from aiocoap import CON, GET, Message
from device_scene import HOST, OWNER, PLAIN, SECURE, Scene, make_scene
from msgspec.structs import replace

from onboardee.device import events
from onboardee.device.events import DeviceReset, ResetScheduled
from onboardee.device.machine.device import Device
from onboardee.device.simulation.profile import Profile, UuidPolicy, load
from onboardee.device.testing import MemoryKeeper
from onboardee.device.testing.local import local_device
from onboardee.obt import (
    Address,
    OnboardingError,
    OwnedDevice,
    Rule,
    Subject,
    Target,
    find_unowned,
    find_unowned_at,
    run,
)
from onboardee.svrdb import Sdi, StoreUnavailable
from onboardee.svrdb.model import NIL, Connection, Database, State, TransferMethod
from onboardee.wire.dtls import CipherSuite, ClientConfig
from onboardee.wire.dtls.client import ClientConnection
from onboardee.wire.entropy import SeededEntropy
from onboardee.wire.path import Path


class FullDisk(MemoryKeeper):
    """A disk that can be full."""

    is_full = False

    def commit(self, new: Database) -> None:
        """Refuse while the disk is full."""
        if self.is_full:
            raise StoreUnavailable("/state", "cannot be written: no space left", "make room")
        super().commit(new)


def test_owner_uses_and_observes_the_light() -> None:
    """The owner reads, switches and observes; what the world does reaches the observer too."""
    scene = make_scene()
    with_owner = scene.own()
    watched = run(with_owner.observe("/light/switch"))
    assert run(watched.next()) == {"value": False}
    run(with_owner.update("/light/switch", {"value": True}))
    assert run(watched.next()) == {"value": True}
    device, network = scene.device, scene.network
    network.send(device.set_values("/light/switch", {"value": False}, network.now))
    assert run(watched.next()) == {"value": False}


def test_second_life_is_like_the_first() -> None:
    """After a reset the device can be owned again, with another key, and the old key is useless."""
    scene = make_scene()
    first = scene.own()
    run(first.reset())
    scene.network.run(3)
    second = scene.own()
    assert first.ownership.key != second.ownership.key
    second.close()
    with pytest.raises(OnboardingError):
        run(first.read("/light/switch"))


@pytest.mark.parametrize("policy", UuidPolicy)
def test_uuid_after_reset_follows_the_policy(policy: UuidPolicy) -> None:
    """A reset keeps the factory UUID, or takes a new one if the profile says so."""
    profile = _with_policy(load("light"), policy)
    scene = make_scene(profile)
    factory = scene.device.database.doxm.device_uuid
    run(scene.own().reset())
    scene.network.run(3)
    assert (scene.device.database.doxm.device_uuid == factory) is (policy is UuidPolicy.KEEP)


def _with_policy(profile: Profile, policy: UuidPolicy) -> Profile:
    return replace(profile, ownership=replace(profile.ownership, uuid=policy))


def test_maintenance_resets_too() -> None:
    """A factory reset by /oic/mnt answers and leads back to RFOTM."""
    scene = make_scene()
    owned = scene.own()
    maintenance = {"subject": {"uuid": str(OWNER)}, "resources": [{"href": "/oic/mnt"}]}

    async def reset() -> None:
        async with owned.provisioning():
            await owned.update("/oic/sec/acl2", {"aclist2": [{**maintenance, "permission": 6}]})
        await owned.factory_reset()

    run(reset())
    assert scene.device.database.state is State.RESET
    scene.network.run(2.1)
    assert scene.device.database.state is State.RFOTM


def test_reset_answers_first_and_silences_the_unsecured() -> None:
    """For two seconds after a reset request unsecured questions get no answer, then they do."""
    scene = make_scene()
    run(scene.own().reset())
    asked = scene.network.now
    found = run(find_unowned_at(scene.transport, Address(HOST, PLAIN)))
    assert scene.network.now - asked >= 2.0
    assert not found.doxm.owned


def test_dropped_ownership_connection_resets_the_device() -> None:
    """A transfer that is given up half way is undone two seconds later."""
    scene = make_scene()
    network, device = scene.network, scene.device
    factory = device.database.doxm.device_uuid
    transfer = scene.begin_transfer()
    transfer.close()
    network.run(1.9)
    assert device.database.doxm.owner_uuid == OWNER
    network.run(0.2)
    assert device.database.doxm.owner_uuid == NIL
    assert device.database.doxm.device_uuid == factory
    assert [event.in_seconds for event in scene.seen(events.ResetScheduled)] == [2.0]


def test_vanished_owner_does_not_keep_the_device_for_ever() -> None:
    """Three minutes after a tool vanished during the transfer, another one can take over."""
    scene = make_scene()
    scene.begin_transfer()
    scene.network.run(179)
    assert scene.device.database.doxm.owner_uuid == OWNER
    scene.network.run(4)
    assert scene.device.database.doxm.owner_uuid == NIL
    assert scene.own().ownership.owner == OWNER


def test_nobody_else_is_heard_during_a_transfer() -> None:
    """While the ownership connection is open, strangers get 4.01, no session and no discovery."""
    scene = make_scene()
    scene.begin_transfer()
    with pytest.raises(OnboardingError, match=r"4\.01"):
        run(find_unowned_at(scene.transport, Address(HOST, PLAIN)))
    assert run(find_unowned(scene.transport, rounds=1)) == []
    assert not _can_shake_hands(scene, CipherSuite.ECDH_ANON_AES_128_CBC_SHA256)


def test_no_handshake_before_a_method_is_selected() -> None:
    """A hello that comes before the selection of a method is not even refused."""
    scene = make_scene()
    for suite in CipherSuite:
        if suite in {0xFF00, 0xC037}:
            assert not _can_shake_hands(scene, suite)
    assert not scene.seen(events.HandshakeRefused)


def test_owned_device_never_speaks_the_anonymous_suite() -> None:
    """Once owned, a hello with the suite of Just Works is refused with an alert."""
    scene = make_scene()
    scene.own().close()
    assert not _can_shake_hands(scene, CipherSuite.ECDH_ANON_AES_128_CBC_SHA256)
    (refused,) = scene.seen(events.HandshakeRefused)
    assert refused.alert == "handshake_failure"


def _can_shake_hands(scene: Scene, suite: CipherSuite) -> bool:
    config = ClientConfig(suites=(suite,), psk_identity=OWNER.bytes, psk=lambda _: bytes(16))
    client = ClientConnection(config, HOST, entropy=SeededEntropy("stranger"))
    path = Path(HOST, SECURE, "10.0.0.66", 6666, secured=True)
    client.start(scene.network.now)
    for _ in range(5):
        for datagram in client.take_datagrams():
            for answer in scene.device.receive(datagram, path, scene.network.now):
                client.receive(answer.datagram, scene.network.now)
    return client.session is not None


def test_second_session_beside_the_ownership_connection() -> None:
    """The ownership connection lives on beyond RFOTM, and a further one opens beside it."""
    scene = make_scene()
    transfer = scene.begin_transfer(15)
    assert scene.device.database.state is State.RFPRO
    record = transfer.record
    assert record is not None
    with_key = OwnedDevice(scene.transport, record)
    assert run(with_key.pstat()).dos.state == State.RFPRO
    assert len(scene.device.sessions) == 2


def test_interrupted_transfer_is_undone_at_the_next_start() -> None:
    """A device that was switched off in the middle of a transfer starts in factory state."""
    scene = make_scene()
    scene.begin_transfer()
    again = _restarted(scene.device.database)
    assert again.database.doxm.owner_uuid == NIL
    assert again.database.state is State.RFOTM


def test_interrupted_reset_is_finished_at_the_next_start() -> None:
    """A device that was switched off while it was resetting starts in factory state."""
    scene = make_scene()
    run(scene.own().reset())
    assert scene.device.database.state is State.RESET
    again = _restarted(scene.device.database)
    assert again.database.state is State.RFOTM
    assert not again.database.cred.credentials


def test_owned_device_starts_as_it_stopped() -> None:
    """An owned device is still owned after a restart."""
    scene = make_scene()
    scene.own()
    assert _restarted(scene.device.database).database == scene.device.database


def _restarted(stored: Database) -> Device:
    device = local_device(load("light"), MemoryKeeper(stored), entropy=SeededEntropy(1))
    device.start(0.0)
    return device


def test_no_right_means_no_further_block() -> None:
    """Who began to read while it was allowed does not get the rest when it is no more."""
    scene = make_scene()
    owner = scene.own()
    stranger = Path(HOST, PLAIN, "10.0.0.66", 40000)

    def block(number: int) -> Message:
        request = Message(code=GET, _mtype=CON, _mid=number, _token=b"1234")
        request.opt.uri_path = ("oic", "res")
        request.opt.block2 = (number, False, 0)
        (sent,) = scene.device.receive(request.encode(), stranger, scene.network.now)
        return Message.decode(sent.datagram)

    everybody = Rule(
        subject=Subject(connection="anon-clear"), targets=(Target(href="/oic/res"),), permission=2
    )
    run(owner.add_rules([everybody]))
    assert [block(number).code.dotted for number in range(3)] == ["2.05"] * 3
    found = [
        entry.aceid
        for entry in scene.device.database.acl2.entries
        if entry.subject.connection is Connection.ANYONE
    ]
    for aceid in found:
        run(owner.delete_rule(aceid))
    assert block(3).code.dotted == "4.01"


def test_reset_button_during_a_transfer_resets_once() -> None:
    """The end of the ownership connection, a consequence of the reset, is no reason for another."""
    scene = make_scene()
    scene.begin_transfer()
    scene.network.send(scene.device.press_reset(scene.network.now))
    assert scene.device.sessions == ()
    scene.network.run(20)
    assert len(scene.seen(DeviceReset)) == 1
    assert scene.seen(ResetScheduled) == []
    scene.own()
    assert scene.device.database.doxm.owned


def test_a_database_put_in_place_during_a_transfer_stays() -> None:
    """The tool loses its connection; what a person put in place is not reset away."""
    scene = make_scene()
    fresh = scene.device.database
    scene.begin_transfer()
    named = replace(fresh, sdi=Sdi(name="kitchen"))
    scene.network.send(scene.device.adopt(named, scene.network.now))
    scene.network.run(20)
    assert scene.device.sessions == ()
    assert scene.device.database == named


def test_a_half_taken_database_put_in_place_is_reset() -> None:
    """As after a restart with it, an ownership that no connection can complete is undone."""
    scene = make_scene()
    scene.begin_transfer()
    half = scene.device.database
    assert half.doxm.owner_uuid == OWNER
    scene.network.send(scene.device.adopt(half, scene.network.now))
    scene.network.run(20)
    assert len(scene.seen(DeviceReset)) == 1
    assert scene.device.database.doxm.owner_uuid == NIL


def test_reset_button_ends_all_sessions() -> None:
    """The button at the device resets it at once, whoever is connected."""
    scene = make_scene()
    owned = scene.own()
    run(owned.read("/light/switch"))
    before = len(scene.seen(events.SessionEnded))
    scene.network.send(scene.device.press_reset(scene.network.now))
    assert scene.device.database.state is State.RFOTM
    assert not scene.device.sessions
    assert len(scene.seen(events.SessionEnded)) > before


def test_a_person_reboots_it() -> None:
    """Sessions and values go, all that is stored stays, and the owner gets in again."""
    scene = make_scene()
    owned = scene.own()
    run(owned.update("/light/switch", {"value": True}))
    before = scene.device.database
    scene.network.send(scene.device.reboot(scene.network.now))
    assert scene.seen(events.DeviceRebooted)
    assert not scene.device.sessions
    assert scene.device.database == before
    assert scene.device.device.appliances["/light/switch"].values.current["value"] is False
    scene.network.run(1)
    assert run(owned.doxm()).owner_uuid == OWNER


def test_a_reboot_in_the_middle_of_a_transfer_undoes_it() -> None:
    """As after a power cut: nobody finds the device half taken."""
    scene = make_scene()
    half = replace(scene.device.database.doxm, owner_uuid=OWNER)
    database = replace(scene.device.database, doxm=half)
    scene.network.send(scene.device.adopt(database, scene.network.now))
    scene.network.send(scene.device.reboot(scene.network.now))
    scene.network.run(5)
    assert scene.seen(events.DeviceReset)
    assert scene.device.database.doxm.owner_uuid == NIL


def test_a_reboot_shows_another_pin() -> None:
    """One PIN is good for one life; whoever waits for the owner is told the new one."""
    scene = make_scene("smart-lock")
    chosen = replace(scene.device.database.doxm, selected_method=TransferMethod.RANDOM_PIN)
    database = replace(scene.device.database, doxm=chosen)
    scene.network.send(scene.device.adopt(database, scene.network.now))
    first = scene.device.device.pin
    scene.network.send(scene.device.reboot(scene.network.now))
    assert scene.device.device.pin not in {None, first}
    assert scene.seen(events.PinShown)[-1].pin == scene.device.device.pin


def test_reboot_ends_sessions_and_keeps_the_owner() -> None:
    """A reboot by /oic/mnt ends sessions, forgets values and keeps everything provisioned."""
    scene = make_scene()
    owned = scene.own()
    run(owned.update("/light/switch", {"value": True}))
    rule = {"subject": {"uuid": str(OWNER)}, "resources": [{"href": "/oic/mnt"}], "permission": 6}

    async def reboot() -> None:
        async with owned.provisioning():
            await owned.update("/oic/sec/acl2", {"aclist2": [rule]})
        await owned.update("/oic/mnt", {"rb": True})

    run(reboot())
    assert scene.device.sessions  # the answer leaves first
    before = scene.device.database
    scene.network.run(3)
    assert scene.seen(events.DeviceRebooted)
    assert not scene.device.sessions
    assert scene.device.database == before
    owned.close()
    assert run(owned.read("/light/switch")) == {"value": False}


def test_what_cannot_be_stored_is_refused_and_changes_nothing() -> None:
    """With a full disk an UPDATE gets 5.03, reads go on, and later it works again."""
    scene = make_scene()
    owned = scene.own()
    full = FullDisk(scene.device.database)
    scene.device.store = full
    full.is_full = True
    before = scene.device.database
    with pytest.raises(OnboardingError, match=r"5\.03"):
        run(owned.update("/oic/sec/pstat", {"dos": {"s": 2}}))
    assert scene.device.database == before
    assert run(owned.pstat()).dos.state == State.RFNOP
    assert scene.seen(events.StorageFailed)
    full.is_full = False
    run(owned.update("/oic/sec/pstat", {"dos": {"s": 2}}))
    assert scene.device.database.state is State.RFPRO


def test_reset_that_cannot_be_stored_is_tried_again() -> None:
    """A reset on a full disk happens as soon as there is room."""
    scene = make_scene()
    run(scene.own().reset())
    full = FullDisk(scene.device.database)
    scene.device.store = full
    full.is_full = True
    scene.network.run(5)
    assert scene.device.database.state is State.RESET
    full.is_full = False
    scene.network.run(3)
    assert scene.device.database.state is State.RFOTM


def test_nobody_gets_in_before_a_reset_is_stored() -> None:
    """A device with a full disk whose button is pressed opens no session until it is reset."""
    scene = make_scene()
    scene.own()
    path = Path(HOST, SECURE, "10.0.0.5", 1, secured=True)
    full = FullDisk(scene.device.database)
    scene.device.store = full
    full.is_full = True
    assert scene.device.offer(path) is not None
    scene.device.press_reset(scene.network.now)
    assert scene.device.offer(path) is None
    full.is_full = False
    scene.network.run(5)
    assert scene.device.database.state is State.RFOTM


def test_refusal_names_subject_and_rule() -> None:
    """Why was I refused? The event says who asked for what, and which rule decided."""
    scene = make_scene()
    owned = scene.own()
    with pytest.raises(OnboardingError, match=r"4\.01"):
        run(owned.read("/oic/mnt"))
    denied = scene.seen(events.AccessDenied)[-1]
    assert (denied.subject, denied.method, denied.href) == (str(OWNER), "GET", "/oic/mnt")
    assert denied.rule == "access-control-entry"


def test_discovery_over_two_families_is_answered_once() -> None:
    """A search that arrives over several groups with one token gets one answer."""
    scene = make_scene()
    asked = bytes.fromhex(
        "580123cc74b78be5950007b5b36f69630373656304646f786d4b6f776e65643d46414c5345"
    )
    outgoing = []
    for peer in ("10.0.0.1", "fe80::1"):
        path = Path("10.0.0.10", PLAIN, peer, 40000, multicast=True)
        outgoing += scene.device.receive(asked, path, 1.0)
    outgoing += scene.device.tick(4.0)
    assert [item.path.peer_host for item in outgoing] == ["10.0.0.1"]


def test_events_hold_no_secret() -> None:
    """No event of a whole life contains the owner credential, in any form."""
    scene = make_scene()
    owned = scene.own()
    key = owned.ownership.key
    run(owned.reset())
    said = json.dumps([repr(event) for event in scene.events])
    assert key.hex() not in said
    assert repr(key)[2:-1] not in said
