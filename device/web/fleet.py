"""One dashboard for devices that are spread over workers (`run --workers N --web`).

    browser ──► this process: guard, pages, FleetApi ──► the worker that has the device
                                                         (its dashboard, at a Unix socket)

Each worker serves the dashboard of its own devices at a socket in a directory that only this user
may enter. What is about one device is passed on as it is, with its answer, so that a fleet knows
everything that a process alone knows; what is about all of them is put together here. While a
worker is away its devices do not run, and the page is told to ask anew when it comes or goes.
"""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.status import HTTP_200_OK

from onboardee.device.web import assets, views
from onboardee.device.web.answers import EventStream, event
from onboardee.device.web.api import (
    NO_DEVICE,
    NO_ROOM,
    ROOT,
    WHOSE_TRACE,
    answered_as,
    described,
    server,
)
from onboardee.device.web.asking import Answer, NotThereError, Question, asked
from onboardee.device.web.feed import STREAMS
from onboardee.device.web.guard import Refused
from onboardee.device.web.http_server import HttpServer
from onboardee.device.web.serving import NAMES

AGAIN: Final = 0.2
"""Seconds until a worker that should be there is asked again."""
LISTING: Final = 5.0
"""Seconds in which a worker lists its devices: one that stands still hides no other."""
AWAY: Final = "the device does not run now: its worker is away"
BEGAN: Final = {"event": "feed.began", "traced": False}


T = TypeVar("T")


class _Listed(msgspec.Struct):
    """The answer of a worker that lists its devices, each as it came."""

    ok: list[msgspec.Raw]


_LISTED: Final = msgspec.json.Decoder(_Listed)


class _Refusal(msgspec.Struct):
    """The answer of a worker that refuses something."""

    error: str


_REFUSAL: Final = msgspec.json.Decoder(_Refusal)
_NAMES: Final = msgspec.json.Decoder(list[str])


class WorkerPlace:
    """Where a worker is asked, and which devices it has."""

    def __init__(self, place: Path) -> None:
        self.place: Final = place
        self.is_up: Final = asyncio.Event()
        self.names: list[str] = []
        """As it told them last: it has the same ones after a crash."""

    async def learn(self) -> None:
        """Ask it for its devices."""
        with suppress(NotThereError):
            async with asked(self.place, Question(NAMES.encode())) as answer:
                self.names = _NAMES.decode(await answer.body())
                self.is_up.set()

    async def cards(self) -> list[msgspec.Raw]:
        """Return a card of each device; while the worker is away they say that none runs."""
        with suppress(NotThereError, TimeoutError):
            async with (
                asyncio.timeout(LISTING),
                asked(self.place, Question(f"{ROOT}/devices".encode())) as answer,
            ):
                return _LISTED.decode(await answer.body()).ok
        return [msgspec.Raw(msgspec.json.encode(views.away(name))) for name in self.names]


class FleetDashboard:
    """The devices of all workers in a browser."""

    def __init__(self, host: str, port: int, directory: Path, count: int) -> None:
        """Name the address, and the directory in which so many workers have their sockets."""
        self._server: Final = HttpServer(host, port)
        self.workers: Final = [WorkerPlace(directory / f"{n + 1}.sock") for n in range(count)]
        self._learning: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """The address to open, with the token in the part that browsers keep to themselves."""
        return self._server.url

    def place(self, number: int) -> Path:
        """Return where the worker of a number, from 1, is to serve its devices."""
        return self.workers[number - 1].place

    def begins(self, number: int) -> None:
        """Know that a worker has begun to serve its devices."""
        task = asyncio.get_running_loop().create_task(self.workers[number - 1].learn())
        self._learning.add(task)
        task.add_done_callback(self._learning.discard)

    def gone(self, number: int) -> None:
        """Know that a worker has ended."""
        self.workers[number - 1].is_up.clear()

    async def serve(self, *, read_only: bool) -> None:
        """Answer from now on. Raises OSError where nobody can listen at the address."""
        api = FleetApi(self.workers, read_only=read_only)
        routes = [*api.routes(), *assets.routes()]
        await self._server.serve(Router(routes, redirect_slashes=False))

    async def stop(self) -> None:
        """Hang up on everybody."""
        await self._server.stop()


class FleetApi:
    """Answers requests about the devices of all workers."""

    def __init__(self, workers: Sequence[WorkerPlace], *, read_only: bool) -> None:
        self._workers = workers
        self._read_only = read_only
        self._streams = 0

    def routes(self) -> list[Route]:
        """Return the paths."""
        one = f"{ROOT}/devices/{{device}}{{rest:path}}"
        return [
            Route(f"{ROOT}/openapi.json", answered_as(described)),
            Route(f"{ROOT}/server", answered_as(self._server)),
            Route(f"{ROOT}/devices", answered_as(self._list)),
            Route(one, answered_as(self._pass), methods=["GET", "POST"]),
            Route(f"{ROOT}/events", answered_as(self._events)),
        ]

    async def _server(self, _request: HttpRequest) -> Any:
        return server(sum(len(each.names) for each in self._workers), read_only=self._read_only)

    async def _list(self, _request: HttpRequest) -> Any:
        found = await asyncio.gather(*(each.cards() for each in self._workers))
        return [card for cards in found for card in cards]

    async def _pass(self, request: HttpRequest) -> Any:
        """Pass a request on to the worker that has its device, and its answer back."""
        name = request.path_params["device"]
        worker = self._worker_of(name)
        question = Question(
            _target(request),
            request.method,
            await request.body(),
            request.headers.get("content-type", "").encode("latin-1"),
        )
        try:
            async with asked(worker.place, question) as answer:
                body = await answer.body()
                headers = {"cache-control": "no-store"}
                return Response(body, answer.status, headers, answer.content_type)
        except NotThereError as error:
            if question.method == "GET" and not request.path_params["rest"]:
                return views.away(name)
            raise Refused(409, AWAY) from error

    async def _events(self, request: HttpRequest) -> Response:
        if self._streams >= STREAMS:
            raise Refused(503, NO_ROOM)
        ending = AsyncExitStack()
        ending.callback(self._leave)
        self._streams += 1
        try:
            told = await _unless_gone(request, self._told(request, ending))
        except BaseException:
            await ending.aclose()
            raise
        return EventStream(told, ending)

    async def _told(self, request: HttpRequest, ending: AsyncExitStack) -> AsyncGenerator[bytes]:
        """Return the events that are asked for: of one device from its worker, or of all."""
        name = request.query_params.get("device")
        if name is None:
            if request.query_params.get("trace") == "1":
                raise Refused(400, WHOSE_TRACE)
            return _merged(self._workers)
        worker = self._worker_of(name)
        try:
            answer = await ending.enter_async_context(
                asked(worker.place, Question(_target(request)))
            )
            if answer.status != HTTP_200_OK:
                raise Refused(answer.status, _REFUSAL.decode(await answer.body()).error)
        except NotThereError as error:
            raise Refused(409, AWAY) from error
        return _until_the_end(answer)

    def _leave(self) -> None:
        self._streams -= 1

    def _worker_of(self, name: str) -> WorkerPlace:
        for each in self._workers:
            if name in each.names:
                return each
        raise Refused(404, NO_DEVICE)


async def _unless_gone(request: HttpRequest, work: Coroutine[Any, Any, T]) -> T:
    """Wait for something as long as the browser does. Raises `Refused`, which nobody reads then."""
    await request.body()
    doing = asyncio.create_task(work)
    leaving = asyncio.create_task(_leaving(request))
    try:
        await asyncio.wait((doing, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise Refused(408, "the browser has gone")
        return doing.result()
    finally:
        for task in (doing, leaving):
            task.cancel()
        await asyncio.wait((doing, leaving))


async def _leaving(request: HttpRequest) -> None:
    """Wait until the browser has gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _merged(workers: Sequence[WorkerPlace]) -> AsyncGenerator[bytes]:
    """Yield the events of all workers; who reads slowly lets the workers wait.

    A worker has a bound on what waits, so nothing grows here.
    """
    queue: asyncio.Queue[bytes] = asyncio.Queue(1)
    followed = [asyncio.create_task(_follow(each, queue)) for each in workers]
    try:
        while True:
            yield await queue.get()
    finally:
        for task in followed:
            task.cancel()


async def _follow(worker: WorkerPlace, queue: "asyncio.Queue[bytes]") -> None:
    """Put the events of a worker into a queue, for ever.

    A page asks anew at each `feed.began`: it comes from the worker, with each stream of its own,
    and from here when that has ended, as its devices are away then.
    """
    question, is_first = Question(f"{ROOT}/events".encode()), True
    while True:
        was_there = False
        with suppress(NotThereError):
            async with asked(worker.place, question) as answer:
                async for each in answer.events():
                    was_there = True
                    await queue.put(each)
        if was_there or is_first:
            await queue.put(event(BEGAN))
        is_first = False
        await asyncio.sleep(AGAIN)
        await worker.is_up.wait()


async def _until_the_end(answer: Answer) -> AsyncGenerator[bytes]:
    with suppress(NotThereError):
        async for chunk in answer.chunks():
            yield chunk


def _target(request: HttpRequest) -> bytes:
    """Return path and query as they came: what is in them is for the worker to judge."""
    path: bytes = request.scope["raw_path"]
    query: bytes = request.scope["query_string"]
    return path + (b"?" + query if query else b"")
