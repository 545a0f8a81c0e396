"""Who may not pair, and what strangers can do: nothing of it is kept, and each has its event."""

from uuid import UUID

import pytest
from device_scene import OWNER
from msgspec.structs import replace
from pairing_scene import (
    PEER,
    SWITCH,
    Peer,
    adopt,
    kept,
    make_pairing,
)

from onboardee.device import events
from onboardee.svrdb import StoreUnavailable
from onboardee.svrdb.model import Database
from onboardee.wire.dtls import CipherSuite

PLAIN_PSK = CipherSuite.PSK_AES_128_CCM_8
ECDHE_PSK = CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256
NIL = str(UUID(int=0))


def test_a_random_pin_is_replaced_after_five_wrong_ones() -> None:
    """Guessing does not go on at the same PIN."""
    pairing = make_pairing(prm=[2])
    peer = Peer(pairing.scene)
    peer.begin(2)
    first = pairing.scene.device.pin
    for number in range(5):
        assert peer.open_by_pin("wrong") is None
        pairing.scene.network.run(15)
        assert peer.begin(2) == "2.04"
        assert (pairing.scene.device.pin == first) is (number < 4)


@pytest.mark.parametrize("pin", ["00000000", ""])
def test_a_wrong_pin_opens_nothing(pin: str) -> None:
    """The handshake fails, nothing of it is kept, and the device has to begin again."""
    pairing = make_pairing()
    peer = Peer(pairing.scene)
    before = kept(pairing.scene)
    assert peer.begin() == "2.04"
    assert peer.open_by_pin(pin) is None
    (failed,) = pairing.scene.seen(events.PairingFailed)
    assert (failed.uuid, failed.reason) == (PEER, "the PIN was wrong")
    assert pairing.scene.seen(events.HandshakeRefused)[-1].alert == "decrypt_error"
    assert peer.open_by_pin() is None
    assert kept(pairing.scene) == before
    assert peer.pair()


def test_foreign_peers_are_refused() -> None:
    """From another host nobody opens the session, with the PIN and the name of who is pairing."""
    pairing = make_pairing()
    before = kept(pairing.scene)
    assert Peer(pairing.scene).begin() == "2.04"
    assert Peer(pairing.scene, host="10.0.0.78").open_by_pin() is None
    assert pairing.scene.seen(events.HandshakeRefused)[-1].reason == "no key for this identity"
    other = Peer(pairing.scene, uuid=UUID(int=77))
    assert other.open_by_pin() is None
    assert kept(pairing.scene) == before


def test_the_key_of_the_pin_is_for_suites_with_diffie_hellman() -> None:
    """Over 0xC0A8 whoever records the handshake could try all PINs: the PIN opens nothing there."""
    pairing = make_pairing()
    peer = Peer(pairing.scene)
    peer.begin()
    key = UUID(int=0).bytes
    assert peer.open(key, (PLAIN_PSK,)) is None
    assert peer.open_by_pin() is not None


def test_two_devices_at_once() -> None:
    """The second one is told to come later, and the first one pairs."""
    pairing = make_pairing()
    first = Peer(pairing.scene)
    second = Peer(pairing.scene, uuid=UUID(int=78), host="10.0.0.78")
    assert first.begin() == "2.04"
    assert second.begin() == "5.03"
    reason = pairing.scene.seen(events.RequestRefused)[-1].reason
    assert reason == "dpairing: another device is pairing"
    assert first.open_by_pin() is not None
    assert second.begin() == "5.03"
    assert first.end() == "2.04"
    assert second.pair()
    assert pairing.scene.device.database.pconf.paired == (PEER, UUID(int=78))


def test_two_sessions_of_one_attempt() -> None:
    """Of two handshakes by the same PIN only the first to finish can end the pairing."""
    pairing = make_pairing()
    one, other = Peer(pairing.scene), Peer(pairing.scene)
    assert one.begin() == "2.04"
    assert one.open_by_pin(port=60001, rounds=2) is None
    assert other.open_by_pin(port=60002) is not None
    assert one.go_on() is None
    assert pairing.scene.seen(events.HandshakeRefused)[-1].reason == "no key for this identity"
    assert other.end() == "2.04"


def test_a_pairing_cannot_be_replayed() -> None:
    """After the end neither the request to begin nor the one to end does anything again."""
    pairing = make_pairing()
    peer = Peer(pairing.scene)
    assert peer.begin() == "2.04"
    assert peer.open_by_pin() is not None
    assert peer.end() == "2.04"
    before = kept(pairing.scene)
    assert peer.end() == "4.00"
    assert peer.begin() == "4.00"
    assert pairing.scene.seen(events.RequestRefused)[-1].reason.endswith("is paired already")
    assert peer.open_by_pin() is None
    assert kept(pairing.scene) == before
    assert len(pairing.scene.seen(events.DevicePaired)) == 1


def test_nothing_but_the_end_over_the_session_of_the_pin() -> None:
    """Who knows the PIN has no rights before the pairing has ended, not even those of anybody."""
    pairing = make_pairing()
    peer = Peer(pairing.scene)
    peer.begin()
    assert peer.open_by_pin() is not None
    assert pairing.scene.seen(events.SessionOpened)[-1].identity == "pairing connection"
    for method, href in (("GET", SWITCH), ("GET", "/oic/sec/pconf"), ("GET", "/oic/res")):
        assert peer.tell(method, href)[0] == "4.01"
    assert pairing.scene.seen(events.AccessDenied)[-1].rule == "pairing-connection"
    assert peer.end() == "2.04"
    assert peer.tell("GET", SWITCH)[0] == "4.01"


@pytest.mark.parametrize(
    "more",
    [
        {"spm": 1},
        {"pdeviceuuid": str(UUID(int=78))},
        {"pdeviceuuid": "x"},
        {"more": 1},
        {"spm": "0"},
    ],
    ids=str,
)
def test_the_end_must_be_of_the_same_pairing(more: dict[str, object]) -> None:
    """A last request that says something else is refused, and the right one may follow."""
    pairing = make_pairing()
    peer = Peer(pairing.scene)
    peer.begin()
    assert peer.open_by_pin() is not None
    assert peer.end(**more) == "4.00"
    assert pairing.scene.device.database.pconf.paired == ()
    assert peer.end() == "2.04"


def test_the_end_in_the_clear() -> None:
    """The last request is worth nothing outside the session of the PIN."""
    pairing = make_pairing()
    peer = Peer(pairing.scene)
    peer.begin()
    assert str(peer.ask("PUT", "/oic/sec/dpairing", peer.body(0)).code.dotted) == "4.00"
    assert peer.open_by_pin() is not None
    assert str(peer.ask("PUT", "/oic/sec/dpairing", peer.body(0)).code.dotted) == "4.00"
    assert peer.end() == "2.04"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"spm": 2}, "4.00"),
        ({"spm": 0}, "4.00"),
        ({"spm": True}, "4.00"),
        ({"pdeviceuuid": NIL}, "4.00"),
        ({"pdeviceuuid": str(OWNER)}, "4.00"),
        ({"pdeviceuuid": "nobody"}, "4.00"),
        ({"more": 1}, "4.00"),
        ({"rowneruuid": str(OWNER)}, "2.04"),
    ],
    ids=str,
)
def test_how_a_pairing_begins(more: dict[str, object], code: str) -> None:
    """Only an offered method begins one, and nobody pairs as somebody who is known already."""
    pairing = make_pairing()
    peer = Peer(pairing.scene)
    assert peer.begin(**more) == code
    assert bool(pairing.scene.seen(events.PairingStarted)) is (code == "2.04")
    refused = [each for each in pairing.scene.seen(events.RequestRefused) if "pairing" in each.href]
    assert bool(refused) is (code != "2.04")


def test_nobody_begins_with_a_group() -> None:
    """One datagram lets not all devices of a network wait for it, and show their PINs."""
    pairing = make_pairing(prm=[2])
    peer = Peer(pairing.scene)
    (found,) = peer.ask_group("GET", "/oic/sec/pconf")
    assert found.code.dotted == "2.05"
    assert peer.ask_group("POST", "/oic/sec/dpairing", peer.body(2)) == []
    assert not pairing.scene.seen(events.PairingStarted)
    assert pairing.scene.device.pin is None


def test_a_bad_beginning_ends_nobody_elses() -> None:
    """In IoTivity any bad request cancels the pairing that is under way."""
    pairing = make_pairing()
    peer = Peer(pairing.scene)
    peer.begin()
    Peer(pairing.scene, host="10.0.0.78").begin(spm=9)
    assert peer.open_by_pin() is not None
    assert peer.end() == "2.04"


def test_the_device_itself_and_those_with_rules_are_known() -> None:
    """Nobody pairs under the UUID of the device, or of whom an access rule is about."""
    pairing = make_pairing()
    database = pairing.scene.device.database
    named = UUID("99999999-2222-4333-8444-555555555555")
    entry = replace(
        database.acl2.entries[-1],
        aceid=90,
        subject=replace(database.acl2.entries[-1].subject, uuid=str(named), connection=None),
    )
    changed = replace(database, acl2=replace(database.acl2, entries=(entry,)))
    adopt(pairing.scene, changed)
    assert Peer(pairing.scene, uuid=named).begin() == "4.00"
    assert Peer(pairing.scene, uuid=pairing.device).begin() == "4.00"


def test_attempts_of_one_host_are_bounded() -> None:
    """After six attempts within a minute a host waits, and then may go on."""
    pairing = make_pairing()
    peer = Peer(pairing.scene)
    codes = [peer.begin() for _ in range(7)]
    assert codes == ["2.04"] * 6 + ["5.03"]
    pairing.scene.network.run(61)
    assert peer.pair()


def test_guesses_of_many_hosts_are_bounded() -> None:
    """Any number of hosts together make ten attempts a minute, and no more."""
    pairing = make_pairing()
    done = 0
    for number in range(20):
        peer = Peer(pairing.scene, uuid=UUID(int=900 + number), host=f"10.0.1.{number}")
        done += peer.begin() == "2.04"
        peer.open_by_pin("wrong")
    assert done == 10
    pairing.scene.network.run(61)
    assert Peer(pairing.scene).pair()


def test_an_attempt_ends_by_itself() -> None:
    """Who begins and does nothing keeps others waiting for half a minute only."""
    pairing = make_pairing()
    assert Peer(pairing.scene, uuid=UUID(int=78), host="10.0.0.78").begin() == "2.04"
    pairing.scene.network.run(31)
    assert pairing.scene.seen(events.PairingFailed)[-1].reason == "it took too long"
    assert Peer(pairing.scene).pair()


def test_a_session_of_the_pin_that_does_nothing_is_closed() -> None:
    """So does who opens the session and does not end the pairing."""
    pairing = make_pairing()
    peer = Peer(pairing.scene, uuid=UUID(int=78), host="10.0.0.78")
    peer.begin()
    assert peer.open_by_pin() is not None
    pairing.scene.network.run(31)
    assert pairing.scene.seen(events.SessionEnded)[-1].peer.startswith("10.0.0.78")
    assert Peer(pairing.scene).pair()


def test_a_session_that_ends_early_ends_the_attempt() -> None:
    """Another device may begin at once when the first one has gone."""
    pairing = make_pairing()
    peer = Peer(pairing.scene)
    peer.begin()
    assert peer.open_by_pin() is not None
    peer.close()
    assert pairing.scene.seen(events.PairingFailed)[-1].reason == "its session ended"
    assert Peer(pairing.scene, uuid=UUID(int=78), host="10.0.0.78").pair()


def test_what_the_owner_configures_anew_ends_what_is_under_way() -> None:
    """A PIN that was changed opens nothing, not even for who had begun before."""
    pairing = make_pairing()
    peer = Peer(pairing.scene)
    peer.begin()
    pairing.configure(pin=b"13571357")
    assert peer.open_by_pin() is None
    peer.begin()
    assert peer.open_by_pin("13571357") is not None
    pairing.configure(edp=False)
    assert pairing.scene.seen(events.PairingFailed)[-1].reason == "the device was configured anew"
    assert peer.connection is not None
    assert peer.begin() == "4.01"
    assert str(peer.ask("GET", "/oic/sec/pconf").code.dotted) == "4.01"


def test_a_disk_that_refuses_leaves_the_end_to_be_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where the pairing cannot be stored nothing of it is in force, and the peer tries again."""
    pairing = make_pairing()
    peer = Peer(pairing.scene)
    peer.begin()
    assert peer.open_by_pin() is not None
    before = kept(pairing.scene)
    with monkeypatch.context() as patch:
        patch.setattr(pairing.scene.device.device.store, "commit", refuse)
        assert peer.end() == "5.03"
    assert kept(pairing.scene) == before
    assert not pairing.scene.seen(events.DevicePaired)
    assert peer.end() == "2.04"
    assert pairing.scene.device.database.pconf.paired == (PEER,)


def refuse(_new: Database) -> None:
    """Refuse to store, as a full disk does."""
    raise StoreUnavailable("/lights", "is on a full disk", "free some space")
