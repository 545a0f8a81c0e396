"""Who may open a session in which state, and who its peer then is."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import pytest
from msgspec.structs import replace

from onboardee.device.security.offers import (
    PinTerms,
    awaited_owner,
    returning_terms,
    terms_for,
)
from onboardee.device.security.sessions import (
    Terms,
    identity_uuid,
    pairwise_key,
    peer_of,
)
from onboardee.svrdb.model import (
    NIL,
    Cred,
    Credential,
    CredentialType,
    Database,
    Dos,
    Doxm,
    Permanent,
    PrivateData,
    Pstat,
    RoleId,
    State,
)
from onboardee.wire.dtls import CipherSuite, Session
from onboardee.wire.dtls.session import Role
from onboardee.wire.path import Path

PEER = UUID("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee")
PEER_PATH = Path("192.0.2.1", 5684, "192.0.2.9", 40000, secured=True)
KEY = bytes(range(16))
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
GUEST = RoleId(role="guest")


@dataclass
class Connections:
    """Sessions by address, as the DTLS endpoint shows them."""

    sessions: dict[Hashable, Session] = field(default_factory=dict)


def database(state: State, *, method: int = 0, subject: str = str(PEER)) -> Database:
    """Make a device with one pairwise key."""
    credential = Credential(
        credid=1,
        kind=CredentialType.SYMMETRIC_PAIRWISE,
        subject=subject,
        private=PrivateData(data=KEY),
        role=GUEST,
    )
    return Database(
        doxm=Doxm(methods=(0,), selected_method=method, device_uuid=PEER),
        permanent=Permanent(device=PEER, platform=PEER, original=PEER),
        pstat=Pstat(dos=Dos(state=state)),
        cred=Cred(credentials=(credential,)),
    )


def session(identity: bytes | None = None, tag: object = None) -> Session:
    """Make a session that looks established."""
    return Session(
        address=PEER_PATH,
        suite=CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256,
        role=Role.SERVER,
        client_random=bytes(32),
        server_random=bytes(32),
        master_secret=bytes(48),
        extended_master_secret=False,
        established_at=0,
        last_active=0,
        tag=tag,
        peer_identity=identity,
    )


@pytest.mark.parametrize("state", [State.RFPRO, State.RFNOP, State.SRESET])
def test_an_owned_device_speaks_to_holders_of_a_key_only(state: State) -> None:
    """With an owner, PSK is offered, never the anonymous suite, whatever the method was."""
    offer = terms_for(database(state), Connections(), PEER_PATH)
    assert offer is not None
    assert tuple(offer.suites) == (CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256,)
    assert offer.tag == Terms(owns_transfer=False)
    assert offer.psk_hint == PEER.bytes
    assert offer.psk is not None
    assert offer.psk(PEER.bytes) == KEY
    assert offer.psk(NIL.bytes) is None


def test_a_resetting_device_speaks_to_nobody() -> None:
    """In RESET no handshake is answered."""
    assert terms_for(database(State.RESET), Connections(), PEER_PATH) is None


@pytest.mark.parametrize(("method", "speaks"), [(0, True), (1, False), (2, False), (4, False)])
def test_without_an_owner_the_selected_method_counts(method: int, speaks: bool) -> None:
    """Before a method that the device has is selected, no handshake is answered."""
    offer = terms_for(database(State.RFOTM, method=method), Connections(), PEER_PATH)
    assert (offer is not None) is speaks
    assert offer is None or offer.tag == Terms(owns_transfer=True, is_proven=False, by_pin=False)


def test_there_is_one_ownership_connection() -> None:
    """While a peer is connected, others are ignored; the same peer may retry."""
    connections = Connections({PEER_PATH: session()})
    assert terms_for(database(State.RFOTM), connections, "other") is None
    assert terms_for(database(State.RFOTM), connections, PEER_PATH) is not None


@pytest.mark.parametrize(
    ("identity", "peer"),
    [
        (PEER.bytes, PEER),
        (str(PEER).encode(), PEER),
        (str(PEER).upper().encode(), PEER),
        (NIL.bytes, None),
        (str(NIL).encode(), None),
        (None, None),
        (b"", None),
        (b"\xff" * 15, None),
        (b"\xff" * 36, None),
        (b"somebody", None),
    ],
)
def test_whom_a_psk_identity_names(identity: bytes | None, peer: UUID | None) -> None:
    """An identity is a UUID as octets or text; nil and everything else name nobody."""
    assert identity_uuid(identity) == peer
    found = pairwise_key(database(State.RFNOP), identity or b"", NOON)
    assert found == (KEY if peer else None)


def test_a_credential_of_nil_is_nobodys_key() -> None:
    """Even a stored key of the nil UUID opens no session."""
    assert pairwise_key(database(State.RFNOP, subject=str(NIL)), NIL.bytes, NOON) is None


def test_a_credential_without_octets_is_no_key() -> None:
    """A pairwise credential that has lost its secret is not taken for the empty key."""
    here = database(State.RFNOP)
    bare = replace(here.cred.credentials[0], private=None)
    here = replace(here, cred=replace(here.cred, credentials=(bare,)))
    assert pairwise_key(here, PEER.bytes, NOON) is None


def test_who_the_peer_of_a_session_is() -> None:
    """The PSK identity gives the UUID, its credential the role, the terms the ownership."""
    here = database(State.RFNOP)
    known = peer_of(session(PEER.bytes, Terms(owns_transfer=False)), here)
    assert (known.secured, known.owns_transfer, known.uuid) == (True, False, PEER)
    assert known.roles == {GUEST}
    owner = peer_of(session(None, Terms(owns_transfer=True)), here)
    assert (owner.secured, owner.owns_transfer, owner.uuid) == (True, True, None)
    assert owner.roles == frozenset()


def half_owned(**changes: object) -> Database:
    """Make a device whose owner has its credential, and has not ended the transfer."""
    before = database(State.RFOTM)
    values = {"owner_uuid": PEER, **changes}
    return replace(before, doxm=replace(before.doxm, **values))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "who"),
    [
        (half_owned(), PEER),
        (half_owned(owned=True), None),
        (half_owned(owner_uuid=NIL), None),
        (half_owned(owner_uuid=UUID(int=9)), None),
        (replace(half_owned(), pstat=Pstat(dos=Dos(state=State.RFPRO))), None),
    ],
    ids=["half owned", "owned", "nobody", "without credential", "later"],
)
def test_only_an_owner_with_a_credential_is_awaited(found: Database, who: UUID | None) -> None:
    """In RFOTM, named, not yet declared, and able to prove who it is."""
    assert awaited_owner(found) == who


def test_the_returning_owner_proves_its_key() -> None:
    """It alone is offered a session, with its key and no anonymous suite, and is who it says."""
    offer = returning_terms(half_owned(), PEER, lambda: NOON)
    assert offer.suites == (CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256,)
    assert offer.psk is not None
    assert offer.psk(PEER.bytes) == KEY
    assert offer.psk(str(PEER).encode()) == KEY
    assert offer.psk(UUID(int=9).bytes) is None
    assert offer.psk(b"oic.sec.doxm.rdp") is None
    requester = peer_of(session(PEER.bytes, offer.tag), half_owned(), lambda: NOON)
    assert (requester.owns_transfer, requester.uuid) == (True, PEER)


def test_nobody_else_returns_with_a_key_of_its_own() -> None:
    """While the owner is awaited, other keys of the device open nothing, nor does the PIN."""
    other = UUID(int=9)
    mine = half_owned()
    key = Credential(
        credid=2,
        kind=CredentialType.SYMMETRIC_PAIRWISE,
        subject=str(other),
        private=PrivateData(data=KEY),
    )
    both = replace(mine, cred=replace(mine.cred, credentials=(*mine.cred.credentials, key)))
    assert pairwise_key(both, other.bytes, NOON) == KEY
    offer = returning_terms(both, PEER, lambda: NOON)
    assert offer.psk(other.bytes) is None
    assert offer.psk(PEER.bytes) == KEY


def test_a_pin_is_in_no_terms() -> None:
    """What a session is opened with shows no PIN, and no key made of it."""
    terms = PinTerms("97531")
    offer = terms_for(database(State.RFOTM, method=1), Connections(), PEER_PATH, terms)
    assert offer is not None
    assert "97531" not in repr(terms) + repr(offer)


def test_other_ownership_connections_prove_nothing() -> None:
    """An identity that no key stands behind is nobody."""
    claimed = session(PEER.bytes, Terms(owns_transfer=True))
    assert peer_of(claimed, half_owned(), lambda: NOON).uuid is None
