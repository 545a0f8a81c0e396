"""How a profile declares what a device does by itself: the entries of its list `behaviour`.

Each entry is one of the structs below, chosen by `kind:` (`travel`, `drift`, …). Times, property
references, conditions and actions are those of `terms`. Where several entries set one property at
the same moment, the later one in the list has precedence.
"""

from onboardee.device.simulation.behaviour.rules import (
    Code,
    Couple,
    Exclusive,
    Fault,
    Follow,
    Guard,
    Input,
    Notify,
    Schedule,
    States,
)
from onboardee.device.simulation.behaviour.values import (
    Battery,
    Clock,
    Counter,
    Daily,
    Drift,
    Pulse,
    Thermal,
    Travel,
)

__all__ = [
    "Battery",
    "Behaviour",
    "Clock",
    "Code",
    "Counter",
    "Couple",
    "Daily",
    "Drift",
    "Exclusive",
    "Fault",
    "Follow",
    "Guard",
    "Input",
    "Notify",
    "Pulse",
    "Schedule",
    "States",
    "Thermal",
    "Travel",
]

Behaviour = (
    Travel
    | Drift
    | Daily
    | Schedule
    | Counter
    | Clock
    | Battery
    | Couple
    | Follow
    | Exclusive
    | Guard
    | States
    | Pulse
    | Thermal
    | Fault
    | Input
    | Code
    | Notify
)
"""An entry of a profile's list `behaviour`."""
