"""The kinds of behaviour that a profile may declare: one file each, and this list of them.

A kind's file has its declaration, a struct that derives from `Behaviour`; how it becomes a part,
`make`; and the part. From the list follow what a profile may write, the JSON Schema, the sentences
about mistakes and the table of kinds in `docs/behaviour.md`. How the parts live with each other is
told in `onboardee.device.simulation.world`.

To add a kind: its file, its place in `KINDS`, a paragraph with an example in `docs/behaviour.md`, a
test in `tests/simulation`. No kind imports another one; what several need is in `world`.
"""

from typing import TYPE_CHECKING, Final, Union

from onboardee.device.simulation.behaviour.battery import BatteryBehaviour
from onboardee.device.simulation.behaviour.clock import ClockBehaviour
from onboardee.device.simulation.behaviour.code import CodeBehaviour
from onboardee.device.simulation.behaviour.counter import CounterBehaviour
from onboardee.device.simulation.behaviour.couple import CoupleBehaviour
from onboardee.device.simulation.behaviour.daily import DailyBehaviour
from onboardee.device.simulation.behaviour.drift import DriftBehaviour
from onboardee.device.simulation.behaviour.exclusive import ExclusiveBehaviour
from onboardee.device.simulation.behaviour.fault import FaultBehaviour
from onboardee.device.simulation.behaviour.follow import FollowBehaviour
from onboardee.device.simulation.behaviour.guard import GuardBehaviour
from onboardee.device.simulation.behaviour.input import InputBehaviour
from onboardee.device.simulation.behaviour.measurement import MeasurementBehaviour
from onboardee.device.simulation.behaviour.notify import NotifyBehaviour
from onboardee.device.simulation.behaviour.pulse import PulseBehaviour
from onboardee.device.simulation.behaviour.schedule import ScheduleBehaviour
from onboardee.device.simulation.behaviour.states import StatesBehaviour
from onboardee.device.simulation.behaviour.tally import TallyBehaviour
from onboardee.device.simulation.behaviour.thermal import ThermalBehaviour
from onboardee.device.simulation.behaviour.travel import TravelBehaviour
from onboardee.device.simulation.world.declaration import Behaviour

KINDS: Final[tuple[type[Behaviour], ...]] = (
    TravelBehaviour,
    DriftBehaviour,
    DailyBehaviour,
    ScheduleBehaviour,
    CounterBehaviour,
    ClockBehaviour,
    BatteryBehaviour,
    TallyBehaviour,
    CoupleBehaviour,
    FollowBehaviour,
    ExclusiveBehaviour,
    GuardBehaviour,
    StatesBehaviour,
    PulseBehaviour,
    MeasurementBehaviour,
    ThermalBehaviour,
    FaultBehaviour,
    InputBehaviour,
    CodeBehaviour,
    NotifyBehaviour,
)
"""In the order in which documents name them."""

if TYPE_CHECKING:
    AnyBehaviour = Behaviour
else:
    # what msgspec reads an entry as, by its `kind`
    AnyBehaviour = Union[KINDS]  # noqa: UP007 - of a list
