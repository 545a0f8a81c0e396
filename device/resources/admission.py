"""Asking the gate: for a request as a whole, and for each link of a batch."""

from onboardee.device.resources.base import Call, DeniedError
from onboardee.device.security.gate import Decision, Operation, Situation, Target, decide


def admit(operation: Operation, target: Target, call: Call) -> None:
    """Raise `DeniedError` unless the gate grants the operation."""
    decision = _decision(operation, target, call)
    if not decision.granted:
        raise DeniedError(decision)


def is_granted(operation: Operation, target: Target, call: Call) -> bool:
    """Tell whether the gate grants the operation."""
    return _decision(operation, target, call).granted


def _decision(operation: Operation, target: Target, call: Call) -> Decision:
    situation = Situation(
        call.database, call.has_session, call.wall_time, call.shows_owner, call.era.is_old
    )
    return decide(operation, target, call.requester, situation)
