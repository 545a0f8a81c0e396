"""How far a fleet is: a bar for people at a terminal, a line for each device for everybody else.

Both go to standard error, so that what is printed on standard output stays for programs.
"""

import sys
from types import TracebackType
from typing import Any, Self

import click

from onboardee.device.cli.obt.reasons import reason
from onboardee.device.cli.terminal import is_terminal, say
from onboardee.obt.plans.fleet import FleetMember


class FleetProgress:
    """Tells of each device that has come to its end; of a single one nothing is told."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._ended = 0
        self._failed = 0
        self._bar: Any = None
        if total > 1 and is_terminal(sys.stderr):
            self._bar = click.progressbar(
                length=total, label="owning", file=sys.stderr, show_pos=True
            )

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.__exit__(kind, error, traceback)

    def tell(self, member: FleetMember) -> None:
        """Count a device.

        A failure is told with its reason also where there is a bar, which is drawn anew below it.
        """
        self._ended += 1
        self._failed += member.error is not None
        if self._total == 1:
            return
        if self._bar is not None:
            self._bar.label = f"owning, {self._failed} failed" if self._failed else "owning"
            self._bar.update(1)
        done = "ours" if member.error is None else reason(member.error)
        if self._bar is None or member.error is not None:
            tries = f" after {member.attempts} attempts" if member.attempts > 1 else ""
            say(f"{self._ended}/{self._total} {member.device.uuid}: {done}{tries}", err=True)
