"""How a trial goes, as the device alone sees it: for people with a graphical tool.

Nobody tells the device that an attempt begins, that it is over, or what the tool says on its
screen. The device sees messages, and that nothing comes any more. So a trial here has phases. It
waits for its fault to act. It watches what becomes of that attempt: owned, or given up, which is
when the tool begins anew, when the device was reset, or when nothing was asked for some time. Then,
if the tool was to give up, the device is honest, and the trial waits for the tool to own it.

What the tool claims is left to the person who reads it. So a verdict here is about what the device
became, and the reason of one that passed says what the tool must have said.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from onboardee.device.audit.claims import TrialOutcome
from onboardee.device.audit.cutting import Selections
from onboardee.device.audit.trial import Expectation, Trial
from onboardee.device.audit.verdicts import Verdict
from onboardee.device.trace import items
from onboardee.device.trace.items import Item, Way


class Phase(StrEnum):
    """Where a trial is."""

    WAITING = "waiting for the tool"
    """The fault has not acted."""
    ACTED = "the fault has acted"
    """The fault has acted, and the attempt goes on."""
    AGAIN = "gave up: own it once more"
    """The attempt is over, and the device is honest and waits for the next one."""
    DONE = "done"
    """There is an outcome."""


@dataclass(slots=True)
class Sighting:
    """One trial, as its device sees it."""

    trial: Trial
    quiet: float
    """Seconds without a request after which an attempt is over."""
    phase: Phase = Phase.WAITING
    """Where the trial is; it only goes forward."""
    outcome: TrialOutcome | None = None
    """How it came out, once it is done."""
    acted: list[str] = field(default_factory=list)
    """What the device did wrong so far, in words."""
    _heard: float = 0.0
    """When the tool asked for something last."""
    _selections: Selections = field(default_factory=Selections)

    def act(self, what: str, now: float) -> None:
        """Take that a fault of the device acted."""
        self.acted.append(what)
        if self.phase is Phase.WAITING:
            self.phase = Phase.ACTED
            self._heard = now

    def take(self, item: Item, now: float, *, is_owned: bool) -> None:
        """Take the next item of the trace, with whether the device is owned after it."""
        if _is_asked(item):
            self._heard = now
        begins_anew = self._selections.begins_anew(item)
        if self.phase is Phase.ACTED and (begins_anew or _is_reset(item)):
            self._given_up(is_owned=is_owned)
        if is_owned:
            self._owned()

    def wait(self, now: float, *, is_owned: bool) -> None:
        """Take that time passed."""
        if self.phase is Phase.ACTED and now - self._heard >= self.quiet:
            self._given_up(is_owned=is_owned)

    def end(self) -> TrialOutcome:
        """Return the outcome; of a trial that is not done, if nothing more comes."""
        if self.outcome is not None:
            return self.outcome
        reasons = {
            Phase.WAITING: "its fault never acted",
            Phase.ACTED: "it was not over yet",
            Phase.AGAIN: "the tool gave up, and nobody owned the device afterwards",
        }
        reason = reasons[self.phase]
        return TrialOutcome(self.trial, Verdict.NOT_REACHED, reason, tuple(self.acted))

    def _owned(self) -> None:
        """Take that the device is owned."""
        if self.phase is Phase.AGAIN:
            self._done(Verdict.PASSED, "it gave up, and owned the device afterwards")
        elif self.phase is Phase.ACTED:
            if self.trial.expectation is not Expectation.GIVES_UP:
                self._done(Verdict.PASSED, "the device is owned; the tool has to say so")
            elif not self.trial.may_be_owned:
                self._done(Verdict.FAILED, "the tool did not notice, and owns the device")

    def _given_up(self, *, is_owned: bool) -> None:
        """Take that an attempt is over, which did not end the trial."""
        # only a trial that had to be completed is lost by giving up; in all others it is right,
        # and the honest device that follows shows whether the tool recovers
        if self.trial.expectation is Expectation.COMPLETES and not is_owned:
            self._done(Verdict.FAILED, "the tool did not own the device")
        else:
            self.phase = Phase.AGAIN

    def _done(self, verdict: Verdict, reason: str) -> None:
        self.phase = Phase.DONE
        self.outcome = TrialOutcome(self.trial, verdict, reason, tuple(self.acted))


def _is_asked(item: Item) -> bool:
    """Tell whether an item shows that somebody is at work, and does not only look around."""
    if isinstance(item, items.HandshakeMessage):
        return item.way is Way.IN
    if not isinstance(item, items.Message) or item.way is Way.OUT:
        return False
    return bool(item.over) or item.code not in {"GET", "0.00"}


def _is_reset(item: Item) -> bool:
    return isinstance(item, items.Happened) and item.event == "device.reset"
