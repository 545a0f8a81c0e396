"""Shared by the tests of the provisioning database: owned lights, a tool, and its sudden end."""

import secrets
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

from msgspec.structs import replace

from onboardee.device.simulation.profile import Profile
from onboardee.device.testing import MemoryNetwork, memory_device
from onboardee.device.testing.local import LocalDevice
from onboardee.device.testing.onboarded import OWNER
from onboardee.obt import (
    ALL_ORDERS,
    Address,
    MemoryTransport,
    ObtEngine,
    ObtError,
    OldOwnedDevice,
    OnboardingError,
    OwnedDevice,
    Rule,
    Subject,
    Target,
    find_unowned_at,
    run,
)
from onboardee.obt.database import (
    CredentialState,
    DeviceRecord,
    PairwiseCredential,
    ProvisioningDatabase,
)
from onboardee.obt.mailbox import Mailbox
from onboardee.obt.plans import UnfinishedError, resume
from onboardee.obt.transport import Work
from onboardee.svrdb.model import Ace, AceResource, PrivateData
from onboardee.svrdb.model import Subject as AceSubject
from onboardee.wire.entropy import Entropy, SeededEntropy
from onboardee.wire.wall_clock import utc_now

PAIRWISE = 1
PATIENCE = 20.0


class Crash(BaseException):
    """The process ends here."""


@dataclass
class Fuse:
    """Ends the process at the so-manieth moment, for good: nothing is sent or written after it."""

    at: int | None = None
    moments: int = 0

    def burn(self) -> None:
        """Let one more moment pass."""
        self.moments += 1
        self.require()

    def require(self) -> None:
        """Raise `Crash` if the process has ended."""
        if self.at is not None and self.moments >= self.at:
            raise Crash


class FusedTransport(MemoryTransport):
    """Each message sent or received is a moment."""

    def __init__(
        self, network: MemoryNetwork, engine: ObtEngine, fuse: Fuse, host: str = "10.0.0.1"
    ) -> None:
        self.fuse = fuse
        self.engine = engine
        super().__init__(network, engine, host)

    def _flush(self) -> None:
        self.fuse.require()
        outgoing = self._engine.take_outgoing()
        self._network.send(outgoing)
        if outgoing:
            self.fuse.burn()

    async def _wait(self, mailbox: Mailbox[Any], deadline: float) -> None:
        self.fuse.require()
        await super()._wait(mailbox, deadline)
        self.fuse.burn()


@dataclass
class Tool:
    """A process with the database open, and its surroundings."""

    transport: FusedTransport
    database: ProvisioningDatabase
    steps: list[str] = field(default_factory=list)
    at_once: int = 8

    @property
    def entropy(self) -> Entropy:
        """Where keys come from."""
        return self.transport.entropy

    async def reach(self, record: DeviceRecord) -> OwnedDevice:
        """Open a session where the device was last."""
        style = ALL_ORDERS[record.order].style
        kind = OldOwnedDevice if style.is_old else OwnedDevice
        device = kind(self.transport, record.ownership, style=style)
        await device.connect()
        return device

    async def together(self, works: Sequence[Work]) -> None:
        """Carry them out side by side."""
        await self.transport.together(works, at_once=self.at_once)

    async def seems_unowned(self, record: DeviceRecord) -> bool:
        """Ask at its plain address."""
        assert record.plain is not None
        try:
            await find_unowned_at(self.transport, record.plain, patience=PATIENCE)
        except OnboardingError:
            return False
        return True


class House:
    """Owned lights on a network in memory, whose owner's tool can end at any moment.

    Those of `links`, pairs of their numbers, share a key and have a rule for each other.
    """

    made: ClassVar[dict[Hashable, bytes]] = {}
    """Database files; all houses of a kind begin alike."""

    def __init__(
        self,
        path: Path,
        lights: int,
        links: tuple[tuple[int, int], ...] = (),
        *,
        may_certify: bool = False,
        profile: str | Profile = "light",
        order: str = "lite",
    ) -> None:
        self.network = MemoryNetwork()
        self.path = path / "obt.db"
        self.lights: dict[UUID, LocalDevice] = {}
        self.records: list[DeviceRecord] = []
        self._starts = 0
        self._engine: ObtEngine | None = None
        for number in range(lights):
            host = f"10.0.{1 + number // 200}.{1 + number % 200}"
            light = memory_device(
                self.network, profile, host=host, seed=number, clients={}, wall_clock=utc_now
            )
            self.records.append(_record(light, host, order))
            if may_certify:
                _let(light, OWNER, "/oic/sec/csr", 2)
            self.lights[self.records[-1].uuid] = light
        self.uuids = list(self.lights)
        pairs = [(self.uuids[one], self.uuids[other]) for one, other in links]
        for one, other in pairs:
            key = secrets.token_bytes(16)
            for device, peer in ((one, other), (other, one)):
                _give(self.lights[device], peer, key)
        kind = (lights, links, order)
        if kind not in self.made:
            self.made[kind] = self._new_database(path, pairs)
        path.mkdir(exist_ok=True)
        self.path.write_bytes(self.made[kind])

    def _new_database(self, path: Path, pairs: list[tuple[UUID, UUID]]) -> bytes:
        new = path.with_name(f"{path.name}-new")
        with ProvisioningDatabase(new) as database, database.transaction():
            for record in self.records:
                database.devices.put(record)
            for one, other in (*pairs, *((other, one) for one, other in pairs)):
                given = {"device": one, "peer": other, "state": CredentialState.PRESENT}
                database.credentials.put(PairwiseCredential(**given, bits=128))
                database.rules.put(one, rule_for(other), CredentialState.PRESENT)
        return new.read_bytes()

    def add_unowned(self) -> None:
        """Bring a new light into the house."""
        self.unowned = memory_device(self.network, host="10.0.9.9", seed="unowned")

    def start(self, at: int | None = None) -> Tool:
        """Start the tool, in place of the one before; it ends `at` some moment."""
        self.detach()
        self._starts += 1
        fuse = Fuse(at)
        engine = ObtEngine(entropy=SeededEntropy(f"start {self._starts}"))
        database = ProvisioningDatabase(self.path, patience=0.1)
        # the process ends here, not the machine
        database.file.rows("PRAGMA synchronous = OFF")
        execute = database.file._execute

        def fused(statement: str) -> None:
            fuse.require()
            execute(statement)

        database.file._execute = fused  # type: ignore[method-assign]
        database.file.committed = fuse.burn  # type: ignore[method-assign]
        self._engine = engine
        # a new process has other ports
        host = f"10.0.0.{self._starts}"
        return Tool(FusedTransport(self.network, engine, fuse, host), database)

    def detach(self) -> None:
        """Let a process that has ended retransmit nothing."""
        if self._engine is not None:
            self.network.detach(self._engine)
            self._engine = None

    def unplug(self, uuid: UUID) -> None:
        """Let a light answer nobody."""
        light = self.lights[uuid]
        host = light.endpoints[0].host
        for port in (5683, 5684):
            self.network.close(host, port)

    def plug(self, uuid: UUID) -> None:
        """Let it answer again."""
        light = self.lights[uuid]
        host = light.endpoints[0].host
        self.network.attach(light, host, 5683)
        self.network.attach(light, host, 5684, secured=True)

    def holds(self, device: UUID, peer: UUID) -> int:
        """Count the credentials that a light has for another."""
        credentials = self.lights[device].database.cred.credentials
        return sum(each.subject == str(peer) for each in credentials)

    def key(self, device: UUID, peer: UUID) -> bytes | None:
        """Return the key that a light has for another."""
        for each in self.lights[device].database.cred.credentials:
            if each.subject == str(peer) and each.private is not None:
                data = each.private.data
                assert isinstance(data, bytes)
                return data
        return None

    def rules(self, device: UUID, peer: UUID) -> int:
        """Count the rules that a light has for another."""
        entries = self.lights[device].database.acl2.entries
        return sum(each.subject.uuid == str(peer) for each in entries)

    def state(self, device: UUID) -> int:
        """Return a light's onboarding state."""
        return int(self.lights[device].database.pstat.dos.state)

    def disagreements(self, database: ProvisioningDatabase) -> list[str]:
        """Say where the lights and the database differ about what the lights have."""
        said = []
        for device in self.uuids:
            if database.devices.get(device) is None:
                continue
            for peer in self.uuids:
                record = database.credentials.get(device, peer)
                known = 0 if record is None else 1
                if known != self.holds(device, peer) or (record and record.state != "present"):
                    said.append(f"{device} holds {self.holds(device, peer)} for {peer}: {record}")
                rules = [
                    each
                    for each in database.rules.for_subject(peer)
                    if each.device == device and each.state == "present"
                ]
                if len(rules) != self.rules(device, peer):
                    said.append(f"{device} has {self.rules(device, peer)} rules: {rules}")
            record = database.devices.require(device)
            is_ours = record.key is not None and record.state != "pending"
            if is_ours and self.state(device) != 3:
                said.append(f"{device} is in state {self.state(device)}")
        return said


def rule_for(peer: UUID) -> Rule:
    """Return a rule that lets a peer switch."""
    targets = (Target(href="/light/switch"),)
    return Rule(subject=Subject(uuid=str(peer)), targets=targets, permission=6)


def resume_all(tool: Tool) -> list[str]:
    """Do what remains; return the commands that still do."""
    commands = []
    for each in tool.database.operations.unfinished():
        try:
            run(resume(tool.database, tool, each.id))
        except UnfinishedError as error:
            commands.append(str(error))
        except ObtError:
            continue
    return commands


def _give(light: LocalDevice, peer: UUID, key: bytes) -> None:
    """Give a light a key and a rule for another."""
    database = light.database
    credentials = database.cred.credentials
    credential = replace(
        credentials[0],
        credid=max(each.credid for each in credentials) + 1,
        subject=str(peer),
        private=PrivateData(data=key),
    )
    cred = replace(database.cred, credentials=(*credentials, credential))
    light.store.current = replace(database, cred=cred)
    _let(light, peer, "/light/switch", 6)


def _let(light: LocalDevice, peer: UUID, href: str, permission: int) -> None:
    """Give a light a rule for another."""
    database = light.database
    entries = database.acl2.entries
    entry = Ace(
        aceid=max((each.aceid for each in entries), default=0) + 1,
        subject=AceSubject(uuid=str(peer)),
        resources=(AceResource(href=href),),
        permission=permission,
    )
    acl2 = replace(database.acl2, entries=(*entries, entry))
    light.store.current = replace(database, acl2=acl2)


def _record(light: LocalDevice, host: str, order: str) -> DeviceRecord:
    database = light.database
    owner = next(each for each in database.cred.credentials if each.subject == str(OWNER))
    assert owner.private is not None
    assert isinstance(owner.private.data, bytes)
    return DeviceRecord(
        uuid=database.doxm.device_uuid,
        owner=OWNER,
        key=owner.private.data,
        order=order,
        secured=(Address(host, 5684),),
        plain=Address(host, 5683),
    )
