"""How operations over several devices can end other than well.

Two ways: it was not begun, because the database knows that it makes no sense
(`OperationRefusedError`), or it was, and something remains to be done, for which there is a command
(`UnfinishedError`). An operation that failed and of which nothing is left raises what went wrong.
"""

from uuid import UUID

from onboardee.obt.database.records import Operation
from onboardee.obt.errors import ObtError


class UnfinishedError(ObtError):
    """Steps of an operation remain to be done; the command that does them is named.

    `operation` is as the database has it; the reason names the devices that are left and why the
    first of them was not done. Its cause is what went wrong there.
    """

    def __init__(self, operation: Operation, reason: str) -> None:
        super().__init__(f"{reason}; `{command(operation)}` does what remains")
        self.operation = operation


class OperationRefusedError(ObtError):
    """The database says that the operation cannot be carried out; no device was asked."""

    def __init__(self, reason: str, device: UUID | None = None) -> None:
        super().__init__(reason)
        self.device = device


def command(operation: Operation) -> str:
    """Return the command that completes an operation."""
    return f"onboardee obt resume {operation.id}"
