"""A device whose profile has P-384: its request and certificates, its peers, its suites."""

from dataclasses import replace as replaced
from typing import Any

import pytest
from certificate_scene import (
    FRIEND,
    NOON,
    OWNER,
    Peer,
    Stage,
    anchor,
    with_certificate,
    with_key,
)
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from msgspec.structs import replace

from onboardee.device.security import onboarding_states
from onboardee.device.security.factory import new_database, reset_database
from onboardee.device.simulation.manufacturer import Manufacturer, loaded
from onboardee.device.simulation.ownership_settings import OwnerTransferMethod
from onboardee.device.simulation.profile import Profile, load
from onboardee.device.testing.local import local_device
from onboardee.pki import issuing
from onboardee.pki.curves import Curve, curve_of
from onboardee.svrdb.editor import add_ace
from onboardee.svrdb.model import AceResource, State, Subject
from onboardee.wire.coap import Code
from onboardee.wire.dtls import CipherSuite, ClientConfig
from onboardee.wire.dtls.numbers import SECP256R1, SECP384R1
from onboardee.wire.entropy import SeededEntropy

LIGHT = load("light")
STRONG = replace(LIGHT, ownership=replace(LIGHT.ownership, curve="P-384"))
GCM_384 = CipherSuite.ECDHE_ECDSA_AES_256_GCM_SHA384
CCM_8 = CipherSuite.ECDHE_ECDSA_AES_128_CCM_8
ROOTS = {each: issuing.root(recipe=issuing.on(each, issuing.authority("root"))) for each in Curve}
CSR, CRED, ROLES = "/oic/sec/csr", "/oic/sec/cred", "/oic/sec/roles"


def hello(certificate: Any, suite: CipherSuite = GCM_384) -> ClientConfig:
    """Make a client that has both curves and both hashes."""
    config = with_certificate(certificate, suite=suite)
    curves = (SECP384R1, SECP256R1)
    return replaced(config, groups=curves, signature_algorithms=(0x0503, 0x0403))


def certified(curve: Curve, profile: Profile = STRONG) -> Stage:
    """Return an owned device that believes the root of a curve, and asks for its certificate."""
    stage = Stage(profile).certified(anchor(ROOTS[curve].pem, credid=20))
    provisioning = onboarding_states.enter(stage.keeper.current, State.RFPRO)
    credentials = tuple(each for each in provisioning.cred.credentials if each.credid != 9)
    cred = replace(provisioning.cred, credentials=credentials)
    readable = add_ace(
        replace(provisioning, cred=cred),
        subject=Subject(uuid=str(OWNER)),
        resources=[AceResource(href=CSR)],
        permission=2,
    )
    stage.device.adopt(readable, stage.now)
    return stage


def request_of(stage: Stage) -> x509.CertificateSigningRequest:
    """Read the device's certificate request as its owner."""
    owner = Peer(stage, with_key())
    text = owner.get(CSR)["csr"]
    owner.close()
    return x509.load_pem_x509_csr(text.encode())


def install(stage: Stage, curve: Curve) -> Code:
    """Have an authority on a curve sign the device's request, and write the certificate."""
    request = request_of(stage)
    recipe = issuing.on(curve, issuing.identity(stage.database.doxm.device_uuid))
    key: Any = request.public_key()
    text = ROOTS[curve].sign(recipe, key).pem
    element = {
        "credtype": 8,
        "subjectuuid": "*",
        "credusage": "oic.sec.cred.cert",
        "publicdata": {"data": text, "encoding": "oic.sec.encoding.pem"},
    }
    owner = Peer(stage, with_key())
    code = owner.post(CRED, {"creds": [element]})
    owner.post("/oic/sec/pstat", {"dos": {"s": 3}})
    owner.close()
    return code


def test_its_request_is_on_p384_with_sha_384() -> None:
    """The key pair is made on the curve that the profile names, and stays over a restart."""
    stage = certified(Curve.P384)
    request = request_of(stage)
    assert curve_of(request.public_key()) is Curve.P384
    assert isinstance(request.signature_hash_algorithm, SHA384)
    assert request.is_signature_valid
    again = local_device(STRONG, stage.keeper, entropy=SeededEntropy(5))
    again.start(0.0)
    assert again.database.identity_key == stage.database.identity_key


@pytest.mark.parametrize("curve", list(Curve))
@pytest.mark.parametrize("suite", [GCM_384, CCM_8])
def test_an_identity_of_an_authority_on_either_curve(curve: Curve, suite: CipherSuite) -> None:
    """The device shows what its owner installed; peers whose chain ends at its anchor get in."""
    stage = certified(curve)
    assert install(stage, curve) is Code.CHANGED
    friend = ROOTS[curve].issue(issuing.on(curve, issuing.identity(FRIEND)))
    peer = Peer(stage, hello(friend.certified_key, suite))
    assert peer.session.suite is suite
    shown = x509.load_der_x509_certificate(peer.session.peer_certificates[0])
    assert curve_of(shown.public_key()) is Curve.P384
    assert isinstance(shown.signature_hash_algorithm, SHA384 if curve is Curve.P384 else SHA256)


def test_roles_on_p384() -> None:
    """A role certificate for the key of the session gives its role."""
    stage = certified(Curve.P384)
    install(stage, Curve.P384)
    root = ROOTS[Curve.P384]
    friend = root.issue(issuing.on(Curve.P384, issuing.identity(FRIEND)))
    key: Any = friend.certified_key.private_key.public_key()
    role = root.sign(issuing.on(Curve.P384, issuing.role(FRIEND, "cook", "kitchen")), key)
    element = {
        "credtype": 8,
        "credusage": "oic.sec.cred.rolecert",
        "publicdata": {"data": role.pem, "encoding": "oic.sec.encoding.pem"},
    }
    peer = Peer(stage, hello(friend.certified_key))
    assert peer.post(ROLES, {"roles": [element]}) is Code.CHANGED
    assert len(peer.get(ROLES)["roles"]) == 1


def test_a_device_without_it_refuses_what_is_on_p384() -> None:
    """Peers hear unsupported_certificate, a certificate for it is 4.00, and it asks on P-256."""
    stage = certified(Curve.P384, LIGHT)
    assert curve_of(request_of(stage).public_key()) is Curve.P256
    assert install(stage, Curve.P384) is Code.BAD_REQUEST
    usual = Stage().certified(anchor(ROOTS[Curve.P384].pem, credid=20))
    usual.device.adopt(usual.keeper.current, usual.now)
    friend = ROOTS[Curve.P384].issue(issuing.on(Curve.P384, issuing.identity(FRIEND)))
    assert Peer(usual, hello(friend.certified_key, CCM_8)).alert in {
        "unsupported_certificate",
        "illegal_parameter",
    }
    assert Peer(usual, hello(friend.certified_key, GCM_384)).alert == "handshake_failure"


def test_a_manufacturers_certificate_on_p384() -> None:
    """The transfer by it is over the suite with SHA-384, and yields an owner credential."""
    made = ROOTS[Curve.P384].issue(issuing.on(Curve.P384, issuing.manufacturer()))
    manufacturer = loaded(Manufacturer(chain=made.pem, key=made.key_pem), None)  # type: ignore[arg-type]
    ownership = replace(
        STRONG.ownership,
        methods=(OwnerTransferMethod.MANUFACTURER_CERTIFICATE,),
        manufacturer=manufacturer,
    )
    stage = Stage(replace(STRONG, ownership=ownership))
    anybody = Peer(stage)
    assert anybody.post("/oic/sec/doxm", {"oxmsel": 2}) is Code.CHANGED
    tool = Peer(stage, hello(None))
    assert tool.session.suite is GCM_384
    assert tool.post("/oic/sec/doxm", {"devowneruuid": str(OWNER)}) is Code.CHANGED
    key = {"credtype": 1, "subjectuuid": str(OWNER), "privatedata": {"data": b""}}
    assert tool.post(CRED, {"creds": [key], "rowneruuid": str(OWNER)}) is Code.CHANGED
    (owner,) = [each for each in stage.database.cred.credentials if each.kind == 1]
    assert owner.private is not None
    assert len(owner.private.data) == 16


def test_the_curve_follows_the_profile_and_outlives_a_reset() -> None:
    """As the transfer methods: at each start, and not by a reset."""
    database = new_database(LIGHT, SeededEntropy(0))
    assert database.curves == ("P-256",)
    stage = Stage(STRONG)
    assert stage.database.curves == ("P-384", "P-256")
    assert reset_database(stage.database, SeededEntropy(1)).curves == ("P-384", "P-256")
    stage.keeper.current = database
    again = local_device(STRONG, stage.keeper, entropy=SeededEntropy(5), wall_clock=lambda: NOON)
    again.start(0.0)
    assert again.database.curves == ("P-384", "P-256")
