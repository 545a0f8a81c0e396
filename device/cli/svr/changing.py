"""What all commands that edit have in common: options, the verdict, the preview, the commit.

An edit that makes the database worse, by the checks of `svr check`, is refused unless it is forced:
an access list without the owner's entry can lock everybody out. Problems that were there before do
not stand in the way of an edit.

    read ──► edit ──► worse? ──► differences ──► commit
                        └── refused, unless --force
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from onboardee.device.cli.svr import options
from onboardee.device.cli.svr.printing import print_differences, print_json
from onboardee.device.cli.svr.state import looked_at, opened
from onboardee.svrdb import Database, Difference, Finding, differences, worsened
from onboardee.svrdb.editor import EditError, MalformedError


@dataclass(frozen=True, slots=True)
class Change:
    """How an edit is to be carried out; call it with the edit."""

    directory: Path
    """Of the device."""
    dry_run: bool
    """Print, and write nothing."""
    force: bool
    """Write even what makes the database worse."""
    reveal: bool
    """Print secrets."""
    as_json: bool
    """Print for scripts."""

    def __call__(self, edit: Callable[[Database], Database]) -> None:
        """Make the edit, unless it would make the database worse, and print what it changes.

        Exit code 1 if the edit is refused; nothing is written then.
        """
        if self.dry_run:
            # Without the lock: a preview is possible while the device runs.
            before = looked_at(self.directory)
            self._tell(before, *self._judged(before, edit))
            return
        with opened(self.directory) as device:
            before = device.current
            after, worse = self._judged(before, edit)
            device.commit(after)
        self._tell(before, after, worse)

    def _judged(
        self, before: Database, edit: Callable[[Database], Database]
    ) -> tuple[Database, tuple[Finding, ...]]:
        """Make the edit, and return what it makes worse. Raises `click.ClickException`."""
        after = attempted(edit, before)
        worse = verdict(before, after)
        if worse and not self.force:
            raise refusal(worse)
        return after, worse

    def _tell(self, before: Database, after: Database, worse: tuple[Finding, ...]) -> None:
        """Print what was changed, and what of it is doubtful."""
        found = differences(before, after)
        if self.as_json:
            print_json(self._report(found, worse))
            return
        if found:
            print_differences(found, reveal=self.reveal)
        for finding in worse:
            click.echo(f"Warning: {finding.sentence}", err=True)
        if not found:
            click.echo("nothing to change")
        elif self.dry_run:
            click.echo("nothing was written (--dry-run)")

    def _report(
        self, found: tuple[Difference, ...], worse: tuple[Finding, ...]
    ) -> dict[str, object]:
        """Return the same for scripts."""
        return {
            "changes": [each.shown(reveal=self.reveal) for each in found],
            "problems": [finding.sentence for finding in worse],
            "written": bool(found) and not self.dry_run,
        }


def changing(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of edits; its first argument becomes a `Change`.

    The decorated function gets a `Change` as its first argument.
    """

    @options.place
    @options.dry_run
    @options.force
    @options.reveal
    @options.as_json
    @functools.wraps(function)
    def wrapper(
        *args: Any,
        state_dir: Path,
        dry_run: bool,
        force: bool,
        reveal: bool,
        as_json: bool,
        **others: Any,
    ) -> None:
        function(Change(state_dir, dry_run, force, reveal, as_json), *args, **others)

    return wrapper


def attempted(edit: Callable[[Database], Database], database: Database) -> Database:
    """Make an edit; what is wrong with it becomes an error of the command line.

    `MalformedError` is misuse (exit code 2), any other `EditError` is a refusal (1).
    """
    try:
        return edit(database)
    except MalformedError as error:
        raise click.UsageError(str(error)) from error
    except EditError as error:
        raise click.ClickException(str(error)) from error


def verdict(before: Database, after: Database) -> tuple[Finding, ...]:
    """Return what an edit makes worse, as of now."""
    return worsened(before, after, datetime.now(UTC))


def refusal(worse: tuple[Finding, ...]) -> click.ClickException:
    """Make the error for an edit that makes the database worse."""
    sentences = " ".join(f"{finding.sentence} ({finding.clause})" for finding in worse)
    return click.ClickException(
        f"the edit would make the database worse: {sentences} Nothing was written; "
        "--force does it anyway."
    )
