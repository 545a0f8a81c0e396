"""What people and scripts ask of a running device, beside its network: the world around it.

Somebody opens the door, presses the button at the back, reads the PIN on the label. `commands` has
what can be asked, `performing` what a device does then; `device/net/control.py` is the socket on
which it is asked, and `onboardee.testing.FakeDevice` asks in the same words.
"""

from onboardee.device.control.commands import (
    Command,
    ControlError,
    GetValues,
    ListInputs,
    ListResources,
    PressInput,
    PressReset,
    ReadDatabase,
    ReplaceDatabase,
    Request,
    SetFault,
    SetValues,
    ShowConnections,
    ShowPin,
    ShowState,
    Watch,
)
from onboardee.device.control.performing import REFUSALS, Control, Result

__all__ = [
    "REFUSALS",
    "Command",
    "Control",
    "ControlError",
    "GetValues",
    "ListInputs",
    "ListResources",
    "PressInput",
    "PressReset",
    "ReadDatabase",
    "ReplaceDatabase",
    "Request",
    "Result",
    "SetFault",
    "SetValues",
    "ShowConnections",
    "ShowPin",
    "ShowState",
    "Watch",
]
