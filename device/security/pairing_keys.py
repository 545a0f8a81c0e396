"""Direct Pairing: its keys, and what a pairing leaves in the database (IoTivity 1.1).

A second client that knows a PIN gets a credential and the rules that the owner chose for such
devices, without the owner's tool. OCF has nothing like it. Function by function this is IoTivity's
`dpairingresource.c` and `directpairing.c`.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from onboardee.device.security import owner
from onboardee.device.security.pin import ITERATIONS, KEY_SIZE
from onboardee.svrdb import acl_version1
from onboardee.svrdb.model import (
    NIL,
    Ace,
    Credential,
    CredentialType,
    Database,
    PairingRule,
    Pconf,
    PrivateData,
    TimePattern,
    is_same_identity,
)
from onboardee.svrdb.validity import parse

LABEL: Final = b"oic.r.dpairing"
LABEL_1_1_0: Final = b"oic.sec.dpairing"
"""What enters the derivation: the type of the resource, which IoTivity 1.1.0 named otherwise."""

KEY_BLOCK_SIZE: Final = 96
"""Octets of the session's key block that enter the derivation: the PIN has one suite, 0xC037."""

TAG: Final = "direct pairing"
"""Marks the access control entries that a pairing brought: they leave with it."""

_DATE: Final = re.compile(r"\d{8}")
_LOCAL_TIME: Final = re.compile(r"\d{8}T\d{6}")


def pin_key(pin: bytes, resource_owner: UUID) -> bytes:
    """Return the key of the PIN handshake; its salt is who owns `/oic/sec/pconf`."""
    return hashlib.pbkdf2_hmac("sha256", pin, resource_owner.bytes, ITERATIONS, KEY_SIZE)


def pairing_key(
    key_block: Callable[[int], bytes], *, label: bytes, server: UUID, client: UUID
) -> bytes:
    """Return the pairing credential of the session whose `key_block(size)` is given."""
    return owner.expanded(key_block(KEY_BLOCK_SIZE), label + server.bytes + client.bytes)


def why_not_paired(database: Database, peer: UUID) -> str | None:
    """Return why a device must not pair under a UUID; None if it may.

    Whoever knows the PIN must not become somebody who has rights already.
    """
    if peer in {NIL, database.doxm.device_uuid}:
        return "pdeviceuuid names no other device"
    if peer in database.pconf.paired:
        return f"{peer} is paired already"
    if peer in _owners(database) or any(_is_about(peer, each) for each in _subjects(database)):
        return f"{peer} is known already, and not by pairing"
    return None


def paired(database: Database, peer: UUID, key: bytes) -> Database:
    """Return the database with a pairing: the credential, the rules, and a note of the device."""
    credids = {each.credid for each in database.cred.credentials}
    credential = Credential(
        credid=_lowest_free(credids),
        kind=CredentialType.SYMMETRIC_PAIRWISE,
        subject=str(peer),
        private=PrivateData(data=key),
    )
    entries = database.acl2.entries
    for rule in database.pconf.rules:
        aceid = _lowest_free({each.aceid for each in entries})
        entries = (*entries, to_ace(rule, peer, aceid))
    return replace(
        database,
        cred=replace(database.cred, credentials=(*database.cred.credentials, credential)),
        acl2=replace(database.acl2, entries=entries),
        pconf=replace(database.pconf, paired=(*database.pconf.paired, peer)),
    )


def without_lost(database: Database) -> Database:
    """Return the database without the pairings whose credential is gone, and without their rules.

    IoTivity has no request that ends a pairing: an owner deletes the credential. There the device
    stays on the list, so that it can never pair again.
    """
    if not database.pconf.paired:
        return database
    known = {
        each.subject
        for each in database.cred.credentials
        if each.kind == CredentialType.SYMMETRIC_PAIRWISE
    }
    kept = tuple(peer for peer in database.pconf.paired if str(peer) in known)
    if kept == database.pconf.paired:
        return database
    lost = {str(peer) for peer in database.pconf.paired} - known
    entries = tuple(
        each for each in database.acl2.entries if each.tag != TAG or each.subject.uuid not in lost
    )
    return replace(
        database,
        pconf=replace(database.pconf, paired=kept),
        acl2=replace(database.acl2, entries=entries),
    )


def to_ace(rule: PairingRule, peer: UUID, aceid: int) -> Ace:
    """Return a rule as an entry about one device. Raises `ValueError` if it cannot be honoured.

    The path `*` opens what the device is for, and no security resource as it did in IoTivity 1.1.
    """
    entry = acl_version1.AceV1(
        subject=str(peer),
        resources=tuple(acl_version1.AceResourceV1(href=each.href) for each in rule.resources),
        permission=rule.permission,
    )
    validity = _validity(rule)
    for pattern in validity:
        parse(pattern)
    return replace(acl_version1.to_ace(entry, aceid), validity=validity, tag=TAG)


def is_offered(pconf: Pconf) -> bool:
    """Tell whether devices may pair now."""
    return pconf.is_enabled and bool(pconf.methods) and pconf.resource_owner != NIL


def _validity(rule: PairingRule) -> tuple[TimePattern, ...]:
    """Return when a rule applies: in its first period, as IoTivity reads them; times are UTC."""
    if not rule.periods:
        if rule.recurrence:
            raise ValueError("a recurrence needs the period that recurs")
        return ()
    begin, slash, end = rule.periods[0].partition("/")
    period = f"{_moment(begin, '000000')}{slash}{_moment(end, '235959')}"
    rules = tuple(_recurrence(text) for text in rule.recurrence)
    return (TimePattern(period=period, recurrence=rules),)


def _moment(text: str, time: str) -> str:
    if _DATE.fullmatch(text):
        return f"{text}T{time}Z"
    return f"{text}Z" if _LOCAL_TIME.fullmatch(text) else text


def _recurrence(text: str) -> str:
    """Return a rule without IoTivity's blanks, and with a time where it ends on a date."""
    parts = [part.partition("=") for part in text.replace(" ", "").split(";") if part]
    return ";".join(
        f"{name}={_moment(value, '235959') if name.upper() == 'UNTIL' else value}"
        for name, _, value in parts
    )


def _owners(database: Database) -> Iterator[UUID]:
    yield database.doxm.owner_uuid
    for part in (database.doxm, database.pstat, database.cred, database.acl2, database.pconf):
        yield part.resource_owner


def _subjects(database: Database) -> Iterator[str]:
    for credential in database.cred.credentials:
        yield credential.subject
    for entry in database.acl2.entries:
        yield entry.subject.uuid or ""


def _is_about(peer: UUID, subject: str) -> bool:
    try:
        return is_same_identity(UUID(subject), peer)
    except ValueError:
        return False


def _lowest_free(taken: set[int]) -> int:
    return next(number for number in range(1, len(taken) + 2) if number not in taken)
