"""How much is in use of what strangers can use up, for people who look into a running device.

Every bound on what peers can make grow stands where it is kept (`wire/dtls/config.py`,
`wire/coap/limits.py`, `device/security/tries.py`, `budget.py`). A device that answers a tool no
more mostly has one of them used up; here is each with its present number, read and not counted.
"""

from dataclasses import dataclass
from typing import Final

from onboardee.device.machine.device_parts import Parts
from onboardee.device.security.pin import ATTEMPTS

OCTETS: Final = "octets"


@dataclass(frozen=True, slots=True)
class Budget:
    """One bound, and how much of it is in use."""

    name: str
    used: int
    limit: int
    unit: str = ""
    """What is counted; "" is the things of the name themselves."""
    at_limit: str = ""
    """What happens there, in words."""


def budgets_of(parts: Parts, now: float) -> list[Budget]:
    """Return the budgets of a device; `now` is the time of its clock, in seconds."""
    return [
        *_of_handshakes(parts),
        *_of_pin(parts, now),
        *_of_messages(parts),
        *_of_answers(parts, now),
    ]


def _of_handshakes(parts: Parts) -> list[Budget]:
    dtls = parts.admission.dtls
    limits = dtls.limits
    return [
        Budget(
            "handshakes in progress",
            len(dtls.half_open),
            limits.half_open,
            at_limit="one of the host with the most gives way",
        ),
        Budget(
            "early records of handshakes",
            dtls.early_records,
            limits.half_open * limits.early_records,
            at_limit="further ones are dropped",
        ),
        Budget(
            "sessions",
            len(dtls.sessions),
            limits.sessions,
            at_limit="the one idle for longest ends",
        ),
    ]


def _of_pin(parts: Parts, now: float) -> list[Budget]:
    tried, most = parts.admission.tries_of_late(now)
    return [
        Budget(
            "wrong PINs of this transfer",
            parts.admission.wrong_pins,
            ATTEMPTS,
            at_limit="the device resets itself",
        ),
        Budget(
            "tries of the PIN in a minute, by all hosts",
            tried,
            most,
            at_limit="nobody may try for a while",
        ),
    ]


def _of_messages(parts: Parts) -> list[Budget]:
    found = []
    for whose, share in (
        ("over sessions", parts.coap.known),
        ("in the clear", parts.coap.strangers),
    ):
        found += [
            Budget(
                f"observations {whose}",
                len(share.notifier.observers),
                share.limits.observers,
                at_limit="a registration is answered as a plain GET",
            ),
            Budget(
                f"uploads in blocks {whose}",
                len(share.uploads),
                share.limits.uploads,
                at_limit="5.03",
            ),
        ]
    return found


def _of_answers(parts: Parts, now: float) -> list[Budget]:
    """Return the allowances of octets in the clear, which the devices of a process share."""
    return [
        Budget(f"answers in the clear {whom}", used, most, OCTETS, "a proof of address, or silence")
        for whom, used, most in parts.messaging.answer_budget.in_use(now)
    ]
