"""How plans get hold of devices, and of time.

A plan knows which steps there are and in which order; it does not know sockets, addresses that have
changed, or how many devices may be talked to at once. That is what its surroundings are for: the
command line has some over the network, tests some in memory whose process can end at any moment.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from onboardee.obt.database.records import DeviceRecord, Operation, PlanStep
from onboardee.obt.owned import OwnedDevice
from onboardee.obt.transport import Work
from onboardee.wire.entropy import Entropy


class PlanSurroundings(Protocol):
    """What a plan needs of the world around the database.

    `reach` may search the network and change addresses in the database; it raises when the device
    is neither where it was nor anywhere else. What it returns has an open session.
    """

    @property
    def entropy(self) -> Entropy:
        """Where keys come from."""

    async def reach(self, record: DeviceRecord, /) -> OwnedDevice:
        """Return a device of ours with an open session. Raises `ObtError`."""

    async def seems_unowned(self, record: DeviceRecord, /) -> bool:
        """Tell whether what is where the device was says that it has no owner.

        It says so in the clear, so anybody may have said it: a hint, on whose account no key is
        deleted.
        """

    async def together(self, works: Sequence[Work], /) -> None:
        """Carry out pieces of work side by side, as many at once as we may.

        What one of them raises ends the others at the next point at which they wait.
        """


@dataclass(frozen=True, slots=True)
class Progress:
    """A step of a plan that was carried out, or could not be.

    Steps at several devices end in any order, so `number` counts and does not name the step.
    """

    operation: Operation
    step: PlanStep
    number: int
    """How many steps of the plan have come to an end now, in whatever order they did."""
    total: int
    """How many steps the plan has."""
    error: str = ""
    """Why the step could not be done, "" if it was."""


OnProgress = Callable[[Progress], None]
"""Is told of each step that has come to its end."""
