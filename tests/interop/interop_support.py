"""A light on real sockets, owned by a known peer, for programs that were not written here."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from onboardee.device.events import Bus, Event
from onboardee.device.machine.boot import Surroundings, boot
from onboardee.device.machine.device import Device
from onboardee.device.net.binding import Ports
from onboardee.device.net.hub import Hub
from onboardee.device.security import onboarding_states
from onboardee.device.security.factory import new_database
from onboardee.device.simulation.compatibility import Compatibility
from onboardee.device.simulation.profile import Profile, load
from onboardee.device.testing import MemoryKeeper
from onboardee.svrdb.model import (
    Ace,
    AceResource,
    Acl2,
    Connection,
    Cred,
    Credential,
    CredentialType,
    Database,
    PrivateData,
    State,
    Subject,
)
from onboardee.wire.entropy import SystemEntropy

IDENTITY = "onboardee-tester"
"""The 16 octets of the owner's UUID, readable: these programs take an identity as text."""
OWNER = UUID(bytes=IDENTITY.encode())
KEY = b"0123456789abcdef"


@dataclass(frozen=True)
class RunningLight:
    """Where a light listens, and what it said."""

    device: Device
    plain_port: int
    secure_port: int
    events: list[Event]


def owned_database(database: Database) -> Database:
    """Give a factory-new device an owner who may do everything."""
    doxm = replace(database.doxm, owned=True, owner_uuid=OWNER, resource_owner=OWNER)
    credential = Credential(
        credid=1,
        kind=CredentialType.SYMMETRIC_PAIRWISE,
        subject=str(OWNER),
        private=PrivateData(data=KEY),
    )
    everything = Ace(
        aceid=1,
        subject=Subject(uuid=str(OWNER)),
        resources=(AceResource(wildcard="*"),),
        permission=31,
    )
    discovery = Ace(
        aceid=2,
        subject=Subject(connection=Connection.ANYONE),
        resources=tuple(AceResource(href=href) for href in ("/oic/res", "/oic/d", "/oic/p")),
        permission=2,
    )
    owned = replace(
        database,
        doxm=doxm,
        cred=Cred(credentials=(credential,), resource_owner=OWNER),
        acl2=Acl2(entries=(everything, discovery), resource_owner=OWNER),
        pstat=replace(database.pstat, resource_owner=OWNER),
    )
    return onboarding_states.enter(owned, State.RFNOP)


@contextmanager
def running_light(
    *,
    owned: bool,
    host: str = "127.0.0.1",
    credentials: tuple[Credential, ...] = (),
    profile: Profile | None = None,
    rules: tuple[Ace, ...] = (),
    compat: Compatibility | None = None,
) -> Iterator[RunningLight]:
    """Run a light in a thread of its own, on free ports; an owner may have added credentials.

    It may be another device than a light, and the owner may have added access rules.
    """
    profile, events, bus = profile or load("light"), list[Event](), Bus()
    profile = replace(profile, compat=compat or profile.compat)
    bus.subscribe(events.append)
    database = new_database(profile, SystemEntropy())
    database = owned_database(database) if owned else database
    known = (*database.cred.credentials, *credentials)
    database = replace(database, cred=replace(database.cred, credentials=known))
    entries = (*database.acl2.entries, *rules)
    database = replace(database, acl2=replace(database.acl2, entries=entries))
    keeper = MemoryKeeper(database)
    device = boot(profile, keeper, Surroundings(entropy=SystemEntropy(), bus=bus))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    hub = Hub()

    async def start() -> tuple[int, int]:
        plain, secure = hub.add(device, Ports(hosts=(host,))).endpoints
        return plain.port, secure.port

    async def stop() -> None:
        hub.stop()

    try:
        plain, secure = asyncio.run_coroutine_threadsafe(start(), loop).result(30)
        yield RunningLight(device, plain, secure, events)
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@contextmanager
def mbedtls_session(configuration: Any, port: int, patience: float = 30) -> Iterator[Any]:
    """Open a DTLS session with Mbed TLS, and yield its socket; wait so many seconds for answers."""
    from mbedtls import tls  # noqa: PLC0415 - some machines have none, and skip its tests

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plain:
        plain.settimeout(patience)
        wrapped = tls.ClientContext(configuration).wrap_socket(plain, server_hostname=None)
        wrapped.connect(("127.0.0.1", port))
        wrapped.do_handshake()
        yield wrapped
