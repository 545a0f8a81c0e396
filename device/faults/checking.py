"""Whether a fault can act at all: on any device, and on one of a certain profile.

A fault that waits for what never comes makes a test that tests nothing. So each is looked at before
the device begins, and one that cannot act is a mistake with its place. What depends on a peer is
left alone: whether a tool will take a step or ask for a resource is not known.

The questions, in their order: does the request that it waits for exist, a step of this method and
path; does the handshake message go that way, as ServerHello never comes to a device; does the
effect have what it needs, as a session that can end; and, of this device, is there such a resource,
and such a certificate. Each mistake is a `FaultError` whose path leads to the field that is wrong,
which a profile turns into file and line (`simulation.mistakes`).

This module and `terms` know nothing of devices, so that profiles can use them: a device is
described by what faults may be about (`Possible`). The groups of effects stand here, too, and a
test holds them to the tables of the code that acts.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from onboardee.device.faults.steps import STEPS, TransferStep
from onboardee.device.faults.terms import Effect, Fault, FaultError, FaultWay, FlightName, hint
from onboardee.pki.defects import NEED_ISSUER

NETWORK: Final = frozenset(
    {
        Effect.DROP,
        Effect.DELAY,
        Effect.DUPLICATE,
        Effect.REORDER,
        Effect.CORRUPT,
        Effect.TRUNCATE,
    }
)
"""What a network does to datagrams."""
ENDINGS: Final = frozenset({Effect.CLOSE, Effect.ALERT})
"""An alert in the place of an answer or a flight."""
HELLO: Final = frozenset({Effect.OTHER_SUITE, Effect.OLD_VERSION})
"""What is written into ServerHello."""
BY_ITSELF: Final = frozenset({Effect.RESET, Effect.CLOCK_JUMP, Effect.TIMER_JUMP})
"""What needs nothing that comes in."""
ON_ARRIVAL: Final = BY_ITSELF | {Effect.SILENCE}
"""What may begin with anything that comes in."""

_OF_CLIENT: Final = frozenset(
    {
        FlightName.CLIENT_HELLO,
        FlightName.CERTIFICATE,
        FlightName.CLIENT_KEY_EXCHANGE,
        FlightName.CERTIFICATE_VERIFY,
        FlightName.FINISHED,
    }
)
_OF_SERVER: Final = frozenset(FlightName) - {
    FlightName.CLIENT_HELLO,
    FlightName.CLIENT_KEY_EXCHANGE,
    FlightName.CERTIFICATE_VERIFY,
}
_CODES: Final = ("2.01", "2.02", "2.03", "2.04", "2.05", "2.31")
_ERRORS: Final = (
    *(f"4.{number:02}" for number in (0, 1, 2, 3, 4, 5, 6, 8, 12, 13, 15, 29)),
    *(f"5.{number:02}" for number in range(6)),
)


@dataclass(frozen=True, slots=True)
class Possible:
    """What there is on a device that faults may be about."""

    paths: Collection[str]
    """The resources that it serves."""
    has_certificate: bool
    """Whether it has a manufacturer's certificate, of which wrong ones are made."""
    has_issuer_key: bool
    """Whether the key of who signed that is there."""


def check(fault: Fault, possible: Possible) -> None:
    """Raise `FaultError` if a fault can never act on such a device."""
    _check_request(fault)
    _check_flight(fault)
    _check_effect(fault)
    if fault.path is not None and fault.path not in possible.paths:
        raise FaultError(
            f"this device has no {fault.path}; {hint(fault.path, sorted(possible.paths))}", "path"
        )
    if fault.kind is not None and fault.chain is None:
        _check_kind(fault, possible)


def _check_request(fault: Fault) -> None:
    """Check what is said of the request that it waits for."""
    if fault.at is not None:
        shape = STEPS[fault.at]
        if fault.path not in {None, shape.path}:
            raise FaultError(f"the step {fault.at} is a request to {shape.path}", "path")
        if fault.method not in {None, *shape.methods}:
            raise FaultError(
                f"the step {fault.at} is a {' or '.join(sorted(shape.methods))}", "method"
            )
    without = HELLO | {Effect.CERTIFICATE}
    if fault.is_about_request and fault.do in without:
        field = next(name for name in ("at", "path", "method") if getattr(fault, name) is not None)
        raise FaultError(f"{fault.do} is about a handshake, not about a request", field)
    if fault.way is not FaultWay.OUT and fault.do not in NETWORK:
        raise FaultError(f"{fault.do} has no way; {', '.join(sorted(NETWORK))} have", "way")
    if fault.way is FaultWay.BOTH and fault.is_about_request:
        raise FaultError("a request and its answer are two faults, one with way: in", "way")


def _check_flight(fault: Fault) -> None:
    """Check what is said of the handshake message that it waits for."""
    flight = fault.flight
    if flight is None:
        return
    if fault.is_about_request:
        raise FaultError(
            "a handshake message is no request: leave at, path and method out", "flight"
        )
    if fault.do in HELLO and flight is not FlightName.SERVER_HELLO:
        raise FaultError(f"{fault.do} is about ServerHello", "flight")
    if fault.do not in NETWORK | ENDINGS | HELLO | ON_ARRIVAL:
        raise FaultError(f"{fault.do} does not act on handshake messages", "flight")
    comes = fault.do in ON_ARRIVAL or fault.way is FaultWay.IN
    if comes and flight not in _OF_CLIENT:
        raise FaultError(f"{flight} never comes to a device: it is the server's", "flight")
    if not comes and fault.way is FaultWay.OUT and flight not in _OF_SERVER:
        hinted = "; way: in is about what comes to it" if fault.do in NETWORK else ""
        raise FaultError(f"a device never sends {flight}{hinted}", "flight")
    if fault.do in ENDINGS and flight is FlightName.FINISHED:
        raise FaultError("an alert in the place of Finished could not be sealed", "flight")


def _check_effect(fault: Fault) -> None:
    """Check what an effect needs."""
    if fault.code is not None:
        known = _ERRORS if fault.do is Effect.REFUSE else (*_CODES, *_ERRORS)
        if fault.code not in known:
            raise FaultError(f"there is no {fault.code} here; {hint(fault.code, known)}", "code")
    step = None if fault.at is None else STEPS[fault.at]
    is_clear = step is not None and step.secured is False
    if fault.do in ENDINGS and (is_clear or fault.at is TransferStep.SELECT):
        raise FaultError(f"the step {fault.at} has no session that could end", "at")
    if fault.do is Effect.SEPARATE and step is not None and not _is_in_clear(fault.at):
        raise FaultError("only an answer in the clear comes apart (read, select)", "at")
    if (
        fault.do is Effect.CROWD
        and fault.is_about_request
        and fault.at is not TransferStep.DISCOVERY
    ):
        raise FaultError("a crowd answers a search only (at: discovery)", "do")
    if fault.do in BY_ITSELF and fault.is_unconditional and fault.times == 0:
        raise FaultError("without at, path, method or flight it would never end", "times")
    if fault.do is Effect.PATCH and fault.payload is None:
        raise FaultError("patch needs the properties that are to be other ones", "payload")


def _is_in_clear(step: TransferStep | None) -> bool:
    return step in {TransferStep.READ, TransferStep.SELECT}


def _check_kind(fault: Fault, possible: Possible) -> None:
    if not possible.has_certificate:
        raise FaultError(
            "the profile has no ownership.manufacturer to make a wrong certificate of", "kind"
        )
    if fault.kind in NEED_ISSUER and not possible.has_issuer_key:
        raise FaultError(
            f"{fault.kind} needs the key of who signed the certificate: "
            "ownership.manufacturer.issuer_key",
            "kind",
        )
