"""Trials: devices that misbehave in one thing each, and what a sound tool makes of it.

A trial is data: the faults of its device, what of its profile is different, and what is expected
of the tool. `completes`: it owns the device, and says so. `gives up`: it says that it failed, the
device is not owned, and the tool owns it in the next attempt, when the device is honest. `is true`:
it may do either, but what it says is so. In none of them a tool may claim a success that there is
not.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from dataclasses import replace as with_fields
from enum import StrEnum
from typing import Final

from msgspec.structs import replace

from onboardee.device.faults.terms import Fault, parse
from onboardee.device.simulation.profile import Profile
from onboardee.svrdb.model import NIL


class Expectation(StrEnum):
    """What a sound tool does."""

    COMPLETES = "completes"
    GIVES_UP = "gives up"
    IS_TRUE = "is true"


@dataclass(frozen=True, slots=True)
class Trial:
    """One device that is honest except for one thing."""

    name: str
    sentence: str
    """What the device does."""
    expectation: Expectation
    faults: tuple[Fault, ...] = ()
    adapt: Callable[[Profile], Profile] | None = None
    """What is different about its profile."""
    may_be_owned: bool = False
    """Whether the device may be owned after an attempt that failed: it is by a useless key."""


def _trial(
    name: str, sentence: str, expectation: Expectation, *faults: str, times: int | None = None
) -> Trial:
    repeated = "" if times is None else f" times={times}"
    return Trial(name, sentence, expectation, tuple(parse(each + repeated) for each in faults))


COMPLETES, GIVES_UP, IS_TRUE = Expectation
OTHER_KEY: Final = "other-key at=credential"

_ANSWERED: Final = ("select", "om", "owner", "credential", "owned", "rfpro", "rfnop")
"""Steps whose answer gets lost."""
_REFUSED: Final = {
    "select": "4.00",
    "om": "4.03",
    "owner": "5.03",
    "credential": "4.00",
    "pstat-owner": "4.03",
    "acl2-owner": "5.00",
    "owned": "5.03",
    "rfpro": "4.03",
}
_POWER: Final = ("owner", "credential", "owned", "rfpro")
_FLIGHTS: Final = {
    "hello-verify-request": "HelloVerifyRequest",
    "server-hello": "ServerHello",
    "server-finished": "Finished",
}


def _of_network() -> Iterator[Trial]:
    for step in _ANSWERED:
        yield _trial(
            f"lost-answer-{step}",
            f"the first answer to the step {step} is lost",
            COMPLETES,
            f"drop at={step}",
        )
    for name, flight in _FLIGHTS.items():
        yield _trial(
            f"lost-{name}",
            f"the flight with {flight} is lost once",
            COMPLETES,
            f"drop flight={flight}",
        )
    yield _trial(
        "lost-client-flight",
        "the tool's ClientKeyExchange is lost once",
        COMPLETES,
        "drop flight=ClientKeyExchange way=in",
    )
    yield _trial(
        "doubled", "every answer comes twice", COMPLETES, "duplicate path=/oic/sec/doxm", times=0
    )
    yield _trial("late", "an answer comes after 3 seconds", COMPLETES, "delay at=owned seconds=3")
    yield _trial(
        "separate",
        "an empty acknowledgement, and the answer in a message of its own",
        COMPLETES,
        "separate at=select seconds=1",
    )
    yield _trial(
        "discovery-crowd", "thirty devices answer a search", COMPLETES, "crowd at=discovery"
    )
    for kind, what in (
        ("token", "with another token"),
        ("id", "with another message id"),
        ("port", "from another port"),
    ):
        yield _trial(f"wrong-{kind}", f"an answer {what}", COMPLETES, f"wrong-{kind} at=select")


def _of_steps() -> Iterator[Trial]:
    for step, code in _REFUSED.items():
        yield _trial(
            f"refuses-{step}",
            f"{code} to the step {step}",
            GIVES_UP,
            f"refuse at={step} code={code}",
        )
    for step in ("om", "owner", "owned", "rfpro"):
        yield _trial(
            f"ignores-{step}",
            f"2.04 to the step {step}, and nothing was done",
            GIVES_UP,
            f"ignore at={step}",
        )
    for step in _POWER:
        for when in ("before", "after"):
            yield _trial(
                f"power-cut-{when}-{step}",
                f"power is lost {when} the change of the step {step} is durable",
                IS_TRUE,
                f"restart-{when} at={step}",
            )
    for step in ("owner", "credential"):
        yield _trial(
            f"resets-itself-at-{step}", f"a reset at the step {step}", GIVES_UP, f"reset at={step}"
        )
    yield _trial("closes-session", "close_notify at the step owner", GIVES_UP, "close at=owner")
    yield _trial("alerts", "a fatal alert at the step credential", GIVES_UP, "alert at=credential")
    for step in ("om", "credential", "rfpro"):
        yield _trial(
            f"goes-silent-at-{step}",
            f"no answer any more from {step} on",
            GIVES_UP,
            f"silence at={step}",
        )
    yield _trial("reset-while-provisioning", "a reset before RFNOP", GIVES_UP, "reset at=rfnop")


def _of_answers() -> Iterator[Trial]:
    lies = {
        "already-owned": ("owned is true when asked again", '{"owned":true}'),
        "method-unknown": ("only a method of a vendor is offered", '{"oxms":[65281]}'),
        "methods-empty": ("no method is offered", '{"oxms":[]}'),
        "nil-device-id": ("deviceuuid is nil", f'{{"deviceuuid":"{NIL}"}}'),
    }
    for name, (sentence, payload) in lies.items():
        yield _trial(name, sentence, GIVES_UP, f"patch at=read payload={payload}", times=0)
    for effect, sentence in (
        ("not-cbor", "the answer is not CBOR"),
        ("deep-cbor", "the answer is nested two thousand times"),
        ("huge-cbor", "the answer says it is 4 GiB long"),
        ("wrong-format", "the answer is text"),
        ("unknown-critical", "the answer has an unknown critical option"),
        ("endless-blocks", "the answer comes in blocks that never end"),
    ):
        yield _trial(effect, sentence, GIVES_UP, f"{effect} at=read", times=0)


def _of_handshake() -> Iterator[Trial]:
    yield _trial(
        "weaker-suite",
        "ServerHello has a suite that was not offered",
        GIVES_UP,
        "other-suite flight=ServerHello",
        times=0,
    )
    yield _trial(
        "old-version",
        "ServerHello is of DTLS 1.0",
        GIVES_UP,
        "old-version flight=ServerHello",
        times=0,
    )
    other = _trial("other-key", "the device derives another owner key", GIVES_UP, OTHER_KEY)
    yield with_fields(other, may_be_owned=True)


def _with_temporary_uuid(profile: Profile) -> Profile:
    return replace(profile, ownership=replace(profile.ownership, temporary_uuid=True))


def _of_disk() -> Iterator[Trial]:
    yield _trial(
        "slow-disk", "each change takes its time", COMPLETES, "slow-disk seconds=0.3", times=0
    )
    yield _trial(
        "full-disk", "the disk is full at the credential", GIVES_UP, "full-disk at=credential"
    )
    yield Trial(
        "temporary-device-id",
        "deviceuuid is another one as soon as the owner is named",
        IS_TRUE,
        adapt=_with_temporary_uuid,
    )


TRIALS: Final = (
    *_of_network(),
    *_of_steps(),
    *_of_answers(),
    *_of_handshake(),
    *_of_disk(),
)
"""All trials."""
