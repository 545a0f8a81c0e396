"""From a CoAP request to its answer: options, resource, interface, gate, payload, operation.

A request passes each stage once. The first stage that is not content answers; OCF's order decides
which error a request with several faults gets (unknown path, content formats, interface, access,
method, state, payload).

The order matters. What stands before access follows from the request and the profile alone, and
says nothing of what is kept; what stands after it (whether the state allows it, what is wrong with
the payload) is for those who may ask. `admit` is the way as far as through the gate, for a block of
an upload, whose operation is still to come.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from onboardee.device.access.call import Call, Query
from onboardee.device.access.gate import out_of_season
from onboardee.device.access.ocf_interfaces import (
    BATCH,
    CREATE,
    CREATING,
    RETRIEVING,
    UPDATING,
    WRITE,
)
from onboardee.device.access.remembered_decisions import RememberedDecisions
from onboardee.device.access.rights import OCF
from onboardee.device.access.rules import Decision
from onboardee.device.access.target import Kind, Operation, Target
from onboardee.device.resources import batch
from onboardee.device.resources.base import (
    Outcome,
    RefusedError,
    Representation,
    Resource,
    batch_key,
    require_granted,
    retrieved,
)
from onboardee.device.resources.collection import CollectionResource
from onboardee.device.resources.payload import (
    Encoded,
    PayloadError,
    decode_list,
    decode_map,
    decode_map_of_wrong_size,
    encode,
)
from onboardee.device.resources.tags import Changes, KnownTags, entity_tag
from onboardee.wire.coap import Code, ContentFormat, Method, Request

CONTENT_VERSION: Final = 2048
"""1.0.0, our version of OCF's content format and the oldest there is (OCF Core 12.2.5)."""

WELL_KNOWN: Final = "/.well-known/core"
"""The path of discovery in the form of RFC 6690, which has a content format of its own."""

_FORMATS: Final = (ContentFormat.OCF_CBOR, ContentFormat.CBOR)
"""Content formats that a resource reads and answers in."""
_LINK_FORMATS: Final = (ContentFormat.LINK_FORMAT,)
INTERFACES: Final = MappingProxyType(
    {
        Method.GET: RETRIEVING,
        Method.POST: UPDATING | CREATING,
        Method.PUT: UPDATING,
        Method.DELETE: UPDATING - {WRITE},
    }
)
"""Which interfaces allow a method. What a resource itself cannot do comes after access: 4.05."""
_OPERATIONS: Final = MappingProxyType(
    {
        Method.GET: Operation.RETRIEVE,
        Method.POST: Operation.UPDATE,
        Method.PUT: Operation.UPDATE,
        Method.DELETE: Operation.DELETE,
    }
)
"""What a method asks of a resource (OCF Core 8)."""

_CODES: Final = MappingProxyType({str(code): code for code in Code})
"""Codes by how they are written, as rules of the gate name them."""

Decoded = TypeVar("Decoded")


class Dispatched(Struct, frozen=True):
    """What a request comes to, before it is put into a message."""

    outcome: Outcome
    payload: bytes
    content_format: int | None
    etag: bytes | None
    """The entity tag of the representation; None: the answer is none."""
    observe_as: str | None
    """What an observation that begins with this answer is about."""
    resource: Resource
    version: object | None
    """What the answer goes by beside the call (`Resource.version`); None if it may not last."""
    decision: Decision
    """Why the gate granted it."""


class Admitted(Struct, frozen=True):
    """A request that passed the gate, and what it is about."""

    resource: Resource
    members: Sequence[Resource]
    """The links that it is about beside the resource itself."""
    call: Call
    answer_format: ContentFormat
    decision: Decision


class Dispatcher:
    """Knows the resources and leads a request to one of them."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self.resources: Final = {resource.target.href: resource for resource in resources}
        self._decisions = RememberedDecisions()
        self._tags = KnownTags(Changes())

    def handle(self, request: Request, make_call: "MakeCall") -> Dispatched:
        """Answer a request. Raises `RefusedError`, `DeniedError` or `SilenceError`."""
        at = self.admit(request, make_call)
        is_lasting = self._decisions.are_lasting and at.call.interface != BATCH
        version = at.resource.version() if is_lasting else None
        outcome = _operate(request, at, self._tags)
        payload = b"" if outcome.body is None else _encoded(outcome.body)
        observe_as = _observed(at) if at.call.operation is Operation.OBSERVE else None
        content_format = at.answer_format if payload else None
        return Dispatched(
            outcome,
            payload,
            content_format,
            _tag(request, at, outcome, payload),
            observe_as,
            at.resource,
            version,
            at.decision,
        )

    def admit(self, request: Request, make_call: "MakeCall") -> "Admitted":
        """Lead a request as far as through the gate. Raises `RefusedError` or `DeniedError`."""
        resource = self.resources.get(request.path)
        if resource is None:
            raise RefusedError(Code.NOT_FOUND, "there is no such resource")
        answer_format = _answer_format(request)
        query = Query.parse(request.query)
        interface = _interface(request.method, resource, query)
        operation = _OPERATIONS[request.method]
        if interface == CREATE:
            operation = Operation.CREATE
        call = make_call(operation, resource.target, query, interface)
        members = _members(resource, call)
        gated = [resource] if resource.is_atomic else [resource, *members]
        call, decision = self._pass_gate(request, gated, call)
        return Admitted(resource, members, call, answer_format, decision)

    def _pass_gate(
        self, request: Request, shown: Sequence[Resource], call: Call
    ) -> tuple[Call, Decision]:
        """Raise `DeniedError` unless the gate grants the request; return it as it is granted, why.

        Who may not observe everything that is shown may still read it. The links of a batch are
        asked about again, one by one, when it is carried out.
        """
        decide = self._decisions.decide
        wishes_to_observe = request.method is Method.GET and request.observe == 0
        if wishes_to_observe and shown[0].observable:
            observing = replace(call, operation=Operation.OBSERVE)
            decisions = [decide(replace(observing, target=each.target)) for each in shown]
            if all(each.granted for each in decisions):
                return observing, decisions[0]
        decision = decide(call)
        require_granted(decision)
        return call, decision


MakeCall = Callable[[Operation, Target, Query, str], Call]
"""Completes what a request asks for with the state it meets."""


def _encoded(body: Representation) -> bytes:
    """Return the octets of a representation: CBOR, but for text and what is encoded already."""
    match body:
        case str():
            return body.encode()
        case bytes():
            return body
        case Encoded(octets):
            return octets
    return encode(body)


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
    """Refuse a version of the content format that is older than ours (OCF Core 12.2.5)."""
    for version in (request.accept_version, request.content_version):
        if version is not None and version < CONTENT_VERSION:
            raise RefusedError(
                Code.UNSUPPORTED_CONTENT_FORMAT, f"content format version {version} is too old"
            )


def _interface(method: Method, resource: Resource, query: Query) -> str:
    """Choose the interface: the one asked for, or the resource's default."""
    is_ocf = resource.target.href != WELL_KNOWN  # there `if` is a filter (RFC 6690 4.1)
    wanted = query.first("if") if is_ocf else None
    interface = resource.target.interfaces[0] if wanted is None else wanted
    if interface not in resource.target.interfaces:
        raise RefusedError(Code.FORBIDDEN, f"interface {interface} is not offered")
    if interface in INTERFACES[method]:
        return interface
    if wanted is None and method is Method.DELETE and resource.is_created:
        return interface  # a created sensor has none that changes it, and goes all the same
    if wanted is None and resource.target.kind is not Kind.APPLICATION:
        return interface  # the device's own resources tell better themselves why not: 4.01, 4.05
    raise RefusedError(Code.FORBIDDEN, f"interface {interface} does not allow {method.name}")


def _members(resource: Resource, call: Call) -> Sequence[Resource]:
    """Return the links that the request is about beside the resource itself."""
    if call.interface == BATCH and isinstance(resource, CollectionResource):
        return resource.members(call)
    return ()


def _observed(at: Admitted) -> str:
    href = at.resource.target.href
    return batch_key(href) if at.call.interface == BATCH else href


def _tag(request: Request, at: Admitted, outcome: Outcome, payload: bytes) -> bytes | None:
    """Return the entity tag of what a GET shows."""
    if outcome.etag is not None or request.method is not Method.GET:
        return outcome.etag
    if outcome.code is not Code.CONTENT:
        return None
    revision = at.resource.revision(at.call)
    return entity_tag(at.resource.target.href, payload, at.answer_format, revision)


def _operate(request: Request, at: Admitted, tags: KnownTags) -> Outcome:
    """Carry a request out. Raises `RefusedError` for what only those may know who have access."""
    resource, members, call = at.resource, at.members, at.call
    if request.method is Method.PUT and not (resource.takes_put or _is_put_taken(call)):
        raise RefusedError(Code.METHOD_NOT_ALLOWED, "an OCF UPDATE is a POST")
    _require_season(call)
    resource.admit(call)
    match request.method:
        case Method.GET if call.interface == BATCH and resource.is_atomic:
            return batch.whole(members, call, tags)
        case Method.GET if call.interface == BATCH and call.target.kind is Kind.APPLICATION:
            return batch.retrieve(members, call, tags)
        case Method.GET:
            return retrieved(resource, call)
        case Method.POST if call.interface == CREATE:
            return resource.create(call, _decoded(decode_map, request))
        case Method.DELETE if call.interface == BATCH and resource.takes_create:
            return batch.delete(members, call)
        case Method.POST if call.interface == BATCH:
            return batch.update(members, call, _decoded(decode_list, request))
        case Method.PUT if resource.takes_put:
            return resource.put(call, _decoded(decode_map, request))
        case Method.POST | Method.PUT:
            return resource.update(call, _decoded(_map_decoder(request, call), request))
        case _:
            return resource.delete(call)


def _is_put_taken(call: Call) -> bool:
    if call.standard is OCF:
        return False
    taken = call.concessions
    by_kind = {Kind.SECURITY: taken.takes_put, Kind.APPLICATION: taken.takes_put_of_values}
    return by_kind.get(call.target.kind, False)


def _map_decoder(request: Request, call: Call) -> Callable[[bytes], Mapping[str, object]]:
    """Choose how the body is read: with a wrong size, in the format of the tool that does so."""
    is_theirs = call.standard is not OCF and request.content_format == ContentFormat.CBOR
    if call.concessions.takes_wrong_map_size and is_theirs:
        return decode_map_of_wrong_size
    return decode_map


def _require_season(call: Call) -> None:
    """Refuse what the onboarding state does not allow (OCF Security 8)."""
    season = out_of_season(call)
    if season is not None:
        raise RefusedError(_CODES[season.code], f"{season.sentence} in {call.state.name}")


def _decoded(decode: Callable[[bytes], Decoded], request: Request) -> Decoded:
    """Decode a payload. Raises `RefusedError` with 4.00."""
    try:
        return decode(request.payload)
    except PayloadError as error:
        raise RefusedError(Code.BAD_REQUEST, str(error)) from error
