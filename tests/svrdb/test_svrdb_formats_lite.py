"""IoTivity-Lite's directories: recorded ones, and what Lite would not read."""

import re
import uuid

import cbor2
import pytest
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import ec
from foreign_samples import counter, lite_directory, rich
from msgspec.structs import replace
from svrdb_samples import owned, unowned

from onboardee.svrdb import Encoding, PrivateData, State, problems
from onboardee.svrdb.formats import FormatError, lite
from onboardee.svrdb.model import OscoreContext


def test_recorded_unowned_directory() -> None:
    """What Lite keeps after its first start is a factory-new device."""
    found = lite.decode(lite_directory("unowned"), new_uuid=counter())
    assert found.database.state is State.RFOTM
    assert found.database.doxm.device_uuid == uuid.UUID("bb1a4441-0a38-4d89-5124-963f0be9d2a7")
    assert found.database.permanent.device == uuid.UUID("ca39a451-3666-4a01-6d35-36ba4a6c491f")
    assert found.warnings == ("there is no doxm.oxms: [0] is offered",)
    assert problems(found.database) == ()


def test_recorded_owned_directory() -> None:
    """What Lite keeps of an ownership is the owner, its key and its rules."""
    database = lite.decode(lite_directory("owned"), new_uuid=counter()).database
    owner = uuid.UUID("83fbfca7-79e2-4f02-899d-1119a8a13ad2")
    assert database.state is State.RFNOP
    assert database.doxm.owner_uuid == owner
    (credential,) = database.cred.credentials
    assert (credential.subject, credential.kind) == (str(owner), 1)
    assert credential.private is not None
    assert len(credential.private.data) == 16
    assert [ace.permission for ace in database.acl2.entries] == [14, 2, 2, 22]
    assert problems(database) == ()


@pytest.mark.parametrize("name", ["unowned", "owned"])
def test_recorded_directories_survive(name: str) -> None:
    """All that Lite keeps is in the directory that is written, value for value."""
    files = lite_directory(name)
    database = lite.decode(files, new_uuid=counter()).database
    again, warnings = lite.encode(database)
    assert warnings == ()
    assert set(files) - set(again) <= {"sdi_0"}, "Lite has the same default"
    for file in set(files) & set(again):
        new = cbor2.loads(again[file])
        if file == "u_ids_0":
            del new["deviceuuid"]
        old = cbor2.loads(files[file])
        assert {key: new.get(key, []) for key in old} == old
        assert set(new) - set(old) <= {"rt", "if"}
    assert lite.decode(again, new_uuid=counter()).database == database


STRICT = {
    "doxm_0": {"rt", "if", *lite.STRICT["doxm"]},
    "pstat_0": {"rt", "if", *lite.STRICT["pstat"]},
    "sp_0": set(lite.STRICT["sp"]),
    "sdi_0": set(lite.STRICT["sdi"]),
}


def test_strict_files_have_what_lite_knows() -> None:
    """Properties that would make Lite refuse a file are in a file of our own instead."""
    files, _ = lite.encode(replace(rich(), sdi=replace(rich().sdi, name="home")))
    for name, known in STRICT.items():
        assert set(cbor2.loads(files[name])) <= known
    extra = cbor2.loads(files["onboardee_0"])
    assert extra["doxm"] == {"oxms": [0], "x.org.iotivity.dpc": True}


def test_what_lite_changed_since_counts() -> None:
    """A value that Lite wrote later is not undone by our own file."""
    files, _ = lite.encode(rich())
    files["onboardee_0"] = cbor2.dumps({"doxm": {"oxms": [2], "owned": False}, "x": 5})
    database = lite.decode(files, new_uuid=counter()).database
    assert database.doxm.owned
    assert database.doxm.methods == (2,)


def test_owner_credential_is_marked() -> None:
    """The pairwise key of the owner has the mark that Lite gives it, and no other has."""
    (first,) = owned().cred.credentials
    others = (
        replace(first, credid=2, subject=str(uuid.UUID(int=5))),
        replace(first, credid=3, kind=8),
    )
    database = replace(owned(), cred=replace(owned().cred, credentials=(first, *others)))
    files, _ = lite.encode(database)
    marks = [entry["owner_cred"] for entry in cbor2.loads(files["cred_0"])["creds"]]
    assert marks == [True, False, False]


def test_a_credential_for_oscore_survives() -> None:
    """Lite finds ids and sequence number under its names; what it changes comes back."""
    (first,) = owned().cred.credentials
    context = OscoreContext(sender="00" * 7, recipient="11" * 7, sequence_number=3)
    other = replace(first, credid=2, kind=64, subject=str(uuid.UUID(int=5)), oscore=context)
    database = replace(owned(), cred=replace(owned().cred, credentials=(first, other)))
    files, warnings = lite.encode(database)
    assert not warnings
    stored = cbor2.loads(files["cred_0"])
    assert stored["creds"][1]["oscore"] == {
        "senderid": "00" * 7,
        "recipientid": "11" * 7,
        "ssn": 3,
    }
    stored["creds"][1]["oscore"]["ssn"] = 100
    found = lite.decode(files | {"cred_0": cbor2.dumps(stored)}, new_uuid=counter()).database
    assert found.cred.credentials[1].oscore == replace(context, sequence_number=100)
    assert not found.foreign


def test_several_devices() -> None:
    """Each device of a directory is read by its number; the others are named."""
    first, _ = lite.encode(unowned())
    second, _ = lite.encode(owned(), device=12)
    files = first | second
    assert lite.devices(files) == [0, 12]
    found = lite.decode(files, device=12, new_uuid=counter())
    assert found.database == owned()
    assert found.warnings == ("device 0 of the directory is left out",)
    assert lite.decode(files, new_uuid=counter()).database == unowned()
    with pytest.raises(FormatError, match="there is no doxm_1; devices here: 0, 12"):
        lite.decode(files, device=1, new_uuid=counter())


def test_unknown_files_survive() -> None:
    """Files that mean nothing here, with a device's number or without, come back as they were."""
    others = {"cloud_0": b"\xbf\x61a\x01\xff", "plgd_time": b"\x00 anything", "hb_0": b""}
    files, _ = lite.encode(owned())
    found = lite.decode(files | others, new_uuid=counter())
    again, _ = lite.encode(found.database, device=4)
    assert again["cloud_4"] == others["cloud_0"]
    assert again["hb_4"] == b""
    assert again["plgd_time"] == others["plgd_time"]


def test_emptied_files_count_as_missing() -> None:
    """Lite empties a file to drop what was in it."""
    files, _ = lite.encode(owned())
    found = lite.decode(files | {"acl_0": b"", "sp_0": b""}, new_uuid=counter())
    assert found.database.acl2.entries == ()
    assert "there is no acl: its default is used" in found.warnings
    with pytest.raises(FormatError, match="doxm"):
        lite.decode(files | {"doxm_0": b""}, new_uuid=counter())


@pytest.mark.parametrize(
    ("selected", "methods"), [(0, (0,)), (1, (1,)), (2, (2,)), (4, (0,)), (9, (0,))]
)
def test_methods_without_our_file(selected: int, methods: tuple[int, ...]) -> None:
    """Lite computes `oxms`; without it the selected method is offered, or Just Works."""
    files = lite_directory("unowned")
    doxm = cbor2.loads(files["doxm_0"]) | {"oxmsel": selected}
    found = lite.decode(files | {"doxm_0": cbor2.dumps(doxm)}, new_uuid=counter())
    assert found.database.doxm.methods == methods


def test_secrets_that_are_none() -> None:
    """Lite writes an empty `privatedata` for credentials without a secret."""
    files, _ = lite.encode(owned())
    cred = cbor2.loads(files["cred_0"])
    cred["creds"][0]["privatedata"]["data"] = b""
    found = lite.decode(files | {"cred_0": cbor2.dumps(cred)}, new_uuid=counter())
    assert found.database.cred.credentials[0].private is None


def _pem_key() -> PrivateData:
    key = ec.derive_private_key(1234, ec.SECP256R1())
    pem = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    return PrivateData(data=pem, encoding=Encoding.PEM)


def test_key_pair_in_lites_form() -> None:
    """The key pair is written as Lite writes it, and comes back the way it was kept here."""
    database = replace(owned(), identity_key=_pem_key())
    files, _ = lite.encode(database)
    halves = cbor2.loads(files["keypair_0"])
    assert set(halves) == {"public_key", "private_key"}
    private = form.load_der_private_key(halves["private_key"], password=None)
    public = form.load_der_public_key(halves["public_key"])
    assert isinstance(public, ec.EllipticCurvePublicKey)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    assert private.public_key().public_numbers() == public.public_numbers()
    assert lite.decode(files, new_uuid=counter()).database == database


def test_key_pair_that_lite_made_new() -> None:
    """A new key pair of Lite's replaces the one that was kept here."""
    files, _ = lite.encode(replace(owned(), identity_key=_pem_key()))
    files["keypair_0"] = lite_directory("owned")["keypair_0"]
    key = lite.decode(files, new_uuid=counter()).database.identity_key
    assert key.encoding is Encoding.DER
    assert key.data == cbor2.loads(files["keypair_0"])["private_key"]


P256 = bytes.fromhex("06082a8648ce3d030107")
UNKNOWN_CURVE = cbor2.loads(lite_directory("owned")["keypair_0"])["private_key"].replace(
    P256, P256[:-1] + b"\x1f"
)


@pytest.mark.parametrize("key", [b"x", UNKNOWN_CURVE], ids=["text", "curve"])
def test_key_that_is_none(key: bytes) -> None:
    """What is no key is kept in our own file only, and no `keypair` is written."""
    database = replace(owned(), identity_key=PrivateData(data=key, encoding=Encoding.DER))
    files, _ = lite.encode(database)
    assert "keypair_0" not in files
    assert lite.decode(files, new_uuid=counter()).database == database


WRONG = [
    ("doxm_0", b"\xbf\x65owned\x05\xff", "doxm.owned (at octet 7)"),
    ("cred_0", b"\xa1\x65creds\x81\xa1\x66credid\x00", "cred.creds[0].credid (at octet 7)"),
    ("acl_0", b"\x80", "acl (at octet 0): is not a CBOR map"),
    ("pstat_0", b"\xa2\x62cm\x02", "pstat (at octet 5): ends too early"),
]


@pytest.mark.parametrize(("name", "content", "sentence"), WRONG)
def test_damage_has_its_place(name: str, content: bytes, sentence: str) -> None:
    """A damaged file is named with the property and the octet."""
    files, _ = lite.encode(owned())
    with pytest.raises(FormatError, match=re.escape(sentence)):
        lite.decode(files | {name: content}, new_uuid=counter())
