"""Whose certificates the device accepts: peers in a handshake, and the roles they assert.

Two questions meet here. Whether a chain is sound is for `onboardee.pki` (signatures, OCF's profile,
times, revocations). Whom the device believes at all follows from its database:

    trust anchor (credtype 8, credusage oic.sec.cred.trustca) whose      vouches for
      subject is
    -----------------------------------------------------------------    --------------------
    "*"                                                                  everybody
    the UUID of one peer                                                 that peer
    the owner of the device, or of /oic/sec/cred                         everybody

Anchors of manufacturers are for tools that check a device, and count for no peer. An anchor counts
for as long as the credential's own `period` lasts. What cannot be read of an anchor or of the list
of revoked certificates is left out: it vouches for nobody, and takes nothing away.

A role certificate says which roles the holder of a key has (OCF Security 10.4). It counts for a
session only if it is for the identity and for the key that opened the session, or anybody who had
seen it could assert it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from onboardee.device.access.peer import OWNER_ROLE
from onboardee.device.access.periods import is_usable
from onboardee.device.security.device_certificates import curves_of
from onboardee.pki import errors
from onboardee.pki.certificate import Certificate, read_chain
from onboardee.pki.chains import Trust, verify
from onboardee.pki.ocf_profile import IDENTITY, ROLE, roles_in
from onboardee.pki.revocations import RevocationList, read_base64
from onboardee.svrdb.certificates import read_certificates
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
from onboardee.wire import dtls
from onboardee.wire.wall_clock import WallClock

_ALERTS: Final[dict[type[errors.CertificateError], type[dtls.Alert]]] = {
    errors.BadCertificateError: dtls.BadCertificate,
    errors.UnsupportedCertificateError: dtls.UnsupportedCertificate,
    errors.OutdatedCertificateError: dtls.CertificateExpired,
    errors.RevokedCertificateError: dtls.CertificateRevoked,
    errors.UntrustedCertificateError: dtls.UnknownCa,
}
"""How a handshake tells what is wrong with a certificate (RFC 5246 7.2.2)."""

RESERVED_ROLES: Final = "oic.role."
"""How roles begin that OCF gives a meaning to (OCF Security 10.4); but for the owner's there is
none yet that a device could honour."""


@dataclass(frozen=True, slots=True)
class RoleGrant:
    """What a role certificate gives, and until when: as long as its whole chain is valid."""

    roles: frozenset[RoleId]
    until: datetime


@contextmanager
def alerting() -> Iterator[None]:
    """Turn what is wrong with a certificate into its alert."""
    try:
        yield
    except errors.CertificateError as error:
        raise _ALERTS[type(error)](str(error)) from error


def verify_peer(chain: tuple[bytes, ...], database: Database, wall_clock: WallClock) -> UUID:
    """Verify the chain (DER, leaf first) of a client and return who it is.

    Its common name is `uuid:<UUID>` (OCF Security 9.4.2.2). Anchors are looked at as they are now,
    with each call: what a tool has taken away vouches for nobody any more.

    Raises `CertificateError`, the kind that names the fault.
    """
    read = read_chain(chain)
    peer = read[0].identity
    if peer is None:
        raise errors.UnsupportedCertificateError("the common name is not uuid:<UUID>")
    verify(read, IDENTITY, _trust(database, peer, wall_clock))
    return peer


def peer_of(chain: tuple[bytes, ...]) -> UUID | None:
    """Return the identity in a chain that was verified before."""
    return read_chain(chain[:1])[0].identity


def verify_roles(
    public: PublicData, session_chain: tuple[bytes, ...], database: Database, wall_clock: WallClock
) -> RoleGrant:
    """Return the roles that a role certificate gives to the peer of a session.

    `public` is the chain that the peer asserts, `session_chain` the one that it opened the session
    with (DER, leaf first). Raises `CertificateError`.
    """
    chain = read_certificates(public)
    own = read_chain(session_chain[:1])[0]
    peer = own.identity
    if peer is None or chain[0].identity != peer:
        raise errors.BadCertificateError("the role was given to somebody else")
    if chain[0].public_key() != own.public_key():
        raise errors.BadCertificateError("the role was given to another key")
    verify(chain, ROLE, _trust(database, peer, wall_clock))
    roles = frozenset(RoleId(role=role, authority=by) for role, by in roles_in(chain[0]))
    if not roles:
        raise errors.UnsupportedCertificateError("the certificate names no role")
    if any(each.role.startswith(RESERVED_ROLES) and each.role != OWNER_ROLE for each in roles):
        raise errors.UnsupportedCertificateError("roles that begin with oic.role. are reserved")
    return RoleGrant(roles, min(each.end for each in chain))


def _trust(database: Database, peer: UUID, wall_clock: WallClock) -> Trust:
    """Return who vouches for a peer now."""
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
        curves=curves_of(database),
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
        return read_certificates(credential.public)
    except errors.CertificateError:
        return ()


def revocations(database: Database) -> tuple[RevocationList, ...]:
    """Return the device's list of revoked certificates, if it has one that can be read."""
    if not database.crl.data:
        return ()
    try:
        return (read_base64(database.crl.data),)
    except errors.CertificateError:
        return ()


def outdated_since(database: Database, moment: datetime) -> datetime | None:
    """Return since when a newer list of revoked certificates is due; None if none is."""
    due = (each.next_update for each in revocations(database))
    return next((each for each in due if each is not None and each < moment), None)
