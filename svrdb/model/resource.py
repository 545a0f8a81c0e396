"""What is known of a security resource in one place: its descriptor.

OCF Security 13 defines each resource by one table: its properties, their types, and in which
onboarding state each may be written. Here that is one file a resource: the structure of what is
kept, and below it the `SecurityResource` with the rest. What serves, guards, edits, stores and
documents resources follows from the descriptors (`SECURITY_RESOURCES` in `database.py`):

* the device's registry: a resource without operations of its own needs no further code;
* the tables of rights and seasons that the gate looks into, and `docs/tables.md`;
* the rows of the editor;
* the names and forms in the databases of IoTivity and IoTivity-Lite.

Two tables guard a resource, and they are not the same. A `Season` refuses an operation as a whole,
whoever asks and whatever is in it (DELETE of credentials in RFNOP). A `Right` says of one property
in which states it may be written, and over which connection in RFOTM. Both stand beside the
question whether the peer may do it at all, which the gate decides first
(`onboardee.device.access.gate`). An UPDATE that names one property without a right is refused
whole: half an UPDATE that was answered 4.00 would be worse than none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum, IntFlag
from typing import Final

import msgspec

OWNER: Final = "rowneruuid"
"""The property that names who owns a security resource."""


class State(IntEnum):
    """Device onboarding state, pstat `dos.s` (OCF Security 8).

    Ready for ownership transfer (RFOTM), for provisioning (RFPRO), for normal operation (RFNOP);
    RESET wipes, SRESET (soft reset) lets owners repair.
    """

    RESET = 0
    RFOTM = 1
    RFPRO = 2
    RFNOP = 3
    SRESET = 4


class Permission(IntFlag):
    """What may be done: the bits of an access control entry's `permission` (OCF Security 12.2).

    The CRUDN operations of OCF Core: a GET is RETRIEVE, a POST is UPDATE or CREATE, and an
    observation needs NOTIFY or RETRIEVE (`onboardee.device.access.target.Operation`).
    """

    CREATE = 1
    RETRIEVE = 2
    UPDATE = 4
    DELETE = 8
    NOTIFY = 16


class Over(Enum):
    """Over which connection a property may be written in RFOTM, beyond what the gate requires.

    In other states the peer's identity is what counts, and any secured session of it will do.
    """

    OWNERSHIP = "the ownership connection"
    BEFORE_OWNERSHIP = "an unsecured connection, before the ownership connection"
    EITHER = "an unsecured connection before the ownership connection, or that one"


@dataclass(frozen=True, slots=True)
class Right:
    """When and how a property may be written (the state tables of OCF Security 13)."""

    states: frozenset[State]
    over: Over = Over.OWNERSHIP


@dataclass(frozen=True, slots=True)
class Season:
    """In which states an operation on a whole resource is refused, and how.

    `sentence` is for people: the reason in the log, with the state behind it.
    """

    refused_in: frozenset[State]
    code: str
    """The response code as RFC 7252 writes it, "4.03"."""
    sentence: str


IN_RFOTM: Final = Right(frozenset({State.RFOTM}))
"""For what the transfer of ownership settles, and nothing after it may touch."""
IN_REPAIR: Final = Right(frozenset({State.RFOTM, State.SRESET}))
"""For owners: named in the transfer, and again where one was lost."""
IN_PROVISIONING: Final = Right(frozenset({State.RFOTM, State.RFPRO, State.SRESET}))
"""For what is provisioned: everywhere but in RFNOP, in which a device works, and in RESET."""
UNLESS_RESETTING: Final = Right(frozenset(State) - {State.RESET})
"""For what changes the state itself: there is a way out of every state but RESET."""


@dataclass(frozen=True, slots=True)
class Lite:
    """How IoTivity-Lite keeps a resource: one file each, a plain CBOR map."""

    properties: tuple[str, ...] = ()
    """Those that it knows, where others would make it refuse the file."""
    has_type: bool = False
    """It writes `rt` and `if` in front of the properties."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabasePart:
    """A part of the database by its name, which is that of its field in `Database`.

    What the editor needs to know to show it and to find its entries.
    """

    name: str
    title: str
    entries: str | None = None
    """The property that is a list of entries with ids of their own."""
    entry: str = "entry"
    """What one of them is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityResource(DatabasePart):
    """`/oic/sec/<name>`: all that is known of it but its operations.

    The defaults are the most restrictive: a property without a right is read-only, a reset brings
    back the default value. A season that is not named refuses nothing, but the gate still asks who
    it is.
    """

    model: type[msgspec.Struct] | None = None
    """What is kept of it; None: nothing, it is made when it is asked for."""
    rights: Mapping[str, Right] = field(default_factory=dict)
    """By property; one that is not named is read-only."""
    seasons: Mapping[Permission, Season] = field(default_factory=dict)
    """By operation; one that is not named is possible in every state."""
    observable: bool = False
    stored_as: str = ""
    """What other stacks call it in their databases, if not by its name."""
    is_profiled: bool = False
    """A reset brings it back as the reset profile has it, not with its default values."""
    lite: Lite = Lite()
    is_optional: bool = False
    """Most devices are without it: it is served where a profile asks for it."""
    is_iotivitys: bool = True
    """IoTivity writes the type of a resource of this name into its database."""

    @property
    def href(self) -> str:
        """The path."""
        return f"/oic/sec/{self.name}"

    @property
    def stored(self) -> str:
        """The name in the databases of other stacks."""
        return self.stored_as or self.name

    @property
    def has_owner(self) -> bool:
        """Tell whether the resource has an owner of its own, a `rowneruuid`."""
        return self.model is not None and OWNER in self.properties

    @property
    def properties(self) -> tuple[str, ...]:
        """The names of what is kept, as they are on the wire."""
        if self.model is None:
            return ()
        return tuple(each.encode_name for each in msgspec.structs.fields(self.model))
