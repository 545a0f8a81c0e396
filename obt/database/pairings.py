"""What we have of devices of others: those that we paired with, or joined as a sub-owner.

Direct Pairing (IoTivity 1.1) gives a credential to somebody who knows a PIN, beside the owner. So
these records have a table of their own: a device may be ours and paired with at once, and to forget
one says nothing about the other. It is not certain from the start that the device has the
credential, too, as both sides make it when the PIN's session ends and the last answer may be lost.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from onboardee.obt.address import Address
from onboardee.obt.database.errors import DatabaseError
from onboardee.obt.database.file import DatabaseFile, Row


class Relation(StrEnum):
    """What we are to a device of somebody else."""

    PAIRED = "paired"
    """Direct Pairing: we may do what its owner lets those do that have paired."""
    SUB_OWNER = "sub-owner"
    """Multiple ownership: we own it beside its owner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairingRecord:
    """A device, and the credential by which it knows us."""

    device: UUID
    identity: UUID
    """As what it knows us."""
    key: bytes = field(repr=False)
    """Of sessions, 16 octets."""
    is_certain: bool
    """It said that it has the credential, too; before, it may have it or not."""
    secured: Address
    plain: Address
    paired: str = ""
    """When it was made."""
    relation: Relation = Relation.PAIRED


class Pairings:
    """The devices that we paired with.

    One record for each device: who pairs with it again has another credential.
    """

    def __init__(self, file: DatabaseFile, now: Callable[[], str]) -> None:
        self._file = file
        self._now = now

    def all(self, relation: Relation | None = None) -> list[PairingRecord]:
        """Return all, or those of one relation."""
        rows = self._file.rows("SELECT * FROM pairings ORDER BY device")
        records = [_record(each) for each in rows]
        return [each for each in records if relation in {None, each.relation}]

    def find(self, text: str) -> PairingRecord:
        """Return the one whose UUID begins so. Raises `DatabaseError`."""
        found = [each for each in self.all() if str(each.device).startswith(text.lower())]
        if len(found) == 1:
            return found[0]
        how_many = "several devices" if found else "no device"
        raise DatabaseError(f"we are paired with {how_many} whose UUID begins with {text!r}")

    def put(self, record: PairingRecord) -> None:
        """Keep one, in place of an older one.

        The identity is part of it: we may pair under another UUID than before.
        """
        values = (
            str(record.device),
            str(record.identity),
            record.key,
            int(record.is_certain),
            record.secured.host,
            record.secured.port,
            record.plain.port,
            record.secured.interface,
            record.paired or self._now(),
            record.relation.value,
        )
        with self._file.transaction():
            query = "INSERT OR REPLACE INTO pairings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            self._file.change(query, values)

    def remove(self, device: UUID) -> None:
        """Forget one."""
        with self._file.transaction():
            self._file.change("DELETE FROM pairings WHERE device = ?", (str(device),))


def _record(row: Row) -> PairingRecord:
    host, interface = row["host"], row["interface"]
    return PairingRecord(
        device=UUID(row["device"]),
        identity=UUID(row["identity"]),
        key=row["pairing_key"],
        is_certain=bool(row["is_certain"]),
        secured=Address(host, row["secure_port"], interface),
        plain=Address(host, row["plain_port"], interface),
        paired=row["paired_at"],
        relation=Relation(row["relation"]),
    )
