"""A request with the state that it meets: the one shape in which gate and resources see it.

Everything that a decision depends on is in it, so that decisions are functions: the database as it
was when the request was taken up, the time, and the two facts about sessions that no database has.
A call is made once, in `onboardee.device.machine.requests`, and handed on unchanged; where one
request is about several resources (a batch), there is one call for each.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from onboardee.device.access.concessions import NO_CONCESSIONS, Concessions
from onboardee.device.access.peer import Peer
from onboardee.device.access.rights import OCF, Standard
from onboardee.device.access.target import Operation, Target
from onboardee.svrdb.model import Database, State
from onboardee.wire.path import Endpoint


class Query(Struct, frozen=True):
    """The query of a request: pairs in their order, names in lower case.

    Names are compared without case because tools write `owned=FALSE` and `Owned=FALSE` for the
    same; values are left as they are. An option without `=` has an empty value.

    >>> Query.parse(["if=oic.if.baseline", "Owned=TRUE"]).first("owned")
    'TRUE'
    """

    pairs: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, options: Sequence[str]) -> "Query":
        """Split `name=value` options."""
        pairs = (option.partition("=") for option in options)
        return cls(tuple((name.lower(), value) for name, _, value in pairs))

    def first(self, name: str) -> str | None:
        """Return the first value of `name`, None if there is none."""
        for key, value in self.pairs:
            if key == name:
                return value
        return None

    def all(self, name: str) -> list[str]:
        """Return all values of `name`, in the order of the request."""
        return [value for key, value in self.pairs if key == name]


class Call(Struct, frozen=True):
    """One request: who asks what of which resource, and the device's state at that moment.

    `interface` is the one that was asked for, or the resource's default. `multicast` is True for a
    request to a group, whose refusals are silent.
    """

    operation: Operation
    target: Target
    peer: Peer
    database: Database
    query: Query = Query()
    interface: str = ""
    endpoints: Sequence[Endpoint] = ()
    """Where the device is reached."""
    has_session: bool = False
    """A DTLS session of anybody exists, or is awaited to end a transfer."""
    multicast: bool = False
    wall_time: datetime | None = None
    """The time of day; where it is unknown, nothing with a limited validity applies."""
    concessions: Concessions = NO_CONCESSIONS
    """What the device lets pass beyond OCF."""
    standard: Standard = OCF
    """As which standard the request is written."""
    accept: int | None = None
    """The content format that the answer is to have; None leaves it to the device."""
    etags: tuple[bytes, ...] = ()
    """Entity tags of what the asker has already (RFC 7252 5.10.6.2)."""

    @property
    def state(self) -> State:
        """The onboarding state."""
        return self.database.state

    @property
    def removes_in_operation(self) -> bool:
        """Whether credentials may be deleted although the device is in RFNOP."""
        return self.concessions.removes_in_operation and self.state is State.RFNOP
