"""The certificate authorities whose keys the tool has.

An authority is made when it is needed first, and never lost: without its key the certificates of
all devices could neither be renewed nor revoked. The number of its last revocation list is kept
with it and only counts upwards, as devices keep the list with the highest number and would take no
notice of a later one with a lower.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from onboardee.obt.database.file import DatabaseFile


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAuthority:
    """An authority as `obt.authority.Authority.load` takes it."""

    name: str
    chain: str
    """PEM, the root last."""
    private_key: bytes = field(repr=False)
    crl_number: int = 0
    """The number of the last revocation list."""


class Authorities:
    """Authorities by name."""

    def __init__(self, file: DatabaseFile, now: Callable[[], str]) -> None:
        self._file = file
        self._now = now

    def get(self, name: str) -> StoredAuthority | None:
        """Return an authority, None if there is none of this name."""
        rows = self._file.rows("SELECT * FROM authorities WHERE name = ?", (name,))
        if not rows:
            return None
        return StoredAuthority(
            name=name,
            chain=rows[0]["chain"],
            private_key=rows[0]["private_key"],
            crl_number=rows[0]["crl_number"],
        )

    def add(self, stored: StoredAuthority) -> None:
        """Keep a new authority. Raises `DatabaseError` if there is one of this name."""
        values = (
            stored.name,
            stored.chain,
            stored.private_key,
            stored.crl_number,
            self._now(),
        )
        with self._file.transaction():
            self._file.change("INSERT INTO authorities VALUES (?, ?, ?, ?, ?)", values)

    def set_crl_number(self, name: str, number: int) -> None:
        """Note the number of the last revocation list, before it is sent to anybody."""
        with self._file.transaction():
            query = "UPDATE authorities SET crl_number = ? WHERE name = ?"
            self._file.change(query, (number, name))
