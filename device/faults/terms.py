"""How a fault is written: what it does, and when."""

from enum import StrEnum
from typing import Annotated, Any

import msgspec

from onboardee.device.faults.steps import STEPS


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
    """For what a fault does to a datagram: `out`, the device's answer, or `in`."""
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
    seconds: Annotated[float, msgspec.Meta(ge=0)] = 3.0
    """For `delay`, `separate` and `slow-disk`."""
    name: str = ""
    """For people; by default how it is written."""

    def __post_init__(self) -> None:
        if self.at is not None and self.at not in STEPS:
            raise FaultError(f"there is no step {self.at!r}: one of {', '.join(STEPS)}")
        if self.way not in {"in", "out"}:
            raise FaultError(f"way is in or out, not {self.way!r}")

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
