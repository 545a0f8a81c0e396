"""What other stacks keep, built by hand: the documented samples, and databases for round trips."""

import itertools
import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cbor2
from hypothesis import strategies as st
from msgspec.structs import replace
from svrdb_samples import owned
from svrdb_strategies import databases as plain_databases

from onboardee.svrdb import (
    NIL,
    Database,
    Doxm,
    Encoding,
    Foreign,
    PrivateData,
    Pstat,
    PublicData,
    ResetProfile,
    ResetUuid,
)
from onboardee.svrdb.model import Ael, Crl, OptionalData

Resource = dict[str, Any]

JUST_WORKS = "12345678-1234-1234-1234-123456789012"
RANDOM_PIN = "87654321-4321-4321-4321-cba987654321"
MANUFACTURER = "22222222-2222-2222-2222-222222222222"
CLIENT = "61646d69-6e44-6576-6963-655575696430"
OLD_UUIDS = {
    "justworks": "6a757374-776f-726b-4465-765575696430",
    "randompin": "72616e64-5069-6e44-6576-557569643030",
    "mfg": "4d617566-6163-7475-7265-724365727430",
    "client": CLIENT,
    "light": "6c696768-7444-6576-6963-655555494430",
    "door": "646f6f72-4465-7669-6365-555549443030",
}
"""The devices of the samples up to 1.2."""

DER = b"\x30\x82\x01\x04" + bytes(range(256)) + b"\x00" * 4
"""Octets with the outside of a certificate."""


def counter() -> Callable[[], uuid.UUID]:
    """Return a source of UUIDs that are all different and always the same."""
    numbers = itertools.count(1)
    return lambda: uuid.UUID(int=next(numbers))


def lite_directory(name: str) -> dict[str, bytes]:
    """Return a recorded directory: `unowned` or `owned`."""
    path = Path(__file__).parents[1] / "vectors" / "lite-directories.json"
    return {file: bytes.fromhex(text) for file, text in json.loads(path.read_text())[name].items()}


def dat(resources: dict[str, Any], *, indefinite: bool = True) -> bytes:
    """Write a `.dat` file: a map of byte strings, doxm of indefinite length as in real ones."""
    inner = {name: _inner(name, each) for name, each in resources.items()}
    return cbor2.dumps(inner, indefinite_containers=indefinite)


def _inner(name: str, resource: Any) -> Any:
    if not isinstance(resource, dict):
        return resource
    if name == "resetpf":
        return dat(resource)
    return cbor2.dumps(resource, indefinite_containers=name == "doxm")


def sample(name: str, version: str = "master") -> dict[str, Resource]:
    """Return the documented content of a sample database."""
    method = {"randompin": 1, "mfg": 2}.get(name, 0)
    is_new = version in ("1.3", "master")
    new = {"justworks": JUST_WORKS, "randompin": RANDOM_PIN, "mfg": MANUFACTURER}
    device = new.get(name, CLIENT) if is_new else OLD_UUIDS[name]
    resources = {
        "acl": acl2(name) if is_new else acl1(version),
        "pstat": pstat(version, device),
        "doxm": doxm(method, device),
    }
    if version == "1.1":
        resources["doxm"]["x.org.iotivity.dpc"] = True
    if name == "mfg" and version == "master":
        resources["sp"] = {
            "supportedprofiles": ["1.3.6.1.4.1.51414.0.0.1.0"],
            "currentprofile": "1.3.6.1.4.1.51414.0.0.1.0",
        }
        resources["cred"] = manufacturer_credentials(device)
    if name == "client" and not is_new:
        for resource in resources.values():
            resource["rowneruuid"] = device
        resources["doxm"] |= {"owned": True, "devowneruuid": device}
        resources["pstat"] |= {"isop": True, "cm": 0}
    return resources


def doxm(method: int, device: str) -> Resource:
    """Return the doxm of an unowned sample."""
    return {
        "oxms": [method],
        "oxmsel": method,
        "sct": 9,
        "owned": False,
        "deviceuuid": device,
        "devowneruuid": str(NIL),
        "rowneruuid": str(NIL),
        "rt": ["oic.r.doxm"],
        "if": ["oic.if.baseline"],
    }


def pstat(version: str, device: str) -> Resource:
    """Return the pstat of an unowned sample."""
    common = {"isop": False, "cm": 2, "tm": 0, "rowneruuid": str(NIL)}
    if version in ("1.3", "master"):
        return {"dos": {"s": 1, "p": False}, **common, "om": 4, "sm": 4, "rt": ["oic.r.pstat"]}
    return {**common, "om": 3, "sm": 3, "deviceuuid": device, "rt": "", "if": ""}


def acl2(name: str) -> Resource:
    """Return the list of version 2: discovery for all, doxm for all."""
    discovery = [{"href": "/oic/res"}, {"href": "/oic/d"}, {"href": "/oic/p"}]
    extra = {"justworks": [{"wc": "-"}]}.get(name, [])
    clear = [{"href": "/oic/sec/doxm"}, *extra]
    crypt = [{"href": "/oic/sec/doxm"}, {"href": "/oic/sec/roles"}]
    entries = [
        (1, "anon-clear", discovery, 2),
        (2, "auth-crypt", discovery, 2),
        (3, "anon-clear", clear, 14),
        (4, "auth-crypt", crypt, 14),
    ]
    return {
        "aclist2": [
            {"aceid": aceid, "subject": {"conntype": who}, "resources": what, "permission": bits}
            for aceid, who, what, bits in entries
        ],
        "rowneruuid": str(NIL),
        "rt": ["oic.r.acl2"],
        "if": ["oic.if.baseline"],
    }


def acl1(version: str) -> Resource:
    """Return the list of version 1, with the text in place of lists that 1.1 wrote."""
    read = ["/oic/res", "/oic/d", "/oic/p", *(["/oic/sec/ver"] if version == "1.1" else [])]
    write = ["doxm", "pstat", "acl", "cred"]
    more = ["pconf", "dpairing"] if version == "1.1" else []
    entries = [(read, 2), ([f"/oic/sec/{name}" for name in (*write, *more)], 6)]
    filters = {"rt": "", "if": ""} if version == "1.1" else {"rt": ["x"], "if": ["oic.if.baseline"]}
    return {
        "aclist": {
            "aces": [
                {
                    "subjectuuid": "*",
                    "resources": [{"href": href, "rel": "", **filters} for href in hrefs],
                    "permission": bits,
                }
                for hrefs, bits in entries
            ]
        },
        "rowneruuid": str(NIL),
        "rt": ["oic.r.acl"],
        "if": ["oic.if.baseline"],
    }


def manufacturer_credentials(device: str) -> Resource:
    """Return a manufacturer's certificate with its key, and an anchor for tools."""
    der = {"encoding": "oic.sec.encoding.der", "data": DER}
    return {
        "creds": [
            {
                "credid": 1,
                "subjectuuid": device,
                "credtype": 8,
                "publicdata": der,
                "credusage": "oic.sec.cred.mfgcert",
                "privatedata": {"encoding": "oic.sec.encoding.raw", "data": b"\x30\x77" * 60},
            },
            {
                "credid": 2,
                "subjectuuid": "*",
                "credtype": 8,
                "publicdata": {**der, "revstat": False},
                "credusage": "oic.sec.cred.mfgtrustca",
            },
        ],
        "rowneruuid": str(NIL),
        "rt": ["oic.r.cred"],
        "if": ["oic.if.baseline"],
    }


_contents = st.dictionaries(
    st.text("abcxyz.", min_size=1, max_size=6),
    st.none() | st.booleans() | st.integers(0, 99) | st.text(max_size=6) | st.binary(max_size=6),
    max_size=3,
).map(cbor2.dumps)
_values = (st.integers(1, 99) | st.text("abc", min_size=1) | st.binary(min_size=1)).map(cbor2.dumps)
_foreign = st.dictionaries(
    st.sampled_from(("amacl", "dpairing", "svc", "zz.unknown")).map(lambda name: (name,)),
    _contents,
    max_size=3,
)
_properties = st.dictionaries(
    st.sampled_from([("doxm", "x.org.iotivity.dpc"), ("doxm", "x.vendor.mode"), ("cred", "x.new")]),
    _values,
    max_size=3,
)


def _storable_public(public: PublicData | None) -> PublicData | None:
    """Let the data be what the encoding says: base64 of octets, or text."""
    octets = (Encoding.RAW, Encoding.DER, Encoding.CWT)
    is_text = public is None or public.encoding not in octets
    return public if is_text or public is None else replace(public, data="AAEC")


def _storable_private(private: PrivateData | None) -> PrivateData | None:
    octets = (Encoding.RAW, Encoding.DER, Encoding.BASE64)
    is_octets = private is None or private.encoding in octets
    return private if is_octets or private is None else replace(private, data=b"text")


@st.composite
def databases(draw: st.DrawFn) -> Database:
    """Any database that makes sense as one of another stack: its data are what they claim."""
    database = draw(plain_databases)
    doxm = database.doxm
    if doxm.device_uuid == NIL:
        doxm = replace(doxm, device_uuid=uuid.UUID(int=7))
    # Who owns an unowned device, or owns one without being anybody, is put right by an import.
    owner = doxm.owner_uuid if doxm.owner_uuid != NIL else uuid.UUID(int=9)
    doxm = replace(doxm, owner_uuid=owner if doxm.owned else NIL)
    credentials = tuple(
        replace(
            each,
            public=_storable_public(each.public),
            private=_storable_private(each.private),
            optional=draw(st.none() | st.builds(OptionalData, is_revoked=st.booleans())),
        )
        for each in database.cred.credentials
    )
    # Two entries with one id are no place to keep anything for one of them.
    entries = tuple(
        replace(ace, resources=tuple(_one_target(each) for each in ace.resources))
        for ace in database.acl2.entries
    )
    parts = draw(_foreign) | draw(_properties)
    foreign = tuple(Foreign(place=place, content=parts[place]) for place in sorted(parts))
    database = replace(
        database,
        doxm=doxm,
        cred=replace(database.cred, credentials=credentials),
        acl2=replace(database.acl2, entries=entries),
        permanent=replace(
            database.permanent, **{name: uuid.UUID(int=8) for name in ("device", "platform")}
        ),
        crl=draw(st.builds(Crl, number=st.integers(0, 9), data=st.sampled_from(["", "AAEC"]))),
        ael=draw(st.builds(Ael, categories=st.integers(0, 255), priority=st.integers(0, 4))),
        next_uuid=draw(st.none() | st.uuids()),
        foreign=foreign,
    )
    return replace(database, reset_profile=draw(st.none() | _profiles(database)))


def _one_target(resource: Any) -> Any:
    """Say `wc: *` the one way there is, and filter by names that mean something."""
    if resource.href == "*":
        resource = replace(resource, href="/a")
    types = tuple(each for each in resource.types if each not in ("", "*"))
    interfaces = tuple(each for each in resource.interfaces if each not in ("", "*"))
    return replace(resource, types=types, interfaces=interfaces)


def _profiles(database: Database) -> st.SearchStrategy[ResetProfile]:
    return st.builds(
        ResetProfile,
        doxm=st.just(Doxm(methods=(0,), device_uuid=database.doxm.device_uuid)),
        pstat=st.just(Pstat()),
        cred=st.just(replace(database.cred, resource_owner=NIL)),
        acl2=st.just(replace(database.acl2, resource_owner=NIL)),
        sp=st.just(database.sp),
        uuid=st.sampled_from(ResetUuid),
        is_uuid_hidden=st.booleans(),
    )


def rich() -> Database:
    """Return an owned device with something in every place."""
    database = owned()
    profile = ResetProfile(
        doxm=Doxm(methods=(0, 2), device_uuid=database.doxm.device_uuid),
        acl2=replace(database.acl2, resource_owner=NIL),
    )
    foreign = (
        Foreign(place=("cred", "creds", f"1 {database.doxm.owner_uuid}", "x.vendor.owner"),
                content=cbor2.dumps(str(database.doxm.owner_uuid))),
        Foreign(place=("doxm", "x.org.iotivity.dpc"), content=cbor2.dumps(True)),
        Foreign(place=("dpairing",), content=cbor2.dumps({"edp": True, "pin": b"00000000"})),
    )  # fmt: skip
    return replace(database, reset_profile=profile, foreign=foreign)
