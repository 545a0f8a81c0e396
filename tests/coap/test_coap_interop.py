"""aiocoap's own client against our server, over loopback."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiocoap import Context, Message
from aiocoap.numbers import codes

from onboardee.device.testing.handler_server import HandlerServer as CoapServer
from onboardee.wire.coap import Code, Request, Response
from onboardee.wire.entropy import SeededEntropy


class Pump(asyncio.DatagramProtocol):
    """The smallest possible rim: datagrams in, datagrams out, one timer."""

    def __init__(self, server: CoapServer) -> None:
        self.server = server
        self.loop = asyncio.get_running_loop()
        self.timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        """Keep the socket."""
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Hand a datagram in."""
        self.server.receive(data, addr, self.loop.time())
        self.flush()

    def flush(self) -> None:
        """Send what is to be sent, and wake up when it is time."""
        for remote, datagram in self.server.take_outgoing():
            self.transport.sendto(datagram, remote)
        if self.timer is not None:
            self.timer.cancel()
        due = self.server.next_deadline()
        self.timer = None if due is None else self.loop.call_at(due, self.wake)

    def wake(self) -> None:
        """Tell the server the time."""
        self.server.tick(self.loop.time())
        self.flush()


class Light:
    """A handler with a small, a large, an observable and a slow resource."""

    def __init__(self) -> None:
        self.large = bytes(i % 253 for i in range(20_000))
        self.state = b"off"

    def __call__(self, request: Request, remote: object, now: float) -> Response | None:
        """Answer one request."""
        if request.path == "/large":
            if request.payload:
                self.large = request.payload
                return Response(Code.CHANGED, self.large[::-1])
            return Response(Code.CONTENT, self.large, 60)
        if request.path == "/light":
            return Response(Code.CONTENT, self.state, 0, observe_as="/light")
        return Response(Code.NOT_FOUND)


@asynccontextmanager
async def running() -> AsyncIterator[tuple[Context, str, Pump, Light]]:
    """Run our server and aiocoap's client."""
    light = Light()
    loop = asyncio.get_running_loop()
    server = CoapServer(light, entropy=SeededEntropy(1))
    transport, pump = await loop.create_datagram_endpoint(
        lambda: Pump(server), local_addr=("127.0.0.1", 0)
    )
    client = await Context.create_client_context(transports=["udp6"])
    port = transport.get_extra_info("sockname")[1]
    try:
        yield client, f"coap://127.0.0.1:{port}", pump, light
    finally:
        await client.shutdown()
        transport.close()
        if pump.timer is not None:
            pump.timer.cancel()


async def ask(client: Context, code: codes.Code, uri: str, payload: bytes = b"") -> Message:
    """Send a request and wait for its answer."""
    request = client.request(Message(code=code, uri=uri, payload=payload))
    return await asyncio.wait_for(request.response, 30)


async def test_get() -> None:
    """A GET is answered, an unknown path is 4.04, FETCH is 4.05."""
    async with running() as (client, base, _, _light):
        assert (await ask(client, codes.GET, f"{base}/light")).payload == b"off"
        assert (await ask(client, codes.GET, f"{base}/nothing")).code == codes.NOT_FOUND
        assert (await ask(client, codes.FETCH, f"{base}/light")).code == codes.METHOD_NOT_ALLOWED


@pytest.mark.parametrize("size", [0, 1, 1023, 1024, 1025, 20_000])
async def test_bodies(size: int) -> None:
    """Bodies of any size travel both ways, also in one exchange."""
    body = bytes(i % 251 for i in range(size))
    async with running() as (client, base, _, light):
        light.large = body
        assert (await ask(client, codes.GET, f"{base}/large")).payload == body
        if size:
            answer = await ask(client, codes.POST, f"{base}/large", body[::-1])
            assert (answer.code, answer.payload) == (codes.CHANGED, body)
            assert light.large == body[::-1]


async def test_observe() -> None:
    """An observation begins, tells each change and ends when the client has lost interest."""
    async with running() as (client, base, pump, light):
        request = client.request(Message(code=codes.GET, uri=f"{base}/light", observe=0))
        first = await asyncio.wait_for(request.response, 30)
        assert (first.payload, first.opt.observe) == (b"off", 0)
        notifications = aiter(request.observation)
        for number, state in enumerate((b"on", b"off", b"dim" * 700), 2):
            light.state = state
            pump.server.notify("/light", pump.loop.time())
            pump.flush()
            notification = await asyncio.wait_for(anext(notifications), 30)
            assert notification.opt.observe == number
            assert notification.payload == state
        request.observation.cancel()
        for _ in range(100):  # aiocoap notices its own end at a later notification, and resets it
            pump.server.notify("/light", pump.loop.time())
            pump.flush()
            if not pump.server.observers:
                break
            await asyncio.sleep(0.02)
        assert pump.server.observers == ()
