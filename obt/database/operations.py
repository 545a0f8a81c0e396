"""The history of operations, and the plans of those with several steps.

An operation is a row, its steps are rows of their own with a state each: waiting, begun, done,
undone. `begun` is the state that matters: from then on nobody but the device knows what it has.
Secrets that a plan carries (the key of a link that is not complete) are wiped with the last step.
The history is bounded; what is unfinished is never dropped.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from onboardee.obt.database.errors import DatabaseError
from onboardee.obt.database.file import DatabaseFile, Row
from onboardee.obt.database.records import Operation, PlanDirection, PlanStep, Result, StepState

LASTING: Final = "revoke"
"""The kind of operation that remains to be done even when its device is removed."""
HISTORY: Final = 10_000
"""How many operations are remembered; unfinished ones always are."""


class Operations:
    """What was done, in the order in which it was begun, and what remains to be done.

    An operation without steps is one of which nothing remains whatever happens; the history shows
    it all the same.
    """

    def __init__(self, file: DatabaseFile, now: Callable[[], str]) -> None:
        self._file = file
        self._now = now

    def begin(
        self,
        kind: str,
        devices: Sequence[UUID],
        steps: Iterable[PlanStep] = (),
        *,
        options: Mapping[str, Any] | None = None,
    ) -> Operation:
        """Record that an operation begins, with all that it is going to do.

        Nothing may be sent before it returns. `options` are for people who read the history; what a
        step needs stands in the step.
        """
        with self._file.transaction():
            number = self._file.change(
                "INSERT INTO operations (kind, devices, options, started_at) VALUES (?, ?, ?, ?)",
                (
                    kind,
                    json.dumps([str(each) for each in devices]),
                    json.dumps(options or {}),
                    self._now(),
                ),
            )
            self._add(number, steps)
            self._prune()
        return self.require(number)

    def extend(self, number: int, devices: Sequence[UUID], steps: Iterable[PlanStep]) -> None:
        """Record which devices an operation turned out to be about, and what it is going to do."""
        with self._file.transaction():
            values = (json.dumps([str(each) for each in devices]), number)
            self._file.change("UPDATE operations SET devices = ? WHERE id = ?", values)
            self._file.change("DELETE FROM steps WHERE operation = ?", (number,))
            self._add(number, steps)

    def _add(self, number: int, steps: Iterable[PlanStep]) -> None:
        """Add the steps of a plan, numbered from 1."""
        for index, step in enumerate(steps, start=1):
            self._file.change(
                "INSERT INTO steps (operation, number, action, device, peer, body, secret, state) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    number,
                    index,
                    step.action,
                    str(step.device),
                    None if step.peer is None else str(step.peer),
                    json.dumps(step.body),
                    step.secret,
                    step.state.value,
                ),
            )

    def require(self, number: int) -> Operation:
        """Return an operation. Raises `DatabaseError` if there is none."""
        rows = self._file.rows("SELECT * FROM operations WHERE id = ?", (number,))
        if not rows:
            raise DatabaseError(f"{self._file.path} knows no operation {number}")
        return _operation(rows[0])

    def history(self, limit: int = 50) -> list[Operation]:
        """Return the last ones, the newest first."""
        query = "SELECT * FROM operations ORDER BY id DESC LIMIT ?"
        return [_operation(each) for each in self._file.rows(query, (limit,))]

    def unfinished(self) -> list[Operation]:
        """Return those of which something remains to be done, the oldest first."""
        query = "SELECT * FROM operations WHERE result IN ('running', 'open') ORDER BY id"
        return [_operation(each) for each in self._file.rows(query)]

    def unfinished_of(self, device: UUID) -> list[Operation]:
        """Return those unfinished ones that are about a device."""
        return [each for each in self.unfinished() if device in each.devices]

    def steps(self, number: int) -> list[PlanStep]:
        """Return the plan of an operation."""
        query = "SELECT * FROM steps WHERE operation = ? ORDER BY number"
        return [_step(each) for each in self._file.rows(query, (number,))]

    def remaining(self, operation: Operation) -> list[PlanStep]:
        """Return the steps that remain to be done, or to be taken back.

        In a plan that is taken back, a step that was never begun is none of them.
        """
        is_forward = operation.direction is PlanDirection.FORWARD
        ended = {StepState.UNDONE, StepState.DONE if is_forward else StepState.WAITING}
        return [each for each in self.steps(operation.id) if each.state not in ended]

    def mark(self, number: int, step: PlanStep, state: StepState) -> None:
        """Note how far a step is."""
        query = "UPDATE steps SET state = ?, error = '' WHERE operation = ? AND number = ?"
        with self._file.transaction():
            self._file.change(query, (state.value, number, step.number))

    def note(self, number: int, step: PlanStep, error: str) -> None:
        """Note why a step could not be done."""
        query = "UPDATE steps SET error = ? WHERE operation = ? AND number = ?"
        with self._file.transaction():
            self._file.change(query, (error, number, step.number))

    def turn_back(self, number: int, message: str) -> None:
        """Note that an operation failed, and its steps are to be taken back."""
        query = "UPDATE operations SET direction = ?, message = ? WHERE id = ?"
        with self._file.transaction():
            self._file.change(query, (PlanDirection.UNDO.value, message, number))

    def end(self, number: int, result: Result, message: str = "") -> None:
        """Note what came of an operation, and wipe its secrets if nothing remains of it.

        A plan that is to be taken back needs no secret any more: credentials are deleted by
        subject.
        """
        with self._file.transaction():
            self._file.change(
                "UPDATE operations SET result = ?, message = ?, ended_at = ? WHERE id = ?",
                (result.value, message, self._now(), number),
            )
            if result is not Result.OPEN or self.require(number).direction is PlanDirection.UNDO:
                query = "UPDATE steps SET secret = NULL WHERE operation = ?"
                self._file.change(query, (number,))

    def supersede(self, by: int, devices: Sequence[UUID]) -> None:
        """End the unfinished ones about all these devices: a later one does what remains of them.

        With two devices those between the two are meant, with one all that it is part of.
        """
        wanted = set(devices)
        with self._file.transaction():
            for each in self.unfinished():
                if each.id < by and wanted <= set(each.devices) and each.kind != LASTING:
                    self.end(each.id, Result.SUPERSEDED, f"operation {by} did what remained")

    def _prune(self) -> None:
        """Forget the oldest operations that have ended."""
        self._file.change(
            "DELETE FROM operations WHERE result NOT IN ('running', 'open') AND id <= "
            "(SELECT max(id) FROM operations) - ?",
            (HISTORY,),
        )


def _operation(row: Row) -> Operation:
    return Operation(
        id=row["id"],
        kind=row["kind"],
        devices=tuple(UUID(each) for each in json.loads(row["devices"])),
        options=json.loads(row["options"]),
        direction=PlanDirection(row["direction"]),
        result=Result(row["result"]),
        message=row["message"],
        started=row["started_at"],
        ended=row["ended_at"],
    )


def _step(row: Row) -> PlanStep:
    return PlanStep(
        action=row["action"],
        device=UUID(row["device"]),
        peer=None if row["peer"] is None else UUID(row["peer"]),
        body=json.loads(row["body"]),
        secret=row["secret"],
        number=row["number"],
        state=StepState(row["state"]),
        error=row["error"],
    )
