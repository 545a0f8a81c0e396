"""The paths below /api/v1: devices, commands, events, snapshots.

A command is the JSON of `onboardee ctl`'s, `{"do": "press", "name": "toggle"}`, and is carried out
by the same performer. Three are not served: `database` and `replace`, as they hold every key of a
device, and `watch`, in whose place stands the stream of events.

Answers are `{"ok": ...}`, or `{"error": "a sentence"}` with a status of 400 and above.
"""

import importlib.metadata
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, Final, TypeVar

import msgspec
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from onboardee.device.control import (
    ControlError,
    ReadDatabase,
    ReplaceDatabase,
    Request,
    Watch,
)
from onboardee.device.control.commands import (
    AddFault,
    GetValues,
    ListFaults,
    ListInputs,
    ListResources,
    ShowConnections,
    ShowPin,
    ShowState,
)
from onboardee.device.machine.layer import AnyDevice
from onboardee.device.net.performer import Performer
from onboardee.device.web import faults, openapi, snapshots, views
from onboardee.device.web.answers import EventStream, as_json, piece, told
from onboardee.device.web.changes import Changes
from onboardee.device.web.devices import Devices, Kept, WebDevice
from onboardee.device.web.feed import Feed
from onboardee.device.web.guard import Refused
from onboardee.device.web.ladder import Ladder
from onboardee.device.web.turns import in_turns

ROOT: Final = "/api/v1"
NO_DEVICE: Final = "there is no device of that name"
NO_ROOM: Final = "as many browsers follow as can; close one"
WHOSE_TRACE: Final = "a trace is of one device: name it, as in ?device=light&trace=1"
ONLY_ASKING: Final = (
    GetValues | ListFaults | ListInputs | ListResources | ShowConnections | ShowPin | ShowState
)
"""Commands that change nothing."""
NOT_SERVED: Final = ReadDatabase | ReplaceDatabase | Watch

_REQUEST: Final = msgspec.json.Decoder(Request)


class _NewSnapshot(msgspec.Struct, forbid_unknown_fields=True):
    name: str


_NEW_SNAPSHOT: Final = msgspec.json.Decoder(_NewSnapshot)
T = TypeVar("T")
Answering = Callable[[HttpRequest], Awaitable[Any]]


class Api:
    """Answers requests about these devices."""

    def __init__(self, devices: Devices, feed: Feed, changes: Changes, *, read_only: bool) -> None:
        """With `read_only` nothing can be changed."""
        self._devices = devices
        self._changes = changes
        self._feed = feed
        self._read_only = read_only

    def routes(self) -> list[Route]:
        """Return the paths."""
        device = f"{ROOT}/devices/{{device}}"
        snapshot = f"{device}/snapshots/{{snapshot}}"
        return [
            Route(f"{ROOT}/openapi.json", answered_as(described)),
            Route(f"{ROOT}/server", answered_as(self._server)),
            Route(f"{ROOT}/devices", answered_as(self._list)),
            Route(device, answered_as(self._device)),
            # asks, too: each command says for itself what it does
            Route(f"{device}/commands", answered_as(self._command), methods=["POST"]),
            Route(f"{device}/security", answered_as(self._security)),
            Route(f"{device}/changes", answered_as(self._list_changes)),
            Route(f"{device}/faults", answered_as(self._faults)),
            self._writing(f"{device}/faults", self._add_fault),
            Route(f"{device}/snapshots", answered_as(self._snapshots)),
            self._writing(f"{device}/snapshots", self._take),
            Route(f"{snapshot}/differences", answered_as(self._compare)),
            self._writing(f"{snapshot}/restore", self._restore),
            Route(f"{ROOT}/events", answered_as(self._events)),
        ]

    def _writing(self, path: str, answer: Answering) -> Route:
        """Return a path at which something is changed, if anything may be."""

        async def checked(request: HttpRequest) -> Any:
            self._require_writing()
            return await answer(request)

        return Route(path, answered_as(checked), methods=["POST"])

    async def _server(self, _request: HttpRequest) -> Any:
        return server(len(self._devices), read_only=self._read_only)

    async def _list(self, _request: HttpRequest) -> Any:
        return [piece(views.card(each)) async for each in in_turns(self._devices)]

    async def _device(self, request: HttpRequest) -> Any:
        return views.whole(self._known(request))

    async def _command(self, request: HttpRequest) -> Any:
        performer = _running(self._known(request))
        wanted = await _decoded(_REQUEST, request, "a command")
        if isinstance(wanted, AddFault):
            faults.require_texts(wanted.fault)
        if isinstance(wanted, NOT_SERVED):
            raise Refused(403, "this command is for the control socket only: `onboardee ctl`")
        if not isinstance(wanted, ONLY_ASKING):
            self._require_writing()
        return await _performed(performer.perform(wanted))

    async def _security(self, request: HttpRequest) -> Any:
        return views.security(_device(self._known(request)))

    async def _list_changes(self, request: HttpRequest) -> Any:
        found = self._changes.of(self._known(request).name)
        return [piece(each.told()) async for each in in_turns(found)]

    async def _faults(self, request: HttpRequest) -> Any:
        return await _performed(faults.listed(_running(self._known(request))))

    async def _add_fault(self, request: HttpRequest) -> Any:
        performer = _running(self._known(request))
        wanted = await _decoded(faults.WANTED, request, "a fault")
        return await _performed(faults.added(performer, wanted))

    async def _snapshots(self, request: HttpRequest) -> Any:
        return await _performed(snapshots.listed(_store(self._known(request))))

    async def _take(self, request: HttpRequest) -> Any:
        known = self._known(request)
        wanted = await _decoded(_NEW_SNAPSHOT, request, "a snapshot")
        database = _device(known).database
        return await _performed(snapshots.taken(_store(known), wanted.name, database))

    async def _compare(self, request: HttpRequest) -> Any:
        known, name = self._known(request), request.path_params["snapshot"]
        database = _device(known).database
        return await _performed(snapshots.compared(_store(known), name, database))

    async def _restore(self, request: HttpRequest) -> Any:
        known, name = self._known(request), request.path_params["snapshot"]
        performer = _running(known)
        return await _performed(snapshots.restored(_store(known), name, performer))

    async def _events(self, request: HttpRequest) -> Response:
        name = request.query_params.get("device")
        wants_trace = request.query_params.get("trace") == "1"
        known = None if name is None else self._named(name)
        if wants_trace and known is None:
            raise Refused(400, WHOSE_TRACE)
        stream = self._feed.open(name)
        if stream is None:
            raise Refused(503, NO_ROOM)
        ending = AsyncExitStack()
        ending.callback(self._feed.close, stream)
        tracer = known.tracer if known is not None and wants_trace else None
        if known is not None and tracer is not None:
            ending.callback(Ladder(known.name, tracer, stream).close)
        return EventStream(told(stream, is_traced=tracer is not None), ending)

    def _known(self, request: HttpRequest) -> WebDevice:
        return self._named(request.path_params["device"])

    def _named(self, name: str) -> WebDevice:
        known = self._devices.get(name)
        if known is None:
            raise Refused(404, NO_DEVICE)
        return known

    def _require_writing(self) -> None:
        if self._read_only:
            raise Refused(403, "this dashboard only shows: it was started with --web-read-only")


async def described(_request: HttpRequest) -> Response:
    """Answer with the paths as programs read them (`openapi`)."""
    return as_json(openapi.document())


def server(devices: int, *, read_only: bool) -> dict[str, Any]:
    """Return what is told of the server: its version, how many devices it shows, and how."""
    version = importlib.metadata.version("onboardee")
    return {"version": version, "read_only": read_only, "devices": devices}


def answered_as(answer: Answering) -> Callable[[HttpRequest], Awaitable[Response]]:
    """Return what answers a request with `{"ok": ...}`, or with the response itself."""

    async def answered(request: HttpRequest) -> Response:
        result = await answer(request)
        return result if isinstance(result, Response) else as_json({"ok": result})

    return answered


async def _performed(work: Awaitable[Any]) -> Any:
    """Wait for what a device does; what it cannot do is an answer for people."""
    try:
        return await work
    except ControlError as error:
        raise Refused(409, str(error)) from error


async def _body(request: HttpRequest) -> bytes:
    """Return the JSON of a request; no form of a page can send that type without asking."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused(415, "a request has Content-Type: application/json")
    return await request.body()


async def _decoded(decoder: "msgspec.json.Decoder[T]", request: HttpRequest, what: str) -> T:
    """Return what a request has in its body."""
    try:
        return decoder.decode(await _body(request))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(400, f"not {what}: {error}") from error


def _running(known: WebDevice) -> Performer:
    if known.performer is None:
        raise Refused(409, "the device does not run now")
    return known.performer


def _device(known: WebDevice) -> AnyDevice:
    return _running(known).hosted.device


def _store(known: WebDevice) -> Kept:
    if known.store is None:
        raise Refused(409, "this device is in memory only and has no snapshots")
    return known.store
