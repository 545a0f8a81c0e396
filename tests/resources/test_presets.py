"""What a device lets pass for the tools of a preset, and refuses without it."""

from functools import partial
from typing import Any

import cbor2
import pytest
from msgspec.structs import replace
from resource_support import (
    BY_OWNER,
    FRIEND,
    NOBODY,
    OWNER,
    PLAIN,
    PLAIN_PORT,
    STRANGER,
    TRANSFER,
    World,
    key_of,
    owned,
    unowned,
)

from onboardee.device.access.rights import OCF
from onboardee.device.resources.oic_1_1 import OIC_1_1
from onboardee.device.resources.payload import PayloadError, decode_map_of_wrong_size
from onboardee.device.simulation.compatibility import PRESETS, Preset
from onboardee.device.simulation.profile import Profile, load
from onboardee.pki import issuing
from onboardee.svrdb.model import Ace, AceResource, Database, State, Subject
from onboardee.wire.coap import Code, ContentFormat, Method, Request

DOXM, PSTAT, ACL, ACL2, CSR = (
    f"/oic/sec/{each}" for each in ("doxm", "pstat", "acl", "acl2", "csr")
)

SELECTION = bytes.fromhex(
    "aa666f786d73656c00656f776e6564f46c6465766f776e657275756964782430303030303030302d303030302d3030"
    "30302d303030302d3030303030303030303030306a726f776e657275756964782430303030303030302d303030302d"
    "303030302d303030302d30303030303030303030303072782e6f72672e696f7469766974792e647063f4627274816a"
    "6f69632e722e646f786d626966816f6f69632e69662e626173656c696e65"
)
"""What IoTivity 1.1.1's tool posts to doxm to select Just Works, as it was recorded."""


def light(preset: Preset) -> Profile:
    """Return the light with a preset."""
    return replace(load("light"), compat=PRESETS[preset])


def world(preset: Preset, database: Database, **options: Any) -> World:
    """Make a device with a preset, and a peer who speaks OIC 1.1."""
    return World(database, **{"profile": light(preset), "standard": OIC_1_1, **options})


in_the_clear = partial(world, requester=PLAIN, path=PLAIN_PORT, has_session=False)


def posted(to: World, body: bytes, content_format: ContentFormat = ContentFormat.CBOR) -> Any:
    """Post octets to doxm; returns the code."""
    return to.request(Request(Method.POST, DOXM, (), body, content_format=content_format))[0]


# IoTivity 1.1.1


def test_its_selection_is_read_in_its_format_alone() -> None:
    """The tool announces 10 pairs and writes 7: taken in format 60, and in no other."""
    preset = Preset.IOTIVITY_1_1_1
    assert posted(in_the_clear(preset, unowned(method=1)), SELECTION) is Code.CHANGED
    ocf = partial(posted, body=SELECTION, content_format=ContentFormat.OCF_CBOR)
    assert ocf(in_the_clear(preset, unowned(method=1))) is Code.BAD_REQUEST
    assert posted(in_the_clear(Preset.OIC_1_1, unowned(method=1)), SELECTION) is Code.BAD_REQUEST
    today = in_the_clear(preset, unowned(method=1), standard=OCF)
    assert posted(today, SELECTION) is Code.BAD_REQUEST


def test_its_selection_selects() -> None:
    """After it, Just Works is the method, and nothing else has changed."""
    device = in_the_clear(Preset.IOTIVITY_1_1_1, unowned(method=1))
    posted(device, SELECTION)
    assert device.database.doxm == replace(unowned().doxm, selected_method=0)


PAIR = bytes.fromhex("616101")


@pytest.mark.parametrize(
    ("payload", "is_read"),
    [
        (b"\xa1" + PAIR, True),
        (b"\xa2" + PAIR, True),
        (b"\xb7" + PAIR, True),
        (b"\xa1" + PAIR + b"\x61\x62\x01", False),
        (b"\xa2" + PAIR + PAIR, False),
        (b"\xb8\x02" + PAIR, False),
        (b"\xa2", True),
        (b"\xa2\x61\x61", False),
        (b"\xa2\x61\x61\xa2" + PAIR, False),
        (b"\xa2\x61\x61\xbf" + PAIR, False),
        (b"\xa2\x61\x61\x82\x01", False),
        (b"\xa2" + PAIR + b"\xff", False),
        (b"\xa3" + PAIR + b"\x01\x02", False),
        (b"\x82\x01", False),
        (b"", False),
    ],
    ids=lambda value: value.hex() if isinstance(value, bytes) else str(value),
)
def test_of_a_wrong_size_only_the_size_may_be_wrong(payload: bytes, is_read: bool) -> None:
    """Fewer pairs than announced, whole ones, at the outermost level; anything else is refused."""
    if is_read:
        assert set(decode_map_of_wrong_size(payload)) <= {"a"}
        return
    with pytest.raises(PayloadError):
        decode_map_of_wrong_size(payload)


NAMES = [
    (Preset.IOTIVITY_1_1_0, "dpc"),
    (Preset.IOTIVITY_1_1_1, "x.org.iotivity.dpc"),
    (Preset.AUTO, "x.org.iotivity.dpc"),
]


@pytest.mark.parametrize(("preset", "name"), NAMES)
def test_doxm_says_whether_it_does_direct_pairing(preset: Preset, name: str) -> None:
    """The property of its version is shown, and what a tool writes there has no effect."""
    device = in_the_clear(preset, unowned())
    assert device.get(DOXM)[name] is False
    assert device.post(DOXM, {"oxmsel": 0, name: True}) is Code.CHANGED
    assert device.get(DOXM)[name] is False
    assert device.post(DOXM, {"oxmsel": 0, name: 1}) is Code.BAD_REQUEST
    other = in_the_clear(Preset.IOTIVITY_1_2, unowned())
    assert name not in other.get(DOXM)
    assert other.post(DOXM, {name: True}) is Code.BAD_REQUEST


def test_a_nil_owner_of_the_access_list_is_passed_over() -> None:
    """The tool's access rule comes with a nil rowneruuid; the list stays its owner's."""
    rule = {
        "subjectuuid": str(FRIEND),
        "resources": [{"href": "/light/switch", "rt": ["*"], "if": ["*"]}],
        "permission": 6,
    }
    body = {"aclist": {"aces": [rule]}, "rowneruuid": NOBODY}
    device = world(Preset.IOTIVITY_1_1_1, owned(State.RFNOP), requester=BY_OWNER)
    assert device.post(ACL, body) is Code.CHANGED
    assert device.database.acl2.resource_owner == OWNER
    assert device.post(ACL, {**body, "rowneruuid": str(FRIEND)}) is Code.BAD_REQUEST
    strict = world(Preset.OIC_1_1, owned(State.RFNOP), requester=BY_OWNER)
    assert strict.post(ACL, body) is Code.BAD_REQUEST


@pytest.mark.parametrize("preset", [Preset.IOTIVITY_1_1_0, Preset.AUTO])
def test_a_nil_owner_comes_along_in_the_transfer(preset: Preset) -> None:
    """1.1.0's tool writes back the nil owners that it read first, and owns the resources still."""
    fresh = unowned()
    key = replace(fresh.cred, credentials=(key_of(OWNER),))
    database = replace(fresh, doxm=replace(fresh.doxm, owner_uuid=OWNER), cred=key)
    device = world(preset, database, requester=TRANSFER)
    assert device.post(DOXM, {"owned": True, "rowneruuid": NOBODY}) is Code.CHANGED
    modes = {"isop": False, "cm": 0, "tm": 0, "om": 4, "rowneruuid": NOBODY}
    assert device.post(PSTAT, modes) is Code.CHANGED
    assert device.database.state is State.RFPRO
    assert device.database.pstat.resource_owner == device.database.doxm.resource_owner == OWNER


RESET = {"isop": False, "cm": 1, "tm": 2, "om": 3}


@pytest.mark.parametrize("preset", Preset)
def test_its_reset_resets(preset: Preset) -> None:
    """It writes `om: 3`, which is client directed in IoTivity 1.1 only."""
    device = world(preset, owned(State.RFNOP), requester=BY_OWNER)
    is_1_1 = preset in {Preset.IOTIVITY_1_1_0, Preset.IOTIVITY_1_1_1}
    assert device.post(PSTAT, RESET) is (Code.CHANGED if is_1_1 else Code.BAD_REQUEST)
    assert (device.database.state is State.RESET) is is_1_1


def test_its_modes_are_numbered() -> None:
    """`sm` is 3; a tool may repeat it, and 4, which later tools choose, directs as well."""
    device = in_the_clear(Preset.IOTIVITY_1_1_0, unowned())
    assert device.get(PSTAT)["sm"] == 3
    assert device.post(PSTAT, {"om": 3, "sm": 3}) is Code.CHANGED
    assert device.post(PSTAT, {"om": 4, "sm": [3]}) is Code.CHANGED
    assert device.post(PSTAT, {"sm": 4, "om": 3}) is Code.CHANGED
    assert device.post(PSTAT, {"sm": 7}) is Code.BAD_REQUEST
    assert in_the_clear(Preset.IOTIVITY_1_2, unowned()).get(PSTAT)["sm"] == 4


# IoTivity 1.1.0


@pytest.mark.parametrize("preset", [Preset.IOTIVITY_1_1_0, Preset.AUTO])
def test_it_owns_by_put(preset: Preset) -> None:
    """A PUT in its form is a POST to its security resources."""
    body = cbor2.dumps({"oxmsel": 0})
    device = in_the_clear(preset, unowned(method=1))
    assert device.ask(Method.PUT, DOXM, body)[0] is Code.CHANGED
    assert device.database.doxm.selected_method == 0
    today = in_the_clear(preset, unowned(method=1), standard=OCF)
    assert today.ask(Method.PUT, DOXM, body)[0] is Code.METHOD_NOT_ALLOWED
    later = in_the_clear(Preset.IOTIVITY_1_1_1, unowned(method=1))
    assert later.ask(Method.PUT, DOXM, body)[0] is Code.METHOD_NOT_ALLOWED


@pytest.mark.parametrize("preset", Preset)
def test_its_clients_switch_by_put(preset: Preset) -> None:
    """In IoTivity's presets of that time a PUT in its form changes a value; today's is refused."""
    body = cbor2.dumps({"value": True})
    user = world(preset, owned(State.RFNOP), requester=STRANGER)
    is_taken = preset in {Preset.IOTIVITY_1_1_0, Preset.IOTIVITY_1_1_1, Preset.IOTIVITY_1_2}
    code, _ = user.ask(Method.PUT, "/light/switch", body)
    assert code is (Code.CHANGED if is_taken else Code.METHOD_NOT_ALLOWED)
    assert (user.values()["/light/switch"]["value"] is True) is is_taken
    today = world(preset, owned(State.RFNOP), requester=STRANGER, standard=OCF)
    assert today.ask(Method.PUT, "/light/switch", body)[0] is Code.METHOD_NOT_ALLOWED


# IoTivity 1.3


def with_entry(subject: Subject, *resources: AceResource) -> Database:
    """Return an owned device whose lists name others as the owners of its resources."""
    entry = Ace(aceid=1, subject=subject, resources=resources, permission=31)
    database = owned(State.RFNOP)
    cred = replace(database.cred, credentials=(key_of(OWNER), key_of(FRIEND, 2)))
    acl2 = replace(database.acl2, entries=(entry,))
    return replace(database, cred=cred, acl2=acl2)


ALL = AceResource(wildcard="*")


@pytest.mark.parametrize(
    ("preset", "subject", "resource", "is_granted"),
    [
        (Preset.IOTIVITY_1_3, OWNER, ALL, True),
        (Preset.IOTIVITY_1_3, FRIEND, ALL, False),
        (Preset.IOTIVITY_1_3, OWNER, AceResource(wildcard="+"), False),
        (Preset.IOTIVITY_1_3, OWNER, AceResource(href="/light/switch"), False),
        (Preset.IOTIVITY_2, OWNER, ALL, False),
        (Preset.OCF, OWNER, ALL, False),
    ],
)
def test_the_owners_wildcard(
    preset: Preset, subject: Any, resource: AceResource, is_granted: bool
) -> None:
    """`*` in the owner's entry opens csr and sp in the preset of 1.3, and cred in none."""
    database = with_entry(Subject(uuid=str(subject)), resource)
    peer = BY_OWNER if subject == OWNER else STRANGER
    device = world(preset, database, requester=peer, standard=OCF)
    assert (device.get(CSR) is not Code.UNAUTHORIZED) is is_granted
    assert (device.get("/oic/sec/sp") is not Code.UNAUTHORIZED) is is_granted
    if peer is STRANGER:
        assert device.get("/oic/sec/cred") is Code.UNAUTHORIZED
        assert device.get(ACL2) is Code.UNAUTHORIZED


ROOT = issuing.root()


@pytest.mark.parametrize("preset", [Preset.IOTIVITY_1_3, Preset.IOTIVITY_2, Preset.OCF])
@pytest.mark.parametrize("is_revoked", [False, True])
def test_an_anchor_in_optionaldata(preset: Preset, is_revoked: bool) -> None:
    """IoTivity 1.3's tool writes a trust anchor there, with NULs behind it: kept as publicdata."""
    part = {
        "encoding": "oic.sec.encoding.pem",
        "data": f"{ROOT.pem}\0\0",
        "revstat": is_revoked,
    }
    anchor = {
        "credid": 5,
        "subjectuuid": str(OWNER),
        "credtype": 8,
        "credusage": "oic.sec.cred.trustca",
        "optionaldata": part,
    }
    device = world(preset, owned(), requester=BY_OWNER, standard=OCF)
    code = device.post("/oic/sec/cred", {"creds": [anchor]})
    if preset is not Preset.IOTIVITY_1_3:
        assert code is Code.BAD_REQUEST
        return
    assert code is Code.CHANGED
    kept = device.database.cred.credentials[-1]
    assert kept.public is not None
    assert (kept.public.data, kept.is_revoked) == (ROOT.pem, is_revoked)


def test_what_has_publicdata_is_taken_as_it_is() -> None:
    """Next to publicdata, optionaldata means what it means in OCF; octets that are none are not."""
    device = world(Preset.IOTIVITY_1_3, owned(), requester=BY_OWNER, standard=OCF)
    common = {"subjectuuid": "*", "credtype": 8, "credusage": "oic.sec.cred.trustca"}
    public = {"encoding": "oic.sec.encoding.pem", "data": ROOT.pem}
    body = {**common, "publicdata": public, "optionaldata": {"revstat": True}}
    assert device.post("/oic/sec/cred", {"creds": [body]}) is Code.CHANGED
    assert device.database.cred.credentials[-1].is_revoked
    odd = {**common, "optionaldata": {"encoding": "oic.sec.encoding.pem", "data": "no PEM"}}
    for wrong in (odd, {**common, "optionaldata": 7}, {**common, "optionaldata": {}}, 7):
        assert device.post("/oic/sec/cred", {"creds": [wrong]}) is Code.BAD_REQUEST


# auto


def taken(preset: Preset, **options: Any) -> World:
    """Let a tool take a device; return it in normal operation, with a stranger in front of it."""
    fresh = unowned()
    known = replace(fresh, doxm=replace(fresh.doxm, owner_uuid=OWNER))
    known = replace(known, cred=replace(known.cred, credentials=(key_of(OWNER),)))
    device = world(preset, known, requester=TRANSFER, **options)
    assert device.post(DOXM, {"owned": True}) is Code.CHANGED
    pstat = replace(
        device.database.pstat, dos=replace(device.database.pstat.dos, state=State.RFNOP)
    )
    device.database = replace(device.database, pstat=pstat)
    device.requester, device.path, device.has_session = PLAIN, PLAIN_PORT, False
    return device


def test_auto_is_found_again_by_the_tools_that_look_for_it() -> None:
    """Once a tool of OIC 1.1 owns the device, anybody may find it and read doxm in the clear."""
    device = taken(Preset.AUTO)
    assert device.get(DOXM, "Owned=TRUE")["owned"] is True
    assert device.get("/oic/res") is not Code.UNAUTHORIZED
    assert device.post(DOXM, {"owned": False}) is Code.UNAUTHORIZED
    (entry,) = device.database.acl2.entries
    device.database = replace(device.database, acl2=replace(device.database.acl2, entries=()))
    assert device.get(DOXM, "Owned=TRUE") is Code.UNAUTHORIZED
    assert DOXM in {resource.href for resource in entry.resources}


def test_auto_gives_the_tools_of_today_nothing_more() -> None:
    """Whoever takes ownership as OCF has it gets no entry that he did not write."""
    device = taken(Preset.AUTO, standard=OCF)
    assert device.database.acl2.entries == ()
    assert device.get(DOXM, "Owned=TRUE") is Code.UNAUTHORIZED


def test_an_entry_alone_shows_no_ownership() -> None:
    """An anonymous entry about doxm means nothing to a device without the setting."""
    found = taken(Preset.AUTO)
    plain = World(found.database, PLAIN, path=PLAIN_PORT, has_session=False)
    assert plain.get(DOXM) is Code.UNAUTHORIZED
