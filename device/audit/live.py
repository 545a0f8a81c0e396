"""Judges attempts while they happen: each of them once, when it is over.

`judgement.audit` has a whole trace and judges it. This here has one item after the other, for as
long as a device is on, and gives the same verdicts in a bounded amount of memory: the attempt that
goes on (`cutting.Conversation`), and of those that are over the latest, and the first one that
broke each rule (`Kept`). These decide the exit code and tell the maker of a tool what happened; of
all others the verdicts are counted.
"""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from onboardee.device.audit.attempts import Attempt
from onboardee.device.audit.cutting import Bounds, Conversation, Cutter
from onboardee.device.audit.judgement import Audit, Choice, JudgedAttempt, judged_attempt
from onboardee.device.audit.verdicts import Verdict
from onboardee.device.trace import items
from onboardee.device.trace.items import Item, Way
from onboardee.svrdb.model import State

LATEST: Final = 32
"""How many attempts are kept whole, besides those that were the first to break a rule."""


@dataclass(slots=True)
class Kept:
    """What is kept of the attempts that are over, of all devices together."""

    known: frozenset[str] = frozenset()
    """Rules whose failure is no news, for the audit that is made of it."""
    latest: deque[JudgedAttempt] = field(default_factory=lambda: deque(maxlen=LATEST))
    """The newest attempts; older ones fall out."""
    first_to_fail: dict[str, JudgedAttempt] = field(default_factory=dict)
    """By rule: the first attempt that broke it."""
    counted: dict[str, Counter[Verdict]] = field(default_factory=dict)
    """By rule: how often it came out how."""
    number: int = 0
    """How many attempts are over, those that are only counted too."""

    def add(self, attempt: JudgedAttempt) -> None:
        """Take an attempt that is over, and judged."""
        self.number += 1
        self.latest.append(attempt)
        for judged in attempt.verdicts:
            name, verdict = judged.rule.name, judged.opinion.verdict
            self.counted.setdefault(name, Counter())[verdict] += 1
            if verdict is Verdict.FAILED:
                self.first_to_fail.setdefault(name, attempt)

    def audit(self, going_on: list[JudgedAttempt]) -> Audit:
        """Return the audit with the attempts that are not over yet, if they ended now."""
        whole = Kept(
            self.known,
            self.latest.copy(),
            {**self.first_to_fail},
            {name: counter.copy() for name, counter in self.counted.items()},
            self.number,
        )
        for each in going_on:
            whole.add(each)
        # an attempt may be among the latest and the first to break several rules
        kept = {id(each): each for each in (*whole.first_to_fail.values(), *whole.latest)}
        shown = sorted(kept.values(), key=lambda each: (each.device, each.attempt.number))
        return Audit(shown, self.known, whole.number - len(shown), whole.counted)


class LiveAudit:
    """The audit of one device, item by item.

    An attempt is told when it comes to an end that people wait for, which is before it is over:
    what follows the last answer still belongs to it, and is judged with it when the next one
    begins.
    """

    def __init__(
        self,
        choice: Choice,
        kept: Kept,
        tell: Callable[[JudgedAttempt], None] = lambda _attempt: None,
        *,
        device: str = "",
        bounds: Bounds | None = None,
    ) -> None:
        """Judge by a choice of rules and add what is over to `kept`.

        `tell` is called once for each attempt: when the device is in operation or reset, or, if it
        comes to neither, when the next attempt begins.
        """
        self._choice = choice
        self._kept = kept
        self._tell = tell
        self._device = device
        self._bounds = bounds or Bounds()
        self._cutter = Cutter()
        self._number = 1
        self._conversation = Conversation(self._bounds)
        self._first: Conversation | None = None
        """What came before the first cut, if no method was selected there."""
        self._has_attempt = False
        self._was_told = False
        self._is_owned = False
        """Whether the device got into operation; the answer that says so comes afterwards."""

    def take(self, item: Item) -> None:
        """Take the next item of the device."""
        if self._cutter.ends_before(item):
            self._end()
        self._conversation.add(item)
        if self._was_told or not self._conversation.has_selection:
            return
        self._is_owned = self._is_owned or _is_in_operation(item)
        if _is_reset(item) or (self._is_owned and _is_answer(item)):
            self._was_told = True
            self._tell(self._judged(self._conversation))

    def going_on(self) -> list[JudgedAttempt]:
        """Return the attempt that is not over, judged as it stands; none if there is nothing.

        Where no method was ever selected it is whatever the tool did first.
        """
        if self._conversation.has_selection:
            return [self._judged(self._conversation)]
        if self._has_attempt:
            return []
        return [self._judged(self._first or self._conversation, 1)]

    def _end(self) -> None:
        """Take that an attempt is over, and begin to keep the next one."""
        over = self._conversation
        if over.has_selection:
            self._has_attempt = True
            self._first = None
            judged = self._judged(over)
            self._kept.add(judged)
            if not self._was_told:
                self._tell(judged)
        elif self._number == 1:
            self._first = over
        self._number += 1
        self._conversation = Conversation(self._bounds)
        self._was_told = self._is_owned = False

    def _judged(self, conversation: Conversation, number: int | None = None) -> JudgedAttempt:
        """Judge what was kept of a conversation."""
        trace = conversation.trace()
        attempt = Attempt(trace, number or self._number, conversation.left_out)
        return judged_attempt(attempt, self._choice, self._device)


def _is_reset(item: Item) -> bool:
    return isinstance(item, items.Happened) and item.event == "device.reset"


def _is_in_operation(item: Item) -> bool:
    """Tell whether an item says that the device got into RFNOP."""
    if not isinstance(item, items.Happened) or item.event != "state.changed":
        return False
    return bool(item.fields.get("after") == State.RFNOP.name)


def _is_answer(item: Item) -> bool:
    return isinstance(item, items.Message) and item.way is Way.OUT
