"""What time does to certificates, keys, roles and lists of revoked certificates."""

import base64
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from certificate_scene import (
    FRIEND,
    NOON,
    OWNER,
    ROOT,
    Peer,
    Stage,
    anchor,
    with_certificate,
    with_key,
)

from onboardee.device.events import OwnCertificateExpired, RevocationsOutdated
from onboardee.pki import issuing
from onboardee.svrdb.model import (
    Credential,
    CredentialType,
    CredentialUsage,
    Crl,
    Encoding,
    PrivateData,
    PublicData,
    RoleId,
)
from onboardee.wire.coap import Code

LIGHT, ROLES, CRED = "/light/switch", "/oic/sec/roles", "/oic/sec/cred"
OWNERS = ROOT.issue(issuing.identity(OWNER))
FRIENDS = ROOT.issue(issuing.identity(FRIEND))
HOUR = timedelta(hours=1)
KEY = b"fedcba9876543210"


def role(name: str, **changes: Any) -> issuing.Issued:
    """Make a role certificate of the friend."""
    return ROOT.issue(replace(issuing.role(FRIEND, name), **changes), FRIENDS.key)


def assertion(issued: issuing.Issued) -> dict[str, Any]:
    """Make the body that asserts it."""
    public = {"data": issued.pem, "encoding": "oic.sec.encoding.pem"}
    element = {"credtype": 8, "credusage": "oic.sec.cred.rolecert", "publicdata": public}
    return {"roles": [element]}


def revoked(*issued: issuing.Issued, days: int) -> Crl:
    """Make a list of revoked certificates that is to be renewed after some days."""
    entries = [issuing.Revoked(each.certificate.serial_number, NOON) for each in issued]
    octets = ROOT.revocation_list(entries, NOON, NOON + timedelta(days))
    return Crl(number=1, updated="", data=base64.b64encode(octets).decode())


def change(stage: Stage, **parts: Any) -> None:
    """Change parts of the database behind the device's back."""
    stage.keeper.current = msgspec.structs.replace(stage.database, **parts)


def with_credentials(stage: Stage, *credentials: Credential) -> None:
    """Replace all credentials."""
    change(stage, cred=msgspec.structs.replace(stage.database.cred, credentials=credentials))


def friends_key(**changes: Any) -> Credential:
    """Make a pairwise key of the friend."""
    values: dict[str, Any] = {"credid": 20, "role": RoleId(role="guest")} | changes
    return Credential(
        kind=CredentialType.SYMMETRIC_PAIRWISE,
        subject=str(FRIEND),
        private=PrivateData(data=KEY),
        **values,
    )


def test_an_expired_certificate_of_the_device_is_not_shown() -> None:
    """The last one in time is shown, then none; the log says so once for each."""
    stage = Stage().certified()
    made = ROOT.issue(replace(issuing.manufacturer(), end=NOON + 3 * HOUR))
    own = ROOT.issue(replace(issuing.identity(stage.database.doxm.device_uuid), end=NOON + HOUR))
    credentials = [
        Credential(
            credid=credid,
            kind=CredentialType.CERTIFICATE,
            subject="*",
            usage=usage,
            public=PublicData(data=issued.pem),
            private=PrivateData(data=issued.key_pem.encode(), encoding=Encoding.PEM),
        )
        for credid, usage, issued in (
            (30, CredentialUsage.MANUFACTURER, made),
            (31, CredentialUsage.IDENTITY, own),
        )
    ]
    rest = [each for each in stage.database.cred.credentials if each.credid != 9]
    with_credentials(stage, *rest, *credentials)
    shown = []
    for _ in range(3):
        peer = Peer(stage, with_certificate(FRIENDS.certified_key))
        shown.append(peer.session.peer_certificates if peer.session else peer.alert)
        stage.time_of_day += 2 * HOUR
    assert shown == [own.certified_key.chain, made.certified_key.chain, "handshake_failure"]
    told = [event for event in stage.events if isinstance(event, OwnCertificateExpired)]
    assert [(event.credid, event.usage) for event in told] == [
        (31, "oic.sec.cred.cert"),
        (30, "oic.sec.cred.mfgcert"),
    ]
    assert Peer(stage, with_key()).session is not None


def test_an_outdated_list_still_revokes_what_it_names() -> None:
    """Others are believed, and the log says that a newer list is due."""
    stage = Stage().certified()
    lost = ROOT.issue(issuing.identity(FRIEND))
    change(stage, crl=revoked(lost, days=1))
    assert Peer(stage, with_certificate(FRIENDS.certified_key)).session is not None
    assert not any(isinstance(event, RevocationsOutdated) for event in stage.events)
    stage.time_of_day += timedelta(days=2)
    assert Peer(stage, with_certificate(lost.certified_key)).alert == "certificate_revoked"
    assert Peer(stage, with_certificate(FRIENDS.certified_key)).session is not None
    (told,) = (event for event in stage.events if isinstance(event, RevocationsOutdated))
    assert told.due == (NOON + timedelta(days=1)).isoformat()


def test_an_asserted_role_ends_with_its_certificate() -> None:
    """The session goes on, the role is neither listed nor honoured any more."""
    stage = Stage().certified(roles=("guest",))
    friend = Peer(stage, with_certificate(FRIENDS.certified_key))
    assert friend.post(ROLES, assertion(role("guest", end=NOON + HOUR))) is Code.CHANGED
    stage.time_of_day = NOON + HOUR
    assert friend.get(LIGHT) == {"value": False}
    stage.time_of_day += timedelta(seconds=1)
    assert friend.get(LIGHT) is Code.UNAUTHORIZED
    assert friend.get(ROLES) == {"roles": []}
    assert friend.post(ROLES, assertion(role("guest"))) is Code.CHANGED
    assert friend.get(LIGHT) == {"value": False}


def test_an_asserted_role_ends_when_it_is_revoked() -> None:
    """A new list counts at once, also for what was asserted before it came."""
    stage = Stage().certified(roles=("guest", "family"))
    friend = Peer(stage, with_certificate(FRIENDS.certified_key))
    guest, family = role("guest"), role("family")
    for each in (guest, family):
        assert friend.post(ROLES, assertion(each)) is Code.CHANGED
    owner = Peer(stage, with_certificate(OWNERS.certified_key))
    change(stage, acl2=msgspec.structs.replace(stage.database.acl2, entries=()))
    assert owner.post("/oic/sec/pstat", {"dos": {"s": 2}}) is Code.CHANGED
    owners_role = ROOT.issue(issuing.role(OWNER, "oic.role.owner"), OWNERS.key)
    assert owner.post(ROLES, assertion(owners_role)) is Code.CHANGED
    listed = {"crldata": revoked(guest, days=1).data}
    assert owner.post("/oic/sec/crl", listed) is Code.CHANGED
    (left,) = friend.get(ROLES)["roles"]
    assert left["publicdata"]["data"] == family.pem


def test_the_owners_role_opens_everything() -> None:
    """Whose certificate says oic.role.owner needs no access control entry, others do."""
    stage = Stage().certified()
    friend = Peer(stage, with_certificate(FRIENDS.certified_key))
    assert friend.get(CRED) is friend.get(LIGHT) is Code.UNAUTHORIZED
    assert friend.post(ROLES, assertion(role("oic.role.owner"))) is Code.CHANGED
    assert friend.get(CRED)["rowneruuid"] == str(OWNER)
    assert friend.post(LIGHT, {"value": True}) is Code.CHANGED
    assert friend.post("/oic/sec/pstat", {"dos": {"s": 2}}) is Code.CHANGED
    assert friend.get(LIGHT) is Code.UNAUTHORIZED  # rests outside RFNOP, whoever asks
    assert friend.delete(ROLES) is Code.DELETED
    assert friend.get(CRED) is Code.UNAUTHORIZED


def test_a_key_does_not_make_an_owner() -> None:
    """The role of a key is for access control entries only, whatever its name."""
    stage = Stage().certified(friends_key(role=RoleId(role="oic.role.owner")))
    friend = Peer(stage, with_key(FRIEND, KEY))
    assert friend.get(LIGHT) is Code.UNAUTHORIZED
    assert friend.get(CRED) is Code.UNAUTHORIZED


def test_the_role_of_a_key() -> None:
    """It counts in sessions with that key, as long as the credential has it."""
    stage = Stage().certified(friends_key(), roles=("guest",))
    friend = Peer(stage, with_key(FRIEND, KEY))
    assert friend.get(LIGHT) == {"value": False}
    by_certificate = Peer(stage, with_certificate(FRIENDS.certified_key))
    assert by_certificate.get(LIGHT) is Code.UNAUTHORIZED
    keys = stage.database.cred.credentials
    with_credentials(stage, *keys[:-1], friends_key(role=None))
    assert friend.get(LIGHT) is Code.UNAUTHORIZED


def test_a_key_outside_its_period_opens_nothing_and_gives_no_role() -> None:
    """Handshakes are refused; a session that was open stays, without the role."""
    stage = Stage().certified(friends_key(period="20260601T110000Z/PT2H"), roles=("guest",))
    friend = Peer(stage, with_key(FRIEND, KEY))
    assert friend.get(LIGHT) == {"value": False}
    stage.time_of_day += HOUR
    assert friend.get(LIGHT) is Code.UNAUTHORIZED
    assert friend.get(ROLES) == {"roles": []}
    assert Peer(stage, with_key(FRIEND, KEY)).alert == "bad_record_mac"


@pytest.mark.parametrize("shows_identity", [True, False])
def test_a_manufacturers_anchor_lets_no_peer_in(shows_identity: bool) -> None:
    """Who was made by the same company is not thereby of the same household."""
    stage = Stage().certified()
    company = issuing.root("company")
    made = msgspec.structs.replace(
        anchor(company.pem, 40), usage=CredentialUsage.MANUFACTURER_ANCHOR
    )
    keys = stage.database.cred.credentials
    if not shows_identity:
        keys = tuple(
            msgspec.structs.replace(each, usage=CredentialUsage.MANUFACTURER)
            if each.usage == CredentialUsage.IDENTITY
            else each
            for each in keys
        )
    with_credentials(stage, *keys, made)
    peer = company.issue(issuing.identity(FRIEND))
    assert Peer(stage, with_certificate(peer.certified_key)).alert == "unknown_ca"
