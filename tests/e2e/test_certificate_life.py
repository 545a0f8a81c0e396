"""Certificates in the life of a device: transfer, sessions, requests, roles, revocation."""

import base64
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from certificate_scene import (
    CCM_8,
    FRIEND,
    NOON,
    OWNER,
    PSK,
    ROOT,
    Peer,
    Stage,
    anchor,
    with_certificate,
    with_key,
)
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from onboardee.device.security import owner
from onboardee.device.simulation.manufacturer import Manufacturer
from onboardee.device.simulation.profile import OwnerTransferMethod as TransferMethod
from onboardee.device.simulation.profile import Profile, load
from onboardee.pki import issuing
from onboardee.svrdb.model import CredentialUsage, State
from onboardee.wire.coap import Code
from onboardee.wire.dtls import CipherSuite

LIGHT = "/light/switch"
CRED, CSR, ROLES, CRL = (f"/oic/sec/{name}" for name in ("cred", "csr", "roles", "crl"))
MAKER = ROOT.issue(issuing.authority("maker", path_length=0))
MADE = MAKER.issue(issuing.manufacturer())
SUITES = (
    CCM_8,
    CipherSuite.ECDHE_ECDSA_AES_128_CCM,
    CipherSuite.ECDHE_ECDSA_AES_256_CCM_8,
    CipherSuite.ECDHE_ECDSA_AES_256_CCM,
)
FRIENDS = ROOT.issue(issuing.identity(FRIEND))
OWNERS = ROOT.issue(issuing.identity(OWNER))


def made_profile() -> Profile:
    """Make a light with a manufacturer's certificate."""
    light = load("light")
    made = Manufacturer(chain=MADE.pem, key=MADE.key_pem, trust=ROOT.pem)
    methods = (TransferMethod.JUST_WORKS, TransferMethod.MANUFACTURER_CERTIFICATE)
    ownership = msgspec.structs.replace(light.ownership, methods=methods, manufacturer=made)
    return msgspec.structs.replace(light, ownership=ownership)


def select(stage: Stage) -> None:
    """Select the manufacturer certificate method."""
    assert Peer(stage).post("/oic/sec/doxm", {"oxmsel": 2}) is Code.CHANGED


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_transfer_by_manufacturer_certificate(suite: CipherSuite) -> None:
    """The device shows its chain and asks for none; the owner key comes from the session."""
    stage = Stage(made_profile())
    select(stage)
    tool = Peer(stage, with_certificate(None, suite=suite))
    assert tool.session.peer_certificates == MADE.certified_key.chain
    take_ownership(tool)
    device = stage.database.doxm.device_uuid
    key = owner.derive(tool.session.key_block, suite=suite, method=2, owner=OWNER, device=device)
    again = Peer(stage, with_key(key=key))
    assert again.get("/oic/sec/doxm")["owned"] is True
    assert stage.database.state is State.RFPRO
    # what the factory gave is still there, and its key is not shown
    (made, trusted, _) = again.get(CRED)["creds"]
    assert made["privatedata"]["data"] == ""
    assert trusted["credusage"] == CredentialUsage.MANUFACTURER_ANCHOR


def take_ownership(tool: Peer) -> None:
    """Take the steps of a transfer up to provisioning."""
    name = str(OWNER)
    credential = {"credtype": 1, "subjectuuid": name, "privatedata": {"data": b""}}
    credential["privatedata"]["encoding"] = "oic.sec.encoding.raw"  # type: ignore[index]
    steps: list[tuple[str, dict[str, Any]]] = [
        ("pstat", {"om": 4}),
        ("doxm", {"devowneruuid": name}),
        ("doxm", {"rowneruuid": name}),
        ("acl2", {"rowneruuid": name}),
        ("pstat", {"rowneruuid": name}),
        ("cred", {"creds": [credential], "rowneruuid": name}),
        ("doxm", {"owned": True}),
        ("pstat", {"dos": {"s": 2}}),
    ]
    for resource, body in steps:
        assert tool.post(f"/oic/sec/{resource}", body) is Code.CHANGED, (resource, body)


def test_a_reset_brings_the_manufacturers_certificate_back() -> None:
    """After a reset the transfer is possible again, even if an owner removed the certificate."""
    stage = Stage(made_profile())
    stage.keeper.current = msgspec.structs.replace(
        stage.database, cred=msgspec.structs.replace(stage.database.cred, credentials=())
    )
    stage.device.press_reset(stage.now)
    select(stage)
    assert Peer(stage, with_certificate(None)).session is not None


def test_other_suites_do_not_start_the_transfer() -> None:
    """With the method selected, neither pre-shared keys nor the anonymous suite are accepted."""
    stage = Stage(made_profile())
    select(stage)
    assert Peer(stage, with_key()).alert == "handshake_failure"


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_session_with_certificates(suite: CipherSuite) -> None:
    """An owned device knows its peer by the certificate, and the owner as the owner."""
    stage = Stage().certified()
    peer = Peer(stage, with_certificate(OWNERS.certified_key, suite=suite))
    assert peer.post("/oic/sec/pstat", {"dos": {"s": 2}}) is Code.CHANGED
    friend = Peer(stage, with_certificate(FRIENDS.certified_key, suite=suite))
    assert friend.get(CRED) is Code.UNAUTHORIZED


def test_pre_shared_keys_still_work() -> None:
    """A client that offers both gets the suite without certificates."""
    stage = Stage().certified()
    assert Peer(stage, with_key()).get(CRED)["rowneruuid"] == str(OWNER)
    both = replace(with_key(), suites=(CCM_8, PSK), certificate=OWNERS.certified_key)
    both = replace(both, verify_server=lambda _chain: None)
    assert Peer(stage, both).session.suite is PSK


def test_the_manufacturers_certificate_serves_until_there_is_another() -> None:
    """An owned device without an identity shows who made it."""
    stage = Stage(made_profile())
    made = stage.database.cred.credentials[0]
    stage.certified(msgspec.structs.replace(made, credid=20))
    peer = Peer(stage, with_certificate(OWNERS.certified_key))
    assert peer.session.peer_certificates != MADE.certified_key.chain
    credentials = tuple(
        each for each in stage.database.cred.credentials if each.usage != CredentialUsage.IDENTITY
    )
    cred = msgspec.structs.replace(stage.database.cred, credentials=credentials)
    stage.keeper.current = msgspec.structs.replace(stage.database, cred=cred)
    peer = Peer(stage, with_certificate(OWNERS.certified_key))
    assert peer.session.peer_certificates == MADE.certified_key.chain


def recipe(**changes: Any) -> issuing.Recipe:
    """Make a friend's certificate that differs."""
    return replace(issuing.identity(FRIEND), **changes)


REFUSALS: dict[str, tuple[issuing.Issued | None, str]] = {
    "no certificate": (None, "handshake_failure"),
    "another root": (issuing.root("other").issue(recipe()), "unknown_ca"),
    "forged": (issuing.root().issue(recipe()), "bad_certificate"),
    "expired": (ROOT.issue(recipe(end=NOON - timedelta(days=1))), "certificate_expired"),
    "not yet": (ROOT.issue(recipe(start=NOON + timedelta(days=1))), "certificate_expired"),
    "a role": (ROOT.issue(issuing.role(FRIEND, "guest")), "unsupported_certificate"),
    "nobody": (ROOT.issue(recipe(subject="somebody")), "unsupported_certificate"),
    "an authority": (ROOT.issue(recipe(ca=True)), "unsupported_certificate"),
}


@pytest.mark.parametrize(("issued", "alert"), REFUSALS.values(), ids=REFUSALS)
def test_refusals(issued: issuing.Issued | None, alert: str) -> None:
    """Each fault of a client's certificate has its alert."""
    stage = Stage().certified()
    peer = Peer(stage, with_certificate(None if issued is None else issued.certified_key))
    assert peer.alert == alert


@pytest.mark.parametrize(
    ("subject", "is_trusted"),
    [
        ("*", True),
        (str(FRIEND), True),
        (str(OWNER), True),
        ("99999999-2222-4333-8444-555555555555", False),
    ],
)
def test_whom_an_anchor_vouches_for(subject: str, is_trusted: bool) -> None:
    """An anchor is for everybody, for one peer, or the owner's."""
    other = issuing.root("other")
    stage = Stage().certified(anchor(other.pem, 12, subject))
    peer = Peer(stage, with_certificate(other.issue(recipe()).certified_key))
    assert (peer.session is not None) is is_trusted


def test_revocation_counts_from_the_next_handshake() -> None:
    """A list of revoked certificates keeps its victims out, and ends their sessions."""
    stage = Stage().certified()
    friend = Peer(stage, with_certificate(FRIENDS.certified_key))
    owners = Peer(stage, with_key())
    assert owners.post("/oic/sec/pstat", {"dos": {"s": 2}}) is Code.CHANGED
    data = base64.b64encode(ROOT.revoke(FRIENDS.certificate)).decode()
    body = {"crlid": 1, "thisupdate": "2026-06-01T00:00:00Z", "crldata": data}
    provide(stage, CRL, 14)
    assert owners.post(CRL, body) is Code.CHANGED
    assert owners.get(CRL) == body
    friend.hear()
    assert len(stage.device.sessions) == 1
    assert Peer(stage, with_certificate(FRIENDS.certified_key)).alert == "certificate_revoked"
    assert Peer(stage, with_certificate(OWNERS.certified_key)).session is not None
    assert owners.post(CRL, {"crldata": "bm8gbGlzdA=="}) is Code.BAD_REQUEST


def provide(stage: Stage, href: str, permission: int) -> None:
    """Give the owner a right."""
    from onboardee.svrdb.model import Ace, AceResource, Subject  # noqa: PLC0415

    acl2 = stage.database.acl2
    entry = Ace(
        aceid=max((each.aceid for each in acl2.entries), default=0) + 1,
        subject=Subject(uuid=str(OWNER)),
        resources=(AceResource(href=href),),
        permission=permission,
    )
    entries = (*acl2.entries, entry)
    stage.keeper.current = msgspec.structs.replace(
        stage.database, acl2=msgspec.structs.replace(acl2, entries=entries)
    )


def test_an_anchor_that_was_marked_as_revoked() -> None:
    """An anchor with revstat vouches for nobody."""
    stage = Stage().certified()
    tool = Peer(stage, with_key())
    tool.post("/oic/sec/pstat", {"dos": {"s": 2}})
    (found,) = tool.get(CRED, "credid=8")["creds"]
    assert tool.post(CRED, {"creds": [found | {"optionaldata": {"revstat": True}}]}) is Code.CHANGED
    assert Peer(stage, with_certificate(FRIENDS.certified_key)).alert == "unknown_ca"
    (found,) = tool.get(CRED, "credid=8")["creds"]
    assert found["optionaldata"] == {"revstat": True}


def test_a_credential_outside_its_period_opens_nothing() -> None:
    """Keys, anchors and the device's own certificate count in their periods only."""
    stage = Stage().certified()
    changed = tuple(
        msgspec.structs.replace(each, period="20260601T000000Z/P1D")
        for each in stage.database.cred.credentials
    )
    cred = msgspec.structs.replace(stage.database.cred, credentials=changed)
    stage.keeper.current = msgspec.structs.replace(stage.database, cred=cred)
    assert Peer(stage, with_key()).session is not None
    assert Peer(stage, with_certificate(FRIENDS.certified_key)).session is not None
    stage.time_of_day += timedelta(days=1)
    assert Peer(stage, with_key()).alert == "bad_record_mac"
    assert Peer(stage, with_certificate(FRIENDS.certified_key)).alert == "handshake_failure"


def test_identity_by_request() -> None:
    """Request, certificate, session: the key pair never leaves the device."""
    stage = Stage().certified()
    provide(stage, CSR, 2)
    tool = Peer(stage, with_key())
    tool.post("/oic/sec/pstat", {"dos": {"s": 2}})
    answer = tool.get(CSR)
    request = x509.load_pem_x509_csr(answer["csr"].encode())
    assert request.is_signature_valid
    device = stage.database.doxm.device_uuid
    assert request.subject.rfc4514_string() == f"CN=uuid:{device}"
    key = request.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    signed = ROOT.sign(issuing.identity(device), key)
    public = {"data": signed.pem, "encoding": "oic.sec.encoding.pem"}
    element = {
        "credtype": 8,
        "subjectuuid": str(device),
        "credusage": "oic.sec.cred.cert",
        "publicdata": public,
    }
    assert tool.post(CRED, {"creds": [element]}) is Code.CHANGED
    shown = Peer(stage, with_certificate(OWNERS.certified_key)).session.peer_certificates
    assert shown == (signed.der,)


def test_a_lost_credential_ends_its_sessions_but_not_the_callers() -> None:
    """Whoever loses its key loses its session; who removed it still gets the answer."""
    stage = Stage().certified()
    first, second = Peer(stage, with_key()), Peer(stage, with_key())
    friend = Peer(stage, with_certificate(FRIENDS.certified_key))
    first.post("/oic/sec/pstat", {"dos": {"s": 2}})
    assert first.delete(CRED, "credid=1") is Code.DELETED
    assert second.session.alive is first.session.alive is True
    left = {session.address for session in stage.device.sessions}
    assert left == {first.session.address, friend.session.address}
    assert Peer(stage, with_key()).alert == "bad_record_mac"
    assert first.delete(CRED, "credid=8") is Code.DELETED
    assert {session.address for session in stage.device.sessions} == {first.session.address}


def element_of(issued: issuing.Issued) -> dict[str, Any]:
    """Make an element of roles."""
    return {
        "credtype": 8,
        "credusage": "oic.sec.cred.rolecert",
        "publicdata": {"data": issued.pem, "encoding": "oic.sec.encoding.pem"},
    }


def test_roles_open_doors_for_their_session_only() -> None:
    """A role that was asserted counts at once, in its session, until it is given up."""
    stage = Stage().certified(roles=("guest",))
    friend = Peer(stage, with_certificate(FRIENDS.certified_key))
    assert friend.get(LIGHT) is Code.UNAUTHORIZED
    guest = ROOT.issue(issuing.role(FRIEND, "guest"), FRIENDS.key)
    assert friend.post(ROLES, {"roles": [element_of(guest)]}) is Code.CHANGED
    assert friend.get(LIGHT) == {"value": False}
    (shown,) = friend.get(ROLES)["roles"]
    assert (shown["credid"], shown["subjectuuid"]) == (1, str(FRIEND))
    other = Peer(stage, with_certificate(FRIENDS.certified_key))
    assert other.get(ROLES) == {"roles": []}
    assert other.get(LIGHT) is Code.UNAUTHORIZED
    assert friend.delete(ROLES, "credid=2") is Code.NOT_FOUND
    assert friend.delete(ROLES, "credid=1") is Code.DELETED
    assert friend.get(LIGHT) is Code.UNAUTHORIZED


OTHER_KEY = ec.generate_private_key(ec.SECP256R1())
BAD_ROLES: dict[str, Any] = {
    "another key": element_of(ROOT.issue(issuing.role(FRIEND, "guest"), OTHER_KEY)),
    "another peer": element_of(ROOT.issue(issuing.role(OWNER, "guest"), FRIENDS.key)),
    "another root": element_of(
        issuing.root("other").issue(issuing.role(FRIEND, "guest"), FRIENDS.key)
    ),
    "no role": element_of(FRIENDS),
    "reserved": element_of(ROOT.issue(issuing.role(FRIEND, "oic.role.x"), FRIENDS.key)),
    "expired": element_of(
        ROOT.issue(replace(issuing.role(FRIEND, "guest"), end=NOON - timedelta(1)), FRIENDS.key)
    ),
    "no certificate": {"credtype": 8, "credusage": "oic.sec.cred.rolecert"},
    "a key": {"credtype": 1, "credusage": "oic.sec.cred.rolecert"},
    "another use": {**element_of(FRIENDS), "credusage": "oic.sec.cred.cert"},
    "no map": 5,
}


@pytest.mark.parametrize("element", BAD_ROLES.values(), ids=BAD_ROLES)
def test_roles_that_are_refused(element: Any) -> None:
    """One bad role certificate, and none of the update counts."""
    stage = Stage().certified(roles=("guest",))
    friend = Peer(stage, with_certificate(FRIENDS.certified_key))
    good = element_of(ROOT.issue(issuing.role(FRIEND, "guest"), FRIENDS.key))
    assert friend.post(ROLES, {"roles": [good, element]}) is Code.BAD_REQUEST
    assert friend.get(ROLES) == {"roles": []}


def test_only_certificate_holders_assert_roles() -> None:
    """A peer with a pre-shared key has no certificate that a role could belong to."""
    stage = Stage().certified()
    tool = Peer(stage, with_key())
    assert tool.get(ROLES) == {"roles": []}
    assert tool.post(ROLES, {"roles": [BAD_ROLES["another peer"]]}) is Code.BAD_REQUEST


def test_a_session_asserts_a_bounded_number_of_roles() -> None:
    """Eight roles, and the ninth is one too many."""
    stage = Stage().certified()
    friend = Peer(stage, with_certificate(FRIENDS.certified_key))
    for number in range(9):
        issued = ROOT.issue(issuing.role(FRIEND, f"role {number}"), FRIENDS.key)
        code = friend.post(ROLES, {"roles": [element_of(issued)]})
        assert code is (Code.CHANGED if number < 8 else Code.REQUEST_ENTITY_TOO_LARGE)
    assert friend.delete(ROLES) is Code.DELETED
    assert friend.get(ROLES) == {"roles": []}
