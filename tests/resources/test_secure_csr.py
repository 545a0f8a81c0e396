"""`/oic/sec/csr`: the request for the device's own certificate."""

from typing import Any
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import SignatureAlgorithmOID
from resource_support import BY_OWNER, OWNER, STRANGER, TRANSFER, World, owned, plainly, unowned

from onboardee.device.security import factory
from onboardee.pki import issuing
from onboardee.pki.certificate import Certificate
from onboardee.svrdb import JSON
from onboardee.svrdb.model import State
from onboardee.wire.coap import Code
from onboardee.wire.entropy import SeededEntropy

CSR, CRED, DOXM = "/oic/sec/csr", "/oic/sec/cred", "/oic/sec/doxm"
PEM = "oic.sec.encoding.pem"
ROOT = issuing.root()
ANOTHER = UUID("99999999-2222-4333-8444-555555555555")


def request_of(world: World) -> x509.CertificateSigningRequest:
    """Retrieve and read the request."""
    answer = world.get(CSR)
    assert answer.keys() == {"csr", "encoding"}
    assert answer["encoding"] == PEM
    return x509.load_pem_x509_csr(answer["csr"].encode())


def public_key_of(world: World) -> ec.EllipticCurvePublicKey:
    """Return the device's public key."""
    key = request_of(world).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key


def element(certificate: Certificate, usage: str = "cert", **changes: Any) -> dict[str, Any]:
    """Make a certificate credential without a private key."""
    return {
        "credtype": 8,
        "subjectuuid": "*",
        "credusage": f"oic.sec.cred.{usage}",
        "publicdata": {"data": certificate.pem, "encoding": PEM},
    } | changes


def test_no_request_while_a_reset_is_on_its_way() -> None:
    """The key pair is about to be replaced: try again later."""
    assert World(owned(State.RESET)).get(CSR) is Code.SERVICE_UNAVAILABLE


def test_the_request() -> None:
    """It has the device's UUID, a key on P-256 and a signature with SHA-256."""
    world = World(unowned())
    request = request_of(world)
    assert request.is_signature_valid
    assert request.signature_algorithm_oid == SignatureAlgorithmOID.ECDSA_WITH_SHA256
    assert request.subject.rfc4514_string() == f"CN=uuid:{world.database.doxm.device_uuid}"
    assert isinstance(public_key_of(world).curve, ec.SECP256R1)


def test_the_key_pair_is_made_once_and_kept() -> None:
    """The first request makes the key pair; a restart finds it again, a reset does not."""
    world = World(unowned())
    assert not world.database.identity_key.data
    key = public_key_of(world)
    assert public_key_of(world) == key
    world.database = JSON.decode(JSON.encode(world.database))
    assert public_key_of(world) == key
    world.database = factory.reset_database(world.database, SeededEntropy(1))
    assert not world.database.identity_key.data


def test_the_request_follows_the_device_uuid() -> None:
    """A tool that renames the device gets a request for the new name."""
    world = World(unowned())
    key = public_key_of(world)
    assert world.post(DOXM, {"deviceuuid": str(ANOTHER)}) is Code.CHANGED
    request = request_of(world)
    assert request.subject.rfc4514_string() == f"CN=uuid:{ANOTHER}"
    assert request.public_key() == key


def test_who_may_read_it_and_that_nobody_writes() -> None:
    """It is as private as other security resources, and can only be retrieved."""
    assert World(owned(), STRANGER).get(CSR) is Code.UNAUTHORIZED
    assert World(owned(), BY_OWNER).get(CSR) is Code.UNAUTHORIZED
    assert plainly(unowned()).get(CSR) is Code.UNAUTHORIZED
    assert World(unowned(), TRANSFER).post(CSR, {}) is Code.METHOD_NOT_ALLOWED
    assert World(unowned(), TRANSFER).delete(CSR) is Code.METHOD_NOT_ALLOWED


@pytest.mark.parametrize("usage", ["cert", "rolecert"])
def test_only_certificates_for_the_request_are_installed(usage: str) -> None:
    """Key, name and purpose must be those of the device."""
    world = World(unowned())
    device = world.database.doxm.device_uuid
    key = public_key_of(world)
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    good = issuing.identity(device)
    wrong = issuing.role(device, "guest")
    misnamed = issuing.identity(OWNER)
    if usage == "rolecert":
        good, wrong, misnamed = wrong, good, issuing.role(OWNER, "guest")
    for recipe, public_key in ((good, other), (wrong, key), (misnamed, key)):
        bad = element(ROOT.sign(recipe, public_key), usage)
        assert world.post(CRED, {"creds": [bad]}) is Code.BAD_REQUEST
    assert world.post(CRED, {"creds": [element(ROOT.sign(good, key), usage)]}) is Code.CHANGED


def test_a_certificate_with_its_own_private_key() -> None:
    """Privatedata must belong to the certificate; without either there is no key to use."""
    world = World(owned(State.RFPRO), BY_OWNER)
    issued = ROOT.issue(issuing.identity(world.database.doxm.device_uuid))
    assert world.post(CRED, {"creds": [element(issued.certificate)]}) is Code.BAD_REQUEST
    for key, code in ((ROOT, Code.BAD_REQUEST), (issued, Code.CHANGED)):
        private = {"data": key.key_pem, "encoding": PEM}
        body = {"creds": [element(issued.certificate, privatedata=private)]}
        assert world.post(CRED, body) is code
    elsewhere = {"handle": 5, "encoding": "oic.sec.encoding.handle"}
    for unusable in ({"data": "no key", "encoding": PEM}, elsewhere):
        body = {"creds": [element(issued.certificate, privatedata=unusable)]}
        assert world.post(CRED, body) is Code.BAD_REQUEST
    assert world.get(CRED)["creds"][-1]["privatedata"]["data"] == ""


def test_a_manufacturers_certificate_brings_its_key() -> None:
    """The device's own key pair is no manufacturer's."""
    world = World(unowned())
    key = public_key_of(world)
    made = ROOT.sign(issuing.manufacturer(), key)
    assert world.post(CRED, {"creds": [element(made, "mfgcert")]}) is Code.BAD_REQUEST
