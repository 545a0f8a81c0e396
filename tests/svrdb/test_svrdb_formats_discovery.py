"""Files for IoTivity describe a device that is found, and hold no credential that is none."""

from typing import Any

import cbor2
import pytest
from foreign_samples import counter, dat, sample
from msgspec.structs import replace
from svrdb_samples import OWNER, owned

from onboardee.svrdb import NIL, Cred, Database, Doxm, Permanent, ResetProfile, profile_of
from onboardee.svrdb.formats import Form, Options, decode, encode, iotivity

DEVICE = owned().doxm.device_uuid


def unowned() -> Database:
    """Return a device fresh from the factory, without access control entries."""
    doxm = Doxm(methods=(0,), device_uuid=DEVICE)
    permanent = Permanent(device=DEVICE, platform=DEVICE, original=DEVICE)
    return Database(doxm=doxm, permanent=permanent, reset_profile=ResetProfile(doxm=doxm))


def members(database: Database, version: str = "master") -> dict[str, Any]:
    """Write a `.dat` and take it apart, the reset profile too."""
    content, _ = iotivity.encode(database, version=version)
    found = cbor2.loads(content)
    profile = cbor2.loads(found.pop("resetpf"))
    inner = {name: cbor2.loads(each) for name, each in found.items()}
    return {**inner, "resetpf": {name: cbor2.loads(each) for name, each in profile.items()}}


def grants(acl: dict[str, Any]) -> set[tuple[str, str, int]]:
    """Return whom a list of version 2 lets do what."""
    return {
        (entry["subject"].get("conntype", "uuid"), resource["href"], entry["permission"])
        for entry in acl["aclist2"]
        for resource in entry["resources"]
        if "href" in resource
    }


NEEDED = {
    ("anon-clear", "/oic/res", 2),
    ("anon-clear", "/oic/d", 2),
    ("anon-clear", "/oic/p", 2),
    ("anon-clear", "/oic/sec/doxm", 14),
    ("auth-crypt", "/oic/sec/doxm", 14),
    ("auth-crypt", "/oic/sec/roles", 14),
}
"""Without these a sample server of IoTivity 1.3 and 2 is seen by no tool."""


def test_a_device_without_owner_is_found() -> None:
    """Live state and reset profile get the entries that IoTivity itself starts with."""
    found = members(unowned())
    assert grants(found["acl"]) >= NEEDED
    assert grants(found["resetpf"]["acl"]) >= NEEDED


def test_an_owner_keeps_his_list() -> None:
    """In the file of an owned device only the reset profile gets them."""
    database = replace(owned(), reset_profile=profile_of(owned()))
    found = members(database)
    assert not grants(found["acl"]) & {("anon-clear", "/oic/sec/doxm", 14)}
    assert len(found["acl"]["aclist2"]) == len(owned().acl2.entries)
    assert grants(found["resetpf"]["acl"]) >= NEEDED


def test_version_1_2_has_its_own() -> None:
    """Up to 1.2 the entries are for everybody, and open pstat, acl and cred before ownership."""
    aces = members(unowned(), "1.2")["resetpf"]["acl"]["aclist"]["aces"]
    assert [(each["subjectuuid"], each["permission"]) for each in aces] == [("*", 2), ("*", 6)]
    hrefs = [resource["href"] for resource in aces[1]["resources"]]
    assert hrefs == ["/oic/sec/doxm", "/oic/sec/pstat", "/oic/sec/acl", "/oic/sec/cred"]


@pytest.mark.parametrize("form", [Form.IOTIVITY, Form.SOURCE])
@pytest.mark.parametrize("version", iotivity.VERSIONS)
def test_what_was_added_is_told_and_taken_out_again(form: Form, version: str) -> None:
    """The file says which entries are not the device's, and reading it leaves them out."""
    content, warnings = encode(unowned(), form, Options(version=version))
    assert any("entries of the access list are added" in each for each in warnings)
    back = decode(content, new_uuid=counter()).database
    assert back.acl2 == unowned().acl2
    assert back.reset_profile == unowned().reset_profile


@pytest.mark.parametrize("name", ["justworks", "randompin", "mfg"])
def test_the_samples_need_none(name: str) -> None:
    """A file of IoTivity's has these entries, and stays as it is."""
    database = decode(dat(sample(name)), new_uuid=counter()).database
    _, warnings = iotivity.encode(database)
    assert not any("are added" in each for each in warnings)


def test_an_entry_that_changed_since_is_the_devices() -> None:
    """Who wrote another permission into an added entry meant it: it stays."""
    content, _ = iotivity.encode(unowned())
    raw = {name: cbor2.loads(each) for name, each in cbor2.loads(content).items()}
    raw["acl"]["aclist2"][0]["permission"] = 3
    raw["resetpf"] = cbor2.loads(content)["resetpf"]
    back = decode(dat(raw), new_uuid=counter()).database
    assert [entry.permission for entry in back.acl2.entries] == [3]


@pytest.mark.parametrize("marks", [7, {"acl": 1}, {"acl": ["1", None]}, {"other": [1]}])
def test_odd_marks_take_nothing_out(marks: object) -> None:
    """What else is written there costs no entry."""
    raw = sample("justworks") | {"u_ids": {"x.onboardee.added": marks}}
    assert len(decode(dat(raw), new_uuid=counter()).database.acl2.entries) == 4


def test_no_credentials_are_no_cred() -> None:
    """IoTivity makes a credential of zeros of an empty list, so there is none; its owner stays."""
    assert "cred" not in members(unowned())
    assert "cred" not in members(unowned())["resetpf"]
    lonely = replace(unowned(), cred=Cred(resource_owner=OWNER))
    assert "cred" not in members(lonely)
    content, _ = iotivity.encode(lonely)
    assert decode(content, new_uuid=counter()).database.cred == lonely.cred


BLANK = {"credid": 0, "subjectuuid": str(NIL), "credtype": 0}
KEY = {
    "credtype": 1,
    "subjectuuid": str(OWNER),
    "privatedata": {"encoding": "oic.sec.encoding.raw", "data": bytes(16)},
}


@pytest.mark.parametrize("place", ["live", "reset profile"])
def test_a_credential_of_zeros_is_left_out(place: str) -> None:
    """What IoTivity made of an empty list is told, and does not keep the file from being read."""
    cred = {"cred": {"creds": [BLANK, {**KEY, "credid": 1}], "rowneruuid": str(NIL)}}
    raw = sample("justworks")
    raw = raw | cred if place == "live" else raw | {"resetpf": sample("justworks") | cred}
    found = decode(dat(raw), new_uuid=counter())
    assert found.warnings == ("a credential without number, type and data is left out",)
    holder = found.database if place == "live" else found.database.reset_profile
    assert holder is not None
    assert [each.credid for each in holder.cred.credentials] == [1]


def test_a_credential_without_number_gets_one() -> None:
    """A key with the credid 0 is a key, and gets the smallest number that is free."""
    creds = [{**KEY, "credid": 1}, {**KEY, "credid": 0}]
    raw = sample("justworks") | {"cred": {"creds": creds, "rowneruuid": str(NIL)}}
    found = decode(dat(raw), new_uuid=counter())
    assert [each.credid for each in found.database.cred.credentials] == [1, 2]
    assert found.warnings == ("a credential with the credid 0 gets the credid 2",)
