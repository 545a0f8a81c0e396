"""What a command of `onboardee obt` says to a program when it fails.

With `--json` the last line on standard output is one object with an `error` code, whatever went
wrong: wrong usage, a refusal of the device, a database that another process is changing. The codes
are an interface: they are listed in docs/obt.md and keep their meaning, while the sentences, which
standard error has as well, may be worded anew. The exit code alone tells whether something remains
to be done (3), was not tried (2) or came to nothing (1).
"""

from collections.abc import Iterator
from typing import Any, Final

import click

from onboardee.device.cli.obt.reasons import said_by_device
from onboardee.device.cli.reaching import NotFoundError
from onboardee.obt import LinkError, NoAnswerError, ObtError, OnboardingError
from onboardee.obt.database import DatabaseBusyError, DatabaseError
from onboardee.obt.errors import HandshakeRefusedError, PayloadError, SessionEndedError
from onboardee.obt.plans import OperationRefusedError, UnfinishedError, command

CODES: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (UnfinishedError, "unfinished"),
    (OperationRefusedError, "refused"),
    (DatabaseBusyError, "database-busy"),
    (DatabaseError, "database"),
    (NotFoundError, "device-not-found"),
    (NoAnswerError, "no-answer"),
    (HandshakeRefusedError, "handshake-refused"),
    (SessionEndedError, "session-ended"),
    (LinkError, "link-failed"),
    (PayloadError, "unexpected-answer"),
    (OnboardingError, "unexpected-answer"),
    (OSError, "system"),
)
"""By kind, the more particular ones first; a device's own reason comes before all of them but the
first."""
OTHER: Final = "failed"
"""The code where none of these is known."""
USAGE: Final = "usage"
"""The code of a command that was not understood."""
INTERRUPTED: Final = "interrupted"
"""The code of a command that a person ended."""


class TooLateError(NoAnswerError):
    """A device was not done in the time that it was given."""


class SeveralError(click.ClickException):
    """Some of several devices failed; each has its own error."""

    def __init__(self, message: str, failures: list[dict[str, Any]]) -> None:
        super().__init__(message)
        self.failures = failures


def failure(error: BaseException) -> dict[str, Any]:
    """Return an error as JSON has it: `error`, `message`, and what else is known.

    `device` is the UUID of the device that it is about, `reason` what that said in words, `step`
    what was being done, `expected` and `came` what was to happen and what did; `command` is what
    does the rest of an unfinished operation. What is not known is left out.
    """
    chain = list(_chain(error))
    value: dict[str, Any] = {"error": _code(chain), "message": _message(error)}
    device = next((each.device for each in chain if isinstance(each, ObtError) and each.device), "")
    step = next((each for each in chain if isinstance(each, OnboardingError)), None)
    if device:
        value["device"] = str(device)
    if step is not None:
        _, words = said_by_device(step)
        value |= {"reason": words} if words else {}
        value |= {"step": step.step, "expected": step.expected, "came": step.came}
    for each in chain:
        if isinstance(each, UnfinishedError):
            value |= {"operation": each.operation.id, "command": command(each.operation)}
        if isinstance(each, SeveralError):
            value["failures"] = each.failures
    return value


def _code(chain: list[BaseException]) -> str:
    """Return the code of an error.

    Of how the command ended, of what the device said, of a kind.
    """
    if any(isinstance(each, click.UsageError) for each in chain):
        return USAGE
    if any(isinstance(each, click.Abort | KeyboardInterrupt) for each in chain):
        return INTERRUPTED
    if any(isinstance(each, UnfinishedError) for each in chain):
        return "unfinished"
    for each in chain:
        if isinstance(each, OnboardingError) and (code := said_by_device(each)[0]):
            return code
    # the innermost cause tells most: a step fails because a link does, which got no answer
    codes = [code for each in reversed(chain) if (code := _code_of_kind(each))]
    return codes[0] if codes else OTHER


def _code_of_kind(error: BaseException) -> str:
    """Return the code of an error's class, "" if it has none."""
    return next((code for kind, code in CODES if isinstance(error, kind)), "")


def _message(error: BaseException) -> str:
    """Return an error as a sentence."""
    if isinstance(error, click.ClickException):
        return error.format_message()
    return str(error) or type(error).__name__


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and its causes; the chain has no loops, as Python makes none."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__
