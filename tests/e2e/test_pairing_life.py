"""Direct Pairing from beginning to end, as IoTivity 1.1's client goes about it."""

from uuid import UUID

import cbor2
import pytest
from device_scene import OWNER, make_scene
from msgspec.structs import replace
from pairing_scene import (
    BY_KEY,
    EVERYTHING,
    PEER,
    PIN,
    SWITCH,
    Peer,
    adopt,
    kept,
    make_pairing,
    pairing_profile,
)

from onboardee.device import events
from onboardee.device.simulation.profile import load
from onboardee.obt import Rule, Subject, Target, run
from onboardee.svrdb.model import Pconf, State
from onboardee.wire.dtls import CipherSuite

PLAIN_PSK = CipherSuite.PSK_AES_128_CCM_8
ECDHE_PSK = CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256
NIL = str(UUID(int=0))


def test_a_device_pairs_and_uses_the_light() -> None:
    """PIN, credential, rules: the device reads and switches, and reaches no security resource."""
    pairing = make_pairing()
    peer = Peer(pairing.scene)
    key = peer.pair()
    session = peer.open(key)
    assert session is not None
    assert peer.tell("GET", SWITCH) == ("2.05", {"value": False})
    assert peer.tell("POST", SWITCH, {"value": True})[0] == "2.04"
    assert peer.tell("GET", "/oic/sec/cred")[0] == "4.01"
    assert peer.tell("POST", "/oic/sec/pconf", {"edp": False})[0] == "4.01"
    (done,) = pairing.scene.seen(events.DevicePaired)
    assert done.uuid == PEER
    assert [each.uuid for each in pairing.scene.seen(events.PairingStarted)] == [PEER]


@pytest.mark.parametrize("suite", [PLAIN_PSK, ECDHE_PSK], ids=lambda suite: suite.name)
def test_later_sessions_have_either_suite(suite: CipherSuite) -> None:
    """A paired device talks over 0xC0A8 or 0xC037, whichever it has."""
    pairing = make_pairing()
    peer = Peer(pairing.scene)
    session = peer.open(peer.pair(), (suite,))
    assert session is not None
    assert session.suite is suite
    assert peer.tell("GET", SWITCH)[0] == "2.05"


def test_what_a_device_is_told_that_wants_to_pair() -> None:
    """The configuration says methods, device and salt, and neither PIN nor rules."""
    pairing = make_pairing()
    told = cbor2.loads(Peer(pairing.scene).ask("GET", "/oic/sec/pconf").payload)
    assert told == {
        "edp": True,
        "prm": [1],
        "deviceuuid": str(pairing.device),
        "rowneruuid": str(OWNER),
    }
    assert run(pairing.owned.read("/oic/sec/pconf")) == told


def test_the_leak_of_iotivity_is_a_setting() -> None:
    """With `tells_pin` anybody reads everything, as from IoTivity's server."""
    pairing = make_pairing(pairing_profile(tells_pin=True), pdacl=[EVERYTHING])
    told = cbor2.loads(Peer(pairing.scene).ask("GET", "/oic/sec/pconf").payload)
    assert list(told) == ["edp", "prm", "pin", "pdacl", "deviceuuid", "rowneruuid"]
    assert (told["pin"], told["pdacl"]) == (PIN.encode(), [EVERYTHING])


def test_the_resource_is_listed_to_who_asks_for_it() -> None:
    """Discovery names `dpairing` with its secured port in answer to its type, not otherwise."""
    pairing = make_pairing()
    everything = run(pairing.owned.read("/oic/res"))
    assert isinstance(everything, list)
    assert not [each for each in everything if "pairing" in each["href"]]
    answer = Peer(pairing.scene).ask("GET", "/oic/res", rt="oic.r.dpairing")
    (found,) = cbor2.loads(answer.payload)
    assert found["links"] == [
        {
            "href": "/oic/sec/dpairing",
            "rt": ["oic.r.dpairing"],
            "if": ["oic.if.baseline"],
            "p": {"bm": 0, "sec": True, "port": 5684},
        }
    ]


def test_tools_see_that_it_can_be_set_up() -> None:
    """Doxm has the property that IoTivity's tool looks for, of either version."""
    for is_1_1_0, name in ((False, "x.org.iotivity.dpc"), (True, "dpc")):
        pairing = make_pairing(pairing_profile(is_1_1_0=is_1_1_0))
        assert cbor2.loads(Peer(pairing.scene).ask("GET", "/oic/sec/doxm").payload)[name] is True


def test_iotivity_1_1_0() -> None:
    """Its codes, its types and its label: a client of that version pairs."""
    pairing = make_pairing(pairing_profile(is_1_1_0=True))
    peer = Peer(pairing.scene, label=b"oic.sec.dpairing")
    links = cbor2.loads(peer.ask("GET", "/oic/res", rt="oic.sec.dpairing").payload)[0]["links"]
    assert [each["href"] for each in links] == ["/oic/sec/dpairing"]
    assert peer.begin() == "2.01"
    session = peer.open_by_pin()
    assert session is not None
    assert peer.end() == "2.04"
    assert peer.open(peer.key(session, pairing.device)) is not None


def test_a_random_pin_is_shown_and_stays_for_a_second_attempt() -> None:
    """IoTivity's client asks for the PIN before the device has one: the next attempt uses it."""
    pairing = make_pairing(prm=[2], pin=bytes(8))
    peer = Peer(pairing.scene)
    assert peer.begin(2) == "2.04"
    (shown,) = pairing.scene.seen(events.PairingPinShown)
    assert (len(shown.pin), shown.pin.isdigit(), shown.uuid) == (8, True, PEER)
    assert pairing.scene.device.pin == shown.pin
    assert peer.open_by_pin("00000000") is None
    assert peer.begin(2) == "2.04"
    assert peer.open_by_pin(shown.pin) is not None
    assert peer.end() == "2.04"
    assert pairing.scene.device.pin is None
    assert PIN not in str(pairing.scene.device.database.pconf)


def test_a_random_pin_is_gone_after_its_time() -> None:
    """Nobody can use a PIN that was shown long ago, and another one is shown then."""
    pairing = make_pairing(prm=[2])
    peer = Peer(pairing.scene)
    peer.begin(2)
    first = pairing.scene.device.pin
    pairing.scene.network.run(121)
    assert pairing.scene.device.pin is None
    peer.begin(2)
    assert pairing.scene.device.pin not in {None, first}


def test_switching_off_keeps_terms_and_paired_devices() -> None:
    """With `edp: false` nobody pairs, and who has paired stays."""
    pairing = make_pairing()
    peer = Peer(pairing.scene)
    key = peer.pair()
    before = pairing.scene.device.database.pconf
    run(pairing.owned.update("/oic/sec/pconf", {"edp": False}))
    assert pairing.scene.device.database.pconf == replace(before, is_enabled=False)
    assert run(pairing.owned.read("/oic/sec/pconf")) == {"edp": False, "rowneruuid": str(OWNER)}
    assert peer.open(key) is not None
    assert peer.tell("GET", SWITCH)[0] == "2.05"


def test_rules_are_those_of_the_time_of_the_pairing() -> None:
    """Each element of `pdacl` becomes an entry about the device that pairs, and about no other."""
    rules = [
        {"resources": [{"href": SWITCH}], "permission": 2},
        {"resources": [{"href": "/light/dimming"}], "permission": 6, "prds": ["20200101/20200102"]},
    ]
    pairing = make_pairing(pdacl=rules)
    entries = pairing.scene.device.database.acl2.entries
    peer = Peer(pairing.scene)
    key = peer.pair()
    added = pairing.scene.device.database.acl2.entries[len(entries) :]
    assert [each.subject.uuid for each in added] == [str(PEER)] * 2
    assert [each.permission for each in added] == [2, 6]
    assert added[1].validity[0].period == "20200101T000000Z/20200102T235959Z"
    pairing.configure(pin=PIN.encode(), pdacl=[])
    assert peer.open(key) is not None
    assert peer.tell("GET", SWITCH)[0] == "2.05"
    assert peer.tell("POST", SWITCH, {"value": True})[0] == "4.01"
    assert peer.tell("GET", "/light/dimming")[0] == "4.01"
    other = Peer(pairing.scene, uuid=UUID(int=78), host="10.0.0.78")
    assert other.open(other.pair()) is not None
    assert other.tell("GET", SWITCH)[0] == "4.01"


def test_removing_the_credential_removes_the_pairing() -> None:
    """Rights and note go with it, what others have stays, and the device may pair again."""
    pairing = make_pairing()
    before = kept(pairing.scene)
    peer = Peer(pairing.scene)
    key = peer.pair()
    assert peer.open(key) is not None
    owner = Peer(pairing.scene, uuid=OWNER, host="10.0.0.5")
    owner_key = next(
        each.private.data
        for each in pairing.scene.device.database.cred.credentials
        if each.subject == str(OWNER) and each.private is not None
    )
    assert owner.open(owner_key) is not None
    assert owner.tell("DELETE", "/oic/sec/cred", subjectuuid=str(PEER))[0] == "2.02"
    assert kept(pairing.scene) == before
    (removed,) = pairing.scene.seen(events.DeviceUnpaired)
    assert removed.uuid == PEER
    assert peer.open(key) is None
    assert peer.pair() != key


def test_a_reset_leaves_nothing() -> None:
    """Configuration, PIN and paired devices are gone, and nobody pairs."""
    pairing = make_pairing()
    peer = Peer(pairing.scene)
    key = peer.pair()
    second = Peer(pairing.scene, uuid=UUID(int=78), host="10.0.0.78")
    second.begin()
    scene = pairing.scene
    scene.network.send(scene.device.press_reset(scene.network.now))
    database = scene.device.database
    assert (database.state, database.pconf) == (State.RFOTM, Pconf())
    assert not [each for each in database.cred.credentials if each.subject == str(PEER)]
    assert second.open_by_pin() is None
    assert peer.open(key) is None
    assert second.begin() == "4.01"


def test_a_device_that_was_paired_survives_a_restart() -> None:
    """What a pairing left behind is what is stored."""
    pairing = make_pairing()
    peer = Peer(pairing.scene)
    key = peer.pair()
    adopt(pairing.scene, pairing.scene.device.database)
    assert peer.open(key) is not None
    assert peer.tell("GET", SWITCH)[0] == "2.05"


def test_without_the_setting_there_is_nothing() -> None:
    """A device of a profile that does not ask for it has neither resource, property nor suite."""
    profile = replace(pairing_profile(), direct_pairing=None)
    scene = make_scene(profile)
    scene.own()
    peer = Peer(scene)
    for href in ("/oic/sec/pconf", "/oic/sec/dpairing"):
        assert str(peer.ask("GET", href).code.dotted) == "4.04"
    assert "x.org.iotivity.dpc" not in cbor2.loads(peer.ask("GET", "/oic/sec/doxm").payload)
    assert peer.begin() == "4.04"
    key = scene.device.database.cred.credentials[0].private
    assert key is not None
    assert Peer(scene, uuid=OWNER).open(key.data, (PLAIN_PSK,)) is None
    assert Peer(scene, uuid=OWNER).open(key.data, BY_KEY) is not None


def test_the_catalogue_does_without_it() -> None:
    """No built-in light lets devices pair unless somebody writes so."""
    assert load("light").direct_pairing is None


def test_the_audit_log_has_each_of_them() -> None:
    """An owner reads afterwards who tried and who paired, the latest first."""
    pairing = make_pairing()
    log = Target(href="/oic/sec/ael")
    run(
        pairing.owned.add_rules(
            [Rule(subject=Subject(uuid=str(OWNER)), targets=(log,), permission=2)]
        )
    )
    peer = Peer(pairing.scene)
    peer.begin(spm=9)
    peer.begin()
    peer.open_by_pin("wrong")
    peer.pair()
    told = run(pairing.owned.read("/oic/sec/ael"))
    assert isinstance(told, dict)
    messages = [each["message"] for each in told["events"] if each["aeid"] == "AUTH-2"]
    assert messages == ["Direct Pairing done", "Direct Pairing failed", "Direct Pairing refused"]
