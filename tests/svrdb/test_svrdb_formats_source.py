"""The JSON of json2cbor, by its rules in both directions."""

import json

import cbor2
import pytest
from foreign_samples import DER, counter, dat, rich, sample
from svrdb_samples import OWNER, SECRET, owned

from onboardee.svrdb import NIL
from onboardee.svrdb.formats import Form, FormatError, decode, encode, iotivity, source
from onboardee.svrdb.formats.stored_resources import Imported


def as_json(resources: dict) -> bytes:
    """Write resources as people write them for json2cbor: octets in hexadecimal digits."""
    return json.dumps(resources, default=lambda octets: octets.hex()).encode()


def read(resources: dict) -> Imported:
    """Read such a file."""
    return source.decode(as_json(resources), new_uuid=counter())


@pytest.mark.parametrize("version", ["1.1", "1.2", "1.3", "master"])
@pytest.mark.parametrize("name", ["justworks", "randompin", "mfg", "client"])
def test_same_as_the_dat(name: str, version: str) -> None:
    """A source file and the `.dat` that json2cbor makes of it are the same database."""
    raw = sample(name, version)
    found = read(raw)
    assert found.database == iotivity.decode(dat(raw), new_uuid=counter()).database
    content, _ = encode(found.database, Form.IOTIVITY)
    assert decode(content, new_uuid=counter()).database == found.database


def test_octets_are_hexadecimal_digits() -> None:
    """Data of the encodings raw and der are digits, others the text they are."""
    content, _ = source.encode(read(sample("mfg")).database)
    credential = json.loads(content)["cred"]["creds"][0]
    assert credential["publicdata"]["data"] == DER.hex()
    assert credential["privatedata"]["data"] == (b"\x30\x77" * 60).hex()
    text = {"encoding": "oic.sec.encoding.base64", "data": "YWJjZGVmZ2hpamtsbW5vcA=="}
    entry = {"credid": 1, "subjectuuid": "*", "credtype": 1, "privatedata": text}
    found = read(sample("justworks") | {"cred": {"creds": [entry], "rowneruuid": str(NIL)}})
    private = found.database.cred.credentials[0].private
    assert private is not None
    assert private.data == SECRET
    again = json.loads(source.encode(found.database)[0])["cred"]["creds"][0]
    assert again["privatedata"] == text


@pytest.mark.parametrize("encoding", [{}, {"encoding": "x.unknown"}])
def test_raw_is_assumed(encoding: dict) -> None:
    """Without a known encoding data are raw octets, with a warning."""
    private = {"data": SECRET.hex(), **encoding}
    entry = {"credid": 1, "subjectuuid": str(OWNER), "credtype": 1, "privatedata": private}
    found = read(sample("justworks") | {"cred": {"creds": [entry], "rowneruuid": str(NIL)}})
    assert found.warnings == ("cred.creds[0].privatedata has no known encoding: raw is assumed",)
    assert found.database.cred.credentials[0].private == owned().cred.credentials[0].private


def test_missing_dos_is_told() -> None:
    """Without `pstat.dos` the state follows from the rest, with a warning."""
    found = read(sample("client", "1.2"))
    assert found.database.state.name == "RFNOP"
    assert found.warnings == ("there is no pstat.dos: doxm.owned and pstat.isop tell the state",)


@pytest.mark.parametrize("name", ["isop", "rowneruuid", "cm", "tm", "om", "sm"])
def test_mandatory_properties(name: str) -> None:
    """What json2cbor insists on in pstat is insisted on."""
    raw = sample("justworks")
    del raw["pstat"][name]
    with pytest.raises(FormatError, match=f"^pstat.{name}: is mandatory, and missing$"):
        read(raw)


def _credential(data: object) -> dict:
    part = {"encoding": "oic.sec.encoding.raw", "data": data}
    return {"creds": [{"credid": 1, "subjectuuid": "*", "credtype": 1, "privatedata": part}]}


WRONG = [
    ({"doxm": sample("justworks")["doxm"] | {"owned": True}}, "doxm.devowneruuid"),
    ({"doxm": []}, "doxm"),
    ({"cred": _credential("abc")}, "cred.creds[0].privatedata.data"),
    ({"cred": _credential("zz")}, "cred.creds[0].privatedata.data"),
    ({"cred": _credential(5)}, "cred.creds[0].privatedata.data"),
    ({"pstat": sample("justworks")["pstat"] | {"sm": [4]}}, "pstat.sm"),
    ({"pconf": {"pin": {"$cbor": "x"}}}, "pconf.pin.$cbor"),
    ({"pconf": {"$cbor": 5}}, "pconf.$cbor"),
]


@pytest.mark.parametrize(("change", "key"), WRONG)
def test_what_is_wrong_is_named(change: dict, key: str) -> None:
    """A value that breaks a rule is named by its path."""
    with pytest.raises(FormatError) as caught:
        read(sample("justworks") | change)
    assert caught.value.key == key


@pytest.mark.parametrize("value", [1 << 64, json.loads("[" * 20 + "]" * 20)])
def test_what_cbor_could_not_bring_back(value: object) -> None:
    """An unknown property that no `.dat` could be read with again is refused at once."""
    raw = sample("justworks")
    raw["doxm"]["x.new"] = value
    with pytest.raises(FormatError, match=r"^doxm\.x\.new"):
        read(raw)


def test_numbers_that_json_does_not_have() -> None:
    """Infinity among the unknown properties of a `.dat` comes back from JSON."""
    raw = sample("justworks")
    raw["doxm"]["x.new"] = [float("inf"), 0.5]
    database = iotivity.decode(dat(raw), new_uuid=counter()).database
    again, _ = source.encode(database)
    assert source.decode(again, new_uuid=counter()).database == database


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"{}", b'{"doxm": \xff}', b"[" * 100_000, b"5"]
)
def test_no_source(content: bytes) -> None:
    """What is no object with resources is refused."""
    with pytest.raises(FormatError):
        source.decode(content, new_uuid=counter())


def test_rules_of_version_2_need_an_id() -> None:
    """An entry of `aclist2` without `aceid` is refused, as json2cbor does."""
    raw = sample("justworks")
    del raw["acl"]["aclist2"][0]["aceid"]
    with pytest.raises(FormatError, match=r"acl\.aclist2\[0\]"):
        read(raw)


def test_what_json_has_no_words_for() -> None:
    """Resources with octets in them come back octet for octet; plain ones stay readable."""
    content, _ = source.encode(rich())
    members = json.loads(content)
    assert cbor2.loads(bytes.fromhex(members["dpairing"]["$cbor"]))["pin"] == b"00000000"
    assert members["doxm"]["x.org.iotivity.dpc"] is True
    assert source.decode(content, new_uuid=counter()).database == rich()
    raw = sample("justworks") | {"amacl": {"resources": [{"href": "/a"}]}}
    again = json.loads(source.encode(read(raw).database)[0])
    assert again["amacl"] == raw["amacl"]


def test_public_data_that_are_no_octets() -> None:
    """What claims to be DER and is not even base64 cannot be written as digits."""
    raw = sample("mfg")
    raw["cred"]["creds"][0]["publicdata"] = {"encoding": "oic.sec.encoding.der", "data": "?"}
    found = iotivity.decode(dat(raw), new_uuid=counter()).database
    with pytest.raises(FormatError, match=r"creds\[0\].publicdata.data: is not base64"):
        source.encode(found)
