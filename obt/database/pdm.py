"""IoTivity's provisioning database, read: `oic_prvn_mng.db` or `PDM.db` of its clients.

It knows which devices there are and which of them are linked, and no keys: those are in the
client's own database of security resources, `oic_svr_db_client.dat`. Nor does it know addresses, as
that client looks for its devices anew each time. The file is somebody else's and is opened for
reading only; what cannot be taken over (a device about to be owned, a link of devices that are
gone) is told in a note each.
"""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote
from uuid import UUID

from onboardee.obt.database import (
    CredentialState,
    DeviceRecord,
    DeviceState,
    PairwiseCredential,
    PlanStep,
    ProvisioningDatabase,
    Result,
)
from onboardee.obt.database.errors import DatabaseError

ACTIVE: Final = 0
"""The states of devices and links in its tables (`PDM_DEVICE_ACTIVE` and the like)."""
STALE: Final = 1
STATES: Final = {ACTIVE: DeviceState.OWNED, STALE: DeviceState.REMOVING}
"""Devices in any other state were about to be owned; IoTivity forgets them when it starts."""
ORDER: Final = "oic11"
"""As which tool IoTivity's client spoke to its devices, unless the person says otherwise."""


@dataclass(frozen=True, slots=True)
class Pdm:
    """What the file says: states of devices, and of links between two of them."""

    devices: Mapping[UUID, int]
    """States by UUID."""
    links: Mapping[tuple[UUID, UUID], int]
    """States by the UUIDs of both devices, in the order of the table."""
    notes: tuple[str, ...] = ()
    """What could not be read, in sentences."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken over, and what was not, in sentences."""

    devices: tuple[UUID, ...]
    links: int
    """How many links between two of them."""
    notes: tuple[str, ...]


def read_pdm(path: Path) -> Pdm:
    """Read a file, which stays as it is. Raises `DatabaseError`."""
    try:
        uri = f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            rows = connection.execute("SELECT ID, UUID, STATE FROM T_DEVICE_LIST").fetchall()
            pairs = connection.execute("SELECT ID, ID2, STATE FROM T_DEVICE_LINK_STATE").fetchall()
    except sqlite3.Error as error:
        raise DatabaseError(f"{path} is no provisioning database of IoTivity: {error}") from error
    return _checked(path, rows, pairs)


def import_pdm(
    database: ProvisioningDatabase,
    pdm: Pdm,
    owner: UUID,
    keys: Mapping[UUID, bytes],
    *,
    order: str = ORDER,
) -> Taken:
    """Add the devices and links; `owner` is the UUID of IoTivity's client, `keys` are its own.

    Links that were about to be deleted become an operation that can be resumed. Devices that are
    known already stay as they are.
    """
    notes = list(pdm.notes)
    taken: list[UUID] = []
    links = 0
    with database.transaction():
        for uuid, state in pdm.devices.items():
            if database.devices.get(uuid) is not None:
                notes.append(f"{uuid} is known already")
            elif state not in STATES:
                notes.append(f"{uuid} was only about to be owned")
            else:
                taken.append(uuid)
                _add(database, uuid, STATES[state], owner, keys.get(uuid), order)
                if uuid not in keys:
                    notes.append(f"the owner credential of {uuid} is not known")
        for (one, other), state in pdm.links.items():
            if one in taken and other in taken and state in STATES:
                links += 1
                _add_link(database, one, other, state)
    return Taken(tuple(taken), links, tuple(notes))


def _add(  # noqa: PLR0913, PLR0917 - what a device is
    database: ProvisioningDatabase,
    uuid: UUID,
    state: DeviceState,
    owner: UUID,
    key: bytes | None,
    order: str,
) -> None:
    """Add one device; without its key it can only be removed or reset by hand."""
    record = DeviceRecord(uuid=uuid, owner=owner, state=state, key=key, order=order)
    database.devices.put(record)


def _add_link(database: ProvisioningDatabase, one: UUID, other: UUID, state: int) -> None:
    """Add both sides of a link; one that was about to be deleted becomes an operation."""
    is_whole = state == ACTIVE
    given = CredentialState.PRESENT if is_whole else CredentialState.DELETING
    sides = ((one, other), (other, one))
    for device, peer in sides:
        database.credentials.put(PairwiseCredential(device=device, peer=peer, state=given))
    if not is_whole:
        steps = [PlanStep(action="delete credentials", device=a, peer=b) for a, b in sides]
        operation = database.operations.begin("unlink", (one, other), steps)
        database.operations.end(operation.id, Result.OPEN, "IoTivity's client did not complete it")


def _checked(path: Path, rows: list[tuple[object, ...]], pairs: list[tuple[object, ...]]) -> Pdm:
    """Return what the tables say, with UUIDs in place of the numbers of rows.

    Raises `DatabaseError` for a device without UUID; a link of devices that are gone is a note.
    """
    by_number: dict[object, UUID] = {}
    devices: dict[UUID, int] = {}
    notes: list[str] = []
    for number, octets, state in rows:
        if not isinstance(octets, bytes) or len(octets) != 16 or not isinstance(state, int):
            raise DatabaseError(f"{path} has a device without a UUID")
        by_number[number] = UUID(bytes=octets)
        devices[by_number[number]] = state
    links: dict[tuple[UUID, UUID], int] = {}
    for one, other, state in pairs:
        if one not in by_number or other not in by_number or not isinstance(state, int):
            notes.append(f"a link of the numbers {one} and {other} is of devices that are gone")
        else:
            links[by_number[one], by_number[other]] = state
    return Pdm(devices, links, tuple(notes))
