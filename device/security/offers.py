"""Who may open a DTLS session now, and on which terms.

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

Where the profile has P-384, ECDHE_ECDSA is offered with AES-256-GCM and SHA-384 first.

The methods are those of OCF Security 7.3.4 (Just Works), 7.3.5 (random PIN) and 7.3.6 (manufacturer
certificate). In a transfer the peer proves nothing (0, 2), or that it knows the PIN; with method 2
the device proves who made it. Otherwise both sides prove a key or a certificate (OCF Security
11.3).

An offer that is None is silence. A refusal by alert would tell strangers that there is a device,
and in which state.

What comes of an offer is a session; who its peer is then, `onboardee.device.security.sessions`
tells.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Protocol
from uuid import UUID

from onboardee.device.security.device_certificates import (
    identity_certificate,
    manufacturer_certificate,
)
from onboardee.device.security.pin import HINT_PREFIX, pin_key
from onboardee.device.security.sessions import Terms, identity_uuid, pairwise_key, verify_peer
from onboardee.pki.curves import Curve
from onboardee.svrdb.model import (
    BLACK_PROFILE,
    NIL,
    PIN_METHODS,
    CredentialType,
    Database,
    State,
    TransferMethod,
)
from onboardee.wire.dtls import CipherSuite, Offer, Session
from onboardee.wire.dtls.numbers import SECP256R1, SECP384R1
from onboardee.wire.wall_clock import WallClock, utc_now

CERTIFICATE_SUITES: Final = (
    CipherSuite.ECDHE_ECDSA_AES_128_CCM_8,
    CipherSuite.ECDHE_ECDSA_AES_128_CCM,
    CipherSuite.ECDHE_ECDSA_AES_256_CCM_8,
    CipherSuite.ECDHE_ECDSA_AES_256_CCM,
)
"""Suites in which the device shows a certificate, in its order of preference. GCM, which
IoTivity-Lite uses with a cloud, is not among them."""
STRONG_SUITES: Final = (CipherSuite.ECDHE_ECDSA_AES_256_GCM_SHA384, *CERTIFICATE_SUITES)
"""The same for a device with P-384: the suite with SHA-384 that IoTivity-Lite has comes first."""

TRANSFER_SUITES: Final[Mapping[int, tuple[CipherSuite, ...]]] = {
    TransferMethod.JUST_WORKS: (CipherSuite.ECDH_ANON_AES_128_CBC_SHA256,),
    TransferMethod.RANDOM_PIN: (CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256,),
    TransferMethod.MANUFACTURER_CERTIFICATE: CERTIFICATE_SUITES,
    TransferMethod.PRECONFIGURED_PIN: (CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256,),
}
"""What a device without an owner accepts, by selected method; before the selection nothing."""

OWNED_SUITES: Final = (CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256,)
"""What an owned device accepts without a certificate: never the anonymous suite."""


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
        suites=OWNED_SUITES
        if certificate is None
        else (*OWNED_SUITES, *certificate_suites(database)),
        groups=certificate_groups(database),
        certificate=certificate,
        verify_peer=lambda chain: verify_peer(chain, database, wall_clock),
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
    if is_forbidden(database, database.doxm.selected_method):
        return None
    # several may try, so that nobody keeps a tool waiting: the first to finish takes ownership
    taken = connections.sessions.keys() - {address}
    if suites is None or taken:
        return None
    terms = Terms(owns_transfer=True)
    if database.doxm.selected_method == TransferMethod.MANUFACTURER_CERTIFICATE:
        # the tool has no certificate that the device could know: it is not asked for one
        certificate = manufacturer_certificate(database, wall_clock())
        if certificate is None:
            return None
        return Offer(
            certificate_suites(database),
            certificate=certificate,
            groups=certificate_groups(database),
            tag=terms,
        )
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


def is_forbidden(database: Database, method: int) -> bool:
    """Tell whether the security profile in force forbids a transfer method (Security 14.8.3.3)."""
    is_black = database.sp.current == BLACK_PROFILE
    return is_black and method == TransferMethod.JUST_WORKS


def certificate_suites(database: Database) -> tuple[CipherSuite, ...]:
    """Return the suites in which the device shows a certificate."""
    return STRONG_SUITES if Curve.P384 in database.curves else CERTIFICATE_SUITES


def certificate_groups(database: Database) -> tuple[int, ...]:
    """Return the curves for Diffie-Hellman on those suites, the strongest first."""
    return (SECP384R1, SECP256R1) if Curve.P384 in database.curves else (SECP256R1,)


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
