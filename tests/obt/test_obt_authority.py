"""The certificate authority: what it signs, what it refuses, and how devices get its word."""

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from null_certificates import rewritten
from obt_certificates import NOW, new_key
from obt_support import FAKE, OWNER, FakeDevice, Scene, representation, scene

from onboardee.obt import LITE, OnboardingError, OwnedDevice, TrustAnchors, run
from onboardee.obt.authority import Authority, read_request
from onboardee.obt.chain import check_identity
from onboardee.obt.errors import PayloadError
from onboardee.pki import issuing
from onboardee.pki.certificate import read_octets
from onboardee.pki.curves import Curve, curve_of
from onboardee.pki.pem import from_pem, to_pem
from onboardee.wire.coap import Code, Request, Response
from onboardee.wire.dtls import (
    CertificateExpired,
    CertificateRevoked,
    CertificateUnknown,
    UnsupportedCertificate,
)

PEM, DER = "oic.sec.encoding.pem", "oic.sec.encoding.der"


def request(name: str = f"uuid:{FAKE}", key: Any = None, digest: Any = None) -> Any:
    """Make a signing request."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    return builder.sign(key or new_key(), digest or SHA256())


def pem(made: Any) -> str:
    """Write a request as text."""
    text: str = made.public_bytes(Encoding.PEM).decode()
    return text


def test_identities() -> None:
    """An identity certificate convinces whoever trusts the root, for one UUID and in its time."""
    made = Authority.create(clock=lambda: NOW)
    chain = from_pem(made.identity(read_request(pem(request()), PEM, FAKE)))
    check_identity(chain, made.anchors, FAKE)
    with pytest.raises(CertificateUnknown):
        check_identity(chain, made.anchors, OWNER)
    for shift in (timedelta(days=-2), timedelta(days=366)):
        later = TrustAnchors(made.anchors.certificates, lambda shift=shift: NOW + shift)  # type: ignore[misc]
        with pytest.raises(CertificateExpired):
            check_identity(chain, later, FAKE)
    leaf = x509.load_der_x509_certificate(chain[0])
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert usage.key_agreement
    assert not usage.key_cert_sign


def test_roles() -> None:
    """A role certificate names role and authority, and is no identity certificate."""
    made = Authority.create(clock=lambda: NOW)
    mine = made.issue(OWNER)
    (der,) = from_pem(made.issue_role(mine, "chef", authority="kitchen"))
    leaf = x509.load_der_x509_certificate(der)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    (name,) = names.get_values_for_type(x509.DirectoryName)
    assert name.rfc4514_string() == "OU=kitchen,CN=chef"
    assert leaf.public_key() == mine.certificate.private_key.public_key()
    with pytest.raises(UnsupportedCertificate, match="no identity certificate"):
        check_identity((der,), made.anchors, OWNER)


def test_revocations() -> None:
    """Each list has a higher number, and names what was revoked before it was made."""
    made = Authority.create(clock=lambda: NOW)
    certificate = made.issue(OWNER).certificate.chain[0]
    empty = made.revocations()
    made.revoke(certificate)
    full = made.revocations()
    assert (empty.number, full.number) == (1, 2)
    serial = x509.load_der_x509_certificate(certificate).serial_number
    lists = [x509.load_der_x509_crl(each.der) for each in (empty, full)]
    found = [each.get_revoked_certificate_by_serial_number(serial) for each in lists]
    assert [each is not None for each in found] == [False, True]


def test_keeping() -> None:
    """An authority is taken up again from its root and key, which must belong together."""
    made = Authority.create(clock=lambda: NOW)
    again = Authority.load(made.root, made.private_key(), clock=lambda: NOW)
    chain = again.issue(OWNER).certificate.chain
    check_identity(chain, TrustAnchors.of(again.root, clock=lambda: NOW), OWNER)
    with pytest.raises(ValueError, match="does not belong"):
        Authority.load(made.root, Authority.create().private_key())


def test_working_below_a_root() -> None:
    """What an intermediate signs comes with its own certificate and convinces by the root."""
    root = Authority.create(clock=lambda: NOW)
    middle = root.subordinate()
    assert middle.root == root.root
    again = Authority.load(middle.chain, middle.private_key(), clock=lambda: NOW)
    for made in (middle, again):
        chain = made.issue(OWNER).certificate.chain
        assert len(chain) == 2
        check_identity(chain, root.anchors, OWNER)
    with pytest.raises(ValueError, match="signs no further"):
        again.subordinate()
    with pytest.raises(ValueError, match="does not belong"):
        Authority.load(middle.chain, root.private_key())


@pytest.mark.parametrize("curve", list(Curve))
def test_all_it_signs_is_on_its_curve(curve: Curve) -> None:
    """Root, intermediate, identities, roles and lists have the hash that goes with the curve."""
    root = Authority.create(curve=curve, clock=lambda: NOW)
    middle = root.subordinate()
    again = Authority.load(middle.chain, middle.private_key(), clock=lambda: NOW)
    me = again.issue(OWNER)
    texts = (to_pem(me.certificate.chain), middle.chain, again.issue_role(me, "cook"))
    all_of_them = read_octets("".join(texts).encode())
    assert {curve_of(each.public_key()) for each in all_of_them} == {curve}
    lists = x509.load_der_x509_crl(again.revocations().der)
    for made in (*(each.content for each in all_of_them), lists):
        assert isinstance(made.signature_hash_algorithm, type(curve.hash))


@pytest.mark.parametrize("curve", list(Curve))
def test_requests_on_p384(curve: Curve) -> None:
    """An authority on P-384 signs for devices on both curves, one on P-256 for these alone."""
    strong = request(key=ec.generate_private_key(ec.SECP384R1()), digest=SHA384())
    curves = Authority.create(curve=curve).curves
    assert read_request(pem(request()), PEM, FAKE, curves).uuid == FAKE
    if curve is Curve.P384:
        assert read_request(pem(strong), PEM, FAKE, curves).uuid == FAKE
        return
    with pytest.raises(PayloadError, match="not on P-256"):
        read_request(pem(strong), PEM, FAKE, curves)


def test_a_key_on_no_curve_of_ours() -> None:
    """An authority on P-521 is not taken up: no device believes what it signs."""
    made = issuing.root(recipe=replace(issuing.authority("big"), curve=ec.SECP521R1()))
    with pytest.raises(ValueError, match="not on P-256 or P-384"):
        Authority.load(made.pem, made.key_pem.encode())


def test_anchors_know_what_was_revoked_since() -> None:
    """Whoever got the anchors earlier still learns of it, from the authority that signed."""
    for made in (Authority.create(clock=lambda: NOW), Authority.create().subordinate()):
        anchors = made.anchors
        lost, other = (made.issue(OWNER).certificate.chain for _ in range(2))
        made.revoke(lost[0])
        with pytest.raises(CertificateRevoked):
            check_identity(lost, anchors, OWNER)
        check_identity(other, anchors, OWNER)


def forged() -> str:
    """Make a request whose signature is somebody else's."""
    der = bytearray(request().public_bytes(Encoding.DER))
    der[-1] ^= 1
    return pem(x509.load_der_x509_csr(bytes(der)))


WRONG: dict[str, tuple[Callable[[], Any], str, str]] = {
    "foreign name": (lambda: pem(request(f"uuid:{OWNER}")), PEM, f"'uuid:{OWNER}'"),
    "bare name": (lambda: pem(request(str(FAKE))), PEM, f"is '{FAKE}'"),
    "forged": (forged, PEM, "not signed with the key in it"),
    "curve": (lambda: pem(request(key=ec.generate_private_key(ec.SECP384R1()))), PEM, "P-256"),
    "digest": (lambda: pem(request(digest=SHA384())), PEM, "not signed with SHA-256"),
    "nothing": (lambda: "", PEM, "cannot be read"),
    "octets": (lambda: b"\x30\x00", DER, "cannot be read"),
    "encoding": (lambda: pem(request()), "oic.sec.encoding.raw", "in the encoding"),
    "size": (lambda: "x" * 3073, PEM, "longer than 3072"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_requests(name: str) -> None:
    """Nothing is signed for whoever cannot show that the key is the device's."""
    make, encoding, complaint = WRONG[name]
    with pytest.raises(PayloadError, match=complaint):
        read_request(make(), encoding, FAKE)


def test_no_octet_can_be_changed() -> None:
    """A request that was changed anywhere is refused in the same way as any other wrong one."""
    made = request()
    octets = made.public_bytes(Encoding.DER)
    # the octet before the signature says how many of its bits are not used, and not all look
    ignored = len(octets) - len(made.signature) - 1
    for at in set(range(len(octets))) - {ignored}:
        for bit in (1, 0x80):
            changed = octets[:at] + bytes([octets[at] ^ bit]) + octets[at + 1 :]
            with pytest.raises(PayloadError):
                read_request(changed, DER, FAKE)


def test_requests_of_mbedtls() -> None:
    """A device of IoTivity writes its request with NULL parameters, and gets its certificate."""
    key = new_key()
    content = request(key=key).tbs_certrequest_bytes
    der = rewritten(content, key)
    text = base64.encodebytes(der).decode()
    armoured = f"-----BEGIN CERTIFICATE REQUEST-----\n{text}-----END CERTIFICATE REQUEST-----\n\0"
    for body, encoding in ((armoured, PEM), (der, DER), (text.replace("\n", ""), DER)):
        assert read_request(body, encoding, FAKE).key == key.public_key()
        with pytest.raises(PayloadError, match="common name"):
            read_request(body, encoding, OWNER)
    with pytest.raises(PayloadError, match="not signed with the key in it"):
        read_request(rewritten(content, new_key()), DER, FAKE)


def test_requests_in_der() -> None:
    """Some devices send the octets themselves."""
    octets = request().public_bytes(Encoding.DER)
    assert read_request(octets, DER, FAKE).uuid == FAKE


class Provisioned:
    """A scripted device that was owned and answers with some signing request."""

    def __init__(self, answer: Callable[[UUID], object], sct: int = 9) -> None:
        self.scene: Scene = scene()
        self.device = FakeDevice(self.scene.network, self._script)
        self.device.doxm["sct"] = sct
        self.answer = answer
        self.owned: OwnedDevice = self.scene.own(LITE)
        self.start = len(self.device.requests)

    @property
    def uuid(self) -> UUID:
        """The UUID that the device has got."""
        return UUID(self.device.doxm["deviceuuid"])

    def requests(self) -> list[str]:
        """Return what was asked since the device has an owner."""
        asked = self.device.requests[self.start :]
        return [f"{request.method.name} {request.path}" for request, _ in asked]

    def _script(self, device: FakeDevice, request: Request) -> Response | None:
        if request.path == "/oic/sec/csr":
            return representation(self.answer(self.uuid))
        if request.path in {"/oic/sec/cred", "/oic/sec/crl"} and device.pstat["dos"]["s"] != 1:
            return Response(Code.CHANGED)
        return None


def honest(uuid: UUID) -> object:
    """Answer with the right request."""
    return {"csr": pem(request(f"uuid:{uuid}")), "encoding": PEM}


def test_what_an_identity_takes() -> None:
    """The messages are those of IoTivity-Lite's tool, in its order."""
    made, authority = Provisioned(honest), Authority.create()
    certificate = run(made.owned.provision_identity(authority))
    assert made.requests() == [
        "GET /oic/sec/doxm",
        "POST /oic/sec/pstat",
        "POST /oic/sec/cred",
        "GET /oic/sec/csr",
        "POST /oic/sec/cred",
        "POST /oic/sec/acl2",
        "POST /oic/sec/pstat",
    ]
    anchor, own = (body["creds"][0] for body in made.device.posts("/oic/sec/cred")[-2:])
    assert anchor == {
        "credtype": 8,
        "credusage": "oic.sec.cred.trustca",
        "subjectuuid": "*",
        "publicdata": {"data": authority.root, "encoding": PEM},
    }
    assert own["credusage"] == "oic.sec.cred.cert"
    assert own["publicdata"]["data"] == certificate
    check_identity(from_pem(certificate), authority.anchors, made.uuid)
    (rule,) = made.device.posts("/oic/sec/acl2")[-1]["aclist2"]
    assert rule["subject"] == {"conntype": "auth-crypt"}
    assert (rule["resources"], rule["permission"]) == ([{"href": "/oic/sec/roles"}], 6)


def test_what_a_role_takes() -> None:
    """A role goes the same way under its own name."""
    made = Provisioned(honest)
    run(made.owned.provision_role(Authority.create(), "chef", role_authority="kitchen"))
    usages = [body["creds"][0]["credusage"] for body in made.device.posts("/oic/sec/cred")[-2:]]
    assert usages == ["oic.sec.cred.trustca", "oic.sec.cred.rolecert"]


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (
            {"csr": pem(request(f"uuid:{OWNER}")), "encoding": PEM},
            f"name of the request is 'uuid:{OWNER}'",
        ),
        ({"csr": "nothing", "encoding": PEM}, "cannot be read"),
        ({"csr": 5, "encoding": PEM}, "csr"),
        ({}, "csr"),
    ],
)
def test_a_wrong_request_ends_it(answer: object, complaint: str) -> None:
    """A device that asks for somebody else's certificate gets none, and goes back to work."""
    made = Provisioned(lambda _: answer)
    with pytest.raises(
        OnboardingError, match=r"read the signing request \(GET /oic/sec/csr\)"
    ) as told:
        run(made.owned.provision_identity(Authority.create()))
    assert complaint in str(told.value)
    assert made.device.pstat["dos"]["s"] == 3
    assert "POST /oic/sec/acl2" not in made.requests()


def test_devices_without_certificates() -> None:
    """A device that says it knows no certificates is not bothered."""
    made = Provisioned(honest, sct=1)
    with pytest.raises(OnboardingError, match="expected the bit 8 in sct, but sct is 1"):
        run(made.owned.provision_identity(Authority.create()))
    assert made.requests() == ["GET /oic/sec/doxm"]


def test_reports_stay_short() -> None:
    """A certificate is reported by its length."""
    made = Provisioned(honest)
    run(made.owned.provision_identity(Authority.create()))
    texts = [step.payload for step in made.scene.steps]
    assert any("characters>" in text for text in texts)
    assert not any("BEGIN" in text for text in texts)
