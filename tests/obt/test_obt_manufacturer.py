"""Ownership by Manufacturer Certificate: believed only when the tool trusts the manufacturer."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from obt_certificates import NOW, YEAR, Issued, Plan, authority, credential, issue
from obt_support import FakeDevice, Scene, scene

from onboardee.obt import (
    IOT2,
    LITE,
    ORDERS,
    PLGD,
    OnboardingError,
    Order,
    TransferMethod,
    TrustAnchors,
)
from onboardee.obt.chain import check_manufacturer
from onboardee.wire.dtls import CipherSuite, UnknownCa
from onboardee.wire.dtls.framing import split_fragments
from onboardee.wire.dtls.messages import CertificateChain
from onboardee.wire.dtls.numbers import ContentType, HandshakeType
from onboardee.wire.dtls.record import split

CERTIFICATE = TransferMethod.MANUFACTURER_CERTIFICATE
RECORDINGS = json.loads((Path(__file__).parents[1] / "vectors" / "real-sessions.json").read_text())
CCM_8, CCM = CipherSuite.ECDHE_ECDSA_AES_128_CCM_8, CipherSuite.ECDHE_ECDSA_AES_128_CCM
CCM_8_256, CCM_256 = CipherSuite.ECDHE_ECDSA_AES_256_CCM_8, CipherSuite.ECDHE_ECDSA_AES_256_CCM
ROOT = authority("manufacturer")
ANCHORS = TrustAnchors.of(ROOT.pem, clock=lambda: NOW)
every_order = pytest.mark.parametrize("order", ORDERS.values(), ids=lambda order: order.name)


def fake(leaf: Issued | None = None, *between: Issued) -> tuple[Scene, FakeDevice]:
    """Make a tool and a scripted device with a manufacturer's certificate."""
    made = scene()
    device = FakeDevice(made.network)
    device.doxm["oxms"] = [0, 2]
    device.certificate = credential(leaf or issue(Plan("Light No. 1", ROOT)), *between)
    return made, device


@every_order
def test_honest_device(order: Order) -> None:
    """A device of a trusted manufacturer is owned in each order of messages."""
    made, device = fake()
    owned = made.own(order, method=CERTIFICATE, anchors=ANCHORS)
    assert device.doxm["oxmsel"] == 2
    assert owned.ownership.key == device.key
    assert any(step.outcome == CCM_8.name for step in made.steps)


@pytest.mark.parametrize("suite", [CCM_8, CCM, CCM_8_256, CCM_256], ids=lambda suite: suite.name)
def test_suites(suite: CipherSuite) -> None:
    """The owner credential comes out the same on both sides in each suite with CCM."""
    middle = authority("middle", ROOT, length=0)
    made, device = fake(issue(Plan("Light No. 1", middle)), middle, ROOT)
    device.suites = (suite,)
    assert made.own(LITE, method=CERTIFICATE, anchors=ANCHORS).ownership.key == device.key


@pytest.mark.parametrize("order", [IOT2, PLGD], ids=lambda order: order.name)
def test_suites_on_which_tools_agree(order: Order) -> None:
    """Tools that know no AES-256 here do not offer it."""
    made, device = fake()
    device.suites = (CCM_256,)
    with pytest.raises(OnboardingError, match="open the ownership connection"):
        made.own(order, method=CERTIFICATE, anchors=ANCHORS)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "foreign": ({"issuer": authority("other")}, "leads to none of our trust anchors"),
    "expired": ({"end": NOW - YEAR / 2}, "is valid from"),
    "authority": ({"ca": True}, "is an authority's"),
    "key usage": ({"uses": ("crl_sign",)}, "not for signing handshakes"),
}


@pytest.mark.parametrize("name", WRONG)
@every_order
def test_unbelievable_devices(name: str, order: Order) -> None:
    """What is wrong with the certificate is told, and nothing is sent over the session."""
    options, complaint = WRONG[name]
    made, device = fake(issue(Plan("Light No. 1", **{"issuer": ROOT, **options})))
    with pytest.raises(OnboardingError) as told:
        made.own(order, method=CERTIFICATE, anchors=ANCHORS)
    assert told.value.step.startswith("open the ownership connection (coaps://")
    assert complaint in told.value.came
    assert not any(secured for _, secured in device.requests)


def test_somebody_elses_certificate() -> None:
    """A certificate without its key is worth nothing."""
    made, device = fake()
    assert device.certificate is not None
    stolen = Issued(x509.load_der_x509_certificate(device.certificate.chain[0]), authority().key)
    device.certificate = credential(stolen)
    with pytest.raises(OnboardingError, match="open the ownership connection"):
        made.own(LITE, method=CERTIFICATE, anchors=ANCHORS)


def test_a_device_that_wants_to_know_the_tool() -> None:
    """IoTivity's servers end the handshake of a tool that shows no certificate."""
    made, device = fake()
    shown: list[tuple[bytes, ...]] = []
    device.verify_tool = shown.append
    with pytest.raises(OnboardingError, match="handshake_failure"):
        made.own(IOT2, method=CERTIFICATE, anchors=ANCHORS)
    ours = credential(issue(Plan("our tool", ROOT)))
    owned = made.own(IOT2, method=CERTIFICATE, anchors=ANCHORS, certificate=ours)
    assert shown == [ours.chain]
    assert owned.ownership.key == device.key


@pytest.mark.parametrize("order", [IOT2, LITE], ids=lambda order: order.name)
def test_a_certificate_without_key_usage(order: Order) -> None:
    """Such as IoTivity ships is believed in its orders only; RFC 5280 takes it for every use."""
    root = authority("old manufacturer", uses=None)
    made, _ = fake(issue(Plan("Light No. 1", root, uses=None)))
    anchors = TrustAnchors.of(root.pem, clock=lambda: NOW)
    if order is IOT2:
        made.own(order, method=CERTIFICATE, anchors=anchors)
    else:
        with pytest.raises(OnboardingError, match="not for signing handshakes"):
            made.own(order, method=CERTIFICATE, anchors=anchors)


def test_anchors_are_needed() -> None:
    """Without anchors nothing is begun."""
    made, device = fake()
    asked = len(device.requests)
    with pytest.raises(ValueError, match="needs trust anchors"):
        made.own(LITE, method=CERTIFICATE)
    assert len(device.requests) == asked + 2


def recorded_chain() -> tuple[bytes, ...]:
    """Return the certificates that IoTivity-Lite's sample device showed."""
    parts: dict[int, bytes] = {}
    for sender, datagram in RECORDINGS["cert"]["datagrams"]:
        for record in split(bytes.fromhex(datagram)):
            if sender != "server" or record.content_type != ContentType.HANDSHAKE or record.epoch:
                continue
            for part in split_fragments(record.fragment):
                if part.type == HandshakeType.CERTIFICATE:
                    parts[part.offset] = part.data
    return CertificateChain.decode(b"".join(parts[at] for at in sorted(parts))).chain


def test_recorded_device() -> None:
    """The chain of a real device leads to its last authority while it is valid."""
    chain = recorded_chain()
    last = x509.load_der_x509_certificate(chain[-1])
    leaf = x509.load_der_x509_certificate(chain[0])

    def trust(root: bytes, now: datetime) -> TrustAnchors:
        return TrustAnchors.of(root, clock=lambda: now)

    assert len(chain) > 1, [each.rfc4514_string() for each in (leaf.issuer, last.subject)]
    check_manufacturer(chain, trust(chain[-1], leaf.not_valid_before_utc))
    with pytest.raises(UnknownCa):
        check_manufacturer(chain, trust(ROOT.der, leaf.not_valid_before_utc))
