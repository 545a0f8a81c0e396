"""What can be asked of a running device, each as one typed value.

A command is a structure with a tag, so that its JSON is `{"do": "press", "name": "toggle"}`: this
is what `onboardee ctl` writes to the control socket, and what a script may write itself. The device
is asked as its surroundings would: values change as the physical world changes them, a button is
pressed. No access control applies, as whoever may write to the socket owns the process.

To add a command: a class here, its place in `Request`, its case in `performing.Control`.
"""

from typing import Any

import msgspec

from onboardee.device.faults.terms import Fault


class ControlError(Exception):
    """What was asked for cannot be done; the message says why.

    It is told to the person who asked, as one sentence.
    """


class Command(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="do", forbid_unknown_fields=True
):
    """Something asked of a device."""


class ListResources(Command, frozen=True, tag="list"):
    """Which resources there are, with types and values.

    The result is a list with `href`, `rt` and `values` of each.
    """


class GetValues(Command, frozen=True, tag="get"):
    """The values of a resource, or one of them.

    The result is a map, or a value if a `name` is given.
    """

    href: str
    """The path of the resource."""
    name: str | None = None
    """Of one property; None: all of them."""


class SetValues(Command, frozen=True, tag="set"):
    """Change values as the physical world would: rights and read-only properties aside."""

    href: str
    """The path of the resource."""
    values: dict[str, Any]
    """By name of the property; all of them or none."""


class ListInputs(Command, frozen=True, tag="inputs"):
    """What `PressInput` and `SetFault` know."""


class PressInput(Command, frozen=True, tag="press"):
    """Use one of the device's inputs, as a person does.

    The names are those of the profile's entries `input`.
    """

    name: str


class SetFault(Command, frozen=True, tag="fault"):
    """Let one of the device's faults come or go.

    The names are those of the profile's entries `fault`; for faults of the protocol there is
    `AddFault`.
    """

    name: str
    is_on: bool = True
    """False: it goes."""


class ListFaults(Command, frozen=True, tag="faults"):
    """The faults of the device's protocol, with their numbers and how often each `acted`."""


class AddFault(Command, frozen=True, tag="add-fault"):
    """Give the device a fault of its protocol; it acts at once."""

    fault: Fault


class RemoveFault(Command, frozen=True, tag="remove-fault"):
    """Take a fault of its protocol from the device, by its number."""

    number: int


class ClearFaults(Command, frozen=True, tag="clear-faults"):
    """Take all faults of its protocol from the device."""


class PauseTime(Command, frozen=True, tag="pause"):
    """Let the time of the device's world stand still; what waits for peers goes on.

    The result of this and the next three is a map with `speed`, `paused` and `world_time`.
    """


class ResumeTime(Command, frozen=True, tag="resume"):
    """Let the time of the device's world go on, as fast as before."""


class SetSpeed(Command, frozen=True, tag="speed"):
    """Let the time of the device's world go faster or slower; while paused, once it goes on."""

    speed: float
    """Seconds of the world in one of the wall, from 1/3600 to 3600."""


class AdvanceTime(Command, frozen=True, tag="advance"):
    """Let the time of the device's world go ahead at once, also while it is paused.

    What is due meanwhile happens in its order, and the answer comes when it has.
    """

    seconds: float
    """More than zero, at most a year (366 d)."""


class PressReset(Command, frozen=True, tag="reset"):
    """Press the reset button."""


class Reboot(Command, frozen=True, tag="reboot"):
    """Take the power away and give it back: sessions and values go, what is stored stays.

    A transfer of ownership that is under way ends in a reset.
    """


class ShowState(Command, frozen=True, tag="state"):
    """Who the device is, where it is reached, what state it is in, who owns it.

    The result has `name`, `device_uuid`, `state`, `owned`, `owner`, `selected_method`, `endpoints`
    and, of the time of its world, `speed`, `paused` and `world_time` (RFC 3339).
    """


class ShowPin(Command, frozen=True, tag="pin"):
    """The PIN that the device shows."""


class ShowConnections(Command, frozen=True, tag="connections"):
    """Sessions, observers, the last refusals, and how much of its budgets is in use.

    The result has the lists `sessions`, `observers`, `refusals` and `budgets`; times are seconds of
    the device's clock, which is at `now`. A refusal by the gate has `grant`, what would grant it; a
    budget has `name`, `used` and `limit`, its `unit` and what happens `at_limit`.
    """


class ReadDatabase(Command, frozen=True, tag="database"):
    """The database, with all its secrets, as a store keeps it."""


class ReplaceDatabase(Command, frozen=True, tag="replace"):
    """Put another database in the place of `before`, and restart with it; both as stored."""

    before: str
    """What `ReadDatabase` returned: if the database is another one by now, nothing is replaced."""
    after: str
    """In the same form."""


class Watch(Command, frozen=True, tag="watch"):
    """Events from now on, each as it happens.

    The result is None, and then each event comes as a line of its own; `Control` does not see this
    command, as the socket answers it (`device/net/control.py`).
    """


Request = (
    ListResources
    | GetValues
    | SetValues
    | ListInputs
    | PressInput
    | SetFault
    | ListFaults
    | AddFault
    | RemoveFault
    | ClearFaults
    | PauseTime
    | ResumeTime
    | SetSpeed
    | AdvanceTime
    | PressReset
    | Reboot
    | ShowState
    | ShowPin
    | ShowConnections
    | ReadDatabase
    | ReplaceDatabase
    | Watch
)
"""Any of them; msgspec tells them apart by `do`."""
