"""How a fault is written: what it does, and when."""

from enum import StrEnum
from typing import Annotated, Any, Final

import msgspec

from onboardee.device.faults.steps import STEPS
from onboardee.pki.defects import Defect

CENTURY: Final = 3_155_760_000
"""Seconds of a hundred years, the longest that a clock jumps."""
WAYS: Final = ("in", "out", "both")
TEN_YEARS: Final = CENTURY / 10


class Effect(StrEnum):
    """What a fault does."""

    DROP = "drop"
    DELAY = "delay"
    DUPLICATE = "duplicate"
    REORDER = "reorder"
    CORRUPT = "corrupt"
    TRUNCATE = "truncate"
    ANSWER = "answer"
    """The answer gets another code, and loses its payload if the code is an error."""
    PATCH = "patch"
    """Properties of the answer's payload get other values."""
    IGNORE = "ignore"
    """2.04, and nothing was done."""
    REFUSE = "refuse"
    """An error, and nothing was done."""
    CLOSE = "close"
    """The answer is a close_notify."""
    ALERT = "alert"
    """The answer is a fatal alert."""
    SILENCE = "silence"
    """From now on nothing is answered."""
    SEPARATE = "separate"
    """An empty acknowledgement, and the answer in a message of its own."""
    RESTART_BEFORE = "restart-before"
    """Power is lost before the change is durable."""
    RESTART_AFTER = "restart-after"
    """Power is lost when the change is durable, before it is answered."""
    RESET = "reset"
    SLOW_DISK = "slow-disk"
    FULL_DISK = "full-disk"
    FAILING_DISK = "failing-disk"
    OTHER_KEY = "other-key"
    """The owner credential gets another key than both sides derive."""
    OTHER_SUITE = "other-suite"
    """ServerHello names a suite of another method, or one that was not offered."""
    OLD_VERSION = "old-version"
    """ServerHello is one of DTLS 1.0."""
    CERTIFICATE = "certificate"
    """The device shows another certificate than its own: a wrong one (`kind`), or any."""
    CLOCK_JUMP = "clock-jump"
    """The time of day jumps by `seconds`: certificates expire, or are not valid yet."""
    TIMER_JUMP = "timer-jump"
    """The clock of its timers jumps ahead by `seconds`: all that is due until then is due now."""
    WRONG_TOKEN = "wrong-token"  # noqa: S105 - no password
    WRONG_ID = "wrong-id"
    WRONG_PORT = "wrong-port"
    NOT_CBOR = "not-cbor"
    DEEP_CBOR = "deep-cbor"
    HUGE_CBOR = "huge-cbor"
    WRONG_FORMAT = "wrong-format"
    UNKNOWN_CRITICAL = "unknown-critical"
    ENDLESS_BLOCKS = "endless-blocks"
    CROWD = "crowd"
    """Many devices answer a search, some twice."""


class FaultError(ValueError):
    """A fault that is not written as one; the message says what is wrong and where."""


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One fault: its effect, and all the conditions under which it acts."""

    do: Effect
    at: str | None = None
    """A step of the transfer, by name (`steps`)."""
    path: str | None = None
    method: str | None = None
    flight: str | None = None
    """A handshake message by its name in RFC 5246, "ServerHello"."""
    way: str = "out"
    """For what a network does to a datagram: `out`, from the device, `in`, to it, or `both`."""
    peer: str | None = None
    """The other side by its address, "192.0.2.7", or with its port; None: all."""
    state: str | None = None
    """The onboarding state."""
    after: Annotated[float, msgspec.Meta(ge=0)] | None = None
    """Seconds since the device began to live."""
    nth: Annotated[int, msgspec.Meta(ge=1)] = 1
    """The first time that it acts, among those in which all conditions are met."""
    times: Annotated[int, msgspec.Meta(ge=0)] = 1
    """How often it acts in all; 0: always."""
    chance: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    """With which probability it acts, under the seed of the run."""
    code: str = ""
    """For `answer` and `refuse`: the response code, "4.03"."""
    payload: dict[str, Any] | None = None
    """For `answer` and `patch`."""
    seconds: Annotated[float, msgspec.Meta(ge=-CENTURY, le=CENTURY)] | None = None
    """For `delay`, `separate`, `slow-disk`, `timer-jump`: how long, 3 unless said otherwise.

    For `clock-jump`: by how much, negative for into the past; ten years ahead unless said
    otherwise.
    """
    kind: Defect | None = None
    """For `certificate`: what is wrong with it, as for `onboardee certs make --broken`."""
    chain: str | None = None
    """For `certificate`, in the place of `kind`: PEM text, or the path of a file with it."""
    key: str | None = None
    """The private key that goes with `chain`, in the same way."""
    name: str = ""
    """For people; by default how it is written."""

    def __post_init__(self) -> None:
        if self.at is not None and self.at not in STEPS:
            raise FaultError(f"there is no step {self.at!r}: one of {', '.join(STEPS)}")
        if self.way not in WAYS:
            raise FaultError(f"way is {', '.join(WAYS)}, not {self.way!r}")
        if self.seconds is not None and self.seconds < 0 and self.do is not Effect.CLOCK_JUMP:
            raise FaultError("seconds is negative, and only time of day goes back (clock-jump)")
        if self.do is Effect.CERTIFICATE and self.kind is None and self.chain is None:
            raise FaultError("certificate needs a kind, or a chain with its key")
        if (self.chain is None) != (self.key is None):
            raise FaultError("chain and key go together")

    @property
    def is_about_request(self) -> bool:
        """Tell whether it waits for a request of some kind."""
        return (self.at, self.path, self.method) != (None, None, None)

    @property
    def is_unconditional(self) -> bool:
        """Tell whether it waits for nothing that comes, only for a state or a time."""
        return not self.is_about_request and self.flight is None and self.peer is None

    @property
    def duration(self) -> float:
        """By how many seconds it is late, waits or jumps."""
        if self.seconds is not None:
            return self.seconds
        return TEN_YEARS if self.do is Effect.CLOCK_JUMP else 3.0

    def __str__(self) -> str:
        if self.name:
            return self.name
        where = self.at or self.flight or self.path or self.state or "any time"
        return f"{self.do} at {where}"


def parse(text: str) -> Fault:
    """Read a fault as the command line has it: `drop at=credential times=2`.

    Raises `FaultError`.
    """
    effect, *words = text.split()
    values: dict[str, Any] = {"do": effect}
    for word in words:
        name, is_pair, value = word.partition("=")
        if not is_pair or not value:
            raise FaultError(f"{word!r} is not NAME=VALUE")
        values[name] = _value(name, value)
    try:
        return msgspec.convert(values, Fault, strict=False)
    except msgspec.ValidationError as error:
        raise FaultError(str(error)) from error


def _value(name: str, value: str) -> Any:
    if name != "payload":
        return value
    try:
        return msgspec.json.decode(value)
    except msgspec.DecodeError as error:
        raise FaultError(f"payload is not JSON: {error}") from error
