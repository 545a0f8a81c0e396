"""Certificates that a real tool made: IoTivity-Lite's, recorded on their way to a device."""

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from msgspec.structs import replace

from onboardee.device.resources.secure.credential import read_credential
from onboardee.device.security import trust
from onboardee.pki.errors import (
    OutdatedCertificateError,
    UnsupportedCertificateError,
    UntrustedCertificateError,
)
from onboardee.svrdb.certificates import read_certificates
from onboardee.svrdb.model import NIL, Cred, Database, Doxm, Permanent, PublicData, RoleId

VECTORS = Path(__file__).parents[1] / "vectors" / "recorded-certificates.json"
RECORDED = json.loads(VECTORS.read_text(encoding="utf-8"))
DEVICE = UUID("413f3baf-a73c-4410-50fc-a6ab557fa297")
NEW_YEAR = datetime(2027, 1, 1, tzinfo=UTC)


def public(name: str) -> PublicData:
    """Return the public part of a recorded credential."""
    found = read_credential(RECORDED[name], 1).public
    assert found is not None
    return found


def octets(name: str) -> tuple[bytes, ...]:
    """Return a recorded chain as a handshake carries it."""
    return tuple(each.der for each in read_certificates(public(name)))


def trusting() -> Database:
    """Make a database with the recorded trust anchor."""
    return Database(
        doxm=Doxm(methods=(0,), device_uuid=DEVICE),
        permanent=Permanent(device=DEVICE, platform=DEVICE, original=DEVICE),
        cred=Cred(credentials=(read_credential(RECORDED["root"], 1),), resource_owner=NIL),
    )


def test_the_holder_of_a_recorded_identity_is_known() -> None:
    """Its chain leads to the recorded root, and its name is the UUID."""
    assert trust.verify_peer(octets("identity"), trusting(), lambda: NEW_YEAR) == DEVICE


def test_a_recorded_role_is_its_issuers() -> None:
    """Without an authority of its own the role is of the one who signed."""
    grant = trust.verify_roles(public("role"), octets("identity"), trusting(), lambda: NEW_YEAR)
    assert grant.roles == {RoleId(role="user", authority="IoTivity-Lite OBT Root")}
    assert grant.until == datetime(2029, 12, 31, 23, 59, 59, tzinfo=UTC)


def test_recorded_certificates_are_for_one_purpose_each() -> None:
    """A role certificate opens no session, and an identity gives no role."""
    with pytest.raises(UnsupportedCertificateError):
        trust.verify_peer(octets("role"), trusting(), lambda: NEW_YEAR)
    with pytest.raises(UnsupportedCertificateError):
        trust.verify_roles(public("identity"), octets("identity"), trusting(), lambda: NEW_YEAR)


def test_recorded_certificates_do_not_stand_alone() -> None:
    """Without the root, and after its time, they are worth nothing."""
    with pytest.raises(UntrustedCertificateError):
        trust.verify_peer(octets("identity"), replace(trusting(), cred=Cred()), lambda: NEW_YEAR)
    late = datetime(2030, 1, 1, tzinfo=UTC)
    with pytest.raises(OutdatedCertificateError):
        trust.verify_peer(octets("identity"), trusting(), lambda: late)
