"""What all commands that edit have in common: options, the verdict, the preview, the commit."""

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from device.cli.svr.opening import opened
from svrdb import Database, Problem, Store, StoreError
from svrdb.content import Fault
from svrdb.difference import Difference, differences
from svrdb.editor import EditError, MalformedError, new_problems

Problems = tuple[Problem | Fault, ...]

state_dir_option = click.option(
    "--state-dir",
    type=click.Path(path_type=Path),
    required=True,
    help="Where the device keeps its state.",
)
reveal_option = click.option("--reveal", is_flag=True, help="Show keys and PINs, too.")


@dataclass(frozen=True, slots=True)
class Change:
    """How an edit is to be carried out; call it with the edit."""

    directory: Path
    dry_run: bool
    force: bool
    reveal: bool
    as_json: bool

    def __call__(self, edit: Callable[[Database], Database]) -> None:
        """Make the edit, unless it would make the database worse, and print what it changes."""
        with opened(self.directory) as store:
            after = attempted(edit, store.current)
            found = differences(store.current, after)
            worse = verdict(store.current, after)
            if worse and not self.force:
                raise refusal(worse)
            if not self.dry_run:
                commit(store, after)
        self._tell(found, worse)

    def _tell(self, found: tuple[Difference, ...], worse: Problems) -> None:
        is_written = bool(found) and not self.dry_run
        if self.as_json:
            report = {
                "changes": [each.shown(reveal=self.reveal) for each in found],
                "problems": [problem.sentence for problem in worse],
                "written": is_written,
            }
            click.echo(json.dumps(report, indent=2, ensure_ascii=False))
            return
        print_differences(found, reveal=self.reveal)
        for problem in worse:
            click.echo(f"Warning: {problem.sentence}", err=True)
        if not found:
            click.echo("nothing to change")
        elif not is_written:
            click.echo("nothing was written (--dry-run)")


def changing(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of edits; its first argument becomes a `Change`."""

    @state_dir_option
    @click.option("--dry-run", is_flag=True, help="Show what would change, and write nothing.")
    @click.option("--force", is_flag=True, help="Write even what makes the database worse.")
    @reveal_option
    @click.option("--json", "as_json", is_flag=True, help="Print the changes as JSON.")
    @functools.wraps(function)
    def wrapper(
        *args: Any,
        state_dir: Path,
        dry_run: bool,
        force: bool,
        reveal: bool,
        as_json: bool,
        **options: Any,
    ) -> None:
        function(Change(state_dir, dry_run, force, reveal, as_json), *args, **options)

    return wrapper


def attempted(edit: Callable[[Database], Database], database: Database) -> Database:
    """Make an edit; what is wrong with it becomes an error of the command line."""
    try:
        return edit(database)
    except MalformedError as error:
        raise click.UsageError(str(error)) from error
    except EditError as error:
        raise click.ClickException(str(error)) from error


def verdict(before: Database, after: Database) -> Problems:
    """Return what an edit makes worse, as of now."""
    return new_problems(before, after, datetime.now(UTC))


def refusal(worse: Problems) -> click.ClickException:
    """Make the error for an edit that makes the database worse."""
    sentences = " ".join(f"{problem.sentence} ({problem.clause})" for problem in worse)
    return click.ClickException(
        f"the edit would make the database worse: {sentences} Nothing was written; "
        "--force does it anyway."
    )


def commit(store: Store, database: Database) -> None:
    """Make a database the device's; when this returns it is durable."""
    try:
        store.commit(database)
    except StoreError as error:
        raise click.ClickException(str(error)) from error


def print_differences(found: tuple[Difference, ...], *, reveal: bool = False) -> None:
    """Print what changes, removed in red and added in green on a terminal."""
    for each in found:
        for line in each.lines(reveal=reveal):
            click.secho(line, fg="green" if line.startswith("+") else "red")
