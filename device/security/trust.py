"""Whose certificates the device accepts: peers in a handshake, and the roles they assert."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cryptography.x509 import Certificate, CertificateRevocationList

from onboardee.device.access.peer import OWNER_ROLE
from onboardee.device.clock import WallClock
from onboardee.device.security import certificates
from onboardee.device.security.chains import Trust, verify
from onboardee.device.security.usable import is_usable
from onboardee.svrdb import x509
from onboardee.svrdb.model import (
    ANY_SUBJECT,
    Credential,
    CredentialType,
    CredentialUsage,
    Database,
    PublicData,
    RoleId,
    is_same_identity,
)
from onboardee.wire.dtls import Alert, BadCertificate, UnsupportedCertificate

RESERVED_ROLES = "oic.role."


@dataclass(frozen=True, slots=True)
class RoleGrant:
    """What a role certificate gives, and until when."""

    roles: frozenset[RoleId]
    until: datetime


def verify_peer(chain: tuple[bytes, ...], database: Database, wall_clock: WallClock) -> UUID:
    """Verify the chain (DER, leaf first) of a client and return who it is. Raises `Alert`."""
    read = certificates.read_chain(chain)
    peer = x509.identity_in(read[0])
    if peer is None:
        raise UnsupportedCertificate("the common name is not uuid:<UUID>")
    verify(read, certificates.IDENTITY, _trust(database, peer, wall_clock))
    return peer


def peer_of(chain: tuple[bytes, ...]) -> UUID | None:
    """Return the identity in a chain that was verified before."""
    return x509.identity_in(certificates.read_chain(chain[:1])[0])


def verify_roles(
    public: PublicData, session_chain: tuple[bytes, ...], database: Database, wall_clock: WallClock
) -> RoleGrant:
    """Return the roles that a role certificate gives to the peer of a session. Raises `Alert`."""
    chain = certificates.read_public(public)
    own = certificates.read_chain(session_chain[:1])[0]
    peer = x509.identity_in(own)
    if peer is None or x509.identity_in(chain[0]) != peer:
        raise BadCertificate("the role was given to somebody else")
    with certificates.reading():
        if chain[0].public_key() != own.public_key():
            raise BadCertificate("the role was given to another key")
    verify(chain, certificates.ROLE, _trust(database, peer, wall_clock))
    with certificates.reading():
        roles = certificates.roles_in(chain[0])
    if not roles:
        raise UnsupportedCertificate("the certificate names no role")
    if any(each.role.startswith(RESERVED_ROLES) and each.role != OWNER_ROLE for each in roles):
        raise UnsupportedCertificate("roles that begin with oic.role. are reserved")
    return RoleGrant(roles, min(each.not_valid_after_utc for each in chain))


def _trust(database: Database, peer: UUID, wall_clock: WallClock) -> Trust:
    moment = wall_clock()
    return Trust(
        anchors=[
            anchor
            for credential in database.cred.credentials
            if is_usable(credential, moment) and _is_anchor_for(credential, peer, database)
            for anchor in _certificates(credential)
        ],
        moment=moment,
        revocations=revocations(database),
    )


def _is_anchor_for(credential: Credential, peer: UUID, database: Database) -> bool:
    """Tell whether it vouches for the peer: one that is for everybody, the peer or by the owner."""
    if credential.kind != CredentialType.CERTIFICATE:
        return False
    if credential.usage != CredentialUsage.TRUST_ANCHOR:
        return False
    if credential.subject in {ANY_SUBJECT, str(peer)}:
        return True
    subject = UUID(credential.subject)
    owners = (database.doxm.owner_uuid, database.cred.resource_owner)
    return any(is_same_identity(subject, owner) for owner in owners)


def _certificates(credential: Credential) -> tuple[Certificate, ...]:
    if credential.public is None:
        return ()
    try:
        return certificates.read_public(credential.public)
    except Alert:
        return ()


def revocations(database: Database) -> tuple[CertificateRevocationList, ...]:
    """Return the device's list of revoked certificates, if it has one that can be read."""
    if not database.crl.data:
        return ()
    try:
        return (read_revocations(database.crl.data),)
    except BadCertificate:
        return ()


def outdated_since(database: Database, moment: datetime) -> datetime | None:
    """Return since when a newer list of revoked certificates is due; None if none is."""
    due = (each.next_update_utc for each in revocations(database))
    return next((each for each in due if each is not None and each < moment), None)


def read_revocations(text: str) -> CertificateRevocationList:
    """Read a list of revoked certificates, base64 of DER. Raises `BadCertificate`."""
    with certificates.reading():
        return x509.read_revocations(text)
