"""`/oic/sec/cred`: keys and certificates, and the owner credential above all."""

import base64
import datetime as dt
from typing import Any
from uuid import UUID

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec.structs import replace
from resource_support import (
    BY_OWNER,
    FRIEND,
    NOBODY,
    OWNER,
    OWNER_KEY,
    SECRET,
    TRANSFER,
    World,
    in_state,
    owned,
    plainly,
    transfer_session,
    unowned,
)

from onboardee.device.resources.secure.cred import MAX_CREDENTIALS
from onboardee.svrdb.check import problems
from onboardee.svrdb.findings import ProblemCode
from onboardee.svrdb.model import Database, State
from onboardee.wire.coap import Code
from onboardee.wire.dtls import CipherSuite

CRED = "/oic/sec/cred"
RAW, BASE64, PEM, DER = (f"oic.sec.encoding.{name}" for name in ("raw", "base64", "pem", "der"))
HANDLE = "oic.sec.encoding.handle"
KEY = bytes(range(0xE0, 0xF0))
LONG_KEY = KEY * 2


def key(data: Any = KEY, encoding: str | None = RAW, **changes: Any) -> dict[str, Any]:
    """Make a pairwise key in its wire form; None removes a member."""
    private = {"data": data, "encoding": encoding}
    values = {"credtype": 1, "subjectuuid": str(FRIEND), "privatedata": private} | changes
    return {name: value for name, value in values.items() if value is not None}


def owner_key(private: Any, **changes: Any) -> dict[str, Any]:
    """Make the element that asks for the owner credential."""
    return key(**({"subjectuuid": str(OWNER)} | changes)) | {"privatedata": private}


def claimed(**changes: Any) -> Database:
    """Make a device whose new owner has introduced itself."""
    fresh = unowned()
    return replace(fresh, doxm=replace(fresh.doxm, owner_uuid=OWNER, **changes))


def secrets(world: World) -> list[tuple[str, bytes]]:
    """Return subject and secret of all credentials."""
    return [
        (each.subject, b"" if each.private is None else each.private.data)
        for each in world.database.cred.credentials
    ]


@pytest.mark.parametrize(
    "private",
    [
        {"data": b"", "encoding": RAW},
        {"data": "", "encoding": RAW},
        {"data": b"", "encoding": BASE64},
        {"data": "", "encoding": BASE64},
        {"encoding": RAW},
        {"data": b""},
        {"data": ""},
        {},
        None,
    ],
)
@pytest.mark.parametrize("credid", [None, 0, 1, 65535])
def test_the_owner_credential_is_derived(private: Any, credid: int | None) -> None:
    """Empty privatedata in each shape that tools send yields the key of the session."""
    world = World(claimed())
    body = {
        "creds": [owner_key(private, credid=credid)],
        "rowneruuid": str(OWNER),
        "rt": ["oic.r.cred"],
        "if": ["oic.if.baseline"],
    }
    assert world.post(CRED, body) is Code.CHANGED
    assert secrets(world) == [(str(OWNER), OWNER_KEY)]
    assert world.database.cred.resource_owner == OWNER
    assert world.database.cred.credentials[0].credid == (credid or 1)
    assert not [flaw for flaw in problems(world.database) if "key" in flaw.code]


def test_the_owner_credential_as_it_was_recorded() -> None:
    """The indefinite-length form of a deployed tool, octet by octet."""
    payload = bytes.fromhex(
        "bf 65 6372656473 9f bf 68 6372656474797065 01"
        "6b 7375626a65637475756964 7824"
        "31313131313131312d323232322d343333332d383434342d353535353535353535353535"
        "6b 7072697661746564617461"
        "bf 68 656e636f64696e67 74 6f69632e7365632e656e636f64696e672e726177 64 64617461 40 ff ff ff"
        "6a 726f776e657275756964 7824"
        "31313131313131312d323232322d343333332d383434342d353535353535353535353535 ff"
    )
    world = World(unowned())
    assert world.post(CRED, payload) is Code.CHANGED
    assert secrets(world) == [(str(OWNER), OWNER_KEY)]


@pytest.mark.parametrize("name", ["devowneruuid", "rowneruuid before", "rowneruuid within"])
def test_whom_the_owner_credential_is_for(name: str) -> None:
    """The owner of the device or of the credentials, which the same update may name."""
    world = World(claimed() if name == "devowneruuid" else unowned())
    if name == "rowneruuid before":
        assert world.post(CRED, {"rowneruuid": str(OWNER)}) is Code.CHANGED
    body: dict[str, Any] = {"creds": [owner_key({})]}
    if name == "rowneruuid within":
        body["rowneruuid"] = str(OWNER).upper()
    assert world.post(CRED, body) is Code.CHANGED
    assert secrets(world) == [(str(OWNER), OWNER_KEY)]


EMPTY = {"data": b"", "encoding": RAW}


@pytest.mark.parametrize(
    ("world", "element"),
    [
        (World(unowned()), owner_key(EMPTY)),
        (World(claimed()), key(b"")),
        (World(claimed()), owner_key(EMPTY, subjectuuid="*")),
        (World(claimed()), owner_key(EMPTY, subjectuuid=NOBODY)),
        (World(unowned()), owner_key(EMPTY, subjectuuid=NOBODY)),
        (World(claimed(owned=True)), owner_key(EMPTY)),
        (World(claimed(selected_method=4)), owner_key(EMPTY)),
        (World(claimed(selected_method=3)), owner_key(EMPTY)),
        (World(owned(State.RFPRO)), owner_key(EMPTY)),
        (World(owned(State.RFPRO), BY_OWNER), owner_key(EMPTY)),
        (World(owned(State.SRESET), BY_OWNER), owner_key(EMPTY)),
        (World(claimed()), owner_key({"data": "", "encoding": PEM})),
        (World(claimed()), owner_key({"data": "", "encoding": DER})),
        (World(claimed()), owner_key({"data": "", "encoding": "oic.sec.encoding.handle"})),
        (World(claimed()), owner_key({"data": "", "encoding": ""})),
        (World(claimed()), owner_key({"data": "", "encoding": None})),
        (World(claimed()), owner_key({"data": "", "encoding": [RAW]})),
        (World(claimed()), owner_key({"data": None})),
        (World(claimed()), owner_key({"data": 0})),
        (World(claimed()), owner_key({"data": []})),
        (World(claimed()), owner_key([])),
        (World(claimed()), owner_key("")),
        (World(claimed()), owner_key(EMPTY, publicdata={"data": "x", "encoding": PEM})),
    ],
)
def test_where_no_owner_credential_is_derived(world: World, element: dict[str, Any]) -> None:
    """Anywhere else, a key without octets is refused, and nothing at all is written."""
    body = {"creds": [key(), element]}
    before = world.database
    assert world.post(CRED, body) is Code.BAD_REQUEST
    assert world.database == before


@pytest.mark.parametrize(
    "suite",
    [
        suite
        for suite in CipherSuite
        if suite not in (0xFF00, 0xC037, 0xC0AC, 0xC0AE, 0xC02B, 0xC02C)
    ],
)
def test_a_session_without_a_derivation(suite: CipherSuite) -> None:
    """A suite that has no rule is refused."""
    world = World(claimed(), session=transfer_session(suite))
    expected = Code.CHANGED if suite in (0xC0AD, 0xC0AF) else Code.BAD_REQUEST
    assert world.post(CRED, {"creds": [owner_key(EMPTY)]}) is expected


def test_the_transfer_needs_its_session() -> None:
    """Without a session there is nothing to derive from."""
    world = World(claimed())
    world.session = None
    assert world.post(CRED, {"creds": [owner_key(EMPTY)]}) is Code.BAD_REQUEST


def test_asking_again_replaces_the_owner_credential() -> None:
    """A second derivation leaves one key, for the device UUID there is by then."""
    world = World(claimed())
    assert world.post(CRED, {"creds": [key(), owner_key(EMPTY)]}) is Code.CHANGED
    assert world.post(CRED, {"creds": [owner_key(EMPTY)]}) is Code.CHANGED
    assert secrets(world) == [(str(FRIEND), KEY), (str(OWNER), OWNER_KEY)]
    assert world.post("/oic/sec/doxm", {"deviceuuid": str(FRIEND)}) is Code.CHANGED
    assert world.post(CRED, {"creds": [owner_key(EMPTY)]}) is Code.CHANGED
    (_, _), (subject, secret) = secrets(world)
    assert subject == str(OWNER)
    assert secret != OWNER_KEY


@pytest.mark.parametrize(
    ("data", "encoding", "stored"),
    [
        (KEY, RAW, KEY),
        (LONG_KEY, RAW, LONG_KEY),
        ("sixteen letters!", RAW, b"sixteen letters!"),
        (KEY, None, KEY),
        (base64.b64encode(KEY).decode(), BASE64, KEY),
        (base64.b64encode(KEY), BASE64, KEY),
        (base64.b64encode(LONG_KEY).decode(), BASE64, LONG_KEY),
    ],
)
def test_explicit_keys(data: Any, encoding: str | None, stored: bytes) -> None:
    """Keys of 16 or 32 octets come raw, as text or in base64, and are kept raw."""
    element = key(data, encoding)
    if encoding is None:
        del element["privatedata"]["encoding"]
    world = World(owned(State.RFPRO), BY_OWNER)
    assert world.post(CRED, {"creds": [element]}) is Code.CHANGED
    assert secrets(world)[1:] == [(str(FRIEND), stored)]


def test_a_key_as_a_text_string_of_arbitrary_octets() -> None:
    """One deployed tool labels random octets as text."""
    for secret in (KEY, b"\xff" * 16, b"\xed\xa0\x80" * 5 + b"\0", b"a\xc3" * 8):
        payload = cbor2.dumps({"creds": [key("\0" * 16)], "rowneruuid": str(OWNER)})
        payload = payload.replace(b"\x70" + bytes(16), b"\x70" + secret)
        world = World(unowned())
        assert world.post(CRED, payload) is Code.CHANGED
        assert secrets(world) == [(str(FRIEND), secret)]


@pytest.mark.parametrize(
    "element",
    [
        None,
        1,
        [],
        {},
        key(b"x"),
        key(bytes(15)),
        key(bytes(17)),
        key(bytes(33)),
        key(bytes(9000)),
        key("\xe9" * 15),
        key(KEY.hex(), BASE64),
        key("=" * 24, BASE64),
        key("=", BASE64),
        key("A" * 23, BASE64),
        key("\xe9" * 24, BASE64),
        key(base64.b64encode(bytes(49)).decode(), BASE64),
        key(KEY, PEM),
        key(KEY, DER),
        key(KEY, "raw"),
        key(KEY, 1),
        key(KEY, [RAW]),
        key([1] * 16),
        key(1),
        key(None),
        key(subjectuuid=None),
        key(subjectuuid=""),
        key(subjectuuid=NOBODY),
        key(subjectuuid=FRIEND.hex),
        key(subjectuuid=FRIEND.bytes),
        key(subjectuuid=1),
        key(subjectuuid=["*"]),
        key(credid=-1),
        key(credid="1"),
        key(credid=1.0),
        key(credid=2**32),
        key(credid=0.0),
        key(credid=True),
        key(credid=False),
        key(credid=[]),
        key(credid={}),
        key(credtype=None),
        key(credtype=0),
        key(credtype=3),
        key(credtype=64),
        key(credtype=128),
        key(credtype=256),
        key(credtype=2, privatedata=None),
        key(credtype=2, privatedata={"data": b"short"}),
        key(credtype=16, privatedata=None),
        key(credtype=16, privatedata={"data": "p" * 65}),
        key(credtype=4, privatedata=None),
        key(credtype=32, privatedata={"data": "x", "encoding": HANDLE}),
        key(credtype=32, privatedata={"handle": "5", "encoding": HANDLE}),
        key(credtype=32, privatedata={"handle": True, "encoding": HANDLE}),
        key(credtype=32, privatedata={"handle": -1, "encoding": HANDLE}),
        key(credtype=1, privatedata={"handle": 5, "encoding": HANDLE}),
        key(credtype=True),
        key(credtype=1.0),
        key(credtype="1"),
        key(credtype=[1]),
        key(credusage=1),
        key(credusage="u" * 257),
        key(roleid="guest"),
        key(roleid={}),
        key(roleid={"role": 1}),
        key(roleid={"role": "r" * 257}),
        key(period=b"x"),
        key(period="always"),
        key(tag="t" * 257),
        key(publicdata={"data": "x"}),
        key(publicdata="x"),
        key(oscore={"senderid": "00"}),
        key(optionaldata={"data": "x"}),
        key(optionaldata={"revstat": 1}),
        key(optionaldata=5),
        key(optionaldata={"revstat": True, "data": "x" * 8193}),
    ],
)
def test_credentials_that_are_refused(element: Any) -> None:
    """A bad credential is refused, and with it all others of the update and the owner."""
    body = {"creds": [key(), element], "rowneruuid": str(FRIEND)}
    assert World(owned(State.SRESET), BY_OWNER).post(CRED, body) is Code.BAD_REQUEST


def certificate(encoding: serialization.Encoding) -> bytes:
    """Make a certificate of nobody in particular."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "anchor")])
    begin = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    builder = x509.CertificateBuilder(name, name, private.public_key(), 1)
    builder = builder.not_valid_before(begin).not_valid_after(begin + dt.timedelta(days=1))
    return builder.sign(private, hashes.SHA256()).public_bytes(encoding)


def anchor(data: Any, encoding: str | None = PEM, **changes: Any) -> dict[str, Any]:
    """Make a trust anchor in its wire form."""
    public = {"data": data, "encoding": encoding}
    values = {"credtype": 8, "credusage": "oic.sec.cred.trustca", "subjectuuid": "*"} | changes
    return values | {"publicdata": public}


def test_certificates() -> None:
    """PEM text is kept as it is, DER as base64; the same anchor twice is kept once."""
    pem, der = certificate(serialization.Encoding.PEM), certificate(serialization.Encoding.DER)
    world = World(owned(State.RFPRO), BY_OWNER)
    chain = (pem + pem).decode()
    for element in (anchor(pem.decode()), anchor(chain), anchor(der, DER), anchor(pem.decode())):
        assert world.post(CRED, {"creds": [element]}) is Code.CHANGED
    found = [each["publicdata"] for each in world.get(CRED)["creds"][1:]]
    assert [each["data"] for each in found] == [pem.decode(), chain, base64.b64encode(der).decode()]


@pytest.mark.parametrize(
    "element",
    [
        anchor(""),
        anchor("no certificate"),
        anchor("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        anchor(b"\xff\xfe"),
        anchor("AAAA", DER),
        anchor("\xe9", DER),
        anchor(b"", DER),
        anchor("x", RAW),
        anchor("x", BASE64),
        anchor(None),
        anchor(1),
        {"credtype": 8, "subjectuuid": "*"},
        {"credtype": 8, "subjectuuid": "*", "publicdata": None},
    ],
)
def test_what_is_no_certificate(element: dict[str, Any]) -> None:
    """What cannot be read as a certificate is not kept as one."""
    assert World(owned(State.RFPRO)).post(CRED, {"creds": [element]}) is Code.BAD_REQUEST


def test_a_certificates_private_key_is_not_disclosed() -> None:
    """A private key in PEM is accepted beside a certificate, and never read back."""
    element = anchor(certificate(serialization.Encoding.PEM).decode())
    secret = "-----BEGIN PRIVATE KEY----- precious"
    element["privatedata"] = {"data": secret, "encoding": PEM}
    world = World(owned(State.RFPRO), BY_OWNER)
    assert world.post(CRED, {"creds": [element]}) is Code.CHANGED
    found = world.get(CRED)
    assert found["creds"][1]["privatedata"] == {"data": "", "encoding": PEM}
    assert b"precious" not in world.last.payload


@pytest.mark.parametrize("query", [(), ("if=oic.if.baseline",), ("credid=1",), ("x=1",)])
def test_secrets_are_never_read(query: tuple[str, ...]) -> None:
    """The element is there, its octets are not, on any interface and with any filter."""
    world = World(owned(State.RFPRO), BY_OWNER)
    found = world.get(CRED, *query)
    assert found["creds"][0] == {
        "credid": 1,
        "credtype": 1,
        "subjectuuid": str(OWNER),
        "privatedata": {"data": b"", "encoding": RAW},
    }
    assert SECRET not in world.last.payload


def test_nobody_without_rights_reads_or_writes_credentials() -> None:
    """An anonymous peer and a stranger are turned away in every state."""
    for state in State:
        for world in (plainly(in_state(state)), World(in_state(state), TRANSFER)):
            if world.requester is TRANSFER:
                world.requester = replace_uuid(world, FRIEND)
            assert world.get(CRED) is Code.UNAUTHORIZED
            assert world.post(CRED, {"creds": [key()]}) is Code.UNAUTHORIZED
            assert world.delete(CRED) is Code.UNAUTHORIZED


def replace_uuid(world: World, uuid: UUID) -> Any:
    """Return a requester with this UUID and no further rights."""
    return type(world.requester)(world.path, secured=True, uuid=uuid)


def with_three() -> World:
    """Make a device with three credentials."""
    world = World(owned(State.RFPRO), BY_OWNER)
    other = key(LONG_KEY, credid=7, subjectuuid=str(UUID(int=5)))
    assert world.post(CRED, {"creds": [key(credid=5), other]}) is Code.CHANGED
    return world


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ((), [1, 5, 7]),
        (("credid=5",), [5]),
        (("CredID=5", "credid=7"), [5, 7]),
        (("credid=6",), []),
        (("credid=x",), []),
        ((f"subjectuuid={FRIEND}",), [5]),
        ((f"subjectuuid={str(FRIEND).upper()}",), [5]),
        ((f"subjectuuid={FRIEND}", "credid=1"), []),
        (("subjectuuid=*",), []),
    ],
)
def test_credentials_are_filtered(query: tuple[str, ...], ids: list[int]) -> None:
    """`credid=` and `subjectuuid=` pick credentials, together those that fit both."""
    assert [each["credid"] for each in with_three().get(CRED, *query)["creds"]] == ids


@pytest.mark.parametrize(
    ("query", "code", "left"),
    [
        ((), Code.DELETED, []),
        (("credid=5",), Code.DELETED, [1, 7]),
        (("credid=5", "credid=7"), Code.DELETED, [1]),
        (("credid=5", "credid=6"), Code.NOT_FOUND, [1, 5, 7]),
        (("credid=0",), Code.NOT_FOUND, [1, 5, 7]),
        (("credid=five",), Code.NOT_FOUND, [1, 5, 7]),
        (("credid",), Code.NOT_FOUND, [1, 5, 7]),
        ((f"subjectuuid={str(FRIEND).upper()}",), Code.DELETED, [1, 7]),
        ((f"subjectuuid={NOBODY}",), Code.NOT_FOUND, [1, 5, 7]),
    ],
)
def test_credentials_are_removed(query: tuple[str, ...], code: Code, left: list[int]) -> None:
    """Those that are named, or all; the owner stays."""
    world = with_three()
    assert world.delete(CRED, *query) is code
    found = world.get(CRED)
    assert [each["credid"] for each in found["creds"]] == left
    assert found["rowneruuid"] == str(OWNER)


@pytest.mark.parametrize("state", State)
def test_when_cred_is_written(state: State) -> None:
    """Credentials change in RFOTM, RFPRO and SRESET, the owner in RFOTM and SRESET."""
    provisioning = {State.RFOTM, State.RFPRO, State.SRESET}
    code = Code.CHANGED if state in provisioning else Code.BAD_REQUEST
    assert World(in_state(state)).post(CRED, {"creds": [key()]}) is code
    code = Code.CHANGED if state in {State.RFOTM, State.SRESET} else Code.BAD_REQUEST
    assert World(in_state(state)).post(CRED, {"rowneruuid": str(FRIEND)}) is code
    code = Code.DELETED if state in provisioning else Code.FORBIDDEN
    assert World(in_state(state)).delete(CRED) is code


def test_a_credential_with_a_known_id_is_replaced() -> None:
    """The old key is gone, even where the new one equals that of another entry."""
    world = with_three()
    assert world.post(CRED, {"creds": [key(LONG_KEY, credid=5)]}) is Code.CHANGED
    assert secrets(world)[1] == (str(FRIEND), LONG_KEY)
    again = key(LONG_KEY, credid=5, subjectuuid=str(UUID(int=5)))
    assert world.post(CRED, {"creds": [again]}) is Code.CHANGED
    subject = again["subjectuuid"]
    assert [each for each, _ in secrets(world)] == [str(OWNER), subject, subject]


def test_a_credential_that_is_there_is_not_added_again() -> None:
    """The same content without an id, or with one that is free, changes nothing."""
    world = with_three()
    before = world.database
    assert world.post(CRED, {"creds": [key(), key(credid=99)]}) is Code.CHANGED
    assert world.database == before


def test_a_subject_may_have_several_keys() -> None:
    """Another key without an id is added; ids are the lowest that are free."""
    world = with_three()
    assert world.post(CRED, {"creds": [key(LONG_KEY), key(bytes(16))]}) is Code.CHANGED
    assert sorted(each.credid for each in world.database.cred.credentials) == [1, 2, 3, 5, 7]
    codes = {flaw.code for flaw in problems(world.database)}
    assert not codes & {ProblemCode.DUPLICATE_CREDID, ProblemCode.BAD_KEY_LENGTH}


def test_there_is_room_for_so_many() -> None:
    """A full list takes replacements, and refuses one more as too large."""
    world = World(owned(State.RFPRO), BY_OWNER)
    many = [key(number.to_bytes(16), credid=number + 1) for number in range(1, MAX_CREDENTIALS)]
    assert world.post(CRED, {"creds": many}) is Code.CHANGED
    one_more = {"creds": [key(b"\xff" * 16)]}
    assert world.post(CRED, one_more) is Code.REQUEST_ENTITY_TOO_LARGE
    assert world.post(CRED, {"creds": [key(b"\xff" * 16, credid=2)]}) is Code.CHANGED


@pytest.mark.parametrize("elements", [1, "x", {}, True, b""])
def test_the_list_is_an_array(elements: Any) -> None:
    """Anything else than an array or null is refused."""
    assert World(unowned()).post(CRED, {"creds": elements}) is Code.BAD_REQUEST


def test_members_without_meaning() -> None:
    """Null members, unknown names and extras of known tools are passed over."""
    world = World(owned(State.RFPRO), BY_OWNER)
    element = key(
        roleid={"role": "guest"}, period="20260101T000000Z/P365D", tag="t", crms=["oic.sec.crm.pro"]
    )
    element |= {"optionaldata": None, "oscore": None, "publicdata": {"data": ""}}
    assert world.post(CRED, {"creds": [element], "rt": 1, "unknown": {}}) is Code.CHANGED
    assert world.post(CRED, {"creds": None}) is Code.CHANGED
    found = world.get(CRED)["creds"][1]
    assert found["roleid"] == {"role": "guest"}
    assert "publicdata" not in found


@pytest.mark.parametrize(
    "element",
    [
        key(credtype=2),
        key(credtype=16, privatedata={"data": "12345678", "encoding": RAW}),
        key(credtype=4, privatedata=None, publicdata={"data": b"\x04", "encoding": RAW}),
        key(credtype=32, publicdata={"data": "e30", "encoding": "oic.sec.encoding.jwt"}),
        key(period="20260101T000000Z/P365D", crms=["oic.sec.crm.psk"]),
        key(optionaldata={"revstat": False, "data": b"x", "encoding": PEM}),
    ],
)
def test_credentials_of_every_kind(element: dict[str, Any]) -> None:
    """What is accepted is read back as it was written, but for the secret."""
    world = World(owned(State.RFPRO), BY_OWNER)
    assert world.post(CRED, {"creds": [element]}) is Code.CHANGED
    found = world.get(CRED)["creds"][-1]
    for name in ("credtype", "period", "crms"):
        assert found.get(name) == element.get(name)
    assert not found.get("privatedata", {}).get("data")
    revocation = element.get("optionaldata")
    assert found.get("optionaldata", {}).get("revstat") == (revocation or {}).get("revstat")


SIGNER = ec.generate_private_key(ec.SECP256R1())
PKCS8, PLAIN_KEY = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
SIGNER_PEM = SIGNER.private_bytes(serialization.Encoding.PEM, PKCS8, PLAIN_KEY)
SIGNER_DER = SIGNER.private_bytes(serialization.Encoding.DER, PKCS8, PLAIN_KEY)
SECRETS: dict[str, dict[str, tuple[Any, bytes]]] = {
    "a key": {RAW: (KEY, KEY), BASE64: (base64.b64encode(KEY).decode(), KEY)},
    "a PIN": {RAW: ("12345678", b"12345678"), BASE64: ("MTIzNA==", b"1234")},
    "a private key": {
        RAW: (SIGNER_DER, SIGNER_DER),
        DER: (SIGNER_DER, SIGNER_DER),
        PEM: (SIGNER_PEM.decode(), SIGNER_PEM),
        BASE64: (base64.b64encode(SIGNER_DER).decode(), SIGNER_DER),
    },
}
KINDS = {1: "a key", 2: "a key", 4: "a private key", 8: "a private key", 16: "a PIN"}
KINDS |= {32: "a private key"}
CELLS = [(kind, encoding) for kind, what in KINDS.items() for encoding in SECRETS[what]]


def of_kind(kind: int, private: dict[str, Any]) -> dict[str, Any]:
    """Make a credential; a certificate is the anchor's own, with its private key."""
    if kind != 8:
        return key(credtype=kind, privatedata=private)
    return anchor(certificate(serialization.Encoding.PEM).decode(), privatedata=private)


@pytest.mark.parametrize(("kind", "encoding"), CELLS)
def test_secrets_in_every_encoding(kind: int, encoding: str) -> None:
    """Whatever the encoding, the octets are kept and never shown."""
    data, stored = SECRETS[KINDS[kind]][encoding]
    world = World(owned(State.RFPRO), BY_OWNER)
    element = of_kind(kind, {"data": data, "encoding": encoding})
    assert world.post(CRED, {"creds": [element]}) is Code.CHANGED
    assert secrets(world)[-1][1] == stored
    assert not world.get(CRED)["creds"][-1]["privatedata"]["data"]


@pytest.mark.parametrize("kind", [2, 4, 8, 16, 32])
def test_a_secret_that_lies_elsewhere(kind: int) -> None:
    """A handle is kept for what the device itself makes no use of, and not shown."""
    world = World(owned(State.RFPRO), BY_OWNER)
    element = of_kind(kind, {"handle": 4711, "encoding": HANDLE})
    assert world.post(CRED, {"creds": [element]}) is Code.CHANGED
    assert secrets(world)[-1][1] == b"4711"
    assert world.get(CRED)["creds"][-1]["privatedata"] == {"data": "", "encoding": HANDLE}
    assert b"4711" not in world.last.payload


def test_a_role_certificate_needs_no_subject() -> None:
    """But it must be about the device and its key."""
    element = anchor(certificate(serialization.Encoding.PEM).decode())
    element |= {"credusage": "oic.sec.cred.rolecert"}
    del element["subjectuuid"]
    world = World(owned(State.RFPRO), BY_OWNER)
    assert world.post(CRED, {"creds": [element]}) is Code.BAD_REQUEST
