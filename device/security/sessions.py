"""Who may open a DTLS session now, on which terms, and who the peer of a session then is."""

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID

from device.dtls import CipherSuite, Offer, Session
from device.security.gate import Requester
from svrdb.model import NIL, Credential, CredentialType, Database, RoleId, State, TransferMethod

TRANSFER_SUITES: Final[Mapping[int, tuple[CipherSuite, ...]]] = {
    TransferMethod.JUST_WORKS: (CipherSuite.ECDH_ANON_AES_128_CBC_SHA256,),
}
"""What a device without an owner accepts, by selected method; before the selection nothing."""

OWNED_SUITES: Final = (CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256,)
"""What an owned device accepts: never the anonymous suite."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a session was opened for; it stays so for as long as the session lives.

    A session whose handshake began in RFOTM is the device ownership connection. It keeps its rights
    beyond RFOTM: tools finish provisioning over it (OCF Security 7.3).
    """

    owns_transfer: bool


class Connections(Protocol):
    """The part of the DTLS endpoint that the terms depend on."""

    @property
    def sessions(self) -> Mapping[Hashable, Session]:
        """Live sessions by address."""

    @property
    def half_open(self) -> Collection[Hashable]:
        """Addresses with a handshake in progress."""


def terms_for(database: Database, connections: Connections, address: Hashable) -> Offer | None:
    """Return what `address` is offered in the present state; None means to stay silent."""
    if database.state is State.RESET:
        return None
    if database.state is State.RFOTM:
        return _transfer_terms(database, connections, address)
    return Offer(
        suites=OWNED_SUITES,
        psk_hint=database.doxm.device_uuid.bytes,
        psk=lambda identity: pairwise_key(database, identity),
        tag=Terms(owns_transfer=False),
    )


def _transfer_terms(
    database: Database, connections: Connections, address: Hashable
) -> Offer | None:
    """Offer the one ownership connection, unless another peer has it."""
    suites = TRANSFER_SUITES.get(database.doxm.selected_method)
    taken = {*connections.sessions, *connections.half_open} - {address}
    if suites is None or taken:
        return None
    return Offer(suites=suites, tag=Terms(owns_transfer=True))


def identity_uuid(identity: bytes | None) -> UUID | None:
    """Read a PSK identity: 16 octets of a UUID, or its text. The nil UUID is nobody."""
    if identity is None:
        return None
    try:
        uuid = UUID(bytes=identity) if len(identity) == 16 else UUID(identity.decode("ascii"))
    except ValueError:
        return None
    return None if uuid == NIL else uuid


def pairwise_key(database: Database, identity: bytes) -> bytes | None:
    """Return the key of the peer that `identity` names."""
    credential = _pairwise(database, identity_uuid(identity))
    return None if credential is None or credential.private is None else credential.private.data


def requester_of(session: Session, database: Database) -> Requester:
    """Tell who the peer of a session is, at the moment it is opened."""
    uuid = identity_uuid(session.peer_identity)
    credential = _pairwise(database, uuid)
    roles: frozenset[RoleId] = frozenset()
    if credential is not None and credential.role is not None:
        roles = frozenset({credential.role})
    return Requester(
        secured=True,
        owns_transfer=isinstance(session.tag, Terms) and session.tag.owns_transfer,
        uuid=uuid,
        roles=roles,
    )


def _pairwise(database: Database, uuid: UUID | None) -> Credential | None:
    if uuid is None:
        return None
    subject = str(uuid)
    for credential in database.cred.credentials:
        if credential.kind == CredentialType.SYMMETRIC_PAIRWISE and credential.subject == subject:
            return credential
    return None
