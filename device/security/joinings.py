"""How sub-owners join by a PIN, on a device with multiple ownership (IoTivity 1.3).

    owner:      doxm x.org.iotivity.mom = 1, and oxmsel = random or pre-configured PIN
    newcomer:   opens a session with the key of the PIN, under its own UUID
                pstat RFPRO; a credential for itself without octets; pstat RFNOP
    both:       derive the same 16 octets of that session, as an owner and its device do

From then on it is a sub-owner, and comes back with that key. IoTivity makes it one as soon as the
handshake is done; here the PIN alone makes nobody anything, so that who knows it and stops half-way
leaves nothing behind.

A UUID that has a key already is never asked for the PIN: nobody takes the place of another with it.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from onboardee.device import events
from onboardee.device.access.periods import is_usable
from onboardee.device.events import Event
from onboardee.device.security.pairing_attempt import DeviceMoment, JoinUse
from onboardee.device.security.pin import PinPad, pin_key
from onboardee.device.security.sessions import Terms, identity_uuid
from onboardee.device.security.tries import Tries
from onboardee.svrdb.model import (
    ANY_SUBJECT,
    NIL,
    Credential,
    CredentialType,
    Database,
    State,
    TransferMethod,
    is_same_identity,
)
from onboardee.svrdb.model.owners import PIN_USAGE
from onboardee.wire.dtls import HandshakeFailed, Offer

_STATES: Final = frozenset({State.RFPRO, State.RFNOP})


@dataclass(slots=True)
class Joinings:
    """The PIN by which sub-owners join; `pins` is how many a guesser has to try."""

    moment: DeviceMoment
    make_pin: Callable[[], str]
    report: Callable[[Event], None]
    limit: int
    pins: int
    _pad: PinPad = field(init=False)
    _tries: Tries = field(init=False)
    _terms: object = None

    def __post_init__(self) -> None:
        self._pad = PinPad(self.make_pin)
        self._tries = Tries(self.pins)

    @property
    def pin(self) -> str | None:
        """The random PIN that is being shown, if any."""
        return self._pad.current

    def follow(self) -> None:
        """Show a PIN where sub-owners join by a random one, and another when one has joined.

        Asked whenever the database may have changed.
        """
        database = self.moment.database
        terms = (database.owners, database.doxm.selected_method, database.doxm.owned)
        if terms == self._terms:
            return
        self._terms = terms
        self._pad.clear()
        if self._method() == TransferMethod.RANDOM_PIN:
            self.report(events.JoiningPinShown(pin=self._pad.show()))

    def offer(self, offer: Offer, host: Hashable) -> Offer:
        """Return an owned device's terms with what the PIN adds to them."""
        database = self.moment.database
        if self._method() is None or self._secret() is None:
            return offer
        if len(database.owners.sub_owners) >= self.limit or database.state not in _STATES:
            return offer
        use, stored = JoinUse(), offer.psk

        def key_of(identity: bytes) -> bytes | None:
            found = stored(identity)
            return self._key(use, identity, host) if found is None else found

        terms = offer.tag if isinstance(offer.tag, Terms) else Terms(owns_transfer=False)
        return replace(offer, psk=key_of, tag=replace(terms, join=use))

    def note_failure(self, failure: HandshakeFailed) -> None:
        """Count a wrong PIN; a random one that was wrong too often is shown no more."""
        terms = failure.tag
        use = terms.join if isinstance(terms, Terms) else None
        if use is None or not use.is_used or not failure.had_keys:
            return
        if self._pad.current is not None:
            self._pad.note_wrong()

    def _method(self) -> TransferMethod | None:
        """Return how sub-owners join now; None if they do not."""
        database = self.moment.database
        if not database.doxm.owned or not database.owners.is_open:
            return None
        method = database.doxm.selected_method
        ways = (TransferMethod.RANDOM_PIN, TransferMethod.PRECONFIGURED_PIN)
        return next((each for each in ways if each == method), None)

    def _secret(self) -> str | None:
        """Return the PIN of the method that is selected."""
        if self._method() is TransferMethod.RANDOM_PIN:
            return self._pad.current
        return preconfigured_pin(self.moment.database, self.moment.wall_time)

    def _key(self, use: JoinUse, identity: bytes, host: Hashable) -> bytes | None:
        """Lend the key of the PIN to one handshake of a UUID that nobody here has yet."""
        uuid, database, secret = identity_uuid(identity), self.moment.database, self._secret()
        if uuid is None or secret is None or not is_free(database, uuid):
            return None
        if not self._tries.begin(host, self.moment.now):
            return None
        use.is_used = True
        return pin_key(secret, database.doxm.device_uuid)


def is_free(database: Database, uuid: UUID) -> bool:
    """Tell whether a UUID is neither an owner's nor that of a peer with a credential or rules."""
    owners = (
        database.doxm.owner_uuid,
        database.doxm.device_uuid,
        *database.owners.sub_owners,
        *(part.resource_owner for part in (database.doxm, database.pstat)),
        *(part.resource_owner for part in (database.cred, database.acl2)),
    )
    text = str(uuid)
    return (
        uuid != NIL
        and not any(is_same_identity(uuid, each) for each in owners)
        and not any(each.subject == text for each in database.cred.credentials)
        and not any(each.subject.uuid == text for each in database.acl2.entries)
    )


def preconfigured_pin(database: Database, moment: datetime) -> str | None:
    """Return the PIN that the owner gave the device for its sub-owners, if it may be used now."""
    found = [
        each
        for each in database.cred.credentials
        if each.kind == CredentialType.PIN and _is_for_joining(each) and is_usable(each, moment)
    ]
    private = found[0].private if found else None
    try:
        return private.data.decode() if private is not None and private.data else None
    except UnicodeDecodeError:
        return None


def _is_for_joining(credential: Credential) -> bool:
    return credential.usage == PIN_USAGE or (
        credential.usage is None and credential.subject == ANY_SUBJECT
    )
