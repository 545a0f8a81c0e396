"""IoTivity's `.dat` files: the documented samples of each version, and what may be wrong."""

import uuid

import cbor2
import pytest
from foreign_samples import (
    DER,
    JUST_WORKS,
    MANUFACTURER,
    OLD_UUIDS,
    RANDOM_PIN,
    counter,
    dat,
    rich,
    sample,
)
from msgspec.structs import replace
from svrdb_samples import OWNER, SECRET, owned

from onboardee.svrdb import (
    NIL,
    AceResource,
    Acl2,
    Connection,
    Cred,
    Credential,
    Database,
    Encoding,
    Foreign,
    State,
    Subject,
    problems,
)
from onboardee.svrdb.formats import FormatError, iotivity
from onboardee.svrdb.formats.cbor import read_map
from onboardee.svrdb.model import CredentialUsage, TimePattern


def imported(resources: dict) -> Database:
    """Read a `.dat` made of these resources."""
    return iotivity.decode(dat(resources), new_uuid=counter()).database


def exported(database: Database, version: str = "master") -> dict:
    """Write a `.dat` and take it apart again, with a decoder of its own."""
    content, _ = iotivity.encode(database, version=version)
    return {name: cbor2.loads(inner) for name, inner in cbor2.loads(content).items()}


SAMPLES = [
    ("justworks", "master", JUST_WORKS, {"acl", "pstat", "doxm"}),
    ("randompin", "master", RANDOM_PIN, {"acl", "pstat", "doxm"}),
    ("mfg", "master", MANUFACTURER, {"acl", "pstat", "doxm", "sp", "cred"}),
    ("justworks", "1.3", JUST_WORKS, {"acl", "pstat", "doxm"}),
    *[
        (name, version, device, {"acl", "pstat", "doxm"})
        for version in ("1.1", "1.2")
        for name, device in OLD_UUIDS.items()
    ],
]


@pytest.mark.parametrize("indefinite", [True, False], ids=["indefinite", "definite"])
@pytest.mark.parametrize(("name", "version", "device", "members"), SAMPLES)
def test_samples(name: str, version: str, device: str, members: set, indefinite: bool) -> None:
    """Each documented sample has its members, its UUID and its state, and no problem."""
    content = dat(sample(name, version), indefinite=indefinite)
    assert set(cbor2.loads(content)) == members
    found = iotivity.decode(content, new_uuid=counter())
    assert found.warnings == ()
    assert found.database.doxm.device_uuid == uuid.UUID(device)
    is_owned = name == "client" and version in ("1.1", "1.2")
    assert found.database.state is (State.RFNOP if is_owned else State.RFOTM)
    assert found.database.doxm.owned is is_owned
    if not is_owned:
        assert problems(found.database) == ()


def test_1_2_just_works_sample() -> None:
    """The sample of 1.2.1 has `acl.aclist.aces` and no `dos`, and becomes rules for anybody."""
    raw = sample("justworks", "1.2")
    assert "aces" in raw["acl"]["aclist"]
    assert "dos" not in raw["pstat"]
    entries = imported(raw).acl2.entries
    assert [ace.aceid for ace in entries] == [1, 2]
    assert {ace.subject.connection for ace in entries} == {Connection.ANYONE}
    assert [ace.permission for ace in entries] == [2, 6]
    assert entries[0].resources == tuple(
        AceResource(href=href) for href in ("/oic/res", "/oic/d", "/oic/p")
    )


def test_owned_device_moves_in() -> None:
    """UUID, owner, credentials and rules of an owned server are the same after an import."""
    for version in iotivity.VERSIONS:
        raw = exported(replace(owned(), acl2=_uuid_rules()), version)
        found = imported(raw)
        assert found.doxm == owned().doxm
        assert found.cred == owned().cred
        assert found.acl2 == _uuid_rules()
        assert found.state is State.RFNOP
        assert problems(found) == ()


def _uuid_rules() -> Acl2:
    rule = replace(owned().acl2.entries[0], subject=Subject(uuid=str(OWNER)))
    return replace(owned().acl2, entries=(rule,))


@pytest.mark.parametrize(
    ("is_owned", "isop", "state"),
    [
        (False, False, State.RFOTM),
        (False, True, State.RFOTM),
        (True, False, State.RFPRO),
        (True, True, State.RFNOP),
    ],
)
def test_state_without_dos(is_owned: bool, isop: bool, state: State) -> None:
    """Where the state is not kept, ownership and `isop` tell it."""
    raw = sample("justworks", "1.2")
    raw["doxm"] |= {"owned": is_owned, "devowneruuid": str(OWNER if is_owned else NIL)}
    raw["pstat"]["isop"] = isop
    assert imported(raw).state is state


OLD_USAGES = [
    ("trust_ca", CredentialUsage.TRUST_ANCHOR),
    ("primary_cert", CredentialUsage.IDENTITY),
    ("mfg_trust_ca", CredentialUsage.MANUFACTURER_ANCHOR),
    ("mfg_primary_cert", CredentialUsage.MANUFACTURER),
]


@pytest.mark.parametrize(("old", "new"), OLD_USAGES)
def test_old_usages(old: str, new: CredentialUsage) -> None:
    """The usages of 1.2 get their names of today, and the old ones when written for 1.2."""
    entry = {"credid": 1, "subjectuuid": "*", "credtype": 8, "credusage": old}
    found = imported(sample("justworks") | {"cred": {"creds": [entry], "rowneruuid": str(NIL)}})
    assert found.cred.credentials[0].usage == new
    assert exported(found)["cred"]["creds"][0]["credusage"] == new
    assert exported(found, "1.2")["cred"]["creds"][0]["credusage"] == old


def test_old_anchor_in_optional_data() -> None:
    """An anchor that 1.2 kept in `optionaldata` is an anchor here, and is there again for 1.2."""
    part = {"encoding": "oic.sec.encoding.der", "data": DER}
    entry = {"credid": 1, "subjectuuid": "*", "credtype": 8, "credusage": "trust_ca"}
    raw = sample("justworks", "1.2") | {
        "cred": {"creds": [entry | {"optionaldata": part}], "rowneruuid": ""}
    }
    found = imported(raw)
    (credential,) = found.cred.credentials
    assert credential.public is not None
    assert credential.public.encoding is Encoding.DER
    assert credential.optional is None
    assert exported(found)["cred"]["creds"][0]["publicdata"] == part
    older = exported(found, "1.2")["cred"]["creds"][0]
    assert older["optionaldata"] == part
    assert "publicdata" not in older


PEM = "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n"


def test_old_chain_in_optional_data() -> None:
    """Leaf and authorities, apart in 1.2, are one chain here, and apart again for 1.2."""
    entry = {
        "credid": 1,
        "subjectuuid": str(OWNER),
        "credtype": 8,
        "credusage": "primary_cert",
        "publicdata": {"encoding": "oic.sec.encoding.der", "data": DER},
        "optionaldata": {"encoding": "oic.sec.encoding.pem", "data": PEM.format("QUFB") + "\0"},
    }
    raw = sample("justworks", "1.2") | {"cred": {"creds": [entry], "rowneruuid": str(NIL)}}
    found = imported(raw)
    public = found.cred.credentials[0].public
    assert public is not None
    assert public.encoding is Encoding.PEM
    assert public.data.count("BEGIN CERTIFICATE") == 2
    assert public.data.endswith(PEM.format("QUFB"))
    older = exported(found, "1.2")["cred"]["creds"][0]
    assert older["optionaldata"]["data"] == PEM.format("QUFB")
    assert imported(exported(found, "1.2")).cred == found.cred


ENCODINGS = [
    ("raw", SECRET, SECRET),
    ("der", SECRET, SECRET),
    ("base64", "YWJjZGVmZ2hpamtsbW5vcA==", SECRET),
    ("pem", "-----BEGIN", b"-----BEGIN"),
]


@pytest.mark.parametrize(("encoding", "written", "octets"), ENCODINGS)
def test_encodings_of_secrets(encoding: str, written: str | bytes, octets: bytes) -> None:
    """A secret is the same octets whichever way it was written, and is written that way again."""
    part = {"encoding": f"oic.sec.encoding.{encoding}", "data": written}
    entry = {"credid": 1, "subjectuuid": str(OWNER), "credtype": 1, "privatedata": part}
    found = imported(sample("justworks") | {"cred": {"creds": [entry], "rowneruuid": str(NIL)}})
    private = found.cred.credentials[0].private
    assert private is not None
    assert private.data == octets
    assert exported(found)["cred"]["creds"][0]["privatedata"] == part


def test_validity_as_iotivity_writes_it() -> None:
    """A period with its rules is a list in IoTivity; a map is read, too."""
    pattern = TimePattern(period="20200101T000000/20300101T000000", recurrence=("FREQ=DAILY",))
    rule = replace(owned().acl2.entries[0], validity=(pattern,))
    database = replace(owned(), acl2=replace(owned().acl2, entries=(rule,)))
    raw = exported(database)
    assert raw["acl"]["aclist2"][0]["validity"] == [[pattern.period, ["FREQ=DAILY"]]]
    assert imported(raw).acl2 == database.acl2
    as_map = {"period": pattern.period, "recurrence": ["FREQ=DAILY"]}
    raw["acl"]["aclist2"][0]["validity"] = [as_map]
    assert imported(raw).acl2 == database.acl2


def test_forms_of_resources_in_rules() -> None:
    """`href *` is every resource, text in place of lists is no filter, nor is an asterisk."""
    raw = sample("justworks")
    raw["acl"]["aclist2"][0]["resources"] = [
        {"href": "*", "rel": "", "rt": "", "if": ""},
        {"href": "/a", "rt": ["*"], "if": [""]},
        {"href": "/b", "rt": "oic.r.x", "if": ["oic.if.a"]},
    ]
    assert imported(raw).acl2.entries[0].resources == (
        AceResource(wildcard="*"),
        AceResource(href="/a"),
        AceResource(href="/b", types=("oic.r.x",), interfaces=("oic.if.a",)),
    )


def test_unknown_properties_survive_at_every_level() -> None:
    """What is not known comes back where it was: resources, properties, those of entries."""
    raw = sample("mfg")
    raw["dpairing"] = {"edp": True, "pin": b"00000000"}
    raw["amacl"] = {"resources": [{"href": "/a"}], "rowneruuid": str(NIL)}
    raw["doxm"] |= {"x.org.iotivity.dpc": True, "x.vendor.list": [str(OWNER)], "x.vendor.mode": 1}
    raw["cred"]["creds"][0]["x.vendor.owner"] = str(OWNER)
    raw["cred"]["creds"][1]["publicdata"]["x.new"] = [1, {"deep": b"\0"}]
    raw["acl"]["aclist2"][2]["resources"][0]["rel"] = "hosts"
    raw["acl"]["aclist2"][2]["x.new"] = None
    again = exported(imported(raw))
    assert again["dpairing"] == raw["dpairing"]
    assert again["amacl"] == raw["amacl"]
    assert again["doxm"].items() >= {"x.org.iotivity.dpc": True, "x.vendor.mode": 1}.items()
    assert again["doxm"]["x.vendor.list"] == [str(OWNER)]
    assert again["cred"]["creds"][0]["x.vendor.owner"] == str(OWNER)
    assert again["cred"]["creds"][1]["publicdata"]["x.new"] == [1, {"deep": b"\0"}]
    assert again["acl"]["aclist2"][2]["resources"][0]["rel"] == "hosts"
    assert imported(again) == imported(raw)


def test_foreign_properties_leave_with_their_entry() -> None:
    """A new credential with an id used again does not inherit what belonged to the old one."""
    database = rich()
    other = Credential(credid=1, kind=8, subject="*")
    changed = replace(database, cred=Cred(credentials=(other,)))
    assert "x.vendor.owner" not in exported(changed)["cred"]["creds"][0]
    assert exported(changed)["doxm"]["x.org.iotivity.dpc"] is True


def test_foreign_is_no_secret_in_a_repr() -> None:
    """A foreign part does not show its content where a database is logged."""
    part = Foreign(place=("dpairing",), content=b"12345678")
    assert "12345678" not in repr(part)


def test_reset_profile_is_the_third_level() -> None:
    """`resetpf` is read into the reset profile; whoever owned the device then does not matter."""
    raw = sample("justworks")
    raw["resetpf"] = {name: dict(each) for name, each in sample("justworks", "1.2").items()}
    raw["resetpf"]["doxm"] |= {"owned": True, "devowneruuid": str(OWNER), "deviceuuid": ""}
    raw["resetpf"]["cred"] = b""
    profile = imported(raw).reset_profile
    assert profile is not None
    assert (profile.doxm.owned, profile.doxm.owner_uuid) == (False, NIL)
    assert profile.doxm.device_uuid == NIL
    assert profile.pstat.state is State.RFOTM
    assert len(profile.acl2.entries) == 2
    again = cbor2.loads(iotivity.encode(imported(raw))[0])["resetpf"]
    assert {"acl", "pstat", "doxm"} <= set(cbor2.loads(again))
    assert all(isinstance(each, bytes) for each in cbor2.loads(again).values())


def test_empty_reset_profile_stays_empty() -> None:
    """An empty `resetpf`, with which IoTivity makes none any more, is no profile and stays."""
    found = imported(sample("justworks") | {"resetpf": b""})
    assert found.reset_profile is None
    assert cbor2.loads(iotivity.encode(found)[0])["resetpf"] == b""


@pytest.mark.parametrize("name", ["doxm", "pstat", "acl"])
@pytest.mark.parametrize("is_empty", [True, False], ids=["empty", "missing"])
def test_missing_resources(name: str, is_empty: bool) -> None:
    """A missing or empty resource gets IoTivity's default, and that is told."""
    raw = sample("justworks")
    raw.pop(name)
    content = dat(raw | ({name: b""} if is_empty else {}))
    found = iotivity.decode(content, new_uuid=counter())
    assert f"there is no {name}: its default is used" in found.warnings
    database = found.database
    assert (database.doxm.methods == (1,)) is (name == "doxm")
    assert database.pstat.supported_modes == 4
    assert len(database.acl2.entries) == 4


def test_new_identity() -> None:
    """Where the UUID is nil, the device gets a new one, and that is told."""
    raw = sample("justworks")
    raw["doxm"]["deviceuuid"] = ""
    found = iotivity.decode(dat(raw), new_uuid=counter())
    assert found.database.doxm.device_uuid == uuid.UUID(int=1)
    assert found.database.permanent.original == uuid.UUID(int=1)
    assert found.warnings == ("there is no doxm.deviceuuid: the device gets a new one",)


def test_interrupted_transfer() -> None:
    """An unowned device with an owner is nobody's, as after IoTivity's start; that is told."""
    raw = sample("justworks")
    raw["doxm"]["devowneruuid"] = str(OWNER)
    found = iotivity.decode(dat(raw), new_uuid=counter())
    assert found.database.doxm.owner_uuid == NIL
    assert found.warnings == ("doxm.devowneruuid is cleared: the device is not owned",)


def test_miscounted_pstat() -> None:
    """IoTivity 1.3.0 announces one entry of pstat too many; elsewhere that is damage."""
    raw = sample("justworks", "1.3")
    inner = {name: cbor2.dumps(each) for name, each in raw.items()}
    for name in ("pstat", "acl"):
        inner[name] = bytes([inner[name][0] + 1]) + inner[name][1:]
    with pytest.raises(FormatError, match=r"^acl \(at octet \d+\): ends too early$"):
        iotivity.decode(cbor2.dumps(inner), new_uuid=counter())
    inner["acl"] = cbor2.dumps(raw["acl"])
    found = iotivity.decode(cbor2.dumps(inner), new_uuid=counter()).database
    assert found.pstat.operation_mode == 4


WRONG = [
    ({"doxm": 5}, "doxm", "is not a byte string"),
    ({"doxm": b"\x05"}, "doxm", "is not a CBOR map"),
    ({"doxm": b"\xa1\x61a"}, "doxm.a", "ends too early"),
    ({"doxm": b"\xa1\x01\x02"}, "doxm", "has a key that is not text"),
    ({"doxm": b"\xa2\x61a\x01\x61a\x01"}, "doxm", "has 'a' twice"),
    ({"doxm": b"\xa0\xa0"}, "doxm", "something follows the map"),
    ({"doxm": b"\xa1\x61a\xc1\x00"}, "doxm.a", "is not valid CBOR"),
    ({"doxm": b"\xa1\x61a\x5f\x41a\xff"}, "doxm.a", "is a byte string in pieces"),
    ({"resetpf": {"doxm": 1}}, "resetpf.doxm", "is not a byte string"),
    ({"resetpf": {"acl": b"\xa1"}}, "resetpf.acl", "ends too early"),
]


@pytest.mark.parametrize(("change", "key", "what"), WRONG)
def test_damage_has_its_place(change: dict, key: str, what: str) -> None:
    """What is no CBOR of the right kind is named with its key and the octet in the file."""
    content = dat(sample("justworks") | change)
    with pytest.raises(FormatError, match=what) as caught:
        iotivity.decode(content, new_uuid=counter())
    assert caught.value.key == key
    assert caught.value.offset is not None
    assert 0 < caught.value.offset <= len(content)


def _change(name: str, **properties: object) -> dict:
    return {name: sample("mfg")[name] | properties}


def _credential(**properties: object) -> dict:
    entry = {"credid": 1, "subjectuuid": "*", "credtype": 1} | properties
    return _change("cred", creds=[entry])


def _entry(**properties: object) -> dict:
    entry = sample("mfg")["acl"]["aclist2"][0] | properties
    return _change("acl", aclist2=[entry])


INVALID = [
    (_change("doxm", owned="yes"), "doxm.owned"),
    (_change("doxm", deviceuuid="x"), "doxm.deviceuuid"),
    (_change("doxm", oxms=["x"]), "doxm.oxms[0]"),
    (_change("pstat", dos={"s": 9}), "pstat.dos.s"),
    (_change("pstat", cm=None), "pstat.cm"),
    (_change("acl", aclist={"aces": []}), "acl.aclist"),
    ({"acl": {"aclist": {"aces": [{}]}}}, "acl.aclist.aces[0]"),
    ({"acl": {"aclist": {"aces": 1}}}, "acl.aclist.aces"),
    (_entry(aceid=0), "acl.aclist2[0].aceid"),
    (_entry(permission=32), "acl.aclist2[0].permission"),
    (_entry(subject={"uuid": str(OWNER), "conntype": "anon-clear"}), "acl.aclist2[0].subject"),
    (_entry(resources=None), "acl.aclist2[0].resources"),
    (_credential(credid="1"), "cred.creds[0].credid"),
    (_credential(privatedata=b"x"), "cred.creds[0].privatedata"),
    (_credential(privatedata={"data": "text"}), "cred.creds[0].privatedata.data"),
    (_credential(privatedata={"encoding": "x"}), "cred.creds[0].privatedata.encoding"),
    (_change("sp", supportedprofiles=[1]), "sp.supportedprofiles[0]"),
    ({"u_ids": {"pi": "x"}}, "u_ids.pi"),
    ({"keypair": {"private_key": "x"}}, "keypair.private_key"),
]


@pytest.mark.parametrize(("change", "key"), INVALID)
def test_wrong_values_have_their_place(change: dict, key: str) -> None:
    """A value that the model refuses is named by its path and the octet its property begins at."""
    content = dat(sample("mfg") | change)
    with pytest.raises(FormatError) as caught:
        iotivity.decode(content, new_uuid=counter())
    assert caught.value.key == key
    name, _, rest = key.partition(".")
    prop = rest.partition("[")[0].partition(".")[0]
    outer = read_map(content)[name]
    places = read_map(outer.value, base=outer.content_offset)
    assert caught.value.offset == (places[prop].offset if prop in places else None)


@pytest.mark.parametrize("content", [b"", b"\xbf", b"\xa0", b"\xbf\xff", b"\x80", b"\xbb\x00"])
def test_no_database(content: bytes) -> None:
    """Octets that hold no database are refused."""
    with pytest.raises(FormatError):
        iotivity.decode(content, new_uuid=counter())


def test_unknown_version() -> None:
    """A version that never was is a mistake of the caller."""
    with pytest.raises(ValueError, match=r"no version '0.9'"):
        iotivity.encode(owned(), version="0.9")


def test_unknown_encodings_are_told() -> None:
    """A credential in an encoding that IoTivity does not know is written, with a warning."""
    (credential,) = owned().cred.credentials
    assert credential.private is not None
    handle = replace(credential, private=replace(credential.private, encoding=Encoding.HANDLE))
    database = replace(owned(), cred=Cred(credentials=(handle,)))
    _, warnings = iotivity.encode(database)
    assert len(warnings) == 1
    assert "oic.sec.encoding.handle" in warnings[0]
