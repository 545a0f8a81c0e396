"""A file with what an owner must not lose: who it is, and the keys of its devices."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID, uuid4

import msgspec

from onboardee.obt.address import Address
from onboardee.obt.errors import ObtError
from onboardee.obt.record import Ownership


class KeeperError(ObtError):
    """The file cannot be read or written, or does not know a device."""


class _Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A device in the file."""

    host: str
    port: int
    interface: int = 0
    plain_port: int | None = None
    key: bytes


class _Content(msgspec.Struct, frozen=True, kw_only=True):
    """The file: JSON, keys in base64."""

    owner: UUID
    devices: Mapping[UUID, _Entry] = {}


class Keeper:
    """Ownership records in one JSON file that only its user can read (mode 0600).

    A change is on the disk when the method that makes it returns. All methods raise `KeeperError`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._content = _Content(owner=uuid4())
        if path.exists():
            self._content = self._load()
        else:
            self._save({})

    @property
    def owner(self) -> UUID:
        """The UUID that this owner has on all devices."""
        return self._content.owner

    @property
    def devices(self) -> tuple[Ownership, ...]:
        """All records."""
        return tuple(self._record(uuid) for uuid in self._content.devices)

    def find(self, name: str) -> Ownership:
        """Return the record of the only device whose UUID begins with `name`."""
        wanted = name.lower()
        found = [uuid for uuid in self._content.devices if str(uuid).startswith(wanted)]
        if len(found) != 1:
            how_many = "several devices" if found else "no device"
            raise KeeperError(f"{self._path} knows {how_many} whose UUID begins with {name!r}")
        return self._record(found[0])

    def add(self, ownership: Ownership) -> None:
        """Keep a record, in place of an older one."""
        address = ownership.secured
        entry = _Entry(
            host=address.host,
            port=address.port,
            interface=address.interface,
            plain_port=None if ownership.plain is None else ownership.plain.port,
            key=ownership.key,
        )
        # another process may have added a device meanwhile
        self._save({**self._load().devices, ownership.device: entry})

    def remove(self, device: UUID) -> None:
        """Forget a device that is no longer ours."""
        known = self._load().devices
        self._save({uuid: entry for uuid, entry in known.items() if uuid != device})

    def _record(self, uuid: UUID) -> Ownership:
        entry = self._content.devices[uuid]
        address = Address(entry.host, entry.port, entry.interface)
        port = entry.plain_port
        plain = None if port is None else Address(entry.host, port, entry.interface)
        return Ownership(uuid, self.owner, address, entry.key, plain)

    def _load(self) -> _Content:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=_Content)
        except (OSError, msgspec.DecodeError) as error:
            raise KeeperError(f"{self._path} cannot be read: {error}") from error

    def _save(self, devices: Mapping[UUID, _Entry]) -> None:
        content = _Content(owner=self.owner, devices=devices)
        data = msgspec.json.format(msgspec.json.encode(content), indent=2)
        temporary = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            _write(temporary, data)
            temporary.replace(self._path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise KeeperError(f"{self._path} cannot be written: {error}") from error
        self._content = content


def _write(path: Path, data: bytes) -> None:
    """Write a new file that nobody else can read, at no time."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
