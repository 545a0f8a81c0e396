"""Making a provisioning database, of nothing or of the JSON file of earlier versions.

The file appears at its place only when it is complete: it is written beside it and renamed, and the
file that it came of keeps another name. Whatever interrupts this, the next start finds either the
old file or the new one, and in both cases all keys.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

import msgspec

from onboardee.obt.address import Address
from onboardee.obt.database.devices import Devices
from onboardee.obt.database.errors import DatabaseError
from onboardee.obt.database.file import DatabaseFile, is_database, sync_directory
from onboardee.obt.database.lock import WriterLock
from onboardee.obt.database.records import DeviceRecord

FORMER_SUFFIX: Final = ".old"
"""What the name of a file gets that was taken over."""
OWNER: Final = "owner"
"""The name of the identity that owns devices."""


class _Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A device in the file."""

    host: str
    port: int
    interface: int = 0
    plain_port: int | None = None
    key: bytes
    """The owner credential."""

    def record(self, uuid: UUID, owner: UUID) -> DeviceRecord:
        """Return the device as it is kept today. Raises `ValueError` for a host by name."""
        port = self.plain_port
        plain = None if port is None else Address(self.host, port, self.interface)
        secured = (Address(self.host, self.port, self.interface),)
        return DeviceRecord(uuid=uuid, owner=owner, key=self.key, secured=secured, plain=plain)


class _Content(msgspec.Struct, frozen=True, kw_only=True):
    """The file, keys in base64."""

    owner: UUID
    devices: Mapping[UUID, _Entry] = {}


@dataclass(frozen=True, slots=True)
class _Former:
    """What a file of earlier versions has: who the owner is, and its devices."""

    owner: UUID
    devices: tuple[DeviceRecord, ...]


def make_if_needed(
    path: Path, former: Path | None, *, now: Callable[[], str], patience: float
) -> None:
    """Make a database unless there is one: of the JSON file at `path`, else of `former`, else new.

    The JSON file is kept, with `.old` behind its name. Whatever interrupts this, a complete file is
    found where it is looked for. Raises `DatabaseError`.
    """
    try:
        if path.exists() and is_database(path):
            return
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseError(f"{path} cannot be read: {error}") from error
    lock = WriterLock(path, patience=patience)
    lock.acquire()
    try:
        _make(path, former, now)
    except OSError as error:
        raise DatabaseError(f"{path} cannot be written: {error}") from error
    finally:
        lock.release()


def _make(path: Path, former: Path | None, now: Callable[[], str]) -> None:
    """Make the database; whoever waited for the lock finds it made already."""
    if path.exists():
        if is_database(path):
            return  # another process has made it while we waited
        content, kept = _read(path), _free(path)
        _build(path, content, now, before=lambda: os.link(path, kept))
    elif former is not None and former.exists():
        _build(path, _read(former), now)
        former.rename(_free(former))
    else:
        _build(path, _Former(uuid4(), ()), now)
    sync_directory(path.parent)


def _build(
    path: Path, content: _Former, now: Callable[[], str], before: Callable[[], None] = lambda: None
) -> None:
    """Write all of it beside the place where it belongs, and put it there at once."""
    unfinished = path.with_name(f".{path.name}.new")
    # a run that was interrupted here has left something, which nobody else has read
    for left in unfinished.parent.glob(f"{unfinished.name}*"):
        left.unlink()
    with DatabaseFile(unfinished) as file, file.transaction():
        values = (OWNER, str(content.owner))
        file.change("INSERT INTO identities VALUES (?, ?)", values)
        devices = Devices(file, now)
        for each in content.devices:
            devices.put(each)
    before()
    unfinished.replace(path)
    unfinished.with_name(f"{unfinished.name}.lock").unlink(missing_ok=True)


def _read(path: Path) -> _Former:
    """Read a file of earlier versions. Raises `DatabaseError`."""
    try:
        content = msgspec.json.decode(path.read_bytes(), type=_Content)
        owner = content.owner
        devices = [entry.record(uuid, owner) for uuid, entry in content.devices.items()]
    except (OSError, ValueError, msgspec.DecodeError) as error:
        raise DatabaseError(f"{path} cannot be read: {error}") from error
    return _Former(owner, tuple(devices))


def _free(path: Path) -> Path:
    """Return a name to keep a file under: nothing that is there is written over."""
    kept = path.with_name(f"{path.name}{FORMER_SUFFIX}")
    number = 1
    while kept.exists():
        number += 1
        kept = path.with_name(f"{path.name}{FORMER_SUFFIX}{number}")
    return kept
