"""The certificates that were issued, and which of them are revoked.

A certificate is recorded before the device has it: one that nobody knows of could not be revoked.
It names its device and does not refer to its record, as a device that was given up may be somebody
else's by now, and may still show what it was given here.
"""

from collections.abc import Callable
from uuid import UUID

from onboardee.obt.database.file import DatabaseFile, Row
from onboardee.obt.database.records import IssuedCertificate


class Certificates:
    """The certificates and roles that were issued; they outlive the record of their device.

    Revoked ones stay as well, as each new revocation list has to name them until they expire.
    """

    def __init__(self, file: DatabaseFile, now: Callable[[], str]) -> None:
        self._file = file
        self._now = now

    def all(self) -> list[IssuedCertificate]:
        """Return all."""
        rows = self._file.rows("SELECT * FROM certificates ORDER BY id")
        return [_certificate(each) for each in rows]

    def of(self, device: UUID) -> list[IssuedCertificate]:
        """Return those of a device."""
        return [each for each in self.all() if each.device == device]

    def add(self, record: IssuedCertificate) -> int:
        """Keep a new record; return its number."""
        values = (
            str(record.device),
            record.kind,
            record.role,
            record.role_authority,
            record.serial,
            record.pem,
            record.issued or self._now(),
            record.revoked,
        )
        with self._file.transaction():
            return self._file.change(
                "INSERT INTO certificates (device, kind, role, role_authority, serial, pem, "
                "issued_at, revoked_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )

    def revoke(self, number: int) -> None:
        """Note that a certificate is not to be believed any more."""
        with self._file.transaction():
            query = "UPDATE certificates SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL"
            self._file.change(query, (self._now(), number))


def _certificate(row: Row) -> IssuedCertificate:
    """Return the record of a row."""
    return IssuedCertificate(
        id=row["id"],
        device=UUID(row["device"]),
        kind=row["kind"],
        role=row["role"],
        role_authority=row["role_authority"],
        serial=row["serial"],
        pem=row["pem"],
        issued=row["issued_at"],
        revoked=row["revoked_at"],
    )
