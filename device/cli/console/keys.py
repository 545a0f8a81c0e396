"""From a key to what it means.

A key alone does what cannot do harm: it chooses a device, or opens a question. What changes a
device is a second key, the answer, so that a finger that slips resets nothing.
"""

import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from onboardee.device.control import PressInput, PressReset, Reboot, Request, SetFault

ANSWERS: Final = string.digits[1:] + "abcdefghijklmnopqrstuvwxyz"
"""The keys of a question, in the order of what it offers."""


class Known(Protocol):
    """What can be done to a device: `Rows` is one."""

    def inputs(self, name: str) -> tuple[str, ...]:
        """Return the inputs of a device."""

    def faults(self, name: str) -> Mapping[str, bool]:
        """Return its faults, and whether they are on."""


@dataclass(frozen=True, slots=True)
class Question:
    """Something that the next key answers."""

    text: str
    offers: tuple[tuple[str, str, Request], ...]
    """The key, what it stands for, and what it asks of the device."""


@dataclass(slots=True)
class Keys:
    """What the person at the keyboard has chosen and is asked."""

    known: Known
    ask: Callable[[str, Request], None]
    """Asks a device, by name."""
    end: Callable[[], None]
    """Ends all devices."""
    chosen: str | None = None
    question: Question | None = None
    back: int = 0
    """So many lines of the log back from its end."""
    said: str = field(default="")
    """What there is to say to the last key."""

    def press(self, key: str, shown: Sequence[str], page: int = 1) -> None:
        """Take a key, as prompt_toolkit calls it.

        `shown` are the names of the devices on the screen, `page` is how many lines of the log are.
        """
        self.said = ""
        if key in {"c-c", "c-d"}:
            self.end()
        elif self.question is not None:
            self._answer(key)
        elif key in {"up", "down", "k", "j"}:
            self._choose(shown, -1 if key in {"up", "k"} else 1)
        elif key in {"pageup", "pagedown"}:
            self.back = max(0, self.back + (page if key == "pageup" else -page))
        elif key == "q":
            self.end()
        elif key in {"i", "f", "r", "b"}:
            self._ask(key, shown)

    def _choose(self, shown: Sequence[str], step: int) -> None:
        if not shown:
            return
        place = shown.index(self.chosen) + step if self.chosen in shown else 0
        self.chosen = shown[min(max(place, 0), len(shown) - 1)]

    def _answer(self, key: str) -> None:
        question, self.question = self.question, None
        assert question is not None
        for offered, _, request in question.offers:
            if key == offered and self.chosen is not None:
                self.ask(self.chosen, request)

    def _ask(self, key: str, shown: Sequence[str]) -> None:
        """Ask what is to happen to the chosen device."""
        if self.chosen is None and shown:
            self.chosen = shown[0]
        if (name := self.chosen) is None:
            return
        if key == "r":
            self.question = Question(
                f"Press the reset button of {name}", (("y", "yes", PressReset()),)
            )
            return
        if key == "b":
            self.question = Question(f"Restart {name}", (("y", "yes", Reboot()),))
            return
        if key == "i":
            text, offers = f"Use of {name}", self._inputs(name)
        else:
            text, offers = f"Let come or go at {name}", self._faults(name)
        if offers:
            self.question = Question(text, offers)
        else:
            self.said = f"{name} has no {'inputs' if key == 'i' else 'faults of its own'}"

    def _inputs(self, name: str) -> tuple[tuple[str, str, Request], ...]:
        inputs = self.known.inputs(name)
        return tuple(
            (key, each, PressInput(name=each)) for key, each in zip(ANSWERS, inputs, strict=False)
        )

    def _faults(self, name: str) -> tuple[tuple[str, str, Request], ...]:
        faults = self.known.faults(name).items()
        return tuple(
            (key, f"{each} ({'on' if is_on else 'off'})", SetFault(name=each, is_on=not is_on))
            for key, (each, is_on) in zip(ANSWERS, faults, strict=False)
        )
