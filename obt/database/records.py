"""What the provisioning database knows, one class for each kind of record.

They are plain values without a connection: to change something is to put another record. UUIDs,
keys and addresses have their types; times are text as it stands in the file (RFC 3339, UTC, whole
seconds). Keys are left out of `repr`, so that no log and no traceback shows one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

from onboardee.obt.address import Address
from onboardee.obt.database.errors import DatabaseError
from onboardee.obt.model import Rule, TransferMethod
from onboardee.obt.record import Ownership


class DeviceState(StrEnum):
    """How far a device is ours.

    A device that is `pending` with nothing unfinished is one that said in the clear that it has no
    owner; the key that it may have is kept (`plans.ending`).
    """

    PENDING = "pending"
    """Its owner credential was made, and whether the device has taken it is not known yet."""
    OWNED = "owned"
    REMOVING = "removing"
    """It is given up; other devices may still have credentials and rules for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRecord:
    """A device, where it was last, and the key that makes us its owner.

    `owner` is the UUID under which we own it, which for imported devices may be another tool's.
    `types` are resource types such as `oic.d.light`; `order` is a name of `ALL_ORDERS`, by which
    the words are chosen in which it is talked to.
    """

    uuid: UUID
    owner: UUID
    """The UUID under which we own it."""
    state: DeviceState = DeviceState.OWNED
    key: bytes | None = field(default=None, repr=False)
    """The owner credential; None for a device of another tool whose keys are not known."""
    name: str = ""
    """What people call it; at first what it calls itself."""
    types: tuple[str, ...] = ()
    """Its resource types, without the one that all devices have."""
    method: TransferMethod | None = None
    """How it changed hands."""
    order: str = "lite"
    """In which order of messages, and so in which words it is talked to."""
    secured: tuple[Address, ...] = ()
    """Where it takes sessions, in the order in which they are tried."""
    plain: Address | None = None
    """Where it answered in the clear last."""
    former: UUID | None = None
    """Its UUID before the present one."""
    added: str = ""
    """When it became ours; times are UTC (RFC 3339)."""
    seen: str | None = None
    """When it last answered, in UTC (RFC 3339)."""

    @property
    def ownership(self) -> Ownership:
        """What opens sessions with it. Raises `DatabaseError` if key or address are missing."""
        if self.key is None:
            raise DatabaseError(f"the owner credential of {self.uuid} is not known")
        if not self.secured:
            raise DatabaseError(f"it is not known where {self.uuid} takes sessions")
        return Ownership(self.uuid, self.owner, self.secured[0], self.key, self.plain)

    def at(self, ownership: Ownership) -> "DeviceRecord":
        """Return the record with address and key of an ownership."""
        others = tuple(each for each in self.secured if each != ownership.secured)
        return replace(
            self,
            key=ownership.key,
            secured=(ownership.secured, *others)[:MAX_ADDRESSES],
            plain=ownership.plain,
        )


MAX_ADDRESSES = 8
"""Of a kind, for a device."""


class CredentialState(StrEnum):
    """Whether a device has something that we gave it.

    The two that are not `present` are written before a request. Whoever finds them does not know
    what the device has, and repeats the request.
    """

    ADDING = "adding"
    """It may have it: the request was about to be sent."""
    PRESENT = "present"
    DELETING = "deleting"
    """It may still have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairwiseCredential:
    """What `device` has for `peer`: one side of a link.

    `credid` is the device's number for it, None where the device shows none; `bits` is 128 or 256.
    The key itself is not kept: both devices have it, and nobody else needs it.
    """

    device: UUID
    """Which device has it."""
    peer: UUID
    """For whom it is."""
    state: CredentialState
    credid: int | None = None
    """The number that the device gave it, where it told."""
    bits: int | None = None
    """The length of the key; None where another tool made it."""
    operation: int | None = None
    """The operation that gave it, as long as that is remembered."""
    changed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRule:
    """A rule that we gave a device."""

    id: int
    device: UUID
    rule: Rule
    """The entry as it was sent, without a number."""
    state: CredentialState
    aceid: int | None = None
    """The number that the device gave it, where it told."""
    operation: int | None = None
    """The operation that gave it, as long as that is remembered."""
    changed: str = ""

    @property
    def subject(self) -> UUID | None:
        """The UUID that the rule is for, if it is for one."""
        return subject_of(self.rule)


def subject_of(rule: Rule) -> UUID | None:
    """Return the UUID that a rule is for, None if it is for a role, a connection or anything."""
    try:
        return UUID(rule.subject.uuid or "")
    except ValueError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedCertificate:
    """A certificate that we signed for a device."""

    id: int = 0
    device: UUID
    kind: str
    """`anchor`, `identity` or `role`."""
    serial: str
    """The serial number in hex."""
    pem: str = field(repr=False)
    """The chain as the device got it, the leaf first."""
    role: str = ""
    """Of a role certificate; "" for others."""
    role_authority: str = ""
    issued: str = ""
    revoked: str | None = None
    """When it was revoked, None while it is valid."""


class PlanDirection(StrEnum):
    """Whether the steps of a plan are carried out or taken back."""

    FORWARD = "forward"
    """The steps are done."""
    UNDO = "undo"
    """The steps are taken back, the last first."""


class Result(StrEnum):
    """What came of an operation.

    `open` is an operation that ended with something left to do, `running` one that was cut off, or
    goes on in another process; both are unfinished. `superseded` means that a later one has taken
    over what remained.
    """

    RUNNING = "running"
    """It is under way, or was interrupted."""
    OPEN = "open"
    """Steps of it remain to be done."""
    DONE = "done"
    UNDONE = "undone"
    """It failed, and nothing is left of it."""
    FAILED = "failed"
    """It failed before anything was changed."""
    SUPERSEDED = "superseded"
    """What remained was done by a later operation."""


UNFINISHED = frozenset({Result.RUNNING, Result.OPEN})


class StepState(StrEnum):
    """How far a step of a plan is.

    `begun` is written before the first request and `done` after the last answer: between the two
    nobody knows.
    """

    WAITING = "waiting"
    BEGUN = "begun"
    """A request may have been sent."""
    DONE = "done"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStep:
    """One thing to be done at one device; doing it twice does no harm.

    `action` is a name of `plans.actions`; `body` is JSON. `secret` are the octets of a key that is
    to be given, wiped at the end of the operation. `error` is why the last attempt failed.
    """

    action: str
    """What is done, a name in `plans.actions`."""
    device: UUID
    """At which device."""
    peer: UUID | None = None
    """For whom, where there is somebody."""
    body: Mapping[str, Any] = field(default_factory=dict)
    """What the action needs to know, as JSON has it."""
    secret: bytes | None = field(default=None, repr=False)
    """A key that the step hands over; it is wiped when the operation has ended."""
    number: int = 0
    state: StepState = StepState.WAITING
    error: str = ""
    """Why it could not be done when it was tried last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """Something that was done, or remains to be done, with one device or several.

    `kind` is the word that people read (`link`, `own`, …); `devices` are those that it is about,
    not all that it changes; `message` is why it is not done, in a sentence.
    """

    id: int
    kind: str
    """What was asked for, such as `link`."""
    devices: tuple[UUID, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    """What people see of how it was asked for."""
    direction: PlanDirection = PlanDirection.FORWARD
    result: Result = Result.RUNNING
    message: str = ""
    """What went wrong, "" if nothing did."""
    started: str = ""
    ended: str | None = None

    @property
    def is_unfinished(self) -> bool:
        """Tell whether something remains to be done."""
        return self.result in UNFINISHED


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectPairing:
    """How a device may be paired with directly."""

    device: UUID
    enabled: bool
    methods: tuple[int, ...] = ()
    """Where PINs may come from (`pairing.PairingMethod`)."""
    pin: bytes | None = field(default=None, repr=False)
    rules: tuple[Mapping[str, Any], ...] = ()
    """What those may do that have paired, as `pdacl` has it."""
    configured: str = ""
