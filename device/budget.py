"""A bound on unauthenticated answers, so that nobody can be flooded through a device.

Plain CoAP answers are larger than their requests, and a request's source can be forged. Each source
has an allowance that refills with time and with what arrives from it (cf. RFC 9000 8.1).
"""

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

AMPLIFICATION: Final = 3
"""Octets that one received octet may cause without touching the allowance."""
BURST: Final = 64 * 1024
REFILL: Final = 32 * 1024
"""Octets a second."""
SOURCES: Final = 1024
"""Remembered sources; the one unheard of for longest is forgotten."""


@dataclass(slots=True)
class _Allowance:
    octets: float
    updated_at: float
    is_withheld: bool = False


class AnswerBudget:
    """The allowances of all sources. Loopback needs none: its packets cannot come from outside."""

    def __init__(self) -> None:
        self._sources: OrderedDict[str, _Allowance | None] = OrderedDict()

    def receive(self, host: str, size: int, now: float) -> None:
        """Count a datagram from `host`."""
        allowance = self._of(host, now)
        if allowance is not None:
            allowance.octets = min(allowance.octets + AMPLIFICATION * size, BURST)

    def spend(self, host: str, size: int, now: float) -> bool:
        """Tell whether `size` octets may be sent to `host`, and count them if so."""
        allowance = self._of(host, now)
        if allowance is None:
            return True
        if allowance.octets < size:
            return False
        allowance.octets -= size
        return True

    def is_first_refusal(self, host: str, now: float) -> bool:
        """Tell whether this refusal is worth a line: once until the source has calmed down."""
        allowance = self._of(host, now)
        if allowance is None or allowance.is_withheld:
            return False
        allowance.is_withheld = True
        return True

    def _of(self, host: str, now: float) -> _Allowance | None:
        if host in self._sources:
            allowance = self._sources[host]
            self._sources.move_to_end(host)
        else:
            allowance = None if _is_loopback(host) else _Allowance(BURST, now)
            self._sources[host] = allowance
            if len(self._sources) > SOURCES:
                self._sources.popitem(last=False)
        if allowance is not None:
            _refill(allowance, now)
        return allowance


def _refill(allowance: _Allowance, now: float) -> None:
    elapsed = max(0.0, now - allowance.updated_at)
    allowance.octets = min(BURST, allowance.octets + elapsed * REFILL)
    allowance.updated_at = now
    if allowance.octets > BURST / 2:
        allowance.is_withheld = False


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False
