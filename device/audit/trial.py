"""What a trial is: a device that is honest except for one thing, and what a sound tool does.

A trial is data, so that everybody can read what is tried and nothing is expected that is not
written down. There are three expectations. `completes`: the tool owns the device, and says so.
`gives up`: it says that it failed, the device is not owned, and the tool owns it in the next
attempt, when the device is honest. `is true`: it may do either, but what it says is so. In none of
them a tool may claim a success that there is not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from onboardee.device.audit.verdicts import Level
from onboardee.device.faults.terms import Fault, parse
from onboardee.device.simulation.profile import Profile


class Expectation(StrEnum):
    """What a sound tool does."""

    COMPLETES = "completes"
    GIVES_UP = "gives up"
    IS_TRUE = "is true"


class Need(StrEnum):
    """What a tool has to be told for a trial, beside where the device is."""

    NOTHING = ""
    """The tool has all that it needs."""
    PIN = "pin"
    """A PIN, which is a wrong one in the first attempt: the device offers nothing but that."""
    ANCHORS = "anchors"
    """The root certificate of the device's maker: it offers nothing but certificates."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One device that is honest except for one thing."""

    name: str
    """By which a person chooses it on the command line."""
    sentence: str
    """What the device does."""
    expectation: Expectation
    """What a sound tool does with such a device."""
    faults: tuple[Fault, ...] = ()
    """What the device does wrong, when and how often."""
    adapt: Callable[[Profile], Profile] | None = None
    """What is different about its profile."""
    may_be_owned: bool = False
    """Whether the device may be owned after an attempt that failed: it is by a useless key."""
    needs: Need = Need.NOTHING
    """What the tool has to be told beside where the device is."""
    level: Level = Level.MUST
    """Whether a shall of a standard asks for it, or good sense."""

    @property
    def title(self) -> str:
        """What a device is called whose trial it is, for people who see it in a list."""
        return self.name.replace("-", " ")


def trial(
    name: str,
    sentence: str,
    expectation: Expectation,
    *faults: str,
    times: int | None = None,
    level: Level = Level.MUST,
) -> Trial:
    """Return a trial with its faults as the command line has them; `times` is for all of them."""
    repeated = "" if times is None else f" times={times}"
    parsed = tuple(parse(each + repeated) for each in faults)
    return Trial(name, sentence, expectation, parsed, level=level)
