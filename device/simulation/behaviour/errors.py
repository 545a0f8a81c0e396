"""What can be wrong with behaviour: its declaration, or what a client asks of it."""

import re

from onboardee.wire.coap import Code


class BehaviourError(ValueError):
    """A declaration does not fit the profile; the message begins with where in it."""

    @property
    def path(self) -> tuple[str | int, ...]:
        """Where it is, as keys and indices: `behaviour[3].when.equals` in parts."""
        place = str(self).partition(":")[0]
        parts = re.findall(r"[^.\[\]]+", place)
        return tuple(int(part) if part.isdigit() else part for part in parts)


class UpdateRefusedError(Exception):
    """A client's UPDATE is not possible now; `code` goes to the peer, the sentence to the log."""

    def __init__(self, code: Code, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def code_of(number: float) -> Code:
    """Return the CoAP code that a profile writes as a number: 4.03."""
    whole, detail = divmod(round(number * 100), 100)
    return Code((whole << 5) | detail)
