"""Operations over several devices as recorded plans: repeated or undone after an interruption.

A link is one key on two devices, a removal a change on all that know the device; and a process, a
battery or a radio may end in the middle of it. So each operation is written down as steps before
the first message: `operations`, `owning`, `certifying` say which steps there are, `action` and the
modules that follow it what a step does, `runner` carries them out. After an interruption the
database tells for each step whether it was begun, and so what a device may have; the rest is done
(`resume`), or taken back where half of it is worth nothing. `fleet` owns many devices at once,
`comparing` asks devices whether they have what the database says.
"""

from onboardee.obt.plans.errors import OperationRefusedError, UnfinishedError, command
from onboardee.obt.plans.operations import allow, forget, link, remove, resume, unlink
from onboardee.obt.plans.owning import confirm, own, use_by
from onboardee.obt.plans.surroundings import OnProgress, PlanSurroundings, Progress

__all__ = [
    "OnProgress",
    "OperationRefusedError",
    "PlanSurroundings",
    "Progress",
    "UnfinishedError",
    "allow",
    "command",
    "confirm",
    "forget",
    "link",
    "own",
    "remove",
    "resume",
    "unlink",
    "use_by",
]
