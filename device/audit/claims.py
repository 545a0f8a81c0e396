"""How a trial goes, with a tool that says by itself whether it owns the device.

A tool makes an attempt and claims success, or says that it failed, or does neither within its time.
The device knows better. `try_tool` compares the two; if the tool gave up, as it should, it lets it
try again with a device that is honest by now: who cannot recover has learned nothing from its
failure. A tool that begins anew by itself, and owns the device then, needs no second attempt. Where
the device is, and how the tool is asked, is left to the stand.

A trial passes if what the tool says is so, and if it did what the trial expects. What is not
enough: that the device ended up unowned. A tool whose user reads "done" has failed, whatever the
device says.
"""

from dataclasses import dataclass
from typing import Any, Protocol

from onboardee.device.audit.trial import Expectation, Trial
from onboardee.device.audit.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Claim:
    """What a tool said of an attempt: by its exit code, or by not ending at all (None)."""

    exit_code: int | None
    """Of the tool's process: 0 claims success, None if it had to be ended."""
    output: str = ""
    """What the tool printed, for whoever looks for the reason."""
    seconds: float = 0.0
    """How long the attempt took."""

    @property
    def is_success(self) -> bool:
        """Tell whether it claims to own the device."""
        return self.exit_code == 0


@dataclass(frozen=True, slots=True)
class TrialOutcome:
    """How a trial came out, and why."""

    trial: Trial
    verdict: Verdict
    reason: str
    """The rest of the sentence "it passed, because ...", or of its contrary."""
    acted: tuple[str, ...] = ()
    """What the device did wrong, in the order in which it did."""
    claims: tuple[Claim, ...] = ()
    """What the tool said, attempt by attempt; empty where nobody asks it (`sighting`)."""

    def plain(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "trial": self.trial.name,
            "level": str(self.trial.level),
            "device": self.trial.sentence,
            "expected": str(self.trial.expectation),
            "verdict": str(self.verdict),
            "reason": self.reason,
            "acted": list(self.acted),
            "attempts": [
                {
                    "exit_code": each.exit_code,
                    "seconds": round(each.seconds, 2),
                    "output": each.output,
                }
                for each in self.claims
            ],
        }


class Stand(Protocol):
    """The device of a trial, and the tool beside it."""

    @property
    def is_owned(self) -> bool:
        """Tell whether somebody owns the device, and it is in operation or about to be."""

    @property
    def acted(self) -> list[str]:
        """What the device did wrong so far."""

    @property
    def began_anew(self) -> bool:
        """Tell whether the tool selected a method again after the device had done wrong."""

    async def attempt(self) -> Claim:
        """Let the tool try to own the device, and say how it went."""

    async def settle(self) -> None:
        """Wait until the device has ended what the attempt began."""

    async def restore(self) -> None:
        """Make the device honest, and let it wait for an owner."""


async def try_tool(trial: Trial, stand: Stand) -> TrialOutcome:
    """Try a tool with the device of a trial; return how it came out.

    A fault that never acted proves nothing, so such a trial is not reached; but a tool that never
    ends has failed even then, as a person would have had to end it.
    """
    first = await stand.attempt()
    await stand.settle()
    if not stand.acted and first.exit_code is not None:
        reason = f"{_unreached(trial)}; the tool {said(first)}"
        return TrialOutcome(trial, Verdict.NOT_REACHED, reason, claims=(first,))
    acted = tuple(stand.acted)
    if first.is_success and stand.is_owned and stand.began_anew:
        reason = "it began anew by itself, and owns the device"
        return TrialOutcome(trial, Verdict.PASSED, reason, acted, (first,))
    reason_against = wrong(trial, first, is_owned=stand.is_owned)
    if reason_against is not None:
        return TrialOutcome(trial, Verdict.FAILED, reason_against, acted, (first,))
    if first.is_success:
        return TrialOutcome(trial, Verdict.PASSED, "the device is owned", acted, (first,))
    await stand.restore()
    second = await stand.attempt()
    claims = (first, second)
    if not second.is_success or not stand.is_owned:
        reason = f"a second attempt, with an honest device, failed: the tool {said(second)}"
        return TrialOutcome(trial, Verdict.FAILED, reason, acted, claims)
    return TrialOutcome(trial, Verdict.PASSED, "it said so, and owned it afterwards", acted, claims)


def _unreached(trial: Trial) -> str:
    """Say why a fault may never have acted."""
    if any(fault.at == "discovery" for fault in trial.faults):
        return (
            "no search by multicast reached the device: let the command search for {uuid} and name "
            "no address, and give an address that multicast reaches with --host"
        )
    return "its fault never acted"


def said(claim: Claim) -> str:
    """Return what a tool said, as the rest of a sentence about it."""
    if claim.exit_code is None:
        return f"did not end within {claim.seconds:.0f} s"
    return "claims success" if claim.is_success else f"failed with exit code {claim.exit_code}"


def wrong(trial: Trial, claim: Claim, *, is_owned: bool) -> str | None:
    """Return what was wrong with a first attempt, None if nothing was.

    The order matters: a tool that claims a device which it does not own has failed whatever the
    trial expects. A device may be owned after a failure only where that is the trial's own doing.
    """
    if claim.exit_code is None:
        return f"the tool {said(claim)}: it neither claims success nor fails"
    if claim.is_success and not is_owned:
        return "the tool claims success, and the device is not owned"
    if trial.expectation is Expectation.COMPLETES and not claim.is_success:
        return f"the tool {said(claim)}"
    if trial.expectation is Expectation.GIVES_UP and claim.is_success:
        return "the tool claims success, and did not notice"
    may_be_owned = trial.may_be_owned or trial.expectation is Expectation.IS_TRUE
    if not claim.is_success and is_owned and not may_be_owned:
        return "the tool says that it failed, and the device is owned"
    return None
