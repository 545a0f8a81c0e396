"""One request with its purpose, and what is reported of it.

A CoAP request says what is asked, not what for. The purpose is what people read when it fails or
when they watch (`-v`), so it goes with the request from the step that makes it to the place where
its end is told. A report has no secrets: payloads are in it as `summary` puts them.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from onboardee.obt.cbor import Body
from onboardee.obt.errors import OnboardingError
from onboardee.obt.link import Ask, Link
from onboardee.wire.coap import Code

ATTEMPTS: Final = 3
"""How often an idempotent request or a handshake is begun before its silence counts.

The four retransmissions of one CoAP exchange are not enough for a bad network.
"""


@dataclass(frozen=True, slots=True)
class StepReport:
    """One exchange as it is reported: `payload` is a summary without secrets.

    `outcome` is the response code, the cipher suite of a handshake, or what went wrong instead.
    `elapsed` is in seconds.
    """

    purpose: str
    """What for, in words."""
    method: str
    """GET, POST, PUT, DELETE, or DTLS for a handshake."""
    uri: str
    """Where: one address, or all that were tried."""
    payload: str
    outcome: str
    elapsed: float


OnStep = Callable[[StepReport], None]
"""Is told of each exchange when it has ended; what it raises ends the operation."""


@dataclass(frozen=True, slots=True)
class Errand:
    """A request with what it is for and what is success; `body` is what its payload holds."""

    purpose: str
    link: Link
    ask: Ask
    wanted: Collection[Code]
    """The codes that are success."""
    attempts: int = ATTEMPTS
    """How often it is begun anew after silence; 1 for what must not happen twice."""
    body: Body | None = None

    @property
    def step(self) -> str:
        """What the step is called in errors."""
        return f"{self.purpose} ({self.ask.method.name} {self.ask.path})"

    @property
    def uri(self) -> str:
        """What is asked, and where."""
        scheme = "coaps" if self.link.is_secured else "coap"
        query = f"?{'&'.join(self.ask.query)}" if self.ask.query else ""
        return f"{scheme}://{self.link.address}{self.ask.path}{query}"

    def failure(self, came: str, code: Code | None = None) -> OnboardingError:
        """Say what came instead of a wanted code."""
        codes = " or ".join(str(wanted) for wanted in sorted(self.wanted))
        return OnboardingError(self.step, expected=codes, came=came, code=code)
