"""Certificates with NULL parameters, as IoTivity's tools have them, in the life of a device."""

from typing import Any

import msgspec
import pytest
from certificate_scene import CCM_8, FRIEND, OWNER, Peer, Stage, with_certificate, with_key
from null_certificates import NULL, null_authority, null_issue, null_root
from test_certificate_life import take_ownership

from onboardee.device.simulation.manufacturer import Manufacturer
from onboardee.device.simulation.profile import OwnerTransferMethod, Profile, load
from onboardee.obt import TrustAnchors
from onboardee.pki import issuing
from onboardee.svrdb.model import CredentialUsage
from onboardee.wire.coap import Code
from onboardee.wire.dtls import ClientConfig

CRED, ROLES, LIGHT = "/oic/sec/cred", "/oic/sec/roles", "/light/switch"
ROOT = null_root()
MIDDLE = null_authority(ROOT)
FRIENDS = null_issue(MIDDLE, issuing.identity(FRIEND))
MADE = null_issue(MIDDLE, issuing.manufacturer())


def credential(text: str, usage: CredentialUsage, **parts: Any) -> dict[str, Any]:
    """Make an element of cred as the tools of IoTivity write it, which count the end of a text."""
    public = {"data": f"{text}\0\0", "encoding": "oic.sec.encoding.pem"}
    element = {"credtype": 8, "subjectuuid": "*", "credusage": str(usage), "publicdata": public}
    return element | parts


def provisioned() -> tuple[Stage, Peer]:
    """Return a device in RFPRO that trusts the root, and its owner."""
    stage = Stage().certified(roles=("guest",))
    tool = Peer(stage, with_key())
    assert tool.post("/oic/sec/pstat", {"dos": {"s": 2}}) is Code.CHANGED
    anchor = credential(ROOT.pem, CredentialUsage.TRUST_ANCHOR)
    assert tool.post(CRED, {"creds": [anchor]}) is Code.CHANGED
    return stage, tool


def test_an_anchor_is_kept_as_it_came() -> None:
    """The tool reads back the certificate that it provisioned, NULL and all."""
    _, tool = provisioned()
    shown = tool.get(CRED)["creds"][-1]["publicdata"]["data"]
    assert shown.rstrip("\0") == ROOT.pem
    assert ROOT.certificate.der.count(NULL) == 2


def test_a_peer_is_known_by_its_certificate() -> None:
    """A chain with NULL opens a session, and a role certificate with NULL a door."""
    stage, tool = provisioned()
    assert tool.post("/oic/sec/pstat", {"dos": {"s": 3}}) is Code.CHANGED
    friend = Peer(stage, with_certificate(FRIENDS.certified_key))
    assert friend.session is not None
    assert friend.get(LIGHT) is Code.UNAUTHORIZED
    role = null_issue(MIDDLE, issuing.role(FRIEND, "guest"), FRIENDS.key)
    public = {"data": role.pem, "encoding": "oic.sec.encoding.pem"}
    element = {"credtype": 8, "credusage": "oic.sec.cred.rolecert", "publicdata": public}
    assert friend.post(ROLES, {"roles": [element]}) is Code.CHANGED
    assert friend.get(LIGHT) == {"value": False}
    assert friend.get(ROLES)["roles"][0]["publicdata"]["data"] == role.pem


@pytest.mark.parametrize(
    ("issuer", "alert"),
    [(null_root(), "bad_certificate"), (null_root("another"), "unknown_ca")],
    ids=["same name", "other name"],
)
def test_strangers_stay_out(issuer: issuing.Issued, alert: str) -> None:
    """A chain of another root is refused with the same alert as ever."""
    stage, _ = provisioned()
    stranger = null_issue(issuer, issuing.identity(FRIEND))
    assert Peer(stage, with_certificate(stranger.certified_key)).alert == alert


def test_the_device_shows_its_own_as_it_came() -> None:
    """An identity that an owner provisions is shown in handshakes, octet by octet."""
    stage, tool = provisioned()
    device = stage.database.doxm.device_uuid
    own = null_issue(MIDDLE, issuing.identity(device))
    private = {"data": own.key_pem, "encoding": "oic.sec.encoding.pem"}
    element = credential(own.pem, CredentialUsage.IDENTITY, privatedata=private)
    assert tool.post(CRED, {"creds": [element]}) is Code.CHANGED
    believed = TrustAnchors.of(ROOT.pem).verify_identity(device)
    config = ClientConfig(
        suites=(CCM_8,), certificate=FRIENDS.certified_key, verify_server=believed
    )
    assert Peer(stage, config).session.peer_certificates == own.certified_key.chain


def made_profile() -> Profile:
    """Make a light with the certificate of a manufacturer who signs with Mbed TLS."""
    light = load("light")
    made = Manufacturer(chain=MADE.pem, key=MADE.key_pem, trust=ROOT.pem)
    methods = (OwnerTransferMethod.JUST_WORKS, OwnerTransferMethod.MANUFACTURER_CERTIFICATE)
    ownership = msgspec.structs.replace(light.ownership, methods=methods, manufacturer=made)
    return msgspec.structs.replace(light, ownership=ownership)


def test_transfer_by_manufacturer_certificate() -> None:
    """A profile may have such a certificate; the tool believes it and takes ownership."""
    stage = Stage(made_profile())
    assert Peer(stage).post("/oic/sec/doxm", {"oxmsel": 2}) is Code.CHANGED
    believed = TrustAnchors.of(ROOT.certificate.der).verify_manufacturer()
    tool = Peer(stage, ClientConfig(suites=(CCM_8,), verify_server=believed))
    assert tool.session.peer_certificates == MADE.certified_key.chain
    take_ownership(tool)
    assert stage.database.doxm.owner_uuid == OWNER
