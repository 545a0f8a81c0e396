"""A panel whose collections clients fill: for tests of CREATE and DELETE without sessions.

Requests go to the device's service as those of a peer that is known; all behind it is as in life:
the gate, the store, the consequences of a change.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import count
from typing import Any, TypeVar
from uuid import UUID

import cbor2
from msgspec.structs import replace

from onboardee.device.access.peer import Peer
from onboardee.device.events import Bus, Event
from onboardee.device.machine.step import Work
from onboardee.device.security.factory import new_database
from onboardee.device.simulation.profile import Profile, load
from onboardee.device.testing.local import LocalDevice, local_device
from onboardee.device.testing.onboarded import onboarded
from onboardee.device.testing.setup import MemoryKeeper
from onboardee.svrdb import Database, MemoryStorage, PowerCut, Store
from onboardee.wire.coap import Code, Method, Request, Response
from onboardee.wire.entropy import SeededEntropy
from onboardee.wire.path import Endpoint, Path
from onboardee.wire.wall_clock import utc_now

PANEL = load("switch-panel")
SWITCHES, VISITORS = "/switches", "/visitors"
CREATE, BATCH, BASELINE = "if=oic.if.create", "if=oic.if.b", "if=oic.if.baseline"
GUEST = UUID("67756573-7400-4000-8000-000000000001")
STRANGER = UUID("67756573-7400-4000-8000-000000000002")
SWITCH, BLIND, CONTACT = "oic.r.switch.binary", "oic.r.openlevel", "oic.r.sensor.contact"
ENDPOINTS = (Endpoint("coaps", "10.0.0.10", 5684),)
_Told = TypeVar("_Told")


def wish(kind: str = SWITCH, /, **values: Any) -> dict[str, Any]:
    """Return what a client sends to create a resource of a type."""
    main = "oic.if.s" if kind == CONTACT else "oic.if.a"
    return {"rt": [kind], "if": [main, "oic.if.baseline"], "p": {"bm": 3}, "rep": values}


def used(database: Database, permission: int = 31) -> Database:
    """Return a database in operation in which the guest may do this with all resources."""
    mine = onboarded(database, SeededEntropy(1), clients={GUEST: bytes(16)})
    entries = tuple(
        replace(entry, permission=permission) if entry.subject.uuid == str(GUEST) else entry
        for entry in mine.acl2.entries
    )
    return replace(mine, acl2=replace(mine.acl2, entries=entries))


def power_cuts(
    life: Callable[[MemoryStorage], Iterable[_Told]],
) -> Iterator[tuple[MemoryStorage, list[_Told]]]:
    """Cut the power at every step of a life; yield each disk that may be left, and what was told.

    What a life yields is told: a client has the answer.
    """
    for step in count(1):
        storage, told = MemoryStorage(), list[_Told]()
        storage.cut_power_at(step)
        try:
            for each in life(storage):
                told.append(each)
        except PowerCut:
            for survivor in storage.after_power_cut():
                yield survivor, told
        else:
            return


class Panel:
    """The device on a storage in memory, in operation."""

    def __init__(
        self,
        *,
        profile: Profile = PANEL,
        permission: int = 31,
        storage: MemoryStorage | None = None,
        durable: bool = True,
        prepared: Callable[[Database], Database] = lambda database: database,
        speed: float = 1.0,
    ) -> None:
        self.profile = profile
        self.storage = storage or MemoryStorage()
        self.events: list[Event] = []
        self.now = 0.0
        self.prepared = prepared
        database = prepared(used(new_database(profile, SeededEntropy(0)), permission))
        self.store: Any = (
            Store.open(self.storage, lambda: database) if durable else MemoryKeeper(database)
        )
        bus = Bus()
        bus.subscribe(self.events.append)
        self.device: LocalDevice = local_device(
            profile,
            self.store,
            entropy=SeededEntropy(2),
            bus=bus,
            wall_clock=self.wall_clock,
            speed=speed,
        )
        self.device.endpoints = ENDPOINTS
        self.device.start(self.now)

    def wall_clock(self) -> datetime:
        """Return the time of day."""
        return utc_now()

    def again(self, profile: Profile | None = None) -> "Panel":
        """Let the process end and begin anew on the same storage."""
        self.store.close()
        return type(self)(profile=profile or self.profile, storage=self.storage)

    def ask(
        self,
        method: Method,
        path: str,
        body: Any = None,
        *query: str,
        uuid: UUID = GUEST,
        peer: Peer | None = None,
    ) -> tuple[Code, Any]:
        """Send a request; return code and content of the answer."""
        address = Path("10.0.0.10", 5684, "10.0.0.20", 40000, secured=True)
        payload = b"" if body is None else cbor2.dumps(body)
        request = Request(method, path, query, payload)
        requester = peer or Peer(address, secured=True, uuid=uuid)
        found: list[Response | None] = []

        def work() -> Work[None]:
            found.append((yield from self.device.parts.service.answer(request, requester)))

        self.device.act(self.device.device._do(work, self.now), self.now)
        (response,) = found
        assert response is not None
        return response.code, cbor2.loads(response.payload) if response.payload else None

    def get(self, path: str, *query: str, uuid: UUID = GUEST) -> Any:
        """Retrieve; return the content, or the code of the error."""
        code, body = self.ask(Method.GET, path, None, *query, uuid=uuid)
        return body if code is Code.CONTENT else code

    def create(self, body: Any = None, *, collection: str = SWITCHES, uuid: UUID = GUEST) -> Any:
        """Create; return the content of the answer, or the code of the error."""
        wanted = wish(value=True) if body is None else body
        code, answer = self.ask(Method.POST, collection, wanted, CREATE, uuid=uuid)
        return answer if code is Code.CREATED else code

    def delete(self, path: str, *query: str, uuid: UUID = GUEST) -> Code:
        """Delete; return the code."""
        return self.ask(Method.DELETE, path, None, *query, uuid=uuid)[0]

    def paths(self, collection: str = SWITCHES) -> list[str]:
        """Return where the links of a collection lead."""
        return [link["href"] for link in self.get(collection)]

    def discovered(self, *query: str) -> list[str]:
        """Return what discovery lists, in its order."""
        found = self.get("/oic/res", *query)
        return [link["href"] for link in found] if isinstance(found, list) else []

    def pass_time(self, seconds: float) -> None:
        """Let time pass, with all that is due meanwhile."""
        self.now += seconds
        self.device.tick(self.now)
