"""From a CoAP request to its answer: options, resource, interface, gate, payload, operation.

A request passes each stage once. The first stage that is not content answers; OCF's order decides
which error a request with several faults gets (unknown path, content formats, interface, access,
method, payload).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from device.coap import Code, ContentFormat, Method, Request
from device.resources.base import (
    Call,
    Outcome,
    Query,
    RefusedError,
    Representation,
    Resource,
)
from device.resources.payload import PayloadError, decode_map, encode
from device.security.gate import Decision, Kind, Operation, Situation, decide

CONTENT_VERSION: Final = 2048
"""1.0.0, our version of OCF's content format and the oldest there is (OCF Core 12.2.5)."""

WELL_KNOWN: Final = "/.well-known/core"

_FORMATS: Final = (ContentFormat.OCF_CBOR, ContentFormat.CBOR)
_LINK_FORMATS: Final = (ContentFormat.LINK_FORMAT,)
_GET_ONLY: Final = frozenset({Method.GET})
_METHODS: Final = MappingProxyType(
    {
        "oic.if.ll": _GET_ONLY,
        "oic.if.r": _GET_ONLY,
        "oic.if.s": _GET_ONLY,
        "oic.if.w": frozenset({Method.POST, Method.PUT}),
    }
)
"""What an interface allows (OCF Core 7.6); those that are not named allow everything."""
_OPERATIONS: Final = {
    Method.GET: Operation.RETRIEVE,
    Method.POST: Operation.UPDATE,
    Method.PUT: Operation.UPDATE,
    Method.DELETE: Operation.DELETE,
}


class DeniedError(RefusedError):
    """The gate refused."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(Code.UNAUTHORIZED, decision.reason)
        self.decision = decision


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request comes to, before it is put into a message."""

    outcome: Outcome
    payload: bytes
    content_format: int | None
    observe: bool


class Dispatcher:
    """Knows the resources and leads a request to one of them."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self.resources: Final = {resource.target.href: resource for resource in resources}

    def handle(self, request: Request, make_call: "MakeCall") -> Answer:
        """Answer a request. Raises `RefusedError`, `DeniedError` or `SilenceError`."""
        resource = self.resources.get(request.path)
        if resource is None:
            raise RefusedError(Code.NOT_FOUND, "there is no such resource")
        answer_format = _answer_format(request)
        query = Query.parse(request.query)
        call = make_call(query, _interface(request.method, resource, query))
        observe = _pass_gate(request, resource, call)
        outcome = _operate(request, resource, call)
        payload = b"" if outcome.body is None else _encoded(outcome.body)
        return Answer(outcome, payload, answer_format if payload else None, observe)


MakeCall = Callable[[Query, str], Call]
"""Completes a request's query and interface with the state it meets."""


def _encoded(body: Representation) -> bytes:
    return body.encode() if isinstance(body, str) else encode(body)


def _answer_format(request: Request) -> ContentFormat:
    """Check both content formats and their versions; say which one the answer has."""
    _check_version(request)
    if request.payload and request.content_format not in {None, *_FORMATS}:
        raise RefusedError(Code.UNSUPPORTED_CONTENT_FORMAT, "the payload is not CBOR")
    served = _LINK_FORMATS if request.path == WELL_KNOWN else _FORMATS
    if request.accept is None:
        return served[0]
    if request.accept not in served:
        raise RefusedError(Code.NOT_ACCEPTABLE, f"content format {request.accept} is not served")
    return ContentFormat(request.accept)


def _check_version(request: Request) -> None:
    for version in (request.accept_version, request.content_version):
        if version is not None and version < CONTENT_VERSION:
            raise RefusedError(
                Code.UNSUPPORTED_CONTENT_FORMAT, f"content format version {version} is too old"
            )


def _interface(method: Method, resource: Resource, query: Query) -> str:
    """Choose the interface: the one asked for, or the resource's default."""
    wanted = query.first("if")
    interface = resource.target.interfaces[0] if wanted is None else wanted
    if interface not in resource.target.interfaces:
        raise RefusedError(Code.FORBIDDEN, f"interface {interface} is not offered")
    if method in _METHODS.get(interface, {method}):
        return interface
    if wanted is None and resource.target.kind is not Kind.APPLICATION:
        return interface  # the device's own resources tell better themselves why not: 4.01, 4.05
    raise RefusedError(Code.FORBIDDEN, f"interface {interface} does not allow {method.name}")


def _pass_gate(request: Request, resource: Resource, call: Call) -> bool:
    """Raise `DeniedError` unless the gate grants the operation; tell whether to observe too."""
    situation = Situation(call.database, call.has_session, call.wall_time, call.shows_owner)
    if request.method is Method.GET and request.observe == 0 and resource.observable:
        wish = decide(Operation.OBSERVE, resource.target, call.requester, situation)
        if wish.granted:
            return True
    decision = decide(_OPERATIONS[request.method], resource.target, call.requester, situation)
    if not decision.granted:
        raise DeniedError(decision)
    return False


def _operate(request: Request, resource: Resource, call: Call) -> Outcome:
    match request.method:
        case Method.GET:
            found = resource.retrieve(call)
            return found if isinstance(found, Outcome) else Outcome(code=Code.CONTENT, body=found)
        case Method.POST:
            return resource.update(call, _payload(request))
        case Method.DELETE:
            return resource.delete(call)
        case _:
            raise RefusedError(Code.METHOD_NOT_ALLOWED, "an OCF UPDATE is a POST")


def _payload(request: Request) -> Mapping[str, object]:
    try:
        return decode_map(request.payload)
    except PayloadError as error:
        raise RefusedError(Code.BAD_REQUEST, str(error)) from error
