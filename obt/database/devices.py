"""The devices in the provisioning database.

A device is a row, found by its UUID; what it was given is in other tables, whose rows go with it.
Its addresses are kept in the order in which they are tried: the one where a session came about last
comes first, what was only heard of comes later, and there are `MAX_ADDRESSES` of a kind at most, as
anybody on the network can claim to be a device. People call a device by its name or by as much of
name or UUID as tells it from the others (`find`); programs should use the whole UUID.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Final
from uuid import UUID

from onboardee.obt.address import Address
from onboardee.obt.database.errors import DatabaseError
from onboardee.obt.database.file import DatabaseFile, Row
from onboardee.obt.database.records import DeviceRecord, DeviceState
from onboardee.obt.model import TransferMethod

LONGEST_NAME: Final = 128
"""Characters of a name; a device may call itself anything."""
MAX_TYPES: Final = 16
"""How many resource types are kept of a device."""


class Devices:
    """All devices that are ours, are about to be, or were and left something behind.

    A record is put as a whole; its addresses replace those of before. To delete one deletes what
    the device was given as well, but not what others have for it: that they have it is still true.
    """

    def __init__(self, file: DatabaseFile, now: Callable[[], str]) -> None:
        self._file = file
        self._now = now

    def all(self) -> list[DeviceRecord]:
        """Return all, in the order in which they were added."""
        rows = self._file.rows("SELECT * FROM devices ORDER BY rowid")
        addresses: dict[str, list[Row]] = {}
        for each in self._file.rows("SELECT * FROM addresses ORDER BY device, scheme, number"):
            addresses.setdefault(each["device"], []).append(each)
        return [_record(row, addresses.get(row["uuid"], [])) for row in rows]

    def get(self, uuid: UUID) -> DeviceRecord | None:
        """Return one, None if there is none of this UUID."""
        rows = self._file.rows("SELECT * FROM devices WHERE uuid = ?", (str(uuid),))
        if not rows:
            return None
        query = "SELECT * FROM addresses WHERE device = ? ORDER BY scheme, number"
        return _record(rows[0], self._file.rows(query, (str(uuid),)))

    def require(self, uuid: UUID) -> DeviceRecord:
        """Return one. Raises `DatabaseError` if there is none."""
        record = self.get(uuid)
        if record is None:
            raise DatabaseError(f"{self._file.path} knows no device {uuid}")
        return record

    def find(self, name: str) -> DeviceRecord:
        """Return the only device of this name, or whose UUID or name begins like this.

        A whole name or UUID is preferred to a beginning. Upper and lower case are the same.
        """
        wanted = name.casefold()
        known = [(each, {str(each.uuid), each.name.casefold()}) for each in self.all()]
        found = [each for each, names in known if wanted and wanted in names]
        if not found:
            found = [
                each for each, names in known if any(text.startswith(wanted) for text in names)
            ]
        if len(found) == 1:
            return found[0]
        if found:
            listed = ", ".join(f"{each.uuid} {each.name}".rstrip() for each in found[:4])
            raise DatabaseError(
                f"{self._file.path} knows several devices whose UUID or name begins with {name!r}: "
                f"{listed}{', …' if len(found) > 4 else ''}"
            )
        raise DatabaseError(
            f"{self._file.path} knows no device whose UUID or name begins with {name!r}"
        )

    def put(self, record: DeviceRecord) -> DeviceRecord:
        """Keep a record, in place of an older one of the same UUID; return it as it is kept."""
        now = self._now()
        kept = replace(
            record,
            name=record.name[:LONGEST_NAME],
            types=record.types[:MAX_TYPES],
            added=record.added or now,
        )
        with self._file.transaction():
            self._file.change(_PUT, _values(kept))
            self._put_addresses(kept)
        return kept

    def set_state(self, uuid: UUID, state: DeviceState, *, wipe_key: bool = False) -> None:
        """Note how far a device is ours; without its key nobody ever is again."""
        with self._file.transaction():
            query = "UPDATE devices SET state = ? WHERE uuid = ?"
            self._file.change(query, (state.value, str(uuid)))
            if wipe_key:
                query = "UPDATE devices SET owner_key = NULL WHERE uuid = ?"
                self._file.change(query, (str(uuid),))

    def remove(self, uuid: UUID) -> None:
        """Forget a device, with all that it has; what others have for it is still known."""
        with self._file.transaction():
            self._file.change("DELETE FROM devices WHERE uuid = ?", (str(uuid),))

    def _put_addresses(self, record: DeviceRecord) -> None:
        """Replace the addresses of a device.

        Their numbers are the order in which they are tried.
        """
        self._file.change("DELETE FROM addresses WHERE device = ?", (str(record.uuid),))
        plain = () if record.plain is None else (record.plain,)
        for scheme, addresses in (("coap", plain), ("coaps", record.secured)):
            for number, each in enumerate(addresses):
                values = (str(record.uuid), scheme, number, each.host, each.port, each.interface)
                self._file.change("INSERT INTO addresses VALUES (?, ?, ?, ?, ?, ?)", values)


_PUT: Final = """
INSERT INTO devices (
    uuid, owner, state, owner_key, name, types, method, message_order, former_uuid, added_at,
    seen_at
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (uuid) DO UPDATE SET
    owner = excluded.owner,
    state = excluded.state,
    owner_key = excluded.owner_key,
    name = excluded.name,
    types = excluded.types,
    method = excluded.method,
    message_order = excluded.message_order,
    former_uuid = excluded.former_uuid,
    added_at = excluded.added_at,
    seen_at = excluded.seen_at
"""
"""Not REPLACE, which would delete the row first, and all that refers to it."""


def _values(record: DeviceRecord) -> tuple[object, ...]:
    """Return a record in the order of the columns in `_PUT`."""
    return (
        str(record.uuid),
        str(record.owner),
        record.state.value,
        record.key,
        record.name,
        json.dumps(record.types),
        None if record.method is None else int(record.method),
        record.order,
        None if record.former is None else str(record.former),
        record.added,
        record.seen,
    )


def _record(row: Row, addresses: list[Row]) -> DeviceRecord:
    """Return the record of a row. Raises ValueError for what no version has written."""
    plain = [_address(each) for each in addresses if each["scheme"] == "coap"]
    method, former = row["method"], row["former_uuid"]
    return DeviceRecord(
        uuid=UUID(row["uuid"]),
        owner=UUID(row["owner"]),
        state=DeviceState(row["state"]),
        key=row["owner_key"],
        name=row["name"],
        types=tuple(json.loads(row["types"])),
        method=None if method is None else TransferMethod(method),
        order=row["message_order"],
        secured=tuple(_address(each) for each in addresses if each["scheme"] == "coaps"),
        plain=plain[0] if plain else None,
        former=None if former is None else UUID(former),
        added=row["added_at"],
        seen=row["seen_at"],
    )


def _address(row: Row) -> Address:
    return Address(row["host"], row["port"], row["interface"])
