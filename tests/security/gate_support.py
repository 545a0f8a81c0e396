"""Questions to the gate, without a device around it."""

from dataclasses import dataclass
from functools import partial

from onboardee.device.access.call import Call
from onboardee.device.access.gate import decide as decide_call
from onboardee.device.access.gate import out_of_season
from onboardee.device.access.peer import Peer
from onboardee.device.access.rights import OCF
from onboardee.device.access.rules import Decision
from onboardee.device.access.target import Operation, Target
from onboardee.device.resources.oic_1_1 import OIC_1_1
from onboardee.svrdb.model import Database, Season, State
from onboardee.wire.path import Path

ANYWHERE = Path("192.0.2.1", 5684, "192.0.2.9", 40000)
peer = partial(Peer, ANYWHERE)
"""Makes a peer of the given kind; where it is, decides nothing."""


@dataclass(frozen=True)
class Situation:
    """What a request meets."""

    database: Database
    has_session: bool
    is_oic_1_1: bool = False

    @property
    def state(self) -> State:
        """The onboarding state."""
        return self.database.state


def call(operation: Operation, target: Target, who: Peer, here: Situation) -> Call:
    """Make the call of a request."""
    standard = OIC_1_1 if here.is_oic_1_1 else OCF
    return Call(
        operation, target, who, here.database, has_session=here.has_session, standard=standard
    )


def decide(operation: Operation, target: Target, who: Peer, here: Situation) -> Decision:
    """Ask the gate."""
    return decide_call(call(operation, target, who, here))


def season(operation: Operation, target: Target, who: Peer, here: Situation) -> Season | None:
    """Ask whether what was granted is possible now."""
    return out_of_season(call(operation, target, who, here))
