"""The provisioning database: what the tool did with which devices, in one SQLite file.

Whoever loses an owner credential has lost the device, until somebody presses its reset button. So
this is no cache: it is the only place where the keys are, and every rule here follows from that. A
key is on the disk before a device has it. What a device may have is written down before the request
and what it has, after the answer. One process changes the file at a time. A version of the program
that does not know the tables refuses the file, and an older file is brought up to date.

The rooms: `records` has a class for each kind of record, `devices`, `provisioned`, `certificates`,
`direct_pairings`, `pairings`, `authorities` and `operations` read and write them, each its own
tables; `file` knows SQLite and nothing of devices, `schema` the tables; `making` makes a file,
`exchange` exports and imports, `pdm` reads the database of IoTivity's client, `checking` looks for
what is half or unfinished.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from uuid import UUID, uuid4

from onboardee.obt.database.authorities import Authorities
from onboardee.obt.database.certificates import Certificates
from onboardee.obt.database.devices import Devices
from onboardee.obt.database.direct_pairings import DirectPairings
from onboardee.obt.database.errors import DatabaseBusyError, DatabaseError
from onboardee.obt.database.file import PATIENCE, DatabaseFile
from onboardee.obt.database.making import OWNER, make_if_needed
from onboardee.obt.database.operations import Operations
from onboardee.obt.database.pairings import PairingRecord, Pairings, Relation
from onboardee.obt.database.provisioned import AccessRules, PairwiseCredentials
from onboardee.obt.database.records import (
    AccessRule,
    CredentialState,
    DeviceRecord,
    DeviceState,
    DirectPairing,
    IssuedCertificate,
    Operation,
    PairwiseCredential,
    PlanDirection,
    PlanStep,
    Result,
    StepState,
)

__all__ = [
    "AccessRule",
    "CredentialState",
    "DatabaseBusyError",
    "DatabaseError",
    "DeviceRecord",
    "DeviceState",
    "DirectPairing",
    "IssuedCertificate",
    "Operation",
    "PairingRecord",
    "PairwiseCredential",
    "PlanDirection",
    "PlanStep",
    "ProvisioningDatabase",
    "Relation",
    "Result",
    "StepState",
]


def utc_now() -> datetime:
    """Return the time of the wall clock."""
    return datetime.now(UTC)


class ProvisioningDatabase:
    """The records of one owner, in a file that only its user can read (mode 0600).

    A change is on the disk when the method that makes it returns, except within
    `file.syncing_later`. All methods raise `DatabaseError`. A file of earlier versions of this
    program, in JSON, is converted.
    """

    def __init__(
        self,
        path: Path,
        *,
        former: Path | None = None,
        clock: Callable[[], datetime] = utc_now,
        patience: float = PATIENCE,
    ) -> None:
        """Open or make a database; take over the records of `former` if there is none yet.

        `clock` tells the date for records, `patience` is how long another process is waited for.
        Raises `DatabaseError`.
        """
        self._clock = clock
        make_if_needed(path, former, now=self.now, patience=patience)
        self.file: Final = DatabaseFile(path, patience=patience)
        self.devices: Final = Devices(self.file, self.now)
        self.credentials: Final = PairwiseCredentials(self.file, self.now)
        self.rules: Final = AccessRules(self.file, self.now)
        self.certificates: Final = Certificates(self.file, self.now)
        self.authorities: Final = Authorities(self.file, self.now)
        self.direct_pairings: Final = DirectPairings(self.file, self.now)
        self.pairings: Final = Pairings(self.file, self.now)
        self.operations: Final = Operations(self.file, self.now)

    @property
    def owner(self) -> UUID:
        """The UUID that this owner has on all devices."""
        return self.identity(OWNER)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self.file.close()

    def now(self) -> str:
        """Return the time as it is written in records: UTC (RFC 3339), whole seconds."""
        return self._clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def writing(self) -> AbstractContextManager[None]:
        """Keep other processes from changing the database for as long as an operation takes.

        Entering it raises `DatabaseBusyError` if another process is at it; reading is always
        possible.
        """
        return self.file.writing()

    def transaction(self) -> AbstractContextManager[None]:
        """Make several changes durable together, or none of them.

        May be entered again within; what was changed is on the disk when the outermost one ends.
        """
        return self.file.transaction()

    def identity(self, name: str) -> UUID:
        """Return the UUID that we have in one of our roles, made when it is asked for first."""
        query = "SELECT uuid FROM identities WHERE name = ?"
        rows = self.file.rows(query, (name,))
        if not rows:
            with self.transaction():
                values = (name, str(uuid4()))
                self.file.change("INSERT OR IGNORE INTO identities VALUES (?, ?)", values)
            rows = self.file.rows(query, (name,))
        return UUID(rows[0]["uuid"])
