"""What a resource is to the rest of the device: three operations over immutable values.

Operations take the database from the call and put the changed one into the outcome. So they cannot
keep anything half written, a batch can try several, and a test needs no device.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from msgspec import Struct

from onboardee.device.access.call import Call
from onboardee.device.access.ocf_interfaces import BASELINE, BATCH
from onboardee.device.access.rules import Decision
from onboardee.device.access.target import Target
from onboardee.device.resources.payload import Encoded
from onboardee.svrdb.model import Database
from onboardee.wire.coap import Code

COMMON: Final = frozenset({"rt", "if", "n", "id"})
"""Common properties: tolerated in any UPDATE and never changed by one (OCF Core 7.8)."""

Representation = Mapping[str, Any] | Sequence[Any] | Encoded
"""What an answer's payload is made of: CBOR maps, arrays and scalars, before they are encoded, or
what is encoded already."""


class RefusedError(Exception):
    """The request is wrong; `code` goes to the peer, the sentence to the log."""

    def __init__(self, code: Code, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class DeniedError(RefusedError):
    """The gate refused."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(Code.UNAUTHORIZED, decision.reason)
        self.decision = decision


class SilenceError(Exception):
    """The request gets no answer at all, as discovery filters demand.

    OCF Core 11.2 has a device keep silent where a multicast query is for others: a thousand
    refusals would bury the one answer.
    """


def not_addressed(call: Call) -> SilenceError | RefusedError:
    """Return what to raise at a query for another device: silence, as many may have heard it.

    Whoever asks over a session waits for an answer of this very device.
    """
    if call.peer.secured:
        return RefusedError(Code.BAD_REQUEST, "the query is for another device or domain")
    return SilenceError()


class Outcome(Struct, frozen=True):
    """What a change comes to. `database` set: to be made durable before the answer leaves."""

    code: Code = Code.CHANGED
    """The CoAP code of the answer."""
    body: Representation | None = None
    """Its payload; None: the answer has none."""
    database: Database | None = None
    """To be made durable before the answer leaves; None: nothing was changed."""
    notify: frozenset[str] = frozenset()
    """Paths of resources whose observers want to know."""
    reboot: bool = False
    """End all sessions and start over with what is stored, once the answer has left."""
    abandon_handshakes: bool = False
    """Handshakes in progress began under other terms and must start over."""
    etag: bytes | None = None
    """The entity tag of the body, where it follows from something else than its octets."""
    undo: Callable[[], None] | None = None
    """Takes back what the change has already done, where it cannot be made durable."""
    refusals: tuple[tuple[str, RefusedError], ...] = ()
    """Paths of the links of a batch that were refused, and why: the log wants to know."""


class Resource(Protocol):
    """Something with a path. An operation that a resource does not have is refused with 4.05."""

    target: Target
    """What the gate and discovery know of it."""
    observable: bool
    """Whether a client may observe it (RFC 7641)."""
    takes_put: bool
    """It has a PUT that is no POST."""
    takes_create: bool
    """Clients create resources in it, and delete them by its batch interface."""
    is_created: bool
    """A client created it, and clients may delete it."""
    is_atomic: bool
    """Its links are read all together, by who may read it, and in no other way."""

    def admit(self, call: Call) -> None:
        """Raise `RefusedError` for an operation that the resource takes from nobody.

        It is asked behind the gate, before the payload is read.
        """

    def version(self) -> object | None:
        """Return what the representation goes by, beside the call.

        As long as it is the same object, the same call is answered in the same way. None: the
        representation has to be asked for each time.
        """

    def revision(self, call: Call) -> int:
        """Return what tells a state from an earlier one that looked the same; 0 for nothing."""

    def is_newly_counted(self, call: Call) -> bool:
        """Tell whether the revision is of a change that this process has seen."""

    def retrieve(self, call: Call) -> "Representation | Outcome":
        """Return the representation for `call.interface`, or an outcome if reading changes."""

    def update(self, call: Call, payload: Mapping[str, object]) -> Outcome:
        """Carry out an UPDATE. Raises `RefusedError`, and then nothing has changed."""

    def put(self, call: Call, payload: Mapping[str, object]) -> Outcome:
        """Carry out a PUT. Raises `RefusedError`, and then nothing has changed."""

    def create(self, call: Call, payload: Mapping[str, object]) -> Outcome:
        """Make another resource. Raises `RefusedError`, and then nothing has changed."""

    def delete(self, call: Call) -> Outcome:
        """Carry out a DELETE. Raises `RefusedError`, and then nothing has changed."""


def require_granted(decision: Decision) -> None:
    """Raise `DeniedError` at a refusal of the gate."""
    if not decision.granted:
        raise DeniedError(decision)


def retrieved(resource: Resource, call: Call) -> Outcome:
    """Read a resource. Raises `RefusedError`.

    An outcome has code 2.05, and the database if reading has changed it (`/oic/sec/csr`).
    """
    found = resource.retrieve(call)
    return found if isinstance(found, Outcome) else Outcome(code=Code.CONTENT, body=found)


class ReadOnly:
    """The operations that a resource refuses unless it says otherwise.

    A resource derives from it and overrides the operations that it has.
    """

    observable = False
    takes_put = False
    takes_create = False
    is_created = False
    is_atomic = False

    def admit(self, call: Call) -> None:
        """Leave it to the operation itself."""

    def put(self, call: Call, payload: Mapping[str, object]) -> Outcome:
        """Refuse: an OCF UPDATE is a POST."""
        raise RefusedError(Code.METHOD_NOT_ALLOWED, "an OCF UPDATE is a POST")

    def version(self) -> object | None:
        """Promise nothing."""
        return None

    def revision(self, call: Call) -> int:
        """Take states that look the same for one."""
        return 0

    def is_newly_counted(self, call: Call) -> bool:
        """Count nothing."""
        return False

    def update(self, call: Call, payload: Mapping[str, object]) -> Outcome:
        """Refuse: nothing here can be written."""
        raise RefusedError(Code.METHOD_NOT_ALLOWED, "the resource cannot be updated")

    def create(self, call: Call, payload: Mapping[str, object]) -> Outcome:
        """Refuse: nothing is created here."""
        raise RefusedError(Code.METHOD_NOT_ALLOWED, "nothing can be created in the resource")

    def delete(self, call: Call) -> Outcome:
        """Refuse: nothing here can be deleted."""
        raise RefusedError(Code.METHOD_NOT_ALLOWED, "the resource cannot be deleted")


def with_common(call: Call, target: Target, properties: Mapping[str, Any]) -> Representation:
    """Add `rt` and `if` where the baseline interface asks for them.

    `properties` stay the same object where nothing is added, by which an unchanged representation
    is known.
    """
    if call.interface != BASELINE:
        return properties
    return {"rt": target.types, "if": target.interfaces, **properties}


def batch_key(href: str) -> str:
    """Name what observers of a collection's batch interface watch: other things than its links."""
    return f"{href}?if={BATCH}"
