"""What a check found.

All checks answer with findings, so that one command can print them for people and for programs,
and its exit code can follow from the gravest. A check that cannot look, for want of rights or of
a file, says so as a hint: silence would read as "all is well".
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

MACHINE = Path("/")
"""The root below which checks read `proc` and `sys`."""


class Verdict(StrEnum):
    """How grave a finding is."""

    WELL = "well"
    """As it should be."""
    HINT = "hint"
    """May hinder somebody, or could not be looked at."""
    FAULT = "fault"
    """Does hinder: somebody will not find or not use a device."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One thing that was looked at.

    `about` names it in a word or two, `says` is a sentence without a stop, and `advice` is what to
    type or to do about it, empty where all is well.
    """

    verdict: Verdict
    """How much it keeps tools from finding devices."""
    about: str
    """What was looked at, in a word or two."""
    says: str
    """What there is to say, without a stop at its end."""
    advice: str = ""
    """What to type, or to do."""


def well(about: str, says: str) -> CheckResult:
    """Return a finding of something that is as it should be."""
    return CheckResult(Verdict.WELL, about, says)


def hint(about: str, says: str, advice: str = "") -> CheckResult:
    """Return a finding of something that may hinder."""
    return CheckResult(Verdict.HINT, about, says, advice)


def fault(about: str, says: str, advice: str) -> CheckResult:
    """Return a finding of something that does hinder."""
    return CheckResult(Verdict.FAULT, about, says, advice)


def text(path: Path) -> str:
    """Return what a file of the kernel says, or nothing where there is no such file."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
