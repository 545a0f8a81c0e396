"""How a fault is written: what it does, and when.

One structure serves profiles (`faults:`), the command line (`run --fault`, `ctl fault add`), tests
(`fake_device(faults=…)`), trials and recordings. What it says by itself is checked as it is read;
whether it can act on a certain device is another question (`checking`).
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Any, Final

import msgspec

from onboardee.device.faults.steps import TransferStep
from onboardee.device.nearest import nearest
from onboardee.pki.defects import Defect

CENTURY: Final = 3_155_760_000
"""Seconds of a hundred years, the longest that a clock jumps."""
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


class FlightName(StrEnum):
    """A handshake message, by its name in RFC 5246 7.4 and RFC 6347 4.3.2."""

    CLIENT_HELLO = "ClientHello"
    HELLO_VERIFY_REQUEST = "HelloVerifyRequest"
    SERVER_HELLO = "ServerHello"
    CERTIFICATE = "Certificate"
    SERVER_KEY_EXCHANGE = "ServerKeyExchange"
    CERTIFICATE_REQUEST = "CertificateRequest"
    SERVER_HELLO_DONE = "ServerHelloDone"
    CLIENT_KEY_EXCHANGE = "ClientKeyExchange"
    CERTIFICATE_VERIFY = "CertificateVerify"
    FINISHED = "Finished"


class FaultWay(StrEnum):
    """Which way a datagram goes."""

    OUT = "out"
    """From the device."""
    IN = "in"
    """To the device."""
    BOTH = "both"


class RequestMethod(StrEnum):
    """The method of a request (RFC 7252 5.8)."""

    GET = "GET"
    POST = "POST"
    PUT = "PUT"
    DELETE = "DELETE"


class WhileIn(StrEnum):
    """An onboarding state (OCF Security 8.1)."""

    RESET = "reset"
    RFOTM = "rfotm"
    RFPRO = "rfpro"
    RFNOP = "rfnop"
    SRESET = "sreset"


class FaultError(ValueError):
    """A fault that cannot be; `path` leads from the fault to what is wrong."""

    def __init__(self, sentence: str, *path: str | int) -> None:
        super().__init__(": ".join([*map(str, path), sentence]))
        self.path = path


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One fault of the protocol: its effect, and all the conditions under which it acts."""

    do: Effect
    """What it does."""
    at: TransferStep | None = None
    """A step of the transfer."""
    path: str | None = None
    """The resource that is asked for: "/light/switch"."""
    method: RequestMethod | None = None
    """How it is asked for."""
    flight: FlightName | None = None
    """A handshake message."""
    way: FaultWay = FaultWay.OUT
    """For what a network does to a datagram: from the device, to it, or both."""
    peer: str | None = None
    """The other side by its address, "192.0.2.7", or with its port; without it all of them."""
    state: WhileIn | None = None
    """Only in this onboarding state."""
    after: Annotated[float, msgspec.Meta(ge=0)] | None = None
    """Only so many seconds after the device began to live, or got the fault while it ran."""
    nth: Annotated[int, msgspec.Meta(ge=1)] = 1
    """The first time that it acts, among those in which all conditions are met."""
    times: Annotated[int, msgspec.Meta(ge=0)] = 1
    """How often it acts in all; 0: always."""
    chance: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0
    """With which probability it acts, under the seed of the run."""
    code: str | None = None
    """For `answer` and `refuse`: the response code, "4.03"."""
    payload: dict[str, Any] | None = None
    """For `answer` the payload, for `patch` the properties that get other values."""
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
        if self.seconds is not None and self.seconds < 0 and self.do is not Effect.CLOCK_JUMP:
            raise FaultError("only the time of day goes back (clock-jump)", "seconds")
        if self.do is Effect.CERTIFICATE and self.kind is None and self.chain is None:
            raise FaultError("certificate needs a kind, or a chain with its key")
        if (self.chain is None) != (self.key is None):
            raise FaultError("chain and key go together")
        for field, effects in _USED_BY.items():
            if getattr(self, field) is not None and self.do not in effects:
                raise FaultError(f"{self.do} has no use for it", field)

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


_USED_BY: Final[Mapping[str, frozenset[Effect]]] = {
    "code": frozenset({Effect.ANSWER, Effect.REFUSE}),
    "payload": frozenset({Effect.ANSWER, Effect.PATCH}),
    "seconds": frozenset(
        {
            Effect.DELAY,
            Effect.SEPARATE,
            Effect.SLOW_DISK,
            Effect.CLOCK_JUMP,
            Effect.TIMER_JUMP,
        }
    ),
    "kind": frozenset({Effect.CERTIFICATE}),
    "chain": frozenset({Effect.CERTIFICATE}),
    "key": frozenset({Effect.CERTIFICATE}),
}
"""What is about some effects only."""

_CHOICES: Final[Mapping[str, Iterable[str]]] = {
    "do": Effect,
    "at": TransferStep,
    "method": RequestMethod,
    "flight": FlightName,
    "way": FaultWay,
    "state": WhileIn,
    "kind": Defect,
}


def parse(text: str) -> Fault:
    """Read a fault as the command line has it: `drop at=credential times=2`.

    Raises `FaultError`.
    """
    effect, *words = text.split() or [""]
    values: dict[str, Any] = {"do": effect}
    for word in words:
        name, is_pair, value = word.partition("=")
        if not is_pair or not value:
            raise FaultError(f"{word!r} is not NAME=VALUE")
        if name not in Fault.__struct_fields__:
            raise FaultError(f"there is no {name}; {hint(name, Fault.__struct_fields__)}")
        values[name] = _value(name, value)
    for name, choices in _CHOICES.items():
        if name in values and values[name] not in {*choices}:
            raise FaultError(f"{values[name]} is not possible; {hint(values[name], choices)}", name)
    try:
        return msgspec.convert(values, Fault, strict=False)
    except msgspec.ValidationError as error:
        if isinstance(error.__cause__, FaultError):
            raise error.__cause__ from error
        sentence, _, place = str(error).partition(" - at `$.")
        raise FaultError(sentence, *([place.rstrip("`")] if place else [])) from error


def hint(wrong: str, known: Iterable[str]) -> str:
    """Say which of the known names was meant, or what there is."""
    names = [*map(str, known)]
    near = nearest(wrong, names)
    return f"did you mean {near}?" if near else f"known here: {', '.join(names)}"


def _value(name: str, value: str) -> Any:
    if name == "state":
        return value.lower()
    if name != "payload":
        return value
    try:
        return msgspec.json.decode(value)
    except msgspec.DecodeError as error:
        raise FaultError(f"this is not JSON: {error}", name) from error
