"""How devices of ours may be paired with directly, by Direct Pairing of IoTivity 1.1.

A device shows its owner neither the PIN nor, in some versions, its rules; so what was configured is
kept here, to be shown and to be changed in part. What we have of devices of others is in
`pairings`.
"""

import json
from collections.abc import Callable
from uuid import UUID

from onboardee.obt.database.file import DatabaseFile, Row
from onboardee.obt.database.records import DirectPairing


class DirectPairings:
    """How devices may be paired with directly, as they were configured.

    One record for each device; a device of which nothing was configured has none.
    """

    def __init__(self, file: DatabaseFile, now: Callable[[], str]) -> None:
        self._file = file
        self._now = now

    def get(self, device: UUID) -> DirectPairing | None:
        """Return the configuration of a device."""
        query = "SELECT * FROM direct_pairings WHERE device = ?"
        rows = self._file.rows(query, (str(device),))
        return _direct_pairing(rows[0]) if rows else None

    def all(self) -> list[DirectPairing]:
        """Return all."""
        rows = self._file.rows("SELECT * FROM direct_pairings ORDER BY device")
        return [_direct_pairing(each) for each in rows]

    def put(self, record: DirectPairing) -> None:
        """Keep a configuration, in place of an older one."""
        values = (
            str(record.device),
            int(record.enabled),
            json.dumps(record.methods),
            record.pin,
            json.dumps(record.rules),
            record.configured or self._now(),
        )
        with self._file.transaction():
            query = "INSERT OR REPLACE INTO direct_pairings VALUES (?, ?, ?, ?, ?, ?)"
            self._file.change(query, values)

    def remove(self, device: UUID) -> None:
        """Forget a configuration."""
        with self._file.transaction():
            self._file.change("DELETE FROM direct_pairings WHERE device = ?", (str(device),))


def _direct_pairing(row: Row) -> DirectPairing:
    """Return the record of a row."""
    return DirectPairing(
        device=UUID(row["device"]),
        enabled=bool(row["enabled"]),
        methods=tuple(json.loads(row["methods"])),
        pin=row["pin"],
        rules=tuple(json.loads(row["rules"])),
        configured=row["configured_at"],
    )
