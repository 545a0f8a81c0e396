"""`onboardee ctl`: look into a running device, change its values, press its inputs.

Each sub-command is one request to the control socket and a way to print its result: JSON with
`--json`, else lines for people. To add one: a function in the file whose subject it is, decorated
as those beside it; what it asks for is a command of `device/control`.
"""

from onboardee.device.cli.ctl import device, faults, timing, world
from onboardee.device.cli.ctl.choosing import command

__all__ = ["command", "device", "faults", "timing", "world"]
