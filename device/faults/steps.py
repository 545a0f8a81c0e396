"""The steps of a transfer by their names, as a request shows them (CR 3006).

A step is known by what a tool asks for: the method, the resource, the property that it writes, and
whether that is over a session. So a fault can wait for "the owner credential is sent" whatever else
the tool does before and after it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

DOXM: Final = "/oic/sec/doxm"
PSTAT: Final = "/oic/sec/pstat"
CRED: Final = "/oic/sec/cred"
ACL2: Final = "/oic/sec/acl2"


class TransferStep(StrEnum):
    """A step of taking ownership, and of making the device ready after it."""

    DISCOVERY = "discovery"
    """A search by multicast (step 1)."""
    READ = "read"
    """`doxm` is read in the clear."""
    SELECT = "select"
    """The method is selected (step 4)."""
    OM = "om"
    """Client-directed provisioning is chosen (step 6)."""
    OWNER = "owner"
    """The owner is named (step 7)."""
    READ_AGAIN = "read-again"
    """`doxm` is read over the session (step 8)."""
    UUID = "uuid"
    """The device gets another UUID (step 9)."""
    CREDENTIAL = "credential"
    """The owner credential is sent (step 10)."""
    DOXM_OWNER = "doxm-owner"
    PSTAT_OWNER = "pstat-owner"
    CRED_OWNER = "cred-owner"
    ACL2_OWNER = "acl2-owner"
    OWNED = "owned"
    """The device is told that it is owned (step 11)."""
    RFPRO = "rfpro"
    """It is to be provisioned (step 12)."""
    RULES = "rules"
    """It gets entries of its access control list."""
    RFNOP = "rfnop"
    """It is to work."""


@dataclass(frozen=True, slots=True)
class StepRequest:
    """What is known of a request that may be a step."""

    method: str
    path: str
    content: Any
    secured: bool
    multicast: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """How the requests of a step look."""

    path: str
    methods: frozenset[str]
    has: Callable[[Any], bool] = lambda _content: True
    secured: bool | None = None
    """Whether it comes over a session; None: a tool may do either."""
    multicast: bool = False

    def fits(self, request: StepRequest) -> bool:
        """Tell whether a request is of this step."""
        return (
            request.path == self.path
            and request.method in self.methods
            and self.secured in {None, request.secured}
            and (request.multicast == self.multicast or "GET" not in self.methods)
            and self.has(request.content)
        )


def _has(name: str) -> Callable[[Any], bool]:
    return lambda content: isinstance(content, dict) and name in content


def _is_state(state: int) -> Callable[[Any], bool]:
    def matches(content: Any) -> bool:
        dos = content.get("dos") if isinstance(content, dict) else None
        return isinstance(dos, dict) and dos.get("s") == state

    return matches


_WRITES: Final = frozenset({"POST", "PUT"})
"""The methods that change something."""
_READS: Final = frozenset({"GET"})
"""The method that changes nothing."""

STEPS: Final[Mapping[TransferStep, Shape]] = {
    TransferStep.DISCOVERY: Shape(DOXM, _READS, secured=False, multicast=True),
    TransferStep.READ: Shape(DOXM, _READS, secured=False),
    TransferStep.SELECT: Shape(DOXM, _WRITES, _has("oxmsel")),
    TransferStep.OM: Shape(PSTAT, _WRITES, _has("om")),
    TransferStep.OWNER: Shape(DOXM, _WRITES, _has("devowneruuid")),
    TransferStep.READ_AGAIN: Shape(DOXM, _READS, secured=True),
    TransferStep.UUID: Shape(DOXM, _WRITES, _has("deviceuuid")),
    TransferStep.CREDENTIAL: Shape(CRED, _WRITES, _has("creds")),
    TransferStep.DOXM_OWNER: Shape(DOXM, _WRITES, _has("rowneruuid")),
    TransferStep.PSTAT_OWNER: Shape(PSTAT, _WRITES, _has("rowneruuid")),
    TransferStep.CRED_OWNER: Shape(CRED, _WRITES, _has("rowneruuid")),
    TransferStep.ACL2_OWNER: Shape(ACL2, _WRITES, _has("rowneruuid")),
    TransferStep.OWNED: Shape(DOXM, _WRITES, _has("owned")),
    TransferStep.RFPRO: Shape(PSTAT, frozenset({"POST"}), _is_state(2)),
    TransferStep.RULES: Shape(ACL2, _WRITES, _has("aclist2")),
    TransferStep.RFNOP: Shape(PSTAT, frozenset({"POST"}), _is_state(3)),
}
"""In the order of the specification."""
