"""Who the peer of a session is, and what it loses when the database changes.

    session opened by                      its peer
    ------------------------------------   -----------------------------------------------
    a pairwise key (ECDHE_PSK)             the UUID whose key it had, with that key's role
    a certificate (ECDHE_ECDSA)            the UUID in it
    a transfer of ownership                nobody: it has the rights of the connection
    ... with the owner credential          the owner
    the PIN of Direct Pairing              nobody, until the pairing has ended

What a session was opened for is fixed at its beginning (`Terms`, the session's tag), as an answer
that depended on the state at each request would take the rights of the ownership connection away in
the middle of provisioning.

In a transfer the identity that a peer claims counts for nothing: no key of its own stands behind
it. It has the rights of the connection instead.

On which terms a session is opened, `onboardee.device.security.offers` decides.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from onboardee.device.access.peer import Peer
from onboardee.device.access.periods import is_usable
from onboardee.device.security.pairing_attempt import JoinUse, PinUse
from onboardee.pki.errors import CertificateError
from onboardee.svrdb.model import (
    NIL,
    Credential,
    CredentialType,
    Database,
    PublicData,
)
from onboardee.wire.dtls import Alert, Session
from onboardee.wire.path import Path
from onboardee.wire.wall_clock import WallClock, utc_now


@dataclass(frozen=True, slots=True)
class Terms:
    """What a session was opened for; it stays so for as long as the session lives.

    A session whose handshake began in RFOTM is the device ownership connection. It keeps its rights
    beyond RFOTM: tools finish provisioning over it (OCF Security 7.3).
    """

    owns_transfer: bool
    is_proven: bool = False
    """An ownership connection whose peer has proven its UUID: it has the owner credential."""

    by_pin: bool = False
    """An ownership connection that a PIN opens."""

    pin_use: PinUse | None = None
    """Where the PIN of Direct Pairing may open the session: whether it did."""

    join: JoinUse | None = None
    """Where the PIN of multiple ownership may open it: whether it did."""


def is_ownership_connection(session: Session) -> bool:
    """Tell whether a session was opened to take ownership."""
    return isinstance(session.tag, Terms) and session.tag.owns_transfer


def is_pairing(session: Session) -> bool:
    """Tell whether the PIN of Direct Pairing opened a session."""
    terms = session.tag
    return isinstance(terms, Terms) and terms.pin_use is not None and terms.pin_use.is_used


def is_joining(session: Session) -> bool:
    """Tell whether the PIN of multiple ownership opened a session."""
    terms = session.tag
    return isinstance(terms, Terms) and terms.join is not None and terms.join.is_used


def identity_uuid(identity: bytes | None) -> UUID | None:
    """Read a PSK identity: 16 octets of a UUID, or its text. The nil UUID is nobody.

    IoTivity and IoTivity-Lite send the octets. None for everything else.

    >>> identity_uuid(b"11111111-2222-4333-8444-555555555555")
    UUID('11111111-2222-4333-8444-555555555555')
    >>> identity_uuid(bytes(16)) is None
    True
    """
    if identity is None:
        return None
    try:
        uuid = UUID(bytes=identity) if len(identity) == 16 else UUID(identity.decode("ascii"))
    except ValueError:
        return None
    return None if uuid == NIL else uuid


def pairwise_key(database: Database, identity: bytes, moment: datetime) -> bytes | None:
    """Return the key of the peer that `identity` names, if it may be used at that moment."""
    credential = _pairwise(database, identity_uuid(identity), moment)
    return None if credential is None or credential.private is None else credential.private.data


def peer_of(session: Session, database: Database, wall_clock: WallClock = utc_now) -> Peer:
    """Tell who the peer of a session is, at the moment it is opened.

    With a key it is the UUID whose key it had; with a certificate, the UUID in that. The peer of an
    ownership connection has none, unless it has proven the owner credential.
    """
    owns_transfer = is_ownership_connection(session)
    # during a transfer, and by the PIN of a pairing, an identity is a claim without a key
    uuid = _proven_uuid(session) if _is_proven(session) else None
    assert isinstance(session.address, Path)
    peer = Peer(
        session.address,
        secured=True,
        owns_transfer=owns_transfer,
        pairs=is_pairing(session),
        joins=identity_uuid(session.peer_identity) if is_joining(session) else None,
        uuid=uuid,
        by_key=uuid is not None and not session.peer_certificates,
        session=session,
    )
    return with_present_role(peer, database, wall_clock())


def with_present_role(peer: Peer, database: Database, moment: datetime) -> Peer:
    """Return the peer with the role of its key, as long as the key may be used.

    Only a peer that proved to have the key has the key's role, not one with a certificate.
    """
    if not peer.by_key:
        return peer
    credential = _pairwise(database, peer.uuid, moment)
    role = None if credential is None else credential.role
    roles = frozenset() if role is None else frozenset({role})
    return peer if roles == peer.roles else peer.with_key_role(roles)


def has_lost_credential(
    session: Session, before: Database, after: Database, wall_clock: WallClock
) -> bool:
    """Tell whether a change took away what a session was opened with.

    Such a session is ended: a tool that removes a credential means the peer to be gone, not to stay
    until it disconnects. A session that had no key before either (of a transfer) loses nothing.
    """
    if not _is_proven(session):
        return False
    if session.peer_certificates:
        try:
            verify_peer(session.peer_certificates, after, wall_clock)
        except Alert:
            return True
        return False
    uuid, moment = identity_uuid(session.peer_identity), wall_clock()
    had_key = _pairwise(before, uuid, moment) is not None
    return had_key and _pairwise(after, uuid, moment) is None


def has_lost_role(
    public: PublicData, session: Session, database: Database, wall_clock: WallClock
) -> bool:
    """Tell whether a role that was asserted over a session could not be asserted now."""
    # 5 MB of memory that a device without certificates need not have
    from onboardee.device.security import trust  # noqa: PLC0415

    try:
        trust.verify_roles(public, session.peer_certificates, database, wall_clock)
    except CertificateError:
        return True
    return False


def revocations_outdated(database: Database, moment: datetime) -> datetime | None:
    """Return since when a newer list of revoked certificates is due; None if none is."""
    # 5 MB of memory that a device without certificates need not have
    from onboardee.device.security import trust  # noqa: PLC0415

    return trust.outdated_since(database, moment)


def _is_proven(session: Session) -> bool:
    terms = session.tag
    if is_pairing(session) or is_joining(session):
        return False
    return not isinstance(terms, Terms) or not terms.owns_transfer or terms.is_proven


def _proven_uuid(session: Session) -> UUID | None:
    if not session.peer_certificates:
        return identity_uuid(session.peer_identity)
    # 5 MB of memory that a device without certificates need not have
    from onboardee.device.security import trust  # noqa: PLC0415

    return trust.peer_of(session.peer_certificates)


def verify_peer(chain: tuple[bytes, ...], database: Database, wall_clock: WallClock) -> None:
    """Accept a peer's chain of certificates (DER, leaf first), or raise the `Alert` for it."""
    # 5 MB of memory that a device without certificates need not have
    from onboardee.device.security import trust  # noqa: PLC0415

    with trust.alerting():
        trust.verify_peer(chain, database, wall_clock)


def _pairwise(database: Database, uuid: UUID | None, moment: datetime) -> Credential | None:
    if uuid is None:
        return None
    subject = str(uuid)
    # all are looked at, so that the time does not tell strangers which there are
    found = [
        each
        for each in database.cred.credentials
        if each.kind == CredentialType.SYMMETRIC_PAIRWISE
        and each.subject == subject
        and is_usable(each, moment)
    ]
    return found[0] if found else None
