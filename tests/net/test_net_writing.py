"""Writing to disk: who waits for it, and who does not."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path as FilePath
from uuid import UUID

import cbor2
import pytest
from aiocoap import CON, GET, POST, Code, Context, Message

from onboardee.device.events import DeviceFault, Event
from onboardee.device.machine.boot import Surroundings, boot
from onboardee.device.machine.step import Keeper
from onboardee.device.net import hub
from onboardee.device.net.binding import Ports
from onboardee.device.net.hosted import HostedDevice
from onboardee.device.net.hub import Hub
from onboardee.device.security.factory import new_database
from onboardee.device.simulation.profile import load
from onboardee.device.testing import MemoryKeeper
from onboardee.obt import Address, AsyncioTransport, find_unowned_at, take_ownership
from onboardee.svrdb import Store, StoreUnavailable, open_directory, read_existing
from onboardee.svrdb.model import Database
from onboardee.svrdb.state_file import StateFile
from onboardee.wire.entropy import SystemEntropy
from onboardee.wire.path import Path

OWNER = UUID("11111111-2222-4333-8444-555555555555")
LOOPBACK = Ports(hosts=("127.0.0.1",))
SELECT = cbor2.dumps({"oxmsel": 0})
BROKEN = "CREATE TRIGGER broken BEFORE UPDATE ON files BEGIN SELECT RAISE(ABORT, 'no'); END"


class SlowKeeper(MemoryKeeper):
    """A disk that takes as long as the test wants."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.is_writing = threading.Event()
        self.may_finish = threading.Event()
        self.fails = False

    def commit(self, new: Database) -> None:
        """Wait, then keep the database or fail."""
        self.is_writing.set()
        assert self.may_finish.wait(10), "the test never let the disk finish"
        if self.fails:
            raise StoreUnavailable("/disk", "is on a full disk", "free some space")
        super().commit(new)


class Scene:
    """A hub, and a client of plain CoAP."""

    def __init__(self, hub: Hub, context: Context) -> None:
        self.hub = hub
        self.context = context

    def add(self, keeper: Keeper) -> HostedDevice:
        """Host a light that keeps its database there."""
        device = boot(load("light"), keeper, Surroundings(entropy=SystemEntropy()))
        return self.hub.add(device, LOOPBACK)

    def ask(
        self, hosted: HostedDevice, path: str, payload: bytes | None = None
    ) -> Awaitable[Message]:
        """Begin a request; await what comes back for its answer."""
        code = GET if payload is None else POST
        uri = f"coap://127.0.0.1:{hosted.endpoints[0].port}{path}"
        message = Message(code=code, uri=uri, payload=payload or b"")
        if payload is not None:
            message.opt.content_format = 60
        return asyncio.wait_for(self.context.request(message).response, 30)


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    """Give both, and end both."""
    hub, context = Hub(), await Context.create_client_context()
    try:
        yield Scene(hub, context)
    finally:
        hub.stop()
        await context.shutdown()


def slow() -> SlowKeeper:
    """Make a slow disk with a new light's database."""
    return SlowKeeper(new_database(load("light"), SystemEntropy()))


def quick() -> MemoryKeeper:
    """Make a disk that takes no time."""
    return MemoryKeeper(new_database(load("light"), SystemEntropy()))


async def begun(keeper: SlowKeeper) -> None:
    """Wait until the disk is at work."""
    assert await asyncio.to_thread(keeper.is_writing.wait, 5)


async def test_a_slow_disk_keeps_no_other_device_waiting() -> None:
    """While one device writes, another of the same process answers."""
    async with scene() as at:
        keeper = slow()
        writing, other = at.add(keeper), at.add(quick())
        change = asyncio.ensure_future(at.ask(writing, "/oic/sec/doxm", SELECT))
        await begun(keeper)
        assert (await at.ask(other, "/oic/d")).code is Code.CONTENT
        assert not change.done()
        keeper.may_finish.set()
        assert (await change).code is Code.CHANGED


def datagram(mid: int, code: Code, payload: bytes = b"") -> bytes:
    """Encode a request for doxm."""
    message = Message(code=code, payload=payload, _mtype=CON, _mid=mid)
    message.opt.uri_path = ("oic", "sec", "doxm")
    if payload:
        message.opt.content_format = 60
    return bytes(message.encode())


async def test_a_change_is_answered_after_it_is_kept_and_before_what_came_later() -> None:
    """A request that arrives during the write sees the change, and is answered after it."""
    loop = asyncio.get_running_loop()
    async with scene() as at:
        keeper = slow()
        writing = at.add(keeper)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.setblocking(False)
            client.connect(("127.0.0.1", writing.endpoints[0].port))
            client.send(datagram(1, POST, SELECT))
            await begun(keeper)
            client.send(datagram(2, GET))
            await at.ask(at.add(quick()), "/oic/d")
            with pytest.raises(BlockingIOError):
                client.recv(2048)
            keeper.may_finish.set()
            answers = [Message.decode(await loop.sock_recv(client, 2048)) for _ in range(2)]
        assert [(answer.mid, answer.code) for answer in answers] == [
            (1, Code.CHANGED),
            (2, Code.CONTENT),
        ]
        assert cbor2.loads(answers[1].payload)["oxmsel"] == 0


async def test_a_change_that_cannot_be_kept_is_refused() -> None:
    """A disk that fails gives 5.03; the device goes on with what it has."""
    async with scene() as at:
        keeper = slow()
        keeper.fails = True
        keeper.may_finish.set()
        writing = at.add(keeper)
        refused = await at.ask(writing, "/oic/sec/doxm", SELECT)
        assert refused.code is Code.SERVICE_UNAVAILABLE
        assert cbor2.loads((await at.ask(writing, "/oic/sec/doxm")).payload)["oxmsel"] == 4


async def test_the_reset_button_waits_for_the_disk() -> None:
    """A button pressed during a write takes effect after it."""
    async with scene() as at:
        keeper = slow()
        writing = at.add(keeper)
        change = asyncio.ensure_future(at.ask(writing, "/oic/sec/doxm", SELECT))
        await begun(keeper)
        writing.press_reset()
        keeper.may_finish.set()
        assert (await change).code is Code.CHANGED
        assert cbor2.loads((await at.ask(writing, "/oic/sec/doxm")).payload)["oxmsel"] == 4


async def test_stopping_finishes_what_is_being_written() -> None:
    """A device that is stopped during a write has kept it, and has answered."""
    async with scene() as at:
        keeper = slow()
        writing = at.add(keeper)
        change = asyncio.ensure_future(at.ask(writing, "/oic/sec/doxm", SELECT))
        await begun(keeper)
        threading.Timer(0.05, keeper.may_finish.set).start()
        at.hub.stop()
        assert keeper.current.doxm.selected_method == 0
        assert (await change).code is Code.CHANGED


class BrokenKeeper(SlowKeeper):
    """A disk with a fault of ours."""

    def commit(self, new: Database) -> None:
        """Fail as nothing should."""
        super().commit(new)
        raise RuntimeError("a fault of ours")


async def test_a_fault_while_stopping_keeps_no_port() -> None:
    """It is told and answered, and every device of the process gives its ports back."""
    hub = Hub()
    at = Scene(hub, await Context.create_client_context())
    keeper = BrokenKeeper(new_database(load("light"), SystemEntropy()))
    writing, other = at.add(keeper), at.add(quick())
    change = asyncio.ensure_future(at.ask(writing, "/oic/sec/doxm", SELECT))
    await begun(keeper)
    keeper.may_finish.set()
    told: list[Event] = []
    writing.device.bus.subscribe(told.append)
    hub.stop()
    (fault,) = (event for event in told if isinstance(event, DeviceFault))
    assert fault.reason == "RuntimeError: a fault of ours"
    assert (await change).code.dotted == "5.00"
    for hosted in (writing, other):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", hosted.endpoints[0].port))
    await at.context.shutdown()


async def test_what_waits_for_a_disk_is_bounded() -> None:
    """A flood during a write fills no memory: the device answers at most 64 of it."""
    async with scene() as at:
        keeper = slow()
        writing = at.add(keeper)
        change = asyncio.ensure_future(at.ask(writing, "/oic/sec/doxm", SELECT))
        await begun(keeper)
        stranger = Path("127.0.0.1", writing.endpoints[0].port, "127.0.0.1", 9)
        for _ in range(300):
            writing.receive(b"\x40\x00\x00\x01", stranger)
        assert writing.waiting == 64
        keeper.may_finish.set()
        assert (await change).code is Code.CHANGED
        await at.ask(writing, "/oic/d")
        assert writing.waiting == 0


async def test_strangers_leave_room_for_sessions_during_a_write() -> None:
    """Whatever strangers send while a device writes, what its owner asks is answered after it."""
    async with scene() as at, AsyncioTransport() as transport:
        keeper = slow()
        keeper.may_finish.set()
        writing = at.add(keeper)
        plain = Address("127.0.0.1", writing.endpoints[0].port)
        found = await find_unowned_at(transport, plain)
        owner = await take_ownership(transport, found, OWNER)
        await owner.pstat()
        keeper.is_writing.clear()
        keeper.may_finish.clear()
        change = asyncio.ensure_future(owner.update("/oic/sec/pstat", {"dos": {"s": 2}}))
        await begun(keeper)
        stranger = Path("127.0.0.1", writing.endpoints[0].port, "127.0.0.1", 9)
        for _ in range(300):
            writing.receive(b"\x40\x00\x00\x01", stranger)
        question = asyncio.ensure_future(owner.doxm())
        async with asyncio.timeout(30):
            while writing.waiting < 65:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.01)
        keeper.may_finish.set()
        await change
        assert (await question).owned


async def test_what_the_gate_refuses_waits_for_no_disk() -> None:
    """A stranger's refused change is answered at once, without a turn of the thread that writes."""
    async with scene() as at:
        keeper = quick()
        writing = at.add(keeper)
        submitted: list[object] = []
        submit = writing._writers.submit

        def noting(*work: object) -> object:
            submitted.append(work)
            return submit(*work)  # type: ignore[arg-type]

        writing._writers.submit = noting  # type: ignore[assignment,method-assign]
        for path in ("/oic/sec/cred", "/oic/sec/pstat", "/oic/mnt", "/nowhere"):
            assert not (await at.ask(writing, path, SELECT)).code.is_successful()
        assert submitted == []
        assert (await at.ask(writing, "/oic/sec/doxm", SELECT)).code is Code.CHANGED
        assert len(submitted) == 1


def kept_in(file: FilePath) -> Store:
    """Open a new light's database in a state file."""
    StateFile.make(file, ["lamp"])
    return open_directory(file / "lamp", lambda: new_database(load("light"), SystemEntropy()))


async def test_slow_disks_keep_no_device_of_a_state_file_waiting(
    tmp_path: FilePath, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It needs no thread of its own to be stored, so that there may be any number of them."""
    monkeypatch.setattr(hub, "WRITERS", 1)
    with kept_in(tmp_path / "lamps.db") as store:
        async with scene() as at:
            keeper = slow()
            change = asyncio.ensure_future(at.ask(at.add(keeper), "/oic/sec/doxm", SELECT))
            await begun(keeper)
            assert (await at.ask(at.add(store), "/oic/sec/doxm", SELECT)).code is Code.CHANGED
            assert store.current.doxm.selected_method == 0
            assert not change.done()
            keeper.may_finish.set()
            await change


async def test_a_state_file_that_cannot_be_written_refuses(tmp_path: FilePath) -> None:
    """The device answers 5.03 and is as it was; once the file can be written it takes changes."""
    file = tmp_path / "lamps.db"
    with kept_in(file) as store:
        shared = StateFile.of(file)
        async with scene() as at:
            light = at.add(store)
            shared.write([(BROKEN, ())])
            refused = await at.ask(light, "/oic/sec/doxm", SELECT)
            assert refused.code is Code.SERVICE_UNAVAILABLE
            assert cbor2.loads((await at.ask(light, "/oic/sec/doxm")).payload)["oxmsel"] == 4
            shared.write([("DROP TRIGGER broken", ())])
            assert (await at.ask(light, "/oic/sec/doxm", SELECT)).code is Code.CHANGED
        shared.release()
    assert read_existing(file / "lamp").doxm.selected_method == 0
