"""What people and scripts ask of a running device, beside its network: the world around it.

Somebody opens the door, presses the button at the back, reads the PIN on the label. `commands` has
what can be asked, `performing` what a device does then; `device/net/control.py` is the socket on
which it is asked, and `onboardee.testing.FakeDevice` asks in the same words.
"""

from onboardee.device.control.commands import (
    AdvanceTime,
    Command,
    ControlError,
    GetValues,
    ListInputs,
    ListResources,
    PauseTime,
    PressInput,
    PressReset,
    ReadDatabase,
    Reboot,
    ReplaceDatabase,
    Request,
    ResumeTime,
    SetFault,
    SetSpeed,
    SetValues,
    ShowConnections,
    ShowPin,
    ShowState,
    Watch,
)
from onboardee.device.control.performing import REFUSALS, Control, Result

__all__ = [
    "REFUSALS",
    "AdvanceTime",
    "Command",
    "Control",
    "ControlError",
    "GetValues",
    "ListInputs",
    "ListResources",
    "PauseTime",
    "PressInput",
    "PressReset",
    "ReadDatabase",
    "Reboot",
    "ReplaceDatabase",
    "Request",
    "Result",
    "ResumeTime",
    "SetFault",
    "SetSpeed",
    "SetValues",
    "ShowConnections",
    "ShowPin",
    "ShowState",
    "Watch",
]
