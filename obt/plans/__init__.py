"""Operations over several devices as recorded plans: repeated or undone after an interruption."""

from onboardee.obt.plans.errors import RefusedError, UnfinishedError, command
from onboardee.obt.plans.operations import allow, forget, link, remove, resume, unlink
from onboardee.obt.plans.owning import confirm, own, use_by
from onboardee.obt.plans.surroundings import OnProgress, Progress, Surroundings

__all__ = [
    "OnProgress",
    "Progress",
    "RefusedError",
    "Surroundings",
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
