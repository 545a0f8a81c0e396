"""Reading a device for `onboardee profiles capture`: where it is, and with which key.

It is a client like any other: the device at the address answers in the clear what anybody may read,
and over DTLS what the key lets it read. The profile is made by `device/simulation/capture`, which
does no input or output.
"""

import asyncio
import socket
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

import click

from onboardee.device.simulation.capture import CapturedProfile, CapturedProfileError, captured
from onboardee.obt import Address, AsyncioTransport, ObtError, SharedKey, Survey, survey
from onboardee.obt.database import ProvisioningDatabase

COAP_PORT: Final = 5683
"""Where a device listens that names no port."""
KEY_SIZES: Final = frozenset({16, 32})
"""Octets of a pairwise key."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What the command line says about keys: one of a client, or a file of ownership records."""

    client: UUID | None = None
    """The UUID by which the device knows the client."""
    key: bytes | None = field(default=None, repr=False)
    """The pairwise key, in octets."""
    store: Path | None = None
    """The database of the onboarding tool that owns the device."""
    secure_port: int | None = None
    """Instead of the port that the device's links name."""

    def __post_init__(self) -> None:
        """Raise `click.UsageError` for what does not go together."""
        if (self.client is None) != (self.key is None):
            raise click.UsageError("--uuid goes with --psk-file or --psk")
        if self.client is not None and self.store is not None:
            raise click.UsageError("--obt-store has UUID and key; leave out --uuid")

    def find(self, device: UUID, address: Address) -> SharedKey | None:
        """Return the key for a device. Raises `DatabaseError` if it should be kept and is not.

        `device` is the UUID that the device itself has named; `address` is where it was asked in
        the clear.
        """
        port = self.secure_port
        secured = None if port is None else replace(address, port=port)
        if self.client is not None and self.key is not None:
            return SharedKey(self.client, self.key, secured)
        if self.store is None:
            return None
        with ProvisioningDatabase(self.store) as database:
            record = database.devices.find(str(device)).ownership
        return SharedKey(record.owner, record.key, secured)


def capture(target: str, keys: Keys) -> CapturedProfile:
    """Read a device and make its profile. Raises `click.ClickException`.

    `target` is coap://HOST[:PORT]. Nothing is written to the device.
    """
    address = read_address(target)
    try:
        made = captured(asyncio.run(_survey(address, keys)))
    except (ObtError, CapturedProfileError, OSError) as error:
        raise click.ClickException(str(error)) from error
    return made


async def _survey(address: Address, keys: Keys) -> Survey:
    """Read all resources that the key gives access to."""
    async with AsyncioTransport() as transport:
        return await survey(transport, address, key_for=lambda uuid: keys.find(uuid, address))


def read_address(text: str) -> Address:
    """Read coap://HOST[:PORT]; names of hosts are looked up. Raises `click.ClickException`."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port or COAP_PORT
    except ValueError as error:
        raise click.UsageError(f"{text}: {error}") from error
    if parts.scheme != "coap" or not host:
        raise click.UsageError(f"{text} is no coap:// address, such as coap://192.168.1.20:40001")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0][4]
    except OSError as error:
        raise click.ClickException(f"there is no host {host}: {error.strerror}") from error
    # Addresses of the link need the interface that they are on, `%eth0`.
    interface = int(found[3]) if len(found) == 4 else 0
    return Address(str(found[0]).partition("%")[0], port, interface)


def read_key(text: str | None, path: Path | None) -> bytes | None:
    """Read a pairwise key from hex or from a file. Raises `click.ClickException`."""
    if text is not None and path is not None:
        raise click.UsageError("--psk and --psk-file are one or the other")
    key: bytes | None = None
    try:
        if text is not None:
            key = bytes.fromhex(text)
        elif path is not None:
            key = path.read_bytes()
    except ValueError as error:
        raise click.UsageError("--psk is not in hex") from error
    except OSError as error:
        raise click.ClickException(f"{path} cannot be read: {error.strerror}") from error
    if key is not None and len(key) not in KEY_SIZES:
        raise click.UsageError(f"a pairwise key has 16 or 32 octets, and this one has {len(key)}")
    return key
