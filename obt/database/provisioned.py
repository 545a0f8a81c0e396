"""What devices were given for each other: pairwise credentials and access rules.

Each class has one table. A credential and a rule have a state (`adding`, `present`, `deleting`),
because what a device has is known only between its answer and the next request: the other two say
"perhaps". The numbers that a device gave to them (`credid`, `aceid`) are kept where it told them,
but nothing relies on them, as other tools may have numbered anew since.
"""

import json
from collections.abc import Callable
from uuid import UUID

import msgspec

from onboardee.obt.database.file import DatabaseFile, Row
from onboardee.obt.database.records import (
    AccessRule,
    CredentialState,
    PairwiseCredential,
    subject_of,
)
from onboardee.obt.model import Rule


class PairwiseCredentials:
    """Which device has a credential for which other: one record for each side of a link.

    A link is two of them, one for each side. A single one is a link that was interrupted, or that
    another tool has made or deleted one side of.
    """

    def __init__(self, file: DatabaseFile, now: Callable[[], str]) -> None:
        self._file = file
        self._now = now

    def all(self) -> list[PairwiseCredential]:
        """Return all."""
        rows = self._file.rows("SELECT * FROM pairwise_credentials ORDER BY device, peer")
        return [_credential(each) for each in rows]

    def concerning(self, uuid: UUID) -> list[PairwiseCredential]:
        """Return those that a device has, and those that others have for it."""
        query = (
            "SELECT * FROM pairwise_credentials WHERE device = ? OR peer = ? ORDER BY device, peer"
        )
        return [_credential(each) for each in self._file.rows(query, (str(uuid), str(uuid)))]

    def get(self, device: UUID, peer: UUID) -> PairwiseCredential | None:
        """Return what `device` has for `peer`."""
        query = "SELECT * FROM pairwise_credentials WHERE device = ? AND peer = ?"
        rows = self._file.rows(query, (str(device), str(peer)))
        return _credential(rows[0]) if rows else None

    def linked_with(self, uuid: UUID) -> list[UUID]:
        """Return the devices that have a credential for this one, as it has for them."""
        query = (
            "SELECT a.peer FROM pairwise_credentials a JOIN pairwise_credentials b "
            "ON a.device = b.peer AND a.peer = b.device "
            "WHERE a.device = ? AND a.state = 'present' AND b.state = 'present' ORDER BY a.peer"
        )
        return [UUID(each["peer"]) for each in self._file.rows(query, (str(uuid),))]

    def put(self, record: PairwiseCredential) -> None:
        """Keep a record, in place of an older one."""
        values = (
            str(record.device),
            str(record.peer),
            record.credid,
            record.bits,
            record.state.value,
            record.operation,
            self._now(),
        )
        with self._file.transaction():
            query = "INSERT OR REPLACE INTO pairwise_credentials VALUES (?, ?, ?, ?, ?, ?, ?)"
            self._file.change(query, values)

    def set_state(self, device: UUID, peer: UUID, state: CredentialState) -> None:
        """Note whether a device has it."""
        values = (state.value, self._now(), str(device), str(peer))
        with self._file.transaction():
            self._file.change(
                "UPDATE pairwise_credentials SET state = ?, changed_at = ? "
                "WHERE device = ? AND peer = ?",
                values,
            )

    def remove(self, device: UUID, peer: UUID) -> None:
        """Note that a device has none any more."""
        with self._file.transaction():
            query = "DELETE FROM pairwise_credentials WHERE device = ? AND peer = ?"
            self._file.change(query, (str(device), str(peer)))

    def remove_of(self, device: UUID) -> None:
        """Note that a device has none at all."""
        with self._file.transaction():
            query = "DELETE FROM pairwise_credentials WHERE device = ?"
            self._file.change(query, (str(device),))


class AccessRules:
    """The rules that devices were given.

    A rule belongs to the operation that gave it, so that an operation which is resumed or taken
    back knows its own among others that say the same.
    """

    def __init__(self, file: DatabaseFile, now: Callable[[], str]) -> None:
        self._file = file
        self._now = now

    def all(self) -> list[AccessRule]:
        """Return all."""
        return [_rule(each) for each in self._file.rows("SELECT * FROM access_rules ORDER BY id")]

    def of(self, device: UUID) -> list[AccessRule]:
        """Return those of a device."""
        query = "SELECT * FROM access_rules WHERE device = ? ORDER BY id"
        return [_rule(each) for each in self._file.rows(query, (str(device),))]

    def for_subject(self, subject: UUID) -> list[AccessRule]:
        """Return those that are for one UUID, on all devices."""
        query = "SELECT * FROM access_rules WHERE subject = ? ORDER BY id"
        return [_rule(each) for each in self._file.rows(query, (str(subject),))]

    def of_operation(self, operation: int, device: UUID) -> AccessRule | None:
        """Return the rule that an operation gave, or is about to give, to a device."""
        query = "SELECT * FROM access_rules WHERE operation = ? AND device = ? ORDER BY id"
        rows = self._file.rows(query, (operation, str(device)))
        return _rule(rows[0]) if rows else None

    def put(
        self,
        device: UUID,
        rule: Rule,
        state: CredentialState,
        *,
        aceid: int | None = None,
        operation: int | None = None,
    ) -> int:
        """Keep a new record; return its number.

        `operation` is the one that is about to give it; the rule is `adding` until the device has
        answered.
        """
        subject = subject_of(rule)
        values = (
            str(device),
            None if subject is None else str(subject),
            aceid,
            json.dumps(msgspec.to_builtins(rule)),
            state.value,
            operation,
            self._now(),
        )
        with self._file.transaction():
            return self._file.change(
                "INSERT INTO access_rules (device, subject, aceid, rule, state, operation, "
                "changed_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                values,
            )

    def set_state(self, number: int, state: CredentialState, *, aceid: int | None = None) -> None:
        """Note whether the device has it, and under which number."""
        query = (
            "UPDATE access_rules SET state = ?, aceid = coalesce(?, aceid), changed_at = ? "
            "WHERE id = ?"
        )
        with self._file.transaction():
            self._file.change(query, (state.value, aceid, self._now(), number))

    def remove(self, number: int) -> None:
        """Note that the device has it no more."""
        with self._file.transaction():
            self._file.change("DELETE FROM access_rules WHERE id = ?", (number,))

    def remove_of(self, device: UUID) -> None:
        """Note that a device has none of them."""
        with self._file.transaction():
            self._file.change("DELETE FROM access_rules WHERE device = ?", (str(device),))


def _credential(row: Row) -> PairwiseCredential:
    """Return the record of a row."""
    return PairwiseCredential(
        device=UUID(row["device"]),
        peer=UUID(row["peer"]),
        state=CredentialState(row["state"]),
        credid=row["credid"],
        bits=row["bits"],
        operation=row["operation"],
        changed=row["changed_at"],
    )


def _rule(row: Row) -> AccessRule:
    """Return the record of a row. Raises `msgspec.MsgspecError` for what is no rule."""
    return AccessRule(
        id=row["id"],
        device=UUID(row["device"]),
        rule=msgspec.convert(json.loads(row["rule"]), Rule),
        state=CredentialState(row["state"]),
        aceid=row["aceid"],
        operation=row["operation"],
        changed=row["changed_at"],
    )
