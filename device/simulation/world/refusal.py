"""How an UPDATE is refused: what profiles may write as the code of it, and what is raised.

A guard, a fault and a machine with states refuse in the name of the physical device: a door that is
locked does not open. That is no question of rights, which the gate has decided before
(`device/access/gate.py`), nor of the value's form, which `value_limits` checks.
"""

from typing import Final

from onboardee.wire.coap import Code

REFUSALS: Final = (4.0, 4.03, 4.05, 5.0, 5.03)
RefusalCode = float
"""The CoAP code of a refusal, written as a number: 4.00, 4.03, 4.05, 5.00 or 5.03."""


class UpdateRefusedError(Exception):
    """A client's UPDATE is not possible now; `code` goes to the peer, the sentence to the log."""

    def __init__(self, code: Code, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def check_refusal(code: RefusalCode) -> None:
    """Raise `ValueError` unless a profile may name this code."""
    if code not in REFUSALS:
        raise ValueError("a refusal has the code 4.00, 4.03, 4.05, 5.00 or 5.03")


def refusal(code: RefusalCode, sentence: str) -> UpdateRefusedError:
    """Return the error of a refusal by a code that a profile names: 4.03 is 4 * 32 + 3.

    >>> refusal(4.03, "the door is locked").code.name
    'FORBIDDEN'
    """
    whole, detail = divmod(round(code * 100), 100)
    return UpdateRefusedError(Code((whole << 5) | detail), sentence)
