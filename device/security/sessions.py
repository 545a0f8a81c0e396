"""Who may open a DTLS session now, on which terms, and who the peer of a session then is.

The DTLS engine asks for an offer when a handshake begins (`terms_for`) and knows nothing of OCF.
The state decides:

    state    selected method       who is offered           suites
    ------   -------------------   ----------------------   -----------------------------
    RESET    any                   nobody                   -
    RFOTM    none                  nobody                   -
    RFOTM    0 Just Works          all, until one is done   ECDH_anon, AES-128-CBC
    RFOTM    1 random PIN,         the same, while there    ECDHE_PSK, AES-128-CBC
               0xFF00 known PIN      is a PIN
    RFOTM    2 manufacturer        the same                 ECDHE_ECDSA, AES-CCM
               certificate
    RFOTM    any (OIC 1.1), once   the owner alone          ECDHE_PSK, AES-128-CBC
               the owner has its
               credential
    others   any                   all                      ECDHE_PSK, and with a
                                                              certificate ECDHE_ECDSA

In a transfer the peer proves nothing (0, 2), or that it knows the PIN; with method 2 the device
proves who made it. Otherwise both sides prove a key or a certificate.

What a session was opened for is fixed at its beginning (`Terms`, the session's tag), as an answer
that depended on the state at each request would take the rights of the ownership connection away in
the middle of provisioning.

In a transfer the identity that a peer claims counts for nothing: no key of its own stands behind
it. It has the rights of the connection instead.

An offer that is None is silence. A refusal by alert would tell strangers that there is a device,
and in which state.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from onboardee.device.access.peer import Peer
from onboardee.device.access.periods import is_usable
from onboardee.device.security.attempt import PinUse
from onboardee.device.security.identity import identity_certificate, manufacturer_certificate
from onboardee.device.security.pin import HINT_PREFIX, pin_key
from onboardee.pki.errors import CertificateError
from onboardee.svrdb.model import (
    NIL,
    PIN_METHODS,
    Credential,
    CredentialType,
    Database,
    PublicData,
    State,
    TransferMethod,
)
from onboardee.wire.dtls import Alert, CipherSuite, Offer, Session
from onboardee.wire.path import Path
from onboardee.wire.wall_clock import WallClock, utc_now

CERTIFICATE_SUITES: Final = (
    CipherSuite.ECDHE_ECDSA_AES_128_CCM_8,
    CipherSuite.ECDHE_ECDSA_AES_128_CCM,
    CipherSuite.ECDHE_ECDSA_AES_256_CCM_8,
    CipherSuite.ECDHE_ECDSA_AES_256_CCM,
)
"""Suites in which the device shows a certificate, in its order of preference. GCM, which
IoTivity-Lite uses with a cloud, is not among them."""

TRANSFER_SUITES: Final[Mapping[int, tuple[CipherSuite, ...]]] = {
    TransferMethod.JUST_WORKS: (CipherSuite.ECDH_ANON_AES_128_CBC_SHA256,),
    TransferMethod.RANDOM_PIN: (CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256,),
    TransferMethod.MANUFACTURER_CERTIFICATE: CERTIFICATE_SUITES,
    TransferMethod.PRECONFIGURED_PIN: (CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256,),
}
"""What a device without an owner accepts, by selected method; before the selection nothing."""

OWNED_SUITES: Final = (CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256,)
"""What an owned device accepts without a certificate: never the anonymous suite."""


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


def is_ownership_connection(session: Session) -> bool:
    """Tell whether a session was opened to take ownership."""
    return isinstance(session.tag, Terms) and session.tag.owns_transfer


def is_pairing(session: Session) -> bool:
    """Tell whether the PIN of Direct Pairing opened a session."""
    terms = session.tag
    return isinstance(terms, Terms) and terms.pin_use is not None and terms.pin_use.is_used


class Connections(Protocol):
    """The part of the DTLS endpoint that the terms depend on: who has a session."""

    @property
    def sessions(self) -> Mapping[Hashable, Session]:
        """Live sessions by address."""


@dataclass(frozen=True, slots=True)
class PinTerms:
    """What the random PIN method opens a session with, as long as a PIN is shown.

    `bare_hint` leaves out the prefix of the identity hint, for tools that take the hint for a UUID.
    """

    pin: str = field(repr=False)
    bare_hint: bool = False
    may_try: Callable[[], bool] = lambda: True
    """Asked, and counting, each time that the key is about to be used."""

    def hint(self, device_uuid: UUID) -> bytes:
        """Return the identity hint; tools look for the device's UUID in it."""
        return device_uuid.bytes if self.bare_hint else HINT_PREFIX + device_uuid.bytes


def terms_for(
    database: Database,
    connections: Connections,
    address: Hashable,
    pin: PinTerms | None = None,
    wall_clock: WallClock = utc_now,
) -> Offer | None:
    """Return what `address` is offered in the present state; None means to stay silent.

    `pin` is None where no PIN is shown. The offer holds on to this database: a handshake that takes
    seconds is decided by what was kept at its beginning, and by the time at which a key or a
    certificate is looked at.
    """
    if database.state is State.RESET:
        return None
    if database.state is State.RFOTM:
        return _transfer_terms(database, connections, address, pin, wall_clock)
    certificate = identity_certificate(database, wall_clock())
    return Offer(
        suites=OWNED_SUITES if certificate is None else (*OWNED_SUITES, *CERTIFICATE_SUITES),
        certificate=certificate,
        verify_peer=lambda chain: _verify_peer(chain, database, wall_clock),
        psk_hint=database.doxm.device_uuid.bytes,
        psk=lambda identity: pairwise_key(database, identity, wall_clock()),
        tag=Terms(owns_transfer=False),
    )


def _transfer_terms(
    database: Database,
    connections: Connections,
    address: Hashable,
    pin: PinTerms | None,
    wall_clock: WallClock,
) -> Offer | None:
    """Offer the one ownership connection, unless another peer has it."""
    suites = TRANSFER_SUITES.get(database.doxm.selected_method)
    # several may try, so that nobody keeps a tool waiting: the first to finish takes ownership
    taken = connections.sessions.keys() - {address}
    if suites is None or taken:
        return None
    terms = Terms(owns_transfer=True)
    if database.doxm.selected_method == TransferMethod.MANUFACTURER_CERTIFICATE:
        # the tool has no certificate that the device could know: it is not asked for one
        certificate = manufacturer_certificate(database, wall_clock())
        return None if certificate is None else Offer(suites, certificate=certificate, tag=terms)
    if database.doxm.selected_method not in PIN_METHODS:
        return Offer(suites=suites, tag=terms)
    if pin is None:
        return None
    device_uuid = database.doxm.device_uuid
    return Offer(
        suites=suites,
        psk_hint=pin.hint(device_uuid),
        # tools name themselves as they like: what counts is the PIN
        psk=lambda _identity: pin_key(pin.pin, device_uuid) if pin.may_try() else None,
        tag=replace(terms, by_pin=True),
    )


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
            _verify_peer(session.peer_certificates, after, wall_clock)
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


def awaited_owner(database: Database) -> UUID | None:
    """Return who became owner in an unfinished transfer and has its credential already.

    Between that moment and `owned` = true the tool of OIC 1.1 leaves its session and comes back
    with the new key. Until then the device waits for it alone.
    """
    owner = database.doxm.owner_uuid
    if database.state is not State.RFOTM or database.doxm.owned or owner == NIL:
        return None
    subject = str(owner)
    is_known = any(
        credential.kind == CredentialType.SYMMETRIC_PAIRWISE and credential.subject == subject
        for credential in database.cred.credentials
    )
    return owner if is_known else None


def returning_terms(database: Database, owner: UUID, wall_clock: WallClock = utc_now) -> Offer:
    """Return what the owner is offered that ends the transfer over a session of its own key.

    Tools of OIC 1.1 prove the owner credential that way. Nobody else is offered anything now.
    """
    return Offer(
        suites=OWNED_SUITES,
        psk_hint=database.doxm.device_uuid.bytes,
        psk=lambda identity: (
            pairwise_key(database, identity, wall_clock())
            if identity_uuid(identity) == owner
            else None
        ),
        tag=Terms(owns_transfer=True, is_proven=True),
    )


def _is_proven(session: Session) -> bool:
    terms = session.tag
    if is_pairing(session):
        return False
    return not isinstance(terms, Terms) or not terms.owns_transfer or terms.is_proven


def _proven_uuid(session: Session) -> UUID | None:
    if not session.peer_certificates:
        return identity_uuid(session.peer_identity)
    # 5 MB of memory that a device without certificates need not have
    from onboardee.device.security import trust  # noqa: PLC0415

    return trust.peer_of(session.peer_certificates)


def _verify_peer(chain: tuple[bytes, ...], database: Database, wall_clock: WallClock) -> None:
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
